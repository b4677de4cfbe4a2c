//! Objects of suite 0x0101: sealed and opened as in suite 1, and never taken for one of it.

use kaibiao_crypto::{SUITE_1, SUITE_SM, SecretScalar, tdh2};
use kaibiao_types::Digest;

use super::Stream;
use crate::{
    BidderKey, BidderKeyError, Context, ContextError, Header, HeaderError, LockCommitError,
    LockKind, LockSecrets, ObjectDigest, OpenFailure, Padding, SealError, SealPlan, Sealed,
    ceremony_secret, open, seal,
};

const HEADER_LEN: usize = 124 + 36 + 97 + 32 + 97;

struct Scene {
    secret: SecretScalar,
    bases: tdh2::Bases,
    context: Context,
}

fn scene() -> Scene {
    let id = Digest::new([9; 32]);
    let secret = SecretScalar::from_bytes(&SUITE_SM, SUITE_1.hash(b"secret").bytes()).unwrap();
    let bases = tdh2::Bases::new(&SUITE_SM, *id.bytes(), secret.base_mul()).unwrap();
    Scene { secret, bases, context: Context::of_rehearsal(&SUITE_SM, id, 0) }
}

impl Scene {
    fn seal(&self, plaintext: &[u8]) -> (Sealed, Vec<u8>) {
        let plan = SealPlan {
            context: &self.context,
            bases: &self.bases,
            padding: Padding::Padme,
            plaintext_len: u64::try_from(plaintext.len()).unwrap(),
            bidder_lock: None,
        };
        let mut file = Vec::new();
        let sealed = seal(&plan, &mut &*plaintext, &mut file, &mut Stream::new("shangmi")).unwrap();
        (sealed, file)
    }

    fn open(&self, sealed: &Sealed, file: &[u8]) -> Result<Vec<u8>, OpenFailure> {
        let header = Header::parse(&file[..HEADER_LEN]).unwrap();
        let z = self.secret.mul_point(header.u()).unwrap();
        let ceremony = ceremony_secret(&header, &z, self.bases.key())?;
        let secrets = LockSecrets { ceremony, bidder: None };
        open(&header, &secrets, &sealed.object, &mut &file[HEADER_LEN..], Vec::new())
            .map(|opened| opened.out)
    }
}

#[test]
fn objects_open_again() {
    let scene = scene();
    for length in [0, 1, 1000, 262_136, 262_137, 600_000] {
        let plaintext: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let (sealed, file) = scene.seal(&plaintext);
        assert_eq!(sealed.header.bytes(), &file[..HEADER_LEN]);
        assert_eq!(file[10..12], [1, 1]);
        let header = Header::parse(&file[..HEADER_LEN]).unwrap();
        assert_eq!(header.verify_proof(&scene.bases), Ok(()));
        assert_eq!(header.expect_context(&scene.context), Ok(()));
        let mut digest = ObjectDigest::new();
        digest.update(&file).unwrap();
        assert_eq!(digest.finish().unwrap(), sealed.object);
        assert_eq!(scene.open(&sealed, &file).unwrap(), plaintext);
    }
}

#[test]
fn an_altered_object_does_not_open() {
    let scene = scene();
    let (sealed, file) = scene.seal(b"price");
    let mut chunk = file.clone();
    *chunk.last_mut().unwrap() ^= 1;
    assert!(matches!(scene.open(&sealed, &chunk), Err(OpenFailure::Root)));
    // Every byte of the header is proven, those of C3 and C2 too.
    let lock = 124 + 36;
    for at in [lock + 33, lock + 64, lock + 65, lock + 96, 28, 60, 92, HEADER_LEN - 129] {
        let mut bad = file[..HEADER_LEN].to_vec();
        bad[at] ^= 1;
        let header = Header::parse(&bad).unwrap();
        assert_eq!(header.verify_proof(&scene.bases).unwrap_err().label(), "E_TDH2", "byte {at}");
    }
    // C3 and C2 altered: the lock itself says no, before any commitment is looked at.
    for at in [lock + 33, lock + 96] {
        let mut bad = file.clone();
        bad[at] ^= 1;
        let error = scene.open(&sealed, &bad).unwrap_err();
        let lock_commit = OpenFailure::LockCommit(LockCommitError(LockKind::Ceremony));
        assert_eq!(error.to_string(), lock_commit.to_string());
        assert_eq!(
            (error.label(), error.verdict().unwrap().label()),
            ("LOCK_COMMIT(1)", "BIDDER_GARBAGE")
        );
    }
}

#[test]
fn the_lock_has_the_length_and_the_curve_of_its_suite() {
    let scene = scene();
    let (_, file) = scene.seal(b"price");
    let header = &file[..HEADER_LEN];
    let error = |bytes: &[u8]| Header::parse(bytes).unwrap_err();
    // The number of suite 1 over the same bytes: a lock of 97 bytes is none of suite 1.
    let mut other = header.to_vec();
    other[11] = 1;
    other[10] = 0;
    assert_eq!(error(&other), HeaderError::LockBody(1));
    let mut off_curve = header.to_vec();
    off_curve[160..193].copy_from_slice(&SUITE_1.generator().bytes());
    assert_eq!(error(&off_curve).label(), "E_POINT");
    let mut zero = header.to_vec();
    zero[160..193].fill(0);
    assert_eq!(error(&zero), HeaderError::LockPoint(1));
    let order = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    let order: kaibiao_crypto::Hex<32> = kaibiao_crypto::Hex::parse(order).unwrap();
    let mut scalar = header.to_vec();
    scalar[HEADER_LEN - 32..].copy_from_slice(&order.0);
    assert_eq!(error(&scalar), HeaderError::ProofScalar);
}

#[test]
fn suites_are_not_mixed() {
    let scene = scene();
    let (sealed, _) = scene.seal(b"price");
    let id = Digest::new([9; 32]);
    let other = Context::of_rehearsal(&SUITE_1, id, 0);
    assert_eq!(sealed.header.expect_context(&other), Err(ContextError::Suite(0x0101)));
    assert!(tdh2::Bases::new(&SUITE_1, *id.bytes(), scene.secret.base_mul()).is_err());
    let bases = tdh2::Bases::new(&SUITE_1, *id.bytes(), SUITE_1.generator()).unwrap();
    assert_eq!(sealed.header.verify_proof(&bases), Err(tdh2::ProofError));
    let plan = SealPlan {
        context: &scene.context,
        bases: &bases,
        padding: Padding::Padme,
        plaintext_len: 5,
        bidder_lock: None,
    };
    let result = seal(&plan, &mut &b"price"[..], &mut Vec::new(), &mut Stream::new("shangmi"));
    assert!(matches!(result, Err(SealError::Ceremony)));
    let z = SUITE_1.generator();
    let error = ceremony_secret(&sealed.header, &z, scene.bases.key()).unwrap_err();
    assert_eq!(error, LockCommitError(LockKind::Ceremony));
    let key = BidderKey::from_spki(&SUITE_SM, Digest::ZERO, &[0x30, 0]);
    assert_eq!(key.unwrap_err(), BidderKeyError::Unsupported);
}
