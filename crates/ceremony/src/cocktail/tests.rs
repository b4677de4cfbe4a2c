//! The ways a key generation must fail; the public vectors are in [`public_vectors`].

use kaibiao_crypto::SUITE_1;

use super::*;
use crate::testing::{Dry, Seeded, index};

mod public_vectors;

struct Run {
    session: Session,
    keys: Vec<StaticKey>,
    messages: Vec<Vec<u8>>,
}

fn run(n: u16, k: u16, seed: u64) -> Run {
    let mut entropy = Seeded(seed * 1000);
    let keys: Vec<StaticKey> = (0..n).map(|_| StaticKey::generate(&mut entropy).unwrap()).collect();
    let statics = keys.iter().map(StaticKey::public).collect();
    let threshold = Threshold::new(n, k).unwrap();
    let session =
        Session::new(&SUITE_1, &seed.to_be_bytes(), threshold, statics, vec![1, 2]).unwrap();
    let messages = indexes()
        .zip(&keys)
        .map(|(i, key)| session.round1(i, key, &mut entropy).unwrap())
        .collect();
    Run { session, keys, messages }
}

#[test]
fn own_messages_give_one_key_to_all() {
    for (n, k) in [(1, 1), (3, 2), (5, 3)] {
        let run = run(n, k, 1);
        let outcomes: Vec<Outcome> = indexes()
            .zip(&run.keys)
            .map(|(i, key)| run.session.round2(i, key, &run.messages).unwrap())
            .collect();
        let signatures: Vec<_> = outcomes.iter().map(|o| o.signature).collect();
        for outcome in &outcomes {
            assert_eq!(outcome.key, outcomes[0].key);
            assert_eq!(outcome.public_shares, outcomes[0].public_shares);
            run.session.check_certificate(&outcome.transcript, &signatures).unwrap();
            let stored = KeyShare::from_bytes(&outcome.share.danger_bytes()).unwrap();
            assert_eq!(stored.public(), outcome.share.public());
        }
        let missing = &signatures[1..];
        assert!(run.session.check_certificate(&outcomes[0].transcript, missing).is_err());
    }
}

#[test]
fn a_commitment_of_another_length_is_refused() {
    let run = run(3, 2, 2);
    let extra = SUITE_1.generator().bytes();
    let longer = [&extra[..], &run.messages[1]].concat();
    let shorter = run.messages[1][33..].to_vec();
    let none = run.messages[1][66..].to_vec();
    for (bad, expected) in [
        (longer, DkgError::Degree(index(2))),
        (shorter, DkgError::Degree(index(2))),
        (none, DkgError::Degree(index(2))),
        (vec![], DkgError::Parse(index(2))),
        (run.messages[1][..100].to_vec(), DkgError::Parse(index(2))),
    ] {
        let mut messages = run.messages.clone();
        messages[1] = bad;
        let error = run.session.round2(index(1), &run.keys[0], &messages).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.custodian(), Some(index(2)));
    }
    assert_eq!(DkgError::Degree(index(2)).label(), "E_DKG_DEGREE");
}

#[test]
fn an_identity_commitment_is_refused() {
    let run = run(3, 2, 3);
    let mut messages = run.messages.clone();
    messages[2][..33].fill(0);
    let error = run.session.round2(index(1), &run.keys[0], &messages).unwrap_err();
    assert_eq!(error, DkgError::Parse(index(3)));
}

#[test]
fn a_message_of_another_session_is_refused() {
    let old = run(3, 2, 4);
    let fresh = Session::new(
        &SUITE_1,
        b"fresh",
        Threshold::new(3, 2).unwrap(),
        old.session.statics.clone(),
        vec![],
    )
    .unwrap();
    let error = fresh.round2(index(1), &old.keys[0], &old.messages).unwrap_err();
    assert_eq!(error, DkgError::Pop(index(1)));
    // One old message among fresh ones: its sender is named.
    let mut messages: Vec<Vec<u8>> = indexes()
        .zip(&old.keys)
        .map(|(i, key)| fresh.round1(i, key, &mut Seeded(u64::from(i.get()))).unwrap())
        .collect();
    messages[1].clone_from(&old.messages[1]);
    let error = fresh.round2(index(3), &old.keys[2], &messages).unwrap_err();
    assert_eq!((&error, error.label()), (&DkgError::Pop(index(2)), "E_DKG_POP"));
}

