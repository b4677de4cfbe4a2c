//! Draws: custodians answer with a point of their own making, and the same one every time.

use std::sync::Arc;

use kaibiao_crypto::SUITE_1;
use kaibiao_custody::Act;
use kaibiao_opening::{
    Actor, Bilingual, Command, Draw, DrawAfter, DrawPartial, DrawRange, DrawStarted, DrawValues,
    Event, Input, Partial, PartialsReceived, PriceOutcome, TimeSource, UnsealedSheet,
};
use kaibiao_replay::{draw_outcome, point_of_draw};
use kaibiao_wire::DrawPartialBody;

use crate::ceremony::refusals;
use crate::hall::{Hall, Served};
use crate::opening::{Lot, acts};
use crate::people::TestClock;
use crate::scene::{AFTER, BEFORE, DEADLINE, Scene, at, index};
use crate::time::{SURE, off, policy, silent};

fn lottery() -> Vec<Draw> {
    vec![Draw {
        no: 1,
        name: Bilingual { zh: "摇号".to_owned(), en: "Lottery".to_owned() },
        values: DrawValues::Range(DrawRange { lowest: 1, highest: 30, step: 1 }),
        after: DrawAfter::PricesPublished,
    }]
}

impl Lot {
    /// A lot whose prices are public: three bids, each released by all custodians.
    async fn with_prices(seed: &str) -> Self {
        let scene = Scene::with(seed, |terms| terms.draws = lottery()).await;
        let mut lot = Self::of(scene, TestClock::at(BEFORE)).await;
        lot.frozen(3).await;
        lot.prices().await;
        lot
    }

    /// From the frozen set to the prices.
    async fn prices(&mut self) {
        let lot = self;
        lot.scene.unseal(AFTER);
        let released = |served: &mut Served| {
            let all = (1..=3).all(|n| served.partials.iter().any(|p| p.custodian == index(n)));
            all.then(|| served.partials.clone())
        };
        let bodies = lot.scene.hall.until("partials of everybody", released).await;
        for number in 1..=3 {
            let body = bodies.iter().find(|body| body.custodian == index(number)).unwrap();
            let partials: Vec<Partial> = body
                .partials
                .iter()
                .cloned()
                .map(|p| Partial { manifest_sha256: p.manifest_sha256, d: p.d, c: p.c, z: p.z })
                .collect();
            let received = PartialsReceived {
                custodian: body.custodian,
                stage: body.stage,
                part: body.part,
                freeze_id: body.freeze_id,
                sha256: SUITE_1.hash(b"body"),
                count: 3,
                partials: Some(partials),
                escrow: Vec::new(),
            };
            lot.scene.input(&Input::PartialsReceived(received), AFTER);
        }
        // What is in them does not matter here: none is a price sheet, so nothing is read.
        let outcome = |manifest_sha256| {
            let bytes = b"not a price sheet".to_vec();
            let sheet = UnsealedSheet::Opened { sha256: SUITE_1.hash(&bytes), bytes };
            PriceOutcome { manifest_sha256, sheet }
        };
        let bids = lot.scene.state.current_bids();
        let outcomes = bids.map(|bid| outcome(bid.manifest_sha256)).collect();
        lot.scene.input(&Input::PricesUnsealed(outcomes), AFTER);
    }

    fn start_draw(&mut self, now: u64) {
        self.scene.command(&Command::StartDraw(1), now);
        self.scene.serve();
    }

    async fn answer(&self, tried: usize) -> DrawPartialBody {
        let answer = |served: &mut Served| served.draws.get(tried).cloned();
        self.scene.hall.until("an answer to the draw", answer).await
    }
}

fn logged(body: &DrawPartialBody) -> DrawPartial {
    let DrawPartialBody { custodian, no, freeze_id, d, c, z, .. } = body.clone();
    DrawPartial { custodian, no, freeze_id, sha256: SUITE_1.hash(b"body"), d, c, z }
}

