//! The escrow of a bidder lock: both ways to one secret, and what a cheat can and cannot do with it.

use kaibiao_crypto::{Point, SUITE_1, Secret32, SecretScalar, tdh2};
use kaibiao_types::{Fault, Part};
use proptest::prelude::*;

use super::forge::{Forgery, padded};
use super::locks::{private, public};
use super::{Lot, Stream, Untouchable, bid_context, payload, summary, text};
use crate::escrow::{MadeLock, Unproven, escrow_label};
use crate::{
    BidderLockPlan, Context, EscrowError, Header, HeaderError, LockMode, LockSecrets, SealPlan,
    Sealed, Verdict, check_bidder_lock, escrow_secret, open, seal,
};

/// Offset of the bidder lock's body, after the fixed fields and the ceremony lock.
const BODY: usize = 124 + 69 + 36;

/// Offset of U' in a header with a P-256 bidder lock.
const U: usize = BODY + 36 + 33;
const PROOF: usize = U + 33;
const MASKED: usize = PROOF + 97;

fn escrowed(lot: &Lot, context: &Context, name: &str) -> (Sealed, Vec<u8>) {
    let bidder = public(name).unwrap();
    let bidder_lock = Some(BidderLockPlan::Escrow(&bidder));
    let plan = SealPlan { bidder_lock, ..lot.plan(context, 9) };
    let mut file = Vec::new();
    let object = seal(&plan, &mut &b"documents"[..], &mut file, &mut Stream::new(name)).unwrap();
    (object, file)
}

/// The secret of lock 2 from the point that all custodians together would give.
fn by_custodians(lot: &Lot, header: &Header) -> Result<Secret32, EscrowError> {
    let z = lot.secret.mul_point(&header.escrow().unwrap().u).unwrap();
    escrow_secret(header, &z, lot.bases.key())
}

fn by_bidder(name: &str, header: &Header) -> Secret32 {
    private(name).unwrap_lock(header, &mut Stream::new("blinding")).unwrap()
}

fn parse(bytes: &[u8]) -> Header {
    Header::parse(bytes).unwrap()
}

fn with(header: &Header, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut out = header.bytes().to_vec();
    out[at..at + bytes.len()].copy_from_slice(bytes);
    out
}

#[test]
fn bidder_and_custodians_give_the_same_secret() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    for (name, length) in
        [("rsa-2048", 322 + 36 + 36 + 256 + 162), ("p256", 322 + 36 + 36 + 33 + 162)]
    {
        let (object, file) = escrowed(&lot, &context, name);
        let header = Header::read(&mut &*file).unwrap();
        assert_eq!((header.header_len(), header.lock_mode()), (length, LockMode::Escrow));
        assert_eq!(format!("{header:?}"), format!("{:?}", object.header));
        assert_eq!(header.verify_proof(&lot.bases), Ok(()));
        assert_eq!(header.points().count(), 2);

        let escrow = by_custodians(&lot, &header).unwrap();
        let own = by_bidder(name, &header);
        assert_eq!(escrow.expose(), own.expose());
        for secret in [escrow, own] {
            let secrets = LockSecrets { bidder: Some(secret), ..lot.secrets(&header) };
            let opened =
                open(&header, &secrets, &object.object, &mut payload(&header, &file), Vec::new());
            assert_eq!(opened.unwrap().out, b"documents");
        }
    }
}

#[test]
fn the_ceremony_lock_opens_no_escrow() {
    // Z of U, which custodians give for every bid, is of no use for U'; nor the other way round.
    let lot = Lot::new("lot");
    let (object, _) = escrowed(&lot, &lot.context(Part::Documents), "p256");
    let header = &object.header;
    let z = lot.secret.mul_point(header.u()).unwrap();
    assert_eq!(escrow_secret(header, &z, lot.bases.key()).unwrap_err(), EscrowError::Mismatch);
    let escrow = lot.secret.mul_point(&header.escrow().unwrap().u).unwrap();
    let ceremony = crate::ceremony_secret(header, &escrow, lot.bases.key()).unwrap();
    assert!(crate::check_ceremony_lock(header, &ceremony).is_err());
}

