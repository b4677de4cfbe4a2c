//! Reading an opening log entry by entry, as a party who does not trust the hall.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    CheckpointError, EntryError, EntryLine, LogError, OpeningLog, destroyed_statement,
    freeze_statement, journal_statement, outage_statement, verify_cosignatures,
};
use kaibiao_opening::{
    Actor, Event, EventError, FreezeSigned, IntakeClosed, JournalSigned, KeyDestroyed,
    LotPublished, OpeningRecord, OutageAttested, PriceOutcome, PricesPublished, PublishedEstimate,
    RecordSigned, Refusal, ReplayError, SignedCommandBody, State,
};
use kaibiao_pki::TrustList;
use kaibiao_pki::cms::{self, SignatureError};
use kaibiao_types::{CustodianIndex, OrgCode, Role, UtcMillis};

use crate::estimate::partial_of;
use crate::{
    DuplicatePoint, EstimateFault, LockPoints, VerifiedEstimate, VerifiedTender, draw_outcome,
};

/// A log with the state that follows from it; every entry was checked when it was taken in.
#[derive(Debug)]
pub struct Replay {
    tender: Arc<VerifiedTender>,
    trust: Arc<TrustList>,
    log: OpeningLog,
    state: State,
    nonces: BTreeSet<String>,
    record: Option<Vec<u8>>,
    witnessed: Option<UtcMillis>,
    /// The base estimate that counts, and the points of all that were sealed.
    estimate: Option<VerifiedEstimate>,
    estimate_locks: LockPoints,
}

/// Why an entry is not believed. Nothing after it is read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayFault {
    /// A cosignature of the closing head does not hold.
    #[error("entry {entry}: a cosignature of the closing head does not hold")]
    Cosignature {
        /// Index of the entry.
        entry: u64,
        /// Why.
        source: CheckpointError,
    },
    /// The closing head is not a head of this log, or too few custodians cosigned it.
    #[error("entry {entry}: the closing head is not cosigned by enough custodians")]
    ClosingHead {
        /// Index of the entry.
        entry: u64,
    },
    /// An entry that a person must have caused carries no signed command, or another's.
    #[error("entry {entry} does not carry the signed command that it needs")]
    Command {
        /// Index of the entry.
        entry: u64,
    },
    /// The command beside an entry asks for something else.
    #[error("entry {entry}: the signed command asks for something else")]
    CommandMismatch {
        /// Index of the entry.
        entry: u64,
        /// The rule it breaks.
        source: Refusal,
    },
    /// The outcome of a draw does not follow from the proven partials in the log.
    #[error("entry {entry}: the draw does not follow from the custodians' proofs")]
    Draw {
        /// Index of the entry.
        entry: u64,
    },
    /// A sealed base estimate does not hold.
    #[error("entry {entry}: the sealed base estimate does not hold")]
    Estimate {
        /// Index of the entry.
        entry: u64,
        /// Why.
        source: EstimateFault,
    },
    /// The published base estimate does not follow from the sealed one and the partials in the log.
    #[error("entry {entry}: the base estimate does not follow from the custodians' proofs")]
    EstimateOutcome {
        /// Index of the entry.
        entry: u64,
    },
    /// The data of an entry is malformed.
    #[error("entry {entry} is malformed")]
    Event {
        /// Index of the entry.
        entry: u64,
        /// Why.
        source: EventError,
    },
    /// The line is malformed.
    #[error(transparent)]
    Line(#[from] EntryError),
    /// The line does not continue the log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log begins with another tender file.
    #[error("the log begins with another tender file")]
    OtherTender,
    /// The procedure does not allow the entry here.
    #[error(transparent)]
    Procedure(#[from] ReplayError),
    /// The opening record that follows from the log is not the one that the log names.
    #[error("the opening record that the log names does not follow from the log")]
    Record,
    /// The digest beside a published price sheet is not that of the sheet.
    #[error("entry {entry}: the digest of a price sheet is not that of the sheet")]
    Sheet {
        /// Index of the entry.
        entry: u64,
    },
    /// A signature in an entry does not hold.
    #[error("entry {entry}: the signature does not hold")]
    Signature {
        /// Index of the entry.
        entry: u64,
        /// Why; `None` if it is intact but another party's.
        source: Option<SignatureError>,
    },
    /// A command was used twice.
    #[error("entry {entry} repeats a command")]
    Replayed {
        /// Index of the entry.
        entry: u64,
    },
}

impl ReplayFault {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Cosignature { source, .. } => source.label(),
            Self::ClosingHead { .. } => "E_CLOSING_HEAD",
            Self::Command { .. } => "E_COMMAND",
            Self::CommandMismatch { source, .. } => source.label(),
            Self::Draw { .. } => "E_DRAW",
            Self::Estimate { source, .. } => source.label(),
            Self::EstimateOutcome { .. } => "E_ESTIMATE",
            Self::Event { source, .. } => source.label(),
            Self::Line(error) => error.label(),
            Self::Log(error) => error.label(),
            Self::OtherTender => "E_TENDER",
            Self::Procedure(error) => error.label(),
            Self::Signature { source: Some(source), .. } => source.label(),
            Self::Signature { source: None, .. } => "E_SIG_SIGNER",
            Self::Sheet { .. } => "E_SHEET",
            Self::Record => "E_RECORD",
            Self::Replayed { .. } => "E_REPLAYED",
        }
    }
}

