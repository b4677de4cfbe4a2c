//! The live room over real sockets: late joiners, resumption, restart, and what is refused.

use crate::support::{KEPT, Running, config, prepare, scenario};
use kaibiao_hall::{HallConfig, HallError, serve};
use kaibiao_testkit::keys_dev;
use kaibiao_types::{Digest, LotKey};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

impl Running {
    /// Frames of the room from `since` on, until `count` log lines and the word `live` were seen.
    async fn lines(&self, lot: &LotKey, since: u64, count: usize) -> (Value, Vec<String>) {
        let path = format!(
            "ws://{}/api/v1/lots/{}/{}/room?since={since}",
            self.address, lot.tender, lot.lot
        );
        let (mut socket, _) = tokio_tungstenite::connect_async(path).await.unwrap();
        let (mut hello, mut lines, mut live) = (Value::Null, Vec::new(), false);
        while lines.len() < count || !live {
            let frame = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
            let text = frame.expect("the room answers").unwrap().unwrap().into_text().unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            match value["t"].as_str() {
                Some("hello") => {
                    assert!(hello.is_null() && lines.is_empty(), "hello is the first frame");
                    hello = value;
                }
                Some("live") => live = true,
                Some(_) => {}
                None => lines.push(text.to_string()),
            }
        }
        (hello, lines)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: hall\r\nconnection: close\r\n\r\n")).await
    }

    async fn post(&self, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: hall\r\nconnection: close\r\n");
        self.ask(&format!("{head}content-length: {length}\r\n\r\n{body}")).await
    }

    async fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).expect("a status line").parse().unwrap();
        (status, answer)
    }
}

