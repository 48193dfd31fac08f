//! What of the hub's configuration keeps people out, or their rights from counting; and what to do.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Hub, Kind, Trouble, Unidentified};

/// What the hub's plugin sees of the hub it runs in, and tells with each call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Registration {
    /// What tokens of a sign-in here can carry: `oauth_client_allowed_scopes` and the hub's own additions.
    pub allowed_scopes: Vec<String>,
    /// What the role `user` holds.
    pub user_scopes: Vec<String>,
    /// Whether any role holds `custom:presets:admin`.
    pub administered: bool,
}

/// Longer tellings are not of our plugin.
const LONGEST: usize = 16 << 10;

impl Registration {
    /// Reads what the plugin sent; none where it is not understood, as of a plugin of another version.
    pub fn read(text: &str) -> Option<Self> {
        (text.len() <= LONGEST).then(|| serde_json::from_str(text).ok()).flatten()
    }
}

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A word that never changes.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub detail: String,
}

/// How the hub is set up for this service.
#[derive(Debug)]
pub struct Report {
    pub at: DateTime<Utc>,
    /// Whether the hub answered.
    pub reached: bool,
    /// Whether its plugin told how it is set up, since this process began.
    pub registered: bool,
    pub findings: Vec<Finding>,
}

/// Whose the service's own token is.
type Own = Result<(Kind, String), Unidentified>;

impl Hub {
    /// Keeps what the plugin told, and logs what is wrong with it when that is news.
    pub fn learn(&self, told: &str) {
        let Some(told) = Registration::read(told) else { return };
        let mut registration = self.registration.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if registration.as_deref() != Some(&told) {
            log(&of_registration(&self.settings.service, &told));
            *registration = Some(Arc::new(told));
        }
    }

    /// Looks at the hub now.
    pub async fn examine(&self) -> Report {
        let at = self.clock.now();
        let own = self.introspect(self.settings.api_token.reveal()).await;
        let own: Own = own.map(|identity| (identity.kind, identity.name.to_string()));
        let registration =
            self.registration.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let mut findings: Vec<_> =
            of_token(&self.settings.service, &self.settings.api_url, &own).into_iter().collect();
        let told = registration.as_deref();
        findings.extend(told.map(|told| of_registration(&self.settings.service, told)).into_iter().flatten());
        let reached = !matches!(own, Err(Unidentified::Trouble(_)));
        Report { at, reached, registered: told.is_some(), findings }
    }

