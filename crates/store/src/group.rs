//! Group commit (ADR-0026): calls that come while a commit is on its way to the disk wait in a line,
//! and one of them then carries out all of them together.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The calls that wait: a job each, and where its answer goes.
pub(crate) struct Line<J, A> {
    waiting: Mutex<Waiting<J, A>>,
    /// What a job weighs, and what the jobs of one group may weigh together; one job is always taken.
    weight: fn(&J) -> usize,
    most: usize,
}

impl<J, A> core::fmt::Debug for Line<J, A> {
    /// Without the jobs: before a deadline they may name a bidder.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Line(..)")
    }
}

struct Waiting<J, A> {
    calls: VecDeque<(J, SyncSender<Told<A>>)>,
    /// Whether a thread carries out a group, or is about to.
    led: bool,
}

/// What a waiting thread hears.
enum Told<A> {
    /// Its call is the first in the line: it carries out the next group.
    Lead,
    /// Its call was carried out.
    Answer(A),
}

impl<J, A> Line<J, A> {
    pub(crate) const fn new(weight: fn(&J) -> usize, most: usize) -> Self {
        Self { waiting: Mutex::new(Waiting { calls: VecDeque::new(), led: false }), weight, most }
    }

    /// Has `job` carried out, by this thread or by another one, and gives its answer. `all` gets the
    /// jobs of a group in the order in which they came and gives as many answers.
    ///
    /// `None` if the thread that carried the group out panicked.
    pub(crate) fn carry_out(&self, job: J, all: impl FnOnce(Vec<J>) -> Vec<A>) -> Option<A> {
        // Two at most: the lead and the answer.
        let (tell, told) = sync_channel(2);
        let leads = {
            let mut waiting = self.lock();
            waiting.calls.push_back((job, tell));
            !std::mem::replace(&mut waiting.led, true)
        };
        if !leads {
            match told.recv().ok()? {
                Told::Answer(answer) => return Some(answer),
                Told::Lead => {}
            }
        }
        let lead = Lead(self);
        let (jobs, tells): (Vec<J>, Vec<_>) = {
            let mut waiting = self.lock();
            let mut weight = 0_usize;
            let mut fits = |(job, _): &(J, _)| {
                weight = weight.saturating_add((self.weight)(job));
                weight <= self.most
            };
            let members = waiting.calls.iter().map_while(|call| fits(call).then_some(())).count();
            waiting.calls.drain(..members.max(1)).unzip()
        };
        let answers = all(jobs);
        drop(lead);
        for (tell, answer) in tells.into_iter().zip(answers) {
            // There is room, and whoever asked waits.
            drop(tell.try_send(Told::Answer(answer)));
        }
        match told.recv().ok()? {
            Told::Answer(answer) => Some(answer),
            Told::Lead => None,
        }
    }

    /// Calls that no thread has taken up.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().calls.len()
    }

    /// Whether a thread carries out a group.
    #[cfg(test)]
    pub(crate) fn is_led(&self) -> bool {
        self.lock().led
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J, A>> {
        // Nothing is left half done under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lead of a group. It passes to the first call that came meanwhile, also out of a panic.
struct Lead<'a, J, A>(&'a Line<J, A>);

impl<J, A> Drop for Lead<'_, J, A> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        match waiting.calls.front() {
            Some((_, tell)) => drop(tell.try_send(Told::Lead)),
            None => waiting.led = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    /// Starts `calls` calls while the first group is held up; gives the sizes of the groups.
    fn groups(calls: usize) -> Vec<usize> {
        let (line, held, sizes) =
            (Line::new(|_| 1, 1_024), AtomicBool::new(true), Mutex::new(Vec::new()));
        let started = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let (line, held, sizes, started) = (&line, &held, &sizes, &started);
            for n in 0..calls {
                scope.spawn(move || {
                    let doubled = line.carry_out(n, |jobs| {
                        started.fetch_add(1, Ordering::SeqCst);
                        while held.load(Ordering::SeqCst) {
                            std::thread::yield_now();
                        }
                        sizes.lock().unwrap().push(jobs.len());
                        jobs.into_iter().map(|n| n * 2).collect()
                    });
                    assert_eq!(doubled, Some(n * 2));
                });
            }
            while started.load(Ordering::SeqCst) == 0 || line.len() + 1 < calls {
                std::thread::yield_now();
            }
            held.store(false, Ordering::SeqCst);
        });
        assert_eq!(line.len(), 0);
        sizes.into_inner().unwrap()
    }

    #[test]
    fn what_comes_meanwhile_is_one_group_and_everybody_gets_his_own_answer() {
        for calls in [1, 2, 3, 40] {
            let sizes = groups(calls);
            assert_eq!(sizes.iter().sum::<usize>(), calls);
            assert!(sizes.len() <= 2, "{sizes:?}");
        }
    }

    #[test]
    fn what_is_heavy_goes_in_groups_that_are_not() {
        let (line, sizes) = (Line::new(|weight: &usize| *weight, 10), Mutex::new(Vec::new()));
        let (held, started) = (AtomicBool::new(true), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            let (line, sizes, held, started) = (&line, &sizes, &held, &started);
            for _ in 0..9 {
                scope.spawn(move || {
                    line.carry_out(4, |jobs| {
                        started.fetch_add(1, Ordering::SeqCst);
                        while held.load(Ordering::SeqCst) {
                            std::thread::yield_now();
                        }
                        sizes.lock().unwrap().push(jobs.len());
                        jobs
                    })
                });
            }
            while started.load(Ordering::SeqCst) == 0 || line.len() < 8 {
                std::thread::yield_now();
            }
            held.store(false, Ordering::SeqCst);
        });
        assert_eq!(sizes.into_inner().unwrap(), [1, 2, 2, 2, 2]);
        // One that is too heavy for any group goes alone.
        assert_eq!(line.carry_out(11, |jobs| jobs), Some(11));
    }

    #[test]
    fn a_panic_is_told_to_its_group_and_the_next_one_goes_on() {
        let line = Line::new(|_| 1, 1_024);
        let panicked = std::thread::scope(|scope| {
            scope.spawn(|| line.carry_out(1, |_| -> Vec<u8> { panic!("on purpose") })).join()
        });
        assert!(panicked.is_err());
        assert_eq!(line.carry_out(2, |jobs| jobs), Some(2));
        // Answers that are missing are not waited for.
        assert_eq!(line.carry_out(3, |_| Vec::new()), None);
        assert_eq!(line.carry_out(4, |jobs| jobs), Some(4));
    }
}
