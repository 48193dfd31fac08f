//! Presets that travel: as a file, by a link, back from an older version, and out of what was used last.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::shape::{self, PresetPath, PresetToKeep, VersionPath};
use super::{created, make, once, tagged};
use crate::api::caller::{Caller, Gate};
use crate::api::conditional::tag;
use crate::api::extract::{IdempotencyKey, IfMatch, Json, Nothing, Path, Query, Yaml};
use crate::api::problem::{Bodied, Guarded, Problem, Queried, Repeatable, Stored, Versioned, may};
use crate::api::routing::Routing;
use crate::catalogue::Key;
use crate::desk::Desk;
use crate::desk::difference::Difference;
use crate::desk::presets::Copy;

/// A link to a preset as it is now, whatever becomes of it later.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareLink {
    /// Opens the hub's page for whoever may use it, within their own limits. Followed from a page of the hub's own
    /// address it starts at once, unless the preset says `confirm`; from anywhere else it is chosen there, and starts
    /// by one press of Start.
    #[schema(example = "/hub/spawn?opt-preset=pytorch%403")]
    pub link: String,
    /// What it names: `me/effective?card=` shows what one's own limits change of it, and why.
    #[schema(example = "pytorch@3")]
    pub card: String,
    pub version: i64,
    /// Who gets something by it, for people.
    pub reaches: String,
}

/// What differs between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionDifference {
    pub before: i64,
    pub after: i64,
    pub changes: Vec<ChangedPlace>,
}

/// One place that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedPlace {
    /// JSON Pointer (RFC 6901) into the document.
    #[schema(example = "/values/cores")]
    pub pointer: String,
    /// What was there; left out where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Any>,
    /// What is there; left out where there is nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Any>,
}

/// What becomes of what was used last.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LastUsedToKeep {
    /// The name of the server it was used on; nothing said: the default one.
    #[serde(default)]
    #[validate(length(max = 255, message = "must have at most 255 characters"))]
    #[schema(max_length = 255)]
    pub server: String,
    /// Whose it becomes; the caller's own where nothing is said.
    #[serde(default)]
    pub owner: Option<shape::Owner>,
    /// That of what was used where nothing is said.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub title: Option<String>,
}

/// Which two versions of which preset.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TwoVersions {
    #[param(value_type = String, min_length = 1, max_length = 64)]
    pub id: Key,
    #[param(minimum = 1)]
    pub version: i64,
    #[param(minimum = 1)]
    pub other: i64,
}

impl From<Difference> for ChangedPlace {
    fn from(difference: Difference) -> Self {
        let Difference { pointer, before, after } = difference;
        Self { pointer, before, after }
    }
}

/// Makes a preset of what one used last: the same values, ready to be started again.
#[utoipa::path(operation_id = "save_last_used", tag = "presets", security(("token" = [])), request_body = LastUsedToKeep,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = CREATED, description = "As it is kept", body = shape::Preset,
            headers(("ETag"), ("Location"), ("Idempotency-Replayed"))),
        Guarded, Bodied, Repeatable, Stored, may::not_found, may::groups_unknown, Problem))]
#[post("/presets/from-last")]
async fn from_last(
    caller: Caller,
    key: IdempotencyKey,
    _: Query<Nothing>,
    body: Json<LastUsedToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let LastUsedToKeep { server, owner, title } = body.0;
    let wanted = Copy { owner: owner.map(shape::Owner::read).transpose()?, title };
    let made = desk.save_last_used(&caller.acting(), &server, &wanted, once(key).as_ref()).await?;
    Ok(created(made, &desk))
}

/// Makes a preset of a file, as `export` writes it.
///
/// The same checks as for any other preset; nothing twice, no aliases, nothing that is not understood.
#[utoipa::path(operation_id = "import_preset", tag = "presets", security(("token" = [])),
    request_body(content = PresetToKeep, content_type = "application/yaml"),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = CREATED, description = "As it is kept", body = shape::Preset,
            headers(("ETag"), ("Location"), ("Idempotency-Replayed"))),
        Guarded, Bodied, Repeatable, Stored, may::groups_unknown, Problem))]
#[post("/presets/import")]
async fn import(
    caller: Caller,
    key: IdempotencyKey,
    _: Query<Nothing>,
    body: Yaml<PresetToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    make(&caller, key, body.0, &desk).await
}

/// One preset as a file, without whose it is: what `import` reads.
#[utoipa::path(operation_id = "export_preset", tag = "presets", security(("token" = [])), params(PresetPath),
    responses((status = OK, description = "YAML", body = PresetToKeep, content_type = "application/yaml", headers(("ETag"))),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/presets/{id}/export")]
async fn export(
    caller: Caller,
    path: Path<PresetPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let preset = desk.preset(&caller.acting(), &path.0.id).await?;
    let text = serde_saphyr::to_string(&preset.portable())
        .map_err(|error| Problem::internal(format!("the preset cannot be written as YAML: {error}")))?;
    let yaml = (CONTENT_TYPE, "application/yaml");
    Ok(HttpResponse::Ok().insert_header(yaml).insert_header(tag(preset.version)).body(text))
}

/// A link to a preset as it is now: it stays at this version.
#[utoipa::path(operation_id = "share_preset", tag = "presets", security(("token" = [])), params(PresetPath),
    responses((status = OK, description = "The link", body = ShareLink),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/presets/{id}/share")]
async fn share(
    caller: Caller,
    path: Path<PresetPath>,
    _: Query<Nothing>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<ShareLink>, Problem> {
    let shared = desk.share_preset(&caller.acting(), &path.0.id).await?;
    let pages = gate.hub.as_ref().map_or_else(|| "/hub/".to_owned(), |hub| hub.pages());
    let link = format!("{pages}spawn?opt-preset={}", crate::hub::oauth::escaped(&shared.card));
    Ok(Json(ShareLink { link, card: shared.card, version: shared.version, reaches: shared.reaches }))
}

/// What differs between two versions of a preset.
#[utoipa::path(operation_id = "compare_preset_versions", tag = "presets", security(("token" = [])), params(TwoVersions),
    responses((status = OK, description = "Place by place", body = VersionDifference),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/presets/{id}/versions/{version}/diff/{other}")]
async fn compare(
    caller: Caller,
    path: Path<TwoVersions>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<VersionDifference>, Problem> {
    let TwoVersions { id, version: before, other: after } = path.0;
    let changes = desk.preset_difference(&caller.acting(), &id, before, after).await?;
    Ok(Json(VersionDifference {
        before,
        after,
        changes: changes.into_iter().map(ChangedPlace::from).collect(),
    }))
}

/// Puts what a preset said at an earlier version in place of what it says, as a new version.
#[utoipa::path(operation_id = "restore_preset", tag = "presets", security(("token" = [])),
    params(VersionPath, ("If-Match" = String, Header, description = "The `ETag` of what is replaced")),
    responses((status = OK, description = "As it is kept now", body = shape::Preset, headers(("ETag"))),
        Guarded, Queried, Versioned, Stored, may::not_found, may::invalid, may::managed, may::groups_unknown, Problem))]
#[post("/presets/{id}/versions/{version}/restore")]
async fn restore(
    caller: Caller,
    path: Path<VersionPath>,
    expected: IfMatch,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let VersionPath { id, version } = path.0;
    let preset = desk.restore_preset(&caller.acting(), &id, version, &expected.0).await?;
    Ok(tagged(HttpResponse::Ok(), preset))
}

pub fn routes(config: &mut impl Routing) {
    config
        .service(from_last)
        .service(import)
        .service(export)
        .service(share)
        .service(compare)
        .service(restore);
}
