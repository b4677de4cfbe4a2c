//! Partials, their combination, and draws.

use kaibiao_crypto::{Hex, SecretScalar};
use kaibiao_types::Digest;
use serde::{Deserialize, Serialize};

use super::check;
use crate::testing::{Ceremony, Seeded, index, two_of_three, two_of_three_sm, unhex};
use crate::*;

const FREEZE: Digest = Digest::new([7; 32]);

#[derive(Serialize, Deserialize)]
struct PartialFile {
    what: String,
    record: String,
    cases: Vec<PartialCase>,
}

#[derive(Clone, Serialize, Deserialize)]
struct PartialCase {
    name: String,
    context: Digest,
    u: Hex<33>,
    partials: Vec<Partial>,
    expect: String,
    z: Option<Hex<33>>,
    dropped: Vec<Dropped>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Dropped {
    custodian: u16,
    label: String,
}

impl PartialCase {
    fn judge(&self, record: &CeremonyRecord) {
        let u = record.suite().point(&self.u.0).unwrap();
        let (label, z, dropped) = match combine_any(record, &self.context, &u, &self.partials) {
            Ok(combined) => ("ok", Some(combined.point.hex()), combined.dropped),
            Err((error, dropped)) => (error.label(), None, dropped),
        };
        let dropped: Vec<Dropped> = dropped
            .iter()
            .map(|error| Dropped {
                custodian: error.custodian().get(),
                label: error.label().to_owned(),
            })
            .collect();
        assert_eq!((label, z, &dropped), (&*self.expect, self.z, &self.dropped), "{}", self.name);
    }

    /// One custodian's partial is changed: it is dropped with a label, and the others open.
    fn one_bad(
        &self,
        name: &str,
        custodian: u16,
        label: &str,
        change: impl FnOnce(&mut Partial),
    ) -> Self {
        let mut case = self.clone();
        case.name = name.to_owned();
        change(&mut case.partials[1]);
        case.dropped = vec![Dropped { custodian, label: label.to_owned() }];
        case
    }

    /// Other partials or another context.
    fn other(&self, name: &str, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = self.clone();
        case.name = name.to_owned();
        change(&mut case);
        case
    }

