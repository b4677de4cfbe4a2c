//! What is published proves itself, except for the CMS signatures.

use super::*;
use crate::testing::{Ceremony, index, one_of_one, run, three_of_five, two_of_three};
use crate::{DkgError, RecordError};

fn parse(bundle: &CeremonyBundle) -> Result<CeremonyRecord, RecordError> {
    CeremonyBundle::parse(&serde_json::to_vec(bundle).unwrap()).map(|(_, record)| record)
}

fn altered(change: impl FnOnce(&mut CeremonyBundle)) -> RecordError {
    let mut bundle = two_of_three().bundle.clone();
    change(&mut bundle);
    parse(&bundle).unwrap_err()
}

#[test]
fn what_is_published_is_accepted_as_it_is() {
    for ceremony in [one_of_one(), two_of_three(), three_of_five()] {
        let bytes = serde_json::to_vec(&ceremony.bundle).unwrap();
        let (bundle, record) = CeremonyBundle::parse(&bytes).unwrap();
        assert_eq!((&bundle, &record), (&ceremony.bundle, &ceremony.record));
        assert_eq!(serde_json::to_vec(&bundle).unwrap(), bytes);
    }
}

/// Negative tests 28 and 29: not every custodian signed, so the ceremony is not ready.
#[test]
fn every_custodian_signed_once_and_in_order() {
    use RecordError::Custodians;
    assert_eq!(altered(|b| drop(b.signatures.pop())), Custodians);
    assert_eq!(altered(|b| drop(b.signatures.remove(0))), Custodians);
    assert_eq!(altered(|b| b.signatures.clear()), Custodians);
    assert_eq!(altered(|b| b.signatures.swap(0, 1)), Custodians);
    assert_eq!(altered(|b| b.signatures.push(b.signatures[0].clone())), Custodians);
    assert_eq!(altered(|b| b.signatures[2].index = index(4)), Custodians);
    assert_eq!(altered(|b| b.signatures[2].index = index(2)), Custodians);
}

#[test]
fn the_certificate_is_by_all_over_this_transcript() {
    let certificate = |i| RecordError::Agreement(DkgError::Certificate(index(i)));
    for at in [0, 32, 33, 64] {
        assert_eq!(
            altered(|b| b.transcript.certificate[1].0[at] ^= 1),
            certificate(2),
            "byte {at}"
        );
    }
    assert_eq!(altered(|b| b.transcript.certificate.swap(0, 2)), certificate(1));
    let count = RecordError::Agreement(DkgError::MessageCount(3));
    assert_eq!(altered(|b| b.transcript.certificate.truncate(2)), count);
    assert_eq!(altered(|b| b.transcript.certificate.clear()), count);
    let first = two_of_three().transcript.certificate[0];
    assert_eq!(altered(|b| b.transcript.certificate.push(first)), count);
}

/// Negative test 26: a transcript of another session, or parts of one.
#[test]
fn the_transcript_is_the_one_of_this_ceremony() {
    let other = run(3, 2, 8);
    let error = altered(|b| b.transcript = other.transcript.clone());
    assert_eq!(error, RecordError::Agreement(DkgError::Pop(index(1))));
    let replayed = other.transcript.messages[2].clone();
    let error = altered(|b| b.transcript.messages[2] = replayed);
    assert_eq!(error, RecordError::Agreement(DkgError::Pop(index(3))));
    let error = altered(|b| drop(b.transcript.messages.pop()));
    assert_eq!(error, RecordError::Agreement(DkgError::MessageCount(3)));
    let error = altered(|b| b.transcript.messages[0].0.clear());
    assert_eq!(error, RecordError::Agreement(DkgError::Parse(index(1))));
    let error = altered(|b| b.ceremony_b64 = other.bundle.ceremony_b64.clone());
    assert_eq!(error, RecordError::Agreement(DkgError::Pop(index(1))));
}

/// Two honest messages by one custodian in one session: only the certified one counts.
#[test]
fn an_honest_message_that_nobody_certified_is_another_key() {
    let ceremony = two_of_three();
    let again = ceremony
        .session
        .round1(index(3), &ceremony.statics[2], &mut crate::testing::Seeded(4_242))
        .unwrap();
    let error = altered(|b| b.transcript.messages[2] = Bytes(again));
    assert_eq!(error, RecordError::Transcript);
}

/// The transcript does not bind the encrypted shares (COCKTAIL-DKG, difference 5 from ChillDKG):
/// altering one changes no record. The custodian it was for notices in round 2.
#[test]
fn an_altered_ciphertext_gives_the_same_record() {
    let Ceremony { bundle, record, session, statics, .. } = two_of_three();
    let mut bundle = bundle.clone();
    *bundle.transcript.messages[1].0.last_mut().unwrap() ^= 1;
    assert_eq!(parse(&bundle).as_ref(), Ok(record));
    let messages: Vec<Vec<u8>> = bundle.transcript.messages.into_iter().map(|m| m.0).collect();
    let error = session.round2(index(3), &statics[2], &messages).unwrap_err();
    assert_eq!(error, DkgError::Decrypt(index(2)));
}

/// Ruling 15: at most three rehearsals.
#[test]
fn rehearsals_are_few_and_numbered() {
    let rehearse = |numbers: &[u32]| {
        let mut bundle = two_of_three().bundle.clone();
        let one = bundle.rehearsal[0].clone();
        bundle.rehearsal = numbers.iter().map(|i| Rehearsal { i: *i, ..one.clone() }).collect();
        parse(&bundle).map(|_| ())
    };
    assert_eq!(rehearse(&[]), Ok(()), "whether one is needed, the caller knows");
    assert_eq!(rehearse(&[0, 1, 2]), Ok(()));
    for bad in [&[1][..], &[0, 0], &[1, 0], &[0, 2], &[0, 1, 2, 3], &[u32::MAX]] {
        assert_eq!(rehearse(bad), Err(RecordError::Rehearsals));
    }
}

#[test]
fn the_json_is_strict() {
    let text = serde_json::to_string(&two_of_three().bundle).unwrap();
    let unpadded = text.replacen("\"cms_b64\":\"MAA=\"", "\"cms_b64\":\"MAA\"", 1);
    let trailing_bits = text.replacen("\"cms_b64\":\"MAA=\"", "\"cms_b64\":\"MAB=\"", 1);
    assert!(unpadded != text && trailing_bits != text);
    for bad in [
        unpadded,
        trailing_bits,
        text.replacen('{', r#"{"note":"","#, 1),
        text.replacen('{', r#"{"rehearsal":[],"#, 1),
        format!("{text},"),
        format!("\u{feff}{text}"),
        format!("{text}{}", " ".repeat(BUNDLE_MAX)),
        String::new(),
    ] {
        let error = CeremonyBundle::parse(bad.as_bytes()).unwrap_err();
        assert!(matches!(error, RecordError::Malformed(_)), "{error:?}");
    }
}
