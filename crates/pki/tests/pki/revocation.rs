//! Revocation at a past instant, by CRLs and OCSP responses: one fault each (N21 to N26).

use std::sync::OnceLock;

use kaibiao_pki::revocation::{
    Evidence, EvidenceFault, Freshness, Reason, Revocation, RevocationVerdict, judge_revocation,
};
use kaibiao_pki::{Certificate, Usage, VerifiedCert, limits, verify_chain};

use crate::forge::*;
use crate::forge_revocation::*;

/// 2026-08-01T00:00:00Z.
const PRESENT: u64 = NOW + 31 * 86_400_000;

/// One fault.
type Change<T> = Box<dyn FnOnce(&mut T)>;

fn later() -> Freshness {
    Freshness::Later { now: at(PRESENT) }
}

fn rsa() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::of(Key::rsa(), Key::rsa(), Key::rsa()))
}

fn verified(world: &World) -> VerifiedCert {
    verify_chain(&world.leaf(), &[world.issuing()], &world.trust(), now(), Usage::Sign).unwrap()
}

/// The CRL of the issuing CA.
fn crl(world: &World) -> CrlSpec {
    CrlSpec::new("Issuing", &world.issuing_key)
}

/// Nothing on the CRL of the root.
fn root_crl(world: &World) -> Vec<u8> {
    CrlSpec::new("Root", &world.root_key).der(&world.root_key)
}

/// A line on the signer.
fn line(world: &World, time: &'static str, extensions: Vec<Extension>) -> Line {
    Line(world.leaf.serial.clone(), time, extensions)
}

/// Judges with a good CRL of the root beside this evidence on the signer.
fn judge(world: &World, evidence: &[Evidence<'_>], freshness: Freshness) -> RevocationVerdict {
    let root = root_crl(world);
    let all = [evidence, &[Evidence::Crl(&root)]].concat();
    judge_revocation(&verified(world), &[], &all, freshness)
}

/// What a CRL with one change says on the signer afterwards: a label, `good` or `revoked`.
fn by_crl(change: impl FnOnce(&mut CrlSpec)) -> &'static str {
    let world = World::get();
    let mut spec = crl(world);
    change(&mut spec);
    let der = spec.der(&world.issuing_key);
    word(&judge(world, &[Evidence::Crl(&der)], later()))
}

fn by_ocsp(change: impl FnOnce(&mut OcspSpec)) -> &'static str {
    let world = World::get();
    let mut spec = OcspSpec::new(world);
    change(&mut spec);
    let der = spec.der(&world.issuing_key);
    word(&judge(world, &[Evidence::Ocsp(&der)], later()))
}

/// The answer on the signer; the fault named is that of the evidence, if there is one.
fn word(verdict: &RevocationVerdict) -> &'static str {
    match verdict.certificates()[0].1 {
        Revocation::Good => "good",
        Revocation::Revoked { .. } => "revoked",
        Revocation::Unknown(why) => verdict.faults().first().map_or(why, |(_, why)| *why).label(),
    }
}

#[test]
fn n21_revoked_before_signing() {
    for world in [World::get(), World::sm2(), rsa()] {
        let mut spec = crl(world);
        spec.lines = vec![line(world, "260630235959Z", vec![reason(4)])];
        let der = spec.der(&world.issuing_key);
        let verdict = judge(world, &[Evidence::Crl(&der)], later());
        let expect = Revocation::Revoked {
            at: at(NOW - 1_000),
            reason: Reason::Superseded,
            invalidity: None,
        };
        assert_eq!(verdict.revocation(), expect);
        assert_eq!(verdict.revocation().indication(), Some("REVOKED"));
        // An older CRL says it as well, and another that does not know it changes nothing.
        spec.this_update = "260630235959Z";
        let old = spec.der(&world.issuing_key);
        let clean = crl(world).der(&world.issuing_key);
        let both = [Evidence::Crl(&clean), Evidence::Crl(&old)];
        assert_eq!(judge(world, &both, later()).revocation(), expect);
    }
    assert_eq!(by_crl(|c| c.lines = vec![line(World::get(), "260701000000Z", vec![])]), "revoked");
    assert_eq!(
        by_crl(|c| c.lines = vec![line(World::get(), "260601000000Z", vec![reason(6)])]),
        "revoked"
    );
}

