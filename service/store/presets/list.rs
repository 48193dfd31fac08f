//! Presets page by page, in the order they were made: what comes new comes last.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::schema::presets;
use super::super::types::{Moment, Word};
use super::{DbConnection, KeptPreset, MultiBackend, PresetRow, StoreError};

/// Whose presets to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    Everybodys,
    /// The site's, those of these groups and events (by key), these of other events (by id), and
    /// this person's own.
    Visible {
        groups: Vec<String>,
        events: Vec<String>,
        of_events: Vec<String>,
        person: Option<String>,
    },
}

/// Only some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `site`, `group`, `event` or `user`.
    pub kind: Option<&'static str>,
    /// A group's or an event's key, or a person's name.
    pub owner: Option<String>,
}

/// A place in the list: behind the preset made at `made_at` with this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub made_at: DateTime<Utc>,
    pub id: String,
}

type Query<'a> = diesel::helper_types::IntoBoxed<
    'a,
    diesel::helper_types::Select<presets::table, diesel::helper_types::AsSelect<KeptPreset, MultiBackend>>,
    MultiBackend,
>;

fn visible<'a>(query: Query<'a>, whose: &Whose) -> Query<'a> {
    let Whose::Visible { groups, events, of_events, person } = whose else { return query };
    let words = |texts: &[String]| texts.iter().map(|text| Word::from(text.as_str())).collect::<Vec<_>>();
    let (groups, events, of_events) = (words(groups), words(events), words(of_events));
    let event = presets::owner.eq_any(events).or(presets::id.eq_any(of_events));
    let event = presets::owner_kind.eq(Word::from("event")).and(event);
    let group = presets::owner_kind.eq(Word::from("group")).and(presets::owner.eq_any(groups));
    // Nobody has the empty name: a service owns nothing.
    let own = presets::owner.eq(Word::from(person.as_deref().unwrap_or_default()));
    let own = presets::owner_kind.eq(Word::from("user")).and(own);
    query.filter(presets::owner_kind.eq(Word::from("site")).or(group).or(event).or(own))
}

/// The preset of that id, if it is one of `whose`: for one that is not theirs, the database does the
/// same work as for one that is not there.
///
/// # Errors
/// As [`super::super::Store::read`].
pub fn find_visible(
    conn: &mut DbConnection,
    id: &str,
    whose: &Whose,
) -> Result<Option<PresetRow>, StoreError> {
    let query = presets::table.select(KeptPreset::as_select()).into_boxed();
    let kept: Option<KeptPreset> =
        visible(query, whose).filter(presets::id.eq(Word::from(id))).first(conn).optional()?;
    Ok(kept.map(PresetRow::from))
}

/// The presets of `whose` that `filter` lets through, behind `after`, at most `limit`.
///
/// # Errors
/// As [`super::super::Store::read`].
pub fn page(
    conn: &mut DbConnection,
    whose: &Whose,
    filter: &Filter,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<PresetRow>, StoreError> {
    let query: Query<'_> = presets::table.select(KeptPreset::as_select()).into_boxed();
    let mut query = query.order((presets::created_at, presets::id)).limit(limit);
    query = visible(query, whose);
    if let Some(kind) = filter.kind {
        query = query.filter(presets::owner_kind.eq(Word::from(kind)));
    }
    if let Some(owner) = &filter.owner {
        query = query.filter(presets::owner.eq(Word::from(owner.as_str())));
    }
    if let Some(place) = after {
        let (at, id) = (Moment::from(place.made_at), Word::from(place.id.as_str()));
        let same = presets::created_at.eq(at).and(presets::id.gt(id));
        query = query.filter(presets::created_at.gt(at).or(same));
    }
    let rows: Vec<KeptPreset> = query.load(conn)?;
    Ok(rows.into_iter().map(PresetRow::from).collect())
}
