//! Keys: the short names by which options, profiles, groups and presets refer to one another.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// 1 to 64 of `a-z 0-9 _ -`, beginning with a letter or digit.
///
/// Narrow enough to stand in a form field's name, a URL and an HTML id as it is.
///
/// Copies share their text: a large site names few options many times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Key(Arc<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no key: write 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit")]
pub struct KeyRefused(String);

impl Key {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Key {
    type Error = KeyRefused;

    fn try_from(text: String) -> Result<Self, KeyRefused> {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins_well && text.len() <= 64 && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(KeyRefused(text.chars().take(80).flat_map(char::escape_debug).collect()))
        }
    }
}

impl TryFrom<&str> for Key {
    type Error = KeyRefused;

    fn try_from(text: &str) -> Result<Self, KeyRefused> {
        text.to_owned().try_into()
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
