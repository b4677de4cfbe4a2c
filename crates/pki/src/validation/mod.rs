//! The whole validation of one detached signature at a past time, as ETSI EN 319 102-1 does it for
//! signatures with and without a time stamp (docs/spec/validation.md).
//!
//! - [`Input`] is everything a verdict rests on; the present is an argument of [`validate`].
//! - [`Validation`] is the verdict with every check that led to it, and what is known besides.

mod fault;
mod run;
mod stamp;

use kaibiao_types::{Digest, OrgCode, UtcMillis};

use crate::cert::{Certificate, SerialTail};
use crate::path::{FullPaths, PathValidator};
use crate::revocation::{Evidence, EvidenceFault, Reason, Revocation};
use crate::trust::TrustList;
use crate::tsp::VerifiedTimeStamp;
use crate::verified::VerifiedCert;

pub use fault::{Fault, RevocationEffect};

/// Everything a verdict rests on, but the present.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The container (`.p7s`), as received.
    pub cms: &'a [u8],
    /// What was signed.
    pub content: &'a [u8],
    /// Who is believed.
    pub trust: &'a TrustList,
    /// Certificates beside those in the container: CAs between, signers of revocation evidence. With
    /// those in the container, the first 16 are looked at.
    pub certificates: &'a [Certificate],
    /// CRLs and OCSP responses, at most 64.
    pub evidence: &'a [Evidence<'a>],
    /// What shows that the container existed, beside a time stamp in it.
    pub proofs: &'a [Proof<'a>],
    /// Whose signature it must be; `None` for anybody's.
    pub signer: Option<&'a OrgCode>,
    /// Whether revocation is judged.
    pub revocation: RevocationRule,
}

impl<'a> Input<'a> {
    /// A container and what was signed, by a trust list, with nothing else at hand.
    pub const fn new(cms: &'a [u8], content: &'a [u8], trust: &'a TrustList) -> Self {
        Self {
            cms,
            content,
            trust,
            certificates: &[],
            evidence: &[],
            proofs: &[],
            signer: None,
            revocation: RevocationRule::Required,
        }
    }
}

/// What shows that the container existed at an instant, octet for octet, token included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof<'a> {
    /// The caller knows it: a completion stamp, an entry of a log that others witnessed.
    Known(UtcMillis),
    /// An evidence record (RFC 4998) over the container.
    Record(&'a [u8]),
}

/// Whether revocation is judged. It is the caller's policy, and shown in the result.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RevocationRule {
    /// Without evidence that can be used the verdict stays open.
    #[default]
    Required,
    /// Nobody asks: the result says so.
    NotJudged,
}

/// The verdict on a signature, with a sub-indication of ETSI EN 319 102-1 where it is not passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// `TOTAL-PASSED`.
    Passed,
    /// `TOTAL-FAILED`: no further evidence can change this.
    Failed(&'static str),
    /// `INDETERMINATE`: what is at hand allows neither a yes nor a no.
    Indeterminate(&'static str),
}

impl Verdict {
    /// `TOTAL-PASSED`, `TOTAL-FAILED` or `INDETERMINATE`.
    pub const fn indication(self) -> &'static str {
        match self {
            Self::Passed => "TOTAL-PASSED",
            Self::Failed(_) => "TOTAL-FAILED",
            Self::Indeterminate(_) => "INDETERMINATE",
        }
    }

    /// The sub-indication; `None` if passed.
    pub const fn sub_indication(self) -> Option<&'static str> {
        match self {
            Self::Passed => None,
            Self::Failed(why) | Self::Indeterminate(why) => Some(why),
        }
    }
}

/// One question that was asked, in the order of asking.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Question {
    /// Is it a container of the profile?
    Format,
    /// Is the content the one that was signed?
    Content,
    /// Is the signer's certificate inside, and the one the signature was made for?
    Certificate,
    /// Was the signature value made with the key of that certificate?
    Value,
    /// Does the instant at which the caller knows the container to have existed lie in the past?
    Known,
    /// Does the evidence record show when the container existed?
    Record,
    /// Does the time stamp show when the signature existed?
    TimeStamp,
    /// Does the certificate lead to the trust list by a path that was valid then?
    Path,
    /// Is it the signature of whom it must be of?
    Signer,
    /// Was no certificate of the path revoked then?
    Revocation,
}

impl Question {
    /// The stable name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Content => "content",
            Self::Certificate => "certificate",
            Self::Value => "value",
            Self::Known => "known",
            Self::Record => "record",
            Self::TimeStamp => "time-stamp",
            Self::Path => "path",
            Self::Signer => "signer",
            Self::Revocation => "revocation",
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No: the signature fails.
    No(Fault),
    /// It cannot be told.
    Open(Fault),
    /// Not yes, yet nothing rests on it: something else shows when the signature existed.
    NotNeeded(Fault),
    /// The caller did not want to know ([`RevocationRule::NotJudged`]).
    NotJudged,
}

impl Answer {
    /// What stands in the way of a yes.
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::No(fault) | Self::Open(fault) | Self::NotNeeded(fault) => Some(fault),
            Self::Yes | Self::NotJudged => None,
        }
    }

    /// The stable name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Yes => "passed",
            Self::No(_) => "failed",
            Self::Open(_) => "open",
            Self::NotNeeded(_) => "not-needed",
            Self::NotJudged => "not-judged",
        }
    }
}

