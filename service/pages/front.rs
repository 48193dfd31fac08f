//! The front page: who you are, what you may start, which groups you are in.

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest as _, HttpRequest, HttpResponse};

use super::reply::{Place, is_probe};
use super::visitor::Visitor;
use crate::api::session;
use crate::desk::Caller;

/// Their own page for whoever is signed in; a word for the hub, which looks here to see whether we live.
pub async fn front(request: HttpRequest) -> Result<HttpResponse, Error> {
    let place = Place::of(&request);
    if is_probe(&request) && session::cookie(&request, place.gate, place.prefix()).is_none() {
        // Asks nothing and nobody: a hub that waits for this serves no page.
        return Ok(HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body("jupyterhub-presets is running. Start a server from the hub's own page.\n"));
    }
    let visitor = Visitor::from_request(&request, &mut Payload::None).await?;
    let identity = &visitor.caller.identity;
    let caller = Caller {
        person: identity.name.clone(),
        account: None,
        server_name: String::new(),
        hub_groups: identity.groups.clone(),
        request_id: Some(visitor.caller.request_id.clone()),
    };
    let html = place.desk.front(&caller, identity.rights, &visitor.shell).await;
    Ok(visitor.show(html.map_err(Into::into)))
}
