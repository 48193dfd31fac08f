//! The reference of the API as a page: for anybody, as the description it is made of.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::reply::Place;
use crate::api::document::Document;
use crate::api::problem::Problem;
use crate::render::page;

/// The page. It is the same for everybody, so nobody has to sign in for it.
pub async fn reference(request: HttpRequest, document: web::Data<Document>) -> HttpResponse {
    let place = Place::of(&request);
    match serde_json::to_value(document.get_ref()) {
        Ok(document) => place.page(StatusCode::OK, page::reference(&document, &place.shell())),
        Err(error) => place.instead(&Problem::internal(format!("the description cannot be read: {error}"))),
    }
}
