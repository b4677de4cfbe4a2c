//! What came of a validation, in words a bidder understands: which certificate (尾号), what is wrong,
//! what to do.

use kaibiao_pki::CertError;
use kaibiao_pki::cms::SignatureError;
use kaibiao_pki::ers::EvidenceError;
use kaibiao_pki::revocation::{EvidenceFault, Reason};
use kaibiao_pki::validation::{
    Answer, Fault, Note, Question, RevocationEffect, Role, Validation, Verdict, Witness,
};
use kaibiao_types::UtcMillis;

use crate::cert_words::{self, Words};

/// All sentences on a validation: the verdict, and what else a person should know.
pub(crate) fn all(found: &Validation) -> Vec<Words> {
    let mut out = vec![verdict(found)];
    if found.checks().iter().any(|check| check.answer == Answer::NotJudged) {
        out.push((
            "按要求没有核验证书吊销状态：被吊销的证书在此不会被发现。".to_owned(),
            "as asked, revocation was not judged: a revoked certificate would not be found"
                .to_owned(),
        ));
    }
    out.extend(found.notes().iter().filter_map(note));
    out
}

fn verdict(found: &Validation) -> Words {
    let Some(why) = found.fault() else { return passed(found) };
    let (mut zh, mut en) = fault(why, found.judged_at());
    if is_about_time(found, why) {
        (zh, en) = (format!("关于时间证明：{zh}"), format!("what shows the time: {en}"));
    }
    match found.verdict() {
        Verdict::Failed(_) => (format!("签名无效。{zh}"), format!("the signature fails: {en}")),
        _ => (format!("无法判定。{zh}"), format!("no verdict is possible: {en}")),
    }
}

/// Whether the certificates spoken of are those of an authority that stamped time.
fn is_about_time(found: &Validation, why: &Fault) -> bool {
    found.checks().iter().any(|check| {
        matches!(check.question, Question::TimeStamp | Question::Record)
            && check.answer.fault().is_some_and(|fault| core::ptr::eq(fault, why))
    })
}

fn passed(found: &Validation) -> Words {
    let Some(signer) = found.signer() else { return (String::new(), String::new()) };
    let (name, tail) = (&signer.party().name, signer.certificate().serial_tail());
    let when = found.judged_at().beijing();
    let (by_zh, by_en) = match found.best_signature_time().map(|best| best.by) {
        None => {
            ("没有时间证明，按当前时间判断", "nothing shows when it was made; judged at present")
        }
        Some(Witness::Caller) => ("依据：给定的时刻", "by the instant that was given"),
        Some(Witness::Record) => ("依据：证据记录", "by the evidence record"),
        Some(Witness::TimeStamp) => ("依据：时间戳", "by the time stamp"),
    };
    (
        format!("签名有效：{name}，证书尾号 {tail}；判断时刻 {when}（北京时间，{by_zh}）。"),
        format!(
            "the signature is good: {name}, certificate 尾号 {tail}, judged for {when} Beijing time ({by_en})"
        ),
    )
}

