//! What custodians and auditors check in a freeze before anything is opened.

use std::collections::BTreeSet;

use kaibiao_types::{Digest, OrgCode, UtcMillis};

use crate::freeze::statuses;
use crate::{BidName, FreezeContext, FreezeRecord, FreezeStatus, FrozenBid};

/// A freeze record that passed [`FreezeRecord::check`]; there is no other way to get one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedFreeze {
    record: FreezeRecord,
    deadline: UtcMillis,
}

/// Why a freeze record is refused. Where one bid is at fault, it is named.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FreezeError {
    /// The stated number of bidders is not the number of bidders with a current bid.
    #[error("{stated} bidders are stated, {found} have a current bid")]
    Bidders {
        /// In the record.
        stated: u32,
        /// Counted.
        found: u32,
    },
    /// The stated replacement is no manifest of the same bidder in the list.
    #[error("{bid} is {status} by a manifest that its bidder has not in the list")]
    ByUnknown {
        /// The bid.
        bid: BidName,
        /// Its status.
        status: FreezeStatus,
    },
    /// The id is not the one of this record.
    #[error("the freeze id is {stated}, the record gives {found}")]
    Id {
        /// In the record.
        stated: Digest,
        /// Computed.
        found: Digest,
    },
    /// Not the JSON of a freeze record.
    #[error("not a freeze record: {0}")]
    Json(String),
    /// The bid was complete at or after the deadline.
    #[error("{0} was complete at or after the deadline")]
    Late(BidName),
    /// A manifest is listed twice.
    #[error("the manifest of {0} is listed twice")]
    ManifestTwice(BidName),
    /// A size is above 2^53 - 1.
    #[error("a size in the record is above 2^53 - 1")]
    Number,
    /// One part of one stage is in the bid twice.
    #[error("{0} has one part twice")]
    ObjectTwice(BidName),
    /// The bid does not stand after the one before it (tick, then place).
    #[error("{0} is not in the order of ticks and places")]
    Order(BidName),
    /// Two bids stand at one place.
    #[error("{0} has the place of another bid")]
    PlaceTwice(BidName),
    /// Two manifests of one bidder have one version number.
    #[error("{0} is listed twice")]
    SeqTwice(BidName),
    /// The status is not the one that the bidder's versions give.
    #[error("{bid} is listed as {stated}, but is {expected}")]
    Status {
        /// The bid.
        bid: BidName,
        /// In the record.
        stated: FreezeStatus,
        /// By the rule.
        expected: FreezeStatus,
    },
    /// The status is right, but the named manifest is not the bidder's next version.
    #[error("{0} names another manifest than the one that replaced it")]
    WrongBy(BidName),
}

impl FreezeError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Bidders { .. } => "freeze-bidders",
            Self::ByUnknown { .. } => "freeze-by-unknown",
            Self::Id { .. } => "freeze-id",
            Self::Json(_) => "freeze-json",
            Self::Late(_) => "freeze-late",
            Self::ManifestTwice(_) => "freeze-manifest-twice",
            Self::Number => "freeze-number",
            Self::ObjectTwice(_) => "freeze-object-twice",
            Self::Order(_) => "freeze-order",
            Self::PlaceTwice(_) => "freeze-place-twice",
            Self::SeqTwice(_) => "freeze-seq-twice",
            Self::Status { .. } => "freeze-status",
            Self::WrongBy(_) => "freeze-wrong-by",
        }
    }
}

impl FreezeRecord {
    /// Checks everything that the record itself and its context decide: order, places, versions,
    /// statuses, stamps, the number of bidders and the id.
    ///
    /// Not checked here: the log ([`CheckedFreeze::check_places`]), and whether bidder, version
    /// and objects are those of the manifest (crate `kaibiao-seal`).
    ///
    /// # Errors
    ///
    /// [`FreezeError`]; the first found, and the bid it names.
    pub fn check(self, context: &FreezeContext<'_>) -> Result<CheckedFreeze, FreezeError> {
        check_order(&self.bids)?;
        check_unique(&self.bids)?;
        check_statuses(&self.bids)?;
        if let Some(late) = self.bids.iter().find(|bid| bid.completed_at >= context.deadline) {
            // 招标投标法 art. 28 ¶2; equal is late (ruling 9).
            return Err(FreezeError::Late(late.name()));
        }
        let (stated, found) = (self.bidders, self.current_bidders());
        if stated != found {
            return Err(FreezeError::Bidders { stated, found });
        }
        let (stated, found) = (self.freeze_id, self.id(context));
        if stated != found {
            return Err(FreezeError::Id { stated, found });
        }
        Ok(CheckedFreeze { record: self, deadline: context.deadline })
    }
}

impl CheckedFreeze {
    /// The record.
    pub const fn record(&self) -> &FreezeRecord {
        &self.record
    }

    /// The record, to be logged.
    pub fn into_record(self) -> FreezeRecord {
        self.record
    }

    /// The deadline it was checked against.
    pub const fn deadline(&self) -> UtcMillis {
        self.deadline
    }
}

fn check_order(bids: &[FrozenBid]) -> Result<(), FreezeError> {
    for pair in bids.windows(2) {
        let [before, bid] = pair else { continue };
        let (first, second) =
            ((before.place.tick, before.place.no), (bid.place.tick, bid.place.no));
        if first == second {
            return Err(FreezeError::PlaceTwice(bid.name()));
        }
        if first > second {
            return Err(FreezeError::Order(bid.name()));
        }
    }
    Ok(())
}

fn check_unique(bids: &[FrozenBid]) -> Result<(), FreezeError> {
    let (mut manifests, mut versions) = (BTreeSet::new(), BTreeSet::new());
    for bid in bids {
        if !manifests.insert(bid.manifest_sha256) {
            return Err(FreezeError::ManifestTwice(bid.name()));
        }
        if !versions.insert((&bid.bidder.code, bid.seq)) {
            return Err(FreezeError::SeqTwice(bid.name()));
        }
        let mut parts = BTreeSet::new();
        if !bid.objects.iter().all(|object| parts.insert((object.stage, object.part))) {
            return Err(FreezeError::ObjectTwice(bid.name()));
        }
    }
    Ok(())
}

fn check_statuses(bids: &[FrozenBid]) -> Result<(), FreezeError> {
    let listed: BTreeSet<(&OrgCode, Digest)> =
        bids.iter().map(|bid| (&bid.bidder.code, bid.manifest_sha256)).collect();
    for (bid, (expected, by)) in bids.iter().zip(statuses(bids)) {
        let known = |by| listed.contains(&(&bid.bidder.code, by));
        if !bid.by.is_none_or(known) {
            return Err(FreezeError::ByUnknown { bid: bid.name(), status: bid.status });
        }
        if bid.status != expected {
            return Err(FreezeError::Status { bid: bid.name(), stated: bid.status, expected });
        }
        if bid.by != by {
            return Err(FreezeError::WrongBy(bid.name()));
        }
    }
    Ok(())
}
