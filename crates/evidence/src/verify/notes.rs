//! What a reader must know beside the answers.

use std::collections::BTreeSet;

use kaibiao_opening::{CustodyKind, State, TimeSource};
use kaibiao_types::{JournalMoment, Role};

use super::Run;
use super::files::Files;
use super::log::Replayed;
use crate::{layout, texts};

impl Run {
    pub(super) fn notes(&mut self, files: &mut Files<'_>, replayed: &Replayed) {
        let state = replayed.replay.state();
        self.custody_notes(state);
        if let Some(at) = state.time_confirmed() {
            self.findings.note(
                "time-confirmed",
                None,
                format!("开标时间由主持人和监督人于 {at} 确认，供时钟未同步的密钥分持人使用"),
                format!(
                    "host and supervisor confirmed the opening time at {at}, for custodians \
                     without synchronised clocks"
                ),
            );
        }
        for to in state.postponements() {
            let (from, later) = (to.from, to.deadline);
            let (zh, en) = if state.outages().contains(&to.no) {
                ("，因密钥分持人证明停机", ", for an outage that custodians attested")
            } else {
                ("", "")
            };
            self.findings.note(
                "postponed",
                None,
                format!("延期 {}：截止时间由 {from} 推迟至 {later}{zh}", to.no),
                format!("postponement {}: the deadline moved from {from} to {later}{en}", to.no),
            );
        }
        self.hold_notes(state);
        if let Some(freeze) = state.freeze().filter(|freeze| freeze.degraded) {
            let signers: Vec<String> = freeze.signers.iter().map(ToString::to_string).collect();
            self.findings.note(
                "degraded-freeze",
                None,
                format!("降级封存：仅 {} 号密钥分持人签署", signers.join("、")),
                format!("degraded freeze: only custodians {} signed", signers.join(", ")),
            );
        }
        self.draw_notes(state);
        self.envelope_notes(state);
        for stage in state.all_stages() {
            let [_, .., last] = stage.records() else { continue };
            let (no, reason) = (stage.records().len(), last.reason.clone().unwrap_or_default());
            self.findings.note(
                "record-corrected",
                None,
                format!("开标记录为第 {no} 版：{reason}"),
                format!("the record is version {no}: {reason}"),
            );
        }
        for stage in state.all_stages().filter(|stage| stage.record().is_some()) {
            self.signature_note(stage);
        }
        self.result_note(state);
        if state.ended().is_some() {
            self.destruction_note(state);
            self.journal_note(state);
        }
        let script = files.read(layout::SCRIPT);
        if script.is_some_and(|script| script != texts::SCRIPT.as_bytes()) {
            self.findings.note(
                "script-differs",
                None,
                "包内脚本 verify-openssl.sh 不是本程序版本所附的脚本，运行前请先阅读",
                "verify-openssl.sh in the package is not this program's; read it before running it",
            );
        }
    }

    /// Who passed from one envelope to the next, and whose stayed sealed.
    fn envelope_notes(&mut self, state: &State) {
        for stage in state.all_stages() {
            let Some(passed) = stage.passed() else { continue };
            let (no, at, list) = (stage.stage(), passed.mark.at, &passed.list);
            let (through, kept) = (list.passed.len(), list.failed.len());
            self.findings.note(
                "envelope-passed",
                None,
                format!("第 {no} 信封：通过 {through} 家，未通过 {kept} 家（其后信封保持密封），监督人于 {at} 签署"),
                format!(
                    "envelope {no}: {through} passed, {kept} did not and stay sealed; approved by the \
                     supervisor at {at}"
                ),
            );
        }
    }

    /// What was told of the evaluation after the close, and how many bidders object to the newest.
    fn result_note(&mut self, state: &State) {
        let announced = state.result();
        let Some(last) = announced.last() else { return };
        let (count, at) = (announced.len(), last.mark.at);
        let (answered, objections) = (last.answers.len(), last.objections().count());
        let silent = last.silent().count();
        self.findings.note(
            "result-announced",
            None,
            format!(
                "评标结果已公布 {count} 次，最近一次 {at}：{answered} 家答复，其中 {objections} 家有异议，\
                 {silent} 家未答复"
            ),
            format!(
                "announcements of the result: {count}, the last one at {at}; {answered} bidders answered \
                 it, {objections} of them object, {silent} were silent"
            ),
        );
    }

    /// Who held the opening, and what ended it before its time.
    fn hold_notes(&mut self, state: &State) {
        for hold in state.holds() {
            let Some(to) = hold.to else { continue };
            let (from, to) = (hold.from.at, to.at);
            let ((zh, en), (why_zh, why_en)) = (hold.holder.words(), hold.reason.words());
            self.findings.note(
                "held",
                None,
                format!("{zh}：{from} 至 {to}，{why_zh}"),
                format!("{en} from {from} to {to}: {why_en}"),
            );
        }
        if let Some(ended) = state.ended_by() {
            let (at, asked) = (ended.mark.at, &ended.asked);
            let ((zh, en), (why_zh, why_en)) = (asked.measure.words(), asked.reason.words());
            self.findings.note(
                "ended-early",
                None,
                format!("{zh}：主持人申请、监督人同意，{at}，{why_zh}"),
                format!("{en} at {at}, by host and supervisor: {why_en}"),
            );
        }
    }

