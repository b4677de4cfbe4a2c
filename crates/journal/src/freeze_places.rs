//! Whether the opened places of a freeze are the ones that the log committed to.

use std::collections::BTreeMap;

use kaibiao_crypto::Suite;
use kaibiao_merkle::InclusionError;
use kaibiao_types::{Digest, PlaceNo, TickNo, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::{
    BidName, CheckedFreeze, FrozenBid, LoggedTick, OpeningLog, TickLogError, commitment,
    verify_place,
};

/// The path from an opened place to its tick's root; published with the frozen bids.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacePath {
    /// The tick.
    pub tick: TickNo,
    /// The place.
    pub no: PlaceNo,
    /// From the place's sibling up.
    pub path: Vec<Digest>,
}

/// Why the places of a freeze are not those of the log. Where one bid is at fault, it is named.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlaceError {
    /// The bid is stamped before an earlier tick that had room for it (ruling 9).
    #[error("{bid} is stamped {completed_at}, but tick {tick} of {ticked_at} had room for it")]
    BackDated {
        /// The bid.
        bid: BidName,
        /// Its stamp.
        completed_at: UtcMillis,
        /// The earlier tick.
        tick: TickNo,
        /// The time of that tick.
        ticked_at: UtcMillis,
    },
    /// The closing head is not a head of this log.
    #[error("the closing head of {size} entries is not a head of the log")]
    Head {
        /// Its entries.
        size: u64,
    },
    /// The opened place is not what the tick committed to.
    #[error("{bid} is not at its place of tick {tick}")]
    NotInTick {
        /// The bid.
        bid: BidName,
        /// The tick.
        tick: TickNo,
        /// What the path shows.
        source: InclusionError,
    },
    /// No path was given for the place.
    #[error("the path of {0} is missing")]
    PathMissing(BidName),
    /// The bid is stamped after its tick.
    #[error("{bid} is stamped {completed_at}, after its tick of {ticked_at}")]
    StampAfterTick {
        /// The bid.
        bid: BidName,
        /// Its stamp.
        completed_at: UtcMillis,
        /// The time of its tick.
        ticked_at: UtcMillis,
    },
    /// The tick came after the closing head.
    #[error("{bid} is in tick {tick}, which is not under the closing head")]
    TickAfterHead {
        /// The bid.
        bid: BidName,
        /// The tick.
        tick: TickNo,
    },
    /// The ticks of the log are not in order.
    #[error(transparent)]
    Ticks(#[from] TickLogError),
    /// The log has no such tick.
    #[error("{bid} is in tick {tick}, which the log has not")]
    UnknownTick {
        /// The bid.
        bid: BidName,
        /// The tick.
        tick: TickNo,
    },
}

impl PlaceError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::BackDated { .. } => "place-back-dated",
            Self::Head { .. } => "place-head",
            Self::NotInTick { .. } => "place-not-in-tick",
            Self::PathMissing(_) => "place-path-missing",
            Self::StampAfterTick { .. } => "place-stamp-after-tick",
            Self::TickAfterHead { .. } => "place-tick-after-head",
            Self::Ticks(source) => source.label(),
            Self::UnknownTick { .. } => "place-unknown-tick",
        }
    }
}

impl CheckedFreeze {
    /// Checks that the closing head is a head of the log, that every opened place is what a tick
    /// under that head committed to, and that stamps fit their ticks.
    ///
    /// `places` is the number of places per tick in the tender file. A stamp may be earlier than
    /// an earlier tick only if that tick was full, so back-dating is bounded by one tick.
    ///
    /// # Errors
    ///
    /// [`PlaceError`]; the first found, and the bid it names.
    ///
    /// # Source
    ///
    /// Rulings 7, 9 and 10.
    pub fn check_places(
        &self,
        suite: &Suite,
        log: &OpeningLog,
        places: u32,
        paths: &[PlacePath],
    ) -> Result<(), PlaceError> {
        let head = self.record().head();
        if log.root_at(head.size) != Some(head.root) {
            return Err(PlaceError::Head { size: head.size });
        }
        let ticks: BTreeMap<TickNo, LoggedTick> =
            log.ticks()?.into_iter().map(|tick| (tick.no, tick)).collect();
        let paths: BTreeMap<(TickNo, PlaceNo), &[Digest]> =
            paths.iter().map(|path| ((path.tick, path.no), path.path.as_slice())).collect();
        for bid in &self.record().bids {
            let tick = bid.place.tick;
            let logged = ticks.get(&tick);
            let logged = logged.ok_or_else(|| PlaceError::UnknownTick { bid: bid.name(), tick })?;
            if logged.index >= head.size {
                return Err(PlaceError::TickAfterHead { bid: bid.name(), tick });
            }
            let path = paths.get(&(tick, bid.place.no));
            let path = path.ok_or_else(|| PlaceError::PathMissing(bid.name()))?;
            check_place(suite, bid, places, path, logged)?;
        }
        check_back_dating(&self.record().bids, &ticks, places)
    }
}

fn check_place(
    suite: &Suite,
    bid: &FrozenBid,
    places: u32,
    path: &[Digest],
    logged: &LoggedTick,
) -> Result<(), PlaceError> {
    let (salt, completed_at) = (&bid.place.salt, bid.completed_at);
    let content = commitment(suite, salt, &bid.manifest_sha256, &bid.cms_sha256, completed_at);
    verify_place(&content, bid.place.no, places, path, logged.root)
        .map_err(|source| PlaceError::NotInTick { bid: bid.name(), tick: logged.no, source })?;
    if completed_at > logged.at {
        let (bid, ticked_at) = (bid.name(), logged.at);
        return Err(PlaceError::StampAfterTick { bid, completed_at, ticked_at });
    }
    Ok(())
}

/// A bid belongs in the first tick from its stamp on that has a free place.
fn check_back_dating(
    bids: &[FrozenBid],
    ticks: &BTreeMap<TickNo, LoggedTick>,
    places: u32,
) -> Result<(), PlaceError> {
    let mut used: BTreeMap<TickNo, u32> = BTreeMap::new();
    for bid in bids {
        *used.entry(bid.place.tick).or_default() += 1;
    }
    for bid in bids {
        let had_room = |tick: &&LoggedTick| used.get(&tick.no).is_none_or(|used| *used < places);
        let earlier = ticks.range(..bid.place.tick).map(|(_, tick)| tick);
        let Some(tick) = earlier.rev().find(had_room) else { continue };
        if bid.completed_at < tick.at {
            return Err(PlaceError::BackDated {
                bid: bid.name(),
                completed_at: bid.completed_at,
                tick: tick.no,
                ticked_at: tick.at,
            });
        }
    }
    Ok(())
}
