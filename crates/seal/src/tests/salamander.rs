//! A ciphertext that authenticates under two AES-GCM keys ("invisible salamander"): the header's
//! commitments decide which key is meant before the payload is looked at.

use kaibiao_crypto::{AeadKey, SUITE_1, Secret32};
use kaibiao_types::Part;

use super::forge::{Forgery, padded};
use super::{Lot, Untouchable, summary};
use crate::keys::PayloadKey;
use crate::{Header, LockSecrets, OpenFailure, Verdict, open};

/// Product in GF(2^128) with the bit order of GCM (NIST SP 800-38D section 6.3).
fn multiply(x: u128, y: u128) -> u128 {
    let (mut product, mut shifted) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= shifted;
        }
        let carry = shifted & 1;
        shifted >>= 1;
        if carry == 1 {
            shifted ^= 0xe1 << 120;
        }
    }
    product
}

/// `x^(2^count)`.
fn square(x: u128, count: u32) -> u128 {
    (0..count).fold(x, |x, _| multiply(x, x))
}

/// `x^(2^128 - 2)`, that is `x^-1`.
fn invert(x: u128) -> u128 {
    (1..128).fold(1 << 127, |product, bit| multiply(product, square(x, bit)))
}

/// What GCM makes of one key and nonce: `E(J0)` and the hash key H, found from tags alone.
fn secrets_of(key: &AeadKey, nonce: [u8; 12]) -> (u128, u128) {
    let tag_of = |block: Option<u128>| {
        let mut bytes = block.map_or(Vec::new(), |block| block.to_be_bytes().to_vec());
        let tag = u128::from_be_bytes(key.seal_in_place(nonce, &mut bytes).unwrap());
        (tag, bytes.try_into().map_or(0, u128::from_be_bytes))
    };
    let (encrypted_j0, _) = tag_of(None);
    let ((tag_1, block_1), (tag_2, block_2)) = (tag_of(Some(1)), tag_of(Some(2)));
    let h_squared = multiply(tag_1 ^ tag_2, invert(block_1 ^ block_2));
    (encrypted_j0, square(h_squared, 127)) // the square root
}

/// A ciphertext of `blocks` blocks and its tag that both keys accept.
fn two_keys(one: &PayloadKey, two: &PayloadKey, blocks: usize) -> Vec<u8> {
    let [(j0_1, h_1), (j0_2, h_2)] =
        [one, two].map(|key| secrets_of(&key.aead, key.nonce(0, true)));
    let mut ciphertext: Vec<u128> = (1..blocks).map(|i| 0x5a5a_u128 << i).collect();
    ciphertext.push(0); // the last block makes up for the difference
    let bits = u128::try_from(blocks * 128).unwrap();
    let ghash = |h, ciphertext: &[u128]| {
        let hashed = ciphertext.iter().fold(0, |hash, block| multiply(hash ^ block, h));
        multiply(hashed ^ bits, h)
    };
    let difference = ghash(h_1, &ciphertext) ^ j0_1 ^ ghash(h_2, &ciphertext) ^ j0_2;
    // The last block is multiplied by H^2 under each key.
    let factor = square(h_1, 1) ^ square(h_2, 1);
    *ciphertext.last_mut().unwrap() = multiply(difference, invert(factor));
    let tag = ghash(h_1, &ciphertext) ^ j0_1;
    ciphertext.push(tag);
    ciphertext.iter().flat_map(|block| block.to_be_bytes()).collect()
}

#[test]
fn one_ciphertext_two_keys_one_meaning() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let forged = Forgery::new(&lot, &context, padded(120, &[1; 120], 128)).make();
    let header = Header::read(&mut &*forged.file).unwrap();
    let other = Secret32::new([0x77; 32].into());
    let keys = [&forged.secrets.ceremony, &other]
        .map(|secret| PayloadKey::derive(&SUITE_1, &header.salt, secret, None, &header.hh));
    let chunk = two_keys(&keys[0], &keys[1], 8);
    for key in &keys {
        let opened =
            key.aead.open_in_place(key.nonce(0, true), &mut chunk.clone()).map(|plain| plain.len());
        assert_eq!(opened, Ok(128), "a real salamander: it authenticates under either key");
    }

    let file = [header.bytes(), &chunk].concat();
    let signed = summary(&file);
    let secrets = LockSecrets { ceremony: other, bidder: None };
    let failure = open(&header, &secrets, &signed, &mut Untouchable, Vec::new()).unwrap_err();
    assert_eq!(failure.label(), "LOCK_COMMIT(1)");
    // Under the committed key it is garbage that the bidder signed.
    let failure = open(&header, &forged.secrets, &signed, &mut &*chunk, Vec::new()).unwrap_err();
    assert!(matches!(failure, OpenFailure::Padding(_)));
    assert_eq!(failure.verdict(), Some(Verdict::BidderGarbage));
}

#[test]
fn a_header_that_commits_to_two_keys_opens_with_neither() {
    // Lock commitment of one secret, key commitment of another: nothing reaches the payload.
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let mut forgery = Forgery::new(&lot, &context, padded(0, &[], 8));
    forgery.key_commit = |commit| *commit = [3; 32];
    let forged = forgery.make();
    let header = Header::read(&mut &*forged.file).unwrap();
    let signed = summary(&forged.file);
    let failure =
        open(&header, &forged.secrets, &signed, &mut Untouchable, Vec::new()).unwrap_err();
    assert_eq!(failure.label(), "E_COMMIT");
}
