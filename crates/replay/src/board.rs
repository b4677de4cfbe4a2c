//! The bulletin board of a ceremony, as every custodian and the hall read it.
//!
//! The hall relays and is not trusted: each message is signed with its custodian's certificate, the
//! key generation checks itself, and everybody derives the same record from the same messages.

mod kind;
mod rehearsal;

use std::collections::BTreeMap;

use kaibiao_ceremony::{
    Agreed, Bytes, CeremonyBundle, CeremonyRecord, CustodianEntry, CustodianSignature, DkgError,
    RecordError, Session, Transcript,
};
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_journal::{LogOrigin, SignatureAlgorithm, VerifierKey};
use kaibiao_opening::{CustodianSeat, TenderDraft};
use kaibiao_pki::TrustList;
use kaibiao_pki::cms::{self, SignatureError};
use kaibiao_types::{CustodianIndex, UtcMillis};
use serde::{Deserialize, Serialize};

pub use kind::{BoardKind, BoardSender, RehearsalNo};
pub use rehearsal::{open_test_object, seal_test_object};

/// One message on the board.
#[derive(Clone, Debug)]
pub struct BoardItem {
    /// Who posted it.
    pub from: BoardSender,
    /// What it is.
    pub kind: BoardKind,
    /// Its bytes.
    pub body: Vec<u8>,
    /// The sender's detached CMS over [`board_statement`]. The hall's object needs none: it proves
    /// itself, and whoever reads it finds nothing but random bytes.
    pub cms: Vec<u8>,
}

/// The keys that a custodian makes for one ceremony (exact JSON bytes).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// Format version, 1.
    pub v: u32,
    /// Always `announce`.
    pub kind: String,
    /// The session of the key generation.
    pub session: Hex<32>,
    /// The custodian.
    pub index: CustodianIndex,
    /// Its static key for this key generation.
    pub static_key: Hex<33>,
    /// Its cosigning key for the opening log (C2SP verifier key).
    pub cosign_vkey: String,
}

/// The text that the sender of a message signs: it binds the lot, the kind and the body.
pub fn board_statement(origin: &LogOrigin, kind: BoardKind, body: &[u8]) -> String {
    format!("kaibiao/v1/board\n{origin}\n{}\n{}\n", kind.name(), SUITE_1.hash(body))
}

/// Why a message does not belong on the board, or the ceremony on it does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardFault {
    /// The announcement is malformed or names other keys or another session.
    #[error("the announcement of custodian {0} is malformed")]
    Announcement(CustodianIndex),
    /// The key generation failed.
    #[error("the key generation failed")]
    Dkg(#[from] DkgError),
    /// The sender has no seat in this ceremony, or the kind is not its to send.
    #[error("a message from somebody without this seat")]
    Seat,
    /// The record does not follow.
    #[error("the ceremony record does not hold")]
    Record(#[from] RecordError),
    /// The rehearsal's object or a partial of it does not hold.
    #[error("the rehearsal does not hold")]
    Rehearsal,
    /// The signature does not hold.
    #[error("the signature of a message does not hold")]
    Signature(#[source] Option<SignatureError>),
}

impl BoardFault {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Announcement(_) | Self::Seat | Self::Rehearsal => "E_CEREMONY",
            Self::Dkg(error) => error.label(),
            Self::Record(error) => error.label(),
            Self::Signature(Some(error)) => error.label(),
            Self::Signature(None) => "E_SIG_SIGNER",
        }
    }
}

/// Everything that the board says so far.
#[derive(Debug)]
pub struct CeremonyBoard {
    agreed: Option<Agreed>,
    n: usize,
    messages: BTreeMap<(BoardKind, BoardSender), Vec<u8>>,
}

impl CeremonyBoard {
    /// Reads all messages for a draft; the first of each sender and kind counts.
    ///
    /// # Errors
    ///
    /// [`BoardFault`] if a message is not signed by the seat it claims, or an announcement is
    /// malformed.
    pub fn read(
        draft: &TenderDraft,
        draft_bytes: &[u8],
        session: Hex<32>,
        items: &[BoardItem],
        trust: &TrustList,
        at: UtcMillis,
    ) -> Result<Self, BoardFault> {
        let terms = draft.terms();
        let mut messages = BTreeMap::new();
        for item in items {
            check_item(draft, item, trust, at)?;
            messages.entry((item.kind, item.from)).or_insert_with(|| item.body.clone());
        }
        let mut board = Self { agreed: None, n: terms.custody.custodians.len(), messages };
        let custodians: Option<Vec<CustodianEntry>> = terms
            .custody
            .custodians
            .iter()
            .map(|seat| board.entry(draft, seat, &session).transpose())
            .map(Option::transpose)
            .collect::<Result<Option<Vec<_>>, _>>()?;
        board.agreed = custodians.map(|custodians| Agreed {
            lot: terms.lot_key(),
            threshold: terms.custody.threshold,
            session,
            custodians,
            policy_sha256: SUITE_1.hash(draft_bytes),
        });
        Ok(board)
    }

