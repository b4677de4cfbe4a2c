//! No altered byte is ever accepted, and no bytes make the readers panic.

use kaibiao_pki::cms::{
    Pin, danger_read_signer_unverified, sign_detached, verify_detached, verify_pinned,
};
use kaibiao_pki::{Certificate, TrustList, Usage, read_certificates, verify_chain};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::openssl::{self, Made};

const CONTENT: &[u8] = br#"{"v":1,"kind":"submit","tender":"T-1","lot":"1"}"#;
const OTHER: &[u8] = br#"{"v":1,"kind":"submit","tender":"T-1","lot":"2"}"#;

/// Each of these bits of each byte, one after another.
fn flips(good: &[u8], bits: &[u8], mut judge: impl FnMut(usize, u8, &[u8])) {
    let mut bytes = good.to_vec();
    for place in 0..bytes.len() {
        for bit in bits {
            bytes[place] ^= 1 << bit;
            judge(place, *bit, &bytes);
            bytes[place] ^= 1 << bit;
        }
    }
}

fn sweep_container(made: &Made, bits: &[u8]) {
    let (trust, at) = (made.trust(), openssl::clock());
    let cms = sign_detached(&made.identity(), CONTENT, at, &SystemRandom::new()).unwrap();
    verify_detached(&cms, CONTENT, &trust, at).unwrap();
    flips(&cms, bits, |place, bit, altered| {
        let result = verify_detached(altered, CONTENT, &trust, at);
        assert!(result.is_err(), "byte {place}, bit {bit} of the container");
        let result = verify_detached(altered, OTHER, &trust, at);
        assert!(result.is_err(), "byte {place}, bit {bit}, with other content");
        let _ = danger_read_signer_unverified(altered);
    });
}

#[test]
fn every_bit_of_a_p256_container() {
    sweep_container(Made::p256(), &[0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn every_byte_of_an_rsa_container() {
    sweep_container(Made::rsa(), &[0, 3, 5, 7]);
}

#[test]
fn every_byte_set_to_zero_or_all_ones() {
    let made = Made::p256();
    let (trust, at) = (made.trust(), openssl::clock());
    let cms = sign_detached(&made.identity(), CONTENT, at, &SystemRandom::new()).unwrap();
    for place in 0..cms.len() {
        for value in [0x00, 0x30, 0x7f, 0x80, 0xff] {
            let mut altered = cms.clone();
            altered[place] = value;
            let accepted = verify_detached(&altered, CONTENT, &trust, at).is_ok();
            assert_eq!(accepted, altered == cms, "byte {place} = {value:02x}");
        }
    }
}

#[test]
fn every_bit_of_the_content() {
    for made in [Made::rsa(), Made::p256()] {
        let (trust, at) = (made.trust(), openssl::clock());
        let identity = made.identity();
        let cms = sign_detached(&identity, CONTENT, at, &SystemRandom::new()).unwrap();
        let key = Pin::Key(identity.certificate().spki_sha256());
        flips(CONTENT, &[0, 1, 2, 3, 4, 5, 6, 7], |_, _, altered| {
            let error = verify_detached(&cms, altered, &trust, at).unwrap_err();
            assert_eq!(error.label(), "E_SIG_HASH");
            assert_eq!(verify_pinned(&cms, altered, key).unwrap_err().label(), "E_SIG_HASH");
        });
        for end in 0..CONTENT.len() {
            let error = verify_detached(&cms, &CONTENT[..end], &trust, at).unwrap_err();
            assert_eq!(error.label(), "E_SIG_HASH");
        }
    }
}

#[test]
fn a_container_cut_at_every_length() {
    for made in [Made::rsa(), Made::p256()] {
        let (trust, at) = (made.trust(), openssl::clock());
        let cms = sign_detached(&made.identity(), CONTENT, at, &SystemRandom::new()).unwrap();
        for end in 0..cms.len() {
            let error = verify_detached(&cms[..end], CONTENT, &trust, at).unwrap_err();
            assert_eq!(error.label(), "E_SIG_FORMAT", "{end}");
            let error = verify_detached(&cms[end + 1..], CONTENT, &trust, at).unwrap_err();
            assert_ne!(error.label(), "E_SIG_TOO_LARGE");
        }
    }
}

#[test]
fn every_bit_of_a_certificate() {
    for made in [Made::rsa(), Made::p256()] {
        let (trust, at) = (made.trust(), openssl::clock());
        let chain = read_certificates(&made.chain_pem).unwrap();
        flips(chain[0].der(), &[0, 1, 2, 3, 4, 5, 6, 7], |place, bit, altered| {
            let Ok(leaf) = Certificate::from_der(altered) else { return };
            let result = verify_chain(&leaf, &chain[1..], &trust, at, Usage::Sign);
            assert!(result.is_err(), "byte {place}, bit {bit} of the signer's certificate");
        });
        flips(chain[1].der(), &[0, 3, 7], |place, bit, altered| {
            let Ok(issuing) = Certificate::from_der(altered) else { return };
            let result = verify_chain(&chain[0], &[issuing], &trust, at, Usage::Sign);
            assert!(result.is_err(), "byte {place}, bit {bit} of the issuer's certificate");
        });
    }
}

#[test]
fn bytes_without_sense_do_not_panic() {
    let trust = World::get().trust();
    let good = Container::good(CONTENT).der();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..=next() % 4 {
            let place = usize::try_from(next()).unwrap() % bytes.len();
            match next() % 3 {
                0 => bytes[place] = next() as u8,
                1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, next() as u8),
            }
        }
        if bytes != good {
            assert!(verify_detached(&bytes, CONTENT, &trust, now()).is_err());
        }
        let _ = Certificate::from_der(&bytes);
        let _ = TrustList::parse(&bytes);
    }
}
