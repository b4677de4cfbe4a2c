//! Help for tests: seeded randomness, paths, fixture tenders, the roster of development
//! identities, and a harness for processes.
//!
//! For `[dev-dependencies]` only: nothing here is fit for a real opening, above all not
//! [`SeededEntropy`].

mod consistency;
mod entropy;
mod fixture;
mod load;
mod paths;
mod roster;
mod running;
#[cfg(feature = "scenario")]
mod scenario;
mod time_server;
mod token;

pub use entropy::{FailingEntropy, SeededEntropy};
pub use fixture::{
    BidderFixture, Bilingual, CustodyFixture, DraftFixture, FIXTURE_NAMES, FieldKind, Fixture,
    Item, ReadOutField, Sheet, TickRule,
};
pub use load::LoadError;
pub use paths::{fixtures, keys_dev, require_tool, shared_dir, skip, workspace_root};
pub use roster::{Authority, Identity, NamedParty, Roster};
pub use running::{RunError, Running};
#[cfg(feature = "scenario")]
pub use scenario::{
    DrawPlay, ESTIMATE, EstimatePlay, People, Published, Scenario, ScenarioBid, ScenarioError,
    ScenarioOptions, WindowPlay, estimate_command, estimate_plain, seal_estimate,
};
pub use time_server::{TimeAnswer, TimeServer};
pub use token::SoftTokens;

/// The mark at the end of the name of every invented organisation.
pub const FICTIONAL_MARK: &str = "（虚构）";

/// The folder of shared foreign data, or a return from the test with a line `SKIPPED: …`.
///
/// For test functions that return `()`. See [`shared_dir`].
#[macro_export]
macro_rules! skip_unless_shared {
    () => {
        match $crate::shared_dir() {
            Some(folder) => folder,
            None => return,
        }
    };
}
