//! Talk in the room: how fast each may talk, and private texts beside the log (ADR-0031).

use std::collections::BTreeMap;

use kaibiao_journal::EntryLine;
use kaibiao_opening::{Actor, Command, EventKind};
use kaibiao_replay::check_private;
use kaibiao_types::{LotKey, Millis, OrgCode, Role, UtcMillis};
use kaibiao_wire::{PrivateText, from_json, to_json};

use crate::actor::Room;
use crate::{LotBook, Member, RoomError};

/// One message in so long.
const EVERY: Millis = Millis::from_secs(1);
/// So long ahead of that a sender may be: with the one that is due, five at once.
const AHEAD: Millis = Millis::from_secs(4);
/// Senders that are remembered before those who may send at full pace again are forgotten.
const SENDERS: usize = 1_024;

/// When each sender may send at full pace again. It is in memory only: a restart forgives.
#[derive(Debug, Default)]
pub(crate) struct Pace(BTreeMap<OrgCode, UtcMillis>);

impl Pace {
    /// Counts a message.
    ///
    /// # Errors
    ///
    /// How long the sender waits before the next one.
    fn take(&mut self, sender: &OrgCode, now: UtcMillis) -> Result<(), Millis> {
        if self.0.len() >= SENDERS {
            self.0.retain(|_, free| *free > now);
        }
        let free = self.0.get(sender).copied().unwrap_or(now).max(now);
        let ahead = free.since(now).unwrap_or(Millis::ZERO);
        if let Some(wait) = ahead.get().checked_sub(AHEAD.get()).filter(|wait| *wait > 0) {
            return Err(Millis::new(wait).unwrap_or(EVERY));
        }
        self.0.insert(sender.clone(), free.plus(EVERY));
        Ok(())
    }
}

/// Whether a command is a message, public or private.
const fn is_message(command: &Command) -> bool {
    matches!(command, Command::Chat(_) | Command::ChatPrivately { .. })
}

/// Under which name a lot keeps the text of the private message at an index.
fn document(index: u64) -> String {
    format!("private/{index}")
}

impl Room {
    /// Messages that come too fast are refused before anybody asks whether they are allowed: a refusal
    /// of the procedure is an entry, and whoever floods the room must not flood its log.
    pub(crate) fn keep_pace(
        &mut self,
        command: &Command,
        sender: &OrgCode,
        now: UtcMillis,
    ) -> Result<(), RoomError> {
        if !is_message(command) {
            return Ok(());
        }
        self.pace.take(sender, now).map_err(RoomError::TooFast)
    }

    /// The document that is kept with the next entry: the text of a private message, whose digest the
    /// entry has.
    pub(crate) fn private_document(
        &self,
        command: &Command,
        private: Option<&PrivateText>,
    ) -> Result<Option<(String, Vec<u8>)>, RoomError> {
        check_private(command, private.map(|text| (&text.salt, text.text.as_str())))?;
        let Some(text) = private else { return Ok(None) };
        let bytes = to_json(text).map_err(RoomError::internal)?;
        Ok(Some((document(self.replay.log().len()), bytes)))
    }
}

impl LotBook {
    /// The text of the private message at an index of the log, for host, supervisor and its author.
    ///
    /// # Errors
    ///
    /// [`RoomError::NoPrivateText`] if no private message stands there, [`RoomError::NotForYou`] for
    /// anybody else.
    pub fn private_text(
        &self,
        lot: &LotKey,
        index: u64,
        reader: &Member,
    ) -> Result<PrivateText, RoomError> {
        let line = self.room(lot)?.log().lines(index, 1).into_iter().next();
        let entry = line.and_then(|line| EntryLine::parse(&line).ok());
        let entry = entry.filter(|entry| entry.kind() == EventKind::ChatPrivate.name());
        let entry = entry.ok_or(RoomError::NoPrivateText)?;
        let author = Actor::parse(&entry.by().to_string()).map_err(RoomError::internal)?;
        let office = matches!(reader.role, Role::Host | Role::Supervisor);
        if !office && author.code() != Some(&reader.party.code) {
            return Err(RoomError::NotForYou);
        }
        let kept = self.hall().store.doc(lot, &document(index))?;
        let kept = kept.ok_or_else(|| RoomError::internal("a private text is missing"))?;
        from_json(&kept).map_err(RoomError::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> UtcMillis {
        UtcMillis::new(1_800_000_000_000 + millis).unwrap()
    }

    fn code(text: &str) -> OrgCode {
        OrgCode::parse(text).unwrap()
    }

    #[test]
    fn five_at_once_then_one_in_a_second() {
        let (mut pace, one, other) =
            (Pace::default(), code("914403001922038216"), code("9144030071526726XG"));
        for _ in 0..5 {
            assert_eq!(pace.take(&one, at(0)), Ok(()));
        }
        for _ in 0..3 {
            assert_eq!(
                pace.take(&one, at(0)),
                Err(Millis::from_secs(1)),
                "the wait stays the same"
            );
        }
        assert_eq!(pace.take(&one, at(999)), Err(Millis::new(1).unwrap()));
        assert_eq!(pace.take(&other, at(999)), Ok(()), "each has its own pace");
        assert_eq!(pace.take(&one, at(1_000)), Ok(()));
        assert!(pace.take(&one, at(1_000)).is_err());
        // After a silence there are five again, and not more for a longer one.
        for _ in 0..5 {
            assert_eq!(pace.take(&one, at(3_600_000)), Ok(()));
        }
        assert!(pace.take(&one, at(3_600_000)).is_err());
    }

    #[test]
    fn who_is_silent_is_forgotten() {
        let mut pace = Pace::default();
        let codes = |from: u32, to: u32| {
            (from..to).filter_map(|no| {
                let body = format!("91990000KB9{no:06}");
                let mut checks = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
                checks.find_map(|check| OrgCode::parse(&format!("{body}{check}")).ok())
            })
        };
        let first: Vec<OrgCode> = codes(0, 1_100).take(SENDERS).collect();
        assert_eq!(first.len(), SENDERS);
        for code in &first {
            assert_eq!(pace.take(code, at(0)), Ok(()));
        }
        let late = codes(5_000, 5_100).next().unwrap();
        assert_eq!(pace.take(&late, at(1_000)), Ok(()));
        assert_eq!(pace.0.len(), 1);
    }
}
