//! Where the hub is, and how this service proves itself to it: from its environment, or the file.

use std::path::PathBuf;

use serde::Deserialize;

use super::Environment;
use super::secret::{HubSecrets, Secret};

/// `hub:` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    secret: Option<Secret>,
    secret_file: Option<PathBuf>,
    api_url: Option<String>,
    api_token: Option<Secret>,
    api_token_file: Option<PathBuf>,
    service: Option<String>,
    oauth_callback_url: Option<String>,
    base_url: Option<String>,
    host: Option<String>,
    public_url: Option<String>,
    public_hub_url: Option<String>,
    cookie_host_prefix: Option<bool>,
    #[serde(default)]
    insecure_cookies: bool,
    tls: Option<HubTls>,
}

/// Files of a hub with `internal_ssl`: what we prove ourselves with, and whom we believe.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubTls {
    pub key_file: PathBuf,
    pub cert_file: PathBuf,
    pub ca_file: PathBuf,
}

/// What the service needs to know of its hub to tell who is calling, and to sign people in.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// As in `http://127.0.0.1:8081/hub/api`: no slash at the end.
    pub api_url: String,
    /// The service's own token; also the client secret of its OAuth.
    pub api_token: Secret,
    /// The service's name at the hub.
    pub service: String,
    /// Its name as an OAuth client.
    pub client_id: String,
    /// As the hub registered it, to the letter: a path, or a URL where services have their own host.
    pub callback_url: String,
    /// Path of the hub's proxy; begins and ends with a slash.
    pub base_url: String,
    /// Origin of the hub where services have their own host; empty otherwise.
    pub host: String,
    /// Where browsers find this service, if the hub says.
    pub public_url: Option<String>,
    /// Where browsers find the hub, if it says.
    pub public_hub_url: Option<String>,
    /// Whether the hub wants cookies named `__Host-…`.
    pub cookie_host_prefix: bool,
    /// Whether sessions travel without TLS: for development only.
    pub insecure_cookies: bool,
    pub tls: Option<HubTls>,
}

impl HubSettings {
    /// Scheme and host of this service for browsers, where it has other ones than the hub.
    pub fn own_origin(&self) -> Option<&str> {
        let ours = self.public_url.as_deref().map(origin)?;
        Some(ours).filter(|ours| !self.host.is_empty() && *ours != origin(&self.host))
    }
}

/// `https://host:port` of an address; all of it where there is no path.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |path| &url[..host + path])
}

