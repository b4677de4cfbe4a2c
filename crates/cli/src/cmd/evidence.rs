//! `kaibiao evidence`.

use std::path::{Path, PathBuf};

use kaibiao_evidence::Verdict;
use kaibiao_pki::ers::{self, EvidenceError, VerifiedRecord};
use kaibiao_pki::limits::EVIDENCE_RECORD_BYTES_MAX;
use kaibiao_pki::{DigestAlgorithm, TrustList};
use kaibiao_types::UtcMillis;
use kaibiao_wire::{Exit, Label};

use super::timestamp::verdict_of;
use super::verify::exit_of;
use crate::args::{AtHall, EvidenceArgs, EvidenceCmd, JudgeRecordArgs, RenewArgs};
use crate::client::Hall;
use crate::failure::Failure;
use crate::output::{Facts, Ui};
use crate::renewal::Renewal;
use crate::stamping::{Stamped, explained_record, objects, stamp_facts, stamped};
use crate::{download, files, machine, stamp_words};

pub(super) async fn run(args: EvidenceArgs, ui: Ui) -> Result<Exit, Failure> {
    match args.command {
        Some(EvidenceCmd::Renew(args)) => renew(&args, ui).await,
        Some(EvidenceCmd::Show { record }) => show(&record, ui),
        Some(EvidenceCmd::Verify(args)) => verify(&args, ui),
        None => {
            let (Some(hall), Some(lot), Some(out)) = (args.hall, args.lot, args.out) else {
                return Err(Failure::new(Label::Usage, "give --hall, --lot and --out"));
            };
            download::evidence(&Hall::at(&AtHall { hall, tls_root: args.tls_root })?, &lot, &out)
                .await?;
            let mut facts = Facts::default();
            facts.add("package", out.display().to_string());
            ui.facts(&facts);
            Ok(Exit::Ok)
        }
    }
}

async fn renew(args: &RenewArgs, ui: Ui) -> Result<Exit, Failure> {
    args.out.as_deref().map_or(Ok(()), files::expect_absent)?;
    let trust = args.ask.trust.load()?.list;
    let renewal = match &args.record {
        None => Renewal::begin(&args.files, args.digest.unwrap_or(DigestAlgorithm::Sha256))?,
        Some(old) => {
            let now = machine::now()?;
            Renewal::of(read(old)?, &args.files, args.digest, &trust, now, ui)?
        }
    };
    let failed = |error| explained_record(error, ui);
    let imprint = renewal.imprint().map_err(failed)?;
    let Some(Stamped { stamp, token }) = stamped(&args.ask, imprint, &trust, ui).await? else {
        return Ok(Exit::Ok);
    };
    // The clock of the authority may be ahead of this one.
    let at = machine::now()?.max(stamp.gen_time());
    let (record, verified) = renewal.complete(&token, &trust, at).map_err(failed)?;
    let Some(out) = &args.out else {
        return Err(Failure::new(Label::Usage, "give --out"));
    };
    files::write_new(out, &record)?;
    let mut facts = Facts::default();
    facts.add("record", out.display().to_string()).add("renewed", renewal.kind());
    if args.files.is_empty() {
        facts.add("files", "not-checked");
    } else {
        existence_facts(&mut facts, &verified);
    }
    record_facts(&mut facts, &verified);
    ui.facts(&facts);
    say_due(&verified, ui);
    Ok(Exit::Ok)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, EVIDENCE_RECORD_BYTES_MAX)
}

fn existence_facts(facts: &mut Facts, verified: &VerifiedRecord) {
    facts
        .text("existed_before", verified.existed())
        .add("existed_before_beijing", verified.existed().beijing());
}

fn record_facts(facts: &mut Facts, verified: &VerifiedRecord) {
    facts
        .add("stamps", verified.stamps().len())
        .text("digest", verified.algorithm())
        .text("due", verified.due())
        .add("due_beijing", verified.due().beijing())
        .text("stamp_due", verified.stamp_due());
    if let Some(due) = verified.digest_due() {
        facts.text("digest_due", due);
    }
}

/// By when which renewal is needed.
fn say_due(verified: &VerifiedRecord, ui: Ui) {
    let due = verified.due().beijing();
    if verified.due() < verified.stamp_due() {
        let digest = verified.algorithm();
        ui.note(
            &format!("下次续期请在 {due}（北京时间）之前进行：摘要算法 {digest} 届时不再可信，需要全部原文件。"),
            &format!(
                "renew it before {due} Beijing time: the digest {digest} is not believed any longer \
                 then, and all files are needed"
            ),
        );
    } else {
        ui.note(
            &format!("下次续期请在 {due}（北京时间）之前进行。"),
            &format!("renew it before {due} Beijing time"),
        );
    }
}

fn show(record: &Path, ui: Ui) -> Result<Exit, Failure> {
    let chains = ers::outline(&read(record)?).map_err(|error| explained_record(error, ui))?;
    for (number, chain) in (1_usize..).zip(&chains) {
        let stamped: Vec<String> = chain.stamped.iter().map(UtcMillis::to_string).collect();
        let mut facts = Facts::default();
        facts
            .add("chain", number)
            .text("digest", chain.algorithm)
            .add("objects", chain.objects)
            .add("stamped", stamped);
        ui.facts(&facts);
    }
    ui.note(
        "以上是记录自己的说法，没有经过验证。",
        "this is what the record says of itself; nothing was verified",
    );
    Ok(Exit::Ok)
}

fn verify(args: &JudgeRecordArgs, ui: Ui) -> Result<Exit, Failure> {
    let trust = args.trust.load()?.list;
    let at = args.at.map_or_else(machine::now, Ok)?;
    let record = read(&args.record)?;
    let mut facts = Facts::default();
    let verdict = match judge(&record, &args.files, &trust, at)? {
        Ok(verified) => {
            stamps(&verified, ui);
            existence_facts(&mut facts, &verified);
            record_facts(&mut facts, &verified);
            facts.add("revocation", "not-judged");
            let time = verified.existed().beijing();
            ui.note(
                &format!("证据记录有效：这些文件在 {time}（北京时间）之前已经存在。未查询时间戳机构的证书是否被吊销。"),
                &format!(
                    "the record holds: these files existed before {time} Beijing time; whether an \
                     authority was revoked was not asked"
                ),
            );
            say_due(&verified, ui);
            Verdict::Passed
        }
        Err(error) => {
            facts.add("label", error.label()).add("indication", error.indication());
            let (zh, en) = stamp_words::record(&error);
            ui.note(&zh, &en);
            match &error {
                EvidenceError::Overdue { .. } => Verdict::Indeterminate,
                EvidenceError::Stamp { source, .. } => verdict_of(source),
                _ => Verdict::Failed,
            }
        }
    };
    facts.text("at", at).add("verdict", verdict.name());
    ui.facts(&facts);
    Ok(exit_of(verdict))
}

/// The judgement on a record, apart from files that cannot be read.
fn judge(
    record: &[u8],
    files: &[PathBuf],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<Result<VerifiedRecord, EvidenceError>, Failure> {
    let algorithms: Vec<_> = match ers::outline(record) {
        Ok(chains) => chains.iter().map(|chain| chain.algorithm).collect(),
        Err(error) => return Ok(Err(error)),
    };
    Ok(ers::verify(record, &objects(files, &algorithms)?, trust, at))
}

fn stamps(verified: &VerifiedRecord, ui: Ui) {
    for (number, stamp) in (1_usize..).zip(verified.stamps()) {
        let mut facts = Facts::default();
        facts.add("stamp", number);
        stamp_facts(&mut facts, stamp);
        ui.facts(&facts);
    }
}
