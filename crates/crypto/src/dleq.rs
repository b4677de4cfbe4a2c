//! The proof that a custodian raised a point with the very share it committed to
//! (Chaum and Pedersen 1992, strong Fiat-Shamir).

use kaibiao_types::{CustodianIndex, Digest};

use crate::{Entropy, EntropyError, Point, Scalar, SecretScalar, Suite, lincomb};

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
    /// [`EntropyError`] if the source of randomness failed.
    pub fn prove(
        &self,
        suite: &Suite,
        s: &SecretScalar,
        entropy: &mut dyn Entropy,
    ) -> Result<Proof, EntropyError> {
        let mut fresh = zeroize::Zeroizing::new([0_u8; 32]);
        entropy.fill(&mut *fresh)?;
        // Hedged nonce (attack A24): a repeating source does not repeat the nonce for another point.
        let nonce = suite.hash_to_scalar(
            "dleq-nonce",
            &[
                &*s.danger_bytes(),
                self.ceremony_id.bytes(),
                self.context.bytes(),
                &self.u.bytes(),
                &self.d.bytes(),
                &*fresh,
            ],
        );
        let nonce = SecretScalar::from_scalar(nonce).ok_or(EntropyError)?;
        let c = self.challenge(suite, &nonce.base_mul(), &nonce.mul_point(self.u));
        Ok(Proof { c, z: nonce.respond(&c, s) })
    }

    /// Checks a proof: `A = z*G - c*S`, `B = z*U - c*D`.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if it does not hold.
    pub fn verify(&self, suite: &Suite, proof: &Proof) -> Result<(), ProofError> {
        let minus_c = proof.c.neg();
        let a = lincomb(&[(&proof.z, &Point::generator()), (&minus_c, self.share)])
            .ok_or(ProofError)?;
        let b = lincomb(&[(&proof.z, self.u), (&minus_c, self.d)]).ok_or(ProofError)?;
        if self.challenge(suite, &a, &b) == proof.c { Ok(()) } else { Err(ProofError) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::SUITE_1;

    /// Repeatable bytes for tests.
    pub(crate) struct Seeded(pub(crate) u64);

    impl Entropy for Seeded {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            for chunk in out.chunks_mut(32) {
                self.0 += 1;
                let block = SUITE_1.hash(&self.0.to_be_bytes());
                chunk.copy_from_slice(&block.bytes()[..chunk.len()]);
            }
            Ok(())
        }
    }

    #[test]
    fn holds_only_for_its_statement() {
        let mut entropy = Seeded(1);
        let s = SecretScalar::random(&mut entropy).unwrap();
        let u = SecretScalar::random(&mut entropy).unwrap().base_mul();
        let (share, d) = (s.base_mul(), s.mul_point(&u));
        let (ceremony, context) = (Digest::new([1; 32]), Digest::new([2; 32]));
        let index = CustodianIndex::new(1).unwrap();
        let good = Statement {
            ceremony_id: &ceremony,
            context: &context,
            index,
            share: &share,
            u: &u,
            d: &d,
        };
        let proof = good.prove(&SUITE_1, &s, &mut entropy).unwrap();
        assert_eq!(good.verify(&SUITE_1, &proof), Ok(()));

        let other = Digest::new([3; 32]);
        let wrong_d = d.add(&Point::generator()).unwrap();
        let two = CustodianIndex::new(2).unwrap();
        for bad in [
            Statement { ceremony_id: &other, ..good },
            Statement { context: &other, ..good },
            Statement { index: two, ..good },
            Statement { share: &u, ..good },
            Statement { u: &share, ..good },
            Statement { d: &wrong_d, ..good },
        ] {
            assert_eq!(bad.verify(&SUITE_1, &proof), Err(ProofError));
        }
        let one = Scalar::from_u16(1);
        assert!(good.verify(&SUITE_1, &Proof { c: proof.c.add(&one), ..proof }).is_err());
        assert!(good.verify(&SUITE_1, &Proof { z: proof.z.add(&one), ..proof }).is_err());
    }

    #[test]
    fn a_repeating_source_does_not_repeat_the_nonce_for_another_point() {
        let s = SecretScalar::random(&mut Seeded(1)).unwrap();
        let digest = Digest::new([5; 32]);
        let prove = |seed| {
            let u = SecretScalar::random(&mut Seeded(seed)).unwrap().base_mul();
            let (share, d) = (s.base_mul(), s.mul_point(&u));
            let index = CustodianIndex::new(1).unwrap();
            let statement = Statement {
                ceremony_id: &digest,
                context: &digest,
                index,
                share: &share,
                u: &u,
                d: &d,
            };
            let proof = statement.prove(&SUITE_1, &s, &mut Seeded(99)).unwrap();
            lincomb(&[(&proof.z, &Point::generator()), (&proof.c.neg(), &share)])
        };
        assert_ne!(prove(10), prove(20));
        assert_eq!(prove(10), prove(10));
    }
}
