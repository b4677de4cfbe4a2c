//! The signed tender file with its draft and ceremony.

use std::collections::BTreeSet;

use kaibiao_ceremony::{CeremonyBundle, CeremonyRecord, RecordError, rehearsal_context};
use kaibiao_crypto::{PointError, SUITE_1, tdh2};
use kaibiao_journal::{LogOrigin, OriginError, SignatureAlgorithm, VerifierKey, VkeyError};
use kaibiao_opening::{TenderDraft, TenderError, TenderFile};
use kaibiao_pki::TrustList;
use kaibiao_pki::cms::{self, SignatureError};
use kaibiao_seal::{Context, Header, HeaderError};
use kaibiao_types::{CustodianIndex, Digest, Millis, OrgCode, UtcMillis};

/// Exact bytes of everything that makes a published tender.
#[derive(Clone, Copy, Debug)]
pub struct TenderMaterial<'a> {
    /// `tender.json`.
    pub tender: &'a [u8],
    /// The host's detached CMS over it.
    pub tender_cms: &'a [u8],
    /// `draft.json`.
    pub draft: &'a [u8],
    /// The host's detached CMS over it.
    pub draft_cms: &'a [u8],
    /// The ceremony bundle (JSON).
    pub ceremony: &'a [u8],
}

/// A tender file whose signatures, ceremony and rehearsal have all been checked.
#[derive(Debug)]
pub struct VerifiedTender {
    file: TenderFile,
    tender_sha256: Digest,
    tender_cms_sha256: Digest,
    record: CeremonyRecord,
    bases: tdh2::Bases,
    origin: LogOrigin,
    log_key: VerifierKey,
    cosign_keys: Vec<VerifierKey>,
    /// The seat whose certificate ends first, and when.
    seat_ends: Option<(CustodianIndex, UtcMillis)>,
}

/// Why a tender file with its ceremony is not acceptable: do not seal to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenderFault {
    /// The ceremony record is not the one the tender file names, or is of another lot.
    #[error("the ceremony is not the one that the tender file names")]
    Ceremony,
    /// The ceremony record does not hold.
    #[error("the ceremony record does not hold")]
    CeremonyRecord(#[from] RecordError),
    /// A custodian's signature under the ceremony does not hold, or is another party's.
    #[error("the signature of custodian {0} under the ceremony does not hold")]
    CustodianSignature(CustodianIndex, #[source] Option<SignatureError>),
    /// The tender file differs from the draft that the custodians ran their ceremony for.
    #[error("the tender file differs from the draft that the custodians agreed on")]
    Draft,
    /// Malformed tender file or draft.
    #[error(transparent)]
    Form(#[from] TenderError),
    /// The signature of the host is missing, broken or another party's.
    #[error("the host's signature does not hold")]
    HostSignature(#[source] Option<SignatureError>),
    /// The ceremony key is not usable.
    #[error("the ceremony key is not usable")]
    Key(#[from] PointError),
    /// The log's name or key, or a cosigning key, is malformed, of another kind or name, or there
    /// twice.
    #[error("the name or a key of the opening log is malformed or another's")]
    Log,
    /// No rehearsal, or one that did not open with all custodians.
    #[error("the rehearsal of the ceremony does not hold")]
    Rehearsal,
    /// A custodian's certificate ends before what it must sign after the deadline.
    #[error(
        "the certificate of custodian {index} ends at {ends}, less than a day after the deadline"
    )]
    SeatEnds {
        /// Which custodian.
        index: CustodianIndex,
        /// When its path ends.
        ends: UtcMillis,
    },
    /// The ceremony has another suite than 0x0001. Ceremony and sealed object exist in suite 0x0101,
    /// certificates and log do not yet, so no tender can be held in it.
    #[error("the tender's suite is {0:#06x}; this program holds tenders in suite 0x0001 only")]
    Suite(u16),
    /// The tender file names another trust list than the one at hand.
    #[error("the tender file names another trust list ({named})")]
    TrustList {
        /// Digest in the tender file.
        named: Digest,
    },
}

/// By how much the certificate of a custodian must outlast the deadline: it signs freeze, points and
/// destruction after it, and a signature by an ended certificate is worth nothing.
const SEAT_OUTLASTS: Millis = Millis::from_secs(86_400);

impl TenderFault {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Form(error) => error.label(),
            Self::HostSignature(Some(error)) | Self::CustodianSignature(_, Some(error)) => {
                error.label()
            }
            Self::HostSignature(None) | Self::CustodianSignature(_, None) => "E_SIG",
            Self::Draft => "E_TENDER_DRAFT",
            Self::TrustList { .. } => "E_TRUST",
            Self::Log => "E_TENDER_LOG",
            Self::SeatEnds { .. } => "E_SEAT_ENDS",
            Self::Suite(_) => "E_SUITE",
            Self::Ceremony | Self::CeremonyRecord(_) | Self::Key(_) | Self::Rehearsal => {
                "E_CEREMONY"
            }
        }
    }
}

