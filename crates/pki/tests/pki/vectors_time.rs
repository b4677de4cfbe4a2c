//! The fixed vectors on time and revocation in `fixtures/vectors/signature`: `validation.json`,
//! `time-stamps.json` and `evidence-records.json`. One fault each; `expect` is what must come out.
#![allow(clippy::assigning_clones, clippy::redundant_closure_for_method_calls)] // reads better here

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::ers::DataObject;
use kaibiao_pki::revocation::Evidence;
use kaibiao_pki::tsp::{Imprint, verify_token};
use kaibiao_pki::validation::{Input, Proof, RevocationRule, validate};
use kaibiao_pki::{Certificate, DigestAlgorithm, TrustList, ers};
use kaibiao_types::{OrgCode, UtcMillis};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::forge::*;
use crate::n_cases::table;
use crate::scene::{Given, IN_2030, IN_2041, Kind, Scene};
use crate::time_stamps::{fields_over, stamp, token_in};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors<T> {
    v: u64,
    about: String,
    /// Bytes by the name under which cases refer to them.
    data_b64: BTreeMap<String, String>,
    cases: Vec<T>,
}

impl<T: Serialize + DeserializeOwned> Vectors<T> {
    fn new(about: &str) -> Self {
        Self { v: 1, about: about.to_owned(), data_b64: BTreeMap::new(), cases: vec![] }
    }

    fn path(name: &str) -> PathBuf {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        root.join("fixtures/vectors/signature").join(name)
    }

    fn load(name: &str) -> Self {
        let vectors: Self = serde_json::from_slice(&fs::read(Self::path(name)).unwrap()).unwrap();
        assert_eq!(vectors.v, 1);
        vectors
    }

    /// Keeps bytes once and tells their name: the first octets of their SHA-256.
    fn keep(&mut self, bytes: &[u8]) -> String {
        let name = kaibiao_types::Digest::new(sha256(bytes).try_into().unwrap()).to_string();
        let name: String = name.chars().take(12).collect();
        self.data_b64.insert(name.clone(), STANDARD.encode(bytes));
        name
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        STANDARD.decode(&self.data_b64[name]).unwrap()
    }

    /// With `UPDATE=1` what was made anew becomes the vectors.
    fn store(&self, name: &str) {
        if std::env::var("UPDATE").as_deref() == Ok("1") {
            fs::write(Self::path(name), serde_json::to_string_pretty(self).unwrap() + "\n")
                .unwrap();
        }
    }
}

// Validations --------------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    name: String,
    cms: String,
    content: String,
    trust: String,
    certificates: Vec<String>,
    evidence: Vec<String>,
    known: Option<UtcMillis>,
    record: Option<String>,
    signer: Option<OrgCode>,
    /// `required` or `not-judged`.
    revocation: String,
    now: UtcMillis,
    expect: Outcome,
}

/// What a validation must say.
#[derive(Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    indication: String,
    sub_indication: Option<String>,
    label: Option<String>,
    best_signature_time: Option<UtcMillis>,
    best_signature_time_by: Option<String>,
    /// Each question with its answer.
    checks: Vec<(String, String)>,
}

fn validated(vectors: &Vectors<Whole>, case: &Whole) -> Outcome {
    let trust = TrustList::parse(&vectors.bytes(&case.trust)).unwrap();
    let (cms, content) = (vectors.bytes(&case.cms), vectors.bytes(&case.content));
    let certificates: Vec<_> = case
        .certificates
        .iter()
        .map(|name| Certificate::from_der(&vectors.bytes(name)).unwrap())
        .collect();
    let lists: Vec<_> = case.evidence.iter().map(|name| vectors.bytes(name)).collect();
    let evidence: Vec<_> = lists.iter().map(|bytes| Evidence::guess(bytes)).collect();
    let record = case.record.as_ref().map(|name| vectors.bytes(name));
    let known = case.known.map(Proof::Known);
    let proofs: Vec<_> = record.as_deref().map(Proof::Record).into_iter().chain(known).collect();
    let input = Input {
        certificates: &certificates,
        evidence: &evidence,
        proofs: &proofs,
        signer: case.signer.as_ref(),
        revocation: match case.revocation.as_str() {
            "required" => RevocationRule::Required,
            "not-judged" => RevocationRule::NotJudged,
            other => panic!("{other}"),
        },
        ..Input::new(&cms, &content, &trust)
    };
    let found = validate(&input, case.now);
    let best = found.best_signature_time();
    let name = |check: &kaibiao_pki::validation::Check| {
        (check.question.name().to_owned(), check.answer.name().to_owned())
    };
    Outcome {
        indication: found.verdict().indication().to_owned(),
        sub_indication: found.verdict().sub_indication().map(str::to_owned),
        label: found.fault().map(|fault| fault.label().to_owned()),
        best_signature_time: best.map(|best| best.at),
        best_signature_time_by: best.map(|best| best.by.name().to_owned()),
        checks: found.checks().iter().map(name).collect(),
    }
}

