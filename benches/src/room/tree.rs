//! A process with its children: started, looked at, stopped.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::machine::field;

/// A server has this long to begin.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process of ours; it ends with this value.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    says: BufReader<ChildStdout>,
    hears: ChildStdin,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Result<Self, BenchError> {
        let line = format!("{command:?}");
        let failed = |detail: &str| BenchError::Command { line, detail: detail.to_owned() };
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Err(failed(&error.to_string())),
        };
        let (Some(says), Some(hears)) = (child.stdout.take(), child.stdin.take()) else {
            return Err(failed("no pipes"));
        };
        Ok(Self { child, says: BufReader::new(says), hears })
    }

    /// Waits until it listens.
    pub(super) fn wait_for(&mut self, port: u16) -> Result<(), BenchError> {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until || !matches!(self.child.try_wait(), Ok(None)) {
                return Err(BenchError::Result(format!("nobody listens on port {port}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // It has closed that connection, and is at rest.
        std::thread::sleep(Duration::from_millis(300));
        Ok(())
    }

    /// The next line that it writes.
    pub(super) fn line(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        self.says.read_line(&mut line).map_err(BenchError::product)?;
        Ok(line.trim().to_owned())
    }

    /// Tells it to go on, and gives the rest of what it writes.
    pub(super) fn go_on(&mut self) -> Result<String, BenchError> {
        let mut rest = String::new();
        // One that has ended needs no word; what it wrote is judged by the caller.
        let _ = self.hears.write_all(b"go\n").and_then(|()| self.hears.flush());
        self.says.read_to_string(&mut rest).map_err(BenchError::product)?;
        Ok(rest.trim().to_owned())
    }

    /// Its memory with its children's, what is shared counted once, in KiB.
    pub(super) fn memory_kib(&self) -> f64 {
        let pss = |id: &u32| {
            let text = field(&format!("/proc/{id}/smaps_rollup"), "Pss")?;
            text.split_whitespace().next()?.parse::<f64>().ok()
        };
        self.family().iter().filter_map(pss).sum()
    }

    /// The processor time of it and its children so far, in seconds.
    pub(super) fn processor_s(&self) -> f64 {
        let time = |id: &u32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let (_, fields) = stat.rsplit_once(") ")?;
            let ticks = fields.split(' ').skip(11).take(2);
            Some(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
        };
        self.family().iter().filter_map(time).sum()
    }

    fn family(&self) -> Vec<u32> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        std::iter::once(own).chain(children).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A master that is killed would leave its workers; asked to end it takes them along.
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status();
        let until = Instant::now() + Duration::from_secs(5);
        while asked.is_ok() && Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
