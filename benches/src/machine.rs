//! The machine that is measured on, and room on it.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::BenchError;

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// How many threads can run at the same time.
pub(crate) fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Processor, cores, memory, load and compiler, in one line.
pub(crate) fn describe() -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let (cores, kernel) = (threads(), kernel.trim());
    let compiler = output("rustc", &["--version"]).unwrap_or_default();
    let compiler = compiler.split_whitespace().nth(1).unwrap_or("unknown").to_owned();
    let build = if cfg!(debug_assertions) { "with debug assertions" } else { "release" };
    format!(
        "{processor}, {cores} cores, memory {memory}, Linux {kernel}, load {}, \
         rustc {compiler}, {build}",
        load.join(" ")
    )
}

/// The value of the first line `key : value` of a file.
pub(crate) fn field(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
}

/// The highest resident memory of this process so far, in KiB.
pub(crate) fn own_peak_kib() -> Option<u64> {
    field("/proc/self/status", "VmHWM")?.split_whitespace().next()?.parse().ok()
}

/// Processor time of this process so far, all its threads together, to a hundredth of a second.
pub(crate) fn own_processor() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold blanks; user and system time are fields 14 and 15, in ticks
    // of 10 ms.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some(Duration::from_millis((user + system) * 10))
}

/// A folder for the files of one run; removed with all that is in it.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new folder in `dir`; without one, in memory if twice `bytes` have room there, else on the
    /// disk beside the program.
    pub(crate) fn create(dir: Option<&Path>, memory: bool, bytes: u64) -> Result<Self, BenchError> {
        let program = std::env::current_exe().unwrap_or_default();
        let beside = program.parent().unwrap_or_else(|| Path::new("."));
        let in_memory = Path::new(MEMORY);
        let parent = match dir {
            Some(dir) => dir,
            None if memory && free(in_memory) / 2 > bytes => in_memory,
            None => beside,
        };
        let free = free(parent);
        if free < bytes {
            let detail = format!("{free} bytes are free, {bytes} are needed");
            return Err(BenchError::File {
                path: parent.to_owned(),
                source: std::io::Error::new(std::io::ErrorKind::StorageFull, detail),
            });
        }
        let path = parent.join(format!("kaibiao-bench-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(BenchError::file(&path))?;
        let path = path.canonicalize().map_err(BenchError::file(&path))?;
        Ok(Self(path))
    }

    /// A file or folder in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder and the kind of its file system.
    pub(crate) fn describe(&self) -> String {
        let kind = output("stat", &["--file-system", "--format=%T", &self.0.to_string_lossy()]);
        let parent = self.0.parent().unwrap_or(&self.0);
        format!("{} ({})", parent.display(), kind.as_deref().map_or("unknown", str::trim))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A rest that cannot be removed is named by nobody, but does no harm either.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Bytes free in a folder; 0 if that cannot be told.
fn free(folder: &Path) -> u64 {
    let words = ["--block-size=1", "--output=avail", &folder.to_string_lossy()];
    let text = output("df", &words).unwrap_or_default();
    text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

/// What a program writes to stdout, if it succeeds.
pub(crate) fn output(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_gone_with_its_files_and_too_little_room_is_told() {
        let folder = Folder::create(None, true, 1 << 20).unwrap();
        fs::write(folder.join("file"), b"x").unwrap();
        let path = folder.join("");
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
        let refused = Folder::create(None, false, 1 << 60).unwrap_err();
        assert!(matches!(refused, BenchError::File { .. }), "{refused}");
    }

    #[test]
    fn this_machine_can_be_described() {
        assert!(own_peak_kib().unwrap() > 100);
        assert!(own_processor().is_some());
        assert!(describe().contains("cores, memory"));
        assert_eq!(field("/proc/cpuinfo", "no such line"), None);
    }
}
