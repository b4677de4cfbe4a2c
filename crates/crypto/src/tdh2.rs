//! The public well-formedness proof of a ceremony lock (TDH2, Shoup and Gennaro 1998).
//!
//! It binds U to one ceremony and one sealed header, so that a competitor's lock can be neither
//! copied nor re-randomised into another bid, and anyone can check it before a custodian acts.

use crate::{
    Entropy, EntropyError, Hex, OperationError, Point, PointError, Scalar, SecretScalar, Suite,
};

/// The proof as it stands in a sealed header: 97 bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proof {
    /// `r * Gbar`.
    pub ubar: Point,
    /// The challenge.
    pub e: Scalar,
    /// The response.
    pub f: Scalar,
}

/// One ceremony's key and second generator, computed once for many proofs.
#[derive(Clone, Debug)]
pub struct Bases {
    suite: &'static Suite,
    ceremony_id: [u8; 32],
    key: Point,
    gbar: Point,
}

/// The proof does not hold for this lock in this ceremony and context.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the well-formedness proof does not hold")]
pub struct ProofError;

impl ProofError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        "E_TDH2"
    }
}

impl Bases {
    /// Derives the second generator from the ceremony.
    ///
    /// # Errors
    ///
    /// [`PointError::NotOnCurve`] if the key is of another curve than the suite's; [`PointError`] in
    /// the one case in 2^256 where no generator results.
    pub fn new(
        suite: &'static Suite,
        ceremony_id: [u8; 32],
        key: Point,
    ) -> Result<Self, PointError> {
        if !suite.has(&key) {
            return Err(PointError::NotOnCurve);
        }
        let gbar = suite.hash_to_point("tdh2-gbar", &[&ceremony_id])?;
        Ok(Self { suite, ceremony_id, key, gbar })
    }

    /// The ceremony key Y.
    pub const fn key(&self) -> &Point {
        &self.key
    }

    /// The ceremony's id.
    pub const fn ceremony_id(&self) -> &[u8; 32] {
        &self.ceremony_id
    }

    /// Proves knowledge of `r` with `U = r*G` and `Ubar = r*Gbar`, bound to `label` (32 bytes).
    ///
    /// # Errors
    ///
    /// [`OperationError`] if `r` is not of the suite's curve, or the source of randomness failed.
    pub fn prove(
        &self,
        u: &Point,
        r: &SecretScalar,
        label: &[u8; 32],
        entropy: &mut dyn Entropy,
    ) -> Result<Proof, OperationError> {
        let ubar = r.mul_point(&self.gbar).ok_or(OperationError::Curve)?;
        let mut fresh = zeroize::Zeroizing::new([0_u8; 32]);
        entropy.fill(&mut *fresh)?;
        // Hedged nonce (attack A24): it hashes everything that the challenge depends on, so a source
        // that repeats cannot give one nonce two challenges, which would reveal r.
        let nonce = self.suite.hash_to_scalar(
            "tdh2-nonce",
            &[&*r.danger_bytes(), &self.ceremony_id, &self.key.bytes(), &u.bytes(), label, &*fresh],
        );
        let nonce = SecretScalar::from_scalar(nonce).ok_or(EntropyError)?;
        let wbar = nonce.mul_point(&self.gbar).ok_or(OperationError::Curve)?;
        let e = self.challenge(u, &ubar, &nonce.base_mul(), &wbar, label);
        Ok(Proof { ubar, e, f: nonce.respond(&e, r).ok_or(OperationError::Curve)? })
    }

    /// Checks a proof: `W = f*G - e*U`, `Wbar = f*Gbar - e*Ubar`, and the challenge over all of them.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if it does not hold.
    pub fn verify(&self, u: &Point, label: &[u8; 32], proof: &Proof) -> Result<(), ProofError> {
        let minus_e = proof.e.neg();
        let generator = self.suite.generator();
        let w = crate::lincomb(&[(&proof.f, &generator), (&minus_e, u)]).ok_or(ProofError)?;
        let wbar =
            crate::lincomb(&[(&proof.f, &self.gbar), (&minus_e, &proof.ubar)]).ok_or(ProofError)?;
        let expected = self.challenge(u, &proof.ubar, &w, &wbar, label);
        if expected == proof.e { Ok(()) } else { Err(ProofError) }
    }

    fn challenge(
        &self,
        u: &Point,
        ubar: &Point,
        w: &Point,
        wbar: &Point,
        label: &[u8; 32],
    ) -> Scalar {
        self.suite.hash_to_scalar(
            "tdh2",
            &[
                &self.ceremony_id,
                &self.key.bytes(),
                &u.bytes(),
                &ubar.bytes(),
                &self.gbar.bytes(),
                &w.bytes(),
                &wbar.bytes(),
                label,
            ],
        )
    }
}

impl Proof {
    /// `Ubar || e || f`.
    pub fn bytes(&self) -> [u8; 97] {
        let joined = [self.ubar.bytes().as_slice(), &self.e.bytes(), &self.f.bytes()].concat();
        let mut out = [0; 97];
        for (to, from) in out.iter_mut().zip(joined) {
            *to = from;
        }
        out
    }

    /// Reads `Ubar || e || f`.
    ///
    /// # Errors
    ///
    /// [`PointError`] if the point or a scalar is not canonical.
    pub fn read(suite: &Suite, bytes: &[u8; 97]) -> Result<Self, PointError> {
        let (ubar, rest) = bytes.split_at(33);
        let (e, f) = rest.split_at(32);
        Ok(Self { ubar: suite.point(ubar)?, e: suite.scalar(e)?, f: suite.scalar(f)? })
    }

    /// The hexadecimal form.
    pub fn hex(&self) -> Hex<97> {
        Hex(self.bytes())
    }
}

#[cfg(test)]
mod tests;
