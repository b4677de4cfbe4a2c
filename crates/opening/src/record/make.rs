//! From the state to the record.

use std::collections::BTreeMap;

use kaibiao_types::{CustodianIndex, Digest, Money, OrgCode, Part, Stage};

use super::{
    Consequence, OpeningRecord, RecordBidderWindow, RecordCheck, RecordDecision, RecordDocuments,
    RecordDraw, RecordEnvelope, RecordEstimate, RecordField, RecordFreeze, RecordHold, RecordKind,
    RecordObjection, RecordPassed, RecordRound, RecordRow, RecordSeal, RecordSeveral,
    RecordVersion, RecordWindow,
};
use crate::event::{DeadlinePostponed, FrozenBid, LotPublished, OpenedDocument, PublishedBid};
use crate::hold::Hold;
use crate::phase::Phase;
use crate::state::{Mark, Objection, State};
use crate::strict;
use crate::tender::{Bilingual, CustodyKind, Draw, Step, TimeSource};
use crate::words;

impl OpeningRecord {
    /// Makes the record once every price is read; `None` before, and while an objection waits for
    /// its answer. Once the log has it, this is its last version.
    ///
    /// # Source
    ///
    /// 电子招标投标办法 art. 32; 招标投标法实施条例 art. 44 ¶3 (objections and answers are recorded).
    pub fn new(state: &State) -> Option<Self> {
        // A lot may also end before its time after its record was made.
        if state.record().is_none() && state.phase() != Phase::Read {
            return None;
        }
        let lot = state.published()?;
        let rows = rows(state, lot)?;
        Some(Self {
            v: 1,
            kind: RecordKind::OpeningRecord,
            version: version(state),
            envelope: envelope(state, lot),
            round: round(state, lot),
            tender: state.lot().tender.clone(),
            lot: state.lot().lot.clone(),
            title: lot.title.clone(),
            lot_title: lot.lot_title.clone(),
            tenderee: lot.tenderee.clone(),
            host: lot.host.clone(),
            supervisor: lot.supervisor.clone(),
            template: lot.template,
            deadline: state.deadline()?,
            intake_closed_at: state.intake()?.at,
            prices_published_at: state.published_at,
            currency: lot.currency,
            ceiling: lot.ceiling,
            ceiling_announced_at: state.ceiling_announced().map(|mark| mark.at),
            base_estimate: base_estimate(state, lot),
            min_bidders: lot.min_bidders,
            bidders: state.distinct_bidders(),
            tender_sha256: lot.tender_sha256,
            ceremony_id: lot.ceremony_id,
            ceremony_sha256: lot.ceremony_sha256,
            threshold: lot.threshold,
            custody: lot.custody,
            time: lot.time.clone(),
            freeze: freeze(state)?,
            in_several_bids: in_several_bids(&rows),
            rows,
            objections: objections(state)?,
            objection_window: state.objection_window().map(|window| RecordWindow {
                from: window.from,
                until: window.until,
                extended: window.extended,
            }),
            bidder_window: RecordBidderWindow::of(state),
            draws: draws(state)?,
            holds: holds(state),
            notes: notes(state, lot)?,
            fictional: lot.fictional,
            source: lot.source.clone(),
        })
    }

    /// Makes the next version: from the whole log so far, with the reason and the digest of the last
    /// one. `None` before there is a record.
    pub fn corrected(state: &State, reason: &str) -> Option<Self> {
        state.record()?;
        let mut next = state.clone();
        let mark = Mark { entry: state.entries(), at: state.last_at() };
        // A record does not contain its own digest, so any will do.
        next.record_made(state.record()?.sha256, Some(reason.to_owned()), mark);
        Self::new(&next)
    }

    /// `record.json`: compact JSON, the same bytes for the same log. These are signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        strict::bytes(self)
    }
}

