//! The end of a lot: when the share goes, what is refused from then on, when the cosigning key goes.

use kaibiao_custody::{
    Act, COSIGN_KEEP, ClockReading, Custody, Holding, Memory, RESULT_KEEP, Refusal,
};
use kaibiao_journal::destroyed_statement;
use kaibiao_opening::EventKind;
use kaibiao_testkit::{Scenario, ScenarioOptions};
use kaibiao_types::{CustodianIndex, Digest, Millis, Part};

use super::common::{
    after, clock, cosigned, custody, freeze_id, material, prefix_of, ready, scenario, signed, upto,
};

fn all() -> usize {
    scenario().log.entries().len()
}

/// A memory that went as far as `acts`.
fn memory(acts: &[Act]) -> Memory {
    let mut memory = Memory::default();
    for act in acts {
        memory.remember(act);
    }
    memory
}

fn destroyed() -> Memory {
    let at = after().now;
    memory(&[Act::Destroying { at }, Act::Destroyed { at }])
}

#[test]
fn the_share_goes_at_the_end_and_not_before() {
    let end = upto(EventKind::OpeningClosed, 0);
    let due = custody().destroy(&end, &ready(&end), after()).unwrap();
    let verified = &scenario().verified;
    let (origin, id) = (verified.origin(), verified.record().ceremony_id);
    assert_eq!(due.statement, destroyed_statement(origin, &id, Some(&freeze_id())));
    let at = after().now;
    assert_eq!((due.before, due.after), (Act::Destroying { at }, Act::Destroyed { at }));
    // At no moment before; and where the whole log stands, still.
    let count = usize::try_from(end.log().len()).unwrap();
    for before in 0..count {
        let replay = prefix_of(scenario(), before);
        let refusal = custody().destroy(&replay, &Memory::default(), after()).unwrap_err();
        assert!(matches!(refusal, Refusal::NotOver), "after {before} entries: {refusal}");
        assert_eq!(refusal.label(), "E_NOT_ALLOWED");
    }
    let whole = prefix_of(scenario(), all());
    assert!(custody().destroy(&whole, &ready(&whole), after()).is_ok());
    // What was begun goes on, whatever was done of it.
    assert!(custody().destroy(&end, &destroyed(), after()).is_ok());
}

#[test]
fn another_history_destroys_nothing() {
    let end = upto(EventKind::OpeningClosed, 0);
    let mut memory = ready(&end);
    let size = end.log().len();
    memory.remember(&Act::Cosigned { at: after().now, size, root: Digest::ZERO });
    let refusal = custody().destroy(&end, &memory, after()).unwrap_err();
    assert_eq!(refusal.label(), "E_ROLLBACK");
}

#[test]
fn what_is_destroyed_answers_nothing() {
    let at = after().now;
    let asked = upto(EventKind::UnsealingStarted, 0);
    let frozen = upto(EventKind::SetFrozen, 0);
    for act in [Act::Destroying { at }, Act::Destroyed { at }, Act::Retired { at }] {
        let mut held = ready(&asked);
        assert_eq!(held.holding(), Holding::Share);
        held.remember(&act);
        let mut custody = Custody::without_share(CustodianIndex::new(1).unwrap());
        let materials = material(scenario());
        for part in [Part::Price, Part::Documents] {
            let refusal = custody.release(&asked, &held, &materials, part, after()).unwrap_err();
            assert_eq!(refusal.label(), "E_DESTROYED", "{act:?}");
        }
        let mut held = ready(&frozen);
        held.remember(&act);
        let refusal = custody.countersign(&frozen, &held, &materials, after()).unwrap_err();
        assert_eq!(refusal.label(), "E_DESTROYED", "{act:?}");
        // Heads are cosigned as long as the cosigning key is there.
        let size = asked.log().len();
        let outcome = custody.cosign(&asked, &held, &signed(scenario(), size), after());
        let expected = (act == Act::Retired { at }).then_some("E_DESTROYED");
        assert_eq!(outcome.err().map(|refusal| refusal.label()), expected, "{act:?}");
    }
}