#[test]
fn without_an_escrow_there_is_no_second_way() {
    let lot = Lot::new("lot");
    let (none, _) = super::sealed(&lot, b"");
    let bidder = public("p256").unwrap();
    let context = lot.context(Part::Documents);
    let bidder_lock = Some(BidderLockPlan::Strict(&bidder));
    let plan = SealPlan { bidder_lock, ..lot.plan(&context, 0) };
    let strict =
        seal(&plan, &mut std::io::empty(), &mut Vec::new(), &mut Stream::new("strict")).unwrap();
    for (header, mode) in [(&none.header, LockMode::None), (&strict.header, LockMode::Strict)] {
        let error = escrow_secret(header, &SUITE_1.generator(), lot.bases.key()).unwrap_err();
        assert_eq!((header.lock_mode(), error), (mode, EscrowError::NoEscrow));
        assert_eq!((error.label(), error.verdict()), ("E_LOCK", None));
        assert_eq!(error.fault(), Fault::Undetermined);
        assert_eq!(header.points().count(), 1);
    }
}

/// A bidder that wants its bid shut unless it likes the other prices masks another secret.
#[test]
fn an_escrow_of_another_secret_is_the_bidders_fault() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let bidder = public("p256").unwrap();
    let spoil = |made: &mut MadeLock| made.escrow.as_mut().unwrap().masked[31] ^= 1;
    let forgery = Forgery {
        bidder: Some((BidderLockPlan::Escrow(&bidder), spoil)),
        ..Forgery::new(&lot, &context, padded(0, &[], 8))
    };
    let forged = forgery.make();
    let header = Header::read(&mut &*forged.file).unwrap();
    assert_eq!(header.verify_proof(&lot.bases), Ok(()), "the proof says nothing about the mask");
    let error = by_custodians(&lot, &header).unwrap_err();
    assert_eq!((error, error.label()), (EscrowError::Mismatch, "E_ESCROW"));
    assert_eq!((error.verdict(), error.fault()), (Some(Verdict::BidderGarbage), Fault::Bidder));
    // Its own key still opens it: the defect shows only when the escrow is needed.
    let own = by_bidder("p256", &header);
    assert_eq!(check_bidder_lock(&header, &own), Some(Ok(())));
    let secrets = LockSecrets { bidder: Some(own), ..lot.secrets(&header) };
    let signed = summary(&forged.file);
    assert!(
        open(&header, &secrets, &signed, &mut payload(&header, &forged.file), Vec::new()).is_ok()
    );
    // Whoever feeds the wrong secret to the opening all the same touches no chunk.
    let secrets =
        LockSecrets { bidder: Some(Secret32::new([1; 32].into())), ..lot.secrets(&header) };
    let failure = open(&header, &secrets, &signed, &mut Untouchable, Vec::new()).unwrap_err();
    assert_eq!(failure.label(), "LOCK_COMMIT(2)");
}

