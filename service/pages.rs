//! What people see in a browser: their front page, sign-in and sign-out, the API's reference, and what went wrong.

mod front;
mod login;
mod logout;
pub mod next;
mod reference;
mod reply;
mod token;
mod visitor;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError as _};

use crate::api::problem::Problem;
use reply::Place;

/// Every page, below `prefix` (without a slash at its end).
pub fn routes(config: &mut ServiceConfig, prefix: &str) {
    let page = |path: &str, allow: &'static str| -> Resource {
        web::resource(format!("{prefix}/{path}")).default_service(web::to(move || refused(allow)))
    };
    config
        .service(page("", "GET").get(front::front))
        .service(page("login", "GET").get(login::login))
        .service(page("oauth_callback", "GET").get(login::callback))
        .service(page("logout", "GET, POST").get(logout::logged_out).post(logout::logout))
        .service(page("reference", "GET").get(reference::reference))
        .service(page("token", "GET").get(token::token))
        // Programs get a problem as everywhere else.
        .service(web::resource(format!("{prefix}/{{page}}")).guard(fn_guard(is_visit)).to(nowhere));
}

/// Whether somebody goes to a page.
fn is_visit(context: &GuardContext<'_>) -> bool {
    let head = context.head();
    head.method == Method::GET && reply::is_navigation(head.headers())
}

async fn nowhere(request: HttpRequest) -> HttpResponse {
    Place::of(&request).nowhere()
}

async fn refused(allow: &'static str) -> HttpResponse {
    let mut problem = Problem::wrong_method(format!("use {allow}"));
    problem.allow = Some(allow.to_owned());
    problem.error_response()
}
