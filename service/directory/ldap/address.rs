//! Where servers are: `ldaps://host[:port]` and `ldap://host[:port]`.

use std::fmt;

/// One server, as written in `directory.ldap.urls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address, without the brackets of IPv6.
    pub host: String,
    pub port: u16,
    pub protection: Protection,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// TLS after an agreement in plain text, before anything else is said.
    StartTls,
    /// None, as the administrator wished.
    Plaintext,
}

impl Address {
    /// The server that `url` names.
    ///
    /// # Errors
    /// A sentence for the administrator, where `url` is of another form or asks for plaintext
    /// that `plaintext` does not permit.
    pub fn of(url: &str, plaintext: bool, starttls: bool) -> Result<Self, String> {
        let refused = |why: &str| format!("{url:?} {why}");
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| refused("does not start with ldaps:// or ldap://"))?;
        let (protection, usual_port) = match (scheme, starttls, plaintext) {
            ("ldaps", ..) => (Protection::Tls, 636),
            ("ldap", true, false) => (Protection::StartTls, 389),
            ("ldap", false, true) => (Protection::Plaintext, 389),
            ("ldap", false, false) => {
                return Err(refused(
                    "is plain text: use ldaps://, or `starttls: true`, or allow it by `plaintext: true`",
                ));
            }
            ("ldap", true, true) => {
                return Err(refused("cannot be both `starttls: true` and `plaintext: true`"));
            }
            _ => return Err(refused("does not start with ldaps:// or ldap://")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) =
                    bracketed.split_once(']').ok_or_else(|| refused("lacks a closing bracket"))?;
                (host, if port.is_empty() { None } else { port.strip_prefix(':').or(Some("")) })
            }
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(allowed) {
            return Err(refused("names no host"));
        }
        let port = match port {
            None => usual_port,
            Some(digits) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or_else(|| refused("has no valid port"))?
            }
        };
        Ok(Self { host: host.to_owned(), port, protection })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ports_and_given_ones() {
        for (url, shown) in [
            ("ldaps://ldap.example.org", "ldap.example.org:636"),
            ("ldaps://ldap.example.org/", "ldap.example.org:636"),
            ("ldaps://[2001:db8::7]:1636", "[2001:db8::7]:1636"),
            ("ldaps://[::1]", "[::1]:636"),
            ("ldap://127.0.0.1:3890", "127.0.0.1:3890"),
            ("ldap://ldap", "ldap:389"),
        ] {
            assert_eq!(
                Address::of(url, true, false).map(|address| address.to_string()),
                Ok(shown.to_owned()),
                "{url}"
            );
        }
    }

    #[test]
    fn plaintext_needs_a_word() {
        assert!(Address::of("ldap://ldap", false, false).is_err());
        assert_eq!(Address::of("ldap://ldap", false, true).map(|a| a.protection), Ok(Protection::StartTls));
        assert_eq!(Address::of("ldap://ldap", true, false).map(|a| a.protection), Ok(Protection::Plaintext));
        assert!(Address::of("ldap://ldap", true, true).is_err());
        assert_eq!(Address::of("ldaps://ldap", false, false).map(|a| a.protection), Ok(Protection::Tls));
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for url in [
            "ldap",
            "http://x",
            "ldap://",
            "ldap://a:b",
            "ldap://a:0",
            "ldap://[::1",
            "ldap://[::1]x",
            "ldap://u@h",
            "ldap://h/dc=x",
        ] {
            assert!(Address::of(url, true, false).is_err(), "{url}");
        }
    }
}
