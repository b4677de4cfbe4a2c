//! `kaibiao verify-signature`.

use std::path::Path;

use kaibiao_pki::cms::{self, ImportedSignature, SignatureError};
use kaibiao_pki::revocation::{Evidence, Revocation};
use kaibiao_pki::validation::{
    Check, Fault, Input, Note, Proof, RevocationRule, Role, Status, Validation, Verdict, validate,
};
use kaibiao_pki::{Certificate, TrustList, VerifiedCert, limits};
use kaibiao_types::{OrgCode, UtcMillis};
use kaibiao_wire::{Exit, Label};
use serde_json::{Value, json};

use super::signing::CONTENT_MAX;
use crate::args::VerifySignatureArgs;
use crate::failure::Failure;
use crate::identity;
use crate::output::{Facts, Ui};
use crate::{cert_words, files, machine, validation_words};

pub(super) fn run(args: &VerifySignatureArgs, ui: Ui) -> Result<Exit, Failure> {
    let trust = args.trust.load()?;
    let cms = files::read(&args.signature, limits::CMS_BYTES_MAX)?;
    let content = files::read(&args.content, CONTENT_MAX)?;
    let now = args.now.map_or_else(machine::now, Ok)?;
    if cms::is_importable(&cms) && args.import {
        return import(&cms, &content, &trust.list, args, now, ui);
    }
    if cms::is_importable(&cms) {
        ui.note(
            "这是 GB/T 35275 格式的签名，不是本系统的签名，不能用于投标。如需查验，请加 --import。",
            "this is a signature in a container of GB/T 35275, none of ours, and of no use for a bid; \
             to judge it all the same, add --import",
        );
    }
    let lists: Vec<Vec<u8>> = args
        .revocation
        .iter()
        .map(|path| files::read(path, limits::CRL_BYTES_MAX))
        .collect::<Result<_, _>>()?;
    let evidence: Vec<Evidence<'_>> = lists.iter().map(|bytes| Evidence::guess(bytes)).collect();
    let record = args.record.as_deref().map(read_record).transpose()?;
    let known = args.at.map(Proof::Known);
    let proofs: Vec<Proof<'_>> =
        known.into_iter().chain(record.as_deref().map(Proof::Record)).collect();
    let signer = args.code.as_deref().map(code).transpose()?;
    let input = Input {
        certificates: &certificates(&args.certificates)?,
        evidence: &evidence,
        proofs: &proofs,
        signer: signer.as_ref(),
        revocation: if args.no_revocation {
            RevocationRule::NotJudged
        } else {
            RevocationRule::Required
        },
        ..Input::new(&cms, &content, &trust.list)
    };
    let found = validate(&input, now);
    if ui.json {
        ui.facts(facts(&found, args).add("checks", checks(&found)));
    } else {
        ui.facts(&facts(&found, args));
        ui.facts(&answers(&found));
    }
    for (zh, en) in validation_words::all(&found) {
        ui.note(&zh, &en);
    }
    Ok(match found.verdict() {
        Verdict::Passed => Exit::Ok,
        Verdict::Failed(_) => Exit::Failed,
        Verdict::Indeterminate(_) => Exit::Indeterminate,
    })
}

/// Judges a container of GB/T 35275 by itself.
fn import(
    cms: &[u8],
    content: &[u8],
    trust: &TrustList,
    args: &VerifySignatureArgs,
    now: UtcMillis,
    ui: Ui,
) -> Result<Exit, Failure> {
    let at = args.at.unwrap_or(now);
    if at > now {
        return Err(Failure::new(
            Label::BadInput,
            format!("--at {at} lies in the future of {now}"),
        ));
    }
    let imported = cms::verify_imported(cms, content, trust, at);
    let imported = imported.map_err(|error| refused(error, ui))?;
    let expected = args.code.as_deref().map(code).transpose()?;
    let found = &imported.signer().party().code;
    if expected.is_some_and(|expected| expected != *found) {
        let detail = format!("signed by {found}, and not by whom --code names");
        return Err(Failure::new(Label::BrokenSignature, detail));
    }
    say_imported(&imported, at, ui);
    Ok(Exit::Ok)
}

fn refused(error: SignatureError, ui: Ui) -> Failure {
    let (zh, en) = cert_words::signature(&error);
    ui.note(&zh, &en);
    match error {
        SignatureError::Certificate(error) => Failure::from(error),
        error => Failure::from(error),
    }
}

fn read_record(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, limits::EVIDENCE_RECORD_BYTES_MAX)
}

fn code(text: &str) -> Result<OrgCode, Failure> {
    OrgCode::parse(text).map_err(|error| Failure::caused(Label::BadInput, &error))
}

