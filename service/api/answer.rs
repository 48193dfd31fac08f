//! What every answer looks like: its headers, its problem, and the moment when all of it was sent.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::{ConnectionType, Response};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError as _};
use bytes::Bytes;

use super::metrics::Meter;
use super::observe::RequestId;
use super::problem::Problem;
use super::wire::Exchange;

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
         screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
];

/// The answer with the request's name in its problem; what the framework said in its own way becomes one.
pub fn described(mut response: HttpResponse, id: RequestId) -> HttpResponse {
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

/// The answer on its way to `exchange`; the last one of a connection says that it is.
pub fn tracked(response: HttpResponse, exchange: Option<Rc<Exchange>>) -> Response<Tracked> {
    let mut response = Response::from(response);
    if exchange.as_deref().is_some_and(|exchange| exchange.last.get()) {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response.map_body(|_, body| Tracked { body, rest: Bytes::new(), exchange })
}

pub fn dress(headers: &mut HeaderMap, id: RequestId) {
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

/// A body that tells its connection when the last of it was taken, and goes piece by piece: of a long answer that its
/// client does not take, the connection holds a piece, and not a copy of it all.
pub struct Tracked {
    body: BoxBody,
    /// Taken from `body`, and not yet by the connection.
    rest: Bytes,
    exchange: Option<Rc<Exchange>>,
}

/// In bytes.
const PIECE: usize = 32 << 10;

impl MessageBody for Tracked {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let tracked = self.get_mut();
        if tracked.rest.is_empty() {
            match ready!(Pin::new(&mut tracked.body).poll_next(cx)) {
                Some(Ok(bytes)) => tracked.rest = bytes,
                other => return Poll::Ready(other),
            }
        }
        let piece = tracked.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(tracked.rest.split_to(piece))))
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if let Some(exchange) = &self.exchange {
            exchange.answered.set(true);
        }
    }
}
