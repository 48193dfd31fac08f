//! What is one's own: who one is here, what one prefers, what one started last.

pub mod shape;

use actix_web::{HttpResponse, delete, get, put, web};

use super::caller::Caller;
use super::conditional::tag;
use super::extract::{IfMatch, Json, Nothing, Query};
use super::problem::{Bodied, Guarded, Problem, Queried, Stored, Versioned, may};
use crate::api::routing::Routing;
use crate::desk::Desk;
use crate::desk::people::Set;
use shape::{LastUsedPage, Me, Preferences, PreferencesToKeep};

/// Who one is here: name, rights, groups, defaults, and what one started last.
#[utoipa::path(tag = "me", security(("token" = [])),
    responses((status = OK, description = "Oneself", body = Me), Guarded, Queried, Stored, Problem))]
#[get("/me")]
async fn me(caller: Caller, _: Query<Nothing>, desk: web::Data<Desk>) -> Result<Json<Me>, Problem> {
    let acting = caller.acting();
    let me = desk.me(&acting).await?;
    Ok(Json(Me::of(&acting, caller.identity.rights, me)))
}

/// What one set for oneself: a default, an order, what is hidden, defaults for single servers.
#[utoipa::path(operation_id = "show_preferences", tag = "me", security(("token" = [])),
    responses((status = OK, description = "As they are kept", body = Preferences, headers(("ETag"))),
        Guarded, Queried, Stored, Problem))]
#[get("/me/preferences")]
async fn preferences(
    caller: Caller,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    Ok(tagged(desk.preferences(&caller.acting()).await?))
}

/// Puts other preferences in place of one's own, as they were at the version that `If-Match` names
/// (`"0"` where nothing was ever set).
///
/// What is newly named one must be able to see; what was named before may have gone since, and stays.
#[utoipa::path(operation_id = "replace_preferences", tag = "me", security(("token" = [])), request_body = PreferencesToKeep,
    params(("If-Match" = String, Header, description = "The `ETag` of what is replaced")),
    responses((status = OK, description = "As they are kept now", body = Preferences, headers(("ETag"))),
        Guarded, Bodied, Versioned, Stored, may::groups_unknown, Problem))]
#[put("/me/preferences")]
async fn prefer(
    caller: Caller,
    expected: IfMatch,
    _: Query<Nothing>,
    body: Json<PreferencesToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    Ok(tagged(desk.prefer(&caller.acting(), &expected.0, body.0.into()).await?))
}

/// What one last started, for each server and context, the newest first.
#[utoipa::path(operation_id = "list_selections", tag = "me", security(("token" = [])),
    responses((status = OK, description = "All of it", body = LastUsedPage), Guarded, Queried, Stored, Problem))]
#[get("/me/selections")]
async fn selections(
    caller: Caller,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<LastUsedPage>, Problem> {
    Ok(Json(desk.selections(&caller.acting()).await?.into()))
}

/// Forgets what one last started: the form begins with one's default again.
#[utoipa::path(operation_id = "forget_selections", tag = "me", security(("token" = [])),
    responses((status = NO_CONTENT, description = "It is forgotten"), Guarded, Queried, Stored, Problem))]
#[delete("/me/selections")]
async fn forget(caller: Caller, _: Query<Nothing>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.forget_selections(&caller.acting()).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn tagged(set: Set) -> HttpResponse {
    HttpResponse::Ok().insert_header(tag(set.version)).json(Preferences::from(set))
}

pub fn routes(config: &mut impl Routing) {
    config.service(me).service(preferences).service(prefer).service(selections).service(forget);
}
