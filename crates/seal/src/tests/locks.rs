//! Objects that need the bidder's own key as well.

use kaibiao_crypto::{Entropy, EntropyError, SUITE_1, Secret32};
use kaibiao_types::{Digest, Fault, Part};

use super::files::key;
use super::{Lot, Stream, Untouchable, bid_context, payload};
use crate::{
    BidderKey, BidderKeyError, BidderLockAlgorithm, BidderLockPlan, BidderSecret, Context, Header,
    LockSecrets, OpenFailure, SealPlan, Sealed, UnwrapError, Verdict, check_bidder_lock, open,
    seal,
};

pub(super) fn public(name: &str) -> Result<BidderKey, BidderKeyError> {
    BidderKey::from_spki(&SUITE_1, SUITE_1.hash(name.as_bytes()), &key(name).spki())
}

pub(super) fn private(name: &str) -> BidderSecret {
    BidderSecret::from_pkcs8(&key(name).pkcs8()).unwrap()
}

fn locked(lot: &Lot, context: &Context, name: &str) -> (Sealed, Vec<u8>) {
    let bidder = public(name).unwrap();
    let bidder_lock = Some(BidderLockPlan::Strict(&bidder));
    let plan = SealPlan { bidder_lock, ..lot.plan(context, 9) };
    let mut file = Vec::new();
    let object = seal(&plan, &mut &b"documents"[..], &mut file, &mut Stream::new(name)).unwrap();
    (object, file)
}

fn unwrap(name: &str, header: &Header) -> Result<Secret32, UnwrapError> {
    private(name).unwrap_lock(header, &mut Stream::new("blinding"))
}

#[test]
fn both_secrets_open_the_object() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    for (name, algorithm, length) in [
        ("rsa-2048", BidderLockAlgorithm::RsaOaepSha256, 322 + 36 + 36 + 256),
        ("p256", BidderLockAlgorithm::DhKemP256, 322 + 36 + 36 + 33),
    ] {
        let (object, file) = locked(&lot, &context, name);
        let header = Header::read(&mut &*file).unwrap();
        assert_eq!(header.header_len(), length);
        let lock = header.bidder_lock().unwrap();
        assert_eq!(lock.algorithm, algorithm);
        assert_eq!(lock.cert_sha256, SUITE_1.hash(name.as_bytes()));
        assert_eq!(header.verify_proof(&lot.bases), Ok(()));
        assert_eq!(format!("{header:?}"), format!("{:?}", object.header));

        let secret = unwrap(name, &header).unwrap();
        assert_eq!(check_bidder_lock(&header, &secret), Some(Ok(())));
        let secrets = LockSecrets { bidder: Some(secret), ..lot.secrets(&header) };
        let opened =
            open(&header, &secrets, &object.object, &mut payload(&header, &file), Vec::new());
        assert_eq!(opened.unwrap().out, b"documents");
    }
}

#[test]
fn a_missing_bidder_secret_blames_nobody_and_a_wrong_one_the_bidder() {
    let lot = Lot::new("lot");
    let (object, _) = locked(&lot, &lot.context(Part::Documents), "p256");
    let header = &object.header;
    let fail = |bidder: Option<Secret32>| {
        let secrets = LockSecrets { bidder, ..lot.secrets(header) };
        open(header, &secrets, &object.object, &mut Untouchable, Vec::new()).unwrap_err()
    };
    let missing = fail(None);
    assert!(matches!(missing, OpenFailure::BidderSecretMissing));
    assert_eq!(
        (missing.fault(), missing.verdict()),
        (Fault::Undetermined, Some(Verdict::BidderNotUnlocked))
    );
    let wrong = fail(Some(Secret32::new([1; 32].into())));
    assert_eq!(wrong.label(), "LOCK_COMMIT(2)");
    assert_eq!((wrong.fault(), wrong.verdict()), (Fault::Bidder, Some(Verdict::BidderNotUnlocked)));
}

#[test]
fn the_ceremony_alone_never_opens_a_locked_object() {
    // The locks compose by AND: taking lock 2 out of the header breaks key, proof and digest.
    let lot = Lot::new("lot");
    let (object, file) = locked(&lot, &lot.context(Part::Documents), "p256");
    let tail = &object.header.bytes()[object.header.bytes().len() - 129..];
    let mut stripped = [&object.header.bytes()[..124 + 69], tail].concat();
    stripped[12..16].copy_from_slice(&322_u32.to_be_bytes());
    stripped[19] = 1;
    let header = Header::parse(&stripped).unwrap();
    assert!(header.verify_proof(&lot.bases).is_err());
    let file = [&stripped, payload(&object.header, &file)].concat();
    let secrets = lot.secrets(&header);
    let failure =
        open(&header, &secrets, &super::summary(&file), &mut Untouchable, Vec::new()).unwrap_err();
    assert!(matches!(failure, OpenFailure::KeyCommit));
}