/// A question with its answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// The question.
    pub question: Question,
    /// The answer.
    pub answer: Answer,
}

/// An instant at which the signature existed, and who says so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Existence {
    /// The instant.
    pub at: UtcMillis,
    /// Who says so.
    pub by: Witness,
}

/// Who says that a signature existed at an instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Witness {
    /// The caller ([`Proof::Known`]).
    Caller,
    /// An evidence record ([`Proof::Record`]).
    Record,
    /// The time stamp on the signature.
    TimeStamp,
}

impl Witness {
    /// The stable name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Record => "record",
            Self::TimeStamp => "time-stamp",
        }
    }
}

/// Whose path a certificate stands on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The signer's.
    Signer,
    /// That of an authority that stamped time.
    Authority,
}

/// What the evidence says on one certificate at the instant that counts for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// Whose path it stands on.
    pub role: Role,
    /// The certificate.
    pub certificate: SerialTail,
    /// Revoked then or not.
    pub revocation: Revocation,
}

/// What is worth knowing and decides nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A certificate was revoked after the instant that counts for it.
    RevokedLater {
        /// Whose path it stands on.
        role: Role,
        /// The certificate.
        certificate: SerialTail,
        /// From when on; of a lost key, when it was lost.
        since: UtcMillis,
        /// Why.
        reason: Reason,
    },
    /// A piece of revocation evidence that could not be used.
    Unusable {
        /// Its place in [`Input::evidence`], from 0.
        place: usize,
        /// Why.
        fault: EvidenceFault,
    },
}

/// The verdict on a signature and all that led to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Validation {
    cms_sha256: Digest,
    checks: Vec<Check>,
    now: UtcMillis,
    best: Option<Existence>,
    signing_time: Option<UtcMillis>,
    certificate: Option<Certificate>,
    signer: Option<VerifiedCert>,
    time_stamp: Option<VerifiedTimeStamp>,
    statuses: Vec<Status>,
    notes: Vec<Note>,
}

impl Validation {
    /// The verdict: failed if one answer is no, else open if one is, else passed.
    pub fn verdict(&self) -> Verdict {
        let answers = || self.checks.iter().map(|check| &check.answer);
        let no = answers().find_map(|answer| match answer {
            Answer::No(fault) => Some(Verdict::Failed(fault.indication())),
            _ => None,
        });
        let open = answers().find_map(|answer| match answer {
            Answer::Open(fault) => Some(Verdict::Indeterminate(fault.indication())),
            _ => None,
        });
        no.or(open).unwrap_or(Verdict::Passed)
    }

    /// What the verdict is not passed for; `None` if it is.
    pub fn fault(&self) -> Option<&Fault> {
        let answers = || self.checks.iter().map(|check| &check.answer);
        let no = answers().find(|answer| matches!(answer, Answer::No(_)));
        no.or_else(|| answers().find(|answer| matches!(answer, Answer::Open(_))))?.fault()
    }

    /// Every question that was asked, in order. After an answer that leaves nothing to go on with,
    /// no further one is.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The earliest instant at which the signature is shown to have existed, `None` if nothing shows
    /// one (ETSI: best-signature-time).
    pub const fn best_signature_time(&self) -> Option<Existence> {
        self.best
    }

    /// The instant the signer's path was judged for: [`best_signature_time`](Self::best_signature_time),
    /// else the present.
    pub fn judged_at(&self) -> UtcMillis {
        self.best.map_or(self.now, |best| best.at)
    }

    /// When the signer says to have signed: a claim that decides nothing. `None` if the container
    /// could not be read.
    pub const fn signing_time(&self) -> Option<UtcMillis> {
        self.signing_time
    }

    /// The certificate under whose key the signature is intact.
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The signer, if the path was valid at [`judged_at`](Self::judged_at). It is here whatever the
    /// verdict; see [`verdict`](Self::verdict) first.
    pub const fn signer(&self) -> Option<&VerifiedCert> {
        self.signer.as_ref()
    }

    /// The time stamp on the signature, if it is intact and its authority's path was valid.
    pub const fn time_stamp(&self) -> Option<&VerifiedTimeStamp> {
        self.time_stamp.as_ref()
    }

    /// SHA-256 of the whole container.
    pub const fn cms_sha256(&self) -> Digest {
        self.cms_sha256
    }

    /// What the evidence says on each certificate that was judged.
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// What is worth knowing besides.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Validates a detached signature.
///
/// The signer's path and its revocation are judged at the earliest instant at which the signature is
/// shown to have existed: by the caller, by an evidence record, by the time stamp in the container.
/// Nothing showing one, they are judged at `now`, and what only time could explain stays open. The
/// signing time in the container is a claim and plays no part.
///
/// # Source
///
/// ETSI EN 319 102-1, 5.3 and 5.5; `docs/spec/validation.md`.
pub fn validate(input: &Input<'_>, now: UtcMillis) -> Validation {
    validate_by(&FullPaths::default(), input, now)
}

/// [`validate`] with another path validator.
pub fn validate_by(validator: &dyn PathValidator, input: &Input<'_>, now: UtcMillis) -> Validation {
    run::Run::new(validator, *input, now).end()
}