#[test]
fn every_byte_of_the_escrow_is_bound_by_both_proofs() {
    let lot = Lot::new("lot");
    let (object, _) = escrowed(&lot, &lot.context(Part::Documents), "p256");
    let escrow = object.header.escrow().unwrap();
    let main = |header: &Header| {
        let label = crate::header::proof_label(header.suite(), &header.hh, &header.commit);
        lot.bases.verify(header.u(), label.bytes(), &header.proof).is_ok()
    };
    let own = |header: &Header| {
        let escrow = header.escrow().unwrap();
        lot.bases.verify(&escrow.u, escrow.label.bytes(), &escrow.proof).is_ok()
    };
    assert_eq!((main(&object.header), own(&object.header)), (true, true));
    let shifted = escrow.u.add(&SUITE_1.generator()).unwrap().bytes();
    let mut one = [0; 32];
    one[31] = 1;
    let cases: [(&str, usize, &[u8]); 6] = [
        ("U'", U, &shifted),
        ("Ubar'", PROOF, &shifted),
        ("e'", PROOF + 33, &one),
        ("f'", PROOF + 65, &one),
        ("masked secret", MASKED, &[0; 32]),
        ("salt", 28, &[0; 32]),
    ];
    for (name, at, bytes) in cases {
        let header = parse(&with(&object.header, at, bytes));
        assert_eq!((main(&header), own(&header)), (false, false), "{name}");
        assert_eq!(header.verify_proof(&lot.bases).unwrap_err().label(), "E_TDH2", "{name}");
    }
    // The key commitment follows from hh, so only the main proof can cover it.
    let at = object.header.bytes().len() - 129;
    let header = parse(&with(&object.header, at, &[0; 32]));
    assert_eq!((main(&header), own(&header)), (false, true));
    assert!(header.verify_proof(&lot.bases).is_err());
}

/// Attack A2 on the escrow: a competitor puts somebody's U' and proof into a bid of its own, whose
/// own proof it can make, and waits for the custodians to raise it.
#[test]
fn a_copied_escrow_fails_in_another_bid() {
    let lot = Lot::new("lot");
    let (victim, _) = escrowed(&lot, &lot.context(Part::Documents), "p256");
    let other = bid_context(lot.ceremony_id, Part::Documents, "91440300MA5EXAMPQN", 1);
    let bidder = public("p256").unwrap();
    let body = &victim.header.bytes()[BODY..MASKED + 32];
    let lock = crate::header::DraftLock {
        kind: 2,
        commit: victim.header.bidder_lock().unwrap().commit,
        body: body.to_vec(),
    };
    let copied =
        Forgery { after: vec![lock], ..Forgery::new(&lot, &other, padded(0, &[], 8)) }.make();
    let header = Header::read(&mut &*copied.file).unwrap();
    assert_eq!(header.escrow().unwrap().u, victim.header.escrow().unwrap().u);
    assert_eq!(header.expect_context(&other), Ok(()));
    let label = crate::header::proof_label(header.suite(), &header.hh, &header.commit);
    assert_eq!(lot.bases.verify(header.u(), label.bytes(), &header.proof), Ok(()));
    assert_eq!(header.verify_proof(&lot.bases).unwrap_err().label(), "E_TDH2");

    // Shifted by a point the thief knows, with the victim's proof: no better.
    let theft = |made: &mut MadeLock| {
        let escrow = made.escrow.as_mut().unwrap();
        escrow.u = escrow.u.add(&SUITE_1.generator()).unwrap();
    };
    let forgery = Forgery {
        bidder: Some((BidderLockPlan::Escrow(&bidder), theft)),
        ..Forgery::new(&lot, &other, padded(0, &[], 8))
    };
    let header = Header::read(&mut &*forgery.make().file).unwrap();
    assert!(header.verify_proof(&lot.bases).is_err(), "r of another point proves nothing");
}

/// The two proofs of one header cannot stand in for each other, and none counts in another ceremony.
#[test]
fn proofs_are_not_interchangeable() {
    let lot = Lot::new("lot");
    let (object, _) = escrowed(&lot, &lot.context(Part::Documents), "p256");
    let header = &object.header;
    let escrow = header.escrow().unwrap();
    let main = crate::header::proof_label(header.suite(), &header.hh, &header.commit);
    assert!(lot.bases.verify(&escrow.u, main.bytes(), &escrow.proof).is_err());
    assert!(lot.bases.verify(header.u(), escrow.label.bytes(), &header.proof).is_err());
    assert!(lot.bases.verify(header.u(), escrow.label.bytes(), &escrow.proof).is_err());
    let elsewhere = Lot::new("another ceremony with the same key");
    assert!(elsewhere.bases.verify(&escrow.u, escrow.label.bytes(), &escrow.proof).is_err());

    // With one r for both locks even valid proofs do not help: the parser refuses it.
    let proof_at = PROOF - U;
    let mut bytes = with(header, U, &header.u().bytes());
    bytes[U + proof_at..MASKED].copy_from_slice(&header.proof.bytes());
    let error = Header::parse(&bytes).unwrap_err();
    assert_eq!((error, error.label()), (HeaderError::LockRepeated, "E_DUP_U"));
}

