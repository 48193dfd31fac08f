//! Whether the service lives and serves: status words only, for anybody.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Administers, Caller, Gate};
use super::extract::Json;
use super::problem::{Guarded, Problem};
use crate::api::routing::Routing;
use crate::desk::Desk;
use crate::hub::report::Finding;

/// Whoever asks how things stand waits no longer for the database than this.
const PROMPT: Duration = Duration::from_secs(1);

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
    HttpResponse::build(health.http_status()).json(health)
}

impl Health {
    /// Of an answer that says so.
    pub fn http_status(&self) -> StatusCode {
        if self.status == "starting" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }
}

/// How the parts stand now.
pub async fn health(desk: &Desk) -> Health {
    let asked = tokio::time::timeout(PROMPT, desk.store.read(crate::store::revision::current)).await;
    let database = match (desk.store.is_ready(), asked) {
        (_, Err(_) | Ok(Err(_))) => "away",
        (false, Ok(Ok(_))) => "unprepared",
        (true, Ok(Ok(_))) => "answering",
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

/// How the hub is set up for this service.
#[derive(Debug, Serialize, ToSchema)]
pub struct Configuration {
    pub checked_at: DateTime<Utc>,
    /// `answering` or `away`.
    pub hub: &'static str,
    /// `seen`, or `unseen` while it has not called since this process began: then only part of what
    /// could be found was looked for.
    pub plugin: &'static str,
    /// What to put right; empty where all is in order.
    pub findings: Vec<ConfigurationFinding>,
}

/// One thing to put right in the configuration of the hub or of this service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationFinding {
    /// A word that never changes.
    #[schema(example = "users-cannot-enter")]
    pub code: &'static str,
    /// What is wrong, whom it concerns, and what to do.
    pub detail: String,
}

/// Whether hub and service are set up for each other.
#[utoipa::path(operation_id = "show_configuration", tag = "health", security(("token" = ["custom:presets:admin"])), responses(
    (status = OK, description = "What was found", body = Configuration), Guarded, Problem))]
#[get("/health/config")]
async fn configuration(
    _: Caller<Administers>,
    gate: web::Data<Gate>,
) -> Result<Json<Configuration>, Problem> {
    let hub = gate.hub.as_ref().ok_or_else(|| Problem::sign_in_not_configured("no hub is configured"))?;
    let report = hub.examine().await;
    let findings = report.findings.into_iter();
    Ok(Json(Configuration {
        checked_at: report.at,
        hub: if report.reached { "answering" } else { "away" },
        plugin: if report.registered { "seen" } else { "unseen" },
        findings: findings.map(|Finding { code, detail }| ConfigurationFinding { code, detail }).collect(),
    }))
}

pub fn routes(config: &mut impl Routing) {
    config.service(live).service(ready).service(configuration);
}
