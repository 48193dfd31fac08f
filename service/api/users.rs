//! What is kept about a person: handed out, or erased.

use actix_web::{HttpResponse, delete, get, web};
use chrono::{DateTime, Utc};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Administers, Caller};
use super::extract::{Json, Nothing, Path, Query};
use super::me::shape::LastUsed;
use super::problem::{Guarded, Problem, Queried, Stored, may};
use super::records::shape::{Decision, Entry};
use crate::api::routing::Routing;
use crate::desk::Desk;
use crate::groups::Username;
use crate::store::erasure::{Held, naming};
use crate::store::events::EventRow;
use crate::store::presets::VersionRow;
use crate::store::sessions::Session;
use crate::store::site::PresetRow;

/// Everything kept about one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Export {
    pub name: String,
    /// When the hub made the account that all this is of, as far as it told.
    pub account_made_at: Option<DateTime<Utc>>,
    /// What they set for themselves, as it is kept.
    #[schema(value_type = Option<Object>)]
    pub preferences: Option<Any>,
    /// Their sessions in browsers. What each is kept under, and its token, are nobody's to see.
    pub sessions: Vec<KeptSession>,
    /// What they last started, for each server and context.
    pub last_used: Vec<LastUsed>,
    /// Their own presets.
    pub presets: Vec<KeptPreset>,
    /// The courses, workshops and hackathons that name them.
    pub events: Vec<NamedIn>,
    /// Every version of everything that was ever their own.
    pub versions: Vec<KeptVersion>,
    /// What was decided about their starts, newest first.
    pub decisions: Vec<Decision>,
    /// What they did, and what was done to what is theirs, newest first.
    pub changes: Vec<Entry>,
}

/// A session in a browser.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptSession {
    pub created_at: DateTime<Utc>,
    /// When it was last used, as far as that was written down.
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A preset as it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptPreset {
    pub id: String,
    #[schema(value_type = Object)]
    pub document: Any,
    pub version: i64,
    /// It comes from the site file.
    pub managed: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An event that names somebody. Whom else it names is not theirs to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedIn {
    pub key: String,
    pub title: String,
    /// `owner`, `managers`, or the audience: `audiences › participant`.
    pub places: Vec<String>,
    /// It comes from the site file.
    pub managed: bool,
    pub version: i64,
}

/// What a preset said once.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptVersion {
    pub id: String,
    pub version: i64,
    #[schema(value_type = Object)]
    pub document: Any,
    pub changed_at: DateTime<Utc>,
}

/// Who.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UserPath {
    #[param(value_type = String, min_length = 1, max_length = 1020)]
    #[serde(deserialize_with = "of_an_account")]
    pub name: Username,
}

/// A name that the hub can have: without a slash, and whole. What is no UTF-8 arrives as U+FFFD, and several names would
/// be one.
fn of_an_account<'de, D: Deserializer<'de>>(from: D) -> Result<Username, D::Error> {
    let name = Username::deserialize(from)?;
    if name.as_str().contains(['/', '\u{FFFD}']) {
        return Err(D::Error::custom("the hub has nobody of that name"));
    }
    Ok(name)
}

impl Export {
    fn of(name: &Username, held: Held) -> Self {
        Self {
            name: name.to_string(),
            account_made_at: held.account,
            preferences: held.preferences.map(|kept| kept.document),
            sessions: held.sessions.into_iter().map(KeptSession::from).collect(),
            last_used: held.selections.into_iter().map(LastUsed::from).collect(),
            presets: held.presets.into_iter().map(KeptPreset::from).collect(),
            events: held.events.into_iter().map(|row| NamedIn::of(name, row)).collect(),
            versions: held.versions.into_iter().map(KeptVersion::from).collect(),
            decisions: held.decisions.into_iter().map(Decision::from).collect(),
            changes: held.changes.into_iter().map(Entry::from).collect(),
        }
    }
}

impl From<Session> for KeptSession {
    fn from(session: Session) -> Self {
        let Session { created_at, seen_at, expires_at, .. } = session;
        Self { created_at, seen_at, expires_at }
    }
}

impl From<PresetRow> for KeptPreset {
    fn from(row: PresetRow) -> Self {
        let PresetRow { id, document, version, managed, created_at, updated_at, .. } = row;
        Self { id, document, version, managed, created_at, updated_at }
    }
}

impl NamedIn {
    fn of(name: &Username, row: EventRow) -> Self {
        let title = row.document["title"].as_str().unwrap_or_default().to_owned();
        let places = naming::places(&row.document, name).collect();
        Self { key: row.key, title, places, managed: row.managed, version: row.version }
    }
}

impl From<(String, VersionRow)> for KeptVersion {
    fn from((id, row): (String, VersionRow)) -> Self {
        let VersionRow { version, document, changed_at, .. } = row;
        Self { id, version, document, changed_at }
    }
}

/// Everything kept about a person: about oneself, or about anybody for whoever reads everybody's.
#[utoipa::path(operation_id = "export_person", tag = "people", security(("token" = [])), params(UserPath),
    responses((status = OK, description = "All of it", body = Export),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/users/{name}/export")]
async fn export(
    caller: Caller,
    path: Path<UserPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<Export>, Problem> {
    let held = desk.export(&caller.acting(), &path.0.name).await?;
    Ok(Json(Export::of(&path.0.name, held)))
}

/// Erases a person: presets, preferences, selections and sessions go; decisions and the audit stay,
/// under a pseudonym that leads nowhere. What is gone already is erased again without complaint.
#[utoipa::path(operation_id = "erase_person", tag = "people", security(("token" = ["custom:presets:admin"])), params(UserPath),
    responses((status = NO_CONTENT, description = "Nothing here holds their name any more"),
        Guarded, Queried, Stored, may::not_found, may::managed, Problem))]
#[delete("/users/{name}")]
async fn erase(
    caller: Caller<Administers>,
    path: Path<UserPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    desk.erase(&caller.acting(), &path.0.name).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub fn routes(config: &mut impl Routing) {
    config.service(export).service(erase);
}
