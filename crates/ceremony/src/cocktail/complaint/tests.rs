//! Negative test 27: a bad share is proven to anyone; a false complaint falls back on its author.

use kaibiao_crypto::{SUITE_1, SecretScalar};
use kaibiao_types::Threshold;

use super::*;
use crate::testing::{Dry, Seeded, index};

struct Scene {
    session: Session,
    keys: Vec<StaticKey>,
    good: Vec<u8>,
    /// Decrypts to a share of another polynomial than the committed one.
    wrong_share: Vec<u8>,
    /// Does not decrypt for custodian 1.
    garbled: Vec<u8>,
}

/// The message of custodian 2 in a key generation of 2 of 3.
fn scene() -> Scene {
    let mut entropy = Seeded(70_000);
    let keys: Vec<StaticKey> = (0..3).map(|_| StaticKey::generate(&mut entropy).unwrap()).collect();
    let statics = keys.iter().map(StaticKey::public).collect();
    let threshold = Threshold::new(3, 2).unwrap();
    let session = Session::new(&SUITE_1, b"complaint", threshold, statics, vec![]).unwrap();
    let mut secret = || SecretScalar::random(&SUITE_1, &mut entropy).unwrap();
    let (constant, slope, other, ephemeral) = (secret(), secret(), secret(), secret());
    let again = SecretScalar::from_bytes(&SUITE_1, &*constant.danger_bytes()).unwrap();
    let message = |polynomial: &[SecretScalar]| {
        session.message(index(2), &keys[1], polynomial, &ephemeral, &[]).unwrap()
    };
    let good = message(&[constant, slope]);
    let head = 2 * 33 + 65 + 33;
    let wrong_share = [&good[..head], &message(&[again, other])[head..]].concat();
    let mut garbled = good.clone();
    garbled[head + 8] ^= 1;
    Scene { session, keys, good, wrong_share, garbled }
}

impl Scene {
    fn complain(&self, accuser: u16, message: &[u8]) -> Result<Complaint, ComplaintError> {
        let key = &self.keys[usize::from(accuser) - 1];
        self.session.complain(index(accuser), key, index(2), message, &mut Seeded(1))
    }
}

#[test]
fn a_bad_share_is_proven_to_anyone() {
    let scene = scene();
    let complaint = scene.complain(1, &scene.wrong_share).unwrap();
    assert_eq!(scene.session.judge(&complaint, &scene.wrong_share), Ok(DkgError::Share(index(2))));
    let complaint = scene.complain(1, &scene.garbled).unwrap();
    let text = serde_json::to_string(&complaint).unwrap();
    let read: Complaint = serde_json::from_str(&text).unwrap();
    assert_eq!(scene.session.judge(&read, &scene.garbled), Ok(DkgError::Decrypt(index(2))));
    // The same complaint from another seat that got another share.
    let other = scene.complain(3, &scene.wrong_share).unwrap();
    assert_eq!(scene.session.judge(&other, &scene.wrong_share), Ok(DkgError::Share(index(2))));
}

#[test]
fn nothing_to_complain_about_is_no_complaint() {
    let scene = scene();
    let error = scene.complain(1, &scene.good).unwrap_err();
    assert_eq!((&error, error.label()), (&ComplaintError::Unfounded(index(1)), "E_DKG_UNFOUNDED"));
    // The share of custodian 3 in the garbled message is good.
    assert_eq!(scene.complain(3, &scene.garbled), Err(ComplaintError::Unfounded(index(3))));
}

