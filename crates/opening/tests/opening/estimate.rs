//! The base estimate (标底): sealed by the host before the deadline, opened with the prices, and never a
//! reason to keep a bid shut.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn with_estimate() -> Terms {
    Terms { base_estimate: true, ..terms() }
}

pub fn published() -> LotPublished {
    let tender = TenderFile::new(&TenderDraft::new(with_estimate()).unwrap(), announced()).unwrap();
    LotPublished::new(&tender, digest(1, 5), digest(1, 6))
}

/// 标底 of the test lot: below the ceiling.
pub fn amount() -> Money {
    Money::fen(90_000_000).unwrap()
}

/// The digest of the sealed object number `no`, which is none: the procedure opens nothing.
pub fn sha256(no: u8) -> Digest {
    digest(14, no)
}

pub fn seal(no: u8) -> Command {
    Command::SealEstimate { sha256: sha256(no), object_b64: "iUtCRg0KGgo=".to_owned() }
}

fn lot_key_rules(lot: &LotKey) -> EstimateRules<'_> {
    EstimateRules { lot, currency: Currency::Cny }
}

fn plain() -> Vec<u8> {
    BaseEstimate::new(&lot_key_rules(&lot_key()), amount()).unwrap().to_bytes()
}

fn outcome(state: &State, bytes: Vec<u8>) -> PriceOutcome {
    let sheet = UnsealedSheet::Opened { sha256: digest(15, 0), bytes };
    PriceOutcome { manifest_sha256: state.estimate().unwrap().sha256, sheet }
}

/// The estimate that counts, opened.
pub fn opened(state: &State) -> PriceOutcome {
    outcome(state, plain())
}

fn unopened(state: &State, label: &str) -> PriceOutcome {
    let sheet = UnsealedSheet::NotOpened { label: label.to_owned(), fault: Fault::Undetermined };
    PriceOutcome { sheet, ..opened(state) }
}

fn receiving_of(lot: LotPublished) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening
}

fn receiving() -> Opening {
    receiving_of(published())
}

/// Sealed and replaced once.
fn sealed_in(mut opening: Opening) -> Opening {
    opening.host(&seal(1));
    opening.now += MINUTE;
    opening.host(&seal(2));
    opening
}

/// Custodians are being waited for.
fn unsealing() -> Opening {
    let mut opening = sealed_in(receiving());
    opening.walk_to(Phase::UnsealingPrices, 4);
    opening
}

/// The second of two estimates is opened.
pub fn closed() -> Opening {
    let mut opening = unsealing();
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// For the table: before the deadline, and while custodians release.
pub fn states() -> Vec<(&'static str, Opening)> {
    let missing = {
        let mut opening = receiving();
        opening.walk_to(Phase::UnsealingPrices, 4);
        opening
    };
    vec![
        ("a base estimate may be sealed", receiving()),
        ("a base estimate is sealed", sealed_in(receiving())),
        ("a base estimate is opened with the prices", unsealing()),
        ("no base estimate was sealed", missing),
    ]
}

fn rule(result: Result<Vec<Event>, Refusal>) -> &'static str {
    match result.expect_err("a refusal") {
        Refusal::BadData { rule, .. } => rule.name(),
        refusal => refusal.label(),
    }
}

fn prices_with(opening: &Opening, estimate: PriceOutcome) -> Input {
    let mut all = outcomes(&opening.state);
    all.pop();
    all.push(estimate);
    Input::PricesUnsealed(all)
}

fn record(opening: &Opening) -> OpeningRecord {
    OpeningRecord::new(&opening.state).unwrap()
}

#[test]
fn the_last_estimate_is_opened_with_the_prices_and_stands_in_the_record() {
    let opening = closed();
    let estimate = opening.state.published_estimate().unwrap();
    assert_eq!((estimate.sha256, estimate.amount), (sha256(2), Some(amount())));
    assert_eq!(estimate.capital.as_deref(), Some("玖拾万元整"));
    let shown = record(&opening).base_estimate.unwrap();
    assert_eq!((shown.no, shown.figures.as_deref()), (Some(2), Some("¥900,000.00")));
    assert_eq!(OpeningRecord::read(&record(&opening).to_bytes()), Ok(record(&opening)));
    golden(
        "record-estimate.json",
        &format!("{}\n", String::from_utf8(record(&opening).to_bytes()).unwrap()),
    );
    golden("record-estimate.txt", &record(&opening).to_text());
}

