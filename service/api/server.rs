//! The server: listens before anything else answers, and leaves nothing half done when it ends.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, PayloadConfig};
use actix_web::{App, HttpServer};
use utoipa_actix_web::AppExt;

use super::caller::Gate;
use super::extract::LARGEST_BODY;
use super::observe::observe;
use super::problem::Problem;
use super::refusals::note_refusals;
use super::{assets, nothing_here, routes, specification};
use crate::desk::Desk;

/// Requests under way get this long to finish once the end is asked for, in seconds.
const DRAIN: u64 = 8;
/// The proxy keeps connections; it must not meet one that we close at the same moment.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);

/// Adds the pages below a prefix that has no slash at its end.
pub type Pages = fn(&mut web::ServiceConfig, &str);

/// Serves the API, and `pages` beside it, until a signal asks for the end.
///
/// # Errors
/// Where the listener cannot be used.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>, gate: Gate, pages: Pages) -> std::io::Result<()> {
    let prefix = desk.prefix.trim_end_matches('/').to_owned();
    let (desk, gate) = (Data::from(desk), Data::new(gate));
    let document = Data::new(specification());
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 4);
    let server = HttpServer::new(move || {
        let file = web::resource(format!("{prefix}/assets/{{name}}")).get(assets::asset);
        let (app, _) = App::new()
            .service(file)
            .configure(|config| pages(config, &prefix))
            .service(web::redirect(prefix.clone(), format!("{prefix}/")).permanent())
            .into_utoipa_app()
            .app_data(desk.clone())
            .app_data(gate.clone())
            .app_data(document.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .app_data(
                PathConfig::default()
                    .error_handler(|_, _| Problem::not_found("the path cannot be read").into()),
            )
            .service(utoipa_actix_web::scope(prefix.as_str()).configure(routes))
            .split_for_parts();
        app.default_service(web::to(nothing_here)).wrap(from_fn(note_refusals)).wrap(from_fn(observe))
    })
    .workers(workers)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD)
    .shutdown_timeout(DRAIN)
    .disable_signals()
    .listen(listener)?
    .run();
    tokio::spawn(end_on_signal(server.handle()));
    server.await
}

/// The hub ends its services with SIGINT, then SIGTERM, then SIGKILL, 30 s apart.
async fn end_on_signal(server: ServerHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be watched: this process ends only by force");
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("asked to end: finishing what is under way");
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::warn!("asked to end twice: ending now");
        std::process::exit(0);
    });
    server.stop(true).await;
}
