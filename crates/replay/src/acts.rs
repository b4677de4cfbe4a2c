//! A custodian's journal: every act, and every refusal, before it is answered. The custodian writes
//! and signs it; hall and verifier read it (ruling 19).

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
    /// Attested that it was without a new head of the log before a deadline (ruling 12).
    OutageAttested {
        /// When, by the custodian's clock.
        at: UtcMillis,
        /// The deadline that counted.
        deadline: UtcMillis,
        /// From when on.
        from: UtcMillis,
        /// Until when.
        to: UtcMillis,
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

/// A point that is raised, and for which bid.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// The bid's manifest.
    pub manifest_sha256: Digest,
    /// U.
    pub u: Hex<33>,
}

/// The acts of a journal, read from exactly the bytes that were signed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CustodianJournal {
    acts: Vec<Act>,
}

/// Why bytes are no journal of a custodian.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalFault {
    /// There is no line.
    #[error("the journal is empty")]
    Empty,
    /// A line is no act, or not written the one way in which acts are written.
    #[error("line {0} is no act of a custodian's journal")]
    Line(u64),
    /// The last line has no line feed.
    #[error("the last line has no line feed")]
    Torn,
}

impl JournalFault {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Empty | Self::Line(_) | Self::Torn => "E_JOURNAL",
        }
    }
}

impl Act {
    /// The line of a journal, with its line feed: compact JSON, the same bytes for the same act.
    pub fn to_line(&self) -> Vec<u8> {
        // Numbers, texts and lists of them: writing them to memory cannot fail.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// When, by the custodian's clock.
    pub const fn at(&self) -> UtcMillis {
        match self {
            Self::Clock { at, .. }
            | Self::Cosigned { at, .. }
            | Self::Destroyed { at }
            | Self::Destroying { at }
            | Self::DrawIntent { at, .. }
            | Self::FreezeSigned { at, .. }
            | Self::Intent { at, .. }
            | Self::OutageAttested { at, .. }
            | Self::Refused { at, .. }
            | Self::Retired { at }
            | Self::TimeToken { at, .. } => *at,
        }
    }
}

impl CustodianJournal {
    /// Reads a journal: whole lines, each of them an act in its one written form.
    ///
    /// # Errors
    ///
    /// [`JournalFault`].
    pub fn parse(bytes: &[u8]) -> Result<Self, JournalFault> {
        let whole = match bytes.split_last() {
            None => return Err(JournalFault::Empty),
            Some((b'\n', whole)) => whole,
            Some(_) => return Err(JournalFault::Torn),
        };
        let lines = (1_u64..).zip(whole.split(|byte| *byte == b'\n'));
        let read = |(number, line): (u64, &[u8])| {
            let act: Act = serde_json::from_slice(line).map_err(|_| JournalFault::Line(number))?;
            let written = act.to_line();
            if written.strip_suffix(b"\n") == Some(line) {
                Ok(act)
            } else {
                Err(JournalFault::Line(number))
            }
        };
        Ok(Self { acts: lines.map(read).collect::<Result<_, _>>()? })
    }

    /// The acts, in their order; the line of an act is its place counted from 1.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }
}
