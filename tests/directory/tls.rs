//! TLS to a real slapd: who is trusted, and that nothing is said to anybody else.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use jupyterhub_presets::config::directory::{GroupSchema, LdapSettings};
use jupyterhub_presets::directory::DirectoryError;
use tempfile::TempDir;

use super::slapd::Slapd;
use super::{ask, directory, groups, settings};

/// An authority and a certificate of it for `127.0.0.1`, made for one test.
struct Certificates {
    home: TempDir,
}

impl Certificates {
    fn new() -> Self {
        let made = Self { home: TempDir::new().expect("a temporary directory") };
        let (ca, key) = (made.file("ca.pem"), made.file("ca.key"));
        made.openssl(&["req", "-x509", "-subj", "/CN=Test authority", "-days", "2"], &ca, &key, &[]);
        let more = ["-subj", "/CN=ldap", "-days", "2", "-addext", "subjectAltName=IP:127.0.0.1"];
        let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
        let issuer = ["-CA".into(), ca.into_os_string(), "-CAkey".into(), key.into_os_string()];
        let (certificate, key) = (made.file("server.pem"), made.file("server.key"));
        made.openssl(&[&["req", "-x509"], more.as_slice(), &leaf].concat(), &certificate, &key, &issuer);
        made
    }

    fn openssl(
        &self,
        arguments: &[&str],
        certificate: &PathBuf,
        key: &PathBuf,
        issuer: &[std::ffi::OsString],
    ) {
        let made = Command::new("openssl")
            .args(arguments)
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout"])
            .arg(key)
            .arg("-out")
            .arg(certificate)
            .args(issuer)
            .stderr(Stdio::piped())
            .output()
            .expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A server with this certificate, and settings that trust its authority and allow no plaintext.
    fn served(&self) -> Option<(Slapd, LdapSettings)> {
        let slapd = Slapd::with_tls(&self.file("server.pem"), &self.file("server.key"))?;
        let mut settings = settings(slapd.port, &[GroupSchema::Member]);
        settings.urls = vec![format!("ldaps://127.0.0.1:{}", slapd.tls_port.expect("a port for TLS"))];
        settings.plaintext = false;
        settings.ca_file = Some(self.file("ca.pem"));
        Some((slapd, settings))
    }
}

/// Refused before anything is said: neither a retry nor a word in plain text.
async fn untrusted(settings: &LdapSettings, what: &str) {
    let error = ask(&directory(settings), "alice").await.expect_err(what);
    assert!(matches!(error, DirectoryError::Untrusted(_)), "{what}: {error:?}");
}

#[tokio::test]
async fn a_certificate_of_the_given_authority_is_trusted() {
    if !crate::left_out::slapd() {
        return;
    }
    let certificates = Certificates::new();
    let Some((_slapd, settings)) = certificates.served() else { return };
    assert_eq!(groups(&directory(&settings), "alice").await, ["cn=physics"]);
}

#[tokio::test]
async fn starttls_leads_to_the_same_answer() {
    if !crate::left_out::slapd() {
        return;
    }
    let certificates = Certificates::new();
    let Some((slapd, mut settings)) = certificates.served() else { return };
    settings.urls = vec![format!("ldap://127.0.0.1:{}", slapd.port)];
    settings.starttls = true;
    assert_eq!(groups(&directory(&settings), "alice").await, ["cn=physics"]);
}

#[tokio::test]
async fn another_authority_another_name_and_no_tls_at_all_are_not_trusted() {
    if !crate::left_out::slapd() {
        return;
    }
    let (ours, others) = (Certificates::new(), Certificates::new());
    let Some((slapd, settings)) = ours.served() else { return };
    untrusted(
        &LdapSettings { ca_file: Some(others.file("ca.pem")), ..settings.clone() },
        "another authority",
    )
    .await;
    let renamed = settings.urls.iter().map(|url| url.replace("127.0.0.1", "localhost")).collect();
    untrusted(&LdapSettings { urls: renamed, ..settings.clone() }, "another name").await;
    let plain = vec![format!("ldaps://127.0.0.1:{}", slapd.port)];
    let error =
        ask(&directory(&LdapSettings { urls: plain, ..settings }), "alice").await.expect_err("no TLS");
    assert!(matches!(error, DirectoryError::Untrusted(_) | DirectoryError::Unreachable(_)), "{error:?}");
}
