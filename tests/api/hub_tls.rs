//! A hub with `internal_ssl`: it is believed by its authority only, and sees our certificate.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use jupyterhub_presets::clock::SystemClock;
use jupyterhub_presets::config::hub::{HubSettings, HubTls};
use jupyterhub_presets::hub::{Freshness, Hub, Unidentified};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use tempfile::TempDir;

use crate::scripted_hub::ScriptedHub;

/// An authority and two certificates of it, as a hub makes them: its own, and the service's.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Self {
        let made = Self(TempDir::new().unwrap());
        made.openssl("authority", &["-subj", "/CN=Test authority"]);
        let name = "subjectAltName=IP:127.0.0.1,DNS:localhost";
        let authority = [made.file("authority.crt"), made.file("authority.key")];
        let authority = authority.map(|path| path.display().to_string());
        for who in ["hub", "service"] {
            let issued = ["-CA", &authority[0], "-CAkey", &authority[1]];
            let leaf = ["-subj", "/CN=x", "-addext", name, "-addext", "basicConstraints=critical,CA:FALSE"];
            made.openssl(who, &[&leaf[..], &issued].concat());
        }
        made
    }

    fn openssl(&self, who: &str, more: &[&str]) {
        let fixed =
            ["req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
        let (key, certificate) = (self.file(&format!("{who}.key")), self.file(&format!("{who}.crt")));
        let mut command = Command::new("openssl");
        command.args(fixed).args(more).arg("-keyout").arg(key).arg("-out").arg(certificate);
        let made = command.output().expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What the service holds of them.
    fn of_service(&self) -> HubTls {
        HubTls {
            key_file: self.file("service.key"),
            cert_file: self.file("service.crt"),
            ca_file: self.file("authority.crt"),
        }
    }

    /// `hub` behind TLS that wants a certificate of this authority; where it is then reached.
    fn before(&self, hub: &ScriptedHub) -> HubSettings {
        let certificate = |name: &str| CertificateDer::from_pem_file(self.file(name)).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate("authority.crt")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
        let key = PrivateKeyDer::from_pem_file(self.file("hub.key")).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate("hub.crt")], key)
            .unwrap();
        let (config, plain) = (Arc::new(config), hub.address);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, mut stream) = (config.clone(), stream.unwrap());
                std::thread::spawn(move || {
                    let mut connection = ServerConnection::new(config).unwrap();
                    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
                    let (mut head, mut byte) = (Vec::new(), [0]);
                    while !head.ends_with(b"\r\n\r\n") {
                        if tls.read_exact(&mut byte).is_err() {
                            return;
                        }
                        head.extend_from_slice(&byte);
                    }
                    let (mut behind, mut answer) = (TcpStream::connect(plain).unwrap(), Vec::new());
                    behind.write_all(&head).unwrap();
                    behind.read_to_end(&mut answer).unwrap();
                    tls.write_all(&answer).unwrap();
                    tls.conn.send_close_notify();
                    let _ = tls.flush();
                });
            }
        });
        let settings = hub.settings();
        HubSettings {
            api_url: format!("https://{address}/hub/api"),
            tls: Some(self.of_service()),
            ..settings
        }
    }
}

async fn identified(settings: HubSettings) -> Result<String, Unidentified> {
    let hub = Arc::new(Hub::new(settings, Arc::new(SystemClock)).unwrap());
    hub.identify("adas", None, Freshness::Now).await.map(|identity| identity.name.to_string())
}

#[tokio::test]
async fn hub_and_service_show_each_other_certificates_of_one_authority() {
    let (ours, others, hub) = (Certificates::new(), Certificates::new(), ScriptedHub::start());
    hub.user("adas", "ada", &[]);
    let settings = ours.before(&hub);
    assert_eq!(identified(settings.clone()).await, Ok("ada".to_owned()));
    let asked = hub.calls();
    let wrong_hub = HubTls { ca_file: others.file("authority.crt"), ..ours.of_service() };
    let wrong_service = HubTls { ca_file: ours.file("authority.crt"), ..others.of_service() };
    for (what, tls) in [
        ("a hub of another authority", Some(wrong_hub)),
        ("our certificate of another authority", Some(wrong_service)),
        ("no files: the machine's authorities", None),
    ] {
        let told = identified(HubSettings { tls, ..settings.clone() }).await;
        assert!(matches!(&told, Err(Unidentified::Trouble(_))), "{what}: {told:?}");
    }
    let plain = settings.api_url.replace("https", "http");
    let told = identified(HubSettings { api_url: plain, tls: None, ..settings }).await;
    assert!(matches!(told, Err(Unidentified::Trouble(_))), "{told:?}");
    assert_eq!(hub.calls(), asked, "nobody else heard the token");
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let (made, hub) = (Certificates::new(), ScriptedHub::start());
    let whole = made.of_service();
    let empty = made.file("empty");
    std::fs::write(&empty, "").unwrap();
    let missing = made.file("missing");
    for (tls, file) in [
        (HubTls { key_file: missing.clone(), ..whole.clone() }, "missing: "),
        (HubTls { cert_file: missing.clone(), ..whole.clone() }, "missing: "),
        (HubTls { ca_file: missing, ..whole.clone() }, "missing: "),
        (HubTls { key_file: empty.clone(), ..whole.clone() }, "empty: holds no private key"),
        (HubTls { cert_file: empty.clone(), ..whole.clone() }, "empty: holds no certificate"),
        (HubTls { ca_file: empty, ..whole.clone() }, "empty: holds no certificate"),
        (HubTls { key_file: made.file("hub.key"), ..whole.clone() }, "service.crt: "),
    ] {
        let settings = HubSettings { tls: Some(tls), ..hub.settings() };
        let refused = Hub::new(settings, Arc::new(SystemClock)).err().map(|(_, why)| why).unwrap_or_default();
        assert!(refused.contains(file), "{file}: {refused:?}");
    }
}
