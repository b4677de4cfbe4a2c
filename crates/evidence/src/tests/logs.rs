//! Logs that were written anew and signed with the true keys of hall and custodians.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::Hex;
use kaibiao_journal::{Cosigner, EntryLine, SignedCommand, TreeHead};
use kaibiao_merkle::{Tree, leaf_hash};
use kaibiao_opening::{Actor, Command, EventKind, IntakeClosed, RecordSigned, SignedCommandBody};
use kaibiao_pki::{Identity, cms};
use kaibiao_testkit::{DrawPlay, Scenario, ScenarioOptions};
use kaibiao_types::{Millis, OrgCode, Role, UtcMillis};

use super::common::{
    Case, assert_verdict, bid_name, failed_lot, files, report, rich_scenario, scenario, sealed,
    sealed_at,
};
use crate::CheckId::{
    Cer04, Dec01, Dec02, Drw01, Log01, Log02, Log05, Ord01, Ord02, Ord03, Ord04, Rec02, Sea01,
    Sig02, Sig03, Sig04, Wit01,
};
use crate::Verdict;
use crate::layout;
use crate::package::Files;

/// The package with another log: lines are numbered anew, the head is signed by hall and custodians.
fn relogged(scenario: &Scenario, edit: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    rewritten(scenario, |_, lines| {
        let before = lines.clone();
        edit(lines);
        assert_ne!(*lines, before);
    })
}

/// The same with files that are changed together with the log.
pub(super) fn rewritten(
    scenario: &Scenario,
    edit: impl FnOnce(&mut Files, &mut Vec<String>),
) -> Vec<u8> {
    let entries = scenario.log.entries();
    let mut lines: Vec<String> = entries.iter().map(|entry| entry.text().to_owned()).collect();
    let mut changed = files(scenario);
    edit(&mut changed, &mut lines);
    let mut tree = Tree::new();
    let mut log = Vec::new();
    for line in numbered(&lines) {
        tree.push(leaf_hash(line.as_bytes()));
        log.extend_from_slice(line.as_bytes());
        log.push(b'\n');
    }
    let head = TreeHead { size: tree.len(), root: tree.root() };
    let checkpoint = scenario.sign_head(head, 3, sealed_at()).unwrap();
    changed.insert(layout::ENTRIES.to_owned(), log);
    changed.insert(layout::CHECKPOINT.to_owned(), checkpoint.into_bytes());
    sealed(scenario, &changed)
}

/// Lines numbered anew.
pub(super) fn numbered(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().enumerate().map(|(number, line)| {
        let rest = line.split_once(',').unwrap().1;
        format!("{{\"i\":{number},{rest}")
    })
}

/// The first entry of a kind.
pub(super) fn first(lines: &[String], kind: EventKind) -> usize {
    let kind = format!("\"kind\":\"{}\"", kind.name());
    lines.iter().position(|line| line.contains(&kind)).unwrap()
}

/// The time in a line.
fn time(line: &str) -> String {
    EntryLine::parse(line.as_bytes()).unwrap().at().get().to_string()
}

/// The first entry of a kind with a text replaced.
fn replaced(kind: EventKind, from: &str, to: &str) -> Vec<u8> {
    relogged(rich_scenario(), |lines| {
        let at = first(lines, kind);
        assert!(lines[at].contains(from), "{from} in {}", lines[at]);
        lines[at] = lines[at].replacen(from, to, 1);
    })
}

/// A line like `line`, with the data and command given.
pub(super) fn line(
    like: &str,
    data: &impl serde::Serialize,
    command: Option<&SignedCommand>,
) -> String {
    let like = EntryLine::parse(like.as_bytes()).unwrap();
    let (index, at) = (like.index(), like.at());
    let line = EntryLine::build(index, at, like.by(), like.kind(), data, command).unwrap();
    line.text().to_owned()
}