impl Replay {
    /// An empty log of a tender.
    pub fn new(tender: Arc<VerifiedTender>, trust: Arc<TrustList>) -> Self {
        let log = OpeningLog::new(tender.origin().clone());
        let state = State::new(tender.file().lot_key());
        Self {
            tender,
            trust,
            log,
            state,
            nonces: BTreeSet::new(),
            record: None,
            witnessed: None,
            estimate: None,
            estimate_locks: LockPoints::default(),
        }
    }

    /// The tender.
    pub const fn tender(&self) -> &Arc<VerifiedTender> {
        &self.tender
    }

    /// The trust list by which signatures are judged.
    pub const fn trust(&self) -> &Arc<TrustList> {
        &self.trust
    }

    /// The log so far.
    pub const fn log(&self) -> &OpeningLog {
        &self.log
    }

    /// Whether a command with this nonce is in the log.
    pub fn knows_nonce(&self, nonce: &str) -> bool {
        self.nonces.contains(nonce)
    }

    /// The state that follows from the log so far.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// 投标截止时间 as the log has it so far: that of the tender file, or of the last postponement.
    pub fn deadline(&self) -> UtcMillis {
        self.state.deadline().unwrap_or(self.tender.file().terms().deadline)
    }

    /// The entry that fixed the set of bids, as it was read.
    pub fn frozen_entry(&self) -> Option<&EntryLine> {
        self.log.entries().iter().find(|entry| entry.kind() == "set-frozen")
    }

    /// Exact bytes of the last version of the opening record, once the log has one; derived here, not
    /// received.
    pub fn record(&self) -> Option<&[u8]> {
        self.record.as_deref()
    }

    /// When k custodians had cosigned the closing head, in whole seconds by their own clocks; `None`
    /// before there is one.
    ///
    /// Later than the grace span of the tender file is the platform's fault and makes no bid late
    /// (ruling 9). But then only the hall's own stamps say that the last bids were in time. Earlier
    /// than the deadline, and only they say that nobody was turned away in time.
    pub const fn witnessed(&self) -> Option<UtcMillis> {
        self.witnessed
    }

    /// The base estimate that counts, if the host sealed one.
    pub const fn estimate(&self) -> Option<&VerifiedEstimate> {
        self.estimate.as_ref()
    }

    /// The points of all base estimates, those replaced included.
    pub const fn estimate_locks(&self) -> &LockPoints {
        &self.estimate_locks
    }

    /// What the base estimate opens to by the partials that the log has so far; `None` where it is not
    /// opened with the present envelope.
    pub fn open_estimate(&self) -> Option<PriceOutcome> {
        let here = self.state.estimate_here()?;
        let estimate = self.estimate.as_ref().filter(|own| own.sha256() == here.sha256)?;
        let freeze_id = self.state.frozen()?.freeze_id;
        let partials: Vec<_> = self
            .state
            .estimate_partials()
            .filter_map(|(index, partial)| partial_of(index, partial))
            .collect();
        let sheet = estimate.open(&self.tender, &freeze_id, &partials);
        Some(PriceOutcome { manifest_sha256: here.sha256, sheet })
    }