#[test]
fn n22_revoked_after_signing() {
    for world in [World::get(), World::sm2(), rsa()] {
        let mut spec = crl(world);
        spec.lines = vec![line(world, "260701000001Z", vec![reason(1)])];
        let der = spec.der(&world.issuing_key);
        let verdict = judge(world, &[Evidence::Crl(&der)], later());
        assert_eq!(verdict.revocation(), Revocation::Good, "{verdict:?}");
        assert_eq!(verdict.certificates().len(), 2);
        assert_eq!(verdict.revocation().indication(), None);
    }
    assert_eq!(by_crl(|_| {}), "good");
    // A date of invalidity counts only with a lost key.
    let early = || vec![reason(4), invalidity("20260601000000Z")];
    assert_eq!(by_crl(|c| c.lines = vec![line(World::get(), "260702000000Z", early())]), "good");
    let late = || vec![reason(1), invalidity("20260701000001Z")];
    assert_eq!(by_crl(|c| c.lines = vec![line(World::get(), "260702000000Z", late())]), "good");
    // Another certificate of the CA.
    assert_eq!(by_crl(|c| c.lines = vec![Line(vec![1], "260101000000Z", vec![])]), "good");
}

#[test]
fn n23_key_lost_before_signing() {
    for world in [World::get(), World::sm2(), rsa()] {
        for code in [1, 2, 10] {
            let mut spec = crl(world);
            let details = vec![reason(code), invalidity("20260701000000Z")];
            spec.lines = vec![line(world, "260702000000Z", details)];
            let der = spec.der(&world.issuing_key);
            let verdict = judge(world, &[Evidence::Crl(&der)], later());
            assert_eq!(word(&verdict), "revoked");
        }
    }
}

#[test]
fn n24_no_evidence_or_older_evidence() {
    for world in [World::get(), World::sm2(), rsa()] {
        let nothing = judge_revocation(&verified(world), &[], &[], later());
        assert_eq!(word(&nothing), "E_REVOCATION_MISSING");
        assert_eq!(nothing.revocation().indication(), Some("TRY_LATER"));
        let mut spec = crl(world);
        spec.this_update = "260630235959Z";
        let der = spec.der(&world.issuing_key);
        let old = judge(world, &[Evidence::Crl(&der)], later());
        assert_eq!(word(&old), "E_REVOCATION_TOO_OLD");
        assert_eq!(old.revocation().indication(), Some("NO_POE"));
    }
    // The CA of the path needs an answer too.
    let world = World::get();
    let der = crl(world).der(&world.issuing_key);
    let verdict = judge_revocation(&verified(world), &[], &[Evidence::Crl(&der)], later());
    assert_eq!(verdict.certificates()[0].1, Revocation::Good);
    assert_eq!(verdict.revocation().indication(), Some("TRY_LATER"));
}

#[test]
fn a_revoked_ca_revokes_the_path() {
    let world = World::get();
    let good = crl(world).der(&world.issuing_key);
    let mut root = CrlSpec::new("Root", &world.root_key);
    root.lines = vec![Line(world.issuing.serial.clone(), "260630000000Z", vec![reason(2)])];
    let root = root.der(&world.root_key);
    let evidence = [Evidence::Crl(&good), Evidence::Crl(&root)];
    let verdict = judge_revocation(&verified(world), &[], &evidence, later());
    assert_eq!(verdict.certificates()[0].1, Revocation::Good);
    assert!(matches!(verdict.revocation(), Revocation::Revoked { .. }));
}

