//! What the hall sends: answers to public calls, and the frames of the live room as they come.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{World, eventually};

/// The raw bytes that a room sends to a spectator.
pub(crate) struct Room {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Room {
    /// Follows a room from its first entry; frames of a server are not masked (RFC 6455 5.1).
    pub(crate) fn listen(url: &str, lot: &str) -> Self {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(
            stream,
            "GET /api/v1/lots/{lot}/room?since=0 HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                received.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        let room = Self { bytes };
        eventually("the room answers", Duration::from_secs(5), || {
            room.frames().starts_with(b"HTTP/1.1 101")
        });
        room
    }

    pub(crate) fn frames(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }
}

/// The body of a call that succeeds.
pub(crate) fn get(world: &World, tail: &str) -> Vec<u8> {
    let answer = raw(world, &format!("/api/v1/lots/{}{tail}", world.lot));
    let at = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    assert!(answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"), "{tail}");
    answer[at + 4..].to_vec()
}

/// Every public answer of the hall about the lot, heads and bodies as they come.
pub(crate) fn public_answers(world: &World) -> Vec<(String, Vec<u8>)> {
    let tails = ["", "/draft", "/board", "/ceremony", "/tender", "/log", "/checkpoint", "/frozen"];
    let of_lot = tails.iter().chain(&[
        "/record",
        "/evidence",
        "/partials",
        "/journals",
        "/destructions",
        "/keys",
    ]);
    let mut paths: Vec<String> =
        of_lot.map(|tail| format!("/api/v1/lots/{}{tail}", world.lot)).collect();
    paths.extend(["/api/v1/lots", "/api/v1/time", "/", "/metrics"].map(ToOwned::to_owned));
    paths.into_iter().map(|path| (format!("GET {path}"), raw(world, &path))).collect()
}

/// HTTP/1.0: the body ends with the connection.
fn raw(world: &World, path: &str) -> Vec<u8> {
    let host = world.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(!answer.is_empty(), "{path}");
    answer
}
