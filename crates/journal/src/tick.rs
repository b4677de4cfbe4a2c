//! Ticks: equal blocks of places, so that the log's growth does not tell how many bids came in
//! (ruling 7).

use kaibiao_crypto::{Entropy, EntropyError};
use kaibiao_merkle::{Tree, leaf_hash};
use kaibiao_types::{Digest, PlaceNo, TickNo, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::limits::PLACES_MAX;
use crate::{Actor, EntryError, EntryLine};

/// A tick that is being filled. `Debug` does not tell how full it is (promise 5).
#[derive(Clone)]
pub struct TickBuilder {
    no: TickNo,
    /// `None` is a free place.
    places: Vec<Option<Digest>>,
    used: usize,
}

/// A finished tick: every place has content, and used ones look like the others.
#[derive(Clone, Debug)]
pub struct Tick {
    no: TickNo,
    contents: Vec<Digest>,
    tree: Tree,
}

/// The data of a `tick` entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TickData {
    /// Number of the tick, gapless from 0.
    pub no: TickNo,
    /// RFC 6962 root over its places.
    pub root: Digest,
}

/// A tick as the log has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoggedTick {
    /// Number of the tick.
    pub no: TickNo,
    /// Root over its places.
    pub root: Digest,
    /// Index of its entry.
    pub index: u64,
    /// Time of its entry.
    pub at: UtcMillis,
}

/// Why a tick does not take or give a place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TickError {
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Every place is used; the bid goes to the next tick.
    #[error("tick {0} is full; the next tick takes the bid")]
    Full(TickNo),
    /// The tick has no such place.
    #[error("tick {tick} has no place {place}")]
    NoSuchPlace {
        /// The tick.
        tick: TickNo,
        /// The place asked for.
        place: PlaceNo,
    },
    /// The place is used already.
    #[error("place {place} of tick {tick} is used")]
    Occupied {
        /// The tick.
        tick: TickNo,
        /// The place asked for.
        place: PlaceNo,
    },
    /// A tick has 1 to 65,536 places.
    #[error("a tick has 1 to {PLACES_MAX} places, not {0}")]
    Places(usize),
}

impl TickError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Entropy(_) => "tick-entropy",
            Self::Full(_) => "tick-full",
            Self::NoSuchPlace { .. } => "tick-no-such-place",
            Self::Occupied { .. } => "tick-occupied",
            Self::Places(_) => "tick-places",
        }
    }
}

/// Why the ticks of a log are not in order.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TickLogError {
    /// The data of a tick entry is not readable.
    #[error("entry {index} is no readable tick")]
    Data {
        /// Index of the entry.
        index: u64,
        /// Why.
        source: EntryError,
    },
    /// Somebody else than the hall wrote the tick.
    #[error("the tick in entry {index} is by {by}, not by the hall")]
    NotHall {
        /// Index of the entry.
        index: u64,
        /// Who wrote it.
        by: Actor,
    },
    /// The tick has another number than the next one.
    #[error("entry {index} has tick {found}, but tick {expected} is next")]
    Number {
        /// Index of the entry.
        index: u64,
        /// The next number.
        expected: u64,
        /// The number found.
        found: TickNo,
    },
}

impl TickLogError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Data { source, .. } => source.label(),
            Self::NotHall { .. } => "tick-not-hall",
            Self::Number { .. } => "tick-number",
        }
    }
}

impl TickData {
    /// The kind of the entry.
    pub const KIND: &'static str = "tick";
}

impl TickBuilder {
    /// An empty tick with the number of places that the tender file names (normally 1,024).
    ///
    /// # Errors
    ///
    /// [`TickError::Places`].
    pub fn new(no: TickNo, places: u32) -> Result<Self, TickError> {
        let count = usize::try_from(places).unwrap_or(usize::MAX);
        if !(1..=PLACES_MAX).contains(&places) {
            return Err(TickError::Places(count));
        }
        Ok(Self { no, places: vec![None; count], used: 0 })
    }

    /// Puts a commitment at a random free place, so that the place does not tell the order.
    ///
    /// # Errors
    ///
    /// [`TickError::Full`]: use the next tick; [`TickError::Entropy`].
    pub fn place(
        &mut self,
        commitment: Digest,
        entropy: &mut dyn Entropy,
    ) -> Result<PlaceNo, TickError> {
        let free = self.free();
        if free == 0 {
            return Err(TickError::Full(self.no));
        }
        let nth = below(free, entropy)?;
        let mut places = (0_u32..).zip(&mut self.places).filter(|(_, place)| place.is_none());
        // `nth` is below the number of free places, and all numbers are below 2^16.
        let Some((number, place)) = places.nth(nth) else {
            return Err(TickError::Full(self.no));
        };
        let no = PlaceNo::new(number).map_err(|_| TickError::Full(self.no))?;
        *place = Some(commitment);
        self.used += 1;
        Ok(no)
    }

