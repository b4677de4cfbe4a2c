//! Signed notes, verifier keys, checkpoints and cosignatures, against C2SP and against OpenSSL.

use std::fs;
use std::process::Command;

use crate::common::{
    DEADLINE, Lot, PLACES, at, checkpoint, cosigner, custodians, digest, log_signer, origin,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_journal::{
    Checkpoint, CheckpointError, CosignedCheckpoint, Cosigner, LogOrigin, LogSigner,
    SignatureAlgorithm, SignedNote, VerifierKey, verify_cosignatures,
};
use kaibiao_types::CustodianIndex;
use proptest::prelude::*;

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn note() -> String {
    checkpoint(&Lot::new(PLACES).log, 4, &[1, 2], DEADLINE + 4_321)
}

fn verify(note: &str) -> Result<CosignedCheckpoint, CheckpointError> {
    CosignedCheckpoint::verify(note, log_signer().vkey(), &custodians())
}

fn refused(note: &str) -> &'static str {
    verify(note).map(|_| ()).unwrap_err().label()
}

#[test]
fn the_published_example_verifies() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    assert_eq!(key.to_string(), EXAMPLE_KEY);
    let note = SignedNote::parse(EXAMPLE_NOTE).unwrap();
    assert_eq!(note.note(), EXAMPLE_NOTE);
    let [line] = note.signatures() else { panic!("one signature") };
    assert!(key.is_claimed_by(line));
    assert!(key.has_signed(note.text().as_bytes(), line.payload()));
    assert!(!key.has_signed(note.text().trim_end().as_bytes(), line.payload()));
}

#[test]
fn verifier_keys_are_read_strictly() {
    let own = log_signer().vkey().to_string();
    assert_eq!(own.parse::<VerifierKey>().unwrap(), *log_signer().vkey());
    let cosign = cosigner(1).vkey().to_string();
    assert_eq!(cosign.parse::<VerifierKey>().unwrap(), *cosigner(1).vkey());
    let label = |vkey: &str| vkey.parse::<VerifierKey>().unwrap_err().label();
    let public = |code: u8, length: usize| STANDARD.encode([vec![code], vec![7; length]].concat());
    for (vkey, expected) in [
        (String::new(), "vkey-form"),
        ("a+b".to_owned(), "vkey-form"),
        (EXAMPLE_KEY.replace("530d903a", "530D903A"), "vkey-form"),
        (EXAMPLE_KEY.replace("530d903a", "30d903a"), "vkey-form"),
        (EXAMPLE_KEY.replace("U2k", "U2l"), "vkey-key-id"),
        (format!("{EXAMPLE_KEY} "), "vkey-form"),
        (format!("a+00000000+{}", public(1, 31)), "vkey-form"),
        (format!("a+00000000+{}", public(1, 33)), "vkey-form"),
        ("a+00000000+".to_owned(), "vkey-form"),
        (format!("a+00000000+{}", public(2, 32)), "vkey-algorithm"),
        (format!("a+00000000+{}", public(6, 32)), "vkey-algorithm"),
        (format!("a+00000000+{}", public(1, 32)), "vkey-key-id"),
        (EXAMPLE_KEY.replace("530d903a", "530d903b"), "vkey-key-id"),
        (EXAMPLE_KEY.replace("foo", "fop"), "vkey-key-id"),
        (format!("+00000000+{}", public(1, 32)), "vkey-name"),
        (format!("a b+00000000+{}", public(1, 32)), "vkey-name"),
        (format!("a\u{3000}b+00000000+{}", public(1, 32)), "vkey-name"),
        (format!("a\n+00000000+{}", public(1, 32)), "vkey-name"),
    ] {
        assert_eq!(label(&vkey), expected, "{vkey:?}");
    }
}

#[test]
fn one_key_has_two_ids_for_two_purposes() {
    let public = *log_signer().vkey().public_key();
    let key = |algorithm| VerifierKey::new("a", algorithm, public).unwrap().key_id();
    assert_ne!(key(SignatureAlgorithm::Ed25519), key(SignatureAlgorithm::CosignatureV1));
}

#[test]
fn a_cosigned_checkpoint_verifies() {
    let verified = verify(&note()).unwrap();
    assert_eq!(verified.checkpoint(), &Lot::new(PLACES).log.checkpoint());
    let names: Vec<&str> = verified.cosignatures().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "kaibiao.example/lot/EX-2030-001/1/custodian/1",
            "kaibiao.example/lot/EX-2030-001/1/custodian/2"
        ]
    );
    assert!(verified.cosignatures().iter().all(|c| c.at == at(DEADLINE + 4_000)), "whole seconds");
}