fn fault(fault: &Fault, judged: UtcMillis) -> Words {
    match fault {
        Fault::Contradicted { stamp, known } => (
            format!(
                "时间戳注明 {}，而容器连同该时间戳据称在 {} 已经存在，两者矛盾，均不作为时间证明。请核对两个时钟。",
                stamp.beijing(),
                known.beijing()
            ),
            format!(
                "the time stamp is dated {}, yet the container with it is said to have existed at {};                  they contradict each other and neither shows the time: check both clocks",
                stamp.beijing(),
                known.beijing()
            ),
        ),
        Fault::Future(at) => (
            format!(
                "时间证明注明的时刻 {} 晚于当前时间。请核对本机时间，或核对时间证明。",
                at.beijing()
            ),
            format!(
                "what shows the time is dated {}, after the present; check the clock of this machine",
                at.beijing()
            ),
        ),
        Fault::OutOfBounds(error) => out_of_bounds(error),
        Fault::Record(error) => record(error),
        Fault::Revoked { certificate, since, reason, effect } => {
            let (reason_zh, reason_en) = self::reason(*reason);
            let (so_zh, so_en) = effect_words(*effect, judged);
            (
                format!(
                    "证书（尾号 {certificate}）自 {} 起被吊销（{reason_zh}）{so_zh}",
                    since.beijing()
                ),
                format!(
                    "certificate 尾号 {certificate} was revoked from {} on ({reason_en}){so_en}",
                    since.beijing()
                ),
            )
        }
        Fault::Signature(SignatureError::Certificate(error)) => decided(error),
        Fault::Signature(error) => signature(error),
        Fault::StampEnded { due } => (
            format!(
                "时间戳机构的证书已于 {} 到期，此后该时间戳不能单独证明时间。{MORE_TIME_ZH}",
                due.beijing()
            ),
            format!(
                "the certificates of the time-stamping authority ended at {}; after that the stamp \
                 alone shows nothing; {MORE_TIME_EN}",
                due.beijing()
            ),
        ),
        Fault::Unknown { certificate, source } => {
            let (why_zh, why_en) = unknown(*source, judged);
            (
                format!("证书（尾号 {certificate}）当时是否已被吊销无法得知：{why_zh}"),
                format!(
                    "whether certificate 尾号 {certificate} was revoked then is not known: {why_en}"
                ),
            )
        }
        Fault::UntrustedStamp(error) => (
            format!("时间戳机构不在信任名单中（{error}）。请使用认可的时间戳，或{MORE_TIME_ZH}"),
            format!("the time-stamping authority is not on the trust list; {MORE_TIME_EN}"),
        ),
        other => (format!("{other}。"), other.to_string()),
    }
}

const MORE_TIME_ZH: &str = "请提供其他时间证明：回执上的完成时刻（--at）或证据记录（--record）。";
const MORE_TIME_EN: &str = "show in another way when it existed: the instant on its receipt (--at) or an evidence record (--record)";

/// Not valid at present, and nothing shows an earlier time.
fn out_of_bounds(error: &CertError) -> Words {
    let (what_zh, what_en) = match error {
        CertError::Expired { cert, not_after, .. } => (
            format!("证书（尾号 {cert}）已于 {} 到期", not_after.beijing()),
            format!("certificate 尾号 {cert} expired at {}", not_after.beijing()),
        ),
        CertError::NotYetValid { cert, not_before, .. } => (
            format!("证书（尾号 {cert}）自 {} 起才有效", not_before.beijing()),
            format!("certificate 尾号 {cert} is valid from {} only", not_before.beijing()),
        ),
        other => (other.to_string(), other.to_string()),
    };
    (
        format!("{what_zh}，又没有依据表明签名是在有效期内作出的。{MORE_TIME_ZH}"),
        format!("{what_en}, and nothing shows that the signature was made before; {MORE_TIME_EN}"),
    )
}

/// A path that is decided.
fn decided(error: &CertError) -> Words {
    match error {
        CertError::Expired { cert, not_after, at } => (
            format!(
                "证书（尾号 {cert}）已于 {} 到期，而签名最早只能证明在 {} 已存在。如有更早的回执或时间戳，请提供后重新核验。",
                not_after.beijing(),
                at.beijing()
            ),
            format!(
                "certificate 尾号 {cert} expired at {}, and the signature is shown to have existed at \
                 {} only; if a receipt or time stamp shows an earlier time, give it too",
                not_after.beijing(),
                at.beijing()
            ),
        ),
        CertError::NotYetValid { cert, not_before, at } => (
            format!(
                "签名在 {} 已经存在，而证书（尾号 {cert}）自 {} 起才有效。请核对给定的时刻。",
                at.beijing(),
                not_before.beijing()
            ),
            format!(
                "the signature existed at {} already, and certificate 尾号 {cert} is valid from {} \
                 only; check the instant that was given",
                at.beijing(),
                not_before.beijing()
            ),
        ),
        other => cert_words::cert(other),
    }
}

fn signature(error: &SignatureError) -> Words {
    match error {
        SignatureError::OtherSigner(cert) => (
            format!("签名是他人作出的：证书（尾号 {cert}）不属于所要求的单位。请核对文件与单位。"),
            format!(
                "somebody else signed: certificate 尾号 {cert} is not of the organisation that was \
                 asked for"
            ),
        ),
        SignatureError::TimeStamp(error) => (
            format!("签名上的时间戳不能接受：{error}。请由签名单位重新申请时间戳。"),
            format!(
                "the time stamp on the signature is not accepted: {error}; have it stamped again"
            ),
        ),
        other => cert_words::signature(other),
    }
}

