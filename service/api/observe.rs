//! Around every request: an id, a place among those answered, a deadline, one line in the log, and the headers of every answer.

use std::fmt;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_http::{Payload, Request, Response};
use actix_service::Service;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, HttpRequest, ResponseError as _, web};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::address::Addresses;
use super::answer::{Tracked, described, dress, tracked};
use super::caller::Mark;
use super::limits::{Admission, Counts, What, Who};
use super::metrics::Meter;
use super::problem::Problem;
use super::wire::Exchange;
use crate::hub::{Identity, Kind};

/// Names a request in logs, records and answers.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(Uuid);

impl RequestId {
    pub(super) fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// As an URI.
    pub fn urn(self) -> String {
        self.0.urn().to_string()
    }

    /// Of its random part: between 1 and 5 seconds, so that those who were turned away do not return as one.
    fn delay(self) -> u64 {
        u64::from(self.0.as_bytes()[15] % 5) + 1
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

/// Who was found to be asking, for the log.
struct Asking(String);

/// Notes who asks, and counts it; whoever asks for the hub is counted by nobody.
///
/// # Errors
/// [`Problem::too_many`], where they ask too often.
pub fn found(request: &HttpRequest, identity: &Identity, for_hub: bool) -> Result<(), Problem> {
    let (kind, name) = match identity.kind {
        Kind::User => ("user", identity.name.to_string()),
        Kind::Service => ("service", identity.name.to_string()),
    };
    let counts = request.app_data::<web::Data<Counts>>().filter(|_| !for_hub);
    let what = if request.method().is_safe() { What::Read } else { What::Write };
    let told = counts.map_or(Ok(()), |counts| counts.take(Who::Known(kind, &name), what));
    request.extensions_mut().insert(Asking(format!("{kind} {name}")));
    told.map_err(|seconds| Problem::too_many("ask less often; waiting a little helps").after(seconds))
}

/// What all connections share.
pub struct Shared {
    pub addresses: Addresses,
    pub admission: Admission,
    pub counts: Arc<Counts>,
    pub meter: Arc<Meter>,
    /// How long a handler may take.
    pub patience: Duration,
    /// Where the hub's own routes begin, encoded: they have places in reserve.
    pub hub: String,
    /// What is asked often and costs nothing: the sign of life, and the assets.
    pub free: [String; 2],
    pub believes_proxies: bool,
}

/// The outermost layer: what the server calls, around the application.
pub struct Observed<S> {
    pub application: Rc<S>,
    pub shared: Arc<Shared>,
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = Response<Tracked>;
    type Error = std::convert::Infallible;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: Request) -> Self::Future {
        let (application, shared) = (self.application.clone(), self.shared.clone());
        Box::pin(async move { Ok(answer(&*application, &shared, request).await) })
    }
}

async fn answer<S>(application: &S, shared: &Shared, mut request: Request) -> Response<Tracked>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    let (id, began) = (RequestId::new(), Instant::now());
    let exchange = request.conn_data::<Rc<Exchange>>().cloned();
    if !matches!(request.payload(), Payload::None) {
        // The body is there already; after one turn the server has noticed, and an early refusal
        // does not cost the connection.
        one_turn().await;
    }
    let method = known(request.method());
    if method == "HEAD" {
        // The server leaves the body of the answer out by itself.
        request.head_mut().method = Method::GET;
    }
    request.extensions_mut().insert(id);
    let (mut asking, mut mark, mut route) = (None, None, None);
    let done = match admitted(shared, &request, exchange.as_deref(), id) {
        Err(problem) => Err(problem),
        Ok(_place) => {
            let handled = AssertUnwindSafe(async { application.call(request).await }).catch_unwind();
            match tokio::time::timeout(shared.patience, handled).await {
                Ok(Ok(Ok(response))) => {
                    route = response.request().match_pattern();
                    asking = response.request().extensions_mut().remove::<Asking>();
                    mark = response.request().extensions_mut().remove::<Mark>();
                    Ok(response.into_parts().1)
                }
                Ok(Ok(Err(error))) => Ok(error.error_response()),
                Ok(Err(_panic)) => {
                    shared.meter.panics.inc();
                    Err(Problem::internal("tell the administrator the request id"))
                }
                Err(_elapsed) => {
                    Err(Problem::busy("the answer was not ready in time; try again").after(id.delay()))
                }
            }
        }
    };
    let mut response = done.unwrap_or_else(|problem| problem.error_response());
    if response.status() == StatusCode::UNAUTHORIZED
        && let Err(seconds) = shared.counts.take(nobody(shared, exchange.as_deref()), What::Read)
    {
        response = Problem::too_many("too many tries without a valid token").after(seconds).error_response();
    }
    let mut response = described(response, id);
    dress(response.headers_mut(), id);
    let (route, took) = (route.as_deref().unwrap_or("-"), began.elapsed());
    shared.meter.answered(method, route, response.status(), took.as_secs_f64());
    tracing::info!(
        request = %id,
        principal = asking.map(|Asking(name)| shown(&name)),
        token = mark.map(|Mark(mark)| mark),
        method,
        route,
        status = response.status().as_u16(),
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    tracked(response, exchange)
}

/// Lets a request in, or says why not.
fn admitted<'a>(
    shared: &'a Shared,
    request: &Request,
    exchange: Option<&Exchange>,
    id: RequestId,
) -> Result<Option<super::limits::Place<'a>>, Problem> {
    let path = request.uri().path();
    if !shared.addresses.is_plain(path) {
        return Err(Problem::not_found("no route of this service has that path"));
    }
    if shared.free.iter().any(|free| path.starts_with(free.as_str())) {
        return Ok(None);
    }
    let headers = request.headers();
    if !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE) {
        let seconds = shared.counts.take(nobody(shared, exchange), What::Read).err();
        if let Some(seconds) = seconds {
            return Err(Problem::too_many("sign in, or ask less often").after(seconds));
        }
    }
    match shared.admission.enter(path.starts_with(&shared.hub)) {
        Some(place) => Ok(Some(place)),
        None => Err(Problem::busy("too many requests are being answered; try again").after(id.delay())),
    }
}

