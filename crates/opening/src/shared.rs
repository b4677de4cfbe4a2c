//! Large parts of a state: shared between its copies, and found by their keys.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use kaibiao_types::OrgCode;

use crate::event::{BidStatus, PricesPublished, SetFrozen, Verdict};

/// A value that copies of a state share until one of them changes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

/// Where in a frozen set the current bid of each bidder stands.
pub(crate) fn current_places(set: &SetFrozen) -> BTreeMap<OrgCode, usize> {
    let mut places = BTreeMap::new();
    let bids = set.bids.iter().enumerate();
    for (place, bid) in bids.filter(|(_, bid)| bid.status == BidStatus::Current) {
        places.entry(bid.bidder.code.clone()).or_insert(place);
    }
    places
}

/// The bids that have a price.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Priced {
    /// Where they stand among the published ones, in reading order.
    pub(crate) places: Vec<usize>,
    /// Their bidders.
    pub(crate) bidders: BTreeSet<OrgCode>,
}

impl Priced {
    pub(crate) fn of(prices: &PricesPublished) -> Self {
        let bids = prices.bids.iter().enumerate();
        let priced = bids.filter(|(_, bid)| bid.verdict == Verdict::Opened);
        let (places, bidders) = priced.map(|(place, bid)| (place, bid.bidder.code.clone())).unzip();
        Self { places, bidders }
    }
}
