//! The negative cases N03 to N28, N52, N53 and N60 of evidence, each by every algorithm it applies to,
//! with their verdicts: `docs/spec/validation.md`. What is good stands beside what is not.

use std::time::{Duration, Instant};

use kaibiao_pki::validation::Verdict::{self, Failed, Indeterminate, Passed};
use kaibiao_types::OrgCode;

use crate::forge::*;
use crate::forge_revocation::*;
use crate::paths::limit;
use crate::scene::{BID, Given, IN_2041, Kind, Scene, Specs, identified};
use crate::stamped_signatures::{SIGNATURE_TIME_STAMP, unsigned};
use crate::time_stamps::{forged_by, of, stamp};

/// Numbers that the table must have for every algorithm.
const NUMBERS: [std::ops::RangeInclusive<u8>; 3] = [3..=28, 52..=53, 60..=60];

/// What a number cannot be for: the user id is one of SM2 alone.
const NOT_FOR: [(u8, Kind); 2] = [(11, Kind::P256), (11, Kind::Rsa)];

pub(crate) type Make = Box<dyn Fn(&Scene) -> Given>;

pub(crate) struct Row {
    pub(crate) number: u8,
    pub(crate) what: &'static str,
    pub(crate) kinds: &'static [Kind],
    pub(crate) expect: Verdict,
    pub(crate) make: Make,
}

#[derive(Default)]
struct Table(Vec<Row>);

impl Table {
    /// A row for all algorithms.
    fn all(
        &mut self,
        number: u8,
        what: &'static str,
        expect: Verdict,
        make: impl Fn(&Scene) -> Given + 'static,
    ) {
        self.of(&Kind::ALL, number, what, expect, make);
    }

    fn of(
        &mut self,
        kinds: &'static [Kind],
        number: u8,
        what: &'static str,
        expect: Verdict,
        make: impl Fn(&Scene) -> Given + 'static,
    ) {
        self.0.push(Row { number, what, kinds, expect, make: Box::new(make) });
    }
}

const P256: &[Kind] = &[Kind::P256];
const RSA_ONLY: &[Kind] = &[Kind::Rsa];
const SM2: &[Kind] = &[Kind::Sm2];

const FORMAT: Verdict = Failed("FORMAT_FAILURE");
const HASH: Verdict = Failed("HASH_FAILURE");
const CRYPTO: Verdict = Failed("SIG_CRYPTO_FAILURE");
const SIGNATURE: Verdict = Failed("SIG_CONSTRAINTS_FAILURE");
const ALGORITHM: Verdict = Failed("CRYPTO_CONSTRAINTS_FAILURE");
const CHAIN: Verdict = Failed("CHAIN_CONSTRAINTS_FAILURE");
const REVOKED: Verdict = Failed("REVOKED");
const NO_CHAIN: Verdict = Indeterminate("NO_CERTIFICATE_CHAIN_FOUND");
const OUT_OF_BOUNDS: Verdict = Indeterminate("OUT_OF_BOUNDS_NO_POE");
const TRY_LATER: Verdict = Indeterminate("TRY_LATER");
const ORDER_FAILURE: Verdict = Indeterminate("TIMESTAMP_ORDER_FAILURE");
const NO_POE: Verdict = Indeterminate("NO_POE");

pub(crate) fn table() -> Vec<Row> {
    let mut table = Table::default();
    table.all(0, "good", Passed, Scene::good);
    values(&mut table);
    attributes(&mut table);
    algorithms(&mut table);
    chains(&mut table);
    lists(&mut table);
    times(&mut table);
    archives(&mut table);
    revocations(&mut table);
    crls(&mut table);
    responses(&mut table);
    stamps(&mut table);
    bytes(&mut table);
    profiles(&mut table);
    names(&mut table);
    table.0
}

