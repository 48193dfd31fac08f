//! What stands around a body: path, query, and the headers that changes and creates need.

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use validator::{Validate, ValidationError};

use crate::api::caller::after_the_caller;
use crate::api::problem::Problem;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What was read of a request, told once its caller is known: a stranger gets 401, not 400 or 428.
fn told<T: 'static>(
    request: &HttpRequest,
    read: Result<T, Problem>,
) -> LocalBoxFuture<'static, Result<T, Problem>> {
    let caller = after_the_caller(request);
    Box::pin(async move {
        caller.await;
        read
    })
}

/// The parts of a path, decoded and of the right type. What no name could be is nowhere: 404, like
/// any other name of nothing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = web::Path::<T>::from_request(request, payload).into_inner();
        told(request, path.map(|path| Self(path.into_inner())).map_err(|_| Problem::nothing()))
    }
}

/// The query: nothing unknown, nothing twice.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        told(request, query(request.query_string()).map(Self))
    }
}

/// No name is longer, in bytes.
///
/// # Errors
/// Where `name` is.
pub fn name_sized(name: &str) -> Result<(), ValidationError> {
    let why = "is at most 1020 bytes long";
    if name.len() <= 1020 { Ok(()) } else { Err(ValidationError::new("too-long").with_message(why.into())) }
}

fn query<T: DeserializeOwned + Validate>(text: &str) -> Result<T, Problem> {
    if text.contains("%00") {
        return Err(Problem::malformed("the query: leave out the character U+0000"));
    }
    let read = web::Query::<T>::from_query(text).map_err(|error| {
        let why = error.to_string();
        Problem::malformed(format!("the query: {}", why.trim_start_matches("Query deserialize error: ")))
    })?;
    read.validate().map_err(|errors| {
        let why = errors.field_errors().into_iter().flat_map(|(field, errors)| {
            errors.iter().map(move |error| {
                format!("{field} {}", error.message.as_deref().unwrap_or("is out of range"))
            })
        });
        Problem::malformed(format!("the query: {}", why.collect::<Vec<_>>().join("; ")))
    })?;
    Ok(read.into_inner())
}

/// The query of an operation that takes none.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The versions that a change is meant for, of `If-Match`. Without it, 428.
///
/// A weak tag matches no version (RFC 9110 §13.1.1). `*` would let a change overwrite what its
/// sender has never seen, so it is taken for none.
pub struct IfMatch(pub Vec<i64>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let lines: Result<Vec<&str>, _> =
            request.headers().get_all(IF_MATCH).map(|value| value.to_str()).collect();
        let expected = match lines {
            Ok(lines) => expected(&lines.join(",")).map(Self),
            Err(_) => Err(unreadable()),
        };
        told(request, expected)
    }
}

fn expected(header: &str) -> Result<Vec<i64>, Problem> {
    let tags: Vec<&str> = header.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    if tags.is_empty() || tags.contains(&"*") {
        return Err(Problem::if_match_required("send If-Match with the ETag of what you saw"));
    }
    let mut versions = Vec::new();
    for tag in tags {
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        let opaque = strong.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(unreadable)?;
        if strong.len() == tag.len() && opaque.bytes().all(|byte| byte.is_ascii_digit()) {
            versions.extend(opaque.parse::<i64>());
        }
    }
    Ok(versions)
}

fn unreadable() -> Problem {
    Problem::malformed("write If-Match as the ETag was given, in quotation marks: \"7\"")
}

/// The `Idempotency-Key` of a create, if it carries one: 1 to 128 visible ASCII characters.
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut keys = request.headers().get_all(IDEMPOTENCY_KEY);
        let key = match (keys.next(), keys.next()) {
            (None, _) => Ok(None),
            (Some(key), None) => match key.to_str() {
                Ok(key) if (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) => {
                    Ok(Some(key.to_owned()))
                }
                _ => Err(Problem::malformed("Idempotency-Key: write 1 to 128 visible ASCII characters")),
            },
            (Some(_), Some(_)) => Err(Problem::malformed("send one Idempotency-Key, not several")),
        };
        told(request, key.map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Paged {
        #[validate(range(min = 1, max = 100, message = "must be from 1 to 100"))]
        limit: Option<u32>,
        #[validate(custom(function = "name_sized"))]
        owner: Option<String>,
    }

    #[test]
    fn a_query_says_nothing_unknown_and_nothing_twice() {
        assert_eq!(query::<Paged>("limit=7").expect("a page").limit, Some(7));
        assert_eq!(query::<Paged>("").expect("a page").limit, None);
        let longest = "é".repeat(510);
        assert_eq!(query::<Paged>(&format!("owner={longest}")).expect("a name").owner, Some(longest.clone()));
        assert_eq!(query::<Paged>(&format!("owner={longest}x")).expect_err("too long").status, 400);
        for wrong in [
            "owner=a%00b",
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=1e9",
            "limit=abc",
            "limit=",
            "limit=1&limit=1",
            "limit=1&x=1",
            "x",
            "limit=1%00",
            "limit=99999999999999999999",
            "Limit=1",
            "limit[]=1",
        ] {
            assert_eq!(query::<Paged>(wrong).expect_err(wrong).status, 400, "{wrong}");
        }
    }

    #[test]
    fn a_change_names_the_versions_it_is_meant_for() {
        for (header, versions) in [
            ("\"7\"", &[7][..]),
            ("\"7\", \"8\"", &[7, 8]),
            ("W/\"7\"", &[]),
            ("\"x\"", &[]),
            ("\"-7\"", &[]),
            ("\"99999999999999999999\"", &[]),
            ("\"\"", &[]),
        ] {
            assert_eq!(expected(header).expect(header), versions, "{header}");
        }
        for (header, status) in
            [("", 428), ("*", 428), ("\"7\", *", 428), ("7", 400), ("\"7", 400), ("w/\"7\"", 400)]
        {
            assert_eq!(expected(header).expect_err(header).status, status, "{header}");
        }
    }
}
