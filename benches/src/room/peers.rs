//! The servers that are measured, ours first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::BenchError;
use crate::machine::{Folder, output};

/// A server and how it is started.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// `None` if it is not installed.
    pub(super) version: Option<String>,
    start: Start,
}

#[derive(Debug)]
enum Start {
    Own,
    /// Program and words; the port follows.
    Words(Vec<String>),
    /// nginx, with a configuration of its own in this folder.
    Nginx(PathBuf),
}

/// A Python that has socketify.
const PYTHON: &str = "KAIBIAO_BENCH_PYTHON";

/// A folder in which the package ws of Node is installed.
const NODE: &str = "KAIBIAO_BENCH_NODE";

const UWS: &str = include_str!("../../peers/uws.py");
const WS: &str = include_str!("../../peers/ws.mjs");
const NCHAN: &str = include_str!("../../peers/nchan.conf");

/// All servers; only ours, if `others` is false.
pub(super) fn all(folder: &Folder, others: bool) -> Result<Vec<Peer>, BenchError> {
    let own = Peer {
        name: "kaibiao",
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        start: Start::Own,
    };
    if !others {
        return Ok(vec![own]);
    }
    Ok(vec![own, uws(folder)?, nchan(folder)?, ws(folder)?])
}

fn uws(folder: &Folder) -> Result<Peer, BenchError> {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let asked = "import socketify, importlib.metadata as m; print(m.version('socketify'))";
    let version = output(&python, &["-c", asked]);
    let version = version.map(|version| format!("(socketify {})", version.trim()));
    let file = written(folder, "uws.py", UWS)?;
    Ok(Peer { name: "uWebSockets", version, start: Start::Words(vec![python, file]) })
}

fn ws(folder: &Folder) -> Result<Peer, BenchError> {
    let modules = std::env::var(NODE).unwrap_or_else(|_| ".".to_owned());
    let package = Path::new(&modules).join("node_modules/ws/package.json");
    let package: Option<serde_json::Value> =
        fs::read(package).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let version = package.and_then(|package| Some(package.get("version")?.as_str()?.to_owned()));
    let file = written(folder, "ws.mjs", WS)?;
    // The port stands before the folder.
    let start = Start::Words(vec!["node".to_owned(), file, modules]);
    Ok(Peer { name: "ws (Node)", version, start })
}

fn nchan(folder: &Folder) -> Result<Peer, BenchError> {
    let module = Path::new("/usr/lib/nginx/modules/ngx_nchan_module.so").exists();
    let installed = output("dpkg-query", &["-W", "-f=${Version}", "libnginx-mod-nchan"]);
    let version = installed.filter(|_| module);
    let place = folder.join("nchan");
    fs::create_dir_all(&place).map_err(BenchError::file(&place))?;
    Ok(Peer { name: "nchan", version, start: Start::Nginx(place) })
}

fn written(folder: &Folder, name: &str, text: &str) -> Result<String, BenchError> {
    let file = folder.join(name);
    fs::write(&file, text).map_err(BenchError::file(&file))?;
    Ok(file.to_string_lossy().into_owned())
}

impl Peer {
    pub(super) const fn is_there(&self) -> bool {
        self.version.is_some()
    }

    /// Starts it on the first core. Ours begins with so many entries of so many bytes.
    pub(super) fn command(
        &self,
        port: u16,
        entries: u32,
        length: usize,
    ) -> Result<Command, BenchError> {
        let mut command = match &self.start {
            Start::Own => {
                let words = [port.to_string(), entries.to_string(), length.to_string()];
                return own(0, "room-serve", &words);
            }
            Start::Words(words) => {
                let mut command = pinned(0);
                let (program, rest) = words.split_at(words.len().min(2));
                command.args(program).arg(port.to_string()).args(rest);
                command
            }
            Start::Nginx(place) => {
                let text = NCHAN
                    .replace("FOLDER", &place.to_string_lossy())
                    .replace("PORT", &port.to_string())
                    .replace("load_module modules/", "load_module /usr/lib/nginx/modules/");
                let file = place.join("nginx.conf");
                fs::write(&file, text).map_err(BenchError::file(&file))?;
                let mut command = pinned(0);
                command.args(["nginx", "-p"]).arg(place).arg("-c").arg(file);
                command
            }
        };
        command.stderr(std::process::Stdio::null());
        Ok(command)
    }
}

/// A command of this program on one core.
pub(super) fn own(core: u8, command: &str, words: &[String]) -> Result<Command, BenchError> {
    let program = std::env::current_exe().map_err(BenchError::product)?;
    let mut pinned = pinned(core);
    pinned.arg(program).arg(command).args(words);
    Ok(pinned)
}

fn pinned(core: u8) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]);
    command
}
