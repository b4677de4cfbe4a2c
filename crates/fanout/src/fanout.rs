//! The readers of one log.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rustix::net::sockopt;
use tokio::sync::mpsc;

use crate::inbound::Received;
use crate::log::FrameLog;
use crate::reader::{End, Reader};
use crate::shard::{self, ToShard};
use crate::stream::Stream;

/// The words that a server says beside the log. Each is the text of one frame; an empty one is not
/// said.
pub trait Notices: Send + Sync {
    /// The first frame, with the number of entries.
    fn hello(&self, head: u64) -> Vec<u8>;
    /// All entries below this one were sent.
    fn live(&self, head: u64) -> Vec<u8>;
    /// A sign of life.
    fn heartbeat(&self, head: u64) -> Vec<u8>;
    /// The frame that answers a message of a reader. A room has none: readers are not heard.
    fn answer(&self, received: &Received) -> Option<Bytes> {
        let _ = received;
        None
    }
}

/// A socket holds at most this much that its reader has not taken. The system's own choice grows to
/// megabytes for a reader that does not read.
const SEND_BUFFER: usize = 64 * 1024;

/// A peer that acknowledges nothing for this long is gone, in milliseconds.
const UNACKNOWLEDGED: u32 = 30_000;

/// How many joins may wait for a shard.
const JOINS: usize = 1_024;

/// What all readers of one log share.
pub(crate) struct Feed {
    pub(crate) log: Arc<FrameLog>,
    pub(crate) notices: Box<dyn Notices>,
    pub(crate) slow_after: Duration,
    pub(crate) inbound_max: usize,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("log", &self.log).finish_non_exhaustive()
    }
}

/// The readers of one log, and the shards that serve them.
#[derive(Debug)]
pub struct Fanout {
    feed: Arc<Feed>,
    shards: Box<[mpsc::Sender<ToShard>]>,
    next: AtomicU64,
}

/// How readers are served.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many shards there are: one for each core.
    pub shards: NonZeroUsize,
    /// How often a reader hears a sign of life.
    pub heartbeat: Duration,
    /// A reader that takes nothing for this long although there is something is cut.
    pub slow_after: Duration,
    /// The longest message that a reader may send, in bytes. What it says is not heard.
    pub inbound_max: usize,
}

impl Fanout {
    /// Starts the shards, in the runtime of the caller. They end when this value is dropped.
    pub fn start(log: Arc<FrameLog>, notices: Box<dyn Notices>, pace: Pace) -> Self {
        let Pace { shards, heartbeat, slow_after, inbound_max } = pace;
        let feed = Arc::new(Feed { log, notices, slow_after, inbound_max });
        let shard = |_| {
            let (sender, inbox) = mpsc::channel(JOINS);
            tokio::spawn(shard::run(Arc::clone(&feed), inbox, heartbeat));
            sender
        };
        let shards = (0..shards.get()).map(shard).collect();
        Self { feed, shards, next: AtomicU64::new(0) }
    }

    /// Serves one reader from entry `since` on until it leaves, is cut or the log closes. `early` is
    /// what it sent behind its request.
    ///
    /// The future is small and holds no frame; it should be a task of its own.
    pub fn serve(
        self: Arc<Self>,
        stream: impl Into<Stream>,
        early: Bytes,
        since: u64,
    ) -> impl Future<Output = ()> + Send {
        self.serve_stream(stream.into(), early, since)
    }

    async fn serve_stream(self: Arc<Self>, stream: Stream, early: Bytes, since: u64) {
        // Without these options a reader is served too, only less well.
        let _ = sockopt::set_tcp_nodelay(stream.tcp(), true);
        let _ = sockopt::set_socket_send_buffer_size(stream.tcp(), SEND_BUFFER);
        let _ = sockopt::set_tcp_user_timeout(stream.tcp(), UNACKNOWLEDGED);
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let count = u64::try_from(self.shards.len()).unwrap_or(1).max(1);
        let shard = usize::try_from(id % count).ok().and_then(|index| self.shards.get(index));
        let Some(shard) = shard else { return };
        let _present = self.feed.log.enter();
        let reader = Reader::new(Arc::clone(&self.feed), shard, id, stream, since);
        let end = reader.run(early).await;
        if end != End::Left {
            tracing::debug!(?end, "a reader was sent away");
        }
    }

    /// Resolves when there are no readers.
    pub async fn empty(&self) {
        self.feed.log.empty().await;
    }
}
