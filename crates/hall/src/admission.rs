//! Who may send the bytes of a slice now: memory is bounded, and no bidder waits behind another's crowd.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use kaibiao_types::OrgCode;
use kaibiao_wire::Label;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::Failure;

/// Slices whose bytes are in memory at once: 32 of 8 MiB are 257 MiB.
const BODIES: usize = 32;
/// Of them, one bidder's.
const BODIES_OF_ONE: usize = 2;
/// Slices of one bidder that may wait.
const WAITING_OF_ONE: usize = 16;
/// Bidders remembered before the idle ones are forgotten.
const BIDDERS_KEPT: usize = 1_024;
/// How long a slice waits for its turn.
const WAIT: Duration = Duration::from_secs(45);
/// How long the bytes of one slice may take once it is their turn: 0.56 Mbit/s for a whole one.
const ARRIVE: Duration = Duration::from_mins(2);

/// How long the bytes of a refused slice are listened to.
const DRAIN: Duration = Duration::from_secs(10);
/// The longest slice: 32 chunks with their tags behind the longest header.
const SLICE_LEN_MAX: usize = (8 << 20) + 512 + (64 << 10);

/// The turns. First come, first served, by semaphores that keep their order; a bidder has at most
/// [`BODIES_OF_ONE`] places in the common queue, so one that sends many slices at once gets no more than
/// twice what the others get.
#[derive(Debug)]
pub(crate) struct Admission {
    bodies: Arc<Semaphore>,
    bidders: Mutex<BTreeMap<OrgCode, Arc<Own>>>,
}

#[derive(Debug)]
struct Own {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A turn: while it lives, the memory of one slice is taken.
#[derive(Debug)]
pub(crate) struct Turn {
    _own: OwnedSemaphorePermit,
    _body: OwnedSemaphorePermit,
}

impl Admission {
    pub(crate) fn new() -> Self {
        Self { bodies: Arc::new(Semaphore::new(BODIES)), bidders: Mutex::default() }
    }

    /// Waits for the turn of one slice of a bidder.
    ///
    /// # Errors
    ///
    /// `busy` if too many slices of this bidder wait, or it took too long.
    pub(crate) async fn turn(&self, bidder: &OrgCode) -> Result<Turn, Failure> {
        let own = self.own(bidder);
        if own.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_OF_ONE {
            own.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Failure::detailed(Label::Busy, "too many slices of this bidder wait"));
        }
        let _waits = Waits(Arc::clone(&own));
        let both = async {
            let turn = Arc::clone(&own.turns).acquire_owned().await.ok()?;
            let body = Arc::clone(&self.bodies).acquire_owned().await.ok()?;
            Some(Turn { _own: turn, _body: body })
        };
        let turn = timeout(WAIT, both).await.ok().flatten();
        turn.ok_or_else(|| Failure::detailed(Label::Busy, "other slices were stored first"))
    }

    fn own(&self, bidder: &OrgCode) -> Arc<Own> {
        let mut bidders = self.bidders.lock().unwrap_or_else(PoisonError::into_inner);
        if bidders.len() >= BIDDERS_KEPT {
            // Whoever waits or sends holds a copy.
            bidders.retain(|_, own| Arc::strong_count(own) > 1);
        }
        let fresh = || {
            let turns = Arc::new(Semaphore::new(BODIES_OF_ONE));
            Arc::new(Own { turns, waiting: AtomicUsize::new(0) })
        };
        Arc::clone(bidders.entry(bidder.clone()).or_insert_with(fresh))
    }
}

/// One waiting slice, counted until it no longer waits, also if its connection goes.
struct Waits(Arc<Own>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads a body of exactly `length` bytes, in the memory of one.
///
/// # Errors
///
/// `bad-slice` for another length or a body that breaks off, `busy` if it takes too long.
pub(crate) async fn read_exactly(body: Body, length: u64) -> Result<Vec<u8>, Failure> {
    let bad = |detail: &str| Failure::detailed(Label::BadSlice, detail);
    let length = usize::try_from(length).map_err(|_| bad("longer than this machine can hold"))?;
    let all = async {
        let mut bytes = Vec::with_capacity(length);
        let mut body = body.into_data_stream();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| bad("the connection broke off"))?;
            if piece.len() > length - bytes.len() {
                return Err(bad(&format!("more than {length} bytes")));
            }
            bytes.extend_from_slice(&piece);
        }
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(bad(&format!("{} bytes of {length}", bytes.len())))
        }
    };
    let late = || Failure::detailed(Label::Busy, "the slice took too long to arrive");
    timeout(ARRIVE, all).await.unwrap_or_else(|_| Err(late()))
}

