//! Seals over the audit: a chain of digests that shows what was changed in it, and how it is cut off by age.

use std::fmt;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::Plain;
use crate::config::digest::digest;
use crate::store::schema::{audit, audit_of_people, audit_seals};
use crate::store::types::{JsonText, Moment, Word};
use crate::store::{DbConnection, MultiBackend, Store, StoreError};

/// Entries under one seal, at most.
pub const ENTRIES: usize = 1_000;
/// Seals that are removed in one transaction, at most: changes wait for it.
const AT_ONCE: i64 = 10;

/// One seal, as whoever keeps a copy of it elsewhere knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// From 1 on, without gaps.
    pub number: i64,
    /// The last entry under it.
    pub last: i64,
    /// How many entries are under it, from the one behind the seal before: 1 to [`ENTRIES`].
    pub entries: usize,
    /// SHA-256 of the digest before and of these entries, as 64 hexadecimal digits.
    pub digest: String,
}

/// A seal as it was written down elsewhere: `12:` and the 64 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    number: i64,
    digest: String,
}

/// What the chain tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Entries that are as they were sealed.
    pub entries: usize,
    /// Entries behind the last seal: nothing tells of them yet.
    pub unsealed: i64,
    /// The last seal whose entries were removed because of their age.
    pub removed: Option<i64>,
    /// The last seal.
    pub last: Option<Seal>,
    /// What is not as it was, for people.
    pub findings: Vec<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_seals, check_for_backend(MultiBackend))]
struct Row {
    number: i64,
    last: i64,
    entries: i64,
    newest: Moment,
    sealed_at: Moment,
    digest: Word,
    removed_at: Option<Moment>,
}

/// An entry as it lies there; its documents as they were written.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit, check_for_backend(MultiBackend))]
struct Lying {
    sequence: i64,
    #[diesel(embed)]
    plain: Plain,
    before: Option<JsonText>,
    after: Option<JsonText>,
}

