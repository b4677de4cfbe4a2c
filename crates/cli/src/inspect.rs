//! What a file is and says, and what happened to it if it is damaged.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use kaibiao_ceremony::{CeremonyBundle, CeremonyRecord};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{Receipt, ReceiptProof};
use kaibiao_opening::{TenderDraft, TenderFile, Terms};
use kaibiao_seal::{Header, Manifest, ManifestKind};
use kaibiao_wire::Label;
use serde_json::Value;

use crate::failure::Failure;
use crate::output::Facts;
use crate::submission;

/// Bytes of the longest JSON file that is read.
const JSON_MAX: usize = 32 << 20;

/// The facts of a file.
pub(crate) fn inspect(path: &Path) -> Result<Facts, Failure> {
    let mut start = [0_u8; 1];
    let count = File::open(path)
        .and_then(|mut file| file.read(&mut start))
        .map_err(|error| Failure::read(path, &error))?;
    if start.get(..count) == Some(b"{") {
        return json(&crate::files::read(path, JSON_MAX)?);
    }
    sealed(path)
}

fn sealed(path: &Path) -> Result<Facts, Failure> {
    let submission::DigestedFile { header, summary, slice_roots, sha256 } =
        submission::digest(path)?;
    let mut facts = Facts::default();
    facts
        .add("file", "sealed-object")
        .add("suite", header.suite().id())
        .text("ceremony_id", header.ceremony_id())
        .text("bid_context", header.bidctx())
        .add("padding", format!("{:?}", header.padding()).to_lowercase())
        .add("padded_len", header.padded_len())
        .add("chunks", header.chunks())
        .add("locks", locks(&header))
        .add("lock_mode", header.lock_mode().as_str())
        .text("header_sha256", summary.header_sha256)
        .add("file_len", summary.file_len)
        .text("ct_root", summary.ct_root)
        .text("sha256", sha256)
        .add("slices", slice_roots.len())
        .add("complete", true);
    Ok(facts)
}

/// The locks in their order. All of them are needed; no key is, to see which they are.
fn locks(header: &Header) -> String {
    header.bidder_lock().map_or_else(
        || "ceremony".to_owned(),
        |lock| {
            let algorithm = lock.algorithm.as_str();
            format!("ceremony, bidder ({algorithm}, certificate {})", lock.cert_sha256)
        },
    )
}

fn json(bytes: &[u8]) -> Result<Facts, Failure> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Failure::new(Label::BadJson, error.to_string()))?;
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let mut facts = Facts::default();
    match kind {
        "submit" | "withdraw" => manifest(&mut facts, &Manifest::parse(bytes)?),
        "receipt" => receipt(&mut facts, &Receipt::parse(bytes)?),
        "receipt-proof" => proof(&mut facts, &ReceiptProof::parse(bytes)?),
        "draft" => terms(&mut facts, "draft", TenderDraft::parse(bytes)?.terms()),
        "tender" => tender(&mut facts, &TenderFile::parse(bytes)?),
        "ceremony" => ceremony(&mut facts, &CeremonyRecord::parse(bytes)?),
        _ if value.get("ceremony_b64").is_some() => {
            let (bundle, record) = CeremonyBundle::parse(bytes)?;
            ceremony(&mut facts, &record);
            facts.add("signatures", bundle.signatures.len());
            facts.add("rehearsals", bundle.rehearsal.len());
        }
        _ => {
            let detail = "JSON, but no manifest, receipt, tender file or ceremony";
            return Err(Failure::new(Label::BadInput, detail));
        }
    }
    facts.text("sha256", SUITE_1.hash(bytes));
    Ok(facts)
}

fn manifest(facts: &mut Facts, manifest: &Manifest) {
    let body = manifest.body();
    let kind = match body.kind {
        ManifestKind::Submit => "submit",
        ManifestKind::Withdraw => "withdraw",
    };
    facts
        .add("file", "bid-manifest")
        .add("kind", kind)
        .text("lot", manifest.lot())
        .add("bidder", body.bidder.name.clone())
        .text("bidder_code", &body.bidder.code)
        .text("seq", body.seq)
        .text("supersedes", body.supersedes)
        .text("ceremony_id", body.ceremony_id)
        .text("deadline", body.deadline)
        .text("sealed_at", body.sealed_at);
    for part in &body.parts {
        let name = format!("part_{}", part.part);
        facts.add(&name, format!("{} bytes, ct_root {}", part.file_len, part.ct_root));
    }
}

fn receipt(facts: &mut Facts, receipt: &Receipt) {
    facts
        .add("file", "receipt")
        .text("number", receipt.number)
        .text("origin", &receipt.origin)
        .text("bidder_code", &receipt.bidder)
        .text("seq", receipt.seq)
        .text("manifest_sha256", receipt.manifest_sha256)
        .text("completed_at", receipt.completed_at)
        .add("completed_at_beijing", receipt.completed_at.beijing())
        .add("place", format!("tick {}, no {}", receipt.place.tick, receipt.place.no));
}

fn proof(facts: &mut Facts, proof: &ReceiptProof) {
    facts
        .add("file", "receipt-proof")
        .text("number", proof.number)
        .add("entry_index", proof.index)
        .add("checkpoint", proof.checkpoint.clone());
}

fn terms(facts: &mut Facts, file: &str, terms: &Terms) {
    facts
        .add("file", file)
        .text("lot", terms.lot_key())
        .add("title", terms.title.zh.clone())
        .add("lot_title", terms.lot_title.zh.clone())
        .add("host", terms.host.name.clone())
        .add("supervisor", terms.supervisor.name.clone())
        .text("deadline", terms.deadline)
        .add("deadline_beijing", terms.deadline.beijing())
        .add("min_bidders", terms.min_bidders)
        .add(
            "custody",
            format!("{} of {}", terms.custody.threshold.k(), terms.custody.threshold.n()),
        )
        .add("custody_kind", serde_json::json!(terms.custody.custody))
        .add("time", serde_json::json!(terms.custody.time))
        .add("fictional", terms.fictional);
    if let Some(window) = &terms.bidder_window {
        facts
            .add("bidder_lock", serde_json::json!(window.lock))
            .text("bidder_window", window.open_ms)
            .text("bidder_window_extend", window.extend_ms);
    }
    for (number, seat) in (1_u16..).zip(&terms.custody.custodians) {
        facts.add(&format!("custodian_{number}"), seat.party.name.clone());
    }
}

fn tender(facts: &mut Facts, file: &TenderFile) {
    terms(facts, "tender", file.terms());
    let announced = file.announced();
    facts
        .text("ceremony_id", announced.ceremony.id)
        .add("log_origin", announced.log.origin.clone())
        .add("hall", announced.hall.party.name.clone())
        .text("trust_sha256", announced.trust_sha256);
}

fn ceremony(facts: &mut Facts, record: &CeremonyRecord) {
    facts
        .add("file", "ceremony")
        .text("lot", record.lot_key())
        .text("ceremony_id", record.ceremony_id)
        .add("custody", format!("{} of {}", record.threshold.k(), record.threshold.n()));
    for custodian in &record.custodians {
        facts.add(&format!("custodian_{}", custodian.index), custodian.party.name.clone());
    }
}