impl From<OriginError> for TenderFault {
    fn from(_: OriginError) -> Self {
        Self::Log
    }
}

impl From<VkeyError> for TenderFault {
    fn from(_: VkeyError) -> Self {
        Self::Log
    }
}

impl VerifiedTender {
    /// Checks everything about a tender at an instant.
    ///
    /// `trust` must be the list that the tender file names; an auditor who judges by its own list
    /// says so by [`Self::verify_by`].
    ///
    /// # Errors
    ///
    /// [`TenderFault`] names the first thing that does not hold.
    pub fn verify(
        material: &TenderMaterial<'_>,
        trust: &TrustList,
        at: UtcMillis,
    ) -> Result<Self, TenderFault> {
        let tender = Self::verify_by(material, trust, at)?;
        let named = tender.file.announced().trust_sha256;
        if named != trust.sha256() {
            return Err(TenderFault::TrustList { named });
        }
        Ok(tender)
    }

    /// Whether every custodian's certificate outlasts a deadline by a day: asked before a tender is
    /// published or sealed to, and before the deadline moves. Afterwards it is too late to ask.
    ///
    /// # Errors
    ///
    /// [`TenderFault::SeatEnds`] names the first to end.
    pub fn seats_last(&self, deadline: UtcMillis) -> Result<(), TenderFault> {
        match self.seat_ends {
            Some((index, ends)) if ends < deadline.plus(SEAT_OUTLASTS) => {
                Err(TenderFault::SeatEnds { index, ends })
            }
            _ => Ok(()),
        }
    }

    /// As [`Self::verify`], by a trust list that need not be the one the tender file names.
    ///
    /// # Errors
    ///
    /// [`TenderFault`] names the first thing that does not hold.
    pub fn verify_by(
        material: &TenderMaterial<'_>,
        trust: &TrustList,
        at: UtcMillis,
    ) -> Result<Self, TenderFault> {
        let file = TenderFile::parse(material.tender)?;
        let draft = TenderDraft::parse(material.draft)?;
        if !file.matches_draft(&draft) {
            return Err(TenderFault::Draft);
        }
        let host = &file.terms().host.code;
        check_host(material.draft_cms, material.draft, host, trust, at)?;
        check_host(material.tender_cms, material.tender, host, trust, at)?;

        let (bundle, record) = CeremonyBundle::parse(material.ceremony)?;
        if record.suite != SUITE_1.id() {
            return Err(TenderFault::Suite(record.suite));
        }
        check_ceremony(&file, &bundle, &record, material.draft)?;
        let seat_ends = check_custodians(&file, &bundle, &record, trust, at)?;
        let bases = tdh2::Bases::new(record.suite(), *record.ceremony_id.bytes(), record.key()?)?;
        check_rehearsal(&bundle, &record, &bases)?;

        let origin = LogOrigin::parse(&file.announced().log.origin)?;
        let log_key: VerifierKey = file.announced().log.vkey.parse()?;
        let cosign_keys: Result<Vec<VerifierKey>, VkeyError> =
            record.custodians.iter().map(|custodian| custodian.cosign_vkey.parse()).collect();
        let cosign_keys = cosign_keys?;
        check_log_keys(&origin, &log_key, &record, &cosign_keys)?;
        Ok(Self {
            tender_sha256: SUITE_1.hash(material.tender),
            tender_cms_sha256: SUITE_1.hash(material.tender_cms),
            file,
            record,
            bases,
            origin,
            log_key,
            cosign_keys,
            seat_ends,
        })
    }

    /// The tender file.
    pub const fn file(&self) -> &TenderFile {
        &self.file
    }

    /// SHA-256 of the exact bytes of the tender file.
    pub const fn sha256(&self) -> Digest {
        self.tender_sha256
    }

    /// SHA-256 of the host's signature under the tender file.
    pub const fn cms_sha256(&self) -> Digest {
        self.tender_cms_sha256
    }

    /// The ceremony record.
    pub const fn record(&self) -> &CeremonyRecord {
        &self.record
    }

    /// The ceremony key with its second generator, for making and checking proofs.
    pub const fn bases(&self) -> &tdh2::Bases {
        &self.bases
    }

    /// The name of the opening log.
    pub const fn origin(&self) -> &LogOrigin {
        &self.origin
    }

    /// The key of the opening log's checkpoints.
    pub const fn log_key(&self) -> &VerifierKey {
        &self.log_key
    }

    /// The custodians' cosigning keys in order.
    pub fn cosign_keys(&self) -> &[VerifierKey] {
        &self.cosign_keys
    }
}

