//! When a custodian may act: cosign a head, countersign a freeze, release partial decryptions, raise
//! the point of a draw, and when it must destroy its share.
//!
//! Layer 4, pure. A custodian believes only the log (ruling 14): it replays the opening log itself,
//! counts the bidders itself, and raises a point only if the replayed state asks for it. The process
//! around this crate reads the clock, keeps the share and writes every act to its journal before it
//! answers; [`Memory`] is what that journal says. Rules and attacks: `docs/spec/custodian.md`.

mod act;
mod clock;
mod destruction;
mod discipline;
mod draw;
mod duty;
mod gate;
mod refusal;
mod silence;
mod token;

pub use act::{Holding, Memory};
pub use clock::{ClockReading, HOLDOVER_WAIT, Standing};
pub use destruction::{COSIGN_KEEP, Destruction, RESULT_KEEP};
pub use discipline::{DRIFT_PPM, Discipline, FRESH, Sample, SampleFault, Verdict};
pub use draw::DrawRelease;
pub use duty::{Cosigning, Countersigning, Custody, Release, ToRaise};
pub use kaibiao_replay::{Act, Raised};
pub use refusal::Refusal;
pub use silence::{ASKED_WITHIN, Attesting, Silence};
pub use token::{TimeToken, TokenFault, TokenMaterial};
