//! The share that comes back is the lost one; anything else names what is bad.

use kaibiao_crypto::{SUITE_1, SecretScalar};
use kaibiao_types::Digest;

use super::*;
use crate::testing::{Ceremony, Seeded, index, one_of_one, run, three_of_five, two_of_three};
use crate::{Bytes, combine_any};

fn refused(key: &StaticKey, ceremony: &Ceremony, transcript: &Transcript) -> RecoverError {
    recover(key, &ceremony.record, transcript).unwrap_err()
}

#[test]
fn every_custodian_gets_its_very_share_back() {
    for ceremony in [one_of_one(), two_of_three(), three_of_five()] {
        for (lost, key) in ceremony.shares.iter().zip(&ceremony.statics) {
            let found = recover(key, &ceremony.record, &ceremony.transcript).unwrap();
            assert_eq!(found.index(), lost.index());
            assert_eq!(*found.danger_bytes(), *lost.danger_bytes());
        }
    }
}

/// The way of a lost disk: static key from the backup, everything else from the published bundle.
#[test]
fn a_recovered_share_opens_with_the_others() {
    let ceremony = two_of_three();
    let text = serde_json::to_vec(&ceremony.bundle).unwrap();
    let (bundle, record) = crate::CeremonyBundle::parse(&text).unwrap();
    let key = StaticKey::from_bytes(&*ceremony.statics[2].danger_bytes()).unwrap();
    let share = recover(&key, &record, &bundle.transcript).unwrap();

    let r = SecretScalar::random(&SUITE_1, &mut Seeded(900)).unwrap();
    let (u, freeze) = (r.base_mul(), Digest::new([7; 32]));
    let mut partials = ceremony.raise(&freeze, &u, &[1]);
    let id = &record.ceremony_id;
    partials.push(crate::raise(&SUITE_1, &share, id, &freeze, &u, &mut Seeded(901)).unwrap());
    let combined = combine_any(&record, &freeze, &u, &partials).unwrap();
    assert_eq!(combined.point, r.mul_point(&record.key().unwrap()).unwrap());
    assert!(combined.dropped.is_empty());
}

#[test]
fn a_wrong_static_key_is_refused_and_blames_nobody() {
    let ceremony = two_of_three();
    let stranger = StaticKey::generate(&mut Seeded(77)).unwrap();
    for key in [&stranger, &three_of_five().statics[0]] {
        let error = refused(key, ceremony, &ceremony.transcript);
        assert_eq!((&error, error.custodian()), (&RecoverError::Key, None));
        assert_eq!(error.label(), "E_RECOVER_KEY");
    }
    // One bit of the stored key: another key.
    let mut damaged = *ceremony.statics[0].danger_bytes();
    damaged[31] ^= 1;
    let key = StaticKey::from_bytes(&damaged).unwrap();
    assert_eq!(refused(&key, ceremony, &ceremony.transcript), RecoverError::Key);
}

#[test]
fn the_transcript_of_another_ceremony_is_refused() {
    let ceremony = two_of_three();
    let other = run(3, 2, 61);
    let error = refused(&ceremony.statics[0], ceremony, &other.transcript);
    assert!(matches!(error, RecoverError::Record(_)), "{error:?}");
    assert_eq!(error.label(), "E_CEREMONY");
    let error = recover(&ceremony.statics[0], &other.record, &other.transcript).unwrap_err();
    assert_eq!(error, RecoverError::Key);
    // Fewer, more, and exchanged messages.
    let changes: [fn(&mut Vec<Bytes>); 4] =
        [|all| drop(all.pop()), |all| all.push(all[0].clone()), |all| all.swap(0, 1), Vec::clear];
    for change in changes {
        let mut transcript = ceremony.transcript.clone();
        change(&mut transcript.messages);
        let error = refused(&ceremony.statics[0], ceremony, &transcript);
        assert!(matches!(error, RecoverError::Record(_)), "{error:?}");
    }
}

/// Every part of every message: the custodian whose message was altered is named, or the alteration
/// is in a share for somebody else and the own one comes back unharmed.
#[test]
fn an_altered_message_names_its_sender() {
    let ceremony = two_of_three();
    let head = 2 * 33 + 65 + 33;
    let framed = 8 + 48;
    for sender in 0..3_usize {
        for (at, for_seat) in [
            (1, None),
            (34, None),
            (head - 66, None),
            (head - 1, None),
            (head + 8, Some(0)),
            (head + framed - 1, Some(0)),
            (head + framed + 20, Some(1)),
            (head + 3 * framed - 1, Some(2)),
        ] {
            let mut transcript = ceremony.transcript.clone();
            transcript.messages[sender].0[at] ^= 1;
            for (reader, key) in ceremony.statics.iter().enumerate() {
                let found = recover(key, &ceremony.record, &transcript);
                let name = Some(index(u16::try_from(sender + 1).unwrap()));
                match for_seat {
                    None => assert_eq!(found.unwrap_err().custodian(), name, "byte {at}"),
                    Some(seat) if seat == reader => {
                        let error = found.unwrap_err();
                        assert_eq!(error.custodian(), name, "byte {at}");
                        assert_eq!(error.label(), "E_DKG_DECRYPT");
                    }
                    Some(_) => {
                        let lost = &ceremony.shares[reader];
                        assert_eq!(*found.unwrap().danger_bytes(), *lost.danger_bytes());
                    }
                }
            }
        }
    }
}

/// A hall that sends a good message of the very custodian, but of another run, is found by the
/// transcript; and without the certificate of all n nothing is recovered.
#[test]
fn a_certificate_that_does_not_hold_is_refused() {
    let ceremony = two_of_three();
    let mut transcript = ceremony.transcript.clone();
    transcript.certificate[1].0[64] ^= 1;
    let error = refused(&ceremony.statics[0], ceremony, &transcript);
    assert_eq!(error.custodian(), Some(index(2)));
    transcript.certificate.truncate(2);
    assert!(matches!(
        refused(&ceremony.statics[0], ceremony, &transcript),
        RecoverError::Record(RecordError::Agreement(DkgError::MessageCount(3)))
    ));

    let mut transcript = ceremony.transcript.clone();
    let again = ceremony.session.round1(index(2), &ceremony.statics[1], &mut Seeded(5)).unwrap();
    transcript.messages[1] = Bytes(again);
    assert_eq!(
        refused(&ceremony.statics[0], ceremony, &transcript),
        RecoverError::Record(RecordError::Transcript)
    );
}

#[test]
fn nothing_printed_shows_the_share() {
    let ceremony = two_of_three();
    let share = recover(&ceremony.statics[0], &ceremony.record, &ceremony.transcript).unwrap();
    let shown = format!("{share:?}");
    assert!(shown.contains("SecretScalar(..)"), "{shown}");
    assert_ne!(share.public(), SUITE_1.generator());
}
