//! Readers on real sockets.

use crate::{AT_MOST, Words};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use kaibiao_fanout::{Fanout, FrameLog, Pace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

struct Hall {
    log: Arc<FrameLog>,
    fanout: Arc<Fanout>,
    /// One connection at a time, so that its two ends belong together.
    listener: Mutex<TcpListener>,
}

fn pace() -> Pace {
    Pace {
        shards: NonZeroUsize::new(2).unwrap(),
        heartbeat: Duration::from_hours(1),
        slow_after: Duration::from_hours(1),
        inbound_max: 1_024,
    }
}

impl Hall {
    async fn start(lines: u64, pace: Pace) -> Self {
        let log = Arc::new(FrameLog::new((0..lines).map(line)));
        let fanout = Arc::new(Fanout::start(Arc::clone(&log), Box::new(Words), pace));
        let listener = Mutex::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        Self { log, fanout, listener }
    }

    /// Both ends of a new connection; the far end is served from `since` on.
    async fn connect(&self, since: u64, early: &[u8]) -> (TcpStream, JoinHandle<()>) {
        let listener = self.listener.lock().await;
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        drop(listener);
        let early = Bytes::copy_from_slice(early);
        let served = Arc::clone(&self.fanout).serve(far.unwrap().0, early, since);
        (near.unwrap(), tokio::spawn(served))
    }

    async fn join(&self, since: u64) -> (Client, JoinHandle<()>) {
        let (near, served) = self.connect(since, b"").await;
        (Client::new(near).await, served)
    }

    fn push(&self, lines: std::ops::Range<u64>) {
        lines.for_each(|index| self.log.push([line(index)]));
    }
}

struct Client(WebSocketStream<TcpStream>);

impl Client {
    async fn new(stream: TcpStream) -> Self {
        Self(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
    }

    async fn next(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(AT_MOST, self.0.next()).await.expect("a frame in time");
        next.and_then(Result::ok)
    }

    async fn text(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Message::Text(text)) => return text.to_string(),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next line of the log; notices are passed over.
    async fn line(&mut self) -> String {
        loop {
            let text = self.text().await;
            if !text.starts_with("live ") && !text.starts_with("beat ") {
                return text;
            }
        }
    }

    async fn expect_lines(&mut self, lines: std::ops::Range<u64>) {
        for index in lines {
            assert!(self.line().await.into_bytes() == line(index), "entry {index}");
        }
    }
}

/// Entries of very different lengths.
fn line(index: u64) -> Vec<u8> {
    let len = usize::try_from(index.wrapping_mul(7_919) % 1_201).unwrap();
    format!("{index}:{}", "x".repeat(len)).into_bytes()
}

/// An entry longer than any buffer on the way.
fn long() -> Vec<u8> {
    vec![b'l'; 8 << 20]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_hears_hello_lines_live_and_then_what_is_new() {
    let hall = Hall::start(3, pace()).await;
    let (mut reader, served) = hall.join(1).await;
    assert_eq!(reader.text().await, "hello 3");
    reader.expect_lines(1..3).await;
    assert_eq!(reader.text().await, "live 3");
    hall.push(3..5);
    reader.expect_lines(3..5).await;
    assert_eq!(hall.log.readers(), 1);
    drop(reader);
    served.await.unwrap();
    assert_eq!(hall.log.readers(), 0);
}

/// Who is ahead of the log gets what is new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_behind_the_end_is_the_end() {
    let hall = Hall::start(2, pace()).await;
    let (mut reader, _) = hall.join(u64::MAX).await;
    assert_eq!(reader.text().await, "hello 2");
    assert_eq!(reader.text().await, "live 2");
    hall.push(2..3);
    reader.expect_lines(2..3).await;
}

/// Readers that come, go, come back and dawdle while the log grows: each line once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_misses_or_repeats_a_line() {
    const N: u64 = 6_000;
    let hall = Arc::new(Hall::start(100, pace()).await);
    let readers: Vec<_> = (0..40_u64)
        .map(|number| {
            let hall = Arc::clone(&hall);
            tokio::spawn(async move {
                let mut next = number * 11 % 150;
                while next < N {
                    let (mut reader, served) = hall.join(next).await;
                    assert!(reader.text().await.starts_with("hello "));
                    // The log may not be so long yet: then the reader gets what it has already.
                    let mut first = true;
                    let until = (next + 200 + number * 97).min(N);
                    while next < until {
                        let text = reader.line().await;
                        let index: u64 = text.split(':').next().unwrap().parse().unwrap();
                        if first && index < next {
                            continue;
                        }
                        first = false;
                        assert_eq!(index, next);
                        assert!(text.into_bytes() == line(index));
                        next += 1;
                        if number % 4 == 0 && next % 500 == 0 {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                    drop(reader);
                    served.await.unwrap();
                }
            })
        })
        .collect();
    for index in 100..N {
        hall.push(index..index + 1);
        if index % 16 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for reader in readers {
        tokio::time::timeout(AT_MOST, reader).await.expect("in time").unwrap();
    }
    assert_eq!(hall.log.readers(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_delays_nobody_and_is_cut() {
    let slow_after = Duration::from_millis(300);
    let hall = Hall::start(1, Pace { slow_after, ..pace() }).await;
    let mut deaf = Vec::new();
    for _ in 0..10 {
        deaf.push(hall.connect(0, b"").await);
    }
    let (mut reader, _kept) = hall.join(0).await;
    assert_eq!(reader.text().await, "hello 1");
    for _ in 0..4 {
        hall.log.push([long()]);
    }
    hall.push(5..2_000);
    reader.expect_lines(0..1).await;
    for _ in 0..4 {
        assert_eq!(reader.line().await.len(), long().len());
    }
    reader.expect_lines(5..2_000).await;
    for (_socket, served) in &mut deaf {
        tokio::time::timeout(AT_MOST, served).await.expect("cut in time").unwrap();
    }
    hall.push(2_000..2_001);
    reader.expect_lines(2_000..2_001).await;
    assert_eq!(hall.log.readers(), 1);
}

/// A reader that was slow for a while gets everything in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dawdles_catches_up() {
    let hall = Hall::start(1, pace()).await;
    let (mut reader, _) = hall.join(0).await;
    assert_eq!(reader.text().await, "hello 1");
    for _ in 0..3 {
        hall.log.push([long()]);
        hall.push(0..50);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    reader.expect_lines(0..1).await;
    for _ in 0..3 {
        assert_eq!(reader.line().await.len(), long().len());
        reader.expect_lines(0..50).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_of_life_stand_between_frames() {
    let heartbeat = Duration::from_millis(1);
    let hall = Hall::start(1, Pace { heartbeat, ..pace() }).await;
    let (mut reader, _) = hall.join(0).await;
    assert_eq!(reader.text().await, "hello 1");
    let mut beats = 0;
    for round in 0..20 {
        hall.log.push([vec![b'l'; 1 << 20]]);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut found = 0;
        while found < if round == 0 { 2 } else { 1 } {
            let text = reader.text().await;
            if let Some(head) = text.strip_prefix("beat ") {
                assert!(head.parse::<u64>().is_ok());
                beats += 1;
            } else if !text.starts_with("live ") {
                assert!(text.len() == 1 << 20 || text.as_bytes() == line(0));
                found += 1;
            }
        }
    }
    while beats < 20 {
        beats += u32::from(reader.text().await.starts_with("beat "));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_are_answered_live_and_behind() {
    let hall = Hall::start(2, pace()).await;
    let (mut reader, _) = hall.join(0).await;
    reader.expect_hello(2).await;
    for round in 0..20_u8 {
        reader.0.send(Message::Ping(vec![round; 3].into())).await.unwrap();
        if round % 2 == 0 {
            hall.log.push([vec![b'l'; 1 << 20]]); // a long frame is under way
        }
        loop {
            match reader.next().await {
                Some(Message::Pong(payload)) => {
                    assert_eq!(payload[..], [round; 3]);
                    break;
                }
                Some(Message::Text(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    hall.push(0..1);
    loop {
        let text = reader.line().await;
        if text.as_bytes() == line(0) {
            break;
        }
        assert_eq!(text.len(), 1 << 20);
    }
}

impl Client {
    async fn expect_hello(&mut self, head: u64) {
        assert_eq!(self.text().await, format!("hello {head}"));
        self.expect_lines(0..head).await;
        assert_eq!(self.text().await, format!("live {head}"));
    }
}

/// Everything that the server sends until it ends, from the first close frame on.
async fn farewell(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    tokio::time::timeout(AT_MOST, stream.read_to_end(&mut all)).await.expect("an end").unwrap();
    let start = all.windows(2).position(|two| two[0] == 0x88 && two[1] <= 2).expect("a close");
    all.split_off(start)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_farewell_is_answered_and_garbage_is_told() {
    let hall = Hall::start(3, pace()).await;
    let mask = [0_u8; 4];
    let close = [&[0x88, 0x82][..], &mask, &[3, 232]].concat();
    let too_big = [&[0x82, 0x80 | 0x7e, 4, 1][..], &mask].concat();
    let not_text = [&[0x81, 0x81][..], &mask, &[0xff]].concat();
    for (sent, answer) in [
        (&close[..], &[0x88, 2, 3, 232][..]),
        (&[0x88, 0x80, 0, 0, 0, 0], &[0x88, 0]),
        (&[0x81, 1, b'a'], &[0x88, 2, 3, 234]),
        (&[0xf1, 0x80], &[0x88, 2, 3, 234]),
        (&too_big, &[0x88, 2, 3, 241]),
        (&not_text, &[0x88, 2, 3, 239]),
    ] {
        // With the request, and later.
        let (early, served) = hall.connect(0, sent).await;
        assert_eq!(farewell(early).await, answer, "{sent:02x?}");
        tokio::time::timeout(AT_MOST, served).await.expect("an end").unwrap();

        let (mut later, served) = hall.connect(0, b"").await;
        let mut hello = [0; 9];
        later.read_exact(&mut hello).await.unwrap();
        assert_eq!(&hello[2..], b"hello 3");
        later.write_all(sent).await.unwrap();
        assert_eq!(farewell(later).await, answer, "{sent:02x?}");
        tokio::time::timeout(AT_MOST, served).await.expect("an end").unwrap();
    }
    assert_eq!(hall.log.readers(), 0);
}

/// When the log closes, everybody gets what there is and is sent away in order, newcomers too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_end_of_the_log_readers_are_sent_away() {
    let hall = Hall::start(1, pace()).await;
    let (mut live, first) = hall.join(0).await;
    live.expect_hello(1).await;
    hall.push(1..500);
    hall.log.close();
    live.expect_lines(1..500).await;
    let (mut late, second) = hall.join(498).await;
    assert_eq!(late.text().await, "hello 500");
    late.expect_lines(498..500).await;
    assert_eq!(late.text().await, "live 500");
    for reader in [&mut live, &mut late] {
        match reader.next().await {
            Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 1001),
            other => panic!("{other:?}"),
        }
        assert!(reader.next().await.is_none());
    }
    drop((live, late));
    for served in [first, second] {
        tokio::time::timeout(AT_MOST, served).await.expect("an end").unwrap();
    }
}
