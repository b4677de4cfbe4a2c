//! The end of a lot: keys are destroyed, in order, once, also across a crash, and nothing is left.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use kaibiao_custody::Act;
use kaibiao_journal::destroyed_statement;
use kaibiao_opening::Phase;
use kaibiao_pki::cms;
use kaibiao_types::Digest;

use crate::ceremony::refusals;
use crate::hall::{Hall, Served, digest};
use crate::opening::{Lot, acts};
use crate::people::Running;
use crate::scene::{AFTER, at, index};

/// A lot that has failed for too few bidders: the end that needs no host.
async fn failed(seed: &str) -> Lot {
    let mut lot = Lot::published(seed).await;
    lot.frozen(2).await;
    assert_eq!(lot.scene.state.phase(), Phase::Failed);
    lot
}

fn file(keys: &Path, name: &str) -> PathBuf {
    keys.join("custodian-1/ZZ-2027/1").join(name)
}

/// The names of all key files below the lot's folder, and of beginnings of them.
fn key_files(keys: &Path) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains(".key") {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    walk(&file(keys, ""), &mut found);
    found.sort();
    found
}

fn names(acts: &[Act]) -> Vec<&'static str> {
    let name = |act: &Act| match act {
        Act::Destroying { .. } => Some("destroying"),
        Act::Destroyed { .. } => Some("destroyed"),
        Act::Retired { .. } => Some("retired"),
        _ => None,
    };
    acts.iter().filter_map(name).collect()
}

