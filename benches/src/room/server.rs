//! Our fan-out without a store: what the publisher sends is an entry at once.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kaibiao_fanout::{Fanout, FrameLog, Notices, Pace};
use kaibiao_hall::Upgrade;
use kaibiao_types::{LotId, LotKey, TenderId, UtcMillis};
use kaibiao_wire::{HEARTBEAT_EVERY, Heartbeat, Hello, Live, ROOM_VERSION, Since};
use tokio::net::TcpListener;

use super::load::entry;
use crate::error::BenchError;

/// A room without a lot.
#[derive(Debug)]
struct Room {
    log: Arc<FrameLog>,
    readers: Arc<Fanout>,
}

/// Serves on a port of loopback, in one thread, with so many entries of so many bytes already there.
pub(crate) fn run(port: u16, entries: u32, length: usize) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(BenchError::product)?;
    runtime.block_on(serve(port, entries, length)).map_err(BenchError::product)
}

async fn serve(port: u16, entries: u32, length: usize) -> std::io::Result<()> {
    let log = Arc::new(FrameLog::new((0..entries).map(|number| entry(number.into(), length))));
    let pace = Pace {
        shards: NonZeroUsize::MIN,
        heartbeat: Duration::from_millis(HEARTBEAT_EVERY.get()),
        slow_after: Duration::from_secs(30),
        inbound_max: 1_024,
    };
    let readers = Arc::new(Fanout::start(Arc::clone(&log), Box::new(Words), pace));
    let app = Router::new().route("/ws", get(read)).route("/pub", get(publish));
    let app = app.with_state(Arc::new(Room { log, readers }));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    axum::serve(listener, app).await
}

async fn read(
    State(room): State<Arc<Room>>,
    Query(Since { since }): Query<Since>,
    request: Request,
) -> Response {
    let Ok(upgrade) = Upgrade::of(request) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = upgrade.answer();
    tokio::spawn(async move {
        if let Some((stream, early)) = upgrade.connection().await {
            tokio::spawn(Arc::clone(&room.readers).serve(stream, early, since));
        }
    });
    answer
}

async fn publish(State(room): State<Arc<Room>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            if let Message::Text(text) = message {
                room.log.push([text.as_bytes()]);
            }
        }
    })
}

struct Words;

impl Notices for Words {
    fn hello(&self, head: u64) -> Vec<u8> {
        let (Ok(tender), Ok(lot)) = (TenderId::parse("BENCH"), LotId::parse("1")) else {
            return Vec::new();
        };
        let hello =
            Hello { v: ROOM_VERSION, lot: LotKey { tender, lot }, head, now: UtcMillis::EPOCH };
        hello.to_frame().unwrap_or_default()
    }

    fn live(&self, head: u64) -> Vec<u8> {
        Live { head }.to_frame().unwrap_or_default()
    }

    fn heartbeat(&self, head: u64) -> Vec<u8> {
        Heartbeat { head, now: UtcMillis::EPOCH }.to_frame().unwrap_or_default()
    }
}
