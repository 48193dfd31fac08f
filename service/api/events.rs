//! Courses, workshops and hackathons: list, show, make, replace, remove.

pub mod draft;
pub mod shape;

use actix_web::{HttpResponse, HttpResponseBuilder, delete, get, post, put, web};

use super::caller::{Caller, Gate, Organises};
use super::conditional::{self, tag};
use super::cursor;
use super::extract::{IdempotencyKey, IfMatch, Json, Nothing, Path, Query};
use super::problem::{Bodied, Guarded, Problem, Queried, Repeatable, Stored, Versioned, may};
use crate::api::routing::Routing;
use crate::catalogue::Key;
use crate::desk::Desk;
use crate::desk::events::EventShown;
use crate::desk::presets::{NotDone, Once};
use draft::EventToKeep;
use shape::{Event, EventPage, EventPath, EventQuery};

/// The events that show themselves to one: those one takes part in or organises, and public ones.
#[utoipa::path(operation_id = "list_events", tag = "events", security(("token" = [])), params(EventQuery),
    responses((status = OK, description = "Part of them", body = EventPage), Guarded, Queried, Stored, Problem))]
#[get("/events")]
async fn list(
    caller: Caller,
    query: Query<EventQuery>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<EventPage>, Problem> {
    let name = if query.0.all { "events all" } else { "events" };
    let after: Option<Key> = cursor::read(&gate.key, name, query.0.cursor.as_deref())?;
    let page = desk.events(&caller.acting(), query.0.all, after.as_ref(), query.0.limit).await?;
    let next = page.next(|last| cursor::write(&gate.key, name, &last.key));
    Ok(Json(EventPage { items: page.items.into_iter().map(Event::from).collect(), next }))
}

/// Makes an event of one's own.
///
/// The same checks as for a site file, and what the site leaves to organisers; an administrator may do
/// more. An `Idempotency-Key` makes it safe to send again for a day.
#[utoipa::path(operation_id = "create_event", tag = "events", security(("token" = ["custom:presets:events"])), request_body = EventToKeep,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = CREATED, description = "As it is kept", body = Event,
            headers(("ETag"), ("Location"), ("Idempotency-Replayed"))),
        Guarded, Bodied, Repeatable, Stored, Problem))]
#[post("/events")]
async fn create(
    caller: Caller<Organises>,
    key: IdempotencyKey,
    _: Query<Nothing>,
    body: Json<EventToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let made = desk.create_event(&caller.acting(), body.0.read()?, key.0.map(Once).as_ref()).await;
    let made = made.map_err(problem)?;
    let place = format!("{}api/v1/events/{}", desk.prefix, made.event.key);
    Ok(tagged(conditional::created(place, made.replayed), made.event))
}

/// One event.
#[utoipa::path(operation_id = "show_event", tag = "events", security(("token" = [])), params(EventPath),
    responses((status = OK, description = "As it stands now", body = Event, headers(("ETag"))),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/events/{key}")]
async fn show(
    caller: Caller,
    path: Path<EventPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    Ok(tagged(HttpResponse::Ok(), desk.event(&caller.acting(), &path.0.key).await?))
}

/// Puts another event in place of one, as it was at the version that `If-Match` names.
///
/// To publish a draft is to put it there with `published`. What an administrator gave it beyond what
/// organisers may give stays, as long as it is sent back as it was.
#[utoipa::path(operation_id = "replace_event", tag = "events", security(("token" = ["custom:presets:events"])), request_body = EventToKeep,
    params(EventPath, ("If-Match" = String, Header, description = "The `ETag` of what is replaced")),
    responses((status = OK, description = "As it is kept now", body = Event, headers(("ETag"))),
        Guarded, Bodied, Versioned, Stored, may::not_found, may::managed, Problem))]
#[put("/events/{key}")]
async fn replace(
    caller: Caller<Organises>,
    path: Path<EventPath>,
    expected: IfMatch,
    _: Query<Nothing>,
    body: Json<EventToKeep>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let draft = body.0.read()?;
    let event = desk.replace_event(&caller.acting(), &path.0.key, &expected.0, draft).await;
    Ok(tagged(HttpResponse::Ok(), event.map_err(problem)?))
}

/// Removes an event, as it was at the version that `If-Match` names, and the presets made for it.
#[utoipa::path(operation_id = "delete_event", tag = "events", security(("token" = ["custom:presets:events"])),
    params(EventPath, ("If-Match" = String, Header, description = "The `ETag` of what is removed")),
    responses((status = NO_CONTENT, description = "It is gone"),
        Guarded, Queried, Versioned, Stored, may::not_found, may::managed, Problem))]
#[delete("/events/{key}")]
async fn remove(
    caller: Caller<Organises>,
    path: Path<EventPath>,
    expected: IfMatch,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    desk.remove_event(&caller.acting(), &path.0.key, &expected.0).await.map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

fn tagged(mut response: HttpResponseBuilder, event: EventShown) -> HttpResponse {
    response.insert_header(tag(event.version)).json(Event::from(event))
}

/// What is said of presets elsewhere, said of events.
fn problem(why: NotDone) -> Problem {
    match why {
        NotDone::Managed => Problem::managed(
            "the site file keeps this event: change it there and run `jupyterhub-presets apply`",
        ),
        NotDone::Full { most } => {
            Problem::limit_reached(format!("there are {most} events already: ask an administrator"))
        }
        why => why.into(),
    }
}

pub fn routes(config: &mut impl Routing) {
    config.service(list).service(create).service(show).service(replace).service(remove);
}