/// N25: a CA that its own issuer revoked entrusts a stranger with the CRL on itself.
#[test]
fn a_revoked_ca_cannot_clear_itself() {
    let world = World::get();
    let key = Key::new();
    let mut signer = Spec::ca("Issuing", "Root", &key, None);
    signer.serial = vec![0x66];
    signer.extensions = vec![key_usage(&[6])];
    let pool = [signer.certificate(&world.issuing_key)];
    let on_leaf = crl(world).der(&world.issuing_key);
    let on_itself = CrlSpec::new("Root", &key).der(&key);
    let evidence = [Evidence::Crl(&on_leaf), Evidence::Crl(&on_itself)];
    let verdict = judge_revocation(&verified(world), &pool, &evidence, later());
    assert_eq!(verdict.certificates()[0].1, Revocation::Good);
    assert_eq!(verdict.certificates()[1].1.indication(), Some("TRY_LATER"));
    assert_eq!(verdict.faults(), [(1, EvidenceFault::Responder)]);
    // The CRL that was left out says why.
    let mut root = CrlSpec::new("Root", &world.root_key);
    root.lines = vec![Line(world.issuing.serial.clone(), "260630000000Z", vec![reason(2)])];
    let root = root.der(&world.root_key);
    let evidence = [evidence.as_slice(), &[Evidence::Crl(&root)]].concat();
    let verdict = judge_revocation(&verified(world), &pool, &evidence, later());
    assert_eq!(verdict.revocation().indication(), Some("REVOKED"));
}

