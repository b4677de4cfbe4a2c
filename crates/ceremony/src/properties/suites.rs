//! Suite 0x0101: the same ceremony on the SM2 curve, and no way to mix it with suite 1.

use kaibiao_crypto::{OperationError, SUITE_SM, SecretScalar, lincomb};
use kaibiao_types::{Digest, Threshold};

use crate::testing::{Ceremony, Seeded, index, three_of_five_sm, two_of_three, two_of_three_sm};
use crate::{
    CeremonyBundle, CeremonyRecord, DkgError, KeyShare, PartialError, RecordError, RecoverError,
    Session, SetupError, StaticKey, combine_any, draw_point, raise, recover,
};

const FREEZE: Digest = Digest::new([7; 32]);

fn messages(ceremony: &Ceremony) -> Vec<Vec<u8>> {
    ceremony.transcript.messages.iter().map(|message| message.0.clone()).collect()
}

#[test]
fn record_and_bundle_are_read_as_in_suite_1() {
    for ceremony in [two_of_three_sm(), three_of_five_sm()] {
        let bytes = ceremony.bytes();
        let record = CeremonyRecord::parse(&bytes).unwrap();
        assert_eq!(record, ceremony.record);
        assert_eq!((record.suite().id(), record.suite), (0x0101, 0x0101));
        assert_eq!(record.check_transcript(&ceremony.transcript), Ok(()));
        let text = serde_json::to_vec(&ceremony.bundle).unwrap();
        let (bundle, read) = CeremonyBundle::parse(&text).unwrap();
        assert_eq!((&bundle, &read), (&ceremony.bundle, &record));
        for partial in &bundle.rehearsal[0].partials {
            let context = crate::rehearsal_context(&SUITE_SM, &record.ceremony_id, 0);
            let u = SUITE_SM.point(&bundle.rehearsal[0].header_b64.0).unwrap();
            partial.verify(&record, &context, &u).unwrap();
        }
        // The transcript begins with the ciphersuite, so it cannot be one of suite 1.
        let (_, _, transcript) = ceremony.session.public_outcome(&messages(ceremony)).unwrap();
        assert!(transcript[8..].starts_with(b"COCKTAIL(SM2, SM3)"));
        assert_eq!(record.transcript_sha256, SUITE_SM.hash(&transcript));
    }
}

#[test]
fn lost_shares_come_back() {
    for ceremony in [two_of_three_sm(), three_of_five_sm()] {
        for (lost, key) in ceremony.shares.iter().zip(&ceremony.statics) {
            let found = recover(key, &ceremony.record, &ceremony.transcript).unwrap();
            assert_eq!(*found.danger_bytes(), *lost.danger_bytes());
        }
        let mut transcript = ceremony.transcript.clone();
        let last = transcript.messages[1].0.len() - 1;
        transcript.messages[1].0[last] ^= 1; // the share for the last custodian
        let key = ceremony.statics.last().unwrap();
        let error = recover(key, &ceremony.record, &transcript).unwrap_err();
        assert_eq!(error, RecoverError::Message(DkgError::Decrypt(index(2))));
        let complaint = ceremony.session.complain(
            ceremony.shares.last().unwrap().index(),
            key,
            index(2),
            &transcript.messages[1].0,
            &mut Seeded(8),
        );
        let judged = ceremony.session.judge(&complaint.unwrap(), &transcript.messages[1].0);
        assert_eq!(judged, Ok(DkgError::Decrypt(index(2))));
    }
}

#[test]
fn a_draw_opens_with_any_k() {
    let ceremony = two_of_three_sm();
    let u = draw_point(&SUITE_SM, &ceremony.record.ceremony_id, &FREEZE, 0).unwrap();
    let open = |numbers: &[u16]| {
        let partials = ceremony.raise(&FREEZE, &u, numbers);
        combine_any(&ceremony.record, &FREEZE, &u, &partials).unwrap().point
    };
    assert_eq!(open(&[1, 2]), open(&[2, 3]));
    assert_eq!(open(&[1, 2]), open(&[3, 1]));
}

#[test]
fn stored_keys_of_one_suite_are_refused_in_the_other() {
    let ceremony = two_of_three_sm();
    let stored = ceremony.shares[0].danger_bytes();
    let again = KeyShare::from_bytes_in(&SUITE_SM, &stored).unwrap();
    assert_eq!(again.public(), ceremony.shares[0].public());
    assert!(KeyShare::from_bytes(&stored).is_err());
    let other = two_of_three().shares[0].danger_bytes();
    assert!(KeyShare::from_bytes_in(&SUITE_SM, &other).is_err());
    // A static key has no check value; it is told by its public key.
    let key = StaticKey::from_bytes(&*ceremony.statics[0].danger_bytes()).unwrap();
    let error = recover(&key, &ceremony.record, &ceremony.transcript).unwrap_err();
    assert_eq!(error, RecoverError::Key);
    let session = &ceremony.session;
    let error = session.round2(index(1), &key, &messages(ceremony)).unwrap_err();
    assert_eq!(error, DkgError::Inconsistent);
}

/// Values of two curves never meet in a result, and never in a panic.
#[test]
fn curves_are_not_mixed() {
    let (one, two) = (two_of_three(), two_of_three_sm());
    for (own, other) in [(one, two), (two, one)] {
        let suite = own.record.suite();
        let foreign = other.record.key().unwrap();
        let id = &own.record.ceremony_id;
        let refused = raise(suite, &own.shares[0], id, &FREEZE, &foreign, &mut Seeded(1));
        assert_eq!(refused, Err(OperationError::Curve));
        let refused =
            raise(other.record.suite(), &own.shares[0], id, &FREEZE, &foreign, &mut Seeded(1));
        assert_eq!(refused, Err(OperationError::Curve));
        // A partial for an own point says nothing about a point of the other curve.
        let u = SecretScalar::random(suite, &mut Seeded(2)).unwrap().base_mul();
        let partial = own.raise(&FREEZE, &u, &[1])[0];
        let error = partial.verify(&own.record, &FREEZE, &foreign).unwrap_err();
        assert_eq!(error, PartialError::Proof(index(1)));
        assert!(partial.verify(&other.record, &FREEZE, &u).is_err());
        let statics = own.statics.iter().map(StaticKey::public).collect();
        let threshold = Threshold::new(3, 2).unwrap();
        let session = Session::new(other.record.suite(), b"x", threshold, statics, vec![]);
        assert_eq!(session.unwrap_err(), SetupError::Curve);
        let error = own.session.public_outcome(&messages(other)).unwrap_err();
        assert!(error.custodian().is_some());
        assert_eq!(lincomb(&[(&suite.number(1), &u), (&suite.number(1), &foreign)]), None);
    }
}

/// A record whose suite number is exchanged is refused whatever else fits.
#[test]
fn the_suite_of_a_record_cannot_be_exchanged() {
    let ceremony = two_of_three_sm();
    let text = String::from_utf8(ceremony.bytes()).unwrap();
    for number in ["1", "258", "0"] {
        let bytes = text.replacen("\"suite\":257", &format!("\"suite\":{number}"), 1);
        let error = CeremonyRecord::parse(bytes.as_bytes()).unwrap_err();
        let expected = if number == "1" {
            RecordError::Custodians
        } else {
            RecordError::Version { v: 1, suite: number.parse().unwrap() }
        };
        assert_eq!(error, expected);
    }
}
