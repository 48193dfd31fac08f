//! Presets: list, show, make, replace, remove, copy, and what they said before.

mod owner;
pub mod shape;
pub mod travel;

use actix_web::{HttpResponse, HttpResponseBuilder, delete, get, post, put, web};

use super::caller::{Caller, Gate};
use super::conditional::{self, tag};
use super::cursor;
use super::extract::{IdempotencyKey, IfMatch, Json, Nothing, Path, Query};
use super::problem::{Bodied, Guarded, Problem, Queried, Repeatable, Stored, Versioned, may};
use crate::api::routing::Routing;
use crate::desk::Desk;
use crate::desk::presets::{Made, NotDone, Once, Page, Shown};
use crate::store::presets::{Filter, Place};
use shape::{
    CopyToMake, PartQuery, Preset, PresetPage, PresetPath, PresetQuery, PresetToKeep, PresetVersion,
    PresetVersionPage, VersionPath,
};

/// The presets one may see: one's own, those of one's groups and events, the site's. In the order they were made.
#[utoipa::path(operation_id = "list_presets", tag = "presets", security(("token" = [])), params(PresetQuery),
    responses((status = OK, description = "Part of them", body = PresetPage), Guarded, Queried, Stored, Problem))]
#[get("/presets")]
async fn list(
    caller: Caller,
    query: Query<PresetQuery>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<PresetPage>, Problem> {
    let (limit, filter, name) = (query.0.limit, filter(&query.0)?, named(&query.0));
    let after = cursor::read::<Place>(&gate.key, &name, query.0.cursor.as_deref())?;
    let page = desk.presets(&caller.acting(), filter, after, limit).await?;
    let place = |last: &Shown| Place { made_at: last.created_at, id: last.id.clone() };
    let next = page.next(|last| cursor::write(&gate.key, &name, &place(last)));
    Ok(Json(PresetPage { items: page.items.into_iter().map(Preset::from).collect(), next }))
}

/// Makes a preset: one's own, a group's one manages, an event's one organises, or the site's as an administrator.
///
/// The same checks as for a site file, and it has to fit the limits of whoever it is for. An
/// `Idempotency-Key` makes it safe to send again for a day.
#[utoipa::path(operation_id = "create_preset", tag = "presets", security(("token" = [])), request_body = PresetToKeep,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = CREATED, description = "As it is kept", body = Preset,
            headers(("ETag"), ("Location"), ("Idempotency-Replayed"))),
        Guarded, Bodied, Repeatable, Stored, may::groups_unknown, Problem))]
#[post("/presets")]
async fn create(
    caller: Caller,
    key: IdempotencyKey,
    _: Query<Nothing>,
    body: Json<PresetToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    make(&caller, key, body.0, &desk).await
}

/// Keeps what was sent, in whatever form it came.
async fn make(
    caller: &Caller,
    key: IdempotencyKey,
    sent: PresetToKeep,
    desk: &Desk,
) -> Result<HttpResponse, Problem> {
    let acting = caller.acting();
    let owner = sent.owner.clone().map_or_else(|| Ok(acting.own()?), shape::Owner::read)?;
    let draft = sent.kept_by(owner);
    Ok(created(desk.create_preset(&acting, &draft, once(key).as_ref()).await?, desk))
}

/// One preset.
#[utoipa::path(operation_id = "show_preset", tag = "presets", security(("token" = [])), params(PresetPath),
    responses((status = OK, description = "As it is kept", body = Preset, headers(("ETag"))),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/presets/{id}")]
async fn show(
    caller: Caller,
    path: Path<PresetPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let preset = desk.preset(&caller.acting(), &path.0.id).await?;
    Ok(tagged(HttpResponse::Ok(), preset))
}

/// Puts another preset in place of one, as it was at the version that `If-Match` names.
#[utoipa::path(operation_id = "replace_preset", tag = "presets", security(("token" = [])), request_body = PresetToKeep,
    params(PresetPath, ("If-Match" = String, Header, description = "The `ETag` of what is replaced")),
    responses((status = OK, description = "As it is kept now", body = Preset, headers(("ETag"))),
        Guarded, Bodied, Versioned, Stored, may::not_found, may::managed, may::groups_unknown, Problem))]
#[put("/presets/{id}")]
async fn replace(
    caller: Caller,
    path: Path<PresetPath>,
    expected: IfMatch,
    _: Query<Nothing>,
    body: Json<PresetToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let owner = body.0.owner.clone().map(shape::Owner::read).transpose()?;
    let draft = |theirs| body.0.kept_by(owner.unwrap_or(theirs));
    let preset = desk.replace_preset(&caller.acting(), &path.0.id, &expected.0, draft).await?;
    Ok(tagged(HttpResponse::Ok(), preset))
}

/// Removes a preset, as it was at the version that `If-Match` names.
#[utoipa::path(operation_id = "delete_preset", tag = "presets", security(("token" = [])),
    params(PresetPath, ("If-Match" = String, Header, description = "The `ETag` of what is removed")),
    responses((status = NO_CONTENT, description = "It is gone"),
        Guarded, Queried, Versioned, Stored, may::not_found, may::managed, Problem))]
