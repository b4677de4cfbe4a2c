//! From proven partial decryptions to a plaintext or a verdict.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::num::NonZeroUsize;

use kaibiao_ceremony::{Observation, Partial, PartialError, blame, combine_any};
use kaibiao_opening::{PriceOutcome, UnsealedSheet};
use kaibiao_seal::{Header, LockSecrets, ObjectSummary, OpenFailure, ceremony_secret, open};
use kaibiao_types::{Digest, Fault, Part, Stage};

use crate::unlock::unlock;
use crate::{Unlocking, VerifiedBid, VerifiedTender};

/// The partial decryptions at hand for one part, by the manifest they belong to.
pub type Partials = BTreeMap<Digest, Vec<Partial>>;

/// A plaintext, and what was dropped on the way to it.
#[derive(Debug)]
pub struct OpenedObject<W> {
    /// The writer that was handed in, with the whole plaintext.
    pub out: W,
    /// Bytes of the plaintext.
    pub plaintext_len: u64,
    /// Partials that were dropped, each naming its custodian.
    pub dropped: Vec<PartialError>,
}

/// Why an object did not open: a label for the record and whose fault it is.
#[derive(Debug, thiserror::Error)]
#[error("{label}: {detail}")]
pub struct Unopened {
    /// The stable label.
    pub label: &'static str,
    /// What the evidence shows.
    pub fault: Fault,
    /// What happened, for people.
    pub detail: String,
    /// Whether trying again on this machine may help (it could not read or write).
    pub retry: bool,
    /// Partials that were dropped, each naming its custodian.
    pub dropped: Vec<PartialError>,
}

/// Combines partials and opens one object. `unlocking` is for its bidder lock, if it has one; `payload`
/// gives the bytes after the header.
///
/// # Errors
///
/// [`Unopened`] with the verdict of the blame table.
#[allow(clippy::too_many_arguments)] // what an opening rests on, each thing by itself
pub fn open_object<W: Write>(
    tender: &VerifiedTender,
    freeze_id: &Digest,
    header: &Header,
    signed: &ObjectSummary,
    partials: &[Partial],
    unlocking: Unlocking<'_>,
    payload: &mut dyn Read,
    out: W,
) -> Result<OpenedObject<W>, Unopened> {
    let combined = combine_any(tender.record(), freeze_id, header.u(), partials).map_err(
        |(error, dropped)| {
            let verdict = blame(Observation::TooFewPartials);
            Unopened {
                label: verdict.label,
                fault: verdict.fault.unwrap_or(Fault::Undetermined),
                detail: error.to_string(),
                retry: true,
                dropped,
            }
        },
    )?;
    let mut dropped = combined.dropped;
    let bidder = match unlock(tender, freeze_id, header, unlocking, &mut dropped) {
        Ok(bidder) => bidder,
        Err(unopened) => return Err(Unopened { dropped, ..unopened }),
    };
    let opened = ceremony_secret(header, &combined.point, tender.bases().key())
        .map_err(OpenFailure::from)
        .map(|ceremony| LockSecrets { ceremony, bidder })
        .and_then(|secrets| open(header, &secrets, signed, payload, out));
    match opened {
        Ok(opened) => {
            Ok(OpenedObject { out: opened.out, plaintext_len: opened.plaintext_len, dropped })
        }
        Err(failure) => Err(Unopened {
            label: failure.verdict().map_or(failure.label(), |verdict| verdict.label()),
            fault: failure.fault(),
            detail: failure.to_string(),
            retry: failure.verdict().is_none(),
            dropped,
        }),
    }
}

/// Opens the price part of one bid. Partials that do not verify are dropped; a bid that does not
/// open gets its verdict and never stops the others (电子招标投标办法 art. 31).
///
/// # Errors
///
/// [`Unopened`] with `retry` if this machine could not read the stored object; otherwise the
/// outcome itself carries the verdict.
pub fn open_price(
    tender: &VerifiedTender,
    freeze_id: &Digest,
    bid: &VerifiedBid,
    stage: Stage,
    partials: &[Partial],
    unlocking: Unlocking<'_>,
    payload: &mut dyn Read,
) -> Result<PriceOutcome, Unopened> {
    let manifest_sha256 = bid.manifest().sha256();
    let part = bid.manifest().part(stage, Part::Price);
    let (Some(part), Some(header)) = (part, bid.header(stage, Part::Price)) else {
        // A verified manifest has a price part; without one nothing was signed that could open.
        let sheet =
            UnsealedSheet::NotOpened { label: "BIDDER_GARBAGE".to_owned(), fault: Fault::Bidder };
        return Ok(PriceOutcome { manifest_sha256, sheet });
    };
    let opened = open_object(
        tender,
        freeze_id,
        header,
        &part.object(),
        partials,
        unlocking,
        payload,
        Vec::new(),
    );
    let sheet = match opened {
        Ok(opened) => {
            let sha256 = tender.record().suite().hash(&opened.out);
            UnsealedSheet::Opened { sha256, bytes: opened.out }
        }
        Err(unopened) if unopened.retry => return Err(unopened),
        Err(unopened) => {
            UnsealedSheet::NotOpened { label: unopened.label.to_owned(), fault: unopened.fault }
        }
    };
    Ok(PriceOutcome { manifest_sha256, sheet })
}

/// Applies `open` to every bid, on up to `threads` threads, and gives the outcomes in the order of
/// the bids: opening price sheets is arithmetic, and a bid needs nothing of another.
///
/// # Panics
///
/// If `open` does.
pub fn open_each<B: Sync, O: Send>(
    threads: NonZeroUsize,
    bids: &[B],
    open: impl Fn(&B) -> O + Sync,
) -> Vec<O> {
    let open = &open;
    let share = bids.len().div_ceil(threads.get()).max(1);
    let mut shares = bids.chunks(share);
    let own = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || share.iter().map(open).collect::<Vec<_>>()))
            .collect();
        let mut outcomes: Vec<O> = own.iter().map(open).collect();
        for other in others {
            match other.join() {
                Ok(more) => outcomes.extend(more),
                Err(cause) => std::panic::resume_unwind(cause),
            }
        }
        outcomes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcomes_are_in_the_order_of_the_bids_on_any_number_of_threads() {
        for threads in [1, 2, 3, 7, 100] {
            let threads = NonZeroUsize::new(threads).unwrap();
            for count in [0, 1, 2, 3, 10, 101] {
                let bids: Vec<u32> = (0..count).collect();
                let wanted: Vec<u32> = bids.iter().map(|bid| bid * 7).collect();
                assert_eq!(open_each(threads, &bids, |bid| bid * 7), wanted);
            }
        }
    }

    #[test]
    fn two_halves_are_opened_at_the_same_time() {
        let meeting = std::sync::Barrier::new(2);
        let threads = NonZeroUsize::new(2).unwrap();
        open_each(threads, &[0, 1], |_| meeting.wait().is_leader());
    }

    #[test]
    fn a_panic_is_passed_on_and_no_outcome_is_missing_instead() {
        let threads = NonZeroUsize::new(2).unwrap();
        let outcome = std::panic::catch_unwind(|| {
            open_each(threads, &[1, 2, 3, 4], |bid| assert_ne!(*bid, 4, "planted"))
        });
        assert!(outcome.is_err());
    }
}