fn index(line: &str) -> u64 {
    serde_json::from_str::<Value>(line).unwrap()["i"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_joiners_and_reconnecting_clients_get_the_gap_and_a_restart_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let scenario = scenario();
    let lot = prepare(&data, scenario);
    let hall = Running::start(config(&data)).await;

    let (hello, all) = hall.lines(&lot, 0, KEPT).await;
    assert_eq!(hello["v"], 1);
    assert_eq!(hello["lot"]["tender"], lot.tender.as_str());
    let kept = scenario.log.entries().iter().take(KEPT).map(|entry| entry.text().to_owned());
    assert_eq!(all[..KEPT], kept.collect::<Vec<_>>()[..], "exact bytes, as they were kept");
    assert_eq!(all[..KEPT].iter().map(|line| index(line)).collect::<Vec<_>>(), [0, 1]);

    // A client that has seen entry 0 asks for the gap; one far ahead gets nothing old.
    let (_, gap) = hall.lines(&lot, 1, KEPT - 1).await;
    assert_eq!(gap[0], all[1]);
    let (_, beyond) = hall.lines(&lot, 1_000, 0).await;
    assert!(beyond.is_empty());
    hall.end().await;

    let again = Running::start(config(&data)).await;
    let (_, after) = again.lines(&lot, 0, KEPT).await;
    assert_eq!(after[..KEPT], all[..KEPT], "the same bytes after a restart");
    let (status, log) =
        again.get(&format!("/api/v1/lots/{}/{}/log?since=1", lot.tender, lot.lot)).await;
    assert_eq!(status, 200);
    assert!(log.contains(&all[1]) && !log.contains(&all[0]), "{log}");
    again.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_not_ready_is_refused_with_its_label() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let lot = prepare(&data, scenario());
    let hall = Running::start(config(&data)).await;
    let base = format!("/api/v1/lots/{}/{}", lot.tender, lot.lot);
    for (path, status, label) in [
        ("/api/v1/lots/T/L".to_owned(), 404, "unknown-lot"),
        ("/api/v1/lots/..%2f/L/log".to_owned(), 404, "unknown-lot"),
        ("/api/v1/lots/T/L/room".to_owned(), 404, "unknown-lot"),
        (format!("{base}/room"), 400, "bad-input"),
        (format!("{base}/log?since=-1"), 400, "bad-input"),
        (format!("{base}/log?since=x"), 400, "bad-input"),
        (format!("{base}/frozen"), 409, "not-ready"),
        (format!("{base}/record"), 409, "not-ready"),
        (format!("{base}/evidence"), 409, "not-ready"),
        (format!("{base}/receipts/00"), 404, "unknown-receipt"),
        (format!("{base}/receipts/{}", "0".repeat(32)), 404, "unknown-receipt"),
        ("/api/v1/uploads/zz".to_owned(), 404, "unknown-upload"),
        (format!("/api/v1/uploads/{}", "0".repeat(32)), 404, "unknown-upload"),
        ("/api/v2".to_owned(), 404, "unknown-path"),
        ("/assets/../Cargo.toml".to_owned(), 404, "unknown-path"),
    ] {
        let (found, answer) = hall.get(&path).await;
        assert_eq!(found, status, "{path}: {answer}");
        assert!(answer.contains(label), "{path}: {answer}");
    }
    let (status, page) = hall.get(&format!("/lots/{}/{}", lot.tender, lot.lot)).await;
    assert_eq!(status, 200);
    assert!(page.to_lowercase().contains("content-security-policy: default-src 'none'"), "{page}");
    let (status, board) = hall.get("/api/v1/lots").await;
    assert_eq!(status, 200);
    assert!(board.contains(r#""phase":"receiving""#) && !board.contains("bidders"), "{board}");
    hall.end().await;
}

/// What is no handshake of RFC 6455 is refused, and the connection goes on as HTTP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_opens_to_a_whole_handshake_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let lot = prepare(&data, scenario());
    let hall = Running::start(config(&data)).await;
    let good = [
        "connection: Upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let path = format!("/api/v1/lots/{}/{}/room", lot.tender, lot.lot);
    let ask = |headers: Vec<&str>| {
        format!("GET {path} HTTP/1.1\r\nhost: hall\r\n{}\r\n\r\n", headers.join("\r\n"))
    };
    let mut wrong: Vec<Vec<&str>> = (0..good.len())
        .map(|missing| (0..good.len()).filter(|at| *at != missing).map(|at| good[at]).collect())
        .collect();
    for (at, other) in [
        (0, "connection: close"),
        (1, "upgrade: h2c"),
        (2, "sec-websocket-version: 8"),
        (3, "sec-websocket-key: dGhlIHNhbXBsZQ=="),
        (3, "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ"),
    ] {
        let mut headers = good.to_vec();
        headers[at] = other;
        wrong.push(headers);
    }
    for headers in wrong {
        let mut stream = TcpStream::connect(hall.address).await.unwrap();
        stream.write_all(ask(headers.clone()).as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 400", "{headers:?}");
    }

    // Frames that come with the request are heard: the ping is answered behind the first lines.
    let mut stream = TcpStream::connect(hall.address).await.unwrap();
    let mut request = ask(good.to_vec()).into_bytes();
    request.extend_from_slice(&[0x89, 0x81, 0, 0, 0, 0, b'?']);
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(3).any(|three| three == [0x8a, 1, b'?']) {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{text}");
    assert!(text.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{text}");
    assert!(text.contains(r#"{"t":"hello""#), "{text}");

    // A hall that stops says so to its readers.
    hall.end().await;
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer[answer.len() - 4..], [0x88, 2, 3, 233]);
}

/// Nobody makes the hall work while bids come in: what is not from a custodian of the lot, or cannot
/// be meant yet, is answered before the room hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_post_before_the_deadline_is_answered_beside_the_room() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let lot = prepare(&data, scenario());
    let hall = Running::start(config(&data)).await;
    let base = format!("/api/v1/lots/{}/{}", lot.tender, lot.lot);
    let named = |kind: &str, rest: &str| {
        let (tender, lot) = (lot.tender.as_str(), lot.lot.as_str());
        let body = format!(r#"{{"v":1,"kind":"{kind}","tender":"{tender}","lot":"{lot}",{rest}}}"#);
        let body = kaibiao_wire::B64(body.into_bytes());
        format!(r#"{{"body":{},"cms":"MAA="}}"#, serde_json::to_string(&body).unwrap())
    };
    let zero = "0".repeat(64);
    let partials = named(
        "partials",
        &format!(r#""custodian":1,"stage":1,"part":"price","freeze_id":"{zero}","partials":[]"#),
    );
    let draw = named(
        "draw-partial",
        &format!(r#""custodian":1,"no":1,"freeze_id":"{zero}","d":"","c":"","z":"""#),
    );
    let refusal =
        named("custodian-refusal", r#""custodian":1,"label":"E_DRAW","detail":"","at":5"#);
    let freeze = format!(r#"{{"custodian":1,"freeze_id":"{zero}","cms_b64":"MAA="}}"#);
    let destroyed = r#"{"custodian":1,"cms_b64":"MAA="}"#.to_owned();
    let outage = r#"{"custodian":1,"deadline":3,"from":1,"to":2,"cms_b64":"MAA="}"#.to_owned();
    for (path, body, status, label) in [
        // Not even read.
        ("journals", "{".repeat(1 << 20), 409, "not-ready"),
        ("partials", partials, 422, "broken-signature"),
        ("draw-partials", draw, 422, "broken-signature"),
        ("refusals", refusal, 422, "broken-signature"),
        ("freeze-signatures", freeze, 422, "broken-signature"),
        ("outages", outage, 422, "broken-signature"),
        ("destructions", destroyed, 422, "broken-signature"),
        ("refusals", r#"{"body":"e30=","cms":"MAA="}"#.to_owned(), 400, "bad-json"),
    ] {
        let (found, answer) = hall.post(&format!("{base}/{path}"), &body).await;
        assert_eq!(found, status, "{path}: {answer}");
        assert!(answer.contains(label), "{path}: {answer}");
    }
    let (_, log) = hall.get(&format!("{base}/log?since={KEPT}")).await;
    assert!(!log.contains("custodian-refused"), "{log}");
    hall.end().await;
}

#[tokio::test]
async fn development_roots_are_refused_without_the_flag() {
    let roots = std::fs::read_to_string(keys_dev().join("roots.sha256")).unwrap();
    let first = roots.lines().next().unwrap().split_whitespace().next().unwrap();
    let roots: &'static [Digest] = Vec::leak(vec![Digest::parse(first).unwrap()]);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let refused = serve(
        HallConfig { dev: false, dev_roots: roots, ..config(&data) },
        |_| panic!("it must not listen"),
        async {},
    )
    .await;
    assert!(matches!(refused, Err(HallError::NotDev)), "{refused:?}");
    assert_eq!(refused.unwrap_err().exit().code(), 77);
    assert!(!data.exists(), "nothing is written");
}
