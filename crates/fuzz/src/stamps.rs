//! Time stamps and evidence records: no other time and no other object than was stamped.

use kaibiao_pki::DigestAlgorithm;
use kaibiao_pki::cms::add_time_stamp;
use kaibiao_pki::ers::{self, DataObject};
use kaibiao_pki::tsp::{Request, VerifiedTimeStamp, read_response, verify_response, verify_token};

use crate::world::{REQUEST, TRUST, WORLD};

/// A response, a token or a request.
pub(crate) fn time_stamp(data: &[u8]) {
    if let Ok((verified, token)) = verify_response(data, &REQUEST, &TRUST) {
        stated(&verified);
        assert_eq!(read_response(data), Ok(token));
    }
    if let Ok(verified) = verify_token(data, REQUEST.imprint(), &TRUST) {
        stated(&verified);
    }
    if let Ok(request) = Request::from_der(data) {
        assert_eq!(Request::from_der(&request.to_der()), Ok(request));
    }
    for signature in WORLD.kinds.iter().filter_map(|kind| kind.signatures.first()) {
        assert!(add_time_stamp(&signature.0, data).is_err(), "a stamp of another signature");
    }
}

/// What the authority of the world stated of the stamp in its response.
fn stated(verified: &VerifiedTimeStamp) {
    assert_eq!(verified.gen_time(), WORLD.at, "a time that nobody stated");
    assert_eq!(verified.imprint(), REQUEST.imprint());
    assert_eq!(verified.serial(), [1]);
}

pub(crate) fn time_stamp_seeds() -> Vec<Vec<u8>> {
    let token = read_response(&WORLD.response.0).map(<[u8]>::to_vec);
    [WORLD.response.0.clone(), WORLD.request.0.clone()].into_iter().chain(token).collect()
}

/// An evidence record over the objects of the world.
pub(crate) fn record(data: &[u8]) {
    let object = |digest: &[u8]| DataObject::with(DigestAlgorithm::Sha256, digest.to_vec());
    let objects: Vec<_> = WORLD.digests.iter().filter_map(|digest| object(&digest.0)).collect();
    let own = ers::verify(data, &objects, &TRUST, WORLD.now);
    if let Ok(verified) = &own {
        assert_eq!(verified.existed(), WORLD.at, "a time that nobody stated");
        assert!(verified.stamps().len() <= 2 && verified.due() > WORLD.now);
    }
    for one in &objects {
        let one = ers::verify(data, std::slice::from_ref(one), &TRUST, WORLD.now);
        assert!(one.is_ok_and(|one| one.existed() == WORLD.at) || own.is_err());
    }
    let strangers: Vec<_> = object(&[0x5a; 32]).into_iter().collect();
    let others = [&strangers, objects.get(..1).unwrap_or_default()].concat();
    for objects in [&strangers, &others] {
        assert!(ers::verify(data, objects, &TRUST, WORLD.now).is_err(), "a stranger is covered");
    }
    if let Ok(token) = read_response(&WORLD.response.0) {
        assert!(ers::renew(data, token).is_err(), "a stamp of other data renews");
    }
}

pub(crate) fn record_seeds() -> Vec<Vec<u8>> {
    WORLD.records.iter().map(|record| record.0.clone()).collect()
}
