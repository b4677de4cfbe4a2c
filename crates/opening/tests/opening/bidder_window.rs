//! The bidder window: who unlocks what and when, how long it is open in all, and that no custodian is
//! asked for a price before it is over (ADR-0020).

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// The first span of the window, and by how much it may be extended in all.
const OPEN: u64 = 30 * MINUTE;
const EXTEND: u64 = 20 * MINUTE;

fn with_window(lock: BidderLockTerms) -> Terms {
    let (open_ms, extend_ms) = (span(OPEN), span(EXTEND));
    let custody = Custody { policy: CustodyPolicy::BidderThenCeremony, ..terms().custody };
    Terms {
        custody,
        steps: Template::Works.steps_with_window(),
        bidder_window: Some(BidderWindowTerms { lock, open_ms, extend_ms }),
        ..terms()
    }
}

pub fn published(lock: BidderLockTerms) -> LotPublished {
    published_by(with_window(lock))
}

fn published_by(terms: Terms) -> LotPublished {
    let tender = TenderFile::new(&TenderDraft::new(terms).unwrap(), announced()).unwrap();
    LotPublished::new(&tender, digest(1, 5), digest(1, 6))
}

fn secret(part: Part, no: u8) -> UnlockedPart {
    let secret = UnlockSecret::new(digest(50 + part.code(), no).to_string());
    UnlockedPart { part, secret }
}

pub fn unsealing(no: u8) -> BidUnsealing {
    BidUnsealing {
        stage: Stage::new(1).unwrap(),
        manifest_sha256: digest(2, no),
        secrets: vec![secret(Part::Price, no), secret(Part::Documents, no)],
    }
}

/// Bidder `no` unlocks its bid.
pub fn unseal(no: u8) -> (Actor, Command) {
    (bidder(no), Command::UnsealBid(unsealing(no)))
}

pub fn extend(minutes: u64) -> Command {
    let text = "两家投标人的证书锁驱动故障".to_owned();
    Command::ExtendBidderWindow { by: span(minutes * MINUTE), text }
}

pub fn reopen(minutes: u64) -> Command {
    let text = "投标人书面申请\n监督人在场".to_owned();
    Command::ReopenBidderWindow { by: span(minutes * MINUTE), text }
}

/// The step: the host opens the window, then the next bidder unlocks its bid.
pub fn taken(state: &State) -> (Actor, Command) {
    let running = state
        .bidder_window()
        .is_some_and(|window| window.intervals.last().unwrap().closed.is_none());
    match state.bidders_sealed().first() {
        Some(code) if running => {
            unseal((1..=9).find(|no| bidder_party(*no).code == *code).unwrap())
        }
        _ => (host(), Command::OpenBidderWindow),
    }
}

/// Seals are checked; the window comes next.
fn ready(lock: BidderLockTerms) -> Opening {
    ready_of(published(lock))
}

fn ready_of(lot: LotPublished) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::SealsChecked, 4);
    opening
}

/// The window is open since now.
fn open(lock: BidderLockTerms) -> Opening {
    let mut opening = ready(lock);
    opening.host(&Command::OpenBidderWindow);
    opening
}

fn act(opening: &mut Opening, (actor, command): (Actor, Command)) -> Result<Vec<Event>, Refusal> {
    opening.command(&actor, &command)
}

/// The hall writes what it owes.
fn owed(opening: &mut Opening) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    while let Some(event) = opening.state.due(at(opening.now)) {
        opening.write(&Actor::Hall, &event);
        kinds.push(event.kind());
    }
    kinds
}

fn window(opening: &Opening) -> &BidderWindow {
    opening.state.bidder_window().unwrap()
}

const CLOSED: [EventKind; 1] = [EventKind::BidderWindowClosed];