const VALIDATION: &str = "validation.json";

#[test]
fn every_validation_vector_comes_out_as_it_says() {
    let vectors: Vectors<Whole> = Vectors::load(VALIDATION);
    for case in &vectors.cases {
        assert_eq!(validated(&vectors, case), case.expect, "{}", case.name);
    }
    assert!(vectors.cases.len() >= 50, "{}", vectors.cases.len());
}

/// The cases on time and revocation, those of P-256 all, of RSA and SM2 the first of each number.
#[test]
fn validation_cases_made_anew_have_their_outcomes() {
    let about = "Validations of a signature at a past time (docs/spec/validation.md). Names stand for \
                 bytes in data_b64; evidence are CRLs and OCSP responses; known is an instant at which \
                 the caller knows the container to have existed; now is the present.";
    let mut vectors = Vectors::new(about);
    for kind in Kind::ALL {
        let scene = Scene::new(kind);
        let mut last = None;
        for row in table() {
            let wanted = row.number == 0 || (18..=28).contains(&row.number);
            let first = last != Some(row.number);
            if !wanted || !row.kinds.contains(&kind) || (kind != Kind::P256 && !first) {
                continue;
            }
            last = Some(row.number);
            let name = format!("N{:02} {}, {kind:?}", row.number, row.what);
            let case = whole(&mut vectors, name, &(row.make)(&scene));
            assert_eq!(case.expect.indication, row.expect.indication(), "{}", case.name);
            assert_eq!(case.expect.sub_indication.as_deref(), row.expect.sub_indication());
            vectors.cases.push(case);
        }
    }
    vectors.store(VALIDATION);
}

fn whole(vectors: &mut Vectors<Whole>, name: String, given: &Given) -> Whole {
    let empty = Outcome {
        indication: String::new(),
        sub_indication: None,
        label: None,
        best_signature_time: None,
        best_signature_time_by: None,
        checks: vec![],
    };
    let mut case = Whole {
        name,
        cms: vectors.keep(&given.cms),
        content: vectors.keep(&given.content),
        trust: vectors.keep(list_json(&given.anchors).as_bytes()),
        certificates: given.certificates.iter().map(|one| vectors.keep(one.der())).collect(),
        evidence: given.evidence.iter().map(|bytes| vectors.keep(bytes)).collect(),
        known: given.known,
        record: given.record.as_ref().map(|bytes| vectors.keep(bytes)),
        signer: given.signer.clone(),
        revocation: match given.revocation {
            RevocationRule::Required => "required".to_owned(),
            RevocationRule::NotJudged => "not-judged".to_owned(),
        },
        now: given.now,
        expect: empty,
    };
    case.expect = validated(vectors, &case);
    case
}

// Time stamps --------------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenCase {
    name: String,
    token: String,
    /// `sha256` or `sm3`.
    digest: String,
    stamped: String,
    trust: String,
    /// `ok`, or the label of the refusal.
    expect: String,
    sub_indication: Option<String>,
    gen_time: Option<UtcMillis>,
    serial_tail: Option<String>,
}

fn judge_token(vectors: &Vectors<TokenCase>, case: &mut TokenCase) {
    let algorithm = match case.digest.as_str() {
        "sha256" => DigestAlgorithm::Sha256,
        "sm3" => DigestAlgorithm::Sm3,
        other => panic!("{other}"),
    };
    let imprint = Imprint::of(algorithm, &vectors.bytes(&case.stamped));
    let trust = TrustList::parse(&vectors.bytes(&case.trust)).unwrap();
    let found = verify_token(&vectors.bytes(&case.token), &imprint, &trust);
    case.expect = found.as_ref().map_or_else(|error| error.label(), |_| "ok").to_owned();
    case.sub_indication = found.as_ref().err().map(|error| error.indication().to_owned());
    let good = found.ok();
    case.gen_time = good.as_ref().map(|stamp| stamp.gen_time());
    case.serial_tail = good.map(|stamp| stamp.tsa().serial_tail().to_string());
}

const TIME_STAMPS: &str = "time-stamps.json";

#[test]
fn every_time_stamp_vector_comes_out_as_it_says() {
    let mut vectors: Vectors<TokenCase> = Vectors::load(TIME_STAMPS);
    for mut case in std::mem::take(&mut vectors.cases) {
        let said = serde_json::to_string(&case).unwrap();
        judge_token(&vectors, &mut case);
        assert_eq!(serde_json::to_string(&case).unwrap(), said);
    }
}

