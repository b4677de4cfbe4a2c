//! The process harness against small shell scripts.

use std::process::Command;
use std::time::{Duration, Instant};

use kaibiao_testkit::{RunError, Running};

const BOUND: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn alive(pid: u32) -> bool {
    shell(&format!("kill -0 {pid}")).output().unwrap().status.success()
}

#[test]
fn lines_of_both_streams_are_found_in_any_order() {
    let script = "echo listening on 7; echo warning >&2; echo listening on 8; exec sleep 60";
    let mut run = Running::start(shell(script), BOUND).unwrap();
    assert_eq!(run.wait_for_nth("listening", 2).unwrap(), "listening on 8");
    assert_eq!(run.wait_for("warning").unwrap(), "warning");
    assert_eq!(run.wait_for("listening").unwrap(), "listening on 7");
}

#[test]
fn the_exit_status_is_given() {
    let mut run = Running::start(shell("echo done; exit 3"), BOUND).unwrap();
    assert_eq!(run.wait_exit().unwrap().code(), Some(3));
    assert_eq!(run.wait_for("done").unwrap(), "done");
}

#[test]
fn an_early_end_is_told_with_the_output() {
    let mut run = Running::start(shell("echo cannot bind >&2; exit 4"), BOUND).unwrap();
    match run.wait_for("listening").unwrap_err() {
        RunError::Ended { status, awaited, output, .. } => {
            assert_eq!((status.code(), awaited.as_str()), (Some(4), "listening"));
            assert_eq!(output, "cannot bind");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_end_is_seen_though_a_child_keeps_the_pipes() {
    let mut run = Running::start(shell("sleep 3 & echo left; exit 5"), BOUND).unwrap();
    let begun = Instant::now();
    assert!(matches!(run.wait_for("listening"), Err(RunError::Ended { .. })));
    assert!(begun.elapsed() < Duration::from_millis(2500));
}

#[test]
fn a_silent_process_ends_with_its_time() {
    let mut run =
        Running::start(shell("echo begun; exec sleep 60"), Duration::from_millis(600)).unwrap();
    let pid = run.pid();
    match run.wait_for("listening").unwrap_err() {
        RunError::TimeOver { output, .. } => assert_eq!(output, "begun"),
        other => panic!("{other}"),
    }
    assert!(!alive(pid));
}

#[test]
fn waiting_for_the_exit_is_bounded_too() {
    let mut run = Running::start(shell("exec sleep 60"), Duration::from_millis(300)).unwrap();
    assert!(matches!(run.wait_exit(), Err(RunError::TimeOver { .. })));
}

#[test]
fn the_watchdog_needs_nobody_to_wait() {
    let run = Running::start(shell("exec sleep 60"), Duration::from_millis(200)).unwrap();
    assert!(alive(run.pid()));
    // Killed and not yet waited for, the process is a zombie: its state is Z.
    let state = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", run.pid())).unwrap();
        status.lines().find(|line| line.starts_with("State:")).unwrap().to_owned()
    };
    let begun = Instant::now();
    while !state().contains('Z') {
        assert!(begun.elapsed() < Duration::from_secs(10), "still {}", state());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn dropping_kills_by_pid() {
    let run = Running::start(shell("exec sleep 60"), BOUND).unwrap();
    let pid = run.pid();
    assert!(alive(pid));
    drop(run);
    assert!(!alive(pid));
}

#[test]
fn a_killed_process_may_be_killed_again() {
    let mut run = Running::start(shell("exec sleep 60"), BOUND).unwrap();
    run.kill();
    run.kill();
    assert_eq!(run.wait_exit().unwrap().code(), None);
}

#[test]
fn an_unknown_program_cannot_be_started() {
    let missing = Command::new("kaibiao-no-such-program");
    assert!(matches!(Running::start(missing, BOUND), Err(RunError::Start(..))));
}
