//! The reference of the API as a page: for anybody, as the description it is made of.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::reply::Place;
use crate::api::description::TEXT;
use crate::api::problem::Problem;
use crate::render::page;

/// The page. It is the same for everybody, so nobody has to sign in for it.
pub async fn reference(request: HttpRequest) -> HttpResponse {
    let place = Place::of(&request);
    match serde_json::from_str(TEXT) {
        Ok(document) => place.page(StatusCode::OK, page::reference(&document, &place.shell())),
        Err(error) => place.instead(&Problem::internal(format!("the description cannot be read: {error}"))),
    }
}
