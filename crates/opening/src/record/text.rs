//! `record.txt`: the facts of the opening record for people, in Chinese and in English.

use kaibiao_types::{Fault, Part, UtcMillis};

use super::{
    Consequence, OpeningRecord, RecordBidderWindow, RecordCheck, RecordDecision, RecordDocuments,
    RecordDraw, RecordEnvelope, RecordEstimate, RecordHold, RecordRow,
};
use crate::event::Verdict;
use crate::tender::CustodyKind;

impl RecordEstimate {
    /// The estimate, or what became of it, in one line.
    pub fn shown(&self) -> String {
        let label = self.label.as_deref().unwrap_or_default();
        match (self.verdict, &self.figures, &self.capital) {
            (Some(Verdict::Opened), Some(figures), Some(capital)) => {
                format!("{figures}，{capital}")
            }
            (Some(Verdict::BadFormat), ..) => {
                format!(
                    "已打开，但不是本标段的标底 opened, yet no base estimate of this lot（{label}）"
                )
            }
            (Some(_), ..) => format!("未能打开 not opened（{label}）"),
            (None, ..) => "截止前未提交 none was handed in before the deadline".to_owned(),
        }
    }
}

impl OpeningRecord {
    /// `record.txt`: the same facts as [`OpeningRecord::to_bytes`], one fact per line, Chinese
    /// first. Times are Beijing time (UTC+8).
    pub fn to_text(&self) -> String {
        let mut page = Page::default();
        page.line("开标记录 OPENING RECORD");
        page.line("时间均为北京时间 all times are Beijing time (UTC+8)");
        self.head(&mut page);
        for row in &self.rows {
            page.line("");
            write_row(&mut page, row);
        }
        page.line("");
        if let Some(window) = &self.objection_window {
            let (from, until) = (time(window.from), time(window.until));
            page.pair(
                "异议时限 Time for objections",
                &format!("{from} — {until}（延长 extended: {}）", window.extended),
            );
        }
        if let Some(window) = &self.bidder_window {
            write_window(&mut page, window);
        }
        for several in &self.in_several_bids {
            let positions: Vec<String> = several.positions.iter().map(u32::to_string).collect();
            page.pair(
                "同一单位在多份投标中 In several bids",
                &format!("{}：{}", several.code, positions.join(", ")),
            );
        }
        if self.objections.is_empty() {
            page.line("异议 Objections：无 none");
        }
        for objection in &self.objections {
            page.pair(
                "异议 Objection",
                &format!("{}，{}，{}", objection.no, objection.bidder, time(objection.at)),
            );
            page.quote(&objection.text);
            page.pair("答复 Answer", &time(objection.answered_at));
            page.quote(&objection.answer);
        }
        if !self.draws.is_empty() {
            page.line("");
        }
        for draw in &self.draws {
            write_draw(&mut page, draw);
        }
        if !self.holds.is_empty() {
            page.line("");
        }
        for hold in &self.holds {
            write_hold(&mut page, hold);
        }
        page.line("");
        for note in &self.notes {
            page.pair("说明 Note", &format!("{} {}", note.zh, note.en));
        }
        page.text
    }

