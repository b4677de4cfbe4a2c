//! The opening handshake of a WebSocket (RFC 6455 section 4.2), for sockets that we serve ourselves.

use std::io::{ErrorKind, Read as _};

use axum::extract::Request;
use axum::http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::{Parts, downcast};
use kaibiao_fanout::Stream;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::ServerConnection;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The request asks for something else.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this address speaks WebSocket, version 13, over HTTP/1.1")]
pub struct NoWebSocket;

/// What the accept key is made with (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A connection that becomes a WebSocket once its answer is sent.
#[derive(Debug)]
pub struct Upgrade {
    accept: HeaderValue,
    on_upgrade: OnUpgrade,
}

impl Upgrade {
    /// Reads the client's side of the handshake.
    ///
    /// # Errors
    ///
    /// [`NoWebSocket`] if the request does not ask for a WebSocket of version 13.
    pub fn of(mut request: Request) -> Result<Self, NoWebSocket> {
        let headers = request.headers();
        let asked = has_token(headers, &CONNECTION, "upgrade")
            && has_token(headers, &UPGRADE, "websocket")
            && has_token(headers, &SEC_WEBSOCKET_VERSION, "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asked);
        let accept = key.and_then(|key| accept(key.as_bytes()));
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let (Some(accept), Some(on_upgrade)) = (accept, on_upgrade) else {
            return Err(NoWebSocket);
        };
        Ok(Self { accept, on_upgrade })
    }

    /// The answer to the request.
    pub fn answer(&self) -> Response {
        let headers = [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.accept.clone()),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }

    /// The connection, and what the client sent behind its request; `None` if the client has gone.
    pub async fn connection(self) -> Option<(Stream, Bytes)> {
        let upgraded = self.on_upgrade.await.ok()?;
        // What the client sent is copied: the buffer that it lies in is large and would live as long
        // as the reader.
        match downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(Parts { io, read_buf, .. }) => {
                Some((io.into_inner().into(), Bytes::copy_from_slice(&read_buf)))
            }
            Err(upgraded) => {
                let Parts { io, read_buf, .. } =
                    downcast::<TokioIo<TlsStream<TcpStream>>>(upgraded).ok()?;
                let (tcp, mut tls) = io.into_inner().into_inner();
                let mut early = read_buf.to_vec();
                early.extend(decrypted(&mut tls)?);
                Some((Stream::tls(tcp, tls), early.into()))
            }
        }
    }
}

/// What a TLS connection has decrypted and nobody has read yet; `None` if it has ended.
fn decrypted(tls: &mut ServerConnection) -> Option<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 1_024]);
    loop {
        match tls.reader().read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => all.extend_from_slice(buffer.get(..count)?),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(all),
            Err(_) => return None,
        }
    }
}

/// Whether a comma separated header names a token, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(token))
}

/// The answer to a key; `None` if it is not 16 bytes in Base64.
fn accept(key: &[u8]) -> Option<HeaderValue> {
    STANDARD.decode(key).ok().filter(|nonce| nonce.len() == 16)?;
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, GUID].concat());
    HeaderValue::try_from(STANDARD.encode(digest)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of section 1.3.
    #[test]
    fn a_key_is_answered() {
        let answer = accept(b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(answer, Some(HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
        for wrong in [&b""[..], b"dGhlIHNhbXBsZSBub25j", b"dGhlIHNhbXBsZSBub25jZQ", b"\xff"] {
            assert_eq!(accept(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn tokens_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        assert!(has_token(&headers, &CONNECTION, "upgrade"));
        assert!(!has_token(&headers, &CONNECTION, "up"));
        assert!(!has_token(&headers, &UPGRADE, "upgrade"));
    }
}
