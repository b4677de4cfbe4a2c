//! The proof that a custodian raised a point with the very share it committed to
//! (Chaum and Pedersen 1992, strong Fiat-Shamir).

use kaibiao_types::{CustodianIndex, Digest};

use crate::{Entropy, EntropyError, OperationError, Point, Scalar, SecretScalar, Suite, lincomb};

/// `D = s*U` and `S = s*G` have the same s.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proof {
    /// The challenge.
    pub c: Scalar,
    /// The response.
    pub z: Scalar,
}

/// What a proof is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The ceremony.
    pub ceremony_id: &'a Digest,
    /// The freeze (or the rehearsal or draw context) that allowed the point to be raised.
    pub context: &'a Digest,
    /// The custodian.
    pub index: CustodianIndex,
    /// Its public share S.
    pub share: &'a Point,
    /// The point raised, U.
    pub u: &'a Point,
    /// The result, D.
    pub d: &'a Point,
}

/// The proof does not hold: the partial result is dropped and its custodian named.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the proof of the partial decryption does not hold")]
pub struct ProofError;

impl ProofError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        "E_DLEQ"
    }
}

impl Statement<'_> {
    fn challenge(&self, suite: &Suite, a: &Point, b: &Point) -> Scalar {
        suite.hash_to_scalar(
            "dleq",
            &[
                self.ceremony_id.bytes(),
                self.context.bytes(),
                &self.index.get().to_be_bytes(),
                &self.share.bytes(),
                &self.u.bytes(),
                &self.d.bytes(),
                &a.bytes(),
                &b.bytes(),
            ],
        )
    }

    /// Proves the statement with the share `s`.
    ///
    /// # Errors
    ///
    /// [`OperationError`] if share and point are not of the suite's curve, or the source of
    /// randomness failed.
    pub fn prove(
        &self,
        suite: &Suite,
        s: &SecretScalar,
        entropy: &mut dyn Entropy,
    ) -> Result<Proof, OperationError> {
        let mut fresh = zeroize::Zeroizing::new([0_u8; 32]);
        entropy.fill(&mut *fresh)?;
        // Hedged nonce (attack A24): it hashes everything that the challenge depends on, so a source
        // that repeats cannot give one nonce two challenges, which would reveal the share.
        let nonce = suite.hash_to_scalar(
            "dleq-nonce",
            &[
                &*s.danger_bytes(),
                self.ceremony_id.bytes(),
                self.context.bytes(),
                &self.index.get().to_be_bytes(),
                &self.share.bytes(),
                &self.u.bytes(),
                &self.d.bytes(),
                &*fresh,
            ],
        );
        let nonce = SecretScalar::from_scalar(nonce).ok_or(EntropyError)?;
        let b = nonce.mul_point(self.u).ok_or(OperationError::Curve)?;
        let c = self.challenge(suite, &nonce.base_mul(), &b);
        Ok(Proof { c, z: nonce.respond(&c, s).ok_or(OperationError::Curve)? })
    }

    /// Checks a proof: `A = z*G - c*S`, `B = z*U - c*D`.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if it does not hold.
    pub fn verify(&self, suite: &Suite, proof: &Proof) -> Result<(), ProofError> {
        let minus_c = proof.c.neg();
        let a =
            lincomb(&[(&proof.z, &suite.generator()), (&minus_c, self.share)]).ok_or(ProofError)?;
        let b = lincomb(&[(&proof.z, self.u), (&minus_c, self.d)]).ok_or(ProofError)?;
        if self.challenge(suite, &a, &b) == proof.c { Ok(()) } else { Err(ProofError) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
