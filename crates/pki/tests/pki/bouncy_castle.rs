//! Bouncy Castle judges what we sign, and we judge what it signs: signatures with paths of three,
//! time stamps, evidence records; with keys of RSA, on P-256 and of SM2.

use std::path::Path;
use std::process::Command;

use kaibiao_pki::cms::{
    add_time_stamp, sign_detached, sign_detached_by, time_stamp_imprint, verify_detached,
};
use kaibiao_pki::ers::DataObject;
use kaibiao_pki::tsp::{Imprint, Request, verify_token};
use kaibiao_pki::{DigestAlgorithm, SignatureAlgorithm, TrustList, ers};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::known_world::{identified, stamping};
use crate::peers::{Cases, absent, beside, changed};
use crate::time_stamps::stamp;

const BID: &[u8] = "{\"v\":1,\"标段\":1}".as_bytes();
const SHA: DigestAlgorithm = DigestAlgorithm::Sha256;
/// 2031-06-01: no certificate is valid any more.
const EXPIRED: u64 = 1_938_038_400_000;
const JARS: [&str; 3] = ["bcpkix", "bcprov", "bcutil"];

/// Asks for a signature or stamp, and gives the number of the file that will hold it.
fn order(cases: &mut Cases, task: &str, world: &World, over: &[u8]) -> usize {
    let (leaf, issuing) = (world.leaf.der(&world.issuing_key), world.issuing.der(&world.root_key));
    let files: [&[u8]; 5] = [&world.leaf_key.pkcs8, &leaf, &issuing, over, b""];
    let name = format!("{task} by {}", world.leaf().key_algorithm().signature());
    cases.ask(&name, task, &files, NOW, true)
}

type Make = fn(Key, Key, Key) -> World;

