//! What the description says of callers is what the handlers ask of them: the source is read for both.

use std::collections::BTreeMap;
use std::path::Path;

use jupyterhub_presets::api::caller::{Administers, Known, Organises, Reads, Resolves, Right};

use super::description::operations;

/// Each described handler by its operation's name, with the right its `Caller` must have; none without one.
fn handlers() -> BTreeMap<String, Option<String>> {
    let mut handlers = BTreeMap::new();
    crate::house::walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("service"), &mut |path| {
        let text = std::fs::read_to_string(path).unwrap();
        for described in text.split("#[utoipa::path(").skip(1) {
            let (attribute, signature) = described.split_once("async fn ").unwrap();
            let (function, rest) = signature.split_once('(').unwrap();
            let renamed = attribute.split_once("operation_id = \"").and_then(|(_, id)| id.split_once('"'));
            let name = renamed.map_or(function, |(id, _)| id);
            let arguments = rest.split_once("\n) ").map_or(rest.split_once(") ").unwrap().0, |(all, _)| all);
            let right = arguments.split_once(": Caller").map(|(_, rest)| {
                let given = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
                given.map_or("Known", |(right, _)| right).to_owned()
            });
            let known = handlers.insert(name.to_owned(), right);
            assert!(known.is_none(), "{}: two handlers are named {name}", path.display());
        }
    });
    handlers
}

#[test]
fn each_operation_names_the_scope_that_its_handler_asks_for() {
    fn scope<R: Right>() -> Option<&'static str> {
        R::SCOPE
    }
    let scopes = BTreeMap::from([
        ("Known", scope::<Known>()),
        ("Reads", scope::<Reads>()),
        ("Organises", scope::<Organises>()),
        ("Administers", scope::<Administers>()),
        ("Resolves", scope::<Resolves>()),
    ]);
    let handlers = handlers();
    for (name, operation) in operations() {
        let handler = operation["operationId"].as_str().unwrap();
        let right = handlers.get(handler).unwrap_or_else(|| panic!("{name}: no handler named {handler}"));
        let security = operation["security"].as_array().cloned().unwrap_or_default();
        let token = security.iter().find_map(|one| one.get("token"));
        match right {
            None => assert!(security.is_empty(), "{name} lets anybody in, and says {security:?}"),
            Some(right) => {
                let asked: Vec<&str> = scopes[right.as_str()].into_iter().collect();
                assert_eq!(token, Some(&serde_json::json!(asked)), "{name} asks for {right}");
                let has_session = security.iter().any(|one| one.get("session").is_some());
                assert!(has_session, "{name} says nothing of sessions");
                let for_plugin = security.iter().any(|one| one.get("hub").is_some());
                assert_eq!(for_plugin, right == "Resolves", "{name} and the plugin's secret");
            }
        }
        if !name.starts_with("GET ") {
            let bare = security.iter().find(|one| one.get("session").is_some() && one.get("csrf").is_none());
            assert!(bare.is_none(), "{name} changes something and wants no proof beside the cookie");
        }
    }
}
