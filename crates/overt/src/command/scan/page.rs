//! What was found, as a web page of its own: nothing is loaded from anywhere, and no address of a mail stands in it.

use super::table::Summary;
use mail::encode_html as escaped;
use std::fmt::{self, Display, Formatter};

/// The page.
pub(super) struct Page<'s>(pub(super) &'s Summary);

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --soft: #5b5b66; --line: #ddd; --bar: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6ea; --paper: #16161a; --soft: #a5a5b0; --line: #333; --bar: #f2877f } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2.5rem }
p.soft { color: var(--soft) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
";

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let summary = self.0;
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>Who watches this mailbox</title>\n<style>{STYLE}</style>\n<h1>Who watches this mailbox</h1>\n\
             <p>{} looked at, on this machine, without asking anybody anything.</p>\n",
            mails(summary.mails)
        )?;
        if summary.with.is_empty() {
            return writeln!(f, "<p>Nothing that tracks was found.</p>");
        }
        section(
            f,
            "What was found",
            "",
            ["", "In"],
            summary
                .with
                .iter()
                .map(|(word, count)| [word.to_string(), share(*count, summary.mails)]),
        )?;
        section(
            f,
            "Senders who learn that you read",
            "An open beacon is an invisible picture with a number in its address that only you have.",
            ["Sender", "With a beacon"],
            summary.senders().iter().map(|(name, all, beacons)| {
                [(*name).to_owned(), format!("{beacons} of {}", mails(*all))]
            }),
        )?;
        section(
            f,
            "Services by name",
            "They count for the senders. A service is named by its own address, or by a mark in the header and the shape of an address together.",
            ["Service", "In"],
            summary
                .services()
                .iter()
                .map(|(name, count)| [(*name).to_owned(), mails(*count)]),
        )?;
        if summary.left > 0 {
            writeln!(
                f,
                "<p class=\"soft\">Encrypted, damaged or too complex, so not fully looked into: {}.</p>",
                mails(summary.left)
            )?;
        }
        writeln!(
            f,
            "<p class=\"soft\">A picture of full size can tell the same when its address was made for you alone; that cannot always be \
             seen. <code>overt clean</code> takes trackers out of mails.</p>"
        )
    }
}

fn section(
    f: &mut Formatter<'_>,
    title: &str,
    said: &str,
    [name, number]: [&str; 2],
    rows: impl Iterator<Item = [String; 2]>,
) -> fmt::Result {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h2>{title}</h2>")?;
    if !said.is_empty() {
        writeln!(f, "<p class=\"soft\">{said}</p>")?;
    }
    writeln!(
        f,
        "<table>\n<tr><th scope=\"col\">{name}<th scope=\"col\" class=\"number\">{number}"
    )?;
    for [name, number] in rows {
        writeln!(
            f,
            "<tr><td>{}<td class=\"number\">{}",
            escaped(&name),
            escaped(&number)
        )?;
    }
    writeln!(f, "</table>")
}

fn mails(count: usize) -> String {
    if count == 1 {
        "1 mail".to_owned()
    } else {
        format!("{count} mails")
    }
}

fn share(count: usize, all: usize) -> String {
    format!(
        "{} ({} %)",
        mails(count),
        (count * 100 + all / 2) / all.max(1)
    )
}
