//! Answers every message with itself, over the very path that serves the readers of a room.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use kaibiao_fanout::{Fanout, FrameLog, Notices, Pace, Received, binary_frame, text_frame};
use kaibiao_hall::Upgrade;
use tokio::net::TcpListener;

/// The longest message of the suites.
const MESSAGE_MAX: usize = 16 << 20;

struct Echo;

impl Notices for Echo {
    fn hello(&self, _head: u64) -> Vec<u8> {
        Vec::new()
    }

    fn live(&self, _head: u64) -> Vec<u8> {
        Vec::new()
    }

    fn heartbeat(&self, _head: u64) -> Vec<u8> {
        Vec::new()
    }

    fn answer(&self, received: &Received) -> Option<Bytes> {
        match received {
            Received::Text(text) => Some(text_frame(text.as_bytes())),
            Received::Binary(bytes) => Some(binary_frame(bytes)),
            _ => None,
        }
    }
}

/// Answers on `listener` until the task is dropped.
pub(crate) async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let pace = Pace {
        shards: NonZeroUsize::MIN,
        heartbeat: Duration::from_secs(15),
        slow_after: Duration::from_secs(30),
        inbound_max: MESSAGE_MAX,
    };
    let readers = Fanout::start(Arc::new(FrameLog::default()), Box::new(Echo), pace);
    let app = Router::new().route("/", get(echo)).with_state(Arc::new(readers));
    axum::serve(listener, app).await
}

async fn echo(State(readers): State<Arc<Fanout>>, request: Request) -> Response {
    let Ok(upgrade) = Upgrade::of(request) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = upgrade.answer();
    tokio::spawn(async move {
        if let Some((stream, early)) = upgrade.connection().await {
            tokio::spawn(readers.serve(stream, early, 0));
        }
    });
    answer
}
