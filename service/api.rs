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
pub mod description;
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
pub mod routing;
pub mod server;
pub mod session;
pub mod users;
pub mod wire;

use actix_web::{App, HttpRequest, HttpResponse, ResponseError, web};
use utoipa::OpenApi as _;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use description::PATHS;
use document::Described;
use problem::Problem;
use routing::Routing;

use crate::desk::Desk;

/// Every route of the API, below the prefix.
///
/// They are tried one by one: the hub's come first, for they are asked most.
fn all(config: &mut impl Routing) {
    config
        .configure(hub::routes)
        .configure(health::routes)
        .configure(presets::routes)
        .configure(me::routes)
        .configure(form::routes)
        .configure(groups::routes)
        .configure(events::routes)
        .configure(catalogue::routes)
        .configure(records::routes)
        .configure(users::routes)
        .service(description::description);
}

/// The same, to be served.
pub fn routes(config: &mut web::ServiceConfig, prefix: &str) {
    config.service(web::scope(&format!("{prefix}/api/v1")).configure(all));
}

/// The description, from the same routes that serve.
pub fn specification() -> utoipa::openapi::OpenApi {
    let described = App::new().into_utoipa_app().openapi(Described::openapi());
    let (_, mut document) = described
        .service(scope("/api/v1").configure(|config: &mut ServiceConfig<'_>| all(config)))
        .split_for_parts();
    document::finish(&mut document);
    document
}

/// No route matched: the path is unknown, or only the method is.
pub async fn nothing_here(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let below = request.path().strip_prefix(desk.prefix.trim_end_matches('/'));
    match below.and_then(|path| PATHS.methods_of(path)) {
        Some(allow) => {
            let mut problem = Problem::wrong_method(format!("use {allow}"));
            problem.allow = Some(allow);
            problem.error_response()
        }
        None => Problem::not_found("no route of this service has that path").error_response(),
    }
}
