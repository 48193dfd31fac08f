//! Versions of what is answered: as a header, and answers that are not sent again to somebody who has them.

use actix_web::http::header::{ETAG, HeaderName, IF_NONE_MATCH, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

/// The header that names a version: strong, in quotation marks.
pub fn tag(version: i64) -> (HeaderName, String) {
    (ETAG, format!("\"{version}\""))
}

/// 201: made, and found at `place`. `replayed`: by an earlier request of the same key.
pub fn created(place: String, replayed: bool) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, place));
    if replayed {
        response.insert_header(("idempotency-replayed", "true"));
    }
    response
}

/// 304, where `If-None-Match` names `version` (weakly compared, RFC 9110 §13.1.2) or anything (`*`).
pub fn unchanged(request: &HttpRequest, version: i64) -> Option<HttpResponse> {
    let tag = tag(version);
    let lines = request.headers().get_all(IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    let known = tags.any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag.1);
    known.then(|| HttpResponse::NotModified().insert_header(tag).finish())
}
