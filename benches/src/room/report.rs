//! What is printed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Alone, RoomOptions, Row, Run};
use crate::machine;

/// How much faster than these we want to be, at the greatest number of readers.
const ASKED: [(&str, f64); 2] = [("uWebSockets", 1.5), ("nchan", 5.0)];

/// The most memory of the server for a reader, in KiB.
const KIB_EACH: f64 = 5.0;

/// The most that readers who never read may add to the latency of others, and to memory in KiB.
const DEAF: (f64, f64) = (1.2, 5_120.0);

/// The most seconds in which everybody who is late has everything.
const LATE_S: f64 = 6.0;

impl Row {
    /// The median of a figure over the runs.
    fn median(&self, figure: impl Fn(&Run) -> f64) -> f64 {
        let mut all: Vec<f64> = self.runs.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        crate::table::median(&all).unwrap_or(f64::NAN)
    }

    fn rate(&self) -> f64 {
        self.median(|run| run.figure(0, "per_second"))
    }

    fn calm_p99(&self) -> f64 {
        self.median(|run| run.figure(1, "p99_ms"))
    }

    fn kib_each(&self) -> f64 {
        self.median(|run| run.kib_each)
    }

    fn cells(&self) -> Vec<(&'static str, f64)> {
        let all = |part| self.median(|run| run.figure(part, "deliveries"));
        vec![
            ("per_second", self.rate()),
            ("p50_ms", self.median(|run| run.figure(0, "p50_ms"))),
            ("p99_ms", self.median(|run| run.figure(0, "p99_ms"))),
            ("calm_p50_ms", self.median(|run| run.figure(1, "p50_ms"))),
            ("calm_p99_ms", self.calm_p99()),
            ("together", self.median(|run| run.figure(0, "together"))),
            ("server_us", self.median(|run| run.server_s) * 1e6 / (all(0) + all(1))),
            ("readers_us", self.median(Run::readers_s) * 1e6 / (all(0) + all(1))),
            ("kib_each", self.kib_each()),
        ]
    }
}

/// What was asked, what was found, and whether it is enough.
struct Verdict {
    what: String,
    found: f64,
    reached: bool,
}

fn verdicts(rows: &[Row], alone: &Alone) -> Vec<Verdict> {
    let most = rows.iter().map(|row| row.readers).max().unwrap_or_default();
    let at_most = |name: &str| rows.iter().find(|row| row.readers == most && row.name == name);
    let mut all = Vec::new();
    if let Some(own) = at_most("kaibiao") {
        for (name, asked) in ASKED {
            let Some(peer) = at_most(name).filter(|peer| !peer.runs.is_empty()) else { continue };
            let found = own.rate() / peer.rate();
            let what = format!("times the entries of {name} at {most} readers, asked {asked}");
            all.push(Verdict { what, found, reached: found >= asked });
            let found = own.calm_p99() / peer.calm_p99();
            let what = format!("times the p99 of {name} in a calm room of {most}, asked 1");
            all.push(Verdict { what, found, reached: found <= 1.0 });
        }
        let found = own.kib_each();
        let what = format!("KiB of memory for each of {most} readers, asked {KIB_EACH}");
        all.push(Verdict { what, found, reached: found <= KIB_EACH });
    }
    let found = alone.deaf.figure(0, "p99_ms") / alone.calm.figure(0, "p99_ms");
    let what = format!("times the p99 when one in five never reads, asked {}", DEAF.0);
    all.push(Verdict { what, found, reached: found < DEAF.0 });
    let found = alone.deaf.grown_kib - alone.calm.grown_kib;
    let what = format!("KiB more memory with them, asked {}", DEAF.1);
    all.push(Verdict { what, found, reached: found < DEAF.1 });
    let found = alone.late.load.get("seconds").and_then(Value::as_f64).unwrap_or(f64::NAN);
    let what =
        format!("s until {most} entries have reached {} who come late, asked {LATE_S}", most / 5);
    all.push(Verdict { what, found, reached: found <= LATE_S });
    // A run in which anything is lost or doubled ends the whole measurement.
    let found = alone.storm.figure(0, "per_second");
    let what =
        format!("entries a second while {} come back at once: none lost or doubled", most / 2);
    all.push(Verdict { what, found, reached: found > 0.0 });
    all
}

pub(super) fn text(options: &RoomOptions, rows: &[Row], alone: &Alone) -> String {
    let mut out = format!(
        "readers of a room: entries of 300 bytes, one core for the server and one for the readers, \
         median of {}\nmachine: {}\n",
        options.runs,
        machine::describe()
    );
    let mut readers = None;
    for row in rows {
        if readers != Some(row.readers) {
            readers = Some(row.readers);
            let head = [
                "entries/s",
                "p50 ms",
                "p99 ms",
                "calm p50",
                "calm p99",
                "together",
                "server us",
                "reader us",
                "KiB each",
            ];
            let _ = write!(out, "\n{:<28}", format!("{} readers", row.readers));
            for head in head {
                let _ = write!(out, "{head:>11}");
            }
        }
        let name = format!("{} {}", row.name, row.version.as_deref().unwrap_or(""));
        if row.runs.is_empty() {
            let _ = write!(out, "\n{name:<28}     absent");
            continue;
        }
        let _ = write!(out, "\n{name:<28}");
        for (name, figure) in row.cells() {
            let places = usize::from(name != "per_second");
            let _ = write!(out, "{figure:>11.places$}");
        }
    }
    out.push_str(
        "\n\nentries/s are deliveries: entries times readers, at most 4 entries under way; together is how \
         many came with one read; \
         calm is 5 entries a second.\n",
    );
    for Verdict { what, found, reached } in verdicts(rows, alone) {
        let reached = if reached { "reached" } else { "not reached" };
        let _ = writeln!(out, "{found:.2} {what}: {reached}");
    }
    out
}

pub(super) fn json(options: &RoomOptions, rows: &[Row], alone: &Alone) -> String {
    let row = |row: &Row| {
        let cells: serde_json::Map<String, Value> = row
            .cells()
            .into_iter()
            .map(|(name, figure)| (name.to_owned(), json!(figure)))
            .collect();
        json!({ "server": row.name, "version": row.version, "readers": row.readers, "median": cells })
    };
    let verdict = |verdict: Verdict| json!({ "what": verdict.what, "found": verdict.found, "reached": verdict.reached });
    json!({
        "machine": machine::describe(),
        "runs": options.runs,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "verdicts": verdicts(rows, alone).into_iter().map(verdict).collect::<Vec<_>>(),
    })
    .to_string()
}
