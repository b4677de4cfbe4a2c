//! The connection to a hall: who vouches for it, and the live room over it.

use std::fmt;
use std::sync::Arc;

use kaibiao_wire::{FRAME_LEN_MAX, Label};
use reqwest::Url;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::args::AtHall;
use crate::failure::Failure;
use crate::files;

/// Bytes of the longest file of certificates: room for the collection of a whole system.
pub(crate) const ROOTS_MAX: usize = 4 << 20;

/// Plain TCP or TLS.
pub(crate) trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// A live room.
pub(crate) type Room = WebSocketStream<Box<dyn Line>>;

/// The certificates that may vouch for a hall. Those of the machine are not among them unless the
/// person names their file.
#[derive(Clone)]
pub(crate) struct Roots {
    pem: Vec<u8>,
    tls: TlsConnector,
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots").field("pem", &self.pem.len()).finish_non_exhaustive()
    }
}

impl Roots {
    /// Reads the file of `--tls-root`.
    pub(crate) fn load(at: &AtHall) -> Result<Option<Self>, Failure> {
        let Some(path) = &at.tls_root else { return Ok(None) };
        let pem = files::read(path, ROOTS_MAX)?;
        let roots = Self::parse(pem).map_err(|failure| failure.at(&path.display().to_string()))?;
        Ok(Some(roots))
    }

    fn parse(pem: Vec<u8>) -> Result<Self, Failure> {
        let bad = |why: &str| Failure::new(Label::BadInput, format!("--tls-root: {why}"));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| bad(&error.to_string()))?;
            roots.add(certificate).map_err(|error| bad(&error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(bad("there is no certificate in it"));
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { pem, tls: Arc::new(config).into() })
    }

    /// PEM of the certificates.
    pub(crate) fn pem(&self) -> &[u8] {
        &self.pem
    }
}

/// Enters a live room; `None` if it was not reached, whatever the reason.
pub(crate) async fn enter(hall: &Url, roots: Option<&Roots>, path: &str) -> Option<Room> {
    let host = hall.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let tcp = TcpStream::connect((host.as_str(), hall.port_or_known_default()?)).await.ok()?;
    tcp.set_nodelay(true).ok()?;
    let (scheme, line): (_, Box<dyn Line>) = match roots {
        Some(roots) if hall.scheme() == "https" => {
            let name = ServerName::try_from(host).ok()?;
            ("wss", Box::new(roots.tls.connect(name, tcp).await.ok()?))
        }
        _ => ("ws", Box::new(tcp)),
    };
    let authority = hall.as_str().split_once("://")?.1.trim_end_matches('/');
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_LEN_MAX))
        .max_frame_size(Some(FRAME_LEN_MAX));
    let url = format!("{scheme}://{authority}{path}");
    let entered = client_async_with_config(url, line, Some(config)).await;
    entered.ok().map(|(room, _)| room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_vouch() {
        drop(rustls::crypto::ring::default_provider().install_default());
        for (text, why) in [
            ("", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "--tls-root"),
            ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "no certificate"),
        ] {
            let refused = format!("{:?}", Roots::parse(text.as_bytes().to_vec()).unwrap_err());
            assert!(refused.contains(why), "{refused}");
        }
    }
}