#[test]
fn an_altered_ciphertext_names_its_sender() {
    let run = run(3, 2, 5);
    let mut messages = run.messages.clone();
    let last = messages[1].len() - 1;
    messages[1][last] ^= 1; // the share of custodian 2 for custodian 3
    assert_eq!(
        run.session.round2(index(3), &run.keys[2], &messages).unwrap_err(),
        DkgError::Decrypt(index(2))
    );
    // The others do not see it: they go on, and the certificate fails for want of custodian 3.
    assert!(run.session.round2(index(1), &run.keys[0], &messages).is_ok());
}

#[test]
fn a_share_off_the_committed_polynomial_names_its_sender() {
    let run = run(3, 2, 6);
    let mut entropy = Seeded(77);
    let honest: Vec<SecretScalar> =
        (0..2).map(|_| SecretScalar::random(&SUITE_1, &mut entropy).unwrap()).collect();
    let ephemeral = SecretScalar::random(&SUITE_1, &mut entropy).unwrap();
    let good = run.session.message(index(2), &run.keys[1], &honest, &ephemeral, &[]).unwrap();
    // Same commitment and proof, but shares of another polynomial with the same constant term.
    let other = vec![
        SecretScalar::from_bytes(&SUITE_1, &*honest[0].danger_bytes()).unwrap(),
        SecretScalar::random(&SUITE_1, &mut entropy).unwrap(),
    ];
    let bad = run.session.message(index(2), &run.keys[1], &other, &ephemeral, &[]).unwrap();
    let head = 2 * 33 + 65 + 33;
    let mut messages = run.messages.clone();
    messages[1] = [&good[..head], &bad[head..]].concat();
    assert_eq!(
        run.session.round2(index(1), &run.keys[0], &messages).unwrap_err(),
        DkgError::Share(index(2))
    );
}

#[test]
fn a_coordinator_that_shows_two_views_gets_no_certificate() {
    let run = run(3, 2, 7);
    let mut other = run.messages.clone();
    other[2] = run.session.round1(index(3), &run.keys[2], &mut Seeded(123_456)).unwrap();
    let one = run.session.round2(index(1), &run.keys[0], &run.messages).unwrap();
    let two = run.session.round2(index(2), &run.keys[1], &other).unwrap();
    let three = run.session.round2(index(3), &run.keys[2], &run.messages).unwrap();
    assert_ne!(one.transcript, two.transcript);
    let signatures = [one.signature, two.signature, three.signature];
    let error = run.session.check_certificate(&one.transcript, &signatures).unwrap_err();
    assert_eq!(error, DkgError::Certificate(index(2)));
    let error = run.session.check_certificate(&two.transcript, &signatures).unwrap_err();
    assert_eq!(error, DkgError::Certificate(index(1)));
}

#[test]
fn setup_refuses_duplicate_and_missing_keys() {
    let run = run(3, 2, 8);
    let mut statics = run.session.statics.clone();
    statics[1] = statics[0];
    let threshold = Threshold::new(3, 2).unwrap();
    assert_eq!(
        Session::new(&SUITE_1, b"x", threshold, statics.clone(), vec![]).unwrap_err(),
        SetupError::DuplicateKey
    );
    assert_eq!(
        Session::new(&SUITE_1, b"x", threshold, statics[..2].to_vec(), vec![]).unwrap_err(),
        SetupError::KeyCount { keys: 2, n: 3 }
    );
    assert!(
        run.session.round1(index(2), &run.keys[0], &mut Seeded(1)).is_err(),
        "not the key of custodian 2"
    );
}

#[test]
fn every_truncation_is_refused_without_panic() {
    let run = run(3, 2, 9);
    for cut in 0..run.messages[0].len() {
        assert!(run.session.read_round1(index(1), &run.messages[0][..cut]).is_err());
    }
    let longer = [run.messages[0].as_slice(), &[0]].concat();
    assert!(run.session.read_round1(index(1), &longer).is_err());
}

/// A key store mixed up at home must not blame another custodian.
#[test]
fn a_wrong_own_key_blames_nobody() {
    let run = run(3, 2, 10);
    for (seat, key) in [(index(1), &run.keys[1]), (index(4), &run.keys[0])] {
        let error = run.session.round2(seat, key, &run.messages).unwrap_err();
        assert_eq!((error.custodian(), error.label()), (None, "E_DKG_INCONSISTENT"));
        assert!(run.session.round1(seat, key, &mut Seeded(1)).is_err());
    }
    let error = run.session.round1(index(1), &run.keys[0], &mut Dry).unwrap_err();
    assert_eq!(error, DkgError::Entropy(kaibiao_crypto::EntropyError));
}