    /// Takes in the next line: form, order, procedure, and every signature that it carries.
    ///
    /// # Errors
    ///
    /// [`ReplayFault`]; the replay is then unchanged.
    pub fn ingest(&mut self, line: &[u8]) -> Result<Event, ReplayFault> {
        let entry = EntryLine::parse(line)?;
        let index = entry.index();
        let event = Event::from_parts(entry.kind(), entry.data().get())
            .map_err(|source| ReplayFault::Event { entry: index, source })?;
        let by = Actor::parse(&entry.by().to_string())
            .map_err(|_| ReplayFault::Command { entry: index })?;
        let nonce = self.check_author(&entry, &by, &event)?;
        let witnessed = self.check_content(&entry, &event)?;
        let estimate = self.check_estimate(&entry, &event)?;

        let record = self.check_record(&event)?;
        let mut state = self.state.clone();
        state.check_and_apply(&by, entry.at(), &event)?;
        self.log.append_entry(entry)?;
        self.state = state;
        self.record = record.or(self.record.take());
        self.witnessed = self.witnessed.or(witnessed);
        self.nonces.extend(nonce);
        if let Some(estimate) = estimate {
            // `check_estimate` has compared its points.
            self.estimate_locks.add(estimate.header());
            self.estimate = Some(estimate);
        }
        Ok(event)
    }

    /// Who caused the entry: the command beside it, or the tender file for the first one.
    fn check_author(
        &self,
        entry: &EntryLine,
        by: &Actor,
        event: &Event,
    ) -> Result<Option<String>, ReplayFault> {
        let index = entry.index();
        if let Event::LotPublished(lot) = event {
            let expected = LotPublished::new(
                self.tender.file(),
                self.tender.sha256(),
                self.tender.cms_sha256(),
            );
            if **lot != expected {
                return Err(ReplayFault::OtherTender);
            }
            // The host signed the tender file; a command beside it would be read by nobody.
            return match entry.command() {
                None => Ok(None),
                Some(_) => Err(ReplayFault::Command { entry: index }),
            };
        }
        let needs = event.needs_command().is_some();
        match (needs, entry.command()) {
            (false, None) => Ok(None),
            (true, Some(command)) => {
                let body =
                    SignedCommandBody::parse_for(&command.body, &self.tender.file().lot_key())
                        .map_err(|_| ReplayFault::Command { entry: index })?;
                let signer = self.signer(index, &command.cms, &command.body, entry.at())?;
                let actor = self.actor_of(&signer, by);
                self.state
                    .check_command(by, entry.at(), event, &actor, &body)
                    .map_err(|source| ReplayFault::CommandMismatch { entry: index, source })?;
                let nonce = body.nonce;
                if self.nonces.contains(&nonce) {
                    return Err(ReplayFault::Replayed { entry: index });
                }
                Ok(Some(nonce))
            }
            _ => Err(ReplayFault::Command { entry: index }),
        }
    }

    fn signer(
        &self,
        entry: u64,
        cms: &[u8],
        content: &[u8],
        at: UtcMillis,
    ) -> Result<OrgCode, ReplayFault> {
        let verified = cms::verify_detached(cms, content, &self.trust, at)
            .map_err(|source| ReplayFault::Signature { entry, source: Some(source) })?;
        Ok(verified.signer().party().code.clone())
    }

    /// The role in which an organisation signed: the one the entry names, if it may have it.
    fn actor_of(&self, signer: &OrgCode, by: &Actor) -> Actor {
        let terms = self.tender.file().terms();
        match by {
            Actor::Host(_) => Actor::Host(signer.clone()),
            Actor::Supervisor(_) => Actor::Supervisor(signer.clone()),
            Actor::Hall if *signer == terms.host.code => Actor::Host(signer.clone()),
            _ => Actor::Bidder(signer.clone()),
        }
    }

    /// Signatures and digests inside an entry's data; of the closing head, when it was witnessed.
    fn check_content(
        &self,
        entry: &EntryLine,
        event: &Event,
    ) -> Result<Option<UtcMillis>, ReplayFault> {
        match event {
            Event::IntakeClosed(closed) => {
                return self.check_closing_head(entry.index(), closed).map(Some);
            }
            Event::OutageAttested(said) => self.check_attestation(entry, said)?,
            Event::FreezeSigned(signed) => self.check_freeze_signature(entry, signed)?,
            Event::JournalSigned(signed) => self.check_journal_signature(entry, signed)?,
            Event::KeyDestroyed(destroyed) => self.check_destruction(entry, destroyed)?,
            Event::RecordSigned(signed) => self.check_record_signature(entry, signed)?,
            Event::PricesPublished(prices) => {
                check_sheets(entry.index(), prices)?;
                self.check_opened_estimate(entry.index(), prices)?;
            }
            Event::DrawMade(made) => self.check_draw(entry, Some(made.index), &made.dropped)?,
            Event::DrawFailed(failed) => self.check_draw(entry, None, &failed.dropped)?,
            _ => {}
        }
        Ok(None)
    }

