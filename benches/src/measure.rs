//! One measured process: wall time, processor time, peak memory.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::step::Step;

/// GNU time, which tells processor time and peak memory of any program.
const GNU_TIME: &str = "/usr/bin/time";

/// What one run took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Taken {
    /// From the start of the process until its output is durable.
    pub(crate) wall: Duration,
    /// Processor time of user and system, in milliseconds; `None` without GNU time.
    pub(crate) cpu_ms: Option<u64>,
    /// Peak resident memory in KiB; `None` without GNU time.
    pub(crate) peak_kib: Option<u64>,
}

/// Runs programs on some of the cores.
#[derive(Clone, Debug)]
pub(crate) struct Stopwatch {
    /// The cores, as `taskset` takes them; `None` is all.
    pub(crate) cores: Option<&'static str>,
    /// Where a note of GNU time may lie.
    pub(crate) note: PathBuf,
    /// Variables of the environment.
    pub(crate) variables: Vec<(&'static str, OsString)>,
}

impl Stopwatch {
    /// Runs a command line and waits until `output` is on the disk; no tool but ours does that
    /// itself, and a tool must not win by leaving it out.
    pub(crate) fn run(&self, words: &[OsString], output: &Path) -> Result<Taken, BenchError> {
        self.time(words, output).map(|(taken, _)| taken)
    }

    /// Runs a step of ours, which tells its peak memory itself.
    pub(crate) fn step(&self, step: &Step, output: &Path) -> Result<Taken, BenchError> {
        let (taken, said) = self.time(&step.words()?, output)?;
        let peak_kib = said.trim().parse().ok();
        Ok(Taken { peak_kib: peak_kib.or(taken.peak_kib), ..taken })
    }

    fn time(&self, words: &[OsString], output: &Path) -> Result<(Taken, String), BenchError> {
        let timed = Path::new(GNU_TIME).is_file();
        let mut all: Vec<&OsStr> = Vec::new();
        if let Some(cores) = self.cores {
            all.extend(["taskset", "--cpu-list", cores].map(OsStr::new));
        }
        if timed {
            all.extend([GNU_TIME, "--format", "%U %S %M", "--output"].map(OsStr::new));
            all.push(self.note.as_os_str());
        }
        all.extend(words.iter().map(OsString::as_os_str));
        let shown: Vec<_> = all.iter().map(|word| word.to_string_lossy()).collect();
        let failed = |detail: String| BenchError::Command { line: shown.join(" "), detail };
        let (program, rest) = all.split_first().ok_or_else(|| failed("no program".to_owned()))?;
        let mut command = Command::new(program);
        command.args(rest).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let begin = Instant::now();
        let done = command.spawn().and_then(Child::wait_with_output);
        let done = done.map_err(|error| failed(error.to_string()))?;
        if !done.status.success() {
            return Err(failed(String::from_utf8_lossy(&done.stderr).trim_end().to_owned()));
        }
        let durable = File::open(output).and_then(|file| file.sync_all());
        let wall = begin.elapsed();
        durable.map_err(BenchError::file(output))?;
        let note = fs::read_to_string(&self.note).ok().filter(|_| timed).unwrap_or_default();
        let (cpu_ms, peak_kib) = read_note(&note).unzip();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        Ok((Taken { wall, cpu_ms, peak_kib }, said))
    }
}

/// Milliseconds of user and system together, and KiB, from `1.23 0.45 6789`.
fn read_note(note: &str) -> Option<(u64, u64)> {
    // A line about the exit status may come first; such a run has failed before we get here.
    let mut words = note.lines().last()?.split_whitespace();
    let mut hundredths = || {
        let (whole, part) = words.next()?.split_once('.')?;
        let part = part.get(..2).filter(|_| part.len() == 2)?;
        Some(whole.parse::<u64>().ok()? * 100 + part.parse::<u64>().ok()?)
    };
    let cpu_ms = (hundredths()? + hundredths()?) * 10;
    Some((cpu_ms, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopwatch(folder: &Path) -> Stopwatch {
        Stopwatch { cores: Some("0"), note: folder.join("note"), variables: Vec::new() }
    }

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    #[test]
    fn notes_of_gnu_time_are_read() {
        assert_eq!(read_note("1.23 0.45 6789\n"), Some((1_680, 6_789)));
        assert_eq!(read_note("0.00 0.00 1000"), Some((0, 1_000)));
        for wrong in ["", "1 2 3", "1.2 3.4 5", "1.23 0.45", "a.bc 0.00 1", "1.23 0.45 x"] {
            assert_eq!(read_note(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_run_is_measured_and_a_failed_one_is_told() {
        let folder = crate::machine::Folder::create(None, true, 1 << 20).unwrap();
        let (watch, out) = (stopwatch(&folder.join("")), folder.join("out"));
        let copy = words(&["cp", "/proc/self/status", &out.to_string_lossy()]);
        let taken = watch.run(&copy, &out).unwrap();
        assert!(taken.wall > Duration::ZERO);
        assert_eq!(taken.peak_kib.is_some(), Path::new(GNU_TIME).is_file());
        let error = watch.run(&words(&["cp", "/absent", "/absent"]), &out).unwrap_err();
        assert!(error.to_string().contains("/absent"), "{error}");
        let absent = watch.run(&words(&["true"]), &folder.join("absent")).unwrap_err();
        assert!(matches!(absent, BenchError::File { .. }), "{absent}");
    }
}