const STAMPED: &[u8] = b"what existed";

#[test]
fn time_stamps_made_anew_have_their_outcomes() {
    let about = "Time stamps (docs/spec/timestamp.md): token over the digest of stamped. Names stand for \
                 bytes in data_b64.";
    let mut vectors: Vectors<TokenCase> = Vectors::new(about);
    let mut add = |name: &str, token: &[u8], digest: &str, authority: &World, expect: &str| {
        let trust = list_json(&[anchor_json(&authority.root_der(), RULE_SUBJECT)]);
        let mut case = TokenCase {
            name: name.to_owned(),
            token: vectors.keep(token),
            digest: digest.to_owned(),
            stamped: vectors.keep(STAMPED),
            trust: vectors.keep(trust.as_bytes()),
            expect: String::new(),
            sub_indication: None,
            gen_time: None,
            serial_tail: None,
        };
        judge_token(&vectors, &mut case);
        assert_eq!(case.expect, expect, "{name}");
        vectors.cases.push(case);
    };
    for kind in Kind::ALL {
        let scene = Scene::new(kind);
        let token = stamp(&scene.tsa, Imprint::of(DigestAlgorithm::Sha256, STAMPED), NOW + 250);
        add(&format!("good, {kind:?}"), &token, "sha256", &scene.tsa, "ok");
        let mut altered = token.clone();
        *altered.last_mut().unwrap() ^= 1;
        add(&format!("altered, {kind:?}"), &altered, "sha256", &scene.tsa, "E_TST_CRYPTO");
        if kind == Kind::P256 {
            let sm3 = stamp(&scene.tsa, Imprint::of(DigestAlgorithm::Sm3, STAMPED), NOW);
            add("good, by SM3", &sm3, "sm3", &scene.tsa, "ok");
            add("by another digest", &sm3, "sha256", &scene.tsa, "E_TST_IMPRINT_ALGORITHM");
            let other = stamp(&scene.tsa, Imprint::of(DigestAlgorithm::Sha256, b"x"), NOW);
            add("other data", &other, "sha256", &scene.tsa, "E_TST_IMPRINT");
            add("unknown authority", &token, "sha256", &scene.long_tsa, "E_CERT_UNTRUSTED");
            let longer = [token.as_slice(), &[0]].concat();
            add("an octet follows", &longer, "sha256", &scene.tsa, "E_TST_FORMAT");
            forged(&scene.tsa, &mut add);
        }
    }
    vectors.store(TIME_STAMPS);
}

/// Tokens with one fault that no authority makes.
fn forged(tsa: &World, add: &mut impl FnMut(&str, &[u8], &str, &World, &str)) {
    let good = || fields_over(&sha256(STAMPED));
    let time = |text: &str| {
        let mut fields = good();
        fields[4] = tlv(0x18, text.as_bytes());
        token_in(tsa, &seq(&fields))
    };
    let changed = |change: fn(&mut Container)| {
        let mut container = token_in(tsa, &seq(&good()));
        change(&mut container);
        container
    };
    for (name, container, expect) in [
        ("after the authority ended", time("20310101000000Z"), "E_CERT_EXPIRED"),
        ("before the authority began", time("20251231235959Z"), "E_CERT_NOT_YET_VALID"),
        ("time without seconds", time("202607010000Z"), "E_TST_FORMAT"),
        ("two signers", changed(|c| c.signers = 2), "E_TST_SIGNERS"),
        ("SHA-1", changed(|c| c.digest = SHA1.to_vec()), "E_TST_ALGORITHM"),
        ("no certificate", changed(|c| c.certificates = None), "E_TST_NO_CERTIFICATE"),
        (
            "made for another certificate",
            changed(|c| c.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &[7; 32])])])),
            "E_TST_OTHER_CERTIFICATE",
        ),
        (
            "messageDigest of something else",
            changed(|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &[0; 32])])),
            "E_TST_HASH",
        ),
    ] {
        add(name, &container.signed_by(&tsa.leaf_key), "sha256", tsa, expect);
    }
}

// Evidence records ---------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordCase {
    name: String,
    record: String,
    /// SHA-256 of each object that is asked about.
    digests: Vec<String>,
    trust: String,
    /// The instant of judgement.
    at: UtcMillis,
    /// `ok`, or the label of the refusal.
    expect: String,
    sub_indication: Option<String>,
    existed: Option<UtcMillis>,
    due: Option<UtcMillis>,
}

