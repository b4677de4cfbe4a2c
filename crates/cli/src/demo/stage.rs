//! The processes of a demonstration: the hall and the custodians, each with its own folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kaibiao_wire::{Label, TimeAnswer, paths};
use zeroize::Zeroizing;

use crate::args::{ByTrust, DemoArgs};
use crate::client::Hall;
use crate::cmd::custodian_arguments;
use crate::failure::Failure;
use crate::process::{self, Child};
use crate::{embedded, files};

use super::cast::Cast;
use super::folders::Folders;

/// How often custodians ask the hall.
const POLL_MS: u64 = 150;
/// The longest wait for a process to begin its work.
const START: Duration = Duration::from_secs(20);

/// The running processes. They end when this value is dropped.
#[derive(Debug)]
pub(super) struct Stage {
    children: Vec<Child>,
}

impl Stage {
    /// No process yet.
    pub(super) const fn new() -> Self {
        Self { children: Vec::new() }
    }

    /// Starts the hall, then the custodians, and waits until all of them work.
    pub(super) async fn set_up(
        &mut self,
        args: &DemoArgs,
        cast: &Cast,
        folders: &Folders,
    ) -> Result<Hall, Failure> {
        let trust = folders.process("trust")?.join("trust.json");
        files::write_new(&trust, &cast.trust.bytes)?;
        let address = self.start_hall(args, folders, &trust).await?;
        let by = ByTrust { trust, trust_signed_by: None };
        let hall = Hall::new(&address, None)?;
        let _now: TimeAnswer = hall.get(paths::TIME).await?;
        let mut running = Vec::new();
        for name in &cast.custodians {
            let folder = folders.process(name)?;
            let (chain, key) = identity_files(embedded::dev_identity(name)?, &folder)?;
            let arguments =
                custodian_arguments((&address, None), &folder, (&chain, &key), &by, Some(POLL_MS))?;
            let log = folder.join("custodian.log");
            let (child, first) = Child::start(name, &arguments, &log)?;
            self.children.push(child);
            running.push((name, first));
        }
        for (name, first) in running {
            first_line(name, first).await?;
        }
        Ok(hall)
    }

    async fn start_hall(
        &mut self,
        args: &DemoArgs,
        folders: &Folders,
        trust: &Path,
    ) -> Result<String, Failure> {
        let folder = folders.process("hall")?;
        let (chain, key) = identity_files(embedded::dev_identity("hall")?, &folder)?;
        let arguments = [
            ("--data", path(&folder.join("data"))),
            ("--listen", args.listen.to_string()),
            ("--cert", path(&chain)),
            ("--key", path(&key)),
            ("--trust", path(trust)),
        ];
        self.start_server("hall", &["serve", "--dev", "--while-stdin"], &arguments, &folder).await
    }

    /// Starts the development time-stamping authority; gives its address.
    pub(super) async fn start_tsa(&mut self, folders: &Folders) -> Result<String, Failure> {
        let folder = folders.process("tsa")?;
        let (chain, key) = identity_files(embedded::dev_tsa(), &folder)?;
        let arguments = [
            ("--data", path(&folder.join("data"))),
            ("--listen", "127.0.0.1:0".to_owned()),
            ("--cert", path(&chain)),
            ("--key", path(&key)),
        ];
        self.start_server("tsa", &["tsa", "--while-stdin"], &arguments, &folder).await
    }

    /// Starts a process that says on its first line where it listens.
    async fn start_server(
        &mut self,
        name: &str,
        command: &[&str],
        arguments: &[(&str, String)],
        folder: &Path,
    ) -> Result<String, Failure> {
        let mut all: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        let words = arguments.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]);
        all.extend(words);
        let (child, first) = Child::start(name, &all, &folder.join(format!("{name}.log")))?;
        self.children.push(child);
        let line = first_line(name, first).await?;
        line.strip_prefix("listening: ")
            .map(ToOwned::to_owned)
            .ok_or_else(|| Failure::internal(format!("{name} says {line:?}")))
    }

    /// The ends of all logs, for people who look for the cause of a failure.
    pub(super) fn log_tails(&self) -> Vec<String> {
        self.children.iter().map(|child| child.log_tail(12)).collect()
    }

    /// Stops all processes.
    pub(super) fn stop(&mut self) {
        process::stop_all(&mut self.children);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn first_line(
    name: &str,
    first: tokio::sync::oneshot::Receiver<String>,
) -> Result<String, Failure> {
    match tokio::time::timeout(START, first).await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(_)) => Err(Failure::new(Label::Internal, format!("{name} ended at its start"))),
        Err(_) => Err(Failure::new(Label::Internal, format!("{name} did not start in time"))),
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Writes a development identity into a process's own folder.
fn identity_files(
    (chain, key): (String, Zeroizing<String>),
    folder: &Path,
) -> Result<(PathBuf, PathBuf), Failure> {
    let paths = (folder.join("chain.pem"), folder.join("key.pem"));
    files::write_new(&paths.0, chain.as_bytes())?;
    files::write_private(&paths.1, key.as_bytes())?;
    Ok(paths)
}
