//! Rules as an administrator writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::catalogue::Key;
use crate::catalogue::ordered::Ordered;
use crate::trims::written::Says;

/// A rule says one of `then`, `cap` and `table`; `when` may stand before each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// By option: a value, a list of values, `{min, max}`, or `{not: …}`. All must hold.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub when: Ordered<Key, Json>,
    /// By option: what is left of it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub then: Ordered<Key, Says>,
    /// `cores <= 16 * gpus`, `memory >= 1GB * cores`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// Two options or more; the values of the last are those that go with the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<Key>,
    /// Rows with a cell for each option of `table`: a value, a list of values, or `"*"` for all. What stands in no
    /// row does not go together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Vec<Json>>,
    /// Such rows; what stands in one does not go together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<Vec<Json>>,
    /// What people are told.
    pub because: String,
    /// RFC 3339 with an offset: the rule says nothing any more from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// By key, in the order they apply.
pub type Rules = Ordered<Key, Rule>;

fn is_empty<V>(map: &Ordered<Key, V>) -> bool {
    map.is_empty()
}
