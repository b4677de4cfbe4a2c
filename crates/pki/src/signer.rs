//! Who signs: a certificate chain, and a key that may lie anywhere.

use ring::rand::SecureRandom;

use crate::cert::{Certificate, SignatureAlgorithm};
use crate::cms::SignError;
use crate::identity::Chain;

/// A certificate chain and the key of its signer: a file, a token, something further away.
///
/// The key need not be trusted to be the right one: [`cms::assemble`](crate::cms::assemble) verifies
/// each value before it writes it.
pub trait Signer {
    /// The chain, the signer's certificate first.
    fn chain(&self) -> &Chain;

    /// Signs `message` (not its digest) by `algorithm`. ECDSA and SM2 values are DER (r, s), or the
    /// 64 octets `r || s`.
    ///
    /// # Errors
    ///
    /// [`SignError::Algorithm`] if the key does not sign that way; [`SignError::Signing`] or
    /// [`SignError::Outside`] if it does not sign now.
    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError>;

    /// The signer's certificate.
    fn certificate(&self) -> &Certificate {
        self.chain().signer()
    }
}