/// Bidders 1 and 4 unlock in time, 2 after the window was opened again, 3 never.
fn over(lot: LotPublished) -> Opening {
    let mut opening = ready_of(lot);
    opening.host(&Command::OpenBidderWindow);
    opening.now += 20 * MINUTE;
    act(&mut opening, unseal(4)).unwrap();
    opening.host(&extend(5));
    opening.now += 5 * MINUTE;
    opening.host(&crate::hold::pause());
    opening.now += 45 * MINUTE;
    opening.host(&Command::Resume);
    act(&mut opening, unseal(1)).unwrap();
    opening.now += 10 * MINUTE;
    assert_eq!(owed(&mut opening), CLOSED);
    opening.now += 3 * MINUTE;
    opening.host(&reopen(12));
    opening.now += MINUTE;
    act(&mut opening, unseal(2)).unwrap();
    opening.now += 11 * MINUTE;
    assert_eq!(owed(&mut opening), CLOSED);
    opening
}

/// From the window to the end, in a lot with an escrow: every bid opens.
pub fn closed_of(lot: LotPublished) -> Opening {
    let mut opening = over(lot);
    opening.walk_to(Phase::Closed, 4);
    opening
}

pub fn closed() -> Opening {
    closed_of(published(BidderLockTerms::Escrow))
}

/// The same without an escrow: bid 3 stays shut, and the host decides whose fault that is.
pub fn strict() -> Opening {
    let mut opening = over(strict_lot());
    opening.walk_to(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    opening.input(&Input::PricesUnsealed(outcomes(&opening.state))).unwrap();
    opening.walk_to(Phase::Read, 4);
    opening.open_documents();
    for part in [Part::Price, Part::Documents] {
        opening.host(&crate::fault::decide(3, part, Fault::Bidder));
    }
    opening.host(&Command::GenerateRecord);
    opening.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
    opening.host(&Command::Close);
    opening
}

fn strict_lot() -> LotPublished {
    published_by(Terms { decide_faults: true, ..with_window(BidderLockTerms::Strict) })
}

/// For the table: open, held, over, and opened again.
pub fn states() -> Vec<(&'static str, Opening)> {
    let before = ready(BidderLockTerms::Escrow);
    let open = open(BidderLockTerms::Escrow);
    let mut held = open.clone();
    held.host(&crate::hold::pause());
    held.now += 2 * OPEN;
    let mut over = open.clone();
    over.now += OPEN;
    owed(&mut over);
    let mut again = over.clone();
    again.host(&reopen(10));
    vec![
        ("bidder window next", before),
        ("bidder window open", open),
        ("bidder window held", held),
        ("bidder window over", over),
        ("bidder window opened again", again),
    ]
}

fn draft_refused(change: impl FnOnce(&mut Terms)) -> &'static str {
    let mut terms = with_window(BidderLockTerms::Escrow);
    change(&mut terms);
    let lot = LotPublished {
        steps: terms.steps.clone(),
        bidder_window: terms.bidder_window,
        ..published(BidderLockTerms::Escrow)
    };
    let policy = terms.custody.policy;
    let error = TenderDraft::new(terms).expect_err("a rule is broken").label();
    // A reader of the log alone judges by the same rules; the policy itself is not in the log.
    if policy == CustodyPolicy::BidderThenCeremony && lot.bidder_window.is_some() {
        let refused = Opening::new().input(&Input::LotPublished(Box::new(lot)));
        assert_eq!(label(refused), "bad-data");
    }
    error
}

