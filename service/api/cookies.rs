//! Our cookies: their names, how far they reach, and how a request's are read.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};

/// The hub's own session, which it shares with every service on its domain.
pub const HUB_SESSION: &str = "jupyterhub-session-id";

/// How far cookies reach, and over what they travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only TLS, only our path (`__Secure-`): on a hub without subdomains, people's servers are
    /// other paths of the same host, and get none of ours.
    Prefix,
    /// Only TLS, the whole host (`__Host-`): for hubs that give every service a host of its own.
    Host,
    /// Our path, without TLS: for development only, by a setting that says so.
    Insecure,
}

/// The cookies of one service: set, cleared and read alike everywhere.
#[derive(Debug, Clone)]
pub struct Cookies {
    reach: Reach,
    /// The end of every name.
    service: String,
    path: String,
}

impl Cookies {
    /// `service` is the hub's name for us, `prefix` the path the hub gave us.
    pub fn new(reach: Reach, service: &str, prefix: &str) -> Self {
        // A cookie's name is a token (RFC 6265 §4.1.1); a service's may be anything.
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let path = if reach == Reach::Host { "/" } else { prefix };
        Self { reach, service: service.chars().map(plain).collect(), path: path.to_owned() }
    }

    /// The cookie that a browser is signed in by.
    pub fn session(&self) -> String {
        self.named("")
    }

    /// The cookie of one login under way; tabs side by side have one each. `state` is the hash it is
    /// kept under.
    pub fn sign_in(&self, state: &str) -> String {
        self.named(&format!("-login-{}", state.get(..16).unwrap_or(state)))
    }

    /// The cookie that counts logins no page followed.
    pub fn attempts(&self) -> String {
        self.named("-attempts")
    }

    fn named(&self, which: &str) -> String {
        let guard = match self.reach {
            Reach::Prefix => "__Secure-",
            Reach::Host => "__Host-",
            Reach::Insecure => "",
        };
        format!("{guard}presets-{}{which}", self.service)
    }

    /// The header that sets a cookie, until the browser closes or for `seconds`.
    ///
    /// `value` is ours: letters, digits, `-` and `_`. `Lax`, not `Strict`: links in mails lead here.
    pub fn set(&self, name: &str, value: &str, seconds: Option<u32>) -> HeaderValue {
        let secure = if self.reach == Reach::Insecure { "" } else { "; Secure" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let text = format!("{name}={value}; Path={}; HttpOnly; SameSite=Lax{secure}{age}", self.path);
        HeaderValue::try_from(text).expect("names, values and paths are checked to be plain")
    }

    /// The header that takes a cookie away.
    pub fn clear(&self, name: &str) -> HeaderValue {
        self.set(name, "", Some(0))
    }
}

/// The value of the one cookie of that name. Two are none: somebody else on the host has set one,
/// and nobody can say which (requirement R20).
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = all(headers).filter(|(found, _)| *found == name).map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value).filter(|value| !value.is_empty())
}

/// Each cookie of a request, by name and value; what is no text hides no other cookie.
pub fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let pairs = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        Some((name.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: &str = "/services/presets/";

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        lines.iter().for_each(|line| {
            headers.append(COOKIE, HeaderValue::from_bytes(line.as_bytes()).expect("a header"))
        });
        headers
    }

    #[test]
    fn a_session_s_cookie_stays_on_our_path_and_out_of_reach_of_scripts() {
        for (reach, text) in [
            (
                Reach::Prefix,
                "__Secure-presets-presets=v; Path=/services/presets/; HttpOnly; SameSite=Lax; Secure",
            ),
            (Reach::Host, "__Host-presets-presets=v; Path=/; HttpOnly; SameSite=Lax; Secure"),
            (Reach::Insecure, "presets-presets=v; Path=/services/presets/; HttpOnly; SameSite=Lax"),
        ] {
            let cookies = Cookies::new(reach, "presets", P);
            assert_eq!(cookies.set(&cookies.session(), "v", None), text);
        }
    }

    #[test]
    fn a_strange_service_makes_no_strange_cookie() {
        let cookies = Cookies::new(Reach::Prefix, "a; b=ü\r\n", P);
        assert_eq!(cookies.session(), "__Secure-presets-a--b----");
    }

    #[test]
    fn one_cookie_is_read_and_of_two_none() {
        for (lines, read_as) in [
            (vec!["a=1; n=v; b=2"], Some("v")),
            (vec!["a=1", "n=v"], Some("v")),
            (vec!["n=v; n=w"], None),
            (vec!["n=w; n=v"], None),
            (vec!["n=v; n=v"], None),
            (vec!["n=v", "n=w"], None),
            (vec!["nn=v; N=v; n"], None),
            (vec!["n="], None),
            (vec!["theirs=ü; n=v"], Some("v")),
            (vec![], None),
        ] {
            assert_eq!(read(&headers(&lines), "n"), read_as, "{lines:?}");
        }
    }
}
