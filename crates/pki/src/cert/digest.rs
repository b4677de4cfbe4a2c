//! Digests by name, and of data that comes piece by piece.

use core::fmt;

use ring::digest;
use sm3::Digest as _;

use super::DigestAlgorithm;

/// A digest that is being computed.
#[derive(Clone)]
pub(crate) enum DigestState {
    Sha(digest::Context),
    Sm3(sm3::Sm3),
}

impl DigestAlgorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sm3];

    /// The name in trust lists and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Sm3 => "sm3",
        }
    }

    /// The algorithm of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(crate) fn begin(self) -> DigestState {
        let sha = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
            Self::Sm3 => return DigestState::Sm3(sm3::Sm3::new()),
        };
        DigestState::Sha(digest::Context::new(sha))
    }

    /// The digest of `bytes`.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut state = self.begin();
        state.update(bytes);
        state.finish()
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl DigestState {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Sha(state) => state.update(piece),
            Self::Sm3(state) => sm3::Digest::update(state, piece),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha(state) => state.finish().as_ref().to_vec(),
            Self::Sm3(state) => state.finalize().to_vec(),
        }
    }
}

impl fmt::Debug for DigestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestState").finish_non_exhaustive()
    }
}
