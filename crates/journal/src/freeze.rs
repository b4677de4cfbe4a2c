//! The freeze: all used places opened, every receipted manifest with its status (ruling 10).

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Suite;
use kaibiao_merkle::{leaf_hash, root_of};
use kaibiao_types::{
    BidSeq, CustodianIndex, Digest, JournalMoment, OrgCode, Part, Party, Stage, UtcMillis,
};
use serde::{Deserialize, Serialize};

use crate::limits::INTEGER_MAX;
use crate::{CheckedFreeze, FreezeError, LogOrigin, Place, TreeHead};

/// The data of the `set-frozen` entry. Its exact bytes are the freeze statement.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeRecord {
    /// Digest over everything below, see [`FreezeRecord::id`].
    pub freeze_id: Digest,
    /// Number of the sealed price round, 0 for the first.
    pub round: u32,
    /// Entries of the closing head.
    pub size: u64,
    /// Root of the closing head.
    pub root: Digest,
    /// Distinct bidders with a current bid.
    pub bidders: u32,
    /// Every receipted manifest, in log order: by tick, then by place.
    pub bids: Vec<FrozenBid>,
}

/// One receipted manifest with its opened place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenBid {
    /// Who.
    pub bidder: Party,
    /// The bidder's version.
    pub seq: BidSeq,
    /// Digest of the manifest's exact bytes.
    pub manifest_sha256: Digest,
    /// Digest of the CMS over the manifest.
    pub cms_sha256: Digest,
    /// When the last byte was durable.
    pub completed_at: UtcMillis,
    /// The opened place.
    pub place: Place,
    /// Whether it counts.
    pub status: FreezeStatus,
    /// The bidder's own manifest that replaced or withdrew it; a withdrawal names itself.
    #[serde(deserialize_with = "Option::deserialize")]
    pub by: Option<Digest>,
    /// The sealed objects; none in a withdrawal.
    pub objects: Vec<FrozenObject>,
}

/// Whether a receipted manifest counts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeStatus {
    /// The bidder's last word: the only kind that is ever opened.
    Current,
    /// The bidder replaced it.
    Superseded,
    /// The bidder withdrew it (撤回), or it is the withdrawal itself.
    Withdrawn,
}

/// One sealed object of a bid.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenObject {
    /// The envelope.
    pub stage: Stage,
    /// Which part.
    pub part: Part,
    /// Digest of the header.
    pub header_sha256: Digest,
    /// Bytes of the sealed file.
    pub file_len: u64,
    /// Digest of the sealed object (ruling 3).
    pub ct_root: Digest,
}

/// A receipted manifest, as the hall knows it before the freeze.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptedBid {
    /// Who.
    pub bidder: Party,
    /// The bidder's version.
    pub seq: BidSeq,
    /// Digest of the manifest's exact bytes.
    pub manifest_sha256: Digest,
    /// Digest of the CMS over the manifest.
    pub cms_sha256: Digest,
    /// When the last byte was durable.
    pub completed_at: UtcMillis,
    /// The place in its receipt.
    pub place: Place,
    /// The sealed objects; none means that the manifest is a withdrawal.
    pub objects: Vec<FrozenObject>,
}

/// What a freeze belongs to.
#[derive(Clone, Debug)]
pub struct FreezeContext<'a> {
    /// The suite of the lot.
    pub suite: &'a Suite,
    /// The ceremony whose key seals the bids.
    pub ceremony_id: Digest,
    /// The log.
    pub origin: &'a LogOrigin,
    /// The deadline, which is the opening time.
    pub deadline: UtcMillis,
}

/// A bid in words: who and which version.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct BidName {
    /// The bidder.
    pub bidder: OrgCode,
    /// The version.
    pub seq: BidSeq,
}

/// The text that custodians sign with their certificates:
/// `kaibiao/v1/freeze`, origin and freeze id, each on a line.
pub fn freeze_statement(origin: &LogOrigin, freeze_id: &Digest) -> String {
    format!("kaibiao/v1/freeze\n{origin}\n{freeze_id}\n")
}

