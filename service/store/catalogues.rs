//! Every catalogue that was ever applied, by version.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::schema::catalogues;
use super::types::{Json, Moment, Word};
use super::{DbConnection, StoreError};

/// One catalogue as it was applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Counts up from 1.
    pub version: i64,
    pub applied_at: DateTime<Utc>,
    /// Who: `apply by root`.
    pub applied_by: String,
}

/// Those below version `before` (none: the latest), newest first, at most `limit`.
///
/// # Errors
/// As [`super::Store::read`].
pub fn latest(conn: &mut DbConnection, before: Option<i64>, limit: u16) -> Result<Vec<Applied>, StoreError> {
    let rows: Vec<(i64, Moment, Word)> = catalogues::table
        .filter(catalogues::version.lt(before.unwrap_or(i64::MAX)))
        .order(catalogues::version.desc())
        .limit(limit.into())
        .select((catalogues::version, catalogues::applied_at, catalogues::applied_by))
        .load(conn)?;
    let applied =
        |(version, at, by): (i64, Moment, Word)| Applied { version, applied_at: at.into(), applied_by: by.0 };
    Ok(rows.into_iter().map(applied).collect())
}

/// Version `version`, and the document as it was applied.
///
/// # Errors
/// [`StoreError::NotFound`] where there is none.
pub fn find(conn: &mut DbConnection, version: i64) -> Result<(Applied, Value), StoreError> {
    let (applied_at, applied_by, document): (Moment, Word, Json) = catalogues::table
        .find(version)
        .select((catalogues::applied_at, catalogues::applied_by, catalogues::document))
        .first(conn)?;
    let applied = Applied { version, applied_at: applied_at.into(), applied_by: applied_by.0 };
    Ok((applied, document.0))
}