    /// The entry of one custodian, once it announced.
    fn entry(
        &self,
        draft: &TenderDraft,
        seat: &CustodianSeat,
        session: &Hex<32>,
    ) -> Result<Option<CustodianEntry>, BoardFault> {
        let Some(body) = self.message(BoardKind::Announce, seat.index) else { return Ok(None) };
        let wrong = || BoardFault::Announcement(seat.index);
        let announced: Announcement = serde_json::from_slice(body).map_err(|_| wrong())?;
        let key: VerifierKey = announced.cosign_vkey.parse().map_err(|_| wrong())?;
        let origin = LogOrigin::parse(&draft.terms().log_origin()).map_err(|_| wrong())?;
        let holds = announced.v == 1
            && announced.kind == "announce"
            && announced.session == *session
            && announced.index == seat.index
            && key.name() == origin.custodian_name(seat.index)
            && key.algorithm() == SignatureAlgorithm::CosignatureV1
            && SUITE_1.point(&announced.static_key.0).is_ok();
        if !holds {
            return Err(wrong());
        }
        Ok(Some(CustodianEntry {
            index: seat.index,
            party: seat.party.clone(),
            cert_sha256: seat.cert_sha256,
            static_key: announced.static_key,
            cosign_vkey: announced.cosign_vkey,
        }))
    }

    /// The message of one custodian.
    pub fn message(&self, kind: BoardKind, from: CustodianIndex) -> Option<&[u8]> {
        self.messages.get(&(kind, BoardSender::Custodian(from))).map(Vec::as_slice)
    }

    /// The messages of all custodians in order, once all are there.
    pub fn all(&self, kind: BoardKind) -> Option<Vec<Vec<u8>>> {
        let all: Vec<Vec<u8>> = (1_u16..)
            .take(self.n)
            .filter_map(|index| CustodianIndex::new(index).ok())
            .filter_map(|index| self.message(kind, index).map(<[u8]>::to_vec))
            .collect();
        (all.len() == self.n).then_some(all)
    }

    /// The key generation, once all custodians announced their keys.
    ///
    /// # Errors
    ///
    /// [`BoardFault::Record`] if two announced the same key.
    pub fn session(&self) -> Result<Option<Session>, BoardFault> {
        let session = self.agreed.as_ref().map(|agreed| agreed.session(&SUITE_1)).transpose();
        session.map_err(BoardFault::from)
    }

    /// The record with its transcript, once all custodians certified the key generation.
    ///
    /// # Errors
    ///
    /// [`BoardFault`] if a message or the certificate does not hold; it names the custodian.
    pub fn record(&self) -> Result<Option<(CeremonyRecord, Transcript)>, BoardFault> {
        let (Some(agreed), Some(messages)) = (&self.agreed, self.all(BoardKind::Round1)) else {
            return Ok(None);
        };
        let Some(certificate) = self.all(BoardKind::CertifyDkg) else { return Ok(None) };
        let session = agreed.session(&SUITE_1)?;
        let (key, shares, bytes) = session.public_outcome(&messages)?;
        let mut signatures = Vec::new();
        for (index, signature) in (1_u16..).zip(certificate) {
            let index = CustodianIndex::new(index).map_err(|_| BoardFault::Seat)?;
            let signature: [u8; 65] =
                signature.try_into().map_err(|_| DkgError::Certificate(index))?;
            signatures.push(Hex(signature));
        }
        session.check_certificate(&bytes, &signatures)?;
        let record = agreed.clone().record(&SUITE_1, &key, &shares, &bytes)?;
        let messages = messages.into_iter().map(Bytes).collect();
        Ok(Some((record, Transcript { messages, certificate: signatures })))
    }

    /// The bundle, once every custodian signed the record and the first rehearsal is complete. It
    /// also holds those of the host's rehearsals, in order, that are complete.
    ///
    /// # Errors
    ///
    /// [`BoardFault`] if a signature or a partial of the first rehearsal does not hold.
    pub fn bundle(
        &self,
        trust: &TrustList,
        at: UtcMillis,
    ) -> Result<Option<CeremonyBundle>, BoardFault> {
        let Some((record, transcript)) = self.record()? else { return Ok(None) };
        let Some(signed) = self.all(BoardKind::SignRecord) else { return Ok(None) };
        let Some(rehearsal) = self.all_rehearsed(&record)? else { return Ok(None) };
        let bytes = record.to_bytes()?;
        let mut signatures = Vec::new();
        for (entry, cms) in record.custodians.iter().zip(signed) {
            let verified = cms::verify_detached(&cms, &bytes, trust, at)
                .map_err(|error| BoardFault::Signature(Some(error)))?;
            if verified.signer().certificate().sha256() != entry.cert_sha256 {
                return Err(BoardFault::Signature(None));
            }
            signatures.push(CustodianSignature { index: entry.index, cms_b64: Bytes(cms) });
        }
        let ceremony_b64 = Bytes(bytes);
        Ok(Some(CeremonyBundle { ceremony_b64, signatures, transcript, rehearsal }))
    }
}

/// A message is its sender's: test objects are posted by whoever seals them, everything else by
/// custodians; and whoever has a certificate in the draft signs.
fn check_item(
    draft: &TenderDraft,
    item: &BoardItem,
    trust: &TrustList,
    at: UtcMillis,
) -> Result<(), BoardFault> {
    if !rehearsal::is_its_to_send(item.kind, item.from) {
        return Err(BoardFault::Seat);
    }
    let terms = draft.terms();
    let origin = LogOrigin::parse(&terms.log_origin()).map_err(|_| BoardFault::Seat)?;
    let statement = board_statement(&origin, item.kind, &item.body);
    let signer = || {
        cms::verify_detached(&item.cms, statement.as_bytes(), trust, at)
            .map_err(|error| BoardFault::Signature(Some(error)))
    };
    let named = match item.from {
        BoardSender::Hall => true,
        BoardSender::Host => signer()?.signer().party().code == terms.host.code,
        BoardSender::Custodian(index) => {
            let seat = terms.custody.custodians.iter().find(|seat| seat.index == index);
            let seat = seat.ok_or(BoardFault::Seat)?;
            signer()?.signer().certificate().sha256() == seat.cert_sha256
        }
    };
    if named { Ok(()) } else { Err(BoardFault::Signature(None)) }
}
