//! TLS in which both sides show a certificate: what a hub under `internal_ssl` speaks.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};

use crate::config::listen::TlsFiles;
use crate::config::secret::warn_of_readers;

/// How this service shows itself, and whom it lets speak: only who holds a certificate of the given
/// authority. Another account of the same machine holds none.
///
/// # Errors
/// A sentence that names the file at fault.
pub fn server(files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
    let said = |path: &Path, why: String| format!("{}: {why}", path.display());
    let mut authorities = RootCertStore::empty();
    for authority in certificates(&files.client_ca_file)? {
        authorities.add(authority).map_err(|error| said(&files.client_ca_file, error.to_string()))?;
    }
    let verifier = WebPkiClientVerifier::builder(Arc::new(authorities))
        .build()
        .map_err(|error| said(&files.client_ca_file, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key_file)
        .map_err(|error| said(&files.key_file, error.to_string()))?;
    warn_of_readers(&files.key_file);
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&files.cert_file)?, key)
        .map_err(|error| said(&files.cert_file, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(format!("{} holds no certificate", path.display())),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}