fn version(state: &State) -> Option<RecordVersion> {
    let (last, earlier) = state.records().split_last()?;
    Some(RecordVersion {
        no: u32::try_from(state.records().len()).ok()?,
        reason: last.reason.clone()?,
        previous: earlier.last()?.sha256,
    })
}

/// Which envelope it is and what went before it; nothing in a lot of one envelope.
fn envelope(state: &State, lot: &LotPublished) -> Option<RecordEnvelope> {
    state.has_envelopes().then(|| RecordEnvelope {
        stage: state.stage(),
        of: lot.stage_count,
        title: state.envelope().map(|envelope| envelope.title.clone()),
        after: state.earlier_stages().last().and_then(|before| passed(state, before)),
    })
}

fn round(state: &State, lot: &LotPublished) -> Option<RecordRound> {
    let round = lot.round.as_ref()?;
    let silent = round.invited.iter().filter(|party| state.bid_of(&party.code).is_none());
    Some(RecordRound {
        no: round.no,
        of: round.of.clone(),
        record_sha256: round.record_sha256,
        approved_at: state.round_approved()?.at,
        silent: silent.cloned().collect(),
    })
}

fn passed(state: &State, before: &State) -> Option<RecordPassed> {
    let passed = before.passed()?;
    Some(RecordPassed {
        record_sha256: before.record()?.sha256,
        adjourned_at: before.adjourned()?.at,
        approved_at: passed.mark.at,
        reconvened_at: state.reconvened_at()?,
        reason: passed.list.reason.clone(),
        failed: passed.list.failed.clone(),
    })
}

/// 条例 art. 50: the base estimate is announced at the opening, so the record says how it came out, and
/// that there is none where none was handed in.
fn base_estimate(state: &State, lot: &LotPublished) -> Option<RecordEstimate> {
    if !lot.base_estimate || state.stage_after().is_some() {
        return None;
    }
    let (sealed, published) = (state.estimate_here(), state.published_estimate());
    let amount = published.and_then(|published| published.amount);
    Some(RecordEstimate {
        no: sealed.map(|sealed| sealed.no),
        sealed_at: sealed.map(|sealed| sealed.mark.at),
        sha256: sealed.map(|sealed| sealed.sha256),
        verdict: published.map(|published| published.verdict),
        label: published.and_then(|published| published.label.clone()),
        amount,
        figures: amount.map(|amount| amount.to_string()),
        capital: amount.map(Money::capital),
    })
}

fn freeze(state: &State) -> Option<RecordFreeze> {
    let (set, done) = (state.frozen()?, state.freeze()?);
    let all = (1..=state.n()).filter_map(|number| CustodianIndex::new(number).ok());
    let absent = all.filter(|index| done.degraded && !done.signers.contains(index)).collect();
    Some(RecordFreeze {
        freeze_id: set.freeze_id,
        size: set.size,
        root: set.root,
        receipted: u64::try_from(set.bids.len()).ok()?,
        signers: done.signers.clone(),
        degraded: done.degraded,
        absent,
    })
}

fn rows(state: &State, lot: &LotPublished) -> Option<Vec<RecordRow>> {
    let published = &state.prices()?.bids;
    let mut seals: BTreeMap<&OrgCode, Vec<RecordSeal>> = BTreeMap::new();
    for result in &state.seals()?.results {
        let seal = RecordSeal {
            stage: result.stage,
            part: result.part,
            sealed: result.sealed,
            label: result.label.clone(),
        };
        seals.entry(&result.bidder).or_default().push(seal);
    }
    let mut documents = documents(state);
    let rows = (1_u32..).zip(state.current_bids().zip(published));
    let rows = rows.map(|(position, (bid, price))| RecordRow {
        seals: seals.remove(&bid.bidder.code).unwrap_or_default(),
        documents: documents.remove(&bid.manifest_sha256).map(|outcome| RecordDocuments {
            decision: decision(state, &bid.bidder.code, Part::Documents),
            ..outcome
        }),
        ..row(state, lot, position, bid, price)
    });
    Some(rows.collect())
}