#[test]
fn strangers_are_ignored_and_double_lines_count_once() {
    let log = Lot::new(PLACES).log;
    let mut note = SignedNote::parse(&note()).unwrap();
    // Another key under a custodian's name, another name with a custodian's key id.
    let impostor =
        Cosigner::from_seed(origin(), CustodianIndex::new(1).unwrap(), &[9; 32]).unwrap();
    note.add_line(&impostor.cosign(&log.checkpoint(), at(0)).unwrap()).unwrap();
    let line = note.signatures()[1].line();
    note.add_line(&line.replace("custodian/1", "custodian/31")).unwrap();
    // The same custodian again, earlier.
    note.add_line(&cosigner(1).cosign(&log.checkpoint(), at(DEADLINE)).unwrap()).unwrap();
    note.add_line(&line).unwrap();
    assert_eq!(note.signatures().len(), 6);
    let verified = verify(&note.note()).unwrap();
    assert_eq!(verified.cosignatures().len(), 2);
    assert_eq!(verified.cosignatures()[0].at, at(DEADLINE), "the earliest counts");
}

#[test]
fn a_wrong_signature_of_a_known_key_refuses_the_note() {
    let good = note();
    let lines = SignedNote::parse(&good).unwrap();
    for (number, label) in [
        (0, "checkpoint-log-signature"),
        (1, "checkpoint-cosignature"),
        (2, "checkpoint-cosignature"),
    ] {
        let line = lines.signatures()[number].line();
        let (head, encoded) = line.rsplit_once(' ').unwrap();
        let bytes = STANDARD.decode(encoded).unwrap();
        for bit in [4 * 8, 7 * 8 + 3, 11 * 8, 12 * 8 + 1, bytes.len() * 8 - 1] {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let bad = format!("{head} {}", STANDARD.encode(bytes));
            assert_eq!(refused(&good.replace(&line, &bad)), label, "line {number}, bit {bit}");
        }
        let short = format!("{head} {}", STANDARD.encode(&bytes[..bytes.len() - 1]));
        assert_eq!(refused(&good.replace(&line, &short)), label);
        let long = format!("{head} {}", STANDARD.encode([bytes.as_slice(), &[0]].concat()));
        assert_eq!(refused(&good.replace(&line, &long)), label);
    }
}

#[test]
fn a_time_beyond_reason_is_refused() {
    let log = Lot::new(PLACES).log;
    let line = cosigner(1).cosign(&log.checkpoint(), at(0)).unwrap();
    let (head, encoded) = line.rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(encoded).unwrap();
    bytes[4..12].copy_from_slice(&u64::MAX.to_be_bytes());
    let bad = format!("{head} {}", STANDARD.encode(bytes));
    let error = verify_cosignatures(&log.checkpoint(), &[bad], &custodians()).unwrap_err();
    assert_eq!(error.label(), "checkpoint-cosignature");
}

#[test]
fn refuses_what_the_log_has_not_signed() {
    let good = note();
    let log_line = format!("{}\n", SignedNote::parse(&good).unwrap().signatures()[0].line());
    assert_eq!(refused(&good.replace(&log_line, "")), "checkpoint-log-signature-missing");
    let (body, signatures) = good.split_once("\n\n").unwrap();
    for (body, label) in [
        (body.replace("\n4\n", "\n5\n"), "checkpoint-log-signature"),
        (body.replace("EX-2030", "EX-2031"), "checkpoint-log-signature"),
        (format!("{body}\nextension"), "checkpoint-log-signature"),
    ] {
        assert_eq!(refused(&format!("{body}\n\n{signatures}")), label);
    }
    let foreign = LogOrigin::parse("kaibiao.example/lot/EX-2030-001/2").unwrap();
    let signer = LogSigner::from_seed(foreign, digest("log seed").bytes()).unwrap();
    let head = Lot::new(PLACES).log.head();
    assert_eq!(refused(&signer.sign(head)), "checkpoint-log-signature-missing");
}

#[test]
fn a_key_may_only_sign_its_own_log() {
    // The right key signs a text of another log, by hand.
    let body =
        "kaibiao.example/lot/EX-2030-001/2\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(body).unwrap();
    let error = cosigner(1).cosign(&checkpoint, at(0)).unwrap_err();
    assert_eq!(error.label(), "cosign-foreign-log");
    let pair =
        ring::signature::Ed25519KeyPair::from_seed_unchecked(digest("log seed").bytes()).unwrap();
    let vkey = log_signer().vkey().clone();
    let bytes = [&vkey.key_id()[..], pair.sign(body.as_bytes()).as_ref()].concat();
    let note = format!("{body}\n\u{2014} {} {}\n", vkey.name(), STANDARD.encode(bytes));
    assert_eq!(refused(&note), "checkpoint-origin");
}

