//! What a validation tells besides its verdict, and how proofs of existence go together.

use kaibiao_pki::revocation::{Reason, Revocation};
use kaibiao_pki::validation::{Note, Question, RevocationRule, Role, Validation, Verdict, Witness};

use crate::forge::*;
use crate::forge_revocation::*;
use crate::scene::{BID, Given, IN_2041, Kind, PRESENT, Scene, crls};

fn scene() -> Scene {
    Scene::new(Kind::P256)
}

fn answers(found: &Validation) -> Vec<(Question, &'static str)> {
    found.checks().iter().map(|check| (check.question, check.answer.name())).collect()
}

fn answer(found: &Validation, question: Question) -> &'static str {
    let check = found.checks().iter().find(|check| check.question == question);
    check.map_or("not asked", |check| check.answer.name())
}

fn open(why: &'static str) -> Verdict {
    Verdict::Indeterminate(why)
}

#[test]
fn a_good_signature_shows_all_that_was_asked() {
    let scene = scene();
    let found = scene.good().validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    let asked = [
        Question::Format,
        Question::Content,
        Question::Certificate,
        Question::Value,
        Question::Known,
        Question::Path,
        Question::Revocation,
    ];
    assert_eq!(answers(&found), asked.map(|question| (question, "passed")));
    assert_eq!(found.fault(), None);
    let best = found.best_signature_time().unwrap();
    assert_eq!((best.at, best.by), (now(), Witness::Caller));
    assert_eq!(found.judged_at(), now());
    assert_eq!(found.signing_time(), Some(now()));
    let signer = found.signer().unwrap();
    assert_eq!(signer.party().code.as_str(), code());
    assert_eq!(found.certificate(), Some(signer.certificate()));
    let statuses: Vec<_> = found
        .statuses()
        .iter()
        .map(|s| (s.role, s.certificate.to_string(), s.revocation))
        .collect();
    let good = |tail: &str| (Role::Signer, tail.to_owned(), Revocation::Good);
    assert_eq!(statuses, [good("3F2A"), good("0B02")]);
    assert_eq!(found.notes(), []);
}

#[test]
fn the_earliest_witness_counts() {
    let scene = scene();
    let stamped = scene.good().stamped(&scene.tsa);
    let found = stamped.validate();
    let best = found.best_signature_time().unwrap();
    assert_eq!((best.at, best.by), (at(NOW + 5_000), Witness::TimeStamp));
    assert_eq!(found.time_stamp().unwrap().gen_time(), at(NOW + 5_000));
    for (known, by) in [(NOW + 4_999, Witness::Caller), (NOW + 5_001, Witness::TimeStamp)] {
        let found = Given { known: Some(at(known)), ..stamped.clone() }.validate();
        assert_eq!(found.best_signature_time().unwrap().by, by);
    }
    // A record that is renewed in 2030 only shows nothing yet, and nothing rests on it.
    let container = stamped.cms.clone();
    let found = scene.recorded(stamped, &container).validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    assert_eq!(answer(&found, Question::Record), "not-needed");
}

#[test]
fn without_a_witness_the_present_is_judged() {
    let scene = scene();
    let given = Given { known: None, ..scene.good() };
    // The CRL of 2 July was to be renewed on 9 July.
    assert_eq!(given.validate().verdict(), open("TRY_LATER"));
    let in_time = Given { now: at(NOW + 3 * 86_400_000), ..given };
    let mut in_time = Given { ..in_time };
    in_time.evidence = [("Issuing", &scene.world.issuing_key), ("Root", &scene.world.root_key)]
        .map(|(name, key)| CrlSpec::new(name, key).der(key))
        .to_vec();
    let found = in_time.validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    assert_eq!(found.best_signature_time(), None);
    assert_eq!(found.judged_at(), in_time.now);
    let mut revoked = CrlSpec::new("Root", &scene.world.root_key);
    revoked.lines = vec![Line(scene.world.issuing.serial.clone(), "260701000000Z", vec![])];
    in_time.evidence[1] = revoked.der(&scene.world.root_key);
    assert_eq!(in_time.validate().verdict(), open("REVOKED_CA_NO_POE"));
}

#[test]
fn revocation_is_left_out_only_where_the_caller_says_so() {
    let scene = scene();
    let given = Given { evidence: vec![], ..scene.good().stamped(&scene.tsa) };
    assert_eq!(given.validate().verdict(), open("TRY_LATER"));
    let found = Given { revocation: RevocationRule::NotJudged, ..given.clone() }.validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    assert_eq!(answer(&found, Question::Revocation), "not-judged");
    assert_eq!(found.statuses(), []);
    // All the rest is judged.
    let other =
        Given { content: b"other".to_vec(), revocation: RevocationRule::NotJudged, ..given };
    assert_eq!(other.validate().verdict(), Verdict::Failed("HASH_FAILURE"));
}