    fn head(&self, page: &mut Page) {
        let both = |words: &crate::tender::Bilingual| format!("{} / {}", words.zh, words.en);
        let party = |party: &kaibiao_types::Party| format!("{}（{}）", party.name, party.code);
        let (template_zh, template_en) = self.template.words();
        let custody = match self.custody {
            CustodyKind::Independent => "independent",
            CustodyKind::SelfHeld => "self",
        };
        if let Some(version) = &self.version {
            page.pair("版本 Version", &version.no.to_string());
            page.quote(&version.reason);
            page.pair("前一版摘要 Version before", &version.previous.to_string());
        }
        if let Some(round) = &self.round {
            page.pair("报价轮次 Round", &format!("{}（{}）", round.no, round.of));
            page.item("前次记录 Record before", &round.record_sha256.to_string());
            page.item("邀请名单签署 Invitation approved", &time(round.approved_at));
            for silent in &round.silent {
                page.item("未报价 Did not quote", &party(silent));
            }
        }
        if let Some(envelope) = &self.envelope {
            write_envelope(page, envelope);
        }
        page.pair("项目 Project", &format!("{}（{}）", both(&self.title), self.tender));
        page.pair("标段 Lot", &format!("{}（{}）", both(&self.lot_title), self.lot));
        page.pair("类别 Kind", &format!("{template_zh} {template_en}"));
        page.pair("招标人 Tenderee", &party(&self.tenderee));
        page.pair("主持 Host", &party(&self.host));
        page.pair("监督 Supervisor", &party(&self.supervisor));
        page.pair("投标截止及开标时间 Deadline", &time(self.deadline));
        page.pair("截止确认 Intake closed", &time(self.intake_closed_at));
        page.pair("报价公布 Prices published", &time(self.prices_published_at));
        let ceiling = self.ceiling.map(|c| format!("{c}，{}", c.capital()));
        page.pair("最高投标限价 Ceiling", &or_none(ceiling));
        if let Some(at) = self.ceiling_announced_at {
            page.pair("公布限价 Ceiling announced", &time(at));
        }
        if let Some(estimate) = &self.base_estimate {
            page.pair("标底 Base estimate", &estimate.shown());
        }
        page.pair(
            "投标人 Bidders",
            &format!("{}（不少于 at least {}）", self.bidders, self.min_bidders),
        );
        page.pair("招标文件摘要 Tender file", &self.tender_sha256.to_string());
        page.pair("密钥仪式 Ceremony", &self.ceremony_id.to_string());
        page.pair("仪式记录摘要 Ceremony record", &self.ceremony_sha256.to_string());
        page.pair(
            "密钥门限 Threshold",
            &format!("{} / {}，custody = {custody}", self.threshold.k(), self.threshold.n()),
        );
        let freeze = &self.freeze;
        page.pair("封存清单 Freeze", &freeze.freeze_id.to_string());
        page.pair("日志根 Set root", &format!("{}（{}）", freeze.root, freeze.size));
        page.pair("收讫 Receipted", &freeze.receipted.to_string());
        page.pair("分持人签署 Signed by", &list(&freeze.signers));
        if freeze.degraded {
            page.pair("降级封存，缺席 Degraded, absent", &list(&freeze.absent));
        }
        page.pair("来源 Source", &or_none(self.source.clone()));
    }
}

fn write_envelope(page: &mut Page, envelope: &RecordEnvelope) {
    let title = envelope.title.as_ref();
    let title = title.map_or_else(String::new, |title| format!("，{} / {}", title.zh, title.en));
    page.pair("信封 Envelope", &format!("{} / {}{title}", envelope.stage, envelope.of));
    let Some(after) = &envelope.after else { return };
    page.item("前一信封记录 Record before", &after.record_sha256.to_string());
    page.item("前一信封结束 Adjourned", &time(after.adjourned_at));
    page.item("通过名单签署 List approved", &time(after.approved_at));
    page.item("复会 Reconvened", &time(after.reconvened_at));
    if let Some(reason) = &after.reason {
        page.item("少于三家仍继续 Fewer than three", "");
        page.quote(reason);
    }
    for failed in &after.failed {
        page.item("未通过，不予拆封 Not passed, stays sealed", failed.bidder.as_str());
        page.quote(&failed.reason);
    }
}

