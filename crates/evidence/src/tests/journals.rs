//! Journals that custodians signed, true and false ones: logs written anew around them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_journal::{EntryLine, journal_statement};
use kaibiao_merkle::{Tree, leaf_hash};
use kaibiao_opening::{EventKind, JournalSigned};
use kaibiao_pki::cms;
use kaibiao_replay::{Act, CustodianJournal};
use kaibiao_testkit::{DrawPlay, Scenario, ScenarioOptions};
use kaibiao_types::{CustodianIndex, Digest, JournalMoment, Millis, Part, UtcMillis};

use super::common::{
    Case, assert_verdict, failed_lot, files, report, rich_scenario, scenario, sealed,
};
use super::logs::{first, line, numbered, rewritten};
use crate::CheckId::{Jrn01, Jrn02, Jrn03, Jrn04};
use crate::{Outcome, Report, Verdict, layout};

/// What one custodian signed.
#[derive(Clone)]
struct Own {
    /// The acts under the statement of the freeze.
    freeze: Vec<Act>,
    /// The acts after them.
    rest: Vec<Act>,
    /// What it signs at the end in place of these acts.
    raw: Option<Vec<u8>>,
}

type Owns = BTreeMap<u16, Own>;

impl Own {
    fn bytes(&self) -> Vec<u8> {
        self.raw.clone().unwrap_or_else(|| bytes(self.freeze.iter().chain(&self.rest)))
    }
}

fn bytes<'a>(acts: impl IntoIterator<Item = &'a Act>) -> Vec<u8> {
    acts.into_iter().flat_map(Act::to_line).collect()
}

fn index(number: u16) -> CustodianIndex {
    CustodianIndex::new(number).unwrap()
}

fn owns(scenario: &Scenario) -> Owns {
    let journals = scenario.journals.iter().map(|(index, all)| {
        let signed = scenario.state.journals().get(&(*index, JournalMoment::Freeze));
        let length = signed.map_or(0, |signed| usize::try_from(signed.length).unwrap());
        let acts = |bytes: &[u8]| CustodianJournal::parse(bytes).unwrap().acts().to_vec();
        let freeze = if length == 0 { Vec::new() } else { acts(&all[..length]) };
        (index.get(), Own { freeze, rest: acts(&all[length..]), raw: None })
    });
    journals.collect()
}

/// The statement of a custodian over a journal, in the place of the one in the log.
fn restate(
    scenario: &Scenario,
    lines: &mut [String],
    of: u16,
    moment: JournalMoment,
    bytes: &[u8],
) {
    for text in lines.iter_mut() {
        let entry = EntryLine::parse(text.as_bytes()).unwrap();
        let Ok(mut data) = entry.data_as::<JournalSigned>() else { continue };
        if entry.kind() != "journal-signed" || (data.custodian.get(), data.moment) != (of, moment) {
            continue;
        }
        (data.length, data.sha256) = (u64::try_from(bytes.len()).unwrap(), SUITE_1.hash(bytes));
        let origin = scenario.verified.origin();
        let statement =
            journal_statement(origin, data.custodian, moment, data.length, &data.sha256);
        let (identity, _) = &scenario.people.custodians[usize::from(of) - 1];
        let rng = ring::rand::SystemRandom::new();
        let cms = cms::sign_detached(identity, statement.as_bytes(), entry.at(), &rng).unwrap();
        data.cms = STANDARD.encode(cms);
        *text = line(text, &data, None);
    }
}

/// The package with other journals, signed by their custodians, and perhaps another log. The head of
/// the end that the journals name follows the log, so that only what is edited is wrong.
fn played(
    scenario: &Scenario,
    edit: impl FnOnce(&mut Owns),
    edit_log: impl FnOnce(&mut Vec<String>),
) -> Vec<u8> {
    rewritten(scenario, |files, lines| {
        let mut owns = owns(scenario);
        let end = owns[&1].rest.iter().rev().find_map(|act| match act {
            Act::Cosigned { size, root, .. } => Some((*size, *root)),
            _ => None,
        });
        let end = end.unwrap();
        assert_eq!(scenario.log.root_at(end.0), Some(end.1));
        edit(&mut owns);
        edit_log(lines);
        for (of, own) in &owns {
            restate(scenario, lines, *of, JournalMoment::Freeze, &bytes(&own.freeze));
        }
        let ended = first(lines, EventKind::OpeningClosed) + 1;
        let mut tree = Tree::new();
        for line in numbered(&lines[..ended]) {
            tree.push(leaf_hash(line.as_bytes()));
        }
        for (of, own) in &mut owns {
            for act in &mut own.rest {
                if let Act::Cosigned { size, root, .. } = act
                    && (*size, *root) == end
                {
                    (*size, *root) = (tree.len(), tree.root());
                }
            }
            let whole = own.bytes();
            restate(scenario, lines, *of, JournalMoment::Close, &whole);
            files.insert(layout::journal(index(*of)), whole);
        }
    })
}

