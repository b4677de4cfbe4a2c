//! The base estimate: its sealed object is the host's own for this lot and number, and what was
//! published follows from it and the proven partials in the log.

use std::sync::{Arc, LazyLock};

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::EntryLine;
use kaibiao_opening::{
    Command, EstimateSealed, EventKind, PartialsReceived, PricesPublished, PublishedEstimate,
    UnsealedSheet, Verdict, limits,
};
use kaibiao_replay::{EstimateFault, Replay, VerifiedEstimate, context_of_estimate};
use kaibiao_seal::{BidContext, Context, Padding, SealPlan, seal};
use kaibiao_testkit::{
    ESTIMATE, EstimatePlay, Scenario, ScenarioOptions, SeededEntropy, estimate_command,
    estimate_plain, seal_estimate,
};
use kaibiao_types::{BidSeq, Digest, Part, Stage};

use super::common::{command_of, entry, refuse, trust};

fn played(estimate: EstimatePlay, seed: &'static str) -> Scenario {
    let options = ScenarioOptions {
        estimate: Some(estimate),
        documents: false,
        seed,
        ..ScenarioOptions::default()
    };
    Scenario::build(&options).unwrap()
}

/// Two estimates, of which the second counts.
fn fair() -> &'static Scenario {
    static FAIR: LazyLock<Scenario> = LazyLock::new(|| played(EstimatePlay::Fair, "estimate"));
    &FAIR
}

fn lines(scenario: &Scenario) -> Vec<Vec<u8>> {
    scenario.log.entries().iter().map(|entry| entry.line().to_vec()).collect()
}

fn nth(scenario: &Scenario, kind: EventKind, n: usize) -> usize {
    let entries = scenario.log.entries().iter().enumerate();
    entries.filter(|(_, e)| e.kind() == kind.name()).nth(n).unwrap().0
}

fn upto(scenario: &Scenario, count: usize) -> Replay {
    let mut replay = Replay::new(Arc::clone(&scenario.verified), Arc::clone(trust()));
    for line in lines(scenario).iter().take(count) {
        replay.ingest(line).unwrap();
    }
    replay
}

fn spki() -> Digest {
    fair().people.host.certificate().spki_sha256()
}

fn plain() -> Vec<u8> {
    estimate_plain(&fair().verified, ESTIMATE).unwrap()
}

/// The very object of the first estimate.
fn object(no: usize) -> Vec<u8> {
    let line = lines(fair()).swap_remove(nth(fair(), EventKind::EstimateSealed, no));
    entry(&line).data_as::<EstimateSealed>().unwrap().object().unwrap()
}

fn sealed(no: u32, object: &[u8]) -> EstimateSealed {
    let Command::SealEstimate { sha256, object_b64 } = estimate_command(object) else {
        panic!("a command that seals an estimate")
    };
    EstimateSealed { no, sha256, object_b64 }
}

fn verify(sealed: &EstimateSealed) -> Result<VerifiedEstimate, EstimateFault> {
    VerifiedEstimate::verify(&fair().verified, sealed, spki())
}

fn label(object: &[u8]) -> &'static str {
    verify(&sealed(1, object)).unwrap_err().label()
}

/// An object of any context, padding and length.
fn other_object(context: &Context, padding: Padding, plain: &[u8]) -> Vec<u8> {
    let plan = SealPlan {
        context,
        bases: fair().verified.bases(),
        padding,
        plaintext_len: u64::try_from(plain.len()).unwrap(),
        bidder_lock: None,
    };
    let mut out = Vec::new();
    seal(&plan, &mut &*plain, &mut out, &mut SeededEntropy::new("other")).unwrap();
    out
}

/// The first estimate's line with another object in entry and command, signed by the host.
fn offered(object: &[u8]) -> Vec<u8> {
    let at = nth(fair(), EventKind::EstimateSealed, 0);
    let like = lines(fair()).swap_remove(at);
    let command = estimate_command(object);
    let signed = command_of(fair(), &fair().people.host, &like, command, &"ab".repeat(16));
    let like = entry(&like);
    let data = sealed(1, object);
    let built =
        EntryLine::build(like.index(), like.at(), like.by(), like.kind(), &data, Some(&signed));
    built.unwrap().line().to_vec()
}

fn offer(object: &[u8]) -> &'static str {
    let at = nth(fair(), EventKind::EstimateSealed, 0);
    refuse(&mut upto(fair(), at), &offered(object))
}

#[test]
fn the_last_one_counts_and_opens_to_its_amount() {
    let replay = upto(fair(), lines(fair()).len());
    let estimate = replay.estimate().unwrap();
    assert_eq!((estimate.no(), estimate.sha256()), (2, SUITE_1.hash(&object(1))));
    let published = replay.state().published_estimate().unwrap();
    assert_eq!(published.amount.unwrap().minor(), ESTIMATE);
    // Anybody opens it again from the log alone.
    let UnsealedSheet::Opened { bytes, .. } = replay.open_estimate().unwrap().sheet else {
        panic!("it opens")
    };
    assert_eq!(bytes, plain());
    assert_eq!(object(0).len(), object(1).len(), "1 fen is as long as 1,430,000 yuan");
    assert!(object(0).len() < limits::ESTIMATE_BYTES);
}

