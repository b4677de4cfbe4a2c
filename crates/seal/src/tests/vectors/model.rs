//! The form of the vectors and what is done with them.

use kaibiao_crypto::{Secret32, Suite};
use kaibiao_types::{BidSeq, Digest, Fault, LotId, LotKey, OrgCode, Part, Stage, TenderId};
use serde::{Deserialize, Serialize};

use super::super::files::{key, unhex};
use super::super::{Lot, Stream, text};
use crate::limits::SEALED_CHUNK_LEN;
use crate::{
    BidContext, BidderKey, BidderLockPlan, BidderSecret, Context, EstimateContext, Header,
    ObjectSummary, Padding, SealPlan, Sealed, seal,
};

/// The one ceremony of all vectors.
pub(super) struct World {
    pub(super) lot: Lot,
}

#[derive(Serialize, Deserialize)]
#[allow(clippy::struct_field_names)] // the keys of the file
pub(super) struct Objects {
    pub(super) about: Vec<String>,
    pub(super) ceremony: Ceremony,
    pub(super) objects: Vec<ObjectVector>,
}

#[derive(Serialize, Deserialize)]
#[allow(clippy::struct_field_names)] // the keys of the file
pub(super) struct Ceremony {
    pub(super) secret: String,
    pub(super) key: String,
    pub(super) ceremony_id: Digest,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ObjectVector {
    pub(super) name: String,
    pub(super) context: ContextVector,
    pub(super) pad: u8,
    pub(super) plaintext: Plaintext,
    /// Seed of the randomness.
    pub(super) seed: String,
    /// The key in `bidder-keys.json` of an object with a bidder lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bidder_key: Option<String>,
    pub(super) lock_mode: String,
    pub(super) bidctx: Digest,
    pub(super) trace: Trace,
    pub(super) header: String,
    pub(super) header_sha256: Digest,
    pub(super) chunks: Vec<String>,
    pub(super) file_len: u64,
    pub(super) ct_root: Digest,
    pub(super) file_sha256: String,
    /// The whole file, where it is small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
}

/// What lies between the inputs and the file.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Trace {
    pub(super) z: String,
    pub(super) hpke_info: String,
    pub(super) ss_1: String,
    /// Of a bidder lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ss_2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) escrow: Option<EscrowTrace>,
    pub(super) hh: String,
    pub(super) prk: String,
    pub(super) key: String,
    pub(super) nonce: String,
}

/// The same of an escrow.
#[derive(Serialize, Deserialize)]
pub(super) struct EscrowTrace {
    pub(super) z: String,
    pub(super) info: String,
    pub(super) mask: String,
    pub(super) label: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Plaintext {
    Hex { hex: String },
    Stream { seed: String, len: usize },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ContextVector {
    Bid {
        tender: String,
        lot: String,
        stage: u8,
        part: Part,
        bidder: String,
        signer_spki_sha256: Digest,
        seq: u32,
        supersedes: Digest,
    },
    Estimate {
        tender: String,
        lot: String,
        host: String,
        signer_spki_sha256: Digest,
        no: u32,
    },
    Rehearsal {
        index: u32,
        /// Another ceremony than the one of the file, in refusals.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceremony_id: Option<Digest>,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Refusals {
    pub(super) about: Vec<String>,
    pub(super) refused: Vec<Refusal>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) name: String,
    /// The object in `objects.json` that is changed.
    pub(super) base: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) edits: Vec<Edit>,
    /// The check that must refuse: header, context, proof, object, unwrap, escrow or open; all before
    /// it pass.
    pub(super) layer: String,
    pub(super) expect: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) chunk: Option<u64>,
    /// What the object is expected to belong to, if not to the base's context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<ContextVector>,
    /// Whether the bidder signed the changed file (true) or the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ceremony_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bidder_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<Fault>,
}

/// One change of a file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Edit {
    /// Overwrites bytes from an offset.
    Set { at: usize, hex: String },
    /// Flips bits from an offset.
    Xor { at: usize, hex: String },
    /// Keeps the first bytes only.
    Cut { length: usize },
    /// Adds bytes at the end.
    Append { hex: String },
    /// Exchanges two whole chunks, counted from 0.
    SwapChunks { one: usize, other: usize },
    /// Replaces the whole file.
    File { hex: String },
}

impl World {
    pub(super) fn new() -> Self {
        Self { lot: Lot::new("ceremony of the seal vectors") }
    }

    /// Seals what a vector describes.
    pub(super) fn seal(&self, vector: &ObjectVector) -> (Sealed, Vec<u8>) {
        let context = vector.context.context(&self.lot);
        let plaintext = vector.plaintext.bytes();
        let bidder = vector.bidder_key.as_ref().map(|name| {
            let cert_sha256 = context.suite().hash(name.as_bytes());
            BidderKey::from_spki(context.suite(), cert_sha256, &key(name).spki()).unwrap()
        });
        let lock = match vector.lock_mode.as_str() {
            "escrow" => BidderLockPlan::Escrow,
            _ => BidderLockPlan::Strict,
        };
        let plan = SealPlan {
            padding: Padding::by_code(vector.pad).unwrap(),
            bidder_lock: bidder.as_ref().map(lock),
            ..self.lot.plan(&context, plaintext.len())
        };
        let mut file = Vec::new();
        let sealed = seal(&plan, &mut &*plaintext, &mut file, &mut Stream::new(&vector.seed));
        (sealed.unwrap(), file)
    }

