//! What is printed about one file sealed and opened.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::measure::Taken;

/// Which way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Direction {
    /// Sealing.
    Seal,
    /// Opening.
    Open,
}

/// All figures of one command.
#[derive(Debug)]
pub(crate) struct Report {
    /// What was measured.
    pub(crate) title: &'static str,
    /// On which machine.
    pub(crate) machine: String,
    /// In which folder.
    pub(crate) place: String,
    /// Bytes of the file.
    pub(crate) size: u64,
    /// Runs of every tool.
    pub(crate) runs: usize,
    /// One direction on so many cores each.
    pub(crate) sections: Vec<Section>,
}

/// The tools side by side.
#[derive(Debug)]
pub(crate) struct Section {
    /// Which way.
    pub(crate) direction: Direction,
    /// On which cores.
    pub(crate) cores: &'static str,
    /// Ours, then the others.
    pub(crate) rows: Vec<Row>,
}

/// One tool.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name.
    name: &'static str,
    /// Its version; `None` if it is not installed.
    version: Option<String>,
    /// Its runs.
    pub(crate) taken: Vec<Taken>,
}

impl Row {
    /// A tool without a run yet.
    pub(crate) const fn new(name: &'static str, version: Option<String>) -> Self {
        Self { name, version, taken: Vec::new() }
    }

    /// The walls in ascending order.
    fn walls(&self) -> Vec<Duration> {
        let mut walls: Vec<Duration> = self.taken.iter().map(|taken| taken.wall).collect();
        walls.sort();
        walls
    }

    /// The median wall time in seconds.
    fn seconds(&self) -> Option<f64> {
        median(&self.walls()).map(|wall| wall.as_secs_f64())
    }

    /// The median processor time in seconds.
    fn processor(&self) -> Option<f64> {
        let mut all: Vec<u64> = self.taken.iter().filter_map(|taken| taken.cpu_ms).collect();
        all.sort_unstable();
        median(&all).map(|ms| Duration::from_millis(ms).as_secs_f64())
    }

    /// The highest peak of all runs in MiB.
    fn peak(&self) -> Option<u64> {
        self.taken.iter().filter_map(|taken| taken.peak_kib).max().map(|kib| kib.div_ceil(1024))
    }
}

/// The middle of an ascending list, the earlier one of two.
pub(crate) fn median<T: Copy>(sorted: &[T]) -> Option<T> {
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

impl Section {
    /// Our speed by that of the fastest other tool, and its name.
    fn ratio(&self) -> Option<(f64, &'static str)> {
        let (own, others) = self.rows.split_first()?;
        let own = own.seconds()?;
        let peers = others.iter().filter_map(|row| Some((row.seconds()?, row.name)));
        let (seconds, name) = peers.min_by(|one, other| one.0.total_cmp(&other.0))?;
        Some((seconds / own, name))
    }

    /// The least ratio that the project asks of itself.
    fn asked(&self) -> f64 {
        match (self.direction, self.cores) {
            (Direction::Seal, "one core") => 1.0,
            (Direction::Seal, _) => 1.4,
            (Direction::Open, _) => 1.05,
        }
    }

    const fn work(&self) -> &'static str {
        match self.direction {
            Direction::Seal => "seal and sign",
            Direction::Open => "verify and open",
        }
    }
}

/// Bytes and seconds as GB/s.
fn speed(size: u64, seconds: f64) -> f64 {
    // As many nanoseconds as bytes make as many seconds as gigabytes.
    Duration::from_nanos(size).as_secs_f64() / seconds
}

