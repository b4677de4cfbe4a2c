//! The sentences of refusals: first what happened, then what to do.

use kaibiao_types::{Millis, OrgCode};

use super::Refusal;
use crate::event::Holder;

/// Chinese.
#[allow(clippy::too_many_lines)] // one sentence for each refusal
pub(super) fn zh(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AlreadyDone { .. } => "该操作此前已完成。无需重复操作。".to_owned(),
        Refusal::ApprovalMissing => {
            "降级封存尚缺主持人或监督人的同意。请双方分别签署同意后再继续。".to_owned()
        }
        Refusal::BadData { step, rule } => {
            format!("记录“{step}”与此前的日志不符（{rule}）。请核对日志，查明原因后再继续。")
        }
        Refusal::CannotPass { bidder } => {
            format!("{bidder} 的本信封未能解密，不能列为通过。请将其列入未通过并写明理由。")
        }
        Refusal::CannotRank { bidder } => {
            format!("{bidder} 的最后一个信封未能打开，不能参与排序。请将其列入否决名单并写明理由。")
        }
        Refusal::NoResultSession => {
            "招标文件未规定公布评标结果的复会。评标结果请按法定方式公示，开标记录不变。".to_owned()
        }
        Refusal::NoSuchResult { no } => format!(
            "没有编号为 {no} 的评标结果，或其已被更正。请核对最新公布的结果后再答复。"
        ),
        Refusal::ResultAnswersOver => {
            "对评标结果的当场答复时间已过，未答复的记为沉默，不影响任何权利。如有异议，请在公示期内向招标人提出。"
                .to_owned()
        }
        Refusal::ResultEarly => {
            "开标尚未结束，不能公布评标结果。请在开标结束并完成评标后复会公布。".to_owned()
        }
        Refusal::EstimateLate => {
            "标底应在投标截止前密封提交，现在已不能提交。开标照常进行，以截止前最后提交的标底为准。".to_owned()
        }
        Refusal::NoEstimate => "招标文件未设标底。标底只能由招标文件设定，无需提交。".to_owned(),
        Refusal::EnvelopeFollows => {
            "本项目还有下一信封，开标不能就此结束，抽取也尚不能进行。请结束本信封，待评审后复会。"
                .to_owned()
        }
        Refusal::FewPassed { passed } => format!(
            "通过评审的投标人仅 {passed} 家，少于 3 家。评标委员会未否决全部投标的，请写明继续开标的理由。"
        ),
        Refusal::LastEnvelope => "这是最后一个信封，没有下一信封。请直接结束开标。".to_owned(),
        Refusal::NoRound => "本标段不是报价轮次，无需同意邀请名单。请核对标段。".to_owned(),
        Refusal::RoundUnapproved => {
            "本轮报价的邀请名单尚未经监督人同意。请先由监督人签署同意，再公布供应商名单。".to_owned()
        }
        Refusal::NoSuchList { no } => {
            format!("没有编号为 {no}、内容一致且待同意的通过名单。请核对编号和名单后再签署。")
        }
        Refusal::NobodyPassed => {
            "没有投标人通过，不能开启下一信封，其余信封保持密封。请按流标程序办理。".to_owned()
        }
        Refusal::PassedMissing => {
            "通过本信封评审的名单尚未经监督人同意。请先由主持人列出名单，再由监督人签署同意。".to_owned()
        }
        Refusal::ReconveneLater { wait } => {
            format!("未到公布的复会时间，尚余 {}。请在复会时间到达后再操作。", seconds(*wait))
        }
        Refusal::BidderWindowRunning { wait } => {
            format!("投标人解密时限尚余 {}，且有投标人尚未解密。请等待期满或全部解密。", seconds(*wait))
        }
        Refusal::BidderWindowShut => {
            "投标人解密时限未开启或已结束。请等待主持人开启、延长或重启解密。".to_owned()
        }
        Refusal::BidderWindowSpent { left } => format!(
            "招标文件允许的解密时间至多还可增加 {}。请缩短所申请的时间，或按招标文件继续开标。",
            seconds(*left)
        ),
        Refusal::NoBidderWindow => {
            "招标文件没有规定投标人解密。投标文件由密钥分持人解密，投标人无需操作。".to_owned()
        }
        Refusal::ChatMuted => {
            "贵方已被禁言。提出异议及其他开标操作不受影响，提出异议后禁言即解除；也可请主持人或监督人解除。"
                .to_owned()
        }
        Refusal::ChatRemoved => {
            "贵方已被移出开标聊天。签到、解密、确认、异议等开标操作不受影响；请联系主持人或监督人恢复。"
                .to_owned()
        }
        Refusal::ClockBackwards { last } => {
            format!("时钟早于上一条记录（北京时间 {}）。请校准服务器时钟后重试。", last.beijing())
        }
        Refusal::CustodyIncomplete { have, need } => {
            format!("仅有 {have} 名密钥分持人交出解密分量，至少需要 {need} 名。请等待其余分持人。")
        }
        Refusal::DocumentsSealed => {
            "按时送达的投标文件尚未全部拆封。请先启动文件部分的解密。".to_owned()
        }
        Refusal::DrawRunning { no } => {
            format!("第 {no} 项抽取尚在等待密钥分持人。请等待结果后再继续。")
        }
        Refusal::DrawTurn { next } => {
            format!("抽取按招标文件的顺序进行，应先进行第 {next} 项。请按顺序抽取。")
        }
        Refusal::DrawsOpen { nos } => format!(
            "招标文件规定的第 {} 项抽取尚未进行。请先公开抽取，再生成开标记录。",
            numbers(nos, "、")
        ),
        Refusal::FaultsOpen { bidders } => format!(
            "{} 的投标未能解密，原因尚未认定。请先逐一认定并说明理由，再生成开标记录。",
            codes(bidders, "、")
        ),
        Refusal::FreezeIncomplete { signed, quorum } => format!(
            "封存清单仅有 {signed} 名密钥分持人签署，需要 {quorum} 名。请等待签署完成或降级公示。"
        ),
        Refusal::FreezeWaitRunning { wait } => {
            format!("封存签署等待期尚余 {}。请等待期满。", seconds(*wait))
        }
        Refusal::Held { holder } => format!(
            "开标已由{}，各项计时停止，已封存和已公布的内容不变。{}",
            holder.words().0,
            resume_zh(*holder)
        ),
        Refusal::NoSuchMeasure { no } => {
            format!("没有编号为 {no} 且待同意的该项申请。请核对编号和事项。")
        }
        Refusal::NotMuted => "没有可以解除的禁言。请核对投标人。".to_owned(),
        Refusal::NotRemoved => "该投标人未被移出。请核对投标人。".to_owned(),
        Refusal::NotHeld => {
            "开标未处于可以这样恢复的状态。暂停由暂停的一方恢复，中止由主持人申请、监督人同意后恢复。"
                .to_owned()
        }
        Refusal::NotTheHolder { holder } => {
            format!("开标已由{}，不能由本方单独恢复。{}", holder.words().0, resume_zh(*holder))
        }
        Refusal::PostponeInstead => {
            "投标截止前尚未开标，不能暂停、中止或终止开标。请按延期程序推后投标截止时间。".to_owned()
        }
        Refusal::PricesReleased => {
            "密钥分持人已交出报价的解密分量，报价须先一次性公布。请在报价公布后再办理；如确有必要，可以暂停。"
                .to_owned()
        }
        Refusal::IntakeOver => {
            "投标截止后封存清单已开始固定，不能再延期。如需中止，请按中止程序办理。".to_owned()
        }
        Refusal::TimeNotAsked => {
            "主持人尚未确认开标时间已到。请先由主持人确认，再由监督人确认。".to_owned()
        }
        Refusal::NoSuchPostponement { no } => {
            format!("没有编号为 {no} 且待同意的延期申请。请核对编号和新的截止时间。")
        }
        Refusal::NotLater { deadline } => format!(
            "新的截止时间必须晚于北京时间 {}。投标截止时间只能推后，不能提前。",
            deadline.beijing()
        ),
        Refusal::LotClosed => "本标段开标已结束。不能再进行任何操作。".to_owned(),
        Refusal::NoCeiling => "招标文件没有最高投标限价。无需公布。".to_owned(),
        Refusal::NoSuchBidder { bidder } => {
            format!("封存清单中没有 {bidder} 的有效投标。请核对统一社会信用代码。")
        }
        Refusal::NoOpenFault => {
            "该部分已经解密，或者证据已经表明原因，不能另行认定。请核对投标人和部分。".to_owned()
        }
        Refusal::NoOutageRule => {
            "招标文件没有停机顺延的规定。如需延期，请由主持人申请、监督人同意。".to_owned()
        }
        Refusal::OutageUnproven { have, need } => format!(
            "仅有 {have} 名密钥分持人证明同一时段的停机，至少需要 {need} 名。请等待其余分持人，或按延期程序办理。"
        ),
        Refusal::PostponementOwed => {
            "已有足够的密钥分持人证明截止前停机，投标截止时间须先顺延。请先写入顺延记录，再接收至新的截止时间。"
                .to_owned()
        }
        Refusal::NoPrice => "本单位没有已公布的报价可供确认。如有疑问，请提出异议。".to_owned(),
        Refusal::NoSuchDraw { no } => {
            format!("招标文件没有第 {no} 项抽取。请核对编号。")
        }
        Refusal::NoSuchObjection { no } => format!("没有编号为 {no} 的异议。请核对异议编号。"),
        Refusal::NotABidder => {
            "封存清单中没有本单位的有效投标。请核对所用数字证书和标段。".to_owned()
        }
        Refusal::NothingToUnseal { .. } => {
            "没有可以解密的该部分投标文件。请选择报价或文件部分。".to_owned()
        }
        Refusal::NoticeRunning { wait } => {
            format!("降级封存公示期尚余 {}。请等待公示期满。", seconds(*wait))
        }
        Refusal::ObjectionAnswered { no } => {
            format!("异议 {no} 已经答复。如需补充，请投标人另行提出。")
        }
        Refusal::ObjectionsOpen { nos } => {
            format!("异议 {} 尚未答复。请先当场答复，再继续。", numbers(nos, "、"))
        }
        Refusal::ObjectionsOver => {
            "提出异议的时限已过。如有需要，可请主持人延长时限，或依法投诉。".to_owned()
        }
        Refusal::ObjectionsRunning { wait } => {
            format!("异议时限尚余 {}。请等待时限届满后再生成开标记录。", seconds(*wait))
        }
        Refusal::NoObjectionWindow => {
            "招标文件没有规定异议时限。异议可以当场提出，直至生成开标记录。".to_owned()
        }
        Refusal::OutOfOrder { phase, .. } => {
            format!("当前阶段为“{}”，不能进行该操作。请按既定流程操作。", phase.words().0)
        }
        Refusal::PricesAllRead => "全部报价已宣读完毕。请生成开标记录。".to_owned(),
        Refusal::ReadingRunning { left, wait } => format!(
            "尚有 {left} 家报价未宣读，当前宣读尚余 {}。请宣读完毕后再继续。",
            seconds(*wait)
        ),
        Refusal::ReasonMissing => {
            "结论不符合、未缴纳或未能核实时必须说明理由。请写明理由后再提交；投标不因此被拒绝。"
                .to_owned()
        }
        Refusal::StepNotListed { step } => {
            let step = step.words().0;
            format!("招标文件所列开标步骤中没有“{step}”。请按招标文件的步骤进行。")
        }
        Refusal::StepTurn { next } => {
            let next = next.words().0;
            format!("按招标文件所列顺序，应先“{next}”。请完成该步骤后再继续。")
        }
        Refusal::RecordDiffers => "所签文件不是本次开标记录。请重新下载开标记录后签名。".to_owned(),
        Refusal::SealsUnchecked => "投标文件密封性尚未检查。请先公开检查密封情况。".to_owned(),
        Refusal::TooEarly { wait } => {
            format!("未到开标时间，尚余 {}。请在开标时间到达后再操作。", seconds(*wait))
        }
        Refusal::TooFewBidders { bidders, min } => {
            format!(
                "投标人仅 {bidders} 家，少于 {min} 家，不得开标。投标文件保持密封，请重新招标。"
            )
        }
        Refusal::TooFewCustodians { signed, need } => {
            format!("仅有 {signed} 名密钥分持人签署，至少需要 {need} 名。请联系其余分持人。")
        }
        Refusal::UnknownCustodian { index } => {
            format!("密钥生成仪式中没有 {index} 号分持人。请核对编号。")
        }
        Refusal::UnsignedCustodian { index } => {
            format!("{index} 号密钥分持人尚未签署封存清单。请先签署。")
        }
        Refusal::WrongFreeze => "所指封存清单与日志中的不同。请按日志中的清单重新操作。".to_owned(),
        Refusal::WrongRole { .. } => {
            "当前身份无权进行该操作。请由有权的一方使用其数字证书操作。".to_owned()
        }
    }
}

