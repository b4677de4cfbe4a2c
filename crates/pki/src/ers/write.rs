//! Writes records, and stamps them again.

use super::error::EvidenceError;
use super::read::Record;
use super::tree::HashTree;
use crate::cert::DigestAlgorithm;
use crate::der;
use crate::limits::{EVIDENCE_RECORD_BYTES_MAX, RENEWALS_MAX};
use crate::tsp::{Imprint, intact_with};

/// What to have stamped for a record over the group of objects with these digests: the digest itself
/// of one, of several the digest of all in ascending order. Equal digests count once.
///
/// # Errors
///
/// As [`HashTree::new`].
///
/// # Source
///
/// RFC 4998, 4.2.
pub fn imprint(algorithm: DigestAlgorithm, digests: &[Vec<u8>]) -> Result<Imprint, EvidenceError> {
    HashTree::new(algorithm, &[digests.to_vec()]).map(|tree| tree.imprint().clone())
}

/// A new record over the group of objects with these digests, with a token over [`imprint`].
///
/// # Errors
///
/// As [`HashTree::new`] and [`HashTree::begin`].
///
/// # Source
///
/// RFC 4998, 3.1, 4.1.
pub fn begin(
    algorithm: DigestAlgorithm,
    digests: &[Vec<u8>],
    token: &[u8],
) -> Result<Vec<u8>, EvidenceError> {
    HashTree::new(algorithm, &[digests.to_vec()])?.begin(0, token)
}

impl HashTree {
    /// A new record over one group of the tree, by its place from 0, with a token over
    /// [`imprint`](Self::imprint).
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Stamp`] if the token is another's; trust in its authority is not judged.
    /// [`EvidenceError::NotCovered`] if there is no such group.
    ///
    /// # Source
    ///
    /// RFC 4998, 4.2.2.
    pub fn begin(&self, place: usize, token: &[u8]) -> Result<Vec<u8>, EvidenceError> {
        let chain = self.chain(place, token, 1)?;
        bounded(der::sequence(&[
            &der::integer_u8(1),
            &der::sequence(&[self.imprint().algorithm().identifier()]),
            &der::sequence(&[&chain]),
        ]))
    }

    /// A chain of one stamp, which is this one of its record.
    pub(super) fn chain(
        &self,
        place: usize,
        token: &[u8],
        number: usize,
    ) -> Result<Vec<u8>, EvidenceError> {
        intact_with(token, self.imprint())
            .map_err(|source| EvidenceError::Stamp { number, source })?;
        let lists = self.reduced(place).ok_or(EvidenceError::NotCovered)?;
        let list = |digests: Vec<&[u8]>| {
            let octets: Vec<Vec<u8>> =
                digests.iter().map(|digest| der::tlv(der::OCTET_STRING, &[digest])).collect();
            der::sequence(&[&octets.concat()])
        };
        let lists: Vec<Vec<u8>> = lists.into_iter().map(list).collect();
        let tree = der::tlv(der::CONTEXT_2, &[&lists.concat()]);
        Ok(der::sequence(&[&der::sequence(&[&tree, token])]))
    }
}

/// What to have stamped to renew the time stamp of a record: its newest token.
///
/// # Errors
///
/// [`EvidenceError`]: the record is not in the profile.
///
/// # Source
///
/// RFC 4998, 5.2.
pub fn renewal_imprint(record: &[u8]) -> Result<Imprint, EvidenceError> {
    Record::read(record)?.renewal_imprint()
}

/// The record with one more token, over [`renewal_imprint`].
///
/// # Errors
///
/// [`EvidenceError::Stamp`] if the token is another's; [`EvidenceError::OutOfProfile`] after 63
/// renewals.
pub fn renew(record: &[u8], token: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    let record = Record::read(record)?;
    let number = record.next_number()?;
    intact_with(token, &record.renewal_imprint()?)
        .map_err(|source| EvidenceError::Stamp { number, source })?;
    let newest = record.chains.last().ok_or(EvidenceError::NotCovered)?;
    let before = record.sequence.strip_suffix(newest.raw).unwrap_or_default();
    let chain = der::sequence(&[newest.value, &der::sequence(&[token])]);
    record.with_sequence(record.algorithms, &[before, &chain])
}

impl Record<'_> {
    fn renewal_imprint(&self) -> Result<Imprint, EvidenceError> {
        let newest = self.chains.last().ok_or(EvidenceError::NotCovered)?;
        Ok(Imprint::of(newest.algorithm, newest.last().token))
    }

    /// The number that the next stamp of this record has.
    pub(super) fn next_number(&self) -> Result<usize, EvidenceError> {
        let count = self.chains.last().map_or(0, |chain| chain.last().number);
        if count < RENEWALS_MAX {
            Ok(count + 1)
        } else {
            Err(EvidenceError::OutOfProfile("more than 64 time stamps"))
        }
    }

    /// This record with other digest algorithms and chains.
    pub(super) fn with_sequence(
        &self,
        algorithms: &[u8],
        chains: &[&[u8]],
    ) -> Result<Vec<u8>, EvidenceError> {
        bounded(der::sequence(&[
            self.version,
            &der::sequence(&[algorithms]),
            &der::sequence(chains),
        ]))
    }
}

fn bounded(record: Vec<u8>) -> Result<Vec<u8>, EvidenceError> {
    if record.len() > EVIDENCE_RECORD_BYTES_MAX {
        return Err(EvidenceError::TooLarge(record.len()));
    }
    Ok(record)
}
