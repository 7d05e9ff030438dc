//! TLS configurations from PEM: a certificate for servers, trusted roots for clients.
//!
//! The crypto library (aws-lc-rs) is named here and not taken from a process-wide default, so that
//! no order of start-up matters. Certificates are always verified; there is no switch against it,
//! because a password follows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tracing::warn;

/// Why there is no TLS configuration.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No certificate, or text that is not PEM.
    #[error(
        "the certificate is not usable: {0}; give PEM with the server's certificate first, then the chain"
    )]
    Certificate(String),
    /// No private key.
    #[error(
        "the private key is not usable: {0}; give an unencrypted PEM key (PKCS#8, PKCS#1 or SEC1)"
    )]
    Key(String),
    /// Certificate and key do not belong together, or the library refuses them.
    #[error("certificate and key cannot be used: {0}")]
    Pair(rustls::Error),
    /// No root certificates: nothing could be verified.
    #[error("no trusted root certificates found ({0}); install ca-certificates or give a CA file")]
    NoRoots(String),
}

/// Whom a client trusts.
#[derive(Clone, Debug)]
pub enum Roots {
    /// The operating system's list.
    System,
    /// These certificates only, as PEM.
    Pem(Vec<u8>),
}

/// A server's configuration from PEM bytes: certificate chain and private key.
pub fn server_config(chain_pem: &[u8], key_pem: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(chain_pem)?;
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|e| TlsError::Key(e.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    Ok(Arc::new(config))
}

/// [`server_config`] from two files. Reads them at once; meant for start-up.
pub fn server_config_from_files(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    server_config(&read(chain)?, &read(key)?)
}

/// A client's configuration. Make it once and share it: reading the system's roots takes
/// milliseconds, and TLS sessions are resumed only within one configuration.
pub fn client_config(roots: &Roots) -> Result<Arc<ClientConfig>, TlsError> {
    let store = match roots {
        Roots::System => system_roots()?,
        Roots::Pem(pem) => {
            let mut store = RootCertStore::empty();
            for certificate in certificates(pem)? {
                store
                    .add(certificate)
                    .map_err(|e| TlsError::Certificate(e.to_string()))?;
            }
            store
        }
    };
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    let (_, ignored) = store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let why = found
            .errors
            .first()
            .map_or_else(|| "the list is empty".to_owned(), ToString::to_string);
        return Err(TlsError::NoRoots(why));
    }
    let ignored = ignored + found.errors.len();
    if ignored > 0 {
        warn!(
            tls.roots_ignored = ignored,
            "ignored {ignored} unusable root certificates"
        );
    }
    Ok(store)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|e| TlsError::Certificate(e.to_string()))?;
    if chain.is_empty() {
        return Err(TlsError::Certificate("there is none in it".into()));
    }
    Ok(chain)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn pem_makes_both_sides() {
        let (certificate, key) = pair();
        server_config(certificate.as_bytes(), key.as_bytes()).unwrap();
        client_config(&Roots::Pem(certificate.into_bytes())).unwrap();
    }

    #[test]
    fn files_are_read_and_named_in_errors() {
        let (certificate, key) = pair();
        let folder = tempfile::tempdir().unwrap();
        let (chain, private) = (
            folder.path().join("chain.pem"),
            folder.path().join("key.pem"),
        );
        std::fs::write(&chain, certificate).unwrap();
        let error = server_config_from_files(&chain, &private).unwrap_err();
        assert!(error.to_string().contains("key.pem"), "{error}");
        std::fs::write(&private, key).unwrap();
        server_config_from_files(&chain, &private).unwrap();
    }

    #[test]
    fn wrong_pem_says_what_is_wrong() {
        let (certificate, key) = pair();
        let (_, other_key) = pair();
        let no_certificate = server_config(key.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(matches!(no_certificate, TlsError::Certificate(_)));
        let no_key = server_config(certificate.as_bytes(), b"-----nonsense").unwrap_err();
        assert!(matches!(no_key, TlsError::Key(_)));
        let strangers = server_config(certificate.as_bytes(), other_key.as_bytes()).unwrap_err();
        assert!(matches!(strangers, TlsError::Pair(_)));
        let empty = client_config(&Roots::Pem(Vec::new())).unwrap_err();
        assert!(matches!(empty, TlsError::Certificate(_)));
    }
}
