//! `/p`: the way in without a mail at hand. Who writes their address gets a link to their data, if it is known here.
//!
//! The page never tells whether it is (R-DSR-02): the answer is the same and goes out before anybody has looked. Bounds:
//! requests of one network and of all together within an hour, and look-ups under way at once; at either the answer
//! asks to come back, whatever the address. The store bounds the mails to one mailbox, and says nothing of it.

use crate::app::App;
use crate::client;
use crate::page::{Form, Plain, Reader, elsewhere, html};
use crate::texts::Texts;
use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::StatusCode;
use model::EmailAddress;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Look-ups under way at once. With more the answer asks to come back.
static LOOKING: Semaphore = Semaphore::const_new(32);

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
    let address = form.get("address").unwrap_or("").trim().parse();
    let Ok(address) = address else {
        return html(
            StatusCode::UNPROCESSABLE_ENTITY,
            t,
            &Page { t, wrong: true },
        );
    };
    if !app.doorman.admits(from, app.now()) || !look(&app, address) {
        let page = Plain::new(t, t.enough_title, &[t.start_enough]);
        return page.answer(StatusCode::TOO_MANY_REQUESTS);
    }
    Plain::new(t, t.start_sent_title, &[t.start_sent]).answer(StatusCode::OK)
}

/// Begins to look, and does not wait for it: how long it takes would tell what was found.
fn look(app: &Arc<App>, address: EmailAddress) -> bool {
    let Ok(permit) = LOOKING.try_acquire() else {
        return false;
    };
    let app = app.clone();
    tokio::spawn(async move {
        let tracker = &app.tracker;
        let looked = tracker
            .store
            .challenge_whoever(&address, tracker.ambient.random, app.now());
        match looked.await {
            Ok(()) => tracker.wake.notify_one(),
            Err(error) => {
                tracing::warn!(%error, "somebody who asked for their data has to ask again: {error}");
            }
        }
        drop(permit);
    });
    true
}
