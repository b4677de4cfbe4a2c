//! COCKTAIL-DKG (C2SP cocktail-dkg.md v0.2.1), sans-IO: `COCKTAIL(P-256, SHA-256)` in suite 1, the
//! same protocol with the algorithms of suite 0x0101 as a private extension.
//!
//! The coordinator only relays: every participant receives the complete ordered list of first-round
//! messages (which the specification allows in place of per-recipient projections), then the list
//! of signatures. A participant's state between the rounds is its static key alone.

use kaibiao_crypto::{Entropy, Hex, Point, SecretScalar, Suite};
use kaibiao_types::{CustodianIndex, Digest, Threshold};
use zeroize::Zeroizing;

use crate::schnorr::{self, SIGNATURE_LEN};
use crate::{KeyShare, StaticKey};

mod complaint;
mod error;
mod message;
mod polynomial;

pub use complaint::{Complaint, ComplaintError, Raised};
pub use error::{DkgError, SetupError};
pub use message::Round1;
use polynomial::{evaluate, evaluate_public};

/// One key generation: parameters that every participant must agree on before it begins.
#[derive(Clone, Debug)]
pub struct Session {
    suite: &'static Suite,
    context: Digest,
    n: u16,
    k: u16,
    statics: Vec<Point>,
    extension: Vec<u8>,
}

/// What a participant has after the second round. The share counts only once
/// [`Session::check_certificate`] has accepted all signatures.
#[derive(Debug)]
pub struct Outcome {
    /// This participant's share.
    pub share: KeyShare,
    /// The ceremony key Y.
    pub key: Point,
    /// The public shares `S_1` to `S_n`.
    pub public_shares: Vec<Point>,
    /// The canonical transcript, to be certified by all.
    pub transcript: Vec<u8>,
    /// This participant's signature over the transcript.
    pub signature: Hex<SIGNATURE_LEN>,
}

impl Session {
    /// Fixes the parameters; the context binds session, ciphersuite and the ordered static keys.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if the keys do not fit the threshold or are not distinct.
    pub fn new(
        suite: &'static Suite,
        session_id: &[u8],
        threshold: Threshold,
        statics: Vec<Point>,
        extension: Vec<u8>,
    ) -> Result<Self, SetupError> {
        if statics.len() != usize::from(threshold.n()) {
            return Err(SetupError::KeyCount { keys: statics.len(), n: threshold.n() });
        }
        let distinct: std::collections::BTreeSet<_> = statics.iter().map(Point::bytes).collect();
        if distinct.len() != statics.len() {
            return Err(SetupError::DuplicateKey);
        }
        if !statics.iter().all(|key| suite.has(key)) {
            return Err(SetupError::Curve);
        }
        let mut hasher = suite.hasher();
        hasher.update(b"COCKTAIL-DKG-CONTEXT");
        for field in [session_id, suite.dkg_ciphersuite().as_bytes()] {
            hasher.update(&length(field).to_be_bytes());
            hasher.update(field);
        }
        hasher.update(&u32::from(threshold.n()).to_le_bytes());
        for key in &statics {
            hasher.update(&key.bytes());
        }
        Ok(Self {
            suite,
            context: hasher.finish(),
            n: threshold.n(),
            k: threshold.k(),
            statics,
            extension,
        })
    }

    /// The context string (32 bytes).
    pub const fn context(&self) -> &Digest {
        &self.context
    }