/// The rich opening in which the journal of custodian 1 is another one.
fn told(edit: impl FnOnce(&mut Own)) -> Vec<u8> {
    played(rich_scenario(), |owns| edit(owns.get_mut(&1).unwrap()), |_| {})
}

/// The same with one act of it changed: the first for which the edit says so.
fn told_act(edit: impl Fn(&mut Act) -> bool) -> Vec<u8> {
    told(|own| {
        let mut acts = own.freeze.iter_mut().chain(&mut own.rest);
        assert!(acts.any(edit));
    })
}

fn deadline() -> UtcMillis {
    rich_scenario().verified.file().terms().deadline
}

fn cosigned(size: u64, root: Digest) -> Act {
    Act::Cosigned { at: deadline(), size, root }
}

fn intent_position(own: &Own, of: Part) -> usize {
    let is = |act: &Act| matches!(act, Act::Intent { part, .. } if *part == of);
    own.rest.iter().position(is).unwrap()
}

/// Edits of the list of points under the intent for the prices.
fn raised(edit: impl Fn(&mut Vec<kaibiao_replay::Raised>)) -> Vec<u8> {
    told_act(|act| match act {
        Act::Intent { part: Part::Price, raised, .. } => {
            edit(raised);
            true
        }
        _ => false,
    })
}

fn statement_cases() -> Vec<Case> {
    let file = |edit: fn(&mut crate::package::Files)| {
        let mut changed = files(rich_scenario());
        edit(&mut changed);
        sealed(rich_scenario(), &changed)
    };
    let (one, two) = ("journals/1.jsonl", "journals/2.jsonl");
    let flipped = file(|files| files.get_mut("journals/1.jsonl").unwrap()[20] ^= 1);
    let longer = file(|files| {
        let again = files["journals/1.jsonl"].clone();
        files.get_mut("journals/1.jsonl").unwrap().extend(again);
    });
    let swapped = {
        let mut changed = files(rich_scenario());
        let first = changed[one].clone();
        let second = changed.insert(two.to_owned(), first).unwrap();
        changed.insert(one.to_owned(), second);
        sealed(rich_scenario(), &changed)
    };
    let cut = played(rich_scenario(), |_| {}, |_| {});
    assert_verdict(&report(rich_scenario(), &cut), Verdict::Passed);
    let usurped = rewritten(rich_scenario(), |_, lines| {
        let at = first(lines, EventKind::JournalSigned);
        let cms = lines[at + 2].split_once("\"cms\":\"").unwrap().1.to_owned();
        let before = lines[at].split_once("\"cms\":\"").unwrap().0.to_owned();
        lines[at] = format!("{before}\"cms\":\"{cms}");
    });
    vec![
        Case::fails("journal altered", flipped, Jrn01),
        Case::fails("journal longer than signed", longer, Jrn01),
        Case::fails("journals of two custodians swapped", swapped, Jrn01),
        Case::fails("journal statement of another", usurped, Jrn01),
        Case::fails(
            "journal of the end does not continue that of the freeze",
            told(|own| own.raw = Some(bytes(own.freeze.iter().skip(1).chain(&own.rest)))),
            Jrn01,
        ),
        Case::fails(
            "journal of the end shorter than that of the freeze",
            told(|own| own.raw = Some(bytes(&own.freeze[..1]))),
            Jrn01,
        ),
        Case::opens("no journal file", file(|files| drop(files.remove("journals/2.jsonl"))), Jrn01),
    ]
}

