//! The readers and the publisher of one measurement, in one thread.
//!
//! The publisher is a WebSocket too: what it sends, the server gives to all readers. Every entry
//! carries its number, so a reader knows what it missed and what it got twice.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io::{BufRead as _, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use kaibiao_fanout::text_frame;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::args::number;
use crate::error::BenchError;
use crate::machine;

/// What a run of readers does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LoadOptions {
    /// Port of the server on loopback.
    pub(crate) port: u16,
    /// How many readers.
    pub(crate) readers: u32,
    /// How many more that never read.
    pub(crate) deaf: u32,
    /// Bytes of an entry.
    pub(crate) length: usize,
    /// What happens.
    pub(crate) plan: Plan,
}

/// What happens once all readers are there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Plan {
    /// At most four entries under way, for so many seconds; then five entries a second for so many.
    Flow {
        /// Seconds of the first part.
        window: u32,
        /// Seconds of the second part.
        calm: u32,
    },
    /// So many entries, at most four under way.
    Count(u32),
    /// No entries: readers come late and want so many that are there.
    CatchUp(u32),
    /// As `Count`; in the middle every reader drops its connection and comes back.
    Storm(u32),
}

impl LoadOptions {
    /// The words of the command line; [`LoadOptions::parse`] reads them.
    pub(crate) fn words(&self) -> Vec<String> {
        let plan = match self.plan {
            Plan::Flow { window, calm } => ("flow", window, calm),
            Plan::Count(entries) => ("count", entries, 0),
            Plan::CatchUp(entries) => ("catch-up", entries, 0),
            Plan::Storm(entries) => ("storm", entries, 0),
        };
        let numbers = [u32::from(self.port), self.readers, self.deaf, plan.1, plan.2];
        let mut words = vec![plan.0.to_owned(), self.length.to_string()];
        words.extend(numbers.iter().map(ToString::to_string));
        words
    }

    /// Reads the words of the command line.
    pub(crate) fn parse(words: &[OsString]) -> Result<Self, BenchError> {
        let wrong = || BenchError::Usage("room-load takes the words that room gives it".to_owned());
        let [plan, length, port, readers, deaf, one, two] = words else { return Err(wrong()) };
        let (one, two) = (number(one)?, number(two)?);
        let plan = match plan.to_str() {
            Some("flow") => Plan::Flow { window: one, calm: two },
            Some("count") => Plan::Count(one),
            Some("catch-up") => Plan::CatchUp(one),
            Some("storm") => Plan::Storm(one),
            _ => return Err(wrong()),
        };
        let (length, port) = (number(length)?, number(port)?);
        Ok(Self { port, readers: number(readers)?, deaf: number(deaf)?, length, plan })
    }
}

/// Entries that may be under way to some reader.
const WINDOW: u32 = 4;

/// Entries a second in a calm room.
const CALM: u32 = 5;

/// Readers that connect at the same time.
const CONNECTING: u32 = 64;

/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_mins(2);

/// A step of the latency scale, and how many there are.
const STEP_US: u128 = 20;
const STEPS: usize = 500_000;

/// What all readers count together.
struct Count {
    readers: u32,
    sent: RefCell<Vec<Instant>>,
    delivered: RefCell<Vec<u32>>,
    whole: Cell<u32>,
    deliveries: Cell<u64>,
    lost: Cell<u64>,
    doubled: Cell<u64>,
    broken: Cell<u64>,
    latency: RefCell<Vec<u32>>,
    changed: Notify,
    /// At this entry readers drop their connection.
    storm_at: Option<u64>,
}

impl Count {
    fn new(readers: u32, storm_at: Option<u64>) -> Self {
        Self {
            readers,
            sent: RefCell::default(),
            delivered: RefCell::default(),
            whole: Cell::default(),
            deliveries: Cell::default(),
            lost: Cell::default(),
            doubled: Cell::default(),
            broken: Cell::default(),
            latency: RefCell::new(vec![0; STEPS]),
            changed: Notify::new(),
            storm_at,
        }
    }