/// N03, N04, N11, N13: the value is not the signer's over the attributes.
fn values(table: &mut Table) {
    table.all(3, "one bit of the value", CRYPTO, |scene| {
        let mut given = scene.good();
        *given.cms.last_mut().unwrap() ^= 1;
        given
    });
    table.all(4, "attributes exchanged, digest computed anew", CRYPTO, |scene| {
        let signed = scene.container(b"another").to_sign();
        scene.with(|c| c.message = Some(signed))
    });
    table.of(SM2, 11, "empty user id", CRYPTO, |scene| {
        scene.with(|c| c.signature = Some(under_id(scene, "", &c.to_sign())))
    });
    table.of(SM2, 11, "another user id", CRYPTO, |scene| {
        scene.with(|c| c.signature = Some(under_id(scene, "1234567812345679", &c.to_sign())))
    });
    table.of(SM2, 11, "without Z", CRYPTO, |scene| {
        scene.with(|c| {
            c.signature = Some(scene.world.leaf_key.sign_without_z(&c.to_sign()));
        })
    });
    table.all(13, "no octet", CRYPTO, |scene| scene.with(|c| c.signature = Some(vec![])));
    table.all(13, "garbage", CRYPTO, |scene| scene.with(|c| c.signature = Some(vec![1; 256])));
    for value in [vec![0; 256], vec![0xff; 256], [vec![0; 255], vec![1]].concat()] {
        table.of(RSA_ONLY, 13, "padding garbage", CRYPTO, move |scene| {
            scene.with(|c| c.signature = Some(value.clone()))
        });
    }
    for kind in [P256, SM2] {
        table.of(kind, 13, "numbers with a needless octet", CRYPTO, |scene| {
            scene.with(|c| c.signature = Some(padded(&scene.world.leaf_key.sign(&c.to_sign()))))
        });
        for (what, make) in OUT_OF_RANGE {
            table.of(kind, 13, what, CRYPTO, move |scene| {
                let (r, s) = make(order(scene.kind));
                scene.with(|c| c.signature = Some(seq(&[tlv(2, &r), tlv(2, &s)])))
            });
        }
    }
}

/// Signs with the signer's SM2 key under another user id.
fn under_id(scene: &Scene, id: &str, message: &[u8]) -> Vec<u8> {
    scene.world.leaf_key.with_id(id).sign(message)
}

/// Both numbers of a value with one zero octet more than DER has.
fn padded(value: &[u8]) -> Vec<u8> {
    let (r, s) = value[2..].split_at(2 + usize::from(value[3]));
    let number = |tlv_: &[u8]| tlv(2, &[&[0], &tlv_[2..]].concat());
    seq(&[number(r), number(s)])
}

type MakePair = fn([u8; 33]) -> (Vec<u8>, Vec<u8>);

/// From the order of the group: numbers that no signature has. In the last, r + s is the order.
const OUT_OF_RANGE: [(&str, MakePair); 5] = [
    ("r = 0", |_| (vec![0], vec![1])),
    ("s = 0", |_| (vec![1], vec![0])),
    ("r = n", |n| (n.to_vec(), vec![1])),
    ("s = n", |n| (vec![1], n.to_vec())),
    ("r + s = n", |mut n| {
        n[32] -= 1;
        (vec![1], n.to_vec())
    }),
];

/// The order of the group, as content of an INTEGER.
fn order(kind: Kind) -> [u8; 33] {
    let words: [u64; 4] = match kind {
        Kind::P256 => {
            [0xffff_ffff_0000_0000, u64::MAX, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551]
        }
        Kind::Sm2 => {
            [0xffff_fffe_ffff_ffff, u64::MAX, 0x7203_df6b_21c6_052b, 0x53bb_f409_39d5_4123]
        }
        Kind::Rsa => panic!("no group"),
    };
    let mut out = [0; 33];
    out[1..].copy_from_slice(&words.map(u64::to_be_bytes).concat());
    out
}

