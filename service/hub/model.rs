//! Who the hub says a token belongs to, read strictly: what is not understood is nobody.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::scopes::{Rights, admit};
use super::{Identity, Kind};
use crate::groups::Username;

/// The hub's answer about a token, of what it says only what matters here. That somebody is an
/// administrator of the hub does not: any narrow token of theirs says so too.
#[derive(Debug, Deserialize)]
struct Model {
    kind: Kind,
    name: String,
    scopes: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    created: Option<DateTime<Utc>>,
    #[serde(default)]
    token_id: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
}

/// Reads the hub's answer; `service` is our name there.
///
/// # Errors
/// What is wrong with it, without anything it holds.
pub fn read(body: &[u8], service: &str) -> Result<Identity, String> {
    let model: Model = serde_json::from_slice(body)
        .map_err(|error| format!("it is not what a hub says of a token ({})", blame(&error)))?;
    let name = Username::try_from(model.name).map_err(|why| why.to_string())?;
    let scopes = || model.scopes.iter().map(String::as_str);
    Ok(Identity {
        kind: model.kind,
        name,
        admitted: admit(scopes(), service),
        rights: Rights::of(scopes()),
        groups: model.groups,
        made_at: model.created,
        token_id: model.token_id,
        session_id: model.session_id,
    })
}

/// The place of an error; its text could quote the answer.
fn blame(error: &serde_json::Error) -> String {
    format!("{:?} error in line {}, column {}", error.classify(), error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_hub_says_is_read_to_the_letter() {
        let alice = r#"{"kind":"user","name":"alice","admin":true,"groups":["ai"],"token_id":"a7",
            "session_id":"s","scopes":["access:services!service=presets","custom:presets:read!user=alice"]}"#;
        let alice = read(alice.as_bytes(), "presets").expect("a user");
        assert!(alice.admitted && alice.kind == Kind::User && alice.rights == Rights::NONE);
        assert_eq!((alice.session_id.as_deref(), &alice.groups[..]), (Some("s"), &["ai".to_owned()][..]));
        let robot = r#"{"kind":"service","name":"robot","admin":false,"session_id":null,
            "scopes":["access:services","custom:presets:admin"]}"#;
        let robot = read(robot.as_bytes(), "presets").expect("a service");
        assert!(robot.kind == Kind::Service && robot.rights.admin && robot.session_id.is_none());
    }

    #[test]
    fn anything_else_is_nobody_and_is_not_quoted() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "<html>canary</html>",
            r#"{"kind":"user","name":"canary"}"#,
            r#"{"kind":"server","name":"canary","scopes":[]}"#,
            r#"{"kind":"user","name":"","scopes":[]}"#,
            r#"{"kind":"user","name":7,"scopes":[]}"#,
            r#"{"kind":"user","name":"canary","scopes":"access:services"}"#,
            r#"{"kind":"user","name":"canary","scopes":["access:services",7]}"#,
            r#"{"kind":"user","name":"canary","scopes":[],"session_id":7}"#,
            r#"{"kind":"user","name":"canary","name":"bob","scopes":[]}"#,
            r#"{"kind":"user","name":"canary","scopes":[]} {}"#,
        ] {
            let why = read(body.as_bytes(), "presets").expect_err(body);
            assert!(!why.contains("canary"), "{why}");
        }
    }
}
