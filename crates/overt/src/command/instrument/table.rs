//! The report for people: which copy is tracked, what was done with each part, where each link leads, and why.
//!
//! What a mail says is shown without control characters: a terminal would obey them.

use super::report::{Copy, Link, Part, Report};
use model::Mode;
use std::fmt::{self, Display, Formatter};

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", shown(&self.subject))?;
        match &self.why {
            Some(why) => writeln!(f, "The body stays as it is: {why}.")?,
            None => writeln!(f, "The body can be tracked.")?,
        }
        table(f, ["Copy", "To", "Tracked"], self.copies.iter().map(copy))?;
        table(
            f,
            ["Part", "Type", "What is done with it"],
            self.parts.iter().map(part),
        )?;
        if self.links.is_empty() {
            let none = match self.why {
                Some(_) => "No links were looked at.",
                None => "The mail has no links.",
            };
            return writeln!(f, "\n{none}");
        }
        let links = self.links.iter().map(|one| link(one, self.copies.len()));
        table(f, ["Link", "Part", "Tracked", "Leads to"], links)
    }
}

fn copy(copy: &Copy<'_>) -> [String; 3] {
    let because = copy
        .why
        .map_or(String::new(), |why| format!(": {}", uncapped(why)));
    let tracked = match (&copy.file, copy.tracked) {
        (None, _) => format!("not written{because}"),
        (Some(_), false) if copy.asks => format!("no, it asks whether it may be{because}"),
        (Some(_), false) => format!("no{because}"),
        (Some(_), true) => format!(
            "opens: {}, clicks: {}",
            mode(copy.mode.open),
            mode(copy.mode.click)
        ),
    };
    let file = copy.file.clone().unwrap_or_else(|| "–".to_owned());
    [file, copy.to.to_string(), tracked]
}

fn mode(mode: Mode) -> String {
    match mode {
        Mode::None => "no".to_owned(),
        mode => mode.to_string(),
    }
}

fn part(part: &Part<'_>) -> [String; 3] {
    let path = if part.path == "root" {
        "whole"
    } else {
        part.path
    };
    let what = match (&part.why, part.role) {
        (Some(why), _) => format!("left as it is: {why}"),
        (None, "html") => "image, links and line go in here".to_owned(),
        (None, "text") => "the line goes in here".to_owned(),
        (None, "multipart") => "holds the parts below it".to_owned(),
        (None, "attachment") => "a file, left as it is".to_owned(),
        (None, "message") => "a mail inside the mail, left as it is".to_owned(),
        (None, "related") => "belongs to the HTML, left as it is".to_owned(),
        (None, _) => "left as it is".to_owned(),
    };
    [path.to_owned(), shown(part.content_type), what]
}

fn link(link: &Link<'_>, copies: usize) -> [String; 4] {
    let tracked = match (&*link.tracked_in, &link.why) {
        ([], Some(why)) => format!("no: {}", uncapped(why)),
        ([], None) => "no".to_owned(),
        (all, _) if all.len() == copies => "yes".to_owned(),
        ([one], _) => format!("in {one}"),
        (some, _) => format!("in {} of {copies} copies", some.len()),
    };
    let part = link.part.unwrap_or_default().to_owned();
    [
        (link.number + 1).to_string(),
        part,
        tracked,
        shown(link.destination),
    ]
}

/// A sentence as the rest of one.
fn uncapped(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Rows under their names, each column as wide as its widest cell but for the last.
fn table<const N: usize>(
    f: &mut Formatter<'_>,
    names: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    let rows: Vec<_> = std::iter::once(names.map(str::to_owned))
        .chain(rows)
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<_> = (0..N - 1).map(width).collect();
    writeln!(f)?;
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            write!(f, "{cell:width$}  ")?;
        }
        writeln!(f, "{}", row[N - 1])?;
    }
    Ok(())
}
