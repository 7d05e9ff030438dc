//! `/u/{token}`: an end to advertising from one sender, by one click in a mail program (RFC 8058) or on the page.
//!
//! GET shows the page and changes nothing: scanners follow links (R-MSG-01). POST acts at once, without cookie or
//! redirect, and as often as one likes. It ends every consent to be tracked along with it (R-WITH-05). The page also
//! takes somebody off the list again, for only they can.

use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use model::{Purpose, SuppressionCause, SuppressionMark};
use std::sync::Arc;
use store::Around;

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Page {
    t: &'static Texts,
    title: String,
    paragraphs: Vec<String>,
    /// What the button does, and what it says.
    button: (&'static str, &'static str),
}

/// How it stands with the person of one copy.
struct Standing {
    around: Around,
    mark: SuppressionMark,
    suppressed: bool,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    match Standing::of(&app, request.uri()).await {
        Ok(standing) => standing.page(&app, reader, false),
        Err(trouble) => trouble.answer(reader),
    }
}

pub(crate) async fn act(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    acted(&app, reader, request)
        .await
        .unwrap_or_else(|trouble| trouble.answer(reader))
}

async fn acted(app: &App, reader: Reader, request: Request) -> Result<Response, Trouble> {
    let mut standing = Standing::of(app, request.uri()).await?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, crate::app::BODY_BYTES_MAX).await;
    let body = body.map_err(|_| Trouble::Elsewhere(StatusCode::PAYLOAD_TOO_LARGE))?;
    if is_one_click(&body) {
        standing.stop(app).await?;
        return Ok(standing.page(app, reader, true));
    }
    let request = Request::from_parts(parts, Body::from(body));
    let form = Form::read(request, &app.tracker.origin).await;
    match form.map_err(Trouble::Elsewhere)?.get("answer") {
        Some("stop") => standing.stop(app).await?,
        Some("again") => {
            let store = &app.tracker.store;
            stored(store.unsuppress(standing.around.workspace.id, standing.mark)).await?;
            standing.suppressed = false;
        }
        _ => return Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
    }
    app.tracker.changed.notify_one();
    Ok(standing.page(app, reader, true))
}

/// What a mail program sends: a form of one field, in either of the two ways forms are sent (RFC 8058 §3.2). It may
/// come from another site, a mail program in a browser; the token in the address is what entitles it.
fn is_one_click(body: &Bytes) -> bool {
    let mut fields = form_urlencoded::parse(body);
    if fields.any(|(name, value)| name == "List-Unsubscribe" && value == "One-Click") {
        return true;
    }
    let text = String::from_utf8_lossy(body);
    text.split("\r\n--").any(|part| {
        part.split_once("\r\n\r\n").is_some_and(|(head, value)| {
            head.contains("name=\"List-Unsubscribe\"") && value.trim() == "One-Click"
        })
    })
}

impl Standing {
    async fn of(app: &App, uri: &Uri) -> Result<Self, Trouble> {
        let copy = claim(app, Purpose::Unsubscribe, "/u/", uri.path())?.copy();
        let store = &app.tracker.store;
        let around = stored(store.around(copy.0)).await?;
        let around = around.ok_or(Trouble::Missing)?;
        let workspace = around.workspace.id;
        let mark = app
            .tracker
            .suppression
            .mark(workspace, &around.contact.address);
        let listed = stored(store.suppressed(workspace, vec![mark])).await?;
        Ok(Self {
            around,
            mark,
            suppressed: listed.iter().any(Option::is_some),
        })
    }

    async fn stop(&mut self, app: &App) -> Result<(), Trouble> {
        let (workspace, contact) = (self.around.workspace.id, self.around.contact.id);
        let cause = SuppressionCause::Unsubscribed;
        let store = &app.tracker.store;
        stored(store.unsubscribe(workspace, contact, self.mark, cause, app.now())).await?;
        self.suppressed = true;
        app.tracker.changed.notify_one();
        Ok(())
    }

    /// The page; `acted` if a button was pressed just now.
    fn page(&self, app: &App, reader: Reader, acted: bool) -> Response {
        let t = reader.texts_or(language_of(&self.around));
        let names = Names::of(&self.around, t, &app.tracker.origin);
        let (title, paragraphs, button): (_, &[&str], _) = match (self.suppressed, acted) {
            (true, _) => (
                t.stopped_title,
                &[t.stopped, t.stop_rest],
                ("again", t.again_button),
            ),
            (false, false) => (
                t.stop_title,
                &[t.stop, t.stop_rest],
                ("stop", t.stop_button),
            ),
            (false, true) => (t.again_title, &[t.again], ("stop", t.stop_button)),
        };
        let page = Page {
            t,
            title: names.fill(title),
            paragraphs: paragraphs.iter().map(|text| names.fill(text)).collect(),
            button,
        };
        html(StatusCode::OK, t, &page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_msg_01_one_click_in_both_forms() {
        let click = |body: &str| is_one_click(&Bytes::copy_from_slice(body.as_bytes()));
        assert!(click("List-Unsubscribe=One-Click"));
        assert!(click(
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
        ));
        for other in [
            "",
            "answer=stop",
            "List-Unsubscribe=",
            "x=List-Unsubscribe=One-Click",
        ] {
            assert!(!click(other), "{other}");
        }
    }
}
