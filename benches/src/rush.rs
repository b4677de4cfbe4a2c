//! `rush`: many bidders submit in the last seconds before the deadline, twice: once as they should, once
//! with every tenth connection cut. One bidder in ten sends its last slice too late.
//!
//! What is measured is worth nothing unless all of this holds, and else the run fails: every bidder has
//! a receipt that holds, or the hall's signed word that its bid was not received; after the hall was
//! killed its disk has every receipted byte and every slice it signed for.

mod bidder;
mod judge;
mod sealed;
mod world;

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kaibiao_types::Millis;
use kaibiao_wire::paths;
use serde_json::json;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::issue::{Ca, Kind};
use crate::machine::Folder;
use crate::table::median;
use crate::{line, machine};
use bidder::{Bidder, Line, Manner};
use judge::Case;
use world::{Hall, World, now, until};

/// The share of the disk's own rate that is asked for.
const ASKED: f64 = 0.6;
/// Threads that write when the disk's own rate is measured.
const WRITERS: u64 = 4;
/// The most bytes that are written to measure it.
const DISK_MAX: u64 = 4 << 30;
/// Bids that are sealed to learn how long sealing takes.
const TRIAL: usize = 4;

/// How `rush` is run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RushOptions {
    pub(crate) bids: usize,
    pub(crate) size: u64,
    pub(crate) seconds: u32,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) json: bool,
}

/// What one rush told.
struct Round {
    cut: bool,
    receipts: usize,
    refused: usize,
    reconnected: u32,
    /// Bytes of the receipted bids.
    bytes: u64,
    /// From the first call to the last receipt.
    wall: Duration,
    /// The disk's own rate before and after, bytes a second.
    disk: f64,
    /// From the answer to the last slice to the receipt, ascending.
    waits: Vec<f64>,
    /// The share of its slices that the worst and the best bidder had when half of all were stored.
    half: [f64; 2],
    peak_mib: u64,
}

/// Measures and prints.
pub(crate) fn run(options: &RushOptions) -> Result<(), BenchError> {
    let rounds = [round(options, false)?, round(options, true)?];
    if options.json {
        let rounds: Vec<_> = rounds.iter().map(Round::json).collect();
        let all = json!({ "machine": machine::describe(), "bids": options.bids,
            "size": options.size, "seconds": options.seconds, "rounds": rounds });
        line(&all.to_string());
        return Ok(());
    }
    line(&format!(
        "{} bids of {} bytes, offered {} s before the deadline\nmachine: {}",
        options.bids,
        options.size,
        options.seconds,
        machine::describe()
    ));
    for round in &rounds {
        line(&round.text());
    }
    Ok(())
}

/// The hall of the rush, in this process.
pub(crate) fn serve(data: &Path) -> Result<(), BenchError> {
    world::serve_here(data)
}

fn round(options: &RushOptions, cut: bool) -> Result<Round, BenchError> {
    let count = u64::try_from(options.bids).map_err(BenchError::product)?;
    let total = count.saturating_mul(options.size.saturating_add(1 << 17));
    // The sealed files and the hall's copy of them. Bidders read from disks of their own, so the files are in
    // memory if they have room there.
    let sealed = Folder::create(None, true, total)?;
    let folder = Folder::create(options.dir.as_deref(), false, total.saturating_mul(5) / 2)?;
    let make = |name: &str| {
        let path = folder.join(name);
        std::fs::create_dir(&path).map_err(BenchError::file(&path))?;
        Ok::<_, BenchError>(path)
    };
    let ca = Ca::new(Kind::P256, 0)?;
    let sealing = sealing_time(options, &ca, &make("trial")?)?;
    let window = Millis::from_secs(options.seconds);
    let deadline = now()?.plus(sealing).plus(window);
    let data = folder.join("hall");
    let world = World::publish(&data, &ca, deadline)?;
    let bids = sealed::seal_all(&world, &ca, &sealed.join(""), options.bids, options.size)?;
    let disk_before = disk_rate(&folder.join("disk"), total)?;
    let hall = Hall::start(&data)?;
    let early = until(deadline.minus(window))?;
    if until(deadline)? < Duration::from_millis(window.get()) / 2 {
        return Err(BenchError::Result("sealing took longer than a trial said".to_owned()));
    }
    std::thread::sleep(early);

    let began = Instant::now();
    let address = hall.address;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(BenchError::product)?;
    let submissions = paths::submissions(&world.tender.file().lot_key());
    let cases = runtime.block_on(offer(bids, address, submissions, deadline, began, cut))?;
    let peak_mib = hall.peak_kib().unwrap_or_default() / 1_024;
    hall.kill();
    for case in &cases {
        world.judge(case)?;
    }
    world.judge_disk(&data, &cases)?;
    let disk_after = disk_rate(&folder.join("disk"), total)?;
    Ok(Round::of(&cases, cut, f64::midpoint(disk_before, disk_after), peak_mib))
}