/// The certificate is on hold since 1 June by a CRL of the day `old`, and off it again by one of the
/// day `new`.
fn hold(old: &'static str, until: &'static str, new: &'static str, at: Freshness) -> &'static str {
    let world = World::get();
    let mut listed = crl(world);
    (listed.this_update, listed.next_update) = (old, Some(until));
    listed.lines = vec![line(world, "260601000000Z", vec![reason(6)])];
    let listed = listed.der(&world.issuing_key);
    let clean = CrlSpec { this_update: new, ..crl(world) }.der(&world.issuing_key);
    let both = [Evidence::Crl(&listed), Evidence::Crl(&clean)];
    let [said, turned] =
        [both, [both[1], both[0]]].map(|evidence| word(&judge(world, &evidence, at)));
    assert_eq!(said, turned);
    said
}

#[test]
fn a_hold_that_was_lifted() {
    // Afterwards: evidence of the instant or later tells whether it still held then.
    assert_eq!(hold("260615000000Z", "260709000000Z", "260702000000Z", later()), "good");
    assert_eq!(hold("260701000000Z", "260709000000Z", "260702000000Z", later()), "revoked");
    // At the instant: the newest evidence that is in date.
    let now = Freshness::Current;
    assert_eq!(hold("260615000000Z", "260630000000Z", "260630000000Z", now), "good");
    assert_eq!(hold("260615000000Z", "260709000000Z", "260630000000Z", now), "good");
    assert_eq!(hold("260630000000Z", "260709000000Z", "260615000000Z", now), "revoked");
}

#[test]
fn old_evidence_of_a_hold_alone_decides_nothing() {
    let world = World::get();
    let on_hold = |c: &mut CrlSpec| {
        c.this_update = "260615000000Z";
        c.next_update = Some("260622000000Z");
        c.lines = vec![line(world, "260601000000Z", vec![reason(6)])];
    };
    assert_eq!(by_crl(on_hold), "E_REVOCATION_TOO_OLD");
    let mut spec = crl(world);
    on_hold(&mut spec);
    let der = spec.der(&world.issuing_key);
    let say = |der: &[u8]| word(&judge(world, &[Evidence::Crl(der)], Freshness::Current));
    assert_eq!(say(&der), "E_REVOCATION_STALE");
    // Any other revocation is final.
    spec.lines = vec![line(world, "260601000000Z", vec![reason(5)])];
    assert_eq!(say(&spec.der(&world.issuing_key)), "revoked");
}

#[test]
fn n25_crls_that_are_not_usable() {
    let number = || extension(CRL_NUMBER, false, vec![2, 1, 7]);
    let point = |content: &[u8]| extension(ISSUING_POINT, true, tlv(0x30, content));
    let other = |c: &mut CrlSpec, e: Extension| c.extensions.push(e);
    let on = |extensions| line(World::get(), "260601000000Z", extensions);
    let cases: Vec<(&str, Change<CrlSpec>)> = vec![
        ("E_REVOCATION_MISSING", Box::new(|c| c.issuer = common_name("Issuing 2"))),
        ("E_REVOCATION_DELTA", Box::new(move |c| other(c, extension(DELTA, true, vec![2, 1, 6])))),
        ("E_REVOCATION_DELTA", Box::new(move |c| c.lines = vec![on(vec![reason(8)])])),
        ("E_REVOCATION_INDIRECT", Box::new(move |c| other(c, point(&[0x84, 1, 0xff])))),
        ("E_REVOCATION_SCOPE", Box::new(move |c| other(c, point(&[0x82, 1, 0xff])))),
        ("E_REVOCATION_SCOPE", Box::new(move |c| other(c, point(&[0x83, 2, 1, 0x40])))),
        ("E_REVOCATION_SCOPE", Box::new(move |c| other(c, point(&[0x85, 1, 0xff])))),
        (
            "E_REVOCATION_SCOPE",
            Box::new(move |c| other(c, point(&[0xa0, 6, 0xa0, 4, 0x86, 2, b'a', b':']))),
        ),
        (
            "E_REVOCATION_UNKNOWN_CRITICAL",
            Box::new(move |c| other(c, extension(STRANGE, true, vec![5, 0]))),
        ),
        (
            "E_REVOCATION_UNKNOWN_CRITICAL",
            Box::new(move |c| c.lines = vec![on(vec![extension(STRANGE, true, vec![5, 0])])]),
        ),
        ("E_REVOCATION_UNKNOWN_CRITICAL", Box::new(|c| c.extensions[0].critical = true)),
        ("E_REVOCATION_PROFILE", Box::new(|c| c.extensions = vec![])),
        ("E_REVOCATION_PROFILE", Box::new(|c| c.version = None)),
        ("E_REVOCATION_PROFILE", Box::new(|c| c.next_update = Some("260701000000Z"))),
        ("E_REVOCATION_FORMAT", Box::new(move |c| other(c, number()))),
        ("E_REVOCATION_FORMAT", Box::new(move |c| c.lines = vec![on(vec![reason(7)])])),
        ("E_REVOCATION_FORMAT", Box::new(move |c| c.lines = vec![on(vec![reason(1), reason(1)])])),
        ("E_REVOCATION_FORMAT", Box::new(|c| c.this_update = "2607020000Z")),
        ("E_REVOCATION_AMBIGUOUS", Box::new(move |c| c.lines = vec![on(vec![]), on(vec![])])),
        ("E_REVOCATION_ALGORITHM", Box::new(|c| c.algorithm = ECDSA_SHA1.to_vec())),
        ("E_REVOCATION_SIGNATURE", Box::new(|c| c.algorithm = RSA_SHA256.to_vec())),
        (
            "E_REVOCATION_FUTURE",
            Box::new(|c| {
                c.this_update = "260801000001Z";
                c.next_update = None;
            }),
        ),
    ];
    for (expect, change) in cases {
        assert_eq!(by_crl(change), expect);
    }
}

#[test]
fn n25_wrong_signatures_and_bytes() {
    for world in [World::get(), World::sm2(), rsa()] {
        let good = crl(world).der(&world.issuing_key);
        let say = |der: &[u8]| word(&judge(world, &[Evidence::Crl(der)], later()));
        assert_eq!(say(&good), "good");
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        assert_eq!(say(&bad), "E_REVOCATION_SIGNATURE");
        // The name of the CA, the key of another.
        assert_eq!(say(&crl(world).der(&world.root_key)), "E_REVOCATION_SIGNATURE");
        let mut long = good.clone();
        long.push(0);
        assert_eq!(say(&long), "E_REVOCATION_FORMAT");
        assert_eq!(say(&good[..good.len() - 1]), "E_REVOCATION_FORMAT");
        assert_eq!(say(&[]), "E_REVOCATION_FORMAT");
    }
    let world = World::get();
    let large = vec![0; limits::CRL_BYTES_MAX + 1];
    assert_eq!(word(&judge(world, &[Evidence::Crl(&large)], later())), "E_REVOCATION_TOO_LARGE");
    let many = vec![Evidence::Crl(&[]); limits::REVOCATION_EVIDENCE_MAX + 1];
    let verdict = judge_revocation(&verified(world), &[], &many, later());
    assert_eq!(verdict.faults().last().unwrap().1.label(), "E_REVOCATION_TOO_LARGE");
}

/// N52: what a reader would have to hold or compare is bounded before it is.
#[test]
fn crls_without_end() {
    let world = World::get();
    let strange = |number: u16, value: Vec<u8>| {
        extension(&[0x2a, 1 + (number >> 7) as u8, (number & 0x7f) as u8], false, value)
    };
    let with = |count: u16| {
        by_crl(|c| c.extensions.extend((1..count).map(|number| strange(number, vec![]))))
    };
    assert_eq!(with(limits::EXTENSIONS_MAX as u16), "good");
    assert_eq!(with(limits::EXTENSIONS_MAX as u16 + 1), "E_REVOCATION_TOO_LARGE");
    assert_eq!(with(6_000), "E_REVOCATION_TOO_LARGE");
    let head = |length: usize| by_crl(|c| c.extensions.push(strange(1, vec![5; length])));
    assert_eq!(head(limits::CRL_HEAD_BYTES_MAX - 1_000), "good");
    assert_eq!(head(limits::CRL_HEAD_BYTES_MAX), "E_REVOCATION_TOO_LARGE");
    // A line of 1,024 octets, of 1,025, and one that is nothing but extensions.
    let by = |extensions| by_crl(|c| c.lines = vec![line(world, "260703000000Z", extensions)]);
    assert_eq!(by(vec![strange(1, vec![5; 980])]), "good");
    assert_eq!(by(vec![strange(1, vec![5; 1_024])]), "E_REVOCATION_TOO_LARGE");
    assert_eq!(by(vec![strange(1, vec![]); 10_000]), "E_REVOCATION_TOO_LARGE");
    // Many lines are what a CRL is for.
    let serial = |number: u32| number.to_be_bytes().to_vec();
    let lines: Vec<_> = (0x0200_0000..0x0200_8000)
        .map(|number| Line(serial(number), "260601000000Z", vec![reason(5)]))
        .collect();
    let mut listed = lines.clone();
    listed.insert(0x4000, line(world, "260601000000Z", vec![]));
    assert_eq!(by_crl(|c| c.lines = lines), "good");
    assert_eq!(by_crl(|c| c.lines = listed), "revoked");
}

#[test]
fn a_ca_that_may_not_sign_crls() {
    let world = World::get();
    let mut issuing = world.issuing.clone();
    issuing.replace(key_usage(&[5]));
    let pool = [issuing.certificate(&world.root_key)];
    let path = verify_chain(&world.leaf(), &pool, &world.trust(), now(), Usage::Sign).unwrap();
    let der = crl(world).der(&world.issuing_key);
    let verdict = judge_revocation(&path, &[], &[Evidence::Crl(&der)], later());
    assert_eq!(word(&verdict), "E_REVOCATION_RESPONDER");
}

#[test]
fn evidence_from_after_the_certificate_expired() {
    let world = World::get();
    let mut leaf = world.leaf.clone();
    leaf.not_after = "260701120000Z".to_owned();
    let leaf = leaf.certificate(&world.issuing_key);
    let path = verify_chain(&leaf, &[world.issuing()], &world.trust(), now(), Usage::Sign).unwrap();
    let say = |spec: &CrlSpec| {
        let der = spec.der(&world.issuing_key);
        word(&judge_revocation(&path, &[], &[Evidence::Crl(&der)], later()))
    };
    let mut spec = crl(world);
    assert_eq!(say(&spec), "E_REVOCATION_EXPIRED");
    spec.extensions.push(extension(EXPIRED_ON_CRL, false, long_time("20260701120001Z")));
    assert_eq!(say(&spec), "E_REVOCATION_EXPIRED");
    spec.extensions.pop();
    spec.extensions.push(extension(EXPIRED_ON_CRL, false, long_time("20260101000000Z")));
    assert_eq!(say(&spec), "good");
    spec.lines = vec![line(world, "260630000000Z", vec![])];
    assert_eq!(say(&spec), "revoked");
}

#[test]
fn the_newest_at_the_instant() {
    let world = World::get();
    let say = |change: &dyn Fn(&mut CrlSpec)| {
        let mut spec = crl(world);
        spec.this_update = "260630000000Z";
        change(&mut spec);
        let der = spec.der(&world.issuing_key);
        word(&judge(world, &[Evidence::Crl(&der)], Freshness::Current))
    };
    assert_eq!(say(&|_| {}), "good");
    assert_eq!(say(&|c| c.next_update = Some("260701000000Z")), "good");
    assert_eq!(say(&|c| c.next_update = Some("260630235959Z")), "E_REVOCATION_STALE");
    assert_eq!(say(&|c| c.next_update = None), "E_REVOCATION_STALE");
    assert_eq!(say(&|c| c.this_update = "260701000001Z"), "E_REVOCATION_FUTURE");
    let deltas = extension(FRESHEST, false, seq(&[]));
    assert_eq!(say(&|c| c.extensions.push(deltas.clone())), "E_REVOCATION_DELTA");
    assert_eq!(say(&|c| c.lines = vec![line(world, "260629000000Z", vec![])]), "revoked");
}

#[test]
fn ocsp_answers() {
    assert_eq!(by_ocsp(|_| {}), "good");
    let revoked =
        |time: &str, reason: &[u8]| tlv(0xa1, &[long_time(time), reason.to_vec()].concat());
    assert_eq!(by_ocsp(|o| o.status = revoked("20260630000000Z", &[])), "revoked");
    assert_eq!(by_ocsp(|o| o.status = revoked("20260701000001Z", &[])), "good");
    let compromise = [0xa0, 3, 10, 1, 1];
    assert_eq!(by_ocsp(|o| o.status = revoked("20260702000000Z", &compromise)), "good");
    assert_eq!(
        by_ocsp(|o| {
            o.status = revoked("20260702000000Z", &compromise);
            o.single_extensions = vec![invalidity("20260630000000Z")];
        }),
        "revoked"
    );
    let point = World::get().issuing_key.spki();
    let digest =
        ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &point[point.len() - 65..]);
    let by_key = tlv(0xa2, &tlv(4, digest.as_ref()));
    assert_eq!(by_ocsp(|o| o.responder = by_key), "good");
}

