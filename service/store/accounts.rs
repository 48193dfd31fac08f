//! Whose account of the hub what is kept under a name belongs to: whoever gets the name anew inherits nothing (requirement R58).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::audit::{self, By};
use super::erasure::naming;
use super::schema::{
    accounts, decisions, people as marks, preferences, preset_versions, presets, selections, sessions,
};
use super::site::{KeptPreset, Owner, with_owner};
use super::types::{Json, Moment, Word};
use super::{DbConnection, InDialect, StoreError, erasure, idempotency, people, revision};
use crate::groups::Username;

/// One account as the hub tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// When the hub made it. Not every hub's database keeps parts of a second.
    pub made_at: DateTime<Utc>,
    /// When the hub made the oldest of all its accounts. What was kept before that, is of another hub's database.
    pub hub_since: DateTime<Utc>,
}

/// What became of what was kept under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// It is of this account, or of the same person's in a hub's database before this one.
    Known,
    /// It was another account's, and is kept under that name now.
    SetAside(Username),
}

/// Accounts that were made within so little of each other are one: nobody is removed and made again as soon.
const SAME: TimeDelta = TimeDelta::seconds(2);
/// How far the hub's clock and ours are apart, at most: what was saved so long before an account was made, by our clock, is
/// not of it.
const APART: TimeDelta = TimeDelta::hours(1);

impl Account {
    /// Whether that is when it was made.
    pub fn is_of(&self, made_at: DateTime<Utc>) -> bool {
        (self.made_at - made_at).abs() < SAME
    }
}

/// When the account was made that what is kept under `person` belongs to; none before anybody said.
///
/// # Errors
/// As [`super::Store::read`].
pub fn made_at(conn: &mut DbConnection, person: &Username) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = accounts::table.find(Word::from(person.as_str())).select(accounts::made_at);
    Ok(row.first::<Moment>(conn).optional()?.map(DateTime::from))
}

/// Whoever has the name now, has `account`. What is kept under it and is another account's is set aside; what was set
/// aside of this one comes back. Belongs into [`super::Store::change_person`].
///
/// # Errors
/// As [`super::Store::write`].
pub fn meet(
    conn: &mut DbConnection,
    person: &Username,
    account: Account,
    by: &By,
) -> Result<Met, StoreError> {
    // Before anybody told of accounts, what is kept tells how old its account is at least.
    let since = match made_at(conn, person)? {
        Some(made_at) => Some(made_at),
        None => oldest(conn, person)?.filter(|kept| *kept + APART < account.made_at),
    };
    let met = match since {
        Some(made_at) if account.is_of(made_at) => return Ok(Met::Known),
        Some(made_at) if made_at + SAME > account.hub_since => {
            // Of the account that is gone, and its tokens with it.
            let old = sessions::table.filter(sessions::person.eq(Word::from(person.as_str())));
            diesel::delete(old.filter(sessions::created_at.lt(Moment::from(account.made_at))))
                .execute(conn)?;
            let aside = set_aside(conn, person, made_at, by)?;
            if let Some(earlier) = aside_of(conn, person, account)? {
                bring_back(conn, &earlier, person, by)?;
            }
            Met::SetAside(aside)
        }
        Some(_) | None => Met::Known,
    };
    keep(conn, person, account.made_at, None)?;
    Ok(met)
}

/// Who has the name today that something was set aside of as `earlier`.
pub fn today(earlier: &Username) -> Option<Username> {
    Username::try_from(earlier.as_str().rsplit_once('/')?.0).ok()
}

/// Gives what was set aside as `earlier` to `person`. What they have saved themselves since stays. Belongs into
/// [`super::Store::change_person`].
///
/// # Errors
/// [`StoreError::NotFound`] where nothing was set aside as that.
pub fn give_back(
    conn: &mut DbConnection,
    earlier: &Username,
    person: &Username,
    by: &By,
) -> Result<(), StoreError> {
    let aside =
        accounts::table.find(Word::from(earlier.as_str())).filter(accounts::set_aside_at.is_not_null());
    let aside: i64 = aside.count().get_result(conn)?;
    if aside == 0 {
        return Err(StoreError::NotFound);
    }
    bring_back(conn, earlier, person, by)
}

