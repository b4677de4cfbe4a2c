//! One opening with everything in it, and what the tests need of it.

use std::sync::{Arc, LazyLock};

use kaibiao_journal::{EntryLine, SignedCommand};
use kaibiao_opening::{Command, EventKind, SignedCommandBody};
use kaibiao_pki::{Identity, TrustList, cms};
use kaibiao_replay::{BidMaterial, FrozenMaterial, Replay};
use kaibiao_testkit::{Scenario, ScenarioBid, ScenarioOptions};
use kaibiao_types::UtcMillis;

/// Bidder 0 replaced its bid, 1 withdrew, 2 sealed garbage, 4 a text that is no price sheet.
pub(crate) fn rich() -> &'static Scenario {
    static RICH: LazyLock<Scenario> = LazyLock::new(|| {
        let options = ScenarioOptions {
            fixture: "indot-b40891",
            garbage: Some(2),
            bad_format: Some(4),
            revised: Some(0),
            withdrawn: Some(1),
            seed: "rich",
            ..ScenarioOptions::default()
        };
        Scenario::build(&options).unwrap()
    });
    &RICH
}

/// The same lot with another key generation, as far as the prices.
pub(crate) fn other() -> &'static Scenario {
    static OTHER: LazyLock<Scenario> = LazyLock::new(|| {
        let options = ScenarioOptions {
            fixture: "indot-b40891",
            unfinished: true,
            documents: false,
            seed: "other",
            ..ScenarioOptions::default()
        };
        Scenario::build(&options).unwrap()
    });
    &OTHER
}

/// Another tender.
pub(crate) fn foreign() -> &'static Scenario {
    static FOREIGN: LazyLock<Scenario> = LazyLock::new(|| {
        let options = ScenarioOptions { unfinished: true, documents: false, ..Default::default() };
        Scenario::build(&options).unwrap()
    });
    &FOREIGN
}

pub(crate) fn trust() -> &'static Arc<TrustList> {
    static TRUST: LazyLock<Arc<TrustList>> =
        LazyLock::new(|| Arc::new(TrustList::parse(&rich().trust).unwrap()));
    &TRUST
}

pub(crate) fn sign(who: &Identity, content: &[u8], at: UtcMillis) -> Vec<u8> {
    cms::sign_detached(who, content, at, &ring::rand::SystemRandom::new()).unwrap()
}

/// The last bit flipped: of a CMS, a bit of the signature value.
pub(crate) fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    *out.last_mut().unwrap() ^= 1;
    out
}

pub(crate) fn material(bid: &ScenarioBid) -> BidMaterial {
    BidMaterial {
        manifest: bid.manifest.clone(),
        cms: bid.cms.clone(),
        headers: bid.headers.clone(),
    }
}

pub(crate) fn frozen_material(scenario: &Scenario) -> FrozenMaterial {
    FrozenMaterial {
        bids: scenario.bids.iter().map(material).collect(),
        paths: scenario.places.clone(),
    }
}

pub(crate) fn lines() -> Vec<Vec<u8>> {
    rich().log.entries().iter().map(|entry| entry.line().to_vec()).collect()
}

pub(crate) fn entry(line: &[u8]) -> EntryLine {
    EntryLine::parse(line).unwrap()
}

/// Index of the first entry of a kind.
pub(crate) fn first(kind: EventKind) -> usize {
    nth(kind, 0)
}

pub(crate) fn nth(kind: EventKind, n: usize) -> usize {
    let entries = rich().log.entries().iter().enumerate();
    entries.filter(|(_, e)| e.kind() == kind.name()).nth(n).unwrap().0
}

pub(crate) fn empty() -> Replay {
    Replay::new(Arc::clone(&rich().verified), Arc::clone(trust()))
}

/// A replay of the first `count` entries.
pub(crate) fn prefix(count: usize) -> Replay {
    let mut replay = empty();
    for line in lines().iter().take(count) {
        replay.ingest(line).unwrap();
    }
    replay
}

/// Asserts that a line is refused and that nothing of it stays; gives the label.
pub(crate) fn refuse(replay: &mut Replay, line: &[u8]) -> &'static str {
    let (head, state) = (replay.log().head(), replay.state().clone());
    let record = replay.record().map(<[u8]>::to_vec);
    let fault = replay.ingest(line).expect_err("must be refused");
    assert_eq!(replay.log().head(), head, "{fault}");
    assert_eq!(*replay.state(), state, "{fault}");
    assert_eq!(replay.record(), record.as_deref(), "{fault}");
    fault.label()
}

/// A line like `like` with other data and command.
pub(crate) fn line(
    like: &[u8],
    data: &impl serde::Serialize,
    command: Option<&SignedCommand>,
) -> Vec<u8> {
    let like = entry(like);
    let built =
        EntryLine::build(like.index(), like.at(), like.by(), like.kind(), data, command).unwrap();
    built.line().to_vec()
}

/// A command that fits an entry, signed by somebody.
pub(crate) fn command(who: &Identity, like: &[u8], command: Command, nonce: &str) -> SignedCommand {
    command_of(rich(), who, like, command, nonce)
}

/// The same of another opening.
pub(crate) fn command_of(
    scenario: &Scenario,
    who: &Identity,
    like: &[u8],
    command: Command,
    nonce: &str,
) -> SignedCommand {
    let like = entry(like);
    let body = SignedCommandBody {
        lot: scenario.state.lot().clone(),
        command,
        nonce: nonce.to_owned(),
        at: like.at(),
        after: like.index() - 1,
    };
    let body = body.to_bytes();
    let cms = sign(who, &body, like.at());
    SignedCommand { body, cms }
}

/// The body of the command beside a line.
pub(crate) fn body(line: &[u8]) -> SignedCommandBody {
    let command = entry(line).command().unwrap().body.clone();
    SignedCommandBody::parse_for(&command, rich().state.lot()).unwrap()
}
