//! What one may start, as data: the form with its reasons, its schema, whether values fit; and the start.

mod shape;
mod words;

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::caller::{Caller, Reads};
use super::extract::{Json, Path, Query};
use super::problem::{Guarded, Problem, Queried, Stored, may};
use super::users::UserPath;
use crate::desk::Desk;
use crate::desk::forms::View;
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
    /// The group to act in, by its key; empty: none.
    #[param(max_length = 64)]
    pub context: Option<String>,
}

/// At which instant somebody's form is looked at.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InstantQuery {
    /// As `2026-12-01T09:05:00Z` (RFC 3339); nothing said: now. Memberships are today's whatever it is.
    #[param(value_type = Option<String>, format = DateTime)]
    pub at: Option<DateTime<Utc>>,
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
    Ok(Json(desk.look(&view, |look| EffectiveForm::of(&view, vec![], look)).await?))
}

/// The same of anybody, at any instant: what they would see.
///
/// Memberships are as they are known now, and groups that the hub itself keeps are not known here.
#[utoipa::path(operation_id = "show_effective_form_of", tag = "people", security(("token" = ["custom:presets:read"])),
    params(UserPath, InstantQuery),
    responses((status = OK, description = "Their form", body = EffectiveForm),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/users/{name}/effective")]
async fn of_somebody(
    _: Caller<Reads>,
    path: Path<UserPath>,
    query: Query<InstantQuery>,
    desk: web::Data<Desk>,
) -> Result<Json<EffectiveForm>, Problem> {
    let view = View::of(path.0.name, query.0.at);
    let notes = words::of_a_view(query.0.at.is_some());
    Ok(Json(desk.look(&view, |look| EffectiveForm::of(&view, notes, look)).await?))
}

impl FormQuery {
    fn view(self, caller: &Caller) -> Result<View, Problem> {
        Ok(View { context: self.context, ..View::own(&caller.acting(), &self.server)? })
    }
}

pub fn routes(config: &mut ServiceConfig) {
    config.service(own).service(of_somebody);
}
