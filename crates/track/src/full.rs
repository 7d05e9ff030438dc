//! `/n/{workspace}`: the full notice, which the short one on a recipient's page points to. The same for everybody.

use crate::app::App;
use crate::names::Names;
use crate::page::{Reader, html};
use crate::person::complete_notice;
use crate::texts::Texts;
use crate::visit::{Trouble, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use model::WorkspaceId;
use std::sync::Arc;
use store::usable;

#[derive(Template)]
#[template(path = "full.html")]
struct Page {
    t: &'static Texts,
    names: Names,
    lines: Vec<(&'static str, String)>,
    choices: Vec<String>,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let workspace = request
        .uri()
        .path()
        .strip_prefix("/n/")
        .unwrap_or("")
        .parse();
    let page = async {
        let workspace: WorkspaceId = workspace.map_err(|_| Trouble::Missing)?;
        let around = stored(app.tracker.store.around_workspace(workspace)).await?;
        let around = around.ok_or(Trouble::Missing)?;
        let t = reader.texts_or(around.workspace.language);
        let origin = &app.tracker.origin;
        let topics = usable(&around.instance, &around.workspace);
        let names = Names::of_workspace(&around.workspace, &around.author, origin);
        let asking = (&around.workspace, &around.author, &*around.webhook_hosts);
        let notice = complete_notice(t, asking, &app.tracker, &topics);
        let notice = notice.ok_or(Trouble::Missing)?;
        let page = Page {
            t,
            names,
            lines: notice.lines(),
            choices: notice
                .choices()
                .into_iter()
                .map(|(_, choice)| choice)
                .collect(),
        };
        Ok(html(StatusCode::OK, t, &page))
    };
    page.await
        .unwrap_or_else(|trouble: Trouble| trouble.answer(reader))
}
