//! What all lots of one custodian share: identity, trust, clock, randomness, key store.

use std::sync::Arc;

use kaibiao_crypto::{Hex, SecureEntropy};
use kaibiao_custody::ClockReading;
use kaibiao_journal::{LogOrigin, VerifierKey};
use kaibiao_opening::TenderDraft;
use kaibiao_pki::cms::{self, SignError};
use kaibiao_pki::{Identity, TrustList};
use kaibiao_types::{CustodianIndex, Digest, LotKey, UtcMillis};
use kaibiao_wire::{B64, DraftAnswer, SignedBody};
use ring::rand::SystemRandom;

use crate::duty::{LotError, refused};
use crate::{Clock, KeyStore};

/// What all lots of one custodian share.
pub(crate) struct Shared {
    pub(crate) store: KeyStore,
    pub(crate) identity: Identity,
    pub(crate) certificate: Digest,
    pub(crate) trust_bytes: Vec<u8>,
    pub(crate) trust: Arc<TrustList>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: SystemRandom,
}

/// A draft that is signed by its host and gives this custodian a seat.
pub(crate) struct CheckedDraft {
    pub(crate) draft: TenderDraft,
    pub(crate) bytes: Vec<u8>,
    pub(crate) cms: Vec<u8>,
    pub(crate) session: Hex<32>,
    pub(crate) origin: LogOrigin,
    pub(crate) index: CustodianIndex,
}

impl Shared {
    /// The clock.
    pub(crate) fn now(&self) -> ClockReading {
        self.clock.read()
    }

    /// The randomness as the lower layers take it.
    pub(crate) fn entropy(&self) -> SecureEntropy<'_> {
        SecureEntropy(&self.random)
    }

    /// Signs exact bytes with the custodian's certificate, before a lot has a clock of its own.
    pub(crate) fn sign(&self, content: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_at(content, self.now().now)
    }

    /// Signs exact bytes, dated by a lot's own clock.
    pub(crate) fn sign_at(&self, content: &[u8], at: UtcMillis) -> Result<Vec<u8>, SignError> {
        cms::sign_detached(&self.identity, content, at, &self.random)
    }

    /// Exact bytes with their signature, as the hall takes them, dated by a lot's own clock.
    pub(crate) fn signed(&self, body: Vec<u8>, at: UtcMillis) -> Result<SignedBody, SignError> {
        let cms = self.sign_at(&body, at)?;
        Ok(SignedBody { body: B64(body), cms: B64(cms) })
    }

    /// Checks a draft: of this lot, signed by the host that it names, on a log of its own name.
    /// `None` if this custodian's certificate has no seat in it.
    ///
    /// # Errors
    ///
    /// [`LotError::Refused`] if anything does not hold.
    pub(crate) fn check_draft(
        &self,
        lot: &LotKey,
        trust: &TrustList,
        answer: &DraftAnswer,
    ) -> Result<Option<CheckedDraft>, LotError> {
        const REQUEST: &str = "draft";
        let bytes = answer.draft_b64.as_slice();
        let draft = TenderDraft::parse(bytes).map_err(|e| refused(REQUEST, e.label(), &e))?;
        let terms = draft.terms();
        let wrong = |detail: &str| LotError::refused(REQUEST, "E_TENDER_DRAFT", detail);
        if terms.lot_key() != *lot {
            return Err(wrong("the draft is for another lot"));
        }
        let now = self.now().now;
        let verified = cms::verify_detached(answer.cms_b64.as_slice(), bytes, trust, now)
            .map_err(|e| refused(REQUEST, e.label(), &e))?;
        if verified.signer().party().code != terms.host.code {
            return Err(wrong("the draft is signed by another party than its host"));
        }
        let origin =
            LogOrigin::parse(&terms.log_origin()).map_err(|e| refused(REQUEST, e.label(), &e))?;
        let key: VerifierKey =
            answer.log_vkey.parse().map_err(|_| wrong("the log key is malformed"))?;
        if answer.log_origin != origin.as_str() || key.name() != origin.as_str() {
            return Err(wrong("the hall names another log than the draft"));
        }
        let seats = &terms.custody.custodians;
        let seat = seats.iter().find(|seat| seat.cert_sha256 == self.certificate);
        let Some(index) = seat.map(|seat| seat.index) else { return Ok(None) };
        let session = Hex(*answer.session.bytes());
        let cms = answer.cms_b64.as_slice().to_vec();
        Ok(Some(CheckedDraft { bytes: bytes.to_vec(), draft, cms, session, origin, index }))
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}
