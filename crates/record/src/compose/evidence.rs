//! 封存与密钥, 校验: by what a reader checks the record.

use kaibiao_opening::OpeningRecord;
use kaibiao_types::Digest;

use super::companions::list;
use super::head::{fact, words_of};
use super::section;
use crate::code::VerificationCode;
use crate::file::RecordFile;
use crate::model::{
    Body, Cell, Fact, Line, Section, Start, Style, digest, faint, pair, plain, strong,
};
use crate::words;

/// What the bids were sealed to, and the set that was frozen.
pub(super) fn facts(record: &OpeningRecord) -> Section {
    let freeze = &record.freeze;
    let mut facts = vec![
        of_digest("招标文件摘要", "Tender file", &record.tender_sha256),
        of_digest("密钥仪式编号", "Ceremony", &record.ceremony_id),
        of_digest("仪式记录摘要", "Ceremony record", &record.ceremony_sha256),
        of_digest("封存清单编号", "Freeze", &freeze.freeze_id),
        of_digest("日志根", "Root of the log at the deadline", &freeze.root),
        fact("日志条数", "Entries under this root", vec![plain(&freeze.size.to_string())]),
        fact("密钥门限", "Custodians", threshold(record)),
        fact(
            "收讫投标",
            "Bids receipted",
            vec![
                plain(&freeze.receipted.to_string()),
                faint("含已替换和已撤回 superseded and withdrawn ones included"),
            ],
        ),
        fact("封存签署", "Freeze signed by", vec![plain(&list(&freeze.signers))]),
    ];
    if freeze.degraded {
        let absent = vec![Line::new(&list(&freeze.absent), Style::Alert)];
        facts.push(fact("降级封存，缺席", "Degraded, absent", absent));
    }
    if let Some(source) = &record.source {
        facts.push(fact("数据来源", "Source", vec![plain(source)]));
    }
    section(("封存与密钥", "Freeze and keys"), Start::Here, Body::Facts(facts))
}

fn of_digest(zh: &str, en: &str, value: &Digest) -> Fact {
    fact(zh, en, digest(value))
}

fn threshold(record: &OpeningRecord) -> Cell {
    let mut lines = vec![plain(&format!("{} / {}", record.threshold.k(), record.threshold.n()))];
    lines.extend(words_of(words::custody(record.custody)));
    lines
}

/// 校验码, and how to check it.
pub(super) fn verification(file: &RecordFile, code: &VerificationCode) -> Section {
    let body = Body::Notes(vec![
        vec![strong(&format!("校验码 Verification code　{code}"))],
        vec![
            plain("record.json 的 SHA-256 摘要（校验码为其前 20 位）："),
            faint("SHA-256 of record.json; the code is its first 20 digits:"),
            Line::new(&file.sha256().to_string(), Style::Digest),
        ],
        pair(
            "核对方法：计算 record.json 的 SHA-256（如 sha256sum record.json），与上列摘要逐位比较；各方电子签名和开标日志所记的都是这一摘要。本表由 record.json 生成，任何人用 kaibiao record 可再次得到逐字节相同的本表。",
            "To check: compute the SHA-256 of record.json, for example with sha256sum, and compare all \
             digits. The parties signed these bytes and the opening log names this digest. Anybody makes \
             this print again, byte for byte, with kaibiao record.",
        ),
    ]);
    section(("校验", "Verification"), Start::Here, body)
}