/// 实施条例 art. 37: whoever stands in a consortium bids in no other way for the same lot.
fn in_several_bids(rows: &[RecordRow]) -> Vec<RecordSeveral> {
    let mut bids: BTreeMap<&OrgCode, Vec<u32>> = BTreeMap::new();
    for row in rows {
        for party in row.consortium.iter().chain([&row.bidder]) {
            bids.entry(&party.code).or_default().push(row.position);
        }
    }
    let several = bids.into_iter().filter(|(_, positions)| positions.len() > 1);
    several.map(|(code, positions)| RecordSeveral { code: code.clone(), positions }).collect()
}

/// A row without what is found by its key: the seals and the documents.
fn row(
    state: &State,
    lot: &LotPublished,
    position: u32,
    bid: &FrozenBid,
    price: &PublishedBid,
) -> RecordRow {
    let code = &bid.bidder.code;
    let sign_in = state.sign_ins().get(code);
    let sign_in = sign_in.filter(|sign_in| before_record(state, sign_in.mark.entry));
    RecordRow {
        position,
        bidder: bid.bidder.clone(),
        seq: bid.seq,
        manifest_sha256: bid.manifest_sha256,
        completed_at: bid.completed_at,
        signed_in_at: sign_in.map(|sign_in| sign_in.mark.at),
        agent: sign_in.and_then(|sign_in| sign_in.agent.clone()),
        emergency: sign_in.and_then(|sign_in| sign_in.emergency.clone()),
        absent: sign_in.is_none() && lists_steps(state, lot),
        check: state.checks().get(code).map(|(check, mark)| RecordCheck {
            at: mark.at,
            identity: check.identity,
            bond: check.bond,
            reason: check.reason.clone(),
        }),
        seals: Vec::new(),
        unsealed_at: state
            .bidder_window()
            .and_then(|window| window.unsealed().get(code))
            .map(|(_, mark)| mark.at),
        verdict: price.verdict,
        label: price.label.clone(),
        fault: price.fault,
        decision: decision(state, code, Part::Price),
        sheet_sha256: price.sheet_sha256,
        total: price.total,
        figures: price.total.map(|total| total.to_string()),
        capital: price.total.map(Money::capital),
        over_ceiling: price.over_ceiling,
        consortium: price.consortium.clone(),
        fields: fields(lot, state.stage(), price),
        confirmed_at: state.confirmations().get(code).copied(),
        documents: None,
    }
}

fn fields(lot: &LotPublished, stage: Stage, price: &PublishedBid) -> Vec<RecordField> {
    let Some(values) = &price.fields else { return Vec::new() };
    let over = &price.rates_over_ceiling;
    lot.fields_of(stage)
        .iter()
        .filter_map(|field| {
            let value = values.get(&field.key)?;
            let (zh, en) = words::shown(field, value, lot.currency);
            Some(RecordField {
                key: field.key.clone(),
                name: Bilingual { zh: field.zh.clone(), en: field.en.clone() },
                value: value.clone(),
                shown: Bilingual { zh, en },
                over_ceiling: field.ceiling.filter(|_| over.contains(&field.key)),
            })
        })
        .collect()
}

/// The outcome of each bid's documents that the record states, without decisions about them.
fn documents(state: &State) -> BTreeMap<Digest, RecordDocuments> {
    let before = state.documents_mark.is_some_and(|mark| before_record(state, mark.entry));
    let opened = state.documents().filter(|_| before);
    let outcome = |opened: &OpenedDocument| RecordDocuments {
        verdict: opened.verdict,
        label: opened.label.clone(),
        fault: opened.fault,
        decision: None,
        plain_sha256: opened.plain_sha256,
    };
    let bids = opened.map_or(&[][..], |opened| opened.bids.as_slice());
    bids.iter().map(|bid| (bid.manifest_sha256, outcome(bid))).collect()
}