#[test]
fn no_step_is_taken_back() {
    let at = after().now;
    let order = [
        (Act::Destroying { at }, Holding::Destroying),
        (Act::Destroyed { at }, Holding::CosigningKey),
        (Act::Retired { at }, Holding::Nothing),
    ];
    for (number, (last, holding)) in order.iter().enumerate() {
        for (before, _) in &order[..number] {
            let memory = memory(&[last.clone(), before.clone()]);
            assert_eq!(memory.holding(), *holding);
        }
    }
    let line = serde_json::to_string(&Act::Destroying { at }).unwrap();
    assert_eq!(line, format!(r#"{{"act":"destroying","at":{at}}}"#, at = at.get()));
}

#[test]
fn the_cosigning_key_goes_when_nothing_is_left_to_cosign() {
    let whole = prefix_of(scenario(), all());
    let retired = |count: usize, memory: &Memory, shown: bool, now: ClockReading| {
        custody().retire(&prefix_of(scenario(), count), memory, shown, now).is_some()
    };
    let ended = whole.state().ended().unwrap().at;
    let now = clock(ended.plus(Millis::from_secs(10)));
    assert!(whole.state().all_destroyed());
    assert!(retired(all(), &destroyed(), true, now));
    // Not before the hall shows the cosignature, nor while a destruction is missing, nor with the
    // share still there, nor twice.
    assert!(!retired(all(), &destroyed(), false, now));
    assert!(!retired(all() - 1, &destroyed(), true, now));
    let at = now.now;
    let mut memory = Memory::default();
    cosigned(&mut memory, &whole, whole.log().len());
    assert!(!retired(all(), &memory, true, now));
    memory.remember(&Act::Destroying { at });
    assert!(!retired(all(), &memory, true, now));
    let mut gone = destroyed();
    gone.remember(&Act::Retired { at });
    assert!(!retired(all(), &gone, true, now));
    // Nobody is waited for longer than this, by a clock that may be wrong.
    let late = ended.plus(COSIGN_KEEP);
    let end = usize::try_from(whole.state().ended().unwrap().entry).unwrap() + 1;
    assert!(retired(end, &destroyed(), false, clock(late)));
    assert!(!retired(end, &destroyed(), false, clock(late.minus(Millis::new(1).unwrap()))));
    let unsure = ClockReading { max_error: Millis::new(1).unwrap(), ..ClockReading::system(late) };
    assert!(!retired(end, &destroyed(), false, unsure));
    assert!(!retired(end - 1, &destroyed(), false, clock(late)), "the opening is not over");
}

/// Where the result may still be told, heads are still to be cosigned after every share is gone.
#[test]
fn the_cosigning_key_stays_for_the_session_in_which_the_result_is_told() {
    let told = Scenario::build(&ScenarioOptions { result: true, ..ScenarioOptions::default() });
    let told = told.unwrap();
    let count = told.log.entries().len();
    let whole = prefix_of(&told, count);
    let end = usize::try_from(whole.state().ended().unwrap().entry).unwrap() + 1;
    let all_gone = (end..=count).find(|n| prefix_of(&told, *n).state().all_destroyed()).unwrap();
    assert!(all_gone < count, "the session comes later");
    let retired = |count: usize, now: ClockReading| {
        custody().retire(&prefix_of(&told, count), &destroyed(), true, now).is_some()
    };
    let ended = whole.state().ended().unwrap().at;
    for count in [end, all_gone, count] {
        assert!(!retired(count, clock(ended.plus(COSIGN_KEEP))), "{count}");
        let last = ended.plus(RESULT_KEEP);
        assert!(!retired(count, clock(last.minus(Millis::new(1).unwrap()))), "{count}");
        assert!(retired(count, clock(last)), "{count}");
    }
}
