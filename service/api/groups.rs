//! Groups: one's own, and all of them for whoever reads everybody's.

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Gate};
use super::cursor;
use super::extract::{Json, Nothing, Path, Query};
use super::presets::shape::PartQuery;
use super::problem::{Guarded, Problem, Queried, Stored, may};
use crate::api::routing::Routing;
use crate::catalogue::Key;
use crate::desk::Desk;
use crate::desk::groups::GroupShown;
use crate::groups::Standing;

/// A group of this site. What it is called in a directory is not told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Group {
    pub key: String,
    pub title: String,
    /// Whom to ask about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where its members are listed: `ldap`, `hub` or `file`.
    pub source: String,
    pub is_member: bool,
    pub is_manager: bool,
    /// How well that is known, for a member: `fresh`, or `stale` where the source does not answer now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<&'static str>,
    /// When the source said so, for a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<DateTime<Utc>>,
    /// How many presets it has.
    pub presets: usize,
    /// Told to its managers, and to whoever reads everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managers: Option<Vec<String>>,
}

/// Part of a list of groups, by key.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupPage {
    pub items: Vec<Group>,
    /// Goes on behind these; null at the end.
    pub next: Option<String>,
}

/// Which group.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct GroupPath {
    #[param(value_type = String, min_length = 1, max_length = 64)]
    pub key: Key,
}

impl From<GroupShown> for Group {
    fn from(shown: GroupShown) -> Self {
        let managers = |names: Vec<_>| names.iter().map(ToString::to_string).collect();
        Self {
            key: shown.key.to_string(),
            title: shown.title,
            contact: shown.contact,
            source: shown.source.as_str().to_owned(),
            is_member: shown.is_member,
            is_manager: shown.is_manager,
            standing: shown.standing.map(standing),
            checked_at: shown.checked_at,
            presets: shown.presets,
            managers: shown.managers.map(|names: Vec<crate::groups::Username>| managers(names)),
        }
    }
}

/// The word for how well a source answered.
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Fresh => "fresh",
        Standing::Stale => "stale",
        Standing::Unknown => "unknown",
    }
}

/// The groups one is in or manages; all of the site's for whoever reads everybody's.
#[utoipa::path(operation_id = "list_groups", tag = "groups", security(("token" = [])), params(PartQuery),
    responses((status = OK, description = "Part of them", body = GroupPage), Guarded, Queried, Stored, Problem))]
#[get("/groups")]
async fn list(
    caller: Caller,
    query: Query<PartQuery>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<GroupPage>, Problem> {
    let after: Option<Key> = cursor::read(&gate.key, "groups", query.0.cursor.as_deref())?;
    let page = desk.groups(&caller.acting(), after.as_ref(), query.0.limit).await?;
    let next = page.next(|last| cursor::write(&gate.key, "groups", &last.key));
    Ok(Json(GroupPage { items: page.items.into_iter().map(Group::from).collect(), next }))
}

/// One group.
#[utoipa::path(operation_id = "show_group", tag = "groups", security(("token" = [])), params(GroupPath),
    responses((status = OK, description = "The group", body = Group),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/groups/{key}")]
async fn show(
    caller: Caller,
    path: Path<GroupPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<Group>, Problem> {
    Ok(Json(desk.group(&caller.acting(), &path.0.key).await?.into()))
}

pub fn routes(config: &mut impl Routing) {
    config.service(list).service(show);
}
