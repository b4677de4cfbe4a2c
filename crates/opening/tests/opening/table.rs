//! The whole table of phase and step as a committed snapshot: a change of the procedure shows as a
//! difference there and needs the article that allows it.

use std::path::Path;

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn outcome(result: Result<Vec<Event>, Refusal>) -> String {
    match result {
        Ok(events) if events.is_empty() => "allowed".to_owned(),
        Ok(events) => events.iter().map(|e| e.kind().name()).collect::<Vec<_>>().join(" + "),
        Err(Refusal::BadData { rule, .. }) => format!("! bad-data ({})", rule.name()),
        Err(refusal) => format!("! {}", refusal.label()),
    }
}

/// Every command of everybody who may send it, and of one who may not.
pub fn commands() -> Vec<(Actor, Command)> {
    let mut list = Vec::new();
    for command in crate::command::commands() {
        for role in command.kind().roles() {
            let actor = match role {
                Role::Host => host(),
                Role::Supervisor => supervisor(),
                _ => bidder(1),
            };
            list.push((actor, command.clone()));
        }
    }
    list.insert(5, (host(), Command::StartUnsealing(Part::Documents)));
    list.push((bidder(1), Command::Close));
    list.push((bidder(9), Command::SignIn(None)));
    list
}

pub fn inputs(state: &State) -> Vec<Input> {
    vec![
        Input::LotPublished(Box::new(lot_published())),
        tick(state.next_tick().map_or(0, TickNo::get)),
        Input::OutageAttested(crate::outage::attested(state, 2)),
        Input::DeadlineReached(head()),
        Input::SetFrozen(set(4)),
        freeze_signed(2),
        Input::FreezeTimeout,
        Input::NoticeOver,
        Input::SealsChecked(seals(state)),
        Input::PartialsReceived(partials(state, 1, Part::Price)),
        Input::PartialsReceived(partials(state, 1, Part::Documents)),
        refused_by(1),
        Input::PricesUnsealed(outcomes(state)),
        Input::ReadingOver,
        Input::DrawPartial(crate::draw::partial(1, 1)),
        Input::DrawCombined { no: 1, index: 2, dropped: Vec::new() },
        Input::DrawFailed { no: 1, dropped: Vec::new() },
        Input::DocumentsUnsealed(documents(state)),
        Input::RecordGenerated { sha256: digest(12, 0) },
        Input::RecordCorrected { reason: "更正".to_owned(), sha256: digest(12, 1) },
        journal_signed(1, JournalMoment::Freeze),
        journal_signed(2, JournalMoment::Close),
        key_destroyed(2),
    ]
}

/// One line for each command and each input.
fn rows(text: &mut String, name: &str, opening: &Opening) {
    let now = at(opening.now);
    for (actor, command) in commands() {
        let role = actor.to_string();
        let role = role.split(':').next().unwrap();
        let part = match command {
            Command::StartUnsealing(part) => format!(" {part}"),
            _ => String::new(),
        };
        let stranger = if actor == bidder(9) { " (stranger)" } else { "" };
        let result = outcome(opening.state.decide(&actor, &command, now));
        text.push_str(&format!("{name} | {role}{stranger}: {}{part} | {result}\n", command.kind()));
    }
    for input in inputs(&opening.state) {
        let part = match &input {
            Input::PartialsReceived(partials) => format!(" {}", partials.part),
            Input::JournalSigned(signed) => format!(" {}", signed.moment),
            _ => String::new(),
        };
        let result = outcome(opening.state.decide_input(&input, now));
        text.push_str(&format!("{name} | hall: {}{part} | {result}\n", input.name()));
    }
}