fn check_host(
    cms: &[u8],
    content: &[u8],
    host: &OrgCode,
    trust: &TrustList,
    at: UtcMillis,
) -> Result<(), TenderFault> {
    let signature = cms::verify_detached(cms, content, trust, at)
        .map_err(|error| TenderFault::HostSignature(Some(error)))?;
    if signature.signer().party().code == *host {
        Ok(())
    } else {
        Err(TenderFault::HostSignature(None))
    }
}

/// The keys that sign heads: each of its kind, under its own name, and no cosigning key twice, since
/// one key under two names would be two votes.
fn check_log_keys(
    origin: &LogOrigin,
    log_key: &VerifierKey,
    record: &CeremonyRecord,
    cosign_keys: &[VerifierKey],
) -> Result<(), TenderFault> {
    let named =
        log_key.name() == origin.as_str() && log_key.algorithm() == SignatureAlgorithm::Ed25519;
    let all_named = record.custodians.iter().zip(cosign_keys).all(|(custodian, key)| {
        key.name() == origin.custodian_name(custodian.index)
            && key.algorithm() == SignatureAlgorithm::CosignatureV1
    });
    let distinct: BTreeSet<_> = cosign_keys.iter().map(VerifierKey::public_key).collect();
    if named && all_named && distinct.len() == cosign_keys.len() {
        Ok(())
    } else {
        Err(TenderFault::Log)
    }
}

fn check_ceremony(
    file: &TenderFile,
    bundle: &CeremonyBundle,
    record: &CeremonyRecord,
    draft: &[u8],
) -> Result<(), TenderFault> {
    let custody = &file.terms().custody;
    let named = &file.announced().ceremony;
    let seats = custody.custodians.iter().zip(&record.custodians);
    let same_seats = seats.into_iter().all(|(seat, entry)| {
        (seat.index, &seat.party, seat.cert_sha256)
            == (entry.index, &entry.party, entry.cert_sha256)
    });
    let holds = named.id == record.ceremony_id
        && named.sha256 == record.suite().hash(&bundle.ceremony_b64.0)
        && record.lot_key() == file.lot_key()
        && record.threshold == custody.threshold
        && record.policy_sha256 == record.suite().hash(draft)
        && same_seats;
    if holds { Ok(()) } else { Err(TenderFault::Ceremony) }
}

/// Gives the seat whose certificate ends first, and when.
fn check_custodians(
    file: &TenderFile,
    bundle: &CeremonyBundle,
    record: &CeremonyRecord,
    trust: &TrustList,
    at: UtcMillis,
) -> Result<Option<(CustodianIndex, UtcMillis)>, TenderFault> {
    let mut ends: Option<(CustodianIndex, UtcMillis)> = None;
    for (signature, seat) in bundle.signatures.iter().zip(&file.terms().custody.custodians) {
        let index = signature.index;
        let verified =
            cms::verify_detached(&signature.cms_b64.0, &bundle.ceremony_b64.0, trust, at)
                .map_err(|error| TenderFault::CustodianSignature(index, Some(error)))?;
        let signer = verified.signer();
        let entry = record.custodian(index).map(|entry| entry.cert_sha256);
        let same =
            signer.party().code == seat.party.code && Some(signer.certificate().sha256()) == entry;
        if !same {
            return Err(TenderFault::CustodianSignature(index, None));
        }
        if ends.is_none_or(|(_, earliest)| signer.ends() < earliest) {
            ends = Some((index, signer.ends()));
        }
    }
    Ok(ends)
}

/// Every rehearsal opened with the partials of all n custodians, and there was at least one.
fn check_rehearsal(
    bundle: &CeremonyBundle,
    record: &CeremonyRecord,
    bases: &tdh2::Bases,
) -> Result<(), TenderFault> {
    if bundle.rehearsal.is_empty() || bundle.rehearsal.len() > 3 {
        return Err(TenderFault::Rehearsal);
    }
    for rehearsal in &bundle.rehearsal {
        let header = Header::parse(&rehearsal.header_b64.0)
            .map_err(|_: HeaderError| TenderFault::Rehearsal)?;
        let context = Context::of_rehearsal(record.suite(), record.ceremony_id, rehearsal.i);
        header.expect_context(&context).map_err(|_| TenderFault::Rehearsal)?;
        header.verify_proof(bases).map_err(|_| TenderFault::Rehearsal)?;
        let bound = rehearsal_context(record.suite(), &record.ceremony_id, rehearsal.i);
        let indexes: Vec<u16> =
            rehearsal.partials.iter().map(|partial| partial.index.get()).collect();
        let all = indexes == (1..=record.threshold.n()).collect::<Vec<_>>();
        let proven = rehearsal
            .partials
            .iter()
            .all(|partial| partial.verify(record, &bound, header.u()).is_ok());
        if !all || !proven {
            return Err(TenderFault::Rehearsal);
        }
    }
    Ok(())
}
