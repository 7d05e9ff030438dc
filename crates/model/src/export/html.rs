//! The export as one page that a person can read and print, in their language: who writes to them, what they said, what
//! each mail told its sender; below it everything as it is stored. No script, nothing loaded from anywhere.

use super::words::{Words, fill};
use super::{Export, Row, Table};
use crate::language::Language;
use crate::request::Right;
use crate::time::Time;
use serde_json::Value;

/// On paper cards stay whole, and what is folded on a screen is open.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c1d1f;--soft:#595e64;--line:#d6d9de;--card:#fff;--page:#f6f7f8;--accent:#1d5fa8}\
@media(prefers-color-scheme:dark){:root{--ink:#e8e9eb;--soft:#a8adb4;--line:#363a40;--card:#1d2023;--page:#141618;--accent:#8ab8ee}}\
*{box-sizing:border-box}\
body{font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem;overflow-wrap:anywhere}\
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .3rem}h2{font-size:1.2rem;line-height:1.3;margin:2.5rem 0 .5rem}\
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1.1rem;margin:.8rem 0}\
.card h3{font-size:1rem;margin:0}.soft{color:var(--soft);margin:.1rem 0 .5rem}\
dl{display:grid;grid-template-columns:minmax(9rem,1fr) 2fr;gap:.3rem 1rem;margin:.4rem 0}\
dt{color:var(--soft)}dd{margin:0}ul{padding-left:1.2rem;margin:.4rem 0}li{margin:.25rem 0}\
.log{list-style:none;padding:.5rem 0 0;margin:.6rem 0 0;border-top:1px solid var(--line)}.log time{display:block;color:var(--soft);font-size:.9rem}\
summary{cursor:pointer;padding:.65rem 0;min-height:2.75rem;color:var(--accent)}summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}\
pre{white-space:pre-wrap;font:inherit;margin:0}.wide{overflow-x:auto;margin-bottom:1rem}\
table{border-collapse:collapse;font-size:.85rem;overflow-wrap:normal}td,th{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top;min-width:7rem}\
@media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}\
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--page:#fff;--accent:#000}@page{margin:18mm}\
body{max-width:none;padding:0;font-size:10.5pt}.card,li,tr{break-inside:avoid}h2,h3,summary{break-after:avoid}\
details::details-content{content-visibility:visible;block-size:auto}summary{min-height:0;list-style:none}\
.wide{overflow:visible}table{table-layout:fixed;width:100%;font-size:6.5pt;overflow-wrap:anywhere}td,th{min-width:0;padding:.1rem .2rem}}";

/// The page.
pub fn html(export: &Export) -> String {
    let language: Language = export.language.parse().unwrap_or_default();
    let w = Words::of(language);
    let who = [
        ("who", &*escape(&export.controller)),
        ("address", &*escape(&export.address)),
    ];
    let title = fill(w.title, &who);
    let at = told_at(w, &export.made_at.to_string());
    let mut out = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p class=\"soft\">{}</p>",
        language.as_str(),
        fill(w.drawn, &[("at", &at)]),
    );
    about(export, w, &mut out);
    consents(export, w, &mut out);
    mails(export, w, &mut out);
    requests(export, w, &mut out);
    for (title, sentences) in [
        (w.used_for, &export.purposes),
        (w.seen_by, &export.recipients),
        (w.came_from, &export.sources),
        (w.judged, &export.logic),
        (w.you_may, &export.rights),
    ] {
        heading(title, &mut out);
        list(sentences, &mut out);
    }
    heading(w.stored, &mut out);
    out += &format!("<p class=\"soft\">{}</p><div lang=\"en\">", w.stored_about);
    for table in export.tables.iter().filter(|table| !table.rows.is_empty()) {
        raw(table, &mut out);
    }
    out + "</div></main></body></html>\n"
}