#[test]
fn an_extension_line_is_refused_even_if_signed() {
    let body = format!("{}extension\n", Lot::new(PLACES).log.checkpoint().body());
    let pair =
        ring::signature::Ed25519KeyPair::from_seed_unchecked(digest("log seed").bytes()).unwrap();
    let vkey = log_signer().vkey().clone();
    let bytes = [&vkey.key_id()[..], pair.sign(body.as_bytes()).as_ref()].concat();
    let note = format!("{body}\n\u{2014} {} {}\n", vkey.name(), STANDARD.encode(bytes));
    assert_eq!(refused(&note), "checkpoint-lines");
}

#[test]
fn keys_of_the_wrong_purpose_or_twice_are_refused() {
    let (note, signer) = (note(), log_signer());
    let check = |log_key: &VerifierKey, custodians: &[VerifierKey]| {
        CosignedCheckpoint::verify(&note, log_key, custodians).map(|_| ()).unwrap_err().label()
    };
    assert_eq!(check(cosigner(1).vkey(), &[]), "checkpoint-key-type");
    assert_eq!(check(signer.vkey(), &[signer.vkey().clone()]), "checkpoint-key-type");
    let index = CustodianIndex::new(2).unwrap();
    let double = Cosigner::from_seed(origin(), index, digest("custodian seed 1").bytes()).unwrap();
    let both = [cosigner(1).vkey().clone(), double.vkey().clone()];
    assert_eq!(check(signer.vkey(), &both), "checkpoint-duplicate-key");
}

#[test]
fn refuses_notes_that_are_none() {
    let good = note();
    let line = format!("{}\n", SignedNote::parse(&good).unwrap().signatures()[1].line());
    let many = good.clone() + &line.repeat(64);
    for (note, label) in [
        (String::new(), "note-structure"),
        (good.trim_end().to_owned(), "note-structure"),
        (good.replace("\n\n", "\n"), "note-structure"),
        (good.split_once("\n\n").unwrap().0.to_owned() + "\n\n", "note-structure"),
        (format!("{good}\n"), "note-structure"),
        (good.replace('\n', "\r\n"), "note-control-character"),
        (good.replace("kaibiao", "kaibiao\t"), "note-control-character"),
        (good.replace('\u{2014}', "-"), "note-signature-line"),
        (good.replace("\u{2014} ", "\u{2014}"), "note-signature-line"),
        (good.replace("/custodian/1 ", "/custodian/1  "), "note-signature-line"),
        (good.replace("/custodian/1 ", "/custodian/1+ "), "note-signature-line"),
        (format!("{good}\u{2014} a AAAAAA==\n"), "note-signature-line"),
        (format!("{good}\u{2014} a AAAA\n"), "note-signature-line"),
        (format!("{good}\u{2014}  AAAAAAAA\n"), "note-signature-line"),
        (format!("{good}trailing\n"), "note-signature-line"),
        (many, "note-too-many-signatures"),
        ("x".repeat(70_000), "note-too-long"),
    ] {
        assert_eq!(refused(&note), label, "{note:?}");
    }
    let mut full = SignedNote::parse(&good).unwrap();
    assert_eq!(full.add_line("- a AAAAAAAA").unwrap_err().label(), "note-signature-line");
    for number in 0..61 {
        full.add_line(&format!("\u{2014} a{number} AAAAAAAA")).unwrap();
    }
    assert_eq!(
        full.add_line("\u{2014} b AAAAAAAA").unwrap_err().label(),
        "note-too-many-signatures"
    );
    assert!(verify(&full.note()).is_ok());
}

#[test]
fn cosignature_lines_apart_from_their_note() {
    let log = Lot::new(PLACES).log;
    let lines: Vec<String> =
        [3, 1].map(|i| cosigner(i).cosign(&log.checkpoint(), at(DEADLINE)).unwrap()).to_vec();
    let found = verify_cosignatures(&log.checkpoint(), &lines, &custodians()).unwrap();
    assert_eq!(found.len(), 2);
    let old = log.checkpoint_at(2).unwrap();
    let label = |checkpoint: &Checkpoint, lines: &[String]| {
        verify_cosignatures(checkpoint, lines, &custodians()).unwrap_err().label()
    };
    assert_eq!(label(&old, &lines), "checkpoint-cosignature");
    assert_eq!(label(&old, &[format!("{}\n", lines[0])]), "checkpoint-cosignature-line");
    assert_eq!(label(&old, &[String::new()]), "checkpoint-cosignature-line");
    assert_eq!(verify_cosignatures(&old, &[], &custodians()).unwrap(), []);
}

