//! Asks the hub over HTTP: one request, one deadline, an answer of bounded size, no detours.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, redirect};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::Trouble;
use crate::config::hub::{HubSettings, HubTls, Mistake};
use crate::config::secret::warn_of_readers;

/// How long the hub may take for one answer, in all.
pub const DEADLINE: Duration = Duration::from_millis(2_500);
/// Longer answers are not of a hub that says who somebody is.
const LARGEST: usize = 64 << 10;

/// The hub's API.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    api_url: String,
}

/// What the hub answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// Reads the files of `settings` where it names some; connects to nothing yet.
    ///
    /// # Errors
    /// The file that cannot be used.
    pub fn new(settings: &HubSettings) -> Result<Self, Mistake> {
        let mistake = |why: String| ("/hub/tls", why);
        let tls = tls(settings.tls.as_ref()).map_err(mistake)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            // A token goes to the hub and nowhere else: not where a redirect or a proxy's variable leads.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(DEADLINE)
            .pool_max_idle_per_host(16)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| mistake(error.to_string()))?;
        Ok(Self { http, api_url: settings.api_url.clone() })
    }

    /// `GET {api_url}{path}` with `token`.
    ///
    /// # Errors
    /// [`Trouble`] where there is no whole answer in time.
    pub async fn get(&self, path: &str, token: &str) -> Result<Reply, Trouble> {
        self.send(self.request(Method::GET, path).header(AUTHORIZATION, bearer(token)?)).await
    }

    /// `POST {api_url}{path}` with `token` and a JSON body, for an answer that may take as long as `patience`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post_json(
        &self,
        path: &str,
        token: &str,
        body: String,
        patience: Duration,
    ) -> Result<Reply, Trouble> {
        let request = self.request(Method::POST, path).header(AUTHORIZATION, bearer(token)?);
        self.send(request.header(CONTENT_TYPE, "application/json").timeout(patience).body(body)).await
    }

    /// `POST {api_url}{path}` with a form that is encoded already, and no token.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post_form(&self, path: &str, form: String) -> Result<Reply, Trouble> {
        let request = self.request(Method::POST, path);
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api_url)).header(ACCEPT, "application/json")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Reply, Trouble> {
        let mut response = request.send().await.map_err(trouble)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(trouble)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(Trouble(format!("its answer is longer than {LARGEST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status: response.status().as_u16(), body })
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Trouble> {
    let mut bearer = HeaderValue::try_from(format!("token {token}"))
        .map_err(|_| Trouble("a token with odd characters was not sent".to_owned()))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// What went wrong, from the last cause, and without the address it went to.
fn trouble(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    if error.is_timeout() {
        return Trouble(format!("it did not answer within {} s", DEADLINE.as_secs_f32()));
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Trouble(cause.to_string())
}

fn tls(files: Option<&HubTls>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    let Some(files) = files else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    };
    let in_file = |file: &std::path::Path, why: String| format!("{}: {why}", file.display());
    let certificates = |file: &std::path::Path| {
        let text = fs::read(file).map_err(|error| in_file(file, error.to_string()))?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) => Err(in_file(file, "holds no certificate".to_owned())),
            Err(error) => Err(in_file(file, error.to_string())),
        }
    };
    for certificate in certificates(&files.ca_file)? {
        roots.add(certificate).map_err(|error| in_file(&files.ca_file, error.to_string()))?;
    }
    let key = fs::read(&files.key_file).map_err(|error| in_file(&files.key_file, error.to_string()))?;
    warn_of_readers(&files.key_file);
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|_| in_file(&files.key_file, "holds no private key".to_owned()))?;
    builder
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates(&files.cert_file)?, key)
        .map_err(|error| in_file(&files.cert_file, error.to_string()))
}
