//! JSON bodies that are checked while they are read, and answered with a [`Problem`] otherwise.

mod objects;
mod parts;
mod strict;
mod yaml;

use actix_web::body::EitherBody;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, web};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::caller::after_the_caller;
use super::problem::{Fault, Problem};
use crate::catalogue::fault::below;
use objects::Strictly;
pub use parts::{IdempotencyKey, IfMatch, Nothing, Path, Query, name_sized};
use strict::Limits;
pub use yaml::Yaml;

/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 64 << 10;

/// A JSON body: well-formed, no larger than it should be, of the right shape and valid. Also what
/// handlers answer with. `OF_HUB`: what the hub's plugin passes on, which may be larger.
///
/// Named like actix's own: utoipa recognises it by that.
pub struct Json<T, const OF_HUB: bool = false>(pub T);

impl<T: DeserializeOwned + Validate + 'static, const OF_HUB: bool> FromRequest for Json<T, OF_HUB> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json =
            request.mime_type().ok().flatten().is_some_and(|mime| mime.essence_str() == "application/json");
        let body = web::Bytes::from_request(request, payload);
        let caller = after_the_caller(request);
        Box::pin(async move {
            caller.await;
            let body = body.await.map_err(|error| unread(&error))?;
            if !is_json {
                return Err(Problem::wrong_type("send content-type: application/json"));
            }
            let value: T = shaped(strict::read(&body, if OF_HUB { Limits::OF_HUB } else { Limits::USUAL })?)?;
            value.validate().map_err(|errors| {
                let mut faults = Vec::new();
                collect(&errors, "", &mut faults);
                Problem::invalid("some fields are not acceptable").with_errors(faults)
            })?;
            Ok(Self(value))
        })
    }
}

fn unread(error: &actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::too_large(format!("send at most {LARGEST_BODY} bytes")),
        _ if error.as_response_error().status_code() == 413 => {
            Problem::too_large(format!("send at most {LARGEST_BODY} bytes"))
        }
        _ => Problem::malformed("the body could not be read to its end"),
    }
}

fn shaped<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Strictly(value)).map_err(|error| {
        use serde_path_to_error::Segment;
        let mut pointer = error.path().iter().fold(String::new(), |at, segment| match segment {
            Segment::Unknown => at,
            segment => below(&at, segment.to_string()),
        });
        let detail = error.into_inner().to_string();
        let code = match &detail {
            detail if detail.starts_with("unknown field") => "unknown-field",
            detail if detail.starts_with("missing field") => {
                // The place of what is missing, rather than of what it is missing in.
                pointer = below(&pointer, detail.split('`').nth(1).unwrap_or_default());
                "missing"
            }
            _ => "wrong-shape",
        };
        let fault = Fault { pointer, code: code.to_owned(), detail, value: None, allowed: None };
        Problem::invalid("the body does not have the expected shape").with_errors([fault])
    })
}

fn collect(errors: &ValidationErrors, at: &str, faults: &mut Vec<Fault>) {
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by(|a, b| a.0.cmp(b.0));
    for (field, kind) in fields {
        let at = below(at, field);
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &at, faults),
            ValidationErrorsKind::List(items) => {
                items.iter().for_each(|(n, inner)| collect(inner, &below(&at, n.to_string()), faults));
            }
            ValidationErrorsKind::Field(found) => faults.extend(found.iter().map(|error| Fault {
                pointer: at.clone(),
                code: error.code.to_string(),
                detail: error.message.as_ref().map_or_else(|| error.code.to_string(), ToString::to_string),
                value: None,
                allowed: None,
            })),
        }
    }
}

impl<T: Serialize, const OF_HUB: bool> Responder for Json<T, OF_HUB> {
    type Body = EitherBody<String>;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        web::Json(self.0).respond_to(request)
    }
}