/// Nothing in the log says the amount before the prices.
#[test]
fn nobody_hears_of_it_before_the_prices() {
    let opening = closed();
    let published = |entry: &&Entry| entry.2.kind() == EventKind::PricesPublished;
    let before = opening.log.iter().take_while(|entry| !published(entry));
    for (_, _, event) in before {
        assert!(!event.data_json().contains("90000000"), "{}", event.kind());
    }
}

#[test]
fn only_the_host_seals_it_and_only_before_the_deadline() {
    let mut opening = receiving();
    for actor in [supervisor(), Actor::Host(code(7)), Actor::Hall] {
        assert_eq!(label(opening.command(&actor, &seal(1))), "wrong-role");
    }
    // While bids are received nobody is known to be a bidder.
    assert_eq!(label(opening.command(&bidder(1), &seal(1))), "wrong-role");
    let mut last = opening.clone();
    last.now = DEADLINE - 1;
    last.host(&seal(1));
    last.now = DEADLINE;
    assert_eq!(label(last.command(&host(), &seal(2))), "estimate-late");
    opening.host(&seal(1));
    for phase in [Phase::IntakeClosed, Phase::Freezing, Phase::Ready, Phase::Published] {
        opening.walk_to(phase, 4);
        assert_eq!(label(opening.command(&host(), &seal(2))), "estimate-late", "{phase}");
    }
    opening.walk_to(Phase::Closed, 4);
    assert_eq!(label(opening.command(&host(), &seal(2))), "lot-closed");
    assert_eq!(label(Opening::new().command(&host(), &seal(1))), "out-of-order");
}

#[test]
fn a_postponed_deadline_gives_it_more_time() {
    let mut opening = receiving();
    let deadline = at(DEADLINE + MINUTE);
    opening.host(&Command::AskPostponement { deadline, reason: "停电".to_owned() });
    opening.command(&supervisor(), &Command::ApprovePostponement { no: 1, deadline }).unwrap();
    opening.now = DEADLINE + MINUTE - 1;
    opening.host(&seal(1));
    opening.now += 1;
    assert_eq!(label(opening.command(&host(), &seal(2))), "estimate-late");
}

#[test]
fn a_tender_without_one_takes_none_in() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    assert_eq!(label(opening.command(&host(), &seal(1))), "no-estimate");
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    let mut all = outcomes(&opening.state);
    all.push(PriceOutcome { manifest_sha256: sha256(1), ..all[0].clone() });
    assert_eq!(rule(opening.input(&Input::PricesUnsealed(all))), "verdict");
    opening.input(&Input::PricesUnsealed(outcomes(&opening.state))).unwrap();
    opening.walk_to(Phase::Closed, 4);
    assert_eq!(record(&opening).base_estimate, None);
    assert!(!opening.log.iter().any(|(_, _, event)| event.data_json().contains("estimate")));
}

#[test]
fn numbers_follow_and_are_bounded() {
    let mut opening = receiving();
    for no in [0, 2] {
        let object_b64 = "AAAA".to_owned();
        let event = Event::EstimateSealed(EstimateSealed { no, sha256: sha256(1), object_b64 });
        let error = opening.twin.check_and_apply(&host(), at(opening.now), &event).unwrap_err();
        assert_eq!(error.label(), "bad-data");
    }
    for no in 1..=20 {
        opening.host(&seal(no));
    }
    assert_eq!(rule(opening.command(&host(), &seal(21))), "number");
}