fn form_cases() -> Vec<Case> {
    let raw = |edit: fn(Vec<u8>) -> Vec<u8>| {
        told(|own| own.raw = Some(edit(bytes(own.freeze.iter().chain(&own.rest)))))
    };
    let added = |text: &'static [u8]| told(|own| own.raw = Some([&own.bytes(), text].concat()));
    let inserted = |at: fn(&Own) -> usize, act: fn(&Own) -> Act| {
        told(|own| {
            let (at, act) = (at(own), act(own));
            own.rest.insert(at, act);
        })
    };
    let last = |own: &Own| own.rest.len();
    vec![
        Case::fails("unknown act", added(b"{\"act\":\"opened\",\"at\":1}\n"), Jrn02),
        Case::fails(
            "act with more fields",
            added(b"{\"act\":\"retired\",\"at\":1,\"x\":2}\n"),
            Jrn02,
        ),
        Case::fails("act with spaces", added(b"{\"act\": \"retired\",\"at\":1}\n"), Jrn02),
        Case::fails("empty line", added(b"\n"), Jrn02),
        Case::fails("torn line", raw(|mut all| all.pop().map(|_| all).unwrap()), Jrn02),
        Case::fails("smaller head", inserted(last, |_| cosigned(1, Digest::ZERO)), Jrn02),
        Case::fails(
            "head twice",
            inserted(|_| 0, |own| own.freeze.first().unwrap().clone()),
            Jrn02,
        ),
        Case::fails(
            "second freeze",
            inserted(|_| 0, |_| Act::FreezeSigned { at: deadline(), freeze_id: Digest::ZERO }),
            Jrn02,
        ),
        Case::fails(
            "points without countersignature",
            told_act(|act| match act {
                Act::Intent { freeze_id, .. } => {
                    *freeze_id = Digest::ZERO;
                    true
                }
                _ => false,
            }),
            Jrn02,
        ),
        Case::fails(
            "points after the destruction",
            told(|own| {
                let intent = own.rest.remove(intent_position(own, Part::Price));
                own.rest.push(intent);
            }),
            Jrn02,
        ),
        Case::fails(
            "points of one part twice",
            inserted(|_| 0, |own| own.rest[intent_position(own, Part::Price)].clone()),
            Jrn02,
        ),
        Case::fails("one point for two bids", raised(|list| list[0].u = list[1].u), Jrn02),
        Case::fails(
            "destroyed twice",
            inserted(last, |_| Act::Destroying { at: deadline() }),
            Jrn02,
        ),
        Case::fails(
            "done before it signs",
            inserted(last, |_| Act::Retired { at: deadline() }),
            Jrn02,
        ),
        Case::fails(
            "destroyed before it begins",
            inserted(|_| 0, |_| Act::Destroyed { at: deadline() }),
            Jrn02,
        ),
    ]
}

fn log_cases() -> Vec<Case> {
    let rich = rich_scenario();
    let ended = |own: &mut Own| -> usize {
        own.rest.iter().position(|act| matches!(act, Act::Cosigned { .. })).unwrap()
    };
    let without = |is: fn(&Act) -> bool| {
        told(|own| {
            own.freeze.retain(|act| !is(act));
            own.rest.retain(|act| !is(act));
        })
    };
    // A refusal has no signature in the log: only the journal shows that the hall made it up.
    let invented = played(
        rich,
        |_| {},
        |lines| {
            let at = first(lines, EventKind::FreezeSigned);
            let time = EntryLine::parse(lines[at].as_bytes()).unwrap().at();
            lines.insert(
                at,
                format!(
                    "{{\"i\":0,\"at\":{time},\"by\":\"custodian:1\",\"kind\":\"custodian-refused\",\"data\":{{\"custodian\":1,\"label\":\"E_NOT_YET\",\"detail\":\"not yet\"}}}}",
                    time = time.get()
                ),
            );
        },
    );
    vec![
        Case::fails(
            "head of another log",
            told(|own| {
                let at = ended(own);
                own.rest[at] = cosigned(rich.log.len() - 7, Digest::ZERO);
            }),
            Jrn03,
        ),
        Case::fails(
            "head of a longer log",
            told(|own| {
                let at = ended(own);
                own.rest[at] = cosigned(rich.log.len() + 1, rich.log.head().root);
            }),
            Jrn03,
        ),
        Case::fails(
            "another freeze countersigned",
            told(|own| {
                for act in own.freeze.iter_mut().chain(&mut own.rest) {
                    if let Act::FreezeSigned { freeze_id, .. } | Act::Intent { freeze_id, .. } = act
                    {
                        *freeze_id = Digest::ZERO;
                    }
                }
            }),
            Jrn03,
        ),
        Case::fails(
            "no countersignature",
            without(|act| matches!(act, Act::FreezeSigned { .. } | Act::Intent { .. })),
            Jrn03,
        ),
        Case::fails(
            "N release without intent",
            without(|act| matches!(act, Act::Intent { .. })),
            Jrn03,
        ),
        Case::fails("refusal made up by the hall", invented, Jrn03),
        Case::fails(
            "no destruction",
            without(|act| matches!(act, Act::Destroying { .. } | Act::Destroyed { .. })),
            Jrn03,
        ),
    ]
}

