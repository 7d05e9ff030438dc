//! `/metrics`: who may read it.

use crate::client::world;
use model::Role;

#[tokio::test]
async fn figures_are_for_those_who_administer() {
    let w = world().await;
    let owner = w.program(w.user(Role::Owner)).await;
    let answer = owner.get("/metrics").await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (200, "# EOF\n"));
    assert_eq!(
        answer.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    for role in [Role::Member, Role::Compliance] {
        let other = w.program(w.user(role)).await;
        assert_eq!(other.get("/metrics").await.status, 403, "{role:?}");
    }
    assert_eq!(w.stranger().get("/metrics").await.status, 401);
}

#[tokio::test]
async fn the_operator_may_open_them() {
    let mut w = world().await;
    let mut app = w.app.clone();
    app.metrics.open = true;
    w.router = web::router(app);
    assert_eq!(w.stranger().get("/metrics").await.status, 200);
}