    fn closed(&mut self, dropped: &[u16]) {
        "UNOPENED_CUSTODY".clone_into(&mut self.expect);
        self.z = None;
        let label = || "E_DLEQ".to_owned();
        self.dropped = dropped.iter().map(|i| Dropped { custodian: *i, label: label() }).collect();
    }
}

fn partial_cases(ceremony: &Ceremony) -> Vec<PartialCase> {
    let suite = ceremony.record.suite();
    let r = SecretScalar::random(suite, &mut Seeded(70)).unwrap();
    let u = r.base_mul();
    let good = PartialCase {
        name: "all three".to_owned(),
        context: FREEZE,
        u: u.hex(),
        partials: ceremony.raise(&FREEZE, &u, &[1, 2, 3]),
        expect: "ok".to_owned(),
        z: Some(r.mul_point(&ceremony.record.key().unwrap()).unwrap().hex()),
        dropped: vec![],
    };
    let other_u = SecretScalar::random(suite, &mut Seeded(71)).unwrap().base_mul();
    let of_other_u = ceremony.raise(&FREEZE, &other_u, &[2])[0];
    let of_other_freeze = ceremony.raise(&Digest::new([8; 32]), &u, &[2])[0];
    let shifted = |d: Hex<33>| suite.point(&d.0).unwrap().add(&suite.generator()).unwrap().hex();
    vec![
        good.clone(),
        good.other("custodians 1 and 2", |c| c.partials.truncate(2)),
        good.other("custodians 1 and 3", |c| c.partials = vec![c.partials[0], c.partials[2]]),
        good.other("custodians 3 and 2", |c| {
            c.partials.remove(0);
            c.partials.reverse();
        }),
        good.other("one custodian alone", |c| {
            c.partials.truncate(1);
            c.closed(&[]);
        }),
        good.other("one custodian twice", |c| {
            c.partials = vec![c.partials[0]; 2];
            c.closed(&[]);
        }),
        good.other("none", |c| {
            c.partials.clear();
            c.closed(&[]);
        }),
        good.other("another freeze", |c| {
            c.context = Digest::new([9; 32]);
            c.closed(&[1, 2, 3]);
        }),
        good.other("another point", |c| {
            c.u = other_u.hex();
            c.closed(&[1, 2, 3]);
        }),
        good.one_bad("D shifted by G", 2, "E_DLEQ", |p| p.d = shifted(p.d)),
        good.one_bad("c flipped", 2, "E_DLEQ", |p| p.c.0[31] ^= 1),
        good.one_bad("z flipped", 2, "E_DLEQ", |p| p.z.0[31] ^= 1),
        good.one_bad("of another point", 2, "E_DLEQ", |p| *p = of_other_u),
        good.one_bad("of another freeze", 2, "E_DLEQ", |p| *p = of_other_freeze),
        good.one_bad("of another custodian", 3, "E_DLEQ", |p| p.index = index(3)),
        good.one_bad("number n + 1", 4, "E_INDEX", |p| p.index = index(4)),
        good.one_bad("D is 33 zero bytes", 2, "E_POINT", |p| p.d = Hex([0; 33])),
        good.one_bad("c is not below the order", 2, "E_POINT", |p| p.c = Hex([0xff; 32])),
        good.one_bad("z is not below the order", 2, "E_POINT", |p| p.z = Hex([0xff; 32])),
    ]
}

/// A ceremony of each suite, with the end of its files' names.
fn ceremonies() -> [(&'static Ceremony, &'static str); 2] {
    [(two_of_three(), ""), (two_of_three_sm(), "-sm2")]
}

#[test]
fn partials() {
    for (ceremony, suffix) in ceremonies() {
        partials_of(ceremony, suffix);
    }
}

fn partials_of(ceremony: &Ceremony, suffix: &str) {
    let made = PartialFile {
        what: "partials of one point: who is dropped and named, and the point Z that results"
            .to_owned(),
        record: String::from_utf8(ceremony.bytes()).unwrap(),
        cases: partial_cases(ceremony),
    };
    let file = check(&format!("partial{suffix}.json"), &made);
    let record = CeremonyRecord::parse(file.record.as_bytes()).unwrap();
    file.cases.iter().for_each(|case| case.judge(&record));
}

#[derive(Serialize, Deserialize)]
struct DrawFile {
    what: String,
    rehearsals: Vec<RehearsalCase>,
    points: Vec<PointCase>,
    values: Vec<ValueCase>,
}

#[derive(Serialize, Deserialize)]
struct RehearsalCase {
    ceremony_id: Digest,
    i: u32,
    context: Digest,
}

#[derive(Serialize, Deserialize)]
struct PointCase {
    ceremony_id: Digest,
    freeze_id: Digest,
    draw_no: u32,
    point: Hex<33>,
}

#[derive(Serialize, Deserialize)]
struct ValueCase {
    combined: Hex<33>,
    /// Decimal text: it may exceed what a JSON number holds.
    range: String,
    expect: String,
    value: Option<String>,
}

#[test]
fn draws() {
    for (ceremony, suffix) in ceremonies() {
        draws_of(ceremony, suffix);
    }
}

fn draws_of(ceremony: &Ceremony, suffix: &str) {
    let (id, suite) = (ceremony.record.ceremony_id, ceremony.record.suite());
    let rehearsal =
        |i| RehearsalCase { ceremony_id: id, i, context: rehearsal_context(suite, &id, i) };
    let point = |draw_no| PointCase {
        ceremony_id: id,
        freeze_id: FREEZE,
        draw_no,
        point: draw_point(suite, &id, &FREEZE, draw_no).unwrap().hex(),
    };
    let value = |i: u16, range: u64| {
        let combined = suite.number(i).base_mul().unwrap();
        let drawn = draw_value(suite, &combined, range);
        ValueCase {
            combined: combined.hex(),
            range: range.to_string(),
            expect: if range == 0 { "refused" } else { "ok" }.to_owned(),
            value: drawn.ok().map(|value| value.to_string()),
        }
    };
    let ranges = [1, 2, 6, 1_000_000, (1 << 63) + 1, u64::MAX];
    let mut values: Vec<ValueCase> =
        ranges.iter().flat_map(|range| [value(1, *range), value(2, *range)]).collect();
    values.push(value(1, 0));
    let made = DrawFile {
        what: "contexts of rehearsals, points of draws, and values from combined points".to_owned(),
        rehearsals: (0..3).map(rehearsal).collect(),
        points: [0, 1, u32::MAX].into_iter().map(point).collect(),
        values,
    };
    let file = check(&format!("draw{suffix}.json"), &made);
    for case in file.rehearsals {
        assert_eq!(rehearsal_context(suite, &case.ceremony_id, case.i), case.context);
    }
    for case in file.points {
        let point = draw_point(suite, &case.ceremony_id, &case.freeze_id, case.draw_no);
        assert_eq!(point.unwrap().hex(), case.point);
    }
    for case in file.values {
        let combined = suite.point(&unhex(&case.combined.to_string())).unwrap();
        let drawn = draw_value(suite, &combined, case.range.parse().unwrap());
        assert_eq!(drawn.is_ok(), case.expect == "ok");
        assert_eq!(drawn.ok().map(|value| value.to_string()), case.value);
    }
}
