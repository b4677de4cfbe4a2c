//! [`FrozenBids`]: a list whose id the hall computed anew over whatever it changed.

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{FreezeContext, FreezeRecord, FreezeStatus};
use kaibiao_opening::SetFrozen;
use kaibiao_replay::{FrozenBids, FrozenMaterial};
use kaibiao_types::{Digest, Millis, TickNo};

use super::common::{first, frozen_material, lines, other, rich, trust};
use kaibiao_opening::EventKind::SetFrozen as Kind;

fn data() -> String {
    super::common::entry(&lines()[first(Kind)]).data().get().to_owned()
}

fn context() -> FreezeContext<'static> {
    let tender = &rich().verified;
    FreezeContext {
        suite: &SUITE_1,
        ceremony_id: tender.record().ceremony_id,
        origin: tender.origin(),
        deadline: tender.file().terms().deadline,
    }
}

fn check(data: &str, material: &FrozenMaterial) -> Result<FrozenBids, &'static str> {
    let set: SetFrozen = serde_json::from_str(data).unwrap();
    let deadline = rich().verified.file().terms().deadline;
    FrozenBids::check(&rich().verified, &rich().log, &set, data, deadline, material, trust())
        .map_err(|fault| fault.label())
}

/// Changes list and material; the id follows the list.
fn changed(
    change: impl FnOnce(&mut FreezeRecord, &mut FrozenMaterial),
) -> Result<(), &'static str> {
    let mut record = FreezeRecord::parse(data().as_bytes()).unwrap();
    let mut material = frozen_material(rich());
    change(&mut record, &mut material);
    record.freeze_id = record.id(&context());
    check(&serde_json::to_string(&record).unwrap(), &material).map(drop)
}

fn refused(label: &str, change: impl FnOnce(&mut FreezeRecord, &mut FrozenMaterial)) {
    assert_eq!(changed(change), Err(label));
}

/// Place of the bid of a bidder in the list.
fn of(number: usize, record: &FreezeRecord, seq: u32) -> usize {
    let party = &rich().people.bidders[number].1;
    let found = |bid: &kaibiao_journal::FrozenBid| bid.bidder == *party && bid.seq.get() == seq;
    record.bids.iter().position(found).unwrap()
}

fn remove(at: usize, record: &mut FreezeRecord, material: &mut FrozenMaterial) {
    record.bids.remove(at);
    material.bids.remove(at);
    material.paths.remove(at);
}

#[test]
fn the_good_list_holds_and_names_the_last_word_of_each_bidder() {
    let bids = check(&data(), &frozen_material(rich())).unwrap();
    let bidders = rich().people.bidders.len();
    assert_eq!(bids.current().count(), bidders - 1, "one withdrew");
    let list = rich().state.frozen().unwrap();
    assert_eq!(list.bids.len(), bidders + 2);
    assert!(list.bids.iter().all(|bid| bids.bid(&bid.manifest_sha256).is_some()));
    assert!(bids.bid(&Digest::ZERO).is_none());
}

#[test]
fn a_replaced_version_cannot_be_left_out() {
    refused("E_SEQ", |list, material| remove(of(0, list, 1), list, material));
    // Nor can the withdrawn one, which would leave a withdrawal of nothing.
    refused("E_SEQ", |list, material| remove(of(1, list, 1), list, material));
}

#[test]
fn removing_a_bid_changes_the_id() {
    let mut list = FreezeRecord::parse(data().as_bytes()).unwrap();
    let mut material = frozen_material(rich());
    let at = of(3, &list, 1);
    remove(at, &mut list, &mut material);
    list.bidders -= 1;
    let label = check(&serde_json::to_string(&list).unwrap(), &material).err();
    assert_eq!(label, Some("freeze-id"));
}

#[test]
fn list_and_material_belong_together() {
    refused("E_FREEZE", |_, material| drop(material.bids.pop()));
    refused("E_FREEZE", |_, m| m.bids.push(m.bids[0].clone()));
    refused("place-path-missing", |_, material| drop(material.paths.pop()));
    refused("E_FROZEN", |_, material| material.bids.swap(2, 3));
    refused("place-not-in-tick", |_, m| {
        let path = m.paths[0].path.clone();
        m.paths[1].path = path;
    });
    refused("freeze-bidders", |list, material| {
        let at = of(3, list, 1);
        remove(at, list, material);
    });
}

#[test]
fn nothing_is_added_or_swapped() {
    refused("freeze-place-twice", |list, material| {
        list.bids.insert(1, list.bids[0].clone());
        material.bids.insert(1, material.bids[0].clone());
    });
    refused("freeze-order", |list, material| {
        list.bids.swap(2, 3);
        material.bids.swap(2, 3);
    });
    // A bid of another opening of this lot, in a place that the log does not commit to.
    refused("place-not-in-tick", |list, material| {
        let foreign = other().state.frozen().unwrap().bids[0].manifest_sha256;
        let at = of(3, list, 1);
        list.bids[at].manifest_sha256 = foreign;
        material.bids[at] = super::common::material(&other().bids[0]);
    });
    // Signed by its bidder, but never receipted: the same place with another bid.
    refused("place-not-in-tick", |list, _| {
        let at = of(3, list, 1);
        list.bids[at].cms_sha256 = Digest::ZERO;
    });
}

#[test]
fn places_and_stamps_are_those_of_the_log() {
    refused("place-path-missing", |list, _| {
        list.bids[0].place.tick = TickNo::new(0).unwrap();
    });
    refused("place-unknown-tick", |list, _| {
        list.bids.last_mut().unwrap().place.tick = TickNo::new(9).unwrap();
    });
    refused("place-not-in-tick", |list, material| {
        let tick = TickNo::new(0).unwrap();
        list.bids[0].place.tick = tick;
        material.paths[0].tick = tick;
    });
    refused("place-not-in-tick", |list, _| {
        list.bids[2].completed_at = list.bids[2].completed_at.minus(Millis::from_secs(1));
    });
    refused("freeze-late", |list, _| list.bids[2].completed_at = context().deadline);
    refused("place-head", |list, _| list.root = Digest::ZERO);
    refused("place-tick-after-head", |list, _| {
        list.size = 3;
        list.root = rich().log.root_at(3).unwrap();
    });
}

#[test]
fn a_status_follows_from_the_versions() {
    refused("freeze-status", |list, _| {
        let at = of(3, list, 1);
        list.bids[at].status = FreezeStatus::Withdrawn;
    });
    refused("freeze-status", |list, _| {
        let at = of(0, list, 1);
        list.bids[at].status = FreezeStatus::Current;
        list.bids[at].by = None;
    });
    refused("freeze-status", |list, _| {
        let at = of(1, list, 2);
        list.bids[at].status = FreezeStatus::Current;
    });
}

#[test]
fn bids_are_checked_once_more() {
    refused("E_SIG_CRYPTO", |list, material| {
        let at = of(3, list, 1);
        material.bids[at].cms = super::common::flipped(&material.bids[at].cms);
    });
    refused("E_CEREMONY", |_, m| m.bids[0] = super::common::material(&other().bids[0]));
}
