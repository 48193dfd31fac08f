//! Who is calling: a handler that takes one of these cannot be reached without it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};

use super::problem::Problem;
use crate::config::secret::HubSecrets;

/// The hub's plugin, proved by its own secret (never by the service's hub token, which is the
/// client secret of its OAuth).
pub struct Hub(());

impl FromRequest for Hub {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identified(request).map(|()| Self(())))
    }
}

fn identified(request: &HttpRequest) -> Result<(), Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return Err(Problem::unauthenticated("send exactly one Authorization header with the hub's secret"));
    };
    let presented =
        header.to_str().ok().and_then(|header| header.split_once(' ')).filter(|(scheme, _)| {
            scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token")
        });
    let secrets = request.app_data::<web::Data<HubSecrets>>();
    match (presented, secrets) {
        (Some((_, secret)), Some(secrets)) if secrets.contain(secret.trim()) => Ok(()),
        _ => Err(Problem::unauthenticated("the hub's secret is not the one this service was given")),
    }
}