fn first_statement(served: &mut Served) -> Option<Vec<u8>> {
    let own = served.destructions.iter().find(|post| post.custodian == index(1));
    own.map(|post| post.cms_b64.as_slice().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_end_share_and_static_key_go_then_the_cosigning_key() {
    let mut lot = failed("end").await;
    let keys = lot.keys.path().to_owned();
    let cms = lot.scene.hall.until("a statement of destruction", first_statement).await;
    let record = lot.scene.verified.as_ref().unwrap().record();
    let freeze = lot.scene.state.frozen().unwrap().freeze_id;
    let text = destroyed_statement(&lot.scene.origin, &record.ceremony_id, Some(&freeze));
    let trust = &lot.scene.people.trust;
    let verified = cms::verify_detached(&cms, text.as_bytes(), trust, at(AFTER)).unwrap();
    let seat = record.custodian(index(1)).unwrap().cert_sha256;
    assert_eq!(verified.signer().certificate().sha256(), seat);
    // The statement is true when it is made: the heads that carry it are still to be cosigned.
    assert_eq!(key_files(&keys), ["cosign.key"]);

    lot.scene.destroyed(&[1, 2, 3], AFTER).await;
    assert!(lot.scene.state.all_destroyed());
    let head = lot.scene.log.head();
    lot.scene.show_cosignatures(&[1, 2, 3]).await;
    let gone = |_: &mut Served| key_files(&keys).is_empty().then_some(());
    lot.scene.hall.until("the cosigning key is destroyed", gone).await;
    lot.stop().await;
    assert_eq!(names(&acts(&keys).await), ["destroying", "destroyed", "retired"]);
    let note = fs::read_to_string(file(&keys, "final.note")).unwrap();
    assert!(
        note.contains(&format!("\n{}\n", head.size)) && note.contains("custodian/3 "),
        "{note}"
    );

    // A lot that is done asks nothing and answers nothing, whatever the hall shows.
    let posted = |served: &Served| {
        (served.cosignatures.len(), served.destructions.len(), served.refusals.len())
    };
    let before = posted(&lot.scene.hall.lock());
    lot.scene.serve();
    lot.start_one().await;
    Hall::rest().await;
    lot.stop().await;
    assert_eq!(posted(&lot.scene.hall.lock()), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_the_hall_lost_is_made_again() {
    let mut lot = failed("lost-statement").await;
    lot.leave_one().await;
    lot.scene.hall.lock().destructions_down = true;
    let thrice = |served: &mut Served| {
        let own = served.destructions.iter().filter(|post| post.custodian == index(1)).count();
        (own >= 3).then_some(())
    };
    lot.scene.hall.until("repeated statements", thrice).await;
    lot.scene.hall.lock().destructions_down = false;
    lot.scene.destroyed(&[1], AFTER).await;
    lot.stop().await;
    // Alone it waits with the cosigning key: others still add to the log.
    assert_eq!(names(&acts(lot.keys.path()).await), ["destroying", "destroyed"]);
    assert_eq!(key_files(lot.keys.path()), ["cosign.key"]);
}

/// Ends custodian 1 as it was before the end of its lot, and puts an act into its journal.
async fn interrupted(seed: &str, act: &str) -> Lot {
    let mut lot = Lot::published(seed).await;
    let received = lot.scene.receive(2);
    lot.clock.set(AFTER);
    lot.scene.close(&received, 3, AFTER).await;
    let signed = |served: &mut Served| {
        let all = (1..=3).all(|n| served.freeze_signatures.iter().any(|s| s.custodian == index(n)));
        all.then_some(())
    };
    lot.scene.hall.until("countersignatures", signed).await;
    lot.stop().await;
    let path = file(lot.keys.path(), "journal.jsonl");
    let mut journal = fs::OpenOptions::new().append(true).open(path).unwrap();
    writeln!(journal, r#"{{"act":"{act}","at":{AFTER}}}"#).unwrap();
    lot
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_custodian_that_crashed_in_the_middle_finishes_without_a_hall() {
    let lot = interrupted("crash", "destroying").await;
    let keys = lot.keys.path();
    // The share half overwritten, the static key untouched, the beginning of another one left.
    let share = fs::read(file(keys, "share.key")).unwrap();
    let half = share.len() / 2;
    fs::write(file(keys, "share.key"), [&vec![0; half], &share[half..]].concat()).unwrap();
    fs::write(file(keys, "static.key.new"), &share[..half]).unwrap();
    let aside = file(keys, "aside").join(digest(9).to_string());
    fs::create_dir_all(&aside).unwrap();
    fs::copy(file(keys, "static.key"), aside.join("static.key")).unwrap();
    Running::without_hall(keys, 1).await.unwrap();
    assert_eq!(key_files(keys), ["cosign.key"]);
    assert_eq!(names(&acts(keys).await), ["destroying", "destroyed"]);
    // With the hall back it says so; nothing else was lost.
    let mut lot = lot;
    lot.start_one().await;
    lot.scene.countersigned(3, AFTER).await;
    assert_eq!(lot.scene.state.phase(), Phase::Failed);
    lot.scene.hall.until("a statement of destruction", first_statement).await;
    lot.stop().await;
    assert_eq!(names(&acts(lot.keys.path()).await), ["destroying", "destroyed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_that_comes_back_from_a_copy_is_destroyed_again_and_opens_nothing() {
    let mut lot = interrupted("copy-back", "destroyed").await;
    let keys = lot.keys.path().to_owned();
    assert!(file(&keys, "share.key").exists(), "as if copied back");
    lot.start_one().await;
    let gone = |_: &mut Served| (key_files(&keys) == ["cosign.key"]).then_some(());
    lot.scene.hall.until("the copy is destroyed", gone).await;
    lot.stop().await;
    // The same for a lot that is done.
    fs::write(file(&keys, "share.key"), b"again").unwrap();
    let mut journal =
        fs::OpenOptions::new().append(true).open(file(&keys, "journal.jsonl")).unwrap();
    writeln!(journal, r#"{{"act":"retired","at":{AFTER}}}"#).unwrap();
    Running::without_hall(&keys, 1).await.unwrap();
    assert_eq!(key_files(&keys), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_lot_generates_no_key_again() {
    let mut lot = failed("anew").await;
    lot.scene.hall.until("a statement of destruction", first_statement).await;
    lot.stop().await;
    // The hall takes the lot back and starts another key generation under its name.
    {
        let mut served = lot.scene.hall.lock();
        served.tender = None;
        served.board.clear();
        served.offered.clear();
    }
    let session: Digest = digest(8);
    lot.scene.serve_draft(session);
    lot.start_one().await;
    Hall::rest().await;
    lot.stop().await;
    assert!(lot.scene.hall.lock().offered.is_empty());
    let refused = refusals(lot.keys.path(), 1).await;
    assert_eq!(refused, [("ceremony".to_owned(), "E_DESTROYED".to_owned())]);
    assert_eq!(key_files(lot.keys.path()), ["cosign.key"]);
}