/// How long sealing all bids will take, with room to spare.
fn sealing_time(options: &RushOptions, ca: &Ca, folder: &Path) -> Result<Millis, BenchError> {
    let far = now()?.plus(Millis::from_secs(86_400));
    let world = World::publish(&folder.join("hall"), ca, far)?;
    let began = Instant::now();
    sealed::seal_all(&world, ca, folder, TRIAL.min(options.bids), options.size)?;
    let bids = u32::try_from(options.bids.div_ceil(TRIAL)).map_err(BenchError::product)?;
    // As long again, for the measurement of the disk and a busy machine.
    let all = began.elapsed().saturating_mul(bids).saturating_mul(2) + Duration::from_secs(8);
    std::fs::remove_dir_all(folder).map_err(BenchError::file(folder))?;
    let millis = u64::try_from(all.as_millis()).map_err(BenchError::product)?;
    Millis::new(millis).map_err(BenchError::product)
}

/// Everybody at once.
async fn offer(
    bids: Vec<sealed::SealedBid>,
    address: SocketAddr,
    submissions: String,
    deadline: kaibiao_types::UtcMillis,
    start: Instant,
    cut: bool,
) -> Result<Vec<Case>, BenchError> {
    let submissions: Arc<str> = submissions.into();
    let mut running = JoinSet::new();
    for (number, bid) in bids.into_iter().enumerate() {
        let manner = match number % 10 {
            9 => Manner::TooLate,
            4 if cut => Manner::Cut,
            _ => Manner::Straight,
        };
        let submissions = Arc::clone(&submissions);
        running.spawn(async move {
            let line = Line::to(address);
            let submissions = &*submissions;
            let bidder = Bidder { bid: &bid, manner, submissions, deadline, start, line };
            let outcome = bidder.run().await?;
            Ok::<_, BenchError>(Case { bid, manner, outcome })
        });
    }
    let mut cases = Vec::new();
    while let Some(case) = running.join_next().await {
        cases.push(case.map_err(BenchError::product)??);
    }
    Ok(cases)
}

/// Bytes a second that the disk takes in pieces as large as a slice, each of them synced.
fn disk_rate(path: &Path, total: u64) -> Result<f64, BenchError> {
    let piece = vec![7_u8; usize::try_from(kaibiao_wire::SLICE_LEN).map_err(BenchError::product)?];
    let pieces = (total.min(DISK_MAX) / kaibiao_wire::SLICE_LEN / WRITERS).max(2);
    let began = Instant::now();
    let write = |number: u64| {
        let path = path.with_extension(number.to_string());
        let written = File::create(&path).and_then(|mut file| {
            for _ in 0..pieces {
                file.write_all(&piece)?;
                file.sync_data()?;
            }
            Ok(())
        });
        written.map_err(BenchError::file(&path))?;
        Ok::<_, BenchError>(path)
    };
    let paths = std::thread::scope(|scope| {
        let writers: Vec<_> =
            (0..WRITERS).map(|number| scope.spawn(move || write(number))).collect();
        let join = |writer: std::thread::ScopedJoinHandle<'_, Result<PathBuf, BenchError>>| {
            writer.join().map_err(|_| BenchError::product("a thread that writes"))?
        };
        writers.into_iter().map(join).collect::<Result<Vec<_>, _>>()
    })?;
    let wall = began.elapsed();
    for path in paths {
        std::fs::remove_file(&path).map_err(BenchError::file(&path))?;
    }
    Ok(rate(WRITERS * pieces * kaibiao_wire::SLICE_LEN, wall))
}

