//! Whether the service lives and serves: status words only, for anybody.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::extract::Json;
use super::problem::Problem;
use crate::desk::Desk;

/// How the parts stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ready`, `starting` or `degraded`.
    pub status: &'static str,
    /// `answering`, `away` or `unprepared`.
    pub database: &'static str,
    /// One word for each directory, in the order configured: `answering`, `away` or `unasked`.
    pub directories: Vec<&'static str>,
}

/// That the process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Life {
    /// `alive`.
    pub status: &'static str,
}

/// Whether the process answers. Asks nothing and nobody.
#[utoipa::path(tag = "health", responses((status = OK, description = "It does", body = Life), Problem))]
#[get("/health/live")]
async fn live() -> Json<Life> {
    Json(Life { status: "alive" })
}

/// Whether forms and starts can be served now.
#[utoipa::path(tag = "health", responses(
    (status = OK, description = "They can", body = Health),
    (status = SERVICE_UNAVAILABLE, description = "They cannot", body = Health), Problem))]
#[get("/health/ready")]
async fn ready(desk: web::Data<Desk>) -> HttpResponse {
    let health = health(&desk).await;
    let status = if health.status == "starting" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    HttpResponse::build(status).json(health)
}

/// How the parts stand now.
pub async fn health(desk: &Desk) -> Health {
    let database = match (desk.store.is_ready(), desk.store.read(crate::store::revision::current).await) {
        (_, Err(_)) => "away",
        (false, Ok(_)) => "unprepared",
        (true, Ok(_)) => "answering",
    };
    let directories: Vec<&'static str> = desk
        .memberships
        .health()
        .into_iter()
        .map(|source| match (&source.last_error, source.last_success) {
            (Some(_), _) => "away",
            (None, Some(_)) => "answering",
            (None, None) => "unasked",
        })
        .collect();
    let status = match (desk.site.content(), database) {
        // Tables of a version that is not ours can be read, but no start is recorded in them.
        (None, _) | (_, "unprepared") => "starting",
        (Some(_), "answering") if !directories.contains(&"away") => "ready",
        (Some(_), _) => "degraded",
    };
    Health { status, database, directories }
}

pub fn routes(config: &mut ServiceConfig) {
    config.service(live).service(ready);
}