#[test]
fn private_keys_are_never_shown() {
    let shown = format!("{:?} {:?}", log_signer(), cosigner(1));
    assert!(shown.contains("LogSigner(kaibiao.example/lot/EX-2030-001/1+"), "{shown}");
    for seed in ["log seed", "custodian seed 1"] {
        let seed = digest(seed);
        assert!(!shown.contains(&seed.to_string()));
        assert!(!shown.contains(&STANDARD.encode(seed.bytes())));
        assert!(!shown.contains(&format!("{:?}", seed.bytes())));
    }
}

#[test]
fn refuses_keys_that_are_none() {
    for der in [&b""[..], b"0", &[0x30, 0x2e, 2, 1, 0], &[0; 48]] {
        assert_eq!(LogSigner::from_pkcs8(origin(), der).unwrap_err().label(), "signer-pkcs8");
        let index = CustodianIndex::new(1).unwrap();
        assert_eq!(Cosigner::from_pkcs8(origin(), index, der).unwrap_err().label(), "signer-pkcs8");
    }
}

/// Whether the `openssl` program is here; in CI it must be.
fn openssl_is_here() -> bool {
    let here =
        Command::new("openssl").arg("version").output().is_ok_and(|out| out.status.success());
    if !here {
        println!("SKIPPED openssl is not installed");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must compare with openssl");
    }
    here
}

fn openssl(folder: &std::path::Path, arguments: &str) -> bool {
    let run =
        Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    run.status.success()
}

/// The public key as PEM: the fixed SPKI prefix of Ed25519 (RFC 8410) and 32 bytes.
fn pem(key: &VerifierKey) -> String {
    let spki = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0], &key.public_key()[..]]
        .concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(spki))
}

#[test]
fn openssl_accepts_our_signatures() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let note = SignedNote::parse(&note()).unwrap();
    let check = "pkeyutl -verify -pubin -inkey pub.pem -rawin -in body -sigfile sig";
    fs::write(folder.join("pub.pem"), pem(log_signer().vkey())).unwrap();
    fs::write(folder.join("body"), note.text()).unwrap();
    fs::write(folder.join("sig"), note.signatures()[0].payload()).unwrap();
    assert!(openssl(folder, check), "the log's signature");
    fs::write(folder.join("body"), note.text().replace("\n4\n", "\n5\n")).unwrap();
    assert!(!openssl(folder, check), "a changed body");

    fs::write(folder.join("pub.pem"), pem(cosigner(1).vkey())).unwrap();
    let seconds = (DEADLINE + 4_321) / 1_000;
    fs::write(folder.join("body"), format!("cosignature/v1\ntime {seconds}\n{}", note.text()))
        .unwrap();
    fs::write(folder.join("sig"), &note.signatures()[1].payload()[8..]).unwrap();
    assert!(openssl(folder, check), "the cosignature");
}

#[test]
fn keys_made_by_openssl_are_read() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(openssl(folder, "genpkey -algorithm ed25519 -outform DER -out key.der"));
    assert!(openssl(folder, "pkey -in key.der -inform DER -pubout -out pub.pem"));
    let der = fs::read(folder.join("key.der")).unwrap();
    let signer = LogSigner::from_pkcs8(origin(), &der).unwrap();
    assert_eq!(fs::read_to_string(folder.join("pub.pem")).unwrap(), pem(signer.vkey()));
    let index = CustodianIndex::new(1).unwrap();
    let cosigner = Cosigner::from_pkcs8(origin(), index, &der).unwrap();
    assert_eq!(cosigner.vkey().public_key(), signer.vkey().public_key());
    assert!(openssl(folder, "genpkey -algorithm x25519 -outform DER -out other.der"));
    let other = fs::read(folder.join("other.der")).unwrap();
    assert_eq!(LogSigner::from_pkcs8(origin(), &other).unwrap_err().label(), "signer-pkcs8");
}

proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>()) {
        let _ = SignedNote::parse(&text);
        let _ = text.parse::<VerifierKey>();
        let _ = Checkpoint::parse(&text);
        let _ = verify(&text);
        let _ = verify(&format!("{text}\n\n\u{2014} {text}\n"));
    }

    /// A changed character of a note is refused, or lies in a line of an unknown key.
    #[test]
    fn damage_never_adds_anything(at in 0..400_usize, byte in 32_u8..127) {
        let good = note();
        let mut bytes = good.clone().into_bytes();
        prop_assume!(at < bytes.len() && bytes[at] != byte);
        bytes[at] = byte;
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        if let Ok(verified) = verify(&text) {
            let expected = Lot::new(PLACES).log.checkpoint();
            prop_assert_eq!(verified.checkpoint(), &expected);
            prop_assert!(verified.cosignatures().len() < 2);
        }
    }
}