    /// ADR-0022: the sealed object is the host's own for this lot and number, and well formed.
    fn check_estimate(
        &self,
        entry: &EntryLine,
        event: &Event,
    ) -> Result<Option<VerifiedEstimate>, ReplayFault> {
        // Without a command the author was refused.
        let (Event::EstimateSealed(sealed), Some(command)) = (event, entry.command()) else {
            return Ok(None);
        };
        let index = entry.index();
        let signed = cms::verify_detached(&command.cms, &command.body, &self.trust, entry.at())
            .map_err(|source| ReplayFault::Signature { entry: index, source: Some(source) })?;
        let spki = signed.signer().certificate().spki_sha256();
        let fault = |source| ReplayFault::Estimate { entry: index, source };
        let estimate = VerifiedEstimate::verify(&self.tender, sealed, spki).map_err(fault)?;
        if self.estimate_locks.knows(estimate.header()) {
            return Err(fault(DuplicatePoint.into()));
        }
        Ok(Some(estimate))
    }

    /// The base estimate is opened again: object and partials are in the log.
    fn check_opened_estimate(
        &self,
        entry: u64,
        prices: &PricesPublished,
    ) -> Result<(), ReplayFault> {
        // Where only one of the two is there the procedure refuses the entry.
        let (Some(published), Some(opened), Some(lot)) =
            (&prices.estimate, self.open_estimate(), self.state.published())
        else {
            return Ok(());
        };
        let rules = lot.estimate_rules(self.state.lot());
        let judged = PublishedEstimate::judge(&rules, opened.manifest_sha256, &opened.sheet);
        if judged == *published { Ok(()) } else { Err(ReplayFault::EstimateOutcome { entry }) }
    }

    /// Ruling 9: at least k custodians cosigned the closing head; when the k-th did. Later than the
    /// grace span, or earlier than the deadline, is no reason to keep the lot shut.
    fn check_closing_head(
        &self,
        entry: u64,
        closed: &IntakeClosed,
    ) -> Result<UtcMillis, ReplayFault> {
        let checkpoint =
            self.log.checkpoint_at(closed.size).ok_or(ReplayFault::ClosingHead { entry })?;
        if checkpoint.head.root != closed.root {
            return Err(ReplayFault::ClosingHead { entry });
        }
        let cosignatures =
            verify_cosignatures(&checkpoint, &closed.cosignatures, self.tender.cosign_keys())
                .map_err(|source| ReplayFault::Cosignature { entry, source })?;
        // The first cosignature of each custodian, the earliest first.
        let mut first: BTreeMap<&str, UtcMillis> = BTreeMap::new();
        for cosignature in &cosignatures {
            let at = first.entry(cosignature.name.as_str()).or_insert(cosignature.at);
            *at = cosignature.at.min(*at);
        }
        let mut times: Vec<UtcMillis> = first.into_values().collect();
        times.sort_unstable();
        let terms = self.tender.file().terms();
        let quorum = usize::from(terms.custody.threshold.k());
        let kth = quorum.checked_sub(1).and_then(|last| times.get(last));
        kth.copied().ok_or(ReplayFault::ClosingHead { entry })
    }

    /// The record that the state gives must be the one that the entry names.
    fn check_record(&self, event: &Event) -> Result<Option<Vec<u8>>, ReplayFault> {
        let (record, sha256) = match event {
            Event::RecordGenerated(made) => (OpeningRecord::new(&self.state), made.sha256),
            Event::RecordCorrected(made) => {
                (OpeningRecord::corrected(&self.state, &made.reason), made.sha256)
            }
            _ => return Ok(None),
        };
        match record.map(|record| record.to_bytes()) {
            Some(bytes) if SUITE_1.hash(&bytes) == sha256 => Ok(Some(bytes)),
            _ => Err(ReplayFault::Record),
        }
    }

    fn check_freeze_signature(
        &self,
        entry: &EntryLine,
        signed: &FreezeSigned,
    ) -> Result<(), ReplayFault> {
        let statement = freeze_statement(self.tender.origin(), &signed.freeze_id);
        self.check_custodian(entry, signed.custodian, &signed.cms, &statement)
    }