/// Seals the oldest entries that are not sealed yet; none where there are none. Belongs into a transaction of its own.
///
/// # Errors
/// As [`crate::store::Store::write`].
pub fn seal(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<Option<Seal>, StoreError> {
    if let DbConnection::Postgres(conn) = conn {
        // A number that was given away may still come: whoever writes an entry ends first, and others wait a moment.
        diesel::sql_query("LOCK TABLE audit IN SHARE MODE").execute(conn)?;
    }
    let before = last(conn)?;
    let since = before.as_ref().map_or(0, |seal| seal.last);
    let entries = behind(conn, since, ENTRIES)?;
    let Some(end) = entries.last() else { return Ok(None) };
    let newest = entries.iter().map(|entry| entry.plain.at).max();
    let seal = Seal {
        number: before.as_ref().map_or(0, |seal| seal.number) + 1,
        last: end.sequence,
        entries: entries.len(),
        digest: sum(before.as_ref().map_or("", |seal| &seal.digest.0), &entries),
    };
    let row = Row {
        number: seal.number,
        last: seal.last,
        entries: seal.entries as i64,
        newest: newest.unwrap_or(now.into()),
        sealed_at: now.into(),
        digest: seal.digest.as_str().into(),
        removed_at: None,
    };
    diesel::insert_into(audit_seals::table).values(row).execute(conn)?;
    Ok(Some(seal))
}

/// Removes entries that were all made before `limit`, the oldest first and by whole seals, and says how many; some may be
/// left for the next time. Belongs into a transaction of its own.
///
/// # Errors
/// As [`crate::store::Store::write`].
pub fn remove_before(
    conn: &mut DbConnection,
    limit: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let kept = audit_seals::table.filter(audit_seals::removed_at.is_null());
    let oldest: Vec<Row> =
        kept.order(audit_seals::number).limit(AT_ONCE).select(Row::as_select()).load(conn)?;
    let is_over = |row: &&Row| row.newest < Moment::from(limit);
    let Some(end) = oldest.iter().take_while(is_over).last() else { return Ok(0) };
    let over = audit_seals::removed_at.is_null().and(audit_seals::number.le(end.number));
    diesel::update(audit_seals::table.filter(over))
        .set(audit_seals::removed_at.eq(Some(Moment::from(now))))
        .execute(conn)?;
    let own = audit_of_people::table.filter(audit_of_people::sequence.le(end.last));
    diesel::delete(own).execute(conn)?;
    let removed = diesel::delete(audit::table.filter(audit::sequence.le(end.last))).execute(conn)?;
    // The chain begins behind the last one; those before it tell nothing any more.
    diesel::delete(audit_seals::table.filter(audit_seals::number.lt(end.number))).execute(conn)?;
    Ok(removed)
}

/// Compares the entries with their seals, and the seals with `anchor` if one was kept elsewhere: seal by seal, so that
/// nobody waits for it.
///
/// # Errors
/// As [`Store::read`].
pub async fn verify(store: &Store, anchor: Option<Anchor>) -> Result<Verified, StoreError> {
    let (mut told, mut before, mut anchored) = (Verified::default(), None::<Row>, None);
    loop {
        let number = before.as_ref().map_or(0, |seal| seal.number);
        let mut so_far = std::mem::take(&mut told);
        let step = store.read(move |conn| {
            conn.read_transaction(|conn| {
                let next =
                    audit_seals::table.filter(audit_seals::number.gt(number)).order(audit_seals::number);
                let next: Option<Row> = next.select(Row::as_select()).first(conn).optional()?;
                match &next {
                    Some(seal) => so_far.look_at(conn, before.as_ref(), seal)?,
                    None => so_far.end_at(conn, before.take())?,
                }
                Ok((so_far, next))
            })
        });
        (told, before) = step.await?;
        let Some(seal) = &before else { break };
        if anchor.as_ref().is_some_and(|anchor| anchor.number == seal.number) {
            anchored = Some(seal.digest.0.clone());
        }
    }
    if let Some(anchor) = anchor {
        told.findings.extend(anchor.missed(anchored.as_deref(), told.removed));
    }
    Ok(told)
}

impl Verified {
    fn end_at(&mut self, conn: &mut DbConnection, last: Option<Row>) -> Result<(), StoreError> {
        let sealed = last.as_ref().map_or(0, |seal| seal.last);
        self.unsealed = audit::table.filter(audit::sequence.gt(sealed)).count().get_result(conn)?;
        self.last = last.map(Seal::from);
        Ok(())
    }

    fn look_at(
        &mut self,
        conn: &mut DbConnection,
        before: Option<&Row>,
        seal: &Row,
    ) -> Result<(), StoreError> {
        let number = seal.number;
        if seal.removed_at.is_some() {
            self.removed = Some(number);
            let left: i64 = audit::table.filter(audit::sequence.le(seal.last)).count().get_result(conn)?;
            if left > 0 {
                self.findings
                    .push(format!("{left} entries are left of those that seal {number} says were removed"));
            }
            return Ok(());
        }
        if number != before.map_or(0, |before| before.number) + 1 {
            self.findings.push(format!("the seals before {number} are missing"));
            return Ok(());
        }
        let since = before.map_or(0, |before| before.last);
        // One more than a seal holds is enough to tell that some were put in between.
        let mut entries = behind(conn, since, ENTRIES + 1)?;
        entries.retain(|entry| entry.sequence <= seal.last);
        if sum(before.map_or("", |before| &before.digest.0), &entries) == seal.digest.0 {
            self.entries += entries.len();
        } else {
            self.findings.push(format!(
                "the entries from {} to {} are not those that seal {number} was set under at {}: {} were sealed, \
                 and {} are there",
                since + 1,
                seal.last,
                DateTime::from(seal.sealed_at).format("%Y-%m-%dT%H:%M:%SZ"),
                seal.entries,
                entries.len(),
            ));
        }
        Ok(())
    }
}

impl Anchor {
    /// Reads `12:` and 64 hexadecimal digits.
    pub fn read(text: &str) -> Option<Self> {
        let (number, digest) = text.split_once(':')?;
        let plain = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = number.parse().ok().filter(|number| *number >= 1)?;
        plain.then(|| Self { number, digest: digest.to_ascii_lowercase() })
    }

    /// What is wrong where the seal of that number has the digest `found`.
    fn missed(&self, found: Option<&str>, removed: Option<i64>) -> Option<String> {
        let number = self.number;
        match found {
            Some(found) if found == self.digest => None,
            Some(_) => Some(format!("seal {number} is not the one that was written down")),
            None if removed.is_some_and(|removed| number < removed) => {
                Some(format!("seal {number} is gone with the entries that were removed because of their age"))
            }
            None => Some(format!("seal {number} was written down, and is missing here")),
        }
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.digest)
    }
}

impl From<Row> for Seal {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            last: row.last,
            entries: usize::try_from(row.entries).unwrap_or_default(),
            digest: row.digest.0,
        }
    }
}

fn last(conn: &mut DbConnection) -> Result<Option<Row>, StoreError> {
    let latest = audit_seals::table.order(audit_seals::number.desc());
    Ok(latest.select(Row::as_select()).first(conn).optional()?)
}

/// The entries behind number `since` in their order, at most `most`.
fn behind(conn: &mut DbConnection, since: i64, most: usize) -> Result<Vec<Lying>, StoreError> {
    Ok(audit::table
        .filter(audit::sequence.gt(since))
        .order(audit::sequence)
        .limit(most as i64)
        .select(Lying::as_select())
        .load(conn)?)
}

/// Each field with its length before it, so that nothing moves from one into the next unseen.
fn sum(before: &str, entries: &[Lying]) -> String {
    let mut bytes = Vec::new();
    let mut put = |field: Option<&[u8]>| {
        let length = field.map_or(u64::MAX, |field| field.len() as u64);
        bytes.extend(length.to_be_bytes());
        bytes.extend(field.unwrap_or_default());
    };
    put(Some(before.as_bytes()));
    for Lying { sequence, plain, before, after } in entries {
        put(Some(&sequence.to_be_bytes()));
        put(Some(&DateTime::from(plain.at).timestamp_micros().to_be_bytes()));
        for word in [&plain.actor, &plain.action, &plain.object_kind, &plain.object_id] {
            put(Some(word.0.as_bytes()));
        }
        put(Some(&plain.version.to_be_bytes()));
        for document in [before, after] {
            put(document.as_ref().map(|document| document.0.as_bytes()));
        }
        for word in [&plain.request_id, &plain.token] {
            put(word.as_ref().map(|word| word.0.as_bytes()));
        }
        put(plain.revision.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }
    digest(&bytes)
}
