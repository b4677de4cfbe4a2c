//! What is looked for, in every form in which it could stand somewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::image::Image;

/// Named secrets of 32 bytes.
pub(crate) struct Needles {
    /// What is looked for in memory: the bytes, and the bytes as the limbs of a number.
    binary: Vec<(String, Vec<u8>)>,
    /// What is looked for in texts and files besides: hexadecimal and base64.
    texts: Vec<(String, Vec<u8>)>,
}

impl Needles {
    pub(crate) fn of(secrets: impl Iterator<Item = (String, [u8; 32])>) -> Self {
        let (mut binary, mut texts) = (Vec::new(), Vec::new());
        for (name, secret) in secrets {
            assert!(secret.windows(4).all(|four| four != [0; 4]), "{name} is a secret");
            let mut limbs = secret;
            limbs.reverse();
            binary.push((name.clone(), secret.to_vec()));
            binary.push((format!("{name}, little-endian"), limbs.to_vec()));
            let hex = kaibiao_crypto::Hex(secret).to_string();
            texts.push((format!("{name}, upper case"), hex.to_uppercase().into_bytes()));
            texts.push((format!("{name}, hexadecimal"), hex.into_bytes()));
            for before in 0..3 {
                // The characters that do not depend on what stands before and after.
                let long = STANDARD.encode([&vec![0; before], &secret[..]].concat());
                let sure = &long.as_bytes()[(before * 8).div_ceil(6)..(before + 32) * 8 / 6];
                texts.push((format!("{name}, base64"), sure.to_vec()));
            }
        }
        Self { binary, texts }
    }

    /// Which of them stand in bytes of any kind.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        let all: Vec<&(String, Vec<u8>)> = self.binary.iter().chain(&self.texts).collect();
        search(&all, bytes)
    }

    /// Which of them stand in the memory of a process.
    pub(crate) fn found_in_image(&self, image: &Image) -> Vec<String> {
        let all: Vec<&(String, Vec<u8>)> = self.binary.iter().chain(&self.texts).collect();
        let found = image.regions.iter().flat_map(|(place, bytes)| {
            search(&all, bytes).into_iter().map(move |name| format!("{name} in {place}"))
        });
        found.collect()
    }
}

/// One pass over the bytes for all needles: by their first two bytes.
fn search(needles: &[&(String, Vec<u8>)], bytes: &[u8]) -> Vec<String> {
    let mut by_start: Vec<Vec<usize>> = vec![Vec::new(); 1 << 16];
    for (number, (_, needle)) in needles.iter().enumerate() {
        by_start[usize::from(needle[0]) << 8 | usize::from(needle[1])].push(number);
    }
    let mut found = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        for number in &by_start[usize::from(pair[0]) << 8 | usize::from(pair[1])] {
            let (name, needle) = needles[*number];
            if bytes[at..].starts_with(needle) && !found.contains(name) {
                found.push(name.clone());
            }
        }
    }
    found
}

#[test]
fn what_is_planted_is_found_in_every_form() {
    let secret: [u8; 32] = core::array::from_fn(|at| u8::try_from(at * 7 + 13).unwrap());
    let needles = Needles::of([("it".to_owned(), secret)].into_iter());
    let mut limbs = secret;
    limbs.reverse();
    for before in 0..4 {
        let front = vec![0xa5; before];
        for form in [secret.to_vec(), limbs.to_vec()] {
            assert!(!needles.found_in(&[&front, &form[..], b"end"].concat()).is_empty());
        }
        let base64 = STANDARD.encode([&front, &secret[..], b"end"].concat());
        assert!(!needles.found_in(base64.as_bytes()).is_empty(), "{before}");
    }
    let hex = kaibiao_crypto::Hex(secret).to_string();
    assert!(!needles.found_in(hex.as_bytes()).is_empty());
    assert!(!needles.found_in(hex.to_uppercase().as_bytes()).is_empty());
    let mut other = secret;
    other[31] ^= 1;
    assert!(needles.found_in(&other).is_empty());
}