/// The text that custodians sign with their certificates once their shares are destroyed:
/// `kaibiao/v1/destroyed`, origin, ceremony id, and the freeze id or `-`, each on a line.
pub fn destroyed_statement(
    origin: &LogOrigin,
    ceremony_id: &Digest,
    freeze_id: Option<&Digest>,
) -> String {
    let freeze = freeze_id.map_or_else(|| "-".to_owned(), ToString::to_string);
    format!("kaibiao/v1/destroyed\n{origin}\n{ceremony_id}\n{freeze}\n")
}

/// The text that a custodian signs with its certificate over its journal (ruling 19):
/// `kaibiao/v1/journal`, origin, custodian, `freeze` or `close`, length in bytes, and SHA-256 of these
/// bytes, each on a line.
pub fn journal_statement(
    origin: &LogOrigin,
    custodian: CustodianIndex,
    moment: JournalMoment,
    length: u64,
    sha256: &Digest,
) -> String {
    format!("kaibiao/v1/journal\n{origin}\n{custodian}\n{moment}\n{length}\n{sha256}\n")
}

/// The text that a custodian signs with its certificate when it was without a new head of the log
/// (ruling 12): `kaibiao/v1/outage`, origin, custodian, the deadline that counted, from and to in
/// milliseconds since the Unix epoch, each on a line.
pub fn outage_statement(
    origin: &LogOrigin,
    custodian: CustodianIndex,
    deadline: UtcMillis,
    from: UtcMillis,
    to: UtcMillis,
) -> String {
    let (deadline, from, to) = (deadline.get(), from.get(), to.get());
    format!("kaibiao/v1/outage\n{origin}\n{custodian}\n{deadline}\n{from}\n{to}\n")
}

impl FreezeRecord {
    /// The kind of the entry.
    pub const KIND: &'static str = "set-frozen";

    /// Freezes the receipted manifests: orders them, gives each its status, computes the id, and
    /// checks the result as everybody else will.
    ///
    /// # Errors
    ///
    /// [`FreezeError`].
    pub fn build(
        context: &FreezeContext<'_>,
        round: u32,
        head: TreeHead,
        receipted: Vec<ReceiptedBid>,
    ) -> Result<CheckedFreeze, FreezeError> {
        let mut bids: Vec<FrozenBid> = receipted.into_iter().map(FrozenBid::from).collect();
        bids.sort_by_key(|bid| (bid.place.tick, bid.place.no));
        let statuses = statuses(&bids);
        for (bid, (status, by)) in bids.iter_mut().zip(statuses) {
            (bid.status, bid.by) = (status, by);
        }
        let mut record = Self {
            freeze_id: Digest::ZERO,
            round,
            size: head.size,
            root: head.root,
            bidders: 0,
            bids,
        };
        record.bidders = record.current_bidders();
        record.freeze_id = record.id(context);
        record.check(context)
    }

    /// Reads the exact bytes of a `set-frozen` entry's data.
    ///
    /// # Errors
    ///
    /// [`FreezeError::Json`], [`FreezeError::Number`].
    pub fn parse(data: &[u8]) -> Result<Self, FreezeError> {
        let record: Self =
            serde_json::from_slice(data).map_err(|error| FreezeError::Json(error.to_string()))?;
        let mut lengths =
            record.bids.iter().flat_map(|bid| &bid.objects).map(|object| object.file_len);
        if record.size > INTEGER_MAX || lengths.any(|length| length > INTEGER_MAX) {
            return Err(FreezeError::Number);
        }
        Ok(record)
    }