/// N05 to N09: what the container says of content, attributes and signer.
fn attributes(table: &mut Table) {
    table.all(5, "a signature of another bidder", SIGNATURE, |scene| {
        let signer = Some(OrgCode::parse(&code_of("91430200MA0000002")).unwrap());
        Given { signer, ..scene.good() }
    });
    table.all(5, "that of the very bidder", Passed, |scene| Given {
        signer: Some(OrgCode::parse(&code()).unwrap()),
        ..scene.good()
    });
    table.all(5, "a signature over the bid of another", HASH, |scene| Given {
        content: b"another bid".to_vec(),
        ..scene.good()
    });
    table.all(6, "no signed attributes", FORMAT, |scene| {
        scene.with(|c| (c.attributes, c.message) = (None, Some(BID.to_vec())))
    });
    table.all(6, "attributes passed off as the content", FORMAT, |scene| {
        let signed = scene.container(BID).to_sign();
        let mut given = scene.with(|c| (c.attributes, c.message) = (None, Some(signed.clone())));
        given.content = signed;
        given
    });
    let digest = || tlv(4, &[0; 32]);
    table.all(7, "messageDigest twice", FORMAT, move |scene| {
        scene.with(|c| c.add(MESSAGE_DIGEST, vec![digest()]))
    });
    table.all(7, "messageDigest with two values", FORMAT, move |scene| {
        scene.with(|c| c.set(MESSAGE_DIGEST, vec![digest(), tlv(4, &[1; 32])]))
    });
    table.all(8, "a certificate that was issued again", SIGNATURE, |scene| {
        let mut again = scene.world.leaf.clone();
        "291231235959Z".clone_into(&mut again.not_after);
        let again = again.der(&scene.world.issuing_key);
        scene.with(|c| c.certificates.as_mut().unwrap()[0] = again)
    });
    table.all(9, "a second signer", FORMAT, |scene| scene.with(|c| c.signers = 2));
    table.all(9, "no signer", FORMAT, |scene| scene.with(|c| c.signers = 0));
}

/// N10, N12, N14: algorithms and keys.
fn algorithms(table: &mut Table) {
    table.all(10, "SHA-1", ALGORITHM, |scene| scene.with(|c| c.digest = SHA1.to_vec()));
    table.all(10, "SHA-1 announced", ALGORITHM, |scene| {
        scene.with(|c| c.digests = vec![SHA1.to_vec()])
    });
    table.of(P256, 10, "ecdsa-with-SHA1", ALGORITHM, |scene| {
        scene.with(|c| c.signature_algorithm = ECDSA_SHA1.to_vec())
    });
    let rsa = |modulus: usize, exponent: &'static [u8]| {
        let number = [vec![0x80], vec![0x11; modulus - 1]].concat();
        let key = seq(&[unsigned_integer(&number), tlv(2, exponent)]);
        seq(&[RSA.to_vec(), tlv(3, &[vec![0], key].concat())])
    };
    for (what, spki) in [
        ("RSA of 1024 bits", rsa(128, &[1, 0, 1])),
        ("RSA with exponent 1", rsa(256, &[1])),
        ("RSA with exponent 2", rsa(256, &[2])),
    ] {
        table.of(RSA_ONLY, 10, what, ALGORITHM, move |scene| {
            scene.under(|specs| specs.leaf.spki.clone_from(&spki))
        });
    }
    let curve = |oid_: &[u8], octets: usize| {
        let point = [vec![0, 4], vec![9; octets]].concat();
        seq(&[seq(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), oid(oid_)]), tlv(3, &point)])
    };
    for (what, spki) in [
        ("P-384", curve(&[0x2b, 0x81, 4, 0, 0x22], 96)),
        ("secp256k1", curve(&[0x2b, 0x81, 4, 0, 0x0a], 64)),
    ] {
        table.all(10, what, ALGORITHM, move |scene| {
            scene.under(|specs| specs.leaf.spki.clone_from(&spki))
        });
    }
    for bits in [&[2_u8][..], &[2, 3, 4], &[4]] {
        table.all(12, "the encryption certificate of a pair", CHAIN, move |scene| {
            scene.under(|specs| specs.leaf.replace(key_usage(bits)))
        });
    }
    for (kind, other) in [(P256, RSA_SHA256), (P256, SM2_SM3), (RSA_ONLY, ECDSA_SHA256)] {
        table.of(kind, 14, "an algorithm of another key", FORMAT, |scene| {
            scene.with(|c| c.signature_algorithm = other.to_vec())
        });
    }
    table.of(SM2, 14, "ECDSA beside a key of SM2", FORMAT, |scene| {
        scene.with(|c| c.signature_algorithm = ECDSA_SHA256.to_vec())
    });
    table.of(SM2, 14, "SHA-256 beside a key of SM2", FORMAT, |scene| {
        scene.with(|c| {
            (c.digests, c.digest) = (vec![SHA256.to_vec()], SHA256.to_vec());
            c.set(MESSAGE_DIGEST, vec![tlv(4, &sha256(BID))]);
        })
    });
}

