//! Signed journals: after the freeze and at the end, never before, and holding nothing up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_custody::Act;
use kaibiao_journal::journal_statement;
use kaibiao_opening::{self as opening, Input, Phase};
use kaibiao_pki::cms;
use kaibiao_replay::CustodianJournal;
use kaibiao_types::JournalMoment::{self, Close, Freeze};
use kaibiao_wire::{JournalPost, Label};

use crate::hall::{Hall, Served};
use crate::opening::Lot;
use crate::scene::{AFTER, Scene, at, index};

fn own(served: &Served, number: usize, moment: JournalMoment) -> Vec<JournalPost> {
    let own = |post: &&JournalPost| (post.custodian, post.moment) == (index(number), moment);
    served.journals.iter().filter(own).cloned().collect()
}

/// Waits for so many journals of a custodian and gives the last one, its signature checked.
async fn handed(scene: &Scene, number: usize, moment: JournalMoment, count: usize) -> Vec<u8> {
    let enough = |served: &mut Served| {
        let all = own(served, number, moment);
        (all.len() >= count).then(|| all.last().unwrap().clone())
    };
    let post = scene.hall.until("a signed journal", enough).await;
    let bytes = post.journal_b64.as_slice().to_vec();
    let (length, sha256) = (u64::try_from(bytes.len()).unwrap(), SUITE_1.hash(&bytes));
    let text = journal_statement(&scene.origin, index(number), moment, length, &sha256);
    let cms = post.cms_b64.as_slice();
    let verified =
        cms::verify_detached(cms, text.as_bytes(), &scene.people.trust, at(AFTER)).unwrap();
    let seat = scene.verified.as_ref().unwrap().record().custodian(index(number)).unwrap();
    assert_eq!(verified.signer().certificate().sha256(), seat.cert_sha256);
    CustodianJournal::parse(&bytes).unwrap();
    bytes
}

/// The hall writes the countersignature of one custodian.
async fn countersigned(scene: &mut Scene, number: usize) {
    let post = scene
        .hall
        .until("a countersignature", |served| {
            served.freeze_signatures.iter().find(|p| p.custodian == index(number)).cloned()
        })
        .await;
    let signed = opening::FreezeSigned {
        custodian: post.custodian,
        freeze_id: post.freeze_id,
        cms: STANDARD.encode(post.cms_b64.as_slice()),
    };
    scene.input(&Input::FreezeSigned(signed), AFTER);
    scene.serve();
}

/// The hall writes the statement over a journal.
fn logged(scene: &mut Scene, number: usize, moment: JournalMoment) {
    let post = own(&scene.hall.lock(), number, moment).pop().unwrap();
    let bytes = post.journal_b64.as_slice();
    let signed = opening::JournalSigned {
        custodian: post.custodian,
        moment,
        length: u64::try_from(bytes.len()).unwrap(),
        sha256: SUITE_1.hash(bytes),
        cms: STANDARD.encode(post.cms_b64.as_slice()),
    };
    scene.input(&Input::JournalSigned(signed), AFTER);
    scene.serve();
}

/// A lot of two bidders, whose deadline has passed; nobody's countersignature is in the log yet.
async fn frozen(seed: &str) -> Lot {
    let mut lot = Lot::published(seed).await;
    let received = lot.scene.receive(2);
    lot.clock.set(AFTER);
    lot.scene.close(&received, 3, AFTER).await;
    lot
}

fn last(bytes: &[u8]) -> Act {
    CustodianJournal::parse(bytes).unwrap().acts().last().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_is_signed_after_the_freeze_and_again_at_the_end() {
    let mut lot = frozen("journals").await;
    Hall::rest().await;
    assert!(lot.scene.hall.lock().journals.is_empty(), "nothing before the log shows the freeze");
    countersigned(&mut lot.scene, 1).await;
    let first = handed(&lot.scene, 1, Freeze, 1).await;
    let acts = CustodianJournal::parse(&first).unwrap().acts().to_vec();
    assert_eq!(acts.iter().filter(|act| matches!(act, Act::FreezeSigned { .. })).count(), 1);
    logged(&mut lot.scene, 1, Freeze);
    countersigned(&mut lot.scene, 2).await;
    countersigned(&mut lot.scene, 3).await;
    assert_eq!(lot.scene.state.phase(), Phase::Failed);

    let second = handed(&lot.scene, 1, Close, 1).await;
    assert!(second.starts_with(&first) && second.len() > first.len());
    assert!(matches!(last(&second), Act::Destroyed { .. }), "it covers the destruction");
    for number in [1, 2, 3] {
        handed(&lot.scene, number, Close, 1).await;
        logged(&mut lot.scene, number, Close);
    }
    lot.scene.destroyed(&[1, 2, 3], AFTER).await;
    assert!(lot.scene.state.all_destroyed());
    lot.stop().await;
    let served = lot.scene.hall.lock();
    assert_eq!(own(&served, 1, Freeze).len(), 1);
    assert_eq!(own(&served, 1, Close).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_was_lost_is_handed_over_again_after_a_crash_and_one_in_the_log_is_not() {
    let mut lot = frozen("journal-crash").await;
    countersigned(&mut lot.scene, 1).await;
    let first = handed(&lot.scene, 1, Freeze, 1).await;
    lot.stop().await;
    lot.start_one().await;
    let second = handed(&lot.scene, 1, Freeze, 2).await;
    assert!(second.starts_with(&first));
    logged(&mut lot.scene, 1, Freeze);
    lot.stop().await;
    lot.start_one().await;
    Hall::rest().await;
    lot.stop().await;
    assert_eq!(own(&lot.scene.hall.lock(), 1, Freeze).len(), 2);
}

/// From the frozen set to the end, with custodian 1 alone.
async fn over(lot: &mut Lot) {
    let all = |served: &mut Served| {
        let has = |n| served.freeze_signatures.iter().any(|post| post.custodian == index(n));
        [1, 2, 3].into_iter().all(has).then_some(())
    };
    lot.scene.hall.until("countersignatures of all", all).await;
    lot.leave_one().await;
    for number in [1, 2, 3] {
        countersigned(&mut lot.scene, number).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_that_refuses_journals_does_not_keep_a_statement_of_destruction_from_it() {
    let mut lot = frozen("journal-refused").await;
    lot.scene.hall.lock().journals_refused = Some(Label::TooLarge);
    over(&mut lot).await;
    lot.scene.destroyed(&[1], AFTER).await;
    lot.stop().await;
    assert_eq!(own(&lot.scene.hall.lock(), 1, Close).len(), 1);
}

/// After the statement of destruction the log takes no journal, so a hall that was away for a while
/// gets the journal first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_of_the_close_is_sent_until_the_hall_answers() {
    let mut lot = frozen("journal-lost").await;
    lot.scene.hall.lock().journals_down = true;
    over(&mut lot).await;
    let six = |served: &mut Served| (own(served, 1, Close).len() > 5).then_some(());
    lot.scene.hall.until("six tries", six).await;
    assert!(!lot.keys.path().join("custodian-1/ZZ-2027/1/share.key").exists());
    let tried = {
        let mut served = lot.scene.hall.lock();
        assert!(served.destructions.iter().all(|post| post.custodian != index(1)));
        assert!(own(&served, 1, Freeze).len() <= 5);
        served.journals_down = false;
        own(&served, 1, Close).len()
    };
    handed(&lot.scene, 1, Close, tried + 1).await;
    logged(&mut lot.scene, 1, Close);
    lot.scene.destroyed(&[1], AFTER).await;
    lot.stop().await;
}
