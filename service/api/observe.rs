//! Around every request: an id, a place among those answered, a deadline, one line in the log, and the headers of every answer.

use std::fmt;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_http::{Payload, Request, Response};
use actix_service::Service;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _, web};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::address::Addresses;
use super::limits::{Admission, Counts, What, Who};
use super::metrics::Meter;
use super::problem::Problem;
use super::wire::Exchange;
use crate::hub::{Identity, Kind};

/// Names a request in logs, records and answers.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(Uuid);

impl RequestId {
    fn new() -> Self {
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

/// What every answer carries; an answer's own header of that name wins.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        header::PERMISSIONS_POLICY,
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), encrypted-media=(), \
         fullscreen=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), \
         screen-wake-lock=(), serial=(), usb=(), web-share=(), xr-spatial-tracking=()",
    ),
];

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
    let mut asking = None;
    let mut route = None;
    let done = match admitted(shared, &request, exchange.as_deref(), id) {
        Err(problem) => Err(problem),
        Ok(_place) => {
            let handled = AssertUnwindSafe(async { application.call(request).await }).catch_unwind();
            match tokio::time::timeout(shared.patience, handled).await {
                Ok(Ok(Ok(response))) => {
                    route = response.request().match_pattern();
                    asking = response.request().extensions_mut().remove::<Asking>();
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
        method,
        route,
        status = response.status().as_u16(),
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    Response::from(response).map_body(|_, body| Tracked { body, exchange })
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

/// The answer with the request's name in its problem; what the framework said in its own way becomes one.
fn described(mut response: HttpResponse, id: RequestId) -> HttpResponse {
    if response.status().as_u16() < 400 {
        return response;
    }
    let own = response.extensions_mut().remove::<Problem>();
    let plain = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/plain");
    let problem = match own {
        Some(problem) => problem,
        None if response.headers().get(header::CONTENT_TYPE).is_none_or(plain) => {
            Problem::of_status(response.status())
        }
        None => return response,
    };
    let problem = problem.of_request(id);
    let mut response = response.set_body(BoxBody::new(serde_json::to_string(&problem).unwrap_or_default()));
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn dress(headers: &mut HeaderMap, id: RequestId) {
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// The bytes that refuse a request which the application never saw.
pub fn refusal(problem: &Problem, closes: bool, meter: &Meter) -> Vec<u8> {
    let id = RequestId::new();
    let mut response = described(problem.error_response(), id);
    dress(response.headers_mut(), id);
    let status = response.status();
    meter.refused(status);
    tracing::info!(request = %id, status = status.as_u16(), "refused");
    let (response, body) = response.into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    if closes {
        bytes.extend_from_slice(b"connection: close\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    bytes
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

/// A body that tells its connection when the last of it was taken.
pub struct Tracked {
    body: BoxBody,
    exchange: Option<Rc<Exchange>>,
}

impl MessageBody for Tracked {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if let Some(exchange) = &self.exchange {
            exchange.answered.set(true);
        }
    }
}