    fn custody_notes(&mut self, state: &State) {
        let Some(lot) = state.published() else { return };
        match lot.custody {
            CustodyKind::Independent => {}
            CustodyKind::SelfHeld => self.findings.note(
                "custody-self",
                None,
                "custody = self：密钥分持人之间未声明相互独立",
                "custody = self: the custodians are not declared independent of each other",
            ),
        }
        match &lot.time {
            TimeSource::SystemClock => self.findings.note(
                "time-self",
                None,
                "time = self：密钥分持人以本机系统时钟为唯一时间来源",
                "time = self: the custodians' own system clocks are the only time source",
            ),
            TimeSource::Sources(policy) => {
                let names: Vec<&str> =
                    policy.sources.iter().map(|source| source.name.as_str()).collect();
                let (zh, en, agree) = (names.join("、"), names.join(", "), policy.agree);
                self.findings.note(
                    "time-sources",
                    None,
                    format!("时间来源：{zh}；密钥分持人所依据的时钟须至少 {agree} 个一致"),
                    format!("time sources: {en}; at least {agree} had to agree for a custodian"),
                );
            }
        }
        if lot.fictional {
            self.findings.note(
                "fictional",
                None,
                "含虚构的名称或价格，仅供演示",
                "names or prices are invented, for demonstration only",
            );
        }
    }

    /// A custodian whose proof does not hold is named; a draw without a value is said to have none.
    fn draw_notes(&mut self, state: &State) {
        for (no, run) in state.draws() {
            let Some(outcome) = &run.outcome else { continue };
            for index in &outcome.dropped {
                self.findings.note(
                    "bad-partial",
                    None,
                    format!("{index} 号密钥分持人对第 {no} 项抽取的证明不成立"),
                    format!("the answer of custodian {index} to draw {no} is not proven"),
                );
            }
            if outcome.drawn.is_none() {
                self.findings.note(
                    "draw-failed",
                    None,
                    format!("第 {no} 项抽取无结果：作出证明的密钥分持人不足"),
                    format!("draw {no} has no value: too few custodians proved it"),
                );
            }
        }
    }

    /// Ruling 17: who has not said that its share is destroyed. It opens nothing by itself, but k
    /// such shares together would open what stayed sealed.
    fn destruction_note(&mut self, state: &State) {
        let n = state.published().map_or(0, |lot| lot.threshold.n());
        let missing: Vec<String> = (1..=n)
            .filter(|number| !state.destroyed().keys().any(|index| index.get() == *number))
            .map(|number| number.to_string())
            .collect();
        if !missing.is_empty() {
            self.findings.note(
                "share-not-destroyed",
                None,
                format!("未声明已销毁密钥份额：{} 号密钥分持人", missing.join("、")),
                format!(
                    "did not state that their shares are destroyed: custodians {}",
                    missing.join(", ")
                ),
            );
        }
    }

    /// Ruling 19: whose journal of the whole opening is not at hand. It was not handed over, or not
    /// taken; neither holds anything up.
    fn journal_note(&mut self, state: &State) {
        let n = state.published().map_or(0, |lot| lot.threshold.n());
        let signed = |number: u16| {
            let mut keys = state.journals().keys();
            keys.any(|(index, moment)| index.get() == number && *moment == JournalMoment::Close)
        };
        let missing: Vec<String> =
            (1..=n).filter(|number| !signed(*number)).map(|number| number.to_string()).collect();
        if !missing.is_empty() {
            self.findings.note(
                "journal-absent",
                None,
                format!("无结束时签名的日志：{} 号密钥分持人", missing.join("、")),
                format!("no journal signed at the end: custodians {}", missing.join(", ")),
            );
        }
    }

    /// Ruling 28: absence is recorded and blocks nothing.
    fn signature_note(&mut self, state: &State) {
        let signed: BTreeSet<(Role, &str)> = state
            .version_signatures()
            .map(|signature| (signature.role, signature.party.code.as_str()))
            .collect();
        let Some(lot) = state.published() else { return };
        let mut absent: Vec<&str> = Vec::new();
        for (role, party) in [(Role::Host, &lot.host), (Role::Supervisor, &lot.supervisor)] {
            if !signed.contains(&(role, party.code.as_str())) {
                absent.push(&party.name);
            }
        }
        for bid in state.current_bids() {
            if !signed.contains(&(Role::Bidder, bid.bidder.code.as_str())) {
                absent.push(&bid.bidder.name);
            }
        }
        if !absent.is_empty() {
            let names = absent.join("、");
            self.findings.note(
                "record-unsigned",
                None,
                format!("未签署开标记录：{names}"),
                format!("did not sign the record: {names}"),
            );
        }
    }
}
