//! Who of a file signs: the key that has a certificate, and the certificate that may sign.

use ring::rand::SecureRandom;

use super::{Held, Pkcs12, Pkcs12Error};
use crate::cert::{Certificate, SerialTail};
use crate::identity::{Chain, Identity};
use crate::verified::{Usage, fits_usage};

/// A key and its certificate, by their places.
#[derive(Clone, Copy)]
struct Pair {
    key: usize,
    certificate: usize,
}

impl Pkcs12 {
    /// The one identity that signs; where there are several, the one whose certificate has this 尾号.
    ///
    /// A certificate belongs to a key whose public half it is about; where several are, `localKeyID`
    /// decides. The encryption certificate of a pair is never chosen. The chain is made of the other
    /// certificates in the file.
    ///
    /// # Errors
    ///
    /// [`Pkcs12Error`]: no key, no certificate for it, none that signs, or more than one.
    pub fn into_identity(
        mut self,
        tail: Option<&str>,
        rng: &dyn SecureRandom,
    ) -> Result<Identity, Pkcs12Error> {
        let mut signing = self.signing(rng)?;
        if let Some(tail) = tail {
            signing.retain(|pair| self.tail(*pair).is_some_and(|found| is_tail(found, tail)));
        }
        let pair = match *signing.as_slice() {
            [] => return Err(Pkcs12Error::NotFound(tail.unwrap_or_default().to_owned())),
            [pair] => pair,
            _ => {
                let tails = signing.iter().filter_map(|pair| self.tail(*pair)).collect();
                return Err(Pkcs12Error::Several(tails));
            }
        };
        let signer = self.certificates.swap_remove(pair.certificate).thing;
        let pool: Vec<Certificate> = self.certificates().cloned().collect();
        let key = self.keys.swap_remove(pair.key).thing;
        Ok(Identity::new(Chain::among(signer, &pool)?, key, rng)?)
    }

    /// The pairs whose certificate may sign, at least one.
    fn signing(&self, rng: &dyn SecureRandom) -> Result<Vec<Pair>, Pkcs12Error> {
        if self.keys.is_empty() {
            return Err(Pkcs12Error::NoKey);
        }
        let pairs = self.pairs(rng);
        let mut refused = None;
        let mut signing = Vec::new();
        for pair in &pairs {
            let Some(held) = self.certificates.get(pair.certificate) else { continue };
            match fits_usage(&held.thing, Usage::Sign) {
                Ok(()) => signing.push(*pair),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        if !signing.is_empty() {
            return Ok(signing);
        }
        let why = refused.or_else(|| self.unread.clone());
        Err(why.map_or(Pkcs12Error::NoCertificate, Pkcs12Error::Certificate))
    }

    /// Every key with its certificates.
    fn pairs(&self, rng: &dyn SecureRandom) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (place, key) in self.keys.iter().enumerate() {
            let fits = |held: &Held<Certificate>| key.thing.fits(&held.thing, rng).is_ok();
            let named =
                |held: &Held<Certificate>| key.local_id.is_some() && held.local_id == key.local_id;
            let all = self.certificates.iter().enumerate();
            let mut own: Vec<_> = all.filter(|(_, held)| fits(held)).collect();
            // A renewed certificate can be about the same key.
            if own.iter().any(|(_, held)| named(held)) {
                own.retain(|(_, held)| named(held));
            }
            pairs.extend(own.into_iter().map(|(certificate, _)| Pair { key: place, certificate }));
        }
        pairs
    }

    fn tail(&self, pair: Pair) -> Option<SerialTail> {
        self.certificates.get(pair.certificate).map(|held| held.thing.serial_tail())
    }
}

/// Whether a person means this one; letters count alike in both cases.
fn is_tail(found: SerialTail, meant: &str) -> bool {
    found.to_string().eq_ignore_ascii_case(meant)
}