/// Erases one thing that was set aside before `limit`, and says how many that were: none or one.
///
/// # Errors
/// As [`super::Store::write`].
pub fn remove_before(conn: &mut DbConnection, limit: DateTime<Utc>, by: &By) -> Result<usize, StoreError> {
    let over = accounts::table
        .filter(accounts::set_aside_at.lt(Some(Moment::from(limit))))
        .order(accounts::set_aside_at)
        .select(accounts::person);
    let Some(name) = over.first::<Word>(conn).optional()? else { return Ok(0) };
    let name = Username::try_from(name.0).map_err(|why| StoreError::Refused(why.to_string()))?;
    erasure::erase(conn, &name, by)?;
    Ok(1)
}

/// The names under which something is set aside, and since when, the oldest first; at most `limit`.
///
/// # Errors
/// As [`super::Store::read`].
pub fn all_set_aside(
    conn: &mut DbConnection,
    limit: u16,
) -> Result<Vec<(Username, DateTime<Utc>)>, StoreError> {
    let rows: Vec<(Word, Option<Moment>)> = accounts::table
        .filter(accounts::set_aside_at.is_not_null())
        .order((accounts::set_aside_at, accounts::person))
        .limit(limit.into())
        .select((accounts::person, accounts::set_aside_at))
        .load(conn)?;
    let read =
        |(name, since): (Word, Option<Moment>)| Some((Username::try_from(name.0).ok()?, since?.into()));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Forgets whose account it was.
pub(super) fn forget(conn: &mut DbConnection, person: &Username) -> Result<bool, StoreError> {
    Ok(diesel::delete(accounts::table.find(Word::from(person.as_str()))).execute(conn)? > 0)
}

fn keep(
    conn: &mut DbConnection,
    person: &Username,
    made_at: DateTime<Utc>,
    set_aside_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let row = (
        accounts::person.eq(Word::from(person.as_str())),
        accounts::made_at.eq(Moment::from(made_at)),
        accounts::set_aside_at.eq(set_aside_at.map(Moment::from)),
    );
    InDialect(
        diesel::insert_into(accounts::table).values(row).on_conflict(accounts::person).do_update().set((
            accounts::made_at.eq(excluded(accounts::made_at)),
            accounts::set_aside_at.eq(excluded(accounts::set_aside_at)),
        )),
    )
    .execute(conn)?;
    Ok(())
}

/// When the oldest of what is kept under that name was saved.
fn oldest(conn: &mut DbConnection, person: &Username) -> Result<Option<DateTime<Utc>>, StoreError> {
    let name = Word::from(person.as_str());
    let (kind, owner) = Owner::User(person.as_str().to_owned()).columns();
    let preset = presets::table
        .filter(presets::owner_kind.eq(kind).and(presets::owner.eq(owner)))
        .filter(presets::managed.eq(false))
        .order(presets::created_at)
        .select(presets::created_at);
    let decision = decisions::table.filter(decisions::person.eq(name.clone())).order(decisions::at);
    let selection = selections::table.filter(selections::person.eq(name.clone())).order(selections::at);
    let all: [Option<Moment>; 4] = [
        preset.first(conn).optional()?,
        decision.select(decisions::at).first(conn).optional()?,
        selection.select(selections::at).first(conn).optional()?,
        preferences::table.find(name).select(preferences::updated_at).first(conn).optional()?,
    ];
    Ok(all.into_iter().flatten().map(DateTime::from).min())
}

/// What of `person` is set aside of that account.
fn aside_of(
    conn: &mut DbConnection,
    person: &Username,
    account: Account,
) -> Result<Option<Username>, StoreError> {
    let (from, to) = (account.made_at - SAME, account.made_at + SAME);
    let near: Vec<Word> = accounts::table
        .filter(accounts::set_aside_at.is_not_null())
        .filter(accounts::made_at.gt(Moment::from(from)).and(accounts::made_at.lt(Moment::from(to))))
        .select(accounts::person)
        .load(conn)?;
    let near = near.into_iter().filter_map(|name| Username::try_from(name.0).ok());
    Ok(near.into_iter().find(|name| today(name).as_ref() == Some(person)))
}

fn set_aside(
    conn: &mut DbConnection,
    person: &Username,
    made_at: DateTime<Utc>,
    by: &By,
) -> Result<Username, StoreError> {
    let since = made_at.format("/%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut name = person.as_str().to_owned();
    while name.len() + since.len() > Username::LONGEST {
        name.pop();
    }
    let aside = Username::try_from(name + &since).map_err(|why| StoreError::Refused(why.to_string()))?;
    rename(conn, person, &aside, by)?;
    keep(conn, &aside, made_at, Some(by.at))?;
    audit::record(conn, &by.own("set-aside", "person", &aside, 0))?;
    Ok(aside)
}

fn bring_back(
    conn: &mut DbConnection,
    earlier: &Username,
    person: &Username,
    by: &By,
) -> Result<(), StoreError> {
    rename(conn, earlier, person, by)?;
    forget(conn, earlier)?;
    audit::record(conn, &by.own("give-back", "person", person, 0))?;
    Ok(())
}

/// Keeps under `to` what is kept under `from`; where something is kept under both that there can be only one of, that of
/// `to` stays.
fn rename(conn: &mut DbConnection, from: &Username, to: &Username, by: &By) -> Result<(), StoreError> {
    let (old, new) = (Word::from(from.as_str()), Word::from(to.as_str()));
    idempotency::forget(conn, "user", from.as_str())?;
    idempotency::forget_about(conn, from)?;
    rename_habits(conn, &old, &new)?;
    diesel::update(decisions::table.filter(decisions::person.eq(old.clone())))
        .set(decisions::person.eq(new.clone()))
        .execute(conn)?;
    if people::mark_of(conn, to)?.is_none() {
        diesel::update(marks::table.filter(marks::person.eq(old)))
            .set(marks::person.eq(new))
            .execute(conn)?;
    }
    rename_presets(conn, from, to)?;
    naming::rename(conn, from, to, by)?;
    erasure::rename_author(conn, from, to.as_str())?;
    Ok(())
}

/// What they last started, and what they set for themselves.
fn rename_habits(conn: &mut DbConnection, old: &Word, new: &Word) -> Result<(), StoreError> {
    let places = |conn: &mut DbConnection, person: &Word| -> Result<Vec<(Word, Word)>, StoreError> {
        let theirs = selections::table.filter(selections::person.eq(person.clone()));
        Ok(theirs.select((selections::server_name, selections::context)).load(conn)?)
    };
    let taken = places(conn, new)?;
    for place in places(conn, old)? {
        let row = selections::table.find((old.clone(), place.0.clone(), place.1.clone()));
        if taken.contains(&place) {
            diesel::delete(row).execute(conn)?;
        } else {
            diesel::update(row).set(selections::person.eq(new.clone())).execute(conn)?;
        }
    }
    let taken: i64 = preferences::table.find(new.clone()).count().get_result(conn)?;
    let theirs = preferences::table.find(old.clone());
    if taken > 0 {
        diesel::delete(theirs).execute(conn)?;
    } else {
        diesel::update(theirs).set(preferences::person.eq(new.clone())).execute(conn)?;
    }
    Ok(())
}

/// Their own presets, with every version of anything that was ever theirs. A site file's are whoever's it names.
fn rename_presets(conn: &mut DbConnection, from: &Username, to: &Username) -> Result<(), StoreError> {
    let ((kind, old), owner) =
        (Owner::User(from.as_str().to_owned()).columns(), Owner::User(to.as_str().to_owned()));
    let new = owner.columns().1;
    let theirs = presets::table
        .filter(presets::owner_kind.eq(kind.clone()).and(presets::owner.eq(old.clone())))
        .filter(presets::managed.eq(false));
    let rows: Vec<KeptPreset> = theirs.select(KeptPreset::as_select()).load(conn)?;
    for KeptPreset { id, document, .. } in &rows {
        let document = Json(with_owner(document.0.clone(), &owner));
        diesel::update(presets::table.find(id.clone()))
            .set((presets::owner.eq(new.clone()), presets::document.eq(document)))
            .execute(conn)?;
    }
    let managed: Vec<Word> = presets::table
        .filter(presets::owner_kind.eq(kind.clone()).and(presets::owner.eq(old.clone())))
        .select(presets::id)
        .load(conn)?;
    let versions: Vec<(Word, i64, Json)> = preset_versions::table
        .filter(preset_versions::owner_kind.eq(Some(kind)).and(preset_versions::owner.eq(Some(old))))
        .filter(preset_versions::id.ne_all(managed))
        .select((preset_versions::id, preset_versions::version, preset_versions::document))
        .load(conn)?;
    for (id, version, document) in versions {
        let document = Json(with_owner(document.0, &owner));
        diesel::update(preset_versions::table.find((id, version)))
            .set((preset_versions::owner.eq(Some(new.clone())), preset_versions::document.eq(document)))
            .execute(conn)?;
    }
    if !rows.is_empty() {
        // Without an entry of its own: whoever follows reads everything anew.
        revision::bump(conn)?;
    }
    Ok(())
}
