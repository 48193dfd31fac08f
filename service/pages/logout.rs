//! Signing out: of this service, by a form of one of its pages.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::reply::Place;
use crate::api::csrf::{self, Sends};
use crate::api::problem::Problem;
use crate::api::session;
use crate::desk::session::Live;
use crate::render::page::Message;

/// What the button sends.
#[derive(Deserialize)]
struct Pressed {
    csrf: String,
}

/// Ends the session of this browser, if there is one. Needs neither the hub nor its consent.
pub async fn logout(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let place = Place::of(&request);
    let ended = match session::live(&request, place.gate).await {
        Ok(Some(live)) => match sent_by_us(&place, &live, &body) {
            Ok(()) => end(&place, &live).await,
            Err(problem) if problem.status == 403 => return place.open_too_long(&problem),
            Err(problem) => Err(problem),
        },
        Ok(None) => Ok(()),
        Err(problem) => Err(problem),
    };
    match ended {
        Ok(()) => signed_out(&place),
        Err(problem) => place.instead(&problem),
    }
}

/// Says that somebody is logged out; whoever is not goes back to their page.
pub async fn logged_out(request: HttpRequest) -> HttpResponse {
    let place = Place::of(&request);
    match session::live(&request, place.gate).await {
        Ok(Some(_)) => place.redirect(StatusCode::FOUND, place.prefix()),
        Ok(None) => place.message(StatusCode::OK, farewell(&place)),
        Err(problem) => place.instead(&problem),
    }
}

/// Whether a page of this session sent it.
fn sent_by_us(place: &Place<'_>, live: &Live, body: &[u8]) -> Result<(), Problem> {
    let pressed =
        std::str::from_utf8(body).ok().and_then(|body| web::Query::<Pressed>::from_query(body).ok());
    let token = pressed.as_ref().map(|pressed| pressed.csrf.as_str());
    csrf::check(place.request, place.gate, Sends::Form, &live.id, token)
}

async fn end(place: &Place<'_>, live: &Live) -> Result<(), Problem> {
    place.desk.forget_session(&live.id).await.map_err(|trouble| {
        tracing::error!("a session cannot be ended: {trouble}");
        Problem::unavailable("you are still logged in: the database is not answering")
    })
}

fn signed_out(place: &Place<'_>) -> HttpResponse {
    let mut response = place.redirect(StatusCode::SEE_OTHER, &format!("{}logout", place.prefix()));
    let headers = response.headers_mut();
    if let Some(ours) = place.gate.cookies(place.prefix()) {
        headers.append(SET_COOKIE, ours.clear(&ours.session()));
    }
    headers.insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    response
}

fn farewell(place: &Place<'_>) -> Message {
    let text = "The hub itself still knows you in this browser. On a computer that others use too, log out there as well.";
    Message {
        title: "You are logged out of your presets".to_owned(),
        paragraphs: vec![text.to_owned()],
        button: Some(("Log out of the hub".to_owned(), format!("{}logout", place.hub_pages()))),
        link: Some(("Back to my presets".to_owned(), place.prefix().to_owned())),
        request_id: None,
    }
}
