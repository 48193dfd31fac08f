//! TLS towards a directory server, from the first byte (`ldaps://`) or after `StartTLS`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::guard;
use crate::directory::DirectoryError;

/// Which authorities to trust: those in `ca_file` alone, or else the system's.
///
/// # Errors
/// A sentence for the administrator, where no usable certificate is found.
pub fn trusting(ca_file: Option<&Path>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let unusable = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
    } else {
        // One unreadable file among the system's must not cost all the others.
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a certificate of the system cannot be read");
        }
        roots.add_parsable_certificates(found.certs);
    }
    if roots.is_empty() {
        return Err("no certificate authority is known: set ca_file".to_owned());
    }
    // The provider is named, as one installed by chance could be missing or another.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A verified TLS session with `host` over `stream`.
pub async fn verified(
    connector: &TlsConnector,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, DirectoryError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        DirectoryError::Untrusted("the server's name is none that a certificate can carry".into())
    })?;
    connector.connect(name, stream).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => DirectoryError::Untrusted(error.to_string()),
        kind => DirectoryError::Unreachable(format!("TLS: {kind}")),
    })
}

/// `LDAPMessage { 1, ExtendedRequest 1.3.6.1.4.1.1466.20037 }` (RFC 4511 §4.14).
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// Where the outcome stands in the reply: `30 len 02 01 01 78 len 0a 01 OUTCOME …`.
const GRANTED: [&[u8]; 2] = [b"\x02\x01\x01\x78", b"\x0a\x01\x00"];

/// Asks the server to go on in TLS. A refusal is an error: there is no way back to plaintext.
///
/// The reply is read to its last byte and no further, so that nothing said before TLS can be
/// taken as said inside it.
pub async fn requested(stream: &mut TcpStream) -> Result<(), DirectoryError> {
    let lost = |error: io::Error| DirectoryError::Unreachable(format!("StartTLS: {}", error.kind()));
    stream.write_all(START_TLS).await.map_err(lost)?;
    let reply = guard::next_message(stream).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => DirectoryError::Protocol("its reply to StartTLS".to_owned()),
        _ => lost(error),
    })?;
    if reply.as_deref().is_some_and(granted) {
        Ok(())
    } else {
        Err(DirectoryError::Untrusted("the server refuses StartTLS".to_owned()))
    }
}

fn granted(reply: &[u8]) -> bool {
    let Some(operation) = guard::contents(reply).and_then(|message| message.strip_prefix(GRANTED[0])) else {
        return false;
    };
    // The operation's own length is all that stands between its tag and its outcome.
    guard::after_length(operation).is_some_and(|outcome| outcome.starts_with(GRANTED[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_is_a_grant() {
        assert!(granted(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"));
        assert!(granted(
            b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"
        ));
        for refusal in [
            b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00",
            b"\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
        ] {
            assert!(!granted(refusal), "{refusal:02x?}");
        }
    }
}
