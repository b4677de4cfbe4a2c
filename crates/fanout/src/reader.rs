//! One reader: it catches up by itself and stands in a shard while it is at the head.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::fanout::Feed;
use crate::frame::{CloseCode, close_frame, notice, pong_frame};
use crate::inbound::{Inbound, Received, Violation};
use crate::log::Offset;
use crate::shard::{Handback, Member, ToShard};
use crate::stream::Stream;

/// The most bytes of the log that are read at a time. They may be a copy.
const PIECE: usize = 64 * 1024;

/// After so many pieces other tasks have a turn.
const TURN: usize = 16;

/// When this many bytes of answers wait, nothing more is read: who does not take answers asks no more.
const ANSWERS: usize = 2 * 1_024;

/// How long a peer has to take its last bytes after the end was said.
const LINGER: Duration = Duration::from_secs(2);

/// Why a reader is no longer served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// It went, or its connection broke.
    Left,
    /// It took nothing for too long.
    TooSlow,
    /// There will be no more entries, or it broke the protocol.
    SentAway(CloseCode),
}

/// How far a write came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wrote {
    /// Everything there is was taken.
    Everything,
    /// Something was taken.
    Something,
    /// Nothing was taken.
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Reader<'a> {
    feed: Arc<Feed>,
    shard: &'a mpsc::Sender<ToShard>,
    id: u64,
    stream: Arc<Stream>,
    inbound: Inbound,
    /// Where in the log it is.
    at: Offset,
    /// What is to be written before that.
    rest: Bytes,
    /// Whole frames that answer the peer, for the next end of a frame.
    answers: Vec<u8>,
    /// The code of the close frame for the next end of a frame, and why.
    close: Option<(Option<u16>, End)>,
    /// Set once the close frame is being written.
    ending: Option<End>,
    told_live: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        feed: Arc<Feed>,
        shard: &'a mpsc::Sender<ToShard>,
        id: u64,
        stream: Stream,
        since: u64,
    ) -> Self {
        Self {
            shard,
            id,
            stream: Arc::new(stream),
            inbound: Inbound::new(feed.inbound_max),
            at: feed.log.offset(since),
            rest: notice(&feed.notices.hello(feed.log.head().entries)),
            answers: Vec::new(),
            close: None,
            ending: None,
            told_live: false,
            feed,
        }
    }

    /// Serves the reader to its end. `early` is what it sent already.
    pub(crate) async fn run(mut self, early: Bytes) -> End {
        self.hear(&early);
        drop(early);
        loop {
            let step = match self.catch_up().await {
                Ok(()) => self.stand_in_shard().await,
                end => end,
            };
            let Err(end) = step else { continue };
            if end != End::TooSlow {
                self.linger().await;
            }
            return end;
        }
    }

    /// Writes until everything there is was taken.
    async fn catch_up(&mut self) -> Result<(), End> {
        let mut due = Instant::now() + self.feed.slow_after;
        loop {
            match self.write()? {
                Wrote::Everything => return Ok(()),
                Wrote::Something => due = Instant::now() + self.feed.slow_after,
                Wrote::Nothing => {}
            }
            let hears = self.answers.len() < ANSWERS;
            let able = async {
                tokio::select! {
                    able = self.stream.tcp().writable() => able.map(|()| false),
                    able = self.stream.tcp().readable(), if hears => able.map(|()| true),
                }
            };
            match timeout_at(due, able).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => self.take_in()?,
                Ok(Err(_)) => return Err(End::Left),
                Err(_) => return Err(End::TooSlow),
            }
        }
    }

    /// Writes what the socket takes at once.
    fn write(&mut self) -> Result<Wrote, End> {
        for done in 0..TURN {
            if !self.stream.flush().ok_or(End::Left)? {
                return Ok(if done > 0 { Wrote::Something } else { Wrote::Nothing });
            }
            let most = self.say()?;
            let notice = !self.rest.is_empty();
            let bytes = if notice { self.rest.clone() } else { self.feed.log.bytes(self.at, most) };
            if bytes.is_empty() {
                return Ok(Wrote::Everything);
            }
            let count = self.stream.write(&bytes).ok_or(End::Left)?;
            if notice {
                self.rest = bytes.slice(count..);
            } else {
                self.at = self.at.plus(count);
            }
            if count < bytes.len() {
                return Ok(if done + count > 0 { Wrote::Something } else { Wrote::Nothing });
            }
        }
        Ok(Wrote::Something)
    }

    /// Puts what is to be said beside the log before its next bytes, if it is at the end of a frame.
    /// Gives how many bytes of the log may be written until then.
    fn say(&mut self) -> Result<usize, End> {
        if !self.rest.is_empty() {
            return Ok(PIECE);
        }
        if let Some(end) = self.ending {
            return Err(end);
        }
        let head = self.feed.log.head();
        if !self.answers.is_empty() || self.close.is_some() {
            let until = self.feed.log.boundary(self.at).since(self.at).unwrap_or_default();
            if until > 0 {
                return Ok(until.min(PIECE));
            }
            let mut words = std::mem::take(&mut self.answers);
            if let Some((code, end)) = self.close.take() {
                words.extend_from_slice(&close_frame(code));
                self.ending = Some(end);
            }
            self.rest = words.into();
        } else if self.at == head.end && !self.told_live {
            self.told_live = true;
            self.rest = notice(&self.feed.notices.live(head.entries));
        } else if self.at == head.end && head.closed {
            self.send_away(CloseCode::GoingAway);
            return self.say();
        }
        Ok(PIECE)
    }

    /// Stands in the shard until there is something that the shard cannot do.
    async fn stand_in_shard(&mut self) -> Result<(), End> {
        let (back, mut handed) = oneshot::channel();
        let (id, stream, at) = (self.id, Arc::clone(&self.stream), self.at);
        self.ask(ToShard::Join(Member { id, stream, at, back })).await?;
        let handed = loop {
            tokio::select! {
                handed = &mut handed => break handed,
                able = self.stream.tcp().readable() => {
                    let heard = able.map_err(|_| End::Left).and_then(|()| self.take_in());
                    if heard.is_err() || !self.answers.is_empty() || self.close.is_some() {
                        self.ask(ToShard::Take(id)).await?;
                        let handed = handed.await;
                        heard?;
                        break handed;
                    }
                }
            }
        };
        Handback { at: self.at, rest: self.rest } = handed.map_err(|_| End::Left)?;
        Ok(())
    }

    async fn ask(&self, what: ToShard) -> Result<(), End> {
        self.shard.send(what).await.map_err(|_| End::SentAway(CloseCode::GoingAway))
    }

    /// Reads what the peer sent.
    fn take_in(&mut self) -> Result<(), End> {
        let mut buffer = [0; 1_024];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(End::Left),
            Ok(count) => {
                self.hear(buffer.get(..count).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(End::Left),
        }
    }

    /// Answers what was said: pings, farewells, and what the server has an answer to.
    fn hear(&mut self, bytes: &[u8]) {
        if self.close.is_some() || self.ending.is_some() {
            return;
        }
        let mut all = Vec::new();
        let read = self.inbound.read(bytes, &mut all);
        for received in all {
            match received {
                Received::Ping(payload) => self.answers.extend_from_slice(&pong_frame(&payload)),
                Received::Close(code) => self.close = Some((code, End::Left)),
                said => {
                    let answer = self.feed.notices.answer(&said).unwrap_or_default();
                    self.answers.extend_from_slice(&answer);
                }
            }
        }
        if let Err(Violation(code)) = read {
            self.send_away(code);
        }
    }

    fn send_away(&mut self, code: CloseCode) {
        self.close = Some((Some(code.number()), End::SentAway(code)));
    }

    /// Ends the sending side and gives the peer a while to take its last bytes: a socket that is
    /// dropped with unread bytes in it resets the connection.
    async fn linger(&self) {
        self.stream.shut();
        let tcp = self.stream.tcp();
        let silent = async { while tcp.readable().await.is_ok() && !is_silent(tcp) {} };
        let _ = timeout(LINGER, silent).await;
    }
}

/// Reads what is there and forgets it. `true` if nothing can come any more.
fn is_silent(stream: &tokio::net::TcpStream) -> bool {
    let mut buffer = [0; 1_024];
    match stream.try_read(&mut buffer) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}
