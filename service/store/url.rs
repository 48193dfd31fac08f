//! Where the database is: the scheme chooses it, nothing is guessed, and the password is never shown.

use std::fmt;
use std::str::FromStr;

/// A database's address. `Debug` and `Display` leave out password and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Address);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// The path of a file.
    Sqlite(String),
    /// A URL as libpq reads it.
    Postgres(String),
}

/// Why a text is no address of a database. Quotes nothing of it: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    #[error("write sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE; no other database is known")]
    Scheme,
    #[error("write the path of a file after sqlite:, for example sqlite:/var/lib/presets/presets.sqlite")]
    NoPath,
    #[error("an SQLite database in memory would forget everything at each connection: write a file's path")]
    InMemory,
    #[error("the address contains a character U+0000")]
    Nul,
    #[error("the address has an @ where none belongs: write an @ of the password as %40, a / as %2F")]
    Ambiguous,
}

/// The parameters that say how PostgreSQL is reached; none of them is a secret.
const WAY: [&str; 15] = [
    "channel_binding",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "krbsrvname",
    "port",
    "service",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

impl DatabaseUrl {
    pub(super) fn address(&self) -> &Address {
        &self.0
    }

    /// As another program takes it that finds the password elsewhere.
    pub(super) fn without_password(&self) -> String {
        let parameters = match &self.0 {
            Address::Sqlite(_) => "",
            Address::Postgres(url) => parts(url).1.split_once('?').map_or("", |(_, parameters)| parameters),
        };
        let name = |parameter: &&str| parameter.split_once('=').is_some_and(|(name, _)| WAY.contains(&name));
        let way: Vec<&str> = parameters.split('&').filter(name).collect();
        if way.is_empty() { self.to_string() } else { format!("{self}?{}", way.join("&")) }
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlRefused;

    fn from_str(text: &str) -> Result<Self, UrlRefused> {
        if text.contains('\0') {
            return Err(UrlRefused::Nul);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(UrlRefused::NoPath),
                path if path.contains(":memory:") || path.contains("mode=memory") => {
                    Err(UrlRefused::InMemory)
                }
                // SQLite would read `file:…` as a URI with parameters of its own.
                path if path.starts_with("file:") => Ok(Self(Address::Sqlite(format!("./{path}")))),
                path => Ok(Self(Address::Sqlite(path.to_owned()))),
            };
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(UrlRefused::Scheme);
        }
        if parts(text).1.split('?').next().is_some_and(|place| place.contains('@')) {
            return Err(UrlRefused::Ambiguous);
        }
        Ok(Self(Address::Postgres(text.to_owned())))
    }
}

/// `user:password` and `host:port/database?parameters` of a URL, parted where libpq does: a password may hold `?`.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('@').filter(|(who, _)| !who.contains('/')).unwrap_or(("", rest))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::Sqlite(path) => write!(f, "sqlite:{path}"),
            Address::Postgres(url) => {
                let (who, place) = parts(url);
                let user = who.split(':').next().filter(|user| !user.is_empty());
                let place = place.split(['?', '#']).next().unwrap_or_default();
                let (host, database) = place.split_once('/').unwrap_or((place, ""));
                write!(
                    f,
                    "postgres://{}{host}/{database}",
                    user.map_or(String::new(), |user| format!("{user}@"))
                )
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{DatabaseUrl, UrlRefused};

    fn shown(text: &str) -> String {
        text.parse::<DatabaseUrl>().map_or_else(|refused| refused.to_string(), |url| url.to_string())
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://presets:hush@db.example.org:5432/presets?sslmode=require",
            "postgresql://presets:hush@db.example.org:5432/presets?password=hush",
            "postgres://presets:hu?sh#@db.example.org:5432/presets?sslmode=require",
        ] {
            assert_eq!(shown(text), "postgres://presets@db.example.org:5432/presets");
            let url: DatabaseUrl = text.parse().expect("an address");
            assert!(!format!("{url:?}").contains("hush"));
        }
        for text in [
            "postgress://presets:hush@db/presets",
            "postgres://presets:hu@sh@db/x",
            "postgres://presets:hu/sh@db/x",
            "hush",
        ] {
            let refused = text.parse::<DatabaseUrl>().expect_err("no address");
            assert!(!refused.to_string().contains("hu"), "{refused}");
        }
    }

    #[test]
    fn another_program_is_told_the_way_and_no_password() {
        for (text, told) in [
            ("postgres://u:hush@h:1/d", "postgres://u@h:1/d"),
            ("postgres://u:hush@h/d?sslmode=require&password=hush&x=1", "postgres://u@h/d?sslmode=require"),
            ("postgres://u:hu?sh@h/d?sslmode=require", "postgres://u@h/d?sslmode=require"),
            ("postgres:///d?passw%6Frd=hush&host=/run/pg&user=a@b", "postgres:///d?host=/run/pg&user=a@b"),
            ("postgres://a,b:2/d?port=3&port", "postgres://a,b:2/d?port=3"),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().expect("an address").without_password(), told, "{text}");
        }
    }

    #[test]
    fn the_scheme_chooses_and_nothing_is_guessed() {
        assert_eq!(shown("sqlite:/var/lib/presets.sqlite"), "sqlite:/var/lib/presets.sqlite");
        assert_eq!(shown("sqlite:///var/lib/presets.sqlite"), "sqlite:/var/lib/presets.sqlite");
        assert_eq!(shown("sqlite:presets.sqlite"), "sqlite:presets.sqlite");
        for (text, refused) in [
            ("presets.sqlite", UrlRefused::Scheme),
            ("mysql://db/presets", UrlRefused::Scheme),
            ("sqlite:", UrlRefused::NoPath),
            ("sqlite::memory:", UrlRefused::InMemory),
            ("sqlite:a\0b", UrlRefused::Nul),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(refused), "{text:?}");
        }
    }
}
