//! The real log and the real shards under every order of turns that a scheduler can find (shuttle): a
//! reader that crosses from one segment to the next, sockets handed back and forth, and the close, each
//! against a room that goes on writing.
//!
//! Load never showed what goes wrong there: it needs an entry to become visible between two reads that
//! lie a microsecond apart.

use std::sync::Arc;
use std::time::Duration;

use shuttle::future::{block_on, spawn, yield_now};
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::Mutex;
use shuttle::{Config, Runner};
use tokio::sync::{mpsc, oneshot};

use crate::fanout::{Feed, Notices};
use crate::frame;
use crate::log::{FrameLog, Offset};
use crate::shard::{Handback, Member, Shard, Sink, ToShard};

/// Schedules of each kind that every run tries.
const SCHEDULES: usize = 400;
/// Entries that the room writes while readers read; a segment holds about five of them.
const ENTRIES: u64 = 24;

fn run(scheduler: impl Scheduler + 'static, test: fn()) {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    Runner::new(scheduler, config).run(test);
}

/// One order of turns, for tests of one thread.
pub(crate) fn alone(test: fn()) {
    run(RandomScheduler::new(1), test);
}

/// Many orders: turns by chance, and turns with few surprises at the worst places.
fn explore(test: fn()) {
    run(RandomScheduler::new(SCHEDULES), test);
    run(PctScheduler::new(3, SCHEDULES), test);
}

struct Silent;

impl Notices for Silent {
    fn hello(&self, _: u64) -> Vec<u8> {
        Vec::new()
    }

    fn live(&self, _: u64) -> Vec<u8> {
        Vec::new()
    }

    fn heartbeat(&self, _: u64) -> Vec<u8> {
        Vec::new()
    }
}

/// A socket that takes all, some or nothing.
#[derive(Debug, Default)]
struct Pipe(Mutex<Vec<u8>>);

impl Sink for Pipe {
    fn take(&self, bytes: &[u8]) -> Option<(usize, bool)> {
        let most = match thread_rng().gen_range(0..6) {
            0 => 0,
            1 => bytes.len() / 2,
            _ => bytes.len(),
        };
        self.0.lock().unwrap().extend_from_slice(&bytes[..most]);
        Some((most, true))
    }
}

fn line(index: u64) -> String {
    format!("{index} {}", "x".repeat(usize::try_from(index * 37 % 90).unwrap()))
}

/// The frames of all entries from `since` on.
fn frames(since: u64) -> Vec<u8> {
    let mut all = Vec::new();
    (since..ENTRIES).for_each(|index| frame::push_text(&mut all, line(index).as_bytes()));
    all
}

fn feed(entries: u64) -> Arc<Feed> {
    Arc::new(Feed {
        log: Arc::new(FrameLog::new((0..entries).map(line))),
        notices: Box::new(Silent),
        slow_after: Duration::from_secs(1),
        inbound_max: 1,
    })
}

/// What a shard's task does, without its timers.
async fn serve(feed: Arc<Feed>, mut inbox: mpsc::Receiver<ToShard<Pipe>>) {
    let mut head = feed.log.follow();
    let at = head.borrow_and_update().end;
    let mut shard = Shard::new(Arc::clone(&feed), at);
    loop {
        let asked = if thread_rng().gen_bool(0.5) {
            tokio::select! {
                biased;
                _ = head.changed() => None,
                asked = inbox.recv() => Some(asked),
            }
        } else {
            tokio::select! {
                biased;
                asked = inbox.recv() => Some(asked),
                _ = head.changed() => None,
            }
        };
        match asked {
            Some(Some(ToShard::Join(member))) => shard.join(member),
            Some(Some(ToShard::Take(id))) => shard.take(id),
            Some(None) => return,
            None => {
                shard.sweep().await;
                if feed.log.head().closed {
                    shard.hand_all_back();
                }
            }
        }
    }
}

