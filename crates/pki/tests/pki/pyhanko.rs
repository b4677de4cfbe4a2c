//! pyHanko judges our signatures with time stamps (CAdES-T), of RSA and P-256. It knows no SM3.

use std::path::Path;
use std::process::Command;

use kaibiao_pki::cms::{add_time_stamp, sign_detached_by, time_stamp_imprint, verify_detached};
use kaibiao_pki::{SignatureAlgorithm, TrustList};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::known_world::{identified, stamping};
use crate::peers::{Cases, absent, beside, changed};
use crate::time_stamps::stamp;

const BID: &[u8] = "{\"v\":1,\"标段\":1}".as_bytes();

/// One signature under two roots, asked of both; they agree.
fn ask(cases: &mut Cases, name: &str, roots: [&[u8]; 2], content: &[u8], cms: &[u8], good: bool) {
    let anchors = roots.map(|der| anchor_json(der, RULE_SUBJECT));
    let trust = TrustList::parse(list_json(&anchors).as_bytes()).unwrap();
    let ours = verify_detached(cms, content, &trust, now());
    assert_eq!(ours.is_ok(), good, "{name}: {ours:?}");
    cases.ask(name, "stamped", &[roots[0], roots[1], content, cms], NOW, good);
}

#[test]
fn pyhanko_and_we_judge_alike() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pyhanko/bin/python3");
    if !python.exists() {
        return absent("pyHanko is not there: cargo xtask test --only set-up");
    }
    let mut cases = Cases::new();
    let signers = [
        (SignatureAlgorithm::RsaPkcs1Sha256, identified(Key::rsa(), Key::rsa(), Key::rsa())),
        (SignatureAlgorithm::RsaPssSha256, identified(Key::new(), Key::new(), Key::rsa())),
        (SignatureAlgorithm::EcdsaP256Sha256, identified(Key::new(), Key::new(), Key::new())),
    ];
    let authority = stamping(Key::new(), Key::rsa(), Key::rsa());
    let other = identified(Key::new(), Key::new(), Key::new()).root_der();
    let stamps = authority.root_der();
    for (by, world) in &signers {
        let plain =
            sign_detached_by(*by, &world.identity(), BID, now(), &SystemRandom::new()).unwrap();
        let token = stamp(&authority, time_stamp_imprint(&plain).unwrap(), NOW);
        let cms = add_time_stamp(&plain, &token).unwrap();
        let signer = world.root_der();
        let mut ask = |fault: &str, roots, content: &[u8], cms: &[u8], good| {
            ask(&mut cases, &format!("{by}, {fault}"), roots, content, cms, good);
        };
        let roots = [signer.as_slice(), &stamps];
        ask("good", roots, BID, &cms, true);
        ask("another content", roots, b"{}", &cms, false);
        ask("value of the stamp", roots, BID, &changed(&cms, 1), false);
        ask("value", roots, BID, &changed(&cms, token.len() + 40), false);
        let time = cms.windows(13).position(|window| window == b"260701000000Z").unwrap();
        ask("signing time", roots, BID, &changed(&cms, cms.len() - time - 11), false);
        let time = cms.windows(15).position(|window| window == b"20260701000000Z").unwrap();
        ask("time of the stamp", roots, BID, &changed(&cms, cms.len() - time - 11), false);
        ask("other root of the signer", [&other, &stamps], BID, &cms, false);
        ask("other root of the stamp", [&signer, &other], BID, &cms, false);
    }
    let mut program = Command::new(python);
    program.arg(beside("pyhanko_cades.py"));
    cases.judge(program);
}