    /// Entry `number` reached a reader that expected `expected`.
    fn arrived(&self, number: u64, expected: u64, now: Instant) {
        if number < expected {
            return self.doubled.set(self.doubled.get() + 1);
        }
        self.lost.set(self.lost.get() + (number - expected));
        self.deliveries.set(self.deliveries.get() + 1);
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(sent) = self.sent.borrow().get(index) {
            let step = now.saturating_duration_since(*sent).as_micros() / STEP_US;
            let step = usize::try_from(step).unwrap_or(STEPS).min(STEPS - 1);
            if let Some(count) = self.latency.borrow_mut().get_mut(step) {
                *count += 1;
            }
        }
        if let Some(count) = self.delivered.borrow_mut().get_mut(index) {
            *count += 1;
            if *count == self.readers {
                self.whole.set(self.whole.get() + 1);
                self.changed.notify_one();
            }
        }
    }

    /// The latency below which this part of all deliveries lies, in milliseconds; forgets them.
    fn quantiles(&self, parts: [f64; 2]) -> [f64; 2] {
        let mut steps = self.latency.borrow_mut();
        let total: u64 = steps.iter().map(|count| u64::from(*count)).sum();
        let at = |part: f64| {
            let mut left = part * Duration::from_nanos(total).as_secs_f64() * 1e9;
            let place = steps.iter().position(|count| {
                left -= f64::from(*count);
                left <= 0.0
            });
            let place = u32::try_from(place.unwrap_or_default()).unwrap_or(u32::MAX);
            f64::from(place) * 0.02
        };
        let found = parts.map(at);
        steps.iter_mut().for_each(|count| *count = 0);
        found
    }
}

/// Runs readers and publisher, and prints one line of JSON. Between `ready` on stdout and a line on
/// stdin the caller may look at the server.
pub(crate) fn run(options: &LoadOptions) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(BenchError::product)?;
    let local = LocalSet::new();
    let found = local.block_on(&runtime, play(options))?;
    crate::line(&found.to_string());
    Ok(())
}

async fn play(options: &LoadOptions) -> Result<Value, BenchError> {
    let storm_at = match options.plan {
        Plan::Storm(entries) => Some(u64::from(entries / 2)),
        _ => None,
    };
    let count = Rc::new(Count::new(options.readers, storm_at));
    if let Plan::CatchUp(entries) = options.plan {
        return catch_up(options, &count, entries).await;
    }
    let begun = Instant::now();
    let mut deaf = Vec::new();
    for number in 0..options.deaf {
        deaf.push(connect(options.port, number, "/ws").await?.0);
    }
    for number in 0..options.readers {
        let gate = number % CONNECTING == CONNECTING - 1;
        let (stream, early) = connect(options.port, number, "/ws").await?;
        tokio::task::spawn_local(read(Rc::clone(&count), options.port, number, stream, early));
        if gate {
            tokio::task::yield_now().await;
        }
    }
    let connected = begun.elapsed();
    sleep(Duration::from_millis(500)).await;
    crate::line("ready");
    let mut go = String::new();
    std::io::stdin().lock().read_line(&mut go).map_err(BenchError::product)?;

    let (stream, _) = connect(options.port, 0, "/pub").await?;
    let (mut answers, mut publisher) = stream.into_split();
    // What a server answers to a publisher is of no use here; unread it would fill the socket.
    tokio::task::spawn_local(async move {
        let mut buffer = vec![0; 4_096];
        while answers.read(&mut buffer).await.is_ok_and(|len| len > 0) {}
    });
    let mut parts = Vec::new();
    match options.plan {
        Plan::Flow { window, calm } => {
            let until = Instant::now() + Duration::from_secs(window.into());
            let part = flow(&count, &mut publisher, options.length, |_| Instant::now() < until);
            parts.push(part.await?);
            parts.push(pace(&count, &mut publisher, options.length, calm * CALM).await?);
        }
        Plan::Count(entries) | Plan::Storm(entries) => {
            let part = flow(&count, &mut publisher, options.length, |sent| sent < entries);
            parts.push(part.await?);
        }
        Plan::CatchUp(_) => {}
    }
    Ok(json!({
        "connect_s": connected.as_secs_f64(),
        "lost": count.lost.get(),
        "doubled": count.doubled.get(),
        "broken": count.broken.get(),
        "cpu_s": machine::own_processor().map(|time| time.as_secs_f64()),
        "parts": parts,
    }))
}