fn decision(state: &State, bidder: &OrgCode, part: Part) -> Option<RecordDecision> {
    let decided = state.fault_decision(bidder, part)?;
    before_record(state, decided.mark.entry).then(|| RecordDecision {
        fault: decided.fault,
        consequence: Consequence::of(decided.fault),
        text: decided.text.clone(),
        at: decided.mark.at,
    })
}

/// Whether an entry is part of what the record states.
fn before_record(state: &State, entry: u64) -> bool {
    state.record().is_none_or(|record| entry < record.mark.entry)
}

fn objections(state: &State) -> Option<Vec<RecordObjection>> {
    let one = |objection: &Objection| {
        let (answer, answered_at) = objection.answer.clone()?;
        Some(RecordObjection {
            no: objection.no,
            bidder: objection.bidder.clone(),
            text: objection.text.clone(),
            at: objection.at,
            answer,
            answered_at,
        })
    };
    state.objections().iter().map(one).collect()
}

/// `None` while a draw waits or was not held: no record is made then.
fn draws(state: &State) -> Option<Vec<RecordDraw>> {
    let one = |draw: &Draw| {
        let run = state.draws().get(&draw.no)?;
        let outcome = run.outcome.as_ref()?;
        let (index, value) = outcome.drawn.clone().unzip();
        let proven = run.answers.keys().filter(|index| !outcome.dropped.contains(index));
        Some(RecordDraw {
            no: draw.no,
            name: draw.name.clone(),
            values: draw.values.clone(),
            started_at: run.started_at,
            ended_at: outcome.at,
            value,
            index,
            proven: proven.copied().collect(),
            dropped: outcome.dropped.clone(),
        })
    };
    state.draws_here().iter().map(one).collect()
}

/// Whether the tender file names the steps of the present envelope.
fn lists_steps(state: &State, lot: &LotPublished) -> bool {
    !lot.steps_of(state.stage()).is_empty()
}

/// The order that the tender file names, and which optional steps were left out.
fn steps_note(state: &State) -> Bilingual {
    let all: Vec<Step> = state.steps().iter().map(|listed| listed.step).collect();
    // The record itself is being made.
    let missing = |step: &&Step| **step != Step::Record && !state.begun(**step);
    let left_out: Vec<Step> = all.iter().filter(missing).copied().collect();
    let zh = |steps: &[Step]| steps.iter().map(|s| s.words().0).collect::<Vec<_>>().join("、");
    let en = |steps: &[Step]| steps.iter().map(|s| s.words().1).collect::<Vec<_>>().join(", ");
    if left_out.is_empty() {
        return Bilingual {
            zh: format!("开标步骤按招标文件：{}。", zh(&all)),
            en: format!("steps by the tender file: {}.", en(&all)),
        };
    }
    Bilingual {
        zh: format!("开标步骤按招标文件：{}；未进行的可选步骤：{}。", zh(&all), zh(&left_out)),
        en: format!(
            "steps by the tender file: {}; optional and left out: {}.",
            en(&all),
            en(&left_out)
        ),
    }
}

/// No record is made while the opening is held, so each hold that enters it has its end.
fn holds(state: &State) -> Vec<RecordHold> {
    let one = |hold: &Hold| {
        let (zh, en) = hold.reason.words();
        Some(RecordHold {
            holder: hold.holder,
            reason: hold.reason,
            name: Bilingual { zh: zh.to_owned(), en: en.to_owned() },
            article: hold.reason.article().map(str::to_owned),
            text: hold.text.clone(),
            from: hold.from.at,
            to: hold.to?.at,
        })
    };
    // A hold belongs to the envelope that was being opened, or was being waited for.
    let began = state.earlier_stages().last().and_then(|before| before.adjourned());
    let here = |hold: &&Hold| began.is_none_or(|began| hold.from.entry > began.entry);
    let holds = state.holds().iter().filter(here);
    let before = holds.filter(|hold| before_record(state, hold.from.entry));
    before.filter_map(one).collect()
}

