//! Style and script of the fragment: public, named by content, kept for ever.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::{HttpResponse, web};

use super::problem::Problem;
use crate::render::assets;

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// One file of the front end.
pub async fn asset(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let asset =
        assets::find(&name).ok_or_else(|| Problem::not_found("there is no such file; reload the page"))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        // The hub's page shows the form with them, also where the service has a name of its own below the hub's.
        .insert_header((CORP, "same-site"))
        .body(asset.bytes))
}