/// What a reader's task does: catches up by itself, stands in the shard, and sometimes asks its socket
/// back. It ends when the log is closed and everything was taken.
async fn read(feed: Arc<Feed>, shard: mpsc::Sender<ToShard<Pipe>>, id: u64, since: u64) {
    let pipe = Arc::new(Pipe::default());
    let mut at = feed.log.offset(since);
    loop {
        at = catch_up(&feed, &pipe, at).await;
        let head = feed.log.head();
        if head.closed && at == head.end {
            break;
        }
        let (back, handed) = oneshot::channel();
        let member = Member { id, stream: Arc::clone(&pipe), at, back };
        shard.send(ToShard::Join(member)).await.unwrap();
        if thread_rng().gen_bool(0.3) {
            yield_now().await;
            shard.send(ToShard::Take(id)).await.unwrap();
        }
        let Handback { at: left, rest } = handed.await.expect("a socket comes back");
        assert!(rest.is_empty(), "nothing but the log was written");
        at = left;
    }
    let taken = pipe.0.lock().unwrap().clone();
    assert_eq!(
        taken,
        frames(since),
        "reader {id} from {since}: bytes are lost, doubled or changed"
    );
}

async fn catch_up(feed: &Feed, pipe: &Pipe, mut at: Offset) -> Offset {
    loop {
        let bytes = feed.log.bytes(at, 200);
        if bytes.is_empty() {
            return at;
        }
        match pipe.take(&bytes).unwrap().0 {
            0 => yield_now().await,
            count => at = at.plus(count),
        }
    }
}

async fn write(feed: Arc<Feed>, from: u64) {
    let mut next = from;
    while next < ENTRIES {
        let count = thread_rng().gen_range(1..4).min(ENTRIES - next);
        feed.log.push((next..next + count).map(line));
        next += count;
        yield_now().await;
    }
    feed.log.close();
}

/// Two readers, one from the beginning and one from later, in one shard, while the room writes.
#[test]
fn no_order_of_turns_loses_or_doubles_a_byte() {
    explore(|| {
        let feed = feed(4);
        let (sender, inbox) = mpsc::channel(4);
        let shard = spawn(serve(Arc::clone(&feed), inbox));
        let writer = spawn(write(Arc::clone(&feed), 4));
        let one = spawn(read(Arc::clone(&feed), sender.clone(), 1, 0));
        let two = spawn(read(Arc::clone(&feed), sender, 2, 3));
        block_on(async move {
            for task in [writer, one, two, shard] {
                task.await.unwrap();
            }
        });
    });
}

/// On threads of their own: what is between the lock of the bytes and the word of the head.
#[test]
fn a_head_is_never_told_before_its_bytes_are_there() {
    explore(|| {
        let feed = feed(0);
        let writing = Arc::clone(&feed);
        let writer = shuttle::thread::spawn(move || {
            for index in 0..ENTRIES {
                writing.log.push([line(index)]);
            }
        });
        let mut seen = 0;
        while seen < ENTRIES {
            let head = feed.log.head();
            assert!(head.entries >= seen, "a head goes back");
            let lines = feed.log.lines(seen, 256);
            let whole = u64::try_from(lines.len()).unwrap() + seen;
            assert!(whole >= head.entries, "an entry was told of and is not there");
            for (index, found) in (seen..).zip(&lines) {
                assert_eq!(*found, line(index));
            }
            seen = head.entries;
            shuttle::thread::yield_now();
        }
        writer.join().unwrap();
    });
}

/// A reader that skips the first piece of a new segment would be found: the explorer is tried itself.
#[test]
#[should_panic(expected = "bytes are lost, doubled or changed")]
fn a_shard_that_believes_its_members_is_found() {
    explore(|| {
        let feed = feed(0);
        let (sender, inbox) = mpsc::channel(4);
        let shard = spawn(forgetful(Arc::clone(&feed), inbox));
        let writer = spawn(write(Arc::clone(&feed), 0));
        let reader = spawn(read(Arc::clone(&feed), sender, 1, 0));
        block_on(async move {
            for task in [writer, reader, shard] {
                task.await.unwrap();
            }
        });
    });
}

/// A shard that takes a socket as if it stood where the shard stands.
async fn forgetful(feed: Arc<Feed>, mut inbox: mpsc::Receiver<ToShard<Pipe>>) {
    while let Some(asked) = inbox.recv().await {
        if let ToShard::Join(member) = asked {
            let at = feed.log.head().end;
            member.back.send(Handback { at, rest: bytes::Bytes::new() }).unwrap();
        }
    }
}
