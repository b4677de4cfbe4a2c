//! Random sequences of commands and inputs, of every template: whatever is tried, in whatever order,
//! the log that comes out keeps every promise, and it replays to the same state and record.
//!
//! `KAIBIAO_SEQUENCES` sets how many of each template are played (`cargo xtask soak opening`). A
//! sequence is its number: the same number gives the same log.

use std::sync::LazyLock;

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::graph;
use crate::observer::observe;
use crate::support::*;

/// Sequences of each template where nobody asks for more.
const SEQUENCES: u64 = 2_000;

/// Numbers that follow from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `bound` - 1.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let bound = u64::try_from(list.len()).unwrap();
        &list[usize::try_from(self.below(bound)).unwrap()]
    }

    fn small(&mut self, bound: u8) -> u8 {
        u8::try_from(self.below(bound.into())).unwrap()
    }
}

/// What is tried: an input of the hall, or somebody's command.
type Try = Result<Input, (Actor, Command)>;

/// An opening of a lot of this template: walked some way, then at random.
fn play(opening: &mut Opening, template: Template, number: u64) {
    let place = graph::TEMPLATES.iter().position(|known| *known == template).unwrap();
    let dice = &mut Dice(number * 8 + u64::try_from(place).unwrap());
    let bidders = dice.small(6);
    for _ in 0..dice.below(3) {
        attempt(opening, Err(somebody(dice)));
    }
    let with_draws = graph::published(template);
    let without = LotPublished { draws: Vec::new(), ..with_draws.clone() };
    let draws = dice.below(2) == 0;
    let mut lot = if draws { with_draws } else { without };
    if dice.below(3) == 0 && lot.envelopes.is_empty() {
        let lock = *dice.one_of(&[BidderLockTerms::Escrow, BidderLockTerms::Strict]);
        lot.bidder_window = crate::bidder_window::published(lock).bidder_window;
        lot.steps = template.steps_with_window();
    }
    if dice.below(3) > 0 {
        lot.result = Some(crate::result::SESSION);
    }
    attempt(opening, Ok(Input::LotPublished(Box::new(lot))));
    if bidders >= 4 && template.earlier_envelopes() > 0 && dice.below(2) == 0 {
        opening.walk_to_last_envelope(bidders);
    }
    if bidders >= 3 && dice.below(3) > 0 {
        let far = if draws { WALKS.len() - 1 } else { WALKS.len() };
        let goal = *dice.one_of(&WALKS[..far]);
        if goal >= opening.state.phase() {
            opening.walk_to(goal, bidders);
        }
    }
    for _ in 0..10 + dice.below(70) {
        opening.now += wait(dice);
        let tried = next(opening, bidders, dice);
        attempt(opening, tried);
        while let Some(owed) = opening.state.due(at(opening.now)) {
            opening.write(&Actor::Hall, &owed);
        }
    }
}

/// Where a random sequence may begin; the last is out of reach of a lot whose draws are not held.
const WALKS: &[Phase] = &[
    Phase::Receiving,
    Phase::IntakeClosed,
    Phase::Freezing,
    Phase::DegradedNotice,
    Phase::Ready,
    Phase::UnsealingPrices,
    Phase::Published,
    Phase::Read,
    Phase::RecordGenerated,
];

fn wait(dice: &mut Dice) -> u64 {
    match dice.below(9) {
        0..6 => dice.below(50),
        6 | 7 => 1_000 + dice.below(7_000),
        _ => 3_000_000 + dice.below(5_000_000),
    }
}

fn next(opening: &Opening, bidders: u8, dice: &mut Dice) -> Try {
    let state = &opening.state;
    match dice.below(22) {
        20 | 21 => Err(talk(dice)),
        0..4 => Err(somebody(dice)),
        4 => Ok(dice.one_of(&crate::table::inputs(state)).clone()),
        5 => Ok(Input::SetFrozen(some_set(state, bidders, dice))),
        6 => Ok(Input::PartialsReceived(greedy(state, dice))),
        7 => documents_next(state, dice),
        _ => ahead(opening, bidders, dice),
    }
}

