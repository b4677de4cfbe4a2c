//! The clock of a lot whose tender file names time servers: what to ask them, what their answers
//! say, and tokens over the freeze (ruling 13).

use std::time::{Duration, Instant};

use kaibiao_crypto::{Entropy as _, EntropyError};
use kaibiao_custody::{
    Act, ClockReading, Discipline, Refusal, Sample, Standing, TimeToken, TokenMaterial, Verdict,
};
use kaibiao_opening::{TimePolicy, TimeSource};
use kaibiao_pki::roughtime::{SignedTime, TimeRequest, token_nonce};
use kaibiao_types::{Digest, Millis};
use kaibiao_wire::{B64, to_json};
use serde::Serialize;

use super::{Duty, Lot, LotError, Opening, refused};
use crate::{Clock, words};

/// How often the servers are asked.
const ASK: Millis = Millis::from_secs(64);
/// How often they are asked while too few agree.
const ASK_UNSURE: Millis = Millis::from_secs(16);
/// How often they are asked from [`NEAR`] before the deadline to the end.
const ASK_NEAR: Millis = Millis::from_secs(4);
const NEAR: Millis = Millis::from_secs(60);
/// Changes of who agrees are written down this often at most: a server that tells the truth every
/// other time must not fill the journal.
const MEMBERS_REST: Millis = Millis::from_secs(600);
/// A token that was not had is asked for again after this long.
const TOKEN_AGAIN: Duration = Duration::from_secs(4);

/// The clock of one lot.
#[derive(Debug)]
pub(crate) struct LotClock {
    policy: TimePolicy,
    discipline: Discipline,
    asked: Option<Millis>,
    /// The first questions of this process have been answered, or never will be.
    heard: bool,
    said: Option<(Standing, Verdict)>,
    /// When a change of who agrees was last written down.
    members_said: Option<Millis>,
    token_asked: Option<Instant>,
}

/// A question for a time server.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The place of the server in the policy.
    pub(crate) source: usize,
    /// Its name.
    pub(crate) name: String,
    /// Where it listens.
    pub(crate) address: String,
    /// What is sent.
    pub(crate) request: TimeRequest,
    /// The random part of the nonce.
    pub(crate) blind: [u8; 32],
}

/// The verified answer to a question, with the monotonic instants around it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) question: Question,
    pub(crate) sent: Millis,
    pub(crate) received: Millis,
    pub(crate) response: Vec<u8>,
    pub(crate) signed: SignedTime,
}

/// A token as it is kept in `evidence/`.
#[derive(Serialize)]
struct TokenFile<'a> {
    v: u8,
    kind: &'static str,
    origin: &'a str,
    freeze_id: Digest,
    source: &'a str,
    blind_b64: B64,
    request_b64: B64,
    response_b64: B64,
}

impl LotClock {
    /// The clock that a tender file asks for; `None` for `time = self`.
    pub(super) fn of(time: &TimeSource) -> Option<Self> {
        let TimeSource::Sources(policy) = time else { return None };
        let (sources, agree) = (policy.sources.len(), usize::from(policy.agree));
        let discipline = Discipline::new(sources, agree, policy.max_error_ms);
        let policy = policy.clone();
        Some(Self {
            policy,
            discipline,
            asked: None,
            heard: false,
            said: None,
            members_said: None,
            token_asked: None,
        })
    }

    /// Questions for all servers, with nonces that nobody knows before.
    fn questions(
        &self,
        entropy: &mut kaibiao_crypto::SecureEntropy<'_>,
        nonce: impl Fn(&[u8; 32]) -> [u8; 32],
    ) -> Result<Vec<Question>, EntropyError> {
        let servers = self.policy.sources.iter().enumerate();
        servers
            .map(|(source, server)| {
                let mut blind = [0; 32];
                entropy.fill(&mut blind)?;
                Ok(Question {
                    source,
                    name: server.name.clone(),
                    address: server.address.clone(),
                    request: TimeRequest::new(server.key.0, nonce(&blind)),
                    blind,
                })
            })
            .collect()
    }

    fn names(&self, sources: &std::collections::BTreeSet<usize>) -> Vec<String> {
        let named = |source: &usize| self.policy.sources.get(*source);
        sources.iter().filter_map(named).map(|server| server.name.clone()).collect()
    }
}

