//! The custodian's journal: every act, and every refusal, before it is answered.

use std::collections::BTreeMap;

use kaibiao_crypto::Hex;
use kaibiao_types::{Digest, Millis, Part, Stage, UtcMillis};
use serde::{Deserialize, Serialize};

/// One line of a custodian's journal, JSON, appended and synchronised before the act is answered.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// What the clock rests on has changed (ruling 13).
    Clock {
        /// When, by the clock as it then was.
        at: UtcMillis,
        /// The clock may be wrong by this much.
        max_error_ms: Millis,
        /// What the system clock said.
        system: UtcMillis,
        /// `never`, `synchronised` or `holdover`.
        standing: String,
        /// The sources that agree.
        agree: Vec<String>,
        /// The sources whose answers have no instant in common with those.
        false_tickers: Vec<String>,
        /// Whether what they agree on contradicts the monotonic time since they last agreed.
        contradicted: bool,
    },
    /// Cosigned a head of the log.
    Cosigned {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// Entries under the head.
        size: u64,
        /// Root of the head.
        root: Digest,
    },
    /// The key files of the lot are gone and the share is wiped from memory. Written before the
    /// statement of destruction is signed.
    Destroyed {
        /// When, by the custodian's clock.
        at: UtcMillis,
    },
    /// Is about to destroy the share and the static key (ruling 17). From here on the lot is
    /// released nothing, signed nothing but its destruction, and generates no key again.
    Destroying {
        /// When, by the custodian's clock.
        at: UtcMillis,
    },
    /// Is about to raise the point of a draw. Written before the share is touched (rule R9).
    DrawIntent {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// The freeze that the point is made of.
        freeze_id: Digest,
        /// Which draw of the tender file.
        no: u32,
        /// The point.
        u: Hex<33>,
    },
    /// Countersigned a freeze; there is at most one per ceremony and round.
    FreezeSigned {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// The freeze.
        freeze_id: Digest,
    },
    /// Is about to raise points. Written before the share is touched (rule R9).
    Intent {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// The freeze.
        freeze_id: Digest,
        /// The envelope.
        stage: Stage,
        /// Which part.
        part: Part,
        /// The points, each with the bid it belongs to.
        raised: Vec<Raised>,
    },
    /// Refused a request.
    Refused {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// What was asked for.
        request: String,
        /// The stable label of the refusal.
        label: String,
        /// What was wrong.
        detail: String,
    },
    /// Has a token of time over a freeze.
    TimeToken {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// The freeze.
        freeze_id: Digest,
        /// The source that signed.
        source: String,
        /// The earliest instant at which it can have signed.
        earliest: UtcMillis,
    },
    /// Is about to destroy the cosigning key too: no head is cosigned any more, and the lot is done.
    Retired {
        /// When, by the custodian's clock.
        at: UtcMillis,
    },
}

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

/// A point that is raised, and for which bid.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// The bid's manifest.
    pub manifest_sha256: Digest,
    /// U.
    pub u: Hex<33>,
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
            Act::Clock { .. } | Act::Refused { .. } | Act::TimeToken { .. } => {}
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
