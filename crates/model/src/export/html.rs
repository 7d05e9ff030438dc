//! The export as one page that a person can read: who writes to them, what they said, what each mail told its sender;
//! below it everything as it is stored. No script, nothing loaded from anywhere.

use super::{Export, Row, Table};
use serde_json::Value;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c1d1f;--soft:#5d6166;--line:#dcdfe3;--card:#fff;--page:#f6f7f8}\
@media(prefers-color-scheme:dark){:root{--ink:#e8e9eb;--soft:#a2a7ae;--line:#33373c;--card:#1d2023;--page:#141618}}\
body{font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem}\
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}\
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1.1rem;margin:.8rem 0;overflow-wrap:anywhere}\
.card h3{font-size:1rem;margin:0 0 .3rem}.soft{color:var(--soft)}dl{display:grid;grid-template-columns:minmax(9rem,1fr) 2fr;gap:.2rem 1rem;margin:.4rem 0}\
dt{color:var(--soft)}dd{margin:0}ul{padding-left:1.2rem}summary{cursor:pointer;padding:.7rem 0;min-height:1.5rem}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}.wide{overflow-x:auto}\
table{border-collapse:collapse;font-size:.85rem}td,th{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}\
@media(max-width:30rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}";

/// The page.
pub fn html(export: &Export) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>What {who} holds about {address}</title><style>{STYLE}</style></head><body>\
         <h1>What {who} holds about {address}</h1>\
         <p class=\"soft\">Drawn on {at}. All times are in UTC.</p>",
        who = escape(&export.controller),
        address = escape(&export.address),
        at = moment(&export.made_at.to_string()),
    );
    about(export, &mut out);
    consents(export, &mut out);
    mails(export, &mut out);
    requests(export, &mut out);
    for (title, sentences) in [
        ("What it is used for", &export.purposes),
        ("Who can see it", &export.recipients),
        ("Where it came from", &export.sources),
        ("How requests are judged", &export.logic),
        ("What you can ask for", &export.rights),
    ] {
        heading(title, &mut out);
        list(sentences, &mut out);
    }
    heading("Everything, as it is stored", &mut out);
    for table in &export.tables {
        raw(table, &mut out);
    }
    out + "</body></html>\n"
}

fn about(export: &Export, out: &mut String) {
    heading("About you", out);
    for row in export.rows("contact") {
        *out += "<div class=\"card\"><dl>";
        for (column, label) in [
            ("address", "Address"),
            ("name", "Name"),
            ("language", "Language"),
            ("country", "Country"),
            ("tags", "Noted about you"),
            ("created_at", "Known since"),
        ] {
            let value = text(row, column);
            if !value.is_empty() {
                let value = if column.ends_with("_at") {
                    moment(&value)
                } else {
                    escape(&value)
                };
                *out += &format!("<dt>{label}</dt><dd>{value}</dd>");
            }
        }
        *out += "</dl></div>";
    }
}

fn consents(export: &Export, out: &mut String) {
    heading("What you said about being tracked", out);
    let events = export.rows("consent_event");
    if events.is_empty() {
        *out += "<p>Nothing. So nothing about your reading is recorded.</p>";
        return;
    }
    *out += "<ul>";
    for event in events {
        let (topic, state) = (text(event, "topic"), text(event, "state"));
        let topic = match topic.as_str() {
            "open" => "opening mails",
            "click" => "following links",
            "document" => "looking at documents",
            "details" => "details of your device",
            other => other,
        };
        let state = match state.as_str() {
            "asked" => "you were asked",
            "requested" => "you ticked the box",
            "given" => "you agreed",
            "refused" => "you said no",
            "withdrawn" => "you took it back",
            "expired" => "your agreement ran out",
            other => other,
        };
        let at = moment(&text(event, "at"));
        *out += &format!("<li>{at}: {}, {}</li>", escape(topic), escape(state));
    }
    *out += "</ul>";
    for shown in export.rows("consent_text") {
        let at = moment(&text(shown, "created_at"));
        *out += &format!(
            "<details><summary>The text that you were shown ({}, first used {at})</summary>\
             <div class=\"card\"><pre>{}</pre></div></details>",
            escape(&text(shown, "language")),
            escape(&text(shown, "body"))
        );
    }
}