impl Opening {
    /// The time by which this lot is judged.
    pub(crate) fn reading(&self, clock: &dyn Clock) -> ClockReading {
        let system = clock.read();
        match &self.time {
            None => system,
            Some(time) => time.discipline.read(clock.monotonic(), system.now),
        }
    }

    /// What follows from a judgment; `None` if nothing is to be said.
    ///
    /// A process that has just begun knows nothing of the time before its servers have answered for
    /// the first time. That is no reason to refuse: a refusal counts at once, and the answers come
    /// within two seconds. Bids that did not hold are forgotten, so that they are fetched again.
    pub(super) fn judged<T>(
        &mut self,
        request: &'static str,
        clock: ClockReading,
        judgment: Result<T, Refusal>,
    ) -> Result<Option<T>, LotError> {
        let heard = self.time.as_ref().is_none_or(|time| time.heard);
        match judgment {
            Ok(allowed) => Ok(Some(allowed)),
            Err(Refusal::TimeUnknown) if !heard => Ok(None),
            Err(refusal) => {
                if matches!(refusal, Refusal::Freeze(_)) {
                    self.material = None;
                }
                Err(by_clock(request, clock, &refusal))
            }
        }
    }
}

impl Lot {
    /// The time by which this lot is judged.
    pub(crate) fn now(&self) -> ClockReading {
        match &self.opening {
            Some(opening) => opening.reading(&*self.shared.clock),
            None => self.shared.now(),
        }
    }

    /// Takes in the answers of time servers, and gives the questions that are due if no others are
    /// under way.
    ///
    /// # Errors
    ///
    /// [`LotError::Store`] if a change could not be written down.
    pub(crate) fn time(
        &mut self,
        answers: &[Answer],
        none_under_way: bool,
    ) -> Result<Vec<Question>, LotError> {
        let Some(opening) = &mut self.opening else { return Ok(Vec::new()) };
        let Some(time) = &mut opening.time else { return Ok(Vec::new()) };
        for answer in answers {
            let sample = Sample {
                source: answer.question.source,
                sent: answer.sent,
                received: answer.received,
                midpoint: answer.signed.midpoint(),
                radius: answer.signed.radius(),
            };
            if let Err(fault) = time.discipline.take(sample) {
                let (server, detail) = (&answer.question.name, fault.to_string());
                tracing::warn!(lot = %self.key, server, detail, "an answer does not count");
            }
        }
        time.heard |= none_under_way && time.asked.is_some();
        self.note_clock()?;
        let clock = self.now();
        let Some(opening) = &mut self.opening else { return Ok(Vec::new()) };
        let near = opening.deadline().minus(NEAR) <= clock.latest();
        let over = opening.replay.state().phase().is_final();
        let Some(time) = &mut opening.time else { return Ok(Vec::new()) };
        let every = match clock.standing {
            // What is still held after the end is kept for a while by this clock.
            _ if over => ASK,
            Standing::Synchronised | Standing::System if !near => ASK,
            Standing::Never | Standing::Holdover if !near => ASK_UNSURE,
            Standing::Never => ASK_UNSURE,
            _ => ASK_NEAR,
        };
        let now = self.shared.clock.monotonic();
        let rests = |asked: Millis| now.get().saturating_sub(asked.get()) < every.get();
        if !none_under_way || time.asked.is_some_and(rests) {
            return Ok(Vec::new());
        }
        time.asked = Some(now);
        // Nobody learns from a nonce what it is for.
        Ok(time.questions(&mut self.shared.entropy(), |blind| *blind)?)
    }

