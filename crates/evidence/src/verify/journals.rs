//! JRN: the custodians' signed journals, beside the log (ruling 19).
//!
//! The statements stand in the log and were checked there; here the bytes are compared with them, and
//! what a custodian says it did with what the log says. A contradiction names the custodian whose
//! journal it is; whether that custodian or the hall is wrong, the two texts together must show.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_ceremony::{JournalShows, MissingRelease, missing_release};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::EntryLine;
use kaibiao_opening::{
    CustodianRefused, DrawPartial, DrawStarted, EventKind, SignedJournal, State, UnsealingStarted,
};
use kaibiao_replay::{
    Act, CustodianJournal, Raised, VerifiedEstimate, needs_escrow, point_of_draw,
};
use kaibiao_types::{CustodianIndex, Digest, JournalMoment, Part, Stage};

use super::Run;
use super::bids::Holding;
use super::files::Files;
use super::findings::Why;
use super::journal_time;
use super::log::Replayed;
use crate::{CheckId, layout};

/// What contradicts a check, by check.
type Faults = BTreeMap<CheckId, Vec<(CustodianIndex, String)>>;

/// The checks of this group.
const CHECKS: [CheckId; 4] = [CheckId::Jrn01, CheckId::Jrn02, CheckId::Jrn03, CheckId::Jrn04];

/// What is compared with one journal.
struct Compared<'a> {
    replayed: &'a Replayed,
    holding: &'a Holding,
    index: CustodianIndex,
    /// Whether the journal was signed at the end, so that it has every act of the opening.
    whole: bool,
    acts: &'a [Act],
}

impl Run {
    /// JRN-01 to JRN-04, once the whole log was believed.
    pub(super) fn journals(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        holding: &Holding,
    ) {
        let state = replayed.replay.state();
        if !replayed.complete || state.journals().is_empty() {
            return; // without statements the checks do not apply, which the log has said by then
        }
        let signers: BTreeSet<CustodianIndex> =
            state.journals().keys().map(|(index, _)| *index).collect();
        // Of `unheld` bids nobody here knows the points.
        let (mut faults, mut open, mut unheld) = (Faults::new(), false, false);
        for index in signers {
            let name = layout::journal(index);
            let Some(bytes) = files.read(&name) else {
                open = true;
                self.findings.unknown(CheckId::Jrn01, None, Why::missing(&name));
                continue;
            };
            let mut add =
                |check, what: String| faults.entry(check).or_default().push((index, what));
            if let Some(what) = unsigned(state, index, &bytes) {
                add(CheckId::Jrn01, what);
                open = true; // what nobody signed says nothing
                continue;
            }
            match CustodianJournal::parse(&bytes) {
                Err(fault) => {
                    add(CheckId::Jrn02, fault.to_string());
                    open = true;
                }
                Ok(journal) => {
                    let whole = signed(state, index, JournalMoment::Close).is_some();
                    let acts = journal.acts();
                    let compared = Compared { replayed, holding, index, whole, acts };
                    compared.all(&mut add);
                    unheld |= compared.unheld();
                    self.missing_releases(&compared);
                }
            }
        }
        for check in CHECKS {
            match faults.get(&check) {
                Some(found) => self.findings.fail(check, None, contradiction(found)),
                None if open || (unheld && check == CheckId::Jrn03) => {}
                None => self.findings.pass(check, None),
            }
        }
    }

    /// Ruling 21: where fewer than k released, what the journals decide about those who did not.
    fn missing_releases(&mut self, compared: &Compared<'_>) {
        let state = compared.state();
        let needed = compared.replayed.replay.tender().record().threshold.k();
        for ((stage, part), asked) in compared.asked() {
            let released = state.released_in(stage, part);
            let index = compared.index;
            if !compared.whole || released.len() >= usize::from(needed) || released.contains(&index)
            {
                continue;
            }
            let shows = compared.shows(stage, part, asked);
            let (zh, en) = match missing_release(shows) {
                MissingRelease::Custodian => ("由该分持人造成", "by this custodian"),
                MissingRelease::Undetermined => ("原因待定", "fault open"),
            };
            let (zh_why, en_why) = shown_words(shows);
            self.findings.note(
                "release-missing",
                None,
                format!("{index} 号密钥分持人未释放（{part}）：{zh}；其签名日志{zh_why}"),
                format!("custodian {index} did not release ({part}): {en}; its journal {en_why}"),
            );
        }
    }
}

