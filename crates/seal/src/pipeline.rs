//! The way of all chunks: taken in order, worked on by any thread, given in order.
//!
//! One thread goes round with one buffer for two chunks, because two are hashed in hardly more time
//! than one (ADR-0011). Several threads go the same way, each with a buffer of its own: a thread takes
//! the next two chunks while it holds the source, works on them alone, and waits for their turn before
//! it gives them on. So the output and the first error are those of one thread, whatever the threads
//! do, and memory is two chunks for each of them (ADR-0007).

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use kaibiao_crypto::scrub_stack;
use zeroize::Zeroizing;

/// Most threads that work on one object: beyond it, reading and writing are the limit.
const THREADS_MAX: usize = 8;

/// Bytes of a cache line. The kernel copies a file three times as fast if the bytes in the file and
/// in our memory lie alike within their lines, so the buffers follow the file.
const LINE: usize = 64;

/// The chunks of one object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunks {
    /// How many there are.
    pub(crate) count: u64,
    /// Bytes of the longest one, tag included.
    pub(crate) longest: usize,
    /// Where the first one begins in the file it is read from, as far as a cache line goes.
    pub(crate) begin: u64,
    /// Bytes from the beginning of one in that file to that of the next.
    pub(crate) step: u64,
}

/// Chunks that are worked on at the same time: two are hashed in hardly more time than one
/// (ADR-0011).
const BATCH: u64 = 2;

/// Memory for the chunks of one batch, wiped at the end.
struct Buffer {
    memory: Zeroizing<Vec<u8>>,
    /// Bytes for one chunk.
    room: usize,
}

impl Buffer {
    fn new(chunks: &Chunks) -> Self {
        let room = chunks.longest + 2 * LINE;
        let together = usize::try_from(BATCH.min(chunks.count)).unwrap_or(1);
        Self { memory: Zeroizing::new(vec![0; room * together]), room }
    }

    /// Takes the next batch, and says how it ended if it ended early.
    fn take<E>(
        &mut self,
        chunks: &Chunks,
        next: &mut u64,
        mut take: impl FnMut(u64, &mut [u8]) -> Result<usize, E>,
    ) -> Batch<'_, E> {
        let mut batch = Batch { first: *next, chunks: Vec::new(), error: None };
        for memory in self.memory.chunks_exact_mut(self.room) {
            if *next == chunks.count {
                break;
            }
            let place = place(memory, chunks, *next);
            match take(*next, place) {
                Ok(taken) => batch.chunks.push(place.get_mut(..taken).unwrap_or_default()),
                Err(error) => {
                    batch.error = Some(error);
                    break;
                }
            }
            *next += 1;
        }
        batch
    }
}

/// The place of one chunk, which lies within its cache lines as it does in the file.
fn place<'m>(memory: &'m mut [u8], chunks: &Chunks, index: u64) -> &'m mut [u8] {
    let position = chunks.begin.wrapping_add(index.wrapping_mul(chunks.step));
    let within = usize::try_from(position % 64).unwrap_or(0);
    // At most a line to the beginning of a line, and less than one behind it.
    let begin = memory.as_ptr().align_offset(LINE).min(LINE) + within;
    memory.get_mut(begin..begin + chunks.longest).unwrap_or_default()
}

/// Chunks that follow each other.
struct Batch<'b, E> {
    /// The number of the first one.
    first: u64,
    chunks: Vec<&'b mut [u8]>,
    /// Why the one after them could not be taken.
    error: Option<E>,
}

impl<E> Batch<'_, E> {
    /// Hands the chunks on, each with its result, and then the error.
    fn give<T>(
        self,
        results: Vec<T>,
        give: &mut impl FnMut(u64, &[u8], T) -> Result<(), E>,
    ) -> Result<(), E> {
        for ((index, chunk), result) in (self.first..).zip(self.chunks).zip(results) {
            give(index, chunk, result)?;
        }
        self.error.map_or(Ok(()), Err)
    }
}

/// Goes through all chunks on the calling thread.
///
/// `take` fills the buffer with a chunk and says how many bytes it has, `work` changes chunks that
/// follow each other, from the number given, with one result for each; `give` hands a chunk on. The
/// first error in the order of the chunks ends the way.
pub(crate) fn alone<T, E>(
    chunks: Chunks,
    mut take: impl FnMut(u64, &mut [u8]) -> Result<usize, E>,
    work: impl Fn(u64, &mut [&mut [u8]]) -> Vec<T>,
    mut give: impl FnMut(u64, &[u8], T) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = Buffer::new(&chunks);
    let mut next = 0;
    while next < chunks.count {
        let mut batch = buffer.take(&chunks, &mut next, &mut take);
        let results = work(batch.first, &mut batch.chunks);
        batch.give(results, &mut give)?;
    }
    Ok(())
}

