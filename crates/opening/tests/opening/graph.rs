//! The procedure of each template as a graph, drawn from what the procedure allows, and committed: a
//! change of the order shows as a difference there.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// All templates; a new one does not compile until it stands here.
pub const TEMPLATES: &[Template] = &[
    Template::Works,
    Template::GoodsServices,
    Template::GovernmentProcurement,
    Template::TwoEnvelope,
    Template::ThreeEnvelope,
    Template::Prequalification,
    Template::CompetitiveConsultation,
];

pub fn name(template: Template) -> &'static str {
    match template {
        Template::Works => "works",
        Template::GoodsServices => "goods-services",
        Template::GovernmentProcurement => "government-procurement",
        Template::TwoEnvelope => "two-envelope",
        Template::ThreeEnvelope => "three-envelope",
        Template::Prequalification => "prequalification",
        Template::CompetitiveConsultation => "competitive-consultation",
    }
}

/// The first entry of a lot of this template, with its steps and two draws.
pub fn published(template: Template) -> LotPublished {
    of(template, crate::draw::published())
}

/// A lot made one of this template.
fn of(template: Template, lot: LotPublished) -> LotPublished {
    let envelopes = template.envelopes();
    let stage_count = u8::try_from(envelopes.len() + 1).unwrap();
    let round = (template == Template::CompetitiveConsultation).then(crate::round::first);
    let steps = template.steps();
    let lot = LotPublished { template, steps, envelopes, stage_count, round, ..lot };
    if template != Template::Prequalification {
        return LotPublished { base_estimate: true, ..lot };
    }
    let fields = lot.fields.iter().filter(|field| field.kind != FieldKind::Money);
    LotPublished { ceiling: None, fields: fields.cloned().collect(), ..lot }
}

/// What an entry changes: phase before, kind, phase after.
type Edges = BTreeSet<(Phase, EventKind, Phase)>;

/// An opening of this template with `bidders` bidders, walked until `phase`.
fn walk(template: Template, bidders: u8, phase: Phase) -> Opening {
    let mut opening = Opening::new();
    let lot = LotPublished { result: Some(crate::result::SESSION), ..published(template) };
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    if phase < Phase::Read || phase == Phase::Terminated {
        opening.walk_to(phase, bidders);
        return opening;
    }
    opening.walk_to_last_envelope(bidders);
    opening.walk_to(Phase::Published, bidders);
    crate::draw::hold(&mut opening, 1);
    opening.walk_to(Phase::Read, bidders);
    crate::draw::hold(&mut opening, 2);
    opening.walk_to(phase, bidders);
    opening
}

/// Walks that touch every phase: the normal way, too few bidders, termination, a degraded
/// freeze, faults that a person decides, a window for objections, an outage before the deadline.
fn walks(template: Template) -> Vec<Opening> {
    let mut degraded = walk(template, 3, Phase::DegradedNotice);
    degraded.command(&host(), &Command::ApproveDegraded).unwrap();
    degraded.now += 2_000;
    degraded.command(&supervisor(), &Command::ApproveDegraded).unwrap();
    let [closed, failed, terminated] =
        [(4, Phase::Closed), (2, Phase::Failed), (4, Phase::Terminated)]
            .map(|(bidders, phase)| walk(template, bidders, phase));
    let listed = |lot| of(template, lot);
    let decided = crate::fault::closed_of(listed(crate::fault::published()));
    let extended = crate::window::closed_of(listed(crate::window::published()));
    let outage = crate::outage::closed_of(listed(crate::outage::published()));
    let mut all = vec![closed, failed, terminated, degraded, decided, extended, outage];
    // A tender of several envelopes has no bidder window.
    if template.earlier_envelopes() == 0 {
        let window = listed(crate::bidder_window::published(BidderLockTerms::Escrow));
        let steps = template.steps_with_window();
        all.push(crate::bidder_window::closed_of(LotPublished { steps, ..window }));
    }
    all
}

/// Everything that anybody may try in a state, with the entries it leads to, in the hall's order.
fn tries(state: &State, now: UtcMillis) -> Vec<Vec<(Actor, Event)>> {
    let by = |cause: &Actor, events: Vec<Event>| -> Vec<(Actor, Event)> {
        events.into_iter().map(|event| (event.written_by(cause), event)).collect()
    };
    let mut found = Vec::new();
    for (actor, command) in crate::table::commands() {
        if let Ok(events) = state.decide(&actor, &command, now) {
            found.push(by(&actor, events));
        }
    }
    for input in crate::table::inputs(state) {
        if let Ok(events) = state.decide_input(&input, now) {
            found.push(by(&Actor::Hall, events));
        }
    }
    found
}

/// Tries everything in `state`, and again in the state behind each edge that was not seen before, so
/// that what needs two persons is found too.
fn explore(state: &State, now: UtcMillis, edges: &mut Edges) {
    let mut open = vec![(state.clone(), now), (state.clone(), now.plus(span(60 * MINUTE)))];
    while let Some((state, now)) = open.pop() {
        for entries in tries(&state, now) {
            let mut next = state.clone();
            let mut new = false;
            for (by, event) in entries {
                let before = next.phase();
                next.apply(&by, now, &event);
                new |= edges.insert((before, event.kind(), next.phase()));
            }
            if new {
                open.push((next, now));
            }
        }
    }
}

