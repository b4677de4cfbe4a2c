//! From what the evidence shows to whose fault it is (crypto.md 3.10, ruling 21).

use kaibiao_types::Fault;

/// What can be observed about one bid that did not open as it should.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Observation {
    /// Fewer than k valid partial decryptions arrived by the limit.
    TooFewPartials,
    /// The lock commitment does not fit the secret that follows from the proven point.
    CeremonyLockMismatch,
    /// A bidder secret under the bidder's own signature does not fit its lock commitment.
    BidderSecretWrong,
    /// The bidder's secret is missing, and no escrow exists.
    BidderSecretMissing,
    /// The bidder's secret is missing, and the one that its escrow gives with the proven point does
    /// not fit the lock commitment.
    EscrowMismatch,
    /// The key commitment, a chunk or the padding fails, while the ciphertext is what was signed.
    PayloadRejected,
    /// The stored ciphertext is not what the receipt and the bidder's signature name.
    StoredBytesDiffer,
    /// A receipted bid is absent from the freeze list, or its status lacks the bidder's manifest.
    OmittedFromFreeze,
    /// The price sheet opened but does not parse.
    SheetMalformed,
}

/// A stable label with the fault that the evidence shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The label in the record.
    pub label: &'static str,
    /// Whose fault it is; `None` where the bid counts as opened.
    pub fault: Option<Fault>,
}

/// The blame table as a function.
///
/// # Source
///
/// 电子招标投标办法 art. 31 (撤销 by the bidder, 撤回 not by the bidder); ruling 21.
pub const fn blame(observation: Observation) -> Verdict {
    use Observation as O;
    let (label, fault) = match observation {
        O::TooFewPartials => ("UNOPENED_CUSTODY", Some(Fault::NotBidder)),
        O::CeremonyLockMismatch | O::EscrowMismatch | O::PayloadRejected => {
            ("BIDDER_GARBAGE", Some(Fault::Bidder))
        }
        O::BidderSecretWrong => ("BIDDER_NOT_UNLOCKED", Some(Fault::Bidder)),
        O::BidderSecretMissing => ("BIDDER_NOT_UNLOCKED", Some(Fault::Undetermined)),
        O::StoredBytesDiffer => ("SERVER_CORRUPT", Some(Fault::NotBidder)),
        O::OmittedFromFreeze => ("SERVER_OMIT", Some(Fault::NotBidder)),
        O::SheetMalformed => ("BIDDER_FORMAT", None),
    };
    Verdict { label, fault }
}

/// What a custodian's signed journal shows of a release that the log asked for and does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JournalShows {
    /// The intent to raise, and no more: whether what it raised was ever sent is open.
    Intent,
    /// No head cosigned that has the request: the hall did not show it, or the custodian was away.
    Nothing,
    /// A refusal.
    Refusal,
    /// A head cosigned that has the request, and neither release nor refusal.
    RequestSeen,
}

/// Whose doing it is that a custodian's release is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MissingRelease {
    /// The custodian's.
    Custodian,
    /// The hall's or the custodian's: a person decides.
    Undetermined,
}

/// What signed journals decide where fewer than k custodians released (ruling 21). A journal can
/// speak against the custodian that signed it, and never by itself against the hall.
pub const fn missing_release(shows: JournalShows) -> MissingRelease {
    match shows {
        JournalShows::Refusal | JournalShows::RequestSeen => MissingRelease::Custodian,
        JournalShows::Intent | JournalShows::Nothing => MissingRelease::Undetermined,
    }
}

#[cfg(test)]
mod tests;