/// Takes the bytes of a slice that is refused, and forgets them: an answer to somebody who is still
/// sending would be lost with the connection.
pub(crate) async fn drain(body: Body) {
    let all = async {
        let (mut left, mut body) = (SLICE_LEN_MAX, body.into_data_stream());
        while let Some(Ok(piece)) = body.next().await {
            match left.checked_sub(piece.len()) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    // Whoever sends more, or nothing, has heard enough.
    let _over = timeout(DRAIN, all).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn bidder(n: usize) -> OrgCode {
        let codes = ["91440300MA5EXAMPLA", "914403001922038216"];
        OrgCode::parse(codes[n % codes.len()]).unwrap()
    }

    #[tokio::test]
    async fn one_bidder_never_has_more_than_two_turns() {
        let admission = Arc::new(Admission::new());
        let first = admission.turn(&bidder(0)).await.unwrap();
        let second = admission.turn(&bidder(0)).await.unwrap();
        let through = Arc::new(AtomicBool::new(false));
        let (told, shared) = (Arc::clone(&through), Arc::clone(&admission));
        let third = tokio::spawn(async move {
            let turn = shared.turn(&bidder(0)).await;
            told.store(true, Ordering::SeqCst);
            turn.map(drop)
        });
        tokio::task::yield_now().await;
        // Everybody else goes on.
        let others = admission.turn(&bidder(1)).await.unwrap();
        assert!(!through.load(Ordering::SeqCst));
        drop(first);
        third.await.unwrap().unwrap();
        drop((second, others));
        assert_eq!(admission.bodies.available_permits(), BODIES);
    }

    #[tokio::test]
    async fn a_crowd_of_one_bidder_is_bounded_and_leaves_no_trace() {
        let admission = Arc::new(Admission::new());
        let held =
            [admission.turn(&bidder(0)).await.unwrap(), admission.turn(&bidder(0)).await.unwrap()];
        let mut waiting = Vec::new();
        for _ in 0..WAITING_OF_ONE {
            let shared = Arc::clone(&admission);
            waiting.push(tokio::spawn(async move { shared.turn(&bidder(0)).await.map(drop) }));
        }
        while admission.own(&bidder(0)).waiting.load(Ordering::SeqCst) < WAITING_OF_ONE {
            tokio::task::yield_now().await;
        }
        assert!(admission.turn(&bidder(0)).await.is_err(), "one more than may wait");
        assert!(admission.turn(&bidder(1)).await.is_ok(), "another bidder is not concerned");
        // Connections that go give their places back.
        for task in &waiting {
            task.abort();
        }
        for task in waiting {
            assert!(task.await.is_err());
        }
        drop(held);
        assert_eq!(admission.own(&bidder(0)).waiting.load(Ordering::SeqCst), 0);
        assert_eq!(admission.bodies.available_permits(), BODIES);
        assert!(admission.turn(&bidder(0)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let admission = Admission::new();
        let held =
            [admission.turn(&bidder(0)).await.unwrap(), admission.turn(&bidder(0)).await.unwrap()];
        let before = tokio::time::Instant::now();
        assert!(admission.turn(&bidder(0)).await.is_err());
        assert_eq!(before.elapsed().as_secs(), WAIT.as_secs());
        drop(held);
    }

    #[tokio::test]
    async fn a_body_has_exactly_its_length() {
        let read = |text: &'static str, length| read_exactly(Body::from(text), length);
        assert_eq!(read("abc", 3).await.unwrap(), b"abc");
        for length in [0, 2, 4, u64::from(u32::MAX)] {
            if length < 10 {
                assert!(read("abc", length).await.is_err(), "{length}");
            }
        }
        let broken = futures_util::stream::iter([Ok("ab"), Err(std::io::Error::other("gone"))]);
        assert!(read_exactly(Body::from_stream(broken), 3).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_body_is_taken_but_not_for_ever() {
        drain(Body::from("abc")).await;
        let endless =
            futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0; 1 << 20]));
        drain(Body::from_stream(endless)).await;
        let before = tokio::time::Instant::now();
        let never = futures_util::stream::pending::<Result<&str, std::io::Error>>();
        drain(Body::from_stream(never)).await;
        assert_eq!(before.elapsed().as_secs(), DRAIN.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let never = futures_util::stream::pending::<Result<&str, std::io::Error>>();
        assert!(read_exactly(Body::from_stream(never), 3).await.is_err());
    }
}
