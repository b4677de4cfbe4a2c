//! Receipts and their proofs: every link of the chain, broken once.

use crate::common::{
    DEADLINE, Dry, Lot, PLACES, at, checkpoint, custodians, digest, log_signer, receipt_of,
};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Actor, EntryLine, LogOrigin, LogSigner, OpeningLog, Receipt, ReceiptNumber, ReceiptProof,
    ReceiptProofError, Salt, Tick, VerifiedReceipt,
};
use kaibiao_types::{BidSeq, LotId};
use proptest::prelude::*;

const NEEDED: u16 = 2;

struct Case {
    lot: Lot,
    receipt: Receipt,
    proof: ReceiptProof,
}

fn case() -> Case {
    let lot = Lot::new(PLACES);
    let receipt = receipt_of(&lot.bids[2]);
    let note = checkpoint(&lot.log, 4, &[1, 3], DEADLINE);
    let proof = ReceiptProof::build(&receipt, &lot.ticks[1], &lot.log, &note).unwrap();
    Case { lot, receipt, proof }
}

fn verify(receipt: &Receipt, proof: &ReceiptProof) -> Result<VerifiedReceipt, ReceiptProofError> {
    proof.verify(&SUITE_1, receipt, PLACES, log_signer().vkey(), &custodians(), NEEDED)
}

fn label(receipt: &Receipt, proof: &ReceiptProof) -> &'static str {
    verify(receipt, proof).map(|_| ()).unwrap_err().label()
}

#[test]
fn the_chain_holds() {
    let case = case();
    let receipt = Receipt::parse(&case.receipt.to_bytes().unwrap()).unwrap();
    let proof = ReceiptProof::parse(&case.proof.to_bytes().unwrap()).unwrap();
    assert_eq!((&receipt, &proof), (&case.receipt, &case.proof));
    let verified = verify(&receipt, &proof).unwrap();
    assert_eq!(verified.index(), 2);
    assert_eq!(verified.ticked_at(), at(DEADLINE - 1_000));
    assert_eq!(verified.checkpoint().cosignatures().len(), 2);
    assert_eq!(verified.checkpoint().checkpoint().head, case.lot.log.head());
}

#[test]
fn a_changed_receipt_loses_its_proof() {
    let Case { receipt, proof, .. } = case();
    let change = |edit: &dyn Fn(&mut Receipt)| {
        let mut receipt = receipt.clone();
        edit(&mut receipt);
        label(&receipt, &proof)
    };
    let place = "receipt-proof-place";
    assert_eq!(change(&|r| r.manifest_sha256 = digest("x")), place);
    assert_eq!(change(&|r| r.cms_sha256 = digest("x")), place);
    assert_eq!(change(&|r| r.completed_at = at(r.completed_at.get() + 1)), place);
    assert_eq!(change(&|r| r.place.salt = Salt::from_bytes([0; 32])), place);
    assert_eq!(change(&|r| r.place.no = 15_u64.try_into().unwrap()), place);
    assert_eq!(change(&|r| r.place.no = 16_u64.try_into().unwrap()), place);
    assert_eq!(change(&|r| r.place.tick = 2_u64.try_into().unwrap()), "receipt-proof-wrong-tick");
    let number = ReceiptNumber::parse(&"0".repeat(32)).unwrap();
    assert_eq!(change(&|r| r.number = number), "receipt-proof-number");
    let other = LogOrigin::parse("kaibiao.example/lot/EX-2030-001/2").unwrap();
    assert_eq!(change(&|r| r.origin = other.clone()), "receipt-proof-other-log");
}

#[test]
fn a_changed_proof_is_refused() {
    let Case { lot, receipt, proof } = case();
    let change = |edit: &dyn Fn(&mut ReceiptProof)| {
        let mut proof = proof.clone();
        edit(&mut proof);
        label(&receipt, &proof)
    };
    assert_eq!(change(&|p| p.path[0] = digest("x")), "receipt-proof-place");
    assert_eq!(change(&|p| p.path.truncate(3)), "receipt-proof-place");
    assert_eq!(change(&|p| p.path.push(digest("x"))), "receipt-proof-place");
    assert_eq!(change(&|p| p.inclusion[1] = digest("x")), "receipt-proof-inclusion");
    assert_eq!(change(&|p| p.inclusion.clear()), "receipt-proof-inclusion");
    assert_eq!(change(&|p| p.index = 3), "receipt-proof-index");
    assert_eq!(change(&|p| p.entry.push(' ')), "entry-form");
    assert_eq!(change(&|p| p.entry.clear()), "entry-json");
    assert_eq!(
        change(&|p| p.entry = p.entry.replace("\"at\":1899999999000", "\"at\":1899999999001")),
        "receipt-proof-inclusion"
    );
    assert_eq!(
        change(&|p| p.entry = p.entry.replace("\"hall\"", "\"custodian:1\"")),
        "receipt-proof-not-tick"
    );
    assert_eq!(
        change(&|p| p.entry = p.entry.replace("\"tick\"", "\"tock\"")),
        "receipt-proof-not-tick"
    );
    assert_eq!(change(&|p| p.entry = p.entry.replace("\"root\"", "\"Root\"")), "entry-data");
    assert_eq!(change(&|p| p.checkpoint.clear()), "note-structure");
    assert_eq!(
        change(&|p| p.checkpoint = p.checkpoint.replace("\n4\n", "\n5\n")),
        "checkpoint-log-signature"
    );
    let other = lot.log.entry(3).unwrap().text().to_owned();
    assert_eq!(change(&|p| (p.entry, p.index) = (other.clone(), 3)), "receipt-proof-wrong-tick");
}

