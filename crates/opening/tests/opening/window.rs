//! The window for objections: the record waits for it, and its clock stands while held.

use kaibiao_opening::*;

use crate::support::*;

/// Ten minutes.
const WINDOW: u64 = 10 * MINUTE;

fn with_window() -> Terms {
    Terms { objection_ms: Some(span(WINDOW)), ..terms() }
}

pub fn published() -> LotPublished {
    let tender = TenderFile::new(&TenderDraft::new(with_window()).unwrap(), announced()).unwrap();
    LotPublished::new(&tender, digest(1, 5), digest(1, 6))
}

/// Every price is read; the window has just opened.
fn read() -> Opening {
    read_of(published())
}

fn read_of(lot: LotPublished) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::Read, 4);
    opening
}

fn object(opening: &mut Opening) -> Result<Vec<Event>, Refusal> {
    opening.command(&bidder(2), &Command::RaiseObjection("请核对报价".to_owned()))
}

pub fn extend(minutes: u64) -> Command {
    Command::ExtendObjections(span(minutes * MINUTE))
}

/// Extended once, one objection, and closed after the end of the window.
pub fn closed() -> Opening {
    closed_of(published())
}

pub fn closed_of(lot: LotPublished) -> Opening {
    let mut opening = read_of(lot);
    opening.now += 9 * MINUTE;
    opening.host(&extend(10));
    opening.now += 5 * MINUTE;
    object(&mut opening).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "已核对".to_owned() });
    opening.now += 6 * MINUTE;
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// For the table: open, held, and over.
pub fn states() -> Vec<(&'static str, Opening)> {
    let open = read();
    let mut held = open.clone();
    held.host(&crate::hold::pause());
    held.now += 2 * WINDOW;
    let mut over = open.clone();
    over.now += WINDOW;
    vec![("window open", open), ("window held", held), ("window over", over)]
}

#[test]
fn the_record_waits_for_the_end_of_the_window() {
    let mut opening = read();
    let made = Input::RecordGenerated { sha256: digest(12, 0) };
    opening.now += WINDOW - 1;
    object(&mut opening).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "已核对".to_owned() });
    for refused in
        [label(opening.command(&host(), &Command::GenerateRecord)), label(opening.input(&made))]
    {
        assert_eq!(refused, "objections-running");
    }
    opening.now += 1;
    assert_eq!(label(object(&mut opening)), "objections-over");
    opening.host(&Command::GenerateRecord);
    opening.input(&made).unwrap();
    assert_eq!(label(object(&mut opening)), "out-of-order");
}

/// The millisecond of the end is over; before every price is read there is no end.
#[test]
fn it_opens_when_every_price_is_read() {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(published()))).unwrap();
    opening.walk_to(Phase::Published, 4);
    assert_eq!(opening.state.objection_window(), None);
    opening.now += 3 * WINDOW;
    object(&mut opening).unwrap();
    assert_eq!(label(opening.command(&host(), &extend(10))), "out-of-order");
    opening.host(&Command::AnswerObjection { no: 1, text: "已核对".to_owned() });
    opening.walk_to(Phase::Read, 4);
    let window = *opening.state.objection_window().unwrap();
    assert_eq!((window.from, window.until), (at(opening.now), at(opening.now + WINDOW)));
}

#[test]
fn the_host_extends_it_and_opens_it_again() {
    let mut opening = read();
    let end = opening.now + WINDOW;
    for actor in [supervisor(), bidder(1)] {
        assert_eq!(label(opening.command(&actor, &extend(10))), "wrong-role");
    }
    opening.host(&extend(10));
    let until = |opening: &Opening| opening.state.objection_window().unwrap().until;
    assert_eq!(until(&opening), at(end + 10 * MINUTE));
    opening.now = end + 30 * MINUTE;
    assert_eq!(label(object(&mut opening)), "objections-over");
    opening.host(&extend(5));
    assert_eq!(until(&opening), at(opening.now + 5 * MINUTE));
    object(&mut opening).unwrap();
    for by in [0, 86_400_001] {
        let command = Command::ExtendObjections(span(by));
        assert_eq!(label(opening.command(&host(), &command)), "bad-data");
    }
    for _ in 2..limits::EXTENSIONS {
        opening.host(&extend(1));
    }
    assert_eq!(label(opening.command(&host(), &extend(1))), "bad-data");
}

