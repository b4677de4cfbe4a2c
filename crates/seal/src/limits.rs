//! Limits on outside input, in one place.

/// Plaintext bytes of one chunk: 2^18 (ruling 3).
pub const CHUNK_LEN: usize = 1 << CHUNK_LOG2;

/// The exponent as it stands in the header.
pub const CHUNK_LOG2: u8 = 18;

/// Bytes of one authentication tag.
pub const TAG_LEN: usize = kaibiao_crypto::TAG_LEN;

/// Bytes of one whole chunk in the sealed file: ciphertext and tag.
pub const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// Chunks of one upload part: leaves 32j to 32j+31, one subtree of the object (ruling 3).
pub const UPLOAD_PART_CHUNKS: usize = 32;

/// Bytes of one whole upload part: 8 MiB of ciphertext and 32 tags.
pub const UPLOAD_PART_LEN: usize = UPLOAD_PART_CHUNKS * SEALED_CHUNK_LEN;

/// Bytes of the longest header.
pub const HEADER_MAX: usize = 64 * 1024;

/// Bytes of the longest padded plaintext: 1 TiB, 2^22 chunks under one key.
pub const PADDED_MAX: u64 = 1 << 40;

/// Bytes before the plaintext inside the encryption: its length.
pub const LENGTH_PREFIX: u64 = 8;

/// Padded bytes of a fixed-size object (a price sheet), the length prefix included (ruling 1).
pub const BUCKET_LEN: u64 = 65_536;

/// Bytes of the shortest and longest RSA modulus of a bidder lock: 2,048 to 4,096 bits.
pub const RSA_MODULUS_BYTES: core::ops::RangeInclusive<usize> = 256..=512;

/// Bytes of the longest manifest.
pub const MANIFEST_MAX: usize = 64 * 1024;

/// Most parts of one bid: nine stages with three parts each.
pub const PARTS_MAX: usize = 27;

/// The greatest length in a manifest: 2^53 - 1, a safe integer in JSON.
pub const JSON_INTEGER_MAX: u64 = (1 << 53) - 1;
