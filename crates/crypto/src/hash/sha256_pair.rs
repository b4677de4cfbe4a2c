//! SHA-256 of two messages at the same time, in the SHA instructions of x86-64.
//!
//! A round of SHA-256 waits for the one before it: one message keeps half of the processor's unit
//! idle, a second one fills the pauses and takes next to no time. This is the one module with
//! `unsafe`, in one line (ADR-0011): an instruction that a processor lacks must not be reached.
//!
//! Source: FIPS 180-4, sections 4.2.2, 5.1.1, 5.3.3 and 6.2.2.

use kaibiao_types::Digest;

/// The digests of two messages of the same length; `None` if their lengths differ, or if this
/// processor lacks the instructions.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn digests(_: [&[u8]; 2]) -> Option<[Digest; 2]> {
    None
}

/// The digests of two messages of the same length; `None` if their lengths differ, or if this
/// processor lacks the instructions.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a function with target features, called where they are detected")]
pub(super) fn digests(messages: [&[u8]; 2]) -> Option<[Digest; 2]> {
    let here = std::is_x86_feature_detected!("sha")
        && std::is_x86_feature_detected!("ssse3")
        && std::is_x86_feature_detected!("sse4.1");
    let [one, two] = messages;
    // SAFETY: the features that `instructions::digests` is compiled for were detected just now.
    (here && one.len() == two.len()).then(|| unsafe { instructions::digests(messages) })
}

