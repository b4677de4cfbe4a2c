//! A time-stamping authority over HTTP, for tests and demonstrations (RFC 3161, 3.4). Its clock is
//! that of the machine, and its policy promises nothing.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use kaibiao_pki::Identity;
use kaibiao_pki::limits::TIME_STAMP_BYTES_MAX;
use kaibiao_pki::tsp::Authority;
use kaibiao_wire::Label;
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::machine;
use crate::serials::Serials;
use crate::tsa_client::{QUERY, REPLY};

/// The policy of every stamp. 2.999 is the arc for examples (ITU-T X.660): it promises nothing.
pub(crate) const POLICY: &str = "2.999.26.1";

/// Who stamps, and by which numbers.
#[derive(Debug)]
struct Desk {
    identity: Identity,
    serials: Mutex<Serials>,
}

/// Answers requests until `shutdown` resolves. `on_ready` learns the address once it listens.
pub(crate) async fn serve(
    identity: Identity,
    serials: Serials,
    listen: SocketAddr,
    on_ready: impl FnOnce(SocketAddr) + Send,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    // Whether the certificate is one for time stamps.
    Authority::new(&identity, POLICY)?;
    let taken = |error: std::io::Error| {
        Failure::new(Label::CannotWrite, format!("cannot listen on {listen}: {error}"))
    };
    let listener = TcpListener::bind(listen).await.map_err(taken)?;
    on_ready(listener.local_addr().map_err(taken)?);
    let desk = Arc::new(Desk { identity, serials: Mutex::new(serials) });
    let app = Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(TIME_STAMP_BYTES_MAX))
        .with_state(desk);
    let served = axum::serve(listener, app).with_graceful_shutdown(shutdown).await;
    served.map_err(|error| Failure::caused(Label::Internal, &error))
}

async fn answer(State(desk): State<Arc<Desk>>, headers: HeaderMap, request: Bytes) -> Response {
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != QUERY) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    match tokio::task::spawn_blocking(move || desk.stamp(&request)).await {
        Ok(Ok(answer)) => ([(CONTENT_TYPE, REPLY)], answer).into_response(),
        Ok(Err(failure)) => {
            tracing::error!(detail = ?failure.problem().detail, "no stamp was made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Desk {
    /// The answer to a request: the number is on the disk before the stamp exists.
    fn stamp(&self, request: &[u8]) -> Result<Vec<u8>, Failure> {
        let authority = Authority::new(&self.identity, POLICY)?;
        let serial = self.serials.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Ok(authority.answer(request, machine::now()?, serial, machine::random())?)
    }
}
