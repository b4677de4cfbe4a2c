//! The programs that measure, run whole at a tiny size, so that they cannot rot.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

use serde_json::Value;

fn run(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaibiao-bench")).args(line.split(' ')).output().unwrap()
}

fn stdout(line: &str) -> String {
    let output = run(line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn sealing_is_measured_without_other_tools() {
    let report: Value =
        serde_json::from_str(&stdout("seal --size 4M --runs 2 --no-peers --json")).unwrap();
    assert_eq!((&report["bytes"], &report["runs"]), (&(4 << 20).into(), &2.into()));
    let sections = report["sections"].as_array().unwrap();
    let cores = std::thread::available_parallelism().unwrap().get().min(2);
    assert_eq!(sections.len(), 2 * cores);
    for section in sections {
        let rows = section["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["seconds"].as_array().unwrap().len(), 2);
        assert!(rows[0]["peak_mib"].as_u64().unwrap() <= 32, "{section}");
        assert_eq!(section["ratio"], Value::Null);
    }
}

#[test]
fn whatever_other_tool_is_installed_is_measured_too() {
    let text = stdout("seal --size 70K --runs 1");
    for tool in ["kaibiao", "age", "rage", "openssl cms", "gpg"] {
        let line = text.lines().find(|line| line.starts_with(tool));
        assert!(line.is_some(), "{tool}: {text}");
    }
}

#[test]
fn the_opening_of_bids_is_measured() {
    let report: Value = serde_json::from_str(&stdout("open --bids 14 --runs 2 --json")).unwrap();
    assert_eq!((&report["n"], &report["k"]), (&5.into(), &3.into()));
    assert_eq!(report["rows"][0]["seconds"].as_array().unwrap().len(), 2);
    let text = stdout("open --bids 1 --runs 1");
    assert!(text.lines().last().unwrap().starts_with("    1 "), "{text}");
}

#[test]
fn durable_appends_are_measured() {
    let line = "append --producers 3 --runs 2 --seconds 1 --json";
    let report: Value = serde_json::from_str(&stdout(line)).unwrap();
    let row = &report["rows"][0];
    assert_eq!(row["producers"], 3);
    let runs = row["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert!(run["appends_per_s"].as_f64().unwrap() > 1.0, "{run}");
        assert!(run["p50_us"].as_f64() <= run["p99_us"].as_f64(), "{run}");
        assert!(run["sync_us"].as_f64().unwrap() > 0.0, "{run}");
    }
}

#[test]
fn what_is_made_from_a_record_is_measured() {
    let report: Value = serde_json::from_str(&stdout("record --bids 3 --runs 2 --json")).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let what: Vec<_> = rows.iter().filter_map(|row| row["what"].as_str()).collect();
    assert_eq!(what, ["read", "page", "font", "pdf", "ocds"]);
    assert!(rows.iter().all(|row| row["seconds"].as_array().unwrap().len() == 2));
    assert!(rows[3]["pages"].as_u64().unwrap() >= 3);
    let text = stdout("record --bids 1 --runs 1");
    assert!(text.lines().last().unwrap().trim_start().starts_with("1 ocds"), "{text}");
}

#[test]
fn the_verification_of_signatures_is_measured() {
    let line = "signatures --bids 4 --lines 30 --runs 2 --json";
    let report: Value = serde_json::from_str(&stdout(line)).unwrap();
    assert_eq!((&report["bids"], &report["lines"]), (&4.into(), &30.into()));
    let rows = report["rows"].as_array().unwrap();
    let keys: Vec<_> = rows.iter().filter_map(|row| row["keys"].as_str()).collect();
    assert_eq!(keys[..3], ["P-256", "RSA-2048", "SM2"]);
    assert!(rows.iter().all(|row| row["seconds"].as_array().unwrap().len() == 2));
    let text = stdout("signatures --bids 1 --lines 1 --runs 1");
    assert!(text.lines().last().unwrap().starts_with("the same, time-stamped"), "{text}");
}

#[test]
fn the_procedure_is_measured() {
    let report: Value =
        serde_json::from_str(&stdout("procedure --bids 25 --runs 2 --json")).unwrap();
    assert_eq!((&report["bidders"], &report["runs"]), (&25.into(), &2.into()));
    // Each bidder signs in, confirms and signs the record; each price is read; two bidders object.
    assert_eq!(report["commands"], 4 * 25 + 2 * 2 + 7);
    assert!(report["record_bytes"].as_u64().unwrap() > 25 * 500, "{report}");
    let text = stdout("procedure --bids 3 --runs 1");
    assert!(text.contains("person: read-next ") && text.contains("\nthe record: "), "{text}");
}

#[test]
fn the_readers_of_a_room_are_measured() {
    let line = "room --readers 40 --runs 1 --seconds 1 --no-peers --json";
    let report: Value = serde_json::from_str(&stdout(line)).unwrap();
    let row = &report["rows"][0];
    assert_eq!((&row["server"], &row["readers"]), (&"kaibiao".into(), &40.into()));
    assert!(row["median"]["per_second"].as_f64().unwrap() > 40.0, "{report}");
    // Nothing was lost or doubled in a storm: that run would have failed.
    let verdicts = report["verdicts"].as_array().unwrap();
    assert!(verdicts.iter().any(|one| one["what"].as_str().unwrap().contains("come back at once")));
}

#[test]
fn the_soak_ends_with_the_same_file_in_little_memory() {
    let text = stdout("soak --size 3M");
    let peaks = text.lines().filter(|line| line.contains(" s   peak ")).count();
    assert_eq!(peaks, 3, "{text}");
    assert!(text.ends_with("the opened file is the one that was sealed\n"), "{text}");
}

#[test]
fn too_little_room_and_wrong_usage_are_told() {
    let output = run("soak --size 400G");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("bytes are free"));
    assert_eq!(run("dance").status.code(), Some(64));
    assert_eq!(run("step seal absent").status.code(), Some(64));
    for line in [
        "room-serve 1",
        "room-serve 1 2 x",
        "room-load flow 300 1 2 3 4",
        "room-load stay 1 1 1 1 1 1",
    ] {
        assert_eq!(run(line).status.code(), Some(64), "{line}");
    }
    let output = run("step open absent absent absent absent");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("absent/trust.json"));
}

/// The rush judges itself: receipts, signed refusals, the disk of the killed hall. Here its bounds.
#[test]
fn a_rush_before_the_deadline_loses_nothing() {
    let report: Value =
        serde_json::from_str(&stdout("rush --bids 50 --size 2M --seconds 6 --json")).unwrap();
    let rounds = report["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 2);
    for round in rounds {
        let of = |key: &str| round[key].as_u64().unwrap();
        assert_eq!(of("receipts") + of("refused"), 50, "{round}");
        // One bidder in ten sends its last slice too late; the others may, on a busy machine.
        assert!(of("refused") >= 5 && of("receipts") >= 1, "{round}");
        assert!(of("peak_mib") <= 384, "{round}");
        assert_eq!(of("reconnected") > 0, round["cut"] == true, "{round}");
    }
}