/// A world of each kind of key.
fn worlds(make: Make) -> [(&'static str, World); 3] {
    let sm2 = || Key::sm2("1234567812345678");
    [
        ("RSA", make(Key::rsa(), Key::rsa(), Key::rsa())),
        ("P-256", make(Key::new(), Key::new(), Key::new())),
        ("SM2", make(sm2(), sm2(), sm2())),
    ]
}

/// One signature, asked of both; they agree.
fn signature(
    cases: &mut Cases,
    name: &str,
    (root, content, cms): (&[u8], &[u8], &[u8]),
    millis: u64,
    good: bool,
) {
    let ours = verify_detached(cms, content, &trust_of(root), at(millis));
    assert_eq!(ours.is_ok(), good, "{name}: {ours:?}");
    cases.ask(name, "signature", &[root, content, cms], millis, good);
}

fn trust_of(root: &[u8]) -> TrustList {
    trust(root, RULE_SUBJECT)
}

fn signatures(cases: &mut Cases, kind: &str, world: &mut World, other: &World) {
    let (root, rng) = (world.root_der(), SystemRandom::new());
    let identity = world.identity();
    let cms = sign_detached(&identity, BID, now(), &rng).unwrap();
    let mut ask = |fault: &str, content: &[u8], cms: &[u8], millis, good| {
        let name = format!("{kind}, {fault}");
        signature(cases, &name, (&root, content, cms), millis, good);
    };
    ask("good", BID, &cms, NOW, true);
    ask("another content", b"{}", &cms, NOW, false);
    ask("value", BID, &changed(&cms, 1), NOW, false);
    let time = cms.windows(13).position(|window| window == b"260701000000Z").unwrap();
    ask("signing time", BID, &changed(&cms, cms.len() - time - 11), NOW, false);
    ask("expired", BID, &cms, EXPIRED, false);
    if kind == "RSA" {
        let pss = SignatureAlgorithm::RsaPssSha256;
        let cms = sign_detached_by(pss, &identity, BID, now(), &rng).unwrap();
        ask("PSS", BID, &cms, NOW, true);
        ask("PSS, value", BID, &changed(&cms, 1), NOW, false);
    }
    // Paths: another root of that name; CAs and signers that are none.
    let other = other.root_der();
    signature(cases, &format!("{kind}, other root"), (&other, BID, &cms), NOW, false);
    let mut fault = |fault: &str, change: &dyn Fn(&mut World)| {
        let good = world.issuing.clone();
        change(world);
        let cms = sign_detached(&world.identity(), BID, now(), &rng).unwrap();
        let name = format!("{kind}, {fault}");
        signature(cases, &name, (&world.root_der(), BID, &cms), NOW, false);
        world.issuing = good;
    };
    fault("issuer is no CA", &|world| world.issuing.without(BC));
    fault("issuer may not issue", &|world| world.issuing.replace(key_usage(&[6])));
    fault("unknown critical extension", &|world| {
        world.issuing.replace(extension(STRANGE, true, vec![5, 0]));
    });
    fault("issuer not yet valid", &|world| {
        "260701000001Z".clone_into(&mut world.issuing.not_before);
    });
}

/// One token over [`BID`], asked of both.
fn token(cases: &mut Cases, name: &str, root: &[u8], token: &[u8], data: &[u8], good: bool) {
    let ours = verify_token(token, &Imprint::of(SHA, data), &trust_of(root));
    assert_eq!(ours.is_ok(), good, "{name}: {ours:?}");
    cases.ask(name, "token", &[root, data, token], NOW, good);
}

fn tokens(cases: &mut Cases, kind: &str, authority: &World, other: &World) {
    let root = authority.root_der();
    let made = stamp(authority, Imprint::of(SHA, BID), NOW);
    let mut ask = |fault: &str, root: &[u8], bytes: &[u8], data: &[u8], good| {
        token(cases, &format!("{kind} token, {fault}"), root, bytes, data, good);
    };
    ask("good", &root, &made, BID, true);
    ask("another data", &root, &made, b"{}", false);
    ask("value", &root, &changed(&made, 1), BID, false);
    let time = made.windows(15).position(|window| window == b"20260701000000Z").unwrap();
    ask("time", &root, &changed(&made, made.len() - time - 3), BID, false);
    ask("other root", &other.root_der(), &made, BID, false);
}

fn records(cases: &mut Cases, kind: &str, authority: &World) {
    let (root, objects) = (authority.root_der(), [&b"one"[..], b"two", b"three"]);
    let digests = objects.map(|object| SHA.of(object));
    let token = stamp(authority, ers::imprint(SHA, &digests).unwrap(), NOW);
    let record = ers::begin(SHA, &digests, &token).unwrap();
    let token = stamp(authority, ers::renewal_imprint(&record).unwrap(), NOW + 1_000);
    let renewed = ers::renew(&record, &token).unwrap();
    let later = NOW + 5_000;
    let mut ask = |fault: &str, bytes: &[u8], objects: &[&[u8]], good| {
        let known: Vec<_> = objects.iter().map(|one| DataObject::of(one, &[SHA])).collect();
        let ours = ers::verify(bytes, &known, &trust_of(&root), at(later));
        assert_eq!(ours.is_ok(), good, "{kind} record, {fault}: {ours:?}");
        let files = [&[&root, bytes], objects].concat();
        cases.ask(&format!("{kind} record, {fault}"), "record", &files, later, good);
    };
    ask("new", &record, &objects, true);
    ask("new, one object", &record, &objects[1..2], true);
    ask("renewed", &renewed, &objects, true);
    ask("stranger", &record, &[b"stranger"], false);
    ask("stranger in the renewed", &renewed, &[b"stranger"], false);
    ask("value of the new", &changed(&record, 1), &objects, false);
    ask("value of the renewal", &changed(&renewed, 1), &objects, false);
    let place = record.windows(32).position(|window| window == digests[0]).unwrap();
    ask("digest", &changed(&record, record.len() - place), &objects, false);
}

#[test]
fn bouncy_castle_and_we_judge_alike() {
    let missing = JARS.iter().map(|jar| format!("/usr/share/java/{jar}.jar"));
    if let Some(jar) = missing.into_iter().find(|jar| !Path::new(jar).is_file()) {
        return absent(&format!("BouncyCastle is not there: {jar} (Debian: libbcpkix-java)"));
    }
    if Command::new("javac").arg("-version").output().is_err() {
        return absent("no Java to run BouncyCastle with (Debian: default-jdk-headless)");
    }
    let mut cases = Cases::new();
    let other = identified(Key::new(), Key::new(), Key::new());
    let (mut signed, mut stamped) = (Vec::new(), Vec::new());
    let mut signers = worlds(identified);
    let authorities = worlds(stamping);
    for (kind, world) in &mut signers {
        signatures(&mut cases, kind, world, &other);
        signed.push(order(&mut cases, "sign", world, BID));
    }
    let request = Request::new(Imprint::of(SHA, BID), [0xc3; 16]).to_der();
    for (kind, authority) in &authorities {
        tokens(&mut cases, kind, authority, &other);
        records(&mut cases, kind, authority);
        stamped.push(order(&mut cases, "stamp", authority, &request));
    }
    // A signature with a stamp on it is read as one without.
    let (kind, world) = &signers[0];
    let plain = sign_detached(&world.identity(), BID, now(), &SystemRandom::new()).unwrap();
    let stamp = stamp(&authorities[1].1, time_stamp_imprint(&plain).unwrap(), NOW);
    let with = add_time_stamp(&plain, &stamp).unwrap();
    cases.ask(
        &format!("{kind}, stamped"),
        "signature",
        &[&world.root_der(), BID, &with],
        NOW,
        true,
    );
    let jars = JARS.map(|jar| format!("/usr/share/java/{jar}.jar")).join(":");
    let mut java = Command::new("java");
    java.args(["-XX:TieredStopAtLevel=1", "-cp", &jars]).arg(beside("BouncyCastle.java"));
    cases.judge(java);

    for ((kind, world), file) in signers.iter().zip(signed) {
        let (cms, trust) = (cases.read(file), trust_of(&world.root_der()));
        let verified = verify_detached(&cms, BID, &trust, now());
        let verified = verified.unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(verified.signing_time(), now());
        assert_eq!(verify_detached(&cms, b"{}", &trust, now()).unwrap_err().label(), "E_SIG_HASH");
        let error = verify_detached(&changed(&cms, 1), BID, &trust, now()).unwrap_err();
        assert_eq!(error.label(), "E_SIG_CRYPTO", "{kind}");
    }
    for ((kind, authority), file) in authorities.iter().zip(stamped) {
        let (token, trust) = (cases.read(file), trust_of(&authority.root_der()));
        let judge = |token: &[u8]| verify_token(token, &Imprint::of(SHA, BID), &trust);
        let verified = judge(&token).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(verified.gen_time(), now());
        assert_eq!(judge(&changed(&token, 1)).unwrap_err().label(), "E_TST_CRYPTO", "{kind}");
    }
}
