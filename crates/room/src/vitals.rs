//! How the rooms of a hall are.

use kaibiao_opening::Phase;

use crate::LotHandle;

/// Numbers over all lots for whoever runs the hall. None tells of a bid: what is counted is in the
/// public logs, or is the same whether bids come or not (ruling 25).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Vitals {
    /// How many lots are in each phase; every phase is there, in the order of [`Phase::ALL`].
    pub phases: Vec<(Phase, usize)>,
    /// Entries of all opening logs together.
    pub entries: u64,
    /// Live readers of all logs together, whoever they are.
    pub readers: usize,
    /// Rooms that have stopped by themselves: their lots wait for a restart of the hall.
    pub stopped: usize,
}

impl Vitals {
    /// From the number of lots, and of each room whether it has stopped.
    pub(crate) fn of<'a>(lots: usize, rooms: impl Iterator<Item = (&'a LotHandle, bool)>) -> Self {
        let phases = Phase::ALL.iter().map(|phase| (*phase, 0)).collect();
        let mut vitals = Self { phases, entries: 0, readers: 0, stopped: 0 };
        let mut unpublished = lots;
        for (room, stopped) in rooms {
            unpublished = unpublished.saturating_sub(1);
            vitals.count(room.phase(), 1);
            vitals.entries = vitals.entries.saturating_add(room.log().head().entries);
            vitals.readers = vitals.readers.saturating_add(room.log().readers());
            vitals.stopped += usize::from(stopped);
        }
        vitals.count(Phase::Unpublished, unpublished);
        vitals
    }

    fn count(&mut self, phase: Phase, more: usize) {
        if let Some((_, lots)) = self.phases.iter_mut().find(|(known, _)| *known == phase) {
            *lots += more;
        }
    }
}