#[cfg(target_arch = "x86_64")]
mod instructions {
    use core::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi8, _mm_set_epi32,
        _mm_set_epi64x, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32,
        _mm_shuffle_epi8, _mm_shuffle_epi32,
    };

    use kaibiao_types::Digest;

    /// Bytes of a block.
    const BLOCK: usize = 64;

    /// Bytes of the length at the end of the padding.
    const LENGTH: usize = 8;

    /// The constants of the 64 rounds (FIPS 180-4, 4.2.2), four of a step in a row.
    const K: [[[u32; 4]; 4]; 4] = [
        [
            [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
            [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
            [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
            [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        ],
        [
            [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
            [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
            [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
            [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        ],
        [
            [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
            [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
            [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
            [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        ],
        [
            [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
            [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
            [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
            [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
        ],
    ];

    /// The working variables a to h, as the instructions want them: each vector from its lowest word,
    /// so `abef` is f, e, b, a.
    #[derive(Clone, Copy)]
    struct State {
        abef: __m128i,
        cdgh: __m128i,
    }

    /// The digests of two messages that are equally long.
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    pub(super) fn digests(messages: [&[u8]; 2]) -> [Digest; 2] {
        let [one, two] = messages.map(|message| message.as_chunks::<BLOCK>());
        let mut states = [initial(); 2];
        for (one, two) in one.0.iter().zip(two.0) {
            compress(&mut states, [one, two]);
        }
        let [(one_end, count), (two_end, _)] =
            [padded(one.1, messages[0].len()), padded(two.1, messages[1].len())];
        let ends = one_end.as_chunks::<BLOCK>().0.iter().zip(two_end.as_chunks::<BLOCK>().0);
        for (one, two) in ends.take(count) {
            compress(&mut states, [one, two]);
        }
        states.map(|state| digest(state))
    }

    /// The last blocks, one or two, of a message of `length` bytes that ends with `rest`.
    fn padded(rest: &[u8], length: usize) -> ([u8; 2 * BLOCK], usize) {
        let mut blocks = [0; 2 * BLOCK];
        let count = if rest.len() + 1 + LENGTH <= BLOCK { 1 } else { 2 };
        let bits = u64::try_from(length).unwrap_or(u64::MAX).wrapping_mul(8).to_be_bytes();
        let content = rest.iter().chain(&[0x80]);
        for (to, from) in blocks.iter_mut().zip(content) {
            *to = *from;
        }
        for (to, from) in blocks.iter_mut().skip(count * BLOCK - LENGTH).zip(bits) {
            *to = from;
        }
        (blocks, count)
    }

    /// Takes one block of each message in (FIPS 180-4, 6.2.2).
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn compress(states: &mut [State; 2], blocks: [&[u8; BLOCK]; 2]) {
        let mut now = *states;
        let mut schedule = blocks.map(|block| words(block));
        let [first, second, third, last] = K;
        for [k0, k1, k2, k3] in [first, second, third] {
            step::<true>(k0, &mut now, &mut schedule);
            step::<true>(k1, &mut now, &mut schedule);
            step::<true>(k2, &mut now, &mut schedule);
            step::<true>(k3, &mut now, &mut schedule);
        }
        for constants in last {
            step::<false>(constants, &mut now, &mut schedule);
        }
        for (state, now) in states.iter_mut().zip(now) {
            state.abef = _mm_add_epi32(state.abef, now.abef);
            state.cdgh = _mm_add_epi32(state.cdgh, now.cdgh);
        }
    }

    /// Four rounds of each message with the first words of its schedule, which move to the end; with
    /// `MORE`, those of four later rounds take their place. The instruction for two rounds gives the
    /// new `abef`, and the old one becomes `cdgh`.
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn step<const MORE: bool>(
        constants: [u32; 4],
        states: &mut [State; 2],
        schedule: &mut [[__m128i; 4]; 2],
    ) {
        let constants = vector(constants);
        for (state, words) in states.iter_mut().zip(schedule) {
            let [w0, w1, w2, w3] = *words;
            let used = _mm_add_epi32(w0, constants);
            state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, used);
            let upper = _mm_shuffle_epi32::<0b00_00_11_10>(used);
            state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, upper);
            let mut next = w0;
            if MORE {
                let seven_back = _mm_alignr_epi8::<4>(w3, w2);
                let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), seven_back);
                next = _mm_sha256msg2_epu32(sum, w3);
            }
            *words = [w1, w2, w3, next];
        }
    }

    /// The 16 words of a block.
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn words(block: &[u8; BLOCK]) -> [__m128i; 4] {
        let big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        let mut words = [big_endian; 4];
        for (to, quarter) in words.iter_mut().zip(block.as_chunks::<16>().0) {
            // A quarter has two halves: the other branch does not exist in the compiled code.
            if let [low, high] = quarter.as_chunks::<8>().0 {
                let both = _mm_set_epi64x(i64::from_le_bytes(*high), i64::from_le_bytes(*low));
                *to = _mm_shuffle_epi8(both, big_endian);
            }
        }
        words
    }

    /// Four words, the first one lowest.
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn vector(words: [u32; 4]) -> __m128i {
        let [w0, w1, w2, w3] = words.map(u32::cast_signed);
        _mm_set_epi32(w3, w2, w1, w0)
    }

    /// The state before the first block (FIPS 180-4, 5.3.3).
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn initial() -> State {
        State {
            abef: vector([0x9b05_688c, 0x510e_527f, 0xbb67_ae85, 0x6a09_e667]),
            cdgh: vector([0x5be0_cd19, 0x1f83_d9ab, 0xa54f_f53a, 0x3c6e_f372]),
        }
    }

    /// The words a to h as bytes.
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn digest(State { abef, cdgh }: State) -> Digest {
        let words = [
            _mm_extract_epi32::<3>(abef),
            _mm_extract_epi32::<2>(abef),
            _mm_extract_epi32::<3>(cdgh),
            _mm_extract_epi32::<2>(cdgh),
            _mm_extract_epi32::<1>(abef),
            _mm_extract_epi32::<0>(abef),
            _mm_extract_epi32::<1>(cdgh),
            _mm_extract_epi32::<0>(cdgh),
        ];
        let mut bytes = [0; 32];
        for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *to = word.to_be_bytes();
        }
        Digest::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use ring::digest::{SHA256, digest};

    use super::digests;

    fn of_ring(message: &[u8]) -> Vec<u8> {
        digest(&SHA256, message).as_ref().to_vec()
    }

    /// Bytes that repeat nowhere near.
    fn bytes(seed: u32, len: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_be_bytes()[0]
        };
        core::iter::repeat_with(next).take(len).collect()
    }

    /// Every length around one to four blocks, and a whole chunk of a sealed object with its tag.
    #[test]
    fn two_digests_are_those_of_ring() {
        for len in (0..=260).chain([4_095, 4_096, 65_552, 262_160]) {
            let (one, two) = (bytes(1, len), bytes(2, len));
            let Some(made) = digests([&one, &two]) else { return assert!(!expected_here()) };
            let made = made.map(|digest| digest.bytes().to_vec());
            assert_eq!(made, [of_ring(&one), of_ring(&two)], "{len} bytes");
        }
    }

    /// NIST, FIPS 180-4 examples: "abc" and the message of two blocks, each beside another message.
    #[test]
    fn published_digests() {
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let wanted = [
            (b"abc".as_slice(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (long.as_slice(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ];
        for (message, wanted) in wanted {
            let other = vec![0xff; message.len()];
            for (pair, place) in [([message, &other], 0), ([&other, message], 1)] {
                let Some(made) = digests(pair) else { return assert!(!expected_here()) };
                assert_eq!(made[place].to_string(), wanted);
            }
        }
    }

    #[test]
    fn unequal_lengths_are_left_to_others() {
        assert_eq!(digests([b"a", b""]), None);
        assert_eq!(digests([&[0; 64], &[0; 65]]), None);
    }

    /// Whether the system lists the instructions among those of this processor.
    fn expected_here() -> bool {
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        cpu.split_ascii_whitespace().any(|flag| flag == "sha_ni")
    }
}