#[test]
fn n26_ocsp_responses_that_are_not_usable() {
    let cases: Vec<(&str, Change<OcspSpec>)> = vec![
        ("E_REVOCATION_MISSING", Box::new(|o| o.serial = vec![1])),
        ("E_REVOCATION_MISSING", Box::new(|o| o.issuer_name = common_name("Issuing 2"))),
        ("E_REVOCATION_MISSING", Box::new(|o| o.issuer_spki = World::get().root_key.spki())),
        (
            "E_REVOCATION_FUTURE",
            Box::new(|o| {
                o.this_update = "20260801000001Z";
                o.produced_at = "20260801000001Z";
                o.next_update = None;
            }),
        ),
        ("E_REVOCATION_FUTURE", Box::new(|o| o.produced_at = "20260701000000Z")),
        ("E_REVOCATION_TOO_OLD", Box::new(|o| o.this_update = "20260630000000Z")),
        ("E_REVOCATION_NO_STATUS", Box::new(|o| o.status = vec![0x82, 0])),
        ("E_REVOCATION_NO_STATUS", Box::new(|o| o.response_status = 3)),
        ("E_REVOCATION_FORMAT", Box::new(|o| o.status = vec![0x80, 1, 0])),
        ("E_REVOCATION_FORMAT", Box::new(|o| o.status = vec![0x83, 0])),
        ("E_REVOCATION_FORMAT", Box::new(|o| o.this_update = "2026070200Z")),
        ("E_REVOCATION_FORMAT", Box::new(|o| o.responder = vec![0x80, 0])),
        ("E_REVOCATION_SIGNATURE", Box::new(|o| o.responder = tlv(0xa1, &common_name("Root")))),
        ("E_REVOCATION_ALGORITHM", Box::new(|o| o.algorithm = ECDSA_SHA1.to_vec())),
        (
            "E_REVOCATION_UNKNOWN_CRITICAL",
            Box::new(|o| {
                o.extensions = vec![extension(STRANGE, true, vec![5, 0])];
            }),
        ),
        (
            "E_REVOCATION_UNKNOWN_CRITICAL",
            Box::new(|o| {
                o.single_extensions = vec![extension(STRANGE, true, vec![5, 0])];
            }),
        ),
    ];
    for (expect, change) in cases {
        assert_eq!(by_ocsp(change), expect);
    }
}

