//! One person as they are remembered: the name, U+0000 (no name holds one) and what is kept of them, as bytes.

use chrono::DateTime;
use serde_json::Value;

use super::Person;
use crate::groups::Username;
use crate::store::preferences::Kept;
use crate::store::selections::Selection;

/// As a selection is remembered: server, context, preset, values, microseconds.
type Row = (String, String, String, Value, i64);
/// As preferences are: document, version, microseconds.
type Set = (Value, i64, i64);

/// What an entry says, if it is of `name`.
pub fn told<'a>(entry: &'a [u8], name: &Username) -> Option<&'a [u8]> {
    entry.strip_prefix(name.as_str().as_bytes())?.strip_prefix(b"\0")
}

/// What is kept of `name`, as it is remembered; none where it cannot be.
pub fn entry(name: &Username, person: &Person) -> Option<Box<[u8]>> {
    let row = |kept: &Selection| -> Row {
        let Selection { server_name, context, preset, chosen_values, at, .. } = kept.clone();
        (server_name, context, preset, chosen_values, at.timestamp_micros())
    };
    let mut bytes = [name.as_str().as_bytes(), b"\0"].concat();
    let rows: Vec<Row> = person.selections.iter().map(row).collect();
    let set = person.preferences.clone();
    let set: Option<Set> = set.map(|kept| (kept.document, kept.version, kept.updated_at.timestamp_micros()));
    let account = person.account.map(|made_at| made_at.timestamp_micros());
    serde_json::to_writer(&mut bytes, &(rows, set, account)).ok()?;
    Some(bytes.into_boxed_slice())
}

/// What an entry of `name` says.
pub fn read(name: &Username, rows: &[u8]) -> Option<Person> {
    let (rows, set, account): (Vec<Row>, Option<Set>, Option<i64>) = serde_json::from_slice(rows).ok()?;
    let selection = |(server_name, context, preset, chosen_values, micros): Row| {
        let at = DateTime::from_timestamp_micros(micros)?;
        Some(Selection { person: name.clone(), server_name, context, preset, chosen_values, at })
    };
    let preferences = match set {
        Some((document, version, micros)) => {
            Some(Kept { document, version, updated_at: DateTime::from_timestamp_micros(micros)? })
        }
        None => None,
    };
    let account = match account {
        Some(micros) => Some(DateTime::from_timestamp_micros(micros)?),
        None => None,
    };
    Some(Person { selections: rows.into_iter().map(selection).collect::<Option<_>>()?, preferences, account })
}