fn notes(state: &State, lot: &LotPublished) -> Option<Vec<Bilingual>> {
    let note = |zh: String, en: String| Bilingual { zh, en };
    let mut notes = Vec::new();
    match &lot.time {
        TimeSource::SystemClock => notes.push(note(
            "time = self：各密钥分持人以本机系统时钟为唯一时间来源。".to_owned(),
            "time = self: the custodians' own system clocks are the only time source.".to_owned(),
        )),
        TimeSource::Sources(policy) => {
            let names: Vec<String> = policy
                .sources
                .iter()
                .map(|source| format!("{}（{}）", source.name, source.run_by.name))
                .collect();
            let (names, agree) = (names.join("、"), policy.agree);
            notes.push(note(
                format!("时间来源：{names}；至少 {agree} 个一致。"),
                format!("time sources: {names}; at least {agree} of them agree."),
            ));
        }
    }
    notes.push(match lot.custody {
        CustodyKind::Independent => note(
            "custody = independent：没有一方掌握足以单独解密或阻止解密的密钥份额。".to_owned(),
            "custody = independent: no single party holds enough shares to unseal alone or to \
             prevent the unsealing."
                .to_owned(),
        ),
        CustodyKind::SelfHeld => note(
            "custody = self：密钥分持人之间未声明相互独立。".to_owned(),
            "custody = self: the custodians are not declared independent of each other.".to_owned(),
        ),
    });
    for postponed in state.postponements() {
        let (from, to) = (postponed.from, postponed.deadline);
        if state.outages().contains(&postponed.no) {
            notes.push(outage_note(postponed));
            continue;
        }
        notes.push(note(
            format!(
                "延期 {}：投标截止时间由北京时间 {} 推迟至 {}，经招标人和监督人签署。",
                postponed.no,
                from.beijing(),
                to.beijing()
            ),
            format!(
                "postponement {}: the deadline moved from {from} to {to}, signed by host and \
                 supervisor.",
                postponed.no
            ),
        ));
    }
    let confirmed = state.time_confirmed.filter(|mark| before_record(state, mark.entry));
    if let Some(Mark { at, .. }) = confirmed {
        notes.push(note(
            format!("开标时间已到由主持人和监督人于北京时间 {} 签署确认。", at.beijing()),
            format!("host and supervisor confirmed at {at} that the opening time had come."),
        ));
    }
    if lists_steps(state, lot) {
        notes.push(steps_note(state));
    }
    let frozen = freeze(state)?;
    if frozen.degraded {
        let absent: Vec<String> = frozen.absent.iter().map(ToString::to_string).collect();
        let notice = lot.notice_ms;
        notes.push(note(
            format!(
                "降级封存：{} 号密钥分持人缺席；公示 {} 毫秒后，经主持人和监督人同意。",
                absent.join("、"),
                notice.get()
            ),
            format!(
                "degraded freeze: custodians {} were absent; after a notice of {notice} host and \
                 supervisor approved.",
                absent.join(", ")
            ),
        ));
    }
    if lot.fictional {
        notes.push(note(
            "本记录含虚构的名称或价格，仅供演示。".to_owned(),
            "this record holds invented names or prices, for demonstration only.".to_owned(),
        ));
    }
    Some(notes)
}

fn outage_note(postponed: &DeadlinePostponed) -> Bilingual {
    let DeadlinePostponed { no, from, deadline } = postponed;
    let zh = format!(
        "延期 {no}：密钥分持人证明截止前停机，投标截止时间按招标文件由北京时间 {} 顺延至 {}。",
        from.beijing(),
        deadline.beijing()
    );
    let en = format!(
        "postponement {no}: custodians attested an outage before the deadline, which moved from \
         {from} to {deadline} by the rule of the tender file."
    );
    Bilingual { zh, en }
}
