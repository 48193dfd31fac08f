//! What people come back to: what each of them started last, and what each set as a default.

use diesel::prelude::*;
use serde_json::Value;

use super::schema::{preferences, selections};
use super::types::{Json, Word};
use super::{DbConnection, StoreError};

/// Everybody's, in no order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Habits {
    pub used: Vec<Used>,
    /// Person and preferences, as they are kept.
    pub preferences: Vec<(String, Value)>,
}

/// What somebody started last in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Used {
    pub person: String,
    /// The preset's id, or `~profile`.
    pub card: String,
    /// The values they chose, as an object.
    pub chosen_values: Value,
}

/// All of it: for what concerns everybody, which is seldom.
///
/// # Errors
/// As [`super::Store::read`].
pub fn load(conn: &mut DbConnection) -> Result<Habits, StoreError> {
    let used: Vec<(Word, Word, Json)> = selections::table
        .select((selections::person, selections::preset, selections::chosen_values))
        .load(conn)?;
    let kept: Vec<(Word, Json)> =
        preferences::table.select((preferences::person, preferences::document)).load(conn)?;
    Ok(Habits {
        used: used
            .into_iter()
            .map(|(person, card, values)| Used { person: person.0, card: card.0, chosen_values: values.0 })
            .collect(),
        preferences: kept.into_iter().map(|(person, document)| (person.0, document.0)).collect(),
    })
}