fn point_cases() -> Vec<Case> {
    let frozen = rich_scenario().state.frozen().unwrap();
    let mut bids = frozen.bids.iter();
    let superseded = bids.find(|bid| bid.status == kaibiao_opening::BidStatus::Superseded);
    let superseded = superseded.unwrap().manifest_sha256;
    vec![
        Case::fails("point of no bid", raised(|list| list[0].u = Hex([2; 33])), Jrn03),
        Case::fails(
            "point of a superseded bid",
            raised(move |list| list[0].manifest_sha256 = superseded),
            Jrn03,
        ),
        Case::fails(
            "fewer points than released",
            raised(|list| list.truncate(list.len() - 1)),
            Jrn03,
        ),
        Case::fails(
            "fewer points of documents",
            told_act(|act| match act {
                Act::Intent { part: Part::Documents, raised, .. } => raised.pop().is_some(),
                _ => false,
            }),
            Jrn03,
        ),
        Case::fails(
            "points of a part never asked for",
            told(|own| {
                let at = intent_position(own, Part::Documents);
                let mut again = own.rest[at].clone();
                if let Act::Intent { part, .. } = &mut again {
                    *part = Part::Signals;
                }
                own.rest.insert(at + 1, again);
            }),
            Jrn03,
        ),
    ]
}

/// An opening with two draws, built once.
fn drawn_scenario() -> &'static Scenario {
    static DRAWN: LazyLock<Scenario> = LazyLock::new(|| {
        let draw = Some(DrawPlay::Fair);
        scenario(&ScenarioOptions { draw, documents: false, seed: "drawn", ..Default::default() })
    });
    &DRAWN
}

fn draw_cases() -> Vec<Case> {
    let drew = |edit: &dyn Fn(&mut Own, usize)| {
        let edit = |owns: &mut Owns| {
            let own = owns.get_mut(&1).unwrap();
            let is = |act: &Act| matches!(act, Act::DrawIntent { no: 1, .. });
            let at = own.rest.iter().position(is).unwrap();
            edit(own, at);
        };
        played(drawn_scenario(), edit, |_| {})
    };
    let other = |change: fn(&mut u32, &mut Digest, &mut Hex<33>)| {
        drew(&|own, at| {
            let mut act = own.rest[at].clone();
            if let Act::DrawIntent { no, freeze_id, u, .. } = &mut act {
                change(no, freeze_id, u);
            }
            own.rest.insert(at + 1, act);
        })
    };
    vec![
        Case::fails(
            "an answer to a draw without an intent",
            drew(&|own, at| drop(own.rest.remove(at))),
            Jrn03,
        ),
        Case::fails("a draw never asked for", other(|no, _, _| *no = 9), Jrn03),
        Case::fails("another point for one draw", other(|_, _, u| *u = Hex([2; 33])), Jrn02),
        Case::fails(
            "the point of something else as that of a draw",
            drew(&|own, at| {
                if let Act::DrawIntent { u, .. } = &mut own.rest[at] {
                    *u = Hex([2; 33]);
                }
            }),
            Jrn03,
        ),
        Case::fails("a draw by another freeze", other(|_, id, _| *id = Digest::ZERO), Jrn02),
        Case::fails(
            "a draw before the deadline",
            drew(&|own, at| {
                let early = drawn_scenario().verified.file().terms().deadline;
                if let Act::DrawIntent { at, .. } = &mut own.rest[at] {
                    *at = early.minus(Millis::new(1).unwrap());
                }
            }),
            Jrn04,
        ),
    ]
}

fn time_cases() -> Vec<Case> {
    let early = |act: &mut Act| {
        let (Act::FreezeSigned { at, .. } | Act::Intent { at, .. }) = act else { return false };
        *at = deadline().minus(Millis::new(1).unwrap());
        true
    };
    vec![
        Case::fails("N countersigned a millisecond early", told_act(early), Jrn04),
        Case::fails(
            "N released a millisecond early",
            told(|own| assert!(own.rest.iter_mut().any(early))),
            Jrn04,
        ),
    ]
}