/// Publishes while `more` says so, with at most [`WINDOW`] entries under way.
async fn flow(
    count: &Count,
    publisher: &mut OwnedWriteHalf,
    length: usize,
    mut more: impl FnMut(u32) -> bool,
) -> Result<Value, BenchError> {
    let (before, begun, mut sent) = (count.deliveries.get(), Instant::now(), 0);
    while more(sent) {
        publish(count, publisher, length).await?;
        sent += 1;
        until(count, WINDOW - 1).await?;
    }
    until(count, 0).await?;
    Ok(part(count, sent, count.deliveries.get() - before, begun.elapsed()))
}

/// Publishes [`CALM`] entries a second.
async fn pace(
    count: &Count,
    publisher: &mut OwnedWriteHalf,
    length: usize,
    entries: u32,
) -> Result<Value, BenchError> {
    let (before, begun) = (count.deliveries.get(), Instant::now());
    let mut tick = interval(Duration::from_secs(1) / CALM);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..entries {
        tick.tick().await;
        publish(count, publisher, length).await?;
    }
    until(count, 0).await?;
    Ok(part(count, entries, count.deliveries.get() - before, begun.elapsed()))
}

fn part(count: &Count, entries: u32, deliveries: u64, took: Duration) -> Value {
    let [p50, p99] = count.quantiles([0.5, 0.99]);
    let rate = Duration::from_nanos(deliveries).as_secs_f64() * 1e9 / took.as_secs_f64();
    json!({
        "entries": entries,
        "deliveries": deliveries,
        "seconds": took.as_secs_f64(),
        "per_second": rate.round(),
        "p50_ms": p50,
        "p99_ms": p99,
    })
}

/// Waits until at most `under_way` entries have not reached everybody.
async fn until(count: &Count, under_way: u32) -> Result<(), BenchError> {
    loop {
        let sent = u32::try_from(count.sent.borrow().len()).unwrap_or(u32::MAX);
        if sent.saturating_sub(count.whole.get()) <= under_way {
            return Ok(());
        }
        if timeout(PATIENCE, count.changed.notified()).await.is_err() {
            let detail = format!("{} of {sent} entries reached everybody", count.whole.get());
            return Err(BenchError::Result(detail));
        }
    }
}

async fn publish(
    count: &Count,
    publisher: &mut OwnedWriteHalf,
    length: usize,
) -> Result<(), BenchError> {
    let number = count.sent.borrow().len();
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    let frame = masked(&entry(number, length));
    count.delivered.borrow_mut().push(0);
    count.sent.borrow_mut().push(Instant::now());
    publisher.write_all(&frame).await.map_err(BenchError::product)
}

