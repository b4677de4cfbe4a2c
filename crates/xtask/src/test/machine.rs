//! What a Debian machine needs beside Rust, and how it gets there.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::TaskError;

/// A program that builds or tests call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Tool {
    /// Its name on the search path; with a `/` in front, a file.
    program: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
}

/// Every program that builds or tests call.
const TOOLS: &[Tool] = &[
    // SQLite and ring are partly C.
    Tool { program: "cc", package: "build-essential" },
    // The other implementation that reads our signatures, and the maker of development keys.
    Tool { program: "openssl", package: "openssl" },
    // The fixtures are made again by their scripts and compared.
    Tool { program: "python3", package: "python3" },
    // Others that read our signatures, time stamps and evidence records: BouncyCastle, in Java.
    Tool { program: "javac", package: "default-jdk-headless" },
    Tool { program: "/usr/share/java/bcpkix.jar", package: "libbcpkix-java" },
    // The test suite of the WebSocket protocol is written for Python 2.7; its home is Jython by now.
    Tool { program: "jython", package: "jython" },
    // The pages are tested with plain Node, without packages.
    Tool { program: "node", package: "nodejs" },
    // A token in software, under which custodians keep their key files in tests.
    Tool { program: "softhsm2-util", package: "softhsm2" },
    // The script for auditors without our program.
    Tool { program: "unzip", package: "unzip" },
    Tool { program: "xxd", package: "xxd" },
];

/// What brings `venv` to the Python of Debian.
const VENV: &str = "python3-venv";

/// The second reader of signatures with time stamps, in Python, with all it needs.
const PYHANKO: &str = "crates/pki/tests/pyhanko.txt";

/// The test suite of the WebSocket protocol, with all it needs.
const AUTOBAHN: &str = "crates/hall/tests/hall/autobahn/packages.txt";

/// What makes requests from the description of the HTTP interface, with all it needs.
const SCHEMATHESIS: &str = "crates/hall/tests/hall/schema/packages.txt";

/// Whose wheels Jython can read best: those of `CPython` 2.7, for any machine, since nothing of them but
/// Python is used.
const FOR_JYTHON: [&str; 10] = [
    "--platform",
    "win_amd64",
    "--python-version",
    "27",
    "--implementation",
    "cp",
    "--abi",
    "none",
    "--abi",
    "cp27m",
];

/// Sees to it that every tool is there; installs the missing ones if `install` is set, we are root
/// and the machine has `apt-get`.
///
/// # Errors
///
/// [`TaskError::SetUp`] with the command that a person runs, if something is missing and may not
/// be installed, or is still missing afterwards; [`TaskError::Command`] if the installation failed.
pub(super) fn prepare(install: bool) -> Result<(), TaskError> {
    let packages = all_missing();
    if packages.is_empty() {
        return Ok(());
    }
    if !(install && is_root() && is_present("apt-get")) {
        return Err(lacking(&packages));
    }
    apt_get(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(&packages);
    apt_get(&arguments)?;
    let still = all_missing();
    if still.is_empty() { Ok(()) } else { Err(lacking(&still)) }
}

/// Installs the Python packages of the tests into places of their own below `target`, at the versions
/// and with the digests of their lists. What is there already stays.
///
/// # Errors
///
/// [`TaskError::Command`] if they cannot be installed.
pub(super) fn prepare_python(root: &Path) -> Result<(), TaskError> {
    for (list, name) in [(PYHANKO, "target/pyhanko"), (SCHEMATHESIS, "target/schemathesis")] {
        let place = root.join(name);
        install(root, list, &place, || {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
            Ok(pip(&place))
        })?;
    }
    let packages = root.join("target/autobahn");
    install(root, AUTOBAHN, &packages, || {
        let mut pip = pip(&root.join("target/pyhanko"));
        pip.args(["--no-deps", "--no-compile", "--upgrade", "--target"]).arg(&packages);
        pip.args(FOR_JYTHON);
        Ok(pip)
    })
}

/// The installing command of a place of its own for Python.
fn pip(place: &Path) -> Command {
    let mut pip = Command::new(place.join("bin/python3"));
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install"]);
    pip
}

/// Installs a list of packages into `place` by the command that `begun` gives, unless it is there.
fn install(
    root: &Path,
    list: &str,
    place: &Path,
    begun: impl FnOnce() -> Result<Command, TaskError>,
) -> Result<(), TaskError> {
    let list = root.join(list);
    let wanted =
        std::fs::read(&list).map_err(|source| TaskError::Read { path: list.clone(), source })?;
    let done = place.join("installed.txt");
    if std::fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let only = ["--require-hashes", "--only-binary=:all:", "--requirement"];
    run(begun()?.args(only).arg(&list))?;
    std::fs::write(&done, wanted).map_err(|source| TaskError::Read { path: done, source })
}

/// The packages that are missing on this machine.
fn all_missing() -> Vec<&'static str> {
    let mut packages = missing(TOOLS, is_present);
    if !has_venv() {
        packages.push(VENV);
    }
    packages
}

/// Whether Python can make places of their own for packages.
fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stdin(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// The packages whose programs are not `present`, each once.
fn missing(tools: &[Tool], present: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for tool in tools {
        if !present(tool.program) && !packages.contains(&tool.package) {
            packages.push(tool.package);
        }
    }
    packages
}

fn lacking(packages: &[&str]) -> TaskError {
    let list = packages.join(" ");
    TaskError::SetUp {
        remedy: format!(
            "as root: apt-get update && apt-get install -y --no-install-recommends {list}"
        ),
        missing: format!("the Debian packages {list}"),
    }
}

/// Whether `program` is an executable file on the search path, or a file if it is a path.
fn is_present(program: &str) -> bool {
    if program.starts_with('/') {
        return Path::new(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_executable(&folder.join(program)))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt_get(arguments: &[&str]) -> Result<(), TaskError> {
    run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Runs a command whose output goes straight to the reader.
fn run(command: &mut Command) -> Result<(), TaskError> {
    let status = command.stdin(Stdio::null()).status();
    let failed = |detail: String| TaskError::Command { line: format!("{command:?}"), detail };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Tool] = &[
        Tool { program: "cc", package: "build-essential" },
        Tool { program: "make", package: "build-essential" },
        Tool { program: "openssl", package: "openssl" },
    ];

    #[test]
    fn each_missing_package_is_named_once() {
        assert_eq!(missing(TWO, |_| false), ["build-essential", "openssl"]);
        assert_eq!(missing(TWO, |program| program != "make"), ["build-essential"]);
        assert_eq!(missing(TWO, |_| true), Vec::<&str>::new());
    }

    #[test]
    fn a_lacking_machine_ends_the_run_with_the_command_to_type() {
        let error = lacking(&["openssl"]);
        assert_eq!(error.exit_code(), 2);
        assert!(error.hint().unwrap().ends_with("--no-install-recommends openssl"));
    }

    #[test]
    fn a_program_that_does_not_exist_is_not_present() {
        assert!(!is_present("a-program-that-nobody-has"));
        assert!(!is_present("/usr/share/java/that-nobody-has.jar") && !is_present("/"));
        assert!(!is_executable(Path::new("/")));
    }
}
