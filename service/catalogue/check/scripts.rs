//! Which options stand in job scripts: batchspawner writes each `req_…` trait into one, as it is.

use serde_json::Value as Json;

use super::super::Key;
use super::super::ordered::Ordered;
use super::super::written::Backend;

/// Whether a script of one of `backends` holds what `option` says.
pub(super) fn hold(backends: &Ordered<Key, Backend>, option: &Key) -> bool {
    let traits = backends.iter().flat_map(|(_, backend)| backend.traits.iter());
    traits.filter(|(name, _)| name.starts_with("req_")).any(|(_, json)| names(json, option))
}

/// Whether `{option}` or `{option:form}` stands in a text of `json`.
fn names(json: &Json, option: &Key) -> bool {
    match json {
        Json::String(text) => text.split('{').any(|piece| {
            piece.strip_prefix(option.as_str()).is_some_and(|rest| rest.starts_with(['}', ':']))
        }),
        Json::Array(items) => items.iter().any(|item| names(item, option)),
        Json::Object(map) => map.values().any(|item| names(item, option)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