fn record(error: &EvidenceError) -> Words {
    match error {
        EvidenceError::Overdue { due } => (
            format!("证据记录应于 {} 之前续期。请使用续期后的记录。", due.beijing()),
            format!(
                "the evidence record was to be renewed by {}; use the renewed one",
                due.beijing()
            ),
        ),
        other => (
            format!("证据记录不能证明签名文件何时存在：{other}。请选用包含该签名文件的记录。"),
            format!(
                "the evidence record does not show when the signature file existed: {other}; use the \
                 record that covers it"
            ),
        ),
    }
}

const fn reason(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::AaCompromise | Reason::KeyCompromise => ("密钥失密", "its key was lost"),
        Reason::AffiliationChanged => ("单位信息变更", "affiliation changed"),
        Reason::CaCompromise => ("发证机构密钥失密", "a key of its authority was lost"),
        Reason::CessationOfOperation => ("停止使用", "no longer used"),
        Reason::Hold => ("冻结", "suspended"),
        Reason::PrivilegeWithdrawn => ("权限撤销", "privilege withdrawn"),
        Reason::Superseded => ("已更换新证书", "superseded"),
        _ => ("未注明原因", "no reason given"),
    }
}

fn effect_words(effect: RevocationEffect, judged: UtcMillis) -> Words {
    match effect {
        RevocationEffect::Decided => (
            format!(
                "，而签名最早只能证明在 {} 已存在。请联系签名单位核实；如有更早的时间证明，请提供后重新核验。",
                judged.beijing()
            ),
            format!(
                "; the signature is shown to have existed at {} only; ask whoever signed, or show an \
                 earlier time",
                judged.beijing()
            ),
        ),
        RevocationEffect::NoProofSigner | RevocationEffect::NoProofCa => (
            format!("，又没有依据表明签名是在此之前作出的。{MORE_TIME_ZH}"),
            format!(", and nothing shows that the signature was made before; {MORE_TIME_EN}"),
        ),
        RevocationEffect::NoProofStamp => (
            format!("，该时间戳机构的时间戳不能再证明时间。{MORE_TIME_ZH}"),
            format!(
                "; it is of a time-stamping authority, whose stamps show nothing any more; {MORE_TIME_EN}"
            ),
        ),
    }
}

fn unknown(fault: EvidenceFault, judged: UtcMillis) -> Words {
    const GET_ZH: &str = "请从发证机构下载最新的吊销列表（CRL）或 OCSP 响应，用 --revocation 提供";
    const GET_EN: &str = "get the newest revocation list or OCSP response of its authority and give it by --revocation";
    match fault {
        EvidenceFault::Missing => (
            format!("没有提供关于它的吊销信息。{GET_ZH}；确实不需要核验的，用 --no-revocation。"),
            format!("nothing that was given is about it; {GET_EN}, or say --no-revocation"),
        ),
        EvidenceFault::TooOld => (
            format!("提供的吊销信息早于 {}。{GET_ZH}。", judged.beijing()),
            format!("what was given is older than {}; {GET_EN}", judged.beijing()),
        ),
        other => (
            format!("提供的吊销信息不能使用（{other}）。{GET_ZH}。"),
            format!("what was given cannot be used ({other}); {GET_EN}"),
        ),
    }
}

fn note(note: &Note) -> Option<Words> {
    match note {
        Note::RevokedLater { role, certificate, since, reason } => {
            let (reason_zh, reason_en) = self::reason(*reason);
            let (whose_zh, whose_en) = match role {
                Role::Signer => ("证书", "certificate"),
                Role::Authority => {
                    ("时间戳机构的证书", "certificate of the time-stamping authority,")
                }
            };
            Some((
                format!(
                    "{whose_zh}（尾号 {certificate}）此后于 {} 被吊销（{reason_zh}），不影响此前的签名。",
                    since.beijing()
                ),
                format!(
                    "{whose_en} 尾号 {certificate} was revoked later, from {} on ({reason_en}); that \
                     does not touch what was signed before",
                    since.beijing()
                ),
            ))
        }
        // Said among the facts, with the file.
        _ => None,
    }
}