/// Bytes a second.
fn rate(bytes: u64, wall: Duration) -> f64 {
    // Whole KiB below 2^32 are exact.
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) * 1_024.0 / wall.as_secs_f64()
}

impl Round {
    fn of(cases: &[Case], cut: bool, disk: f64, peak_mib: u64) -> Self {
        let received = || cases.iter().filter(|case| case.outcome.receipt.is_some());
        let mut waits: Vec<f64> = received().map(|c| c.outcome.waited.as_secs_f64()).collect();
        waits.sort_by(f64::total_cmp);
        Self {
            cut,
            receipts: received().count(),
            refused: cases.len() - received().count(),
            reconnected: cases.iter().map(|case| case.outcome.reconnected).sum(),
            bytes: received().map(|case| case.bid.bytes()).sum(),
            wall: received().map(|case| case.outcome.ended).max().unwrap_or_default(),
            disk,
            waits,
            half: half_time(cases),
            peak_mib,
        }
    }

    fn share(&self) -> f64 {
        rate(self.bytes, self.wall) / self.disk
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "cut": self.cut, "receipts": self.receipts, "refused": self.refused,
            "reconnected": self.reconnected, "bytes": self.bytes,
            "seconds": self.wall.as_secs_f64(), "rate": rate(self.bytes, self.wall),
            "disk_rate": self.disk, "share": self.share(), "peak_mib": self.peak_mib,
            "receipt_s": { "median": median(&self.waits), "max": self.waits.last() },
            "half_time": { "worst": self.half[0], "best": self.half[1] },
        })
    }

    fn text(&self) -> String {
        let reached = if self.share() >= ASKED { "reached" } else { "not reached" };
        let manner = if self.cut { "every tenth connection cut" } else { "no connection cut" };
        let [worst, best] = self.half.map(|share| share * 100.0);
        format!(
            "{manner}: {} receipts, {} signed refusals, {} connected again\n  {:.1} s, {:.0} MB/s; \
             the disk itself {:.0} MB/s: {:.0} % (asked {:.0} %: {reached})\n  receipt after the \
             last slice: median {:.3} s, longest {:.3} s\n  at half time the bidders had {worst:.0} \
             to {best:.0} % of their slices\n  memory of the hall at most {} MiB",
            self.receipts,
            self.refused,
            self.reconnected,
            self.wall.as_secs_f64(),
            rate(self.bytes, self.wall) / 1e6,
            self.disk / 1e6,
            self.share() * 100.0,
            ASKED * 100.0,
            median(&self.waits).unwrap_or_default(),
            self.waits.last().copied().unwrap_or_default(),
            self.peak_mib,
        )
    }
}

/// When half of all slices were stored: which share of its own the worst and the best bidder had.
fn half_time(cases: &[Case]) -> [f64; 2] {
    let mut all: Vec<Duration> = cases.iter().flat_map(|c| c.outcome.stored.clone()).collect();
    all.sort();
    let Some(half) = all.get(all.len() / 2) else { return [0.0; 2] };
    let share = |case: &Case| {
        let had = case.outcome.stored.iter().filter(|at| *at <= half).count();
        let had = f64::from(u32::try_from(had).unwrap_or(u32::MAX));
        had / f64::from(u32::try_from(case.bid.slices()).unwrap_or(u32::MAX))
    };
    let shares: Vec<f64> = cases.iter().map(share).collect();
    let of = |pick: fn(f64, f64) -> f64| shares.iter().copied().reduce(pick).unwrap_or_default();
    [of(f64::min), of(f64::max)]
}
