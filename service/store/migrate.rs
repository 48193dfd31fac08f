//! Schema migrations, embedded in the binary: one series per database, one replica at a time.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DbConnection, StoreError, soundness};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any key will do, as long as every replica asks for the same one; it is given back on commit.
const ONE_REPLICA_AT_A_TIME: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT pg_advisory_xact_lock(hashtext('jupyterhub-presets migrations'));
";

/// Applies whatever is pending, all of it or none; returns how many that were.
///
/// diesel takes no lock of its own: replicas that start together would each find the same
/// migrations pending. Here the second waits for the first, and then finds nothing to do.
///
/// # Errors
/// [`StoreError::NewerSchema`] where a newer version has been here, with nothing touched;
/// [`StoreError::Damaged`] where SQLite's own check finds the file broken.
pub(super) fn run_pending(conn: &mut DbConnection) -> Result<usize, StoreError> {
    soundness::check(conn)?;
    conn.write_transaction(|conn| match conn {
        DbConnection::Sqlite(conn) => {
            let applied = conn.applied_migrations().map_err(failed)?;
            bring_up_to_date(conn, &SQLITE, applied)
        }
        DbConnection::Postgres(conn) => {
            conn.batch_execute(ONE_REPLICA_AT_A_TIME)?;
            let applied = applied(conn)?;
            bring_up_to_date(conn, &POSTGRES, applied)
        }
    })
}

/// What was applied. Diesel asks for the table to be made first, which takes the right to make tables even where it is
/// there; a service that finds nothing to do needs none.
fn applied(conn: &mut PgConnection) -> Result<Vec<MigrationVersion<'static>>, StoreError> {
    let is_there: bool = diesel::select(sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL"))
        .get_result(conn)?;
    if !is_there {
        return conn.applied_migrations().map_err(failed);
    }
    let versions: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?;
    Ok(versions.into_iter().map(MigrationVersion::from).collect())
}

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

fn bring_up_to_date<C>(
    conn: &mut C,
    series: &impl MigrationSource<C::Backend>,
    applied: Vec<MigrationVersion<'static>>,
) -> Result<usize, StoreError>
where
    C: Connection + MigrationHarness<C::Backend>,
{
    let mut pending: Vec<Box<dyn Migration<C::Backend>>> = series.migrations().map_err(failed)?;
    pending.sort_by(|one, other| one.name().version().cmp(&other.name().version()));
    for applied in applied {
        match pending.iter().position(|migration| migration.name().version() == applied) {
            Some(known) => drop(pending.remove(known)),
            None => return Err(StoreError::NewerSchema(applied.to_string())),
        }
    }
    pending.iter().try_for_each(|migration| conn.run_migration(migration).map(drop).map_err(failed))?;
    Ok(pending.len())
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => match StoreError::from(*error) {
            trouble @ StoreError::Unavailable(_) => trouble,
            other => StoreError::Migration(other.to_string()),
        },
        Err(other) => StoreError::Migration(other.to_string()),
    }
}