    /// Puts a commitment back at the place its stored receipt names (after a restart).
    ///
    /// # Errors
    ///
    /// [`TickError::NoSuchPlace`], [`TickError::Occupied`].
    pub fn restore(&mut self, place: PlaceNo, commitment: Digest) -> Result<(), TickError> {
        let tick = self.no;
        let slot = usize::try_from(place.get()).ok().and_then(|no| self.places.get_mut(no));
        let slot = slot.ok_or(TickError::NoSuchPlace { tick, place })?;
        if slot.is_some() {
            return Err(TickError::Occupied { tick, place });
        }
        *slot = Some(commitment);
        self.used += 1;
        Ok(())
    }

    /// The number of the tick.
    pub const fn no(&self) -> TickNo {
        self.no
    }

    /// Places not yet used. Not for anybody outside the hall before the freeze.
    pub fn free(&self) -> usize {
        self.places.len() - self.used
    }

    /// Fills the free places with random bytes and closes the tick.
    ///
    /// # Errors
    ///
    /// [`TickError::Entropy`].
    pub fn finish(self, entropy: &mut dyn Entropy) -> Result<Tick, TickError> {
        let mut contents = Vec::with_capacity(self.places.len());
        for place in self.places {
            // Random bytes are drawn for used places too: the time taken does not tell them apart.
            let mut filler = [0; 32];
            entropy.fill(&mut filler)?;
            contents.push(place.unwrap_or(Digest::new(filler)));
        }
        Tick::from_contents(self.no, contents)
    }
}

impl core::fmt::Debug for TickBuilder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TickBuilder({} of {} places)", self.no, self.places.len())
    }
}

impl Tick {
    /// A finished tick from its stored places.
    ///
    /// # Errors
    ///
    /// [`TickError::Places`].
    pub fn from_contents(no: TickNo, contents: Vec<Digest>) -> Result<Self, TickError> {
        if !u32::try_from(contents.len()).is_ok_and(|count| (1..=PLACES_MAX).contains(&count)) {
            return Err(TickError::Places(contents.len()));
        }
        let mut tree = Tree::new();
        for content in &contents {
            tree.push(leaf_hash(content.bytes()));
        }
        Ok(Self { no, contents, tree })
    }

    /// The number of the tick.
    pub const fn no(&self) -> TickNo {
        self.no
    }

    /// The 32 bytes of every place, to be stored until the freeze.
    pub fn contents(&self) -> &[Digest] {
        &self.contents
    }

    /// The root over the places.
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The data of the tick's log entry.
    pub fn data(&self) -> TickData {
        TickData { no: self.no, root: self.root() }
    }

    /// The path from a place to the root.
    ///
    /// # Errors
    ///
    /// [`TickError::NoSuchPlace`].
    pub fn path(&self, place: PlaceNo) -> Result<Vec<Digest>, TickError> {
        let path = self.tree.inclusion_proof(u64::from(place), self.tree.len());
        path.ok_or(TickError::NoSuchPlace { tick: self.no, place })
    }
}

/// The ticks among entries, in order.
///
/// # Errors
///
/// [`TickLogError`] if a tick is not the hall's, not readable or not the next number.
pub fn logged_ticks(entries: &[EntryLine]) -> Result<Vec<LoggedTick>, TickLogError> {
    let ticks = entries.iter().filter(|entry| entry.kind() == TickData::KIND);
    let ticks = (0_u64..).zip(ticks).map(|(expected, entry)| {
        let (index, at) = (entry.index(), entry.at());
        if *entry.by() != Actor::Hall {
            return Err(TickLogError::NotHall { index, by: entry.by().clone() });
        }
        let data: TickData =
            entry.data_as().map_err(|source| TickLogError::Data { index, source })?;
        if u64::from(data.no) != expected {
            return Err(TickLogError::Number { index, expected, found: data.no });
        }
        Ok(LoggedTick { no: data.no, root: data.root, index, at })
    });
    ticks.collect()
}

/// A number below `bound` (at most 2^16) from 64 random bits: uneven by less than 2^-47.
fn below(bound: usize, entropy: &mut dyn Entropy) -> Result<usize, TickError> {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes)?;
    let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
    Ok(usize::try_from(u64::from_be_bytes(bytes) % bound).unwrap_or(0))
}
