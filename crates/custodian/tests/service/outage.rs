//! An outage of the hall before the deadline: attested by whoever asked all the time, and by nobody else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_custody::Act;
use kaibiao_journal::outage_statement;
use kaibiao_opening::{self as opening, Input, OutageAttested, OutageRule};
use kaibiao_pki::cms;
use kaibiao_types::{Digest, Millis, TickNo};
use kaibiao_wire::{Label, OutagePost};

use crate::hall::Served;
use crate::opening::{Lot, acts};
use crate::people::TestClock;
use crate::scene::{BEFORE, DEADLINE, Scene, at, index, sign};

/// When the tick of the bids is in the log; from then on no new head comes.
const LAST: u64 = BEFORE + 60_000;
/// When a head comes again.
const BACK: u64 = LAST + 150_000;
/// The entries once bids are in: the publication and a tick.
const SIZE: u64 = 2;

fn rule() -> OutageRule {
    OutageRule {
        within_ms: Millis::from_secs(600),
        silent_ms: Millis::from_secs(120),
        postpone_by_ms: Millis::from_secs(1_800),
    }
}

/// Bids are in, and custodian 1 alone goes on.
async fn received(seed: &str, outage: Option<OutageRule>) -> Lot {
    let scene = Scene::with(seed, |terms| terms.outage = outage).await;
    let mut lot = Lot::of(scene, TestClock::at(BEFORE)).await;
    lot.leave_one().await;
    lot.scene.receive(3);
    lot.clock.set(LAST);
    cosigned(&lot, SIZE).await;
    lot
}

/// Waits until custodian 1 cosigned a head of this size.
async fn cosigned(lot: &Lot, size: u64) {
    let own = |served: &mut Served| {
        let mut all = served.cosignatures.iter();
        all.any(|c| (c.custodian, c.size) == (index(1), size)).then_some(())
    };
    lot.scene.hall.until("a cosignature", own).await;
}

/// Time runs, and the custodian asks in vain again and again.
async fn silence(lot: &Lot, until: u64) {
    let mut now = lot.clock.now().get();
    while now < until {
        now = until.min(now + 5_000);
        lot.clock.set(now);
        let asked = lot.scene.hall.lock().checkpoints_asked;
        // The third question from here on is sent at this time, whatever was under way.
        let again = |served: &mut Served| (served.checkpoints_asked >= asked + 3).then_some(());
        lot.scene.hall.until("questions in vain", again).await;
    }
}

/// The hall shows a new head.
fn back(lot: &mut Lot) {
    let no = TickNo::new(u32::try_from(lot.scene.log.len()).unwrap() - 1).unwrap();
    let tick = opening::Tick { no, root: Digest::new([9; 32]) };
    lot.scene.input(&Input::Tick(tick), lot.clock.now().get());
    lot.scene.serve();
}

fn attested(post: &OutagePost) -> OutageAttested {
    let OutagePost { custodian, deadline, from, to, cms_b64 } = post.clone();
    OutageAttested { custodian, deadline, from, to, cms: STANDARD.encode(cms_b64.as_slice()) }
}

