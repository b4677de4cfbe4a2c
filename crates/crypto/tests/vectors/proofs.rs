//! The two proofs: one that holds, and one fault at a time.

use kaibiao_crypto::{PointError, SecretScalar, Suite, dleq, tdh2};
use kaibiao_types::{CustodianIndex, Digest};
use serde::{Deserialize, Serialize};

use crate::{Planted, SUITES, array, check, hex, unhex};

/// The group order of a suite.
fn order(suite: &Suite) -> String {
    match suite.id() {
        1 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        _ => "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
    }
    .to_owned()
}

/// A compressed form whose x is on no point of the curve.
fn off_curve(suite: &Suite) -> String {
    let x = if suite.id() == 1 { 1 } else { 2 };
    format!("02{}{x:02x}", "00".repeat(31))
}

fn secret(suite: &Suite, seed: u8) -> SecretScalar {
    SecretScalar::random(suite, &mut Planted(vec![seed; 48])).unwrap()
}

/// The hexadecimal text of the point plus G: another valid point.
fn shifted(suite: &Suite, point: &str) -> String {
    let point = suite.point(&unhex(point)).unwrap();
    point.add(&suite.generator()).unwrap().to_string()
}

/// The scalar plus one: another valid scalar.
fn next(suite: &Suite, scalar: &str) -> String {
    hex(suite.scalar(&unhex(scalar)).unwrap().add(&suite.number(1)).unwrap().bytes())
}

fn flipped(digest: &str) -> String {
    let mut bytes = unhex(digest);
    bytes[31] ^= 1;
    hex(bytes)
}

#[derive(Serialize, Deserialize)]
struct Tdh2File {
    what: String,
    secret_r: String,
    entropy: String,
    gbar: String,
    cases: Vec<Tdh2Case>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Tdh2Case {
    name: String,
    ceremony_id: String,
    key: String,
    u: String,
    label: String,
    ubar: String,
    e: String,
    f: String,
    expect: String,
}

impl Tdh2Case {
    fn with(&self, name: &str, expect: &str, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = self.clone();
        name.clone_into(&mut case.name);
        expect.clone_into(&mut case.expect);
        change(&mut case);
        case
    }

    fn judge(&self, suite: &'static Suite) -> Result<(), &'static str> {
        let proof = array(&[&*self.ubar, &self.e, &self.f].concat());
        let proof = tdh2::Proof::read(suite, &proof).map_err(PointError::label)?;
        let u = suite.point(&unhex(&self.u)).map_err(PointError::label)?;
        let key = suite.point(&unhex(&self.key)).map_err(PointError::label)?;
        let bases = tdh2::Bases::new(suite, array(&self.ceremony_id), key).unwrap();
        bases.verify(&u, &array(&self.label), &proof).map_err(tdh2::ProofError::label)
    }
}

#[test]
fn tdh2() {
    for (suite, suffix) in SUITES {
        tdh2_in(suite, suffix);
    }
}

fn tdh2_in(suite: &'static Suite, suffix: &str) {
    let (key, r) = (secret(suite, 1).base_mul(), secret(suite, 2));
    let (u, ceremony_id, label) = (r.base_mul(), [3; 32], [4; 32]);
    let bases = tdh2::Bases::new(suite, ceremony_id, key).unwrap();
    let entropy = vec![5; 32];
    let proof = bases.prove(&u, &r, &label, &mut Planted(entropy.clone())).unwrap();
    let good = Tdh2Case {
        name: "holds".to_owned(),
        ceremony_id: hex(ceremony_id),
        key: key.to_string(),
        u: u.to_string(),
        label: hex(label),
        ubar: proof.ubar.to_string(),
        e: hex(proof.e.bytes()),
        f: hex(proof.f.bytes()),
        expect: "ok".to_owned(),
    };
    // The honest proof of another lock in the same ceremony and header.
    let other_r = secret(suite, 6);
    let other_u = other_r.base_mul();
    let other = bases.prove(&other_u, &other_r, &label, &mut Planted(vec![7; 32])).unwrap();
    let cases = vec![
        good.clone(),
        good.with("U shifted by G, the old proof", "E_TDH2", |c| c.u = shifted(suite, &c.u)),
        good.with("the lock copied under another header", "E_TDH2", |c| {
            c.label = flipped(&c.label);
        }),
        good.with("another ceremony with the same key", "E_TDH2", |c| {
            c.ceremony_id = flipped(&c.ceremony_id);
        }),
        good.with("another ceremony key", "E_TDH2", |c| c.key = shifted(suite, &c.key)),
        good.with("Ubar shifted by G", "E_TDH2", |c| c.ubar = shifted(suite, &c.ubar)),
        good.with("e plus one", "E_TDH2", |c| c.e = next(suite, &c.e)),
        good.with("f plus one", "E_TDH2", |c| c.f = next(suite, &c.f)),
        good.with("e and f exchanged", "E_TDH2", |c| std::mem::swap(&mut c.e, &mut c.f)),
        good.with("e and f zero", "E_TDH2", |c| {
            (c.e, c.f) = ("00".repeat(32), "00".repeat(32));
        }),
        good.with("the U of another honest proof", "E_TDH2", |c| c.u = other_u.to_string()),
        good.with("the Ubar of another honest proof", "E_TDH2", |c| {
            c.ubar = other.ubar.to_string();
        }),
        good.with("e is the group order", "E_SCALAR", |c| c.e = order(suite)),
        good.with("f is 2^256 - 1", "E_SCALAR", |c| c.f = "ff".repeat(32)),
        good.with("Ubar is 33 zero bytes", "E_POINT", |c| c.ubar = "00".repeat(33)),
        good.with("U is 33 zero bytes", "E_POINT", |c| c.u = "00".repeat(33)),
    ];
    let made = Tdh2File {
        what: "TDH2 proof of a lock: Ubar || e || f, bound to ceremony_id, key, U and label"
            .to_owned(),
        secret_r: hex(*r.danger_bytes()),
        entropy: hex(entropy),
        gbar: suite.hash_to_point("tdh2-gbar", &[&ceremony_id]).unwrap().to_string(),
        cases,
    };
    for case in check(&format!("tdh2{suffix}.json"), &made).cases {
        assert_eq!(case.judge(suite).err().unwrap_or("ok"), case.expect, "{}", case.name);
    }
}

#[derive(Serialize, Deserialize)]
struct DleqFile {
    what: String,
    secret_share: String,
    entropy: String,
    cases: Vec<DleqCase>,
}

#[derive(Clone, Serialize, Deserialize)]
struct DleqCase {
    name: String,
    ceremony_id: String,
    context: String,
    index: u16,
    share: String,
    u: String,
    d: String,
    c: String,
    z: String,
    expect: String,
}

impl DleqCase {
    fn with(&self, name: &str, expect: &str, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = self.clone();
        name.clone_into(&mut case.name);
        expect.clone_into(&mut case.expect);
        change(&mut case);
        case
    }