fn about(export: &Export, w: &Words, out: &mut String) {
    heading(w.about, out);
    for row in export.rows("contact") {
        *out += "<div class=\"card\"><dl>";
        let columns = [
            "address",
            "name",
            "language",
            "country",
            "tags",
            "created_at",
        ];
        for (column, label) in columns.into_iter().zip(w.labels) {
            let value = text(row, column);
            if !value.is_empty() {
                let value = if column.ends_with("_at") {
                    told_at(w, &value)
                } else {
                    escape(&value)
                };
                *out += &format!("<dt>{label}</dt><dd>{value}</dd>");
            }
        }
        *out += "</dl></div>";
    }
}

fn consents(export: &Export, w: &Words, out: &mut String) {
    heading(w.consent, out);
    let events = export.rows("consent_event");
    if events.is_empty() {
        *out += &format!("<p>{}</p>", w.consent_none);
        return;
    }
    *out += "<div class=\"card\"><ul class=\"log\">";
    for event in events {
        let topics = ["open", "click", "document", "details"];
        let states = [
            "asked",
            "requested",
            "given",
            "refused",
            "withdrawn",
            "expired",
            "asserted",
        ];
        let topic = word(&topics, &w.topics, &text(event, "topic"));
        let state = word(&states, &w.states, &text(event, "state"));
        let at = told_at(w, &text(event, "at"));
        *out += &format!("<li>{at} {}: {}</li>", escape(&topic), escape(&state));
    }
    *out += "</ul></div>";
    for shown in export.rows("consent_text") {
        let at = told_at(w, &text(shown, "created_at"));
        let language = escape(&text(shown, "language"));
        *out += &format!(
            "<details><summary>{}</summary><div class=\"card\" lang=\"{language}\"><pre>{}</pre></div></details>",
            fill(w.text_shown, &[("at", &at)]),
            escape(&text(shown, "body"))
        );
    }
}

/// The word for a value: the one at the same place, else the value itself.
fn word(values: &[&str], words: &[&str], value: &str) -> String {
    let at = values.iter().position(|known| *known == value);
    let found = at.and_then(|at| words.get(at));
    found.map_or_else(|| value.to_owned(), |word| (*word).to_owned())
}

fn mails(export: &Export, w: &Words, out: &mut String) {
    heading(w.mails, out);
    let copies = export.rows("copy");
    if copies.is_empty() {
        *out += &format!("<p>{}</p>", w.mails_none);
    }
    for copy in copies {
        let message = text(copy, "message_id");
        let all = export.rows("message").iter();
        let found = all.clone().find(|m| text(m, "id") == message);
        let subject = found.map(|m| text(m, "subject")).unwrap_or_default();
        let subject = if subject.is_empty() {
            w.no_subject.to_owned()
        } else {
            subject
        };
        *out += &format!("<div class=\"card\"><h3>{}</h3>", escape(&subject));
        if let Some(message) = found {
            let at = told_at(w, &text(message, "accepted_at"));
            let from = escape(&text(message, "sender"));
            let from = fill(w.from, &[("from", &from), ("at", &at)]);
            *out += &format!("<p class=\"soft\">{from}</p>");
        }
        *out += "<dl>";
        for (axis, what) in [("mode_open", w.of_opens), ("mode_click", w.of_links)] {
            let modes = ["none", "aggregate", "hygiene", "individual", "detailed"];
            let mode = word(&modes, &w.modes, &text(copy, axis));
            *out += &format!("<dt>{what}</dt><dd>{}</dd>", escape(&mode));
        }
        *out += "</dl>";
        let (id, mut told) = (text(copy, "id"), Vec::new());
        for hit in export
            .rows("hit")
            .iter()
            .filter(|h| text(h, "copy_id") == id)
        {
            told.push(visit(export, w, &message, hit));
        }
        let receipt = text(copy, "receipt_at");
        if !receipt.is_empty() {
            told.push(format!("{} {}", told_at(w, &receipt), w.receipt));
        }
        if !told.is_empty() {
            *out += &format!("<ul class=\"log\"><li>{}</li></ul>", told.join("</li><li>"));
        }
        *out += "</div>";
    }
}

