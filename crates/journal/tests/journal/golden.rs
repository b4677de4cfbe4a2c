//! One small lot with fixed keys and seeds, byte for byte: `fixtures/vectors/journal/`.
//!
//! The TypeScript side reads the same files. `KAIBIAO_BLESS=1` writes them anew; a difference in
//! review is then a change of format.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{
    DEADLINE, Lot, at, checkpoint, context, cosigner, digest, log_signer, origin, receipt_of,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Actor, Checkpoint, CosignedCheckpoint, EntryLine, FreezeRecord, OpeningLog, Receipt,
    ReceiptProof, SignedCommand, SignedNote, VerifierKey, freeze_statement,
};
use kaibiao_types::Digest;
use serde_json::{Value, json};

const PLACES: u32 = 1_024;
/// Entries under the closing head: publication and three ticks.
const CLOSING: u64 = 4;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn compare(name: &str, value: &Value) {
    let path = workspace().join("fixtures/vectors/journal").join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    if std::env::var_os("KAIBIAO_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "{name}");
}

fn append(
    log: &mut OpeningLog,
    time: u64,
    by: &Actor,
    kind: &str,
    data: &impl serde::Serialize,
    cmd: Option<&SignedCommand>,
) {
    let entry = log.next_entry(at(time), by, kind, data, cmd).unwrap();
    log.append_entry(entry).unwrap();
}

/// The lot of the other tests with 1,024 places, closed, frozen and signed in by one bidder.
fn golden() -> (Lot, FreezeRecord) {
    let mut lot = Lot::new(PLACES);
    let freeze = lot.freeze().into_record();
    let closing = lot.log.checkpoint();
    let lines: Vec<String> = (1..=3)
        .map(|index| cosigner(index).cosign(&closing, at(DEADLINE + 2_000)).unwrap())
        .collect();
    let closed = format!(
        r#"{{"tick":2,"size":{CLOSING},"root":"{}","cosignatures":{}}}"#,
        closing.head.root,
        serde_json::to_string(&lines).unwrap()
    );
    let closed: Box<serde_json::value::RawValue> = serde_json::from_str(&closed).unwrap();
    append(&mut lot.log, DEADLINE + 2_050, &Actor::Hall, "intake-closed", &closed, None);
    append(&mut lot.log, DEADLINE + 2_060, &Actor::Hall, FreezeRecord::KIND, &freeze, None);
    let bidder = crate::common::party(0);
    let body = format!(
        r#"{{"v":1,"tender":"EX-2030-001","lot":"1","kind":"sign-in","data":{{}},"nonce":"{}","at":{},"after":5}}"#,
        "0123456789abcdef".repeat(2),
        DEADLINE + 60_000
    );
    let command = SignedCommand { body: body.into_bytes(), cms: vec![0x30, 0] };
    let by = Actor::Bidder(bidder.code.clone());
    append(
        &mut lot.log,
        DEADLINE + 60_100,
        &by,
        "signed-in",
        &json!({"bidder": bidder}),
        Some(&command),
    );
    (lot, freeze)
}

fn hex(path: &[Digest]) -> Vec<String> {
    path.iter().map(Digest::to_string).collect()
}

#[test]
fn the_log() {
    let (lot, _) = golden();
    let log = &lot.log;
    let last = log.len();
    let signed = checkpoint(log, last, &[1, 2, 3], DEADLINE + 61_000);
    let cosigner_of = |index: u16| {
        json!({
            "index": index,
            "seed": digest(&format!("custodian seed {index}")),
            "vkey": cosigner(index).vkey(),
        })
    };
    let heads: Vec<Value> =
        (0..=last).map(|size| json!({"size": size, "root": log.root_at(size).unwrap()})).collect();
    let inclusion: Vec<Value> = (0..last)
        .map(|index| json!({"index": index, "size": last, "path": hex(&log.inclusion_proof(index, last).unwrap())}))
        .collect();
    let consistency: Vec<Value> = (1..=last)
        .map(|old| json!({"old": old, "new": last, "proof": hex(&log.consistency_proof(old, last).unwrap())}))
        .collect();
    let vector = json!({
        "about": "docs/spec/opening-log.md. A fictional lot. The CMS of the last line is a stand-in of two bytes; this layer does not read it.",
        "origin": origin(),
        "log_seed": digest("log seed"),
        "log_vkey": log_signer().vkey(),
        "custodians": [cosigner_of(1), cosigner_of(2), cosigner_of(3)],
        "lines": log.entries().iter().map(EntryLine::text).collect::<Vec<_>>(),
        "leaf_hashes": log.entries().iter().map(EntryLine::leaf_hash).collect::<Vec<_>>(),
        "heads": heads,
        "inclusion": inclusion,
        "consistency": consistency,
        "cosigned_at": DEADLINE + 61_000,
        "checkpoint": signed,
    });
    compare("opening-log.json", &vector);
}

#[test]
fn the_tick() {
    let lot = golden().0;
    let (tick, bid) = (&lot.ticks[1], &lot.bids[2]);
    let contents: String = tick.contents().iter().map(Digest::to_string).collect();
    let receipt = receipt_of(bid);
    let vector = json!({
        "about": "docs/spec/opening-log.md section 3. `contents` is all places in order, 32 bytes each.",
        "no": tick.no(),
        "places": PLACES,
        "contents": contents,
        "root": tick.root(),
        "opened": {
            "salt": bid.place.salt,
            "manifest_sha256": bid.manifest_sha256,
            "cms_sha256": bid.cms_sha256,
            "completed_at": bid.completed_at,
            "commitment": receipt.commitment(&SUITE_1),
            "place": bid.place.no,
            "path": hex(&tick.path(bid.place.no).unwrap()),
        },
    });
    compare("tick.json", &vector);
}

#[test]
fn the_receipt() {
    let lot = golden().0;
    let receipt = receipt_of(&lot.bids[2]);
    let note = checkpoint(&lot.log, CLOSING, &[1, 2], DEADLINE + 2_000);
    let proof = ReceiptProof::build(&receipt, &lot.ticks[1], &lot.log, &note).unwrap();
    let custodians = crate::common::custodians();
    proof.verify(&SUITE_1, &receipt, PLACES, log_signer().vkey(), &custodians, 2).unwrap();
    let vector = json!({
        "about": "docs/spec/opening-log.md section 5. `receipt` and `proof` are exact texts.",
        "places": PLACES,
        "log_vkey": log_signer().vkey(),
        "custodians": custodians,
        "receipt": String::from_utf8(receipt.to_bytes().unwrap()).unwrap(),
        "proof": String::from_utf8(proof.to_bytes().unwrap()).unwrap(),
    });
    compare("receipt.json", &vector);
}

#[test]
fn the_freeze() {
    let (lot, freeze) = golden();
    let paths: Vec<_> = lot.paths();
    freeze
        .clone()
        .check(&context(&origin()))
        .unwrap()
        .check_places(&SUITE_1, &lot.log, PLACES, &paths)
        .unwrap();
    let vector = json!({
        "about": "docs/spec/opening-log.md section 6. `record` is the exact data of the set-frozen entry.",
        "origin": origin(),
        "ceremony_id": digest("ceremony"),
        "deadline": DEADLINE,
        "places": PLACES,
        "record": serde_json::to_string(&freeze).unwrap(),
        "paths": paths,
        "freeze_id": freeze.freeze_id,
        "statement": freeze_statement(&origin(), &freeze.freeze_id),
    });
    compare("freeze.json", &vector);
}

/// One failure each; `expect` is the label.
#[test]
fn refused_inputs() {
    let path = workspace().join("fixtures/vectors/journal/refused.json");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(cases.len() >= 40, "{}", cases.len());
    for case in cases {
        let field = |name: &str| case[name].as_str().unwrap();
        let input = field("input");
        let bytes = input.as_bytes();
        let label = match field("kind") {
            "checkpoint" => Checkpoint::parse(input).unwrap_err().label(),
            "freeze" => FreezeRecord::parse(bytes).unwrap_err().label(),
            "line" => EntryLine::parse(bytes).unwrap_err().label(),
            "log" => OpeningLog::replay(origin(), bytes).unwrap_err().label(),
            "note" => SignedNote::parse(input).unwrap_err().label(),
            "receipt" => Receipt::parse(bytes).unwrap_err().label(),
            "receipt-proof" => ReceiptProof::parse(bytes).unwrap_err().label(),
            "signed-checkpoint" => {
                let key = log_signer();
                CosignedCheckpoint::verify(input, key.vkey(), &crate::common::custodians())
                    .unwrap_err()
                    .label()
            }
            "vkey" => input.parse::<VerifierKey>().unwrap_err().label(),
            other => panic!("unknown kind {other}"),
        };
        assert_eq!(label, field("expect"), "{case}");
    }
}

fn spec() -> String {
    fs::read_to_string(workspace().join("docs/spec/opening-log.md")).unwrap()
}

#[test]
fn the_sample_in_the_specification_is_real() {
    let (lot, freeze) = golden();
    let signed = checkpoint(&lot.log, CLOSING, &[1], DEADLINE + 2_000);
    let head = lot.log.root_at(CLOSING).unwrap();
    let spec = spec();
    for sample in [
        lot.log.entry(2).unwrap().text(),
        lot.log.entry(6).unwrap().text(),
        &signed,
        log_signer().vkey().to_string().as_str(),
        cosigner(1).vkey().to_string().as_str(),
        &head.to_string(),
        &freeze_statement(&origin(), &freeze.freeze_id),
        String::from_utf8(receipt_of(&lot.bids[2]).to_bytes().unwrap()).unwrap().as_str(),
    ] {
        assert!(spec.contains(sample), "the specification lacks:\n{sample}");
    }
}

/// Runs the script of the specification, which needs sh, openssl and xxd only, over our log.
#[test]
fn the_script_in_the_specification_gives_our_root() {
    let tools = ["openssl version", "xxd -v", "base64 --version"];
    let here = |tool: &&str| {
        let run = Command::new("sh").arg("-c").arg(tool).output();
        run.is_ok_and(|out| out.status.success())
    };
    if !tools.iter().all(here) {
        println!("SKIPPED openssl, xxd or base64 is not installed");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must run the script");
        return;
    }
    let spec = spec();
    let script = spec.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.sh"), script).unwrap();
    let (lot, _) = golden();
    for size in 1..=lot.log.len() {
        let jsonl = lot.log.jsonl();
        let count = usize::try_from(size).unwrap();
        let text =
            jsonl.split_inclusive(|byte| *byte == b'\n').take(count).collect::<Vec<_>>().concat();
        fs::write(folder.path().join("log.jsonl"), text).unwrap();
        let run = Command::new("sh")
            .args(["root.sh", "log.jsonl"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let root = STANDARD.encode(lot.log.root_at(size).unwrap().bytes());
        assert_eq!(String::from_utf8(run.stdout).unwrap(), format!("{size}\n{root}\n"));
    }
}
