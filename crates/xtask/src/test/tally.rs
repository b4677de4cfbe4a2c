//! Counts what the tests report, while their output passes through.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// What tests have reported so far.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// Tests that ended well because they found nothing to test; the harness counts them as passed.
    gave_up: u64,
    skipped: BTreeSet<String>,
}

/// A test that finds its data or a program absent writes a line with this mark to the real stderr,
/// past the harness (see `shared_dir` in kaibiao-testkit).
const MARK: &str = "SKIPPED: ";

impl Tally {
    /// Takes one line of the output of `cargo test`, or of a TAP summary by Node, into account.
    pub(crate) fn take(&mut self, line: &str) {
        let line = plain(line);
        if let Some((_, what)) = line.split_once(MARK) {
            self.gave_up += 1;
            self.skip(what.trim());
        } else if let Some(result) = line.strip_prefix("test result: ") {
            for part in result.split(['.', ';']) {
                match part.split_whitespace().collect::<Vec<_>>().as_slice() {
                    [count, "passed"] => self.passed += number(count),
                    [count, "failed"] => self.failed += number(count),
                    [count, "ignored"] => self.ignored += number(count),
                    _ => {}
                }
            }
        } else if let Some(count) = line.strip_prefix("# pass ") {
            self.passed += number(count);
        } else if let Some(count) = line.strip_prefix("# fail ") {
            self.failed += number(count);
        } else if let Some(count) = line.strip_prefix("# skipped ") {
            self.ignored += number(count);
        } else if let Some((name, reason)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored"))
        {
            let reason = reason.trim_start_matches(',').trim();
            let reason = if reason.is_empty() { "no reason given" } else { reason };
            self.skip(&format!("{name}: {reason}"));
        }
    }

    /// Takes what another program reported into account.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.gave_up += other.gave_up;
        self.skipped.extend(other.skipped.iter().cloned());
    }

    /// Notes something that is not tested in this run.
    pub(crate) fn skip(&mut self, what: &str) {
        self.skipped.insert(what.to_owned());
    }

    /// Whether the tests as a whole may count as passed. Where `complete` is asked for, nothing may
    /// be left out.
    ///
    /// # Errors
    ///
    /// A text that says why not.
    pub(crate) fn verdict(&self, complete: bool) -> Result<(), String> {
        if self.failed > 0 {
            return Err(format!("{} tests failed", self.failed));
        }
        if self.really_passed() == 0 {
            return Err("not one test ran".to_owned());
        }
        if complete && self.left_out() > 0 {
            return Err(format!("{} tests were skipped, and CI=true allows none", self.left_out()));
        }
        Ok(())
    }

    /// The closing line.
    pub(crate) fn summary(&self) -> String {
        let (passed, failed) = (self.really_passed(), self.failed);
        format!("{passed} passed, {failed} failed, {} skipped", self.left_out())
    }

    /// Lists what was not tested, on stderr.
    pub(crate) fn print_skipped(&self) {
        for what in &self.skipped {
            eprintln!("SKIPPED {what}");
        }
    }

    fn left_out(&self) -> u64 {
        self.ignored + self.gave_up
    }

