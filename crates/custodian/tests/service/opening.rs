//! The opening: what custodians do for a fair hall, and what they do not do for another one.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use kaibiao_custody::Act;
use kaibiao_journal::OpeningLog;
use kaibiao_opening::{Actor, Command, Event, UnsealingStarted};
use kaibiao_types::{Part, Stage};
use kaibiao_wire::{FrozenAnswer, PartialsBody};
use tempfile::TempDir;

use crate::ceremony::refusals;
use crate::hall::{Hall, Served, digest};
use crate::people::{Running, TestClock, key_store};
use crate::scene::{AFTER, BEFORE, FreezeRecordInput, Scene, index, lot_key};

/// A published lot with its three custodians.
pub struct Lot {
    pub scene: Scene,
    pub keys: TempDir,
    pub clock: Arc<TestClock>,
    pub running: Vec<Running>,
}

impl Lot {
    pub async fn published(seed: &str) -> Self {
        Self::of(Scene::new(seed).await, TestClock::at(BEFORE)).await
    }

    /// Three custodians by one clock do the ceremony of a drafted lot, and it is published.
    pub async fn of(mut scene: Scene, clock: Arc<TestClock>) -> Self {
        let keys = TempDir::new().unwrap();
        let mut running = Vec::new();
        for number in 1..=3 {
            let address = &scene.hall.address;
            running.push(Running::start(keys.path(), number, address, clock.clone()).await);
        }
        scene.ceremony().await;
        scene.publish();
        Self { scene, keys, clock, running }
    }

    /// Bids come in, the deadline passes, everybody countersigns the freeze.
    pub async fn frozen(&mut self, bidders: usize) -> FreezeRecordInput {
        let received = self.scene.receive(bidders);
        self.clock.set(AFTER);
        self.scene.close(&received, 3, AFTER).await;
        self.scene.countersigned(3, AFTER).await;
        received
    }

    /// Only custodian 1 goes on.
    pub async fn leave_one(&mut self) {
        while self.running.len() > 1 {
            self.running.pop().unwrap().kill().await;
        }
    }

    pub async fn stop(&mut self) {
        while let Some(running) = self.running.pop() {
            assert!(running.is_alive());
            running.kill().await;
        }
    }

    pub async fn start_one(&mut self) {
        let address = &self.scene.hall.address;
        let one = Running::start(self.keys.path(), 1, address, self.clock.clone()).await;
        self.running.push(one);
    }

    /// Waits until every custodian has refused with this label.
    pub async fn refused_by_all(&self, label: &str) {
        let all = |served: &mut Served| {
            let by = served.refusals.iter().filter(|refusal| refusal.label == label);
            let by: std::collections::BTreeSet<_> = by.map(|refusal| refusal.custodian).collect();
            (by.len() == 3).then_some(())
        };
        self.scene.hall.until(label, all).await;
    }

    pub async fn refusal(&self, label: &str) -> kaibiao_wire::RefusalBody {
        let named = |served: &mut Served| {
            served.refusals.iter().find(|refusal| refusal.label == label).cloned()
        };
        self.scene.hall.until(label, named).await
    }
}

pub async fn acts(keys: &Path) -> Vec<Act> {
    key_store(keys, 1).await.journal(&lot_key()).unwrap()
}

fn intents(acts: &[Act]) -> usize {
    acts.iter().filter(|act| matches!(act, Act::Intent { .. })).count()
}

