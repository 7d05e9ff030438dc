//! Reading the data files: one fact a line, cells parted by `|`, the last two cells the source and the date.
//!
//! The files are part of the program, so a mistake in one is found by a test and not by a user; still nothing here panics.

/// What is wrong with a line of a data file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("data/{table}.psv, line {line}: {problem}")]
pub struct TableError {
    /// The file, without its ending.
    pub table: &'static str,
    /// Counted from one.
    pub line: usize,
    /// What to mend.
    pub problem: String,
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

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        })
}

fn wrong(table: &'static str, line: usize, problem: impl Into<String>) -> TableError {
    TableError {
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
        for (text, expected) in [
            (
                "# head\n\na | b | somewhere | today",
                "data/sample.psv, line 3: the date must be written like 2026-11-21",
            ),
            (
                "a | b | | 2026-11-21",
                "data/sample.psv, line 1: the source is missing",
            ),
            (
                "a | x | 2026-11-21",
                "data/sample.psv, line 1: expected 4 cells",
            ),
            ("a", "data/sample.psv, line 1: too few cells"),
        ] {
            assert_eq!(problem(text), expected);
        }
    }
}
