//! When a custodian may act: cosign a head, countersign a freeze, release partial decryptions, and
//! when it must destroy its share.
//!
//! Layer 4, pure. A custodian believes only the log (ruling 14): it replays the opening log itself,
//! counts the bidders itself, and raises a point only if the replayed state asks for it. The process
//! around this crate reads the clock, keeps the share and writes every act to its journal before it
//! answers; [`Memory`] is what that journal says. Rules and attacks: `docs/spec/custodian.md`.

mod act;
mod clock;
mod destruction;
mod duty;
mod refusal;

pub use act::{Holding, Memory};
pub use clock::ClockReading;
pub use destruction::{COSIGN_KEEP, Destruction};
pub use duty::{Cosigning, Countersigning, Custody, Release, ToRaise};
pub use kaibiao_replay::{Act, Raised};
pub use refusal::Refusal;
