//! The server: listens before anything else answers, and leaves nothing half done when it ends.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service,
};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, PayloadConfig};
use actix_web::{App, Error};
use futures_util::future::LocalBoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::address::{Addresses, percent_decoded};
use super::caller::Gate;
use super::description::PATHS;
use super::extract::LARGEST_BODY;
use super::limits::{Admission, Counts};
use super::metrics::{self, Meter};
use super::observe::{Observed, Shared};
use super::problem::Problem;
use super::refusals::note_refusals;
use super::wire::{Deadlines, Ending, Porter, Rules};
use super::{assets, health, nothing_here, routes};
use crate::config::listen::Listening;
use crate::desk::Desk;

/// Requests under way get this long to finish once the end is asked for, in seconds.
const DRAIN: u64 = 8;
/// Connections at most, of all workers together: a slow one costs 20 KiB, and a descriptor.
const CONNECTIONS: u64 = 4096;
/// Connections that wait to be accepted, at most.
const WAITING: i32 = 1024;
/// Of what a client has not taken, the system keeps about this much for a connection, in bytes. Left to itself it keeps
/// megabytes, and writing those for a thousand clients at once is what everybody else would wait for.
const UNTAKEN: usize = 64 << 10;
/// Descriptors that are kept for the database, the directory and the hub.
const OTHER_DESCRIPTORS: u64 = 64;
/// How long the other side of a closed connection may take to notice.
const GOODBYE: Duration = Duration::from_secs(1);

/// Where requests come from, and what is taken of them.
pub struct Doors {
    pub listener: TcpListener,
    /// As the configuration says it; its addresses are in `listener` and `metrics` already.
    pub listening: Listening,
    pub metrics: Option<TcpListener>,
    pub deadlines: Deadlines,
    /// Who may speak to the listener, where it speaks TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Doors {
    /// Plain HTTP with the limits of [`Listening::default`].
    pub fn plain(listener: TcpListener) -> Self {
        let listening = Listening::default();
        Self { listener, listening, metrics: None, deadlines: Deadlines::default(), tls: None }
    }
}

/// Adds the pages below a prefix that has no slash at its end.
pub type Pages = fn(&mut web::ServiceConfig, &str);

/// Serves the API, and `pages` beside it, until `end` comes; what is under way then gets [`DRAIN`] seconds.
///
/// # Errors
/// Where the listener cannot be used.
pub async fn serve(
    doors: Doors,
    desk: Arc<Desk>,
    gate: Gate,
    pages: Pages,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 4);
    let Doors { listener, listening, metrics, deadlines, tls } = doors;
    let meter = Arc::new(Meter::default());
    let rules =
        Arc::new(Rules { deadlines, trusted_proxies: listening.trusted_proxies, meter: meter.clone() });
    let prefix = desk.prefix.clone();
    let counts = Arc::new(Counts::new(listening.limits));
    let shared = Arc::new(Shared {
        addresses: Addresses::new(&prefix, || PATHS.patterns().chain(["/assets/{name}"])),
        admission: Admission::new(listening.limits.at_once, listening.limits.reserve),
        counts: counts.clone(),
        meter: meter.clone(),
        patience: deadlines.handler,
        hub: format!("{prefix}api/v1/hub/"),
        free: [format!("{prefix}api/v1/health/live"), format!("{prefix}assets/")],
        believes_proxies: !rules.trusted_proxies.is_empty(),
    });
    let site = Application {
        desk: Data::from(desk),
        gate: Data::new(gate),
        pages,
        counts: Data::from(counts),
        meter: Data::from(meter),
    };
    let mut builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections_per_worker(workers))
        .shutdown_timeout(DRAIN)
        .disable_signals();
    let ending = builder.graceful_shutdown_signal();
    if let Some(listener) = metrics {
        let (site, shared, rules, ending) = (site.clone(), shared.clone(), rules.clone(), ending.clone());
        builder = builder.listen("metrics", listener, move || {
            let (site, shared) = (site.clone(), shared.clone());
            let page = fn_service(move |request: Request| {
                let (site, shared) = (site.clone(), shared.clone());
                async move { Ok::<_, std::convert::Infallible>(figures(&site, &shared, &request).await) }
            });
            plain(rules.clone(), ending.clone()).and_then(http(page))
        })?;
    }
    let application = move || {
        let (site, shared) = (site.clone(), shared.clone());
        fn_factory(move || {
            let (application, shared) = (site.app(), shared.clone());
            async move {
                let application = Rc::new(application.new_service(AppConfig::default()).await?);
                Ok::<_, ()>(Observed { application, shared })
            }
        })
    };
    // The standard library lets 128 wait; a thousand who come at once would keep out the next.
    rustix::net::listen(&listener, WAITING)?;
    rustix::net::sockopt::set_socket_send_buffer_size(&listener, UNTAKEN)?;
    let builder = match tls {
        None => builder.listen("people", listener, move || {
            plain(rules.clone(), ending.clone()).and_then(http(application()))
        })?,
        Some(tls) => builder.listen("people", listener, move || {
            encrypted(rules.clone(), ending.clone(), tls.clone().into()).and_then(http(application()))
        })?,
    };
    let server = builder.run();
    let handle = server.handle();
    tokio::spawn(async move {
        end.await;
        handle.stop(true).await;
    });
    server.await
}

