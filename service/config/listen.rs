//! Where the service listens, with which certificates, whose addresses it believes, and how much it takes at once.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use super::Environment;

/// Certificates of a service that only the proxy may speak to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    pub key_file: PathBuf,
    pub cert_file: PathBuf,
    /// Who signs the certificates of those who may connect.
    pub client_ca_file: PathBuf,
}

impl TlsFiles {
    /// What the hub hands a managed service under `internal_ssl`.
    pub fn of(environment: &Environment) -> Option<Self> {
        let file = |name: &str| environment.get(name).map(PathBuf::from);
        Some(Self {
            key_file: file("JUPYTERHUB_SSL_KEYFILE")?,
            cert_file: file("JUPYTERHUB_SSL_CERTFILE")?,
            client_ca_file: file("JUPYTERHUB_SSL_CLIENT_CA")?,
        })
    }
}

/// How much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// For each principal.
    pub reads: Rate,
    /// For each principal.
    pub writes: Rate,
    /// For each address that nobody has signed in from.
    pub anonymous: Rate,
    /// Requests answered at once.
    pub at_once: usize,
    /// More of them, for the hub alone.
    pub reserve: usize,
}

/// So many at a time, and then so many per second.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub per_second: f32,
    pub burst: f32,
}

impl Rate {
    /// The same, but for more people.
    #[must_use]
    pub fn times(self, factor: f32) -> Self {
        Self { per_second: self.per_second * factor, burst: self.burst * factor }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reads: Rate { per_second: 20.0, burst: 60.0 },
            writes: Rate { per_second: 2.0, burst: 20.0 },
            anonymous: Rate { per_second: 10.0, burst: 40.0 },
            at_once: 256,
            reserve: 64,
        }
    }
}

impl Limits {
    /// # Errors
    /// The pointer below `limits` to a number that stops everybody, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        for (pointer, rate) in [
            ("/limits/reads", self.reads),
            ("/limits/writes", self.writes),
            ("/limits/anonymous", self.anonymous),
        ] {
            if !(rate.per_second > 0.0 && rate.burst >= 1.0) {
                return Err((pointer, "per_second must be above 0, and burst at least 1".to_owned()));
            }
        }
        if self.at_once == 0 {
            return Err(("/limits/at_once", "at least one request must be answered at a time".to_owned()));
        }
        Ok(())
    }
}

/// What the file says about listening, beside the address.
#[derive(Debug, Default, Clone)]
pub struct Listening {
    pub tls: Option<TlsFiles>,
    /// Where figures are given to Prometheus: on this machine only.
    pub metrics: Option<SocketAddr>,
    pub trusted_proxies: BTreeSet<IpAddr>,
    pub limits: Limits,
}

/// `http://127.0.0.1:8889` → the address, and whether it speaks TLS.
///
/// # Errors
/// What is wrong with the URL.
pub fn address_in(url: &str) -> Result<(SocketAddr, bool), String> {
    let (rest, tls) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return Err("only http:// and https:// are understood".to_owned()),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let authority = authority.replace("localhost", "127.0.0.1");
    let address = authority.parse().map_err(|_| format!("“{authority}” is no address with a port"))?;
    Ok((address, tls))
}

/// The address figures are given at.
///
/// # Errors
/// Where others could read them, or the service itself listens.
pub fn metrics_address(text: &str, listen: Option<SocketAddr>) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "write an address and a port, as in 127.0.0.1:9889".to_owned())?;
    if !address.ip().is_loopback() {
        return Err("figures are given on this machine only: use 127.0.0.1 or [::1]".to_owned());
    }
    if listen.is_some_and(|listen| listen.port() == address.port() && address.port() != 0) {
        return Err("the service itself listens on that port".to_owned());
    }
    Ok(address)
}

/// The prefix as it stands in a URL.
///
/// # Errors
/// Where it is no path, or one that two readers could take for different ones.
pub fn checked_prefix(prefix: &str) -> Result<String, String> {
    let odd = |c: char| c.is_control() || "?#\\{}".contains(c);
    let stray = prefix.contains("//") || prefix.split('/').any(|step| matches!(step, "." | ".."));
    if !prefix.starts_with('/') || !prefix.ends_with('/') || stray || prefix.contains(odd) {
        return Err("the prefix must be a plain path that begins and ends with /".to_owned());
    }
    let mut written = String::with_capacity(prefix.len());
    for byte in prefix.bytes() {
        // What is escaped already stays as it is.
        if byte.is_ascii_alphanumeric() || b"/-_.~%@+=:,;!$&'()*".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_stands_as_in_a_url_whichever_way_it_was_written() {
        for (given, written) in [
            ("/services/presets/", "/services/presets/"),
            ("/jh space/ü/", "/jh%20space/%C3%BC/"),
            ("/jh%20space/%C3%BC/", "/jh%20space/%C3%BC/"),
        ] {
            assert_eq!(checked_prefix(given).as_deref(), Ok(written));
        }
        for refused in
            ["services/", "/services", "/a//b/", "/a/../b/", "/a?b/", "/a#/", "/a\\b/", "/{a}/", "/a\n/"]
        {
            assert!(checked_prefix(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn figures_are_for_this_machine_and_on_a_port_of_their_own() {
        let listen = "0.0.0.0:8889".parse().ok();
        assert!(metrics_address("127.0.0.1:9889", listen).is_ok());
        for refused in ["0.0.0.0:9889", "127.0.0.1:8889", "192.0.2.1:1", "9889", "localhost:9889"] {
            assert!(metrics_address(refused, listen).is_err(), "{refused}");
        }
    }
}
