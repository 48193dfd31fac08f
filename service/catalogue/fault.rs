//! What is wrong with one field of a document: where, what, and what would be right.

use serde::Serialize;
use serde_json::Value as Json;

/// One mistake in one field, for whoever wrote the document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) into the document.
    pub pointer: String,
    /// A stable word for programs: `unknown-option`, `out-of-range`, `fixed`, …
    pub code: &'static str,
    /// A sentence for people; says what would be right.
    pub detail: String,
    /// What was written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// What may be written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Json>,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into(), value: None, allowed: None }
    }

    #[must_use]
    pub fn with_value(self, value: impl Into<Json>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    #[must_use]
    pub fn with_allowed(self, allowed: impl Into<Json>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }
}

/// `pointer` with one more step, escaped as RFC 6901 §3 asks.
pub fn below(pointer: &str, step: impl AsRef<str>) -> String {
    format!("{pointer}/{}", step.as_ref().replace('~', "~0").replace('/', "~1"))
}

/// What somebody sent, fit for a sentence: at most 60 characters, none of them invisible.
pub(crate) fn shortened(text: &str) -> String {
    super::visible::shown(text, 60)
}
