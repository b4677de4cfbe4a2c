//! Makes PKCS#12 files with any fault one may want, independently of the crate.

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use ring::{hmac, pbkdf2};

use crate::forge::{Key, oid, seq, set, tlv};

/// 1.2.840.113549.1
const RSADSI: [u8; 7] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1];

pub(crate) fn pkcs(arcs: &[u8]) -> Vec<u8> {
    oid(&[&RSADSI, arcs].concat())
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(4, content)
}

pub(crate) fn integer(number: u32) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(3);
    let sign = if octets[zeros] < 0x80 { vec![] } else { vec![0] };
    tlv(2, &[&sign, &octets[zeros..]].concat())
}

fn bag(kind: u8, value: &[u8], id: Option<&[u8]>) -> Vec<u8> {
    let attributes = id.map(|id| set(&[seq(&[pkcs(&[9, 21]), set(&[octets(id)])])]));
    seq(&[pkcs(&[12, 10, 1, kind]), tlv(0xa0, value), attributes.unwrap_or_default()])
}

/// A key that is not encrypted.
pub(crate) fn key(key: &Key, id: Option<&[u8]>) -> Vec<u8> {
    bag(1, &key.pkcs8, id)
}

/// A key whose encryption has this `AlgorithmIdentifier`.
pub(crate) fn shrouded(algorithm: &[u8], data: &[u8]) -> Vec<u8> {
    bag(2, &seq(&[algorithm.to_vec(), octets(data)]), None)
}

pub(crate) fn certificate(der: &[u8], id: Option<&[u8]>) -> Vec<u8> {
    bag(3, &seq(&[pkcs(&[9, 22, 1]), tlv(0xa0, &octets(der))]), id)
}

/// A bag of bags.
pub(crate) fn nested(bags: &[Vec<u8>]) -> Vec<u8> {
    bag(6, &seq(bags), None)
}

/// PBKDF2 with this HMAC (RFC 8018).
pub(crate) fn pbkdf2_params(prf: &[u8], rounds: u32, length: Option<u32>) -> Vec<u8> {
    let length = length.map(integer).unwrap_or_default();
    let prf = seq(&[prf.to_vec(), vec![5, 0]]);
    seq(&[pkcs(&[5, 12]), seq(&[octets(b"salt"), integer(rounds), length, prf])])
}

pub(crate) fn hmac_sha256() -> Vec<u8> {
    let content = [&RSADSI[..6], &[2, 9]].concat();
    oid(&content)
}

/// A key under SM4-CBC by PBKDF2 with HMAC-SM3.
pub(crate) fn shrouded_sm4(key: &Key, password: &[u8]) -> Vec<u8> {
    let prf = oid(&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11, 2]);
    let (mut derived, iv) = ([0; 16], [7; 16]);
    ::pbkdf2::pbkdf2_hmac::<sm3::Sm3>(password, b"salt", 3, &mut derived);
    let cipher = cbc::Encryptor::<sm4::Sm4>::new(&derived.into(), &iv.into());
    let mut data = key.pkcs8.clone();
    data.resize(key.pkcs8.len() + 16, 0);
    let length = cipher.encrypt_padded::<Pkcs7>(&mut data, key.pkcs8.len()).unwrap().len();
    let sm4_cbc = oid(&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 2]);
    let scheme = seq(&[sm4_cbc, octets(&iv)]);
    shrouded(&pbes2(&pbkdf2_params(&prf, 3, Some(16)), &scheme), &data[..length])
}

/// PBES2 of a derivation and an encryption scheme.
pub(crate) fn pbes2(derivation: &[u8], scheme: &[u8]) -> Vec<u8> {
    seq(&[pkcs(&[5, 13]), seq(&[derivation.to_vec(), scheme.to_vec()])])
}

/// `ContentInfo` of data.
pub(crate) fn data(content: &[u8]) -> Vec<u8> {
    seq(&[pkcs(&[7, 1]), tlv(0xa0, &octets(content))])
}

/// `ContentInfo` of encrypted data under this `AlgorithmIdentifier`.
pub(crate) fn encrypted(algorithm: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let info = seq(&[pkcs(&[7, 1]), algorithm.to_vec(), tlv(0x80, ciphertext)]);
    seq(&[pkcs(&[7, 6]), tlv(0xa0, &seq(&[integer(0), info]))])
}

/// A file of bags that are not encrypted, under a MAC by the password.
pub(crate) fn file(bags: &[Vec<u8>], password: &str) -> Vec<u8> {
    of_contents(&[data(&seq(bags))], password)
}

/// A file of contents under a MAC (PBMAC1, RFC 9579) by the password.
pub(crate) fn of_contents(contents: &[Vec<u8>], password: &str) -> Vec<u8> {
    let safe = seq(contents);
    let mac = mac(&safe, password, 5, Some(32));
    seq(&[integer(3), data(&safe), mac])
}

/// `MacData` by PBMAC1.
pub(crate) fn mac(safe: &[u8], password: &str, rounds: u32, length: Option<u32>) -> Vec<u8> {
    let mut key = [0; 32];
    let by = pbkdf2::PBKDF2_HMAC_SHA256;
    // A bomb need not go off here.
    let done = std::num::NonZeroU32::new(rounds.min(10)).unwrap();
    pbkdf2::derive(by, done, b"salt", password.as_bytes(), &mut key);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), safe);
    let scheme = seq(&[hmac_sha256(), vec![5, 0]]);
    let parameters = seq(&[pbkdf2_params(&hmac_sha256(), rounds, length), scheme]);
    let digest = seq(&[seq(&[pkcs(&[5, 14]), parameters]), octets(tag.as_ref())]);
    seq(&[digest, octets(b"NOT USED"), integer(1)])
}

/// The same value with indefinite lengths, and each OCTET STRING in two pieces.
pub(crate) fn ber(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while let [tag, first, ..] = *rest {
        let octets = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let length = match octets {
            0 => usize::from(first),
            _ => rest[2..2 + octets].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)),
        };
        let (content, after) = rest[2 + octets..].split_at(length);
        match tag {
            4 => {
                let (one, two) = content.split_at(length / 2);
                out.extend([&[0x24, 0x80][..], &tlv(4, one), &tlv(4, two), &[0, 0]].concat());
            }
            // `[0]` of encrypted content.
            0x80 => {
                let (one, two) = content.split_at(length / 2);
                out.extend([&[0xa0, 0x80][..], &tlv(4, one), &tlv(4, two), &[0, 0]].concat());
            }
            tag if tag & 0x20 != 0 => {
                out.extend([&[tag, 0x80][..], &ber(content), &[0, 0]].concat());
            }
            _ => out.extend(tlv(tag, content)),
        }
        rest = after;
    }
    out
}
