//! What is wrong with a time stamp or an evidence record, in words for people: what is wrong, what to
//! do.

use kaibiao_pki::TimeStampError;
use kaibiao_pki::ers::EvidenceError;

use crate::cert_words::{self, Words};

/// About a time stamp.
pub(crate) fn stamp(error: &TimeStampError) -> Words {
    match error {
        TimeStampError::Certificate(error) => {
            let (zh, en) = cert_words::cert(error);
            (format!("时间戳机构的{zh}"), format!("of the time-stamping authority: {en}"))
        }
        TimeStampError::Refused { failure, text, .. } => {
            let reason = failure.map_or("", kaibiao_pki::tsp::Failure::name);
            (
                format!("时间戳机构没有盖戳：{reason} {text}。请换用它支持的摘要算法或策略。"),
                format!(
                    "the authority did not stamp: {reason} {text}; use a digest or policy it knows"
                ),
            )
        }
        TimeStampError::Imprint | TimeStampError::ImprintAlgorithm => (
            "时间戳是针对另一个文件的，或文件在盖戳之后被改动。".to_owned(),
            "the time stamp is of another file, or the file was changed since".to_owned(),
        ),
        TimeStampError::Nonce => (
            "应答不是针对这次请求的。请确认请求文件与应答文件成对。".to_owned(),
            "the answer is to another request; see that request and answer belong together"
                .to_owned(),
        ),
        TimeStampError::Crypto(cert) => (
            format!("时间戳不是由机构证书（尾号 {cert}）的密钥作出的，或已被改动。"),
            format!(
                "the time stamp was not made with the key of certificate 尾号 {cert}, or was altered"
            ),
        ),
        other => (
            format!("时间戳不能接受：{other}。"),
            format!("the time stamp is not accepted: {other}"),
        ),
    }
}

/// About an evidence record.
pub(crate) fn record(error: &EvidenceError) -> Words {
    match error {
        EvidenceError::Stamp { number, source } => {
            let (zh, en) = stamp(source);
            (format!("第 {number} 个时间戳：{zh}"), format!("time stamp {number}: {en}"))
        }
        EvidenceError::NotCovered => (
            "记录证明的不是这些文件：文件被改动、缺少或多给了。请给出其中一个，或给出全部。".to_owned(),
            "the record is not about these files: one was changed, is missing or is too many; give \
             one of them, or all"
                .to_owned(),
        ),
        EvidenceError::Overdue { due } => (
            format!("记录应在 {}（北京时间）之前续期，此后不能再单凭它证明。", due.beijing()),
            format!("the record was to be renewed by {} Beijing time", due.beijing()),
        ),
        EvidenceError::Late { number, due, .. } => (
            format!(
                "第 {number} 个时间戳作出得太晚：前一个在 {}（北京时间）已经失效。",
                due.beijing()
            ),
            format!(
                "time stamp {number} came too late: the one before had ended at {} Beijing time",
                due.beijing()
            ),
        ),
        EvidenceError::Order(number) => (
            format!("第 {number} 个时间戳不晚于前一个，或在所判定的时刻之后。请核对本机时间。"),
            format!(
                "time stamp {number} is not later than the one before, or lies after the instant that \
                 is judged; check the clock of this machine"
            ),
        ),
        EvidenceError::Digest { old, new } => (
            format!("摘要算法 {new} 不比已用过的 {old} 更强。请换用更强的算法。"),
            format!("the digest {new} is not stronger than {old}, which was used; take a stronger one"),
        ),
        other => (
            format!("证据记录不能接受：{other}。"),
            format!("the evidence record is not accepted: {other}"),
        ),
    }
}