/// An entry of so many bytes that carries its number.
pub(crate) fn entry(number: u64, length: usize) -> Vec<u8> {
    let mut entry = format!(r#"{{"i":{number:010},"data":""#);
    while entry.len() + 2 < length {
        entry.push('x');
    }
    entry.push_str("\"}");
    entry.into_bytes()
}

/// The frame of a client: with a mask of zeros, which changes nothing.
fn masked(payload: &[u8]) -> Vec<u8> {
    let frame = text_frame(payload);
    let (head, _) = frame.split_at(frame.len() - payload.len());
    let mut head = head.to_vec();
    if let Some(second) = head.get_mut(1) {
        *second |= 0x80;
    }
    [&head[..], &[0; 4], payload].concat()
}

/// Everybody at once wants everything that is there.
async fn catch_up(
    options: &LoadOptions,
    count: &Rc<Count>,
    entries: u32,
) -> Result<Value, BenchError> {
    *count.delivered.borrow_mut() = vec![0; usize::try_from(entries).unwrap_or_default()];
    let begun = Instant::now();
    for number in 0..options.readers {
        let (count, port) = (Rc::clone(count), options.port);
        tokio::task::spawn_local(async move {
            match connect(port, number, "/ws?since=0").await {
                Ok((stream, early)) => read(count, port, number, stream, early).await,
                Err(_) => count.broken.set(count.broken.get() + 1),
            }
        });
    }
    while count.whole.get() < entries {
        if timeout(PATIENCE, count.changed.notified()).await.is_err() {
            return Err(BenchError::Result("not everybody got everything".to_owned()));
        }
    }
    Ok(json!({
        "lost": count.lost.get(),
        "doubled": count.doubled.get(),
        "broken": count.broken.get(),
        "seconds": begun.elapsed().as_secs_f64(),
        "deliveries": count.deliveries.get(),
    }))
}

/// Connects from one of eight addresses, so that ports do not run out, and shakes hands.
async fn connect(port: u16, number: u32, path: &str) -> Result<(TcpStream, Vec<u8>), BenchError> {
    let shaken = async {
        let socket = TcpSocket::new_v4()?;
        let last = u8::try_from(number % 8).unwrap_or_default();
        socket.bind(SocketAddr::from(([127, 0, 0, 2 + last], 0)))?;
        let mut stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        loop {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                return Ok((stream, answer.split_off(end + 4)));
            }
        }
    };
    shaken.await.map_err(|error: std::io::Error| BenchError::product(error))
}

/// Reads to the end of the run; comes back after a storm.
async fn read(count: Rc<Count>, port: u16, id: u32, mut stream: TcpStream, early: Vec<u8>) {
    let mut reader = Reader { kept: early, next: 0 };
    let mut buffer = vec![0; 64 * 1024];
    let mut stormed = false;
    reader.take(&[], &count);
    loop {
        if stream.readable().await.is_err() {
            break;
        }
        match stream.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => reader.take(buffer.get(..len).unwrap_or_default(), &count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        if !stormed && count.storm_at.is_some_and(|at| reader.next >= at) {
            stormed = true;
            let path = format!("/ws?since={}", reader.next);
            let Ok((again, early)) = connect(port, id, &path).await else { break };
            stream = again;
            reader.kept = early;
            reader.take(&[], &count);
        }
    }
    count.broken.set(count.broken.get() + 1);
}

/// One reader's frames.
struct Reader {
    /// The begin of a frame.
    kept: Vec<u8>,
    /// The number that comes next.
    next: u64,
}

impl Reader {
    fn take(&mut self, bytes: &[u8], count: &Count) {
        let now = Instant::now();
        let joined;
        let mut rest = bytes;
        if !self.kept.is_empty() {
            joined = [&self.kept[..], bytes].concat();
            rest = &joined;
        }
        while let Some((payload, after)) = frame(rest) {
            rest = after;
            // Notices of ours begin otherwise.
            let digits = payload.strip_prefix(b"{\"i\":").and_then(|text| text.get(..10));
            let number = digits.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            if let Some(number) = number {
                count.arrived(number, self.next, now);
                self.next = self.next.max(number + 1);
            }
        }
        self.kept = rest.to_vec();
    }
}

/// The payload of the first whole frame, and what follows it.
fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let ([_, second], rest) = bytes.split_first_chunk()?;
    let (len, rest) = match second {
        126 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*len)), rest)
        }
        127 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*len), rest)
        }
        len => (u64::from(*len), rest),
    };
    rest.split_at_checked(usize::try_from(len).ok()?)
}
