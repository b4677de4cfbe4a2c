//! Who signed what arrives. It is judged beside the room's thread, which stamps bids: whatever a
//! stranger sends costs that thread nothing.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_journal::{SignedCommand, freeze_statement};
use kaibiao_opening::SignedCommandBody;
use kaibiao_pki::cms;
use kaibiao_replay::VerifiedTender;
use kaibiao_types::{CustodianIndex, Digest, LotKey, OrgCode};
use kaibiao_wire::PrivateText;

use crate::{HallContext, RoomError};

/// A message that names the seat of its sender.
pub trait SeatMessage {
    /// The seat.
    fn custodian(&self) -> CustodianIndex;

    /// The bytes that the custodian signed, in a lot with this freeze so far.
    fn content(&self, tender: &VerifiedTender, freeze_id: Option<Digest>) -> Cow<'_, [u8]>;

    /// What holds of the message by itself, asked once its sender is known.
    ///
    /// # Errors
    ///
    /// [`RoomError::Proof`].
    fn check(&self) -> Result<(), RoomError> {
        Ok(())
    }
}

/// A message that the custodian whose seat it names has signed.
#[derive(Clone, Debug)]
pub struct FromSeat<M> {
    message: M,
    cms: Vec<u8>,
}

/// A command with the organisation that signed it.
#[derive(Clone, Debug)]
pub struct CheckedCommand {
    pub(crate) asked: SignedCommandBody,
    pub(crate) signer: OrgCode,
    /// SHA-256 of the key of the certificate that signed it.
    pub(crate) signer_spki: Digest,
    pub(crate) signed: SignedCommand,
    /// The private text that came with it.
    pub(crate) private: Option<PrivateText>,
}

/// A custodian's signature under the freeze.
#[derive(Clone, Copy, Debug)]
pub struct FreezeSignature {
    /// The custodian.
    pub custodian: CustodianIndex,
    /// The freeze that it signed.
    pub freeze_id: Digest,
}

impl SeatMessage for FreezeSignature {
    fn custodian(&self) -> CustodianIndex {
        self.custodian
    }

    fn content(&self, tender: &VerifiedTender, _: Option<Digest>) -> Cow<'_, [u8]> {
        freeze_statement(tender.origin(), &self.freeze_id).into_bytes().into()
    }
}

impl<M: SeatMessage> FromSeat<M> {
    pub(crate) fn check(
        hall: &HallContext,
        tender: &VerifiedTender,
        freeze_id: Option<Digest>,
        message: M,
        cms: Vec<u8>,
    ) -> Result<Self, RoomError> {
        let seat = tender.record().custodian(message.custodian()).ok_or(RoomError::Seat)?;
        let content = message.content(tender, freeze_id);
        let signature = cms::verify_detached(&cms, &content, &hall.trust, hall.now())?;
        if signature.signer().certificate().sha256() != seat.cert_sha256 {
            return Err(RoomError::Seat);
        }
        message.check()?;
        Ok(Self { message, cms })
    }
}

impl<M> FromSeat<M> {
    pub(crate) const fn message(&self) -> &M {
        &self.message
    }

    pub(crate) fn cms_b64(&self) -> String {
        STANDARD.encode(&self.cms)
    }

    pub(crate) fn into_parts(self) -> (M, Vec<u8>) {
        (self.message, self.cms)
    }
}

impl CheckedCommand {
    pub(crate) fn check(
        hall: &HallContext,
        lot: &LotKey,
        body: Vec<u8>,
        cms: Vec<u8>,
    ) -> Result<Self, RoomError> {
        let asked = SignedCommandBody::parse_for(&body, lot)?;
        let signature = cms::verify_detached(&cms, &body, &hall.trust, hall.now())?;
        let signer = signature.signer().party().code.clone();
        let signer_spki = signature.signer().certificate().spki_sha256();
        let signed = SignedCommand { body, cms };
        Ok(Self { asked, signer, signer_spki, signed, private: None })
    }

    /// The same with the private text that came with it; whether it fits, the room judges.
    #[must_use]
    pub fn with_private(self, private: Option<PrivateText>) -> Self {
        Self { private, ..self }
    }
}
