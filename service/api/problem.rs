//! Errors as clients see them: RFC 9457 `application/problem+json`, all from one table.
//!
//! **An operation names each problem it may answer**, and the document lists them by status, with
//! their kinds, as `application/problem+json` and with their headers ([`document`] merges what
//! shares a status):
//!
//! ```text
//! responses((status = OK, description = "The preset as stored", body = Preset, headers(("ETag"))),
//!     Guarded, Bodied, Versioned, may::not_found, Problem)
//! ```
//!
//! - each row of the table is also a type in [`may`], named like the constructor: `may::not_found`;
//! - groups ([`Guarded`], [`Bodied`], …) are for problems that come together, one line each below;
//! - an own header is `headers(("ETag"))`; its meaning stands in [`document`], as do the tags;
//! - `security(("token" = ["custom:presets:read"]))` names the scopes; the session is added to it;
//! - [`Problem`] itself stands for what any operation may answer; every operation lists it;
//! - `tests/api/description.rs` fails where an operation that needs a caller, reads a body or a
//!   path, or asks for `If-Match` does not list what these may answer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, ToSchema};

use super::document;
use super::observe::RequestId;
use crate::catalogue;
use crate::desk::NoAnswer;
use crate::resolve::Refusal;

/// Responses of an operation as utoipa collects them; those of problems have their kind in the key.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// A row of the table, as the document needs it.
pub struct Kind {
    pub status: StatusCode,
    /// As in [`Problem::kind`].
    pub kind: &'static str,
    pub title: &'static str,
}

/// What went wrong, for programs and people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem, as a path that never changes.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    pub status: u16,
    /// One sentence about this occurrence; for a refusal, the sentence the person reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'static, str>>,
    /// One entry for each field at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// Names this occurrence, and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:uuid:019a9c3e-5f0b-7cc2-8a4f-3c2b1a09f8e7")]
    pub instance: Option<String>,
    /// The same for whoever reads the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "019a9c3e5f0b7cc28a4f3c2b1a09f8e7")]
    pub request_id: Option<String>,
    /// The version that is there, where another was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<i64>,
    /// The methods of a path that was called with another one.
    #[serde(skip)]
    pub allow: Option<String>,
    /// In seconds.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) into the options, or the request body.
    #[schema(example = "/values/cores")]
    pub pointer: String,
    /// A word that never changes.
    #[schema(example = "out-of-range")]
    pub code: String,
    pub detail: String,
    /// What was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// What may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<serde_json::Value>,
}

impl From<catalogue::Fault> for Fault {
    fn from(fault: catalogue::Fault) -> Self {
        let catalogue::Fault { pointer, code, detail, value, allowed } = fault;
        Self { pointer, code: code.to_owned(), detail, value, allowed }
    }
}

macro_rules! problems {
    ($($name:ident = $status:ident, $kind:literal, $title:literal;)*) => {
        impl Problem { $(
            #[doc = $title]
            pub fn $name(detail: impl Into<Cow<'static, str>>) -> Self {
                Self {
                    kind: concat!("/problems/", $kind),
                    title: $title,
                    status: StatusCode::$status.as_u16(),
                    detail: Some(detail.into()),
                    errors: vec![],
                    instance: None,
                    request_id: None,
                    current: None,
                    allow: None,
                    retry_after: None,
                }
            }
        )* }

        /// One type for each row, named like it: an operation says by them what it may answer.
        #[expect(non_camel_case_types, reason = "named like the constructor of the problem")]
        pub mod may { $(
            #[doc = $title]
            pub struct $name;

            impl $name {
                pub(super) const KIND: super::Kind = super::Kind {
                    status: actix_web::http::StatusCode::$status,
                    kind: concat!("/problems/", $kind),
                    title: $title,
                };
            }

            impl utoipa::IntoResponses for $name {
                fn responses() -> super::Responses {
                    super::document::entry(&Self::KIND).into()
                }
            }
        )* }
    };
}

