//! A browser's session: the cookie that stands for a token of the hub.

use actix_web::{HttpMessage as _, HttpRequest, web};

use super::caller::{Gate, Presented};
use super::cookies::{self, Cookies, HUB_SESSION, Reach};
use super::csrf::{self, Sends};
use super::problem::Problem;
use crate::desk::Desk;
use crate::desk::session::Live;
use crate::store::audit::Actor;

/// What the session of a request is kept under, among its extensions once it was found.
#[derive(Debug, Clone)]
pub struct SessionId(pub String);

impl Gate {
    /// Our cookies; none where nobody can sign in.
    pub fn cookies(&self, prefix: &str) -> Option<Cookies> {
        let settings = &self.hub.as_ref()?.settings;
        let reach = match (settings.insecure_cookies, settings.cookie_host_prefix) {
            (true, _) => Reach::Insecure,
            (false, true) => Reach::Host,
            (false, false) => Reach::Prefix,
        };
        Some(Cookies::new(reach, &settings.service, prefix))
    }
}

/// The token that the request's session stands for; none without a session of ours.
///
/// # Errors
/// Where the session is not good for this request: what changes something needs more than a cookie.
pub async fn presented(request: &HttpRequest, gate: &Gate) -> Result<Option<Presented>, Problem> {
    let Some(live) = live(request, gate).await? else { return Ok(None) };
    if !request.method().is_safe() {
        let token = request.headers().get(csrf::HEADER).and_then(|token| token.to_str().ok());
        csrf::check(request, gate, Sends::Json, &live.id, token)?;
    }
    request.extensions_mut().insert(SessionId(live.id));
    Ok(Some(Presented { token: live.token.reveal().to_owned(), session: Some(Some(live.hub_session)) }))
}

/// The session of the request's cookies, if it goes on. Whoever uses it to change something checks
/// first where the request comes from ([`csrf::check`]).
///
/// # Errors
/// Where the database does not tell.
pub async fn live(request: &HttpRequest, gate: &Gate) -> Result<Option<Live>, Problem> {
    let Some(desk) = request.app_data::<web::Data<Desk>>() else { return Ok(None) };
    let Some(cookie) = cookie(request, gate, &desk.prefix) else { return Ok(None) };
    let hub_session = cookies::read(request.headers(), HUB_SESSION);
    let live = desk.session(&gate.key, cookie, hub_session).await.map_err(|trouble| {
        tracing::error!("no session can be looked up: {trouble}");
        Problem::unavailable("sessions can't be looked up just now: try again in a minute")
    })?;
    if let Some(live) = &live {
        // Whoever is refused from here on, the audit says in whose session.
        request.extensions_mut().insert(Actor::User(live.person.clone()));
    }
    Ok(live)
}

/// What the browser keeps of its session.
pub fn cookie<'a>(request: &'a HttpRequest, gate: &Gate, prefix: &str) -> Option<&'a str> {
    cookies::read(request.headers(), &gate.cookies(prefix)?.session())
}

/// Forgets the session of a request whose token the hub does not know any more.
pub async fn forget(request: &HttpRequest) {
    let id = request.extensions().get::<SessionId>().cloned();
    if let (Some(SessionId(id)), Some(desk)) = (id, request.app_data::<web::Data<Desk>>())
        && let Err(trouble) = desk.forget_session(&id).await
    {
        tracing::warn!("a session that is over stays in the database for now: {trouble}");
    }
}