#[test]
fn policy_terms_and_step_come_together() {
    let window = "E_TENDER_BIDDER_WINDOW";
    assert_eq!(draft_refused(|t| t.bidder_window = None), window);
    assert_eq!(draft_refused(|t| t.custody.policy = CustodyPolicy::CeremonyOnly), window);
    let spans = |open, extend| {
        draft_refused(|t| {
            let terms = t.bidder_window.as_mut().unwrap();
            (terms.open_ms, terms.extend_ms) = (span(open), span(extend));
        })
    };
    assert_eq!(spans(0, 0), window);
    assert_eq!(spans(86_400_001, 0), window);
    assert_eq!(spans(1, 86_400_001), window);
    let place = |t: &Terms| t.steps.iter().position(|l| l.step == Step::BidderWindow).unwrap();
    let missing = "E_TENDER_STEPS_MISSING";
    assert_eq!(draft_refused(|t| t.steps.retain(|l| l.step != Step::BidderWindow)), missing);
    assert_eq!(draft_refused(|t| t.steps.clear()), missing);
    let optional = draft_refused(|t| {
        let place = place(t);
        t.steps[place].optional = true;
    });
    assert_eq!(optional, "E_TENDER_STEPS_OPTIONAL");
    let moved = |before: Step| {
        draft_refused(|t| {
            let step = t.steps.remove(place(t));
            let to = t.steps.iter().position(|listed| listed.step == before).unwrap();
            t.steps.insert(to, step);
        })
    };
    assert_eq!(moved(Step::CheckSeals), "E_TENDER_STEPS_WINDOW");
    assert_eq!(moved(Step::ReadPrices), "E_TENDER_STEPS_WINDOW");
    // A tender that does not ask bidders has no step for it either.
    let terms = Terms { steps: Template::Works.steps_with_window(), ..terms() };
    assert_eq!(TenderDraft::new(terms).unwrap_err().label(), "E_TENDER_STEPS_WINDOW");
    for lock in [BidderLockTerms::Escrow, BidderLockTerms::Strict] {
        for template in [Template::Works, Template::GoodsServices, Template::GovernmentProcurement]
        {
            let steps = template.steps_with_window();
            let draft = TenderDraft::new(Terms { template, steps, ..with_window(lock) }).unwrap();
            assert_eq!(TenderDraft::parse(&draft.to_bytes()).unwrap(), draft);
        }
    }
}

