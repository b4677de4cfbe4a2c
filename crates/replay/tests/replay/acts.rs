//! Journals of custodians as others read them.

use kaibiao_replay::{Act, CustodianJournal, JournalFault};
use kaibiao_types::{Digest, UtcMillis};

use super::common::rich;

fn acts() -> Vec<Act> {
    let at = UtcMillis::new(1_800_000_000_000).unwrap();
    vec![
        Act::Cosigned { at, size: 7, root: Digest::ZERO },
        Act::FreezeSigned { at, freeze_id: Digest::ZERO },
        Act::Refused {
            at,
            request: "release-price".to_owned(),
            label: "E_NOT_YET".to_owned(),
            detail: "等 \"600\" s".to_owned(),
        },
        Act::Destroying { at },
        Act::Destroyed { at },
        Act::Retired { at },
    ]
}

#[test]
fn journals_have_one_written_form_and_read_back() {
    let bytes: Vec<u8> = acts().iter().flat_map(Act::to_line).collect();
    assert_eq!(CustodianJournal::parse(&bytes).unwrap().acts(), acts());
    assert!(acts().iter().all(|act| act.at().get() == 1_800_000_000_000));
    for journal in rich().journals.values() {
        let read = CustodianJournal::parse(journal).unwrap();
        let again: Vec<u8> = read.acts().iter().flat_map(Act::to_line).collect();
        assert_eq!(again, *journal);
        assert!(read.acts().iter().any(|act| matches!(act, Act::Intent { .. })));
    }
}

#[test]
fn what_is_no_journal_is_refused_by_its_line() {
    let good = String::from_utf8(acts()[0].to_line()).unwrap();
    let refused = |text: String| CustodianJournal::parse(text.as_bytes()).unwrap_err();
    let second = |line: &str| refused(format!("{good}{line}\n"));
    assert_eq!(refused(String::new()), JournalFault::Empty);
    assert_eq!(refused("\n".to_owned()), JournalFault::Line(1));
    assert_eq!(refused(good.trim_end().to_owned()), JournalFault::Torn);
    let line = good.trim_end();
    for wrong in [
        "",
        "{}",
        "null",
        "{\"act\":\"opened\",\"at\":1}",
        "{\"at\":1,\"act\":\"retired\"}",
        "{\"act\":\"retired\",\"at\":1,\"x\":1}",
        "{\"act\":\"retired\",\"at\":-1}",
        "{\"act\":\"retired\",\"at\":1} ",
        "{\"act\":\"retired\",\"at\":1}\r",
        "{\"act\":\"retired\",\"at\":1,\"at\":1}",
        "\u{feff}{\"act\":\"retired\",\"at\":1}",
    ] {
        assert_eq!(second(wrong), JournalFault::Line(2), "{wrong}");
    }
    assert_eq!(second(&line.replace("\"size\":7", "\"size\":7.0")), JournalFault::Line(2));
    assert_eq!(second(&line.replace("\"size\":7,", "")), JournalFault::Line(2));
    assert_eq!(JournalFault::Line(2).label(), "E_JOURNAL");
}
