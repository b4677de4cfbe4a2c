//! One sentence for each entry of the opening log.

mod chat;

use kaibiao_opening::{
    Actor, Event, JournalSigned, MeasureTaken, OpenedDocument, PassedListed, PublishedBid,
    PublishedEstimate, ResultAnnounced, State, Verdict,
};
use kaibiao_types::{CustodianIndex, Fault, JournalMoment, OrgCode, Part};

use crate::output::Lang;

/// An entry in words; `None` for a tick, of which there is one every second before the deadline.
///
/// `by` is who wrote it; `state` is what the log says so far: it knows the names behind the codes.
pub(crate) fn sentence(event: &Event, by: &Actor, state: &State, lang: Lang) -> Option<String> {
    if matches!(event, Event::Tick(_)) {
        return None;
    }
    Some(match lang {
        Lang::Zh => zh(event, by, state),
        Lang::En => en(event, by, state),
    })
}

#[allow(clippy::too_many_lines)] // one sentence for each kind of entry
fn zh(event: &Event, by: &Actor, state: &State) -> String {
    let name = |code: &OrgCode| name(code, state);
    match event {
        Event::LotPublished(lot) => format!(
            "发布 {}，{}；投标截止及开标时间 {}（北京时间）。",
            lot.title.zh,
            lot.lot_title.zh,
            lot.deadline.beijing()
        ),
        Event::RoundApproved(approved) => {
            format!(
                "监督人同意第 {} 轮报价的邀请名单：{} 家。",
                approved.no,
                approved.invited.len()
            )
        }
        Event::Tick(tick) => format!("第 {} 个登记批次。", tick.no),
        Event::PostponementAsked(asked) => format!(
            "主持人申请延期 {} 至北京时间 {}：{}",
            asked.no,
            asked.deadline.beijing(),
            asked.reason
        ),
        Event::TimeConfirmationAsked(_) => "主持人确认开标时间已到，待监督人确认。".to_owned(),
        Event::TimeConfirmed(_) => "主持人和监督人均已确认开标时间已到。".to_owned(),
        Event::DeadlinePostponed(to) => format!(
            "延期 {} 获监督人同意：投标截止时间由北京时间 {} 推迟至 {}。",
            to.no,
            to.from.beijing(),
            to.deadline.beijing()
        ),
        Event::OutageAttested(said) => format!(
            "密钥分持人 {} 号证明：截止前自北京时间 {} 至 {} 未见日志的新检查点。",
            said.custodian,
            said.from.beijing(),
            said.to.beijing()
        ),
        Event::OutagePostponed(to) => format!(
            "延期 {}（停机顺延）：投标截止时间由北京时间 {} 顺延至 {}。",
            to.no,
            to.from.beijing(),
            to.deadline.beijing()
        ),
        Event::EstimateSealed(sealed) => format!(
            "主持人提交第 {} 份密封标底，SHA-256 {}；与报价同时打开。",
            sealed.no, sealed.sha256
        ),
        Event::IntakeClosed(closed) => {
            format!(
                "投标截止；日志 {} 条，{} 位密钥分持人已共同签署。",
                closed.size,
                closed.cosignatures.len()
            )
        }
        Event::SetFrozen(set) => format!("投标名单封存：{} 家投标人。", set.bidders),
        Event::FreezeSigned(signed) => format!("密钥分持人 {} 号签署封存清单。", signed.custodian),
        Event::FreezeDegraded(degraded) => format!(
            "降级封存：{} 位密钥分持人缺席，公示至 {}。",
            degraded.absent.len(),
            degraded.notice_until.beijing()
        ),
        Event::DegradedApproved(_) => "降级封存获得一方批准。".to_owned(),
        Event::FreezeCompleted(done) => {
            format!(
                "封存完成，{} 位密钥分持人签署{}。",
                done.signers.len(),
                if done.degraded { "（降级）" } else { "" }
            )
        }
        Event::TooFewBidders(few) => {
            format!(
                "投标人 {} 家，少于 {} 家，依法不得开标，全部投标保持密封。",
                few.bidders, few.min
            )
        }
        Event::SignedIn(who) => match &who.agent {
            Some(agent) => format!("{} 签到，授权委托人 {}。", who.bidder.name, agent.name),
            None => format!("{} 签到。", who.bidder.name),
        },
        Event::EmergencySignedIn(who) => {
            format!("主持人为 {} 紧急签到：{}。", who.bidder.name, who.reason)
        }
        Event::BiddersPublished(list) => {
            format!("公布投标人名单：{}。", names(list.bidders.iter().map(|b| &*b.name), "、"))
        }
        Event::BidderChecked(found) => format!(
            "检查 {}：身份{}，保证金{}{}。",
            name(&found.bidder),
            found.identity.words().0,
            found.bond.words().0,
            found.reason.as_ref().map_or_else(String::new, |reason| format!("；{reason}"))
        ),
        Event::CeilingAnnounced(said) => {
            format!("公布最高投标限价：{}，{}。", said.capital, said.ceiling)
        }
        Event::SealsChecked(checked) => {
            let sound = checked.results.iter().filter(|result| result.sealed).count();
            format!("密封性检查：{} 份，完好 {sound} 份。", checked.results.len())
        }
        Event::BidderWindowOpened(start) => {
            format!("投标人解密开始，至北京时间 {} 止。", start.until.beijing())
        }
        Event::BidderUnsealed(own) => format!("{} 已解密其投标文件。", name(&own.bidder)),
        Event::BidderWindowExtended(more) => {
            format!("投标人解密延长至北京时间 {}：{}", more.until.beijing(), more.text)
        }
        Event::BidderWindowReopened(again) => {
            format!("重启投标人解密，至北京时间 {} 止：{}", again.until.beijing(), again.text)
        }
        Event::BidderWindowClosed(over) if over.missing.is_empty() => {
            "投标人解密结束，全部投标人已解密。".to_owned()
        }
        Event::BidderWindowClosed(over) => {
            let all: Vec<String> = over.missing.iter().map(name).collect();
            format!("投标人解密结束；未解密：{}。", names(all.iter().map(|n| &**n), "、"))
        }
        Event::UnsealingStarted(start) => format!("开始解密：{}。", part_zh(start.part)),
        Event::PartialsReceived(released) => format!(
            "密钥分持人 {} 号提交{}的部分解密 {} 份，附证明。",
            released.custodian,
            part_zh(released.part),
            released.count
        ),
        Event::CustodianRefused(refused) => {
            let draw = refused.draw.map_or_else(String::new, |no| format!("抽取 {no}"));
            format!(
                "密钥分持人 {} 号拒绝{draw}：{}（{}）。",
                refused.custodian, refused.detail, refused.label
            )
        }
        Event::PricesPublished(prices) => {
            format!(
                "全部报价一次公布：{} 家，解密成功 {} 家。{}",
                prices.bids.len(),
                opened(&prices.bids),
                prices.estimate.as_ref().map_or_else(String::new, estimate_zh)
            )
        }
        Event::DocumentsOpened(done) => {
            format!("投标文件解密：{} 份，成功 {} 份。", done.bids.len(), documents(&done.bids))
        }
        Event::PriceRead(reading) => reading.zh.clone(),
        Event::ReadingFinished(_) => "唱标结束。".to_owned(),
        Event::DrawStarted(start) => {
            format!("开始第 {} 项抽取：{}。", start.no, draw_name(start.no, state, Lang::Zh))
        }
        Event::DrawPartial(partial) => {
            format!("密钥分持人 {} 号答复第 {} 项抽取，附证明。", partial.custodian, partial.no)
        }
        Event::DrawMade(made) => format!(
            "第 {} 项抽取结果：{} = {}{}",
            made.no,
            draw_name(made.no, state, Lang::Zh),
            made.value,
            if made.dropped.is_empty() {
                "。".to_owned()
            } else {
                format!("；密钥分持人 {} 号的证明无效。", numbers(&made.dropped, "、"))
            }
        ),
        Event::DrawFailed(failed) => {
            format!("第 {} 项抽取无结果：作出证明的密钥分持人不足。", failed.no)
        }
        Event::PriceConfirmed(who) => format!("{} 确认报价。", name(&who.bidder)),
        Event::ObjectionRaised(raised) => {
            format!("异议 {}，{}：{}", raised.no, name(&raised.bidder), raised.text)
        }
        Event::ObjectionAnswered(answer) => format!("答复异议 {}：{}", answer.no, answer.text),
        Event::ObjectionsExtended(more) => {
            format!("异议时限延长至北京时间 {}。", more.until.beijing())
        }
        Event::RecordGenerated(record) => format!("开标记录已生成，SHA-256 {}。", record.sha256),
        Event::RecordCorrected(made) => {
            format!("开标记录更正为第 {} 版：{}。SHA-256 {}。", made.no, made.reason, made.sha256)
        }
        Event::RecordSigned(signed) => format!("{} 签署开标记录。", signed.party.name),
        Event::EnvelopeClosed(closed) => {
            format!("第 {} 信封开标结束，进入评审。", closed.stage)
        }
        Event::PassedListed(list) => format!(
            "通过名单 {}：第 {} 信封通过 {} 家；未通过：{}。复会时间北京时间 {}。",
            list.no,
            list.stage,
            list.passed.len(),
            failed(list, state, "无", "、"),
            list.reconvene_at.beijing()
        ),
        Event::PassedApproved(approved) => format!(
            "监督人同意通过名单 {}：通过 {} 家；其余投标人的后续信封保持密封。",
            approved.no,
            approved.passed.len()
        ),
        Event::OpeningReconvened(next) => format!("复会：开启第 {} 信封。", next.stage),
        Event::OpeningClosed(_) => "开标结束。".to_owned(),
        Event::ResultAnnounced(told) => format!(
            "复会，公布评标结果 {}：排序 {}；否决 {}。{}答复截至北京时间 {}。",
            told.no,
            ranked(told, state, "无", "、"),
            rejected(told, state, "无", "、"),
            told.text,
            told.until.beijing()
        ),
        Event::ResultAnswered(said) => match &said.objection {
            None => format!("{} 对评标结果 {} 无异议。", name(&said.bidder), said.no),
            Some(text) => {
                format!("{} 对评标结果 {} 有异议：{text}", name(&said.bidder), said.no)
            }
        },
        Event::FaultDecided(decided) => format!(
            "{} 的{}未能解密，主持人认定：{}。{}",
            name(&decided.bidder),
            part_zh(decided.part),
            fault_words(decided.fault).0,
            decided.text
        ),
        Event::OpeningPaused(pause) => {
            format!("{}（{}）：{}", paused(state).0, pause.reason.words().0, pause.text)
        }
        Event::OpeningResumed(_) => "开标恢复。".to_owned(),
        Event::MeasureAsked(asked) => format!(
            "主持人申请 {}：{}（{}）：{}",
            asked.no,
            asked.measure.words().0,
            asked.reason.words().0,
            asked.text
        ),
        Event::MeasureTaken(MeasureTaken { no, measure }) => {
            format!("申请 {no} 获监督人同意：{}。", measure.words().0)
        }
        Event::ChatSaid(_)
        | Event::ChatPrivate(_)
        | Event::ChatMuted(_)
        | Event::ChatUnmuted(_)
        | Event::ChatRemoved(_)
        | Event::ChatReadmitted(_) => chat::sentence(event, by, state, Lang::Zh),
        Event::JournalSigned(signed) => journal_zh(signed),
        Event::KeyDestroyed(who) => destroyed_zh(who.custodian),
        Event::Refused(refused) => {
            format!(
                "拒绝 {} 的 {}：{}（{}）",
                refused.actor, refused.command, refused.zh, refused.label
            )
        }
    }
}