/// A file of before reads as before, and `null` in place of no key is refused.
#[test]
fn the_key_is_left_out_of_every_other_tender() {
    let plain = String::from_utf8(TenderDraft::new(terms()).unwrap().to_bytes()).unwrap();
    assert!(!plain.contains("bidder_window"));
    let lot = Event::LotPublished(Box::new(lot_published())).data_json();
    assert!(!lot.contains("bidder_window"));
    let draft = TenderDraft::new(with_window(BidderLockTerms::Strict)).unwrap();
    let good = String::from_utf8(draft.to_bytes()).unwrap();
    let own = r#""bidder_window":{"lock":"strict","open_ms":1800000,"extend_ms":1200000}"#;
    assert!(good.contains(own) && good.contains(r#""policy":"bidder-then-ceremony""#));
    golden("draft-bidder-window.json", &format!("{good}\n"));
    for bad in [
        plain.replace("\"source\":null", "\"source\":null,\"bidder_window\":null"),
        good.replace(own, r#""bidder_window":{"lock":"strict","open_ms":1800000}"#),
        good.replace("\"lock\":\"strict\"", "\"lock\":\"none\""),
        good.replace("\"lock\":\"strict\"", "\"lock\":\"strict\",\"more\":1"),
    ] {
        assert_eq!(TenderDraft::parse(bad.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    }
}

/// 招标投标法 art. 36 ¶1, 电子招标投标办法 art. 30: seals, then bidders, then custodians.
#[test]
fn nothing_is_unsealed_before_the_window_is_over() {
    let start = Command::StartUnsealing(Part::Price);
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(published(BidderLockTerms::Escrow)))).unwrap();
    for phase in [Phase::Ready, Phase::BiddersPublished] {
        opening.walk_to(phase, 4);
        assert_eq!(label(opening.command(&host(), &Command::OpenBidderWindow)), "seals-unchecked");
        assert_eq!(label(act(&mut opening, unseal(1))), "bidder-window-shut");
    }
    opening.walk_to(Phase::SealsChecked, 4);
    let turn = Err(Refusal::StepTurn { next: Step::BidderWindow });
    assert_eq!(opening.command(&host(), &start), turn);
    opening.host(&Command::OpenBidderWindow);
    for no in 1..=3 {
        assert_eq!(opening.command(&host(), &start), turn);
        assert_eq!(opening.state.unsealing(), None);
        act(&mut opening, unseal(no)).unwrap();
    }
    opening.now += OPEN - 1;
    assert_eq!(owed(&mut opening), []);
    assert_eq!(opening.command(&host(), &start), turn);
    // Custodians are not asked, whatever is offered in their name.
    let early = partials(&opening.state, 1, Part::Price);
    assert_eq!(label(opening.input(&Input::PartialsReceived(early))), "out-of-order");
    opening.now += 1;
    assert_eq!(opening.state.next_due(), Some(at(opening.now)));
    // Its time is up, and still it is the entry of the hall that says so.
    assert_eq!(opening.command(&host(), &start), turn);
    assert_eq!(owed(&mut opening), CLOSED);
    assert_eq!(opening.state.unsealing(), None);
    opening.host(&start);
    assert_eq!(opening.state.unsealing().unwrap().bids.len(), 4);
    for (actor, command) in [unseal(4), (host(), extend(1)), (host(), reopen(1))] {
        assert_eq!(label(opening.command(&actor, &command)), "bidder-window-shut");
    }
}

#[test]
fn a_bidder_unlocks_its_own_bid_once() {
    let mut opening = open(BidderLockTerms::Strict);
    let mut refused = |label: &'static str, actor: Actor, change: &dyn Fn(&mut BidUnsealing)| {
        let mut own = unsealing(1);
        change(&mut own);
        let found = opening.command(&actor, &Command::UnsealBid(own));
        assert_eq!(crate::support::label(found), label);
    };
    for actor in [host(), supervisor(), Actor::Hall, Actor::Custodian(custodian(1))] {
        refused("wrong-role", actor, &|_| {});
    }
    refused("not-a-bidder", bidder(9), &|_| {});
    refused("bad-data", bidder(2), &|_| {});
    refused("bad-data", bidder(1), &|own| own.manifest_sha256 = digest(2, 2));
    refused("bad-data", bidder(1), &|own| own.stage = Stage::new(2).unwrap());
    refused("bad-data", bidder(1), &|own| own.secrets.clear());
    refused("bad-data", bidder(1), &|own| drop(own.secrets.pop()));
    refused("bad-data", bidder(1), &|own| own.secrets.swap(0, 1));
    refused("bad-data", bidder(1), &|own| own.secrets.push(secret(Part::Signals, 1)));
    refused("bad-data", bidder(1), &|own| own.secrets.push(own.secrets[0].clone()));
    for bad in ["", "0c", "Z"] {
        refused("bad-data", bidder(1), &|own| {
            own.secrets[0].secret = UnlockSecret::new(bad.to_owned());
        });
    }
    act(&mut opening, unseal(1)).unwrap();
    assert_eq!(label(act(&mut opening, unseal(1))), "already-done");
    let mut other = unsealing(1);
    other.secrets[0].secret = secret(Part::Price, 2).secret;
    assert_eq!(label(opening.command(&bidder(1), &Command::UnsealBid(other))), "already-done");
    let price = opening.state.unlock_secret(&bidder_party(1).code, Part::Price).unwrap();
    assert_eq!(price.expose(), digest(51, 1).to_string());
    assert_eq!(opening.state.unlock_secret(&bidder_party(2).code, Part::Price), None);
    assert!(!format!("{:?}", opening.state).contains(&digest(51, 1).to_string()));
}

/// The millisecond of the end is over, before anybody has said so.
#[test]
fn it_is_open_to_the_millisecond_before_its_end() {
    let mut opening = open(BidderLockTerms::Escrow);
    let end = opening.now + OPEN;
    opening.now = end - 1;
    act(&mut opening, unseal(1)).unwrap();
    opening.now = end;
    assert_eq!(label(act(&mut opening, unseal(2))), "bidder-window-shut");
    assert_eq!(label(opening.command(&host(), &extend(1))), "bidder-window-shut");
    assert_eq!(label(opening.command(&host(), &reopen(1))), "bidder-window-running");
    opening.now += 5_000;
    assert_eq!(owed(&mut opening), CLOSED);
    // What the hall was late by counts for nobody.
    assert_eq!(window(&opening).open_for(), span(OPEN));
    assert_eq!(label(act(&mut opening, unseal(2))), "bidder-window-shut");
}

#[test]
fn it_is_over_once_every_bidder_has_unlocked() {
    let mut opening = open(BidderLockTerms::Strict);
    opening.now += 4_000;
    for no in [3, 1, 4] {
        let events = act(&mut opening, unseal(no)).unwrap();
        assert_eq!(events.len(), 1);
    }
    let events = act(&mut opening, unseal(2)).unwrap();
    let Event::BidderWindowClosed(over) = &events[1] else { panic!("the end of the window") };
    assert_eq!(over.missing, []);
    assert_eq!(window(&opening).open_for(), span(4_000));
    assert_eq!(label(opening.command(&host(), &reopen(1))), "already-done");
    opening.host(&Command::StartUnsealing(Part::Price));
}

/// All together it is never open for longer than the tender file says.
#[test]
fn the_time_in_all_is_bounded() {
    let mut opening = open(BidderLockTerms::Escrow);
    let end = opening.now + OPEN;
    for actor in [supervisor(), bidder(1)] {
        for command in [Command::OpenBidderWindow, extend(1), reopen(1)] {
            assert_eq!(label(opening.command(&actor, &command)), "wrong-role");
        }
    }
    assert_eq!(label(opening.command(&host(), &Command::OpenBidderWindow)), "already-done");
    assert_eq!(label(opening.command(&host(), &reopen(1))), "bidder-window-running");
    assert_eq!(label(opening.command(&host(), &extend(0))), "bad-data");
    assert_eq!(label(opening.command(&host(), &extend(21))), "bidder-window-spent");
    opening.host(&extend(15));
    assert_eq!(window(&opening).intervals[0].until, at(end + 15 * MINUTE));
    let refused = opening.command(&host(), &extend(6));
    assert_eq!(refused, Err(Refusal::BidderWindowSpent { left: span(5 * MINUTE) }));
    opening.now = end + 15 * MINUTE;
    assert_eq!(owed(&mut opening), CLOSED);
    opening.now += MINUTE;
    assert_eq!(label(opening.command(&host(), &reopen(6))), "bidder-window-spent");
    opening.host(&reopen(3));
    assert_eq!(label(opening.command(&host(), &extend(3))), "bidder-window-spent");
    opening.host(&extend(2));
    opening.now += 5 * MINUTE;
    assert_eq!(owed(&mut opening), CLOSED);
    assert_eq!(window(&opening).open_for(), span(OPEN + EXTEND));
    assert_eq!(window(&opening).intervals.len(), 2);
    for minutes in [1, 0] {
        assert!(opening.command(&host(), &reopen(minutes)).is_err());
    }
}

#[test]
fn changes_are_counted() {
    let mut opening = open(BidderLockTerms::Escrow);
    let text = "延长".to_owned();
    let little = Command::ExtendBidderWindow { by: span(1), text };
    for _ in 0..limits::WINDOW_CHANGES {
        opening.host(&little);
    }
    assert_eq!(label(opening.command(&host(), &little)), "bad-data");
}

/// ADR-0016: held, nothing of it goes on, and bidders lose no time.
#[test]
fn its_clock_stands_while_the_opening_is_held() {
    let mut opening = open(BidderLockTerms::Escrow);
    let end = opening.now + OPEN;
    opening.now += 10 * MINUTE;
    opening.host(&crate::hold::pause());
    opening.now += 3 * OPEN;
    assert_eq!(owed(&mut opening), []);
    assert_eq!(opening.state.next_due(), None);
    for (actor, command) in [unseal(1), (host(), extend(1)), (host(), reopen(1))] {
        assert_eq!(label(opening.command(&actor, &command)), "opening-held");
    }
    opening.host(&Command::Resume);
    assert_eq!(window(&opening).intervals[0].until, at(end + 3 * OPEN));
    opening.now += 20 * MINUTE - 1;
    act(&mut opening, unseal(1)).unwrap();
    opening.now += 1;
    assert_eq!(owed(&mut opening), CLOSED);
    assert_eq!(window(&opening).open_for(), span(OPEN));
    // A hold after its end moves nothing of it.
    opening.host(&crate::hold::pause());
    opening.now += OPEN;
    opening.host(&Command::Resume);
    assert_eq!(window(&opening).intervals[0].until, at(end + 3 * OPEN));
    // The holds were not time that was given.
    opening.host(&reopen(20));
}

/// A tender of before has no window, whatever is asked for.
#[test]
fn without_a_window_nothing_of_it_exists() {
    for phase in [Phase::Ready, Phase::SealsChecked, Phase::Published, Phase::RecordGenerated] {
        let mut opening = Opening::at(phase, 4);
        let all = [(host(), Command::OpenBidderWindow), unseal(1), (host(), extend(1))];
        for (actor, command) in all.into_iter().chain([(host(), reopen(1))]) {
            assert_eq!(label(opening.command(&actor, &command)), "no-bidder-window");
        }
    }
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    let mut more = partials(&opening.state, 1, Part::Price);
    more.escrow = vec![partial(digest(2, 1))];
    assert_eq!(label(opening.input(&Input::PartialsReceived(more))), "bad-data");
}

fn refused_prices(opening: &Opening, no: u8, outcome: PriceOutcome) -> Option<&'static str> {
    let mut all = outcomes(&opening.state);
    all[usize::from(no) - 1] = outcome;
    let found = opening.state.decide_input(&Input::PricesUnsealed(all), at(opening.now));
    found.err().map(|refusal| refusal.label())
}

/// Ruling 21: silence is nobody's fault until a person decides; a wrong secret is its bidder's.
#[test]
fn a_strict_lock_that_its_bidder_did_not_open() {
    let label = "BIDDER_NOT_UNLOCKED";
    let mut opening = over(strict_lot());
    opening.walk_to(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    for fault in [Fault::Bidder, Fault::NotBidder] {
        assert_eq!(refused_prices(&opening, 3, not_opened(3, label, fault)), Some("bad-data"));
    }
    let sheet = opened(3, sheet_bytes(3));
    assert_eq!(refused_prices(&opening, 3, sheet), Some("bad-data"));
    assert_eq!(refused_prices(&opening, 3, not_opened(3, label, Fault::Undetermined)), None);
    // Bidder 1 did hand a secret over: if it does not fit, that is its own doing.
    for fault in [Fault::Undetermined, Fault::NotBidder] {
        assert_eq!(refused_prices(&opening, 1, not_opened(1, label, fault)), Some("bad-data"));
    }
    assert_eq!(refused_prices(&opening, 1, not_opened(1, label, Fault::Bidder)), None);
    // What the evidence says beside the lock stands.
    for no in [1, 3] {
        let corrupt = not_opened(no, "SERVER_CORRUPT", Fault::NotBidder);
        assert_eq!(refused_prices(&opening, no, corrupt), None);
    }
}

/// One bid that stays shut stops no other, and the record waits for a person.
#[test]
fn the_record_waits_for_a_decision_about_a_locked_bid() {
    let mut opening = over(strict_lot());
    opening.walk_to(Phase::Read, 4);
    assert_eq!(opening.state.prices_read(), 3);
    assert_eq!(label(opening.command(&host(), &Command::GenerateRecord)), "faults-open");
    opening.host(&crate::fault::decide(3, Part::Price, Fault::Bidder));
    opening.host(&Command::GenerateRecord);
    let record = OpeningRecord::new(&opening.state).unwrap();
    assert_eq!(record.rows[2].decision.as_ref().unwrap().consequence, Some(Consequence::Revoked));
}

/// What custodians release for an escrow is in the log, of those bids that need it.
#[test]
fn an_escrow_takes_k_custodians_too() {
    let mut opening = over(published(BidderLockTerms::Escrow));
    opening.walk_to(Phase::UnsealingPrices, 4);
    let good = partials(&opening.state, 1, Part::Price);
    assert_eq!(good.escrow, [partial(digest(2, 3))]);
    let with = |escrow: Vec<Partial>| PartialsReceived { escrow, ..good.clone() };
    let [two, three] = [2, 3].map(|no| partial(digest(2, no)));
    for bad in [
        with(vec![three.clone(), three.clone()]),
        with(vec![three.clone(), two.clone()]),
        with(vec![partial(digest(2, 9))]),
        PartialsReceived { partials: None, ..good.clone() },
    ] {
        let refused = opening.state.decide_input(&Input::PartialsReceived(bad), at(opening.now));
        assert_eq!(label(refused), "bad-data");
    }
    // Two custodians released, and of them only one for the escrow: bid 3 is not opened by that.
    opening.input(&Input::PartialsReceived(with(Vec::new()))).unwrap();
    let second = partials(&opening.state, 2, Part::Price);
    opening.input(&Input::PartialsReceived(second)).unwrap();
    let all = Input::PricesUnsealed(outcomes(&opening.state));
    assert_eq!(label(opening.input(&all)), "custody-incomplete");
    let blamed = not_opened(3, "BIDDER_GARBAGE", Fault::Bidder);
    assert_eq!(refused_prices(&opening, 3, blamed), Some("custody-incomplete"));
    let third = partials(&opening.state, 3, Part::Price);
    opening.input(&Input::PartialsReceived(third)).unwrap();
    // An escrow leaves nothing to blame on a silent bidder.
    for fault in [Fault::Bidder, Fault::Undetermined, Fault::NotBidder] {
        let label = "BIDDER_NOT_UNLOCKED";
        assert_eq!(refused_prices(&opening, 3, not_opened(3, label, fault)), Some("bad-data"));
    }
    opening.input(&all).unwrap();
    assert_eq!(opening.state.priced_bids().count(), 4);
}

#[test]
fn a_strict_lot_has_no_escrow_to_raise() {
    let mut opening = over(strict_lot());
    opening.walk_to(Phase::UnsealingPrices, 4);
    let mut more = partials(&opening.state, 1, Part::Price);
    assert_eq!(more.escrow, []);
    more.escrow = vec![partial(digest(2, 3))];
    assert_eq!(label(opening.input(&Input::PartialsReceived(more))), "bad-data");
}

#[test]
fn a_reader_refuses_what_does_not_follow() {
    let ready = ready(BidderLockTerms::Escrow);
    let stage = Stage::new(1).unwrap();
    let read = |opening: &Opening, by: &Actor, event: &Event| {
        let mut state = opening.state.clone();
        state.check_and_apply(by, at(opening.now), event).map_err(|error| error.label())
    };
    let opened = |stage, until| Event::BidderWindowOpened(BidderWindowOpened { stage, until });
    let end = ready.now + OPEN;
    assert_eq!(read(&ready, &host(), &opened(stage, at(end))), Ok(()));
    assert_eq!(read(&ready, &host(), &opened(stage, at(end - 1))), Err("bad-data"));
    assert_eq!(read(&ready, &host(), &opened(stage, at(end + 1))), Err("bad-data"));
    assert_eq!(read(&ready, &host(), &opened(Stage::new(2).unwrap(), at(end))), Err("bad-data"));
    assert_eq!(read(&ready, &Actor::Hall, &opened(stage, at(end))), Err("wrong-role"));

    let mut open = ready;
    open.host(&Command::OpenBidderWindow);
    act(&mut open, unseal(2)).unwrap();
    let over = |missing: &[u8]| {
        let missing = missing.iter().map(|no| bidder_party(*no).code).collect();
        Event::BidderWindowClosed(BidderWindowClosed { stage, missing })
    };
    assert_eq!(read(&open, &Actor::Hall, &over(&[1, 3, 4])), Err("bidder-window-running"));
    let by_ms = span(MINUTE);
    let more = |until| {
        let text = "延长".to_owned();
        Event::BidderWindowExtended(BidderWindowExtended { stage, by_ms, until, text })
    };
    assert_eq!(read(&open, &host(), &more(at(end + MINUTE))), Ok(()));
    assert_eq!(read(&open, &host(), &more(at(end + MINUTE + 1))), Err("bad-data"));
    open.now = end;
    assert_eq!(read(&open, &Actor::Hall, &over(&[1, 3, 4])), Ok(()));
    assert_eq!(read(&open, &host(), &over(&[1, 3, 4])), Err("wrong-role"));
    for wrong in [&[1, 2, 3, 4][..], &[1, 3], &[3, 1, 4], &[]] {
        assert_eq!(read(&open, &Actor::Hall, &over(wrong)), Err("bad-data"));
    }
    owed(&mut open);
    assert_eq!(read(&open, &Actor::Hall, &over(&[1, 3, 4])), Err("bidder-window-shut"));
    let again = |until| {
        let text = "重启".to_owned();
        Event::BidderWindowReopened(BidderWindowReopened { stage, by_ms, until, text })
    };
    assert_eq!(read(&open, &host(), &again(at(end + MINUTE))), Ok(()));
    assert_eq!(read(&open, &host(), &again(at(end + MINUTE - 1))), Err("bad-data"));
}

/// Domain rows 9 to 11: intervals, reasons, the time in all, and who unlocked when.
#[test]
fn the_record_names_the_window() {
    let opening = closed();
    let record = OpeningRecord::new(&opening.state).unwrap();
    let window = record.bidder_window.as_ref().unwrap();
    assert_eq!(window.open_ms, span(47 * MINUTE));
    assert_eq!(window.intervals[0].open_ms, span(35 * MINUTE));
    assert_eq!(window.intervals[0].extensions.len(), 1);
    assert_eq!(window.intervals[1].open_ms, span(12 * MINUTE));
    assert_eq!(window.missing, [3]);
    let unsealed: Vec<bool> = record.rows.iter().map(|row| row.unsealed_at.is_some()).collect();
    assert_eq!(unsealed, [true, true, false, true]);
    assert!(record.rows.iter().all(|row| row.total.is_some()));
    let text = record.to_text();
    for words in
        ["投标人解密时限", "重启解密", "延长", "证书锁驱动故障", "未解密 Did not unlock：3"]
    {
        assert!(text.contains(words), "{words}");
    }
    let strict = OpeningRecord::new(&strict().state).unwrap();
    assert_eq!(strict.rows[2].label.as_deref(), Some("BIDDER_NOT_UNLOCKED"));
    assert!(strict.rows[2].total.is_none() && strict.rows[3].total.is_some());
}

/// A secret is shown by nobody's diagnostics.
#[test]
fn reasons_are_needed_and_secrets_not_shown() {
    let body = |command| SignedCommandBody {
        lot: lot_key(),
        command,
        nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        at: at(DEADLINE),
        after: 7,
    };
    let by = span(MINUTE);
    for bad in ["", " ", "a\u{202e}b"] {
        for command in [
            Command::ExtendBidderWindow { by, text: bad.to_owned() },
            Command::ReopenBidderWindow { by, text: bad.to_owned() },
        ] {
            let error = SignedCommandBody::parse(&body(command).to_bytes()).unwrap_err();
            assert_eq!(error.label(), "E_COMMAND_TEXT");
        }
    }
    for bad in ["", "0c", &"0C".repeat(32), &"0c".repeat(33)] {
        let mut own = unsealing(1);
        own.secrets[1].secret = UnlockSecret::new(bad.to_owned());
        let error =
            SignedCommandBody::parse(&body(Command::UnsealBid(own)).to_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_COMMAND_TEXT");
    }
    let shown = format!("{:?}", unseal(1).1);
    assert!(!shown.contains(&digest(51, 1).to_string()) && shown.contains("UnlockSecret(..)"));
}
