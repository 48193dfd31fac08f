//! Who may speak to the service at all: certificates where it speaks TLS, and the figures' own address.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use jupyterhub_presets::api::server::Doors;
use jupyterhub_presets::api::wire::tls;
use jupyterhub_presets::config::listen::TlsFiles;
use jupyterhub_presets::store::Store;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{GROUPS, SITE, form, resolve};
use crate::running::{Answer, PREFIX, Running, doors};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

/// Somebody who signs certificates, as the hub does under `internal_ssl`.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
struct Shown(rcgen::Certificate, KeyPair);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn signs(&self) -> Shown {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        Shown(params.signed_by(&key, &self.0).unwrap(), key)
    }
}

/// A client's side of TLS, that trusts `authority` and shows `shown`.
fn client(authority: &Authority, shown: Option<&Shown>) -> Arc<ClientConfig> {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    Arc::new(match shown {
        None => config.with_no_client_auth(),
        Some(Shown(certificate, key)) => {
            let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    })
}

/// What a client hears of the sign of life: nothing where it is not let in.
fn heard(address: SocketAddr, config: &Arc<ClientConfig>) -> std::io::Result<String> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let name = "localhost".try_into().unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), stream);
    let request =
        format!("GET {PREFIX}api/v1/health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Err(error) if text.is_empty() => Err(error),
        _ => Ok(text),
    }
}

fn start(doors: impl FnOnce(TcpListener) -> Doors + Send + 'static) -> Running {
    let scratch = Scratch::sqlite();
    let store = Store::open(&scratch.url(), 4);
    Running::start_behind(store, SITE, GROUPS, &ScriptedHub::start(), doors).keeping(scratch)
}

#[tokio::test]
async fn under_tls_only_who_shows_a_certificate_of_the_authority_is_heard() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (service, proxy, stranger) = (ours.signs(), ours.signs(), theirs.signs());
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    rustls::crypto::ring::default_provider().install_default().ok();
    let config = tls::server(&TlsFiles {
        key_file: place("key.pem", service.1.serialize_pem()),
        cert_file: place("cert.pem", service.0.pem()),
        client_ca_file: place("ca.pem", ours.0.pem()),
    })
    .unwrap();
    let running = start(|listener| Doors { tls: Some(config), ..doors(listener) });
    let address = running.address;
    let answer = heard(address, &client(&ours, Some(&proxy))).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(heard(address, &client(&ours, None)).is_err(), "without a certificate");
    assert!(heard(address, &client(&ours, Some(&stranger))).is_err(), "with somebody else's");
    assert!(heard(address, &client(&theirs, Some(&proxy))).is_err(), "the service is not the one expected");
    let mut plain = TcpStream::connect(address).unwrap();
    plain.write_all(b"GET /services/presets/ HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let _ = plain.read_to_end(&mut bytes);
    assert!(!bytes.starts_with(b"HTTP"), "{:?}", String::from_utf8_lossy(&bytes));
    // Hundreds that never finish their greeting keep nobody out.
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert!(heard(address, &client(&ours, Some(&proxy))).unwrap().starts_with("HTTP/1.1 200"));
    drop(silent);
}

#[test]
fn files_that_are_no_certificates_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.pem");
    std::fs::write(&path, "").unwrap();
    let files = TlsFiles { key_file: path.clone(), cert_file: path.clone(), client_ca_file: path.clone() };
    assert!(tls::server(&files).unwrap_err().contains("empty.pem holds no certificate"));
    let gone = TlsFiles { client_ca_file: folder.path().join("gone.pem"), ..files };
    assert!(tls::server(&gone).unwrap_err().contains("gone.pem"));
}

#[tokio::test]
async fn figures_are_given_at_their_own_address_and_nowhere_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let service = start(|own| Doors { metrics: Some(listener), ..doors(own) });
    let hub = |options| service.hub("resolve", &resolve("alice", &options)).status;
    assert_eq!(hub(serde_json::json!({ "preset": "small" })), 200);
    assert_eq!(hub(serde_json::json!({ "preset": "nothing" })), 403);
    assert_eq!(service.hub("form", &form("alice")).status, 200);
    assert_eq!(service.get("/services/presets/nothing/somebody-typed").status, 404);
    let mut wire = TcpStream::connect(service.address).unwrap();
    wire.write_all(b"nonsense\r\n\r\n").unwrap();
    let _ = wire.read_to_string(&mut String::new());
    let page = |path: &str| -> Answer { Running::ask(address, "GET", path, &[], "") };
    let answer = page("/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    for line in [
        r#"presets_http_requests_total{method="POST",route="/services/presets/api/v1/hub/resolve",status="200"} 1"#,
        r#"presets_http_requests_total{method="POST",route="/services/presets/api/v1/hub/resolve",status="403"} 1"#,
        r#"presets_http_requests_total{method="GET",route="-",status="404"} 1"#,
        r#"presets_http_request_duration_seconds_count{route="/services/presets/api/v1/hub/form"} 1"#,
        r#"presets_http_refused_total{status="400"} 1"#,
        r#"presets_starts_total{outcome="given"} 1"#,
        r#"presets_starts_total{outcome="refused"} 1"#,
        r#"presets_part_up{part="database"} 1"#,
        r#"presets_http_in_flight 0"#,
        concat!(r#"presets_build{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
    ] {
        assert!(answer.body.lines().any(|have| have == line), "{line} is not in\n{}", answer.body);
    }
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    assert!(!answer.body.contains("somebody-typed"), "{}", answer.body);
    let ready = page("/ready");
    assert_eq!(
        (ready.status, &ready.json()["database"]),
        (200, &serde_json::json!("answering")),
        "{ready:?}"
    );
    assert_eq!(page("/").status, 404);
    for elsewhere in [format!("{PREFIX}metrics"), "/metrics".to_owned(), "/ready".to_owned()] {
        assert_eq!(service.get(&elsewhere).status, 404, "{elsewhere}");
    }
}
