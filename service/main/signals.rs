//! The signals that ask for the end.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Comes when somebody asks for the end: the hub with SIGINT, then SIGTERM, then SIGKILL, 30 s apart.
///
/// Who asks twice does not want to wait: the process ends at once.
pub async fn end_asked_for() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be watched: this process ends only by force");
        return std::future::pending().await;
    };
    either(&mut interrupt, &mut terminate).await;
    tracing::info!("asked to end: finishing what is under way");
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::warn!("asked to end twice: ending now");
        std::process::exit(0);
    });
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