#[test]
fn what_is_wrong_is_published_as_what_it_is_and_stops_nobody() {
    for (play, verdict, label) in [
        (EstimatePlay::Garbage, Verdict::NotOpened, "HOST_GARBAGE"),
        (EstimatePlay::BadFormat, Verdict::BadFormat, "ESTIMATE_FORMAT_JSON"),
    ] {
        let scenario = played(play, "wrong");
        let replay = upto(&scenario, lines(&scenario).len());
        let published = replay.state().published_estimate().unwrap();
        assert_eq!((published.verdict, published.label.as_deref()), (verdict, Some(label)));
        assert_eq!(published.amount, None);
        assert!(replay.state().priced_bids().count() >= 3);
        assert!(replay.record().is_some());
    }
    let missing = played(EstimatePlay::Missing, "missing");
    let replay = upto(&missing, lines(&missing).len());
    assert_eq!((replay.estimate().map(|_| ()), replay.open_estimate()), (None, None));
    assert!(replay.record().is_some());
}

#[test]
fn a_hall_cannot_publish_another_amount() {
    let steered = played(EstimatePlay::Steered, "steered");
    let at = nth(&steered, EventKind::PricesPublished, 0);
    let mut replay = upto(&steered, at);
    assert_eq!(refuse(&mut replay, &lines(&steered)[at]), "E_ESTIMATE");
}

/// Whatever a hall says of an estimate that opens, or of the partials that open it.
#[test]
fn a_hall_cannot_keep_it_back_or_blame_it() {
    let at = nth(fair(), EventKind::PricesPublished, 0);
    let line = lines(fair()).swap_remove(at);
    let good: PricesPublished = entry(&line).data_as().unwrap();
    for label in ["HOST_GARBAGE", "UNOPENED_CUSTODY"] {
        let mut prices = good.clone();
        prices.estimate = prices.estimate.map(|estimate| PublishedEstimate {
            verdict: Verdict::NotOpened,
            label: Some(label.to_owned()),
            plain_b64: None,
            amount: None,
            capital: None,
            ..estimate
        });
        let mut replay = upto(fair(), at);
        let like = entry(&line);
        let forged =
            EntryLine::build(like.index(), like.at(), like.by(), like.kind(), &prices, None);
        assert_eq!(refuse(&mut replay, forged.unwrap().line()), "E_ESTIMATE", "{label}");
    }
}

/// Partials that are not proven open nothing, and nothing is blamed on the host then.
#[test]
fn unproven_partials_do_not_open_it() {
    let at = nth(fair(), EventKind::PartialsReceived, 0);
    let mut replay = upto(fair(), at);
    let here = replay.estimate().unwrap().sha256();
    let last = nth(fair(), EventKind::PricesPublished, 0);
    for line in &lines(fair())[at..last] {
        let mut set: PartialsReceived = entry(line).data_as().unwrap();
        for partial in set.partials.iter_mut().flatten() {
            if partial.manifest_sha256 == here {
                partial.c = "01".repeat(32);
            }
        }
        let like = entry(line);
        let index = replay.log().len();
        let built = EntryLine::build(index, like.at(), like.by(), like.kind(), &set, None).unwrap();
        replay.ingest(built.line()).unwrap();
    }
    let UnsealedSheet::NotOpened { label, .. } = replay.open_estimate().unwrap().sheet else {
        panic!("it does not open")
    };
    assert_eq!(label, "UNOPENED_CUSTODY");
    // So the prices with the opened estimate do not follow any more.
    assert_eq!(refuse(&mut replay, &lines(fair())[last]), "E_ESTIMATE");
}

#[test]
fn only_the_object_that_was_sealed_for_this_very_entry_is_one() {
    let tender = &fair().verified;
    assert!(verify(&sealed(1, &object(0))).is_ok());
    // The second as the first, by another certificate, of another lot's ceremony.
    assert_eq!(verify(&sealed(1, &object(1))).unwrap_err().label(), "E_CTX");
    assert_eq!(verify(&sealed(2, &object(0))).unwrap_err().label(), "E_CTX");
    let first = sealed(1, &object(0));
    let by_another = VerifiedEstimate::verify(tender, &first, Digest::new([7; 32]));
    assert_eq!(by_another.unwrap_err().label(), "E_CTX");
    let again = played(EstimatePlay::Fair, "another key");
    let elsewhere = VerifiedEstimate::verify(&again.verified, &first, spki());
    assert_eq!(elsewhere.unwrap_err().label(), "E_CEREMONY");
    // Another digest than that of the object.
    let named = EstimateSealed { sha256: Digest::new([1; 32]), ..first };
    assert_eq!(verify(&named).unwrap_err().label(), "E_ESTIMATE_DIGEST");
}