fn mails(export: &Export, out: &mut String) {
    heading("Mails to you, and what each told its sender", out);
    let copies = export.rows("copy");
    if copies.is_empty() {
        *out += "<p>None.</p>";
    }
    for copy in copies {
        let message = text(copy, "message_id");
        let found = export
            .rows("message")
            .iter()
            .find(|m| text(m, "id") == message);
        let subject = found.map(|m| text(m, "subject")).unwrap_or_default();
        *out += &format!("<div class=\"card\"><h3>{}</h3>", escape(&subject));
        if let Some(message) = found {
            let at = moment(&text(message, "accepted_at"));
            let from = escape(&text(message, "sender"));
            *out += &format!("<p class=\"soft\">From {from}, {at}</p>");
        }
        *out += "<ul>";
        for (axis, what) in [
            ("mode_open", "opening it"),
            ("mode_click", "following its links"),
        ] {
            *out += &format!("<li>Recorded of {what}: {}</li>", mode(&text(copy, axis)));
        }
        let id = text(copy, "id");
        for hit in export
            .rows("hit")
            .iter()
            .filter(|h| text(h, "copy_id") == id)
        {
            *out += &format!("<li>{}</li>", told(hit));
        }
        let receipt = text(copy, "receipt_at");
        if !receipt.is_empty() {
            *out += &format!(
                "<li>{}: you pressed “I have read this”</li>",
                moment(&receipt)
            );
        }
        *out += "</ul></div>";
    }
}

fn mode(word: &str) -> &'static str {
    match word {
        "none" => "nothing",
        "aggregate" => "only counts over many people",
        "hygiene" => "only the day of the last one, to know that your address works",
        "individual" => "that it happened, and the minute",
        "detailed" => "that it happened, the minute, and details of the device",
        _ => "see below",
    }
}

fn told(hit: &Row) -> String {
    let what = match text(hit, "axis").as_str() {
        "click" => format!("link {} was followed", escape(&text(hit, "link"))),
        "document" => "the document was looked at".to_owned(),
        _ => "it was opened".to_owned(),
    };
    let who = match text(hit, "meaning").as_str() {
        "human" | "human_via_proxy" => "by a person",
        "machine" => "by a machine, not by you",
        "self" => "by the sender",
        _ => "by a person or a machine; nobody can tell",
    };
    let facts = text(hit, "facts");
    let facts = if facts.is_empty() {
        String::new()
    } else {
        format!("; details: {}", escape(&facts))
    };
    format!("{}: {what}, {who}{facts}", moment(&text(hit, "at")))
}

fn requests(export: &Export, out: &mut String) {
    let requests = export.rows("request");
    if requests.is_empty() {
        return;
    }
    heading("What you asked for", out);
    *out += "<ul>";
    for request in requests {
        let answer = text(request, "answer");
        let answer = if answer.is_empty() {
            format!("to be answered by {}", moment(&text(request, "due_at")))
        } else {
            escape(&answer)
        };
        let (at, kind) = (text(request, "received_at"), text(request, "kind"));
        *out += &format!("<li>{}: {}; {answer}</li>", moment(&at), escape(&kind));
    }
    *out += "</ul>";
}

/// A table as it is, with what its columns mean.
fn raw(table: &Table, out: &mut String) {
    let (name, rows) = (escape(&table.name), table.rows.len());
    *out += &format!(
        "<details><summary>{} <span class=\"soft\">({name}, {rows} rows)</span></summary><p class=\"soft\">{}</p>",
        escape(&table.holds),
        escape(&table.kept)
    );
    if rows > 0 {
        *out += "<div class=\"wide\"><table><tr>";
        for column in &table.columns {
            *out += &format!("<th>{}</th>", escape(&column.holds));
        }
        *out += "</tr>";
        for row in &table.rows {
            *out += "<tr>";
            for column in &table.columns {
                *out += &format!("<td>{}</td>", escape(&text(row, &column.name)));
            }
            *out += "</tr>";
        }
        *out += "</table></div>";
    }
    *out += "</details>";
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

/// `2026-11-21T20:48:00.000Z`, as people write it.
fn moment(text: &str) -> String {
    let shown = text.get(..16).unwrap_or(text).replace('T', ", ");
    format!(
        "<time datetime=\"{}\">{}</time>",
        escape(text),
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