/// What the journal says, in both languages.
const fn shown_words(shows: JournalShows) -> (&'static str, &'static str) {
    match shows {
        JournalShows::Refusal => ("载有拒绝", "has a refusal"),
        JournalShows::Intent => {
            ("载有释放意图，但日志无其结果", "has the intent, the log no result")
        }
        JournalShows::RequestSeen => (
            "载明已见请求，既未释放也未拒绝",
            "has seen the request, and neither release nor refusal",
        ),
        JournalShows::Nothing => ("未见该请求", "has not seen the request"),
    }
}

/// All contradictions of one check; each names its custodian.
fn contradiction(found: &[(CustodianIndex, String)]) -> Why {
    let each = found.iter().map(|(index, what)| format!("custodian {index}: {what}"));
    let why = Why::text(each.collect::<Vec<_>>().join("; "));
    let files: BTreeSet<String> = found.iter().map(|(index, _)| layout::journal(*index)).collect();
    files.iter().fold(why, |why, name| why.at(name))
}

fn signed(state: &State, index: CustodianIndex, moment: JournalMoment) -> Option<&SignedJournal> {
    state.journals().get(&(index, moment))
}

/// JRN-01: why the bytes are not what the custodian signed.
fn unsigned(state: &State, index: CustodianIndex, bytes: &[u8]) -> Option<String> {
    let freeze = signed(state, index, JournalMoment::Freeze);
    let close = signed(state, index, JournalMoment::Close);
    let is_prefix = |signed: &SignedJournal| {
        let length = usize::try_from(signed.length).unwrap_or(usize::MAX);
        bytes.get(..length).is_some_and(|prefix| SUITE_1.hash(prefix) == signed.sha256)
    };
    let last = close.or(freeze)?;
    if u64::try_from(bytes.len()) != Ok(last.length) || !is_prefix(last) {
        return Some("the journal is not the one that it signed last".to_owned());
    }
    let broken = freeze.is_some_and(|freeze| !is_prefix(freeze));
    broken.then(|| {
        "the journal signed at the end does not continue the one signed at the freeze".to_owned()
    })
}

