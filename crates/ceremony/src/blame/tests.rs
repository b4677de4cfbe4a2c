//! The whole table is a committed file: a change of blame shows as a difference there.

use serde::{Deserialize, Serialize};

use super::*;
use crate::vectors::check;

#[derive(Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Row {
    observation: String,
    label: String,
    fault: Option<Fault>,
}

/// Every observation; the match below does not compile when one is added and not listed.
const ALL: [Observation; 9] = [
    Observation::TooFewPartials,
    Observation::CeremonyLockMismatch,
    Observation::BidderSecretWrong,
    Observation::BidderSecretMissing,
    Observation::EscrowMismatch,
    Observation::PayloadRejected,
    Observation::StoredBytesDiffer,
    Observation::OmittedFromFreeze,
    Observation::SheetMalformed,
];

const fn position(observation: Observation) -> usize {
    use Observation as O;
    match observation {
        O::TooFewPartials => 0,
        O::CeremonyLockMismatch => 1,
        O::BidderSecretWrong => 2,
        O::BidderSecretMissing => 3,
        O::EscrowMismatch => 4,
        O::PayloadRejected => 5,
        O::StoredBytesDiffer => 6,
        O::OmittedFromFreeze => 7,
        O::SheetMalformed => 8,
    }
}

#[test]
fn the_table_is_the_committed_one() {
    for (i, observation) in ALL.into_iter().enumerate() {
        assert_eq!(position(observation), i);
    }
    let rows: Vec<Row> = ALL
        .into_iter()
        .map(|observation| {
            let Verdict { label, fault } = blame(observation);
            Row { observation: format!("{observation:?}"), label: label.to_owned(), fault }
        })
        .collect();
    let committed = check("blame.json", &rows);
    assert_eq!(committed, rows);
}

/// Ruling 21: where the evidence does not decide, no bidder loses its deposit by a program.
#[test]
fn only_what_a_bidder_signed_is_blamed_on_it() {
    let bidder: Vec<Observation> = ALL
        .into_iter()
        .filter(|observation| blame(*observation).fault == Some(Fault::Bidder))
        .collect();
    let expected = [
        Observation::CeremonyLockMismatch,
        Observation::BidderSecretWrong,
        Observation::EscrowMismatch,
        Observation::PayloadRejected,
    ];
    assert_eq!(bidder, expected);
    assert_eq!(blame(Observation::BidderSecretMissing).fault, Some(Fault::Undetermined));
    assert_eq!(blame(Observation::SheetMalformed).fault, None, "the bid counts as opened");
}

/// Ruling 21: only what a custodian says against itself decides.
#[test]
fn a_journal_decides_against_its_own_custodian_alone() {
    for (shows, whose) in [
        (JournalShows::Refusal, MissingRelease::Custodian),
        (JournalShows::RequestSeen, MissingRelease::Custodian),
        (JournalShows::Intent, MissingRelease::Undetermined),
        (JournalShows::Nothing, MissingRelease::Undetermined),
    ] {
        assert_eq!(missing_release(shows), whose, "{shows:?}");
    }
}
