//! Somebody who looks at a page: signed in, or sent to sign in first.

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, SET_COOKIE};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use super::reply::{Place, is_certainly_navigation, is_navigation};
use crate::api::caller::{Caller, Known};
use crate::api::cookies;
use crate::api::problem::Problem;
use crate::api::session::SessionId;
use crate::desk::session::csrf_token;
use crate::hub::oauth::escaped;
use crate::render::page::Shell;

/// Somebody who may see a page.
pub struct Visitor {
    pub caller: Caller<Known>,
    /// Around the page, with their name on it.
    pub shell: Shell,
    request: HttpRequest,
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match Caller::<Known>::from_request(&request, &mut Payload::None).await {
                Ok(caller) => Ok(Self { shell: shell(&request, &caller), caller, request }),
                Err(problem) => {
                    let response = instead(&request, &problem);
                    Err(InternalError::from_response(problem, response).into())
                }
            }
        })
    }
}

impl Visitor {
    /// Their page, or what stands in its place.
    pub fn show(&self, html: Result<String, Problem>) -> HttpResponse {
        let place = Place::of(&self.request);
        let mut response = match html {
            Ok(html) => place.page(StatusCode::OK, html),
            Err(problem) => return place.instead(&problem),
        };
        // Signing in has led somewhere.
        if let Some(ours) = place.gate.cookies(place.prefix())
            && cookies::read(self.request.headers(), &ours.attempts()).is_some()
        {
            response.headers_mut().append(SET_COOKIE, ours.clear(&ours.attempts()));
        }
        response
    }
}

fn shell(request: &HttpRequest, caller: &Caller<Known>) -> Shell {
    let place = Place::of(request);
    let session = request.extensions().get::<SessionId>().cloned();
    let csrf = session
        .filter(|_| is_certainly_navigation(request))
        .map(|SessionId(id)| csrf_token(&place.gate.key, &id));
    Shell { person: Some(caller.name().to_string()), csrf, ..place.shell() }
}

/// Whoever is nobody yet goes to the hub to sign in, and comes back here.
fn instead(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let place = Place::of(request);
    let anonymous = problem.status == 401 && !request.headers().contains_key(AUTHORIZATION);
    if !anonymous || !is_navigation(request.headers()) {
        return place.instead(problem);
    }
    let here = request.uri().path_and_query().map_or("", |here| here.as_str());
    let query = if here == place.prefix() { String::new() } else { format!("?next={}", escaped(here)) };
    place.redirect(StatusCode::FOUND, &format!("{}login{query}", place.prefix()))
}
