//! Where a demonstration works and what it leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::files::{self, NewFolder};
use crate::machine;
use crate::output::Ui;

/// The folders of a demonstration.
///
/// `work` holds what the processes need: keys, data, logs. `results` is what a person may want to
/// look at; it gets its name when everything in it is complete.
#[derive(Debug)]
pub(super) struct Folders {
    work: Work,
    results: Option<NewFolder>,
    out: Option<PathBuf>,
}

/// Removed with everything in it when dropped, unless it is kept.
#[derive(Debug)]
struct Work {
    path: PathBuf,
    keep: bool,
}

impl Folders {
    /// Makes the folders; `out` must not exist.
    pub(super) fn prepare(out: Option<&Path>, keep: bool) -> Result<Self, Failure> {
        let results = out.map(NewFolder::begin).transpose()?;
        let path = std::env::temp_dir().join(format!("kaibiao-demo-{}", machine::random_id()?));
        files::private_folder(&path)?;
        Ok(Self { work: Work { path, keep }, results, out: out.map(Path::to_owned) })
    }

    /// A private folder for one process.
    pub(super) fn process(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.work.path.join(name);
        files::private_folder(&path)?;
        Ok(path)
    }

    /// A path among the results; the folders above it are made.
    pub(super) fn result(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = match &self.results {
            Some(results) => results.file(name),
            None => self.work.path.join("results").join(name),
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Failure::write(parent, &error))?;
        }
        Ok(path)
    }

    /// Gives the results their name, if the demonstration came to its end, and says what is left.
    pub(super) fn finish(self, complete: bool, ui: Ui) -> Result<(), Failure> {
        if let (Some(results), Some(out), true) = (self.results, &self.out, complete) {
            results.commit()?;
            let out = out.display();
            ui.note(&format!("结果保存在 {out}"), &format!("results are in {out}"));
        }
        if self.work.keep {
            let work = self.work.path.display();
            ui.note(&format!("各进程的文件在 {work}"), &format!("files of the processes: {work}"));
        }
        Ok(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed stays in the system's folder for temporary files.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}