#[test]
fn other_keys_and_other_bids_do_not_unwrap() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let (rsa, _) = locked(&lot, &context, "rsa-2048");
    let (p256, _) = locked(&lot, &context, "p256");
    let (none, _) = super::sealed(&lot, b"");
    let label = |name, header: &Header| unwrap(name, header).unwrap_err().label();
    assert_eq!(label("rsa-2048-other", &rsa.header), "E_UNWRAP");
    assert_eq!(label("p256-other", &p256.header), "LOCK_COMMIT(2)");
    assert_eq!(label("p256", &rsa.header), "E_UNWRAP");
    assert_eq!(label("rsa-2048", &p256.header), "E_UNWRAP");
    assert_eq!(label("rsa-2048", &none.header), "E_LOCK");

    // A lock copied from another bid of the same bidder: the OAEP label and the commitment differ.
    let other = bid_context(lot.ceremony_id, Part::Documents, "91440300MA5EXAMPLA", 2);
    for (name, from) in [("rsa-2048", &rsa), ("p256", &p256)] {
        let (into, _) = locked(&lot, &other, name);
        let mut bytes = into.header.bytes().to_vec();
        let lock = 124 + 69;
        let end = bytes.len() - 129;
        bytes[lock..end].copy_from_slice(&from.header.bytes()[lock..end]);
        let copied = Header::parse(&bytes).unwrap();
        let expected = if name == "p256" { "LOCK_COMMIT(2)" } else { "E_UNWRAP" };
        assert_eq!(label(name, &copied), expected);
    }
}

#[test]
fn an_altered_wrapped_secret_does_not_unwrap() {
    let lot = Lot::new("lot");
    let (object, _) = locked(&lot, &lot.context(Part::Documents), "rsa-2048");
    let mut bytes = object.header.bytes().to_vec();
    let last = bytes.len() - 130;
    bytes[last] ^= 1;
    assert_eq!(unwrap("rsa-2048", &Header::parse(&bytes).unwrap()).unwrap_err(), UnwrapError::Rsa);
}

#[test]
fn weak_and_foreign_keys_are_refused() {
    assert_eq!(public("rsa-1024").unwrap_err(), BidderKeyError::RsaSize(1_024));
    assert_eq!(public("p384").unwrap_err(), BidderKeyError::Unsupported);
    assert_eq!(public("ed25519").unwrap_err(), BidderKeyError::Unsupported);
    assert_eq!(public("p384").unwrap_err().label(), "E_BIDDER_KEY");
    for name in ["rsa-1024", "p384", "ed25519"] {
        assert!(BidderSecret::from_pkcs8(&key(name).pkcs8()).is_err(), "{name}");
    }
    assert!(BidderSecret::from_pkcs8(&key("p256").spki()).is_err());
    assert!(BidderKey::from_spki(&SUITE_1, Digest::ZERO, &[]).is_err());
}

#[test]
fn secrets_are_not_printed() {
    for name in ["rsa-2048", "p256"] {
        assert_eq!(format!("{:?}", private(name)), "BidderSecret(..)");
    }
    let lot = Lot::new("lot");
    let (object, _) = super::sealed(&lot, b"");
    let secrets = lot.secrets(&object.header);
    assert_eq!(format!("{secrets:?}"), "LockSecrets { ceremony: Secret32(..), bidder: None }");
}

#[test]
fn without_randomness_no_lock_is_made_or_opened() {
    /// Fails at the given draw, counted from 0.
    struct FailsAt(u32);
    impl Entropy for FailsAt {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            self.0 = self.0.checked_sub(1).ok_or(EntropyError)?;
            out.fill(0x11);
            Ok(())
        }
    }
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let bidder = public("rsa-2048").unwrap();
    // Salt, r, lock secret, OAEP seed, proof nonce; with an escrow r' and the nonce of its proof.
    for (bidder_lock, draws) in
        [(BidderLockPlan::Strict(&bidder), 5), (BidderLockPlan::Escrow(&bidder), 7)]
    {
        let plan = SealPlan { bidder_lock: Some(bidder_lock), ..lot.plan(&context, 0) };
        for draw in 0..draws {
            let mut file = Vec::new();
            let error =
                seal(&plan, &mut std::io::empty(), &mut file, &mut FailsAt(draw)).unwrap_err();
            assert_eq!((error.label(), file.len()), ("E_ENTROPY", 0), "{draw}");
        }
        let mut file = Vec::new();
        assert!(seal(&plan, &mut std::io::empty(), &mut file, &mut FailsAt(draws)).is_ok());
    }
    let (object, _) = locked(&lot, &context, "rsa-2048");
    let error = private("rsa-2048").unwrap_lock(&object.header, &mut FailsAt(0)).unwrap_err();
    assert_eq!(error.label(), "E_ENTROPY");
}