/// N15: chains that RFC 5280 does not allow.
fn chains(table: &mut Table) {
    table.all(15, "an intermediate that is no CA", CHAIN, |scene| {
        scene.under(|specs| specs.issuing.replace(extension(BC, true, tlv(0x30, &[]))))
    });
    table.all(15, "an intermediate without basic constraints", CHAIN, |scene| {
        scene.under(|specs| specs.issuing.without(BC))
    });
    table.all(15, "a longer path than a CA allows", CHAIN, |scene| {
        scene.under(|specs| specs.root.replace(basic(Some(0))))
    });
    table.all(15, "an intermediate without keyCertSign", CHAIN, |scene| {
        scene.under(|specs| specs.issuing.replace(key_usage(&[6])))
    });
    table.all(15, "a name outside the constraints", CHAIN, |scene| {
        scene.under(|specs| {
            specs.issuing.replace(limit(0xa0, &tlv(0x82, b"example.com")));
            let name = seq(&[tlv(0x82, b"example.org")]);
            specs.leaf.replace(extension(ALTERNATIVES, false, name));
        })
    });
    let strange = || extension(STRANGE, true, vec![5, 0]);
    table.all(15, "an unknown critical extension", CHAIN, move |scene| {
        scene.under(|specs| specs.leaf.replace(strange()))
    });
    table.all(15, "an unknown critical extension above", CHAIN, move |scene| {
        scene.under(|specs| specs.issuing.replace(strange()))
    });
}

