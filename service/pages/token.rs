//! How a person gets a token that works here: the hub's own page, and what to tick there.

use actix_web::HttpResponse;

use super::reply::Place;
use super::visitor::Visitor;
use crate::render::page::{self, TokenPage};

/// The page about tokens; it shows none.
pub async fn token(visitor: Visitor, request: actix_web::HttpRequest) -> HttpResponse {
    let place = Place::of(&request);
    let hub = place.gate.hub.as_ref();
    let service = hub.map_or("presets", |hub| hub.settings.service.as_str());
    let rights = visitor.caller.identity.rights;
    let more = [
        (rights.read, "custom:presets:read", "see everybody’s presets, groups and decisions"),
        (rights.events, "custom:presets:events", "organise courses, workshops and hackathons"),
        (rights.admin, "custom:presets:admin", "administer all presets"),
        (rights.resolve, "custom:presets:resolve", "ask what anybody would be given"),
    ];
    let page = TokenPage {
        scopes: format!("access:services!service={service}"),
        more: more
            .into_iter()
            .filter(|(held, ..)| *held)
            .map(|(_, scope, about)| (scope.to_owned(), about))
            .collect(),
        origin: hub.and_then(|hub| hub.public_origin()).map(str::to_owned),
    };
    visitor.show(Ok(page::token(&page, &visitor.shell)))
}
