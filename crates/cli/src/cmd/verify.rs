//! `kaibiao verify`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use kaibiao_crypto::scrub_stack;
use kaibiao_evidence::{Report, Verdict, explain, list_checks};
use kaibiao_pki::TrustList;
use kaibiao_types::UtcMillis;
use kaibiao_wire::{Exit, Label};

use crate::args::{ByTrust, VerifyArgs};
use crate::failure::Failure;
use crate::output::{Lang, Ui};

pub(super) fn run(args: &VerifyArgs, ui: Ui) -> Result<Exit, Failure> {
    if args.list_checks {
        if ui.json {
            ui.data(kaibiao_evidence::checks_json().trim_end());
        } else {
            ui.data(list_checks(language(ui)).trim_end());
        }
        return Ok(Exit::Ok);
    }
    if let Some(id) = &args.explain {
        let text = explain(id, language(ui)).ok_or_else(|| {
            let detail = format!("no check {id}; see kaibiao verify --list-checks");
            Failure::new(Label::Usage, detail)
        })?;
        ui.data(text.trim_end());
        return Ok(Exit::Ok);
    }
    let (Some(package), Some(trust)) = (&args.package, &args.trust) else {
        return Err(Failure::new(Label::Usage, "give a package and --trust"));
    };
    let trust = ByTrust { trust: trust.clone(), trust_signed_by: args.trust_signed_by.clone() };
    let report = judge(package, &trust.load()?.list, args.at)?;
    self::report(&report, ui);
    Ok(exit(&report))
}

/// Verifies a package in a file.
pub(crate) fn judge(
    package: &Path,
    trust: &TrustList,
    at: Option<UtcMillis>,
) -> Result<Report, Failure> {
    let file = File::open(package).map_err(|error| Failure::read(package, &error))?;
    let report = kaibiao_evidence::verify(&mut BufReader::new(file), trust, at);
    scrub_stack(); // the keys of the bids were there
    Ok(report)
}

/// Prints a report.
pub(crate) fn report(report: &Report, ui: Ui) {
    let text = if ui.json { report.json() } else { report.text(language(ui)) };
    ui.data(text.trim_end());
}

/// The exit code of a verdict.
pub(crate) const fn exit(report: &Report) -> Exit {
    exit_of(report.verdict())
}

/// The exit code of a verdict, whatever it is about.
pub(super) const fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Passed => Exit::Ok,
        Verdict::Failed => Exit::Failed,
        Verdict::Indeterminate => Exit::Indeterminate,
    }
}

const fn language(ui: Ui) -> kaibiao_evidence::Lang {
    match ui.lang {
        Lang::Zh => kaibiao_evidence::Lang::Zh,
        Lang::En => kaibiao_evidence::Lang::En,
    }
}