/// N16, N17: the auditor's trust list decides.
fn lists(table: &mut Table) {
    table.all(16, "a root that only the container has", NO_CHAIN, |scene| {
        let root = scene.world.root_der();
        let mut given = scene.with(|c| c.certificates.as_mut().unwrap().push(root));
        given.anchors.remove(0);
        given
    });
    table.all(17, "a list with a CA more", Passed, |scene| {
        let mut given = scene.good();
        given.anchors.push(anchor_json(&elsewhere().root_der(), RULE_SUBJECT));
        given
    });
    table.all(17, "a list with another CA instead", NO_CHAIN, |scene| {
        let mut given = scene.good();
        given.anchors[0] = anchor_json(&elsewhere().root_der(), RULE_SUBJECT);
        given
    });
    table.all(17, "a list that allows other algorithms alone", ALGORITHM, |scene| {
        let mut given = scene.good();
        let name = scene.world.leaf().key_algorithm().signature().name();
        let anchor = given.anchors[0].replace(&format!(r#""{name}""#), r#""rsa-pkcs1-sha512""#);
        given.anchors[0] = anchor;
        given
    });
}

fn elsewhere() -> World {
    let mut world = World::of(Key::new(), Key::new(), Key::new());
    (world.root.issuer, world.root.subject) = (common_name("Elsewhere"), common_name("Elsewhere"));
    world
}

/// N18, N20: certificates that were not valid, with and without proof of time.
fn times(table: &mut Table) {
    let ended = |specs: &mut Specs| "260630235959Z".clone_into(&mut specs.leaf.not_after);
    let to_come = |specs: &mut Specs| "260901000000Z".clone_into(&mut specs.leaf.not_before);
    table.all(18, "expired before the proof", Failed("EXPIRED"), move |scene| scene.under(ended));
    table.all(18, "valid after the proof", Failed("NOT_YET_VALID"), move |scene| {
        scene.under(to_come)
    });
    table.all(18, "a CA expired before the proof", Failed("EXPIRED"), |scene| {
        scene.under(|specs| "260630235959Z".clone_into(&mut specs.issuing.not_after))
    });
    table.all(18, "expired before the time stamp", Failed("EXPIRED"), move |scene| {
        scene.under(ended).stamped(&scene.tsa)
    });
    table.all(18, "expired, no proof", OUT_OF_BOUNDS, move |scene| Given {
        known: None,
        ..scene.under(ended)
    });
    table.all(18, "not yet valid, no proof", OUT_OF_BOUNDS, move |scene| Given {
        known: None,
        ..scene.under(to_come)
    });
    table.all(18, "expired, the claimed time alone says otherwise", OUT_OF_BOUNDS, |scene| {
        let ended = |specs: &mut Specs| "260701235959Z".clone_into(&mut specs.leaf.not_after);
        Given { known: None, ..scene.under(ended) }
    });
    table.all(20, "a record over another container", NO_POE, |scene| {
        let given = scene.recorded(scene.good(), b"another container");
        Given { now: at(IN_2041), ..given }
    });
    table.all(20, "a record over this container", Passed, |scene| {
        let given = scene.good();
        let container = given.cms.clone();
        Given { now: at(IN_2041), ..scene.recorded(given, &container) }
    });
}

/// N19: judged in 2041.
fn archives(table: &mut Table) {
    table.all(19, "a stamp whose authority lasts", Passed, |scene| {
        let given = scene.good().stamped(&scene.long_tsa);
        Given { now: at(IN_2041), ..given }
    });
    table.all(19, "the CA has a new key", Passed, |scene| {
        let mut given = scene.good().stamped(&scene.long_tsa);
        let key = Key::new();
        let root = Spec::ca("Root", "Root", &key, None).by(&key).der(&key);
        given.anchors.insert(0, anchor_json(&root, RULE_SUBJECT));
        Given { now: at(IN_2041), ..given }
    });
    table.all(19, "the log knows", Passed, |scene| Given { now: at(IN_2041), ..scene.good() });
    table.all(19, "the stamp ended, its record was renewed", Passed, |scene| {
        let given = scene.good().stamped(&scene.tsa);
        let container = given.cms.clone();
        Given { now: at(IN_2041), ..scene.recorded(given, &container) }
    });
    table.all(19, "the stamp ended and nothing else is there", OUT_OF_BOUNDS, |scene| {
        let given = scene.good().stamped(&scene.tsa);
        Given { now: at(IN_2041), ..given }
    });
    table.all(19, "nothing is there", OUT_OF_BOUNDS, |scene| Given {
        now: at(IN_2041),
        known: None,
        ..scene.good()
    });
}

/// N21 to N24: revocation before and after, and no word of it.
fn revocations(table: &mut Table) {
    table.all(21, "revoked before the proof", REVOKED, |scene| {
        scene.by_crl(|crl| crl.lines = vec![scene.line("260630235959Z", vec![reason(4)])])
    });
    table.all(21, "revoked before, says the responder", REVOKED, |scene| {
        let status = tlv(0xa1, &long_time("20260630000000Z"));
        scene.by_ocsp(|response| response.status = status)
    });
    table.all(21, "the CA revoked before the proof", REVOKED, |scene| {
        let mut given = scene.good();
        let mut crl = CrlSpec::new("Root", &scene.world.root_key);
        let serial = scene.world.issuing.serial.clone();
        crl.lines = vec![Line(serial, "260630000000Z", vec![reason(2)])];
        given.evidence[1] = crl.der(&scene.world.root_key);
        given
    });
    table.all(21, "revoked, no proof", Indeterminate("REVOKED_NO_POE"), |scene| {
        let given = scene.by_crl(|crl| crl.lines = vec![scene.line("260630235959Z", vec![])]);
        Given { known: None, ..given }
    });
    let after = |scene: &Scene, extensions| {
        scene.by_crl(|crl| crl.lines = vec![scene.line("260701120000Z", extensions)])
    };
    table.all(22, "revoked after the proof", Passed, move |scene| after(scene, vec![reason(1)]));
    table.all(22, "revoked after the time stamp", Passed, move |scene| {
        after(scene, vec![reason(1)]).stamped(&scene.tsa)
    });
    table.all(22, "revoked after, no proof", Indeterminate("REVOKED_NO_POE"), move |scene| Given {
        known: None,
        ..after(scene, vec![reason(1)])
    });
    table.all(23, "the key was lost before", REVOKED, move |scene| {
        after(scene, vec![reason(1), invalidity("20260630000000Z")])
    });
    table.all(23, "the key was lost after", Passed, move |scene| {
        after(scene, vec![reason(1), invalidity("20260701000001Z")])
    });
    table.all(24, "no evidence", TRY_LATER, |scene| Given { evidence: vec![], ..scene.good() });
    table.all(24, "none on the CA", TRY_LATER, |scene| {
        let mut given = scene.good();
        given.evidence.remove(1);
        given
    });
    table.all(24, "older evidence", NO_POE, |scene| {
        scene.by_crl(|crl| crl.this_update = "260630235959Z")
    });
}

type CrlChange = fn(&mut CrlSpec);

/// N25: CRLs that cannot be used.
fn crls(table: &mut Table) {
    table.all(25, "bad signature", TRY_LATER, |scene| {
        let mut given = scene.good();
        *given.evidence[0].last_mut().unwrap() ^= 1;
        given
    });
    table.all(25, "wrong key", TRY_LATER, |scene| {
        let mut given = scene.good();
        let crl = CrlSpec::new("Issuing", &scene.world.root_key);
        given.evidence[0] = crl.der(&scene.world.root_key);
        given
    });
    let changes: [(&str, CrlChange); 5] = [
        ("another issuer", |crl| crl.issuer = common_name("Issuing 2")),
        ("delta", |crl| crl.extensions.push(extension(DELTA, true, vec![2, 1, 6]))),
        ("indirect", |crl| {
            crl.extensions.push(extension(ISSUING_POINT, true, tlv(0x30, &[0x84, 1, 0xff])));
        }),
        ("unknown critical extension", |crl| {
            crl.extensions.push(extension(STRANGE, true, vec![5, 0]));
        }),
        ("of the future", |crl| {
            (crl.this_update, crl.next_update) = ("260801000001Z", None);
        }),
    ];
    for (what, change) in changes {
        table.all(25, what, TRY_LATER, move |scene| scene.by_crl(change));
    }
}

/// N26: OCSP responses that cannot be used.
fn responses(table: &mut Table) {
    table.all(26, "a good one", Passed, |scene| scene.by_ocsp(|_| {}));
    table.all(26, "another serial number", TRY_LATER, |scene| {
        scene.by_ocsp(|response| response.serial = vec![1])
    });
    table.all(26, "of the future", TRY_LATER, |scene| {
        scene.by_ocsp(|response| {
            (response.this_update, response.produced_at) = ("20260801000001Z", "20260801000001Z");
            response.next_update = None;
        })
    });
    let delegated = |scene: &Scene, entrusted: bool| {
        let key = Key::new();
        let mut responder =
            Spec::ca("Issuing", "Responder", &key, None).by(&scene.world.issuing_key);
        responder.without(BC);
        responder.replace(key_usage(&[0]));
        responder.replace(extension(NO_CHECK, false, vec![5, 0]));
        if entrusted {
            responder.replace(purposes(false, &[OCSP_SIGNING]));
        }
        let mut response = OcspSpec::new(&scene.world);
        response.algorithm = key.algorithm();
        response.responder = tlv(0xa1, &responder.subject);
        response.certificates = vec![responder.der(&scene.world.issuing_key)];
        let mut given = scene.good();
        given.evidence[0] = response.der(&key);
        given
    };
    table.all(26, "a responder whom the CA entrusted", Passed, move |scene| delegated(scene, true));
    table.all(26, "one whom it did not", TRY_LATER, move |scene| delegated(scene, false));
}

/// N27, N28: time stamps of something else, and of authorities that are none.
fn stamps(table: &mut Table) {
    let with = |scene: &Scene, imprint: Vec<u8>| {
        let token = stamp_of(&scene.tsa, &imprint);
        let given = scene.with(|c| c.unsigned = unsigned(&[(SIGNATURE_TIME_STAMP, vec![token])]));
        Given { known: None, ..given }
    };
    table.all(27, "a stamp on other data", HASH, move |scene| with(scene, b"other".to_vec()));
    table.all(27, "a stamp on the content", HASH, move |scene| with(scene, BID.to_vec()));
    table.all(27, "a stamp on another signature", HASH, move |scene| {
        let token = stamp_of(&scene.tsa, &scene.world.leaf_key.sign(b"x"));
        scene.with(|c| c.unsigned = unsigned(&[(SIGNATURE_TIME_STAMP, vec![token])]))
    });
    let purposes_of: [(&str, SpecChange); 4] = [
        ("purpose not critical", |leaf| leaf.replace(purposes(false, &[TIME_STAMPING]))),
        ("purpose not alone", |leaf| leaf.replace(purposes(true, &[TIME_STAMPING, EMAIL]))),
        ("any purpose", |leaf| leaf.replace(purposes(true, &[EKU_ANY]))),
        ("no purpose", |leaf| leaf.without(EKU)),
    ];
    for (what, change) in purposes_of {
        table.all(28, what, CHAIN, move |scene| {
            let mut other = identified(of(Key::new(), Key::new(), Key::new()));
            change(&mut other.leaf);
            let mut given = scene.good();
            let imprint = kaibiao_pki::cms::time_stamp_imprint(&given.cms).unwrap();
            let token = forged_by(&other, imprint.digest());
            given.cms = kaibiao_pki::cms::add_time_stamp(&given.cms, &token).unwrap();
            given.anchors.push(anchor_json(&other.root_der(), RULE_SUBJECT));
            given
        });
    }
    table.all(28, "an authority that is not trusted", NO_CHAIN, |scene| {
        let mut given = scene.good().stamped(&scene.tsa);
        given.anchors.remove(1);
        given
    });
    table.all(28, "the container existed before its stamp", ORDER_FAILURE, |scene| Given {
        known: Some(at(NOW - 60_000)),
        ..scene.good().stamped(&scene.tsa)
    });
    table.all(28, "clocks of the stamp and of the log are a minute apart", Passed, |scene| Given {
        known: Some(at(NOW - 55_000)),
        ..scene.good().stamped(&scene.tsa)
    });
    table.all(28, "the record is older than the stamp it covers", ORDER_FAILURE, |scene| {
        let mut given = scene.good();
        let imprint = kaibiao_pki::cms::time_stamp_imprint(&given.cms).unwrap();
        let token = stamp(&scene.tsa, imprint, NOW + 9_000 + 60_001);
        given.cms = kaibiao_pki::cms::add_time_stamp(&given.cms, &token).unwrap();
        let container = given.cms.clone();
        Given { now: at(IN_2041), ..scene.recorded(given, &container) }
    });
    table.all(28, "no word on the authority's revocation", TRY_LATER, |scene| {
        let mut given = scene.good().stamped(&scene.tsa);
        given.evidence.drain(2..4);
        given
    });
}

fn stamp_of(authority: &World, data: &[u8]) -> Vec<u8> {
    let imprint = kaibiao_pki::tsp::Imprint::of(kaibiao_pki::DigestAlgorithm::Sha256, data);
    stamp(authority, imprint, NOW + 5_000)
}

type BytesChange = fn(Vec<u8>) -> Vec<u8>;

/// N52: bytes that are no container in DER.
fn bytes(table: &mut Table) {
    let changes: [(&str, BytesChange); 8] = [
        ("indefinite length", |der| [&[0x30, 0x80], &der[4..], &[0, 0]].concat()),
        ("length in more octets than needed", |der| [&[0x30, 0x83, 0], &der[2..]].concat()),
        ("garbage after it", |der| [&der[..], &[0]].concat()),
        ("cut short", |der| der[..der.len() - 1].to_vec()),
        ("nothing", |_| vec![]),
        ("100 MB", |_| vec![0x30; 100_000_000]),
        ("10,000 levels", |_| (0..10_000).fold(vec![], |inner, _| tlv(0x30, &inner))),
        ("PEM", |der| pem("CMS", &der).into_bytes()),
    ];
    for (what, change) in changes {
        table.all(52, what, FORMAT, move |scene| {
            let given = scene.good();
            Given { cms: change(given.cms), ..given }
        });
    }
    table.all(52, "certificates without end", FORMAT, |scene| {
        scene.with(|c| {
            let list = c.certificates.as_mut().unwrap();
            let one = list[1].clone();
            list.resize(1_000, one);
        })
    });
}

type SpecChange = fn(&mut Spec);

/// N53: certificates that the profile does not have.
fn profiles(table: &mut Table) {
    let changes: [(&str, SpecChange); 4] = [
        ("an extension twice", |spec| spec.extensions.push(spec.extensions[0].clone())),
        ("version 1", |spec| spec.version = None),
        ("serial number 0", |spec| spec.serial = vec![0]),
        ("serial number of 21 octets", |spec| spec.serial = vec![1; 21]),
    ];
    for (what, change) in changes {
        table.all(53, what, CHAIN, move |scene| scene.under(|specs| change(&mut specs.leaf)));
    }
    table.all(53, "a CA as signer", CHAIN, |scene| {
        scene.under(|specs| specs.leaf.replace(basic(None)))
    });
    table.all(53, "a signer that may sign certificates", CHAIN, |scene| {
        scene.under(|specs| specs.leaf.replace(key_usage(&[0, 5])))
    });
}

/// N60: names are compared as RFC 5280 says.
fn names(table: &mut Table) {
    let cases = [
        ("PrintableString, other case", "Issuing", tlv(0x13, b"ISSUING"), Passed),
        ("blanks around", "Issuing", utf8(" Issuing "), Passed),
        ("full width", "株洲ＣＡ", utf8("株洲CA"), Passed),
        ("BMPString", "株洲", tlv(0x1e, &[0x68, 0x2a, 0x6d, 0x32]), Passed),
        ("another character", "株洲", utf8("株州"), NO_CHAIN),
        ("TeletexString", "株洲", tlv(0x14, "株洲".as_bytes()), NO_CHAIN),
        ("another name", "Issuing", utf8("Issuing2"), NO_CHAIN),
    ];
    for (what, ca, issuer, expect) in cases {
        table.all(60, what, expect, move |scene| {
            scene.under(|specs| {
                specs.issuing.subject = common_name(ca);
                specs.leaf.issuer = name(&[(CN, issuer.clone())]);
            })
        });
    }
}

fn judge(kind: Kind) {
    let (scene, mut wrong) = (Scene::new(kind), Vec::new());
    for row in table().iter().filter(|row| row.kinds.contains(&kind)) {
        let given = (row.make)(&scene);
        let began = Instant::now();
        let found = given.validate();
        assert!(began.elapsed() < Duration::from_secs(2), "N{:02} {}", row.number, row.what);
        if found.verdict() != row.expect {
            wrong.push(format!(
                "N{:02} {}: {:?} instead of {:?}: {:?}",
                row.number,
                row.what,
                found.verdict(),
                row.expect,
                found.checks().last(),
            ));
        }
    }
    assert!(wrong.is_empty(), "{kind:?}:\n{}", wrong.join("\n"));
}

#[test]
fn n_cases_have_their_verdicts_with_p256() {
    judge(Kind::P256);
}

#[test]
fn n_cases_have_their_verdicts_with_rsa() {
    judge(Kind::Rsa);
}

#[test]
fn n_cases_have_their_verdicts_with_sm2() {
    judge(Kind::Sm2);
}

#[test]
fn no_case_is_missing() {
    let table = table();
    for number in NUMBERS.into_iter().flatten() {
        for kind in Kind::ALL {
            let rows = table.iter().filter(|row| row.number == number);
            let found = rows.filter(|row| row.kinds.contains(&kind)).count();
            let left_out = NOT_FOR.contains(&(number, kind));
            assert_eq!(found == 0, left_out, "N{number:02} with {kind:?}: {found} rows");
        }
    }
    for number in [17, 19, 22, 60] {
        assert!(table.iter().any(|row| row.number == number && row.expect == Passed));
    }
}