problems! {
    malformed        = BAD_REQUEST,            "malformed-request",  "The request could not be read";
    unauthenticated  = UNAUTHORIZED,           "unauthenticated",    "Who is asking is not known";
    not_offered      = FORBIDDEN,              "not-offered",        "This is not offered to this person";
    forbidden        = FORBIDDEN,              "forbidden",          "This caller may not do this";
    other_account    = FORBIDDEN,              "other-account",      "An earlier account of that name saved what is here";
    token_too_narrow = FORBIDDEN,              "token-too-narrow",   "The hub does not let this token start servers";
    not_found        = NOT_FOUND,              "not-found",          "There is nothing here";
    managed          = CONFLICT,               "managed",            "This comes from the site file";
    not_started      = CONFLICT,               "not-started",        "The hub did not start the server";
    would_break      = CONFLICT,               "would-break",        "What people saved would break";
    stale            = PRECONDITION_FAILED,    "stale",              "Somebody has changed this meanwhile";
    if_match_required = PRECONDITION_REQUIRED, "if-match-required",  "A change says which version it changes";
    key_reused       = UNPROCESSABLE_ENTITY,   "idempotency-key-reused", "This key was sent for something else";
    limit_reached    = UNPROCESSABLE_ENTITY,   "limit-reached",      "No more of these are kept";
    wrong_method     = METHOD_NOT_ALLOWED,     "method-not-allowed", "This path does not understand the method";
    too_slow         = REQUEST_TIMEOUT,        "too-slow",           "The request did not come in time";
    target_too_long  = URI_TOO_LONG,           "target-too-long",    "Path and query are too long";
    headers_too_large = REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "The headers are too large";
    too_many         = TOO_MANY_REQUESTS,      "too-many-requests",  "Too many requests in a short time";
    busy             = SERVICE_UNAVAILABLE,    "busy",               "The service has too much to do";
    too_large        = PAYLOAD_TOO_LARGE,      "too-large",          "The request is too large";
    wrong_type       = UNSUPPORTED_MEDIA_TYPE, "wrong-type",         "The body must be application/json";
    invalid          = UNPROCESSABLE_ENTITY,   "invalid-request",    "The request is well-formed but not acceptable";
    options_refused  = UNPROCESSABLE_ENTITY,   "options-refused",    "These options are not allowed";
    groups_unknown   = SERVICE_UNAVAILABLE,    "groups-unknown",     "The person's groups cannot be checked now";
    hub_away         = SERVICE_UNAVAILABLE,    "hub-away",           "The hub does not say who is calling";
    sign_in_not_configured = SERVICE_UNAVAILABLE, "sign-in-not-configured", "This service knows no hub to ask";
    start_unknown    = BAD_GATEWAY,            "start-unknown",      "Whether the server starts is not known";
    unavailable      = SERVICE_UNAVAILABLE,    "unavailable",        "A part this service depends on does not answer";
    internal         = INTERNAL_SERVER_ERROR,  "internal",           "Something went wrong on our side";
}

impl Problem {
    /// The problem with a status that the framework chose.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found("no route of this service has that path"),
            StatusCode::METHOD_NOT_ALLOWED => Self::wrong_method("see the header Allow"),
            StatusCode::REQUEST_TIMEOUT => Self::too_slow("the request did not come in time"),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large("the body is larger than is taken"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::wrong_type("send content-type: application/json"),
            status if status.is_client_error() => Self::malformed("the request could not be understood"),
            _ => Self::internal("tell the administrator the request id"),
        }
    }

    /// With the name of the request it answers.
    #[must_use]
    pub fn of_request(self, id: RequestId) -> Self {
        Self { instance: Some(id.urn()), request_id: Some(id.to_string()), ..self }
    }

    /// With the time after which it is worth trying again, in seconds.
    #[must_use]
    pub fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    #[must_use]
    pub fn with_errors(self, errors: impl IntoIterator<Item = impl Into<Fault>>) -> Self {
        Self { errors: errors.into_iter().map(Into::into).collect(), ..self }
    }

    /// There is nothing there, or nothing the caller may know of: the same answer, letter by letter.
    pub fn nothing() -> Self {
        Self::not_found("nothing of that name is here for you")
    }
}

impl From<NoAnswer> for Problem {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Refused(Refusal::NotOffered { sentence }) => Self::not_offered(sentence),
            NoAnswer::Refused(Refusal::GroupsUnknown { sentence }) => Self::groups_unknown(sentence),
            NoAnswer::Refused(Refusal::Options { sentence, faults }) => {
                Self::options_refused(sentence).with_errors(faults)
            }
            NoAnswer::Unavailable(trouble) => {
                tracing::error!("no answer: {trouble}");
                Self::unavailable("The presets can't be read or recorded just now. Try again in a minute.")
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        self.detail.iter().try_for_each(|detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        match self.status_code() {
            StatusCode::UNAUTHORIZED => drop(response.insert_header((header::WWW_AUTHENTICATE, "Bearer"))),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                response.insert_header((header::RETRY_AFTER, self.retry_after.unwrap_or(5)));
            }
            _ => {}
        }
        // Whoever answers knows the request, and writes the body again with its name in it.
        response.extensions_mut().insert(self.clone());
        if let Some(version) = self.current {
            response.insert_header((header::ETAG, format!("\"{version}\"")));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.body(serde_json::to_string(self).unwrap_or_default())
    }
}

/// Problems that come together: `responses((status = OK, …), Guarded, Bodied, may::not_found, Problem)`.
macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident = [$($problem:ident),*];)*) => { $(
        $(#[$doc])*
        impl IntoResponses for $name {
            fn responses() -> Responses {
                [$(document::entry(&may::$problem::KIND)),*].into_iter().flatten().collect()
            }
        }
    )* };
}

/// Wherever somebody has to say who they are.
pub struct Guarded;
/// Wherever the database is asked.
pub struct Stored;
/// Wherever a JSON body is read.
pub struct Bodied;
/// Wherever something is changed that others may change too.
pub struct Versioned;
/// Wherever something new is made.
pub struct Repeatable;
/// Wherever the query is read.
pub struct Queried;
/// Wherever a start is asked for: what [`NoAnswer`] becomes.
pub struct Refused;

groups! {
    /// What any operation may answer, without its doing: each one lists it.
    Problem = [internal, malformed, too_slow, too_large, target_too_long, headers_too_large, too_many, busy];
    Guarded = [malformed, unauthenticated, forbidden, other_account, hub_away, sign_in_not_configured];
    Stored = [unavailable];
    Bodied = [malformed, too_large, wrong_type, invalid];
    Queried = [malformed];
    Versioned = [malformed, stale, if_match_required];
    Repeatable = [malformed, key_reused, limit_reached];
    Refused = [not_offered, options_refused, groups_unknown];
}