/// A command, sometimes of one who may not send it.
fn somebody(dice: &mut Dice) -> (Actor, Command) {
    static COMMANDS: LazyLock<Vec<(Actor, Command)>> = LazyLock::new(crate::table::commands);
    let (actor, command) = dice.one_of(&COMMANDS).clone();
    let others = [host(), supervisor(), Actor::Hall, bidder(2)];
    let other = dice.one_of(&others).clone();
    (if dice.below(8) == 0 { other } else { actor }, command)
}

/// Somebody talks, or somebody is muted or removed.
fn talk(dice: &mut Dice) -> (Actor, Command) {
    let who = dice.small(6);
    let office = [host(), supervisor()][usize::from(dice.small(2))].clone();
    match dice.below(10) {
        0..4 => (bidder(who + 1), crate::chat::say("请问")),
        4 => (bidder(who + 1), crate::chat::whisper(who)),
        5 => (office, crate::chat::say("请稍候")),
        6 => (office, crate::chat::mute(who)),
        7 => (office, crate::chat::unmute(who)),
        8 => (office, crate::chat::remove(who + 1)),
        _ => (office, crate::chat::readmit(who + 1)),
    }
}

/// What would move the opening on, tried most often so that sequences get far.
fn ahead(opening: &Opening, bidders: u8, dice: &mut Dice) -> Try {
    let state = &opening.state;
    let open = state.objections().iter().find(|objection| objection.answer.is_none());
    let draws = state.published().map_or(0, |lot| lot.draws.len());
    match state.phase() {
        Phase::IntakeClosed => Ok(Input::SetFrozen(some_set(state, bidders, dice))),
        Phase::SealsChecked if state.bidder_window().is_some() && dice.below(4) == 0 => {
            Err(bidders_next(dice))
        }
        Phase::Read if open.is_some() => {
            let no = open.unwrap().no;
            Err((host(), Command::AnswerObjection { no, text: "已答复".to_owned() }))
        }
        Phase::Read if state.drawing().is_some() => Ok(draw_next(state, dice)),
        Phase::Read if state.stage_after().is_none() && state.draws().len() < draws => {
            Err((host(), Command::StartDraw(u32::try_from(state.draws().len()).unwrap() + 1)))
        }
        Phase::RecordGenerated if state.documents().is_none() => documents_next(state, dice),
        _ => crate::random::forward(opening, bidders, dice.small(6)),
    }
}

/// What may happen while bidders unlock their bids.
fn bidders_next(dice: &mut Dice) -> (Actor, Command) {
    match dice.below(3) {
        0 => (host(), crate::bidder_window::extend(dice.below(12))),
        1 => (host(), crate::bidder_window::reopen(dice.below(12))),
        _ => crate::bidder_window::unseal(dice.small(6) + 1),
    }
}

/// On the way to the value of the draw that waits.
fn draw_next(state: &State, dice: &mut Dice) -> Input {
    let no = state.drawing().unwrap().draw.no;
    let custodian = u16::from(dice.small(3)) + 1;
    match dice.below(3) {
        0 => Input::DrawCombined { no, index: dice.below(6), dropped: Vec::new() },
        _ => Input::DrawPartial(crate::draw::partial(custodian, no)),
    }
}

/// On the way to opened documents.
fn documents_next(state: &State, dice: &mut Dice) -> Try {
    match dice.below(4) {
        0 => Err((host(), Command::StartUnsealing(Part::Documents))),
        1 => Ok(Input::DocumentsUnsealed(documents(state))),
        _ => {
            let custodian = u16::from(dice.small(3)) + 1;
            Ok(Input::PartialsReceived(partials(state, custodian, Part::Documents)))
        }
    }
}