fn journal_zh(signed: &JournalSigned) -> String {
    let moment = match signed.moment {
        JournalMoment::Freeze => "封存后",
        JournalMoment::Close => "结束后",
    };
    format!(
        "密钥分持人 {} 号交出其签名的日志（{moment}），{} 字节，SHA-256 {}。",
        signed.custodian, signed.length, signed.sha256
    )
}

fn destroyed_zh(custodian: CustodianIndex) -> String {
    format!("密钥分持人 {custodian} 号声明已销毁其密钥份额；未拆封的永不再拆封。")
}

#[allow(clippy::too_many_lines)] // one sentence for each kind of entry
fn en(event: &Event, by: &Actor, state: &State) -> String {
    let name = |code: &OrgCode| name(code, state);
    match event {
        Event::LotPublished(lot) => format!(
            "Published: {}, {}; deadline and opening {} (Beijing time).",
            lot.title.en,
            lot.lot_title.en,
            lot.deadline.beijing()
        ),
        Event::RoundApproved(approved) => format!(
            "The supervisor approved who is invited to round {}: {} bidders.",
            approved.no,
            approved.invited.len()
        ),
        Event::Tick(tick) => format!("Tick {}.", tick.no),
        Event::PostponementAsked(asked) => format!(
            "The host asks for postponement {} to {}: {}",
            asked.no, asked.deadline, asked.reason
        ),
        Event::TimeConfirmationAsked(_) => {
            "The host confirms that the opening time has come; the supervisor has not yet."
                .to_owned()
        }
        Event::TimeConfirmed(_) => {
            "Host and supervisor have confirmed that the opening time has come.".to_owned()
        }
        Event::DeadlinePostponed(to) => format!(
            "Postponement {} approved: the deadline moves from {} to {}.",
            to.no, to.from, to.deadline
        ),
        Event::OutageAttested(said) => format!(
            "Custodian {} attests: before the deadline no new head of the log came from {} to {}.",
            said.custodian, said.from, said.to
        ),
        Event::OutagePostponed(to) => format!(
            "Postponement {} after an outage: the deadline moves from {} to {}.",
            to.no, to.from, to.deadline
        ),
        Event::EstimateSealed(sealed) => format!(
            "The host handed in sealed base estimate {}, SHA-256 {}; it is opened with the prices.",
            sealed.no, sealed.sha256
        ),
        Event::IntakeClosed(closed) => format!(
            "Intake closed; log of {} entries, cosigned by {} custodians.",
            closed.size,
            closed.cosignatures.len()
        ),
        Event::SetFrozen(set) => format!("Bids frozen: {} bidders.", set.bidders),
        Event::FreezeSigned(signed) => format!("Custodian {} signed the freeze.", signed.custodian),
        Event::FreezeDegraded(degraded) => format!(
            "Degraded freeze: {} custodians absent, notice until {} (Beijing time).",
            degraded.absent.len(),
            degraded.notice_until.beijing()
        ),
        Event::DegradedApproved(_) => "The degraded freeze was approved by one party.".to_owned(),
        Event::FreezeCompleted(done) => format!(
            "Freeze complete, signed by {} custodians{}.",
            done.signers.len(),
            if done.degraded { " (degraded)" } else { "" }
        ),
        Event::TooFewBidders(few) => format!(
            "{} bidders, fewer than {}: by law nothing is opened, all bids stay sealed.",
            few.bidders, few.min
        ),
        Event::SignedIn(who) => match &who.agent {
            Some(agent) => format!("{} signed in; {} acts for it.", who.bidder.name, agent.name),
            None => format!("{} signed in.", who.bidder.name),
        },
        Event::EmergencySignedIn(who) => {
            format!("The host signed {} in: {}.", who.bidder.name, who.reason)
        }
        Event::BiddersPublished(list) => {
            format!("Bidders: {}.", names(list.bidders.iter().map(|b| &*b.name), "; "))
        }
        Event::BidderChecked(found) => format!(
            "Checked {}: identity {}, bond {}{}.",
            name(&found.bidder),
            found.identity.words().1,
            found.bond.words().1,
            found.reason.as_ref().map_or_else(String::new, |reason| format!("; {reason}"))
        ),
        Event::CeilingAnnounced(said) => format!("Ceiling price announced: {}.", said.ceiling),
        Event::SealsChecked(checked) => {
            let sound = checked.results.iter().filter(|result| result.sealed).count();
            format!("Seals checked: {} of {} intact.", sound, checked.results.len())
        }
        Event::BidderWindowOpened(start) => {
            format!("Bidders unlock their bids until {} (Beijing time).", start.until.beijing())
        }
        Event::BidderUnsealed(own) => format!("{} unlocked its bid.", name(&own.bidder)),
        Event::BidderWindowExtended(more) => {
            let until = more.until.beijing();
            format!("The bidder window is extended until {until} (Beijing time): {}", more.text)
        }
        Event::BidderWindowReopened(again) => {
            let until = again.until.beijing();
            format!("The bidder window is open again until {until} (Beijing time): {}", again.text)
        }
        Event::BidderWindowClosed(over) if over.missing.is_empty() => {
            "The bidder window is over: every bidder unlocked its bid.".to_owned()
        }
        Event::BidderWindowClosed(over) => {
            let all: Vec<String> = over.missing.iter().map(name).collect();
            format!(
                "The bidder window is over; not unlocked: {}.",
                names(all.iter().map(|n| &**n), "; ")
            )
        }
        Event::UnsealingStarted(start) => format!("Unsealing of {} began.", start.part),
        Event::PartialsReceived(released) => format!(
            "Custodian {} released {} proven partial decryptions of {}.",
            released.custodian, released.count, released.part
        ),
        Event::CustodianRefused(refused) => {
            let draw = refused.draw.map_or_else(String::new, |no| format!(" draw {no}"));
            format!(
                "Custodian {} refused{draw}: {} ({}).",
                refused.custodian, refused.detail, refused.label
            )
        }
        Event::PricesPublished(prices) => format!(
            "All prices published in one step: {} of {} opened.{}",
            opened(&prices.bids),
            prices.bids.len(),
            prices.estimate.as_ref().map_or_else(String::new, estimate_en)
        ),
        Event::DocumentsOpened(done) => {
            format!("Documents opened: {} of {}.", documents(&done.bids), done.bids.len())
        }
        Event::PriceRead(reading) => reading.en.clone(),
        Event::ReadingFinished(_) => "All prices are read.".to_owned(),
        Event::DrawStarted(start) => {
            format!("Draw {} started: {}.", start.no, draw_name(start.no, state, Lang::En))
        }
        Event::DrawPartial(partial) => {
            format!("Custodian {} answered draw {} with a proof.", partial.custodian, partial.no)
        }
        Event::DrawMade(made) => format!(
            "Draw {}: {} = {}{}",
            made.no,
            draw_name(made.no, state, Lang::En),
            made.value,
            if made.dropped.is_empty() {
                ".".to_owned()
            } else {
                format!("; proofs that do not hold: custodians {}.", numbers(&made.dropped, ", "))
            }
        ),
        Event::DrawFailed(failed) => {
            format!("Draw {} has no value: too few custodians proved it.", failed.no)
        }
        Event::PriceConfirmed(who) => format!("{} confirmed its price.", name(&who.bidder)),
        Event::ObjectionRaised(raised) => {
            format!("Objection {}, {}: {}", raised.no, name(&raised.bidder), raised.text)
        }
        Event::ObjectionAnswered(answer) => {
            format!("Answer to objection {}: {}", answer.no, answer.text)
        }
        Event::ObjectionsExtended(more) => {
            format!("Objections may be raised until {}.", more.until)
        }
        Event::RecordGenerated(record) => {
            format!("Opening record made, SHA-256 {}.", record.sha256)
        }
        Event::RecordCorrected(made) => format!(
            "Opening record corrected, version {}: {} SHA-256 {}.",
            made.no, made.reason, made.sha256
        ),
        Event::RecordSigned(signed) => format!("{} signed the opening record.", signed.party.name),
        Event::EnvelopeClosed(closed) => {
            format!("The opening of envelope {} is over; it is evaluated now.", closed.stage)
        }
        Event::PassedListed(list) => format!(
            "List {}: {} bidders passed with envelope {}, not passed: {}. The opening goes on at {}.",
            list.no,
            list.passed.len(),
            list.stage,
            failed(list, state, "none", ", "),
            list.reconvene_at
        ),
        Event::PassedApproved(approved) => format!(
            "The supervisor approved list {}: {} bidders passed; the others stay sealed for good.",
            approved.no,
            approved.passed.len()
        ),
        Event::OpeningReconvened(next) => {
            format!("The opening goes on with envelope {}.", next.stage)
        }
        Event::OpeningClosed(_) => "The opening is closed.".to_owned(),
        Event::ResultAnnounced(told) => format!(
            "Result {} of the evaluation: ranked {}; rejected {}. {} Answers until {} (Beijing time).",
            told.no,
            ranked(told, state, "none", ", "),
            rejected(told, state, "none", ", "),
            told.text,
            told.until.beijing()
        ),
        Event::ResultAnswered(said) => match &said.objection {
            None => format!("{} has no objection to result {}.", name(&said.bidder), said.no),
            Some(text) => format!("{} objects to result {}: {text}", name(&said.bidder), said.no),
        },
        Event::FaultDecided(decided) => format!(
            "The host decides why the {} of {} did not open: {}. {}",
            decided.part,
            name(&decided.bidder),
            fault_words(decided.fault).1,
            decided.text
        ),
        Event::OpeningPaused(pause) => {
            format!(
                "The opening is {} ({}): {}",
                paused(state).1,
                pause.reason.words().1,
                pause.text
            )
        }
        Event::OpeningResumed(_) => "The opening goes on.".to_owned(),
        Event::MeasureAsked(asked) => format!(
            "The host asks for measure {}, {} ({}): {}",
            asked.no,
            asked.measure.words().1,
            asked.reason.words().1,
            asked.text
        ),
        Event::MeasureTaken(MeasureTaken { no, measure }) => {
            format!("Measure {no} approved by the supervisor: {}.", measure.words().1)
        }
        Event::ChatSaid(_)
        | Event::ChatPrivate(_)
        | Event::ChatMuted(_)
        | Event::ChatUnmuted(_)
        | Event::ChatRemoved(_)
        | Event::ChatReadmitted(_) => chat::sentence(event, by, state, Lang::En),
        Event::JournalSigned(signed) => format!(
            "Custodian {} handed over its signed journal ({}), {} bytes, SHA-256 {}.",
            signed.custodian, signed.moment, signed.length, signed.sha256
        ),
        Event::KeyDestroyed(who) => format!(
            "Custodian {} states that its share is destroyed; what stayed sealed stays sealed.",
            who.custodian
        ),
        Event::Refused(refused) => format!(
            "Refused {} of {}: {} ({})",
            refused.command, refused.actor, refused.en, refused.label
        ),
    }
}