#[delete("/presets/{id}")]
async fn remove(
    caller: Caller,
    path: Path<PresetPath>,
    expected: IfMatch,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    desk.remove_preset(&caller.acting(), &path.0.id, &expected.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a preset said before, latest first.
#[utoipa::path(operation_id = "list_preset_versions", tag = "presets", security(("token" = [])), params(PresetPath, PartQuery),
    responses((status = OK, description = "Part of its history", body = PresetVersionPage),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/presets/{id}/versions")]
async fn versions(
    caller: Caller,
    path: Path<PresetPath>,
    query: Query<PartQuery>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<PresetVersionPage>, Problem> {
    let name = format!("presets/{}/versions", path.0.id);
    let before = cursor::read(&gate.key, &name, query.0.cursor.as_deref())?;
    let page = desk.preset_versions(&caller.acting(), &path.0.id, before, query.0.limit).await?;
    let next = page.next(|last| cursor::write(&gate.key, &name, &last.version));
    Ok(Json(PresetVersionPage { items: page.items.into_iter().map(PresetVersion::from).collect(), next }))
}

/// What a preset said at one version.
#[utoipa::path(operation_id = "show_preset_version", tag = "presets", security(("token" = [])), params(VersionPath),
    responses((status = OK, description = "As it was", body = PresetVersion),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/presets/{id}/versions/{version}")]
async fn version(
    caller: Caller,
    path: Path<VersionPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<PresetVersion>, Problem> {
    let found = desk.preset_version(&caller.acting(), &path.0.id, path.0.version).await?;
    Ok(Json(found.into()))
}

/// Copies a preset one sees to oneself, to a group one manages, or to an event one organises.
///
/// What the new owner's limits do not allow is refused, field by field, and nothing is copied.
#[utoipa::path(operation_id = "copy_preset", tag = "presets", security(("token" = [])), request_body = CopyToMake,
    params(PresetPath,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = CREATED, description = "The copy as it is kept", body = Preset,
            headers(("ETag"), ("Location"), ("Idempotency-Replayed"))),
        Guarded, Bodied, Repeatable, Stored, may::not_found, may::groups_unknown, Problem))]
#[post("/presets/{id}/copy")]
async fn copy(
    caller: Caller,
    path: Path<PresetPath>,
    key: IdempotencyKey,
    _: Query<Nothing>,
    body: Json<CopyToMake>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let copy = body.0.read()?;
    let made = desk.copy_preset(&caller.acting(), &path.0.id, &copy, once(key).as_ref()).await?;
    Ok(created(made, &desk))
}

fn once(key: IdempotencyKey) -> Option<Once> {
    key.0.map(Once)
}

fn filter(query: &PresetQuery) -> Result<Filter, Problem> {
    match (query.owner_kind, &query.owner) {
        (None, None) => Ok(Filter::default()),
        (None, Some(_)) => Err(Problem::malformed("the query: owner goes with owner_kind")),
        (Some(kind), owner) => Ok(Filter { kind: Some(kind.word()), owner: owner.clone() }),
    }
}

/// The list with all that chooses what is in it: a cursor of one is none of another.
fn named(query: &PresetQuery) -> String {
    let kind = query.owner_kind.map_or("", shape::OwnerKind::word);
    format!("presets {kind} {}", query.owner.as_deref().unwrap_or_default())
}

fn tagged(mut response: HttpResponseBuilder, preset: Shown) -> HttpResponse {
    response.insert_header(tag(preset.version)).json(Preset::from(preset))
}

fn created(made: Made, desk: &Desk) -> HttpResponse {
    let place = format!("{}api/v1/presets/{}", desk.prefix, made.preset.id);
    tagged(conditional::created(place, made.replayed), made.preset)
}

impl<T> Page<T> {
    /// The cursor of the part behind this one, from its last item; none at the end.
    pub(super) fn next(&self, cursor: impl FnOnce(&T) -> String) -> Option<String> {
        self.items.last().filter(|_| self.more).map(cursor)
    }
}

impl From<NotDone> for Problem {
    fn from(why: NotDone) -> Self {
        match why {
            NotDone::NotFound => Self::nothing(),
            NotDone::Forbidden(why) => Self::forbidden(why),
            NotDone::Managed => Self::managed(
                "the site file keeps this preset: change it there and run `jupyterhub-presets apply`, or copy it",
            ),
            NotDone::Stale { current } => Self {
                current: Some(current),
                ..Self::stale("somebody has changed it meanwhile: look at it again, then send If-Match anew")
            },
            NotDone::Faults(faults) => Self::invalid("some fields are not acceptable").with_errors(faults),
            NotDone::Full { most } => {
                Self::limit_reached(format!("there are {most} presets of this owner already: remove some"))
            }
            NotDone::WouldBreak(breaks) => breaks.into(),
            NotDone::StillNamed(places) => Self::managed(format!(
                "the site file names this person: take them out of {}, run `jupyterhub-presets apply`, and erase them then",
                places.join(", ")
            )),
            NotDone::KeyReused => {
                Self::key_reused("this Idempotency-Key was sent with another request: take a new one")
            }
            NotDone::OtherAccount => Self::other_account(
                "what is kept here under your name was saved by an earlier account of that name: open the hub's page to \
                 start a server once, then come back",
            ),
            NotDone::GroupsUnknown => Self::groups_unknown(
                "which groups this person is in cannot be checked now, so no limits are known: try again soon",
            ),
            NotDone::Unavailable(trouble) => {
                tracing::error!("not done: {trouble}");
                Self::unavailable("The presets can't be read or kept just now. Try again in a minute.")
            }
            NotDone::Broken(why) => {
                tracing::error!("not done: {why}");
                Self::internal("something went wrong here; the log says what, under this request's id")
            }
        }
    }
}

pub fn routes(config: &mut impl Routing) {
    config
        .service(list)
        .service(create)
        .service(show)
        .service(replace)
        .service(remove)
        .service(versions)
        .service(version)
        .service(copy)
        .configure(travel::routes);
}