/// A set in which bidders replaced and withdrew; every fourth lies about one bid.
fn some_set(state: &State, bidders: u8, dice: &mut Dice) -> SetFrozen {
    let mut bids = Vec::new();
    for no in 1..=bidders {
        let mut version = bid(no);
        if dice.below(3) == 0 {
            let mut earlier = bid(no);
            earlier.manifest_sha256 = digest(40, no);
            (earlier.status, earlier.by) = (BidStatus::Superseded, Some(version.manifest_sha256));
            bids.push(earlier);
            version.seq = BidSeq::new(2).unwrap();
        }
        if dice.below(8) == 0 {
            let withdrawal = digest(41, no);
            for mut withdrawn in bids.drain(..).chain([version]).collect::<Vec<_>>() {
                if withdrawn.bidder == bidder_party(no) && withdrawn.status == BidStatus::Current {
                    (withdrawn.status, withdrawn.by) = (BidStatus::Withdrawn, Some(withdrawal));
                }
                bids.push(withdrawn);
            }
            version = FrozenBid {
                seq: BidSeq::new(3).unwrap(),
                manifest_sha256: withdrawal,
                status: BidStatus::Withdrawn,
                by: Some(withdrawal),
                objects: Vec::new(),
                ..bid(no)
            };
        }
        bids.push(version);
    }
    for (place, bid) in (1..).zip(&mut bids) {
        bid.place.no = PlaceNo::new(place).unwrap();
    }
    let count = bids.iter().filter(|bid| bid.status == BidStatus::Current).count();
    let mut set = SetFrozen { bids, bidders: u32::try_from(count).unwrap(), ..set(0) };
    set = crate::envelope::of_lot(state, set);
    if let Some(intake) = state.intake() {
        set.size = intake.size;
    }
    if !set.bids.is_empty() && dice.below(4) == 0 {
        let lied = usize::try_from(dice.below(u64::try_from(set.bids.len()).unwrap())).unwrap();
        (set.bids[lied].status, set.bids[lied].by) = (BidStatus::Current, None);
        let count = set.bids.iter().filter(|bid| bid.status == BidStatus::Current).count();
        set.bidders = u32::try_from(count).unwrap();
    }
    set
}

/// Partials for everything that was ever received, withdrawn and replaced bids too.
fn greedy(state: &State, dice: &mut Dice) -> PartialsReceived {
    let custodian = u16::from(dice.small(4)) + 1;
    let mut greedy = partials(state, custodian, Part::Price);
    if dice.below(8) == 0 {
        greedy.stage = Stage::new(1 + dice.small(3)).unwrap();
    }
    if dice.below(2) == 0 {
        let all = state.frozen().map_or(&[][..], |set| set.bids.as_slice());
        let list: Vec<Partial> = all.iter().map(|bid| partial(bid.manifest_sha256)).collect();
        greedy.count = u32::try_from(list.len()).unwrap();
        if dice.below(4) == 0 {
            greedy.escrow.clone_from(&list);
        }
        greedy.partials = Some(list);
    }
    greedy
}

fn attempt(opening: &mut Opening, tried: Try) {
    let decided = match tried {
        Ok(input) => opening.input(&input),
        Err((actor, command)) => {
            let decided = opening.command(&actor, &command);
            if let Err(refusal) = &decided
                && let Some(event) = opening.state.refusal_event(&actor, command.kind(), refusal)
            {
                opening.write(&Actor::Hall, &event);
            }
            decided
        }
    };
    // What is owed after an entry is decided with it.
    let owed = opening.state.due(at(opening.now));
    assert!(!decided.is_ok_and(|events| !events.is_empty()) || owed.is_none(), "{owed:?}");
}

/// The same log gives the same state and the same record, byte for byte, and what comes after a
/// record does not change it.
fn replays(opening: &Opening) -> Result<(), String> {
    let mut state = State::new(lot_key());
    let mut record: Option<(GeneratedRecord, Vec<u8>)> = None;
    for (by, at, event) in &opening.log {
        state.check_and_apply(by, *at, event).map_err(|error| error.to_string())?;
        if let Event::OpeningReconvened(_) = event {
            let (_, bytes) = record.take().ok_or("no record before the next envelope")?;
            let left = state.earlier_stages().last().and_then(|left| OpeningRecord::new(left));
            if left.map(|record| record.to_bytes()) != Some(bytes) {
                return Err("another record of the envelope before".to_owned());
            }
        }
        if state.record() != record.as_ref().map(|(generated, _)| generated) {
            let bytes = OpeningRecord::new(&state).ok_or("no record after its entry")?.to_bytes();
            record = state.record().map(|generated| (generated.clone(), bytes));
        }
    }
    if state != opening.state {
        return Err("another state".to_owned());
    }
    let Some((_, bytes)) = record else { return Ok(()) };
    let last = OpeningRecord::new(&opening.state).map(|record| record.to_bytes());
    if last == Some(bytes) { Ok(()) } else { Err("another record".to_owned()) }
}

