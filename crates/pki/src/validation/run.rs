//! Asks the questions, one after another.

use kaibiao_types::UtcMillis;

use super::fault::RevocationEffect;
use super::{
    Answer, Check, Existence, Fault, Input, Note, Proof, Question, RevocationRule, Role, Status,
    Validation, Witness,
};
use crate::cert::{CertError, Certificate, SerialTail, SignatureAlgorithm};
use crate::cms::{Container, SignatureError, check};
use crate::path::PathValidator;
use crate::revocation::{
    EvidenceStore, Freshness, Reason, Revocation, RevocationVerdict, judge_verified,
};
use crate::sha256;
use crate::verified::{Usage, VerifiedCert, VerifiedPath, add_to_pool, verify_chain_by};

/// What is asked of the container by itself, in order.
const INTACT: [Question; 4] =
    [Question::Format, Question::Content, Question::Certificate, Question::Value];

/// Which of the questions on a container that could be read an error answers.
const fn question_of(error: &SignatureError) -> Question {
    match error {
        SignatureError::Digest => Question::Content,
        SignatureError::Crypto(_) => Question::Value,
        _ => Question::Certificate,
    }
}

/// A validation under way.
pub(super) struct Run<'a> {
    pub(super) validator: &'a dyn PathValidator,
    pub(super) input: Input<'a>,
    pub(super) now: UtcMillis,
    /// CRLs and OCSP responses, read once.
    evidence: EvidenceStore<'a>,
    /// Certificates for paths and for signers of evidence, beside the signer's.
    pub(super) pool: Vec<Certificate>,
    /// Instants at which the signature is shown to have existed.
    pub(super) shown: Vec<Existence>,
    pub(super) out: Validation,
}

impl<'a> Run<'a> {
    pub(super) fn new(validator: &'a dyn PathValidator, input: Input<'a>, now: UtcMillis) -> Self {
        let out = Validation {
            cms_sha256: sha256(input.cms),
            checks: Vec::new(),
            now,
            best: None,
            signing_time: None,
            certificate: None,
            signer: None,
            time_stamp: None,
            statuses: Vec::new(),
            notes: Vec::new(),
        };
        let evidence = EvidenceStore::read(input.evidence);
        Self { validator, input, now, evidence, pool: Vec::new(), shown: Vec::new(), out }
    }

    pub(super) fn end(mut self) -> Validation {
        self.all();
        self.out
    }

    /// `None` after an answer that leaves nothing to go on with.
    fn all(&mut self) -> Option<()> {
        let input = self.input;
        let container = match Container::read(input.cms) {
            Ok(container) => container,
            Err(error) => return self.refuse(Question::Format, error),
        };
        self.out.signing_time = Some(container.attributes.signing_time);
        let (certificate, algorithm) = match check(&container, input.content) {
            Ok(found) => found,
            Err(error) => return self.refuse(question_of(&error), error),
        };
        for question in INTACT {
            self.answer(question, Answer::Yes);
        }
        self.out.certificate = Some(certificate.clone());
        self.pool = container.bag.beside(certificate);
        add_to_pool(&mut self.pool, input.certificates);
        for proof in input.proofs {
            self.proof(proof);
        }
        if let Some(token) = container.time_stamp {
            self.time_stamp(token, container.signature);
        }
        self.settle();
        self.out.best = self.earliest();
        let signer = self.path(certificate, algorithm)?;
        self.whose(&signer);
        self.revocation(&signer);
        self.out.signer = Some(signer);
        Some(())
    }

    pub(super) fn answer(&mut self, question: Question, answer: Answer) {
        self.out.checks.push(Check { question, answer });
    }

    /// Everything before this question was in order; this is not, and no other can be asked.
    fn refuse(&mut self, question: Question, error: SignatureError) -> Option<()> {
        for earlier in INTACT.into_iter().take_while(|earlier| *earlier != question) {
            self.answer(earlier, Answer::Yes);
        }
        // The certificate may exist elsewhere; it is just not here.
        let open = error == SignatureError::SignerMissing;
        let fault = Fault::Signature(error);
        self.answer(question, if open { Answer::Open(fault) } else { Answer::No(fault) });
        None
    }

    /// The answer of something that may show when the signature existed.
    pub(super) fn witness(
        &mut self,
        question: Question,
        by: Witness,
        found: Result<UtcMillis, Fault>,
    ) {
        let answer = match found {
            Ok(at) => {
                self.shown.push(Existence { at, by });
                Answer::Yes
            }
            Err(fault) => Answer::Open(fault),
        };
        self.answer(question, answer);
    }

    /// One witness is enough: what the others could not tell is then not needed. Witnesses that
    /// contradict each other show nothing.
    fn settle(&mut self) {
        let contradicts =
            |check: &Check| matches!(check.answer, Answer::Open(Fault::Contradicted { .. }));
        if self.out.checks.iter().any(contradicts) {
            self.shown.clear();
        }
        if self.shown.is_empty() {
            return;
        }
        for check in &mut self.out.checks {
            if let Answer::Open(fault) = &check.answer {
                check.answer = Answer::NotNeeded(fault.clone());
            }
        }
    }

    pub(super) fn earliest(&self) -> Option<Existence> {
        self.shown.iter().copied().min_by_key(|shown| shown.at)
    }

    fn proof(&mut self, proof: &Proof<'_>) {
        match proof {
            Proof::Known(at) => {
                let found = if *at > self.now { Err(Fault::Future(*at)) } else { Ok(*at) };
                self.witness(Question::Known, Witness::Caller, found);
            }
            Proof::Record(record) => {
                let found = self.record(record);
                self.witness(Question::Record, Witness::Record, found);
            }
        }
    }

