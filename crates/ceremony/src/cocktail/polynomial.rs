//! Values of polynomials: secret ones, and committed ones in the exponent.

use kaibiao_crypto::{Point, Scalar, SecretScalar, Suite};
use zeroize::Zeroizing;

/// The value of a secret polynomial at a custodian's number, as 32 bytes.
pub(crate) fn evaluate(suite: &Suite, polynomial: &[SecretScalar], at: u16) -> Zeroizing<[u8; 32]> {
    // Horner's rule. `None` stands for zero, which a secret cannot be; every intermediate is wiped.
    let at = suite.number(at);
    let mut total: Option<SecretScalar> = None;
    for coefficient in polynomial.iter().rev() {
        let raised = total.and_then(|total| total.mul(&at));
        total = match raised {
            None => coefficient.mul(&suite.number(1)),
            Some(raised) => raised.add(coefficient),
        };
    }
    total.map_or_else(|| Zeroizing::new([0; 32]), |total| total.danger_bytes())
}

/// The value of a committed polynomial at a custodian's number; `None` if it is the identity.
pub(crate) fn evaluate_public(suite: &Suite, commitment: &[Point], at: u16) -> Option<Point> {
    let at = suite.number(at);
    let mut power = suite.number(1);
    let mut terms = Vec::new();
    for point in commitment {
        terms.push((power, *point));
        power = power.mul(&at)?;
    }
    let terms: Vec<(&Scalar, &Point)> =
        terms.iter().map(|(scalar, point)| (scalar, point)).collect();
    kaibiao_crypto::lincomb(&terms)
}
