//! A data object, known by its digests.

use std::collections::BTreeMap;

use super::error::EvidenceError;
use crate::cert::{DigestAlgorithm, DigestState};

/// A data object, known by its digest under each algorithm that a record asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataObject(BTreeMap<DigestAlgorithm, Vec<u8>>);

impl DataObject {
    /// The object with this digest; `None` if its length is not the algorithm's.
    pub fn with(algorithm: DigestAlgorithm, digest: Vec<u8>) -> Option<Self> {
        (digest.len() == algorithm.length()).then(|| Self(BTreeMap::from([(algorithm, digest)])))
    }

    /// The object whose bytes these are.
    pub fn of(data: &[u8], algorithms: &[DigestAlgorithm]) -> Self {
        let mut hasher = ObjectHasher::new(algorithms);
        hasher.update(data);
        hasher.finish()
    }

    /// Its digest.
    pub fn digest(&self, algorithm: DigestAlgorithm) -> Option<&[u8]> {
        self.0.get(&algorithm).map(Vec::as_slice)
    }

    pub(super) fn need(&self, algorithm: DigestAlgorithm) -> Result<&[u8], EvidenceError> {
        self.digest(algorithm).ok_or(EvidenceError::DigestMissing(algorithm))
    }
}

/// Reads a data object piece by piece, whatever its size.
#[derive(Clone, Debug)]
pub struct ObjectHasher(BTreeMap<DigestAlgorithm, DigestState>);

impl ObjectHasher {
    /// A hasher for these algorithms.
    pub fn new(algorithms: &[DigestAlgorithm]) -> Self {
        Self(algorithms.iter().map(|algorithm| (*algorithm, algorithm.begin())).collect())
    }

    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.values_mut().for_each(|state| state.update(piece));
    }

    /// The object that was read.
    pub fn finish(self) -> DataObject {
        DataObject(self.0.into_iter().map(|(name, state)| (name, state.finish())).collect())
    }
}