/// A liar can prove its own Diffie-Hellman points and then everybody sees that the share is good.
#[test]
fn a_false_complaint_falls_back_on_the_accuser() {
    let scene = scene();
    let parsed = scene.session.read_round1(index(2), &scene.good).unwrap();
    let context = scene.session.complaint_context(index(1), index(2), &scene.good);
    let public = scene.keys[0].public();
    let raised = |base: &Point| {
        let d = scene.keys[0].0.mul_point(base).unwrap();
        let statement = scene.session.statement(&context, index(1), &public, base, &d);
        let proof = statement.prove(&SUITE_1, &scene.keys[0].0, &mut Seeded(2)).unwrap();
        Raised { d: d.hex(), c: proof.c.hex(), z: proof.z.hex() }
    };
    let complaint = Complaint {
        accused: index(2),
        accuser: index(1),
        ephemeral: raised(&parsed.ephemeral),
        fixed: raised(&scene.keys[1].public()),
    };
    let error = scene.session.judge(&complaint, &scene.good).unwrap_err();
    assert_eq!(error, ComplaintError::Unfounded(index(1)));
    // With other points the share would seem not to decrypt: the proofs prevent it.
    let swapped =
        Complaint { ephemeral: complaint.fixed, fixed: complaint.ephemeral, ..complaint.clone() };
    let error = scene.session.judge(&swapped, &scene.good).unwrap_err();
    assert_eq!((&error, error.label()), (&ComplaintError::Proof(index(1)), "E_DKG_COMPLAINT"));
}

#[test]
fn one_changed_byte_of_a_complaint_proves_nothing() {
    let scene = scene();
    let good = scene.complain(1, &scene.wrong_share).unwrap();
    let bad = |change: fn(&mut Complaint)| {
        let mut complaint = good.clone();
        change(&mut complaint);
        scene.session.judge(&complaint, &scene.wrong_share).unwrap_err()
    };
    let proof = ComplaintError::Proof(index(1));
    assert_eq!(bad(|c| c.ephemeral.c.0[31] ^= 1), proof);
    assert_eq!(bad(|c| c.ephemeral.z.0[0] ^= 0x80), proof);
    assert_eq!(bad(|c| c.ephemeral.d = Hex([0; 33])), proof);
    assert_eq!(bad(|c| c.fixed.d.0[0] ^= 1), proof);
    assert_eq!(bad(|c| c.fixed.z = Hex([0xff; 32])), proof);
    assert_eq!(bad(|c| c.accuser = index(3)), ComplaintError::Proof(index(3)));
    assert_eq!(bad(|c| c.accuser = index(4)), ComplaintError::Seat(index(4)));
    assert_eq!(bad(|c| c.accused = index(9)), ComplaintError::Seat(index(9)));
    let text = serde_json::to_string(&good).unwrap().replacen('{', "{\"v\":1,", 1);
    assert!(serde_json::from_str::<Complaint>(&text).is_err());
}

/// A complaint holds for one message in one session.
#[test]
fn a_complaint_holds_for_its_message_only() {
    let scene = scene();
    let complaint = scene.complain(1, &scene.wrong_share).unwrap();
    for message in [&scene.good, &scene.garbled] {
        let error = scene.session.judge(&complaint, message).unwrap_err();
        assert_eq!(error, ComplaintError::Proof(index(1)));
    }
    let broken = ComplaintError::Message(DkgError::Parse(index(2)));
    assert_eq!(scene.session.judge(&complaint, &scene.good[..40]), Err(broken.clone()));
    assert_eq!(scene.complain(1, &scene.good[..40]), Err(broken));
    let mut no_proof = scene.wrong_share.clone();
    no_proof[2 * 33 + 64] ^= 1;
    let error = scene.session.judge(&complaint, &no_proof).unwrap_err();
    assert_eq!(
        (&error, error.label()),
        (&ComplaintError::Message(DkgError::Pop(index(2))), "E_DKG_POP")
    );
}

#[test]
fn only_the_owner_of_the_seat_complains() {
    let scene = scene();
    let wrong = scene.session.complain(
        index(1),
        &scene.keys[2],
        index(2),
        &scene.wrong_share,
        &mut Seeded(1),
    );
    assert_eq!(wrong, Err(ComplaintError::Key(index(1))));
    let nobody = scene.session.complain(
        index(1),
        &scene.keys[0],
        index(4),
        &scene.wrong_share,
        &mut Seeded(1),
    );
    assert_eq!(nobody, Err(ComplaintError::Seat(index(4))));
    let dry =
        scene.session.complain(index(1), &scene.keys[0], index(2), &scene.wrong_share, &mut Dry);
    assert_eq!(dry.unwrap_err().label(), "E_ENTROPY");
}
