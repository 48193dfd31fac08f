//! What is kept of one person: read at once by their name, remembered, and forgotten when anything of it changes.

mod entry;
mod memory;
mod slot;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use super::preferences::{self, Kept};
use super::schema::person_changes;
use super::selections::{self, Selection};
use super::{DbConnection, StoreError, accounts};
use crate::groups::Username;

pub(super) use memory::Memory;

/// What is kept of one person.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Person {
    /// What they last started: one for each server and context, the newest first.
    pub selections: Vec<Selection>,
    /// What they set for themselves.
    pub preferences: Option<Kept>,
    /// When the hub made the account that this is of; none before it said.
    pub account: Option<DateTime<Utc>>,
}

impl Person {
    /// The same after they started `selection`.
    fn after(mut self, selection: Selection) -> Self {
        let place = |one: &Selection| (one.server_name.clone(), one.context.clone());
        self.selections.retain(|before| place(before) != place(&selection));
        self.selections.push(selection);
        self.selections.sort_by_cached_key(|one| (std::cmp::Reverse(one.at), place(one)));
        self.selections.truncate(selections::MOST);
        self
    }

    /// What they last started under `server_name` (empty for the default server), in whichever context.
    pub fn last_on(&self, server_name: &str) -> Option<&Selection> {
        self.selections.iter().find(|selection| selection.server_name == server_name)
    }
}

/// Reads everything that is kept of a person.
///
/// # Errors
/// As [`super::Store::read`].
pub(super) fn load(conn: &mut DbConnection, person: &Username) -> Result<Person, StoreError> {
    Ok(Person {
        selections: selections::of(conn, person)?,
        preferences: preferences::of(conn, person)?,
        account: accounts::made_at(conn, person)?,
    })
}

/// How many people's changes are told apart. Part of the tables: processes must agree on it.
const SLOTS: usize = 1 << 14;

/// The slot of a person: the same in every process and version (FNV-1a, 64 bits, folded).
fn slot(person: &Username) -> usize {
    let hash = person.as_str().bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    });
    // 14 bits always fit.
    usize::try_from((hash ^ hash >> 32) % SLOTS as u64).unwrap_or_default()
}

/// One change in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub(super) struct Change {
    /// Its number; no other of the slot ever has it.
    sequence: i64,
    /// The one before it in its slot, where there was any.
    replaced: Option<i64>,
}

/// Says that something of `person` changes. Belongs at the beginning of the change's own transaction.
pub(super) fn touch(conn: &mut DbConnection, person: &Username) -> Result<Change, StoreError> {
    let slot = slot(person) as i64;
    let row = person_changes::slot.eq(slot);
    let told = (person_changes::sequence, person_changes::replaced);
    Ok(match conn {
        // The row is made anew, with a number never given before.
        DbConnection::Sqlite(conn) => {
            let before = person_changes::table.find(slot).select(person_changes::sequence);
            let before: Option<i64> = before.first(conn).optional()?;
            diesel::replace_into(person_changes::table)
                .values((row, person_changes::replaced.eq(before)))
                .returning(told)
                .get_result(conn)?
        }
        // A new row's number is that of the transaction.
        DbConnection::Postgres(conn) => diesel::insert_into(person_changes::table)
            .values(row)
            .on_conflict(person_changes::slot)
            .do_update()
            .set((
                person_changes::replaced.eq(person_changes::sequence.nullable()),
                person_changes::sequence.eq(excluded(person_changes::sequence)),
            ))
            .returning(told)
            .get_result(conn)?,
    })
}

/// What changed, up to a point in the order of changes.
pub(super) struct Changes {
    /// Every change below it is visible, and told.
    until: i64,
    /// Slots, and the number of the last change of each.
    slots: Vec<(i64, i64)>,
    /// Everybody may have changed, not only who is in `slots`.
    is_all: bool,
}

/// The changes from `known` on; some may be told twice, none is left out.
pub(super) fn changes(conn: &mut DbConnection, known: Option<i64>) -> Result<Changes, StoreError> {
    // Asked for first: what becomes visible in between is below no end, and told again.
    let until = match conn {
        DbConnection::Sqlite(conn) => {
            let last: Option<i64> =
                person_changes::table.select(diesel::dsl::max(person_changes::sequence)).first(conn)?;
            last.unwrap_or_default() + 1
        }
        // One transaction that lasts, a backup for example, holds it back: what follows is told until it ends.
        DbConnection::Postgres(conn) => {
            diesel::select(diesel::dsl::sql::<BigInt>("txid_snapshot_xmin(txid_current_snapshot())"))
                .get_result(conn)?
        }
    };
    // Numbers that went back are those of another database.
    let since = known.filter(|known| *known <= until);
    let changed = person_changes::table.filter(person_changes::sequence.ge(since.unwrap_or(until)));
    let slots = changed.select((person_changes::slot, person_changes::sequence)).load(conn)?;
    Ok(Changes { until, slots, is_all: since.is_none() })
}