fn judge_record(vectors: &Vectors<RecordCase>, case: &mut RecordCase) {
    let trust = TrustList::parse(&vectors.bytes(&case.trust)).unwrap();
    let object =
        |name: &String| DataObject::with(DigestAlgorithm::Sha256, vectors.bytes(name)).unwrap();
    let objects: Vec<DataObject> = case.digests.iter().map(object).collect();
    let found = ers::verify(&vectors.bytes(&case.record), &objects, &trust, case.at);
    case.expect = found.as_ref().map_or_else(|error| error.label(), |_| "ok").to_owned();
    case.sub_indication = found.as_ref().err().map(|error| error.indication().to_owned());
    let good = found.ok();
    case.existed = good.as_ref().map(|record| record.existed());
    case.due = good.map(|record| record.due());
}

/// Name, record, digests asked about, instant, expected label.
type RecordRow<'a> = (&'a str, &'a [u8], &'a [Vec<u8>], u64, &'a str);

const RECORDS: &str = "evidence-records.json";

#[test]
fn every_evidence_record_vector_comes_out_as_it_says() {
    let mut vectors: Vectors<RecordCase> = Vectors::load(RECORDS);
    for mut case in std::mem::take(&mut vectors.cases) {
        let said = serde_json::to_string(&case).unwrap();
        judge_record(&vectors, &mut case);
        assert_eq!(serde_json::to_string(&case).unwrap(), said);
    }
}

#[test]
fn evidence_records_made_anew_have_their_outcomes() {
    const SHA: DigestAlgorithm = DigestAlgorithm::Sha256;
    let about = "Evidence records (docs/spec/timestamp.md, RFC 4998) over objects with these digests, \
                 judged at an instant. Names stand for bytes in data_b64.";
    let mut vectors: Vectors<RecordCase> = Vectors::new(about);
    let scene = Scene::new(Kind::P256);
    let objects: Vec<_> = (0..3).map(|number: u8| sha256(&[number])).collect();
    let anchors = [scene.tsa.root_der(), scene.long_tsa.root_der()];
    let trust = list_json(&anchors.map(|der| anchor_json(&der, RULE_SUBJECT)));
    let trust = trust.as_bytes().to_vec();
    let begin = |by: &World| {
        let token = stamp(by, ers::imprint(SHA, &objects).unwrap(), NOW);
        ers::begin(SHA, &objects, &token).unwrap()
    };
    let renew = |record: &[u8], by: &World, millis: u64| {
        let token = stamp(by, ers::renewal_imprint(record).unwrap(), millis);
        ers::renew(record, &token).unwrap()
    };
    let first = begin(&scene.tsa);
    let renewed = renew(&first, &scene.long_tsa, IN_2030);
    let mut altered = renewed.clone();
    *altered.last_mut().unwrap() ^= 1;
    let (all, one) = (objects.as_slice(), &objects[1..2]);
    let stranger = [sha256(b"stranger")];
    let in_2031 = IN_2030 + 365 * 86_400_000;
    let cases: [RecordRow<'_>; 12] = [
        ("all objects", &first, all, NOW, "ok"),
        ("one object", &first, one, NOW, "ok"),
        ("renewed", &renewed, all, IN_2041, "ok"),
        ("one object, renewed", &renewed, one, IN_2041, "ok"),
        ("another object", &first, &stranger, NOW, "E_ERS_NOT_COVERED"),
        ("some objects", &first, &objects[1..], NOW, "E_ERS_NOT_COVERED"),
        ("not renewed", &first, all, IN_2041, "E_ERS_OVERDUE"),
        ("before it was stamped", &first, all, NOW - 1, "E_ERS_ORDER"),
        ("altered", &altered, all, IN_2041, "E_TST_CRYPTO"),
        (
            "renewed after it ended",
            &renew(&first, &scene.long_tsa, in_2031),
            all,
            IN_2041,
            "E_ERS_LATE",
        ),
        ("renewed at once", &renew(&first, &scene.long_tsa, NOW), all, IN_2041, "E_ERS_ORDER"),
        ("an octet follows", &[first.as_slice(), &[0]].concat(), all, NOW, "E_ERS_FORMAT"),
    ];
    for (name, record, digests, millis, expect) in cases {
        let mut case = RecordCase {
            name: name.to_owned(),
            record: vectors.keep(record),
            digests: digests.iter().map(|digest| vectors.keep(digest)).collect(),
            trust: vectors.keep(&trust),
            at: at(millis),
            expect: String::new(),
            sub_indication: None,
            existed: None,
            due: None,
        };
        judge_record(&vectors, &mut case);
        assert_eq!(case.expect, expect, "{name}");
        vectors.cases.push(case);
    }
    vectors.store(RECORDS);
}
