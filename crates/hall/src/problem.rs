//! From what the room refuses to an answer that a person understands.

use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kaibiao_opening::Refusal;
use kaibiao_replay::{BidFault, EstimateFault};
use kaibiao_room::RoomError;
use kaibiao_store::{Refusal as StoreRefusal, StoreError};
use kaibiao_wire::{JsonError, Label, PROBLEM_TYPE, Problem, to_json};

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct Failure(Box<Problem>);

impl Failure {
    pub(crate) fn new(label: Label) -> Self {
        Self(Box::new(Problem::new(label)))
    }

    pub(crate) fn detailed(label: Label, detail: &str) -> Self {
        Self(Box::new(Problem::new(label).with_detail(detail)))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_json(&self.0).unwrap_or_default();
        (status, [(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE))], body).into_response()
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        Self::detailed(Label::BadJson, &report(&error))
    }
}

impl From<RoomError> for Failure {
    fn from(error: RoomError) -> Self {
        let label = label_of(&error);
        if matches!(label, Label::Internal | Label::StateUnknown) {
            // What broke inside is for the operator; the asker learns that it was not its fault.
            tracing::error!(error = %report(&error), "a request failed");
            return Self::new(label);
        }
        Self::detailed(label, &detail(&error))
    }
}

/// The detail names the precise rule, whose label is stable too.
fn detail(error: &RoomError) -> String {
    let fine = match error {
        RoomError::Bid(fault) => Some(fault.label()),
        RoomError::Board(fault) => Some(fault.label()),
        RoomError::Estimate(fault) => Some(fault.label()),
        RoomError::Refused(refusal) => Some(refusal.label()),
        RoomError::Signature(fault) => Some(fault.label()),
        RoomError::Tender(fault) => Some(fault.label()),
        RoomError::Draft(fault) => Some(fault.label()),
        RoomError::Command(fault) => Some(fault.label()),
        RoomError::Replay(fault) => Some(fault.label()),
        RoomError::Unlock(_) => Some("LOCK_COMMIT(2)"),
        _ => None,
    };
    let text = report(error);
    fine.map_or_else(|| text.clone(), |fine| format!("[{fine}] {text}"))
}

fn label_of(error: &RoomError) -> Label {
    match error {
        RoomError::Bid(fault) => bid_label(fault),
        RoomError::Board(_) | RoomError::Proof(_) | RoomError::Replay(_) | RoomError::Unlock(_) => {
            Label::BadProof
        }
        RoomError::Busy => Label::Busy,
        RoomError::Command(_) => Label::UnknownCommand,
        RoomError::Draft(_) => Label::BadInput,
        RoomError::Estimate(fault) => estimate_label(fault),
        RoomError::DuplicateObject | RoomError::Exists(_) => Label::DuplicateObject,
        RoomError::Late(_) => Label::Late,
        RoomError::NotReady(_) => Label::NotReady,
        RoomError::NothingToWithdraw => Label::NothingToWithdraw,
        RoomError::Object(_) => Label::AlteredObject,
        RoomError::Truncated(_) => Label::TruncatedObject,
        RoomError::Refused(refusal) => refusal_label(refusal),
        RoomError::RehearsalsOver => Label::OutOfOrder,
        RoomError::Replayed => Label::Replayed,
        RoomError::Seat => Label::WrongRole,
        RoomError::Sequence(_) => Label::DuplicateSequence,
        RoomError::Signature(fault) => signature_label(fault.label()),
        RoomError::Store(store) => store_label(store),
        RoomError::Tender(fault) => tender_label(fault.label()),
        RoomError::UnknownLot(_) => Label::UnknownLot,
        RoomError::Stopped => Label::StateUnknown,
        _ => Label::Internal,
    }
}

fn estimate_label(fault: &EstimateFault) -> Label {
    match fault {
        EstimateFault::Duplicate(_) => Label::DuplicateObject,
        EstimateFault::Object(_) | EstimateFault::Digest | EstimateFault::Length { .. } => {
            Label::AlteredObject
        }
        // Whatever is added is about what the object was sealed for.
        _ => Label::WrongContext,
    }
}

fn bid_label(fault: &BidFault) -> Label {
    match fault {
        BidFault::Lot(_) => Label::WrongLot,
        BidFault::Ceremony => Label::UnknownCeremony,
        BidFault::Context(_) | BidFault::HeaderMismatch(_) | BidFault::Frozen => {
            Label::WrongContext
        }
        BidFault::Signature(fault) => signature_label(fault.label()),
        BidFault::Signer => Label::BrokenSignature,
        BidFault::Proof(_) => Label::WrongContext,
        BidFault::Header(_) => Label::AlteredObject,
        _ => Label::BadManifest,
    }
}

/// A certificate that is not trusted is another matter than a signature that is broken.
fn signature_label(fine: &str) -> Label {
    if fine.starts_with("E_CERT") { Label::UntrustedCertificate } else { Label::BrokenSignature }
}

fn tender_label(fine: &str) -> Label {
    if fine == "E_CEREMONY" {
        Label::UnknownCeremony
    } else if fine == "E_SEAT_ENDS" {
        Label::SeatEnds
    } else if ["E_CERT", "E_SIG", "E_TST"].iter().any(|start| fine.starts_with(start)) {
        signature_label(fine)
    } else {
        Label::BadInput
    }
}

const fn refusal_label(refusal: &Refusal) -> Label {
    match refusal {
        Refusal::TooEarly { .. } => Label::TooEarly,
        Refusal::TooFewBidders { .. } => Label::TooFewBidders,
        Refusal::TooFewCustodians { .. }
        | Refusal::CustodyIncomplete { .. }
        | Refusal::FreezeIncomplete { .. } => Label::NotEnoughCustodians,
        Refusal::ObjectionsOpen { .. } => Label::ObjectionOpen,
        Refusal::WrongRole { .. } | Refusal::NotABidder => Label::WrongRole,
        Refusal::WrongFreeze => Label::FreezeConflict,
        _ => Label::OutOfOrder,
    }
}

const fn store_label(error: &StoreError) -> Label {
    let StoreError::Refused(refusal) = error else { return Label::StateUnknown };
    match refusal {
        StoreRefusal::UnknownUpload(_) | StoreRefusal::UnknownPart(_) => Label::UnknownUpload,
        StoreRefusal::UnknownLot(_) => Label::UnknownLot,
        StoreRefusal::NotComplete { .. } => Label::TruncatedObject,
        StoreRefusal::SliceBeyondEnd { .. } | StoreRefusal::SliceLength { .. } => Label::BadSlice,
        StoreRefusal::ReplayedNonce => Label::Replayed,
        StoreRefusal::AlreadyCompleted { .. }
        | StoreRefusal::DifferentBytes { .. }
        | StoreRefusal::LotExists(_) => Label::DuplicateObject,
        StoreRefusal::ChangedMeanwhile { .. } => Label::Busy,
        _ => Label::BadInput,
    }
}

/// An error with its causes on one line.
fn report(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