/// What the procedure of a template allows, from every state that a walk passes through.
fn edges(template: Template) -> Edges {
    let mut edges = Edges::new();
    for walked in walks(template) {
        let mut state = State::new(lot_key());
        let mut now = at(DEADLINE - 120 * MINUTE);
        for (by, at, event) in &walked.log {
            explore(&state, now, &mut edges);
            let before = state.phase();
            state.check_and_apply(by, *at, event).unwrap();
            edges.insert((before, event.kind(), state.phase()));
            now = *at;
        }
        explore(&state, now, &mut edges);
    }
    edges
}

fn id(phase: Phase) -> String {
    phase.name().replace('-', "_")
}

fn entry(kind: EventKind) -> String {
    let writers: Vec<String> =
        kind.writers().iter().map(|role| format!("{role:?}").to_lowercase()).collect();
    format!("{kind} ({})", writers.join(", "))
}

fn mermaid(template: Template, edges: &Edges) -> String {
    let mut text = format!("%% The procedure of {}; `UPDATE=1` rewrites it.\n", name(template));
    text.push_str("stateDiagram-v2\n");
    let single = template.earlier_envelopes() == 0;
    for phase in Phase::ALL.iter().filter(|phase| !single || **phase != Phase::Adjourned) {
        let (zh, en) = phase.words();
        text.push_str(&format!("    state \"{zh} {en}\" as {}\n", id(*phase)));
    }
    text.push_str(&format!("    [*] --> {}\n", id(Phase::Unpublished)));
    let mut stay: BTreeMap<Phase, Vec<String>> = BTreeMap::new();
    for (before, kind, after) in edges {
        if before == after {
            stay.entry(*before).or_default().push(entry(*kind));
        } else {
            text.push_str(&format!("    {} --> {} : {}\n", id(*before), id(*after), entry(*kind)));
        }
    }
    for phase in Phase::ALL.iter().filter(|phase| phase.is_final()) {
        text.push_str(&format!("    {} --> [*]\n", id(*phase)));
    }
    for (phase, kinds) in stay {
        text.push_str(&format!("    note right of {}\n", id(phase)));
        for kind in kinds {
            text.push_str(&format!("        {kind}\n"));
        }
        text.push_str("    end note\n");
    }
    text
}

/// Every phase and every kind of entry is in the graph of every template: a new one that no walk
/// reaches is named here.
#[test]
fn the_graph_of_each_template() {
    for template in TEMPLATES {
        let edges = edges(*template);
        let name = name(*template);
        // What has ended stays ended, and nothing comes back to the time in which bids are received.
        for (before, kind, after) in &edges {
            assert!(!before.is_final() || before == after, "{name}: {before} {kind} {after}");
            let back = *after == Phase::Receiving && *before > Phase::Receiving;
            assert!(!back, "{name}: {before} {kind} {after}");
        }
        let single = template.earlier_envelopes() == 0;
        let phases = Phase::ALL.iter().filter(|phase| !single || **phase != Phase::Adjourned);
        for phase in phases.filter(|phase| **phase != Phase::Unpublished) {
            let reached = edges.iter().any(|(before, _, after)| before != after && after == phase);
            assert!(reached, "{name}: nothing leads to {phase}; walks() must get there");
        }
        // A refusal is written beside a command and never asked for.
        let apart = |kind: &EventKind| {
            let between = crate::envelope::KINDS.contains(kind);
            let no_price = *template == Template::Prequalification;
            let no_round = *template != Template::CompetitiveConsultation;
            let window =
                kind.name().starts_with("bidder-window") || *kind == EventKind::BidderUnsealed;
            *kind == EventKind::Refused
                || (!single && window)
                || (no_round && *kind == EventKind::RoundApproved)
                || (single && between)
                || (no_price
                    && [EventKind::CeilingAnnounced, EventKind::EstimateSealed].contains(kind))
        };
        for kind in EventKind::ALL.iter().filter(|kind| !apart(kind)) {
            let seen = edges.iter().any(|(_, seen, _)| seen == kind);
            assert!(
                seen,
                "{name}: {kind} is never allowed; commands(), inputs() or walks() lack it"
            );
        }
        snapshot(&format!("{name}.mmd"), &mermaid(*template, &edges));
    }
}

/// The table has a row for every phase, command and input; a new one that it lacks is named here.
pub fn is_whole(table: &str) {
    let source = include_str!("../../src/input.rs");
    let names = source.lines().filter_map(|line| line.split("=> \"").nth(1)?.split('"').next());
    let inputs: Vec<&str> = names.collect();
    assert!(inputs.contains(&"lot-published"), "{inputs:?}");
    for phase in Phase::ALL {
        let rows: Vec<&str> =
            table.lines().filter(|line| line.starts_with(&format!("{phase} | "))).collect();
        for command in CommandKind::ALL {
            for role in command.roles() {
                let row = format!("{phase} | {}: {command}", format!("{role:?}").to_lowercase());
                assert!(rows.iter().any(|line| line.starts_with(&row)), "no row `{row}`");
            }
        }
        for input in &inputs {
            let row = format!("{phase} | hall: {input}");
            assert!(rows.iter().any(|line| line.starts_with(&row)), "no row `{row}`");
        }
    }
}
