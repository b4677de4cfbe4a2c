//! How other programs are asked what they think of signatures.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A line `SKIPPED: …` that is seen past the harness; a failure where everything is to be tested.
pub(crate) fn absent(what: &str) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{what}, and CI has everything");
    let line = format!("SKIPPED: {what}\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A program in the folder of the tests.
pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The bytes with one bit changed, so many octets before the end.
pub(crate) fn changed(bytes: &[u8], before_end: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let place = out.len() - before_end;
    out[place] ^= 1;
    out
}

/// Questions to another program, all answered by one run of it.
pub(crate) struct Cases {
    folder: tempfile::TempDir,
    files: usize,
    lines: String,
    expected: Vec<(String, bool)>,
}

impl Cases {
    /// None yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, files: 0, lines: String::new(), expected: Vec::new() }
    }

    /// Asks for a task over these bytes at an instant, and says whether it is to come out well. Gives
    /// the number of the last file.
    pub(crate) fn ask(
        &mut self,
        name: &str,
        task: &str,
        files: &[&[u8]],
        at: u64,
        good: bool,
    ) -> usize {
        let mut line = vec![name.to_owned(), task.to_owned()];
        for bytes in files {
            self.files += 1;
            fs::write(self.folder.path().join(self.files.to_string()), bytes).unwrap();
            line.push(self.files.to_string());
        }
        line.push(format!("{at}\n"));
        self.lines += &line.join("\t");
        self.expected.push((name.to_owned(), good));
        self.files
    }

    /// Has the program answer, whose last word is the folder of questions; panics with all answers
    /// that are not as expected.
    pub(crate) fn judge(&self, mut program: Command) {
        fs::write(self.folder.path().join("cases"), &self.lines).unwrap();
        let out = program.arg(self.folder.path()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let answers = fs::read_to_string(self.folder.path().join("answers")).unwrap();
        let answers: Vec<_> = answers.lines().map(|line| line.split_once('\t').unwrap()).collect();
        assert_eq!(answers.len(), self.expected.len());
        let wrong: Vec<_> = answers
            .iter()
            .zip(&self.expected)
            .filter(|((name, answer), (asked, good))| name != asked || (*answer == "ok") != *good)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// A file, after the answers.
    pub(crate) fn read(&self, file: usize) -> Vec<u8> {
        fs::read(self.folder.path().join(file.to_string())).unwrap()
    }
}
