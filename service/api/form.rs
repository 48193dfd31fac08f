//! What one may start, as data: the form with its reasons, its schema, whether values fit; and the start.

mod asked;
mod shape;
mod words;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::caller::{Caller, Gate, OnBehalf, Reads};
use super::extract::{Json, Nothing, Path, Query};
use super::problem::{Bodied, Guarded, Problem, Queried, Refused, Stored, may};
use super::users::UserPath;
use crate::api::routing::Routing;
use crate::config::secret::Secret;
use crate::desk::forms::View;
use crate::desk::{Desk, NoAnswer};
use crate::hub::Hub;
use crate::hub::servers::Started;
use asked::{ServerStarted, StartToTry, WouldStart};
use shape::EffectiveForm;

/// From where one's form is looked at.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormQuery {
    /// The name of the server; nothing said: the default one.
    #[serde(default)]
    #[validate(length(max = 255, message = "must have at most 255 characters"))]
    #[param(max_length = 255)]
    pub server: String,
    /// The group or event to act in, as `contexts` names it; empty: in none of them; nothing said: the one they
    /// would be in.
    #[param(max_length = 70)]
    pub context: Option<String>,
    /// Only this card: a preset's id, or `~` and a profile's key. With `@` and a number behind it, the preset
    /// as it was at that version.
    #[param(max_length = 90)]
    pub card: Option<String>,
}

/// At which instant, and in which context, somebody's form is looked at.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OtherViewQuery {
    /// As `2026-12-01T09:05:00Z` (RFC 3339); nothing said: now. Memberships are today's whatever it is.
    #[param(value_type = Option<String>, format = DateTime)]
    pub at: Option<DateTime<Utc>>,
    /// The group or event they act in, as `contexts` names it; empty: in none of them; nothing said: the one they
    /// would be in.
    #[param(max_length = 70)]
    pub context: Option<String>,
}

/// What one may start, now: groups, context, presets, and for each option what may be chosen and why no more.
#[utoipa::path(operation_id = "show_effective_form", tag = "me", security(("token" = [])), params(FormQuery),
    responses((status = OK, description = "The form", body = EffectiveForm),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/me/effective")]
async fn own(
    caller: Caller,
    query: Query<FormQuery>,
    desk: web::Data<Desk>,
) -> Result<Json<EffectiveForm>, Problem> {
    let view = query.0.view(&caller)?;
    let form = desk.look(&view, |look| EffectiveForm::of(&view, vec![], look)).await?;
    form.map(Json).ok_or_else(Problem::nothing)
}

/// The same of anybody, at any instant and in any context of theirs: what they would see.
///
/// Memberships are as they are known now, and groups that the hub itself keeps are not known here.
#[utoipa::path(operation_id = "show_effective_form_of", tag = "people", security(("token" = ["custom:presets:read"])),
    params(UserPath, OtherViewQuery),
    responses((status = OK, description = "Their form", body = EffectiveForm),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/users/{name}/effective")]
async fn of_somebody(
    _: Caller<Reads>,
    path: Path<UserPath>,
    query: Query<OtherViewQuery>,
    desk: web::Data<Desk>,
) -> Result<Json<EffectiveForm>, Problem> {
    let view = View { context: query.0.context, ..View::of(path.0.name, query.0.at) };
    let notes = words::of_a_view(view.at.is_some());
    let form = desk.look(&view, |look| EffectiveForm::of(&view, notes, look)).await?;
    form.map(Json).ok_or_else(Problem::nothing)
}

/// What may be sent to start, as JSON Schema (draft 2020-12): of one card, or of any of them.
///
/// It accepts whatever `me/validate` accepts in the same context; where rules say more than a schema can, it accepts more, and
/// `x-rules` says what. Keys that begin with `x-` are hints for whoever draws a form.
#[utoipa::path(operation_id = "show_schema", tag = "me", security(("token" = [])), params(FormQuery),
    responses((status = OK, description = "The schema", body = Object, content_type = "application/schema+json"),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/me/schema")]
async fn schema(
    caller: Caller,
    query: Query<FormQuery>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let schema = desk.schema(&query.0.view(&caller)?).await?;
    Ok(HttpResponse::Ok().content_type("application/schema+json").json(schema))
}

/// Whether a start would be accepted: what each option would hold then, or one error for each field at fault.
/// Nothing is started, and nothing written down.
#[utoipa::path(operation_id = "validate_start", tag = "me", security(("token" = [])), request_body = StartToTry,
    responses((status = OK, description = "It would start, with these values", body = WouldStart),
        Guarded, Bodied, Stored, Refused, Problem))]
#[post("/me/validate")]
async fn validate(
    caller: Caller,
    _: Query<Nothing>,
    body: Json<StartToTry>,
    desk: web::Data<Desk>,
) -> Result<Json<WouldStart>, Problem> {
    let view = View::own(&caller.acting(), &body.0.server)?;
    Ok(Json(desk.try_start(&view, &body.0.asked()).await?.map_err(NoAnswer::Refused)?.into()))
}

/// Starts a server of one's own by the name of a preset, through the hub and with one's own token: it needs
/// the hub's scope `servers`.
///
/// What the limits do not allow is refused here, field by field, before the hub is asked.
#[utoipa::path(operation_id = "start_server", tag = "me", security(("token" = [])), request_body = StartToTry,
    responses(
        (status = CREATED, description = "The server runs", body = ServerStarted, headers(("Location"))),
        (status = ACCEPTED, description = "The server starts; look at `Location` how far it is",
            body = ServerStarted, headers(("Location"))),
        Guarded, Bodied, Stored, Refused, may::token_too_narrow, may::not_started, may::start_unknown, Problem))]
#[post("/me/start")]
async fn start(
    caller: Caller,
    _: Query<Nothing>,
    request: HttpRequest,
    body: Json<StartToTry>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let (hub, token) = hub_for(&gate, &request)?;
    let view = View::own(&caller.acting(), &body.0.server)?;
    let (started, resolution) = desk.start_at(&hub, &token, &view, &body.0.asked()).await?;
    let page = hub.server_page(started, &view.person, &view.server_name);
    let status = if started == Started::Ready { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let told = ServerStarted::of(started, &page, resolution);
    Ok(HttpResponse::build(status).insert_header((LOCATION, page)).json(told))
}

/// The hub, and the token that the caller came with.
fn hub_for(gate: &Gate, request: &HttpRequest) -> Result<(Arc<Hub>, Secret), Problem> {
    let token = request.extensions().get::<OnBehalf>().cloned();
    gate.hub.clone().zip(token).map(|(hub, OnBehalf(token))| (hub, token)).ok_or_else(|| {
        Problem::sign_in_not_configured("set hub.api_url and hub.api_token_file in the service's file")
    })
}

impl FormQuery {
    fn view(self, caller: &Caller) -> Result<View, Problem> {
        Ok(View { context: self.context, card: self.card, ..View::own(&caller.acting(), &self.server)? })
    }
}

pub fn routes(config: &mut impl Routing) {
    config.service(own).service(schema).service(validate).service(start).service(of_somebody);
}
