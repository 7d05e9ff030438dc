//! The description of the API (OpenAPI 3.1), made from the handlers. A snapshot of it is kept with the tests, so that
//! a change of the API shows in review.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Overt",
        version = "1",
        description = "What became of sent mail, and what its recipients agreed to. Errors are problem+json (RFC 9457). \
            Times are RFC 3339, in UTC. Identifiers are opaque."
    ),
    security(("key" = [])),
    components(schemas(crate::error::Problem)),
    modifiers(&Key)
)]
pub(super) struct Document;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key of Settings."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
    }
}
