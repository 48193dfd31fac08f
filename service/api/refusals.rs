//! Tells the desk of every request that was refused for want of a right, once it was.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};

use super::caller;
use super::observe::RequestId;
use super::problem::Problem;
use crate::desk::Desk;
use crate::desk::refusals::Refusal;
use crate::hub::Identity;
use crate::store::audit::Actor;

/// What a page refuses that says so in its own words, among the extensions of its response. The
/// [`Problem`] itself, if it were there, would be sent in the page's place.
#[derive(Debug, Clone)]
pub struct Refused(pub Problem);

/// Lies around every route. A start that is not offered is no such refusal: it is a decision.
///
/// Who asks for what is not theirs is told that there is nothing (404); so many mistype an address
/// that this is not written down.
pub async fn note_refusals(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    if response.status() == StatusCode::FORBIDDEN
        && let Some((desk, refusal)) = refusal(&response)
    {
        desk.note_refusal(refusal).await;
    }
    Ok(response.map_into_boxed_body())
}

fn refusal<B>(response: &ServiceResponse<B>) -> Option<(web::Data<Desk>, Refusal)> {
    let request = response.request();
    let problem = refused(response.response())?;
    if problem.kind == Problem::not_offered("").kind {
        return None;
    }
    let identity = request.extensions().get::<Arc<Identity>>().cloned();
    let pattern = request.match_pattern().unwrap_or_else(|| "-".to_owned());
    let actor = identity.as_ref().map(|known| caller::actor(known));
    let actor = actor.or_else(|| request.extensions().get::<Actor>().cloned());
    let refusal = Refusal {
        actor: actor.unwrap_or_else(|| Actor::Operator("nobody who is known".to_owned())),
        token: identity.and_then(|identity| identity.token_id.clone()),
        request: format!("{} {pattern}", request.method()),
        problem: problem.kind.trim_start_matches("/problems/").to_owned(),
        detail: problem.detail.as_deref().unwrap_or_default().to_owned(),
        request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
    };
    Some((request.app_data::<web::Data<Desk>>()?.clone(), refusal))
}

/// The problem that was answered: by a handler's error, or by a page, in its own words or as a problem.
fn refused<B>(response: &HttpResponse<B>) -> Option<Problem> {
    let extensions = response.extensions();
    let own = response.error().and_then(|error| error.as_error::<Problem>());
    let page = || extensions.get::<Refused>().map(|Refused(problem)| problem);
    own.or_else(page).or_else(|| extensions.get::<Problem>()).cloned()
}
