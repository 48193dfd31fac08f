//! Signing somebody in: where their browser is sent, and what their code is worth (RFC 6749, 7636).

use ring::digest::{SHA256, digest};
use serde::Deserialize;

use super::{Hub, Trouble};
use crate::config::hub::origin;
use crate::config::secret::Secret;

/// What the hub gives for a code.
#[derive(Debug, Deserialize)]
pub struct Granted {
    pub access_token: Secret,
    /// How long the token is good for, in seconds.
    #[serde(default)]
    pub expires_in: Option<i64>,
}

/// Why there is no token for a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// The code is unknown, used or expired, or was given to another login.
    #[error("the hub does not accept the code")]
    Code,
    /// The hub does not know this service by the token it has: nobody can sign in until somebody acts.
    #[error("the hub does not know this service by its name and api_token")]
    Client,
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// What the token endpoint says of a request it refuses.
#[derive(Debug, Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
}

impl Hub {
    /// Where browsers find the hub's pages, as `/hub/`; with the hub's host where we have another one.
    pub fn pages(&self) -> String {
        let settings = &self.settings;
        let ours = settings.public_url.as_deref().map(origin);
        let host = if ours == Some(origin(&settings.host)) { "" } else { origin(&settings.host) };
        format!("{host}{}hub/", settings.base_url)
    }

    /// Scheme and host of this service for browsers, where hub or configuration say so.
    pub fn public_origin(&self) -> Option<&str> {
        let url = self.settings.public_url.as_deref().unwrap_or(&self.settings.host);
        Some(origin(url)).filter(|origin| !origin.is_empty())
    }

    /// Where a browser goes to sign in. `state` comes back with it; `verifier` stays here.
    ///
    /// Leaves the scopes out: the hub then gives every one that the service may have.
    pub fn authorize_url(&self, state: &str, verifier: &str) -> String {
        let settings = &self.settings;
        let query = form(&[
            ("client_id", &settings.client_id),
            ("redirect_uri", &settings.callback_url),
            ("response_type", "code"),
            ("state", state),
            ("code_challenge", &challenge(verifier)),
            ("code_challenge_method", "S256"),
        ]);
        format!("{}api/oauth2/authorize?{query}", self.pages())
    }

    /// The token for `code`, for whoever holds the verifier.
    ///
    /// # Errors
    /// [`NotGranted`].
    pub async fn exchange(&self, code: &str, verifier: &str) -> Result<Granted, NotGranted> {
        let settings = &self.settings;
        let body = form(&[
            ("client_id", &settings.client_id),
            ("client_secret", settings.api_token.reveal()),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &settings.callback_url),
            ("code_verifier", verifier),
        ]);
        let reply = self.client.post_form("/oauth2/token", body).await?;
        if reply.status == 200 {
            // The text of the error could quote the token.
            return serde_json::from_slice(&reply.body)
                .map_err(|_| Trouble("it gave something else than a token".to_owned()).into());
        }
        let refused: Refused = serde_json::from_slice(&reply.body).unwrap_or_default();
        Err(match (reply.status, refused.error.as_str()) {
            (400 | 401 | 403, "invalid_client" | "unauthorized_client") => NotGranted::Client,
            (400 | 401 | 403, _) => NotGranted::Code,
            (status, _) => Trouble(format!("status {status} for a code")).into(),
        })
    }
}

/// Base64 without padding (RFC 4648 §5) of the verifier's SHA-256.
fn challenge(verifier: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hash = digest(&SHA256, verifier.as_bytes());
    let mut text = String::new();
    for three in hash.as_ref().chunks(3) {
        let byte = |n: usize| u32::from(three.get(n).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.extend((0..=three.len()).map(|n| char::from(DIGITS[(bits >> (18 - 6 * n) & 63) as usize])));
    }
    text
}

/// `application/x-www-form-urlencoded`, good for a query too.
fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

/// `text` with everything escaped that means something in a query.
pub fn escaped(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // RFC 7636, appendix B
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_is_sent_means_itself() {
        assert_eq!(form(&[("a", "b c&d=e/ü"), ("f", "")]), "a=b%20c%26d%3De%2F%C3%BC&f=");
    }

    #[test]
    fn an_origin_is_scheme_and_host() {
        for (url, alone) in [
            ("https://hub.example.org/jh/", "https://hub.example.org"),
            ("http://h:8000", "http://h:8000"),
            ("", ""),
        ] {
            assert_eq!(origin(url), alone);
        }
    }
}
