//! One search, complete or failed, and the entries it brings.

use ldap3::asn1::{PL, StructureTag};
use ldap3::{Scope, SearchOptions};

use super::connection::Session;
use crate::directory::DirectoryError;

/// A value in a filter (RFC 4515 §3): what it contains, it means.
#[derive(Debug, Clone)]
pub struct FilterValue(String);

impl FilterValue {
    /// `text` with everything escaped that a filter could read as its own, and every byte beyond
    /// ASCII. A DN is a text as any other: its own escapes are escaped again.
    pub fn of(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len() + 12);
        for byte in text.bytes() {
            match byte {
                b'*' | b'(' | b')' | b'\\' | 0..=0x1f | 0x7f..=0xff => {
                    escaped.push_str(&format!("\\{byte:02x}"))
                }
                plain => escaped.push(char::from(plain)),
            }
        }
        Self(escaped)
    }
}

impl std::fmt::Display for FilterValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry as the server sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// The values of `attribute` that are text. Names of attributes have no case.
    pub fn texts<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(attribute))
            .flat_map(|(_, values)| values)
            .filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// Whether the server sent only a part of `attribute` (`memberOf;range=0-1499`).
    pub fn is_cut(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|(name, _)| {
            name.split_once(';').is_some_and(|(name, option)| {
                name.eq_ignore_ascii_case(attribute) && option.to_ascii_lowercase().starts_with("range=")
            })
        })
    }

    /// The entry in `tag`; none where it is not of that form.
    ///
    /// ldap3's own `SearchEntry::construct` panics on a misshapen one.
    fn read(tag: StructureTag) -> Option<Self> {
        let mut parts = constructed(tag)?.into_iter();
        let dn = String::from_utf8(primitive(parts.next()?)?).ok()?;
        let mut attributes = Vec::new();
        for attribute in constructed(parts.next()?)? {
            let mut parts = constructed(attribute)?.into_iter();
            let name = String::from_utf8(primitive(parts.next()?)?).ok()?;
            let values = constructed(parts.next()?)?.into_iter().map(primitive).collect::<Option<_>>()?;
            attributes.push((name, values));
        }
        Some(Self { dn, attributes })
    }
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

/// Every entry below `base` that matches, with the listed attributes (`1.1`: none).
///
/// # Errors
/// Anything short of `searchResultDone` with result 0, any reference to another server, and more
/// than `most` entries: a part of the truth would take groups away.
pub async fn complete(
    session: &mut Session,
    base: &str,
    filter: &str,
    attributes: &[&str],
    most: usize,
) -> Result<Vec<Entry>, DirectoryError> {
    // The server may stop as well when nobody waits any longer.
    session.ldap.with_search_options(SearchOptions::new().timelimit(6));
    let begun = session.ldap.streaming_search(base, Scope::Subtree, filter, attributes.to_vec()).await;
    let mut stream = session.reply(begun)?;
    let mut entries = Vec::new();
    let mut referred = false;
    loop {
        let item = stream.next().await;
        let Some(item) = session.reply(item)? else { break };
        if item.is_ref() {
            referred = true;
        } else if !item.is_intermediate() {
            let entry = Entry::read(item.0);
            entries.push(entry.ok_or_else(|| DirectoryError::Protocol("a misshapen entry".to_owned()))?);
        }
        if entries.len() > most {
            return Err(DirectoryError::Incomplete(format!("more than {most} entries")));
        }
    }
    match stream.finish().await.rc {
        0 if referred => Err(DirectoryError::Incomplete("it refers to another server".to_owned())),
        0 => Ok(entries),
        rc => Err(short_of_success(rc)),
    }
}

/// What a result other than 0 means for the caller. The server's own text is left out, as it may
/// hold names.
fn short_of_success(rc: u32) -> DirectoryError {
    let why = match rc {
        3 => "the server's time limit",
        4 => "the server's size limit",
        10 => "it refers to another server",
        11 => "an administrative limit of the server",
        32 => "people.base or groups.base does not exist, or may not be read",
        50 => "the service's account may not read it",
        51 | 52 => return DirectoryError::Unreachable(format!("busy, result {rc}")),
        _ => return DirectoryError::Incomplete(format!("result {rc}")),
    };
    DirectoryError::Incomplete(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_leaf_whatever_it_contains() {
        for text in ["*)(uid=*", r"\2a", "a\0b", "#x", " x ", "é", "a)(|(uid=b", r"cn=a\,b,dc=x"] {
            let filter = format!("(&(objectClass=*)(uid={}))", FilterValue::of(text));
            assert!(filter.is_ascii());
            let Ok(ldap3::asn1::Tag::Sequence(and)) = ldap3::parse_filter(&filter) else {
                panic!("{filter}")
            };
            let [_, ldap3::asn1::Tag::Sequence(leaf)] = and.inner.as_slice() else {
                panic!("{filter}: more leaves")
            };
            let [_, ldap3::asn1::Tag::OctetString(value)] = leaf.inner.as_slice() else {
                panic!("{filter}: no leaf")
            };
            assert_eq!(value.inner, text.as_bytes(), "{filter}");
        }
    }
}