/// What another custodian of the lot attests of the same silence.
fn also(lot: &Lot, post: &OutagePost) -> OutageAttested {
    let said = OutageAttested { custodian: index(2), ..attested(post) };
    let (from, to) = (said.from, said.to);
    let text = outage_statement(&lot.scene.origin, said.custodian, said.deadline, from, to);
    let cms = sign(&lot.scene.people.custodians[1].identity, text.as_bytes(), BACK);
    OutageAttested { cms: STANDARD.encode(cms), ..said }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_is_attested_before_the_next_head_is_cosigned_and_the_deadline_moves() {
    let mut lot = received("outage", Some(rule())).await;
    silence(&lot, BACK).await;
    assert!(lot.scene.hall.lock().outages.is_empty(), "not before the hall is back");
    back(&mut lot);
    let first = |served: &mut Served| served.outages.first().cloned();
    let (post, cosigned_by_then) = lot.scene.hall.until("an attestation", first).await;
    assert_eq!(cosigned_by_then, SIZE, "it comes before the head is cosigned");
    assert_eq!((post.custodian, post.deadline), (index(1), at(DEADLINE)));
    assert!(post.from >= at(LAST) && post.to <= at(BACK), "{} {}", post.from, post.to);
    assert!(post.to >= post.from.plus(rule().silent_ms));
    let text = outage_statement(&lot.scene.origin, index(1), post.deadline, post.from, post.to);
    let trust = &lot.scene.people.trust;
    let signed = cms::verify_detached(post.cms_b64.as_slice(), text.as_bytes(), trust, at(BACK));
    let seat = lot.scene.verified.as_ref().unwrap().record().custodian(index(1)).unwrap();
    assert_eq!(signed.unwrap().signer().certificate().sha256(), seat.cert_sha256);
    cosigned(&lot, SIZE + 1).await;
    // With that of another one the deadline moves, and the custodian follows such a log.
    let (own, other) = (attested(&post), also(&lot, &post));
    lot.scene.input(&Input::OutageAttested(own), BACK);
    lot.scene.input(&Input::OutageAttested(other), BACK);
    assert_eq!(lot.scene.state.deadline(), Some(at(DEADLINE + 1_800_000)));
    lot.scene.serve();
    cosigned(&lot, SIZE + 4).await;
    assert_eq!(lot.scene.hall.lock().outages.len(), 1, "attested once");
    assert!(lot.scene.hall.lock().refusals.is_empty());
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    let place = |wanted: &dyn Fn(&Act) -> bool| acts.iter().position(wanted).unwrap();
    let said = place(&|act| matches!(act, Act::OutageAttested { .. }));
    let head = place(&|act| matches!(act, Act::Cosigned { size, .. } if *size == SIZE + 1));
    assert!(said < head, "the journal has it first");
}

/// A hall that does not want the attestation, or whose answer is lost, keeps nobody from the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_that_refuses_an_attestation_holds_nothing_up() {
    let mut lot = received("outage-refused", Some(rule())).await;
    lot.scene.hall.lock().outages_down = 2;
    lot.scene.hall.lock().outages_refused = Some(Label::OutOfOrder);
    silence(&lot, BACK).await;
    back(&mut lot);
    // Twice the answer is lost: it is sent again as it was, and no head is cosigned over it.
    let thrice = |served: &mut Served| (served.outages.len() >= 3).then(|| served.outages.clone());
    let posts = lot.scene.hall.until("the same three times", thrice).await;
    assert!(posts.iter().all(|(post, size)| *post == posts[0].0 && *size == SIZE));
    cosigned(&lot, SIZE + 1).await;
    back(&mut lot);
    cosigned(&lot, SIZE + 2).await;
    assert_eq!(lot.scene.hall.lock().outages.len(), 3, "refused once is enough");
    lot.stop().await;
}

/// No rule, too short a silence, an own absence: the next head is cosigned and nothing attested.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_attested_without_rule_or_reason() {
    let mut lot = received("outage-none", None).await;
    silence(&lot, BACK).await;
    back(&mut lot);
    cosigned(&lot, SIZE + 1).await;
    assert!(lot.scene.hall.lock().outages.is_empty(), "without a rule");
    lot.stop().await;

    let mut lot = received("outage-short", Some(rule())).await;
    silence(&lot, LAST + 60_000).await;
    back(&mut lot);
    cosigned(&lot, SIZE + 1).await;
    // The machine slept for ten minutes: nobody asked.
    lot.clock.set(LAST + 260_000);
    silence(&lot, LAST + 300_000).await;
    back(&mut lot);
    cosigned(&lot, SIZE + 2).await;
    assert!(lot.scene.hall.lock().outages.is_empty(), "short, and an own absence");
    lot.stop().await;
}
