//! A place in a tick: what the hall commits to without telling that there is a bid.

use core::fmt;

use kaibiao_crypto::{Entropy, EntropyError, Hex, Suite};
use kaibiao_merkle::{InclusionError, leaf_hash, verify_inclusion};
use kaibiao_types::{Digest, PlaceNo, TickNo, UtcMillis};
use serde::{Deserialize, Serialize};

/// 32 random bytes that keep a commitment from being guessed until the freeze opens it.
///
/// `Debug` does not show them: before the freeze only the bidder's receipt may.
#[derive(Clone, Copy, Eq, PartialEq, Serialize, Deserialize)]
#[serde(from = "Hex<32>", into = "Hex<32>")]
pub struct Salt([u8; 32]);

/// Where a bid's commitment stands, and the salt that opens it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The tick.
    pub tick: TickNo,
    /// The place in it, from 0.
    pub no: PlaceNo,
    /// The salt of the commitment.
    pub salt: Salt,
}

impl Salt {
    /// A fresh salt.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source of randomness fails.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// A salt that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The 32 bytes of a used place:
/// `TH("place", salt, manifest_sha256, cms_sha256, u64 completed_at)`.
pub fn commitment(
    suite: &Suite,
    salt: &Salt,
    manifest_sha256: &Digest,
    cms_sha256: &Digest,
    completed_at: UtcMillis,
) -> Digest {
    suite.th(
        "place",
        &[
            salt.bytes(),
            manifest_sha256.bytes(),
            cms_sha256.bytes(),
            &completed_at.get().to_be_bytes(),
        ],
    )
}

/// Checks that `content` stands at place `no` of the tick of `places` places with this root.
///
/// # Errors
///
/// [`InclusionError`].
pub fn verify_place(
    content: &Digest,
    no: PlaceNo,
    places: u32,
    path: &[Digest],
    root: Digest,
) -> Result<(), InclusionError> {
    let leaf = leaf_hash(content.bytes());
    verify_inclusion(u64::from(no), u64::from(places), leaf, path, root)
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl From<Hex<32>> for Salt {
    fn from(hex: Hex<32>) -> Self {
        Self(hex.0)
    }
}

impl From<Salt> for Hex<32> {
    fn from(salt: Salt) -> Self {
        Self(salt.0)
    }
}
