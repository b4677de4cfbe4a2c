//! The transcript hash is injective, HKDF is RFC 5869, and secrets stay out of text.

use zeroize::Zeroizing;

use super::*;
use crate::dleq::tests::{BOTH, Dry, unhex};
use crate::{EntropyError, Hex, SecureEntropy};

#[test]
fn an_unknown_suite_is_named() {
    assert_eq!(Suite::by_id(1).unwrap().id(), 1);
    assert_eq!(Suite::by_id(0x0101).unwrap().id(), 0x0101);
    for id in [0, 2, 0x0100, 0x0102, 0xffff] {
        assert_eq!(Suite::by_id(id).unwrap_err(), SuiteError(id));
    }
    assert_eq!(SuiteError(0x0102).to_string(), "unknown suite 0x0102; a newer program is needed");
}

#[test]
fn moving_a_field_boundary_changes_the_transcript_hash() {
    let same_bytes: [&[&[u8]]; 6] =
        [&[b"ab"], &[b"a", b"b"], &[b"", b"ab"], &[b"ab", b""], &[b"a", b"", b"b"], &[]];
    let mut seen = std::collections::BTreeSet::new();
    for label in ["x", "xa", ""] {
        for fields in same_bytes {
            assert!(seen.insert(*SUITE_1.th(label, fields).bytes()));
        }
    }
}

#[test]
fn the_transcript_hash_has_the_written_layout() {
    let bytes = [&[14][..], b"kaibiao/v1/abc", &[2], &[0, 0, 0, 1], b"x", &[0, 0, 0, 0]].concat();
    assert_eq!(SUITE_1.th("abc", &[b"x", b""]), SUITE_1.hash(&bytes));
}

/// RFC 5869, appendix A.1 and A.3 (SHA-256).
#[test]
fn hkdf_is_that_of_rfc_5869() {
    let ikm = [0x0b; 22];
    let salt: Vec<u8> = (0..=0x0c).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    let mut okm = [0; 42];
    let prk = SUITE_1.hkdf_extract(&salt, &[&ikm[..5], &ikm[5..]]);
    let expected = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5";
    assert_eq!(Hex(*prk.expose()).to_string(), expected);
    SUITE_1.hkdf_expand(&prk, &[&info[..3], &info[3..]], &mut okm);
    let expected =
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(okm.as_slice(), unhex(expected));

    SUITE_1.hkdf_expand(&SUITE_1.hkdf_extract(&[], &[&ikm]), &[], &mut okm);
    let expected =
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
    assert_eq!(okm.as_slice(), unhex(expected));
}

#[test]
fn hkdf_fills_its_longest_output() {
    let prk = SUITE_1.hkdf_extract(b"salt", &[b"ikm"]);
    let mut okm = vec![0; 255 * 32];
    SUITE_1.hkdf_expand(&prk, &[], &mut okm);
    assert!(okm.chunks(32).all(|block| block != [0; 32]));
    let mut head = [0; 76];
    SUITE_1.hkdf_expand(&prk, &[], &mut head);
    assert_eq!(okm[..76], head);
}

#[test]
fn debug_of_secrets_shows_no_byte() {
    let planted = [0xa7; 32];
    let secret = Secret32::new(Zeroizing::new(planted));
    let mut hasher = SUITE_1.hasher();
    hasher.update(&planted);
    let aead = SUITE_1.aead(&planted);
    let shown = format!("{secret:?} {secret:#?} {hasher:?} {aead:?} {SUITE_1:?}");
    assert_eq!(shown, "Secret32(..) Secret32(..) Hasher(..) AeadKey(..) Suite(0x0001)");
    let source = ring::rand::SystemRandom::new();
    assert_eq!(format!("{:?}", SecureEntropy(&source)), "SecureEntropy(..)");
    assert_eq!(secret.expose(), &planted);
    assert_eq!(Secret32::random(&mut Dry).unwrap_err(), EntropyError);
}

#[test]
fn a_chunk_opens_only_unaltered_under_its_nonce() {
    BOTH.into_iter().for_each(a_chunk_opens_only_unaltered);
}

fn a_chunk_opens_only_unaltered(suite: &Suite) {
    let key = suite.aead(&[1; 32]);
    let mut chunk = b"chunk".to_vec();
    let tag = key.seal_in_place([0; 12], &mut chunk).unwrap();
    let sealed = [chunk.as_slice(), &tag].concat();
    assert_eq!(key.open_in_place([0; 12], &mut sealed.clone()).unwrap(), b"chunk");
    assert!(key.open_in_place([1; 12], &mut sealed.clone()).is_err());
    assert!(suite.aead(&[2; 32]).open_in_place([0; 12], &mut sealed.clone()).is_err());
    for i in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[i] ^= 0x80;
        assert!(key.open_in_place([0; 12], &mut bad).is_err());
        assert!(key.open_in_place([0; 12], &mut sealed[..i].to_vec()).is_err());
    }
}

#[test]
fn hexadecimal_is_lower_case_and_of_one_length() {
    let good = Hex::<4>::parse("00ff10ab").unwrap();
    assert_eq!(good, Hex([0, 0xff, 0x10, 0xab]));
    assert_eq!(serde_json::to_string(&good).unwrap(), r#""00ff10ab""#);
    for bad in
        ["", "00ff10a", "00ff10ab0", "00FF10AB", "00ff10ag", " 0ff10ab", "0x000000", "00ff1é"]
    {
        assert!(Hex::<4>::parse(bad).is_err(), "{bad}");
        assert!(serde_json::from_str::<Hex<4>>(&format!("{bad:?}")).is_err());
    }
    assert!(serde_json::from_str::<Hex<1>>("0").is_err());
}