/// What the application is made of, for each worker anew.
#[derive(Clone)]
struct Application {
    desk: Data<Desk>,
    gate: Data<Gate>,
    pages: Pages,
    counts: Data<Counts>,
    meter: Data<Meter>,
}

impl Application {
    fn app(
        &self,
    ) -> impl ServiceFactory<
        Request,
        Config = AppConfig,
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<> {
        // Routes are matched with what a path means, links are made of what it is written as.
        let written = self.desk.prefix.trim_end_matches('/').to_owned();
        let meant = percent_decoded(&written).and_then(|bytes| String::from_utf8(bytes).ok());
        let prefix = meant.unwrap_or_else(|| written.clone());
        let file = web::resource(format!("{prefix}/assets/{{name}}")).get(assets::asset);
        App::new()
            // What is asked most is tried first.
            .configure(|config| routes(config, &prefix))
            .service(file)
            .configure(|config| (self.pages)(config, &prefix))
            .service(web::redirect(prefix.clone(), format!("{written}/")).permanent())
            .app_data(self.desk.clone())
            .app_data(self.gate.clone())
            .app_data(self.counts.clone())
            .app_data(self.meter.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .app_data(
                PathConfig::default()
                    .error_handler(|_, _| Problem::not_found("the path cannot be read").into()),
            )
            .default_service(web::to(nothing_here))
            .wrap(from_fn(note_refusals))
            .into_factory()
    }
}

/// The figures, and whether the service is ready: for whoever looks after it, on this machine and without a certificate.
async fn figures(site: &Application, shared: &Shared, request: &Request) -> Response<BoxBody> {
    let (status, kind, page) = match request.uri().path() {
        "/metrics" => {
            let page = site.meter.page(&site.desk, shared.admission.under_way()).await;
            (StatusCode::OK, metrics::CONTENT_TYPE, page)
        }
        "/ready" => {
            let health = health::health(&site.desk).await;
            let page = serde_json::to_string(&health).unwrap_or_default();
            (health.http_status(), "application/json", page)
        }
        _ => return Response::not_found().map_into_boxed_body(),
    };
    Response::build(status).insert_header(("content-type", kind)).body(page).map_into_boxed_body()
}

type Connection<T> = (Porter<T>, Protocol, Option<std::net::SocketAddr>);
type Connecting<T> = LocalBoxFuture<'static, Result<Connection<T>, DispatchError>>;

/// The same signal, for one connection. The porter waits for it, and not actix: between two requests for actix, a
/// connection may be in the middle of one for us.
fn told(ending: &GracefulShutdownSignal) -> Ending {
    let ending = ending.clone();
    Box::pin(async move { ending.notified().await })
}

/// Connections as they come.
fn plain(
    rules: Arc<Rules>,
    ending: GracefulShutdownSignal,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = Connection<TcpStream>,
    Error = DispatchError,
    InitError = (),
> {
    fn_service(move |io: TcpStream| -> Connecting<TcpStream> {
        let (rules, ending) = (rules.clone(), told(&ending));
        Box::pin(async move {
            // An answer is written at once; waiting for more of it only delays it.
            io.set_nodelay(true)?;
            let peer = io.peer_addr().ok();
            Ok((Porter::new(io, peer, rules, ending), Protocol::Http1, peer))
        })
    })
}

/// Connections of those who show a certificate in time.
fn encrypted(
    rules: Arc<Rules>,
    ending: GracefulShutdownSignal,
    acceptor: TlsAcceptor,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = Connection<tokio_rustls::server::TlsStream<TcpStream>>,
    Error = DispatchError,
    InitError = (),
> {
    fn_service(move |io: TcpStream| -> Connecting<_> {
        let (rules, ending, acceptor) = (rules.clone(), told(&ending), acceptor.clone());
        Box::pin(async move {
            io.set_nodelay(true)?;
            let peer = io.peer_addr().ok();
            let greeted = tokio::time::timeout(rules.deadlines.head, acceptor.accept(io)).await;
            let io = greeted.map_err(|_| DispatchError::DisconnectTimeout)?.inspect_err(|error| {
                tracing::info!("a connection without a certificate we accept: {error}");
            })?;
            Ok((Porter::new(io, peer, rules, ending), Protocol::Http1, peer))
        })
    })
}

/// HTTP/1.1 behind the porter, who keeps the deadlines: the ones here are off.
fn http<T, S, B>(
    service: impl actix_service::IntoServiceFactory<S, Request>,
) -> impl ServiceFactory<Connection<T>, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    S: ServiceFactory<Request, Config = (), Response = Response<B>, Error = std::convert::Infallible>
        + 'static,
    S::InitError: std::fmt::Debug,
    B: actix_web::body::MessageBody + 'static,
{
    HttpService::build()
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(GOODBYE)
        .on_connect_ext(|porter: &Porter<T>, extensions: &mut actix_http::Extensions| {
            extensions.insert(porter.exchange());
        })
        .finish(service)
}

/// As many as descriptors allow, and never so many that they fill the memory.
fn connections_per_worker(workers: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = CONNECTIONS + OTHER_DESCRIPTORS;
    let mut have = current.unwrap_or(wanted);
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if raised > have && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok() {
        have = raised;
    }
    let connections = have.saturating_sub(OTHER_DESCRIPTORS).max(have / 4).min(CONNECTIONS);
    usize::try_from(connections).unwrap_or(usize::MAX).div_ceil(workers).max(8)
}
