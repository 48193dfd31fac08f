//! The HTTP API: one list of routes, which serves and describes itself.

pub mod address;
pub mod answer;
pub mod assets;
pub mod caller;
pub mod catalogue;
mod conditional;
pub mod cookies;
pub mod csrf;
pub mod cursor;
pub mod document;
pub mod events;
pub mod extract;
pub mod form;
pub mod groups;
pub mod health;
pub mod hub;
pub mod limits;
pub mod me;
pub mod metrics;
pub mod observe;
pub mod presets;
pub mod problem;
pub mod records;
pub mod refusals;
pub mod server;
pub mod session;
pub mod users;
pub mod wire;

use actix_web::{App, HttpRequest, HttpResponse, ResponseError, get, web};
use utoipa::OpenApi as _;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use document::Described;
use problem::Problem;

/// Every route of the API, below the prefix.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        scope("/api/v1")
            .configure(health::routes)
            .configure(hub::routes)
            .configure(presets::routes)
            .configure(me::routes)
            .configure(form::routes)
            .configure(groups::routes)
            .configure(events::routes)
            .configure(catalogue::routes)
            .configure(records::routes)
            .configure(users::routes)
            .service(description),
    );
}

/// The description of this API.
#[utoipa::path(tag = "about", responses((status = OK, description = "OpenAPI 3.1", body = Object), Problem))]
#[get("/openapi.json")]
async fn description(written: web::Data<Written>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(written.0.clone())
}

/// The description as it is sent: written once, for it is long and anybody may ask.
pub struct Written(pub web::Bytes);

/// The description, from the same `routes` that serve.
pub fn specification() -> utoipa::openapi::OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(Described::openapi()).configure(routes).split_for_parts();
    document::finish(&mut document);
    document
}

/// No route matched: the path is unknown, or only the method is.
pub async fn nothing_here(
    request: HttpRequest,
    document: web::Data<utoipa::openapi::OpenApi>,
) -> HttpResponse {
    match methods_of(&document, request.path()) {
        Some(allow) => {
            let mut problem = Problem::wrong_method(format!("use {allow}"));
            problem.allow = Some(allow);
            problem.error_response()
        }
        None => Problem::not_found("no route of this service has that path").error_response(),
    }
}

/// The methods of the operation whose path ends `path`, as `Allow` lists them.
fn methods_of(document: &utoipa::openapi::OpenApi, path: &str) -> Option<String> {
    let matching = |pattern: &str| {
        let steps = |text: &str| text.split('/').rev().map(str::to_owned).collect::<Vec<_>>();
        let (pattern, path) = (steps(pattern), steps(path));
        pattern.len() <= path.len()
            && pattern
                .iter()
                .zip(&path)
                .all(|(want, have)| want.starts_with('{') || want.is_empty() || want == have)
    };
    let item = document.paths.paths.iter().find(|(pattern, _)| matching(pattern))?.1;
    let methods = [
        ("GET", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    let allow: Vec<&str> = methods.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    Some(allow.join(", "))
}