#[test]
fn a_later_revocation_is_noted() {
    let scene = scene();
    let given = scene.by_crl(|crl| {
        crl.lines = vec![scene.line("260701120000Z", vec![reason(1)])];
    });
    let found = given.validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    let note = Note::RevokedLater {
        role: Role::Signer,
        certificate: scene.world.leaf().serial_tail(),
        since: at(NOW + 12 * 3_600_000),
        reason: Reason::KeyCompromise,
    };
    assert_eq!(found.notes(), [note]);
}

#[test]
fn evidence_that_cannot_be_used_is_named() {
    let scene = scene();
    let mut given = scene.good();
    given.evidence.push(vec![0x30, 0]);
    let mut bad = given.evidence[0].clone();
    *bad.last_mut().unwrap() ^= 1;
    given.evidence.push(bad);
    let found = given.validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    let named: Vec<_> = found
        .notes()
        .iter()
        .map(|note| match note {
            Note::Unusable { place, fault } => (*place, fault.label()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(named, [(6, "E_REVOCATION_FORMAT"), (7, "E_REVOCATION_SIGNATURE")]);
}

/// The CRL of a time-stamping authority's CA, with a line on the authority.
fn with_authority_revoked(
    scene: &Scene,
    given: Given,
    time: &'static str,
    extensions: Vec<Extension>,
) -> Given {
    let mut crl = CrlSpec::new("Time Issuing", &scene.tsa.issuing_key);
    crl.this_update = "260720000000Z";
    crl.next_update = None;
    crl.lines = vec![Line(scene.tsa.leaf.serial.clone(), time, extensions)];
    let mut given = given;
    given.evidence[2] = crl.der(&scene.tsa.issuing_key);
    given
}

/// Whoever has the key of an authority dates back as he likes (RFC 3161, 4).
#[test]
fn an_authority_that_lost_its_key_shows_nothing() {
    let scene = scene();
    let stamped = scene.good().stamped(&scene.tsa);
    let revoked =
        |time, extensions| with_authority_revoked(&scene, stamped.clone(), time, extensions);
    let no_proof = open("REVOKED_NO_POE");
    assert_eq!(revoked("260630000000Z", vec![reason(4)]).validate().verdict(), no_proof);
    assert_eq!(revoked("260710000000Z", vec![reason(1)]).validate().verdict(), no_proof);
    assert_eq!(revoked("260710000000Z", vec![]).validate().verdict(), no_proof);
    // A hold is no word of harmlessness, however old the list that says it.
    assert_eq!(revoked("260710000000Z", vec![reason(6)]).validate().verdict(), no_proof);
    for harmless in [3, 4, 5] {
        let found = revoked("260710000000Z", vec![reason(harmless)]).validate();
        assert_eq!(found.verdict(), Verdict::Passed);
        assert!(matches!(found.notes(), [Note::RevokedLater { role: Role::Authority, .. }]));
    }
    // The stamp is known to have existed before the key was lost, or only afterwards.
    for (known, expect) in [(NOW + 6_000, "passed"), (NOW + 20 * 86_400_000, "not-needed")] {
        let mut given = revoked("260710000000Z", vec![reason(1)]);
        given.known = Some(at(known));
        given.evidence.extend(crls(&scene.world, "260725000000Z"));
        let found = given.validate();
        assert_eq!(found.verdict(), Verdict::Passed);
        assert_eq!(answer(&found, Question::TimeStamp), expect);
    }
    for extensions in [vec![reason(1)], vec![reason(9)], vec![]] {
        let early =
            revoked("260710000000Z", [extensions, vec![invalidity("20260701000006Z")]].concat());
        let found = Given { known: Some(at(NOW + 6_000)), ..early }.validate();
        assert_eq!(answer(&found, Question::TimeStamp), "not-needed");
    }
    // The gravest word counts, whatever the order in which the lists are handed in.
    let harmless = revoked("260710000000Z", vec![reason(4)]);
    let grave = revoked("260715000000Z", vec![reason(1)]);
    for (first, second) in [(&harmless, &grave), (&grave, &harmless)] {
        let mut both = revoked("260710000000Z", vec![reason(4)]);
        both.evidence = first.evidence.iter().chain(&second.evidence).cloned().collect();
        assert_eq!(both.validate().verdict(), no_proof);
    }
}

#[test]
fn one_witness_makes_up_for_another() {
    let scene = scene();
    let mut untrusted = scene.good().stamped(&scene.tsa);
    untrusted.anchors.remove(1);
    assert_eq!(untrusted.validate().verdict(), open("NO_CERTIFICATE_CHAIN_FOUND"));
    untrusted.known = Some(now());
    let found = untrusted.validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    assert_eq!(answer(&found, Question::TimeStamp), "not-needed");
    assert_eq!(found.time_stamp(), None);
    // What is in itself wrong is made up for by nothing.
    let mut foreign = scene.with(|c| {
        let token = crate::time_stamps::forged_by(&scene.tsa, &sha256(b"x"));
        let attribute = crate::stamped_signatures::SIGNATURE_TIME_STAMP;
        c.unsigned = crate::stamped_signatures::unsigned(&[(attribute, vec![token])]);
    });
    foreign.known = Some(now());
    assert_eq!(foreign.validate().verdict(), Verdict::Failed("HASH_FAILURE"));
}

#[test]
fn witnesses_of_the_future_are_none() {
    let scene = scene();
    let given = scene.good();
    let order = open("TIMESTAMP_ORDER_FAILURE");
    let known = Given { known: Some(at(PRESENT + 1)), ..given.clone() };
    assert_eq!(known.validate().verdict(), order);
    assert_eq!(
        Given { known: Some(at(PRESENT)), ..given.clone() }
            .validate()
            .best_signature_time()
            .unwrap()
            .at,
        at(PRESENT)
    );
    let stamped = Given { now: at(NOW + 4_999), ..given.stamped(&scene.tsa) };
    assert_eq!(stamped.validate().verdict(), order);
}

#[test]
fn a_record_shows_something_as_long_as_it_is_renewed() {
    let scene = scene();
    let given = scene.good();
    let container = given.cms.clone();
    let recorded = Given { now: at(IN_2041), ..scene.recorded(given, &container) };
    let found = recorded.validate();
    assert_eq!(found.verdict(), Verdict::Passed);
    let best = found.best_signature_time().unwrap();
    assert_eq!((best.at, best.by), (at(NOW + 9_000), Witness::Record));
    let authorities =
        found.statuses().iter().filter(|status| status.role == Role::Authority).count();
    assert_eq!(authorities, 4, "two authorities with a CA each");
    let in_2046 = Given { now: at(IN_2041 + 5 * 31_556_952_000), ..recorded.clone() };
    assert_eq!(in_2046.validate().verdict(), open("OUT_OF_BOUNDS_NO_POE"));
    let garbage = Given { record: Some(b"no record".to_vec()), ..recorded.clone() };
    assert_eq!(garbage.validate().verdict(), open("NO_POE"));
    // The first authority lost its key in 2035: its stamp was stamped again before.
    let lost = with_authority_revoked(&scene, recorded.clone(), "260710000000Z", vec![reason(1)]);
    assert_eq!(lost.validate().verdict(), open("REVOKED_NO_POE"), "lost before the renewal");
    let mut crl = CrlSpec::new("Time Issuing", &scene.tsa.issuing_key);
    (crl.this_update, crl.next_update) = ("301001000000Z", None);
    crl.lines = vec![Line(scene.tsa.leaf.serial.clone(), "300901000000Z", vec![reason(1)])];
    let mut after = recorded;
    after.evidence[2] = crl.der(&scene.tsa.issuing_key);
    assert_eq!(after.validate().verdict(), Verdict::Passed, "lost after the renewal");
}

#[test]
fn certificates_that_the_container_lacks_are_handed_in() {
    let scene = scene();
    let mut given = scene.with(|c| c.certificates.as_mut().unwrap().truncate(1));
    assert_eq!(given.validate().verdict(), open("NO_CERTIFICATE_CHAIN_FOUND"));
    given.certificates = vec![scene.world.issuing()];
    assert_eq!(given.validate().verdict(), Verdict::Passed);
    given.certificates.extend(vec![scene.tsa.issuing(); 40]);
    assert_eq!(given.validate().verdict(), Verdict::Passed, "those in excess are not looked at");
    let none = scene.with(|c| c.certificates = None);
    assert_eq!(none.validate().verdict(), open("NO_SIGNING_CERTIFICATE_FOUND"));
}

/// Whatever octet is changed, no signature passes; nothing panics.
#[test]
fn no_changed_octet_passes() {
    let scene = scene();
    let given = scene.good().stamped(&scene.tsa);
    assert_eq!(given.validate().verdict(), Verdict::Passed);
    for place in (0..given.cms.len()).step_by(5) {
        let mut changed = given.clone();
        changed.cms[place] ^= 0x01;
        assert_ne!(changed.validate().verdict(), Verdict::Passed, "octet {place}");
    }
    assert_eq!(given.content, BID);
}