/// One r in both locks, sealed by a bidder that knows it, all proofs valid.
#[test]
fn one_point_for_both_locks_is_refused() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let bidder = public("p256").unwrap();
    // The forger's randomness is a fixed stream: salt (32), then r (48).
    let repeat = |made: &mut MadeLock| {
        let mut stream = Stream::new("forged");
        let mut salt = [0; 32];
        kaibiao_crypto::Entropy::fill(&mut stream, &mut salt).unwrap();
        let r = SecretScalar::random(&SUITE_1, &mut stream).unwrap();
        let masked = made.escrow.as_ref().unwrap().masked;
        made.escrow = Some(Unproven { u: r.base_mul(), r, masked });
    };
    let forgery = Forgery {
        bidder: Some((BidderLockPlan::Escrow(&bidder), repeat)),
        ..Forgery::new(&lot, &context, padded(0, &[], 8))
    };
    let error = Header::read(&mut &*forgery.make().file).unwrap_err();
    assert_eq!(error.label(), "E_DUP_U");
}

#[test]
fn the_escrow_block_is_strict() {
    let lot = Lot::new("lot");
    let (object, _) = escrowed(&lot, &lot.context(Part::Documents), "p256");
    let header = &object.header;
    let error = |at, bytes: &[u8]| Header::parse(&with(header, at, bytes)).unwrap_err();
    let high = [0xff; 32];
    assert_eq!(error(BODY + 1, &[2]), HeaderError::LockEscrow(2));
    assert_eq!(error(BODY + 1, &[0]), HeaderError::LockBody(2), "an escrow that is not announced");
    assert_eq!(error(U, &[0; 33]), HeaderError::LockPoint(2));
    assert_eq!(error(U, &[4]), HeaderError::LockPoint(2));
    assert_eq!(error(PROOF, &[0; 33]), HeaderError::ProofPoint);
    for at in [PROOF + 33, PROOF + 65] {
        assert_eq!(error(at, &high), HeaderError::ProofScalar);
        assert_eq!(error(at, &high).label(), "E_TDH2");
    }
    // A body that ends inside the escrow, or goes on after it.
    let lock = BODY - 36;
    for (length, change) in [(36_u16 + 33 + 161, -1_i32), (36 + 33 + 163, 1)] {
        let mut bytes = header.bytes().to_vec();
        if change < 0 {
            bytes.remove(MASKED);
        } else {
            bytes.insert(MASKED, 0);
        }
        bytes[lock + 2..lock + 4].copy_from_slice(&length.to_be_bytes());
        let whole = u32::try_from(bytes.len()).unwrap();
        bytes[12..16].copy_from_slice(&whole.to_be_bytes());
        assert_eq!(Header::parse(&bytes).unwrap_err(), HeaderError::LockBody(2));
    }
}

#[test]
fn the_label_is_the_header_without_the_proof() {
    let lot = Lot::new("lot");
    let (object, _) = escrowed(&lot, &lot.context(Part::Documents), "rsa-2048");
    let bytes = object.header.bytes();
    let (hdr0, _) = bytes.split_at(bytes.len() - 129);
    let at = hdr0.len() - 32 - 97;
    assert_eq!(
        escrow_label(object.header.suite(), hdr0, at),
        object.header.escrow().unwrap().label
    );
    let mut zeroed = hdr0.to_vec();
    zeroed[at..at + 97].fill(0);
    assert_eq!(
        escrow_label(object.header.suite(), &zeroed, at),
        object.header.escrow().unwrap().label
    );
}