#[test]
fn the_table_of_phase_and_step() {
    let mut text = String::from(
        "# phase | step | outcome (entries, `allowed` = the hall computes next, `!` = refused)\n",
    );
    for phase in Phase::ALL {
        let bidders = if matches!(phase, Phase::TooFew | Phase::Failed) { 2 } else { 4 };
        text.push('\n');
        rows(&mut text, phase.name(), &Opening::at(*phase, bidders));
    }
    for (name, opening) in crate::round::states() {
        text.push_str(&format!("\n# a round of sealed prices: {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::envelope::states() {
        text.push_str(&format!("\n# a lot of two envelopes: {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::outage::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::hold::states() {
        text.push_str(&format!("\n# held: {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::fault::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::bidder_window::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::estimate::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::result::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::chat::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    for (name, opening) in crate::window::states() {
        text.push_str(&format!("\n# {name}\n"));
        rows(&mut text, name, &opening);
    }
    let (commands, inputs) = crate::draw::steps();
    for (name, opening) in crate::draw::states() {
        let now = at(opening.now);
        text.push_str(&format!("\n# a lot with two draws: {name}\n"));
        for command in &commands {
            let no = match command {
                Command::StartDraw(no) => format!(" {no}"),
                _ => String::new(),
            };
            let result = outcome(opening.state.decide(&host(), command, now));
            text.push_str(&format!("{name} | host: {}{no} | {result}\n", command.kind()));
        }
        for input in &inputs {
            let what = match input {
                Input::DrawPartial(data) => format!("{} by {}", data.no, data.custodian),
                Input::DrawCombined { no, dropped, .. } | Input::DrawFailed { no, dropped } => {
                    format!("{no} without {}", dropped.len())
                }
                _ => String::new(),
            };
            let result = outcome(opening.state.decide_input(input, now));
            text.push_str(&format!("{name} | hall: {} {what} | {result}\n", input.name()));
        }
    }
    crate::graph::is_whole(&text);
    snapshot("table.txt", &text);
}

/// One of each refusal, for the table of labels.
fn refusals() -> Vec<Refusal> {
    let step = EventKind::PriceRead;
    let wait = span(61_500);
    vec![
        Refusal::AlreadyDone { step },
        Refusal::ApprovalMissing,
        Refusal::BadData { step, rule: DataRule::Reading },
        Refusal::CannotPass { bidder: code(104) },
        Refusal::CannotRank { bidder: code(103) },
        Refusal::BidderWindowRunning { wait },
        Refusal::BidderWindowShut,
        Refusal::BidderWindowSpent { left: wait },
        Refusal::ChatMuted,
        Refusal::ChatRemoved,
        Refusal::ClockBackwards { last: at(DEADLINE) },
        Refusal::CustodyIncomplete { have: 1, need: 2 },
        Refusal::DocumentsSealed,
        Refusal::DrawRunning { no: 1 },
        Refusal::DrawTurn { next: 1 },
        Refusal::DrawsOpen { nos: vec![1, 2] },
        Refusal::EnvelopeFollows,
        Refusal::EstimateLate,
        Refusal::FaultsOpen { bidders: vec![code(101)] },
        Refusal::FewPassed { passed: 2 },
        Refusal::FreezeIncomplete { signed: 2, quorum: 3 },
        Refusal::FreezeWaitRunning { wait },
        Refusal::Held { holder: Holder::Host },
        Refusal::Held { holder: Holder::Supervisor },
        Refusal::Held { holder: Holder::Both },
        Refusal::IntakeOver,
        Refusal::LastEnvelope,
        Refusal::LotClosed,
        Refusal::NoBidderWindow,
        Refusal::NoCeiling,
        Refusal::NoEstimate,
        Refusal::NoOpenFault,
        Refusal::NoOutageRule,
        Refusal::NoPrice,
        Refusal::NoResultSession,
        Refusal::NoSuchBidder { bidder: code(109) },
        Refusal::NoSuchDraw { no: 7 },
        Refusal::NobodyPassed,
        Refusal::NoRound,
        Refusal::NoSuchList { no: 2 },
        Refusal::NoSuchMeasure { no: 1 },
        Refusal::NoSuchObjection { no: 7 },
        Refusal::NoSuchPostponement { no: 2 },
        Refusal::NoSuchResult { no: 2 },
        Refusal::NotABidder,
        Refusal::NotHeld,
        Refusal::NotMuted,
        Refusal::NotRemoved,
        Refusal::NotTheHolder { holder: Holder::Supervisor },
        Refusal::NotLater { deadline: at(DEADLINE) },
        Refusal::NothingToUnseal { part: Part::Signals },
        Refusal::NoticeRunning { wait },
        Refusal::ObjectionAnswered { no: 7 },
        Refusal::ObjectionsOpen { nos: vec![1, 2] },
        Refusal::ObjectionsOver,
        Refusal::ObjectionsRunning { wait },
        Refusal::NoObjectionWindow,
        Refusal::OutOfOrder { step, phase: Phase::Ready },
        Refusal::PassedMissing,
        Refusal::OutageUnproven { have: 1, need: 2 },
        Refusal::PostponeInstead,
        Refusal::PostponementOwed,
        Refusal::PricesAllRead,
        Refusal::PricesReleased,
        Refusal::ReadingRunning { left: 3, wait },
        Refusal::ReasonMissing,
        Refusal::ReconveneLater { wait },
        Refusal::RecordDiffers,
        Refusal::ResultAnswersOver,
        Refusal::ResultEarly,
        Refusal::RoundUnapproved,
        Refusal::SealsUnchecked,
        Refusal::StepNotListed { step: Step::CheckBidders },
        Refusal::StepTurn { next: Step::PublishBidders },
        Refusal::TimeNotAsked,
        Refusal::TooEarly { wait },
        Refusal::TooFewBidders { bidders: 2, min: 3 },
        Refusal::TooFewCustodians { signed: 1, need: 2 },
        Refusal::UnknownCustodian { index: custodian(4) },
        Refusal::UnsignedCustodian { index: custodian(2) },
        Refusal::WrongFreeze,
        Refusal::WrongRole { step, role: Role::Bidder },
    ]
}

#[test]
fn refusals_have_labels_articles_and_words() {
    let mut text = String::from("# label | article | zh | en\n");
    for refusal in refusals() {
        let article = refusal.article().unwrap_or("-");
        let (zh, en) = (refusal.zh(), refusal.en());
        text.push_str(&format!("{} | {article} | {zh} | {en}\n", refusal.label()));
        // What happened, then what to do: two sentences at least, in both languages.
        assert!(zh.matches('。').count() >= 2 && zh.ends_with('。'), "{zh}");
        assert!(en.matches(['.', ';']).count() >= 2 && en.ends_with('.'), "{en}");
        assert!(!en.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "{en}");
    }
    golden("refusals.txt", &text);
}

/// The table in `docs/spec/procedure.md`, 4: the code's labels, articles and words, and no others.
#[test]
fn the_specification_has_every_refusal() {
    let mut rows = String::from("| label | 中文 | English | article |\n|---|---|---|---|\n");
    for refusal in refusals() {
        let article = refusal.article().unwrap_or("");
        let row = [&format!("`{}`", refusal.label()), &refusal.zh(), &refusal.en(), article];
        assert!(row.iter().all(|cell| !cell.contains(['|', '\n'])), "{row:?}");
        rows.push_str(&format!("| {} |\n", row.join(" | ").trim_end()));
    }
    // A label of the code that no row has: `refusals()` lacks it.
    let source = include_str!("../../src/refusal.rs");
    let labels = source.split("pub const fn label").nth(1).unwrap();
    let labels = labels.split("pub const fn article").next().unwrap().lines();
    let labels: Vec<&str> =
        labels.filter_map(|line| line.split("=> \"").nth(1)?.split('"').next()).collect();
    assert!(labels.len() > 50, "{labels:?}");
    for label in labels {
        assert!(rows.contains(&format!("| `{label}` |")), "no refusal with label {label}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/procedure.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- refusals -->\n").unwrap();
    let (found, after) = rest.split_once("<!-- end of refusals -->\n").unwrap();
    if std::env::var_os("UPDATE").is_some() && found != rows {
        let marks = ("<!-- refusals -->\n", "<!-- end of refusals -->\n");
        std::fs::write(&path, [before, marks.0, &rows, marks.1, after].concat()).unwrap();
        return;
    }
    let differs = found.lines().zip(rows.lines()).find(|(one, other)| one != other);
    assert!(found == rows, "the table of refusals differs: {differs:?}; UPDATE=1 rewrites it");
}
