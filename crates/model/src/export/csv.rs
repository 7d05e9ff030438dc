//! The tables as CSV (RFC 4180), one file each, for spreadsheets.

use super::{Export, Table};
use serde_json::Value;

/// File names and contents, in the order of the tables.
pub fn csv(export: &Export) -> Vec<(String, String)> {
    let file = |table: &Table| (format!("{}.csv", table.name), content(table));
    export.tables.iter().map(file).collect()
}

fn content(table: &Table) -> String {
    let names = table.columns.iter().map(|c| cell(&c.name));
    let mut out = names.collect::<Vec<_>>().join(",") + "\r\n";
    for row in &table.rows {
        let cells = table
            .columns
            .iter()
            .map(|column| match row.get(&column.name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => cell(text),
                Some(other) => cell(&other.to_string()),
            });
        out += &cells.collect::<Vec<_>>().join(",");
        out += "\r\n";
    }
    out
}

fn cell(text: &str) -> String {
    // A spreadsheet would run a text that begins so; a subject line is anybody's text.
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if runs {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_run() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("-5", "-5"),
            ("-x", "'-x"),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }
}