/// A command signed by somebody at the time of a line.
fn command(who: &Identity, like: &str, command: Command) -> SignedCommand {
    let like = EntryLine::parse(like.as_bytes()).unwrap();
    let body = SignedCommandBody {
        lot: rich_scenario().state.lot().clone(),
        command,
        nonce: Hex([9; 16]).to_string(),
        at: like.at(),
        after: like.index() - 1,
    }
    .to_bytes();
    let rng = ring::rand::SystemRandom::new();
    let cms = cms::sign_detached(who, &body, like.at(), &rng).unwrap();
    SignedCommand { body, cms }
}

/// The host's signature under the record replaced by one over something else; the command beside
/// it is right.
fn other_record(lines: &mut [String]) {
    let at = first(lines, EventKind::RecordSigned);
    let entry = EntryLine::parse(lines[at].as_bytes()).unwrap();
    let mut data: RecordSigned = entry.data_as().unwrap();
    assert_eq!(data.role, Role::Host);
    let rng = ring::rand::SystemRandom::new();
    let host = &rich_scenario().people.host;
    data.cms = STANDARD.encode(cms::sign_detached(host, b"x", entry.at(), &rng).unwrap());
    let asked = Command::SignRecord { record_sha256: data.record_sha256, cms: data.cms.clone() };
    let signed = command(host, &lines[at], asked);
    lines[at] = line(&lines[at], &data, Some(&signed));
}

/// A command of the host signed by the supervisor.
fn usurped(lines: &mut [String]) {
    let at = first(lines, EventKind::BiddersPublished);
    let entry = EntryLine::parse(lines[at].as_bytes()).unwrap();
    let supervisor = &rich_scenario().people.supervisor;
    let signed = command(supervisor, &lines[at], Command::PublishBidders);
    lines[at] = line(&lines[at], &entry.data().to_owned(), Some(&signed));
}

/// A character of the first cosignature of the closing head changed.
fn forge_cosignature(lines: &mut [String]) {
    let index = first(lines, EventKind::IntakeClosed);
    let line = &mut lines[index];
    let at = line.find("custodian/1 ").unwrap() + 60;
    let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    line.replace_range(at..=at, other);
}

/// The closing head cosigned by the first two custodians at one instant, by the third at another.
fn closing_cosigned(scenario: &Scenario, two: UtcMillis, third: UtcMillis) -> Vec<u8> {
    relogged(scenario, |lines| {
        let at = first(lines, EventKind::IntakeClosed);
        let entry = EntryLine::parse(lines[at].as_bytes()).unwrap();
        let mut closed: IntakeClosed = entry.data_as().unwrap();
        let checkpoint = scenario.log.checkpoint_at(closed.size).unwrap();
        let times = scenario.cosigners.iter().zip([two, two, third]);
        let cosign = |(signer, at): (&Cosigner, _)| signer.cosign(&checkpoint, at).unwrap();
        closed.cosignatures = times.map(cosign).collect();
        lines[at] = line(&lines[at], &closed, None);
    })
}

/// Ruling 9: k custodians a second after the grace span, or before the deadline.
fn closing_head_cases() -> Vec<Case> {
    // The custodians' own journals would name the heads that they cosigned.
    let silent = scenario(&ScenarioOptions { silent_custodians: 3, ..Default::default() });
    let terms = silent.verified.file().terms();
    let late = terms.deadline.plus(terms.grace_ms).plus(Millis::from_secs(1));
    let early = terms.deadline.minus(Millis::from_secs(4));
    let opens = |what, at| {
        let changed = closing_cosigned(&silent, at, terms.deadline);
        Case::opens(what, changed, Wit01).with("NO_POE")
    };
    vec![opens("closing head witnessed late", late), opens("closing head witnessed early", early)]
}

/// Clocks differ a little, and one custodian whose clock is far off decides nothing.
#[test]
fn a_closing_head_is_witnessed_by_k_clocks_that_differ_a_little() {
    let silent = scenario(&ScenarioOptions { silent_custodians: 3, ..Default::default() });
    let deadline = silent.verified.file().terms().deadline;
    for (two, third) in [
        (deadline.minus(Millis::from_secs(3)), deadline),
        (deadline, deadline.minus(Millis::from_secs(3_600))),
    ] {
        let report = report(&silent, &closing_cosigned(&silent, two, third));
        assert_verdict(&report, Verdict::Passed);
    }
}