    /// Looks at the hub until it answers, and logs what is wrong whenever that is news. Never ends the
    /// service: what is wrong here may be put right while it runs.
    pub async fn watch(self: Arc<Self>) {
        let (mut known, mut pause) = (vec![], Duration::from_secs(1));
        loop {
            let report = self.examine().await;
            if report.findings != known {
                log(&report.findings);
            }
            if report.reached {
                tracing::info!(findings = report.findings.len(), "the hub answers");
                return;
            }
            known = report.findings;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }
}

fn log(findings: &[Finding]) {
    for Finding { code, detail } in findings {
        tracing::warn!(code, "{detail}");
    }
}

fn of_token(service: &str, api_url: &str, own: &Own) -> Option<Finding> {
    match own {
        Ok((Kind::Service, name)) if name == service => None,
        Ok((kind, name)) => Some(Finding {
            code: "own-token-of-another",
            detail: format!(
                "the service's own token belongs to the {kind} “{name}”, not to the service “{service}”: nobody \
                 can sign in. Give it the api_token that the hub's configuration has for “{service}”",
                kind = if *kind == Kind::User { "user" } else { "service" },
            ),
        }),
        Err(Unidentified::Unknown) => Some(Finding {
            code: "own-token-unknown",
            detail: format!(
                "the hub does not know the service's own token: nobody can sign in. It must be the api_token \
                 that the hub's configuration has for the service “{service}”"
            ),
        }),
        Err(Unidentified::Trouble(Trouble(why))) => Some(Finding {
            code: "hub-unreachable",
            detail: format!(
                "the hub gives no usable answer at {api_url} ({why}): nobody can sign in and nothing can be \
                 changed. Check that it runs, and hub.api_url (JUPYTERHUB_API_URL)"
            ),
        }),
    }
}

const CUSTOM: [&str; 4] =
    ["custom:presets:read", "custom:presets:events", "custom:presets:resolve", "custom:presets:admin"];

fn of_registration(service: &str, told: &Registration) -> Vec<Finding> {
    let access = format!("access:services!service={service}");
    let mut findings = Vec::new();
    // With a filter it would be carried, and count for nothing (see `scopes`).
    let carried = |scope: &str| told.allowed_scopes.iter().any(|allowed| allowed == scope);
    let missing: Vec<&str> = CUSTOM.into_iter().filter(|scope| !carried(scope)).collect();
    if !missing.is_empty() {
        findings.push(Finding {
            code: "scopes-not-handed-out",
            detail: format!(
                "whoever signs in arrives without {}: the hub hands out only what the service's \
                 oauth_client_allowed_scopes names. Add them there, or let configure() register the service",
                missing.join(", ")
            ),
        });
    }
    if !super::scopes::admit(told.user_scopes.iter().map(String::as_str), service) {
        findings.push(Finding {
            code: "users-cannot-enter",
            detail: format!(
                "the role “user” does not hold {access}: only the hub's administrators, and whom another role lets in, can open this service. \
                 Add it to c.JupyterHub.extra_user_scopes (or to the role, where load_roles redefines it), or \
                 let configure() do so"
            ),
        });
    }
    let singular = |scope: &&String| scope.starts_with("access:service!");
    if let Some(wrong) = told.allowed_scopes.iter().chain(&told.user_scopes).find(singular) {
        findings.push(Finding {
            code: "singular-scope",
            detail: format!(
                "“{wrong}” is no scope of the hub and opens nothing: write {access}, in the plural"
            ),
        });
    }
    if !told.administered {
        findings.push(Finding {
            code: "no-administrator",
            detail: "no role holds custom:presets:admin: nobody can administer presets. Name people in \
                     configure(c, admins=[…])"
                .to_owned(),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(allowed: &[&str], user: &[&str], administered: bool) -> Vec<&'static str> {
        let owned = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let told = Registration { allowed_scopes: owned(allowed), user_scopes: owned(user), administered };
        of_registration("presets", &told).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn what_is_in_order_is_not_mentioned() {
        assert!(codes(&CUSTOM, &["self", "access:services!service=presets"], true).is_empty());
        assert!(codes(&CUSTOM, &["self", "access:services"], true).is_empty());
    }

    #[test]
    fn each_mistake_is_told_by_itself() {
        let user = &["self", "access:services!service=presets"];
        assert_eq!(codes(&CUSTOM[1..], user, true), ["scopes-not-handed-out"]);
        assert_eq!(codes(&CUSTOM, &["self", "access:services!service=other"], true), ["users-cannot-enter"]);
        let singular = &["access:service!service=presets"];
        assert_eq!(codes(&CUSTOM, singular, true), ["users-cannot-enter", "singular-scope"]);
        assert_eq!(codes(&[&CUSTOM[..], singular].concat(), user, true), ["singular-scope"]);
        let filtered = ["custom:presets:read!user"].iter().chain(&CUSTOM[1..]).copied().collect::<Vec<_>>();
        assert_eq!(codes(&filtered, user, true), ["scopes-not-handed-out"]);
        assert_eq!(codes(&CUSTOM, user, false), ["no-administrator"]);
    }

    #[test]
    fn a_token_has_to_be_ours() {
        let code = |own: Own| of_token("presets", "http://h/hub/api", &own).map(|finding| finding.code);
        assert_eq!(code(Ok((Kind::Service, "presets".to_owned()))), None);
        assert_eq!(code(Ok((Kind::Service, "other".to_owned()))), Some("own-token-of-another"));
        assert_eq!(code(Ok((Kind::User, "presets".to_owned()))), Some("own-token-of-another"));
        assert_eq!(code(Err(Unidentified::Unknown)), Some("own-token-unknown"));
        assert_eq!(code(Err(Trouble("refused".to_owned()).into())), Some("hub-unreachable"));
    }

    #[test]
    fn what_is_not_understood_is_not_learned() {
        let told = r#"{"allowed_scopes":["a"],"user_scopes":[],"administered":true,"more":1}"#;
        assert!(Registration::read(told).is_some(), "a newer plugin may tell more");
        for told in ["", "{}", "[]", r#"{"allowed_scopes":1,"user_scopes":[],"administered":true}"#] {
            assert_eq!(Registration::read(told), None, "{told}");
        }
        let long = format!(
            r#"{{"allowed_scopes":["{}"],"user_scopes":[],"administered":true}}"#,
            "a".repeat(LONGEST)
        );
        assert_eq!(Registration::read(&long), None);
    }
}
