//! Secrets that stand in the configuration file itself: it then has to be kept like a file of a secret.

use super::Written;
use super::secret::Secret;

impl Written {
    /// Whether whoever reads the file knows a secret.
    pub(super) fn holds_a_secret(&self) -> bool {
        self.hub.holds_a_secret()
            || self.database.as_ref().is_some_and(has_a_password)
            || self.directory.ldap.as_ref().is_some_and(|ldap| ldap.bind_password.is_some())
    }
}

/// Whether there is a password in the address of a database: before its host, or among its parameters.
fn has_a_password(database: &Secret) -> bool {
    let Some((scheme, rest)) = database.reveal().split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let who = authority.rsplit_once('@').map_or("", |(who, _)| who);
    scheme != "sqlite" && (who.contains(':') || rest.contains("password="))
}

#[cfg(test)]
mod tests {
    use super::super::{Written, yaml};

    #[test]
    fn a_secret_in_the_file_itself_is_seen_wherever_it_stands() {
        let ldap = |more: &str| {
            format!(
                "directory: {{ldap: {{urls: [ldaps://h], {more} people: {{base: b}}, groups: {{base: b}}}}}}"
            )
        };
        for (text, holds) in [
            ("database: postgres://u:quercus@h:5432/d".to_owned(), true),
            ("database: postgresql://u@h/d?sslmode=require&password=quercus".to_owned(), true),
            ("hub: {secret: quercus}".to_owned(), true),
            ("hub: {api_token: quercus}".to_owned(), true),
            (ldap("bind_dn: cn=r, bind_password: quercus,"), true),
            ("database: postgres://u@h:5432/d".to_owned(), false),
            ("database: postgres://h:5432/d".to_owned(), false),
            ("database: sqlite:///var/password=1@2:3".to_owned(), false),
            ("database: sqlite:p.db".to_owned(), false),
            ("database_file: url".to_owned(), false),
            ("hub: {secret_file: s, api_token_file: t}".to_owned(), false),
            (ldap("bind_dn: cn=r, bind_password_file: p,"), false),
            ("listen: 127.0.0.1:1".to_owned(), false),
        ] {
            let written: Written = yaml::parse(&text, "c.yaml").expect("reads").value;
            assert_eq!(written.holds_a_secret(), holds, "{text}");
        }
    }
}
