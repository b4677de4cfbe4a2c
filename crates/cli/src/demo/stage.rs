//! The processes of a demonstration: the hall and the custodians, each with its own folder.

use std::path::Path;
use std::time::Duration;

use kaibiao_wire::{Label, TimeAnswer, paths};

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
        let hall = Hall::new(&address)?;
        let _now: TimeAnswer = hall.get(paths::TIME).await?;
        let mut running = Vec::new();
        for name in &cast.custodians {
            let folder = folders.process(name)?;
            let (chain, key) = identity_files(name, &folder)?;
            let arguments =
                custodian_arguments(&address, &folder, (&chain, &key), &by, Some(POLL_MS))?;
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
        let (chain, key) = identity_files("hall", &folder)?;
        let path = |path: &Path| path.display().to_string();
        let arguments = [
            ("--data", path(&folder.join("data"))),
            ("--listen", args.listen.to_string()),
            ("--cert", path(&chain)),
            ("--key", path(&key)),
            ("--trust", path(trust)),
        ];
        let mut all: Vec<String> =
            ["serve", "--dev", "--while-stdin"].map(ToOwned::to_owned).to_vec();
        all.extend(arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
        let (child, first) = Child::start("hall", &all, &folder.join("hall.log"))?;
        self.children.push(child);
        let line = first_line("hall", first).await?;
        line.strip_prefix("listening: ")
            .map(ToOwned::to_owned)
            .ok_or_else(|| Failure::internal(format!("the hall says {line:?}")))
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

/// Writes a development identity into a process's own folder.
fn identity_files(
    name: &str,
    folder: &Path,
) -> Result<(std::path::PathBuf, std::path::PathBuf), Failure> {
    let (chain, key) = embedded::dev_identity(name)?;
    let paths = (folder.join("chain.pem"), folder.join("key.pem"));
    files::write_new(&paths.0, chain.as_bytes())?;
    files::write_private(&paths.1, key.as_bytes())?;
    Ok(paths)
}