#[test]
fn the_head_must_reach_the_tick() {
    let Case { lot, receipt, proof } = case();
    let early = checkpoint(&lot.log, 2, &[1, 2], DEADLINE);
    let built = ReceiptProof::build(&receipt, &lot.ticks[1], &lot.log, &early);
    assert_eq!(built.unwrap_err().label(), "receipt-proof-outside-head");
    let mut proof = proof;
    proof.checkpoint = early;
    assert_eq!(label(&receipt, &proof), "receipt-proof-inclusion");
}

#[test]
fn a_proof_is_not_built_from_the_wrong_things() {
    let Case { lot, receipt, .. } = case();
    let note = checkpoint(&lot.log, 4, &[], DEADLINE);
    let build = |receipt: &Receipt, tick: usize, note: &str| {
        ReceiptProof::build(receipt, &lot.ticks[tick], &lot.log, note).unwrap_err().label()
    };
    assert_eq!(build(&receipt, 0, &note), "receipt-proof-wrong-tick");
    assert_eq!(build(&receipt, 1, "x"), "note-structure");
    assert_eq!(build(&receipt, 1, "x\n\n\u{2014} a AAAAAAAA\n"), "checkpoint-lines");
    let mut elsewhere = receipt.clone();
    elsewhere.place.no = 16_u64.try_into().unwrap();
    assert_eq!(build(&elsewhere, 1, &note), "tick-no-such-place");
    elsewhere.place.tick = 9_u64.try_into().unwrap();
    assert_eq!(build(&elsewhere, 1, &note), "receipt-proof-wrong-tick");
    let mut longer = lot.log.clone();
    let end = EntryLine::build(4, at(DEADLINE), &Actor::Hall, "note", &serde_json::json!({}), None);
    longer.append_entry(end.unwrap()).unwrap();
    assert_eq!(build(&receipt, 1, &checkpoint(&longer, 5, &[], 0)), "receipt-proof-outside-head");
}

#[test]
fn cosignatures_are_counted() {
    let Case { lot, receipt, .. } = case();
    let with = |by: &[u16]| {
        let note = checkpoint(&lot.log, 4, by, DEADLINE);
        ReceiptProof::build(&receipt, &lot.ticks[1], &lot.log, &note).unwrap()
    };
    assert_eq!(label(&receipt, &with(&[])), "receipt-proof-quorum");
    assert_eq!(label(&receipt, &with(&[2])), "receipt-proof-quorum");
    assert_eq!(label(&receipt, &with(&[4, 5, 6])), "receipt-proof-quorum", "unknown keys");
    assert!(verify(&receipt, &with(&[2, 3])).is_ok());
    let none = with(&[]);
    let key = log_signer();
    assert!(none.verify(&SUITE_1, &receipt, PLACES, key.vkey(), &custodians(), 0).is_ok());
}

#[test]
fn another_log_key_or_tick_size_is_refused() {
    let Case { receipt, proof, .. } = case();
    let other = LogSigner::from_seed(crate::common::origin(), &[1; 32]).unwrap();
    let check = |key: &LogSigner, places| {
        let verified = proof.verify(&SUITE_1, &receipt, places, key.vkey(), &custodians(), NEEDED);
        verified.map(|_| ()).unwrap_err().label()
    };
    assert_eq!(check(&other, PLACES), "checkpoint-log-signature-missing");
    assert_eq!(check(&log_signer(), PLACES * 2), "receipt-proof-place");
    assert_eq!(check(&log_signer(), 0), "receipt-proof-place");
}

#[test]
fn a_stamp_after_its_tick_is_refused() {
    let Case { mut receipt, .. } = case();
    receipt.place.tick = 0_u64.try_into().unwrap();
    receipt.place.no = 0_u64.try_into().unwrap();
    let tick = Tick::from_contents(receipt.place.tick, vec![receipt.commitment(&SUITE_1)]).unwrap();
    let mut log = OpeningLog::new(crate::common::origin());
    let early = at(receipt.completed_at.get() - 1);
    let entry = log.next_entry(early, &Actor::Hall, "tick", &tick.data(), None).unwrap();
    log.append_entry(entry).unwrap();
    let note = checkpoint(&log, 1, &[], 0);
    let proof = ReceiptProof::build(&receipt, &tick, &log, &note).unwrap();
    let verified = proof.verify(&SUITE_1, &receipt, 1, log_signer().vkey(), &[], 0);
    assert_eq!(verified.unwrap_err().label(), "receipt-proof-stamp-after-tick");
}

