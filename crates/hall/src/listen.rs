//! Connections: taking them, TLS, HTTP on them, and sending them away when the hall stops.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::front::Peer;
use crate::limits::{Gate, Place};

/// A TLS handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes for each core that are computed at a time; the others wait, within their time.
const HANDSHAKES: usize = 64;

/// A connection must say something within this time, and the head of a request that was begun must end
/// within it.
const HEAD: Duration = Duration::from_secs(30);

/// Where connections come in.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) gate: Arc<Gate>,
    /// Every connection comes from it, so it has no limit of its own.
    pub(crate) proxy: Option<IpAddr>,
}

/// What all connections share.
struct Shared {
    app: Router,
    tls: Option<TlsAcceptor>,
    handshakes: Semaphore,
    leaving: watch::Receiver<bool>,
}

/// Serves connections until `shutdown` resolves, and ends when those that were open have ended.
pub(crate) async fn serve(door: Door, app: Router, shutdown: impl Future<Output = ()> + Send) {
    let (leave, leaving) = watch::channel(false);
    let (open, ended) = watch::channel(());
    let cores = available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let handshakes = Semaphore::new(HANDSHAKES * cores);
    let Door { listener, tls, gate, proxy } = door;
    let shared = Arc::new(Shared { app, tls, handshakes, leaving });
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (tcp, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                after(&error).await;
                continue;
            }
        };
        let peer = peer.ip().to_canonical();
        let place =
            if proxy == Some(peer) { Ok(None) } else { gate.connection(peer).map(Some).ok_or(()) };
        // Who has too many is cut without a word: an answer would cost a handshake.
        let Ok(place) = place else { continue };
        tokio::spawn(connection(Arc::clone(&shared), tcp, peer, place, ended.clone()));
    }
    drop((listener, ended));
    leave.send_replace(true);
    open.closed().await;
}

/// What follows from a connection that could not be taken: without file descriptors it takes a while
/// until there are some again.
async fn after(error: &io::Error) {
    let of_peer =
        [ErrorKind::ConnectionRefused, ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
    if !of_peer.contains(&error.kind()) {
        tracing::error!(%error, "connections cannot be taken");
        sleep(Duration::from_secs(1)).await;
    }
}

/// One connection to its end. `open` is dropped with it.
async fn connection(
    shared: Arc<Shared>,
    tcp: TcpStream,
    peer: IpAddr,
    place: Option<Place>,
    open: watch::Receiver<()>,
) {
    let _ = tcp.set_nodelay(true);
    match &shared.tls {
        _ if !says_something(&shared, &tcp).await => {}
        None => Box::pin(converse(&shared, TokioIo::new(tcp), peer)).await,
        Some(acceptor) => {
            let shaken = timeout(HANDSHAKE, async {
                let _turn = shared.handshakes.acquire().await;
                acceptor.accept(tcp).await
            });
            // What is no TLS, or too slow, is dropped: nothing can be said that would be understood.
            if let Ok(Ok(stream)) = shaken.await {
                Box::pin(converse(&shared, TokioIo::new(stream), peer)).await;
            }
        }
    }
    drop((place, open));
}

/// Whether a byte comes in time: the server itself counts the time from then on only.
async fn says_something(shared: &Shared, tcp: &TcpStream) -> bool {
    let (mut leaving, mut first) = (shared.leaving.clone(), [0]);
    tokio::select! {
        heard = timeout(HEAD, tcp.peek(&mut first)) => matches!(heard, Ok(Ok(1..))),
        _left = leaving.wait_for(|leaving| *leaving) => false,
    }
}

async fn converse<I>(shared: &Shared, io: TokioIo<I>, peer: IpAddr)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        TowerToHyperService::new(shared.app.clone()).call(request)
    });
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let mut serving = pin!(http.serve_connection_with_upgrades(io, service));
    let mut leaving = shared.leaving.clone();
    tokio::select! {
        // How a connection ended is the client's matter.
        _ended = serving.as_mut() => return,
        _left = leaving.wait_for(|leaving| *leaving) => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ended = serving.await;
}