/// The text before the command of an entry.
fn without_command(line: &str) -> String {
    format!("{}}}", line.split_once(",\"cmd\":").unwrap().0)
}

fn signature_cases() -> Vec<Case> {
    let rich = rich_scenario();
    let commandless = relogged(rich, |lines| {
        let at = first(lines, EventKind::UnsealingStarted);
        lines[at] = without_command(&lines[at]);
    });
    let freeze = relogged(rich, |lines| {
        let at = first(lines, EventKind::FreezeSigned);
        let cms = lines[at + 1].split_once("\"cms\":\"").unwrap().1.to_owned();
        let before = lines[at].split_once("\"cms\":\"").unwrap().0.to_owned();
        lines[at] = format!("{before}\"cms\":\"{cms}");
    });
    let twice = relogged(rich, |lines| {
        let at = first(lines, EventKind::SignedIn);
        lines.insert(at, lines[at].clone());
    });
    let destruction = relogged(rich, |lines| {
        let at = first(lines, EventKind::KeyDestroyed);
        let cms = lines[at + 1].split_once("\"cms\":\"").unwrap().1.to_owned();
        let before = lines[at].split_once("\"cms\":\"").unwrap().0.to_owned();
        lines[at] = format!("{before}\"cms\":\"{cms}");
    });
    vec![
        Case::fails("no command", commandless, Sig02),
        Case::fails("command of another person", relogged(rich, |l| usurped(l)), Sig02),
        Case::fails("sign-in twice", twice, Sig02),
        Case::fails("freeze signature of another", freeze, Sig03),
        Case::fails("destruction signed by another", destruction, Cer04),
        Case::fails("signature under another record", relogged(rich, |l| other_record(l)), Sig04)
            .with("HASH_FAILURE"),
        Case::fails("closing cosignature", relogged(rich, |l| forge_cosignature(l)), Wit01)
            .with("SIG_CRYPTO_FAILURE"),
        Case::fails(
            "closing root",
            replaced(EventKind::IntakeClosed, "\"root\":\"", "\"root\":\"00"),
            Log01,
        ),
    ]
}

fn order_cases() -> Vec<Case> {
    let rich = rich_scenario();
    let early = relogged(rich, |lines| {
        let unsealing = first(lines, EventKind::UnsealingStarted);
        let line = lines.remove(unsealing);
        let tick = lines[1].clone();
        lines.insert(2, line.replacen(&time(&line), &time(&tick), 1));
    });
    let unfrozen = relogged(rich, |lines| {
        let at = first(lines, EventKind::FreezeCompleted);
        lines.remove(at);
    });
    let after_end = relogged(rich, |lines| {
        let refused = first(lines, EventKind::Refused);
        let (end, at) = (time(lines.last().unwrap()), time(&lines[refused]));
        lines.push(lines[refused].replacen(&at, &end, 1));
    });
    let destroyed_early = relogged(rich, |lines| {
        let at = first(lines, EventKind::KeyDestroyed);
        let end = first(lines, EventKind::OpeningClosed);
        let line = lines.remove(at);
        let before = (time(&line), time(&lines[end - 1]));
        lines.insert(end, line.replacen(&before.0, &before.1, 1));
    });
    let destroyed_twice = relogged(rich, |lines| lines.push(lines.last().unwrap().clone()));
    let price = replaced(EventKind::PriceRead, "\"position\":1", "\"position\":2");
    let back = relogged(rich, |lines| lines.swap(1, 0));
    let second_lot = relogged(rich, |lines| lines.insert(1, lines[0].clone()));
    let opened_withdrawn =
        replaced(EventKind::SetFrozen, "\"status\":\"withdrawn\"", "\"status\":\"current\"");
    let twice = relogged(rich, |lines| {
        let (one, other) = (code(2), code(3));
        let at = first(lines, EventKind::SetFrozen);
        lines[at] = lines[at].replace(one.as_str(), other.as_str());
    });
    let dropped = replaced(EventKind::SetFrozen, "\"bidders\":6", "\"bidders\":5");
    vec![
        Case::fails("N37 unsealed before the deadline", early, Ord02),
        Case::fails("N37 unsealed before the freeze", unfrozen, Ord02),
        Case::fails("entry after the end", after_end, Ord04),
        Case::fails("share destroyed before the end", destroyed_early, Ord01),
        Case::fails("share destroyed twice", destroyed_twice, Ord01),
        Case::fails("reading out of order", price, Ord01),
        Case::fails("time backwards", back, Log01),
        Case::fails("published twice", second_lot, Ord01),
        Case::fails("N41 withdrawn bid opened", opened_withdrawn, Sea01),
        Case::fails("N43 one bidder twice", twice, Sea01),
        Case::fails("number of bidders", dropped, Sea01),
        Case::fails(
            "N42 price in the log",
            replaced(EventKind::PricesPublished, "\"minor\":1", "\"minor\":2"),
            Ord01,
        ),
        Case::fails("record of another log", record_digest(), Rec02).with("HASH_FAILURE"),
        Case::fails(
            "unknown entry",
            replaced(EventKind::SignedIn, "\"signed-in\"", "\"signed-on\""),
            Log01,
        ),
        Case::fails("line not JSON", replaced(EventKind::SignedIn, "\"by\"", "\"by\" "), Log01),
        Case::fails(
            "other tender",
            replaced(EventKind::LotPublished, "\"min_bidders\":3", "\"min_bidders\":4"),
            Log05,
        ),
    ]
}

