//! `/r/{token}`: "I have read this". The recipient's own act, in every mode; GET asks, POST tells.

use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Plain, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use model::{CopyId, Purpose};
use std::sync::Arc;
use store::Around;

#[derive(Template)]
#[template(path = "receipt.html")]
struct Ask {
    t: &'static Texts,
    names: Names,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    match find(&app, request.uri()).await {
        Ok((_, around)) if is_given(&around) => thanks(&app, reader, &around),
        Ok((_, around)) => {
            let t = reader.texts_or(language_of(&around));
            let names = Names::of(&around, t, &app.tracker.origin);
            html(StatusCode::OK, t, &Ask { t, names })
        }
        Err(trouble) => trouble.answer(reader),
    }
}

pub(crate) async fn confirm(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    confirmed(&app, reader, request)
        .await
        .unwrap_or_else(|trouble| trouble.answer(reader))
}

async fn confirmed(app: &App, reader: Reader, request: Request) -> Result<Response, Trouble> {
    let (copy, around) = find(app, request.uri()).await?;
    Form::read(request, &app.tracker.origin)
        .await
        .map_err(Trouble::Elsewhere)?;
    if stored(app.tracker.store.copy_receipt(copy, app.now())).await? {
        app.tracker.changed.notify_one();
    }
    Ok(thanks(app, reader, &around))
}

async fn find(app: &App, uri: &Uri) -> Result<(CopyId, Around), Trouble> {
    let copy = claim(app, Purpose::Receipt, "/r/", uri.path())?.copy();
    let around = stored(app.tracker.store.around(copy.0)).await?;
    Ok((copy, around.ok_or(Trouble::Missing)?))
}

fn is_given(around: &Around) -> bool {
    let copy = around.mail.as_ref().map(|(copy, _)| copy);
    copy.is_some_and(|copy| copy.receipt_at.is_some())
}

fn thanks(app: &App, reader: Reader, around: &Around) -> Response {
    let t = reader.texts_or(language_of(around));
    let names = Names::of(around, t, &app.tracker.origin);
    Plain::new(t, t.thanks_title, &[&names.fill(t.thanks)]).answer(StatusCode::OK)
}
