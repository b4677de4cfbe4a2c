//! One lot over the network: ask, judge, answer, wait.

use std::sync::Arc;
use std::time::Duration;

use kaibiao_crypto::scrub_stack;
use kaibiao_types::{LotKey, Millis};
use kaibiao_wire::{BoardAnswer, DraftAnswer, JournalPost, OutagePost};
use tokio::sync::watch;
use tokio::task::{self, JoinSet};

use crate::asking::ask;
use crate::backoff::Backoff;
use crate::config::Pace;
use crate::duty::{Answer, CeremonyStep, Duty, Lot, LotError};
use crate::hall::{Hall, HallError};
use crate::shared::Shared;
use crate::{CustodianError, KeyStoreError, words};

/// The work on one lot.
pub(crate) struct Worker {
    pub(crate) hall: Hall,
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: LotKey,
    pub(crate) pace: Pace,
    lot: Option<Lot>,
    seen: Option<(DraftAnswer, BoardAnswer)>,
    /// The ceremony is complete; until the tender file is published the host may rehearse.
    complete: bool,
    backoff: Backoff,
    asking: JoinSet<Option<Answer>>,
}

/// When to ask again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    /// The opening is over, and this custodian has done its part.
    Ended,
    /// Nothing is near.
    Far,
    /// The deadline is near, or the opening goes on.
    Near,
    /// Something was sent: look at once what follows.
    Now,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Hall(#[from] HallError),
    #[error(transparent)]
    Lot(#[from] LotError),
    #[error("the work on the lot was interrupted")]
    Interrupted,
}

/// How often a finished lot is looked at.
const ENDED: Duration = Duration::from_mins(1);
/// How long a lot rests whose files cannot be used.
const UNUSABLE: Duration = Duration::from_mins(1);
/// The longest wait after a refusal.
const REFUSED: Duration = Duration::from_secs(1);
/// From this long before the deadline on the hall is asked often.
const NEAR: Millis = Millis::from_secs(60);
/// The most duties done in one round.
const DUTIES_MAX: usize = 8;
/// The most bytes of log lines that are held before their head is judged.
const PENDING_MAX: usize = 512 << 20;

impl Worker {
    pub(crate) fn new(hall: Hall, shared: Arc<Shared>, key: LotKey, pace: Pace) -> Self {
        Self {
            hall,
            shared,
            key,
            pace,
            lot: None,
            seen: None,
            complete: false,
            backoff: Backoff::default(),
            asking: JoinSet::new(),
        }
    }

    /// Works until told to stop.
    ///
    /// # Errors
    ///
    /// [`CustodianError::Store`] only if a write to the key store failed: what is on the disk is
    /// then unknown.
    pub(crate) async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), CustodianError> {
        loop {
            let round = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                round = self.round() => round?,
            };
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                () = tokio::time::sleep(round) => {}
            }
        }
    }

    /// One round; gives the wait until the next.
    async fn round(&mut self) -> Result<Duration, CustodianError> {
        match self.poll().await {
            Ok(next) => {
                self.backoff.reset();
                Ok(match next {
                    Next::Ended => ENDED,
                    Next::Far => self.pace.far,
                    Next::Near => self.pace.near,
                    Next::Now => Duration::ZERO,
                })
            }
            Err(PollError::Lot(LotError::Refused { request, label, detail })) => {
                match self.refuse(request, &label, &detail).await {
                    Err(PollError::Lot(LotError::Store(error))) => self.stored(error),
                    _ => Ok(self.backoff.next(&self.shared.random).min(REFUSED)),
                }
            }
            Err(PollError::Lot(LotError::Store(error))) => self.stored(error),
            Err(error) => {
                let detail = words::describe(&error);
                tracing::warn!(lot = %self.key, detail, "the round failed; it is tried again");
                Ok(self.backoff.next(&self.shared.random))
            }
        }
    }

    /// A file of the key store failed: after a failed write, or where the token refuses the PIN, the
    /// process stops; a file that cannot be used makes this lot rest and is read again.
    fn stored(&mut self, error: KeyStoreError) -> Result<Duration, CustodianError> {
        if error.ends_the_process() {
            return Err(CustodianError::Store(error));
        }
        let detail = words::describe(&error);
        tracing::error!(lot = %self.key, label = error.label(), detail, "the lot rests");
        self.lot = None;
        Ok(UNUSABLE)
    }

    /// Writes a refusal down and tells the hall, which may or may not take it.
    async fn refuse(
        &mut self,
        request: &'static str,
        label: &str,
        detail: &str,
    ) -> Result<(), PollError> {
        let (label, detail) = (label.to_owned(), detail.to_owned());
        let post = self.work(move |lot| lot.refuse(request, &label, &detail)).await?;
        let Some(post) = post else { return Ok(()) };
        if let Err(error) = self.hall.post_refusal(&self.key, &post).await {
            let detail = words::describe(&error);
            tracing::warn!(lot = %self.key, detail, "the hall did not take the refusal");
        }
        Ok(())
    }

    async fn poll(&mut self) -> Result<Next, PollError> {
        if self.work(|lot| Ok(lot.is_done())).await? {
            return Ok(Next::Ended);
        }
        let published = self.work(|lot| Ok(lot.opening().is_some())).await?;
        if !published {
            match self.hall.tender(&self.key).await {
                Ok(answer) => self.work(move |lot| lot.adopt(&answer)).await?,
                Err(error) if error.is_not_ready() => return self.ceremony().await,
                Err(error) => return Err(error.into()),
            }
            tracing::info!(lot = %self.key, "the lot is published");
        }
        self.time().await?;
        self.follow().await?;
        self.duties().await?;
        self.next().await
    }

    /// One message of the ceremony.
    async fn ceremony(&mut self) -> Result<Next, PollError> {
        if let Some((_, board)) = self.seen.as_ref().filter(|_| self.complete) {
            let since = u64::try_from(board.messages.len()).unwrap_or(u64::MAX);
            if self.hall.board(&self.key, since).await?.messages.is_empty() {
                return Ok(Next::Far);
            }
        }
        let draft = match self.hall.draft(&self.key).await {
            Err(error) if error.is_not_ready() => return Ok(Next::Far),
            draft => draft?,
        };
        let board = self.hall.board(&self.key, 0).await?;
        let now = (draft, board);
        if self.seen.as_ref() == Some(&now) {
            return Ok(Next::Far);
        }
        let (draft, board) = now.clone();
        match self.work(move |lot| lot.ceremony(&draft, &board)).await? {
            CeremonyStep::Complete => {
                tracing::info!(lot = %self.key, "the ceremony is complete");
                self.complete = true;
                self.seen = Some(now);
                Ok(Next::Far)
            }
            CeremonyStep::Post(post) => {
                self.hall.post_board(&self.key, &post).await?;
                tracing::info!(lot = %self.key, kind = post.kind, "posted to the board");
                Ok(Next::Now)
            }
            CeremonyStep::Wait => {
                self.seen = Some(now);
                Ok(Next::Near)
            }
        }
    }

    /// Asks time servers, without waiting for them, and takes in what has arrived of their answers.
    async fn time(&mut self) -> Result<(), PollError> {
        let mut answers = Vec::new();
        while let Some(done) = self.asking.try_join_next() {
            answers.extend(done.ok().flatten());
        }
        let none_under_way = self.asking.is_empty();
        let questions = self.work(move |lot| lot.time(&answers, none_under_way)).await?;
        for question in questions {
            self.asking.spawn(ask(question, Arc::clone(&self.shared.clock)));
        }
        Ok(())
    }

    /// Reads the log up to its newest signed head and cosigns that head.
    async fn follow(&mut self) -> Result<(), PollError> {
        let sent = self.shared.clock.monotonic();
        let answer = self.hall.checkpoint(&self.key).await;
        let ended = self.shared.clock.monotonic();
        let note = match answer {
            Ok(note) => note,
            Err(error) => {
                self.note(move |lot| lot.asked(sent, ended)).await?;
                return Err(error.into());
            }
        };
        let for_head = note.clone();
        let wanted = self
            .work(move |lot| {
                lot.asked(sent, ended);
                lot.head(&for_head)
            })
            .await?;
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut held = 0_usize;
        while length(&lines) < wanted.count {
            let since = wanted.since.saturating_add(length(&lines));
            let bytes = self.hall.log(&self.key, since).await?;
            held = held.saturating_add(bytes.len());
            if bytes.is_empty() {
                return Ok(()); // lines short of their head: nothing new is judged in this round
            }
            if held > PENDING_MAX {
                return Err(HallError::TooLarge(PENDING_MAX).into());
            }
            let room = usize::try_from(wanted.count - length(&lines)).unwrap_or(usize::MAX);
            let more = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.extend(more.take(room).map(<[u8]>::to_vec));
        }
        // An outage is attested before the head is cosigned: once k cosigned a closing head, nothing is
        // postponed any more.
        let again = note.clone();
        let (attested, mut post) = self
            .work(move |lot| {
                lot.follow(&note, &lines)?;
                match lot.attest()? {
                    Some(attested) => Ok((Some(attested), None)),
                    None => Ok((None, lot.cosign(&note)?)),
                }
            })
            .await?;
        if let Some(attested) = attested {
            self.attest(&attested).await?;
            post = self.work(move |lot| lot.cosign(&again)).await?;
        }
        let Some(post) = post else { return Ok(()) };
        match self.hall.post_cosignature(&self.key, &post).await {
            Ok(_) => {}
            // A head that the hall does not want any more is no reason to hold up the opening.
            Err(HallError::Problem(problem)) if problem.http_status() < 500 => {
                tracing::warn!(lot = %self.key, label = %problem.label, "cosignature not taken");
            }
            Err(error) => return Err(error.into()),
        }
        let size = post.size;
        self.note(move |lot| lot.cosigned(size)).await
    }

    /// Attests an outage. A hall that does not want it, such as one whose intake is closed, holds nothing
    /// up; one that gives no answer is asked again.
    async fn attest(&mut self, post: &OutagePost) -> Result<(), PollError> {
        match self.hall.post_outage(&self.key, post).await {
            Ok(_) => tracing::info!(lot = %self.key, "the attested outage is handed over"),
            Err(error) if error.is_refusal() => {
                let detail = words::describe(&error);
                tracing::warn!(lot = %self.key, detail, "the hall did not take the attested outage");
            }
            Err(error) => return Err(error.into()),
        }
        self.note(Lot::attestation_answered).await
    }

    /// Does what the log asks for.
    async fn duties(&mut self) -> Result<(), PollError> {
        for _ in 0..DUTIES_MAX {
            match self.work(Lot::duty).await? {
                Duty::Nothing => return Ok(()),
                Duty::Journal(post) => self.hand_over(&post).await?,
                Duty::Destroyed(post) => {
                    self.hall.post_destruction(&self.key, &post).await?;
                    tracing::info!(lot = %self.key, "destruction of the share stated");
                    self.note(Lot::destruction_sent).await?;
                }
                Duty::Fetch(freeze_id) => {
                    let answer = self.hall.frozen(&self.key).await?;
                    self.note(move |lot| lot.frozen(freeze_id, answer)).await?;
                }
                Duty::Draw(no, post) => {
                    self.hall.post_draw_partial(&self.key, &post).await?;
                    tracing::info!(lot = %self.key, draw = no, "the point of a draw is raised");
                    self.note(move |lot| lot.draw_sent(no)).await?;
                }
                Duty::Freeze(post) => {
                    self.hall.post_freeze_signature(&self.key, &post).await?;
                    tracing::info!(lot = %self.key, freeze = %post.freeze_id, "freeze countersigned");
                    self.note(Lot::freeze_sent).await?;
                }
                Duty::Token(freeze_id, questions) => {
                    let clock = &self.shared.clock;
                    let asked = questions.into_iter().map(|one| ask(one, Arc::clone(clock)));
                    let mut asking: JoinSet<Option<Answer>> = asked.collect();
                    let mut answers = Vec::new();
                    while let Some(done) = asking.join_next().await {
                        answers.extend(done.ok().flatten());
                    }
                    self.work(move |lot| lot.token(freeze_id, &answers)).await?;
                }
                Duty::Partials(post) => {
                    self.hall.post_partials(&self.key, &post).await?;
                    tracing::info!(lot = %self.key, "partial decryptions released");
                    self.note(Lot::partials_sent).await?;
                }
            }
        }
        Ok(())
    }

    /// Hands the journal over. A hall that does not want it holds nothing up; one that gives no answer
    /// is asked again.
    async fn hand_over(&mut self, post: &JournalPost) -> Result<(), PollError> {
        match self.hall.post_journal(&self.key, post).await {
            Ok(_) => {
                tracing::info!(lot = %self.key, moment = %post.moment, "journal handed over");
                self.note(Lot::journal_answered).await
            }
            Err(error) if error.is_refusal() => {
                let detail = words::describe(&error);
                tracing::warn!(lot = %self.key, detail, "the hall did not take the journal");
                self.note(Lot::journal_answered).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn next(&mut self) -> Result<Next, PollError> {
        self.work(move |lot| {
            let now = lot.now().now;
            if lot.is_done() {
                return Ok(Next::Ended);
            }
            let Some(opening) = lot.opening() else { return Ok(Next::Far) };
            let near = opening.deadline().minus(NEAR) <= now;
            Ok(match opening.quiet_since() {
                // The others have a while to add their destruction, and bidders to answer the result; a
                // custodian that is away does not keep the rest asking.
                Some(at) if opening.is_settled() && now > at.plus(NEAR) => Next::Ended,
                Some(_) => Next::Near,
                None if near => Next::Near,
                None => Next::Far,
            })
        })
        .await
    }

    /// Tells the lot something that cannot fail.
    async fn note(
        &mut self,
        note: impl FnOnce(&mut Lot) + Send + 'static,
    ) -> Result<(), PollError> {
        self.work(move |lot| {
            note(lot);
            Ok(())
        })
        .await
    }

    /// Does work on the lot on a thread for blocking work: disk and cryptography. A lot that is not
    /// open is opened first.
    async fn work<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Lot) -> Result<T, LotError> + Send + 'static,
    ) -> Result<T, PollError> {
        let (lot, shared, key) = (self.lot.take(), Arc::clone(&self.shared), self.key.clone());
        let done = task::spawn_blocking(move || {
            let mut lot = match lot {
                Some(lot) => lot,
                None => Lot::open(shared, key)?,
            };
            let outcome = work(&mut lot);
            scrub_stack();
            Ok::<_, LotError>((lot, outcome))
        });
        let (lot, outcome) = done.await.map_err(|_| PollError::Interrupted)??;
        self.lot = Some(lot);
        Ok(outcome?)
    }
}

fn length(lines: &[Vec<u8>]) -> u64 {
    u64::try_from(lines.len()).unwrap_or(u64::MAX)
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("key", &self.key).finish_non_exhaustive()
    }
}