    /// Round 1: a fresh polynomial, its commitment, and one encrypted share for each participant.
    ///
    /// Call once per session and store the message before sending it: a second call gives another
    /// polynomial, and two messages by one participant end the key generation.
    ///
    /// # Errors
    ///
    /// [`DkgError::Entropy`] if the source of randomness failed; [`DkgError::Inconsistent`] if
    /// `key` is not the static key at `index`.
    pub fn round1(
        &self,
        index: CustodianIndex,
        key: &StaticKey,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, DkgError> {
        let mut secret = || SecretScalar::random(self.suite, entropy);
        let polynomial = (0..self.k).map(|_| secret()).collect::<Result<Vec<_>, _>>()?;
        let ephemeral = secret()?;
        self.message(index, key, &polynomial, &ephemeral, &[])
    }

    /// The first-round message of given secrets.
    fn message(
        &self,
        index: CustodianIndex,
        key: &StaticKey,
        polynomial: &[SecretScalar],
        ephemeral: &SecretScalar,
        payload: &[u8],
    ) -> Result<Vec<u8>, DkgError> {
        if self.static_key(index) != Some(&key.public()) {
            return Err(DkgError::Inconsistent);
        }
        let constant = polynomial.first().ok_or(DkgError::Inconsistent)?;
        let commitment: Vec<Point> = polynomial.iter().map(SecretScalar::base_mul).collect();
        let ephemeral_public = ephemeral.base_mul();
        let proven = self.pop_message(&commitment, &ephemeral_public);
        let pop = schnorr::sign(self.suite, constant, &proven).ok_or(DkgError::Inconsistent)?;

        let mut out: Vec<u8> = commitment.iter().flat_map(Point::bytes).collect();
        out.extend_from_slice(&pop);
        out.extend_from_slice(&ephemeral_public.bytes());
        for (recipient, public) in (1_u16..).zip(&self.statics) {
            let mut plaintext =
                Zeroizing::new(evaluate(self.suite, polynomial, recipient).to_vec());
            plaintext.extend_from_slice(payload);
            let shared = exchange([ephemeral, &key.0], [public, public])?;
            let (aead_key, nonce) =
                self.share_key(&shared, &ephemeral_public, &key.public(), public);
            let sealed = self.suite.seal_share(&aead_key, &nonce, &plaintext);
            let sealed = sealed.map_err(|_| DkgError::Inconsistent)?;
            out.extend_from_slice(&length(&sealed).to_be_bytes());
            out.extend_from_slice(&sealed);
        }
        Ok(out)
    }

    /// Reads one first-round message of custodian `index`: exactly k points, n ciphertexts, no rest.
    ///
    /// # Errors
    ///
    /// [`DkgError::Degree`] or [`DkgError::Parse`] naming the custodian.
    pub fn read_round1(&self, index: CustodianIndex, message: &[u8]) -> Result<Round1, DkgError> {
        Round1::read(self.suite, self.n, self.k, message).map_err(|_| {
            match Round1::commitment_points(self.n, message) {
                Some(points) if points != self.k => DkgError::Degree(index),
                _ => DkgError::Parse(index),
            }
        })
    }

    /// Round 2: checks every message, decrypts and checks the own shares, signs the transcript.
    ///
    /// `messages` holds the n first-round messages in custodian order, the own one included.
    ///
    /// # Errors
    ///
    /// [`DkgError`] names the first custodian at fault; nothing may then be used. A `key` that is
    /// not the static key at `index` is [`DkgError::Inconsistent`] and blames nobody.
    pub fn round2(
        &self,
        index: CustodianIndex,
        key: &StaticKey,
        messages: &[Vec<u8>],
    ) -> Result<Outcome, DkgError> {
        // With another key every share would seem not to decrypt, and its sender would be blamed.
        if self.static_key(index) != Some(&key.public()) {
            return Err(DkgError::Inconsistent);
        }
        let parsed = self.check_round1(messages)?;
        let secret = self.sum_shares(index, key, &parsed)?;
        let (ceremony_key, public_shares) = self.public_results(&parsed)?;
        let own = public_shares.get(usize::from(index.get() - 1));
        if own != Some(&secret.base_mul()) {
            return Err(DkgError::Inconsistent);
        }
        let transcript = self.transcript(&parsed);
        let signature =
            schnorr::sign(self.suite, &key.0, &transcript).ok_or(DkgError::Inconsistent)?;
        let share = KeyShare { suite: self.suite, index, secret };
        Ok(Outcome {
            share,
            key: ceremony_key,
            public_shares,
            transcript,
            signature: Hex(signature),
        })
    }

    /// Round 3: accepts the result only if all n custodians signed this very transcript.
    ///
    /// # Errors
    ///
    /// [`DkgError::Certificate`] names the first custodian whose signature does not hold.
    pub fn check_certificate(
        &self,
        transcript: &[u8],
        signatures: &[Hex<SIGNATURE_LEN>],
    ) -> Result<(), DkgError> {
        if signatures.len() != self.statics.len() {
            return Err(DkgError::MessageCount(self.n));
        }
        for ((index, key), signature) in indexes().zip(&self.statics).zip(signatures) {
            if !schnorr::verify(self.suite, key, transcript, &signature.0) {
                return Err(DkgError::Certificate(index));
            }
        }
        Ok(())
    }

    /// What the public part of the messages gives: Y and `S_1` to `S_n`, after all public checks.
    ///
    /// # Errors
    ///
    /// [`DkgError`] names the first custodian whose message does not hold.
    pub fn public_outcome(
        &self,
        messages: &[Vec<u8>],
    ) -> Result<(Point, Vec<Point>, Vec<u8>), DkgError> {
        let parsed = self.check_round1(messages)?;
        let (key, shares) = self.public_results(&parsed)?;
        Ok((key, shares, self.transcript(&parsed)))
    }

    /// Reads all messages and checks their proofs of possession.
    fn check_round1(&self, messages: &[Vec<u8>]) -> Result<Vec<Round1>, DkgError> {
        if messages.len() != self.statics.len() {
            return Err(DkgError::MessageCount(self.n));
        }
        let mut parsed = Vec::new();
        for (index, message) in indexes().zip(messages) {
            let message = self.read_round1(index, message)?;
            self.check_pop(index, &message)?;
            parsed.push(message);
        }
        Ok(parsed)
    }

    fn check_pop(&self, index: CustodianIndex, message: &Round1) -> Result<(), DkgError> {
        let constant = message.commitment.first().ok_or(DkgError::Parse(index))?;
        let proven = self.pop_message(&message.commitment, &message.ephemeral);
        if schnorr::verify(self.suite, constant, &proven, &message.pop) {
            Ok(())
        } else {
            Err(DkgError::Pop(index))
        }
    }

    /// The sum of all shares sent to one custodian: its share of the ceremony key.
    fn sum_shares(
        &self,
        index: CustodianIndex,
        key: &StaticKey,
        messages: &[Round1],
    ) -> Result<SecretScalar, DkgError> {
        let mut sum: Option<SecretScalar> = None;
        for (sender, message) in indexes().zip(messages) {
            let share = self.own_share(index, key, sender, message)?;
            sum = match sum {
                None => Some(share),
                Some(sum) => Some(sum.add(&share).ok_or(DkgError::Inconsistent)?),
            };
        }
        sum.ok_or(DkgError::MessageCount(self.n))
    }

    /// The share of the static key's owner, from the first-round messages alone (COCKTAIL-DKG,
    /// "Share Recovery", steps 4 to 7).
    ///
    /// The messages must have been checked against record and certificate before.
    ///
    /// # Errors
    ///
    /// [`DkgError`] names the first custodian whose message does not give its share.
    pub(crate) fn recover(
        &self,
        index: CustodianIndex,
        key: &StaticKey,
        messages: &[Vec<u8>],
    ) -> Result<KeyShare, DkgError> {
        let parsed = self.check_round1(messages)?;
        Ok(KeyShare { suite: self.suite, index, secret: self.sum_shares(index, key, &parsed)? })
    }

    fn own_share(
        &self,
        index: CustodianIndex,
        key: &StaticKey,
        sender: CustodianIndex,
        message: &Round1,
    ) -> Result<SecretScalar, DkgError> {
        let sender_key = self.static_key(sender).ok_or(DkgError::Parse(sender))?;
        let shared = exchange([&key.0, &key.0], [&message.ephemeral, sender_key])?;
        self.open_share(&shared, index, sender, message)
    }

    /// Decrypts one share with the two Diffie-Hellman points of sender and recipient, and checks it.
    fn open_share(
        &self,
        shared: &[Point; 2],
        index: CustodianIndex,
        sender: CustodianIndex,
        message: &Round1,
    ) -> Result<SecretScalar, DkgError> {
        let sender_key = self.static_key(sender).ok_or(DkgError::Parse(sender))?;
        let recipient_key = self.static_key(index).ok_or(DkgError::Inconsistent)?;
        let sealed =
            message.shares.get(usize::from(index.get() - 1)).ok_or(DkgError::Parse(sender))?;
        let (aead_key, nonce) =
            self.share_key(shared, &message.ephemeral, sender_key, recipient_key);
        let plaintext = self.suite.open_share(&aead_key, &nonce, sealed);
        let plaintext = plaintext.map_err(|_| DkgError::Decrypt(sender))?;
        let (scalar, _payload) = plaintext.split_at_checked(32).ok_or(DkgError::Share(sender))?;
        let share =
            SecretScalar::from_bytes(self.suite, scalar).map_err(|_| DkgError::Share(sender))?;
        let expected = evaluate_public(self.suite, &message.commitment, index.get());
        if expected == Some(share.base_mul()) { Ok(share) } else { Err(DkgError::Share(sender)) }
    }

    fn public_results(&self, messages: &[Round1]) -> Result<(Point, Vec<Point>), DkgError> {
        let mut aggregate: Vec<Point> = Vec::new();
        for k in 0..usize::from(self.k) {
            let mut sum: Option<Point> = None;
            for (index, message) in indexes().zip(messages) {
                let point = message.commitment.get(k).ok_or(DkgError::Parse(index))?;
                sum = match sum {
                    None => Some(*point),
                    Some(sum) => Some(sum.add(point).ok_or(DkgError::Inconsistent)?),
                };
            }
            aggregate.push(sum.ok_or(DkgError::MessageCount(self.n))?);
        }
        let key = *aggregate.first().ok_or(DkgError::Inconsistent)?;
        let shares: Option<Vec<Point>> =
            (1..=self.n).map(|index| evaluate_public(self.suite, &aggregate, index)).collect();
        Ok((key, shares.ok_or(DkgError::Inconsistent)?))
    }

    fn pop_message(&self, commitment: &[Point], ephemeral: &Point) -> Vec<u8> {
        let mut out = self.context.bytes().to_vec();
        out.extend(commitment.iter().flat_map(Point::bytes));
        out.extend_from_slice(&ephemeral.bytes());
        out
    }

    /// The canonical transcript T of the specification's round 3.
    fn transcript(&self, messages: &[Round1]) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [self.suite.dkg_ciphersuite().as_bytes(), self.context.bytes()] {
            out.extend_from_slice(&length(field).to_le_bytes());
            out.extend_from_slice(field);
        }
        out.extend_from_slice(&u32::from(self.n).to_le_bytes());
        out.extend_from_slice(&u32::from(self.k).to_le_bytes());
        out.extend(self.statics.iter().flat_map(Point::bytes));
        out.extend(messages.iter().flat_map(|m| m.commitment.iter().flat_map(Point::bytes)));
        out.extend(messages.iter().flat_map(|m| m.pop));
        out.extend(messages.iter().flat_map(|m| m.ephemeral.bytes()));
        out.extend_from_slice(&length(&self.extension).to_le_bytes());
        out.extend_from_slice(&self.extension);
        out
    }

