//! `kaibiao timestamp`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kaibiao_evidence::Verdict;
use kaibiao_pki::limits::{CMS_BYTES_MAX, TIME_STAMP_BYTES_MAX};
use kaibiao_pki::tsp::{self, VerifiedTimeStamp, read_response, verify_token};
use kaibiao_pki::{CertError, DigestAlgorithm, TimeStampError, TrustList, cms};
use kaibiao_types::UtcMillis;
use kaibiao_wire::Exit;

use super::verify::exit_of;
use crate::args::{AskArgs, TimestampCmd};
use crate::failure::Failure;
use crate::output::{Facts, Ui};
use crate::stamping::{stamp_facts, stamped};
use crate::{cert_words, files, machine, stamp_words, stamping};

pub(super) async fn run(command: TimestampCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        TimestampCmd::File { file, out, digest, ask } => {
            let out = out.unwrap_or_else(|| beside(&file));
            of_file(&file, &out, digest, &ask, ui).await?;
        }
        TimestampCmd::Signature { signature, out, ask } => {
            on_signature(&signature, out.as_deref(), &ask, ui).await?;
        }
        TimestampCmd::Verify { file, token, trust, at } => {
            let trust = trust.load()?;
            let at = at.map_or_else(machine::now, Ok)?;
            return verify(&file, &token, &trust.list, at, ui);
        }
    }
    Ok(Exit::Ok)
}

/// The name of a file with `.tst` at its end.
fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".tst");
    name.into()
}

async fn of_file(
    file: &Path,
    out: &Path,
    digest: DigestAlgorithm,
    ask: &AskArgs,
    ui: Ui,
) -> Result<(), Failure> {
    files::expect_absent(out)?;
    let trust = ask.trust.load()?;
    let imprint = stamping::imprint(file, digest)?;
    if let Some(stamped) = stamped(ask, imprint, &trust.list, ui).await? {
        files::write_new(out, &stamped.token)?;
        done("token", out, &stamped.stamp, ui);
    }
    Ok(())
}

/// Stamps the signature, not the file it is of.
async fn on_signature(
    signature: &Path,
    out: Option<&Path>,
    ask: &AskArgs,
    ui: Ui,
) -> Result<(), Failure> {
    out.map_or(Ok(()), files::expect_absent)?;
    let trust = ask.trust.load()?;
    let cms = files::read(signature, CMS_BYTES_MAX)?;
    let explained = |error: cms::SignatureError| {
        let (zh, en) = cert_words::signature(&error);
        ui.note(&zh, &en);
        Failure::from(error)
    };
    let imprint = cms::time_stamp_imprint(&cms).map_err(explained)?;
    let stamped = stamped(ask, imprint, &trust.list, ui).await?;
    if let (Some(stamped), Some(out)) = (stamped, out) {
        let cms = cms::add_time_stamp(&cms, &stamped.token).map_err(explained)?;
        files::write_new(out, &cms)?;
        done("signature", out, &stamped.stamp, ui);
    }
    Ok(())
}

fn done(name: &str, out: &Path, stamp: &VerifiedTimeStamp, ui: Ui) {
    let mut facts = Facts::default();
    facts.add(name, out.display().to_string());
    stamp_facts(&mut facts, stamp);
    ui.facts(&facts);
    let due = stamp.due().beijing();
    ui.note(
        &format!("时间戳有效。请在 {due}（北京时间）之前续期。"),
        &format!("the time stamp holds; have it renewed before {due} Beijing time"),
    );
}

/// Judges a stamp of a file and says what came of it.
fn verify(
    file: &Path,
    token: &Path,
    trust: &TrustList,
    at: UtcMillis,
    ui: Ui,
) -> Result<Exit, Failure> {
    let bytes = files::read(token, TIME_STAMP_BYTES_MAX)?;
    // The answer of an authority is a token with a status around it.
    let token = read_response(&bytes).unwrap_or(&bytes);
    let judged = match tsp::stated(token).map(|(imprint, _)| imprint.algorithm()) {
        Ok(algorithm) => verify_token(token, &stamping::imprint(file, algorithm)?, trust),
        Err(error) => Err(error),
    };
    let mut facts = Facts::default();
    let verdict = match &judged {
        Err(error) => {
            facts.add("label", error.label()).add("indication", error.indication());
            let (zh, en) = stamp_words::stamp(error);
            ui.note(&zh, &en);
            verdict_of(error)
        }
        Ok(stamp) => {
            stamp_facts(&mut facts, stamp);
            standing(stamp, at, &mut facts, ui)
        }
    };
    facts.text("at", at).add("verdict", verdict.name());
    ui.facts(&facts);
    Ok(exit_of(verdict))
}

/// Another trust list may know an authority that this one does not.
pub(super) const fn verdict_of(error: &TimeStampError) -> Verdict {
    match error {
        TimeStampError::Certificate(CertError::Untrusted(_)) => Verdict::Indeterminate,
        _ => Verdict::Failed,
    }
}

/// What a stamp that holds proves at an instant.
fn standing(stamp: &VerifiedTimeStamp, at: UtcMillis, facts: &mut Facts, ui: Ui) -> Verdict {
    let (time, due) = (stamp.gen_time().beijing(), stamp.due().beijing());
    if at > stamp.due() {
        facts.add("indication", "OUT_OF_BOUNDS_NO_POE");
        ui.note(
            &format!("时间戳在 {due}（北京时间）之后不能再单独证明，需要续期过的证据记录。"),
            &format!(
                "after {due} Beijing time the stamp proves nothing by itself; a renewed evidence record \
                 is needed"
            ),
        );
        return Verdict::Indeterminate;
    }
    if at < stamp.gen_time() {
        facts.add("indication", "NO_POE");
        ui.note(
            &format!("时间戳在 {time}（北京时间）才作出，晚于所判定的时刻。请核对本机时间。"),
            &format!(
                "the stamp was made at {time} Beijing time, after the instant that is judged; check the \
                 clock of this machine"
            ),
        );
        return Verdict::Indeterminate;
    }
    facts.add("revocation", "not-judged");
    ui.note(
        &format!("时间戳有效：文件在 {time}（北京时间）之前已经存在。未查询时间戳机构的证书是否被吊销。"),
        &format!(
            "the stamp holds: the file existed before {time} Beijing time; whether its authority was \
             revoked was not asked"
        ),
    );
    Verdict::Passed
}
