//! Signing in: off to the hub, and back with a code.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, REFERRER_POLICY, SET_COOKIE};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};

use super::next;
use super::reply::{Place, is_navigation};
use crate::api::cookies::{self, Cookies, HUB_SESSION};
use crate::api::problem::Problem;
use crate::config::nonce;
use crate::desk::sign_in::{NotSignedIn, PATIENCE, Returned};
use crate::hub::Hub;
use crate::render::page::Message;

/// Sign-ins that no page followed, after which it is no use to try again by itself.
const ATTEMPTS: u32 = 3;
/// How long those count, in seconds.
const ATTEMPTED: u32 = 60;
/// Logins one browser may have under way; beyond them it has forgotten some.
const TABS: usize = 8;

/// A query, in order; a parameter that comes twice is none.
type Query = web::Query<Vec<(String, String)>>;

fn one<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    let mut values = query.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
    values.next().filter(|_| values.next().is_none())
}

/// Sends the browser to the hub, which sends it back to [`callback`].
pub async fn login(request: HttpRequest, query: Query) -> HttpResponse {
    let place = Place::of(&request);
    if !is_navigation(request.headers()) {
        return place
            .instead(&Problem::unauthenticated("sign in with a browser, or send a token of the hub"));
    }
    let (hub, ours) = match told_of_hub(&place) {
        Ok(told) => told,
        Err(response) => return response,
    };
    if attempts(&request, &ours) >= ATTEMPTS {
        let mut response = place.message(StatusCode::FORBIDDEN, endless(&place));
        response.headers_mut().append(SET_COOKIE, ours.clear(&ours.attempts()));
        return response;
    }
    let next = next::checked(one(&query, "next"), place.prefix());
    let begun = match place.desk.begin_sign_in(hub, &place.gate.key, next).await {
        Ok(begun) => begun,
        Err(why) => return refused(&place, &why),
    };
    let mut response = place.redirect(StatusCode::FOUND, &begun.location);
    let name = ours.sign_in(&begun.state);
    let family = name.trim_end_matches(|c: char| c.is_ascii_hexdigit());
    let under_way: Vec<&str> = cookies::all(request.headers())
        .map(|(found, _)| found)
        .filter(|found| found.starts_with(family))
        .collect();
    if under_way.len() >= TABS {
        let gone = under_way.iter().filter(|found| is_plain(found)).map(|found| ours.clear(found));
        gone.for_each(|header| response.headers_mut().append(SET_COOKIE, header));
    }
    response.headers_mut().append(SET_COOKIE, ours.set(&name, &begun.browser, Some(PATIENCE)));
    response
}

/// Where the hub sends the browser back to.
pub async fn callback(request: HttpRequest, query: Query) -> HttpResponse {
    let place = Place::of(&request);
    let mut response = match told_of_hub(&place) {
        Ok((hub, ours)) => returned(&place, hub, &ours, &query).await,
        Err(response) => response,
    };
    // The address holds the code, which is used up; the next page need not know it either.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn returned(place: &Place<'_>, hub: &Arc<Hub>, ours: &Cookies, query: &Query) -> HttpResponse {
    let headers = place.request.headers();
    // States are ours: 64 digits. Anything else is not looked for.
    let state =
        one(query, "state").filter(|state| nonce::unhex(state).is_some_and(|bytes| bytes.len() == 32));
    let name = state.map(|state| ours.sign_in(&nonce::fingerprint(state)));
    let browser = name.as_deref().and_then(|name| cookies::read(headers, name));
    let (Some(state), Some(name), Some(browser)) = (state, &name, browser) else {
        return refused(place, &NotSignedIn::Stray);
    };
    let (code, error) = (one(query, "code"), one(query, "error"));
    let hub_session = cookies::read(headers, HUB_SESSION);
    let came = Returned { state, browser, code, error, hub_session };
    let mut response = match place.desk.finish_sign_in(hub, &place.gate.key, came).await {
        Ok(signed_in) => {
            // A new one each time: nobody is signed in by what they brought along.
            if let Some(before) = cookies::read(headers, &ours.session())
                && let Err(trouble) = place.desk.end_session(before).await
            {
                tracing::warn!("the session before goes on until its time is over: {trouble}");
            }
            let mut response = place.redirect(StatusCode::FOUND, &signed_in.next);
            let attempts = (attempts(place.request, ours) + 1).to_string();
            for header in [
                ours.set(&ours.session(), &signed_in.cookie, None),
                ours.set(&ours.attempts(), &attempts, Some(ATTEMPTED)),
            ] {
                response.headers_mut().append(SET_COOKIE, header);
            }
            response
        }
        Err(why) => refused(place, &why),
    };
    response.headers_mut().append(SET_COOKIE, ours.clear(name));
    response
}