    /// Ruling 12: the custodian's own statement about the silence that it names, before this deadline.
    fn check_attestation(
        &self,
        entry: &EntryLine,
        said: &OutageAttested,
    ) -> Result<(), ReplayFault> {
        let OutageAttested { custodian, deadline, from, to, cms } = said;
        let statement = outage_statement(self.tender.origin(), *custodian, *deadline, *from, *to);
        self.check_custodian(entry, *custodian, cms, &statement)
    }

    /// Ruling 19: the custodian's own statement over its journal. The journal itself is not at hand
    /// here: the verifier compares it.
    fn check_journal_signature(
        &self,
        entry: &EntryLine,
        signed: &JournalSigned,
    ) -> Result<(), ReplayFault> {
        let JournalSigned { custodian, moment, length, sha256, cms } = signed;
        let statement =
            journal_statement(self.tender.origin(), *custodian, *moment, *length, sha256);
        self.check_custodian(entry, *custodian, cms, &statement)
    }

    /// Ruling 17: the statement of destruction, for this ceremony and freeze and no other.
    fn check_destruction(
        &self,
        entry: &EntryLine,
        destroyed: &KeyDestroyed,
    ) -> Result<(), ReplayFault> {
        let statement = self.destroyed_statement();
        self.check_custodian(entry, destroyed.custodian, &destroyed.cms, &statement)
    }

    /// Ruling 15: anyone recomputes the value, and that there is none, from the same partials.
    fn check_draw(
        &self,
        entry: &EntryLine,
        index: Option<u64>,
        dropped: &[CustodianIndex],
    ) -> Result<(), ReplayFault> {
        // Without a draw that waits the procedure refuses the entry.
        let Some(drawing) = self.state.drawing() else { return Ok(()) };
        let (found, bad) = match draw_outcome(&self.tender, &drawing) {
            Ok(drawn) => (Some(drawn.index), drawn.dropped),
            Err(undrawn) => (None, undrawn.dropped),
        };
        let follows = found == index && bad == dropped;
        if follows { Ok(()) } else { Err(ReplayFault::Draw { entry: entry.index() }) }
    }

    /// What a custodian of this lot signs once its share is destroyed.
    pub fn destroyed_statement(&self) -> String {
        let freeze = self.state.frozen().map(|frozen| &frozen.freeze_id);
        destroyed_statement(self.tender.origin(), &self.tender.record().ceremony_id, freeze)
    }

    /// A custodian's CMS over a statement, by the certificate of its seat.
    fn check_custodian(
        &self,
        entry: &EntryLine,
        custodian: CustodianIndex,
        cms: &str,
        statement: &str,
    ) -> Result<(), ReplayFault> {
        let wrong = |source| ReplayFault::Signature { entry: entry.index(), source };
        let cms = STANDARD.decode(cms).map_err(|_| wrong(None))?;
        let verified = cms::verify_detached(&cms, statement.as_bytes(), &self.trust, entry.at())
            .map_err(|source| wrong(Some(source)))?;
        if self.seat_certificate(custodian) == Some(verified.signer().certificate().sha256()) {
            Ok(())
        } else {
            Err(wrong(None))
        }
    }

    fn seat_certificate(&self, index: CustodianIndex) -> Option<kaibiao_types::Digest> {
        self.tender.record().custodian(index).map(|custodian| custodian.cert_sha256)
    }

    /// The signature of a party under the record, which this side derives itself.
    fn check_record_signature(
        &self,
        entry: &EntryLine,
        signed: &RecordSigned,
    ) -> Result<(), ReplayFault> {
        let wrong = |source| ReplayFault::Signature { entry: entry.index(), source };
        let record = self.record.as_ref().ok_or_else(|| wrong(None))?;
        let cms = STANDARD.decode(&signed.cms).map_err(|_| wrong(None))?;
        let verified = cms::verify_detached(&cms, record, &self.trust, entry.at())
            .map_err(|source| wrong(Some(source)))?;
        let same = *verified.signer().party() == signed.party && signed.role != Role::Hall;
        if same { Ok(()) } else { Err(wrong(None)) }
    }
}

/// Every published sheet is the one that its digest names.
fn check_sheets(entry: u64, prices: &PricesPublished) -> Result<(), ReplayFault> {
    for bid in &prices.bids {
        let found = bid.sheet_bytes().map(|bytes| SUITE_1.hash(&bytes));
        if found != bid.sheet_sha256 {
            return Err(ReplayFault::Sheet { entry });
        }
    }
    Ok(())
}