impl Compared<'_> {
    fn state(&self) -> &State {
        self.replayed.replay.state()
    }

    fn all(&self, add: &mut impl FnMut(CheckId, String)) {
        self.order(add);
        self.heads(add);
        self.freeze(add);
        self.releases(add);
        self.draws(add);
        self.refusals(add);
        self.destruction(add);
        if let Some(what) = journal_time::too_early(&self.replayed.replay, self.acts) {
            add(CheckId::Jrn04, what);
        }
    }

    /// JRN-02: the acts in an order in which a custodian may do them.
    fn order(&self, add: &mut impl FnMut(CheckId, String)) {
        let (mut head, mut freeze, mut destroying) = (None, None, false);
        let mut intents: BTreeSet<(Stage, Part)> = BTreeSet::new();
        let mut points: BTreeMap<[u8; 33], Digest> = BTreeMap::new();
        let mut draws: BTreeMap<u32, [u8; 33]> = BTreeMap::new();
        for (line, act) in (1_u64..).zip(self.acts) {
            let wrong = match act {
                Act::Cosigned { size, .. } => {
                    let back = head.is_some_and(|before| before >= *size);
                    head = head.max(Some(*size));
                    back.then_some("cosigns a head that is no later one")
                }
                Act::FreezeSigned { freeze_id, .. } => freeze
                    .replace(*freeze_id)
                    .map(|_| "countersigns a second freeze")
                    .or(destroying.then_some("countersigns after its share was destroyed")),
                Act::Intent { freeze_id, stage, part, raised, .. } => {
                    let again = !intents.insert((*stage, *part));
                    let copied = raised.iter().any(|point| {
                        let before = points.insert(point.u.0, point.manifest_sha256);
                        before.is_some_and(|before| before != point.manifest_sha256)
                    });
                    [
                        (freeze != Some(*freeze_id), "raises points of a freeze not countersigned"),
                        (destroying, "raises points after its share was destroyed"),
                        (again, "raises points of one part twice"),
                        (copied, "raises one point for two bids"),
                    ]
                    .into_iter()
                    .find_map(|(wrong, what)| wrong.then_some(what))
                }
                Act::Destroying { .. } => {
                    core::mem::replace(&mut destroying, true).then_some("destroys its share twice")
                }
                Act::Destroyed { .. } => (!destroying).then_some("ends what it has not begun"),
                Act::Retired { .. } => Some("was signed after the custodian was done"),
                Act::DrawIntent { freeze_id, no, u, .. } => {
                    let other = draws.insert(*no, u.0).is_some_and(|before| before != u.0);
                    [
                        (freeze != Some(*freeze_id), "draws by a freeze not countersigned"),
                        (destroying, "draws after its share was destroyed"),
                        (other, "raises another point for the same draw"),
                    ]
                    .into_iter()
                    .find_map(|(wrong, what)| wrong.then_some(what))
                }
                Act::Clock { .. }
                | Act::OutageAttested { .. }
                | Act::Refused { .. }
                | Act::TimeToken { .. } => None,
            };
            if let Some(what) = wrong {
                return add(CheckId::Jrn02, format!("line {line} {what}"));
            }
        }
    }

    /// JRN-03: every head that it cosigned is a head of this log.
    fn heads(&self, add: &mut impl FnMut(CheckId, String)) {
        let log = self.replayed.replay.log();
        let foreign = self.acts.iter().find_map(|act| match act {
            Act::Cosigned { size, root, .. } if log.root_at(*size) != Some(*root) => Some(*size),
            _ => None,
        });
        if let Some(size) = foreign {
            add(CheckId::Jrn03, format!("the head of {size} entries is no head of this log"));
        }
    }

    /// JRN-03: the freeze that it countersigned.
    fn freeze(&self, add: &mut impl FnMut(CheckId, String)) {
        let logged = self.state().frozen().map(|frozen| frozen.freeze_id);
        let own = self.acts.iter().find_map(|act| match act {
            Act::FreezeSigned { freeze_id, .. } => Some(*freeze_id),
            _ => None,
        });
        let in_log = self.state().freeze_signers().contains(&self.index);
        if own.is_some() && own != logged {
            add(CheckId::Jrn03, "it countersigned another freeze than the log's".to_owned());
        } else if in_log && own.is_none() {
            let what = "the log has its countersignature, the journal has not";
            add(CheckId::Jrn03, what.to_owned());
        }
    }

    /// JRN-03: points raised and partial decryptions in the log are of the same bids.
    fn releases(&self, add: &mut impl FnMut(CheckId, String)) {
        for act in self.acts {
            let Act::Intent { stage, part, raised, .. } = act else { continue };
            if !self.asked().contains_key(&(*stage, *part)) {
                add(
                    CheckId::Jrn03,
                    format!("it raised points ({part}) that the log never asked for"),
                );
            } else if !raised.iter().all(|point| self.is_point_of(point, *stage, *part)) {
                let what = format!("it raised a point ({part}) that is of no current bid");
                add(CheckId::Jrn03, what);
            }
        }
        let own = self.replayed.partials.iter().filter(|set| set.custodian == self.index);
        for set in own.filter(|_| self.whole) {
            let intent = self.acts.iter().find_map(|act| match act {
                Act::Intent { stage, part, raised, .. }
                    if (*stage, *part) == (set.stage, set.part) =>
                {
                    Some(raised)
                }
                _ => None,
            });
            let part = set.part;
            let Some(raised) = intent else {
                let what =
                    format!("the log has partial decryptions ({part}), the journal no intent");
                add(CheckId::Jrn03, what);
                continue;
            };
            // One point of each bid, and of some that of the escrow after all of these.
            let split = usize::try_from(set.count).unwrap_or(usize::MAX).min(raised.len());
            let (raised, escrows) = raised.split_at(split);
            let bids: BTreeSet<_> =
                raised.iter().chain(escrows).map(|p| p.manifest_sha256).collect();
            let count = u32::try_from(bids.len()) == Ok(set.count) && bids.len() == raised.len();
            let same = |list: &[kaibiao_opening::Partial], points: &[Raised]| {
                let listed: BTreeSet<_> = list.iter().map(|p| p.manifest_sha256).collect();
                listed == points.iter().map(|point| point.manifest_sha256).collect()
            };
            // What was released of documents is not in the log (ruling 23).
            let listed = set.partials.as_ref();
            let right = listed.is_none_or(|all| same(all, raised) && same(&set.escrow, escrows));
            if !count || !right {
                let what = format!(
                    "the log has partial decryptions ({part}) of other bids than it raised"
                );
                add(CheckId::Jrn03, what);
            }
        }
    }

    /// JRN-03: the points of draws that it raised, and its answers in the log.
    fn draws(&self, add: &mut impl FnMut(CheckId, String)) {
        let own = |wanted: u32| {
            self.acts.iter().any(|act| matches!(act, Act::DrawIntent { no, .. } if *no == wanted))
        };
        let started: BTreeSet<u32> = self
            .entries(EventKind::DrawStarted)
            .filter_map(|entry| entry.data_as::<DrawStarted>().ok())
            .map(|start| start.no)
            .collect();
        for act in self.acts {
            let Act::DrawIntent { freeze_id, no, u, .. } = act else { continue };
            let point = point_of_draw(self.replayed.replay.tender(), freeze_id, *no);
            if !started.contains(no) {
                let what =
                    format!("it raised the point of draw {no}, which the log never asked for");
                add(CheckId::Jrn03, what);
            } else if !point.is_ok_and(|point| point.bytes() == u.0) {
                let what = format!("it raised another point as that of draw {no}");
                add(CheckId::Jrn03, what);
            }
        }
        for entry in self.entries(EventKind::DrawPartial).filter(|_| self.whole) {
            let Ok(answer) = entry.data_as::<DrawPartial>() else { continue };
            if answer.custodian == self.index && !own(answer.no) {
                let what =
                    format!("the log has its answer to draw {}, the journal no intent", answer.no);
                add(CheckId::Jrn03, what);
            }
        }
    }

    /// Whether points were raised for a bid whose header is not at hand.
    fn unheld(&self) -> bool {
        let held = |point: &Raised| {
            self.estimate_of(point).is_some() || self.holding.get(&point.manifest_sha256).is_some()
        };
        self.acts.iter().any(|act| match act {
            Act::Intent { raised, .. } => !raised.iter().all(held),
            _ => false,
        })
    }

    /// The base estimate that counts, if the point was raised in its name.
    fn estimate_of(&self, point: &Raised) -> Option<&VerifiedEstimate> {
        let estimate = self.replayed.replay.estimate();
        estimate.filter(|estimate| estimate.sha256() == point.manifest_sha256)
    }

    /// Whether a point is that of the base estimate, or the one in the header of a current bid; of an unheld bid it may be.
    fn is_point_of(&self, point: &Raised, stage: Stage, part: Part) -> bool {
        if let Some(estimate) = self.estimate_of(point) {
            let last = self.state().published().is_some_and(|lot| lot.stage_after(stage).is_none());
            let right = estimate.header().u().bytes() == point.u.0;
            return last && part == Part::Price && right;
        }
        let state = self.state().all_stages().find(|state| state.stage() == stage);
        let current = state.is_some_and(|state| {
            state.current_bids().any(|bid| bid.manifest_sha256 == point.manifest_sha256)
        });
        let right = self.holding.get(&point.manifest_sha256).is_none_or(|bid| {
            let bidder = &bid.manifest().body().bidder.code;
            bid.header(stage, part).is_some_and(|header| {
                let own = needs_escrow(self.state(), bidder, part, header);
                let escrow = header.escrow().filter(|_| own).map(|escrow| escrow.u.bytes());
                header.u().bytes() == point.u.0 || escrow == Some(point.u.0)
            })
        });
        current && right
    }

    /// JRN-03: what the log says that it refused, it refused.
    fn refusals(&self, add: &mut impl FnMut(CheckId, String)) {
        let own: BTreeSet<(&str, &str)> = self
            .acts
            .iter()
            .filter_map(|act| match act {
                Act::Refused { label, detail, .. } => Some((label.as_str(), detail.as_str())),
                _ => None,
            })
            .collect();
        for entry in self.entries(EventKind::CustodianRefused) {
            let Ok(refused) = entry.data_as::<CustodianRefused>() else { continue };
            let said = own.contains(&(refused.label.as_str(), refused.detail.as_str()));
            if refused.custodian == self.index && self.covers(entry) && !said {
                let what = format!("entry {} has a refusal, the journal has not", entry.index());
                return add(CheckId::Jrn03, what);
            }
        }
    }

    /// Whether the journal was signed after an entry of this custodian, and not only later logged.
    fn covers(&self, entry: &EntryLine) -> bool {
        let own = |signed: &&EntryLine| {
            let data = signed.data_as::<kaibiao_opening::FreezeSigned>();
            data.is_ok_and(|data| data.custodian == self.index)
        };
        // A refusal may be written while the journal of the freeze is on its way.
        let freeze = self.entries(EventKind::FreezeSigned).find(own).map(EntryLine::index);
        self.whole || freeze.is_some_and(|freeze| entry.index() < freeze)
    }

    /// JRN-03: a share that it says is destroyed was destroyed before it said so.
    fn destruction(&self, add: &mut impl FnMut(CheckId, String)) {
        let said = self.state().destroyed().contains_key(&self.index) && self.whole;
        if said && !self.acts.iter().any(|act| matches!(act, Act::Destroyed { .. })) {
            let what = "the log has its statement of destruction, the journal has no destruction";
            add(CheckId::Jrn03, what.to_owned());
        }
    }

    /// The parts that the log asked for, each with the index of the entry.
    fn asked(&self) -> BTreeMap<(Stage, Part), u64> {
        let started = self.entries(EventKind::UnsealingStarted).filter_map(|entry| {
            let start = entry.data_as::<UnsealingStarted>().ok()?;
            Some(((start.stage, start.part), entry.index()))
        });
        started.collect()
    }

    fn entries(&self, kind: EventKind) -> impl Iterator<Item = &EntryLine> {
        let entries = self.replayed.replay.log().entries().iter();
        entries.filter(move |entry| entry.kind() == kind.name())
    }

    /// What the journal says of a release that the log asked for in entry `asked`. That no server
    /// gave a token of time is a refusal too.
    fn shows(&self, stage: Stage, part: Part, asked: u64) -> JournalShows {
        let requests = [format!("release-{part}"), "time-token".to_owned()];
        let any = |holds: &dyn Fn(&Act) -> bool| self.acts.iter().any(holds);
        let intent = |act: &Act| matches!(act, Act::Intent { stage: s, part: p, .. } if (*s, *p) == (stage, part));
        if any(&intent) {
            JournalShows::Intent
        } else if any(
            &|act| matches!(act, Act::Refused { request, .. } if requests.contains(request)),
        ) {
            JournalShows::Refusal
        } else if any(&|act| matches!(act, Act::Cosigned { size, .. } if *size > asked)) {
            JournalShows::RequestSeen
        } else {
            JournalShows::Nothing
        }
    }
}