fn write_row(page: &mut Page, row: &RecordRow) {
    let number = format!("{}. {}", row.position, row.bidder.name);
    page.line(&number);
    page.item("代码 Code", row.bidder.code.as_str());
    page.item("递交 Received", &format!("{}（{}）", time(row.completed_at), row.seq));
    page.item("摘要 Manifest", &row.manifest_sha256.to_string());
    let absent = if row.absent { "未签到 absent" } else { "无 none" };
    let signed_in = row.signed_in_at.map_or_else(|| absent.to_owned(), time);
    page.item("签到 Signed in", &signed_in);
    if let Some(reason) = &row.emergency {
        page.item("紧急签到 Signed in by the host", reason);
    }
    if let Some(agent) = &row.agent {
        page.item("授权委托人 Agent", &agent.name);
        page.item("授权委托书摘要 Letter", &agent.letter_sha256.to_string());
    }
    if let Some(check) = &row.check {
        page.item("检查 Check", &checked(check));
    }
    for seal in &row.seals {
        let state = match &seal.label {
            None => "密封 sealed".to_owned(),
            Some(label) => format!("破损 broken（{label}）"),
        };
        let stage = seal.stage.map_or_else(String::new, |stage| format!(" {stage}"));
        page.item(&format!("密封检查 Seal check, {}{stage}", part(seal.part)), &state);
    }
    if let Some(at) = row.unsealed_at {
        page.item("投标人解密 Unlocked by the bidder", &time(at));
    }
    page.item("解密 Unsealed", &outcome(row.verdict, row.label.as_deref(), row.fault));
    if let Some(decision) = &row.decision {
        write_decision(page, decision);
    }
    if let Some(sheet) = row.sheet_sha256 {
        page.item("一览表 Sheet", &sheet.to_string());
    }
    if let (Some(figures), Some(capital)) = (&row.figures, &row.capital) {
        let over = if row.over_ceiling { "，超过限价 above the ceiling" } else { "" };
        page.item("报价 Price", &format!("{figures}，{capital}{over}"));
    }
    if !row.consortium.is_empty() {
        let member = |party: &kaibiao_types::Party| format!("{}（{}）", party.name, party.code);
        let members: Vec<String> = row.consortium.iter().map(member).collect();
        page.item("联合体成员 Consortium with", &members.join("，"));
    }
    for field in &row.fields {
        let name = format!("{} {}", field.name.zh, field.name.en);
        let shown = if field.shown.zh == field.shown.en {
            field.shown.zh.clone()
        } else {
            format!("{} / {}", field.shown.zh, field.shown.en)
        };
        let shown = match field.over_ceiling {
            Some(ceiling) => format!("{shown}，超过上限 above the ceiling {ceiling}"),
            None => shown,
        };
        page.item(&name, &shown);
    }
    page.item("确认 Confirmed", &or_none(row.confirmed_at.map(time)));
    if let Some(documents) = &row.documents {
        page.item("文件 Documents", &document(documents));
        if let Some(decision) = &documents.decision {
            write_decision(page, decision);
        }
    }
}

fn checked(check: &RecordCheck) -> String {
    let (identity, bond) = (check.identity.words(), check.bond.words());
    let reason = check.reason.as_ref().map_or_else(String::new, |reason| format!("：{reason}"));
    format!(
        "身份{} identity {}，保证金{} bond {}（{}）{reason}",
        identity.0,
        identity.1,
        bond.0,
        bond.1,
        time(check.at)
    )
}

fn write_window(page: &mut Page, window: &RecordBidderWindow) {
    let (zh, en) = window.lock.words();
    page.pair("投标人解密时限 Bidder window", &format!("{zh} {en}"));
    for interval in &window.intervals {
        page.item("开启 Open", &format!("{} — {}", time(interval.from), time(interval.until)));
        if let Some(reason) = &interval.reason {
            page.item("重启解密 Opened again", &time(interval.from));
            page.quote(reason);
        }
        for extension in &interval.extensions {
            let by = format!("{}，{}", time(extension.at), extension.by_ms);
            page.item("延长 Extended", &by);
            page.quote(&extension.reason);
        }
    }
    page.item("累计 In all", &window.open_ms.to_string());
    let missing: Vec<String> = window.missing.iter().map(u32::to_string).collect();
    let missing = if missing.is_empty() { or_none(None) } else { missing.join(", ") };
    page.item("未解密 Did not unlock", &missing);
}

