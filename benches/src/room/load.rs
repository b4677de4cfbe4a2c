//! The readers and the publisher of one measurement: one thread and one queue of events, so that
//! they cost little beside the server.
//!
//! The publisher is a WebSocket too: what it sends, the server gives to all readers. Every entry
//! carries its number, so a reader knows what it missed and what it got twice.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead as _, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kaibiao_fanout::text_frame;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};

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
const WINDOW: usize = 4;

/// Entries a second in a calm room.
const CALM: u32 = 5;

/// Readers that connect at the same time.
const CONNECTING: usize = 64;

/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_mins(2);

/// A step of the latency scale, and how many there are.
const STEP_US: u128 = 20;
const STEPS: usize = 500_000;

/// Runs readers and publisher, and prints one line of JSON. Between `ready` on stdout and a line on
/// stdin the caller may look at the server.
pub(crate) fn run(options: &LoadOptions) -> Result<(), BenchError> {
    let found = Load::new(options).map_err(BenchError::product)?.play(options)?;
    crate::line(&found.to_string());
    Ok(())
}

/// One end of a connection.
#[derive(Debug)]
struct Reader {
    stream: TcpStream,
    path: String,
    state: Handshake,
    /// The begin of a frame or of an answer.
    kept: Vec<u8>,
    /// The number that comes next.
    next: u64,
    role: Role,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Handshake {
    Connecting,
    Asked,
    Done,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    Reader,
    /// It never reads; it only shakes hands.
    Deaf,
    /// What a server answers to it is of no use here.
    Publisher,
}

#[derive(Debug)]
struct Load {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    server: SocketAddr,
    all: Vec<Reader>,
    /// How many have not shaken hands yet.
    connecting: usize,
    tally: Tally,
    /// At this entry readers drop their connection.
    storm_at: Option<u64>,
}

/// What all readers count together.
#[derive(Debug)]
struct Tally {
    readers: u32,
    sent: Vec<Instant>,
    delivered: Vec<u32>,
    /// How many entries have reached everybody.
    whole: usize,
    deliveries: u64,
    lost: u64,
    doubled: u64,
    broken: u64,
    /// How often a reader got something.
    reads: u64,
    latency: Vec<u32>,
}

impl Load {
    fn new(options: &LoadOptions) -> std::io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1_024),
            buffer: vec![0; 256 * 1024],
            server: SocketAddr::from(([127, 0, 0, 1], options.port)),
            all: Vec::new(),
            connecting: 0,
            tally: Tally::new(options.readers),
            storm_at: match options.plan {
                Plan::Storm(entries) => Some(u64::from(entries / 2)),
                _ => None,
            },
        })
    }

    fn play(mut self, options: &LoadOptions) -> Result<Value, BenchError> {
        if let Plan::CatchUp(entries) = options.plan {
            return self.catch_up(options.readers, entries);
        }
        let begun = Instant::now();
        let deaf = std::iter::repeat_n(Role::Deaf, usize::try_from(options.deaf).unwrap_or(0));
        let readers = usize::try_from(options.readers).unwrap_or(0);
        let mut due: VecDeque<Role> =
            deaf.chain(std::iter::repeat_n(Role::Reader, readers)).collect();
        while !due.is_empty() || self.connecting > 0 {
            while self.connecting < CONNECTING
                && let Some(role) = due.pop_front()
            {
                self.join(role, "/ws")?;
            }
            self.turn(begun + PATIENCE)?;
        }
        let connected = begun.elapsed();
        let rest = Instant::now() + Duration::from_millis(500);
        while Instant::now() < rest {
            self.turn_until(rest)?;
        }
        crate::line("ready");
        let mut go = String::new();
        std::io::stdin().lock().read_line(&mut go).map_err(BenchError::product)?;

        let publisher = self.all.len();
        self.join(Role::Publisher, "/pub")?;
        while self.connecting > 0 {
            self.turn(Instant::now() + PATIENCE)?;
        }
        let length = options.length;
        let mut parts = Vec::new();
        match options.plan {
            Plan::Flow { window, calm } => {
                let until = Instant::now() + Duration::from_secs(window.into());
                parts.push(self.flow(publisher, length, |_| Instant::now() < until)?);
                parts.push(self.pace(publisher, length, calm * CALM)?);
            }
            Plan::Count(entries) | Plan::Storm(entries) => {
                parts.push(self.flow(publisher, length, |sent| sent < entries)?);
            }
            Plan::CatchUp(_) => {}
        }
        Ok(json!({
            "connect_s": connected.as_secs_f64(),
            "lost": self.tally.lost,
            "doubled": self.tally.doubled,
            "broken": self.tally.broken,
            "cpu_s": machine::own_processor().map(|time| time.as_secs_f64()),
            "parts": parts,
        }))
    }

    /// Publishes while `more` says so, with at most [`WINDOW`] entries under way.
    fn flow(
        &mut self,
        publisher: usize,
        length: usize,
        mut more: impl FnMut(u32) -> bool,
    ) -> Result<Value, BenchError> {
        let (before, begun, mut sent) = (self.tally.deliveries, Instant::now(), 0);
        while more(sent) {
            self.publish(publisher, length)?;
            sent += 1;
            self.until_under_way(WINDOW - 1)?;
        }
        self.until_under_way(0)?;
        Ok(self.tally.part(sent, before, begun.elapsed()))
    }

    /// Publishes [`CALM`] entries a second.
    fn pace(&mut self, publisher: usize, length: usize, entries: u32) -> Result<Value, BenchError> {
        let (before, begun) = (self.tally.deliveries, Instant::now());
        for number in 0..entries {
            let due = begun + Duration::from_secs(1) / CALM * number;
            while Instant::now() < due {
                self.turn_until(due)?;
            }
            self.publish(publisher, length)?;
        }
        self.until_under_way(0)?;
        Ok(self.tally.part(entries, before, begun.elapsed()))
    }

    /// Waits until at most so many entries have not reached everybody.
    fn until_under_way(&mut self, entries: usize) -> Result<(), BenchError> {
        let patience = Instant::now() + PATIENCE;
        while self.tally.sent.len() > self.tally.whole.saturating_add(entries) {
            self.turn(patience)?;
        }
        Ok(())
    }

    fn publish(&mut self, publisher: usize, length: usize) -> Result<(), BenchError> {
        let number = u64::try_from(self.tally.sent.len()).unwrap_or(u64::MAX);
        let frame = masked(&entry(number, length));
        self.tally.delivered.push(0);
        self.tally.sent.push(Instant::now());
        let Some(publisher) = self.all.get_mut(publisher) else { return Ok(()) };
        // A few hundred bytes at a time always fit, as the window is small.
        publisher.stream.write_all(&frame).map_err(BenchError::product)
    }

    /// Everybody at once wants everything that is there.
    fn catch_up(mut self, readers: u32, entries: u32) -> Result<Value, BenchError> {
        let count = usize::try_from(entries).unwrap_or_default();
        self.tally.delivered = vec![0; count];
        let begun = Instant::now();
        for _ in 0..readers {
            self.join(Role::Reader, "/ws?since=0")?;
        }
        while self.tally.whole < count {
            self.turn(begun + PATIENCE)?;
        }
        Ok(json!({
            "lost": self.tally.lost,
            "doubled": self.tally.doubled,
            "broken": self.tally.broken,
            "seconds": begun.elapsed().as_secs_f64(),
            "deliveries": self.tally.deliveries,
        }))
    }

    fn join(&mut self, role: Role, path: &str) -> Result<(), BenchError> {
        let stream = TcpStream::connect(self.server).map_err(BenchError::product)?;
        let (path, state) = (path.to_owned(), Handshake::Connecting);
        self.all.push(Reader { stream, path, state, kept: Vec::new(), next: 0, role });
        self.connecting += 1;
        self.watch(self.all.len() - 1)
    }

    fn watch(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(reader) = self.all.get_mut(index) else { return Ok(()) };
        let interest = Interest::READABLE | Interest::WRITABLE;
        let watched = self.poll.registry().register(&mut reader.stream, Token(index), interest);
        watched.map_err(BenchError::product)
    }

    /// Handles what there is; an error if nothing happens until then.
    fn turn(&mut self, patience: Instant) -> Result<(), BenchError> {
        if Instant::now() > patience {
            let (whole, sent) = (self.tally.whole, self.tally.sent.len());
            let detail = format!("{whole} of {sent} entries reached everybody");
            return Err(BenchError::Result(detail));
        }
        self.turn_until(patience.min(Instant::now() + Duration::from_secs(1)))
    }

    /// Handles what there is, or comes before an instant.
    fn turn_until(&mut self, instant: Instant) -> Result<(), BenchError> {
        let wait = instant.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(BenchError::product(error)),
        }
        let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for index in ready {
            self.handle(index)?;
        }
        Ok(())
    }

    fn handle(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(reader) = self.all.get_mut(index) else { return Ok(()) };
        if reader.state == Handshake::Connecting && !reader.ask(self.server)? {
            return Ok(());
        }
        if reader.role == Role::Deaf && reader.state == Handshake::Done {
            return Ok(());
        }
        loop {
            let len = match reader.stream.read(&mut self.buffer) {
                Ok(0) => {
                    self.tally.broken += 1;
                    return Ok(());
                }
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(BenchError::product(error)),
            };
            let before = reader.state;
            reader.take(self.buffer.get(..len).unwrap_or_default(), &mut self.tally);
            if before != reader.state {
                self.connecting -= 1;
            }
            if self.storm_at.is_some_and(|at| reader.next >= at) && reader.path == "/ws" {
                return self.come_back(index);
            }
            // A short read has emptied the socket; what comes later is a new event.
            if len < self.buffer.len() {
                return Ok(());
            }
        }
    }

    /// A reader drops its connection and connects again.
    fn come_back(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(reader) = self.all.get_mut(index) else { return Ok(()) };
        reader.path = format!("/ws?since={}", reader.next);
        reader.stream = TcpStream::connect(self.server).map_err(BenchError::product)?;
        reader.state = Handshake::Connecting;
        reader.kept = Vec::new();
        self.connecting += 1;
        self.watch(index)
    }
}