    /// Key and nonce of one encrypted share: two domain-separated H6 invocations.
    fn share_key(
        &self,
        shared: &[Point; 2],
        ephemeral: &Point,
        sender: &Point,
        recipient: &Point,
    ) -> (Zeroizing<[u8; 32]>, [u8; 24]) {
        let h6 = |label: &[u8]| {
            let mut extra = Vec::new();
            for field in [self.context.bytes().as_slice(), label] {
                extra.extend_from_slice(&length(field).to_le_bytes());
                extra.extend_from_slice(field);
            }
            let mut hasher = self.suite.hasher();
            hasher.update(self.suite.dkg_prefix().as_bytes());
            hasher.update(b"H6");
            for secret in shared {
                hasher.update(&*Zeroizing::new(secret.bytes()));
            }
            for public in [ephemeral, sender, recipient] {
                hasher.update(&public.bytes());
            }
            hasher.update(&length(&extra).to_le_bytes());
            hasher.update(&extra);
            hasher.finish()
        };
        let key = Zeroizing::new(*h6(b"key").bytes());
        let mut nonce = [0; 24];
        for (to, from) in nonce.iter_mut().zip(h6(b"nonce").bytes()) {
            *to = *from;
        }
        (key, nonce)
    }

    fn static_key(&self, index: CustodianIndex) -> Option<&Point> {
        self.statics.get(usize::from(index.get()) - 1)
    }
}

/// Two Diffie-Hellman points. All of them are of the session's curve: keys are checked when the
/// session and its messages are made or read.
fn exchange(
    [one, two]: [&SecretScalar; 2],
    [first, second]: [&Point; 2],
) -> Result<[Point; 2], DkgError> {
    match (one.mul_point(first), two.mul_point(second)) {
        (Some(one), Some(two)) => Ok([one, two]),
        _ => Err(DkgError::Inconsistent),
    }
}

/// Custodian numbers from 1.
fn indexes() -> impl Iterator<Item = CustodianIndex> {
    (1..=Threshold::N_MAX).filter_map(|index| CustodianIndex::new(index).ok())
}

fn length(bytes: &[u8]) -> u64 {
    // A length in memory always fits: usize is at most 64 bits on every supported target.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
