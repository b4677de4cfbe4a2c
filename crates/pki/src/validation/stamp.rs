//! What time stamps show: the one on the signature, and those of an evidence record.

use kaibiao_types::UtcMillis;

use super::fault::RevocationEffect;
use super::run::{Later, Run, first_fault};
use super::{Answer, Fault, Input, Question, RevocationRule, Role, Witness};
use crate::cert::{CertError, DigestAlgorithm};
use crate::ers::{self, DataObject};
use crate::limits;
use crate::revocation::Freshness;
use crate::tsp::{TimeStampError, VerifiedTimeStamp, verify_over};

impl Run<'_> {
    /// The time stamp on the signature. One that is in itself wrong makes the signature fail; one
    /// that just shows nothing is not needed where something else does.
    pub(super) fn time_stamp(&mut self, token: &[u8], signature: &[u8]) {
        let others = self.input.certificates;
        match verify_over(self.validator, token, signature, others, self.input.trust) {
            Err(error @ TimeStampError::Certificate(CertError::Untrusted(_))) => {
                let found = Err(Fault::UntrustedStamp(error));
                self.witness(Question::TimeStamp, Witness::TimeStamp, found);
            }
            Err(error) => {
                let answer = Answer::No(Fault::Signature(error.into()));
                self.answer(Question::TimeStamp, answer);
            }
            Ok(stamp) => {
                let found = self.dated(&stamp);
                self.out.time_stamp = Some(stamp);
                self.witness(Question::TimeStamp, Witness::TimeStamp, found);
            }
        }
    }

    /// When the signature existed by a stamp that is intact.
    fn dated(&mut self, stamp: &VerifiedTimeStamp) -> Result<UtcMillis, Fault> {
        let (at, due) = (stamp.gen_time(), stamp.due());
        if at > self.now {
            return Err(Fault::Future(at));
        }
        let known = self.earliest().map(|shown| shown.at);
        if let Some(known) = known
            && at > known.plus(limits::CLOCKS_APART)
        {
            return Err(Fault::Contradicted { stamp: at, known });
        }
        if known.unwrap_or(self.now).get() / 1_000 > due.get() / 1_000 {
            return Err(Fault::StampEnded { due });
        }
        self.authority(stamp, known)?;
        Ok(at)
    }

    /// When the container existed by an evidence record.
    pub(super) fn record(&mut self, record: &[u8]) -> Result<UtcMillis, Fault> {
        let container = DataObject::of(self.input.cms, &DigestAlgorithm::ALL);
        let Input { certificates, trust, .. } = self.input;
        let objects = [container];
        let found =
            ers::verify_by(self.validator, record, &objects, certificates, trust, self.now)?;
        let next = found.stamps().iter().skip(1).map(|stamp| Some(stamp.gen_time()));
        for (stamp, known) in found.stamps().iter().zip(next.chain([None])) {
            self.authority(stamp, known)?;
        }
        Ok(found.existed())
    }

    /// Whether an authority is not known to have been revoked when it stamped. Whoever has its key
    /// can date anything back: after a compromise only stamps count that are `known` to have existed
    /// before it.
    fn authority(
        &mut self,
        stamp: &VerifiedTimeStamp,
        known: Option<UtcMillis>,
    ) -> Result<(), Fault> {
        if self.input.revocation == RevocationRule::NotJudged {
            return Ok(());
        }
        let path = stamp.authority();
        let found = self.judge(path, stamp.gen_time(), Freshness::Later { now: self.now });
        self.keep(Role::Authority, &found);
        if let Some(fault) = first_fault(&found, |_| RevocationEffect::NoProofStamp) {
            return Err(fault);
        }
        for later in self.later(path) {
            if !later.leaves(known) {
                let Later { certificate, since, reason } = later;
                let effect = RevocationEffect::NoProofStamp;
                return Err(Fault::Revoked { certificate, since, reason, effect });
            }
            self.note(later.note(Role::Authority));
        }
        Ok(())
    }
}

impl Later {
    /// Whether a stamp that is known to have existed at an instant outlives this revocation of its
    /// authority (RFC 3161, 4: only reasons that are given and say that the key was not lost).
    fn leaves(&self, known: Option<UtcMillis>) -> bool {
        self.reason.is_harmless() || known.is_some_and(|known| known < self.since)
    }
}
