//! A custodian: the rules of `custody` over a journal that survives its crashes, by its own clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_ceremony::{Partial, raise};
use kaibiao_custody::{Act, ClockReading, Custody, Holding, Memory, Raised, Refusal};
use kaibiao_journal::{CosignedCheckpoint, journal_statement};
use kaibiao_pki::cms;
use kaibiao_replay::{FrozenMaterial, Replay};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{CustodianIndex, Digest, JournalMoment, Part, Stage, UtcMillis};
use kaibiao_wire::{PartialItem, PartialsBody, PartialsKind, to_json};
use ring::rand::SystemRandom;

use crate::cast::Cast;
use crate::hall::{Call, Reply};
use crate::net::{Gone, Net, Who};

pub(crate) struct Seat {
    number: usize,
    cast: &'static Cast,
    entropy: SeededEntropy,
    /// What its clock says beyond the true time, ms.
    pub(crate) skew: i64,
    /// Its disk: the journal.
    journal: Vec<Act>,
    /// Its memory; `None` while it is down.
    live: Option<Live>,
}

struct Live {
    replay: Replay,
    custody: Custody,
    memory: Memory,
    material: Option<(Digest, FrozenMaterial)>,
    /// The hall has its countersignature, its partials, its journal, its statement.
    sent: Vec<Sent>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sent {
    Cosignature(u64),
    Freeze,
    Partials(Part),
    Journal,
    Destroyed,
}

/// The power failed in the middle of an act.
struct PowerCut;

impl Seat {
    pub(crate) fn new(cast: &'static Cast, number: usize, seed: u64) -> Self {
        Self {
            number,
            cast,
            entropy: SeededEntropy::new(format!("seat {seed} {number}")),
            skew: 0,
            journal: Vec::new(),
            live: None,
        }
    }

    pub(crate) const fn is_up(&self) -> bool {
        self.live.is_some()
    }

    pub(crate) fn crash(&mut self) {
        self.live = None;
    }

    /// Reads its journal, and the log from its beginning.
    pub(crate) fn start(&mut self) {
        if self.is_up() {
            return;
        }
        let published = &self.cast.published;
        let replay = Replay::new(Arc::clone(&published.verified), Arc::clone(&self.cast.trust));
        let mut memory = Memory::default();
        self.journal.iter().for_each(|act| memory.remember(act));
        let custody = match memory.holding() {
            Holding::Share => Custody::new(&replay, &published.shares[self.number]).unwrap(),
            _ => Custody::without_share(self.index()),
        };
        self.live = Some(Live { replay, custody, memory, material: None, sent: Vec::new() });
    }

    fn index(&self) -> CustodianIndex {
        CustodianIndex::new(self.number as u16 + 1).unwrap()
    }

    fn clock(&self, net: &Net) -> ClockReading {
        let now = net.now.saturating_add_signed(self.skew);
        ClockReading::system(UtcMillis::new(now).unwrap())
    }

    /// One round: the newest head, the lines up to it, its cosignature, and what the log asks for.
    pub(crate) fn step(&mut self, net: &mut Net) {
        let Some(mut live) = self.live.take() else { return };
        match self.round(&mut live, net) {
            Ok(()) => self.live = Some(live),
            Err(PowerCut) => net.say(|| format!("custodian {} loses power", self.number)),
        }
    }

    fn round(&mut self, live: &mut Live, net: &mut Net) -> Result<(), PowerCut> {
        let who = Who::Seat(self.number);
        let Ok(Reply::Note(note)) = net.send(who, Call::Checkpoint) else { return Ok(()) };
        let log_key = self.cast.published.verified.log_key();
        let head = CosignedCheckpoint::verify(&note, log_key, &[]).unwrap().checkpoint().head;
        while live.replay.log().len() < head.size {
            let since = live.replay.log().len();
            let Ok(Reply::Lines(lines)) = net.send(who, Call::Log(since)) else { return Ok(()) };
            let room = usize::try_from(head.size - since).unwrap();
            for line in lines.iter().take(room) {
                live.replay.ingest(line).expect("a line of the log holds for a custodian");
            }
        }
        assert_eq!(live.replay.log().root_at(head.size), Some(head.root), "the log was forked");
        self.cosign(live, &note, net)?;
        let whole = live.replay.log().head();
        if live.memory.has_cosigned(whole.size, &whole.root) {
            self.duty(live, net)?;
        }
        Ok(())
    }