/// An opening whose time host and supervisor confirmed, in which custodian 1 countersigned early by a
/// clock of this standing.
fn confirmed_with(standing: &str) -> Vec<u8> {
    let edit = |own: &mut Own| {
        let early =
            confirmed_scenario().verified.file().terms().deadline.minus(Millis::new(1).unwrap());
        let (mut clocks, mut signed) = (0, 0);
        for act in &mut own.freeze {
            match act {
                Act::Clock { standing: said, agree, .. } => {
                    standing.clone_into(said);
                    *agree = vec!["server_1".to_owned(), "server_2".to_owned()];
                    clocks += 1;
                }
                Act::FreezeSigned { at, .. } => {
                    *at = early;
                    signed += 1;
                }
                _ => {}
            }
        }
        assert_eq!((clocks, signed), (1, 1));
    };
    confirmed_and(edit)
}

/// The same opening with another journal of custodian 1.
fn confirmed_and(edit: impl FnOnce(&mut Own)) -> Vec<u8> {
    played(confirmed_scenario(), |owns| edit(owns.get_mut(&1).unwrap()), |_| {})
}

fn confirmed_scenario() -> &'static Scenario {
    static CONFIRMED: LazyLock<Scenario> = LazyLock::new(|| {
        let options =
            ScenarioOptions { confirmed_time: true, seed: "confirmed", ..Default::default() };
        scenario(&ScenarioOptions { documents: false, ..options })
    });
    &CONFIRMED
}

#[test]
fn a_confirmed_time_excuses_a_clock_that_did_not_know() {
    for standing in ["never", "holdover"] {
        let report = report(rich_scenario(), &confirmed_with(standing));
        assert_verdict(&report, Verdict::Passed);
        assert!(note(&report, "time-confirmed").is_some());
        assert!(note(&report, "time-sources").is_some());
    }
}

/// The sources fall silent after they agreed: the clock stays synchronised for a while, and says so.
#[test]
fn a_synchronised_clock_may_lose_its_sources_for_a_while() {
    let deadline = confirmed_scenario().verified.file().terms().deadline;
    let package = confirmed_and(|own| {
        let said = |act: &Act| matches!(act, Act::Clock { .. });
        let place = own.freeze.iter().position(said).unwrap();
        let mut silent = own.freeze[place].clone();
        for (act, names) in
            [(&mut own.freeze[place], &["server_1", "server_2"][..]), (&mut silent, &[])]
        {
            let Act::Clock { standing, agree, .. } = act else { unreachable!() };
            "synchronised".clone_into(standing);
            *agree = names.iter().map(|name| (*name).to_owned()).collect();
        }
        own.freeze.insert(place + 1, silent);
        for act in &mut own.freeze {
            if let Act::FreezeSigned { at, .. } = act {
                *at = deadline;
            }
        }
        // Nobody had to confirm the time for it.
        let head = |act: &Act| matches!(act, Act::Cosigned { .. });
        let last = own.freeze.iter().rposition(head).unwrap();
        own.freeze.remove(last);
    });
    assert_verdict(&report(rich_scenario(), &package), Verdict::Passed);
}