/// A responder of the issuing CA answers, with this certificate.
fn delegated(change: impl FnOnce(&mut Spec), signer: &Key) -> &'static str {
    let world = World::get();
    let key = Key::new();
    let mut responder = Spec::ca("Issuing", "Responder", &key, None);
    responder.extensions = vec![
        key_usage(&[0]),
        purposes(false, &[OCSP_SIGNING]),
        extension(NO_CHECK, false, vec![5, 0]),
    ];
    change(&mut responder);
    let mut spec = OcspSpec::new(world);
    spec.responder = tlv(0xa1, &responder.subject);
    spec.certificates = vec![responder.der(signer)];
    let der = spec.der(&key);
    word(&judge(world, &[Evidence::Ocsp(&der)], later()))
}

#[test]
fn n26_delegated_responders() {
    let world = World::get();
    let issuing = &world.issuing_key;
    assert_eq!(delegated(|_| {}, issuing), "good");
    let refused = "E_REVOCATION_RESPONDER";
    assert_eq!(delegated(|c| c.without(EKU), issuing), refused);
    assert_eq!(delegated(|c| c.replace(purposes(false, &[EKU_ANY])), issuing), refused);
    assert_eq!(delegated(|c| c.replace(key_usage(&[2])), issuing), refused);
    assert_eq!(delegated(|c| c.issuer = common_name("Root"), &world.root_key), refused);
    assert_eq!(delegated(|_| {}, &world.leaf_key), refused);
    assert_eq!(delegated(|c| c.not_after = "260701000000Z".to_owned(), issuing), refused);
    assert_eq!(delegated(|c| c.replace(extension(STRANGE, true, vec![5, 0])), issuing), refused);
    // Without nocheck its own status must be known.
    assert_eq!(delegated(|c| c.without(NO_CHECK), issuing), refused);
}

