//! Answers that are not sent again to somebody who has them.

use actix_web::http::header::{ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};

/// 304, where `If-None-Match` names `version` (weakly compared, RFC 9110 §13.1.2) or anything (`*`).
pub fn unchanged(request: &HttpRequest, version: i64) -> Option<HttpResponse> {
    let tag = format!("\"{version}\"");
    let lines = request.headers().get_all(IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    let known = tags.any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag);
    known.then(|| HttpResponse::NotModified().insert_header((ETAG, tag)).finish())
}
