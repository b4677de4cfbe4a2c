//! What must hold at the end of every run, read from the log as it was shown and from the receipts.

use std::sync::Arc;

use kaibiao_evidence::Outcome;
use kaibiao_opening::{BidStatus, Phase, Verdict};
use kaibiao_replay::Replay;
use kaibiao_room::LotHandle;

use crate::bidder::Bidder;
use crate::cast::Cast;
use crate::net::Net;

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Ending {
    /// The opening was held and closed.
    Closed,
    /// Too few bidders: nothing was opened, which is lawful.
    TooFew,
}

/// An auditor's replay of the log, against what bidders were told.
pub(crate) fn judge(cast: &'static Cast, net: &Net, bidders: &[Bidder]) -> Ending {
    let mut replay = Replay::new(Arc::clone(&cast.published.verified), Arc::clone(&cast.trust));
    for line in net.log().iter() {
        replay.ingest(line).expect("the log holds for an auditor");
    }
    let state = replay.state();
    let frozen = state.frozen().expect("the opening came to its freeze");
    let mut current = 0;
    for (number, bidder) in bidders.iter().enumerate() {
        let party = &cast.people.bidders[number].1;
        let mut listed: Vec<_> = frozen.bids.iter().filter(|bid| bid.bidder == *party).collect();
        listed.sort_unstable_by_key(|bid| bid.seq);
        for receipt in &bidder.receipts {
            let bid = listed.iter().find(|bid| bid.manifest_sha256 == receipt.manifest_sha256);
            let bid = bid.expect("every receipted bid is in the freeze");
            assert_eq!(bid.completed_at, receipt.completed_at);
            assert!(receipt.completed_at < replay.deadline());
            let last = listed.last().unwrap().seq == bid.seq;
            let counts = bid.status == BidStatus::Current;
            assert!(last || !counts, "an earlier version counts");
            assert_eq!(bid.by.is_none(), counts, "who is named by a bid that does not count");
        }
        let counting = listed.iter().filter(|bid| bid.status == BidStatus::Current).count();
        assert!(counting <= 1);
        current += counting;
    }
    assert_eq!(frozen.bidders as usize, current);
    match state.phase() {
        Phase::Failed => {
            assert!(current < 3, "an opening with enough bidders failed");
            assert!(state.prices().is_none(), "something was opened");
            Ending::TooFew
        }
        Phase::Closed => {
            let prices = state.prices().expect("prices were published");
            assert_eq!(prices.bids.len(), current);
            for bid in &prices.bids {
                assert_eq!(bid.verdict, Verdict::Opened);
                let listed = frozen.bids.iter().find(|f| f.manifest_sha256 == bid.manifest_sha256);
                let listed = listed.unwrap();
                let total = cast.total(cast.index_of(&listed.bidder), listed.seq.get());
                assert_eq!(bid.total, Some(total), "the published price is the sealed one");
            }
            Ending::Closed
        }
        phase => panic!("the opening stands in {phase:?}"),
    }
}

/// The hall's package of evidence, verified as an auditor does.
pub(crate) fn verify_package(cast: &'static Cast, room: &LotHandle) {
    let path = room.package().expect("there is a package at the end");
    let mut file = std::fs::File::open(path).unwrap();
    let report = kaibiao_evidence::verify(&mut file, &cast.trust, None);
    let failed: Vec<_> = report.findings().iter().filter(|f| f.outcome == Outcome::Fail).collect();
    assert!(failed.is_empty(), "the package fails: {failed:?}");
}