impl Reader {
    /// Asks for the WebSocket; `false` while the connection is not there yet.
    fn ask(&mut self, server: SocketAddr) -> Result<bool, BenchError> {
        if self.stream.take_error().map_err(BenchError::product)?.is_some() {
            return Err(BenchError::Result("a connection was refused".to_owned()));
        }
        if self.stream.peer_addr().is_err() {
            return Ok(false);
        }
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.path
        );
        self.stream.set_nodelay(true).map_err(BenchError::product)?;
        self.stream.write_all(request.as_bytes()).map_err(BenchError::product)?;
        self.state = Handshake::Asked;
        Ok(true)
    }

    /// Takes bytes in: the answer to the handshake, then frames.
    fn take(&mut self, bytes: &[u8], tally: &mut Tally) {
        let joined;
        let mut rest = bytes;
        if !self.kept.is_empty() {
            joined = [&self.kept[..], bytes].concat();
            rest = &joined;
        }
        if self.state == Handshake::Asked {
            let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                self.kept = rest.to_vec();
                return;
            };
            self.state = Handshake::Done;
            rest = rest.get(end + 4..).unwrap_or_default();
        }
        if self.role != Role::Reader {
            return;
        }
        let now = Instant::now();
        tally.reads += 1;
        while let Some((payload, after)) = frame(rest) {
            rest = after;
            // Notices of ours begin otherwise.
            let digits = payload.strip_prefix(b"{\"i\":").and_then(|text| text.get(..10));
            let number = digits.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            if let Some(number) = number {
                tally.arrived(number, self.next, now);
                self.next = self.next.max(number + 1);
            }
        }
        self.kept = rest.to_vec();
    }
}