fn told_of_hub<'a>(place: &Place<'a>) -> Result<(&'a Arc<Hub>, Cookies), HttpResponse> {
    let gate = place.gate.get_ref();
    let told = gate.hub.as_ref().zip(gate.cookies(place.prefix()));
    told.ok_or_else(|| {
        place.instead(&Problem::sign_in_not_configured(
            "set hub.api_url and hub.api_token_file in the service's file",
        ))
    })
}

fn attempts(request: &HttpRequest, ours: &Cookies) -> u32 {
    cookies::read(request.headers(), &ours.attempts()).and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// A page for somebody who could not be signed in, with one thing to do.
fn refused(place: &Place<'_>, why: &NotSignedIn) -> HttpResponse {
    let contact = place.contact();
    let (status, title, text) = match why {
        NotSignedIn::NotAdmitted(identity) => {
            // The audit says who it was.
            place.request.extensions_mut().insert(identity.clone());
            let problem = Problem::forbidden("this account may not use this service");
            return place.not_admitted(Some(identity.name.as_str()), &problem);
        }
        NotSignedIn::Unavailable => {
            return place.instead(&Problem::unavailable("nobody can sign in while the database is away"));
        }
        NotSignedIn::HubAway => {
            return place.instead(&Problem::hub_away("the hub does not answer"));
        }
        NotSignedIn::Stray => (
            StatusCode::FORBIDDEN,
            "This login was not completed",
            "It took longer than ten minutes, was completed before, or was begun in another browser. Nothing is wrong with your account.".to_owned(),
        ),
        NotSignedIn::Declined(word) if is_cancelled(word) => (
            StatusCode::FORBIDDEN,
            "You are not logged in",
            "The login was cancelled at the hub.".to_owned(),
        ),
        NotSignedIn::Declined(word) => {
            tracing::warn!(word = short(word), "the hub declines to log somebody in");
            (
                StatusCode::FORBIDDEN,
                "You are not logged in",
                format!("The hub declined, and said “{}”. If that stays so, tell {contact}.", short(word)),
            )
        }
        NotSignedIn::Code => (
            StatusCode::FORBIDDEN,
            "This login was not completed",
            "The hub gave a code that it does not accept any more. Nothing is wrong with your account.".to_owned(),
        ),
        NotSignedIn::OtherSession => (
            StatusCode::FORBIDDEN,
            "This login was not completed",
            format!("The hub’s own login in this browser is another one by now, or its cookie ({HUB_SESSION}) does not reach this address. If trying again does not help, tell {contact}."),
        ),
        NotSignedIn::Misconfigured => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Nobody can log in here right now",
            format!("The hub does not recognise this service. Tell {contact}: the service’s token must be the one that the hub has for it."),
        ),
    };
    let message = said(place, title, text);
    match refusal(why) {
        Some(sentence) => place.refusal(&Problem::forbidden(sentence), message),
        None => place.message(status, message),
    }
}

/// What the audit is told of a login that was refused. Whoever cancels one is refused by nobody.
fn refusal(why: &NotSignedIn) -> Option<&'static str> {
    match why {
        NotSignedIn::Stray => Some("this login was not begun in this browser, is finished, or took too long"),
        NotSignedIn::Declined(word) if !is_cancelled(word) => Some("the hub declined to log somebody in"),
        NotSignedIn::Code => Some("the hub does not accept the code"),
        NotSignedIn::OtherSession => Some("the browser's session at the hub is another one than the token's"),
        _ => None,
    }
}

fn is_cancelled(word: &str) -> bool {
    matches!(word, "" | "access_denied")
}

fn endless(place: &Place<'_>) -> Message {
    let text = format!(
        "The hub logged you in {ATTEMPTS} times, and each time the login was lost on the way back. Does your browser keep cookies for this address? If it does, tell {}.",
        place.contact()
    );
    said(place, "Logging in does not come to an end", text)
}

fn said(place: &Place<'_>, title: &str, text: String) -> Message {
    Message {
        title: title.to_owned(),
        paragraphs: vec![text],
        button: Some(("Log in".to_owned(), format!("{}login", place.prefix()))),
        link: Some(("Back to the hub".to_owned(), format!("{}home", place.hub_pages()))),
        request_id: None,
    }
}

/// A word of the hub's, as far as it may be repeated.
fn short(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(80).collect()
}