    /// `TH("freeze", ceremony_id, origin, u64 size, root, u32 round, u64 deadline, MTH(entries))`,
    /// where an entry's leaf data is `TH("freeze-entry", manifest_sha256, cms_sha256, u8 status,
    /// by or zero, u32 tick, u32 place, salt, u64 completed_at)`.
    ///
    /// Bidder, version and objects are bound through the manifest's digest.
    pub fn id(&self, context: &FreezeContext<'_>) -> Digest {
        let leaves: Vec<Digest> =
            self.bids.iter().map(|bid| leaf_hash(bid.leaf_data(context.suite).bytes())).collect();
        context.suite.th(
            "freeze",
            &[
                context.ceremony_id.bytes(),
                context.origin.as_str().as_bytes(),
                &self.size.to_be_bytes(),
                self.root.bytes(),
                &self.round.to_be_bytes(),
                &context.deadline.get().to_be_bytes(),
                root_of(&leaves).bytes(),
            ],
        )
    }

    /// The closing head.
    pub const fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root }
    }

    /// The bids that will be opened.
    pub fn current(&self) -> impl Iterator<Item = &FrozenBid> {
        self.bids.iter().filter(|bid| bid.status == FreezeStatus::Current)
    }

    /// Distinct bidders with a current bid.
    pub(crate) fn current_bidders(&self) -> u32 {
        let codes: BTreeSet<&OrgCode> = self.current().map(|bid| &bid.bidder.code).collect();
        u32::try_from(codes.len()).unwrap_or(u32::MAX)
    }
}

impl FrozenBid {
    /// Who and which version, for messages.
    pub fn name(&self) -> BidName {
        BidName { bidder: self.bidder.code.clone(), seq: self.seq }
    }

    /// Whether this is the bidder's withdrawal itself.
    pub fn is_withdrawal(&self) -> bool {
        self.objects.is_empty()
    }

    fn leaf_data(&self, suite: &Suite) -> Digest {
        suite.th(
            "freeze-entry",
            &[
                self.manifest_sha256.bytes(),
                self.cms_sha256.bytes(),
                &[self.status.code()],
                self.by.unwrap_or(Digest::ZERO).bytes(),
                &self.place.tick.get().to_be_bytes(),
                &self.place.no.get().to_be_bytes(),
                self.place.salt.bytes(),
                &self.completed_at.get().to_be_bytes(),
            ],
        )
    }
}

/// The status of each bid by the one rule (ruling 10): a withdrawal names itself; any other
/// version is replaced or withdrawn by the bidder's next version; the last one is current.
pub(crate) fn statuses(bids: &[FrozenBid]) -> Vec<(FreezeStatus, Option<Digest>)> {
    let versions: BTreeMap<(&OrgCode, BidSeq), &FrozenBid> =
        bids.iter().map(|bid| ((&bid.bidder.code, bid.seq), bid)).collect();
    let status = |bid: &FrozenBid| {
        if bid.is_withdrawal() {
            return (FreezeStatus::Withdrawn, Some(bid.manifest_sha256));
        }
        let code = &bid.bidder.code;
        let later = versions.range((code, bid.seq)..).map(|(_, later)| *later).skip(1);
        match later.take_while(|later| later.bidder.code == *code).next() {
            None => (FreezeStatus::Current, None),
            Some(next) if next.is_withdrawal() => {
                (FreezeStatus::Withdrawn, Some(next.manifest_sha256))
            }
            Some(next) => (FreezeStatus::Superseded, Some(next.manifest_sha256)),
        }
    };
    bids.iter().map(status).collect()
}

impl FreezeStatus {
    /// The byte that stands for the status in hashes.
    pub const fn code(self) -> u8 {
        match self {
            Self::Current => 0,
            Self::Superseded => 1,
            Self::Withdrawn => 2,
        }
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for FreezeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for BidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bid {} of {}", self.seq, self.bidder)
    }
}

impl From<ReceiptedBid> for FrozenBid {
    /// A bid whose status is not yet known: current, as if it were the only one.
    fn from(bid: ReceiptedBid) -> Self {
        Self {
            bidder: bid.bidder,
            seq: bid.seq,
            manifest_sha256: bid.manifest_sha256,
            cms_sha256: bid.cms_sha256,
            completed_at: bid.completed_at,
            place: bid.place,
            status: FreezeStatus::Current,
            by: None,
            objects: bid.objects,
        }
    }
}