impl Tally {
    fn new(readers: u32) -> Self {
        Self {
            readers,
            sent: Vec::new(),
            delivered: Vec::new(),
            whole: 0,
            deliveries: 0,
            lost: 0,
            doubled: 0,
            broken: 0,
            reads: 0,
            latency: vec![0; STEPS],
        }
    }

    /// Entry `number` reached a reader that expected `expected`.
    fn arrived(&mut self, number: u64, expected: u64, now: Instant) {
        if number < expected {
            self.doubled += 1;
            return;
        }
        self.lost += number - expected;
        self.deliveries += 1;
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(sent) = self.sent.get(index) {
            let step = now.saturating_duration_since(*sent).as_micros() / STEP_US;
            let step = usize::try_from(step).unwrap_or(STEPS).min(STEPS - 1);
            if let Some(count) = self.latency.get_mut(step) {
                *count += 1;
            }
        }
        if let Some(count) = self.delivered.get_mut(index) {
            *count += 1;
            self.whole += usize::from(*count == self.readers);
        }
    }

    /// The figures of a part, which ends here.
    fn part(&mut self, entries: u32, before: u64, took: Duration) -> Value {
        let (p50, p99) = (self.quantile(0.5), self.quantile(0.99));
        self.latency.fill(0);
        let deliveries = self.deliveries - before;
        let reads = std::mem::take(&mut self.reads);
        let rate = Duration::from_nanos(deliveries).as_secs_f64() * 1e9 / took.as_secs_f64();
        json!({
            "entries": entries,
            "deliveries": deliveries,
            "seconds": took.as_secs_f64(),
            "together": Duration::from_nanos(deliveries).as_secs_f64() / Duration::from_nanos(reads).as_secs_f64(),
            "per_second": rate.round(),
            "p50_ms": p50,
            "p99_ms": p99,
        })
    }

    /// The latency below which this part of all deliveries lies, in milliseconds.
    fn quantile(&self, part: f64) -> f64 {
        let total: u64 = self.latency.iter().map(|count| u64::from(*count)).sum();
        let mut left = part * Duration::from_nanos(total).as_secs_f64() * 1e9;
        let place = self.latency.iter().position(|count| {
            left -= f64::from(*count);
            left <= 0.0
        });
        f64::from(u32::try_from(place.unwrap_or_default()).unwrap_or(u32::MAX)) * 0.02
    }
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
