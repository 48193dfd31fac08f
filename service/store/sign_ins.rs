//! People on their way through the hub's login: kept for minutes, finished once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::sign_ins;
use super::types::{Moment, Word};
use super::{DbConnection, MultiBackend, StoreError};

/// A login that was begun. Holds nothing that a reader of the table could finish it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// SHA-256 of the state, 64 hexadecimal digits.
    pub state: String,
    /// SHA-256 of what the browser keeps in a cookie, likewise.
    pub browser: String,
    /// The PKCE verifier, sealed; at most 1024 bytes.
    pub verifier: String,
    /// The path to go on to, already checked; 1 to 1024 bytes.
    pub next: String,
    /// Kept to the microsecond; from then on it cannot be finished.
    pub expires_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_ins, check_for_backend(MultiBackend))]
struct Row {
    state: Word,
    browser: Word,
    verifier: Word,
    next: Word,
    expires_at: Moment,
}

/// Keeps a login that begins.
///
/// # Errors
/// [`StoreError::Refused`] where a text is too long, [`StoreError::Duplicate`] where the state is taken.
pub fn keep(conn: &mut DbConnection, begun: &SignIn) -> Result<(), StoreError> {
    let row = Row {
        state: begun.state.as_str().into(),
        browser: begun.browser.as_str().into(),
        verifier: begun.verifier.as_str().into(),
        next: begun.next.as_str().into(),
        expires_at: begun.expires_at.into(),
    };
    diesel::insert_into(sign_ins::table).values(row).execute(conn)?;
    Ok(())
}

/// The login with that state, for the browser that began it, and nobody ever again: of two callers
/// at once, on whichever replica, one gets it. None where there is none, or it has expired at `now`.
///
/// Another browser gets nothing, and does not use it up either.
///
/// # Errors
/// As [`super::Store::write`].
pub fn take(
    conn: &mut DbConnection,
    state: &str,
    browser: &str,
    now: DateTime<Utc>,
) -> Result<Option<SignIn>, StoreError> {
    let mine = sign_ins::table
        .filter(sign_ins::state.eq(Word::from(state)))
        .filter(sign_ins::browser.eq(Word::from(browser)))
        .filter(sign_ins::expires_at.gt(Moment::from(now)));
    let row: Option<Row> = diesel::delete(mine)
        .returning((
            sign_ins::state,
            sign_ins::browser,
            sign_ins::verifier,
            sign_ins::next,
            sign_ins::expires_at,
        ))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|row| SignIn {
        state: row.state.0,
        browser: row.browser.0,
        verifier: row.verifier.0,
        next: row.next.0,
        expires_at: row.expires_at.into(),
    }))
}

/// Forgets what has expired at `now`, and of the rest all but the latest `most`: anybody may begin
/// a login, and nobody may fill the table. Returns how many went.
///
/// # Errors
/// As [`super::Store::write`].
pub fn sweep(conn: &mut DbConnection, now: DateTime<Utc>, most: u32) -> Result<usize, StoreError> {
    let expired = sign_ins::table.filter(sign_ins::expires_at.le(Moment::from(now)));
    let mut gone = diesel::delete(expired).execute(conn)?;
    let oldest_kept: Option<Moment> = sign_ins::table
        .order(sign_ins::expires_at.desc())
        .offset(most.into())
        .select(sign_ins::expires_at)
        .first(conn)
        .optional()?;
    if let Some(bound) = oldest_kept {
        gone += diesel::delete(sign_ins::table.filter(sign_ins::expires_at.le(bound))).execute(conn)?;
    }
    Ok(gone)
}
