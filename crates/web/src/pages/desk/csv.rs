//! Files for spreadsheets.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Lines of a file.
pub(super) const FILE: u32 = 100_000;

/// A field of a CSV file. One that a spreadsheet would take for a formula is disarmed by an apostrophe.
pub(super) fn csv(text: &str) -> String {
    let armed = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let apostrophe = if armed { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

/// A CSV file as an answer.
pub(super) fn csv_file(name: &str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}
