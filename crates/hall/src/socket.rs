//! The live room: exact log lines over a WebSocket, from any index on, without gaps.

use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use kaibiao_room::LogCursor;
use kaibiao_types::LotKey;
use kaibiao_wire::{HEARTBEAT_EVERY, Heartbeat, Hello, Label, Live, ROOM_VERSION, Since};

use crate::api::{Answer, Book, lot_of, since};
use crate::problem::Failure;

/// A reader that takes nothing for this long is cut; it comes back with `since` and loses nothing.
const SLOW_AFTER: Duration = Duration::from_secs(30);

/// The largest message that a reader may send; it has nothing to say but pongs.
const INBOUND_MAX: usize = 1_024;

pub(crate) async fn room(
    State(book): Book,
    path: Path<(String, String)>,
    query: Result<Query<Since>, QueryRejection>,
    upgrade: WebSocketUpgrade,
) -> Answer {
    let (lot, since) = (lot_of(path)?, since(query)?);
    let room = match book.room(&lot) {
        Ok(room) => room,
        Err(_) if book.knows(&lot) => return Err(Failure::new(Label::NotReady)),
        Err(error) => return Err(error.into()),
    };
    let upgrade = upgrade.max_message_size(INBOUND_MAX).read_buffer_size(4_096);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let cursor = room.log().follow(since);
        let now = move || book.hall().now();
        // An error means that the reader has gone or is too slow; it resumes on a new socket.
        if let Err(reason) = stream(socket, &lot, cursor, now).await {
            tracing::debug!(%lot, reason, "a reader left the room");
        }
    }))
}

async fn stream(
    mut socket: WebSocket,
    lot: &LotKey,
    mut cursor: LogCursor,
    now: impl Fn() -> kaibiao_types::UtcMillis,
) -> Result<(), &'static str> {
    let hello = Hello { v: ROOM_VERSION, lot: lot.clone(), head: cursor.head(), now: now() };
    send(&mut socket, hello.to_frame()).await?;
    let mut told_live = false;
    let mut beat = tokio::time::interval(Duration::from_millis(HEARTBEAT_EVERY.get()));
    beat.reset();
    loop {
        let lines = cursor.take();
        if !lines.is_empty() {
            for line in lines {
                send(&mut socket, Ok::<_, std::convert::Infallible>(line.to_vec())).await?;
            }
            continue;
        }
        if !told_live {
            told_live = true;
            send(&mut socket, Live { head: cursor.head() }.to_frame()).await?;
        }
        tokio::select! {
            more = cursor.wait() => {
                if !more {
                    return Err("the room has stopped");
                }
            }
            _ = beat.tick() => {
                send(&mut socket, Heartbeat { head: cursor.head(), now: now() }.to_frame()).await?;
            }
            inbound = socket.recv() => match inbound {
                None | Some(Err(_) | Ok(Message::Close(_))) => return Err("closed by the reader"),
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Sends one text frame, or gives the reader up.
async fn send<E>(socket: &mut WebSocket, frame: Result<Vec<u8>, E>) -> Result<(), &'static str> {
    let frame = frame.map_err(|_| "a frame could not be written")?;
    let text = String::from_utf8(frame).map_err(|_| "a line is not UTF-8")?;
    match tokio::time::timeout(SLOW_AFTER, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err("the connection broke"),
        Err(_) => Err("the reader is too slow"),
    }
}
