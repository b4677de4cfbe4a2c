//! [`Replay`]: what persons signed: commands, the freeze, the record.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_journal::{SignedCommand, destroyed_statement, journal_statement};
use kaibiao_opening::{
    Command, EventKind, FreezeSigned, JournalSigned, KeyDestroyed, RecordGenerated, RecordSigned,
    SignedCommandBody,
};
use kaibiao_types::{CustodianIndex, Digest, JournalMoment};

use super::common::{
    body, command, empty, entry, first, flipped, foreign, line, lines, nth, prefix, refuse, rich,
    sign,
};

const NONCE: &str = "00112233445566778899aabbccddeeff";

/// The line with its own data beside another command.
fn with(good: &[u8], command: Option<&SignedCommand>) -> Vec<u8> {
    line(good, &entry(good).data().to_owned(), command)
}

#[test]
fn every_command_is_needed_and_belongs_to_its_entry() {
    let lines = lines();
    let all: Vec<SignedCommand> =
        lines.iter().filter_map(|line| entry(line).command().cloned()).collect();
    let mut replay = empty();
    for good in &lines {
        let own = entry(good).command().cloned();
        match &own {
            None => {
                let added = with(good, all.first());
                assert_eq!(refuse(&mut replay, &added), "E_COMMAND");
            }
            Some(own) => {
                assert_eq!(refuse(&mut replay, &with(good, None)), "E_COMMAND");
                let cms = flipped(&own.cms);
                let broken = SignedCommand { body: own.body.clone(), cms };
                assert_eq!(refuse(&mut replay, &with(good, Some(&broken))), "E_SIG_CRYPTO");
                for other in all.iter().filter(|other| *other != own).step_by(3) {
                    refuse(&mut replay, &with(good, Some(other)));
                    let crossed = SignedCommand { body: own.body.clone(), cms: other.cms.clone() };
                    assert_eq!(refuse(&mut replay, &with(good, Some(&crossed))), "E_SIG_HASH");
                }
            }
        }
        replay.ingest(good).unwrap();
    }
}

#[test]
fn a_command_is_signed_by_the_party_whose_step_it_is() {
    let lines = lines();
    let mut replay = empty();
    let people = &rich().people;
    let mut tried = 0;
    for good in &lines {
        if let Some(own) = entry(good).command() {
            let signers = [
                &people.host,
                &people.supervisor,
                &people.hall,
                &people.custodians[0].0,
                &people.bidders[5].0,
            ];
            let at = entry(good).at();
            let trust = super::common::trust();
            let own_signer =
                kaibiao_pki::cms::verify_detached(&own.cms, &own.body, trust, at).unwrap();
            let own_code = own_signer.signer().party().code.clone();
            for signer in signers {
                let cms = sign(signer, &own.body, at);
                let verified = kaibiao_pki::cms::verify_detached(&cms, &own.body, trust, at);
                if verified.unwrap().signer().party().code == own_code {
                    continue;
                }
                let usurped = SignedCommand { body: own.body.clone(), cms };
                let label = refuse(&mut replay, &with(good, Some(&usurped)));
                assert_eq!(label, "wrong-role", "{}", entry(good).kind());
                tried += 1;
            }
        }
        replay.ingest(good).unwrap();
    }
    assert!(tried > 20);
}

#[test]
fn a_command_asks_for_this_lot_and_nothing_else() {
    let at = first(EventKind::PriceRead);
    let good = &lines()[at];
    let host = &rich().people.host;
    let mut replay = prefix(at);
    let mut label = |change: fn(&mut SignedCommandBody)| {
        let mut body = body(good);
        change(&mut body);
        let body = body.to_bytes();
        let signed = SignedCommand { cms: sign(host, &body, entry(good).at()), body };
        refuse(&mut replay, &with(good, Some(&signed)))
    };
    assert_eq!(label(|b| b.lot.lot = kaibiao_types::LotId::parse("99").unwrap()), "E_COMMAND");
    assert_eq!(label(|b| b.nonce.clear()), "E_COMMAND");
    assert_eq!(label(|b| b.after += 1), "bad-data");
    assert_eq!(label(|b| b.command = Command::Close), "bad-data");
    let longer = |b: &mut SignedCommandBody| {
        b.command = Command::ReadNext(kaibiao_types::Millis::from_secs(600));
    };
    assert_eq!(label(longer), "bad-data");
}

