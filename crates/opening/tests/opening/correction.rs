//! Versions of the opening record: a correction is a new one, and nothing is edited.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

pub fn correct() -> Command {
    Command::CorrectRecord { reason: "补记签到\n及文件解密结果".to_owned() }
}

fn corrected(no: u8) -> Input {
    let Command::CorrectRecord { reason } = correct() else { panic!("a correction") };
    Input::RecordCorrected { reason, sha256: digest(12, no) }
}

fn sign(no: u8) -> Command {
    Command::SignRecord { record_sha256: digest(12, no), cms: "AAAA".to_owned() }
}

/// Version 2, with what happened since the first; signed again and closed.
pub fn closed() -> Opening {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    opening.host(&sign(0));
    opening.command(&bidder(2), &Command::SignIn(None)).unwrap();
    opening.open_documents();
    opening.host(&correct());
    opening.input(&corrected(1)).unwrap();
    for actor in [host(), supervisor()] {
        opening.command(&actor, &sign(1)).unwrap();
    }
    opening.host(&Command::Close);
    opening
}

#[test]
fn the_corrected_record_is_a_vector() {
    let record = OpeningRecord::new(&closed().state).unwrap();
    let json = String::from_utf8(record.to_bytes()).unwrap();
    golden("record-corrected.json", &format!("{json}\n"));
    golden("record-corrected.txt", &record.to_text());
}

#[test]
fn a_correction_is_a_new_version_made_from_the_log() {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    let first = OpeningRecord::new(&opening.state).unwrap();
    assert_eq!(first.version, None);
    opening.command(&bidder(2), &Command::SignIn(None)).unwrap();
    opening.open_documents();
    assert_eq!(OpeningRecord::new(&opening.state).as_ref(), Some(&first));
    let next = OpeningRecord::corrected(&opening.state, "补记").unwrap();
    let version = next.version.clone().unwrap();
    assert_eq!((version.no, version.previous), (2, digest(12, 0)));
    assert!(next.rows[1].signed_in_at.is_some() && next.rows[0].documents.is_some());
    assert!(next.to_text().contains("补记") && next.to_text().contains("版本 Version：2"));
    opening
        .input(&Input::RecordCorrected { reason: "补记".to_owned(), sha256: digest(12, 1) })
        .unwrap();
    // What follows the version does not enter it.
    opening.command(&bidder(3), &Command::SignIn(None)).unwrap();
    assert_eq!(OpeningRecord::new(&opening.state), Some(next));
    opening.input(&corrected(2)).unwrap();
    let third = OpeningRecord::new(&opening.state).unwrap().version.unwrap();
    assert_eq!((third.no, third.previous), (3, digest(12, 1)));
    let digests: Vec<Digest> = opening.state.records().iter().map(|r| r.sha256).collect();
    assert_eq!(digests, [digest(12, 0), digest(12, 1), digest(12, 2)], "all stay");
}

#[test]
fn signatures_count_for_their_version() {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    opening.host(&sign(0));
    opening.command(&bidder(1), &sign(0)).unwrap();
    opening.input(&corrected(1)).unwrap();
    assert_eq!(opening.state.version_signatures().count(), 0);
    assert_eq!(label(opening.command(&host(), &sign(0))), "record-differs");
    opening.host(&sign(1));
    assert_eq!(label(opening.command(&host(), &sign(1))), "already-done");
    assert_eq!(opening.state.version_signatures().count(), 1);
    assert_eq!(opening.state.record_signatures().len(), 3);
}

#[test]
fn there_is_none_before_the_record_and_none_after_the_end() {
    for (phase, expected) in [
        (Phase::Receiving, "too-early"),
        (Phase::Published, "out-of-order"),
        (Phase::Read, "out-of-order"),
        (Phase::Closed, "lot-closed"),
        (Phase::Terminated, "lot-closed"),
    ] {
        let mut opening = Opening::at(phase, 4);
        assert_eq!(label(opening.command(&host(), &correct())), expected, "{phase}");
        assert_eq!(label(opening.input(&corrected(1))), expected, "{phase}");
    }
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    for actor in [supervisor(), bidder(1)] {
        assert_eq!(label(opening.command(&actor, &correct())), "wrong-role");
    }
    assert_eq!(OpeningRecord::corrected(&Opening::at(Phase::Read, 4).state, "x"), None);
    opening.host(&crate::hold::pause());
    assert_eq!(label(opening.command(&host(), &correct())), "opening-held");
}

#[test]
fn a_reader_refuses_a_version_that_does_not_follow() {
    let opening = Opening::at(Phase::RecordGenerated, 4);
    let good = RecordCorrected {
        no: 2,
        reason: "更正".to_owned(),
        previous: digest(12, 0),
        sha256: digest(12, 1),
    };
    let check = |corrected: RecordCorrected| {
        let event = Event::RecordCorrected(corrected);
        let mut twin = opening.state.clone();
        twin.check_and_apply(&Actor::Hall, at(opening.now), &event).map_err(|error| error.label())
    };
    assert_eq!(check(good.clone()), Ok(()));
    for bad in [
        RecordCorrected { no: 1, ..good.clone() },
        RecordCorrected { no: 3, ..good.clone() },
        RecordCorrected { previous: digest(12, 1), ..good.clone() },
        RecordCorrected { reason: " ".to_owned(), ..good.clone() },
    ] {
        assert_eq!(check(bad), Err("bad-data"));
    }
    let event = Event::RecordCorrected(good);
    assert_eq!(event.needs_command(), Some(CommandKind::CorrectRecord));
    let by_host = opening.state.clone().check_and_apply(&host(), at(opening.now), &event);
    assert_eq!(by_host.unwrap_err().label(), "wrong-role");
}

#[test]
fn versions_are_bounded() {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    for no in 1..limits::RECORD_VERSIONS {
        opening.input(&corrected(u8::try_from(no).unwrap())).unwrap();
    }
    assert_eq!(label(opening.input(&corrected(200))), "bad-data");
}

/// A time that is confirmed for the documents, after the record, does not enter it.
#[test]
fn a_time_confirmed_after_the_record_does_not_enter_it() {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    let record = OpeningRecord::new(&opening.state);
    opening.host(&Command::StartUnsealing(Part::Documents));
    opening.host(&Command::ConfirmTime { deadline: at(DEADLINE) });
    opening.command(&supervisor(), &Command::ApproveTime { deadline: at(DEADLINE) }).unwrap();
    assert_eq!(OpeningRecord::new(&opening.state), record);
}