/// How far the sequences of a template came.
#[derive(Debug, Default)]
struct Reach {
    prices: u64,
    records: u64,
    closed: u64,
    failed: u64,
    withdrawn: u64,
    reconvened: u64,
    windows: u64,
    results: u64,
    muted: u64,
}

impl Reach {
    fn take(&mut self, opening: &Opening) {
        let state = &opening.state;
        self.prices += u64::from(state.all_stages().any(|stage| stage.prices().is_some()));
        self.records += u64::from(state.all_stages().any(|stage| stage.record().is_some()));
        self.reconvened += u64::from(state.stage() > Stage::FIRST);
        self.closed += u64::from(state.phase() == Phase::Closed);
        self.failed += u64::from(state.phase() == Phase::Failed);
        let answered = |told: &Announcement| !told.answers.is_empty();
        self.results += u64::from(state.result().iter().any(answered));
        let silenced = |(_, _, event): &&Entry| match event {
            Event::Refused(refused) => refused.label == "chat-muted",
            _ => false,
        };
        self.muted += u64::from(opening.log.iter().find(silenced).is_some());
        self.windows += u64::from(state.bidder_window().is_some() && state.prices().is_some());
        let withdrawn =
            |set: &SetFrozen| set.bids.iter().any(|bid| bid.status == BidStatus::Withdrawn);
        self.withdrawn += u64::from(state.prices().and(state.frozen()).is_some_and(withdrawn));
    }
}

fn judge(template: Template, number: u64, reach: &mut Reach) {
    let mut opening = Opening::alone();
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        play(&mut opening, template, number);
    }));
    let seen = observe(&opening.log)
        .map_err(|(entry, promise)| format!("entry {entry} breaks {promise:?}"))
        .and_then(|()| replays(&opening))
        .and_then(|()| played.map_err(|_| "the procedure panicked".to_owned()));
    reach.take(&opening);
    if let Err(detail) = seen {
        let name = format!("sequence-{}-{number}.jsonl", graph::name(template));
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let text: String = opening.log.iter().map(crate::events::line).collect();
        std::fs::write(&path, text).unwrap();
        panic!("sequence {number}: {detail}; its log is {}", path.display());
    }
}

#[test]
fn random_sequences_keep_every_promise() {
    let asked = std::env::var("KAIBIAO_SEQUENCES").ok();
    let count = asked.map_or(SEQUENCES, |text| text.parse().expect("a number of sequences"));
    std::thread::scope(|scope| {
        for template in graph::TEMPLATES {
            scope.spawn(move || {
                let mut reach = Reach::default();
                for number in 0..count {
                    judge(*template, number, &mut reach);
                }
                println!("{}: {count} sequences, {reach:?}", graph::name(*template));
                // They are worth something only if they get somewhere.
                let Reach { prices, records, closed, failed, withdrawn, reconvened, .. } = reach;
                let (windows, results) = (reach.windows, reach.results);
                assert!(results * 200 >= count, "{reach:?}");
                assert!(reach.muted * 50 >= count, "{reach:?}");
                assert!(prices * 5 >= count && records * 10 >= count, "{reach:?}");
                assert!(closed * 50 >= count && failed * 50 >= count, "{reach:?}");
                let single = template.earlier_envelopes() == 0;
                assert!(!single || windows * 20 >= count, "{reach:?}");
                // On the way to a later envelope many sequences walk past the withdrawals.
                let several = template.earlier_envelopes() > 0;
                assert!(withdrawn * if several { 500 } else { 200 } >= count, "{reach:?}");
                assert!(if several { reconvened * 10 >= count } else { reconvened == 0 });
            });
        }
    });
}

/// A sequence is its number.
#[test]
fn the_same_number_gives_the_same_log() {
    for number in 0..20 {
        let [one, other] = [0, 1].map(|_| {
            let mut opening = Opening::alone();
            play(&mut opening, Template::Works, number);
            opening.log
        });
        assert_eq!(one, other);
    }
}