    fn really_passed(&self) -> u64 {
        self.passed.saturating_sub(self.gave_up)
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

/// The line without the sequences that colour it.
fn plain(line: &str) -> String {
    let mut kept = String::new();
    let mut chars = line.chars();
    while let Some(next) = chars.next() {
        if next == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            kept.push(next);
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}

/// Which of the two outputs of a program a line came from.
#[derive(Clone, Copy, Debug)]
enum Side {
    Out,
    Err,
}

/// How long the outputs may be silent after the program has ended. A process that a test left
/// behind holds them open, and must not hold us.
const SILENCE: Duration = Duration::from_millis(500);

/// Runs `command`, passes its output on to `out` and `err` line by line and takes each line into
/// account.
///
/// # Errors
///
/// What the operating system says if the command does not start or cannot be waited for.
pub(crate) fn stream(
    command: &mut Command,
    tally: &mut Tally,
    out: &mut impl Write,
    err: &mut impl Write,
) -> std::io::Result<ExitStatus> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (sender, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        forward(output, Side::Out, sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        forward(output, Side::Err, sender);
    }
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok((side, line)) => {
                // A reader that has gone away does not change what the tests found.
                let _ = match side {
                    Side::Out => out.write_all(&line).and_then(|()| out.flush()),
                    Side::Err => err.write_all(&line).and_then(|()| err.flush()),
                };
                tally.take(&String::from_utf8_lossy(&line));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return child.wait(),
        }
    }
}

/// Sends the lines of `source` from a thread of its own, until it ends or nobody listens.
fn forward(source: impl Read + Send + 'static, side: Side, lines: Sender<(Side, Vec<u8>)>) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while source.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if lines.send((side, std::mem::take(&mut line))).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tallied(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.take(line));
        tally
    }

    #[test]
    fn the_results_of_several_programs_are_added() {
        let tally = tallied(
            "running 3 tests\ntest a ... ok\n\
             test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s\n\
             test result: \u{1b}[32mok\u{1b}[0m. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(tally.summary(), "7 passed, 0 failed, 1 skipped");
        assert_eq!(tally.verdict(false), Ok(()));
        assert!(tally.verdict(true).is_err());
    }

    #[test]
    fn one_failure_fails_the_whole() {
        let tally = tallied(
            "test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
             test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(tally.summary(), "32 passed, 1 failed, 0 skipped");
        assert_eq!(tally.verdict(false), Err("1 tests failed".to_owned()));
    }

    #[test]
    fn no_test_at_all_is_no_success() {
        for output in [
            "",
            "test result: ok. 0 passed; 0 failed; 9 ignored; 0 measured; 0 filtered out",
            "the test result: ok. 5 passed; 0 failed",
            "test result: ok. many passed; 0 failed",
            "SKIPPED: suites\ntest result: ok. 1 passed; 0 failed; 0 ignored",
        ] {
            assert!(tallied(output).verdict(false).is_err(), "`{output}` was a success");
        }
    }

    #[test]
    fn a_skipped_test_is_listed_and_never_counted_as_passed() {
        let tally = tallied(
            "test limbo ... ignored, needs KAIBIAO_SHARED: suites/x509-limbo.json\n\
             test slow ... ignored\n\
             SKIPPED: tlog::vectors: suites/tlog\n\
             test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(tally.summary(), "4 passed, 0 failed, 3 skipped");
        let listed: Vec<&str> = tally.skipped.iter().map(String::as_str).collect();
        assert_eq!(
            listed,
            [
                "limbo: needs KAIBIAO_SHARED: suites/x509-limbo.json",
                "slow: no reason given",
                "tlog::vectors: suites/tlog",
            ]
        );
    }

    #[test]
    fn output_passes_through_and_the_status_is_kept() {
        let mut tally = Tally::default();
        let mut command = Command::new("sh");
        let script = "echo 'SKIPPED: a: absent' >&2; \
                      echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 3";
        command.args(["-c", script]);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = stream(&mut command, &mut tally, &mut out, &mut err).unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(tally.summary(), "1 passed, 0 failed, 1 skipped");
        assert_eq!(err, b"SKIPPED: a: absent\n");
        assert_eq!(out, b"test result: ok. 2 passed; 0 failed; 0 ignored\n");
        let mut absent = Command::new("a-program-that-nobody-has");
        assert!(stream(&mut absent, &mut tally, &mut out, &mut err).is_err());
    }

    #[test]
    fn a_process_left_behind_does_not_hold_the_run() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 20 & echo 'test result: ok. 2 passed; 0 failed; 0 ignored'"]);
        let begin = std::time::Instant::now();
        let status = stream(&mut command, &mut Tally::default(), &mut Vec::new(), &mut Vec::new());
        assert!(status.unwrap().success());
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}