#[test]
fn a_long_object_is_refused_and_so_is_what_is_no_base64() {
    let mut opening = receiving();
    let seal = |object_b64: &str| Command::SealEstimate {
        sha256: sha256(1),
        object_b64: object_b64.to_owned(),
    };
    for bad in ["", "AAA", "AAA\n", "*", &"A".repeat(5_468), &"A".repeat(90_000)] {
        assert_eq!(rule(opening.command(&host(), &seal(bad))), "shape", "{}", bad.len());
        let body = SignedCommandBody {
            lot: lot_key(),
            command: seal(bad),
            nonce: "0123456789abcdef0123456789abcdef".to_owned(),
            at: at(DEADLINE),
            after: 0,
        };
        let error = SignedCommandBody::parse(&body.to_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_COMMAND_TEXT");
    }
    // 4,096 bytes are enough, 4,098 are not.
    let most = [&"A".repeat(5_460), "AA=="].concat();
    opening.host(&seal(&most[..5_460]));
    assert_eq!(rule(opening.command(&host(), &seal(&"A".repeat(5_464)))), "shape");
}

#[test]
fn none_was_handed_in_and_the_opening_goes_on() {
    let mut opening = receiving();
    opening.walk_to(Phase::UnsealingPrices, 4);
    assert_eq!(opening.state.unsealing().unwrap().estimate, None);
    opening.release(Part::Price);
    let mut all = outcomes(&opening.state);
    all.push(PriceOutcome { manifest_sha256: sha256(1), ..all[0].clone() });
    assert_eq!(rule(opening.input(&Input::PricesUnsealed(all))), "verdict");
    opening.input(&Input::PricesUnsealed(outcomes(&opening.state))).unwrap();
    opening.walk_to(Phase::Closed, 4);
    let shown = record(&opening).base_estimate.unwrap();
    assert_eq!((shown.no, shown.verdict, shown.amount), (None, None, None));
    assert!(record(&opening).to_text().contains("截止前未提交"));
}

#[test]
fn its_point_is_raised_with_the_prices_and_never_before_or_after() {
    let mut opening = unsealing();
    assert_eq!(opening.state.unsealing().unwrap().estimate, Some(sha256(2)));
    let with = |opening: &Opening, named: Digest| {
        let mut set = partials(&opening.state, 1, Part::Price);
        set.partials.as_mut().unwrap().last_mut().unwrap().manifest_sha256 = named;
        rule(opening.state.decide_input(&Input::PartialsReceived(set), at(opening.now)))
    };
    // The one that was replaced, and one that was never there.
    assert_eq!(with(&opening, sha256(1)), "partial-set");
    assert_eq!(with(&opening, digest(99, 9)), "partial-set");
    let mut twice = partials(&opening.state, 1, Part::Price);
    let last = twice.partials.as_ref().unwrap().last().unwrap().clone();
    twice.partials.as_mut().unwrap().push(last);
    twice.count += 1;
    assert_eq!(rule(opening.input(&Input::PartialsReceived(twice))), "partial-set");
    opening.release(Part::Price);
    assert_eq!(opening.state.estimate_partials().count(), 2);
    opening.input(&Input::PricesUnsealed(outcomes(&opening.state))).unwrap();

    opening.host(&Command::StartUnsealing(Part::Documents));
    assert_eq!(opening.state.unsealing().unwrap().estimate, None);
    let late = partials(&opening.state, 3, Part::Price);
    assert_eq!(label(opening.input(&Input::PartialsReceived(late))), "out-of-order");
}

#[test]
fn partials_for_it_before_the_unsealing_are_refused() {
    let mut opening = sealed_in(receiving());
    for phase in [Phase::Receiving, Phase::IntakeClosed, Phase::Freezing, Phase::SealsChecked] {
        opening.walk_to(phase, 4);
        let mut set = partials(&opening.state, 1, Part::Price);
        set.partials = Some(vec![partial(sha256(2))]);
        set.count = 1;
        let result = opening.input(&Input::PartialsReceived(set));
        assert!(["too-early", "out-of-order"].contains(&label(result)), "{phase}");
    }
}

#[test]
fn a_custodian_that_leaves_it_out_delays_no_bid() {
    let mut opening = unsealing();
    for no in [1, 2] {
        let mut set = partials(&opening.state, no, Part::Price);
        set.partials.as_mut().unwrap().pop();
        set.count -= 1;
        opening.input(&Input::PartialsReceived(set)).unwrap();
    }
    let opened = Input::PricesUnsealed(outcomes(&opening.state));
    assert_eq!(label(opening.input(&opened)), "custody-incomplete");
    let garbage = prices_with(&opening, unopened(&opening.state, HOST_GARBAGE));
    assert_eq!(rule(opening.input(&garbage)), "blame");
    let given_up = prices_with(&opening, unopened(&opening.state, UNOPENED_CUSTODY));
    opening.input(&given_up).unwrap();
    assert_eq!(opening.state.phase(), Phase::Published);
    opening.walk_to(Phase::Closed, 4);
    let shown = record(&opening).base_estimate.unwrap();
    assert_eq!(shown.verdict, Some(Verdict::NotOpened));
    assert_eq!((shown.label.as_deref(), shown.amount), (Some(UNOPENED_CUSTODY), None));
}

#[test]
fn the_bids_are_not_published_without_it_and_it_not_without_them() {
    let mut opening = unsealing();
    opening.release(Part::Price);
    let all = outcomes(&opening.state);
    let (estimate, bids) = all.split_last().unwrap();
    assert_eq!(rule(opening.input(&Input::PricesUnsealed(bids.to_vec()))), "estimate");
    let only = Input::PricesUnsealed(vec![estimate.clone()]);
    assert_eq!(rule(opening.input(&only)), "verdict");
    let twice = Input::PricesUnsealed([all.as_slice(), std::slice::from_ref(estimate)].concat());
    assert_eq!(rule(opening.input(&twice)), "verdict");
    let replaced = PriceOutcome { manifest_sha256: sha256(1), ..estimate.clone() };
    assert_eq!(rule(opening.input(&prices_with(&opening, replaced))), "estimate");
    // A bid's sheet in its place is no estimate of any amount.
    let sheet = outcome(&opening.state, sheet_bytes(1));
    let event = opening.state.decide_input(&prices_with(&opening, sheet), at(opening.now));
    let Event::PricesPublished(prices) = &event.unwrap()[0] else { panic!("prices") };
    let judged = prices.estimate.as_ref().unwrap();
    assert_eq!(judged.label.as_deref(), Some("ESTIMATE_FORMAT_LENGTH"));
    assert_eq!((judged.verdict, judged.amount), (Verdict::BadFormat, None));
}

#[test]
fn every_reader_judges_it_anew() {
    let mut opening = unsealing();
    opening.release(Part::Price);
    let input = Input::PricesUnsealed(outcomes(&opening.state));
    let event = opening.state.decide_input(&input, at(opening.now)).unwrap().remove(0);
    let Event::PricesPublished(good) = event else { panic!("prices") };
    let broken = |change: fn(&mut PublishedEstimate)| {
        let mut prices = good.clone();
        change(prices.estimate.as_mut().unwrap());
        let event = Event::PricesPublished(prices);
        let error = opening.twin.clone().check_and_apply(&Actor::Hall, at(opening.now), &event);
        let Refusal::BadData { rule, .. } = error.unwrap_err().refusal else { panic!("bad data") };
        assert_eq!(rule, DataRule::Estimate);
    };
    broken(|estimate| estimate.amount = Some(price(1)));
    broken(|estimate| estimate.amount = None);
    broken(|estimate| estimate.capital = Some(price(1).capital()));
    broken(|estimate| estimate.capital = None);
    broken(|estimate| estimate.sha256 = sha256(1));
    broken(|estimate| estimate.verdict = Verdict::BadFormat);
    broken(|estimate| estimate.verdict = Verdict::NotOpened);
    broken(|estimate| estimate.label = Some(UNOPENED_CUSTODY.to_owned()));
    broken(|estimate| estimate.plain_b64 = None);
    broken(|estimate| estimate.plain_b64 = Some("AAAA".to_owned()));
    broken(|estimate| {
        (estimate.verdict, estimate.label) = (Verdict::NotOpened, Some("OTHER".to_owned()));
        (estimate.plain_b64, estimate.amount, estimate.capital) = (None, None, None);
    });
    broken(|estimate| {
        estimate.verdict = Verdict::NotOpened;
        estimate.label = Some(HOST_GARBAGE.to_owned());
        estimate.plain_b64 = None;
    });
    let mut without = good;
    without.estimate = None;
    let event = Event::PricesPublished(without);
    assert!(opening.twin.check_and_apply(&Actor::Hall, at(opening.now), &event).is_err());
}

#[test]
fn it_belongs_to_the_last_envelope() {
    let lot = LotPublished { draws: Vec::new(), ..crate::graph::published(Template::TwoEnvelope) };
    let mut opening = sealed_in(receiving_of(lot));
    opening.walk_to(Phase::UnsealingPrices, 4);
    assert_eq!(opening.state.unsealing().unwrap().estimate, None);
    let mut early = partials(&opening.state, 1, Part::Price);
    early.partials.as_mut().unwrap().push(partial(sha256(2)));
    early.count += 1;
    assert_eq!(rule(opening.input(&Input::PartialsReceived(early))), "partial-set");
    opening.walk_to(Phase::Published, 4);
    assert_eq!(opening.state.published_estimate(), None);
    opening.walk_to(Phase::RecordGenerated, 4);
    assert_eq!(record(&opening).base_estimate, None);
    opening.walk_to(Phase::Adjourned, 4);
    assert_eq!(label(opening.command(&host(), &seal(3))), "estimate-late");
    opening.walk_to_last_envelope(4);
    opening.walk_to(Phase::Published, 4);
    assert_eq!(opening.state.published_estimate().unwrap().amount, Some(amount()));
    opening.walk_to(Phase::Closed, 4);
    assert_eq!(record(&opening).base_estimate.unwrap().amount, Some(amount()));
}

#[test]
fn nothing_opens_it_in_a_lot_that_fails_or_is_ended() {
    for (phase, bidders) in [(Phase::Failed, 2), (Phase::Terminated, 4)] {
        let mut opening = sealed_in(receiving());
        opening.walk_to(phase, bidders);
        assert_eq!(opening.state.unsealing(), None);
        assert_eq!(opening.state.published_estimate(), None);
        let set = partials(&opening.state, 1, Part::Price);
        assert!(opening.input(&Input::PartialsReceived(set)).is_err(), "{phase}");
    }
}

#[test]
fn all_estimates_have_one_length() {
    let lot = lot_key();
    for minor in [1, 90_000_000, 9_007_199_254_740_991] {
        let estimate = BaseEstimate::new(&lot_key_rules(&lot), Money::fen(minor).unwrap()).unwrap();
        assert_eq!(estimate.to_bytes().len(), limits::ESTIMATE_PLAIN_BYTES);
        let read = BaseEstimate::parse(&lot_key_rules(&lot), &estimate.to_bytes()).unwrap();
        assert_eq!((read.amount().minor(), &read), (minor, &estimate));
    }
    golden("estimate.json", &format!("{}\n", String::from_utf8(plain()).unwrap().trim_end()));
}

#[test]
fn each_defect_of_an_estimate_has_its_label() {
    let lot = lot_key();
    let rules = lot_key_rules(&lot);
    let good = String::from_utf8(plain()).unwrap();
    let refused = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(limits::ESTIMATE_PLAIN_BYTES, b' ');
        BaseEstimate::parse(&rules, &bytes).expect_err(text).label()
    };
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        refused(good.replacen(from, to, 1).trim_end())
    };
    assert_eq!(change("\"v\":1", "\"v\":2"), "ESTIMATE_FORMAT_VERSION");
    assert_eq!(change("ZZ-2022-0705", "ZZ-2022-0706"), "ESTIMATE_FORMAT_LOT");
    assert_eq!(change("\"L1\"", "\"L2\""), "ESTIMATE_FORMAT_LOT");
    assert_eq!(change("CNY", "USD"), "ESTIMATE_FORMAT_CURRENCY");
    for (from, to) in [
        ("base-estimate", "price-sheet"),
        ("\"v\":1,", ""),
        ("\"v\":1", "\"v\":1,\"v\":1"),
        ("\"v\":1", "\"v\":1,\"x\":1"),
        ("{\"v\"", " {\"v\""),
        ("{\"v\":1,", "{\"v\":1, "),
        ("90000000", "90000000.5"),
        ("90000000", "-1"),
        ("90000000", "\"90000000\""),
        ("90000000", "90000000000000000"),
        ("\"amount\":{", "\"amount\":[{"),
    ] {
        assert_eq!(change(from, to), "ESTIMATE_FORMAT_JSON", "{to}");
    }
    let tab = [good.trim_end().as_bytes(), b"\t"].concat();
    assert_eq!(refused(&String::from_utf8(tab).unwrap()), "ESTIMATE_FORMAT_JSON");
    assert_eq!(refused(&format!("{0}{0}", good.trim_end())), "ESTIMATE_FORMAT_JSON");
    for len in [0, 200, 1_015, 1_017, 65_528] {
        let mut bytes = plain();
        bytes.resize(len, b' ');
        let error = BaseEstimate::parse(&rules, &bytes).unwrap_err();
        assert_eq!(error.label(), "ESTIMATE_FORMAT_LENGTH");
    }
    let dollars = Money::new(1, Currency::Usd).unwrap();
    assert_eq!(BaseEstimate::new(&rules, dollars).unwrap_err(), EstimateError::Currency);
}

#[test]
fn where_nobody_names_a_price_there_is_no_estimate() {
    let terms = Terms {
        template: Template::Prequalification,
        fields: fields().into_iter().filter(|field| field.kind != FieldKind::Money).collect(),
        ceiling: None,
        ..with_estimate()
    };
    let error = TenderDraft::new(terms).unwrap_err();
    assert_eq!(error.label(), "E_TENDER_ESTIMATE_WITHOUT_PRICE");
    let lot =
        LotPublished { base_estimate: true, ..crate::graph::published(Template::Prequalification) };
    let published =
        State::new(lot_key()).decide_input(&Input::LotPublished(Box::new(lot)), at(DEADLINE - 1));
    assert_eq!(label(published), "bad-data");
    // A file says so or has no such key.
    let draft = TenderDraft::new(with_estimate()).unwrap();
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    assert!(text.ends_with(",\"base_estimate\":true}"), "{text}");
    assert_eq!(TenderDraft::parse(text.as_bytes()), Ok(draft));
    let no = text.replace("\"base_estimate\":true", "\"base_estimate\":false");
    assert_eq!(TenderDraft::parse(no.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
}