impl Report {
    /// The table.
    pub(crate) fn text(&self) -> String {
        let mut out = format!(
            "{}: {} bytes, median of {}\nmachine: {}\nfiles: {}\n",
            self.title, self.size, self.runs, self.machine, self.place
        );
        for section in &self.sections {
            section.text(self.size, &mut out);
        }
        out.push_str("\nThe others encrypt and decrypt only; ours also signs, and verifies first.");
        out
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> String {
        let sections: Vec<Value> =
            self.sections.iter().map(|section| section.json(self.size)).collect();
        json!({
            "title": self.title,
            "machine": self.machine,
            "files": self.place,
            "bytes": self.size,
            "runs": self.runs,
            "sections": sections,
        })
        .to_string()
    }
}

impl Section {
    fn text(&self, size: u64, out: &mut String) {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "\n{}, {}", self.work(), self.cores);
        let head = ["tool", "median s", "min..max s", "cpu s", "GB/s", "peak MiB"];
        let [tool, median, spread, cpu, rate, peak] = head;
        let _ = writeln!(out, "{tool:<24} {median:>9} {spread:>14} {cpu:>7} {rate:>6} {peak:>9}");
        for row in &self.rows {
            let name = format!("{} {}", row.name, row.version.as_deref().unwrap_or(""));
            let (walls, Some(seconds)) = (row.walls(), row.seconds()) else {
                let _ = writeln!(out, "{name:<24} absent");
                continue;
            };
            let edge = |wall: Option<&Duration>| wall.map_or(0.0, Duration::as_secs_f64);
            let spread = format!("{:.2}..{:.2}", edge(walls.first()), edge(walls.last()));
            let cpu = row.processor().map_or("-".to_owned(), |cpu| format!("{cpu:.2}"));
            let peak = row.peak().map_or("-".to_owned(), |peak| peak.to_string());
            let rate = speed(size, seconds);
            let _ = writeln!(
                out,
                "{name:<24} {seconds:>9.3} {spread:>14} {cpu:>7} {rate:>6.2} {peak:>9}"
            );
        }
        let _ = match self.ratio() {
            Some((ratio, peer)) => {
                let asked = self.asked();
                let verdict = if ratio < asked { "not reached" } else { "reached" };
                writeln!(out, "{ratio:.2} times {peer}, asked {asked:.2}: {verdict}")
            }
            None => writeln!(out, "no other tool to compare with"),
        };
    }

    fn json(&self, size: u64) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "tool": row.name,
                    "version": row.version,
                    "seconds": row.taken.iter().map(|t| t.wall.as_secs_f64()).collect::<Vec<_>>(),
                    "median_s": row.seconds(),
                    "cpu_s": row.processor(),
                    "gb_per_s": row.seconds().map(|seconds| speed(size, seconds)),
                    "peak_mib": row.peak(),
                })
            })
            .collect();
        json!({
            "work": self.work(),
            "cores": self.cores,
            "rows": rows,
            "ratio": self.ratio().map(|(ratio, _)| ratio),
            "fastest_other": self.ratio().map(|(_, name)| name),
            "asked": self.asked(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, walls: &[u64]) -> Row {
        let version = (!walls.is_empty()).then(|| "1.0".to_owned());
        let taken = |ms: &u64| Taken {
            wall: Duration::from_millis(*ms),
            cpu_ms: Some(*ms),
            peak_kib: Some(2_049),
        };
        Row { name, version, taken: walls.iter().map(taken).collect() }
    }

    fn report(rows: Vec<Row>) -> Report {
        Report {
            title: "title",
            machine: "machine".to_owned(),
            place: "place".to_owned(),
            size: 1_000_000_000,
            runs: 3,
            sections: vec![Section { direction: Direction::Seal, cores: "one core", rows }],
        }
    }

    #[test]
    fn the_median_counts_and_the_fastest_peer_is_named() {
        let rows =
            vec![row("kaibiao", &[900, 500, 400]), row("slow", &[2_000]), row("fast", &[600; 3])];
        let report = report(rows);
        let text = report.text();
        assert!(text.contains("kaibiao 1.0                  0.500     0.40..0.90"), "{text}");
        assert!(text.contains("   2.00         3\n"), "{text}");
        assert!(text.contains("1.20 times fast, asked 1.00: reached"), "{text}");
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["sections"][0]["rows"][0]["median_s"], 0.5);
        assert_eq!(json["sections"][0]["fastest_other"], "fast");
    }

    #[test]
    fn a_slower_result_and_an_absent_peer_are_told() {
        let text = report(vec![row("kaibiao", &[500]), row("fast", &[400])]).text();
        assert!(text.contains("0.80 times fast, asked 1.00: not reached"), "{text}");
        let text = report(vec![row("kaibiao", &[500]), row("gone", &[])]).text();
        assert!(text.contains("gone                     absent"), "{text}");
        assert!(text.contains("no other tool to compare with"), "{text}");
    }

    #[test]
    fn the_median_of_an_even_count_is_the_earlier_one() {
        assert_eq!(median(&[1, 2, 3, 4]), Some(2));
        assert_eq!(median(&[1, 2, 3]), Some(2));
        assert_eq!(median::<u8>(&[]), None);
    }
}
