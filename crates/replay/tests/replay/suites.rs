//! Suite 0x0101 from key generation to plaintext, and its refusal where a tender is held.

use kaibiao_ceremony::{
    Agreed, Bytes, CeremonyBundle, CeremonyRecord, CustodianSignature, KeyShare, Partial,
    StaticKey, Transcript, combine_any, raise,
};
use kaibiao_crypto::{Hex, SUITE_SM, Suite, tdh2};
use kaibiao_replay::{TenderFault, TenderMaterial, VerifiedTender};
use kaibiao_seal::{
    Context, Header, LockSecrets, OpenFailure, Padding, SealPlan, ceremony_secret, open, seal,
};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{Digest, Threshold};

use super::common::{rich, trust};

const FREEZE: Digest = Digest::new([7; 32]);

struct Ceremony {
    record: CeremonyRecord,
    shares: Vec<KeyShare>,
    bundle: CeremonyBundle,
}

/// The custodians of the rich scenario, repeated up to n with other certificates and keys.
fn ceremony(suite: &'static Suite, n: u16, k: u16) -> Ceremony {
    let mut entropy = SeededEntropy::new(format!("{suite:?} {k} of {n}"));
    let model = rich().verified.record();
    let statics: Vec<StaticKey> =
        (0..n).map(|_| StaticKey::generate_in(suite, &mut entropy).unwrap()).collect();
    let custodians = (1..=n).zip(&statics).map(|(i, key)| {
        let mut entry = model.custodians[usize::from(i - 1) % model.custodians.len()].clone();
        entry.index = kaibiao_types::CustodianIndex::new(i).unwrap();
        entry.cert_sha256 = suite.hash(&i.to_be_bytes());
        entry.static_key = key.public().hex();
        entry.cosign_vkey = format!("custodian {i}");
        entry
    });
    let agreed = Agreed {
        lot: model.lot_key(),
        threshold: Threshold::new(n, k).unwrap(),
        session: Hex([1; 32]),
        custodians: custodians.collect(),
        policy_sha256: model.policy_sha256,
    };
    let session = agreed.session(suite).unwrap();
    let seats = || agreed.custodians.iter().map(|entry| entry.index).zip(&statics);
    let messages: Vec<Vec<u8>> =
        seats().map(|(i, key)| session.round1(i, key, &mut entropy).unwrap()).collect();
    let outcomes: Vec<_> =
        seats().map(|(i, key)| session.round2(i, key, &messages).unwrap()).collect();
    let certificate: Vec<_> = outcomes.iter().map(|outcome| outcome.signature).collect();
    let first = &outcomes[0];
    session.check_certificate(&first.transcript, &certificate).unwrap();
    let record =
        agreed.clone().record(suite, &first.key, &first.public_shares, &first.transcript).unwrap();
    let bundle = CeremonyBundle {
        ceremony_b64: Bytes(record.to_bytes().unwrap()),
        signatures: seats()
            .map(|(index, _)| CustodianSignature { index, cms_b64: Bytes(vec![0x30, 0]) })
            .collect(),
        transcript: Transcript { messages: messages.into_iter().map(Bytes).collect(), certificate },
        rehearsal: vec![],
    };
    Ceremony { record, shares: outcomes.into_iter().map(|outcome| outcome.share).collect(), bundle }
}

/// Seals a small object to a threshold key, and opens it with the partials of every group.
fn sealed_and_opened(n: u16, k: u16) {
    let Ceremony { record, shares, .. } = ceremony(&SUITE_SM, n, k);
    let mut entropy = SeededEntropy::new("object");
    let id = record.ceremony_id;
    let bases = tdh2::Bases::new(&SUITE_SM, *id.bytes(), record.key().unwrap()).unwrap();
    let context = Context::of_rehearsal(&SUITE_SM, id, 0);
    let text = "报价：壹佰万元整".as_bytes();
    let plan = SealPlan {
        context: &context,
        bases: &bases,
        padding: Padding::Bucket,
        plaintext_len: u64::try_from(text.len()).unwrap(),
        bidder_lock: None,
    };
    let mut file = Vec::new();
    let sealed = seal(&plan, &mut &*text, &mut file, &mut entropy).unwrap();
    let mut payload = file.as_slice();
    let header = Header::read(&mut payload).unwrap();
    assert_eq!(header.suite().id(), 0x0101);
    assert_eq!(header.verify_proof(&bases), Ok(()));

    let all: Vec<Partial> = shares
        .iter()
        .map(|share| raise(&SUITE_SM, share, &id, &FREEZE, header.u(), &mut entropy).unwrap())
        .collect();
    let mut opened = 0;
    for set in 0_u32..1 << n {
        let chosen: Vec<Partial> = (0..usize::from(n))
            .filter(|place| set >> place & 1 == 1)
            .map(|place| all[place])
            .collect();
        let Ok(combined) = combine_any(&record, &FREEZE, header.u(), &chosen) else {
            assert!(chosen.len() < usize::from(k));
            continue;
        };
        assert!(chosen.len() >= usize::from(k));
        let ceremony = ceremony_secret(&header, &combined.point, bases.key()).unwrap();
        let secrets = LockSecrets { ceremony, bidder: None };
        let mut payload = payload;
        let plain = open(&header, &secrets, &sealed.object, &mut payload, Vec::new()).unwrap();
        assert_eq!(plain.out, text);
        opened += 1;
    }
    assert!(opened >= usize::from(n));
    // One custodian's point alone is another secret, and the lock says so.
    let d = SUITE_SM.point(&all[0].d.0).unwrap();
    let failure = ceremony_secret(&header, &d, bases.key()).map_err(OpenFailure::from);
    assert_eq!(failure.unwrap_err().verdict().unwrap().label(), "BIDDER_GARBAGE");
}

#[test]
fn two_of_three_open_a_sealed_object() {
    sealed_and_opened(3, 2);
}

#[test]
fn three_of_five_open_a_sealed_object() {
    sealed_and_opened(5, 3);
}

/// Certificates and log of this suite do not exist: whoever names it in a tender is told so, before
/// anything else about its ceremony is judged.
#[test]
fn a_tender_in_this_suite_is_refused() {
    let rich = rich();
    let ceremony = serde_json::to_vec(&ceremony(&SUITE_SM, 3, 2).bundle).unwrap();
    let material = TenderMaterial {
        tender: &rich.tender,
        tender_cms: &rich.tender_cms,
        draft: &rich.draft,
        draft_cms: &rich.draft_cms,
        ceremony: &ceremony,
    };
    let at = rich.verified.file().terms().deadline.minus(kaibiao_types::Millis::from_secs(80_000));
    let fault = VerifiedTender::verify(&material, trust(), at).unwrap_err();
    assert!(matches!(fault, TenderFault::Suite(0x0101)), "{fault:?}");
    assert_eq!(fault.label(), "E_SUITE");
    assert!(fault.to_string().contains("0x0101"));
}
