//! The proof holds for its statement only, and its nonce never serves two challenges.

use super::*;
use crate::{SUITE_1, SUITE_SM};

/// Everything holds in every suite.
pub(crate) const BOTH: [&Suite; 2] = [&SUITE_1, &SUITE_SM];

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

/// A source that fails.
pub(crate) struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    assert!(text.len().is_multiple_of(2));
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

#[test]
fn holds_only_for_its_statement() {
    for suite in BOTH {
        let mut entropy = Seeded(1);
        let s = SecretScalar::random(suite, &mut entropy).unwrap();
        let u = SecretScalar::random(suite, &mut entropy).unwrap().base_mul();
        let (share, d) = (s.base_mul(), s.mul_point(&u).unwrap());
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
        let proof = good.prove(suite, &s, &mut entropy).unwrap();
        assert_eq!(good.verify(suite, &proof), Ok(()));

        let other = Digest::new([3; 32]);
        let wrong_d = d.add(&suite.generator()).unwrap();
        let two = CustodianIndex::new(2).unwrap();
        for bad in [
            Statement { ceremony_id: &other, ..good },
            Statement { context: &other, ..good },
            Statement { index: two, ..good },
            Statement { share: &u, ..good },
            Statement { u: &share, ..good },
            Statement { d: &wrong_d, ..good },
        ] {
            assert_eq!(bad.verify(suite, &proof), Err(ProofError));
        }
        let one = suite.number(1);
        assert!(good.verify(suite, &Proof { c: proof.c.add(&one).unwrap(), ..proof }).is_err());
        assert!(good.verify(suite, &Proof { z: proof.z.add(&one).unwrap(), ..proof }).is_err());
    }
}

#[test]
fn a_repeating_source_does_not_repeat_the_nonce_for_another_point() {
    for suite in BOTH {
        let s = SecretScalar::random(suite, &mut Seeded(1)).unwrap();
        let digest = Digest::new([5; 32]);
        let prove = |seed| {
            let u = SecretScalar::random(suite, &mut Seeded(seed)).unwrap().base_mul();
            let (share, d) = (s.base_mul(), s.mul_point(&u).unwrap());
            let index = CustodianIndex::new(1).unwrap();
            let statement = Statement {
                ceremony_id: &digest,
                context: &digest,
                index,
                share: &share,
                u: &u,
                d: &d,
            };
            let proof = statement.prove(suite, &s, &mut Seeded(99)).unwrap();
            lincomb(&[(&proof.z, &suite.generator()), (&proof.c.neg(), &share)])
        };
        assert_ne!(prove(10), prove(20));
        assert_eq!(prove(10), prove(10));
    }
}

/// Attack A24 in full: whatever changes the challenge changes the nonce, or the share would follow
/// from two responses.
#[test]
fn a_repeating_source_gives_every_statement_its_own_nonce() {
    for suite in BOTH {
        let mut entropy = Seeded(40);
        let s = SecretScalar::random(suite, &mut entropy).unwrap();
        let u = SecretScalar::random(suite, &mut entropy).unwrap().base_mul();
        let (share, d) = (s.base_mul(), s.mul_point(&u).unwrap());
        let (one, two) = (Digest::new([1; 32]), Digest::new([2; 32]));
        let index = |i| CustodianIndex::new(i).unwrap();
        let base = Statement {
            ceremony_id: &one,
            context: &one,
            index: index(1),
            share: &share,
            u: &u,
            d: &d,
        };
        let statements = [
            base,
            Statement { ceremony_id: &two, ..base },
            Statement { context: &two, ..base },
            Statement { index: index(2), ..base },
            Statement { share: &u, ..base },
            Statement { u: &share, ..base },
            Statement { d: &share, ..base },
        ];
        // A = z*G - c*(s*G): the commitment, whatever the statement claims.
        let commitments: std::collections::BTreeSet<[u8; 33]> = statements
            .iter()
            .map(|statement| {
                let proof = statement.prove(suite, &s, &mut Seeded(99)).unwrap();
                let a = lincomb(&[(&proof.z, &suite.generator()), (&proof.c.neg(), &share)]);
                a.unwrap().bytes()
            })
            .collect();
        assert_eq!(commitments.len(), statements.len());
        assert_eq!(base.prove(suite, &s, &mut Dry), Err(EntropyError.into()));
    }
}