/// A proof made for a label of one's own choice.
fn prove(lot: &Lot, u: &Point, r: &SecretScalar, label: &[u8; 32]) -> tdh2::Proof {
    lot.bases.prove(u, r, label, &mut Stream::new("proof")).unwrap()
}

#[test]
fn a_proof_under_any_other_label_is_refused() {
    // Bound to the context alone, as a naive sealer might: then it could move between two headers.
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let (object, _) = escrowed(&lot, &context, "p256");
    let r = SecretScalar::from_bytes(&SUITE_1, &[3; 32]).unwrap();
    let u = r.base_mul();
    for label in [*context.bidctx().bytes(), *object.header.hh.bytes(), [0; 32]] {
        let mut bytes = with(&object.header, U, &u.bytes());
        bytes[PROOF..MASKED].copy_from_slice(&prove(&lot, &u, &r, &label).bytes());
        let header = parse(&bytes);
        let escrow = header.escrow().unwrap();
        assert!(lot.bases.verify(&escrow.u, escrow.label.bytes(), &escrow.proof).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every mode and kind of key, opened by the bidder and, where there is an escrow, without it.
    #[test]
    fn every_mode_opens_in_every_way(
        mode in 0_u8..3,
        key in prop_oneof![Just("rsa-2048"), Just("p256")],
        length in prop_oneof![0_usize..600, 262_100_usize..262_200],
        seed in "[a-z]{8}",
    ) {
        let lot = Lot::new("lot");
        let context = lot.context(Part::Documents);
        let bidder = public(key).unwrap();
        let bidder_lock = match mode {
            0 => None,
            1 => Some(BidderLockPlan::Strict(&bidder)),
            _ => Some(BidderLockPlan::Escrow(&bidder)),
        };
        let plaintext = text(&seed, length);
        let plan = SealPlan { bidder_lock, ..lot.plan(&context, length) };
        let mut file = Vec::new();
        let object = seal(&plan, &mut &*plaintext, &mut file, &mut Stream::new(&seed)).unwrap();
        let header = Header::read(&mut &*file).unwrap();
        prop_assert_eq!(header.verify_proof(&lot.bases), Ok(()));
        let mut ways = Vec::new();
        match header.lock_mode() {
            LockMode::None => ways.push(None),
            LockMode::Strict => ways.push(Some(by_bidder(key, &header))),
            LockMode::Escrow => {
                ways.push(Some(by_bidder(key, &header)));
                ways.push(Some(by_custodians(&lot, &header).unwrap()));
            }
        }
        prop_assert_eq!(ways.len(), usize::from(mode.max(1)));
        for bidder in ways {
            let secrets = LockSecrets { bidder, ..lot.secrets(&header) };
            let mut payload = payload(&header, &file);
            let opened = open(&header, &secrets, &object.object, &mut payload, Vec::new());
            prop_assert_eq!(&opened.unwrap().out, &plaintext);
        }
        if mode > 0 {
            let failure = open(&header, &lot.secrets(&header), &object.object, &mut Untouchable, Vec::new());
            prop_assert_eq!(failure.unwrap_err().label(), "E_LOCK_SECRET");
        }
    }

    #[test]
    fn an_altered_escrow_header_is_refused_or_its_proof_fails(at in 0_usize..589, flip in 1_u8..) {
        let lot = Lot::new("lot");
        let (object, _) = escrowed(&lot, &lot.context(Part::Documents), "p256");
        let mut bytes = object.header.bytes().to_vec();
        prop_assert_eq!(bytes.len(), 589);
        bytes[at] ^= flip;
        if let Ok(header) = Header::parse(&bytes) {
            prop_assert!(header.verify_proof(&lot.bases).is_err());
        }
    }
}
