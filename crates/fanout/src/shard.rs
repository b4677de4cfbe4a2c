//! A shard: it writes what is new to each of its sockets in turn and never waits for one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::fanout::Feed;
use crate::frame::notice;
use crate::log::{Offset, SEGMENT};
use crate::stream::Stream;

/// The most bytes that one sweep writes to a socket.
const SWEEP: usize = SEGMENT;

/// After so many sockets other tasks have a turn.
const TURN: usize = 128;

/// What a shard writes to: a connection, or in tests something that takes as little as the test wants.
pub(crate) trait Sink {
    /// How many bytes it took at once, and whether the socket has them all; `None` if it has failed.
    fn take(&self, bytes: &[u8]) -> Option<(usize, bool)>;
}

impl Sink for Stream {
    fn take(&self, bytes: &[u8]) -> Option<(usize, bool)> {
        Some((self.write(bytes)?, self.flush()?))
    }
}

/// A socket in the hands of a shard: everything before `at` was written, and `at` is the end of a
/// frame.
#[derive(Debug)]
pub(crate) struct Member<S = Stream> {
    pub(crate) id: u64,
    pub(crate) stream: Arc<S>,
    pub(crate) at: Offset,
    /// Takes the socket back. Dropped without a word when the socket has failed.
    pub(crate) back: oneshot::Sender<Handback>,
}

/// A socket that leaves its shard.
#[derive(Debug)]
pub(crate) struct Handback {
    /// Where in the log it goes on.
    pub(crate) at: Offset,
    /// What is to be written before that: the rest of a notice.
    pub(crate) rest: Bytes,
}

/// What a reader asks of its shard.
#[derive(Debug)]
pub(crate) enum ToShard<S = Stream> {
    /// Serve this socket.
    Join(Member<S>),
    /// Hand this socket back.
    Take(u64),
}

#[derive(Debug)]
pub(crate) struct Shard<S = Stream> {
    feed: Arc<Feed>,
    members: Vec<Member<S>>,
    /// Up to where every member was served.
    at: Offset,
}

/// Serves sockets until nobody can hand in another one and the last has left. Once the log has closed
/// it hands all of them back.
pub(crate) async fn run(feed: Arc<Feed>, mut inbox: mpsc::Receiver<ToShard>, heartbeat: Duration) {
    let mut head = feed.log.follow();
    let mut beat = interval(heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    let at = head.borrow_and_update().end;
    let mut shard: Shard = Shard::new(feed, at);
    let (mut due, mut begin, mut last) = (false, Instant::now(), Duration::ZERO);
    loop {
        tokio::select! {
            // The log lives as long as its feed: an error cannot come.
            _ = head.changed(), if !due => {
                due = true;
                begin = Instant::now() + gather(last);
            }
            () = sleep_until(begin), if due => {
                due = false;
                let begun = Instant::now();
                shard.sweep().await;
                last = begun.elapsed();
                if shard.feed.log.head().closed {
                    shard.hand_all_back();
                }
            }
            asked = inbox.recv() => match asked {
                Some(ToShard::Join(member)) => shard.join(member),
                Some(ToShard::Take(id)) => shard.take(id),
                None => return,
            },
            _ = beat.tick() => shard.heartbeat().await,
        }
    }
}

/// How long a shard waits before it sweeps, by how long its last sweep took: what comes together goes
/// out together, since a write costs much the same for one entry and for four. In a small room it does
/// not wait at all.
fn gather(last_sweep: Duration) -> Duration {
    let wait = last_sweep / 16;
    if wait < Duration::from_millis(1) { Duration::ZERO } else { wait }
}

impl<S: Sink> Shard<S> {
    /// A shard without members, for sockets that stand at `at` or behind it.
    pub(crate) const fn new(feed: Arc<Feed>, at: Offset) -> Self {
        Self { feed, members: Vec::new(), at }
    }

    /// Brings every member to where the head of the log is now.
    pub(crate) async fn sweep(&mut self) {
        let end = self.feed.log.head().end;
        while self.at < end {
            let new = self.feed.log.bytes(self.at, SWEEP);
            if new.is_empty() {
                return;
            }
            let at = self.at;
            self.at = at.plus(new.len());
            self.each(|member| match member.at.since(at) {
                Some(skip) => member.write(new.get(skip..).unwrap_or_default()),
                None => Wrote::Less,
            })
            .await;
        }
    }

    /// A sign of life for all; they are all at the end of a frame.
    async fn heartbeat(&mut self) {
        self.sweep().await;
        let beat = notice(&self.feed.notices.heartbeat(self.feed.log.head().entries));
        self.each(|member| member.say(&beat)).await;
    }

    /// Writes to each member, with turns for others in between. Who cannot take all leaves.
    async fn each(&mut self, mut write: impl FnMut(&mut Member<S>) -> Wrote) {
        let (mut index, mut turn) = (0, 0);
        while let Some(member) = self.members.get_mut(index) {
            match write(member) {
                Wrote::All => index += 1,
                wrote => self.members.swap_remove(index).leave(wrote),
            }
            turn += 1;
            if turn % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Takes a socket in. While it was on its way the log may have gone on for a little.
    pub(crate) fn join(&mut self, mut member: Member<S>) {
        if self.feed.log.head().closed {
            return member.leave(Wrote::Less);
        }
        if member.at < self.at {
            let missed = self.at.since(member.at).unwrap_or_default();
            let missed = self.feed.log.bytes(member.at, missed);
            match member.write(&missed) {
                Wrote::All if member.at == self.at => {}
                Wrote::All => return member.leave(Wrote::Less),
                wrote => return member.leave(wrote),
            }
        }
        self.members.push(member);
    }

    pub(crate) fn take(&mut self, id: u64) {
        if let Some(index) = self.members.iter().position(|member| member.id == id) {
            self.members.swap_remove(index).leave(Wrote::Less);
        }
    }

    pub(crate) fn hand_all_back(&mut self) {
        for member in self.members.drain(..) {
            member.leave(Wrote::Less);
        }
    }
}

/// What became of a write.
#[derive(Debug)]
enum Wrote {
    /// Everything was taken.
    All,
    /// Some of the log was taken; the place is right.
    Less,
    /// Some of a notice was taken; this is left of it.
    Part(Bytes),
    /// The socket has failed.
    Failed,
}

impl<S: Sink> Member<S> {
    /// Writes bytes of the log from its place on.
    fn write(&mut self, bytes: &[u8]) -> Wrote {
        if bytes.is_empty() {
            return Wrote::All;
        }
        let Some((count, through)) = self.stream.take(bytes) else { return Wrote::Failed };
        self.at = self.at.plus(count);
        if count == bytes.len() && through { Wrote::All } else { Wrote::Less }
    }

    /// Writes a notice.
    fn say(&self, notice: &Bytes) -> Wrote {
        match self.stream.take(notice) {
            Some((count, true)) if count == notice.len() => Wrote::All,
            // A reader that takes nothing now needs no sign of life: it has bytes before it.
            Some((0, _)) => Wrote::Less,
            Some((count, _)) => Wrote::Part(notice.slice(count..)),
            None => Wrote::Failed,
        }
    }

    fn leave(self, wrote: Wrote) {
        let rest = match wrote {
            Wrote::All | Wrote::Less => Bytes::new(),
            Wrote::Part(rest) => rest,
            Wrote::Failed => return,
        };
        // Nobody waits for it if the reader has gone.
        let _ = self.back.send(Handback { at: self.at, rest });
    }
}
