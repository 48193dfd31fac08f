//! A change as somebody who waits for it knows it: done or refused in time, and seen here by whoever looks next.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Desk;
use super::presets::NotDone;

/// Somebody looks at a page meanwhile, and has to be told within 3 s. The database may be asked several times for
/// one change, and each question has a limit of its own: their sum is nobody's.
const TOLD_IN: Duration = Duration::from_millis(2_800);

impl Desk {
    /// Does `work` in time; what it changed is shown in this process at once.
    ///
    /// # Errors
    /// As `work`; [`NotDone::Unavailable`] where it takes too long. It may still happen then.
    pub(super) async fn change<T>(
        &self,
        work: impl Future<Output = Result<T, NotDone>>,
    ) -> Result<T, NotDone> {
        let until = Instant::now() + TOLD_IN;
        let done = in_time(until, work).await?;
        // It is kept already; where it cannot be shown yet, the next look at the revision shows it.
        match timeout_at(until, self.site.refresh()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("a change is kept and not shown yet: {error}"),
            Err(_) => tracing::warn!("a change is kept and not shown yet: the database takes too long"),
        }
        Ok(done)
    }

    /// Does `work` in time; nothing in it is of the site's content.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub(super) async fn change_own<T>(
        &self,
        work: impl Future<Output = Result<T, NotDone>>,
    ) -> Result<T, NotDone> {
        in_time(Instant::now() + TOLD_IN, work).await
    }
}

async fn in_time<T>(until: Instant, work: impl Future<Output = Result<T, NotDone>>) -> Result<T, NotDone> {
    let late = || NotDone::Unavailable("it took the database too long; see whether it was done".to_owned());
    timeout_at(until, work).await.unwrap_or_else(|_| Err(late()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_is_refused_and_what_is_done_is_told() {
        let until = || Instant::now() + Duration::from_millis(10);
        let late = in_time(until(), std::future::pending::<Result<(), _>>()).await;
        assert!(matches!(late, Err(NotDone::Unavailable(_))), "{late:?}");
        assert!(matches!(in_time(until(), async { Ok(1) }).await, Ok(1)));
        assert!(matches!(
            in_time(until(), async { Err::<(), _>(NotDone::Managed) }).await,
            Err(NotDone::Managed)
        ));
    }
}
