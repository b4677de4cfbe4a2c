//! A room without a thread: it works while its caller waits, by whatever clock and randomness the hall
//! was given. For a deterministic world (ADR-0029); a hall that serves people has a thread per room.

use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use crate::actor::Room;
use crate::handle::Job;

/// A room that is driven step by step.
pub(crate) struct Stepped(Mutex<Option<(Room, Receiver<Job>)>>);

impl Stepped {
    pub(crate) fn new(room: Room, queue: Receiver<Job>) -> Self {
        Self(Mutex::new(Some((room, queue))))
    }

    /// Does what is due by now and carries out what was asked, as the thread of a room would. A room that
    /// must stop is gone afterwards, and with it the queue: whoever asks then learns that it stopped.
    pub(crate) fn step(&self) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_mut().is_some_and(|(room, queue)| step(room, queue)) {
            *slot = None;
        }
    }

    /// Ends the room, wherever it is.
    pub(crate) fn stop(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// `true` if the room must stop.
fn step(room: &mut Room, queue: &Receiver<Job>) -> bool {
    if room.time_passes() {
        return true;
    }
    while let Some(job) = next(room, queue) {
        if room.carry_out(job) || room.time_passes() {
            return true;
        }
    }
    false
}

/// The next job. Documents are opened on a thread, and its answer is waited for: it belongs to this step.
fn next(room: &Room, queue: &Receiver<Job>) -> Option<Job> {
    if room.opening_documents { queue.recv().ok() } else { queue.try_recv().ok() }
}