/// The name of a bidder; its code where the log has not named it.
fn name(code: &OrgCode, state: &State) -> String {
    state.bid_of(code).map_or_else(|| code.to_string(), |bid| bid.bidder.name.clone())
}

/// Who did not pass.
fn failed(list: &PassedListed, state: &State, nobody: &str, between: &str) -> String {
    if list.failed.is_empty() {
        return nobody.to_owned();
    }
    list.failed.iter().map(|one| name(&one.bidder, state)).collect::<Vec<_>>().join(between)
}

/// Who is ranked, with the places.
fn ranked(told: &ResultAnnounced, state: &State, nobody: &str, between: &str) -> String {
    let place = |(place, code): (u32, &OrgCode)| format!("{place} {}", name(code, state));
    let all: Vec<String> = (1..).zip(&told.ranked).map(place).collect();
    if all.is_empty() { nobody.to_owned() } else { all.join(between) }
}

/// Who was rejected, and why.
fn rejected(told: &ResultAnnounced, state: &State, nobody: &str, between: &str) -> String {
    let all =
        told.rejected.iter().map(|one| format!("{} ({})", name(&one.bidder, state), one.reason));
    let all: Vec<String> = all.collect();
    if all.is_empty() { nobody.to_owned() } else { all.join(between) }
}

