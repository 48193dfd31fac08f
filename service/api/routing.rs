//! One list of routes for two readers: the server, and the description of the API.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::{OpenApiFactory, service_config};

/// Takes routes one by one, to serve them or to describe them. Describing is left out where nobody reads it: what the
/// description is made of is larger than everything that is served.
pub trait Routing {
    fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self;

    fn configure(&mut self, more: impl FnOnce(&mut Self)) -> &mut Self {
        more(self);
        self
    }
}

impl Routing for web::ServiceConfig {
    fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        Self::service(self, route)
    }
}

impl Routing for service_config::ServiceConfig<'_> {
    fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        Self::service(self, route)
    }
}
