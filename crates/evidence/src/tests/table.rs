//! Every change of the tables, and that no check is without a failing example.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::common::{Case, rich_scenario, trust};
use super::{container, files, journals, logs, trust as lists};
use crate::{CheckId, Lang, Outcome, verify};

fn cases() -> Vec<Case> {
    [container::cases(), files::cases(), journals::cases(), logs::cases(), lists::cases()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_change_is_found_by_its_check() {
    let own = trust(rich_scenario());
    let mut failed = BTreeSet::new();
    for case in cases() {
        let list = case.trust.as_ref().unwrap_or(&own);
        let report = verify(&mut Cursor::new(&case.package), list, case.at);
        let text = || format!("{}\n{}", case.name, report.text(Lang::En));
        assert_eq!(report.verdict(), case.verdict, "{}", text());
        let answers = report.findings().iter().filter(|finding| finding.check == case.check);
        let worst = answers.max_by_key(|finding| finding.outcome);
        let worst = worst.unwrap_or_else(|| panic!("no answer: {}", text()));
        assert_eq!(worst.outcome, case.outcome, "{}", text());
        if case.indication.is_some() {
            assert_eq!(worst.indication, case.indication, "{}", text());
        }
        let verdict = report.text(Lang::En);
        assert_eq!(verdict.matches("verdict: ").count(), 1);
        assert!(verdict.lines().last().unwrap().contains(case.verdict.name()));
        failed.extend(
            report.findings().iter().filter(|f| f.outcome == Outcome::Fail).map(|f| f.check),
        );
    }
    let without: Vec<&CheckId> =
        CheckId::ALL.iter().filter(|check| !failed.contains(check)).collect();
    // Documents are not part of the public kind.
    assert_eq!(without, [&CheckId::Dec03]);
}

#[test]
fn the_table_of_checks_is_the_committed_one() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("checks.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("KAIBIAO_WRITE").is_some() {
        std::fs::write(&path, crate::checks_json()).unwrap();
    } else {
        assert_eq!(committed, crate::checks_json(), "run once with KAIBIAO_WRITE=1 and look at it");
    }
}

#[test]
fn checks_are_listed_and_explained() {
    let ids: BTreeSet<&str> = CheckId::ALL.iter().map(|id| id.check().id).collect();
    assert_eq!(ids.len(), CheckId::ALL.len());
    for lang in [Lang::Zh, Lang::En] {
        assert_eq!(crate::list_checks(lang).lines().count(), ids.len());
        for id in &ids {
            let text = crate::explain(id, lang).unwrap();
            assert_eq!(text.lines().count(), 4, "{text}");
            assert!(text.starts_with(id));
        }
        assert_eq!(crate::explain("PKG-99", lang), None);
    }
    for id in CheckId::ALL {
        let check = id.check();
        assert!(check.question.en.ends_with('?') && check.question.zh.ends_with('？'), "{id}");
        for words in [check.question, check.failure, check.by_hand] {
            assert!(!words.zh.is_empty() && !words.en.is_empty());
        }
    }
}
