//! The signals that ask for the end.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::end::end;

/// Comes when somebody asks for the end: the hub with SIGINT, then SIGTERM, then SIGKILL, 30 s apart.
///
/// Watches from the call on, which has to be before anybody is answered: until then a signal ends the process where
/// it stands. Who asks twice does not want to wait: the process ends at once.
pub fn end_asked_for() -> impl Future<Output = ()> + Send {
    let watched = signal(SignalKind::interrupt()).and_then(|one| Ok((one, signal(SignalKind::terminate())?)));
    async {
        let Ok((mut interrupt, mut terminate)) = watched else {
            tracing::error!("signals cannot be watched: this process ends only by force");
            return std::future::pending().await;
        };
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("asked to end: finishing what is under way");
        tokio::spawn(async move {
            either(&mut interrupt, &mut terminate).await;
            tracing::warn!("asked to end twice: ending now");
            end(0);
        });
    }
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