    /// Writes an act down before it is done. In between the power may fail, on either side.
    fn write(&mut self, live: &mut Live, act: &Act, net: &mut Net) -> Result<(), PowerCut> {
        let fails = net.chaos && net.dice.permille(15);
        let written = !fails || net.dice.permille(500);
        if written {
            self.journal.push(act.clone());
            live.memory.remember(act);
        }
        if fails { Err(PowerCut) } else { Ok(()) }
    }

    fn cosign(&mut self, live: &mut Live, note: &str, net: &mut Net) -> Result<(), PowerCut> {
        let clock = self.clock(net);
        let cosigning = match live.custody.cosign(&live.replay, &live.memory, note, clock) {
            Ok(cosigning) => cosigning,
            // While the intake closes the closing head is shown again, or the answer is an old one.
            Err(Refusal::Rollback { .. } | Refusal::Destroyed) => return Ok(()),
            Err(refusal) => panic!("custodian {} cosigns: {refusal}", self.number),
        };
        let head = cosigning.checkpoint.head;
        if live.sent.contains(&Sent::Cosignature(head.size)) && !net.dice.permille(100) {
            return Ok(());
        }
        let before = self.journal.iter().find_map(|act| match act {
            Act::Cosigned { at, size, root } if (*size, *root) == (head.size, head.root) => {
                Some(*at)
            }
            _ => None,
        });
        if before.is_none() {
            self.write(live, &cosigning.act, net)?;
        }
        let cosigner = &self.cast.published.cosigners[self.number];
        let at = before.unwrap_or(clock.now);
        let line = cosigner.cosign(&cosigning.checkpoint, at).unwrap();
        let call = Call::Cosign { size: head.size, line };
        self.hand(live, Sent::Cosignature(head.size), call, net);
        Ok(())
    }

    fn duty(&mut self, live: &mut Live, net: &mut Net) -> Result<(), PowerCut> {
        let state = live.replay.state();
        if state.phase().is_final() {
            return self.end(live, net);
        }
        let Some(freeze_id) = state.frozen().map(|frozen| frozen.freeze_id) else { return Ok(()) };
        let unsigned = !state.freeze_signers().contains(&self.index());
        let asked = state.unsealing().map(|unsealing| unsealing.part);
        let asked = asked.filter(|part| !state.released(*part).contains(&self.index()));
        if !unsigned && asked.is_none() {
            return Ok(());
        }
        if live.material.as_ref().is_none_or(|(id, _)| *id != freeze_id) {
            if let Ok(Reply::Frozen(material)) = net.send(Who::Seat(self.number), Call::Frozen) {
                live.material = Some((freeze_id, material));
            }
            return Ok(());
        }
        match asked {
            _ if unsigned => self.countersign(live, net),
            Some(part) => self.release(live, part, net),
            None => Ok(()),
        }
    }

    fn countersign(&mut self, live: &mut Live, net: &mut Net) -> Result<(), PowerCut> {
        let clock = self.clock(net);
        let Live { replay, custody, memory, material, .. } = &mut *live;
        let (_, material) = material.as_ref().unwrap();
        let signing = match custody.countersign(replay, memory, material, clock) {
            Ok(signing) => signing,
            // It was away while the closing head was shown; or its clock is not there yet.
            Err(Refusal::HeadUnsigned | Refusal::NotYet(_)) => return Ok(()),
            Err(refusal) => panic!("custodian {} countersigns: {refusal}", self.number),
        };
        assert!(clock.now >= live.replay.deadline(), "a freeze before the deadline is signed");
        if live.memory.freeze_id().is_none() {
            self.write(live, &signing.act, net)?;
        }
        let cms = self.sign(signing.statement.as_bytes(), clock.now);
        let (custodian, freeze_id) = (self.index(), signing.freeze_id);
        self.hand(live, Sent::Freeze, Call::SignFreeze { custodian, freeze_id, cms }, net);
        Ok(())
    }