/// Attack A5: the first-round message of one seat, presented again for another, proves possession
/// under the same context; but its shares are not encrypted with the second seat's static key.
#[test]
fn a_message_copied_from_another_seat_is_refused() {
    let run = run(3, 2, 11);
    let mut messages = run.messages.clone();
    messages[1] = messages[0].clone();
    for (seat, key) in [(index(1), &run.keys[0]), (index(3), &run.keys[2])] {
        let error = run.session.round2(seat, key, &messages).unwrap_err();
        assert_eq!(error, DkgError::Decrypt(index(2)));
    }
    messages.swap(0, 2);
    let error = run.session.round2(index(2), &run.keys[1], &messages).unwrap_err();
    assert_eq!(error, DkgError::Decrypt(index(1)), "two seats exchanged");
}

/// Attack A5, the threshold raised: one point more than k is another message, not another degree.
#[test]
fn too_many_and_too_few_messages_are_refused() {
    let run = run(3, 2, 12);
    let fewer = &run.messages[..2];
    let more = [run.messages.as_slice(), &run.messages[..1]].concat();
    for messages in [fewer, &more, &[]] {
        let error = run.session.round2(index(1), &run.keys[0], messages).unwrap_err();
        assert_eq!(error, DkgError::MessageCount(3));
        assert_eq!(run.session.public_outcome(messages).unwrap_err(), DkgError::MessageCount(3));
    }
}

#[test]
fn every_byte_of_the_proven_part_counts() {
    let run = run(3, 2, 13);
    let proven = 2 * 33 + 65 + 33;
    for at in 0..proven {
        let mut messages = run.messages.clone();
        messages[2][at] ^= 0x10;
        let error = run.session.public_outcome(&messages).unwrap_err();
        assert_eq!(error.custodian(), Some(index(3)), "byte {at}: {error}");
    }
}

#[test]
fn a_zero_share_is_refused() {
    let run = run(3, 2, 14);
    // f(x) = a - a*x is zero for custodian 1.
    let a = SecretScalar::random(&SUITE_1, &mut Seeded(50)).unwrap();
    let minus_a = a.mul(&SUITE_1.number(1).neg()).unwrap();
    let ephemeral = SecretScalar::random(&SUITE_1, &mut Seeded(51)).unwrap();
    let mut messages = run.messages.clone();
    messages[1] =
        run.session.message(index(2), &run.keys[1], &[a, minus_a], &ephemeral, &[]).unwrap();
    let error = run.session.round2(index(1), &run.keys[0], &messages).unwrap_err();
    assert_eq!(error, DkgError::Share(index(2)));
    assert!(run.session.round2(index(3), &run.keys[2], &messages).is_ok());
}

/// A payload is allowed by the specification and changes nothing.
#[test]
fn a_payload_is_ignored() {
    let run = run(3, 2, 15);
    let polynomial: Vec<SecretScalar> =
        (60..62).map(|seed| SecretScalar::random(&SUITE_1, &mut Seeded(seed)).unwrap()).collect();
    let ephemeral = SecretScalar::random(&SUITE_1, &mut Seeded(62)).unwrap();
    let outcome = |payload: &[u8]| {
        let mut messages = run.messages.clone();
        messages[1] =
            run.session.message(index(2), &run.keys[1], &polynomial, &ephemeral, payload).unwrap();
        run.session.round2(index(1), &run.keys[0], &messages).unwrap()
    };
    let (plain, with_payload) = (outcome(&[]), outcome(b"payload"));
    assert_eq!(plain.transcript, with_payload.transcript);
    assert_eq!(plain.share.public(), with_payload.share.public());
}

#[test]
fn debug_of_an_outcome_shows_no_share() {
    let run = run(1, 1, 16);
    let outcome = run.session.round2(index(1), &run.keys[0], &run.messages).unwrap();
    let shown = format!("{outcome:?}");
    let secret = crate::testing::hex(*outcome.share.secret.danger_bytes());
    assert!(shown.contains("SecretScalar(..)") && !shown.contains(&secret));
}