/// Somebody unknown, by what their connection tells.
fn nobody(shared: &Shared, exchange: Option<&Exchange>) -> Who<'static> {
    match exchange.and_then(|exchange| exchange.client.get()) {
        // Most likely the proxy, with everybody behind it.
        Some(client) if client.is_loopback() && !shared.believes_proxies => Who::Crowd,
        Some(client) => Who::Peer(client),
        None => Who::Crowd,
    }
}

/// The method as it may be logged and counted: one of those there are.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// A text from outside as it may be logged: short, and on one line, whatever it holds.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 256;
    text.chars().take(LONGEST).flat_map(char::escape_debug).take(LONGEST).collect()
}

async fn one_turn() {
    let mut had = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut had, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use actix_service::{IntoServiceFactory as _, ServiceFactory as _};
    use actix_web::dev::AppConfig;
    use actix_web::http::header::HeaderValue;
    use actix_web::{App, HttpResponse};

    use super::*;
    use crate::config::listen::Limits;

    async fn panics() -> HttpResponse {
        panic!("on purpose")
    }

    async fn never() -> HttpResponse {
        std::future::pending().await
    }

    async fn observed(
        patience: Duration,
        at_once: usize,
    ) -> Observed<impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>> {
        let app = App::new().route("/p/panics", web::get().to(panics)).route("/p/never", web::to(never));
        let shared = Shared {
            addresses: Addresses::new("/p/", || []),
            admission: Admission::new(at_once, 1),
            counts: Arc::new(Counts::new(Limits::default())),
            meter: Arc::default(),
            patience,
            hub: "/p/hub/".to_owned(),
            free: ["/p/live".to_owned(), "/p/assets/".to_owned()],
            believes_proxies: false,
        };
        let application = app.into_factory().new_service(AppConfig::default()).await.expect("an application");
        Observed { application: Rc::new(application), shared: Arc::new(shared) }
    }

    fn asking(path: &'static str) -> Request {
        let mut request = Request::new();
        request.head_mut().uri = actix_web::http::Uri::from_static(path);
        // Somebody, so that nobody counts.
        request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        request
    }

    fn after(response: &Response<Tracked>) -> u64 {
        let header = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        header.and_then(|value| value.parse().ok()).expect("Retry-After")
    }

    #[actix_web::test]
    async fn a_panic_is_a_problem_and_takes_nothing_with_it() {
        let observed = observed(Duration::from_secs(5), 4).await;
        for _ in 0..1_000 {
            let Ok(response) = observed.call(asking("/p/panics")).await;
            assert_eq!(response.status(), 500);
            let kind = response.headers().get(header::CONTENT_TYPE).expect("a type");
            assert_eq!(kind, "application/problem+json");
        }
        assert_eq!(observed.shared.meter.panics.get(), 1_000);
        assert_eq!(observed.shared.admission.under_way(), 0);
    }

    #[actix_web::test]
    async fn a_handler_that_never_ends_is_given_up() {
        let observed = observed(Duration::from_millis(20), 4).await;
        let Ok(response) = observed.call(asking("/p/never")).await;
        assert_eq!(response.status(), 503);
        assert!((1..=5).contains(&after(&response)));
        assert_eq!(observed.shared.admission.under_way(), 0);
    }

    #[actix_web::test]
    async fn who_finds_no_place_is_told_at_once_and_the_hub_still_finds_one() {
        let observed = observed(Duration::from_millis(500), 2).await;
        let mut under_way: Vec<_> = (0..2).map(|_| observed.call(asking("/p/never"))).collect();
        for call in &mut under_way {
            assert!(futures_util::poll!(call).is_pending());
        }
        let mut delays = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let began = Instant::now();
            let Ok(response) = observed.call(asking("/p/panics")).await;
            assert_eq!(response.status(), 503);
            delays.insert(after(&response));
            assert!(began.elapsed() < Duration::from_millis(10), "{:?}", began.elapsed());
        }
        assert_eq!(delays, (1..=5).collect());
        let Ok(response) = observed.call(asking("/p/hub/form")).await;
        assert_eq!(response.status(), 404);
        drop(under_way);
        assert_eq!(observed.shared.admission.under_way(), 0);
    }

    #[test]
    fn what_comes_from_outside_is_shown_short_and_on_one_line() {
        assert_eq!(shown("user alice"), "user alice");
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\u{1b}[31m\\u{202e}");
        assert_eq!(shown(&"\n".repeat(1 << 20)).chars().count(), 256);
    }
}