    /// The signer's path at the instant that counts.
    fn path(
        &mut self,
        certificate: &Certificate,
        algorithm: SignatureAlgorithm,
    ) -> Option<VerifiedCert> {
        let (at, trust) = (self.out.judged_at(), self.input.trust);
        let found =
            verify_chain_by(self.validator, certificate, &self.pool, trust, at, Usage::Sign)
                .and_then(|signer| signer.allows(algorithm).map(|()| signer));
        match found {
            Ok(signer) => {
                self.answer(Question::Path, Answer::Yes);
                Some(signer)
            }
            Err(error) => {
                let answer = self.path_fault(error);
                self.answer(Question::Path, answer);
                None
            }
        }
    }

    /// Another trust list may know the CA; and without proof of time, the signature may have been
    /// made while the certificates were valid.
    fn path_fault(&self, error: CertError) -> Answer {
        match error {
            CertError::Untrusted(_) => Answer::Open(Fault::Signature(error.into())),
            CertError::Expired { .. }
            | CertError::NotYetValid { .. }
            | CertError::AnchorPeriod { .. }
                if self.out.best.is_none() =>
            {
                Answer::Open(Fault::OutOfBounds(error))
            }
            _ => Answer::No(Fault::Signature(error.into())),
        }
    }

    fn whose(&mut self, signer: &VerifiedCert) {
        let Some(expected) = self.input.signer else { return };
        let answer = if signer.party().code == *expected {
            Answer::Yes
        } else {
            let tail = signer.certificate().serial_tail();
            Answer::No(Fault::Signature(SignatureError::OtherSigner(tail)))
        };
        self.answer(Question::Signer, answer);
    }

    fn revocation(&mut self, signer: &VerifiedCert) {
        let answer = match self.input.revocation {
            RevocationRule::NotJudged => Answer::NotJudged,
            RevocationRule::Required => self.revoked(signer.path()),
        };
        self.answer(Question::Revocation, answer);
    }

    /// With proof of time: by what was published afterwards. Without: by what is the newest now.
    fn revoked(&mut self, path: &VerifiedPath) -> Answer {
        let at = self.out.judged_at();
        let proven = self.out.best.is_some();
        let freshness =
            if proven { Freshness::Later { now: self.now } } else { Freshness::Current };
        let found = self.judge(path, at, freshness);
        self.keep(Role::Signer, &found);
        let effect = |place| match (proven, place) {
            (true, _) => RevocationEffect::Decided,
            (false, 0) => RevocationEffect::NoProofSigner,
            (false, _) => RevocationEffect::NoProofCa,
        };
        match first_fault(&found, effect) {
            Some(fault @ Fault::Revoked { .. }) if proven => Answer::No(fault),
            Some(fault) => Answer::Open(fault),
            None => {
                for later in self.later(path) {
                    self.note(later.note(Role::Signer));
                }
                Answer::Yes
            }
        }
    }

    pub(super) fn judge(
        &self,
        path: &VerifiedPath,
        at: UtcMillis,
        freshness: Freshness,
    ) -> RevocationVerdict {
        judge_verified(path, &self.pool, &self.evidence, at, freshness)
    }

    /// What is revoked by now.
    pub(super) fn later(&self, path: &VerifiedPath) -> Vec<Later> {
        let found = self.judge(path, self.now, Freshness::Known { now: self.now });
        let all = found.certificates().iter();
        all.filter_map(|(certificate, revocation)| match *revocation {
            Revocation::Revoked { at, reason, invalidity } => {
                let since = invalidity.map_or(at, |lost| lost.min(at));
                Some(Later { certificate: *certificate, since, reason })
            }
            _ => None,
        })
        .collect()
    }

    /// Keeps what the evidence says for the result.
    pub(super) fn keep(&mut self, role: Role, found: &RevocationVerdict) {
        let all = found.certificates().iter();
        self.out.statuses.extend(all.map(|&(certificate, revocation)| Status {
            role,
            certificate,
            revocation,
        }));
        for &(place, fault) in found.faults() {
            self.note(Note::Unusable { place, fault });
        }
    }

    /// Notes something once.
    pub(super) fn note(&mut self, note: Note) {
        if !self.out.notes.contains(&note) {
            self.out.notes.push(note);
        }
    }
}

/// A certificate that was revoked after the instant that counts for it.
pub(super) struct Later {
    pub(super) certificate: SerialTail,
    pub(super) since: UtcMillis,
    pub(super) reason: Reason,
}

impl Later {
    pub(super) const fn note(&self, role: Role) -> Note {
        let Self { certificate, since, reason } = *self;
        Note::RevokedLater { role, certificate, since, reason }
    }
}

/// From when on a revocation counts: that of a lost key from when it was lost.
fn counts_from(at: UtcMillis, reason: Reason, invalidity: Option<UtcMillis>) -> UtcMillis {
    match reason {
        Reason::KeyCompromise | Reason::CaCompromise | Reason::AaCompromise => {
            invalidity.map_or(at, |lost| lost.min(at))
        }
        _ => at,
    }
}

/// The first revocation of a path, else the first certificate on which nothing is known.
pub(super) fn first_fault(
    found: &RevocationVerdict,
    effect: impl Fn(usize) -> RevocationEffect,
) -> Option<Fault> {
    let all = || found.certificates().iter().enumerate();
    let revoked = all().find_map(|(place, &(certificate, revocation))| match revocation {
        Revocation::Revoked { at, reason, invalidity } => {
            let since = counts_from(at, reason, invalidity);
            Some(Fault::Revoked { certificate, since, reason, effect: effect(place) })
        }
        _ => None,
    });
    revoked.or_else(|| {
        all().find_map(|(_, &(certificate, revocation))| match revocation {
            Revocation::Unknown(source) => Some(Fault::Unknown { certificate, source }),
            _ => None,
        })
    })
}