#[test]
fn receipts_are_read_strictly() {
    let text = String::from_utf8(case().receipt.to_bytes().unwrap()).unwrap();
    let label = |text: &str| Receipt::parse(text.as_bytes()).unwrap_err().label();
    for (from, to) in [
        (r#""v":1"#, r#""v":2"#),
        (r#""v":1,"#, ""),
        (r#""v":1"#, r#""v":1,"v":1"#),
        (r#""v":1"#, r#""v":"1""#),
        (r#""v":1"#, r#""v":1,"extra":null"#),
        (r#""kind":"receipt""#, r#""kind":"Receipt""#),
        (r#""kind":"receipt""#, r#""kind":"receipt-proof""#),
        (r#""seq":2"#, r#""seq":0"#),
        (r#""seq":2"#, r#""seq":2.0"#),
        (r#""number":""#, r#""number":"0"#),
        (r#""part":"price""#, r#""part":"prices""#),
        (r#""tick":1"#, r#""tick":-1"#),
        ("\"bidder\":\"91", "\"bidder\":\"92"),
        ("kaibiao.example/lot", "kaibiao.example/tender"),
        ("{\"v\"", "\u{feff}{\"v\""),
        ("}]}", "}]}}"),
        ("}]}", "}]} x"),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(label(&text.replacen(from, to, 1)), "receipt-json", "{from} -> {to}");
    }
    assert_eq!(label(&text.replacen("EX-2030-001", "EX-2030-002", 1)), "receipt-other-log");
    assert_eq!(label(&format!("{text}{}", " ".repeat(20_000))), "receipt-too-long");
    let mut other = case().receipt;
    other.lot = LotId::parse("2").unwrap();
    assert_eq!(other.to_bytes().unwrap_err().label(), "receipt-other-log");
    assert!(ReceiptNumber::random(&mut Dry).is_err());
    assert_eq!(ReceiptNumber::parse("00"), None);
    let shown = format!("{:?}", case().receipt);
    assert!(shown.contains("Salt(..)"), "{shown}");
}

#[test]
fn proofs_are_read_strictly() {
    let text = String::from_utf8(case().proof.to_bytes().unwrap()).unwrap();
    let label = |text: &str| ReceiptProof::parse(text.as_bytes()).unwrap_err().label();
    for (from, to) in [
        (r#""v":1"#, r#""v":0"#),
        (r#""kind":"receipt-proof""#, r#""kind":"receipt""#),
        (r#""index":2"#, r#""index":"2""#),
        (r#""index":2"#, r#""index":2,"index":2"#),
        (r#""index":2"#, r#""index":2,"x":[]"#),
        (r#""path":["#, r#""path":["A","#),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(label(&text.replacen(from, to, 1)), "receipt-proof-json", "{from} -> {to}");
    }
    assert_eq!(label(&" ".repeat(300_000)), "receipt-proof-too-long");
    let mut long = case().proof;
    long.checkpoint = "x".repeat(300_000);
    assert_eq!(long.to_bytes().unwrap_err().label(), "receipt-proof-too-long");
}

proptest! {
    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Receipt::parse(&bytes);
        let _ = ReceiptProof::parse(&bytes);
    }

    /// A changed byte of a proof is refused or changes nothing that was proven.
    #[test]
    fn damage_to_a_proof_proves_nothing_new(position in 0..4_000_usize, byte in 32_u8..127) {
        let Case { receipt, proof, .. } = case();
        let mut bytes = proof.to_bytes().unwrap();
        let position = position % bytes.len();
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        let Ok(damaged) = ReceiptProof::parse(&bytes) else { return Ok(()) };
        if let Ok(verified) = damaged.verify(&SUITE_1, &receipt, PLACES, log_signer().vkey(), &custodians(), 0) {
            prop_assert_eq!(verified.index(), proof.index);
            prop_assert!(verified.checkpoint().cosignatures().len() < 2, "only a name was damaged");
        }
    }

    /// A cut proof or receipt is refused.
    #[test]
    fn a_cut_file_is_refused(cut in 0..4_000_usize) {
        let Case { receipt, proof, .. } = case();
        let (receipt, proof) = (receipt.to_bytes().unwrap(), proof.to_bytes().unwrap());
        prop_assert!(Receipt::parse(&receipt[..cut % receipt.len()]).is_err());
        prop_assert!(ReceiptProof::parse(&proof[..cut % proof.len()]).is_err());
    }
}

#[test]
fn a_receipt_does_not_bind_what_its_manifest_binds() {
    // Bidder and version are under the hall's CMS and the manifest's digest, not under the place.
    let Case { mut receipt, proof, .. } = case();
    receipt.seq = BidSeq::new(9).unwrap();
    assert!(verify(&receipt, &proof).is_ok());
}
