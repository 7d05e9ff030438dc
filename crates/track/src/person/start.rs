//! `/p`: the way in without a mail at hand. Who writes their address gets a link to their data, if it is known here.
//!
//! The page never tells whether it is (R-DSR-02). Nobody looks while the answer waits: the address is written down,
//! known or not, and the role `work` looks it up afterwards, in a rhythm of its own. Bounds: requests of one network and
//! of all together within an hour; at either the answer asks to come back, whatever the address. The store bounds the
//! mails to one mailbox, and says nothing of it.

use crate::app::App;
use crate::client;
use crate::doorman::network;
use crate::page::{Form, Plain, Reader, elsewhere, html};
use crate::texts::Texts;
use crate::visit::stored;
use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::StatusCode;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "start.html")]
struct Page {
    t: &'static Texts,
    wrong: bool,
}

pub(crate) async fn show(request: Request) -> Response {
    let t = Reader::of(request.headers(), request.uri()).texts();
    html(StatusCode::OK, t, &Page { t, wrong: false })
}

pub(crate) async fn ask(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let t = reader.texts();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip());
    let from = client::address(peer, request.headers(), &app.tracker.trusted_proxies);
    let form = match Form::read(request, &app.tracker.origin).await {
        Ok(form) => form,
        Err(status) => return elsewhere(reader, status),
    };
    let Ok(address) = form.get("address").unwrap_or("").trim().parse() else {
        return html(
            StatusCode::UNPROCESSABLE_ENTITY,
            t,
            &Page { t, wrong: true },
        );
    };
    if !app.doorman.admits(network(from), app.now()) {
        let page = Plain::new(t, t.enough_title, &[t.start_enough]);
        return page.answer(StatusCode::TOO_MANY_REQUESTS);
    }
    let (store, id) = (&app.tracker.store, (app.tracker.ambient.random)());
    if let Err(trouble) = stored(store.knock(&address, id, app.now())).await {
        return trouble.answer(reader);
    }
    Plain::new(t, t.start_sent_title, &[t.start_sent]).answer(StatusCode::OK)
}
