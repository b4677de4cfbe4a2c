//! `room`: our fan-out beside uWebSockets, nchan on nginx and ws of Node.
//!
//! One server at a time on one core, its readers and its publisher in one thread on another, on
//! loopback, without TLS and compression.

mod load;
mod peers;
mod report;
mod server;
mod tree;

use std::net::TcpListener;

use serde_json::Value;

pub(crate) use load::{LoadOptions, Plan, run as load};
pub(crate) use server::run as serve;

use crate::error::BenchError;
use crate::line;
use crate::machine::Folder;
use peers::Peer;
use tree::Running;

/// Options of `room`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RoomOptions {
    /// Numbers of readers, one measurement for each.
    pub(crate) readers: Vec<u32>,
    /// Runs of every server.
    pub(crate) runs: usize,
    /// Seconds in which entries follow each other closely; the calm part is twice as long.
    pub(crate) seconds: u32,
    /// Whether other servers are measured.
    pub(crate) peers: bool,
    /// Whether JSON is printed.
    pub(crate) json: bool,
}

/// Bytes of an entry.
const LENGTH: usize = 300;

/// Measures and prints.
pub(crate) fn run(options: &RoomOptions) -> Result<(), BenchError> {
    let folder = Folder::create(None, true, 1 << 20)?;
    let peers = peers::all(&folder, options.peers)?;
    let mut rows = Vec::new();
    for readers in &options.readers {
        let plan = Plan::Flow { window: options.seconds, calm: options.seconds * 2 };
        let load = LoadOptions { port: 0, readers: *readers, deaf: 0, length: LENGTH, plan };
        let mut taken: Vec<Row> = peers.iter().map(|peer| Row::new(peer, *readers)).collect();
        for _ in 0..options.runs {
            for (peer, row) in peers.iter().zip(&mut taken).filter(|(peer, _)| peer.is_there()) {
                row.runs.push(Run::take(peer, 0, &load)?);
            }
        }
        rows.extend(taken);
    }
    let alone = match peers.first() {
        Some(own) => Alone::take(own, options.readers.iter().copied().max().unwrap_or(1))?,
        None => return Ok(()),
    };
    line(&if options.json {
        report::json(options, &rows, &alone)
    } else {
        report::text(options, &rows, &alone)
    });
    Ok(())
}

/// One server at one number of readers.
#[derive(Debug)]
struct Row {
    name: &'static str,
    version: Option<String>,
    readers: u32,
    runs: Vec<Run>,
}

impl Row {
    fn new(peer: &Peer, readers: u32) -> Self {
        Self { name: peer.name, version: peer.version.clone(), readers, runs: Vec::new() }
    }
}

/// What one run gave.
#[derive(Debug)]
struct Run {
    /// What the readers say.
    load: Value,
    /// Memory of the server for each reader when all are there, in KiB.
    kib_each: f64,
    /// How much its memory grew from then on, in KiB.
    grown_kib: f64,
    /// Processor time of the server from then on, in seconds.
    server_s: f64,
}

impl Run {
    /// Starts a server with so many entries in it, and lets readers at it.
    fn take(peer: &Peer, entries: u32, load: &LoadOptions) -> Result<Self, BenchError> {
        let port = free_port()?;
        let mut server = Running::start(peer.command(port, entries, load.length)?)?;
        server.wait_for(port)?;
        let empty = server.memory_kib();
        let load = LoadOptions { port, ..load.clone() };
        let mut readers = Running::start(peers::own(1, "room-load", &load.words())?)?;
        let ready =
            if matches!(load.plan, Plan::CatchUp(_)) { String::new() } else { readers.line()? };
        let (full, before) = (server.memory_kib(), server.processor_s());
        let said = if ready == "ready" || ready.is_empty() { readers.go_on()? } else { ready };
        let wrong = |what: &str| BenchError::Result(format!("{}: {what}: {said}", peer.name));
        let found: Value = serde_json::from_str(&said).map_err(|_| wrong("no figures"))?;
        for fault in ["lost", "doubled", "broken"] {
            if found.get(fault).and_then(Value::as_u64) != Some(0) {
                return Err(wrong(fault));
            }
        }
        Ok(Self {
            load: found,
            kib_each: (full - empty) / f64::from(load.readers),
            grown_kib: server.memory_kib() - full,
            server_s: server.processor_s() - before,
        })
    }

    /// Processor time of readers and publisher, in seconds.
    fn readers_s(&self) -> f64 {
        self.load.get("cpu_s").and_then(Value::as_f64).unwrap_or(f64::NAN)
    }

    /// A figure of one part of the run.
    fn figure(&self, part: usize, name: &str) -> f64 {
        let part = self.load.get("parts").and_then(|parts| parts.get(part));
        part.and_then(|part| part.get(name)).and_then(Value::as_f64).unwrap_or(f64::NAN)
    }
}

/// What is asked of our server only.
#[derive(Debug)]
struct Alone {
    /// 200 readers.
    calm: Run,
    /// The same with 50 that never read.
    deaf: Run,
    /// 2,000 readers want 10,000 entries.
    late: Run,
    /// Half of the readers of the largest measurement come back at once.
    storm: Run,
}

impl Alone {
    fn take(own: &Peer, most: u32) -> Result<Self, BenchError> {
        let load =
            |readers, deaf, length, plan| LoadOptions { port: 0, readers, deaf, length, plan };
        let few = most.min(200);
        let deaf =
            |deaf| Run::take(own, 0, &load(few, deaf, 400, Plan::Count(most.min(3_000) * 10)));
        Ok(Self {
            calm: deaf(0)?,
            deaf: deaf(few / 4)?,
            late: Run::take(own, most, &load(most / 5, 0, LENGTH, Plan::CatchUp(most)))?,
            storm: Run::take(own, 0, &load(most / 2, 0, LENGTH, Plan::Storm(400)))?,
        })
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(BenchError::product)?;
    Ok(listener.local_addr().map_err(BenchError::product)?.port())
}