    pub(super) fn file(&self, vector: &ObjectVector) -> Vec<u8> {
        self.seal(vector).1
    }
}

impl ObjectVector {
    pub(super) fn summary(&self) -> ObjectSummary {
        let Self { header_sha256, file_len, ct_root, .. } = *self;
        ObjectSummary { header_sha256, file_len, ct_root }
    }
}

impl Plaintext {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Hex { hex } => unhex(hex),
            Self::Stream { seed, len } => text(seed, *len),
        }
    }
}

impl ContextVector {
    pub(super) fn context(&self, world: &Lot) -> Context {
        let suite = &kaibiao_crypto::SUITE_1;
        match self {
            Self::Rehearsal { index, ceremony_id } => {
                Context::of_rehearsal(suite, ceremony_id.unwrap_or(world.ceremony_id), *index)
            }
            Self::Estimate { tender, lot, host, signer_spki_sha256, no } => {
                let lot = LotKey {
                    tender: TenderId::parse(tender).unwrap(),
                    lot: LotId::parse(lot).unwrap(),
                };
                Context::of_estimate(&EstimateContext {
                    suite,
                    ceremony_id: world.ceremony_id,
                    lot: &lot,
                    host: &OrgCode::parse(host).unwrap(),
                    signer_spki: *signer_spki_sha256,
                    no: *no,
                })
            }
            Self::Bid { tender, lot, stage, part, bidder, signer_spki_sha256, seq, supersedes } => {
                let lot = LotKey {
                    tender: TenderId::parse(tender).unwrap(),
                    lot: LotId::parse(lot).unwrap(),
                };
                Context::of_bid(&BidContext {
                    suite,
                    ceremony_id: world.ceremony_id,
                    lot: &lot,
                    stage: Stage::new(*stage).unwrap(),
                    part: *part,
                    bidder: &OrgCode::parse(bidder).unwrap(),
                    signer_spki: *signer_spki_sha256,
                    seq: BidSeq::new(*seq).unwrap(),
                    supersedes: *supersedes,
                })
            }
        }
    }

    /// The context's digest, written out.
    pub(super) fn by_hand(&self, suite: &Suite, ceremony_id: &Digest) -> Digest {
        match self {
            Self::Rehearsal { index, .. } => {
                suite.th("rehearsal", &[ceremony_id.bytes(), &index.to_be_bytes()])
            }
            Self::Estimate { tender, lot, host, signer_spki_sha256, no } => {
                let fields: [&[u8]; 6] = [
                    ceremony_id.bytes(),
                    tender.as_bytes(),
                    lot.as_bytes(),
                    host.as_bytes(),
                    signer_spki_sha256.bytes(),
                    &no.to_be_bytes(),
                ];
                suite.th("estimate", &fields)
            }
            Self::Bid { tender, lot, stage, part, bidder, signer_spki_sha256, seq, supersedes } => {
                let part = match part {
                    Part::Price => 1,
                    Part::Documents => 2,
                    Part::Signals => 3,
                };
                let fields: [&[u8]; 9] = [
                    ceremony_id.bytes(),
                    tender.as_bytes(),
                    lot.as_bytes(),
                    &[*stage],
                    &[part],
                    bidder.as_bytes(),
                    signer_spki_sha256.bytes(),
                    &seq.to_be_bytes(),
                    supersedes.bytes(),
                ];
                suite.th("bidctx", &fields)
            }
        }
    }
}

impl Refusal {
    pub(super) fn apply(&self, file: &[u8]) -> Vec<u8> {
        self.edits.iter().fold(file.to_vec(), |file, edit| edit.apply(file))
    }
}

impl Edit {
    fn apply(&self, mut file: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Set { at, hex } => {
                let bytes = unhex(hex);
                file[*at..at + bytes.len()].copy_from_slice(&bytes);
            }
            Self::Xor { at, hex } => {
                file[*at..].iter_mut().zip(unhex(hex)).for_each(|(to, from)| *to ^= from);
            }
            Self::Cut { length } => file.truncate(*length),
            Self::Append { hex } => file.extend(unhex(hex)),
            Self::SwapChunks { one, other } => {
                let header = Header::len_from_prefix(&file).unwrap();
                let range =
                    |i: usize| header + i * SEALED_CHUNK_LEN..header + (i + 1) * SEALED_CHUNK_LEN;
                let (first, second) = (file[range(*one)].to_vec(), file[range(*other)].to_vec());
                file[range(*one)].copy_from_slice(&second);
                file[range(*other)].copy_from_slice(&first);
            }
            Self::File { hex } => file = unhex(hex),
        }
        file
    }
}

/// The secret that a key of `bidder-keys.json` gives of a bidder lock.
pub(super) fn ss_2(name: &str, header: &Header) -> Secret32 {
    let secret = BidderSecret::from_pkcs8(&key(name).pkcs8()).unwrap();
    secret.unwrap_lock(header, &mut Stream::new("blinding")).unwrap()
}

/// A secret from hexadecimal.
pub(super) fn secret(hex: &str) -> Secret32 {
    let bytes: [u8; 32] = unhex(hex).try_into().unwrap();
    Secret32::new(bytes.into())
}