fn write_draw(page: &mut Page, draw: &RecordDraw) {
    let value = draw.value.as_ref().map_or_else(
        || "无结果，作出证明的分持人不足 no value, too few custodians proved it".to_owned(),
        Clone::clone,
    );
    page.pair("抽取 Draw", &format!("{}. {} / {}", draw.no, draw.name.zh, draw.name.en));
    page.item("取值范围 Values", &draw.values.shown());
    page.item("开始 Started", &time(draw.started_at));
    page.item("结果 Value", &format!("{value}（{}）", time(draw.ended_at)));
    page.item("分持人证明 Proven by", &list(&draw.proven));
    if !draw.dropped.is_empty() {
        page.item("证明无效 Proofs that do not hold", &list(&draw.dropped));
    }
}

fn write_decision(page: &mut Page, decision: &RecordDecision) {
    let words = match decision.consequence {
        Some(Consequence::Revoked) => "投标人原因，视为撤销 caused by the bidder, revoked",
        Some(Consequence::Withdrawn) => {
            "非投标人原因，视为撤回 not caused by the bidder, withdrawn"
        }
        None => "未作认定 left undecided",
    };
    page.item("原因认定 Decided", &format!("{words}（{}）", time(decision.at)));
    page.quote(&decision.text);
}

fn write_hold(page: &mut Page, hold: &RecordHold) {
    let (zh, en) = hold.holder.words();
    page.pair("停顿 Held", &format!("{} — {}", time(hold.from), time(hold.to)));
    page.item("由 By", &format!("{zh} {en}"));
    let article =
        hold.article.as_ref().map_or_else(String::new, |article| format!("（{article}）"));
    page.item("原因 Reason", &format!("{} {}{article}", hold.name.zh, hold.name.en));
    page.quote(&hold.text);
}

/// Text that grows by lines.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, words: &str) {
        self.text.push_str(words);
        self.text.push('\n');
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.line(&[name, "：", value].concat());
    }

    fn item(&mut self, name: &str, value: &str) {
        self.line(&["   ", name, "：", value].concat());
    }

    /// Words of a party, each line marked, so that they cannot pass for lines of the record.
    fn quote(&mut self, words: &str) {
        for line in words.split('\n') {
            self.line(&["   > ", line].concat());
        }
    }
}

const fn part(part: Part) -> &'static str {
    match part {
        Part::Price => "报价 price",
        Part::Documents => "文件 documents",
        Part::Signals => "信息 signals",
    }
}

fn time(at: UtcMillis) -> String {
    at.beijing()
}

fn or_none(words: Option<String>) -> String {
    words.unwrap_or_else(|| "无 none".to_owned())
}

fn list(indexes: &[kaibiao_types::CustodianIndex]) -> String {
    indexes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn outcome(verdict: Verdict, label: Option<&str>, fault: Option<Fault>) -> String {
    let words = match verdict {
        Verdict::Opened => "成功 opened",
        Verdict::BadFormat => "已解密，格式不符 opened, not a price sheet of this lot",
        Verdict::NotOpened => "失败 not opened",
    };
    let fault = match fault {
        None => "",
        Some(Fault::Bidder) => "，投标人原因（撤销）caused by the bidder",
        Some(Fault::NotBidder) => "，非投标人原因（撤回）not caused by the bidder",
        Some(Fault::Undetermined) => "，原因待认定 cause undetermined",
    };
    label
        .map_or_else(|| [words, fault].concat(), |label| [words, "（", label, "）", fault].concat())
}

fn document(documents: &RecordDocuments) -> String {
    let words = outcome(documents.verdict, documents.label.as_deref(), documents.fault);
    match documents.plain_sha256 {
        Some(digest) => format!("{words}，{digest}"),
        None => words,
    }
}