fn points(body: &PartialsBody) -> Vec<&str> {
    body.partials.iter().map(|partial| partial.d.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fair_hall_gets_proven_partials_from_everybody() {
    let mut lot = Lot::published("fair").await;
    lot.frozen(4).await;
    lot.scene.unseal(AFTER);
    let released = |served: &mut Served| {
        let all = (1..=3).all(|n| served.partials.iter().any(|p| p.custodian == index(n)));
        all.then(|| served.partials.clone())
    };
    let bodies = lot.scene.hall.until("partials of everybody", released).await;
    for body in &bodies {
        lot.scene.assert_proven(body);
    }
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    assert_eq!(intents(&acts), 1);
    let frozen = acts.iter().filter(|act| matches!(act, Act::FreezeSigned { .. })).count();
    assert_eq!(frozen, 1);
    assert!(!acts.iter().any(|act| matches!(act, Act::Refused { .. })));
    lot.scene.assert_signed();
    // The intent stands before the answer, and every cosigned head is on record.
    assert!(matches!(acts.last(), Some(Act::Intent { .. })));
    assert!(lot.scene.hall.lock().refusals.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsealing_before_the_deadline_is_refused_by_the_custodians_own_clock() {
    let mut lot = Lot::published("early").await;
    // The hall dates its entries after the deadline; the custodians' clocks stand before it.
    let received = lot.scene.receive(3);
    lot.scene.close(&received, 3, AFTER).await;
    lot.refused_by_all("E_NOT_YET").await;
    let refusal = lot.refusal("E_NOT_YET").await;
    assert_eq!((refusal.v, refusal.at.get()), (1, BEFORE));
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    lot.clock.set(AFTER);
    lot.scene.countersigned(3, AFTER).await;
    // Set back: what was countersigned in time is still not released early.
    lot.clock.set(BEFORE);
    lot.scene.hall.lock().refusals.clear();
    lot.scene.unseal(AFTER);
    lot.refused_by_all("E_NOT_YET").await;
    let refusal = lot.refusal("E_NOT_YET").await;
    assert_eq!((refusal.v, refusal.at.get()), (1, BEFORE));
    lot.scene.assert_signed();
    Hall::rest().await;
    assert!(lot.scene.hall.lock().partials.is_empty());
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    assert_eq!(intents(&acts), 0);
    let refused = refusals(lot.keys.path(), 1).await;
    let not_yet = |request: &str| (request.to_owned(), "E_NOT_YET".to_owned());
    assert_eq!(refused, [not_yet("freeze"), not_yet("release-price")]);

    // The time comes, and the same log is answered.
    lot.clock.set(AFTER);
    lot.start_one().await;
    lot.scene.hall.until("partials", |served| served.partials.pop()).await;
    lot.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_custodian_killed_after_its_intent_raises_the_same_points() {
    let mut lot = Lot::published("killed").await;
    lot.frozen(3).await;
    lot.leave_one().await;
    lot.scene.hall.lock().partials_down = true;
    lot.scene.unseal(AFTER);
    let first = lot.scene.hall.until("first try", |served| served.partials.first().cloned()).await;
    lot.stop().await;
    assert_eq!(intents(&acts(lot.keys.path()).await), 1);

    let tried = {
        let mut served = lot.scene.hall.lock();
        served.partials_down = false;
        served.partials.len()
    };
    lot.start_one().await;
    let again = |served: &mut Served| served.partials.get(tried).cloned();
    let again = lot.scene.hall.until("second try", again).await;
    assert_eq!(points(&first), points(&again));
    lot.scene.assert_proven(&first);
    lot.scene.assert_proven(&again);
    lot.stop().await;
    assert_eq!(intents(&acts(lot.keys.path()).await), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intent_torn_by_a_crash_is_written_again() {
    let mut lot = Lot::published("torn").await;
    lot.frozen(3).await;
    lot.stop().await;
    let journal = lot.keys.path().join("custodian-1/ZZ-2027/1/journal.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).open(journal).unwrap();
    file.write_all(br#"{"act":"intent","at":18000006"#).unwrap();
    lot.scene.unseal(AFTER);
    lot.start_one().await;
    let body = lot.scene.hall.until("partials", |served| served.partials.pop()).await;
    lot.scene.assert_proven(&body);
    lot.stop().await;
    assert_eq!(intents(&acts(lot.keys.path()).await), 1);
    let torn = lot.keys.path().join("custodian-1/ZZ-2027/1/journal.jsonl.torn");
    assert_eq!(std::fs::read(torn).unwrap(), b"{\"act\":\"intent\",\"at\":18000006\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_freeze_is_refused() {
    let mut lot = Lot::published("freezes").await;
    let received = lot.scene.receive(3);
    lot.clock.set(AFTER);
    let closing = lot.scene.log.head();
    lot.scene
        .hall
        .until("cosignatures", |served| {
            let all = (1..=3).all(|n| {
                served
                    .cosignatures
                    .iter()
                    .any(|c| c.custodian == index(n) && c.size == closing.size)
            });
            all.then_some(())
        })
        .await;
    lot.stop().await;
    // What a custodian finds in its journal that has signed another freeze of this ceremony.
    let act = Act::FreezeSigned { at: lot.clock.now(), freeze_id: digest(0xf5) };
    let journal = lot.keys.path().join("custodian-1/ZZ-2027/1/journal.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).open(journal).unwrap();
    file.write_all(&[serde_json::to_vec(&act).unwrap(), b"\n".to_vec()].concat()).unwrap();
    lot.scene.close(&received, 3, AFTER).await;
    lot.start_one().await;
    let refusal = lot.refusal("E_FREEZE_CONFLICT").await;
    assert!(refusal.detail.contains(&digest(0xf5).to_string()), "{}", refusal.detail);
    lot.stop().await;
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    let signed = |act: &&Act| matches!(act, Act::FreezeSigned { .. });
    assert_eq!(acts(lot.keys.path()).await.iter().filter(signed).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_bids_that_do_not_hold_are_not_countersigned() {
    let mut lot = Lot::published("forged").await;
    let received = lot.scene.receive(3);
    lot.clock.set(AFTER);
    let tampers: [fn(&mut FrozenAnswer); 4] = [
        |frozen| drop(frozen.bids.pop()),
        |frozen| drop(frozen.paths.pop()),
        |frozen| frozen.bids[0].cms_b64 = frozen.bids[1].cms_b64.clone(),
        |frozen| {
            let other = frozen.bids[1].headers[0].header_b64.clone();
            frozen.bids[0].headers[0].header_b64 = other;
        },
    ];
    lot.scene.tamper = tampers[0];
    lot.scene.close(&received, 3, AFTER).await;
    let mut seen = std::collections::BTreeSet::new();
    for tamper in tampers {
        lot.scene.tamper = tamper;
        lot.scene.serve();
        // A refusal by a reason that was not given before.
        let label = |served: &mut Served| {
            let mut new = served.refusals.iter().filter(|r| !seen.contains(&r.label));
            new.next().map(|refusal| refusal.label.clone())
        };
        let label = lot.scene.hall.until("a refusal", label).await;
        seen.insert(label);
    }
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    lot.scene.tamper = |_| {};
    lot.scene.serve();
    lot.scene.countersigned(3, AFTER).await;
    lot.stop().await;
}

/// Frozen bids may be 64 MiB, and a clock that refuses says nothing against them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_bids_are_fetched_once_while_the_clock_refuses() {
    let mut lot = Lot::published("fetched").await;
    let received = lot.scene.receive(3);
    lot.scene.close(&received, 3, AFTER).await;
    lot.refused_by_all("E_NOT_YET").await;
    Hall::rest().await;
    assert_eq!(lot.scene.hall.lock().frozen_asked, 3, "once by each custodian");
    lot.clock.set(AFTER);
    lot.scene.countersigned(3, AFTER).await;
    lot.stop().await;
    assert_eq!(lot.scene.hall.lock().frozen_asked, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_below_a_cosigned_head_is_refused() {
    let mut lot = Lot::published("rollback").await;
    lot.scene.receive(3);
    let head = lot.scene.log.head();
    lot.scene
        .hall
        .until("cosignature", |served| {
            let mut own = served.cosignatures.iter().filter(|c| c.custodian == index(1));
            own.any(|c| c.size == head.size).then_some(())
        })
        .await;
    lot.leave_one().await;
    let whole = lot.scene.log.clone();

    // Rolled back: a head that was passed long ago.
    lot.scene.log = OpeningLog::new(lot.scene.origin.clone());
    lot.scene.log.append_entry(whole.entries()[0].clone()).unwrap();
    lot.scene.serve();
    lot.refusal("E_ROLLBACK").await;

    // Rewritten: another second entry, and more entries than before; also for a fresh process, and
    // for one that has lost its copy of the log.
    let tick =
        kaibiao_opening::Tick { no: kaibiao_types::TickNo::new(0).unwrap(), root: digest(3) };
    lot.scene.force(&Event::Tick(tick), &Actor::Hall, BEFORE + 60_000, None);
    let next =
        kaibiao_opening::Tick { no: kaibiao_types::TickNo::new(1).unwrap(), root: digest(4) };
    lot.scene.force(&Event::Tick(next), &Actor::Hall, BEFORE + 120_000, None);
    lot.scene.serve();
    for copy in [true, false] {
        lot.stop().await;
        if !copy {
            let path = lot.keys.path().join("custodian-1/ZZ-2027/1/log.jsonl");
            std::fs::remove_file(path).unwrap();
        }
        lot.scene.hall.lock().refusals.clear();
        lot.start_one().await;
        let refusal = lot.refusal("E_ROLLBACK").await;
        assert_eq!(refusal.custodian, index(1));
    }
    let roots = [whole.root_at(1), whole.root_at(2)];
    let mut cosignatures = std::mem::take(&mut lot.scene.hall.lock().cosignatures);
    assert!(cosignatures.drain(..).all(|c| roots.contains(&Some(c.root))));
    let evidence = lot.keys.path().join("custodian-1/ZZ-2027/1/evidence");
    assert_eq!(std::fs::read_dir(evidence).unwrap().count(), 2);

    // The true log comes back, and the custodian goes on.
    lot.scene.log = whole;
    lot.scene.serve();
    lot.scene.hall.until("cosignature", |served| served.cosignatures.pop()).await;
    lot.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_copy_of_the_log_is_fetched_again() {
    let mut lot = Lot::published("copy").await;
    lot.frozen(3).await;
    lot.stop().await;
    let copy = lot.keys.path().join("custodian-1/ZZ-2027/1/log.jsonl");
    let whole = std::fs::read(&copy).unwrap();
    lot.scene.unseal(AFTER);
    for damaged in [[&whole[..100], &whole[101..]].concat(), b"\n".to_vec()] {
        std::fs::write(&copy, damaged).unwrap();
        lot.scene.hall.lock().partials.clear();
        lot.start_one().await;
        let body = lot.scene.hall.until("partials", |served| served.partials.pop()).await;
        lot.scene.assert_proven(&body);
        lot.stop().await;
        assert!(std::fs::read(&copy).unwrap().starts_with(&whole));
    }
    assert_eq!(intents(&acts(lot.keys.path()).await), 1);
    assert_eq!(refusals(lot.keys.path(), 1).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_tender_file_for_the_lot_is_refused() {
    let mut lot = Lot::published("tenders").await;
    let count = |served: &mut Served| (served.cosignatures.len() >= 3).then_some(());
    lot.scene.hall.until("cosignatures", count).await;
    lot.stop().await;
    // Another signature gives other bytes only in the signature: the file is the same.
    lot.scene.hall.lock().tender.as_mut().unwrap().tender_b64.0.push(b' ');
    lot.start_one().await;
    Hall::rest().await;
    lot.stop().await;
    let refused = refusals(lot.keys.path(), 1).await;
    assert_eq!(refused, [("tender".to_owned(), "E_TENDER".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_raised_for_too_few_bidders() {
    let mut lot = Lot::published("few").await;
    lot.frozen(2).await;
    assert_eq!(lot.scene.state.phase(), kaibiao_opening::Phase::Failed);
    Hall::rest().await;
    assert!(lot.scene.hall.lock().partials.is_empty());
    assert!(lot.scene.hall.lock().refusals.is_empty());
    lot.stop().await;
    assert_eq!(intents(&acts(lot.keys.path()).await), 0);
    // What stays sealed stays sealed for good (ruling 17).
    assert!(!lot.scene.hall.lock().destructions.is_empty());
    assert!(!lot.keys.path().join("custodian-1/ZZ-2027/1/share.key").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_unseals_too_few_bidders_is_refused() {
    let mut lot = Lot::published("forced").await;
    let received = lot.scene.receive(2);
    lot.clock.set(AFTER);
    lot.scene.close(&received, 3, AFTER).await;
    // The hall leaves out the freeze and the failure that must follow it, and unseals.
    let host = Actor::Host(lot.scene.people.host.party.code.clone());
    let command = lot.scene.signed(Command::StartUnsealing(Part::Price), AFTER);
    let start = UnsealingStarted { stage: Stage::new(1).unwrap(), part: Part::Price };
    lot.scene.force(&Event::UnsealingStarted(start), &host, AFTER, Some(&command));
    lot.scene.serve();
    let served = lot.scene.hall.until("a refusal", |served| served.refusals.first().cloned()).await;
    assert_ne!(served.label, "");
    Hall::rest().await;
    assert!(lot.scene.hall.lock().partials.is_empty());
    lot.stop().await;
    assert_eq!(intents(&acts(lot.keys.path()).await), 0);
    let refused = refusals(lot.keys.path(), 1).await;
    assert!(refused.iter().all(|(request, _)| request == "log"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cosignature_that_the_hall_lost_is_the_same_again() {
    let mut lot = Lot::published("lost").await;
    let own = |served: &Served| -> Vec<String> {
        let own = served.cosignatures.iter().filter(|c| c.custodian == index(1));
        own.map(|c| c.cosignature.clone()).collect()
    };
    // This hall never shows the cosignatures that it has: it is as if it had lost them.
    let twice = |served: &mut Served| Some(own(served)).filter(|own| own.len() >= 2);
    let lines = lot.scene.hall.until("a repeated cosignature", twice).await;
    assert_eq!(lines[0], lines[1]);
    // Later and by a fresh process too: the time in it is that of the first one.
    lot.stop().await;
    lot.clock.set(BEFORE + 30_000);
    lot.scene.hall.lock().cosignatures.clear();
    lot.start_one().await;
    let again = lot.scene.hall.until("a cosignature", |served| own(served).pop()).await;
    assert_eq!(again, lines[0]);
    lot.stop().await;
    let cosigned = |act: &&Act| matches!(act, Act::Cosigned { .. });
    assert_eq!(acts(lot.keys.path()).await.iter().filter(cosigned).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_the_log_did_not_sign_is_not_cosigned() {
    let mut lot = Lot::published("unsigned").await;
    lot.scene
        .hall
        .until("cosignature", |served| (served.cosignatures.len() >= 3).then_some(()))
        .await;
    lot.leave_one().await;
    let signer = kaibiao_journal::LogSigner::from_seed(lot.scene.origin.clone(), &[8; 32]).unwrap();
    lot.scene.signer = signer;
    lot.scene.receive(3);
    lot.refusal("checkpoint-log-signature-missing").await;
    let size = lot.scene.log.len();
    assert!(lot.scene.hall.lock().cosignatures.iter().all(|c| c.size < size));
    lot.stop().await;
}
