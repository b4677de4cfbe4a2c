//! Tests of the whole crate, with a sealer that can also break every rule.

mod backup;
mod escrow;
mod files;
mod forge;
mod locks;
mod manifests;
mod opening;
mod property;
mod refused;
mod salamander;
mod sealing;
mod shangmi;
mod slices;
mod threads;
mod vectors;
mod wycheproof;

use std::io::Read;

use kaibiao_crypto::{Entropy, EntropyError, SUITE_1, Secret32, SecretScalar, tdh2};
use kaibiao_types::{BidSeq, Digest, LotId, LotKey, OrgCode, Part, Stage, TenderId};

use crate::{
    BidContext, Context, Header, LockSecrets, ObjectDigest, ObjectSummary, Padding, SealPlan,
    Sealed, ceremony_secret, seal,
};

/// Repeatable bytes: `SHA-256(seed || u64 0) || SHA-256(seed || u64 1) || ..`.
pub(crate) struct Stream {
    seed: Vec<u8>,
    block: u64,
    left: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(seed: &str) -> Self {
        Self { seed: seed.as_bytes().to_vec(), block: 0, left: Vec::new() }
    }

    fn byte(&mut self) -> u8 {
        if self.left.is_empty() {
            let input = [self.seed.as_slice(), &self.block.to_be_bytes()].concat();
            self.left = SUITE_1.hash(&input).bytes().iter().rev().copied().collect();
            self.block += 1;
        }
        self.left.pop().unwrap()
    }
}

impl Entropy for Stream {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            *byte = self.byte();
        }
        Ok(())
    }
}

/// A plaintext that is random to the eye and repeatable.
pub(crate) fn text(seed: &str, length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    Stream::new(seed).fill(&mut out).unwrap();
    out
}

/// One ceremony with its secret in one hand, as only tests have it.
pub(crate) struct Lot {
    pub(crate) secret: SecretScalar,
    pub(crate) bases: tdh2::Bases,
    pub(crate) ceremony_id: Digest,
}

impl Lot {
    pub(crate) fn new(ceremony_id: &str) -> Self {
        let secret =
            SecretScalar::from_bytes(&SUITE_1, SUITE_1.hash(b"ceremony secret").bytes()).unwrap();
        let ceremony_id = SUITE_1.hash(ceremony_id.as_bytes());
        let bases = tdh2::Bases::new(&SUITE_1, *ceremony_id.bytes(), secret.base_mul()).unwrap();
        Self { secret, bases, ceremony_id }
    }

    pub(crate) fn context(&self, part: Part) -> Context {
        bid_context(self.ceremony_id, part, "91440300MA5EXAMPLA", 1)
    }

    pub(crate) fn plan<'a>(&'a self, context: &'a Context, length: usize) -> SealPlan<'a> {
        SealPlan {
            context,
            bases: &self.bases,
            padding: Padding::Padme,
            plaintext_len: u64::try_from(length).unwrap(),
            bidder_lock: None,
        }
    }

    /// The secret of lock 1, from the point that all custodians together would give.
    pub(crate) fn secrets(&self, header: &Header) -> LockSecrets {
        let z = self.secret.mul_point(header.u()).unwrap();
        LockSecrets {
            ceremony: ceremony_secret(header, &z, self.bases.key()).unwrap(),
            bidder: None,
        }
    }
}

pub(crate) fn bid_context(ceremony_id: Digest, part: Part, bidder: &str, seq: u32) -> Context {
    let lot = LotKey {
        tender: TenderId::parse("ZZ-2022-0705").unwrap(),
        lot: LotId::parse("01").unwrap(),
    };
    let supersedes = if seq == 1 { Digest::ZERO } else { Digest::new([9; 32]) };
    Context::of_bid(&BidContext {
        suite: &SUITE_1,
        ceremony_id,
        lot: &lot,
        stage: Stage::new(1).unwrap(),
        part,
        bidder: &OrgCode::parse(bidder).unwrap(),
        signer_spki: Digest::new([7; 32]),
        seq: BidSeq::new(seq).unwrap(),
        supersedes,
    })
}

/// Seals documents of the lot and gives object and file.
pub(crate) fn sealed(lot: &Lot, plaintext: &[u8]) -> (Sealed, Vec<u8>) {
    let context = lot.context(Part::Documents);
    let mut file = Vec::new();
    let plan = lot.plan(&context, plaintext.len());
    let object = seal(&plan, &mut &*plaintext, &mut file, &mut Stream::new("sealed")).unwrap();
    (object, file)
}

/// The payload behind the header.
pub(crate) fn payload<'a>(header: &Header, file: &'a [u8]) -> &'a [u8] {
    &file[header.bytes().len()..]
}

/// The summary of a file, as the hall computes it.
pub(crate) fn summary(file: &[u8]) -> ObjectSummary {
    let mut digest = ObjectDigest::new();
    digest.update(file).unwrap();
    digest.finish().unwrap()
}

/// A payload that must not be looked at.
pub(crate) struct Untouchable;

impl Read for Untouchable {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        panic!("the payload was touched")
    }
}

/// A copy of a secret, which the type itself does not allow.
pub(crate) fn copy(secret: &Secret32) -> Secret32 {
    Secret32::new((*secret.expose()).into())
}