    fn release(&mut self, live: &mut Live, part: Part, net: &mut Net) -> Result<(), PowerCut> {
        let clock = self.clock(net);
        let Live { replay, custody, memory, material, .. } = &mut *live;
        let (_, material) = material.as_ref().unwrap();
        let release = match custody.release(replay, memory, material, part, clock) {
            Ok(release) => release,
            Err(Refusal::FreezeUnsigned | Refusal::NotYet(_)) => return Ok(()),
            Err(refusal) => panic!("custodian {} releases: {refusal}", self.number),
        };
        assert!(clock.now >= replay.deadline(), "nothing is opened before T by its own clock");
        match self.intent(&release.act) {
            None => self.write(live, &release.act, net)?,
            before => assert_eq!(before, raised(&release.act), "other points than before"),
        }
        let record = self.cast.published.verified.record();
        let share = &self.cast.published.shares[self.number];
        let mut made: BTreeMap<Digest, Partial> = BTreeMap::new();
        for point in &release.points {
            let (id, freeze) = (&record.ceremony_id, &release.freeze_id);
            let partial = raise(record.suite(), share, id, freeze, &point.u, &mut self.entropy);
            made.insert(point.manifest_sha256, partial.unwrap());
        }
        let bids = live.replay.state().current_bids();
        let partials = bids.filter_map(|bid| {
            let partial = made.get(&bid.manifest_sha256)?;
            Some(PartialItem {
                manifest_sha256: bid.manifest_sha256,
                d: partial.d.to_string(),
                c: partial.c.to_string(),
                z: partial.z.to_string(),
            })
        });
        let body = PartialsBody {
            v: 1,
            kind: PartialsKind::Partials,
            tender: self.cast.lot.tender.clone(),
            lot: self.cast.lot.lot.clone(),
            custodian: self.index(),
            stage: release.stage,
            part,
            freeze_id: release.freeze_id,
            partials: partials.collect(),
            escrow: Vec::new(),
        };
        let body = to_json(&body).unwrap();
        let cms = self.sign(&body, clock.now);
        self.hand(live, Sent::Partials(part), Call::Partials { body, cms }, net);
        Ok(())
    }

    /// The points that were raised for the same freeze and part before.
    fn intent(&self, act: &Act) -> Option<(Digest, Stage, Part, Vec<Raised>)> {
        let (freeze, stage, part, _) = raised(act)?;
        let mut all = self.journal.iter().filter_map(raised);
        all.find(|old| (old.0, old.1, old.2) == (freeze, stage, part))
    }

    /// The share goes, then the journal and the statement that it went.
    fn end(&mut self, live: &mut Live, net: &mut Net) -> Result<(), PowerCut> {
        let clock = self.clock(net);
        let due = live.custody.destroy(&live.replay, &live.memory, clock).unwrap();
        if live.memory.holding() == Holding::Share {
            self.write(live, &due.before, net)?;
        }
        if live.memory.holding() == Holding::Destroying {
            self.write(live, &due.after, net)?;
        }
        let custodian = self.index();
        let state = live.replay.state();
        if state.destroyed().contains_key(&custodian) {
            return Ok(());
        }
        if !state.journals().contains_key(&(custodian, JournalMoment::Close))
            && !live.sent.contains(&Sent::Journal)
        {
            let lines = self.journal.iter().map(|act| serde_json::to_vec(act).unwrap());
            let bytes: Vec<u8> = lines.flat_map(|line| [line, b"\n".to_vec()].concat()).collect();
            let sha256 = kaibiao_crypto::SUITE_1.hash(&bytes);
            let origin = self.cast.published.verified.origin();
            let (moment, length) = (JournalMoment::Close, bytes.len() as u64);
            let text = journal_statement(origin, custodian, moment, length, &sha256);
            let cms = self.sign(text.as_bytes(), clock.now);
            self.hand(live, Sent::Journal, Call::Journal { custodian, bytes, cms }, net);
            return Ok(());
        }
        let cms = self.sign(due.statement.as_bytes(), clock.now);
        self.hand(live, Sent::Destroyed, Call::Destroyed { custodian, cms }, net);
        Ok(())
    }

    fn sign(&self, bytes: &[u8], at: UtcMillis) -> Vec<u8> {
        let (identity, _) = &self.cast.people.custodians[self.number];
        cms::sign_detached(identity, bytes, at, &SystemRandom::new()).unwrap()
    }

    fn hand(&self, live: &mut Live, what: Sent, call: Call, net: &mut Net) {
        match net.send(Who::Seat(self.number), call) {
            Ok(_) => live.sent.push(what),
            Err(Gone::Lost) => {}
            Err(Gone::Refused(error)) => {
                net.say(|| format!("custodian {}: {what:?} refused: {error}", self.number));
            }
        }
    }
}

fn raised(act: &Act) -> Option<(Digest, Stage, Part, Vec<Raised>)> {
    match act {
        Act::Intent { freeze_id, stage, part, raised, .. } => {
            Some((*freeze_id, *stage, *part, raised.clone()))
        }
        _ => None,
    }
}
