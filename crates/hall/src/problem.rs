//! From what the room refuses to an answer that a person understands.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kaibiao_opening::Refusal;
use kaibiao_replay::{BidFault, EstimateFault};
use kaibiao_room::{RoomError, Signed};
use kaibiao_seal::SliceFault;
use kaibiao_store::{Refusal as StoreRefusal, StoreError};
use kaibiao_wire::{B64, JsonError, Label, PROBLEM_TYPE, Problem, SignedStatement, to_json};

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

    pub(crate) const fn label(&self) -> Label {
        self.0.label
    }

    /// The same, with the refusal as the hall signed it.
    pub(crate) fn signed(mut self, refusal: Option<Signed>) -> Self {
        self.0.refusal = refusal.map(statement);
        self
    }
}

/// A signed statement as it travels.
pub(crate) fn statement(signed: Signed) -> SignedStatement {
    SignedStatement { statement_b64: B64(signed.statement), cms_b64: B64(signed.cms) }
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
            if let Some(cause) = to_log(&error, Instant::now()) {
                tracing::error!(error = %cause, "requests fail");
            }
            return Self::new(label);
        }
        Self::detailed(label, &detail(&error))
    }
}

/// When a failed request was last logged.
static LOGGED: Mutex<Option<Instant>> = Mutex::new(None);
/// Of the requests that fail, one in so long is logged.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// What the log says of a failed request, if it says anything. Before a deadline the log tells neither
/// what was being done nor how often: both would tell that bids come in (ruling 25).
fn to_log(error: &RoomError, now: Instant) -> Option<String> {
    let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    if logged.is_some_and(|at| now.saturating_duration_since(at) < LOG_EVERY) {
        return None;
    }
    *logged = Some(now);
    Some(match error {
        RoomError::Store(
            StoreError::NotDone { source, .. } | StoreError::StateUnknown { source, .. },
        ) => report(&**source),
        other => report(other),
    })
}

/// The detail names the precise rule, whose label is stable too.
fn detail(error: &RoomError) -> String {
    let fine = match error {
        RoomError::Bid(fault) => Some(fault.label()),
        RoomError::Board(fault) => Some(fault.label()),
        RoomError::Estimate(fault) => Some(fault.label()),
        RoomError::Private(fault) => Some(fault.label()),
        RoomError::Refused(refusal) => Some(refusal.label()),
        RoomError::Signature(fault) => Some(fault.label()),
        RoomError::Slice { fault, .. } => Some(fault.label()),
        RoomError::SliceRoots(fault) => Some(fault.label()),
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
        RoomError::Draft(_) | RoomError::Private(_) => Label::BadInput,
        RoomError::Estimate(fault) => estimate_label(fault),
        RoomError::DuplicateObject | RoomError::Exists(_) => Label::DuplicateObject,
        RoomError::Late(_) => Label::Late,
        RoomError::NotReady(_) => Label::NotReady,
        RoomError::NoPrivateText => Label::UnknownPath,
        RoomError::NothingToWithdraw => Label::NothingToWithdraw,
        RoomError::Object(_) | RoomError::SliceRoots(_) => Label::AlteredObject,
        RoomError::Slice { fault: SliceFault::Length { .. }, .. } => Label::BadSlice,
        RoomError::Slice { .. } => Label::WrongSlice,
        RoomError::Refused(refusal) => refusal_label(refusal),
        RoomError::RehearsalsOver => Label::OutOfOrder,
        RoomError::Replayed => Label::Replayed,
        RoomError::Seat | RoomError::NotForYou => Label::WrongRole,
        RoomError::Sequence(_) => Label::DuplicateSequence,
        RoomError::Signature(fault) => signature_label(fault.label()),
        RoomError::Store(store) => store_label(store),
        RoomError::Tender(fault) => tender_label(fault.label()),
        RoomError::TooFast(_) => Label::TooManyRequests,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a failed disk makes of uploads is not what the log tells of.
    #[test]
    fn the_log_tells_neither_of_uploads_nor_of_their_number() {
        let begun = Instant::now();
        let full = || StoreError::NotDone {
            doing: "store a slice",
            source: std::io::Error::other("no space left").into(),
        };
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(to_log(&full().into(), later(0)).as_deref(), Some("no space left"));
        for second in 0..59 {
            assert_eq!(to_log(&full().into(), later(second)), None);
        }
        assert_eq!(to_log(&RoomError::Stopped, later(60)).as_deref(), Some("the room has stopped"));
    }
}
