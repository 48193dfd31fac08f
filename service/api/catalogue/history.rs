//! Catalogues as they were applied: two compared, and an earlier one put in place again.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::shape::CatalogueVersionPath;
use crate::api::caller::{Administers, Caller, Reads};
use crate::api::conditional::tag;
use crate::api::extract::{IfMatch, Json, Nothing, Path, Query};
use crate::api::presets::shape::Owner;
use crate::api::presets::travel::{ChangedPlace, VersionDifference};
use crate::api::problem::{Fault, Guarded, Problem, Queried, Stored, Versioned, may};
use crate::api::routing::Routing;
use crate::desk::Desk;
use crate::desk::breakage::{Breakage, BrokenPreset};
use crate::desk::catalogues::{Mode, Restored};

/// Which two catalogues.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TwoCatalogues {
    #[param(minimum = 1)]
    pub version: i64,
    #[param(minimum = 1)]
    pub other: i64,
}

/// How careful to be.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RestoreQuery {
    /// Only say what would come of it.
    #[serde(default)]
    pub dry_run: bool,
    /// Do it whatever it breaks; else it is refused where it breaks something.
    #[serde(default)]
    pub accept: bool,
}

/// What came of it, or would.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogueRestored {
    /// Whether it was done.
    pub done: bool,
    /// Of the catalogue that is there now; the `ETag` in quotation marks.
    pub version: i64,
    pub revision: i64,
    pub changes: Vec<ChangedPlace>,
    /// Presets that started before, and do not any more as they were saved.
    pub breaks: Vec<BreaksPreset>,
    /// What else does not fit any more.
    pub breaks_elsewhere: Vec<Fault>,
    pub breaks_of: BreaksOf,
}

/// A preset that does not start any more as it was saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreaksPreset {
    pub id: String,
    pub title: String,
    pub owner: Owner,
    /// For people.
    pub why: Vec<String>,
}

/// How much breaks, by whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreaksOf {
    pub presets: usize,
    /// Of these, the site's.
    pub site: usize,
    /// Groups that have some of them.
    pub groups: usize,
    /// Events that have some of them.
    pub events: usize,
    /// People that have some of them.
    pub people: usize,
    /// People whose last start would not be had any more as it was.
    pub last_used: usize,
    /// People whose default would be gone.
    pub defaults: usize,
}

impl From<Restored> for CatalogueRestored {
    fn from(restored: Restored) -> Self {
        let Restored { version, revision, changes, breaks, done } = restored;
        let counts = breaks.counts();
        let Breakage { presets, elsewhere, .. } = breaks;
        Self {
            done,
            version,
            revision,
            changes: changes.into_iter().map(ChangedPlace::from).collect(),
            breaks: presets.into_iter().map(BreaksPreset::from).collect(),
            breaks_elsewhere: elsewhere.into_iter().map(Fault::from).collect(),
            breaks_of: BreaksOf {
                presets: counts.presets,
                site: counts.site,
                groups: counts.groups,
                events: counts.events,
                people: counts.people,
                last_used: counts.last_used,
                defaults: counts.defaults,
            },
        }
    }
}

impl From<BrokenPreset> for BreaksPreset {
    fn from(broken: BrokenPreset) -> Self {
        let BrokenPreset { id, title, owner, why } = broken;
        Self { id: id.to_string(), title, owner: (&owner).into(), why }
    }
}

impl From<Breakage> for Problem {
    fn from(breaks: Breakage) -> Self {
        let counts = breaks.counts();
        let presets = breaks.presets.into_iter().map(|broken| Fault {
            pointer: format!("/presets/{}", broken.id),
            code: "breaks".to_owned(),
            detail: broken.why.join("; "),
            value: None,
            allowed: None,
        });
        let errors: Vec<Fault> = presets.chain(breaks.elsewhere.into_iter().map(Fault::from)).collect();
        Self::would_break(format!(
            "{} presets would not start any more as they were saved, of {} people and {} groups, nor what {} people \
             used last, nor the defaults of {}; send accept=true to do it all the same",
            counts.presets, counts.people, counts.groups, counts.last_used, counts.defaults
        ))
        .with_errors(errors)
    }
}

/// What differs between two catalogues.
#[utoipa::path(operation_id = "compare_catalogue_versions", tag = "catalogue", security(("token" = ["custom:presets:read"])), params(TwoCatalogues),
    responses((status = OK, description = "Place by place", body = VersionDifference),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/catalogue/versions/{version}/diff/{other}")]
async fn compare(
    _: Caller<Reads>,
    path: Path<TwoCatalogues>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<VersionDifference>, Problem> {
    let TwoCatalogues { version: before, other: after } = path.0;
    let changes = desk.catalogue_difference(before, after).await?;
    Ok(Json(VersionDifference {
        before,
        after,
        changes: changes.into_iter().map(ChangedPlace::from).collect(),
    }))
}

/// Puts an earlier catalogue in place of the one that `If-Match` names, as a new version; groups and presets
/// stay. The next `apply` of a site file puts the file's in place again.
#[utoipa::path(operation_id = "restore_catalogue", tag = "catalogue", security(("token" = ["custom:presets:admin"])),
    params(CatalogueVersionPath, RestoreQuery,
        ("If-Match" = String, Header, description = "The `ETag` of the catalogue that is there")),
    responses((status = OK, description = "What came of it, or would", body = CatalogueRestored, headers(("ETag"))),
        Guarded, Queried, Versioned, Stored, may::not_found, may::would_break, Problem))]
#[post("/catalogue/versions/{version}/restore")]
async fn restore(
    caller: Caller<Administers>,
    path: Path<CatalogueVersionPath>,
    expected: IfMatch,
    query: Query<RestoreQuery>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let mode = match (query.0.dry_run, query.0.accept) {
        (true, _) => Mode::DryRun,
        (false, false) => Mode::Careful,
        (false, true) => Mode::Accepting,
    };
    let restored = desk.restore_catalogue(&caller.acting(), path.0.version, &expected.0, mode).await?;
    Ok(HttpResponse::Ok().insert_header(tag(restored.version)).json(CatalogueRestored::from(restored)))
}

pub fn routes(config: &mut impl Routing) {
    config.service(compare).service(restore);
}
