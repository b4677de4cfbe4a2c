//! The vocabulary of Kaibiao: ids, instants, spans, amounts, roles, digests, faults.
//!
//! Layer 0. A value that exists is valid: every type here checks its rule once, when it is made.
//! The identifiers follow the glossary in `docs/glossary.md`.

mod decimal;
mod digest;
mod fault;
mod id;
mod moment;
mod money;
mod org;
mod role;
mod threshold;
mod time;

pub use decimal::{Decimal, DecimalError};
pub use digest::{Digest, DigestError};
pub use fault::Fault;
pub use id::{
    BidPart, BidSeq, CustodianIndex, IdError, LotId, LotKey, Part, PlaceNo, Stage, TenderId, TickNo,
};
pub use moment::JournalMoment;
pub use money::{Currency, Money, MoneyError};
pub use org::{OrgCode, OrgCodeError, Party};
pub use role::Role;
pub use threshold::{Threshold, ThresholdError};
pub use time::{Millis, TimeError, UtcMillis};