/// A responder has two certificates of one name and key; one of them is for answers.
#[test]
fn every_certificate_of_a_responder_is_tried() {
    let world = World::get();
    let key = Key::new();
    let mut other = Spec::ca("Issuing", "Responder", &key, None);
    other.extensions = vec![key_usage(&[0])];
    let mut responder = other.clone();
    responder.extensions.push(purposes(false, &[OCSP_SIGNING]));
    responder.extensions.push(extension(NO_CHECK, false, vec![5, 0]));
    let mut spec = OcspSpec::new(world);
    spec.responder = tlv(0xa1, &responder.subject);
    let certificates = [&other, &responder].map(|spec| spec.der(&world.issuing_key));
    for order in [[0, 1], [1, 0]] {
        spec.certificates = order.map(|place| certificates[place].clone()).to_vec();
        let der = spec.der(&key);
        assert_eq!(word(&judge(world, &[Evidence::Ocsp(&der)], later())), "good");
    }
    spec.certificates = vec![certificates[0].clone()];
    let der = spec.der(&key);
    let alone = word(&judge(world, &[Evidence::Ocsp(&der)], later()));
    assert_eq!(alone, "E_REVOCATION_RESPONDER");
}

#[test]
fn a_responder_whose_own_status_is_known() {
    let world = World::get();
    let key = Key::new();
    let mut responder = Spec::ca("Issuing", "Responder", &key, None);
    responder.serial = vec![0x55];
    responder.extensions = vec![key_usage(&[0]), purposes(false, &[OCSP_SIGNING])];
    let mut spec = OcspSpec::new(world);
    spec.responder = tlv(0xa1, &responder.subject);
    let response = spec.der(&key);
    let pool: [Certificate; 1] = [responder.certificate(&world.issuing_key)];
    let say = |lines: Vec<Line>| {
        let list = CrlSpec { lines, ..crl(world) }.der(&world.issuing_key);
        // A CRL that covers CAs alone would say nothing; this one says the signer is good too.
        let evidence = [Evidence::Ocsp(&response), Evidence::Crl(&list)];
        let verdict = judge_revocation(&verified(world), &pool, &evidence, later());
        verdict.faults().iter().any(|(place, _)| *place == 0)
    };
    assert!(!say(vec![]));
    assert!(say(vec![Line(vec![0x55], "260601000000Z", vec![])]));
}

