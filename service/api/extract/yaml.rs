//! YAML bodies: one document, read as strictly as JSON, without aliases, and of the same size.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::Validate;

use super::strict::{self, Limits};
use super::{collect, shaped, unread};
use crate::api::caller::after_the_caller;
use crate::api::problem::Problem;

/// Levels of nesting that are read at all; what a body may have is less.
const DEEPEST: usize = 64;
/// Parts of a document that are read at all.
const PARTS: usize = 20_000;

/// A YAML body of the right shape, and valid. Nothing twice, no aliases and no tags of its own.
pub struct Yaml<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Yaml<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.mime_type().ok().flatten();
        let is_yaml =
            kind.is_some_and(|mime| ["application/yaml", "text/yaml"].contains(&mime.essence_str()));
        let body = web::Bytes::from_request(request, payload);
        let caller = after_the_caller(request);
        Box::pin(async move {
            caller.await;
            let body = body.await.map_err(|error| unread(&error))?;
            if !is_yaml {
                return Err(Problem::wrong_type("send content-type: application/yaml"));
            }
            let value: T = shaped(read(&body)?)?;
            value.validate().map_err(|errors| {
                let mut faults = Vec::new();
                collect(&errors, "", &mut faults);
                Problem::invalid("some fields are not acceptable").with_errors(faults)
            })?;
            Ok(Self(value))
        })
    }
}

fn read(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::malformed("the body is no UTF-8"))?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_events: PARTS,
            max_aliases: 0,
            max_anchors: 0,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
    };
    let value: Value = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or_else(String::new, |at| format!(" (line {})", at.line()));
        let why = error.without_snippet().to_string();
        let why =
            why.lines().next().unwrap_or_default().split(" at line ").next().unwrap_or_default().to_owned();
        Problem::malformed(format!("the body is no YAML that is taken{line}: {why}"))
    })?;
    // Once more as JSON: how deep, how long, and which characters.
    let json =
        serde_json::to_vec(&value).map_err(|_| Problem::malformed("the body cannot be written as JSON"))?;
    strict::read(&json, Limits::USUAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_to_the_letter() {
        let read_back = read(b"title: Notes\nvalues: {cores: 4, note: \"1h\"}\n").expect("YAML");
        assert_eq!(
            read_back,
            serde_json::json!({ "title": "Notes", "values": { "cores": 4, "note": "1h" } })
        );
        let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
        let deeper = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
        let long = format!("[{}]", "1,".repeat(300));
        for (body, status) in [
            ("title: a\ntitle: b\n", 400),
            ("a: &x 1\nb: *x\n", 400),
            ("a: &x 1\n", 400),
            ("a: 1\n---\nb: 2\n", 400),
            ("a: [1\n", 400),
            ("a: \"\\0\"", 422),
            (deep.as_str(), 422),
            (deeper.as_str(), 400),
            (long.as_str(), 422),
        ] {
            let refused = read(body.as_bytes()).expect_err(&body[..body.len().min(40)]);
            assert_eq!(refused.status, status, "{}: {refused}", &body[..body.len().min(40)]);
        }
        assert_eq!(read(&[0xFF, 0xFE, b'a']).expect_err("no UTF-8").status, 400);
    }
}
