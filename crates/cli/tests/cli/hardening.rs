//! What a running custodian shows of itself to other processes of the same user: nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{KAIBIAO, eventually};
use kaibiao_testkit::{Running, keys_dev, require_tool};

/// `nobody`, whom a test run by root starts its processes as: root may look into everything.
const NOBODY: u32 = 65_534;

/// A command of an ordinary user: of this one, or of nobody if this is root.
fn ordinary(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"]);
    command.arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Whether a process of the same ordinary user can read a file of `/proc/<pid>`.
fn readable(pid: u32, file: &str) -> bool {
    let mut command = ordinary(Path::new("head"));
    command.args(["-c", "1", &format!("/proc/{pid}/{file}")]);
    command.output().unwrap().status.success()
}

fn status(pid: u32, file: &str, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
}

fn kib(pid: u32, name: &str) -> u64 {
    status(pid, "status", name).split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_custodian_leaves_no_core_and_is_not_traced_by_its_own_user() {
    if is_root() && !require_tool("setpriv") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // The processes run as nobody, who may not be able to reach where the test itself runs.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = |from: &Path, name: &str| {
        let to = dir.path().join(name);
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).unwrap();
        to
    };
    let program = copy(Path::new(KAIBIAO), "kaibiao");
    let chain = copy(&keys_dev().join("id/custodian-1.chain.pem"), "chain.pem");
    let key = copy(&keys_dev().join("id/custodian-1.key.pem"), "key.pem");
    let trust = copy(&keys_dev().join("trust.json"), "trust.json");
    let keys = dir.path().join("keys");
    fs::create_dir(&keys).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).unwrap();
    if is_root() {
        chown(&keys, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::write(dir.path().join("passphrase"), "correct horse battery staple\n").unwrap();

    let mut command = ordinary(&program);
    command.args(["--lang", "en", "custodian", "run", "--hall", "http://127.0.0.1:9", "--dir"]);
    command.arg(&keys).arg("--passphrase-file").arg(dir.path().join("passphrase"));
    command.arg("--cert").arg(chain).arg("--key").arg(key).arg("--trust").arg(trust);
    let mut custodian = Running::start(command, Duration::from_secs(40)).unwrap();
    custodian.wait_for("custodian: running").unwrap_or_else(|error| panic!("{error}"));

    // Another process of the same user is open to that user, so the refusals below mean something.
    let mut sleeping = ordinary(Path::new("sleep"));
    sleeping.arg("30");
    let plain = Running::start(sleeping, Duration::from_secs(40)).unwrap();
    eventually("the plain process runs", Duration::from_secs(10), || {
        status(plain.pid(), "status", "Name:").contains("sleep") && readable(plain.pid(), "maps")
    });

    let pid = custodian.pid();
    assert!(status(pid, "status", "Name:").contains("kaibiao"));
    let core = status(pid, "limits", "Max core file size");
    let limits: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(limits, ["0", "0"], "{core}");
    for file in ["maps", "mem", "environ", "io"] {
        assert!(!readable(pid, file), "another process of the same user reads {file}");
    }
    let owner = fs::metadata(format!("/proc/{pid}/maps")).unwrap();
    assert_eq!(
        std::os::unix::fs::MetadataExt::uid(&owner),
        0,
        "the files of an undumpable process belong to root"
    );
}

#[test]
fn all_memory_is_locked_or_the_operator_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("passphrase"), "correct horse battery staple\n").unwrap();
    let mut command = Command::new(KAIBIAO);
    command.args(["--lang", "en", "custodian", "run", "--hall", "http://127.0.0.1:9", "--dir"]);
    command.arg(dir.path().join("keys"));
    command.arg("--passphrase-file").arg(dir.path().join("passphrase"));
    command.args(crate::support::identity("custodian-1")).args(crate::support::trust());
    let mut custodian = Running::start(command, Duration::from_secs(40)).unwrap();
    custodian.wait_for("custodian: running").unwrap_or_else(|error| panic!("{error}"));
    let (locked, resident) = (kib(custodian.pid(), "VmLck:"), kib(custodian.pid(), "VmRSS:"));
    if custodian.output().contains("memory is not locked") {
        assert_eq!(locked, 0);
    } else {
        assert!(locked >= resident, "{locked} kB of {resident} kB");
        assert_eq!(kib(custodian.pid(), "VmSwap:"), 0);
    }
}
