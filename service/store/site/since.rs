//! What changed since a revision, where only presets did: all of it need not be read again.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::{KeptPreset, PresetRow};
use crate::store::schema::{audit, audit_of_people, presets};
use crate::store::types::Word;
use crate::store::{DbConnection, StoreError, revision};

/// More than this many changes are not looked at one by one.
const MOST: i64 = 500;

/// Presets that changed since a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Newer {
    pub revision: i64,
    /// By id: as they are now, or none for those that are gone.
    pub presets: Vec<(String, Option<PresetRow>)>,
}

/// What changed after revision `known`; none where [`super::load`] has to read it all: because more
/// than presets changed, too much did, or a change left no trace in the audit (an erasure).
///
/// # Errors
/// As [`crate::store::Store::read`].
pub fn since(conn: &mut DbConnection, known: i64) -> Result<Option<Newer>, StoreError> {
    conn.read_transaction(|conn| {
        let revision = revision::current(conn)?;
        let changes: Vec<(i64, i64, Word, Word)> = audit::table
            .filter(audit::revision.is_not_null())
            .filter(audit::revision.gt(known).assume_not_null())
            .order((audit::revision, audit::sequence))
            .limit(MOST + 1)
            .select((
                audit::revision.assume_not_null(),
                audit::sequence,
                audit::object_kind,
                audit::object_id,
            ))
            .load(conn)?;
        let explained: BTreeSet<i64> = changes.iter().map(|(revision, ..)| *revision).collect();
        let only_presets = changes.iter().all(|(_, _, kind, _)| kind.0 == "preset");
        let few = i64::try_from(changes.len()).is_ok_and(|count| count <= MOST);
        if !only_presets || !few || !explained.iter().copied().eq(known + 1..=revision) {
            return Ok(None);
        }
        // The ids of people's own presets stand beside the audit, where they go when the people do.
        let sequences: Vec<i64> = changes.iter().map(|(_, sequence, ..)| *sequence).collect();
        let beside: BTreeMap<i64, Word> = audit_of_people::table
            .filter(audit_of_people::sequence.eq_any(sequences))
            .select((audit_of_people::sequence, audit_of_people::object))
            .load(conn)?
            .into_iter()
            .collect();
        let id = |(_, sequence, _, object): (i64, i64, Word, Word)| match beside.get(&sequence) {
            Some(id) => Some(id.0.clone()),
            None => Some(object.0).filter(|id| !id.contains('/')),
        };
        let Some(ids) = changes.into_iter().map(id).collect::<Option<BTreeSet<String>>>() else {
            return Ok(None);
        };
        let wanted: Vec<Word> = ids.iter().map(|id| Word::from(id.as_str())).collect();
        let kept: Vec<KeptPreset> =
            presets::table.filter(presets::id.eq_any(wanted)).select(KeptPreset::as_select()).load(conn)?;
        let mut there: Vec<PresetRow> = kept.into_iter().map(PresetRow::from).collect();
        let presets = ids.into_iter().map(|id| {
            let at = there.iter().position(|row| row.id == id);
            (id, at.map(|at| there.swap_remove(at)))
        });
        Ok(Some(Newer { revision, presets: presets.collect() }))
    })
}
