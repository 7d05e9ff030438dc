//! Whose key this is.

use crate::Shared;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The user.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    id: String,
    name: String,
    address: String,
    /// `owner`, `admin`, `member`, `compliance`.
    role: &'static str,
    workspace: WorkspaceItem,
    identities: Vec<IdentityItem>,
}

/// Their workspace.
#[derive(Serialize, ToSchema)]
struct WorkspaceItem {
    id: String,
    name: String,
    /// The kill switch: false while nothing is tracked.
    tracking: bool,
}

/// An address they may send from.
#[derive(Serialize, ToSchema)]
struct IdentityItem {
    id: String,
    address: String,
    name: String,
}

/// The user whose key this is.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "show_me", tag = "me", responses(
    (status = 200, body = Me),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(State(web): State<Shared>, user: ApiUser) -> Result<Json<Me>> {
    let workspace = web
        .app
        .store
        .workspace(user.workspace)
        .await?
        .ok_or(Error::NotFound("workspace"))?;
    let identities = web.app.store.identities(user.id).await?;
    Ok(Json(Me {
        id: user.id.to_string(),
        name: user.name.clone(),
        address: user.address.to_string(),
        role: user.role.as_str(),
        workspace: WorkspaceItem {
            id: workspace.id.to_string(),
            name: workspace.name,
            tracking: workspace.tracking,
        },
        identities: identities
            .into_iter()
            .map(|i| IdentityItem {
                id: i.id.to_string(),
                address: i.address.to_string(),
                name: i.name,
            })
            .collect(),
    }))
}
