//! Intake refuses a lock that it has seen before (negative test 20, rule R7, ruling 30), and a bid
//! whose certificate ended before it was complete (ruling 18).

use crate::support::Hall;
use kaibiao_pki::{Identity, Usage, verify_chain};
use kaibiao_room::{Completed, RoomError};
use kaibiao_seal::{Manifest, ManifestBody};
use kaibiao_testkit::keys_dev;
use ring::rand::SystemRandom;

#[test]
fn a_point_is_taken_once_in_a_lot() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let duplicate =
        |result: Result<Completed, RoomError>| matches!(result, Err(RoomError::DuplicateObject));
    assert!(duplicate(hall.submit(&book, 0, ["a", "a"])), "one U in both parts of a bid");
    hall.submit(&book, 0, ["a", "b"]).expect("the refusal before left nothing behind");
    assert!(duplicate(hall.submit(&book, 1, ["c", "a"])), "the U of another bidder's price");
    assert!(duplicate(hall.submit(&book, 1, ["b", "c"])), "the U of another bidder's documents");
    book.stop();
    drop(book);

    // A restart forgets no point.
    let book = hall.open(&data);
    assert!(duplicate(hall.submit(&book, 1, ["b", "d"])));
    hall.submit(&book, 1, ["c", "d"]).expect("nothing of the refused bids was kept");
    book.stop();
}

#[test]
fn a_certificate_that_ends_before_the_bid_is_complete_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let read = |name: &str| std::fs::read_to_string(keys_dev().join(name)).unwrap();
    let (chain, key) = (read("id/expired.chain.pem"), read("id/expired.key.pem"));
    let identity = Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap();
    let ends = identity.certificate().not_after();
    let party = {
        let chain = identity.chain();
        let trust = book.hall().trust.clone();
        let verified = verify_chain(chain.signer(), chain.above(), &trust, ends, Usage::Sign);
        verified.unwrap().party().clone()
    };
    let template = Manifest::parse(&hall.scenario.bids[0].manifest).unwrap();
    let mut body: ManifestBody = template.body().clone();
    body.bidder = party;
    body.signer_spki_sha256 = identity.certificate().spki_sha256();

    // Begun while the certificate is valid, complete afterwards.
    hall.clock.set(ends);
    let result = hall.hand_in(&book, hall.bid_by(&identity, body.clone(), ["a", "b"]), hall.now);
    let Err(RoomError::Bid(fault)) = result else { panic!("{result:?}") };
    assert_eq!(fault.label(), "E_CERT_EXPIRED");
    // Nothing of it was kept: the same points are free.
    hall.submit(&book, 0, ["a", "b"]).expect("a bid by a valid certificate");
    book.stop();
}
