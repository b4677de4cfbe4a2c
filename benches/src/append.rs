//! `append`: durable appends to the store of the hall, and what the disk takes for one sync.
//!
//! Each producer waits for the answer before it sends its next line, as a room does. A room is one
//! thread, so one lot has one producer; many lots have one each.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use kaibiao_store::{IntakeKey, Store};
use kaibiao_types::{LotId, LotKey, TenderId, UtcMillis};
use serde_json::{Value, json};

use crate::args::AppendOptions;
use crate::error::BenchError;
use crate::table::median;
use crate::{line, machine};

/// Bytes of one line.
const LINE: usize = 300;
/// Appends in a second that are asked for with [`MANY`] producers.
const ASKED: f64 = 20_000.0;
/// The longest median until an answer that is asked for with [`MANY`] producers, with a sync of
/// [`ASKED_SYNC`].
const ASKED_ANSWER: Duration = Duration::from_millis(2);
/// The sync to which [`ASKED_ANSWER`] belongs.
const ASKED_SYNC: Duration = Duration::from_micros(130);
/// Producers for which the figures are asked.
const MANY: usize = 64;
/// Syncs that are timed before each run, of so many bytes each.
const SYNCS: u64 = 300;
const SYNCED: usize = 4 << 10;

/// Measures and prints.
pub(crate) fn run(options: &AppendOptions) -> Result<(), BenchError> {
    let folder = machine::Folder::create(options.dir.as_deref(), false, 4 << 30)?;
    let mut rows = Vec::new();
    for producers in &options.producers {
        let mut runs = Vec::new();
        for no in 0..options.runs {
            let name = format!("{producers}-{no}");
            let sync = time_sync(&folder.join(&format!("{name}.sync")))?;
            let store = folder.join(&name);
            runs.push(Run { sync, ..appends(&store, *producers, options.seconds)? });
            std::fs::remove_dir_all(&store).map_err(BenchError::file(&store))?;
        }
        rows.push(Row { producers: *producers, runs });
    }
    let place = folder.describe();
    line(&if options.json { as_json(&place, &rows) } else { as_text(&place, &rows) });
    Ok(())
}

/// One number of producers.
struct Row {
    producers: usize,
    runs: Vec<Run>,
}

/// One run.
#[derive(Clone, Copy)]
struct Run {
    /// The median of one sync, just before.
    sync: Duration,
    /// Appends in a second.
    rate: f64,
    /// The median until an answer.
    p50: Duration,
    /// 99 of 100 answers come within.
    p99: Duration,
}

impl Row {
    /// The middle of one figure over all runs.
    fn middle<T: Copy + PartialOrd>(&self, figure: impl Fn(&Run) -> T) -> Option<T> {
        let mut all: Vec<T> = self.runs.iter().map(figure).collect();
        all.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
        median(&all)
    }

    /// The least and the greatest rate.
    fn spread(&self) -> (f64, f64) {
        let rates = || self.runs.iter().map(|run| run.rate);
        (rates().fold(f64::INFINITY, f64::min), rates().fold(0.0, f64::max))
    }
}

/// The median of what the disk takes for a sync of bytes written in place.
fn time_sync(path: &Path) -> Result<Duration, BenchError> {
    let timed = || -> std::io::Result<Option<Duration>> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        let step = u64::try_from(SYNCED).unwrap_or(u64::MAX);
        for n in 0..SYNCS {
            file.write_all_at(&[0; SYNCED], n * step)?;
        }
        file.sync_all()?;
        let mut taken = Vec::new();
        for n in 0..SYNCS {
            file.write_all_at(&[1; SYNCED], n * step)?;
            let begin = Instant::now();
            file.sync_data()?;
            taken.push(begin.elapsed());
        }
        taken.sort();
        Ok(median(&taken))
    };
    Ok(timed().map_err(BenchError::file(path))?.unwrap_or_default())
}

fn lot(no: usize) -> Result<LotKey, BenchError> {
    Ok(LotKey {
        tender: TenderId::parse("BENCH").map_err(BenchError::product)?,
        lot: LotId::parse(&format!("L{no}")).map_err(BenchError::product)?,
    })
}