fn draw_intents(acts: &[Act]) -> usize {
    acts.iter().filter(|act| matches!(act, Act::DrawIntent { .. })).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draw_is_answered_by_everybody_with_a_proof() {
    let mut lot = Lot::with_prices("drawn").await;
    lot.start_draw(AFTER);
    let all = |served: &mut Served| {
        let all = (1..=3).all(|n| served.draws.iter().any(|draw| draw.custodian == index(n)));
        all.then(|| served.draws.clone())
    };
    let bodies = lot.scene.hall.until("answers of everybody", all).await;
    lot.stop().await;
    for number in 1..=3 {
        let body = bodies.iter().find(|body| body.custodian == index(number)).unwrap();
        lot.scene.input(&Input::DrawPartial(logged(body)), AFTER);
    }
    let tender = lot.scene.verified.clone().unwrap();
    let drawn = draw_outcome(&tender, &lot.scene.state.drawing().unwrap()).unwrap();
    assert!(drawn.index < 30 && drawn.dropped.is_empty());
    lot.scene.assert_signed();
    // The intent stands in the journal, with the point that everybody computes.
    let freeze_id = lot.scene.state.frozen().unwrap().freeze_id;
    let point = point_of_draw(&tender, &freeze_id, 1).unwrap();
    let acts = acts(lot.keys.path()).await;
    assert_eq!(draw_intents(&acts), 1);
    let noted = acts.iter().find_map(|act| match act {
        Act::DrawIntent { no, u, .. } => Some((*no, u.0)),
        _ => None,
    });
    assert_eq!(noted, Some((1, point.bytes())));
    assert!(lot.scene.hall.lock().refusals.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_custodian_killed_after_its_draw_intent_answers_the_same() {
    let mut lot = Lot::with_prices("draw-killed").await;
    lot.leave_one().await;
    lot.scene.hall.lock().draws_down = true;
    lot.start_draw(AFTER);
    let first = lot.answer(0).await;
    lot.stop().await;
    assert_eq!(draw_intents(&acts(lot.keys.path()).await), 1);
    let tried = {
        let mut served = lot.scene.hall.lock();
        served.draws_down = false;
        served.draws.len()
    };
    lot.start_one().await;
    let again = lot.answer(tried).await;
    assert_eq!((&first.d, first.no, first.freeze_id), (&again.d, again.no, again.freeze_id));
    assert_ne!(first.c, again.c, "the proof is fresh");
    lot.stop().await;
    assert_eq!(draw_intents(&acts(lot.keys.path()).await), 1);
}

/// A host that would like another value gives the draw up and asks again: nothing changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_a_draw_again_gives_the_same_point() {
    let mut lot = Lot::with_prices("draw-again").await;
    lot.leave_one().await;
    lot.start_draw(AFTER);
    let first = lot.answer(0).await;
    let later = lot.scene.state.draw_wait_until().unwrap().get();
    lot.clock.set(later);
    lot.scene.input(&Input::DrawFailed { no: 1, dropped: Vec::new() }, later);
    lot.scene.serve();
    let tried = lot.scene.hall.lock().draws.len();
    lot.start_draw(later);
    let again = lot.answer(tried).await;
    assert_eq!(first.d, again.d);
    lot.stop().await;
    assert_eq!(draw_intents(&acts(lot.keys.path()).await), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draw_before_the_deadline_by_the_own_clock_is_refused() {
    let mut lot = Lot::with_prices("draw-early").await;
    lot.clock.set(BEFORE);
    lot.start_draw(AFTER);
    lot.refused_by_all("E_NOT_YET").await;
    Hall::rest().await;
    assert!(lot.scene.hall.lock().draws.is_empty());
    lot.stop().await;
    assert_eq!(draw_intents(&acts(lot.keys.path()).await), 0);
    let refused = refusals(lot.keys.path(), 1).await;
    assert!(refused.contains(&("draw".to_owned(), "E_NOT_YET".to_owned())), "{refused:?}");
}

/// A hall that asks for a draw before the prices, or without the host: its log is not believed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draw_that_the_procedure_does_not_allow_is_not_answered() {
    let mut lot = Lot::of(
        Scene::with("draw-forced", |terms| terms.draws = lottery()).await,
        TestClock::at(BEFORE),
    )
    .await;
    lot.frozen(3).await;
    let host = Actor::Host(lot.scene.people.host.party.code.clone());
    let signed = lot.scene.signed(Command::StartDraw(1), AFTER);
    let start = Event::DrawStarted(DrawStarted { no: 1 });
    lot.scene.force(&start, &host, AFTER, Some(&signed));
    lot.scene.serve();
    lot.refused_by_all("out-of-order").await;
    Hall::rest().await;
    assert!(lot.scene.hall.lock().draws.is_empty());
    lot.stop().await;
    assert_eq!(draw_intents(&acts(lot.keys.path()).await), 0);
}

/// A custodian that has just begun knows nothing of the time: it hears its servers before it refuses,
/// since a refusal counts for the draw at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_custodian_hears_its_servers_before_it_refuses_a_draw() {
    let clock = TestClock::at(BEFORE);
    let servers = [off(&clock, 0, 0), off(&clock, 1, 0), off(&clock, 2, 0)];
    let scene = Scene::with("draw-restart", |terms| {
        terms.draws = lottery();
        terms.custody.time = TimeSource::Sources(policy(&servers, false));
    });
    let mut lot = Lot::of(scene.await, Arc::clone(&clock)).await;
    let received = lot.scene.receive(3);
    clock.set(SURE);
    lot.scene.close(&received, 3, AFTER).await;
    lot.scene.countersigned(3, AFTER).await;
    lot.prices().await;
    lot.stop().await;
    lot.start_draw(AFTER);
    lot.start_one().await;
    assert_eq!(lot.answer(0).await.no, 1);
    lot.stop().await;
    assert!(lot.scene.hall.lock().refusals.is_empty());

    // Without servers it says so, and for which draw; then host and supervisor confirm the time.
    for server in &servers {
        server.answer(silent);
    }
    let tried = lot.scene.hall.lock().draws.len();
    lot.start_one().await;
    let refusal = lot.refusal("E_TIME_UNSURE").await;
    assert_eq!(refusal.draw, Some(1));
    assert_eq!(lot.scene.hall.lock().draws.len(), tried);
    let deadline = at(DEADLINE);
    lot.scene.command(&Command::ConfirmTime { deadline }, AFTER);
    lot.scene.supervisor(&Command::ApproveTime { deadline }, AFTER);
    lot.scene.serve();
    assert_eq!(lot.answer(tried).await.no, 1);
    lot.stop().await;
}

/// The custodians' own clock is that of the time servers, whatever the system clock says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draw_goes_by_the_clock_of_the_lot() {
    let clock = TestClock::at(BEFORE);
    let servers = [off(&clock, 0, 0), off(&clock, 1, 0), off(&clock, 2, 0)];
    let scene = Scene::with("draw-time", |terms| {
        terms.draws = lottery();
        terms.custody.time = TimeSource::Sources(policy(&servers, true));
    });
    let mut lot = Lot::of(scene.await, Arc::clone(&clock)).await;
    let received = lot.scene.receive(3);
    clock.set(SURE);
    clock.set_system(BEFORE);
    lot.scene.close(&received, 3, AFTER).await;
    lot.scene.countersigned(3, AFTER).await;
    lot.prices().await;
    lot.start_draw(AFTER);
    assert_eq!(lot.answer(2).await.no, 1);
    lot.stop().await;
    let drawn = acts(lot.keys.path()).await.into_iter().find_map(|act| match act {
        Act::DrawIntent { at, .. } => Some(at.get()),
        _ => None,
    });
    assert!(drawn.unwrap() > DEADLINE, "{drawn:?}");
    assert!(lot.scene.hall.lock().refusals.is_empty());
}