#[test]
fn a_nonce_is_used_once() {
    let used = body(&lines()[nth(EventKind::PriceRead, 0)]).nonce;
    let at = nth(EventKind::PriceRead, 1);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let Command::ReadNext(duration) = body(good).command else { panic!("a reading") };
    let host = &rich().people.host;
    let twice = command(host, good, Command::ReadNext(duration), &used);
    assert_eq!(refuse(&mut replay, &with(good, Some(&twice))), "E_REPLAYED");
    // What was refused has used nothing up.
    let fresh = command(host, good, Command::ReadNext(duration), NONCE);
    assert!(!replay.knows_nonce(NONCE));
    replay.ingest(&with(good, Some(&fresh))).unwrap();
    assert!(replay.knows_nonce(NONCE));
}

#[test]
fn a_custodian_signs_the_freeze_with_its_own_certificate() {
    let at = first(EventKind::FreezeSigned);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let mut label = |change: &dyn Fn(&mut FreezeSigned)| {
        let mut signed: FreezeSigned = entry(good).data_as().unwrap();
        change(&mut signed);
        refuse(&mut replay, &line(good, &signed, None))
    };
    let second: FreezeSigned = entry(&lines()[nth(EventKind::FreezeSigned, 1)]).data_as().unwrap();
    assert_eq!(label(&|s| s.cms.clone_from(&second.cms)), "E_SIG_SIGNER");
    assert_eq!(label(&|s| s.cms = "***".to_owned()), "E_EVENT_SHAPE");
    let cms = |bytes: &[u8]| STANDARD.encode(bytes);
    assert_eq!(
        label(&|s| s.cms = cms(&flipped(&STANDARD.decode(&s.cms).unwrap()))),
        "E_SIG_CRYPTO"
    );
    assert_eq!(label(&|s| s.freeze_id = Digest::ZERO), "E_SIG_HASH");
    let own = &rich().people.custodians[0].0;
    assert_eq!(label(&|s| s.cms = cms(&sign(own, b"x", entry(good).at()))), "E_SIG_HASH");
    assert_eq!(label(&|s| s.custodian = CustodianIndex::new(2).unwrap()), "E_SIG_SIGNER");
    // Truly signed, but another freeze than the one in the log.
    let other = Digest::ZERO;
    let statement = kaibiao_journal::freeze_statement(rich().verified.origin(), &other);
    let signed = FreezeSigned {
        custodian: CustodianIndex::new(1).unwrap(),
        freeze_id: other,
        cms: cms(&sign(own, statement.as_bytes(), entry(good).at())),
    };
    assert_eq!(refuse(&mut replay, &line(good, &signed, None)), "wrong-freeze");
}

#[test]
fn the_destruction_is_signed_for_this_very_lot_by_the_custodian_itself() {
    let at = first(EventKind::KeyDestroyed);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let mut label = |change: &dyn Fn(&mut KeyDestroyed)| {
        let mut destroyed: KeyDestroyed = entry(good).data_as().unwrap();
        change(&mut destroyed);
        refuse(&mut replay, &line(good, &destroyed, None))
    };
    let cms = |bytes: &[u8]| STANDARD.encode(bytes);
    let by = |custodian: usize, text: &str| {
        cms(&sign(&rich().people.custodians[custodian].0, text.as_bytes(), entry(good).at()))
    };
    assert_eq!(label(&|d| d.custodian = CustodianIndex::new(2).unwrap()), "E_SIG_SIGNER");
    assert_eq!(label(&|d| d.cms = "***".to_owned()), "E_EVENT_SHAPE");
    assert_eq!(
        label(&|d| d.cms = cms(&flipped(&STANDARD.decode(&d.cms).unwrap()))),
        "E_SIG_CRYPTO"
    );
    let origin = rich().verified.origin();
    let (ceremony, freeze) =
        (rich().verified.record().ceremony_id, rich().state.frozen().unwrap().freeze_id);
    let right = destroyed_statement(origin, &ceremony, Some(&freeze));
    assert_eq!(right, prefix(at).destroyed_statement());
    assert_eq!(label(&|d| d.cms = by(1, &right)), "E_SIG_SIGNER");
    let host = cms(&sign(&rich().people.host, right.as_bytes(), entry(good).at()));
    assert_eq!(label(&|d| d.cms.clone_from(&host)), "E_SIG_SIGNER");
    // Another ceremony, another freeze, no freeze, another lot, another kind of statement.
    for wrong in [
        destroyed_statement(origin, &Digest::ZERO, Some(&freeze)),
        destroyed_statement(origin, &ceremony, Some(&Digest::ZERO)),
        destroyed_statement(origin, &ceremony, None),
        destroyed_statement(foreign().verified.origin(), &ceremony, Some(&freeze)),
        kaibiao_journal::freeze_statement(origin, &freeze),
        right.trim_end().to_owned(),
    ] {
        assert_eq!(label(&|d| d.cms = by(0, &wrong)), "E_SIG_HASH", "{wrong}");
    }
    // Right, but the opening is not over.
    let early = first(EventKind::OpeningClosed);
    let destroyed: KeyDestroyed = entry(good).data_as().unwrap();
    let then = entry(&lines()[early]);
    let by = entry(good);
    let moved = kaibiao_journal::EntryLine::build(
        then.index(),
        by.at(),
        by.by(),
        by.kind(),
        &destroyed,
        None,
    );
    let moved = moved.unwrap().line().to_vec();
    assert_eq!(refuse(&mut prefix(early), &moved), "out-of-order");
    replay.ingest(good).unwrap();
    replay.ingest(&lines()[at + 1]).unwrap(); // the journal of the next
    assert_eq!(refuse(&mut replay, &line(&lines()[at + 2], &destroyed, None)), "wrong-role");
}

