//! Reading the data files: one fact a line, cells parted by `|`, the last two cells the source and the date.
//!
//! The files are part of the program, so a mistake in one is found by a test and not by a user; still nothing here
//! panics. Lists that the operator brings have their own formats and are read in `network`.

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A line of one of our own data files.
    #[error("data/{table}.psv, line {line}: {problem}")]
    Line {
        /// The file, without its ending.
        table: &'static str,
        /// Counted from one.
        line: usize,
        /// What to mend.
        problem: String,
    },
    /// A list brought by the operator.
    #[error("{list}, line {line}: {problem}")]
    List {
        /// Which list.
        list: &'static str,
        /// Counted from one; zero where the format has no lines.
        line: usize,
        /// What to mend.
        problem: String,
    },
    /// The user-agent tokens could not be compiled.
    #[error("the user-agent tokens could not be compiled: {0}")]
    Tokens(String),
}

/// One line: its cells without source and date.
pub(crate) struct Row<const N: usize> {
    table: &'static str,
    line: usize,
    pub(crate) cells: [&'static str; N],
}

impl<const N: usize> Row<N> {
    /// An error that points at this line.
    pub(crate) fn wrong(&self, problem: impl Into<String>) -> TableError {
        wrong(self.table, self.line, problem)
    }

    /// The AS numbers of a cell, parted by blanks.
    pub(crate) fn numbers(&self, cell: usize) -> Result<Vec<u32>, TableError> {
        self.cells[cell]
            .split_whitespace()
            .map(|n| {
                n.parse()
                    .map_err(|_| self.wrong(format!("{n:?} is no AS number")))
            })
            .collect()
    }
}

/// The lines of a data file that has `N` cells before source and date.
pub(crate) fn rows<const N: usize>(
    table: &'static str,
    text: &'static str,
) -> impl Iterator<Item = Result<Row<N>, TableError>> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(move |(index, line)| row(table, index + 1, line))
}

fn row<const N: usize>(
    table: &'static str,
    line: usize,
    text: &'static str,
) -> Result<Row<N>, TableError> {
    let all: Vec<&str> = text.split('|').map(str::trim).collect();
    let [facts @ .., source, date] = all.as_slice() else {
        return Err(wrong(table, line, "too few cells"));
    };
    let cells = <[&str; N]>::try_from(facts)
        .map_err(|_| wrong(table, line, format!("expected {} cells", N + 2)))?;
    if source.is_empty() {
        return Err(wrong(table, line, "the source is missing"));
    }
    if !is_date(date) {
        return Err(wrong(
            table,
            line,
            "the date must be written like 2026-11-21",
        ));
    }
    Ok(Row { table, line, cells })
}

/// The newest date in a data file.
pub(crate) fn newest(text: &'static str) -> Option<&'static str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let dates = lines.filter_map(|line| line.rsplit('|').next());
    dates.map(str::trim).filter(|date| is_date(date)).max()
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        })
}

fn wrong(table: &'static str, line: usize, problem: impl Into<String>) -> TableError {
    TableError::Line {
        table,
        line,
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &'static str) -> String {
        let first = rows::<2>("sample", text).next().unwrap();
        first.err().map_or(String::new(), |e| e.to_string())
    }

    #[test]
    fn mistakes_name_the_line_and_the_mend() {
        assert_eq!(problem("# head\na | b | somewhere | 2026-11-21"), "");
        assert_eq!(
            problem("# head\n\na | b | somewhere | today"),
            "data/sample.psv, line 3: the date must be written like 2026-11-21"
        );
        assert_eq!(
            problem("a | b | | 2026-11-21"),
            "data/sample.psv, line 1: the source is missing"
        );
        assert_eq!(
            problem("a | x | 2026-11-21"),
            "data/sample.psv, line 1: expected 4 cells"
        );
        assert_eq!(problem("a"), "data/sample.psv, line 1: too few cells");
    }
}