/// Appends for some seconds, then looks whether all that was acknowledged is there.
fn appends(path: &Path, producers: usize, seconds: u32) -> Result<Run, BenchError> {
    let store = Store::open(path, &IntakeKey::new([7; 32])).map_err(BenchError::product)?;
    let lots = (0..producers).map(lot).collect::<Result<Vec<_>, _>>()?;
    for lot in &lots {
        store.create_lot(lot, UtcMillis::EPOCH).map_err(BenchError::product)?;
    }
    let begin = Instant::now();
    let end = begin + Duration::from_secs(seconds.into());
    let answered: Vec<Result<Vec<Duration>, BenchError>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            lots.iter().map(|lot| scope.spawn(|| produce(&store, lot, end))).collect();
        let lost = |_| Err(BenchError::Result("a producer stopped".to_owned()));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(lost)).collect()
    });
    let took = begin.elapsed();
    drop(store);
    let store = Store::open(path, &IntakeKey::new([7; 32])).map_err(BenchError::product)?;
    let mut all = Vec::new();
    for (lot, answered) in lots.iter().zip(answered) {
        let answered = answered?;
        let kept = store.entry_count(lot).map_err(BenchError::product)?;
        if usize::try_from(kept).ok() != Some(answered.len()) {
            let text = format!("{lot}: {kept} lines are kept, {} acknowledged", answered.len());
            return Err(BenchError::Result(text));
        }
        all.extend(answered);
    }
    all.sort();
    let at = |part: usize| all.get(all.len() * part / 100).copied().unwrap_or_default();
    let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let rate = f64::from(count) / took.as_secs_f64();
    Ok(Run { sync: Duration::ZERO, rate, p50: at(50), p99: at(99) })
}

fn produce(store: &Store, lot: &LotKey, end: Instant) -> Result<Vec<Duration>, BenchError> {
    let (mut answered, mut index) = (Vec::new(), 0);
    let bytes = [vec![b'x'; LINE]];
    while Instant::now() < end {
        let begin = Instant::now();
        store.append(lot, index, &bytes).map_err(BenchError::product)?;
        answered.push(begin.elapsed());
        index += 1;
    }
    Ok(answered)
}

fn as_text(place: &str, rows: &[Row]) -> String {
    let runs = rows.first().map_or(0, |row| row.runs.len());
    let mut out = format!(
        "durable appends of {LINE} bytes, median of {runs}\nmachine: {}\nfiles: {place}\n\n",
        machine::describe()
    );
    out.push_str("producers  appends/s         min..max   p50 ms   p99 ms  sync ms\n");
    for row in rows {
        let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
        let (least, most) = row.spread();
        let spread = format!("{least:.0}..{most:.0}");
        // Writing to a text cannot fail.
        let _ = writeln!(
            out,
            "{:>9} {:>10.0} {spread:>16} {:>8.2} {:>8.2} {:>8.3}",
            row.producers,
            row.middle(|run| run.rate).unwrap_or_default(),
            ms(row.middle(|run| run.p50)),
            ms(row.middle(|run| run.p99)),
            ms(row.middle(|run| run.sync)),
        );
    }
    for verdict in rows.iter().filter_map(verdict) {
        out.push_str(&verdict);
    }
    out.push_str("\nEvery producer has a lot of its own and waits for each answer; all lines were there afterwards.");
    out
}

/// What is asked with many producers; the time until an answer only where the disk is as fast.
fn verdict(row: &Row) -> Option<String> {
    if row.producers != MANY {
        return None;
    }
    let (rate, p50) = (row.middle(|run| run.rate)?, row.middle(|run| run.p50)?);
    let word = |reached: bool| if reached { "reached" } else { "not reached" };
    let mut text =
        format!("{MANY} producers, {ASKED:.0} appends/s asked: {}\n", word(rate >= ASKED));
    if row.middle(|run| run.sync)? <= ASKED_SYNC {
        let reached = word(p50 <= ASKED_ANSWER);
        let _ = writeln!(text, "{MANY} producers, p50 of {ASKED_ANSWER:?} asked: {reached}");
    }
    Some(text)
}

fn as_json(place: &str, rows: &[Row]) -> String {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let runs: Vec<Value> = row
                .runs
                .iter()
                .map(|run| {
                    json!({
                        "appends_per_s": run.rate,
                        "p50_us": micros(run.p50),
                        "p99_us": micros(run.p99),
                        "sync_us": micros(run.sync),
                    })
                })
                .collect();
            json!({ "producers": row.producers, "runs": runs })
        })
        .collect();
    json!({
        "machine": machine::describe(),
        "files": place,
        "line_bytes": LINE,
        "asked_per_s": ASKED,
        "rows": rows,
    })
    .to_string()
}
