//! Connections in a pool, and whose turn it is: nobody waits longer than they said.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::connection::ConnectionManager;
use super::file::DatabaseFile;
use super::url::{Address, DatabaseUrl};
use super::{DbConnection, StoreError};

/// How long anybody waits for a connection to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How long one waits: for a turn, and then for the answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub turn: Duration,
    pub answer: Duration,
}

/// Connections, and as many permits: whoever waits, waits as a future, not as a parked thread.
#[derive(Clone)]
pub(super) struct Desk {
    pub pool: r2d2::Pool<ConnectionManager>,
    permits: Arc<Semaphore>,
    pub file: Option<Arc<DatabaseFile>>,
    pub url: DatabaseUrl,
}

impl Desk {
    pub fn open(url: &DatabaseUrl, file: Option<Arc<DatabaseFile>>, connections: u32, writes: bool) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .connection_timeout(CONNECT)
            // A server may restart behind our back, so each use begins with a ping (one round trip);
            // a file does not.
            .test_on_check_out(matches!(url.address(), Address::Postgres(_)))
            // Whoever waits for a connection is told why there is none; once is enough.
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(ConnectionManager { url: url.clone(), file: file.clone(), writes });
        Self { pool, permits: Arc::new(Semaphore::new(connections as usize)), file, url: url.clone() }
    }

    /// Permit, then a blocking thread, then a connection: there are never more threads than
    /// connections (400 requests on 4 connections took 391 threads without the permit).
    pub async fn run<T, F>(&self, patience: Patience, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = timeout(patience.turn, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::unavailable("all connections are busy"))?
            .map_err(|error| StoreError::unavailable(error.to_string()))?;
        let (pool, file) = (self.pool.clone(), self.file.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let _permit = permit; // given back when the work is done, even if nobody waits for it any more
            file.map_or(Ok(()), |file| file.check())?;
            let mut held = pool.get().map_err(|error| StoreError::unavailable(error.to_string()))?;
            let outcome = work(&mut held.conn);
            held.doubtful = outcome.as_ref().is_err_and(StoreError::taints_connection);
            outcome
        });
        timeout(patience.answer, answer)
            .await
            .map_err(|_| {
                StoreError::unavailable(format!("no answer within {} s", patience.answer.as_secs()))
            })?
            .map_err(|crash| StoreError::Database(Box::new(crash)))?
    }
}