const fn fault_words(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::Bidder => ("投标人原因，视为撤销", "caused by the bidder, revoked"),
        Fault::NotBidder => ("非投标人原因，视为撤回", "not caused by the bidder, withdrawn"),
        Fault::Undetermined => ("不作认定", "left undecided"),
    }
}

/// Who paused: the state has the pause by the time it is told.
fn paused(state: &State) -> (&'static str, &'static str) {
    state.hold().map_or(("暂停", "paused"), |hold| hold.holder.words())
}

/// What is drawn.
fn draw_name(no: u32, state: &State, lang: Lang) -> String {
    let draws = state.published().map_or(&[][..], |lot| lot.draws.as_slice());
    let name = draws.iter().find(|draw| draw.no == no).map(|draw| match lang {
        Lang::Zh => draw.name.zh.clone(),
        Lang::En => draw.name.en.clone(),
    });
    name.unwrap_or_default()
}

fn numbers(list: &[CustodianIndex], between: &str) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

const fn part_zh(part: Part) -> &'static str {
    match part {
        Part::Price => "报价",
        Part::Documents => "投标文件",
        Part::Signals => "特征码",
    }
}

fn names<'a>(all: impl Iterator<Item = &'a str>, between: &str) -> String {
    all.collect::<Vec<_>>().join(between)
}

/// What was found in the place of a base estimate.
fn estimate_zh(estimate: &PublishedEstimate) -> String {
    let label = estimate.label.as_deref().unwrap_or_default();
    match (estimate.amount, &estimate.capital) {
        (Some(amount), Some(capital)) => format!("标底 {capital}，{amount}。"),
        _ => format!("标底未能得出（{label}）。"),
    }
}

fn estimate_en(estimate: &PublishedEstimate) -> String {
    let label = estimate.label.as_deref().unwrap_or_default();
    match estimate.amount {
        Some(amount) => format!(" Base estimate: {amount}."),
        None => format!(" There is no base estimate to be had ({label})."),
    }
}

fn opened(bids: &[PublishedBid]) -> usize {
    bids.iter().filter(|bid| bid.verdict == Verdict::Opened).count()
}

fn documents(bids: &[OpenedDocument]) -> usize {
    bids.iter().filter(|bid| bid.verdict == Verdict::Opened).count()
}