#[test]
fn no_byte_of_evidence_can_be_changed() {
    let world = World::get();
    let list = CrlSpec { lines: vec![line(world, "260703000000Z", vec![reason(1)])], ..crl(world) };
    let (list, response) =
        (list.der(&world.issuing_key), OcspSpec::new(world).der(&world.issuing_key));
    let path = verified(world);
    for (bytes, is_crl) in [(&list, true), (&response, false)] {
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let evidence = if is_crl { Evidence::Crl(&changed) } else { Evidence::Ocsp(&changed) };
            let verdict = judge_revocation(&path, &[], &[evidence], later());
            assert!(
                matches!(verdict.certificates()[0].1, Revocation::Unknown(_)),
                "octet {place}: {verdict:?}"
            );
        }
    }
}

/// Another key of the CA, under its name, signs its CRLs.
fn separate_signer(change: impl FnOnce(&mut Spec), signer: &Key) -> &'static str {
    let world = World::get();
    let key = Key::new();
    let mut other = Spec::ca("Root", "Issuing", &key, None);
    other.extensions = vec![key_usage(&[6])];
    change(&mut other);
    let der = crl(world).der(&key);
    let root = root_crl(world);
    let evidence = [Evidence::Crl(&der), Evidence::Crl(&root)];
    let pool = [other.certificate(signer)];
    word(&judge_revocation(&verified(world), &pool, &evidence, later()))
}

#[test]
fn a_separate_key_for_crls() {
    let world = World::get();
    let root = &world.root_key;
    let refused = "E_REVOCATION_RESPONDER";
    assert_eq!(separate_signer(|_| {}, root), "good");
    assert_eq!(separate_signer(|c| c.replace(key_usage(&[0])), root), refused);
    assert_eq!(separate_signer(|c| c.without(KU), root), refused);
    assert_eq!(separate_signer(|_| {}, &world.leaf_key), refused);
    assert_eq!(separate_signer(|c| c.not_after = "260701000000Z".to_owned(), root), refused);
    assert_eq!(
        separate_signer(|c| c.subject = common_name("Other"), root),
        "E_REVOCATION_SIGNATURE"
    );
    // `nocheck` is for responders: a signer of CRLs needs evidence on itself.
    let own = |c: &mut Spec| {
        c.issuer = common_name("Issuing");
        c.extensions.push(extension(NO_CHECK, false, vec![5, 0]));
    };
    assert_eq!(separate_signer(own, &world.issuing_key), refused);
}
