//! Where tests find things.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}

/// The folder of the development authorities and identities.
pub fn keys_dev() -> PathBuf {
    workspace_root().join("keys-dev")
}

/// The folder of fixtures.
pub fn fixtures() -> PathBuf {
    workspace_root().join("fixtures")
}

/// The folder of foreign suites and public data: the variable `KAIBIAO_SHARED`, else `../shared`
/// beside the workspace.
///
/// `None` where it is absent; a line `SKIPPED: …` then goes to standard error, past the capture of
/// the test harness, so that a skipped test is seen as skipped.
///
/// # Panics
///
/// If the folder is absent and the variable `CI` is `true`: there nothing may be skipped.
pub fn shared_dir() -> Option<PathBuf> {
    let folder = env::var_os("KAIBIAO_SHARED")
        .map_or_else(|| workspace_root().join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!(
        "shared data not found at {}; set KAIBIAO_SHARED to its folder",
        folder.display()
    ));
    None
}

/// Whether a program that a test needs can be started; if not, the test returns after this printed
/// a line `SKIPPED: …`.
///
/// # Panics
///
/// If the program is absent and the variable `CI` is `true`.
pub fn require_tool(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().is_ok() {
        return true;
    }
    skip(&format!("the program {program} is not installed"));
    false
}

/// Says by a line `SKIPPED: …` that the test lacks something and is left out.
///
/// # Panics
///
/// If the variable `CI` is `true`.
pub fn skip(reason: &str) {
    let in_ci = env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "{reason} (CI=true: nothing may be skipped)");
    let test = std::thread::current().name().unwrap_or("unnamed test").to_owned();
    // A closed standard error leaves nobody to tell; the test is still not run.
    let _told = writeln!(io::stderr(), "SKIPPED: {test}: {reason}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(workspace_root().join("Cargo.lock").is_file());
        assert!(keys_dev().join("make.sh").is_file());
        assert!(fixtures().join("tenders").is_dir());
    }

    #[test]
    fn a_program_that_is_there_is_found() {
        assert!(require_tool("sh"));
    }
}
