//! Child processes of this program, and how a long-running command is told to stop.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child as StdChild, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kaibiao_wire::Label;
use tokio::sync::oneshot;
use tracing::subscriber::set_global_default;

use crate::args::LogFormat;
use crate::failure::Failure;

/// How long a child may take to end by itself.
const GRACE: Duration = Duration::from_secs(3);
/// How often a waiting call looks.
const POLL: Duration = Duration::from_millis(20);

/// Ends when this process is asked to stop: interrupt, terminate, or, if asked for, the end of
/// standard input, which a parent process holds open.
pub(crate) async fn stopped(while_stdin: bool) {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
        () = stdin_closed(), if while_stdin => {}
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

async fn stdin_closed() {
    let (sender, closed) = oneshot::channel::<()>();
    thread::spawn(move || {
        let mut buffer = [0; 64];
        let mut input = std::io::stdin();
        // Whatever is written there means nothing; its end, or an error, does.
        while matches!(input.read(&mut buffer), Ok(count) if count > 0) {}
        drop(sender);
    });
    drop(closed.await);
}

/// A child process of this very program. It ends when this value is dropped, and by itself when
/// this process ends in whatever way: its standard input closes.
#[derive(Debug)]
pub(crate) struct Child {
    name: String,
    process: StdChild,
    stdin: Option<ChildStdin>,
    log: PathBuf,
}

impl Child {
    /// Starts a child whose sentences go to the end of a log file. Gives the first line of its data.
    pub(crate) fn start(
        name: &str,
        arguments: &[String],
        log: &Path,
    ) -> Result<(Self, oneshot::Receiver<String>), Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Label::Internal, format!("{name} could not be started: {error}"))
        };
        let program = std::env::current_exe().map_err(failed)?;
        let stderr = OpenOptions::new().create(true).append(true).open(log);
        let stderr = stderr.map_err(|error| Failure::write(log, &error))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(failed)?;
        let (sender, first) = oneshot::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let mut sender = Some(sender);
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { return };
                    if let Some(sender) = sender.take() {
                        // Nobody may be waiting for it.
                        drop(sender.send(line));
                    }
                }
            });
        }
        let stdin = child.stdin.take();
        Ok((Self { name: name.to_owned(), process: child, stdin, log: log.to_owned() }, first))
    }

    /// Whether the child has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its name and the end of its log.
    pub(crate) fn log_tail(&self, lines: usize) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        let tail = all.get(all.len().saturating_sub(lines)..).unwrap_or_default();
        format!("--- {} ({})\n{}", self.name, self.log.display(), tail.join("\n"))
    }

    /// Lets the child know that it shall end.
    fn let_go(&mut self) {
        drop(self.stdin.take());
    }

    /// Waits until an instant for the child to end by itself, then kills it by its id.
    fn end_by(&mut self, until: Instant) {
        while !self.has_ended() && Instant::now() < until {
            thread::sleep(POLL);
        }
        // Errors mean that it has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.let_go();
        self.end_by(Instant::now() + GRACE);
    }
}

/// Stops several children at the same time.
pub(crate) fn stop_all(children: &mut Vec<Child>) {
    for child in children.iter_mut() {
        child.let_go();
    }
    let until = Instant::now() + GRACE;
    for child in children.iter_mut() {
        child.end_by(until);
    }
    children.clear();
}

/// Sends what long-running commands say about their work to standard error.
pub(crate) fn log_to_stderr(format: LogFormat) {
    let level = std::env::var("KAIBIAO_LOG").ok().and_then(|level| level.parse().ok());
    let level: tracing::Level = level.unwrap_or(tracing::Level::INFO);
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_max_level(level);
    // It is set once, at the start of the command.
    drop(match format {
        LogFormat::Text => set_global_default(lines.finish()),
        LogFormat::Json => set_global_default(lines.json().flatten_event(true).finish()),
    });
}
