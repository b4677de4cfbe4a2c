//! Properties over arbitrary bytes and slicings.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::{Lot, sealed, summary, text};
use crate::{Header, ObjectDigest, Padding, open, padme};

struct Sample {
    lot: Lot,
    header: Vec<u8>,
    file: Vec<u8>,
}

/// One sealed file of two chunks.
fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let lot = Lot::new("lot");
        let (object, file) = sealed(&lot, &text("plaintext", 270_000));
        Sample { lot, header: object.header.bytes().to_vec(), file }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Header::parse(&bytes).is_err());
        let behind_magic = [&sample().header[..16], &bytes].concat();
        let parsed = Header::parse(&behind_magic);
        prop_assert!(parsed.is_err() || parsed.is_ok_and(|header| header.verify_proof(&sample().lot.bases).is_err()));
    }

    #[test]
    fn an_altered_header_is_refused_or_its_proof_fails(at in 0_usize..322, flip in 1_u8..) {
        let good = Header::parse(&sample().header).unwrap();
        let mut bytes = sample().header.clone();
        bytes[at] ^= flip;
        if let Ok(header) = Header::parse(&bytes) {
            prop_assert_ne!(header.digest(), good.digest());
            prop_assert!(header.verify_proof(&sample().lot.bases).is_err());
        }
    }

    #[test]
    fn a_header_of_another_length_is_refused(cut in 0_usize..322, extra in proptest::collection::vec(any::<u8>(), 1..9)) {
        prop_assert!(Header::parse(&sample().header[..cut]).is_err());
        prop_assert!(Header::parse(&[&sample().header, extra.as_slice()].concat()).is_err());
    }

    #[test]
    fn padding_is_minimal_and_its_own_fixed_point(length in 0_u64..1 << 40) {
        let padded = Padding::Padme.padded_len(length.min(Padding::Padme.plaintext_max())).unwrap();
        prop_assert_eq!(padme(padded), padded);
        prop_assert!(Padding::Padme.allows(padded));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_slicing_gives_the_same_digest(cuts in proptest::collection::vec(0_usize..270_400, 0..12)) {
        let file = &sample().file;
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(file.len())).collect();
        cuts.push(file.len());
        cuts.sort_unstable();
        let (mut whole, mut payload_only) = (ObjectDigest::new(), ObjectDigest::of_payload(Header::parse(&sample().header).unwrap()));
        let mut start = 0;
        for cut in cuts {
            whole.update(&file[start..cut]).unwrap();
            payload_only.update(&file[start.max(322)..cut.max(322)]).unwrap();
            start = cut;
        }
        let summary = summary(file);
        prop_assert_eq!(whole.finish().unwrap(), summary);
        prop_assert_eq!(payload_only.finish().unwrap(), summary);
    }

    #[test]
    fn an_altered_file_never_keeps_its_digest_or_opens(at in 0_usize..270_400, flip in 1_u8..) {
        let signed = summary(&sample().file);
        let mut file = sample().file.clone();
        let at = at.min(file.len() - 1);
        file[at] ^= flip;
        let mut digest = ObjectDigest::new();
        let found = digest.update(&file).and_then(|()| digest.finish());
        prop_assert!(found.is_err() || found != Ok(signed));
        if let Ok(header) = Header::read(&mut &*file) {
            let secrets = sample().lot.secrets(&header);
            let mut payload = &file[header.bytes().len()..];
            prop_assert!(open(&header, &secrets, &signed, &mut payload, Vec::new()).is_err());
        }
    }
}
