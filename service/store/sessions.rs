//! Browsers that are signed in, each with the sealed token it acts by.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::sessions;
use super::types::{Moment, Word};
use super::{DbConnection, MultiBackend, StoreError};
use crate::groups::Username;

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of what the browser keeps in a cookie, 64 hexadecimal digits.
    pub id: String,
    pub person: Username,
    /// The hub's token, sealed; at most 4096 bytes.
    pub token: String,
    /// The hub's own session it was made in (`jupyterhub-session-id`); 1 to 512 bytes.
    pub hub_session: String,
    /// These three are kept to the microsecond.
    pub created_at: DateTime<Utc>,
    /// When it was last used, as far as that was written down.
    pub seen_at: DateTime<Utc>,
    /// From then on it is over, however often it is used.
    pub expires_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(MultiBackend))]
struct Row {
    id: Word,
    person: Word,
    token: Word,
    hub_session: Word,
    created_at: Moment,
    seen_at: Moment,
    expires_at: Moment,
}

/// Keeps a session that begins.
///
/// # Errors
/// [`StoreError::Refused`] where a text is too long, [`StoreError::Duplicate`] where the id is taken.
pub fn begin(conn: &mut DbConnection, session: &Session) -> Result<(), StoreError> {
    let row = Row {
        id: session.id.as_str().into(),
        person: session.person.as_str().into(),
        token: session.token.as_str().into(),
        hub_session: session.hub_session.as_str().into(),
        created_at: session.created_at.into(),
        seen_at: session.seen_at.into(),
        expires_at: session.expires_at.into(),
    };
    diesel::insert_into(sessions::table).values(row).execute(conn)?;
    Ok(())
}

/// The session with that id, over or not.
///
/// # Errors
/// [`StoreError::Database`] where its row is none of ours.
pub fn find(conn: &mut DbConnection, id: &str) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> =
        sessions::table.find(Word::from(id)).select(Row::as_select()).first(conn).optional()?;
    row.map(Session::try_from).transpose()
}

/// Writes down that it was used.
///
/// # Errors
/// As [`super::Store::write`].
pub fn touch(conn: &mut DbConnection, id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let moment = Moment::from(now);
    diesel::update(sessions::table.find(Word::from(id)).filter(sessions::seen_at.lt(moment)))
        .set(sessions::seen_at.eq(moment))
        .execute(conn)?;
    Ok(())
}

/// Ends the session with that id; says whether there was one.
///
/// # Errors
/// As [`super::Store::write`].
pub fn end(conn: &mut DbConnection, id: &str) -> Result<bool, StoreError> {
    Ok(diesel::delete(sessions::table.find(Word::from(id))).execute(conn)? > 0)
}

/// Every session of a person, over or not, the oldest first.
///
/// # Errors
/// As [`find`].
pub(super) fn all_of(conn: &mut DbConnection, person: &Username) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<Row> = sessions::table
        .filter(sessions::person.eq(Word::from(person.as_str())))
        .order((sessions::created_at, sessions::id))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Ends every session of a person; returns how many there were.
///
/// # Errors
/// As [`super::Store::write`].
pub fn end_all_of(conn: &mut DbConnection, person: &Username) -> Result<usize, StoreError> {
    let theirs = sessions::table.filter(sessions::person.eq(Word::from(person.as_str())));
    Ok(diesel::delete(theirs).execute(conn)?)
}

/// Forgets what is over at `now` or was not used since `idle_since`; returns how many went.
///
/// # Errors
/// As [`super::Store::write`].
pub fn sweep(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let over = sessions::expires_at.le(Moment::from(now)).or(sessions::seen_at.le(Moment::from(idle_since)));
    Ok(diesel::delete(sessions::table.filter(over)).execute(conn)?)
}

impl TryFrom<Row> for Session {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.0,
            person: row.person.0.try_into().map_err(|error| StoreError::Database(Box::new(error)))?,
            token: row.token.0,
            hub_session: row.hub_session.0,
            created_at: row.created_at.into(),
            seen_at: row.seen_at.into(),
            expires_at: row.expires_at.into(),
        })
    }
}