#[test]
fn each_defect_of_the_object_has_its_label() {
    let good = object(0);
    assert_eq!(label(b"no object"), "E_MAGIC");
    assert_eq!(label(&good[..good.len() - 1]), "E_LEN");
    assert_eq!(label(&[good.as_slice(), b"x"].concat()), "E_LEN");
    let mut salted = good.clone();
    salted[28] ^= 1;
    assert_eq!(label(&salted), "E_TDH2");
    let context = context_of_estimate(&fair().verified, spki(), 1);
    assert_eq!(label(&other_object(&context, Padding::Bucket, &plain())), "E_LEN");
    for len in [0, 100, 1_015, 1_017, 2_000] {
        let mut plain = plain();
        plain.resize(len, b' ');
        // 1,015 bytes are padded to the same length; what opens then is no base estimate.
        let object = other_object(&context, Padding::Padme, &plain);
        match verify(&sealed(1, &object)) {
            Ok(_) => assert_eq!(len, 1_015),
            Err(fault) => assert_eq!(fault.label(), "E_LEN", "{len}"),
        }
    }
}

/// A bid's object is no estimate and an estimate no bid's object: the contexts differ in their label.
#[test]
fn a_bid_is_no_estimate_and_an_estimate_no_bid() {
    let tender = &fair().verified;
    let bid = fair().bids.first().unwrap();
    assert_eq!(label(&bid.objects[0]), "E_CTX");
    // Even the host's own object, sealed as a bid would be.
    let lot = tender.file().lot_key();
    let as_bid = Context::of_bid(&BidContext {
        suite: &SUITE_1,
        ceremony_id: tender.record().ceremony_id,
        lot: &lot,
        stage: Stage::FIRST,
        part: Part::Price,
        bidder: &tender.file().terms().host.code,
        signer_spki: spki(),
        seq: BidSeq::new(1).unwrap(),
        supersedes: Digest::ZERO,
    });
    let object = other_object(&as_bid, Padding::Padme, &plain());
    assert_eq!(label(&object), "E_CTX");
    assert_eq!(offer(&object), "E_CTX");
    let rehearsal = Context::of_rehearsal(&SUITE_1, tender.record().ceremony_id, 1);
    assert_eq!(label(&other_object(&rehearsal, Padding::Padme, &plain())), "E_CTX");
    // And the other way round: the estimate's context is none of the bid's.
    let header = kaibiao_seal::Header::read(&mut self::object(0).as_slice()).unwrap();
    assert!(header.expect_context(&as_bid).is_err());
}

#[test]
fn a_log_with_such_an_entry_is_not_believed() {
    assert_eq!(offer(b"no object"), "E_MAGIC");
    assert_eq!(offer(&object(1)), "E_CTX");
    let mut salted = object(0);
    salted[28] ^= 1;
    assert_eq!(offer(&salted), "E_TDH2");
    // The entry and the signed command are of one object.
    let at = nth(fair(), EventKind::EstimateSealed, 0);
    let like = lines(fair()).swap_remove(at);
    let signed = entry(&like).command().cloned().unwrap();
    let other = entry(&like);
    let data = sealed(1, &object(1));
    let built =
        EntryLine::build(other.index(), other.at(), other.by(), other.kind(), &data, Some(&signed));
    assert_eq!(refuse(&mut upto(fair(), at), built.unwrap().line()), "bad-data");
    let bare = EntryLine::build(
        other.index(),
        other.at(),
        other.by(),
        other.kind(),
        &sealed(1, &object(0)),
        None,
    );
    assert_eq!(refuse(&mut upto(fair(), at), bare.unwrap().line()), "E_COMMAND");
}

/// One lock in two estimates (rule R7).
#[test]
fn no_two_estimates_share_a_lock() {
    let mut seen = Vec::new();
    for no in [1, 2] {
        let mut entropy = SeededEntropy::new("the same");
        let object = seal_estimate(&fair().verified, spki(), no, &plain(), &mut entropy).unwrap();
        seen.push(object);
    }
    let at = nth(fair(), EventKind::EstimateSealed, 0);
    let mut replay = upto(fair(), at);
    replay.ingest(&offered(&seen[0])).unwrap();
    let like = lines(fair()).swap_remove(at + 1);
    let nonce = "cd".repeat(16);
    let signed = command_of(fair(), &fair().people.host, &like, estimate_command(&seen[1]), &nonce);
    let like = entry(&like);
    let data = sealed(2, &seen[1]);
    let line =
        EntryLine::build(like.index(), like.at(), like.by(), like.kind(), &data, Some(&signed));
    assert_eq!(refuse(&mut replay, line.unwrap().line()), "E_DUP_U");
}
