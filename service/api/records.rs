//! What was changed and decided: the audit, decisions about starts, and the feed of changes.

pub mod shape;

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::caller::{Caller, Gate, Reads};
use super::extract::{Json, Nothing, Path, Query};
use super::problem::{Guarded, Problem, Queried, Stored, may};
use super::{conditional, cursor};
use crate::api::routing::Routing;
use crate::desk::Desk;
use shape::{AuditPage, AuditQuery, Change, ChangePage, ChangeQuery, Decision, DecisionPath, Entry};

/// The audit, newest first. It goes on; what was written is never changed.
///
/// Beside changes it has what was refused for want of a right: all of it up to a hundred a minute,
/// beyond that each hundredth. Starts and their refusals are decisions.
#[utoipa::path(operation_id = "list_audit", tag = "records", security(("token" = ["custom:presets:read"])), params(AuditQuery),
    responses((status = OK, description = "Part of it", body = AuditPage), Guarded, Queried, Stored, Problem))]
#[get("/audit")]
async fn audit(
    _: Caller<Reads>,
    query: Query<AuditQuery>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<AuditPage>, Problem> {
    let (name, limit) = (query.0.name(), query.0.limit);
    let before = cursor::read(&gate.key, &name, query.0.cursor.as_deref())?;
    let page = desk.audit(query.0.into(), before, limit).await?;
    let next = page.next(|last| cursor::write(&gate.key, &name, &last.0));
    Ok(Json(AuditPage { items: page.items.into_iter().map(Entry::from).collect(), next }))
}

/// One decision about a start, as it was recorded: what was asked, what was given, and why.
#[utoipa::path(operation_id = "show_decision", tag = "records", security(("token" = [])), params(DecisionPath),
    responses((status = OK, description = "The decision", body = Decision),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/decisions/{id}")]
async fn decision(
    caller: Caller,
    path: Path<DecisionPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<Decision>, Problem> {
    let id = path.0.id.parse().map_err(|_| Problem::nothing())?;
    Ok(Json(desk.decision_on(&caller.acting(), id).await?.into()))
}

/// What changed in the catalogue, in groups and in presets, oldest first, as far as one may see it.
///
/// A part may be empty and yet have a next one. `If-None-Match` with the `ETag` of an earlier answer
/// is answered with 304 while nothing changed: asking every second is fine. A `revision` smaller than
/// one had before means that the database was restored: read everything anew.
#[utoipa::path(operation_id = "list_changes", tag = "records", security(("token" = [])),
    params(ChangeQuery,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what one has")),
    responses((status = OK, description = "Part of them", body = ChangePage, headers(("ETag"))),
        (status = NOT_MODIFIED, description = "Nothing changed", headers(("ETag"))),
        Guarded, Queried, Stored, Problem))]
#[get("/changes")]
async fn changes(
    caller: Caller,
    query: Query<ChangeQuery>,
    request: HttpRequest,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let name = query.0.name();
    let begin = (query.0.since, i64::MAX);
    let after = cursor::read(&gate.key, &name, query.0.cursor.as_deref())?.unwrap_or(begin);
    if let Some(unchanged) = conditional::unchanged(&request, desk.published()?.revision) {
        return Ok(unchanged);
    }
    let feed = desk.changes(&caller.acting(), after, query.0.limit).await?;
    let next = feed.next.map(|place| cursor::write(&gate.key, &name, &place));
    let items = feed.items.into_iter().map(Change::from).collect();
    let tag = conditional::tag(feed.revision);
    Ok(HttpResponse::Ok().insert_header(tag).json(ChangePage { revision: feed.revision, items, next }))
}

pub fn routes(config: &mut impl Routing) {
    config.service(audit).service(decision).service(changes);
}