    fn judge(&self, suite: &'static Suite) -> Result<(), &'static str> {
        let point = |text: &str| suite.point(&unhex(text)).map_err(PointError::label);
        let scalar = |text: &str| suite.scalar(&unhex(text)).map_err(PointError::label);
        let (share, u, d) = (point(&self.share)?, point(&self.u)?, point(&self.d)?);
        let proof = dleq::Proof { c: scalar(&self.c)?, z: scalar(&self.z)? };
        let statement = dleq::Statement {
            ceremony_id: &Digest::new(array(&self.ceremony_id)),
            context: &Digest::new(array(&self.context)),
            index: CustodianIndex::new(self.index).unwrap(),
            share: &share,
            u: &u,
            d: &d,
        };
        statement.verify(suite, &proof).map_err(dleq::ProofError::label)
    }
}

#[test]
fn dleq() {
    for (suite, suffix) in SUITES {
        dleq_in(suite, suffix);
    }
}

fn dleq_in(suite: &'static Suite, suffix: &str) {
    let (s, u) = (secret(suite, 1), secret(suite, 2).base_mul());
    let (share, d) = (s.base_mul(), s.mul_point(&u).unwrap());
    let (ceremony_id, context) = (Digest::new([3; 32]), Digest::new([4; 32]));
    let statement = dleq::Statement {
        ceremony_id: &ceremony_id,
        context: &context,
        index: CustodianIndex::new(1).unwrap(),
        share: &share,
        u: &u,
        d: &d,
    };
    let entropy = vec![5; 32];
    let proof = statement.prove(suite, &s, &mut Planted(entropy.clone())).unwrap();
    let good = DleqCase {
        name: "holds".to_owned(),
        ceremony_id: hex(ceremony_id.bytes()),
        context: hex(context.bytes()),
        index: 1,
        share: share.to_string(),
        u: u.to_string(),
        d: d.to_string(),
        c: hex(proof.c.bytes()),
        z: hex(proof.z.bytes()),
        expect: "ok".to_owned(),
    };
    let cases = vec![
        good.clone(),
        good.with("another ceremony", "E_DLEQ", |c| c.ceremony_id = flipped(&c.ceremony_id)),
        good.with("another freeze", "E_DLEQ", |c| c.context = flipped(&c.context)),
        good.with("another custodian's number", "E_DLEQ", |c| c.index = 2),
        good.with("another public share", "E_DLEQ", |c| c.share = shifted(suite, &c.share)),
        good.with("another U", "E_DLEQ", |c| c.u = shifted(suite, &c.u)),
        good.with("another D", "E_DLEQ", |c| c.d = shifted(suite, &c.d)),
        good.with("U and S exchanged", "E_DLEQ", |c| std::mem::swap(&mut c.u, &mut c.share)),
        good.with("c plus one", "E_DLEQ", |c| c.c = next(suite, &c.c)),
        good.with("z plus one", "E_DLEQ", |c| c.z = next(suite, &c.z)),
        good.with("c and z zero", "E_DLEQ", |c| {
            (c.c, c.z) = ("00".repeat(32), "00".repeat(32));
        }),
        good.with("D is 33 zero bytes", "E_POINT", |c| c.d = "00".repeat(33)),
        good.with("D is not on the curve", "E_POINT", |c| c.d = off_curve(suite)),
        good.with("c is the group order", "E_SCALAR", |c| c.c = order(suite)),
        good.with("z is 2^256 - 1", "E_SCALAR", |c| c.z = "ff".repeat(32)),
    ];
    let made = DleqFile {
        what: "DLEQ proof (c, z) that D = s*U and S = s*G, bound to ceremony_id, context and index"
            .to_owned(),
        secret_share: hex(*s.danger_bytes()),
        entropy: hex(entropy),
        cases,
    };
    for case in check(&format!("dleq{suffix}.json"), &made).cases {
        assert_eq!(case.judge(suite).err().unwrap_or("ok"), case.expect, "{}", case.name);
    }
}
