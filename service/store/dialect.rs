//! The one thing `MultiConnection` cannot say by itself: `ON CONFLICT`.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

use super::{DbConnection, MultiBackend};

/// Writes `query` in the dialect of whichever database the connection speaks.
///
/// `#[derive(MultiConnection)]` declares its backend unable to `ON CONFLICT`, although both of
/// ours can. Wrapping a finished statement in `InDialect(…)` asks each real backend instead:
///
/// ```text
/// InDialect(insert_into(presets::table).values(row).on_conflict(presets::id).do_update().set(row))
///     .execute(conn)?;
/// ```
pub struct InDialect<Q>(pub Q);

impl<Q> QueryFragment<MultiBackend> for InDialect<Q>
where
    Q: QueryFragment<Sqlite> + QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: QueryId> QueryId for InDialect<Q> {
    type QueryId = InDialect<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for InDialect<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<DbConnection> for InDialect<Q> {}