    /// Writes down what the clock rests on, if that has changed: a standing at once, who agrees
    /// every ten minutes at most. Called before every decision that rests on the clock, too: what it
    /// rests on stands above it in the journal.
    pub(super) fn note_clock(&mut self) -> Result<(), LotError> {
        let (clock, system) = (self.now(), self.shared.now().now);
        let run = self.shared.clock.monotonic();
        let Some(time) = self.opening.as_mut().and_then(|opening| opening.time.as_mut()) else {
            return Ok(());
        };
        let now = (clock.standing, time.discipline.verdict().clone());
        if time.said.as_ref() == Some(&now) {
            return Ok(());
        }
        let (standing, verdict) = now.clone();
        let stands = |said: &(Standing, Verdict)| {
            said.0 == standing && said.1.contradicted == verdict.contradicted
        };
        if time.said.as_ref().is_some_and(stands) {
            let rests = |at: Millis| run.get().saturating_sub(at.get()) < MEMBERS_REST.get();
            if time.members_said.is_some_and(rests) {
                return Ok(());
            }
            time.members_said = Some(run);
        }
        // Sources that made the clock synchronised may have left again within one round of answers;
        // whoever reads that it became so reads by whom.
        let became = standing == Standing::Synchronised
            && time.said.as_ref().is_none_or(|said| said.0 != Standing::Synchronised);
        let agree = if became { time.discipline.held_by() } else { &verdict.agreeing };
        let act = Act::Clock {
            at: clock.now,
            max_error_ms: clock.max_error,
            system,
            standing: standing.name().to_owned(),
            agree: time.names(agree),
            false_tickers: time.names(&verdict.false_tickers),
            contradicted: verdict.contradicted,
        };
        time.said = Some(now);
        let (standing, error) = (standing.name(), clock.max_error);
        tracing::info!(lot = %self.key, standing, %error, "the clock");
        Ok(self.journal.write(&act)?)
    }

    /// The questions for a token over a freeze.
    pub(super) fn ask_for_token(&mut self, freeze_id: Digest) -> Result<Duty, LotError> {
        let Some(opening) = &mut self.opening else { return Ok(Duty::Nothing) };
        let origin = opening.replay.tender().origin().as_str().to_owned();
        let Some(time) = &mut opening.time else { return Ok(Duty::Nothing) };
        if time.token_asked.is_some_and(|asked| asked.elapsed() < TOKEN_AGAIN) {
            return Ok(Duty::Nothing);
        }
        time.token_asked = Some(Instant::now());
        let nonce = |blind: &[u8; 32]| token_nonce(&origin, &freeze_id, blind);
        Ok(Duty::Token(freeze_id, time.questions(&mut self.shared.entropy(), nonce)?))
    }

    /// Takes the first answer that is a token over a freeze; it is kept in `evidence/`.
    ///
    /// # Errors
    ///
    /// [`LotError::Refused`] with `E_TIME_TOKEN` if none is.
    pub(crate) fn token(&mut self, freeze_id: Digest, answers: &[Answer]) -> Result<(), LotError> {
        let at = self.now().now;
        let Some(opening) = &mut self.opening else { return Ok(()) };
        let mut detail = "no time server answered".to_owned();
        for answer in answers {
            let question = &answer.question;
            let material = TokenMaterial {
                source: &question.name,
                blind: &question.blind,
                request: question.request.packet(),
                response: &answer.response,
            };
            let token = match TimeToken::verify(&opening.replay, freeze_id, &material) {
                Ok(token) => token,
                Err(fault) => {
                    detail = format!("{}: {}", question.name, words::describe(&fault));
                    continue;
                }
            };
            let file = to_json(&TokenFile {
                v: 1,
                kind: "time-token",
                origin: opening.replay.tender().origin().as_str(),
                freeze_id,
                source: &question.name,
                blind_b64: B64(question.blind.to_vec()),
                request_b64: B64(question.request.packet().to_vec()),
                response_b64: B64(answer.response.clone()),
            });
            let file = file.map_err(|error| LotError::Unable(words::describe(&error)))?;
            let source = token.source().to_owned();
            let earliest = token.earliest();
            // Source and instant are those of the act: another token has another name.
            let name = format!("{freeze_id}-{source}-{}", earliest.get());
            self.shared.store.folder(&self.key)?.keep_token(&name, &file)?;
            self.journal.write(&Act::TimeToken { at, freeze_id, source, earliest })?;
            opening.custody.keep_token(token);
            return Ok(());
        }
        Err(LotError::refused("time-token", "E_TIME_TOKEN", &detail))
    }
}

/// A refusal by the rules of `custody`; one that the clock is the reason of says what the clock was.
fn by_clock(request: &'static str, clock: ClockReading, refusal: &Refusal) -> LotError {
    let about_time =
        matches!(refusal, Refusal::NotYet(_) | Refusal::Holdover(_) | Refusal::TimeUnknown);
    if !about_time || clock.standing == Standing::System {
        return refused(request, refusal.label(), refusal);
    }
    let detail = match clock.standing {
        Standing::Never => format!("{refusal}; never synchronised"),
        standing => {
            let (now, error) = (clock.now, clock.max_error);
            format!("{refusal}; {now}, wrong by at most {error}, {}", standing.name())
        }
    };
    LotError::refused(request, refusal.label(), &detail)
}