#[test]
fn its_clock_stands_while_the_opening_is_held() {
    let mut opening = read();
    let end = opening.now + WINDOW;
    opening.now += 4 * MINUTE;
    opening.host(&crate::hold::pause());
    opening.now += 3 * WINDOW;
    assert_eq!(label(opening.command(&host(), &extend(10))), "opening-held");
    object(&mut opening).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "已核对".to_owned() });
    opening.host(&Command::Resume);
    assert_eq!(opening.state.objection_window().unwrap().until, at(end + 3 * WINDOW));
    opening.now += 6 * MINUTE - 1;
    let early = opening.command(&host(), &Command::GenerateRecord);
    assert_eq!(label(early), "objections-running");
    opening.now += 1;
    // Held only after its end: nothing is raised any more.
    opening.host(&crate::hold::pause());
    assert_eq!(label(object(&mut opening)), "objections-over");
    opening.host(&Command::Resume);
    opening.host(&Command::GenerateRecord);
}

/// A tender of before has no window: objections until the record, which waits for nobody.
#[test]
fn without_a_window_everything_is_as_before() {
    let mut opening = Opening::at(Phase::Read, 4);
    assert_eq!(opening.state.objection_window(), None);
    assert_eq!(label(opening.command(&host(), &extend(10))), "no-objection-window");
    opening.now += 24 * 60 * MINUTE;
    object(&mut opening).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "已核对".to_owned() });
    opening.host(&Command::GenerateRecord);
    assert!(OpeningRecord::new(&opening.state).unwrap().objection_window.is_none());
}

#[test]
fn the_record_names_the_window() {
    let opening = closed();
    let record = OpeningRecord::new(&opening.state).unwrap();
    let window = record.objection_window.unwrap();
    assert_eq!(window.extended, 1);
    assert_eq!(window.until.since(window.from), Some(span(20 * MINUTE)));
    assert!(record.to_text().contains("异议时限"));
}

#[test]
fn the_span_is_bounded_in_the_tender_file_and_in_the_log() {
    for bad in [0, 86_400_001] {
        let terms = Terms { objection_ms: Some(span(bad)), ..terms() };
        let error = TenderDraft::new(terms).unwrap_err();
        assert_eq!(error, TenderError::Span("objection_ms"));
        let lot = LotPublished { objection_ms: Some(span(bad)), ..published() };
        let mut opening = Opening::new();
        let refused = opening.input(&Input::LotPublished(Box::new(lot)));
        assert_eq!(label(refused), "bad-data");
    }
    let bytes = TenderDraft::new(with_window()).unwrap().to_bytes();
    assert_eq!(TenderDraft::parse(&bytes).unwrap().terms(), &with_window());
    let null = String::from_utf8(bytes)
        .unwrap()
        .replace("\"objection_ms\":600000", "\"objection_ms\":null");
    assert_eq!(TenderDraft::parse(null.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
}

#[test]
fn a_reader_refuses_an_end_that_does_not_follow() {
    let opening = read();
    let (now, by) = (at(opening.now), span(MINUTE));
    let extended = |until: u64| {
        let event = Event::ObjectionsExtended(ObjectionsExtended { by_ms: by, until: at(until) });
        opening.state.clone().check_and_apply(&host(), now, &event).map_err(|error| error.label())
    };
    let end = opening.now + WINDOW + MINUTE;
    assert_eq!(extended(end), Ok(()));
    assert_eq!(extended(end - 1), Err("bad-data"));
    assert_eq!(extended(end + 1), Err("bad-data"));
}
