//! Answers every message with itself, over the very path that serves the readers of a room: for test
//! suites of the WebSocket protocol, which expect an echo. `echo PORT`.

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

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let pace = Pace {
        shards: NonZeroUsize::MIN,
        heartbeat: Duration::from_secs(15),
        slow_after: Duration::from_secs(30),
        inbound_max: MESSAGE_MAX,
    };
    let readers = Fanout::start(Arc::new(FrameLog::default()), Box::new(Echo), pace);
    let app = Router::new().route("/", get(echo)).with_state(Arc::new(readers));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
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