/// As [`alone`], on so many threads, the calling one among them. If the system gives fewer threads,
/// fewer do the work.
pub(crate) fn together<T, E: Send>(
    threads: NonZeroUsize,
    chunks: Chunks,
    take: impl FnMut(u64, &mut [u8]) -> Result<usize, E> + Send,
    work: impl Fn(u64, &mut [&mut [u8]]) -> Vec<T> + Sync,
    give: impl FnMut(u64, &[u8], T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let useful = usize::try_from(chunks.count).unwrap_or(usize::MAX).min(THREADS_MAX);
    let helpers = threads.get().min(useful).saturating_sub(1);
    if helpers == 0 {
        return alone(chunks, take, work, give);
    }
    let line = Line {
        chunks,
        source: Mutex::new(Source { next: 0, take, ended: false }),
        sink: Mutex::new(Sink { next: 0, give, ended: false, error: None }),
        turn: Condvar::new(),
        work,
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // Without a helper the work is done all the same.
            drop(thread::Builder::new().spawn_scoped(scope, || {
                line.run();
                scrub_stack(); // the system keeps stacks for other threads
            }));
        }
        line.run();
    });
    // A thread that panicked has made the scope panic, so every lock is whole here.
    let sink = line.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    sink.error.map_or(Ok(()), Err)
}

/// What the threads share.
struct Line<R, W, G, E> {
    chunks: Chunks,
    source: Mutex<Source<R>>,
    sink: Mutex<Sink<G, E>>,
    /// Tells of every change of `sink`.
    turn: Condvar,
    work: W,
}

struct Source<R> {
    /// The chunk to be taken next.
    next: u64,
    take: R,
    /// Nothing can be taken any more.
    ended: bool,
}

struct Sink<G, E> {
    /// The chunk whose turn it is, the first one of a batch.
    next: u64,
    give: G,
    /// Nothing may be given any more.
    ended: bool,
    /// The first error, in the order of the chunks.
    error: Option<E>,
}

impl<R, W, G, E> Line<R, W, G, E> {
    /// What every thread does until nothing is left.
    fn run<T>(&self)
    where
        R: FnMut(u64, &mut [u8]) -> Result<usize, E>,
        W: Fn(u64, &mut [&mut [u8]]) -> Vec<T>,
        G: FnMut(u64, &[u8], T) -> Result<(), E>,
    {
        let _alarm = Alarm(|| self.end());
        let mut buffer = Buffer::new(&self.chunks);
        while let Some(mut batch) = self.take(&mut buffer) {
            let results = (self.work)(batch.first, &mut batch.chunks);
            if !self.give(batch, results) {
                break;
            }
        }
    }

    /// The next batch; `None` at the end.
    fn take<'b>(&self, buffer: &'b mut Buffer) -> Option<Batch<'b, E>>
    where
        R: FnMut(u64, &mut [u8]) -> Result<usize, E>,
    {
        let mut source = self.source.lock().ok()?;
        if source.ended || source.next == self.chunks.count {
            return None;
        }
        let Source { next, take, ended } = &mut *source;
        let batch = buffer.take(&self.chunks, next, take);
        *ended = batch.error.is_some();
        Some(batch)
    }

    /// Waits for the batch's turn and gives it on; whether there may be more.
    fn give<T>(&self, batch: Batch<'_, E>, results: Vec<T>) -> bool
    where
        G: FnMut(u64, &[u8], T) -> Result<(), E>,
    {
        let Ok(sink) = self.sink.lock() else { return false };
        let waited = self.turn.wait_while(sink, |sink| !sink.ended && sink.next != batch.first);
        let Ok(mut sink) = waited else { return false };
        if sink.ended {
            return false;
        }
        sink.next += u64::try_from(batch.chunks.len()).unwrap_or(0);
        if let Err(error) = batch.give(results, &mut sink.give) {
            sink.ended = true;
            sink.error = Some(error);
        }
        self.turn.notify_all();
        !sink.ended
    }

    /// Lets every waiting thread go.
    fn end(&self) {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.turn.notify_all();
    }
}

/// Acts if the thread panics: the chunk in its hands will never have its turn.
struct Alarm<F: Fn()>(F);

impl<F: Fn()> Drop for Alarm<F> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests;
