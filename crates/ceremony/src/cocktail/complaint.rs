//! A complaint about an encrypted share that anyone can judge.
//!
//! The recipient opens the two Diffie-Hellman points from which the key of that one ciphertext
//! follows, and proves with its static key that they are the right ones. Then everybody decrypts the
//! ciphertext and sees what the recipient saw. Which bytes the sender posted is settled outside, by
//! its signature under the message (COCKTAIL-DKG, "Ciphertexts are not in the transcript", options 2
//! and 3).

use kaibiao_crypto::{Entropy, Hex, OperationError, Point, dleq};
use kaibiao_types::{CustodianIndex, Digest};
use serde::{Deserialize, Serialize};

use super::{DkgError, Round1, Session};
use crate::StaticKey;

/// A custodian's proof that the share sent to it does not decrypt, or does not fit its commitment.
///
/// It ends the key generation: the two points belong to this session alone, and static keys are
/// never used for a second one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// The sender of the share.
    pub accused: CustodianIndex,
    /// Its recipient, who complains.
    pub accuser: CustodianIndex,
    /// The accuser's static key times the sender's ephemeral key.
    pub ephemeral: Raised,
    /// The accuser's static key times the sender's static key.
    pub fixed: Raised,
}

/// A point multiplied by a static key, with the proof that it was that key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// The product.
    pub d: Hex<33>,
    /// The proof's challenge.
    pub c: Hex<32>,
    /// The proof's response.
    pub z: Hex<32>,
}

/// Why a complaint proves nothing against the accused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ComplaintError {
    /// The key is not the static key of the accuser's seat.
    #[error("the key is not the static key of custodian {0}")]
    Key(CustodianIndex),
    /// The message itself is broken; that proves itself and needs no complaint.
    #[error("the message needs no complaint")]
    Message(#[source] DkgError),
    /// The accuser's points are malformed or not those of its static key.
    #[error("the complaint of custodian {0} does not hold")]
    Proof(CustodianIndex),
    /// The proofs could not be made: no randomness.
    #[error("the complaint could not be made")]
    Prove(#[from] OperationError),
    /// Accuser or accused has no seat in this key generation.
    #[error("custodian {0} has no seat in this key generation")]
    Seat(CustodianIndex),
    /// The share decrypts and fits: the complaint of this custodian is false.
    #[error("the share is good: the complaint of custodian {0} is unfounded")]
    Unfounded(CustodianIndex),
}

impl ComplaintError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Message(error) => error.label(),
            Self::Key(_) | Self::Proof(_) | Self::Seat(_) => "E_DKG_COMPLAINT",
            Self::Prove(error) => error.label(),
            Self::Unfounded(_) => "E_DKG_UNFOUNDED",
        }
    }
}

impl Session {
    /// Complains about the share in `message`, the first-round message of `accused`.
    ///
    /// # Errors
    ///
    /// [`ComplaintError::Unfounded`] if there is nothing to complain about; the others as named.
    pub fn complain(
        &self,
        accuser: CustodianIndex,
        key: &StaticKey,
        accused: CustodianIndex,
        message: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Complaint, ComplaintError> {
        if self.static_key(accuser) != Some(&key.public()) {
            return Err(ComplaintError::Key(accuser));
        }
        let sender_key = *self.static_key(accused).ok_or(ComplaintError::Seat(accused))?;
        let parsed = self.proven_round1(accused, message).map_err(ComplaintError::Message)?;
        if self.own_share(accuser, key, accused, &parsed).is_ok() {
            return Err(ComplaintError::Unfounded(accuser));
        }
        let context = self.complaint_context(accuser, accused, message);
        let mut raise = |base: &Point| {
            let d = key.0.mul_point(base).ok_or(OperationError::Curve)?;
            let share = key.public();
            let statement = self.statement(&context, accuser, &share, base, &d);
            let proof = statement.prove(self.suite, &key.0, entropy)?;
            Ok::<_, OperationError>(Raised { d: d.hex(), c: proof.c.hex(), z: proof.z.hex() })
        };
        let (ephemeral, fixed) = (raise(&parsed.ephemeral)?, raise(&sender_key)?);
        Ok(Complaint { accused, accuser, ephemeral, fixed })
    }

    /// Judges a complaint from public bytes: `message` is the first-round message that the accused
    /// signed. The result is what it proves against the accused, [`DkgError::Decrypt`] or
    /// [`DkgError::Share`].
    ///
    /// # Errors
    ///
    /// [`ComplaintError`] if it proves nothing; a false complaint falls back on the accuser.
    pub fn judge(&self, complaint: &Complaint, message: &[u8]) -> Result<DkgError, ComplaintError> {
        let Complaint { accused, accuser, ephemeral, fixed } = complaint;
        let sender_key = *self.static_key(*accused).ok_or(ComplaintError::Seat(*accused))?;
        let recipient_key = self.static_key(*accuser).ok_or(ComplaintError::Seat(*accuser))?;
        let parsed = self.proven_round1(*accused, message).map_err(ComplaintError::Message)?;
        let context = self.complaint_context(*accuser, *accused, message);
        let check = |raised: &Raised, base: &Point| {
            let d = self.suite.point(&raised.d.0).ok()?;
            let (c, z) =
                (self.suite.scalar(&raised.c.0).ok()?, self.suite.scalar(&raised.z.0).ok()?);
            let statement = self.statement(&context, *accuser, recipient_key, base, &d);
            statement.verify(self.suite, &dleq::Proof { c, z }).ok().map(|()| d)
        };
        let bases = (check(ephemeral, &parsed.ephemeral), check(fixed, &sender_key));
        let (Some(one), Some(two)) = bases else { return Err(ComplaintError::Proof(*accuser)) };
        match self.open_share(&[one, two], *accuser, *accused, &parsed) {
            Err(found) => Ok(found),
            Ok(_good) => Err(ComplaintError::Unfounded(*accuser)),
        }
    }

    /// A first-round message that is well formed and proves possession.
    fn proven_round1(&self, index: CustodianIndex, message: &[u8]) -> Result<Round1, DkgError> {
        let parsed = self.read_round1(index, message)?;
        self.check_pop(index, &parsed)?;
        Ok(parsed)
    }

    /// `TH("complaint", context, u16 accuser, u16 accused, message)`: the proofs hold for this very
    /// message in this session only.
    fn complaint_context(
        &self,
        accuser: CustodianIndex,
        accused: CustodianIndex,
        message: &[u8],
    ) -> Digest {
        let numbers = [accuser, accused].map(|index| index.get().to_be_bytes());
        let [accuser, accused] = &numbers;
        self.suite.th("complaint", &[self.context.bytes(), accuser, accused, message])
    }

    fn statement<'a>(
        &'a self,
        context: &'a Digest,
        accuser: CustodianIndex,
        share: &'a Point,
        u: &'a Point,
        d: &'a Point,
    ) -> dleq::Statement<'a> {
        dleq::Statement { ceremony_id: &self.context, context, index: accuser, share, u, d }
    }
}

#[cfg(test)]
mod tests;