/// A mistake: the JSON Pointer of the value, and what is wrong with it.
pub type Mistake = (&'static str, String);

/// Variables of this part; all but the last come from the hub.
pub const VARIABLES: [&str; 14] = [
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_CLIENT_ID",
    "JUPYTERHUB_OAUTH_CALLBACK_URL",
    "JUPYTERHUB_BASE_URL",
    "JUPYTERHUB_HOST",
    "JUPYTERHUB_PUBLIC_URL",
    "JUPYTERHUB_PUBLIC_HUB_URL",
    "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED",
    "JUPYTERHUB_SSL_KEYFILE",
    "JUPYTERHUB_SSL_CERTFILE",
    "JUPYTERHUB_SSL_CLIENT_CA",
    "JUPYTERHUB_SERVICE_NAME",
    "PRESETS_HUB_SECRET",
];

impl Written {
    /// Every path in it, to be settled beside the file.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tls = self.tls.iter_mut();
        let tls = tls.flat_map(|tls| [&mut tls.key_file, &mut tls.cert_file, &mut tls.ca_file]);
        [&mut self.secret_file, &mut self.api_token_file].into_iter().flatten().chain(tls)
    }

    /// Whether a secret stands in it, rather than the name of its file.
    pub fn holds_a_secret(&self) -> bool {
        self.secret.is_some() || self.api_token.is_some()
    }

    /// The secret (or two) of the hub's plugin.
    pub fn secrets(&self, environment: &Environment) -> Result<Option<HubSecrets>, Mistake> {
        if let Some(text) = environment.get("PRESETS_HUB_SECRET") {
            let wrong = |why| ("/hub", format!("PRESETS_HUB_SECRET: {why}"));
            return HubSecrets::read(text).map(Some).map_err(wrong);
        }
        let secret = secret(
            (self.secret.as_ref(), "/hub/secret"),
            (self.secret_file.as_ref(), "/hub/secret_file"),
            "give either secret or secret_file",
        )?;
        secret.map(|(secret, at)| HubSecrets::read(secret.reveal()).map_err(|why| (at, why))).transpose()
    }

    /// The hub, if it is known: by its address and a token of the service.
    ///
    /// # Errors
    /// Where only one of the two is there, or a value cannot be used.
    pub fn settings(self, environment: &Environment, prefix: &str) -> Result<Option<HubSettings>, Mistake> {
        let given = |name: &str| environment.get(name).cloned();
        let own_token = secret(
            (self.api_token.as_ref(), "/hub/api_token"),
            (self.api_token_file.as_ref(), "/hub/api_token_file"),
            "give either api_token or api_token_file",
        )?;
        let token = given("JUPYTERHUB_API_TOKEN").map(Secret::new).or(own_token.map(|(token, _)| token));
        let (api_url, api_token) = match (given("JUPYTERHUB_API_URL").or(self.api_url), token) {
            (Some(url), Some(token)) => (url, token),
            (None, None) => return Ok(None),
            (Some(_), None) => {
                return Err((
                    "/hub",
                    "“hub.api_token_file” is missing: the service's own token of the hub".into(),
                ));
            }
            (None, Some(_)) => {
                return Err(("/hub", "“hub.api_url” is missing, as in http://127.0.0.1:8081/hub/api".into()));
            }
        };
        let api_url = checked_url(&api_url).map_err(|why| ("/hub/api_url", why))?;
        let path = api_url.splitn(4, '/').nth(3).unwrap_or_default();
        let base = format!("/{}", path.strip_suffix("hub/api").unwrap_or_default());
        let base_url = given("JUPYTERHUB_BASE_URL").or(self.base_url).unwrap_or(base);
        if !base_url.starts_with('/') || !base_url.ends_with('/') {
            return Err(("/hub/base_url", "the base URL is a path that begins and ends with /".into()));
        }
        let address =
            |url: Option<String>, at| url.map(|url| checked_url(&url).map_err(|why| (at, why))).transpose();
        let from_hub = [
            given("JUPYTERHUB_SSL_KEYFILE"),
            given("JUPYTERHUB_SSL_CERTFILE"),
            given("JUPYTERHUB_SSL_CLIENT_CA"),
        ];
        let tls = match from_hub.map(|file| file.map(PathBuf::from)) {
            [Some(key_file), Some(cert_file), Some(ca_file)] => Some(HubTls { key_file, cert_file, ca_file }),
            _ => self.tls,
        };
        if tls.is_some() && api_url.starts_with("http://") {
            return Err(("/hub/tls", "tls needs an https:// address of the hub".into()));
        }
        let service =
            given("JUPYTERHUB_SERVICE_NAME").or(self.service).unwrap_or_else(|| "presets".to_owned());
        Ok(Some(HubSettings {
            client_id: given("JUPYTERHUB_CLIENT_ID").unwrap_or_else(|| format!("service-{service}")),
            callback_url: given("JUPYTERHUB_OAUTH_CALLBACK_URL")
                .or(self.oauth_callback_url)
                .unwrap_or_else(|| format!("{prefix}oauth_callback")),
            host: address(given("JUPYTERHUB_HOST").or(self.host), "/hub/host")?.unwrap_or_default(),
            public_url: address(given("JUPYTERHUB_PUBLIC_URL").or(self.public_url), "/hub/public_url")?,
            public_hub_url: address(
                given("JUPYTERHUB_PUBLIC_HUB_URL").or(self.public_hub_url),
                "/hub/public_hub_url",
            )?,
            cookie_host_prefix: given("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED")
                .map_or(self.cookie_host_prefix.unwrap_or_default(), |flag| flag == "1"),
            insecure_cookies: self.insecure_cookies,
            api_url,
            api_token,
            service,
            base_url,
            tls,
        }))
    }
}

