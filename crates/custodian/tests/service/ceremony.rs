//! The key generation: restarts, other sessions, strangers on the board.

use std::path::Path;

use kaibiao_crypto::Hex;
use kaibiao_custody::Act;
use kaibiao_journal::Cosigner;
use kaibiao_replay::{Announcement, BoardKind, RehearsalNo, board_statement};
use kaibiao_wire::BoardPost;
use tempfile::TempDir;

use crate::hall::{Hall, Served, digest};
use crate::people::{Running, TestClock, key_store};
use crate::scene::{BEFORE, Scene, index, lot_key, sign};

/// The labels that a custodian refused with, in order.
pub async fn refusals(keys: &Path, number: usize) -> Vec<(String, String)> {
    let journal = key_store(keys, number).await.journal(&lot_key()).unwrap();
    journal
        .into_iter()
        .filter_map(|act| match act {
            Act::Refused { request, label, .. } => Some((request, label)),
            _ => None,
        })
        .collect()
}

/// The messages of one custodian and kind that reached the hall.
fn offered(hall: &Hall, number: usize, kind: &str) -> Vec<BoardPost> {
    let of = |post: &&BoardPost| post.from == index(number) && post.kind == kind;
    hall.lock().offered.iter().filter(of).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_every_step_repeats_the_same_messages() {
    let keys = TempDir::new().unwrap();
    let mut scene = Scene::new("restarts").await;
    let (hall, clock) = (scene.hall.clone(), TestClock::at(BEFORE));
    let mut others = Vec::new();
    for number in [2, 3] {
        others.push(Running::start(keys.path(), number, &hall.address, clock.clone()).await);
    }
    // Every message of custodian 1 is lost the first time; it is killed and starts again.
    let ceremony = tokio::spawn(async move {
        scene.ceremony().await;
        scene
    });
    let kinds = ["announce", "round1", "certify-dkg", "sign-record", "rehearsal-partial"];
    hall.lock().lost = kinds.to_vec();
    for kind in kinds {
        let first = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
        hall.until(kind, |served| {
            served.offered.iter().any(|p| p.from == index(1) && p.kind == kind).then_some(())
        })
        .await;
        first.kill().await;
        hall.lock().lost.retain(|lost| *lost != kind);
        let again = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
        hall.until(kind, |served| {
            served.board.iter().any(|m| m.from == "1" && m.kind == kind).then_some(())
        })
        .await;
        again.kill().await;
    }
    let last = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
    let mut scene = ceremony.await.unwrap();
    // One announcement, one polynomial, one certificate: byte for byte. Signatures and proofs are
    // made anew, over the same content.
    for kind in &kinds[..3] {
        let bodies = offered(&hall, 1, kind);
        assert!(bodies.len() >= 2, "{kind}");
        assert!(bodies.iter().all(|post| post.body_b64 == bodies[0].body_b64), "{kind}");
    }
    let raised = |post: &BoardPost| {
        let partial: kaibiao_ceremony::Partial =
            serde_json::from_slice(post.body_b64.as_slice()).unwrap();
        partial.d
    };
    let partials = offered(&hall, 1, "rehearsal-partial");
    assert!(partials.iter().all(|post| raised(post) == raised(&partials[0])));

    // The lot is published and everybody cosigns: the keys at hand are those of the ceremony.
    scene.publish();
    scene
        .hall
        .until("three cosignatures", |served| {
            let all = (1..=3).all(|n| served.cosignatures.iter().any(|c| c.custodian == index(n)));
            all.then_some(())
        })
        .await;
    assert!(last.is_alive() && others.iter().all(Running::is_alive));
    last.kill().await;
    for other in others {
        other.kill().await;
    }
    for number in 1..=3 {
        assert_eq!(refusals(keys.path(), number).await, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_session_is_refused_once_there_is_a_share() {
    let keys = TempDir::new().unwrap();
    let mut scene = Scene::new("sessions").await;
    let hall = scene.hall.clone();
    let clock = TestClock::at(BEFORE);

    // A session that gives no share is set aside for a new one, with new keys.
    let one = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
    hall.until("announcement", |served| (!served.offered.is_empty()).then_some(())).await;
    {
        let mut served = hall.lock();
        served.board.clear();
        served.draft.as_mut().unwrap().session = digest(2);
    }
    let keys_of = |post: &BoardPost| -> Announcement {
        serde_json::from_slice(post.body_b64.as_slice()).unwrap()
    };
    let of_the_new = |post: &BoardPost| keys_of(post).session == Hex(*digest(2).bytes());
    hall.until("new keys", |served| served.offered.iter().any(of_the_new).then_some(())).await;
    let announced = offered(&hall, 1, "announce");
    let (old, new) = (keys_of(&announced[0]), keys_of(announced.last().unwrap()));
    assert_ne!(old.static_key, new.static_key);
    assert_ne!(old.cosign_vkey, new.cosign_vkey);
    assert_eq!(new.session, Hex(*digest(2).bytes()));

    // The session that was given up does not come back: its polynomial is never made again.
    let before = hall.lock().offered.len();
    {
        let mut served = hall.lock();
        served.board.clear();
        served.draft.as_mut().unwrap().session = digest(1);
    }
    refused_once_more(&keys, 1, 0).await;
    // A round that was under way may have offered the newer announcement again, and nothing else.
    let late: Vec<BoardPost> = hall.lock().offered[before..].to_vec();
    assert!(late.iter().all(|post| post.body_b64 == announced.last().unwrap().body_b64));
    {
        let mut served = hall.lock();
        served.board.clear();
        served.draft.as_mut().unwrap().session = digest(2);
    }

    // With a share, no other session is taken up at all.
    let two = Running::start(keys.path(), 2, &hall.address, clock.clone()).await;
    let three = Running::start(keys.path(), 3, &hall.address, clock.clone()).await;
    scene.ceremony().await;
    for running in [one, two, three] {
        running.kill().await;
    }
    let before = {
        let mut served = hall.lock();
        served.board.clear();
        served.draft.as_mut().unwrap().session = digest(3);
        served.offered.len()
    };
    let refused_before = refused_so_far(&keys, 1);
    let one = Running::start(keys.path(), 1, &hall.address, clock).await;
    refused_once_more(&keys, 1, refused_before).await;
    assert_eq!(hall.lock().offered.len(), before);
    assert!(one.is_alive());
    one.kill().await;
    let refused = refusals(keys.path(), 1).await;
    let expected = ("ceremony".to_owned(), "E_CEREMONY".to_owned());
    assert!(refused.len() >= 2 && refused.iter().all(|refusal| *refusal == expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announcement_of_another_session_is_refused() {
    let keys = TempDir::new().unwrap();
    let scene = Scene::new("stranger").await;
    let body = announcement(&scene, 2, digest(9));
    let statement = board_statement(&scene.origin, BoardKind::Announce, &body);
    let cms = sign(&scene.people.custodians[1].identity, statement.as_bytes(), BEFORE);
    scene.hall.lock().pin("2", "announce", &body, &cms);
    check_refused(&scene, &keys, "E_CEREMONY").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_under_a_stolen_seat_is_refused() {
    let keys = TempDir::new().unwrap();
    let scene = Scene::new("stolen").await;
    let statement = board_statement(&scene.origin, BoardKind::Round1, b"message");
    // Signed by custodian 3, in the name of custodian 2.
    let cms = sign(&scene.people.custodians[2].identity, statement.as_bytes(), BEFORE);
    scene.hall.lock().pin("2", "round1", b"message", &cms);
    check_refused(&scene, &keys, "E_SIG_SIGNER").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_message_is_refused() {
    let keys = TempDir::new().unwrap();
    let scene = Scene::new("unknown").await;
    scene.hall.lock().pin("hall", "raise-this", b"point", b"-");
    check_refused(&scene, &keys, "E_CEREMONY").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_its_host_did_not_sign_starts_nothing() {
    let keys = TempDir::new().unwrap();
    let scene = Scene::new("draft").await;
    for cms in [
        sign(&scene.people.hall.identity, &scene.draft_bytes, BEFORE),
        sign(&scene.people.host.identity, b"something else", BEFORE),
    ] {
        scene.hall.lock().draft.as_mut().unwrap().cms_b64 = cms.into();
        let one = Running::start(keys.path(), 1, &scene.hall.address, TestClock::at(BEFORE)).await;
        Hall::rest().await;
        assert!(scene.hall.lock().offered.is_empty());
        assert!(one.is_alive());
        one.kill().await;
        assert_eq!(key_store(keys.path(), 1).await.lots().unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lot_without_a_seat_is_left_alone() {
    let keys = TempDir::new().unwrap();
    let scene = Scene::new("seatless").await;
    let four = Running::start(keys.path(), 4, &scene.hall.address, TestClock::at(BEFORE)).await;
    Hall::rest().await;
    assert!(scene.hall.lock().offered.is_empty());
    four.kill().await;
    assert_eq!(key_store(keys.path(), 4).await.lots().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_user_of_the_same_certificate_is_noticed() {
    let keys = TempDir::new().unwrap();
    let scene = Scene::new("twice").await;
    let body = announcement(&scene, 1, scene.hall.lock().draft.as_ref().unwrap().session);
    let statement = board_statement(&scene.origin, BoardKind::Announce, &body);
    let cms = sign(&scene.people.custodians[0].identity, statement.as_bytes(), BEFORE);
    scene.hall.lock().pin("1", "announce", &body, &cms);
    check_refused(&scene, &keys, "E_CEREMONY").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_test_objects_are_raised_and_none_after_ready() {
    let keys = TempDir::new().unwrap();
    let mut scene = Scene::new("rehearsals").await;
    let (hall, clock) = (scene.hall.clone(), TestClock::at(BEFORE));
    hall.lock().lost = vec!["rehearsal-partial"];
    let mut running = Vec::new();
    for number in 1..=3 {
        running.push(Running::start(keys.path(), number, &hall.address, clock.clone()).await);
    }
    let record = loop {
        match scene.board().record().unwrap() {
            Some((record, _)) => break record,
            None => Hall::rest().await,
        }
    };
    // The hall changes its test object again and again; three are raised.
    let raised_in = |served: &Served| -> std::collections::BTreeSet<String> {
        let own = |post: &&BoardPost| post.from == index(1) && post.kind == "rehearsal-partial";
        let d = |post: &BoardPost| {
            let partial: kaibiao_ceremony::Partial =
                serde_json::from_slice(post.body_b64.as_slice()).unwrap();
            partial.d.to_string()
        };
        served.offered.iter().filter(own).map(d).collect()
    };
    let replace = |hall: &Hall, object: &[u8]| {
        let mut served = hall.lock();
        served.board.retain(|m| !m.kind.starts_with("rehearsal"));
        let signed = served.board.len();
        for (n, message) in (0..).zip(served.board.iter_mut()) {
            message.n = n;
        }
        served.pin("hall", "rehearsal-object", object, b"-");
        signed
    };
    let mut last = Vec::new();
    for count in 1..=4_usize {
        last = scene.test_object(&record);
        replace(&hall, &last);
        if count <= 3 {
            let all = |served: &mut Served| (raised_in(served).len() == count).then_some(());
            hall.until("one more test object raised", all).await;
        } else {
            refused_once_more(&keys, 1, 0).await;
        }
    }
    assert_eq!(raised_in(&hall.lock()).len(), 3);
    let refused = refusals_of(&keys, 1, running.remove(0)).await;
    assert_eq!(refused, [("ceremony".to_owned(), "E_CEREMONY".to_owned())]);

    // Custodian 2 has seen the tender file: READY. Then another object comes, and is not raised.
    for other in running {
        other.kill().await;
    }
    let ready = keys.path().join("custodian-2/ZZ-2027/1/ready");
    std::fs::write(ready, b"").unwrap();
    replace(&hall, &last);
    let before = offered(&hall, 2, "rehearsal-partial").len();
    let refused_before = refused_so_far(&keys, 2);
    let two = Running::start(keys.path(), 2, &hall.address, clock).await;
    refused_once_more(&keys, 2, refused_before).await;
    assert_eq!(offered(&hall, 2, "rehearsal-partial").len(), before);
    let refused = refusals_of(&keys, 2, two).await;
    assert!(!refused.is_empty());
}

/// How often a custodian has refused by its journal.
fn refused_so_far(keys: &TempDir, number: usize) -> usize {
    let journal = keys.path().join(format!("custodian-{number}/ZZ-2027/1/journal.jsonl"));
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    text.lines().filter(|line| line.contains("\"refused\"")).count()
}

/// Waits until a custodian has refused more often than before.
async fn refused_once_more(keys: &TempDir, number: usize, before: usize) {
    for _ in 0..6_000 {
        if refused_so_far(keys, number) > before {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("custodian {number} did not refuse");
}

/// The points that custodian 1 noted as raised in rehearsals.
fn noted(keys: &TempDir) -> Vec<String> {
    let file = keys.path().join("custodian-1/ZZ-2027/1/rehearsals");
    std::fs::read_to_string(file).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hosts_rehearsals_are_answered_until_the_tender_is_published() {
    let keys = TempDir::new().unwrap();
    let mut scene = Scene::new("host rehearses").await;
    let (hall, clock) = (scene.hall.clone(), TestClock::at(BEFORE));
    let mut running = Vec::new();
    for number in 1..=3 {
        running.push(Running::start(keys.path(), number, &hall.address, clock.clone()).await);
    }
    scene.ceremony().await;
    let ready = keys.path().join("custodian-1/ZZ-2027/1/ready");
    assert!(!ready.exists(), "a complete board closes nothing");
    // Custodian 1 was off in between: it answers when it is back, and after a lost answer.
    hall.lock().lost = vec!["rehearsal-partial-2"];
    let (object, cms) = scene.host_object(RehearsalNo::Second);
    hall.lock().pin("host", "rehearsal-object-2", &object, &cms);
    let all = |kind: &'static str| {
        let hall = hall.clone();
        async move {
            let posted = |number: usize| (number.to_string(), kind);
            hall.until(kind, |served| {
                let has = |(from, kind): (String, &str)| {
                    served.board.iter().any(|m| m.from == from && m.kind == kind)
                };
                (1..=3).all(|number| has(posted(number))).then_some(())
            })
            .await;
        }
    };
    hall.until("an answer that is lost", |served| {
        let mut offered = served.offered.iter();
        let lost = |p: &BoardPost| p.from == index(1) && p.kind == "rehearsal-partial-2";
        offered.any(lost).then_some(())
    })
    .await;
    running.remove(0).kill().await;
    hall.lock().lost.clear();
    running.insert(0, Running::start(keys.path(), 1, &hall.address, clock.clone()).await);
    all("rehearsal-partial-2").await;
    let (object, cms) = scene.host_object(RehearsalNo::Third);
    hall.lock().pin("host", "rehearsal-object-3", &object, &cms);
    all("rehearsal-partial-3").await;
    let bundle = scene.board().bundle(&scene.people.trust, crate::scene::at(BEFORE)).unwrap();
    assert_eq!(bundle.as_ref().unwrap().rehearsal.len(), 3);
    let lines = noted(&keys);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].ends_with(" 1") && lines[2].ends_with(" 2"), "{lines:?}");
    // Published: READY, and the ceremony with all three rehearsals is adopted.
    scene.bundle = bundle;
    scene.publish();
    hall.until("a cosignature", |served| {
        served.cosignatures.iter().any(|c| c.custodian == index(1)).then_some(())
    })
    .await;
    assert!(ready.exists());
    for other in running {
        other.kill().await;
    }
    for number in 1..=3 {
        assert_eq!(refusals(keys.path(), number).await, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_fresh_test_object_of_the_host_is_not_raised() {
    let keys = TempDir::new().unwrap();
    let mut scene = Scene::new("no test object").await;
    let (hall, clock) = (scene.hall.clone(), TestClock::at(BEFORE));
    let mut running = Vec::new();
    for number in 1..=3 {
        running.push(Running::start(keys.path(), number, &hall.address, clock.clone()).await);
    }
    scene.ceremony().await;
    for one in running {
        one.kill().await;
    }
    let board = hall.lock().board.clone();
    let first = board.iter().find(|m| m.kind == "rehearsal-object").unwrap().body_b64.0.clone();
    let (good, good_cms) = scene.host_object(RehearsalNo::Second);
    let (third, _) = scene.host_object(RehearsalNo::Third);
    let (kind, number) = ("rehearsal-object-2", RehearsalNo::Second);
    let other = sign(&scene.people.custodians[1].identity, b"x", BEFORE);
    let signed = |scene: &Scene, object: &[u8]| scene.signed_object(number, object);
    let bid = scene.bid_object();
    let cases = [
        ("the hall's", "hall", good.clone(), good_cms.clone(), "E_CEREMONY"),
        ("not signed", "host", good.clone(), b"-".to_vec(), "E_SIG_FORMAT"),
        ("signed for something else", "host", good.clone(), other, "E_SIG_HASH"),
        ("of another number", "host", third.clone(), signed(&scene, &third), "E_CEREMONY"),
        ("the first once more", "host", first.clone(), signed(&scene, &first), "E_CEREMONY"),
        ("a bid", "host", bid.clone(), signed(&scene, &bid), "E_CEREMONY"),
    ];
    let mut expected = Vec::new();
    for (what, from, object, cms, label) in cases {
        {
            let mut served = hall.lock();
            served.board.clone_from(&board);
            served.offered.clear();
            served.pin(from, kind, &object, &cms);
        }
        let one = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
        refused_once_more(&keys, 1, expected.len()).await;
        assert!(one.is_alive(), "{what}");
        one.kill().await;
        assert_eq!(offered(&hall, 1, "rehearsal-partial-2"), [], "{what}");
        expected.push(("ceremony".to_owned(), label.to_owned()));
        assert_eq!(refusals(keys.path(), 1).await, expected, "{what}");
    }
    // A point that was raised under another number, which this board does not show.
    let header = kaibiao_seal::Header::read(&mut good.as_slice()).unwrap();
    let file = keys.path().join("custodian-1/ZZ-2027/1/rehearsals");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{before}{} 2\n", header.u().hex())).unwrap();
    hall.lock().board.clone_from(&board);
    hall.lock().pin("host", kind, &good, &good_cms);
    let one = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
    refused_once_more(&keys, 1, expected.len()).await;
    one.kill().await;
    assert_eq!(offered(&hall, 1, "rehearsal-partial-2"), []);
    // A fourth point.
    let (a, b) = ("02".repeat(33), "03".repeat(33));
    std::fs::write(&file, format!("{before}{a}\n{b}\n")).unwrap();
    let one = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
    refused_once_more(&keys, 1, expected.len() + 1).await;
    one.kill().await;
    assert_eq!(offered(&hall, 1, "rehearsal-partial-2"), []);
    // After READY.
    std::fs::write(&file, &before).unwrap();
    let ready = keys.path().join("custodian-1/ZZ-2027/1/ready");
    std::fs::write(&ready, b"").unwrap();
    let one = Running::start(keys.path(), 1, &hall.address, clock.clone()).await;
    refused_once_more(&keys, 1, expected.len() + 2).await;
    one.kill().await;
    assert_eq!(offered(&hall, 1, "rehearsal-partial-2"), []);
    assert_eq!(refusals(keys.path(), 1).await.len(), expected.len() + 3);
    // The very same object is answered where none of this is in the way.
    std::fs::remove_file(&ready).unwrap();
    let one = Running::start(keys.path(), 1, &hall.address, clock).await;
    hall.until("the answer", |served| {
        let mut offered = served.offered.iter();
        offered.any(|p| p.kind == "rehearsal-partial-2").then_some(())
    })
    .await;
    one.kill().await;
    assert_eq!(noted(&keys).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_that_is_not_there_ends_nothing() {
    let keys = TempDir::new().unwrap();
    for number in [1, 3] {
        Running::without_hall(keys.path(), number).await.unwrap();
    }
}

/// An announcement with keys of nobody.
fn announcement(scene: &Scene, number: usize, session: kaibiao_types::Digest) -> Vec<u8> {
    let announcement = Announcement {
        v: 1,
        kind: "announce".to_owned(),
        session: Hex(*session.bytes()),
        index: index(number),
        // The generator of the group.
        static_key: Hex::parse(
            "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        )
        .unwrap(),
        cosign_vkey: Cosigner::from_seed(scene.origin.clone(), index(number), &[5; 32])
            .unwrap()
            .vkey()
            .to_string(),
    };
    serde_json::to_vec(&announcement).unwrap()
}

async fn refusals_of(keys: &TempDir, number: usize, running: Running) -> Vec<(String, String)> {
    assert!(running.is_alive());
    running.kill().await;
    refusals(keys.path(), number).await
}

/// Custodian 1 posts nothing on this board but, at most, its announcement; it refuses with a label
/// and goes on living.
async fn check_refused(scene: &Scene, keys: &TempDir, label: &str) {
    let one = Running::start(keys.path(), 1, &scene.hall.address, TestClock::at(BEFORE)).await;
    Hall::rest().await;
    assert!(scene.hall.lock().offered.iter().all(|post| post.kind == "announce"));
    assert!(one.is_alive());
    one.kill().await;
    let expected = ("ceremony".to_owned(), label.to_owned());
    // Once in these seconds, however often the board was read.
    assert_eq!(refusals(keys.path(), 1).await, [expected]);
}
