//! A process under test: its output by lines, a bound on its life, and an end with the test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a waiting call looks whether the process has ended.
const POLL: Duration = Duration::from_millis(20);
/// How long output may still arrive after the process has ended.
const DRAIN: Duration = Duration::from_millis(500);

/// A running process. Dropped, it is killed by its process id and waited for.
#[derive(Debug)]
pub struct Running {
    child: Arc<Mutex<Child>>,
    name: String,
    pid: u32,
    until: Instant,
    arriving: Receiver<String>,
    lines: Vec<String>,
    _watched: Sender<()>, // dropped with this value, which sends the watchdog home
}

/// Why a process did not do what the test waits for. Each text ends with all output so far.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The process ended before the awaited line came.
    #[error("{name} ended ({status}) before a line with {awaited:?}; output:\n{output}")]
    Ended {
        /// The program.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// The awaited text.
        awaited: String,
        /// All lines so far.
        output: String,
    },
    /// The process could not be started or asked for its state.
    #[error("cannot run {0}")]
    Start(String, #[source] std::io::Error),
    /// The time given to the process is over; it has been killed.
    #[error("{name} was still awaited ({awaited:?}) when its time was over; output:\n{output}")]
    TimeOver {
        /// The program.
        name: String,
        /// The awaited text, or `exit`.
        awaited: String,
        /// All lines so far.
        output: String,
    },
}

impl Running {
    /// Starts a command with empty standard input. After `bound` it is killed, whatever the test
    /// does meanwhile.
    ///
    /// # Errors
    ///
    /// [`RunError::Start`] if it cannot be started.
    pub fn start(mut command: Command, bound: Duration) -> Result<Self, RunError> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| RunError::Start(name.clone(), error))?;
        let until = Instant::now() + bound;
        let pid = child.id();
        let (sender, arriving) = channel();
        if let Some(pipe) = child.stdout.take() {
            read_lines(pipe, sender.clone());
        }
        if let Some(pipe) = child.stderr.take() {
            read_lines(pipe, sender);
        }
        let child = Arc::new(Mutex::new(child));
        let (watched, over) = channel::<()>();
        let in_danger = Arc::clone(&child);
        thread::spawn(move || {
            if over.recv_timeout(bound) == Err(RecvTimeoutError::Timeout) {
                // An error here means that the process has ended already.
                let _ended = lock(&in_danger).kill();
            }
        });
        Ok(Self { child, name, pid, until, arriving, lines: Vec::new(), _watched: watched })
    }

    /// The process id.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for a line of standard output or standard error that contains `text`; lines that came
    /// before the call count. Returns the line.
    ///
    /// # Errors
    ///
    /// [`RunError::Ended`], [`RunError::TimeOver`].
    pub fn wait_for(&mut self, text: &str) -> Result<String, RunError> {
        self.wait_for_nth(text, 1)
    }

    /// Like [`Running::wait_for`], for the `nth` such line, counted from 1.
    ///
    /// # Errors
    ///
    /// [`RunError::Ended`], [`RunError::TimeOver`].
    pub fn wait_for_nth(&mut self, text: &str, nth: usize) -> Result<String, RunError> {
        let mut ended: Option<(ExitStatus, Instant)> = None;
        loop {
            let nth_match =
                self.lines.iter().filter(|line| line.contains(text)).nth(nth.saturating_sub(1));
            if let Some(line) = nth_match {
                return Ok(line.clone());
            }
            match (self.arriving.recv_timeout(POLL), ended) {
                (Ok(line), _) => {
                    self.lines.push(line);
                    continue;
                }
                // Both pipes are closed, or the process has ended and nothing came for a while.
                (Err(RecvTimeoutError::Disconnected), Some((status, _))) => {
                    return Err(self.ended(status, text));
                }
                (Err(RecvTimeoutError::Timeout), Some((status, at))) if at.elapsed() > DRAIN => {
                    return Err(self.ended(status, text));
                }
                (Err(RecvTimeoutError::Disconnected), None) => thread::sleep(POLL),
                (Err(RecvTimeoutError::Timeout), _) => {}
            }
            if Instant::now() >= self.until {
                return Err(self.time_over(text));
            }
            if ended.is_none() {
                ended = self.try_wait()?.map(|status| (status, Instant::now()));
            }
        }
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    ///
    /// [`RunError::TimeOver`].
    pub fn wait_exit(&mut self) -> Result<ExitStatus, RunError> {
        loop {
            // The watchdog may have been the reason of the end, so the clock is asked first.
            if Instant::now() >= self.until {
                return Err(self.time_over("exit"));
            }
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            thread::sleep(POLL);
        }
    }

    /// Kills the process by its id and waits for it. Nothing happens if it has ended.
    pub fn kill(&mut self) {
        let mut child = lock(&self.child);
        // Errors mean that the process has ended already.
        let _ended = child.kill();
        let _reaped = child.wait();
    }

    /// All lines so far, of both streams in the order of their arrival.
    pub fn output(&mut self) -> String {
        self.lines.extend(self.arriving.try_iter());
        self.lines.join("\n")
    }

    fn try_wait(&self) -> Result<Option<ExitStatus>, RunError> {
        lock(&self.child).try_wait().map_err(|error| RunError::Start(self.name.clone(), error))
    }

    fn ended(&mut self, status: ExitStatus, awaited: &str) -> RunError {
        let output = self.output();
        RunError::Ended { name: self.name.clone(), status, awaited: awaited.to_owned(), output }
    }

    fn time_over(&mut self, awaited: &str) -> RunError {
        self.kill();
        let output = self.output();
        RunError::TimeOver { name: self.name.clone(), awaited: awaited.to_owned(), output }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A panic of another thread leaves the process as usable as before.
fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_lines(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { return };
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}