/// One request: when, what, by whom, and what else was kept of it.
fn visit(export: &Export, w: &Words, message: &str, hit: &Row) -> String {
    let what = match text(hit, "axis").as_str() {
        "click" => {
            let number = text(hit, "link");
            let its = |l: &&Row| text(l, "message_id") == message && text(l, "number") == number;
            let link = export.rows("link").iter().find(its);
            let to = link.map_or(number.clone(), |link| text(link, "destination"));
            fill(w.followed, &[("link", &escape(&to))])
        }
        "document" => w.viewed.to_owned(),
        _ => w.opened.to_owned(),
    };
    let meanings = ["human", "human_via_proxy", "machine", "self", "unknown"];
    let who = word(&meanings, &w.who, &text(hit, "meaning"));
    let facts = facts(&text(hit, "facts"));
    let at = told_at(w, &text(hit, "at"));
    format!("{at} {what}, {}{facts}", escape(&who))
}

/// The values of what was kept, which stand in the database as a JSON object.
fn facts(stored: &str) -> String {
    if stored.is_empty() {
        return String::new();
    }
    let values = match serde_json::from_str::<serde_json::Map<String, Value>>(stored) {
        Ok(facts) => facts
            .values()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(", "),
        Err(_) => stored.to_owned(),
    };
    if values.is_empty() {
        return values;
    }
    format!(" ({})", escape(&values))
}

fn requests(export: &Export, w: &Words, out: &mut String) {
    let requests = export.rows("request");
    if requests.is_empty() {
        return;
    }
    heading(w.requests, out);
    *out += "<div class=\"card\"><ul class=\"log\">";
    for request in requests {
        let answer = text(request, "answer");
        let answer = if answer.is_empty() {
            fill(w.due, &[("at", &told_at(w, &text(request, "due_at")))])
        } else {
            escape(&answer)
        };
        let kinds = Right::ALL.map(Right::as_str);
        let kind = word(&kinds, &w.request_kinds, &text(request, "kind"));
        let at = told_at(w, &text(request, "received_at"));
        *out += &format!("<li>{at} {}: {answer}</li>", escape(&kind));
    }
    *out += "</ul></div>";
}

/// A table as it is, with what its columns mean.
fn raw(table: &Table, out: &mut String) {
    let (name, rows) = (escape(&table.name), table.rows.len());
    *out += &format!(
        "<details><summary>{} <span class=\"soft\">({name}, {rows})</span></summary><p class=\"soft\">{}</p>",
        escape(&table.holds),
        escape(&table.kept)
    );
    *out += "<div class=\"wide\"><table><thead><tr>";
    for column in &table.columns {
        *out += &format!("<th scope=\"col\">{}</th>", escape(&column.holds));
    }
    *out += "</tr></thead><tbody>";
    for row in &table.rows {
        *out += "<tr>";
        for column in &table.columns {
            *out += &format!("<td>{}</td>", escape(&text(row, &column.name)));
        }
        *out += "</tr>";
    }
    *out += "</tbody></table></div></details>";
}

fn heading(title: &str, out: &mut String) {
    *out += &format!("<h2>{title}</h2>");
}

fn list(sentences: &[String], out: &mut String) {
    *out += "<ul>";
    for sentence in sentences {
        *out += &format!("<li>{}</li>", escape(sentence));
    }
    *out += "</ul>";
}

fn text(row: &Row, column: &str) -> String {
    match row.get(column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A stored moment as people of this language write it.
fn told_at(w: &Words, stored: &str) -> String {
    let shown = Time::from_rfc3339(stored).map_or_else(|| stored.to_owned(), |at| w.moment(at));
    format!(
        "<time datetime=\"{}\">{}</time>",
        escape(stored),
        escape(&shown)
    )
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            // Would turn the direction of what follows.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
