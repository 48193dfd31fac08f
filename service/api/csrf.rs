//! Whether a browser sends what one of our pages made it send (requirement R23): all three of content
//! type, origin and a token that only our pages know.

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_LENGTH, HeaderName, ORIGIN};

use super::caller::Gate;
use super::problem::Problem;
use crate::desk::session::is_csrf_token;

/// Where a script sends the token of its page.
pub const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// The hidden field of a form that holds it.
pub const FIELD: &str = "csrf";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a route takes: nothing else is read on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    /// `application/json`, or no body at all; the token comes in [`HEADER`].
    Json,
    /// `application/x-www-form-urlencoded`; the token comes in [`FIELD`].
    Form,
}

/// Checks a request that changes something and is made in the session kept under `session`. `token`
/// is what was found where [`Sends`] says.
///
/// # Errors
/// What is wrong. Each of the three is enough to be refused.
pub fn check(
    request: &HttpRequest,
    gate: &Gate,
    sends: Sends,
    session: &str,
    token: Option<&str>,
) -> Result<(), Problem> {
    if !is_of_type(request, sends) {
        return Err(match sends {
            Sends::Json => Problem::wrong_type("in a session, send content-type: application/json"),
            Sends::Form => Problem::wrong_type("send content-type: application/x-www-form-urlencoded"),
        });
    }
    let origin = gate.hub.as_ref().and_then(|hub| hub.public_origin());
    if !is_from_our_pages(request, origin) {
        return Err(refused("this request did not come from a page of this service"));
    }
    if !token.is_some_and(|token| is_csrf_token(&gate.key, session, token)) {
        return Err(refused("the page is too old, or not of this session: reload it and try again"));
    }
    Ok(())
}

fn refused(why: &'static str) -> Problem {
    tracing::warn!("refused in a session: {why}");
    Problem::forbidden(why)
}

fn is_of_type(request: &HttpRequest, sends: Sends) -> bool {
    let sent = request.mime_type().ok().flatten();
    let sent = sent.as_ref().map(actix_web::mime::Mime::essence_str);
    let empty = request.headers().get(CONTENT_LENGTH).is_none_or(|length| length == "0")
        && !request.headers().contains_key("transfer-encoding");
    match sends {
        Sends::Json => {
            sent == Some("application/json") || (empty && !request.headers().contains_key("content-type"))
        }
        Sends::Form => sent == Some("application/x-www-form-urlencoded"),
    }
}

/// What the browser itself says of where a request comes from; scripts cannot set either header.
fn is_from_our_pages(request: &HttpRequest, our_origin: Option<&str>) -> bool {
    let one = |name: &HeaderName| {
        let mut values = request.headers().get_all(name);
        (values.next(), values.next())
    };
    match one(&FETCH_SITE) {
        (Some(site), None) => site == "same-origin",
        (Some(_), Some(_)) => false,
        // A browser of before 2023, or one that does not trust plain http.
        (None, _) => match (one(&ORIGIN), our_origin) {
            ((Some(origin), None), Some(ours)) => origin.as_bytes() == ours.as_bytes(),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::{Sends, is_from_our_pages, is_of_type};

    #[test]
    fn only_our_pages_count_as_ours() {
        let ours = Some("https://hub.example.org");
        for (headers, known, allowed) in [
            (&[("sec-fetch-site", "same-origin")][..], None, true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], ours, true),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://hub.example.org")], ours, false),
            (&[("sec-fetch-site", "cross-site")], ours, false),
            (&[("sec-fetch-site", "none")], ours, false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], ours, false),
            (&[("origin", "https://hub.example.org")], ours, true),
            (&[("origin", "https://hub.example.org")], None, false),
            (&[("origin", "null")], ours, false),
            (&[("origin", "https://hub.example.org.evil.example")], ours, false),
            (&[("origin", "http://hub.example.org")], ours, false),
            (&[], ours, false),
            (&[("referer", "https://hub.example.org/services/presets/")], ours, false),
        ] {
            let request =
                headers.iter().fold(TestRequest::post(), |request, header| request.append_header(*header));
            assert_eq!(is_from_our_pages(&request.to_http_request(), known), allowed, "{headers:?}");
        }
    }

    #[test]
    fn a_route_takes_one_kind_of_body() {
        for (content_type, length, json, form) in [
            (Some("application/json"), "5", true, false),
            (Some("application/json; charset=utf-8"), "5", true, false),
            (Some("application/x-www-form-urlencoded"), "5", false, true),
            (Some("text/plain"), "5", false, false),
            (Some("text/plain;application/json"), "5", false, false),
            (Some("multipart/form-data; boundary=x"), "5", false, false),
            (None, "5", false, false),
            (None, "0", true, false),
        ] {
            let request = TestRequest::post().insert_header(("content-length", length));
            let request = content_type
                .into_iter()
                .fold(request, |request, value| request.insert_header(("content-type", value)));
            let request = request.to_http_request();
            let taken = (is_of_type(&request, Sends::Json), is_of_type(&request, Sends::Form));
            assert_eq!(taken, (json, form), "{content_type:?}");
        }
    }
}
