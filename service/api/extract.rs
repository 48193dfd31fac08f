//! JSON bodies that are checked while they are read, and answered with a [`Problem`] otherwise.

use actix_web::body::EitherBody;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, web};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::caller::after_the_caller;
use super::problem::{Fault, Problem};
use crate::catalogue::fault::below;

/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 64 << 10;

/// A JSON body: well-formed, of the right shape and valid. Also what handlers answer with.
///
/// Named like actix's own: utoipa recognises it by that.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Json<T> {
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
            let value: T = read(&body)?;
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

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        use serde_path_to_error::Segment;
        let pointer = error.path().iter().fold(String::new(), |at, segment| match segment {
            Segment::Unknown => at,
            segment => below(&at, segment.to_string()),
        });
        let detail = error.into_inner().to_string();
        let fault = Fault { pointer, code: "wrong-shape".to_owned(), detail, value: None, allowed: None };
        Problem::malformed("the body does not have the expected shape").with_errors([fault])
    })?;
    reader.end().map_err(|_| Problem::malformed("something follows the JSON document"))?;
    Ok(value)
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

impl<T: Serialize> Responder for Json<T> {
    type Body = EitherBody<String>;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        web::Json(self.0).respond_to(request)
    }
}
