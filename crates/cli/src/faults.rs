//! From the errors of the lower layers to the problem shown to a person.

use kaibiao_ceremony::RecordError;
use kaibiao_journal::{ReceiptError, ReceiptProofError};
use kaibiao_opening::{SheetError, TenderError};
use kaibiao_pki::cms::{SignError, SignatureError};
use kaibiao_pki::ers::EvidenceError;
use kaibiao_pki::{CertError, PemError, SignedListError, TimeStampError, TrustListError};
use kaibiao_replay::{BidFault, BoardFault, ReplayFault, TenderFault};
use kaibiao_seal::{
    HeaderError, HeaderMismatch, ManifestError, ObjectError, ObjectMismatch, SealError,
};
use kaibiao_wire::{JsonError, Label};

use crate::failure::Failure;

macro_rules! failures {
    ($($error:ty => $label:expr;)*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let label: fn(&$error) -> Label = $label;
                Self::coded(label(&error), error.label(), &error)
            }
        })*
    };
}

failures! {
    BidFault => bid;
    BoardFault => |error| match error {
        BoardFault::Signature(Some(error)) => signature(error),
        BoardFault::Signature(None) | BoardFault::Seat => Label::BrokenSignature,
        BoardFault::Rehearsal => Label::BadProof,
        _ => Label::UnknownCeremony,
    };
    CertError => |_| Label::UntrustedCertificate;
    EvidenceError => record;
    HeaderError => header;
    ManifestError => |_| Label::BadManifest;
    ObjectError => object;
    ObjectMismatch => |error| match error {
        ObjectMismatch::Length { signed, found } if found < signed => Label::TruncatedObject,
        _ => Label::AlteredObject,
    };
    PemError => |_| Label::BadInput;
    ReceiptError => |_| Label::BadInput;
    ReceiptProofError => |_| Label::BrokenSignature;
    RecordError => |_| Label::UnknownCeremony;
    ReplayFault => |_| Label::BrokenSignature;
    SealError => |error| match error {
        SealError::Read(_) | SealError::Longer { .. } | SealError::Shorter { .. } => Label::CannotRead,
        SealError::Write(_) => Label::CannotWrite,
        SealError::TooLarge { .. } => Label::TooLarge,
        SealError::Ceremony => Label::UnknownCeremony,
        _ => Label::Internal,
    };
    SheetError => |_| Label::BadInput;
    SignError => |error| match error {
        SignError::KeyMismatch(_) => Label::KeyMismatch,
        SignError::KeyPassword => Label::WrongPassword,
        SignError::Outside { label, .. } if label.starts_with("E_TOKEN_PIN") => Label::TokenPin,
        SignError::Outside { .. } => Label::SignerUnavailable,
        SignError::Signing(_) => Label::Internal,
        _ => Label::BadInput,
    };
    SignatureError => signature;
    SignedListError => |error| match error {
        SignedListError::List(_) => Label::BadInput,
        _ => Label::UnsignedTrustList,
    };
    TenderError => |_| Label::BadInput;
    TenderFault => tender;
    TimeStampError => stamp;
    TrustListError => |_| Label::BadInput;
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        Self::caused(error.label(), &error)
    }
}

/// Whether a signature is broken, or is good and leads to nobody we trust.
fn signature(error: &SignatureError) -> Label {
    match error {
        SignatureError::Certificate(_) => Label::UntrustedCertificate,
        _ => Label::BrokenSignature,
    }
}

/// Whether an authority refused, is nobody we trust, or gave what does not hold.
const fn stamp(error: &TimeStampError) -> Label {
    match error {
        TimeStampError::Refused { .. } => Label::TsaRefused,
        TimeStampError::Certificate(_) => Label::UntrustedCertificate,
        _ => Label::BrokenStamp,
    }
}

const fn record(error: &EvidenceError) -> Label {
    match error {
        EvidenceError::Digest { .. } => Label::BadInput,
        EvidenceError::Overdue { .. } => Label::RecordOverdue,
        EvidenceError::Stamp { source, .. } => match stamp(source) {
            Label::BrokenStamp => Label::BrokenRecord,
            other => other,
        },
        _ => Label::BrokenRecord,
    }
}

fn header(error: &HeaderError) -> Label {
    match error {
        HeaderError::Truncated { .. } => Label::TruncatedObject,
        _ => Label::AlteredObject,
    }
}

fn object(error: &ObjectError) -> Label {
    match error {
        ObjectError::Header(error) => header(error),
        ObjectError::Shorter { .. } => Label::TruncatedObject,
        ObjectError::Longer { .. } => Label::AlteredObject,
    }
}

fn bid(error: &BidFault) -> Label {
    match error {
        BidFault::Ceremony => Label::UnknownCeremony,
        BidFault::Context(_) | BidFault::HeaderMismatch(HeaderMismatch::Context(_)) => {
            Label::WrongContext
        }
        BidFault::Header(error) => header(error),
        BidFault::HeaderMismatch(_) | BidFault::Frozen => Label::AlteredObject,
        BidFault::Lot(_) => Label::WrongLot,
        BidFault::Proof(_) => Label::BadProof,
        BidFault::Signature(error) => signature(error),
        BidFault::Signer => Label::BrokenSignature,
        _ => Label::BadManifest,
    }
}

fn tender(error: &TenderFault) -> Label {
    match error {
        TenderFault::HostSignature(Some(error))
        | TenderFault::CustodianSignature(_, Some(error)) => signature(error),
        TenderFault::HostSignature(None) | TenderFault::CustodianSignature(_, None) => {
            Label::BrokenSignature
        }
        TenderFault::TrustList { .. } => Label::OtherTrustList,
        TenderFault::SeatEnds { .. } => Label::SeatEnds,
        TenderFault::Form(_) | TenderFault::Log => Label::BadInput,
        TenderFault::Draft => Label::BrokenSignature,
        TenderFault::Rehearsal => Label::BadProof,
        _ => Label::UnknownCeremony,
    }
}