fn code(bidder: usize) -> OrgCode {
    rich_scenario().people.bidders[bidder].1.code.clone()
}

fn record_digest() -> Vec<u8> {
    relogged(rich_scenario(), |lines| {
        let at = first(lines, EventKind::RecordGenerated);
        let (before, after) = lines[at].split_once("\"sha256\":\"").unwrap();
        let flipped = if after.starts_with('0') { "1" } else { "0" };
        lines[at] = format!("{before}\"sha256\":\"{flipped}{}", after.get(1..).unwrap());
    })
}

/// Openings in which somebody lied from the start, and signed it everywhere.
fn dishonest_cases() -> Vec<Case> {
    let plain =
        ScenarioOptions { documents: false, objection: false, ..ScenarioOptions::default() };
    let forged = scenario(&ScenarioOptions { forged: Some(1), ..plain.clone() });
    let unproven = scenario(&ScenarioOptions { lying_custodians: 2, ..plain.clone() });
    let draw = Some(DrawPlay::Steered);
    let steered = scenario(&ScenarioOptions { draw, ..plain.clone() });
    let unfinished = scenario(&ScenarioOptions { unfinished: true, ..plain });
    let failed = failed_lot();
    let unsealed = relogged(failed, |lines| {
        let last = lines.last().unwrap();
        let at = time(last);
        let host = Actor::Host(failed.people.host_party.code.clone());
        lines.push(format!(
            "{{\"i\":0,\"at\":{at},\"by\":\"{host}\",\"kind\":\"unsealing-started\",\"data\":{{\"stage\":1,\"part\":\"price\"}}}}"
        ));
    });
    let mixed = {
        let mut mixed = files(rich_scenario());
        let other = files(&forged);
        for name in [layout::ENTRIES, layout::CHECKPOINT] {
            mixed.insert(name.to_owned(), other[name].clone());
        }
        sealed(rich_scenario(), &mixed)
    };
    assert!(!bid_name(&forged, 1, 1).is_empty());
    vec![
        Case::fails("N39 forged price", sealed(&forged, &files(&forged)), Dec02),
        Case::fails("N40 too few proven partials", sealed(&unproven, &files(&unproven)), Dec01),
        Case::fails("a value that was not drawn", sealed(&steered, &files(&steered)), Drw01),
        Case::opens("not over", sealed(&unfinished, &files(&unfinished)), Ord04),
        Case::fails("too few bidders, unsealed", unsealed, Ord03),
        Case::fails("N55 log of another lot", mixed, Log02),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [signature_cases(), closing_head_cases(), order_cases(), dishonest_cases()]
        .into_iter()
        .flatten()
        .collect()
}
