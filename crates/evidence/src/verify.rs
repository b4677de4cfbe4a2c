//! Derives everything again from a package and compares.

mod bids;
mod container;
mod estimate;
mod files;
mod findings;
mod journal_time;
mod journals;
mod log;
mod notes;
mod order;
mod prices;
mod receipts;
mod record;
mod tender;

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use kaibiao_crypto::SUITE_1;
use kaibiao_pki::TrustList;
use kaibiao_types::{Digest, UtcMillis};

use crate::CheckId;
use crate::report::{Facts, Outcome, Report};
use crate::zip::{Archive, ReadFault};
use files::Files;
use findings::{Findings, Why};

/// Where a package is read from.
pub(crate) trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// One verification under way.
struct Run {
    trust: Arc<TrustList>,
    at: Option<UtcMillis>,
    facts: Facts,
    findings: Findings,
}

/// Verifies a package by the auditor's own trust list.
///
/// `trust` is never the list inside the package; that one is only compared. `at` is an instant that
/// the auditor vouches for, normally now: what the package dates later does not count. Without it
/// every time is the one that the evidence states, and the verdict does not depend on any clock.
///
/// There is always a report. What is missing is never a pass; a package that cannot be read at all
/// fails, or stays undecided if the reading itself failed.
///
/// # Source
///
/// ETSI EN 319 102-1 (indications); ETSI EN 319 162-1 (container).
pub fn verify<R: Read + Seek>(package: &mut R, trust: &TrustList, at: Option<UtcMillis>) -> Report {
    let mut run = Run {
        trust: Arc::new(trust.clone()),
        at,
        facts: Facts::default(),
        findings: Findings::default(),
    };
    match open(package, &mut run.facts) {
        Ok(archive) => {
            run.findings.pass(CheckId::Pkg01, None);
            run.package(archive);
        }
        Err(ReadFault::Fault(fault)) => {
            run.findings.fail(CheckId::Pkg01, None, Why::format(&fault));
        }
        Err(ReadFault::Io(error)) => {
            run.findings.unknown(CheckId::Pkg01, None, Why::of(&error));
        }
    }
    run.finish()
}

fn open<'a>(
    package: &'a mut dyn Source,
    facts: &mut Facts,
) -> Result<Archive<&'a mut dyn Source>, ReadFault> {
    facts.package_sha256 = Some(digest(package)?);
    Archive::open(package)
}

/// SHA-256 of the whole package.
fn digest(package: &mut dyn Source) -> Result<Digest, std::io::Error> {
    let mut hasher = SUITE_1.hasher();
    let mut buffer = vec![0; 1 << 16];
    package.seek(SeekFrom::Start(0))?;
    loop {
        match package.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

impl Run {
    /// The groups of checks, each with what the ones before it have established.
    fn package(&mut self, archive: Archive<&mut dyn Source>) {
        let mut files = Files::new(archive);
        let seal = self.container(&mut files);
        let tender = self.tender_files(&mut files);
        let log = self.log_files(&mut files, tender.file.as_ref());
        self.trust_list(&mut files, tender.file.as_ref());
        self.seal(seal.as_ref(), tender.file.as_ref(), log.last_at());
        let verified = self.tender_and_ceremony(&mut files, &tender, log.first_at());
        let replayed = verified.map(|tender| self.replay(tender, &log));
        if let Some(replayed) = &replayed {
            self.facts.deadline = Some(replayed.replay.deadline());
        }
        self.witnesses(&mut files, replayed.as_ref(), &log);
        self.order(&log, replayed.as_ref(), tender.file.as_ref());
        if let Some(replayed) = &replayed {
            self.bids(&mut files, replayed, &log);
            self.record(&mut files, replayed);
            self.notes(&mut files, replayed);
        }
        self.layout(&files, replayed.as_ref());
        files.report(&mut self.findings);
    }

    fn finish(self) -> Report {
        let (findings, bids, notes, worst) = self.findings.finish();
        Report {
            trust_sha256: self.trust.sha256(),
            at: self.at,
            facts: self.facts,
            findings,
            bids,
            notes,
            verdict: crate::Verdict::of(worst.max(Outcome::Pass)),
        }
    }
}
