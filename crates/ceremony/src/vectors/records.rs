//! Whole key generations, their records, and records and bundles with one fault each.

use kaibiao_crypto::Hex;
use kaibiao_types::Digest;
use serde::{Deserialize, Serialize};

use super::{check, root};
use crate::testing::{Ceremony, hex, index, one_of_one, two_of_three, two_of_three_sm, unhex};
use crate::*;

#[derive(Serialize, Deserialize)]
struct RunFile {
    what: String,
    ciphersuite: String,
    session_id: Digest,
    context: Digest,
    static_secrets: Vec<String>,
    messages: Vec<String>,
    transcript: String,
    certificate: Vec<Hex<65>>,
    secret_shares: Vec<String>,
    ceremony_id: Digest,
    record: String,
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn messages(ceremony: &Ceremony) -> Vec<Vec<u8>> {
    ceremony.transcript.messages.iter().map(|message| message.0.clone()).collect()
}

fn run_file(what: &str, ceremony: &Ceremony) -> RunFile {
    let record = &ceremony.record;
    let (_, _, transcript) = ceremony.session.public_outcome(&messages(ceremony)).unwrap();
    RunFile {
        what: what.to_owned(),
        ciphersuite: record.suite().dkg_ciphersuite().to_owned(),
        session_id: session_id(record.suite(), &record.lot_key(), &record.session),
        context: *ceremony.session.context(),
        static_secrets: ceremony.statics.iter().map(|key| hex(*key.danger_bytes())).collect(),
        messages: messages(ceremony).iter().map(hex).collect(),
        transcript: hex(transcript),
        certificate: ceremony.transcript.certificate.clone(),
        secret_shares: ceremony.shares.iter().map(|s| hex(*s.secret.danger_bytes())).collect(),
        ceremony_id: record.ceremony_id,
        record: text(ceremony.bytes()),
    }
}

/// From the committed static keys and messages alone: the same shares, record and certificate.
fn judge_run(file: &RunFile) {
    let record = CeremonyRecord::parse(file.record.as_bytes()).unwrap();
    assert_eq!(record.ceremony_id, file.ceremony_id);
    assert_eq!(ceremony_id(&record), file.ceremony_id);
    assert_eq!(session_id(record.suite(), &record.lot_key(), &record.session), file.session_id);
    let statics: Vec<StaticKey> = file
        .static_secrets
        .iter()
        .map(|secret| StaticKey::from_bytes_in(record.suite(), &unhex(secret)).unwrap())
        .collect();
    let session = Session::new(
        record.suite(),
        file.session_id.bytes(),
        record.threshold,
        statics.iter().map(StaticKey::public).collect(),
        record.policy_sha256.bytes().to_vec(),
    )
    .unwrap();
    assert_eq!(session.context(), &file.context);
    let messages: Vec<Vec<u8>> = file.messages.iter().map(|message| unhex(message)).collect();
    for (i, key) in (1_u16..).zip(&statics) {
        let at = usize::from(i) - 1;
        let outcome = session.round2(index(i), key, &messages).unwrap();
        assert_eq!(hex(*outcome.share.secret.danger_bytes()), file.secret_shares[at]);
        assert_eq!(record.public_share(index(i)), Some(&outcome.share.public()));
        assert_eq!(outcome.key.hex(), record.y);
        assert_eq!(outcome.signature, file.certificate[at]);
        assert_eq!(hex(&outcome.transcript), file.transcript);
        session.check_certificate(&outcome.transcript, &file.certificate).unwrap();
        let transcript = Transcript {
            messages: messages.iter().cloned().map(Bytes).collect(),
            certificate: file.certificate.clone(),
        };
        let recovered = recover(key, &record, &transcript).unwrap();
        assert_eq!(hex(*recovered.secret.danger_bytes()), file.secret_shares[at]);
    }
}

#[test]
fn whole_runs() {
    let made = run_file("2 of 3: every byte of a key generation", two_of_three());
    judge_run(&check("run-2-of-3.json", &made));
    let made = run_file("1 of 1: the same protocol with one custodian", one_of_one());
    judge_run(&check("run-1-of-1.json", &made));
    let made = run_file("2 of 3 in suite 0x0101", two_of_three_sm());
    judge_run(&check("run-2-of-3-sm2.json", &made));
}

#[derive(Serialize, Deserialize)]
struct RecordFile {
    what: String,
    cases: Vec<RecordCase>,
}

#[derive(Serialize, Deserialize)]
struct RecordCase {
    name: String,
    expect: String,
    rule: String,
    bytes: String,
}

/// The rule that is broken: the variant's name.
fn rule(error: &RecordError) -> String {
    let name = format!("{error:?}");
    name.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

fn record_cases() -> Vec<RecordCase> {
    let ceremony = two_of_three();
    let good = text(ceremony.bytes());
    let record = &ceremony.record;
    let other = &one_of_one().record;
    let swap = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let share = |i: usize| record.shares[i].to_string();
    let vkey = |i: usize| record.custodians[i].cosign_vkey.clone();
    let cert = |i: usize| record.custodians[i].cert_sha256.to_string();
    let fixed = |n: u16, k: u16| format!(r#""threshold":{{"n":{n},"k":{k}}}"#);
    let cases = [
        ("holds", "", good.clone()),
        ("white space before a value", "", swap(r#""v":1"#, r#""v": 1"#)),
        ("version 2", "Version", swap(r#""v":1"#, r#""v":2"#)),
        ("an unknown suite", "Version", swap(r#""suite":1"#, r#""suite":258"#)),
        ("the points of another suite", "Custodians", swap(r#""suite":1"#, r#""suite":257"#)),
        ("another kind", "Malformed", swap(r#""kind":"ceremony""#, r#""kind":"rehearsal""#)),
        ("an unknown field", "Malformed", swap("{", r#"{"note":1,"#)),
        ("a field twice", "Malformed", swap("{", r#"{"v":1,"#)),
        ("a byte after the end", "Malformed", format!("{good}x")),
        ("a byte order mark", "Malformed", format!("\u{feff}{good}")),
        ("2k is not above n", "Policy", swap(&fixed(3, 2), &fixed(3, 1))),
        ("k is zero", "Policy", swap(&fixed(3, 2), &fixed(3, 0))),
        ("k above n", "Policy", swap(&fixed(3, 2), &fixed(3, 4))),
        ("k raised within n", "Id", swap(&fixed(3, 2), &fixed(3, 3))),
        ("custodian number 0", "Malformed", swap(r#""index":1"#, r#""index":0"#)),
        ("custodian numbers not in order", "Custodians", swap(r#""index":1"#, r#""index":2"#)),
        ("two custodians with one certificate", "Policy", swap(&cert(1), &cert(0))),
        ("two custodians with one cosigning key", "Custodians", swap(&vkey(1), &vkey(0))),
        (
            "two custodians with one static key",
            "Custodians",
            swap(
                &record.custodians[1].static_key.to_string(),
                &record.custodians[0].static_key.to_string(),
            ),
        ),
        ("Y is a share", "Key", swap(&record.y.to_string(), &share(0))),
        ("Y is of another ceremony", "Key", swap(&record.y.to_string(), &other.y.to_string())),
        ("a share off the polynomial", "Key", swap(&share(2), &other.y.to_string())),
        ("a share that is no point", "Key", swap(&share(2), &"00".repeat(33))),
        ("a point in capitals", "Malformed", swap(&share(2), &share(2).to_uppercase())),
        ("another tender", "Id", swap("ZZ-2022-0705\"", "ZZ-2022-0706\"")),
        ("another organisation's name", "Id", swap("开标见证单位1", "开标见证单位9")),
        ("another session", "Id", swap(&record.session.to_string(), &"00".repeat(32))),
        ("another draft", "Id", swap(&record.policy_sha256.to_string(), &Digest::ZERO.to_string())),
        (
            "another transcript",
            "Id",
            swap(&record.transcript_sha256.to_string(), &Digest::ZERO.to_string()),
        ),
        ("another id", "Id", swap(&record.ceremony_id.to_string(), &Digest::ZERO.to_string())),
    ];
    cases
        .into_iter()
        .map(|(name, rule, bytes)| RecordCase {
            name: name.to_owned(),
            expect: match rule {
                "" => "ok",
                "Policy" => "E_POLICY",
                _ => "E_CEREMONY",
            }
            .to_owned(),
            rule: rule.to_owned(),
            bytes,
        })
        .collect()
}

#[test]
fn records() {
    let what = "ceremony.json: exact bytes; `rule` is the one broken".to_owned();
    for case in check("record.json", &RecordFile { what, cases: record_cases() }).cases {
        match CeremonyRecord::parse(case.bytes.as_bytes()) {
            Ok(record) => {
                assert_eq!(("ok", ""), (&*case.expect, &*case.rule), "{}", case.name);
                assert_eq!(record, two_of_three().record);
            }
            Err(error) => {
                let found = (error.label(), &*rule(&error));
                assert_eq!(found, (&*case.expect, &*case.rule), "{}", case.name);
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct BundleFile {
    what: String,
    cases: Vec<BundleCase>,
}

#[derive(Serialize, Deserialize)]
struct BundleCase {
    name: String,
    expect: String,
    rule: String,
    bundle: CeremonyBundle,
}

fn bundle_case(name: &str, rule: &str, change: impl FnOnce(&mut CeremonyBundle)) -> BundleCase {
    let mut bundle = two_of_three().bundle.clone();
    change(&mut bundle);
    let expect = if rule.is_empty() { "ok" } else { "E_CEREMONY" }.to_owned();
    BundleCase { name: name.to_owned(), expect, rule: rule.to_owned(), bundle }
}

#[test]
fn bundles() {
    let cases = vec![
        bundle_case("holds", "", |_| ()),
        bundle_case("a custodian did not sign", "Custodians", |b| drop(b.signatures.pop())),
        bundle_case("signatures not in order", "Custodians", |b| b.signatures.swap(0, 1)),
        bundle_case("a signature more", "Custodians", |b| {
            b.signatures.push(b.signatures[0].clone());
        }),
        bundle_case("a certificate signature altered", "Agreement", |b| {
            b.transcript.certificate[1].0[64] ^= 1;
        }),
        bundle_case("a certificate signature missing", "Agreement", |b| {
            b.transcript.certificate.truncate(2);
        }),
        bundle_case("a commitment altered", "Agreement", |b| b.transcript.messages[2].0[1] ^= 1),
        bundle_case("a proof of possession altered", "Agreement", |b| {
            b.transcript.messages[2].0[2 * 33 + 64] ^= 1;
        }),
        bundle_case("a message cut short", "Agreement", |b| {
            b.transcript.messages[0].0.truncate(300);
        }),
        bundle_case(
            "messages exchanged, so the certificate is of another transcript",
            "Transcript",
            |b| {
                b.transcript.messages.swap(0, 1);
            },
        ),
        bundle_case("rehearsals not numbered from 0", "Rehearsals", |b| b.rehearsal[0].i = 1),
        bundle_case("the record of another ceremony", "Agreement", |b| {
            b.ceremony_b64 = Bytes(testing::run(3, 2, 7).bytes());
        }),
    ];
    let what = "the bundle over HTTP, without the CMS signatures, which are placeholders here";
    for case in check("bundle.json", &BundleFile { what: what.to_owned(), cases }).cases {
        let bytes = serde_json::to_vec(&case.bundle).unwrap();
        let error = CeremonyBundle::parse(&bytes).err();
        let found = error.as_ref().map_or("ok", RecordError::label);
        let broken = error.as_ref().map_or_else(String::new, rule);
        assert_eq!((found, &broken), (&*case.expect, &case.rule), "{}", case.name);
    }
}

/// The specification begins with a shortened record: every piece of it stands in the real one.
#[test]
fn the_sample_in_the_specification_is_real() {
    let spec = std::fs::read_to_string(root("docs/spec/ceremony.md")).unwrap();
    let sample = spec.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    let sample: String = sample.lines().map(str::trim_start).collect();
    let record = text(two_of_three().bytes());
    let mut rest = record.as_str();
    for piece in sample.split('…') {
        let (_, after) = rest.split_once(piece).unwrap_or_else(|| panic!("{piece} is not there"));
        rest = after;
    }
    assert_eq!(rest, "", "the sample ends where the record ends");
    assert!(sample.starts_with("{\"v\":1,\"kind\":\"ceremony\""));
}
