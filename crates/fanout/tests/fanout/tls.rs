//! Readers over TLS: the same frames, through records that the socket may take in pieces.

use crate::{AT_MOST, Words};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use kaibiao_fanout::{CloseCode, Fanout, FrameLog, Pace, Stream, close_frame};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::{TlsAcceptor, TlsConnector, client};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

struct Hall {
    log: Arc<FrameLog>,
    fanout: Arc<Fanout>,
    listener: TcpListener,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

type Tls = client::TlsStream<TcpStream>;

fn line(index: u64) -> String {
    let len = usize::try_from(index * 7_919 % 3_001).unwrap();
    format!("{index}:{}", "x".repeat(len))
}

impl Hall {
    async fn start(lines: u64, slow_after: Duration) -> Self {
        let log = Arc::new(FrameLog::new((0..lines).map(line)));
        let pace = Pace {
            shards: NonZeroUsize::MIN,
            heartbeat: Duration::from_hours(1),
            slow_after,
            inbound_max: 1_024,
        };
        let fanout = Arc::new(Fanout::start(Arc::clone(&log), Box::new(Words), pace));
        let key = rcgen::generate_simple_self_signed(["hall".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(key.cert.der().clone()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![key.cert.der().clone()],
                PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into()),
            )
            .unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            log,
            fanout,
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            acceptor: Arc::new(server).into(),
            connector: Arc::new(client).into(),
        }
    }

    /// The near end of a new connection; the far end is served from `since` on.
    async fn connect(&self, since: u64) -> (Tls, JoinHandle<()>) {
        let address = self.listener.local_addr().unwrap();
        let near = async {
            let tcp = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("hall").unwrap();
            self.connector.connect(name, tcp).await.unwrap()
        };
        let far = async {
            let (tcp, _) = self.listener.accept().await.unwrap();
            self.acceptor.accept(tcp).await.unwrap()
        };
        let (near, far) = tokio::join!(near, far);
        let (tcp, tls) = far.into_inner();
        let stream = Stream::tls(tcp, tls);
        let served = Arc::clone(&self.fanout).serve(stream, Bytes::new(), since);
        (near, tokio::spawn(served))
    }

    async fn join(&self, since: u64) -> (WebSocketStream<Tls>, JoinHandle<()>) {
        let (near, served) = self.connect(since).await;
        (WebSocketStream::from_raw_socket(near, Role::Client, None).await, served)
    }
}

/// The next line of the log; notices are passed over.
async fn next_line(socket: &mut WebSocketStream<Tls>) -> String {
    loop {
        let message = tokio::time::timeout(AT_MOST, socket.next()).await.expect("in time");
        let text = message.unwrap().unwrap().into_text().unwrap();
        if !text.starts_with(['l', 'b', 'h']) {
            return text.to_string();
        }
    }
}

async fn ended(served: JoinHandle<()>) {
    tokio::time::timeout(AT_MOST, served).await.expect("it ends").unwrap();
}

/// Megabytes, so that records wait in the connection and segments follow each other; then what comes
/// while readers stand in the shard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_and_live_readers_get_every_line() {
    const OLD: u64 = 4_000;
    const ALL: u64 = 6_000;
    let hall = Hall::start(OLD, AT_MOST).await;
    let mut readers = Vec::new();
    for since in [0, 1, 2_000, OLD] {
        let (mut socket, served) = hall.join(since).await;
        readers.push(tokio::spawn(async move {
            for index in since..ALL {
                assert_eq!(next_line(&mut socket).await, line(index), "reader from {since}");
            }
            socket.close(None).await.unwrap();
            drop(socket);
            ended(served).await;
        }));
    }
    for index in OLD..ALL {
        hall.log.push([line(index)]);
        if index % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(hall.log.readers(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_are_answered_and_the_end_is_told() {
    let hall = Hall::start(3, AT_MOST).await;
    let (mut socket, served) = hall.join(3).await;
    for payload in ["first", "second"] {
        socket.send(Message::Ping(payload.into())).await.unwrap();
        loop {
            match tokio::time::timeout(AT_MOST, socket.next()).await.unwrap().unwrap().unwrap() {
                Message::Pong(bytes) if bytes == payload => break,
                Message::Text(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    hall.log.push([line(3)]);
    hall.log.close();
    assert_eq!(next_line(&mut socket).await, line(3));
    let Message::Close(Some(close)) = socket.next().await.unwrap().unwrap() else { panic!() };
    assert_eq!(u16::from(close.code), CloseCode::GoingAway.number());
    // The end of TLS is told too: it was no cut.
    let mut rest = Vec::new();
    socket.into_inner().read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    ended(served).await;
}

/// One that never reads is cut and delays nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_cut() {
    const LINES: u64 = 8_000;
    let hall = Hall::start(1, Duration::from_millis(700)).await;
    let (silent, cut) = hall.connect(0).await;
    let (mut socket, _served) = hall.join(0).await;
    assert_eq!(next_line(&mut socket).await, line(0));
    // More than the buffers of both ends hold.
    hall.log.push((1..LINES).map(line));
    for index in 1..LINES {
        assert_eq!(next_line(&mut socket).await, line(index));
    }
    ended(cut).await;
    drop(silent);
}

/// What is no TLS, and what is no WebSocket inside of it, ends the connection and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_ends_its_own_connection_only() {
    let hall = Hall::start(1, AT_MOST).await;
    let (mut other, _served) = hall.join(0).await;

    let (near, served) = hall.connect(0).await;
    let (mut tcp, _tls) = near.into_inner();
    tcp.write_all(&[23, 3, 3, 0, 32]).await.unwrap();
    tcp.write_all(&[7; 32]).await.unwrap();
    ended(served).await;

    let (near, served) = hall.connect(0).await;
    let (tcp, _tls) = near.into_inner();
    drop(tcp);
    ended(served).await;

    // An unmasked frame.
    let (mut near, served) = hall.connect(1).await;
    near.write_all(&[0x81, 1, b'a']).await.unwrap();
    let mut said = Vec::new();
    near.read_to_end(&mut said).await.unwrap();
    let farewell = close_frame(Some(CloseCode::Protocol.number()));
    assert!(said.ends_with(&farewell), "{said:?}");
    ended(served).await;

    assert_eq!(next_line(&mut other).await, line(0));
    hall.log.push([line(1)]);
    assert_eq!(next_line(&mut other).await, line(1));
}