fn confirmed_cases() -> Vec<Case> {
    let what = "a synchronised clock before the deadline, whatever was confirmed";
    // The last head before the countersignature is the one with the confirmation.
    let unread = confirmed_and(|own| {
        let signs = own.freeze.iter().position(|act| matches!(act, Act::FreezeSigned { .. }));
        let head = own.freeze.remove(signs.unwrap() - 1);
        assert!(matches!(head, Act::Cosigned { .. }));
    });
    let alone = confirmed_and(|own| {
        for act in &mut own.freeze {
            if let Act::Clock { standing, agree, .. } = act {
                "synchronised".clone_into(standing);
                *agree = vec!["server_1".to_owned(), "server_1".to_owned(), "pool".to_owned()];
            }
        }
        let head = |act: &Act| matches!(act, Act::Cosigned { .. });
        let last = own.freeze.iter().rposition(head).unwrap();
        own.freeze.remove(last);
    });
    vec![
        Case::fails(what, confirmed_with("synchronised"), Jrn04),
        Case::fails("no clock, and the confirmation not read", unread, Jrn04),
        Case::fails("synchronised by one server", alone, Jrn04),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [
        statement_cases(),
        form_cases(),
        log_cases(),
        point_cases(),
        draw_cases(),
        time_cases(),
        confirmed_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn outcomes(report: &Report) -> [Outcome; 4] {
    [Jrn01, Jrn02, Jrn03, Jrn04].map(|check| report.finding(check, None).unwrap().outcome)
}

fn note<'a>(report: &'a Report, id: &str) -> Option<&'a str> {
    report.notes().iter().find(|note| note.id == id).map(|note| note.en.as_str())
}

#[test]
fn journals_of_a_whole_opening_pass_and_a_contradiction_names_its_custodian() {
    let whole = report(rich_scenario(), &sealed(rich_scenario(), &files(rich_scenario())));
    assert_eq!(outcomes(&whole), [Outcome::Pass; 4]);
    assert_eq!(note(&whole, "journal-absent"), None);
    let late = played(
        rich_scenario(),
        |owns| {
            for own in owns.values_mut().skip(1) {
                own.rest.insert(0, cosigned(99_999, Digest::ZERO));
            }
        },
        |_| {},
    );
    let report = report(rich_scenario(), &late);
    assert_verdict(&report, Verdict::Failed);
    let found = report.finding(Jrn03, None).unwrap();
    let detail = found.detail.as_deref().unwrap();
    assert!(detail.contains("custodian 2: ") && detail.contains("custodian 3: "), "{detail}");
    assert!(!detail.contains("custodian 1: "), "{detail}");
    assert_eq!(found.refs, ["journals/2.jsonl", "journals/3.jsonl"]);
}

#[test]
fn absent_journals_are_named_and_fail_nothing() {
    // Nobody handed one over.
    let silent = scenario(&ScenarioOptions { silent_custodians: 3, ..Default::default() });
    let none = report(&silent, &sealed(&silent, &files(&silent)));
    assert_verdict(&none, Verdict::Passed);
    assert_eq!(outcomes(&none), [Outcome::NotApplicable; 4]);
    let all = Some("no journal signed at the end: custodians 1, 2, 3");
    assert_eq!(note(&none, "journal-absent"), all);

    // One handed over the first and not the second.
    let scenario = scenario(&ScenarioOptions { custodian_absent: true, ..Default::default() });
    let package = rewritten(&scenario, |files, lines| {
        lines.retain(|line| {
            !(line.contains("\"custodian\":2,\"moment\":\"close\"")
                || line.contains("\"kind\":\"key-destroyed\",\"data\":{\"custodian\":2,"))
        });
        let freeze = bytes(&owns(&scenario)[&2].freeze);
        files.insert(layout::journal(index(2)), freeze);
    });
    let report_of = report(&scenario, &package);
    // The head of the end in journal 1 is under the first half of the statements: it still holds.
    assert_verdict(&report_of, Verdict::Passed);
    assert_eq!(outcomes(&report_of), [Outcome::Pass; 4]);
    assert_eq!(
        note(&report_of, "journal-absent"),
        Some("no journal signed at the end: custodians 2, 3")
    );

    // A failed lot has them too.
    let failed = report(failed_lot(), &sealed(failed_lot(), &files(failed_lot())));
    assert_eq!(outcomes(&failed), [Outcome::Pass; 4]);
}

/// Ruling 21: where fewer than k released, the journals decide what they can.
#[test]
fn journals_say_why_a_release_is_missing() {
    let options =
        ScenarioOptions { refusing_custodians: 2, documents: false, ..Default::default() };
    let scenario = scenario(&options);
    let whole = report(&scenario, &sealed(&scenario, &files(&scenario)));
    assert_verdict(&whole, Verdict::Passed);
    assert_eq!(outcomes(&whole), [Outcome::Pass; 4]);
    let all = |report: &Report| -> Vec<String> {
        let notes = report.notes().iter().filter(|note| note.id == "release-missing");
        notes.map(|note| note.en.clone()).collect()
    };
    let refused = |n: u16| {
        format!(
            "custodian {n} did not release (price): by this custodian; its journal has a refusal"
        )
    };
    assert_eq!(all(&whole), [refused(1), refused(2)]);
    // What the journals do not say, stays open. (That they lack the refusals is another matter.)
    let silent = |cosigns: bool| {
        let package = played(
            &scenario,
            |owns| {
                let own = owns.get_mut(&2).unwrap();
                own.rest.retain(|act| match act {
                    Act::Refused { .. } => false,
                    Act::Cosigned { .. } => cosigns,
                    _ => true,
                });
            },
            |_| {},
        );
        all(&report(&scenario, &package)).pop().unwrap()
    };
    assert!(silent(true).contains("by this custodian; its journal has seen the request"));
    assert!(silent(false).contains("fault open; its journal has not seen the request"));
}
