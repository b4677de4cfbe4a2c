//! The opening ceremony: key generation, shares, partial decryption, combination, blame, draws.
//!
//! Layer 2, without input or output. The key generation is COCKTAIL-DKG (C2SP, v0.2.1) with the
//! hall as untrusted coordinator; a partial decryption carries a proof, so that a lying custodian
//! is dropped and named. Byte layouts: `docs/spec/ceremony.md`.

mod blame;
mod bundle;
mod cocktail;
mod draw;
mod limits;
mod partial;
#[cfg(test)]
mod properties;
mod record;
mod recover;
mod schnorr;
mod share;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod vectors;

pub use blame::{JournalShows, MissingRelease, Observation, Verdict, blame, missing_release};
pub use bundle::{Bytes, CeremonyBundle, CustodianSignature, Rehearsal, Transcript};
pub use cocktail::{
    Complaint, ComplaintError, DkgError, Outcome, Raised, Round1, Session, SetupError,
};
pub use draw::{DrawError, draw_point, draw_value};
pub use limits::MESSAGE_MAX;
pub use partial::{
    CombineError, Combined, Partial, PartialError, VerifiedPartial, combine, combine_any, raise,
    rehearsal_context,
};
pub use record::{Agreed, CeremonyRecord, CustodianEntry, RecordError, ceremony_id, session_id};
pub use recover::{RecoverError, recover};
pub use share::{KeyShare, ShareError, StaticKey};
