//! Packages of honest openings pass.

use kaibiao_testkit::ScenarioOptions;

use super::common::{assert_verdict, contents, report, rich, scenario, sealed_at, trust};
use crate::{Lang, Outcome, Verdict, write};

#[test]
fn a_whole_opening_passes() {
    let scenario = scenario(&rich());
    let rng = ring::rand::SystemRandom::new();
    let mut package = Vec::new();
    write(&contents(&scenario), &scenario.people.hall, sealed_at(), &rng, &mut package).unwrap();
    let report = report(&scenario, &package);
    println!("{}", report.text(Lang::Zh));
    println!("{}", report.json());
    assert_verdict(&report, Verdict::Passed);
    assert_eq!(report.count(Outcome::Unknown), 0);
    let _ = trust(&scenario);
}

#[test]
fn a_plain_opening_passes() {
    let scenario = scenario(&ScenarioOptions::default());
    let rng = ring::rand::SystemRandom::new();
    let mut package = Vec::new();
    write(&contents(&scenario), &scenario.people.hall, sealed_at(), &rng, &mut package).unwrap();
    assert_verdict(&report(&scenario, &package), Verdict::Passed);
}
