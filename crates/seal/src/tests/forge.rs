//! A dishonest sealer: valid proofs around anything.

use kaibiao_crypto::{Entropy as _, Point, SUITE_1, Secret32, SecretScalar, hpke, tdh2};
use kaibiao_types::Digest;

use super::{Lot, Stream};
use crate::escrow::MadeLock;
use crate::header::{Draft, DraftLock, proof_label};
use crate::keys::{CEREMONY_EXPORT, PayloadKey, context_info, lock_commit};
use crate::limits::CHUNK_LEN;
use crate::{BidderLockPlan, Context, Header, LockKind, LockSecrets, Padding};

/// What a forger does to a bidder lock.
pub(crate) type Change = fn(&mut MadeLock);

/// What a forger controls. Each field changes one thing of an otherwise correct object.
pub(crate) struct Forgery<'a> {
    pub(crate) lot: &'a Lot,
    pub(crate) context: &'a Context,
    pub(crate) padding: Padding,
    /// The padded plaintext as it is to be encrypted.
    pub(crate) padded: Vec<u8>,
    /// Applied to the secret before the lock commitment is made.
    pub(crate) lock_commit: fn(&mut [u8; 32]),
    /// Applied to the key commitment.
    pub(crate) key_commit: fn(&mut [u8; 32]),
    /// The index and end flag a chunk is encrypted under.
    pub(crate) position: fn(u64, bool) -> (u64, bool),
    /// Locks before the ceremony lock.
    pub(crate) before: Vec<DraftLock>,
    /// Whether there is a ceremony lock.
    pub(crate) ceremony: bool,
    /// Locks after it.
    pub(crate) after: Vec<DraftLock>,
    /// A bidder lock after it, and what is changed in it before its proof is made.
    pub(crate) bidder: Option<(BidderLockPlan<'a>, Change)>,
}

/// A finished forgery.
pub(crate) struct Forged {
    pub(crate) file: Vec<u8>,
    pub(crate) secrets: LockSecrets,
    pub(crate) r: SecretScalar,
    pub(crate) u: Point,
    pub(crate) proof: tdh2::Proof,
}

pub(crate) fn keep(_: &mut [u8; 32]) {}

pub(crate) fn flip(bytes: &mut [u8; 32]) {
    bytes[31] ^= 1;
}

impl<'a> Forgery<'a> {
    pub(crate) fn new(lot: &'a Lot, context: &'a Context, padded: Vec<u8>) -> Self {
        Self {
            lot,
            context,
            padding: Padding::Padme,
            padded,
            lock_commit: keep,
            key_commit: keep,
            position: |index, last| (index, last),
            before: Vec::new(),
            ceremony: true,
            after: Vec::new(),
            bidder: None,
        }
    }

    pub(crate) fn make(mut self) -> Forged {
        let mut entropy = Stream::new("forged");
        let mut salt = [0; 32];
        entropy.fill(&mut salt).unwrap();
        let info = context_info(self.context, &salt);
        let made = hpke::encap(
            &SUITE_1,
            self.lot.bases.key(),
            info.bytes(),
            CEREMONY_EXPORT,
            &mut entropy,
        );
        let hpke::Encapsulated { u, r, secret } = made.unwrap();
        let mut committed = *secret.expose();
        (self.lock_commit)(&mut committed);
        let committed = Secret32::new(committed.into());
        let bidctx = self.context.bidctx();
        let commit = lock_commit(&SUITE_1, bidctx, &salt, LockKind::Ceremony, &committed);
        let lock = DraftLock { kind: 1, commit, body: u.bytes().to_vec() };
        let mut locks = std::mem::take(&mut self.before);
        locks.extend(self.ceremony.then_some(lock));
        locks.append(&mut self.after);
        let made = self.bidder.map(|(plan, change)| {
            let made = plan.make(self.context, self.lot.bases.key(), &salt, &mut entropy);
            let mut made = made.unwrap();
            change(&mut made);
            made
        });
        locks.extend(made.as_ref().map(DraftLock::from));

        let padded_len = u64::try_from(self.padded.len()).unwrap();
        let draft =
            Draft { context: self.context, padding: self.padding, padded_len, salt, locks: &locks };
        let mut hdr0 = draft.hdr0();
        let bidder = made
            .map(|made| made.finish(&self.lot.bases, &SUITE_1, &mut hdr0, &mut entropy).unwrap().1);
        let hh = SUITE_1.hash(&hdr0);
        let key = PayloadKey::derive(&SUITE_1, &salt, &secret, bidder.as_ref(), &hh);
        let mut key_commit = *key.commit.bytes();
        (self.key_commit)(&mut key_commit);
        let label = proof_label(&SUITE_1, &hh, &Digest::new(key_commit));
        let proof = self.lot.bases.prove(&u, &r, label.bytes(), &mut entropy).unwrap();
        let mut file = [hdr0.as_slice(), &key_commit, &proof.bytes()].concat();
        file.extend(self.payload(&key));
        let secrets = LockSecrets { ceremony: secret, bidder };
        Forged { file, secrets, r, u, proof }
    }

    fn payload(&self, key: &PayloadKey) -> Vec<u8> {
        let mut out = Vec::new();
        let chunks: Vec<_> = self.padded.chunks(CHUNK_LEN).collect();
        for (index, chunk) in chunks.iter().enumerate() {
            let last = index + 1 == chunks.len();
            let (index, last) = (self.position)(u64::try_from(index).unwrap(), last);
            let mut chunk = chunk.to_vec();
            let tag = key.aead.seal_in_place(key.nonce(index, last), &mut chunk).unwrap();
            out.extend(chunk);
            out.extend(tag);
        }
        out
    }
}

/// `u64 length || content || zeros`, up to `padded_len` bytes.
pub(crate) fn padded(length: u64, content: &[u8], padded_len: usize) -> Vec<u8> {
    let mut out = [&length.to_be_bytes(), content].concat();
    out.resize(padded_len, 0);
    out
}

/// The header with another well-formed proof tail made for changed bytes, as a forger who knows r
/// could make it in another ceremony.
pub(crate) fn proof_in(lot: &Lot, header: &Header, r: &SecretScalar) -> tdh2::Proof {
    let label = proof_label(&SUITE_1, &header.hh, &header.commit);
    lot.bases.prove(header.u(), r, label.bytes(), &mut Stream::new("proof")).unwrap()
}