/// Ruling 19.
#[test]
fn a_journal_is_signed_for_this_log_custodian_and_moment_with_its_length_and_digest() {
    let at = first(EventKind::JournalSigned);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let mut label = |change: &dyn Fn(&mut JournalSigned)| {
        let mut signed: JournalSigned = entry(good).data_as().unwrap();
        assert_eq!((signed.custodian.get(), signed.moment), (1, JournalMoment::Freeze));
        change(&mut signed);
        refuse(&mut replay, &line(good, &signed, None))
    };
    let other = CustodianIndex::new(2).unwrap();
    assert_eq!(label(&|signed| signed.custodian = other), "E_SIG_HASH");
    assert_eq!(label(&|signed| signed.length += 1), "E_SIG_HASH");
    assert_eq!(label(&|signed| signed.sha256 = Digest::ZERO), "E_SIG_HASH");
    assert_eq!(label(&|signed| signed.moment = JournalMoment::Close), "E_SIG_HASH");
    assert_eq!(label(&|signed| signed.length = 0), "E_EVENT_SHAPE");
    assert_eq!(label(&|signed| signed.cms = "***".to_owned()), "E_EVENT_SHAPE");
    let by = |signer: &kaibiao_pki::Identity, origin, signed: &JournalSigned| {
        let (length, sha256) = (signed.length, &signed.sha256);
        let text = journal_statement(origin, signed.custodian, signed.moment, length, sha256);
        STANDARD.encode(sign(signer, text.as_bytes(), entry(good).at()))
    };
    let (people, origin) = (&rich().people, rich().verified.origin());
    let stranger = &people.custodians[1].0;
    assert_eq!(label(&|signed| signed.cms = by(stranger, origin, signed)), "E_SIG_SIGNER");
    assert_eq!(label(&|signed| signed.cms = by(&people.host, origin, signed)), "E_SIG_SIGNER");
    let elsewhere = foreign().verified.origin();
    let own = &people.custodians[0].0;
    assert_eq!(label(&|signed| signed.cms = by(own, elsewhere, signed)), "E_SIG_HASH");
    replay.ingest(good).unwrap();
}

#[test]
fn the_record_follows_from_the_log() {
    let at = first(EventKind::RecordGenerated);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let other = RecordGenerated { sha256: Digest::ZERO };
    let own = entry(good).command().cloned();
    assert_eq!(refuse(&mut replay, &line(good, &other, own.as_ref())), "E_RECORD");
    assert!(replay.record().is_none());
}

#[test]
fn the_record_is_signed_over_its_very_bytes() {
    let at = first(EventKind::RecordSigned);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let record = replay.record().unwrap().to_vec();
    let people = &rich().people;
    let when = entry(good).at();
    // The command is rightly signed by the host in each case.
    let mut label = |change: &dyn Fn(&mut RecordSigned)| {
        let mut signed: RecordSigned = entry(good).data_as().unwrap();
        change(&mut signed);
        let (record_sha256, cms) = (signed.record_sha256, signed.cms.clone());
        let asked = Command::SignRecord { record_sha256, cms };
        let asked = command(&people.host, good, asked, NONCE);
        refuse(&mut replay, &line(good, &signed, Some(&asked)))
    };
    let cms = |bytes: &[u8]| STANDARD.encode(bytes);
    assert_eq!(label(&|s| s.cms = cms(&sign(&people.host, b"x", when))), "E_SIG_HASH");
    assert_eq!(label(&|s| s.cms = cms(&sign(&people.supervisor, &record, when))), "E_SIG_SIGNER");
    assert_eq!(label(&|s| s.cms = "***".to_owned()), "E_EVENT_SHAPE");
    assert_eq!(label(&|s| s.record_sha256 = Digest::ZERO), "record-differs");
    assert_eq!(label(&|s| s.party.name.push('x')), "E_SIG_SIGNER");
}
