//! Time stamps of RFC 3161: what existed when, said by somebody who takes part in nothing else
//! (docs/spec/timestamp.md).
//!
//! - A [`Request`] asks for a stamp on an [`Imprint`]; [`read_response`] takes the token out of the
//!   answer; [`verify_token`] gives a [`VerifiedTimeStamp`].
//! - [`Authority`] answers requests: for tests and demonstrations.

mod authority;
mod error;
mod info;
mod request;
mod response;
mod token;
mod verify;

pub use authority::Authority;
pub use error::{Failure, TimeStampError};
pub use request::{Imprint, Request};
pub use response::read_response;
pub use verify::{VerifiedTimeStamp, stated, verify_response, verify_token, verify_token_by};

pub(crate) use verify::{intact_over, intact_with, verify_over, verify_with};