fn certificates(paths: &[impl AsRef<Path>]) -> Result<Vec<Certificate>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let (first, others) = identity::certificates(path.as_ref())?;
        all.push(first);
        all.extend(others);
    }
    Ok(all)
}

/// The verdict and what it rests on.
fn facts(found: &Validation, args: &VerifySignatureArgs) -> Facts {
    let verdict = found.verdict();
    let mut facts = Facts::default();
    facts
        .add("indication", verdict.indication())
        .add("sub_indication", verdict.sub_indication())
        .add("label", found.fault().map(Fault::label))
        .add("best_signature_time", found.best_signature_time().map(|best| best.at.to_string()))
        .add("best_signature_time_by", found.best_signature_time().map(|best| best.by.name()))
        .text("judged_at", found.judged_at())
        .add("revocation", if args.no_revocation { "not-judged" } else { "judged" })
        .add("signing_time_claimed", found.signing_time().map(|at| at.to_string()))
        .text("cms_sha256", found.cms_sha256());
    if let Some(certificate) = found.certificate() {
        facts.text("serial_tail", certificate.serial_tail());
    }
    if let Some(party) = found.signer().map(VerifiedCert::party) {
        facts.add("organisation", party.name.clone()).text("code", &party.code);
    }
    facts.add("certificates", found.statuses().iter().map(status).collect::<Vec<_>>());
    let notes = found.notes().iter().map(|note| self::note(note, args));
    facts.add("notes", notes.collect::<Vec<_>>());
    facts
}

fn checks(found: &Validation) -> Vec<Value> {
    let check = |Check { question, answer }: &Check| match answer.fault() {
        None => json!({ "question": question.name(), "answer": answer.name() }),
        Some(fault) => json!({
            "question": question.name(),
            "answer": answer.name(),
            "sub_indication": fault.indication(),
            "label": fault.label(),
        }),
    };
    found.checks().iter().map(check).collect()
}

/// The same for people: one line for each question, in the order of asking.
fn answers(found: &Validation) -> Facts {
    let mut facts = Facts::default();
    for (Check { question, answer }, number) in found.checks().iter().zip(1..) {
        let why = answer.fault().map(|fault| format!(" {} {}", fault.indication(), fault.label()));
        let why = why.unwrap_or_default();
        facts
            .add(&format!("check {number} {}", question.name()), format!("{}{why}", answer.name()));
    }
    facts
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Signer => "signer",
        Role::Authority => "time-stamping authority",
    }
}

fn status(status: &Status) -> Value {
    let mut out = json!({
        "path": role(status.role),
        "serial_tail": status.certificate.to_string(),
    });
    let more = match status.revocation {
        Revocation::Good => json!({ "status": "good" }),
        Revocation::Revoked { at, .. } => json!({ "status": "revoked", "since": at.to_string() }),
        Revocation::Unknown(fault) => json!({ "status": "unknown", "label": fault.label() }),
    };
    if let (Some(out), Value::Object(more)) = (out.as_object_mut(), more) {
        out.extend(more);
    }
    out
}

fn note(note: &Note, args: &VerifySignatureArgs) -> Value {
    match note {
        Note::RevokedLater { role, certificate, since, .. } => json!({
            "note": "revoked later",
            "path": self::role(*role),
            "serial_tail": certificate.to_string(),
            "since": since.to_string(),
        }),
        Note::Unusable { place, fault } => json!({
            "note": "unusable evidence",
            "file": args.revocation.get(*place).map(|path| path.display().to_string()),
            "label": fault.label(),
        }),
        other => json!({ "note": format!("{other:?}") }),
    }
}

/// Who signed.
fn signature_facts(signer: &VerifiedCert) -> Facts {
    let mut facts = Facts::default();
    facts
        .add("organisation", signer.party().name.clone())
        .text("code", &signer.party().code)
        .text("serial_tail", signer.certificate().serial_tail());
    facts
}

/// A foreign container is never shown like one of ours.
fn say_imported(imported: &ImportedSignature, at: UtcMillis, ui: Ui) {
    let notes: Vec<&str> = imported.notes().iter().map(|note| note.label()).collect();
    let mut facts = signature_facts(imported.signer());
    facts
        .add("container", "gbt-35275")
        .add("canonical", false)
        .add("revocation", "not-judged")
        .add("notes", json!(notes))
        .add("signing_time", imported.signing_time().map_or(Value::Null, |at| json!(at)))
        .text("cms_sha256", imported.cms_sha256())
        .text("at", at);
    ui.facts(&facts);
    ui.note(
        "注意：签名成立，但其格式为 GB/T 35275，不是本系统的规范签名，不能用于投标、递交或签署开标记录。",
        "note: the signature holds, but its container is non-canonical (GB/T 35275); it is of no use for \
         bids, submissions and records",
    );
}