type Place<T> = (Option<T>, &'static str);

fn secret(
    (written, at): Place<&Secret>,
    (file, at_file): Place<&PathBuf>,
    both: &str,
) -> Result<Option<(Secret, &'static str)>, Mistake> {
    match (written, file) {
        (Some(_), Some(_)) => Err((at_file, both.to_owned())),
        (Some(secret), None) => Ok(Some((secret.clone(), at))),
        (None, Some(path)) => {
            Secret::from_file(path).map(|secret| Some((secret, at_file))).map_err(|why| (at_file, why))
        }
        (None, None) => Ok(None),
    }
}

/// An address without a slash at its end, and without what does not belong into one.
fn checked_url(url: &str) -> Result<String, String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let plain = |rest: &str| {
        !rest.is_empty()
            && !rest.starts_with(['/', ':'])
            && rest.chars().all(|c| c.is_ascii_graphic() && !"?#@\\".contains(c))
    };
    if rest.is_some_and(plain) {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(format!("“{url}” is no address like https://hub.example.org/hub/api"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    fn settings(file: &str, variables: &[(&str, &str)]) -> Result<Option<HubSettings>, Mistake> {
        let written: Written = super::super::yaml::parse(file, "c.yaml").expect("reads").value;
        let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        written.settings(&environment, "/jh/services/presets/")
    }

    #[test]
    fn a_managed_service_learns_its_hub_from_the_environment() {
        let variables = [
            ("JUPYTERHUB_API_URL", "https://127.0.0.1:8081/jh/hub/api"),
            ("JUPYTERHUB_API_TOKEN", TOKEN),
            ("JUPYTERHUB_SERVICE_NAME", "vorlagen"),
            ("JUPYTERHUB_BASE_URL", "/jh/"),
            ("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "1"),
            ("JUPYTERHUB_SSL_KEYFILE", "/k"),
            ("JUPYTERHUB_SSL_CERTFILE", "/c"),
            ("JUPYTERHUB_SSL_CLIENT_CA", "/a"),
        ];
        let hub = settings("{}", &variables).expect("in order").expect("known");
        assert_eq!((hub.client_id.as_str(), hub.service.as_str()), ("service-vorlagen", "vorlagen"));
        assert_eq!(hub.callback_url, "/jh/services/presets/oauth_callback");
        assert!(hub.cookie_host_prefix && hub.tls.is_some());
        assert!(!format!("{hub:?}").contains(TOKEN));
    }

    #[test]
    fn one_on_its_own_learns_it_from_the_file() {
        let file =
            format!("api_url: http://h:8081/jh/hub/api/\napi_token: {TOKEN}\npublic_url: https://x/jh/\n");
        let hub = settings(&file, &[]).expect("in order").expect("known");
        assert_eq!(hub.api_url, "http://h:8081/jh/hub/api");
        assert_eq!((hub.base_url.as_str(), hub.service.as_str()), ("/jh/", "presets"));
        assert_eq!(hub.public_url.as_deref(), Some("https://x/jh"));
    }

    #[test]
    fn only_a_service_under_a_name_of_its_own_has_an_origin_of_its_own() {
        for (file, own) in [
            ("{}", None),
            ("{public_url: 'https://hub.example.org/services/presets/'}", None),
            (
                "{host: 'https://hub.example.org', public_url: 'https://hub.example.org/services/presets'}",
                None,
            ),
            (
                "{host: 'https://hub.example.org', public_url: 'https://presets.hub.example.org/services/presets/'}",
                Some("https://presets.hub.example.org"),
            ),
        ] {
            let known = [("JUPYTERHUB_API_URL", "http://h/hub/api"), ("JUPYTERHUB_API_TOKEN", TOKEN)];
            let hub = settings(file, &known).expect("in order").expect("known");
            assert_eq!(hub.own_origin(), own, "{file}");
        }
    }

    #[test]
    fn without_a_hub_there_is_none_and_with_half_of_one_it_says_what_is_missing() {
        assert!(settings("{}", &[]).expect("in order").is_none());
        for (file, at, words) in [
            ("api_url: http://h/hub/api".to_owned(), "/hub", "api_token_file"),
            (format!("api_token: {TOKEN}"), "/hub", "api_url"),
            (format!("api_token: {TOKEN}\napi_token_file: x"), "/hub/api_token_file", "either"),
            (format!("api_token: {TOKEN}\napi_url: hub"), "/hub/api_url", "no address"),
            (format!("api_token: {TOKEN}\napi_url: http://u@h/hub/api"), "/hub/api_url", "no address"),
            (
                format!(
                    "api_token: {TOKEN}\napi_url: http://h/\ntls: {{key_file: a, cert_file: b, ca_file: c}}"
                ),
                "/hub/tls",
                "https",
            ),
        ] {
            let (pointer, why) = settings(&file, &[]).expect_err(&file);
            assert!(pointer == at && why.contains(words), "{file}: {pointer} {why}");
        }
    }
}
