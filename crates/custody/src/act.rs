//! The memory of a custodian: what its journal says, and what it still holds.

use std::collections::BTreeMap;

use kaibiao_replay::Act;
use kaibiao_types::Digest;

/// What a custodian still holds of a lot. Each step is taken once and never back.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Holding {
    /// The share, or what leads to one.
    #[default]
    Share,
    /// The destruction has begun: what is left on the disk is destroyed, and never used.
    Destroying,
    /// The cosigning key alone.
    CosigningKey,
    /// Nothing.
    Nothing,
}

/// What the journal says: the custodian's memory across restarts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Memory {
    cosigned: BTreeMap<u64, Digest>,
    freeze_id: Option<Digest>,
    raised: BTreeMap<[u8; 33], Digest>,
    drawn: BTreeMap<u32, (Digest, [u8; 33])>,
    holding: Holding,
}

impl Memory {
    /// Takes in one act of the journal.
    pub fn remember(&mut self, act: &Act) {
        match act {
            Act::Cosigned { size, root, .. } => drop(self.cosigned.insert(*size, *root)),
            Act::FreezeSigned { freeze_id, .. } => self.freeze_id = Some(*freeze_id),
            Act::Intent { raised, .. } => {
                self.raised.extend(raised.iter().map(|r| (r.u.0, r.manifest_sha256)));
            }
            Act::DrawIntent { freeze_id, no, u, .. } => {
                self.drawn.insert(*no, (*freeze_id, u.0));
            }
            Act::Destroying { .. } => self.keep_at_most(Holding::Destroying),
            Act::Destroyed { .. } => self.keep_at_most(Holding::CosigningKey),
            Act::Retired { .. } => self.keep_at_most(Holding::Nothing),
            Act::Clock { .. }
            | Act::OutageAttested { .. }
            | Act::Refused { .. }
            | Act::TimeToken { .. } => {}
        }
    }

    fn keep_at_most(&mut self, holding: Holding) {
        self.holding = self.holding.max(holding);
    }

    /// What is still held.
    pub const fn holding(&self) -> Holding {
        self.holding
    }

    /// The largest head cosigned so far.
    pub fn latest_head(&self) -> Option<(u64, Digest)> {
        self.cosigned.last_key_value().map(|(size, root)| (*size, *root))
    }

    /// Whether exactly this head was cosigned.
    pub fn has_cosigned(&self, size: u64, root: &Digest) -> bool {
        self.cosigned.get(&size) == Some(root)
    }

    /// The freeze that was countersigned.
    pub const fn freeze_id(&self) -> Option<Digest> {
        self.freeze_id
    }

    /// The freeze and the point that were raised for a draw before.
    pub fn drawn(&self, no: u32) -> Option<(Digest, [u8; 33])> {
        self.drawn.get(&no).copied()
    }

    /// The draw for which a point was raised before.
    pub fn drawn_for(&self, u: &[u8; 33]) -> Option<u32> {
        self.drawn.iter().find(|(_, (_, drawn))| drawn == u).map(|(no, _)| *no)
    }

    /// The bid for which a point was raised before.
    pub fn raised_for(&self, u: &[u8; 33]) -> Option<Digest> {
        self.raised.get(u).copied()
    }
}
