//! The durable entries of one lot, shared with every reader.
//!
//! Readers hold a cursor into one shared sequence; nobody has a queue of its own. A reader asks for
//! what follows its cursor and waits for the head to move. Entries are pushed after they are durable
//! and never change, so reading and waiting cannot miss one: the head is read before the wait.

use std::sync::{Arc, RwLock};

use tokio::sync::watch;

/// One durable log line without line feed.
pub type Line = Arc<[u8]>;

/// How many entries there are.
pub type Head = u64;

/// The entries of one lot.
#[derive(Debug)]
pub struct SharedLog {
    lines: RwLock<Vec<Line>>,
    head: watch::Sender<Head>,
}

/// A reader's place in the log.
#[derive(Debug)]
pub struct LogCursor {
    log: Arc<SharedLog>,
    head: watch::Receiver<Head>,
    next: u64,
}

/// The most lines that one read gives, so that no reader holds much at a time.
const BATCH: usize = 256;

impl SharedLog {
    /// A log with the entries that are durable already.
    pub fn new(lines: Vec<Line>) -> Self {
        let head = watch::Sender::new(length(&lines));
        Self { lines: RwLock::new(lines), head }
    }

    /// Shows more durable entries and wakes the readers.
    pub fn push(&self, new: impl IntoIterator<Item = Line>) {
        let head = {
            let mut lines = self.lines.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            lines.extend(new);
            length(&lines)
        };
        self.head.send_replace(head);
    }

    /// How many entries there are.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// How many cursors follow the log now.
    pub fn readers(&self) -> usize {
        self.head.receiver_count()
    }

    /// At most 256 entries from index `since` on.
    pub fn read(&self, since: u64) -> Vec<Line> {
        let lines = self.lines.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        lines.iter().skip(since).take(BATCH).cloned().collect()
    }

    /// A cursor at index `since`.
    pub fn follow(self: &Arc<Self>, since: u64) -> LogCursor {
        LogCursor { log: Arc::clone(self), head: self.head.subscribe(), next: since }
    }
}

impl LogCursor {
    /// What follows the cursor now, at most 256 entries; moves the cursor past it.
    pub fn take(&mut self) -> Vec<Line> {
        // Marks the head as seen first: an entry pushed after this line wakes `changed` again.
        self.head.mark_unchanged();
        let lines = self.log.read(self.next);
        self.next = self.next.saturating_add(length(&lines));
        lines
    }

    /// Waits until there may be more. `false` when the log will not grow any more because its room
    /// has gone.
    pub async fn wait(&mut self) -> bool {
        self.head.changed().await.is_ok()
    }

    /// How many entries the log has.
    pub fn head(&self) -> Head {
        self.log.head()
    }

    /// The index of the entry that comes next.
    pub const fn next(&self) -> u64 {
        self.next
    }
}

fn length(lines: &[Line]) -> u64 {
    u64::try_from(lines.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(i: u64) -> Line {
        i.to_string().into_bytes().into()
    }

    /// Writers and readers race; every reader sees every entry once and in order.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_reader_misses_or_repeats_an_entry() {
        const N: u64 = 5_000;
        let log = Arc::new(SharedLog::new(vec![line(0), line(1)]));
        let readers: Vec<_> = (0..8_u64)
            .map(|since| {
                let mut cursor = log.follow(since % 3);
                tokio::spawn(async move {
                    let mut next = since % 3;
                    while next < N {
                        let lines = cursor.take();
                        if lines.is_empty() {
                            assert!(cursor.wait().await);
                        }
                        for found in lines {
                            assert_eq!(found, line(next));
                            next += 1;
                        }
                    }
                })
            })
            .collect();
        for i in 2..N {
            log.push([line(i)]);
            if i % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
        for reader in readers {
            reader.await.unwrap();
        }
    }

    #[test]
    fn a_cursor_beyond_the_end_reads_nothing_yet() {
        let log = Arc::new(SharedLog::new(vec![line(0)]));
        assert_eq!(log.readers(), 0);
        let mut cursor = log.follow(5);
        assert_eq!(log.readers(), 1);
        assert!(cursor.take().is_empty());
        assert_eq!((cursor.next(), cursor.head()), (5, 1));
    }
}
