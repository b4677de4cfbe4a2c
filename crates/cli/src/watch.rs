//! The live room in a terminal.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use kaibiao_journal::EntryLine;
use kaibiao_opening::{Event, Phase};
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::{Exit, Frame, Label, paths};
use tokio_tungstenite::tungstenite::Message;

use crate::client::Hall;
use crate::failure::Failure;
use crate::follow::{self, Follower};
use crate::output::Ui;
use crate::words;

/// Three heartbeats without a frame: the connection is dead.
const SILENCE: Duration = Duration::from_secs(45);
/// The longest wait before connecting again.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Follows one lot and prints each entry.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    /// The hall.
    pub(crate) hall: &'a Hall,
    /// The lot.
    pub(crate) lot: &'a LotKey,
    /// Reads and checks the entries.
    pub(crate) follower: Follower,
    /// How to print.
    pub(crate) ui: Ui,
    /// Whether ticks are printed too.
    pub(crate) ticks: bool,
    /// Whether following ends with the entries that are there now.
    pub(crate) once: bool,
    /// The phase after which following ends; without one it goes on for ever.
    pub(crate) until: Option<Phase>,
}

/// Why one connection ended.
enum End {
    /// The awaited phase has come, or nothing can follow any more.
    Reached,
    /// The connection broke or the hall closed it: connect again.
    Broken,
}

impl Watch<'_> {
    /// Follows until the awaited phase; a broken connection is taken up again where it ended.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let mut wait = Duration::from_millis(500);
        loop {
            let before = self.follower.next();
            if matches!(self.listen().await?, End::Reached) {
                return Ok(());
            }
            if self.follower.next() > before {
                wait = Duration::from_millis(500);
            }
            self.ui.note("连接中断，正在重连……", "connection lost, connecting again");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    async fn listen(&mut self) -> Result<End, Failure> {
        let path = paths::since(&paths::room(self.lot), self.follower.next());
        let entered = tokio::time::timeout(Duration::from_secs(10), self.hall.enter(&path)).await;
        let Ok(Some(mut socket)) = entered else {
            // Whether the lot exists at all is answered in the hall's own words. A hall that was there
            // before and is not reached is being started again.
            return match crate::lots::status(self.hall, self.lot).await {
                Err(failure) if failure.exit() == Exit::Network && self.follower.next() > 0 => {
                    Ok(End::Broken)
                }
                status => status.map(|_| End::Broken),
            };
        };
        loop {
            let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE, socket.next()).await else {
                return Ok(End::Broken);
            };
            match message {
                Message::Text(text) => {
                    if self.frame(&text)? {
                        drop(socket.close(None).await);
                        return Ok(End::Reached);
                    }
                }
                Message::Ping(bytes) => drop(socket.send(Message::Pong(bytes)).await),
                Message::Close(_) => return Ok(End::Broken),
                Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Takes in one frame; whether the awaited phase has come.
    fn frame(&mut self, text: &str) -> Result<bool, Failure> {
        let frame = Frame::parse(text)
            .map_err(|error| Failure::caused(error.label(), &error).at("room"))?;
        match frame {
            Frame::Hello(hello) if hello.lot != *self.lot => {
                Err(Failure::new(Label::WrongLot, "the room is of another lot"))
            }
            Frame::Line { index, .. } if index < self.follower.next() => Ok(false),
            Frame::Line { line, .. } => {
                let (entry, event) = self.follower.take(line.as_bytes())?;
                self.show(line, &entry, &event)?;
                Ok(self.reached())
            }
            Frame::Live(live) => Ok(self.once && self.follower.next() >= live.head),
            Frame::Hello(_) | Frame::Heartbeat(_) => Ok(false),
        }
    }

    fn reached(&self) -> bool {
        let phase = self.follower.state().phase();
        self.until.is_some_and(|awaited| phase >= awaited || phase.is_final())
    }

    fn show(&self, line: &str, entry: &EntryLine, event: &Event) -> Result<(), Failure> {
        if self.ui.json {
            self.ui.data(line);
            return Ok(());
        }
        let (index, at) = (entry.index(), entry.at());
        let by = follow::author(entry)?;
        let words = words::sentence(event, &by, self.follower.state(), self.ui.lang);
        let tick = format!("{}", event.kind());
        match words {
            Some(words) => self.ui.data(&format!("{index:>5}  {}  {words}", clock(at))),
            None if self.ticks => self.ui.data(&format!("{index:>5}  {}  {tick}", clock(at))),
            None => {}
        }
        Ok(())
    }
}

/// The time of day in Beijing.
fn clock(at: UtcMillis) -> String {
    let text = at.beijing();
    text.split_once(' ').map_or_else(|| text.clone(), |(_, time)| time.to_owned())
}
