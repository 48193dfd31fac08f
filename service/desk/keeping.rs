//! What time does to what is kept: sessions that are over go, the audit is sealed, and what is too old is removed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Desk;
use super::session::IDLE;
use crate::config::retention::Retention;
use crate::store::audit::seals::{self, ENTRIES};
use crate::store::audit::{Actor, By};
use crate::store::{DbConnection, StoreError, accounts, decisions, sessions, sign_ins};

/// How long a service that was just started has better things to do.
const SOON: Duration = Duration::from_secs(5);
/// How often it is looked at what is over.
const OFTEN: Duration = Duration::from_secs(60);
/// How long entries of the audit wait for their seal.
const UNSEALED: TimeDelta = TimeDelta::minutes(10);
/// How often it is looked at what is too old.
const SELDOM: TimeDelta = TimeDelta::hours(1);
/// Logins under way, at most: the oldest give way.
const SIGN_INS: u32 = 20_000;
/// Decisions removed in one transaction, at most: starts wait for it.
const DECISIONS: u32 = 1_000;
/// Who removes what is too old, as the audit names it.
const KEEPER: &str = "retention";
/// Between two such transactions.
const PAUSE: Duration = Duration::from_millis(200);

impl Desk {
    /// Does what is due, again and again, until the process ends.
    pub async fn keep_house(self: Arc<Self>, retention: Retention) {
        let (mut sealed, mut removed) = (None, None);
        tokio::time::sleep(SOON).await;
        loop {
            let now = self.clock.now();
            told("nothing is forgotten", self.forget(now).await);
            if is_due(&mut sealed, now, UNSEALED) {
                told("the audit is not sealed", self.seal(now).await);
            }
            if is_due(&mut removed, now, SELDOM) {
                told("nothing is removed", self.remove(now, retention).await);
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// Forgets logins and sessions whose time is over.
    async fn forget(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let swept = self.store.write(move |conn| {
            Ok((sign_ins::sweep(conn, now, SIGN_INS)?, sessions::sweep(conn, now, now - IDLE)?))
        });
        let (sign_ins, sessions) = swept.await?;
        if sign_ins + sessions > 0 {
            tracing::debug!(sign_ins, sessions, "forgotten");
        }
        Ok(())
    }

    /// Seals what is in the audit by now, and writes each seal into the log: who changes the database has not
    /// changed the log, and `audit verify --anchor` compares them (requirement R129).
    ///
    /// # Errors
    /// As [`crate::store::Store::write`].
    pub async fn seal(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        while let Some(seal) = self.store.write(move |conn| seals::seal(conn, now)).await? {
            tracing::info!(anchor = %seal, entries = seal.entries, last = seal.last, "the audit is sealed");
            if seal.entries < ENTRIES {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Removes what is older than `retention` says, in pieces that nobody waits for long.
    ///
    /// # Errors
    /// As [`crate::store::Store::write`].
    pub async fn remove(&self, now: DateTime<Utc>, retention: Retention) -> Result<(), StoreError> {
        let (audit, starts) = (now - retention.audit, now - retention.decisions);
        let entries = self.in_pieces(move |conn| seals::remove_before(conn, audit, now)).await?;
        let starts = self.in_pieces(move |conn| decisions::remove_before(conn, starts, DECISIONS)).await?;
        let by = By { at: now, actor: Actor::Operator(KEEPER.to_owned()), token: None, request_id: None };
        let set_aside = now - retention.set_aside;
        let accounts = self.in_pieces(move |conn| accounts::remove_before(conn, set_aside, &by)).await?;
        self.memberships.forget_old(now);
        if entries + starts + accounts > 0 {
            tracing::info!(
                audit = entries,
                decisions = starts,
                accounts,
                "removed because of their age (retention)"
            );
        }
        Ok(())
    }

    /// Does `piece` again and again, with pauses, until it finds nothing more; and says how much it found.
    async fn in_pieces(
        &self,
        piece: impl FnMut(&mut DbConnection) -> Result<usize, StoreError> + Clone + Send + 'static,
    ) -> Result<usize, StoreError> {
        let mut found = 0;
        loop {
            match self.store.write(piece.clone()).await? {
                0 => return Ok(found),
                more => found += more,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether it is time again, and if so, when it was last.
fn is_due(last: &mut Option<DateTime<Utc>>, now: DateTime<Utc>, every: TimeDelta) -> bool {
    // A clock that was set back makes it due as well.
    let due = last.is_none_or(|last| (now - last).abs() >= every);
    if due {
        *last = Some(now);
    }
    due
}

/// Whoever needs the database tells what is wrong with it.
fn told(what: &str, outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::debug!("{what}: {error}");
    }
}