/// English.
#[allow(clippy::too_many_lines)] // one sentence for each refusal
pub(super) fn en(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AlreadyDone { .. } => "This was done before. Nothing more is needed.".to_owned(),
        Refusal::ApprovalMissing => "The degraded freeze lacks the approval of the host or the \
             supervisor. Both must sign their approval."
            .to_owned(),
        Refusal::BadData { step, rule } => format!(
            "The entry {step} contradicts the log before it ({rule}). Compare the log and find the \
             cause before going on."
        ),
        Refusal::NoRound => "This lot is no round of sealed prices, so nobody is invited to it. \
             Check the lot."
            .to_owned(),
        Refusal::RoundUnapproved => {
            "The supervisor has not approved who is invited to this round. \
             The supervisor signs first, then the bidders are announced."
                .to_owned()
        }
        Refusal::CannotPass { bidder } => format!(
            "This envelope of {bidder} did not open, so it cannot have passed. List it among those \
             that did not, with the reason."
        ),
        Refusal::EstimateLate => {
            "A base estimate is sealed before the deadline, none is taken now. \
             The opening goes on with the last one that was sealed before it."
                .to_owned()
        }
        Refusal::NoEstimate => {
            "This tender has no base estimate. Only the tender file can provide \
             for one; none is handed in."
                .to_owned()
        }
        Refusal::EnvelopeFollows => "Another envelope follows: the opening does not end here, and \
             draws are not held yet. Close this envelope and reconvene after its evaluation."
            .to_owned(),
        Refusal::FewPassed { passed } => format!(
            "Only {passed} bidders passed, fewer than 3. If the evaluation committee did not reject \
             all bids, state why the opening goes on."
        ),
        Refusal::LastEnvelope => {
            "This is the last envelope, none follows. Close the opening itself.".to_owned()
        }
        Refusal::NoSuchList { no } => format!(
            "No list {no} of who passed with this content waits for approval. Check number and list \
             before you sign."
        ),
        Refusal::NobodyPassed => {
            "Nobody passed, so no further envelope is opened; they stay sealed. \
             Have the lot declared failed."
                .to_owned()
        }
        Refusal::CannotRank { bidder } => format!(
            "The last envelope of {bidder} did not open, so it cannot be ranked. List it as rejected and \
             say why."
        ),
        Refusal::NoResultSession => "The tender file has no session in which the result is told. \
             Publish the result as the law says; the record stays as it is."
            .to_owned(),
        Refusal::NoSuchResult { no } => format!(
            "There is no result of number {no}, or it was corrected since. Read the newest one and \
             answer that."
        ),
        Refusal::ResultAnswersOver => "The time for answers is over; silence is recorded as silence and \
             costs no right. Whoever objects writes to the tenderer while the result is on public notice."
            .to_owned(),
        Refusal::ResultEarly => "The opening is not closed, so there is no result to tell. Close it, \
             evaluate, and tell the result then."
            .to_owned(),
        Refusal::PassedMissing => "The supervisor has not approved a list of who passed with this \
             envelope. The host lists them first, then the supervisor signs."
            .to_owned(),
        Refusal::ReconveneLater { wait } => {
            format!("The next envelope was announced for later, in {wait}. Wait for that time.")
        }
        Refusal::BidderWindowRunning { wait } => format!(
            "The bidder window is open for {wait} more, and not every bid is unlocked. Wait for its end \
             or for all bidders."
        ),
        Refusal::BidderWindowShut => "The bidder window is not open. Wait until the host opens, \
             extends or reopens it."
            .to_owned(),
        Refusal::BidderWindowSpent { left } => format!(
            "The tender file allows {left} more for the bidder window. Ask for less, or go on with the \
             opening."
        ),
        Refusal::NoBidderWindow => "The tender file does not ask bidders to unlock their bids. Do \
             nothing; the custodians open them."
            .to_owned(),
        Refusal::ChatMuted => {
            "You are muted. Objecting and every other step of the opening stay open to you, and an \
             objection ends the mute; host or supervisor can end it too."
                .to_owned()
        }
        Refusal::ChatRemoved => {
            "You are removed from the talk in the room. Signing in, unlocking, confirming and \
             objecting stay open to you; ask host or supervisor to let you in again."
                .to_owned()
        }
        Refusal::ClockBackwards { last } => format!(
            "The clock is before the last entry ({last}). Set the server's clock and try again."
        ),
        Refusal::CustodyIncomplete { have, need } => format!(
            "Partial decryptions came from {have} of at least {need} custodians. Wait for the others."
        ),
        Refusal::DocumentsSealed => "Bids received in time still have sealed documents. Start the \
             unsealing of the documents first."
            .to_owned(),
        Refusal::DrawRunning { no } => {
            format!("Draw {no} still waits for custodians. Wait for its outcome first.")
        }
        Refusal::DrawTurn { next } => format!(
            "Draws are held in the order of the tender file, and draw {next} comes first. Hold that \
             one first."
        ),
        Refusal::DrawsOpen { nos } => format!(
            "Draws of the tender file that were not held: {}. Hold them in public before the record \
             is made.",
            numbers(nos, ", ")
        ),
        Refusal::FaultsOpen { bidders } => format!(
            "Bids that did not open and whose fault nobody has decided: {}. Decide each with a reason \
             before the record is made.",
            codes(bidders, ", ")
        ),
        Refusal::FreezeIncomplete { signed, quorum } => format!(
            "The frozen set has {signed} of {quorum} signatures of custodians. Wait for them or for \
             the notice of a degraded freeze."
        ),
        Refusal::FreezeWaitRunning { wait } => {
            format!("The frozen set waits for signatures for {wait} more. Wait until then.")
        }
        Refusal::Held { holder } => format!(
            "The opening is {}; its clocks stand, and what is sealed or published stays as it is. {}",
            holder.words().1,
            resume_en(*holder)
        ),
        Refusal::NoSuchMeasure { no } => {
            format!("No measure {no} of this kind waits for approval. Check number and kind.")
        }
        Refusal::NotMuted => {
            "Nobody is muted whom this would unmute. Check the bidder.".to_owned()
        }
        Refusal::NotRemoved => {
            "The bidder is not removed from the room. Check the bidder.".to_owned()
        }
        Refusal::NotHeld => {
            "The opening is not held in that way. A pause is ended by whoever paused, \
             a suspension by the host's request and the supervisor's approval."
                .to_owned()
        }
        Refusal::NotTheHolder { holder } => format!(
            "The opening is {}, and this side alone cannot resume it. {}",
            holder.words().1,
            resume_en(*holder)
        ),
        Refusal::PostponeInstead => {
            "Bids are still received, so there is no opening to hold or end \
             yet. Postpone the deadline instead."
                .to_owned()
        }
        Refusal::PricesReleased => {
            "Custodians have released partial decryptions of the prices, so all \
             prices are published next. Do this after they are published; a pause is possible."
                .to_owned()
        }
        Refusal::IntakeOver => {
            "The intake is closed and the sealed set is being fixed. The deadline \
             cannot be postponed any more; suspend the opening by its own rules if it must wait."
                .to_owned()
        }
        Refusal::TimeNotAsked => {
            "The host has not confirmed that the opening time has come; the host confirms first."
                .to_owned()
        }
        Refusal::NoSuchPostponement { no } => format!(
            "No postponement {no} to this deadline waits for approval. Check number and deadline."
        ),
        Refusal::NotLater { deadline } => format!(
            "The new deadline must be after {deadline}. A deadline moves later only, never earlier."
        ),
        Refusal::LotClosed => {
            "The opening of this lot is over. Nothing more can be done.".to_owned()
        }
        Refusal::NoCeiling => {
            "The tender file has no ceiling price. There is nothing to announce.".to_owned()
        }
        Refusal::NoSuchBidder { bidder } => {
            format!("The frozen set has no current bid of {bidder}. Check the code.")
        }
        Refusal::NoOpenFault => {
            "This part opened, or the evidence itself says whose fault it is that it \
             did not; that is not decided otherwise. Check bidder and part."
                .to_owned()
        }
        Refusal::NoOutageRule => {
            "The tender file has no outage rule. If the deadline must move, the \
             host asks for a postponement and the supervisor approves it."
                .to_owned()
        }
        Refusal::OutageUnproven { have, need } => format!(
            "Custodians that attested one outage: {have} of at least {need}. Wait for the others, or \
             postpone by host and supervisor."
        ),
        Refusal::PostponementOwed => {
            "Enough custodians attested an outage before the deadline, so the \
             deadline is postponed first. Write the postponement and receive bids until then."
                .to_owned()
        }
        Refusal::NoPrice => "This organisation has no published price to confirm. Raise an \
             objection if that is wrong."
            .to_owned(),
        Refusal::NoSuchDraw { no } => {
            format!("The tender file has no draw {no}. Check the number.")
        }
        Refusal::NoSuchObjection { no } => {
            format!("There is no objection {no}. Check the number.")
        }
        Refusal::NotABidder => "The frozen set has no current bid of this organisation. Check the \
             certificate in use and the lot."
            .to_owned(),
        Refusal::NothingToUnseal { part } => {
            format!("No bid has a {part} part to unseal. Choose price or documents.")
        }
        Refusal::NoticeRunning { wait } => {
            format!("The notice of the degraded freeze runs for {wait} more. Wait until then.")
        }
        Refusal::ObjectionAnswered { no } => {
            format!("Objection {no} is answered. The bidder may raise another one.")
        }
        Refusal::ObjectionsOpen { nos } => format!(
            "Objections without an answer: {}. Answer them on the spot first.",
            numbers(nos, ", ")
        ),
        Refusal::ObjectionsOver => {
            "The time for objections is over. Ask the host for more time, or \
             complain as the law provides."
                .to_owned()
        }
        Refusal::ObjectionsRunning { wait } => format!(
            "Objections may be raised for {wait} more. Wait until then before the record is made."
        ),
        Refusal::NoObjectionWindow => {
            "The tender file has no window for objections. They may be raised \
             on the spot; until the record is made there is no limit."
                .to_owned()
        }
        Refusal::OutOfOrder { phase, .. } => format!(
            "The opening stands at \"{}\", where this cannot be done. Follow the set procedure.",
            phase.words().1
        ),
        Refusal::PricesAllRead => "Every price is read. Make the opening record next.".to_owned(),
        Refusal::ReadingRunning { left, wait } => format!(
            "Prices still to be read: {left}; the reading runs for {wait} more. Finish the reading \
             first."
        ),
        Refusal::ReasonMissing => {
            "A finding of does-not-fit, unpaid or unknown needs a reason. Give \
             one and send it again; the bid is not refused for it."
                .to_owned()
        }
        Refusal::StepNotListed { step } => {
            let step = step.words().1;
            format!(
                "The steps of this tender file do not include to {step}. Follow the steps of the \
                 tender file."
            )
        }
        Refusal::StepTurn { next } => {
            let next = next.words().1;
            format!("By the order of the tender file, first {next}. Then go on.")
        }
        Refusal::RecordDiffers => "The signature is over another file than this opening record. \
             Download the record again and sign that."
            .to_owned(),
        Refusal::SealsUnchecked => {
            "The seals were not checked yet. Check them in public first.".to_owned()
        }
        Refusal::TooEarly { wait } => {
            format!("The opening time comes in {wait}. Wait until then.")
        }
        Refusal::TooFewBidders { bidders, min } => format!(
            "Bidders: {bidders}, fewer than {min}, so nothing may be opened. The bids stay sealed; \
             invite tenders again."
        ),
        Refusal::TooFewCustodians { signed, need } => format!(
            "The frozen set has {signed} of at least {need} signatures. Call the other custodians."
        ),
        Refusal::UnknownCustodian { index } => {
            format!("The ceremony has no custodian {index}. Check the number.")
        }
        Refusal::UnsignedCustodian { index } => {
            format!("Custodian {index} has not signed the frozen set. Sign it first.")
        }
        Refusal::WrongFreeze => {
            "This is about another frozen set than the one in the log. Use the one in the log."
                .to_owned()
        }
        Refusal::WrongRole { .. } => "This actor may not do that. The party in charge must do it \
             with its own certificate."
            .to_owned(),
    }
}

const fn resume_zh(holder: Holder) -> &'static str {
    match holder {
        Holder::Host => "请等待主持人恢复。",
        Holder::Supervisor => "请等待监督人恢复。",
        Holder::Both => "恢复或终止须由主持人申请、监督人同意。",
    }
}

const fn resume_en(holder: Holder) -> &'static str {
    match holder {
        Holder::Host => "Wait until the host resumes it.",
        Holder::Supervisor => "Wait until the supervisor resumes it.",
        Holder::Both => "The host asks for its resumption or end, and the supervisor approves.",
    }
}

fn seconds(span: Millis) -> String {
    format!("{}.{:03} 秒", span.get() / 1_000, span.get() % 1_000)
}

fn codes(list: &[OrgCode], between: &str) -> String {
    list.iter().map(OrgCode::as_str).collect::<Vec<_>>().join(between)
}

fn numbers(list: &[u32], between: &str) -> String {
    list.iter().map(u32::to_string).collect::<Vec<_>>().join(between)
}
