//! Whatever is done to the bytes: no panic, and never another record that passes.

mod ceremonies;
mod suites;

use kaibiao_types::CustodianIndex;
use proptest::prelude::*;

use crate::testing::{index, two_of_three};
use crate::{CeremonyBundle, CeremonyRecord, Partial};

/// One change to bytes; positions are taken modulo the length.
#[derive(Clone, Debug)]
enum Edit {
    Set(usize, u8),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Copy(usize, usize, usize),
    Swap(usize, usize),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        match self {
            Self::Set(at, byte) => bytes[at % length] = *byte,
            Self::Flip(at, bit) => bytes[at % length] ^= 1 << (bit % 8),
            Self::Insert(at, new) => drop(bytes.splice(at % length..at % length, new.clone())),
            Self::Remove(at, count) => {
                let at = at % length;
                drop(bytes.drain(at..length.min(at + count)));
            }
            Self::Copy(from, to, count) => {
                let from = from % length;
                let part = bytes[from..length.min(from + count)].to_vec();
                drop(bytes.splice(to % length..to % length, part));
            }
            Self::Swap(a, b) => bytes.swap(a % length, b % length),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = 0..100_000_usize;
    // Characters of the format are tried often, so that many changed texts are still JSON.
    let byte =
        prop_oneof![proptest::sample::select(b"0123456789abcdef{}[]\",: ".to_vec()), any::<u8>()];
    let small = 0..80_usize;
    prop_oneof![
        (at.clone(), byte.clone()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (at.clone(), any::<u8>()).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        (at.clone(), proptest::collection::vec(byte, 0..9))
            .prop_map(|(at, new)| Edit::Insert(at, new)),
        (at.clone(), small.clone()).prop_map(|(at, count)| Edit::Remove(at, count)),
        (at.clone(), at.clone(), small).prop_map(|(from, to, count)| Edit::Copy(from, to, count)),
        (at.clone(), at).prop_map(|(a, b)| Edit::Swap(a, b)),
    ]
}

fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        edit.apply(&mut bytes);
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec(edit(), 1..4)
}

/// A hexadecimal digit changed at a place that holds one: the text stays well formed.
fn hex_edit(text: &[u8], at: usize, digit: usize) -> Vec<u8> {
    let places: Vec<usize> =
        (0..text.len()).filter(|i| matches!(text[*i], b'0'..=b'9' | b'a'..=b'f')).collect();
    let mut out = text.to_vec();
    out[places[at % places.len()]] = b"0123456789abcdef"[digit % 16];
    out
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn an_edited_record_is_refused_or_the_same(edits in edits()) {
        let original = two_of_three();
        if let Ok(record) = CeremonyRecord::parse(&edited(&original.bytes(), &edits)) {
            prop_assert_eq!(&record, &original.record);
        }
    }

    #[test]
    fn an_edited_digit_of_a_record_is_refused(at in any::<usize>(), digit in 0..16_usize) {
        let original = two_of_three().bytes();
        let bytes = hex_edit(&original, at, digit);
        prop_assert_eq!(CeremonyRecord::parse(&bytes).is_ok(), bytes == original);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let session = &two_of_three().session;
        prop_assert!(CeremonyRecord::parse(&bytes).is_err());
        prop_assert!(CeremonyBundle::parse(&bytes).is_err());
        prop_assert!(session.read_round1(index(1), &bytes).is_err());
        prop_assert!(serde_json::from_slice::<Partial>(&bytes).is_err());
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn an_edited_bundle_gives_no_other_record(edits in edits()) {
        let original = two_of_three();
        let bytes = serde_json::to_vec(&original.bundle).unwrap();
        if let Ok((bundle, record)) = CeremonyBundle::parse(&edited(&bytes, &edits)) {
            prop_assert_eq!(&record, &original.record);
            prop_assert_eq!(&bundle.transcript.certificate, &original.transcript.certificate);
        }
    }

    #[test]
    fn an_edited_message_gives_no_other_transcript(
        edits in edits(),
        sender in 0..3_usize,
        reader in 0..3_u16,
    ) {
        let original = two_of_three();
        let mut messages: Vec<Vec<u8>> =
            original.transcript.messages.iter().map(|message| message.0.clone()).collect();
        messages[sender] = edited(&messages[sender], &edits);
        let number = u16::try_from(sender).unwrap() + 1;
        let reader = index(reader + 1);
        let key = &original.statics[usize::from(reader.get()) - 1];
        match original.session.round2(reader, key, &messages) {
            Ok(outcome) => {
                // Only what is not for this reader was changed.
                let share = &original.shares[usize::from(reader.get()) - 1];
                prop_assert_eq!(outcome.share.public(), share.public());
                let certificate = &original.transcript.certificate;
                prop_assert_eq!(
                    original.session.check_certificate(&outcome.transcript, certificate),
                    Ok(())
                );
            }
            Err(error) => prop_assert_eq!(error.custodian().map(CustodianIndex::get), Some(number)),
        }
    }
}
