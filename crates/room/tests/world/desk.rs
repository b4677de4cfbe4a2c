//! Host and supervisor: they follow the log and sign the next command. Bidders in the room do too.

use std::sync::Arc;

use kaibiao_crypto::Hex;
use kaibiao_opening::{Command, HoldReason, Phase, SignedCommandBody, State, Step};
use kaibiao_pki::{Identity, cms};
use kaibiao_replay::Replay;
use kaibiao_room::RoomError;
use kaibiao_types::{Millis, Part, UtcMillis};
use ring::rand::SystemRandom;

use crate::cast::Cast;
use crate::dice::Dice;
use crate::hall::{Call, Reply};
use crate::net::{Gone, Net, Who};

pub(crate) struct Desk {
    cast: &'static Cast,
    replay: Replay,
    /// A signed command whose answer was lost.
    unanswered: Option<(Vec<u8>, Vec<u8>)>,
    /// The later deadline that host and supervisor will ask for.
    postpone: Option<UtcMillis>,
    /// Whether the opening is paused for a while.
    pause: bool,
}

/// Who signs.
#[derive(Clone, Copy)]
enum Signer {
    Host,
    Supervisor,
    Bidder(usize),
}

impl Desk {
    pub(crate) fn new(cast: &'static Cast, dice: &mut Dice) -> Self {
        let verified = Arc::clone(&cast.published.verified);
        let later = cast.deadline.plus(Millis::new(dice.between(5_000, 40_000)).unwrap());
        Self {
            cast,
            replay: Replay::new(verified, Arc::clone(&cast.trust)),
            unanswered: None,
            postpone: dice.permille(120).then_some(later),
            pause: dice.permille(150),
        }
    }

    pub(crate) fn state(&self) -> &State {
        self.replay.state()
    }

    /// What is new in the log, then the next command.
    pub(crate) fn step(&mut self, net: &mut Net) {
        if net.shown.is_empty() {
            if let Err(Gone::Refused(error)) = net.send(Who::Desk, Call::Publish) {
                panic!("the tender file is not published: {error}");
            }
            return;
        }
        let since = self.replay.log().len();
        let Ok(Reply::Lines(lines)) = net.send(Who::Desk, Call::Log(since)) else { return };
        for line in lines {
            self.replay.ingest(&line).expect("a line of the log holds for everybody");
        }
        match self.unanswered.take() {
            Some((body, cms)) if net.dice.permille(700) => self.send(body, cms, net),
            _ => {
                if let Some((signer, command)) = self.next(net) {
                    let (body, cms) = self.sign(signer, command, net);
                    self.send(body, cms, net);
                }
            }
        }
    }

    fn send(&mut self, body: Vec<u8>, cms: Vec<u8>, net: &mut Net) {
        match net.send(Who::Desk, Call::Command { body: body.clone(), cms: cms.clone() }) {
            Ok(_) | Err(Gone::Refused(RoomError::Replayed | RoomError::NotReady(_))) => {}
            Err(Gone::Lost) => self.unanswered = Some((body, cms)),
            Err(Gone::Refused(RoomError::Refused(refusal))) => {
                net.say(|| format!("refused: {refusal}"));
            }
            Err(Gone::Refused(error)) => panic!("a command: {error:?}"),
        }
    }

    fn sign(&self, signer: Signer, command: Command, net: &mut Net) -> (Vec<u8>, Vec<u8>) {
        let mut nonce = [0; 16];
        nonce.fill_with(|| net.dice.below(256) as u8);
        let at = UtcMillis::new(net.now).unwrap();
        let body = SignedCommandBody {
            lot: self.cast.lot.clone(),
            command,
            nonce: Hex(nonce).to_string(),
            at,
            after: self.replay.log().len().saturating_sub(1),
        };
        let body = body.to_bytes();
        let people = &self.cast.people;
        let identity: &Identity = match signer {
            Signer::Host => &people.host,
            Signer::Supervisor => &people.supervisor,
            Signer::Bidder(number) => &people.bidders[number].0,
        };
        let cms = cms::sign_detached(identity, &body, at, &SystemRandom::new()).unwrap();
        (body, cms)
    }

    fn next(&mut self, net: &mut Net) -> Option<(Signer, Command)> {
        let state = self.replay.state();
        let phase = state.phase();
        if state.hold().is_some() {
            return net.dice.permille(300).then_some((Signer::Host, Command::Resume));
        }
        let hears = [Phase::Ready, Phase::BiddersPublished, Phase::Read].contains(&phase);
        if hears && net.dice.permille(150) {
            let bids: Vec<_> = state.current_bids().map(|bid| bid.bidder.clone()).collect();
            let bidder = Signer::Bidder(self.cast.index_of(&net.dice.of(&bids)));
            let read = phase == Phase::Read;
            let command = if read { Command::ConfirmPrice } else { Command::SignIn(None) };
            return Some((bidder, command));
        }
        if self.pause && phase >= Phase::Ready && net.dice.permille(200) {
            self.pause = false;
            let text = "网络中断".to_owned();
            return Some((Signer::Host, Command::Pause { reason: HoldReason::Network, text }));
        }
        match phase {
            Phase::Receiving => self.postponement(),
            Phase::Freezing | Phase::DegradedNotice => {
                state.degraded()?;
                let both = [Signer::Host, Signer::Supervisor];
                net.dice.permille(300).then(|| (net.dice.of(&both), Command::ApproveDegraded))
            }
            Phase::Ready | Phase::BiddersPublished | Phase::SealsChecked => {
                let command = match state.next_steps().last()?.step {
                    Step::PublishBidders => Command::PublishBidders,
                    Step::CheckSeals => Command::CheckSeals,
                    Step::AnnounceCeiling => Command::AnnounceCeiling,
                    Step::UnsealPrices => Command::StartUnsealing(Part::Price),
                    step => panic!("{step} is no step of this tender"),
                };
                Some((Signer::Host, command))
            }
            Phase::Published | Phase::Reading => {
                let span = Millis::new(500).unwrap();
                let left = (state.prices_read() as usize) < state.priced_bids().count();
                left.then_some((Signer::Host, Command::ReadNext(span)))
            }
            Phase::Read if state.documents().is_none() => {
                let asked = state.unsealing().is_some();
                let command = Command::StartUnsealing(Part::Documents);
                (!asked).then_some((Signer::Host, command))
            }
            Phase::Read => Some((Signer::Host, Command::GenerateRecord)),
            Phase::RecordGenerated => Some((Signer::Host, Command::Close)),
            _ => None,
        }
    }

    /// Both ask for a later deadline, while there is time.
    fn postponement(&mut self) -> Option<(Signer, Command)> {
        let deadline = self.postpone?;
        let state = self.replay.state();
        if !state.postponements().is_empty() {
            self.postpone = None;
            return None;
        }
        match state.postponement_asked() {
            None => {
                let reason = "澄清招标文件".to_owned();
                Some((Signer::Host, Command::AskPostponement { deadline, reason }))
            }
            Some(asked) => {
                let no = asked.no;
                Some((Signer::Supervisor, Command::ApprovePostponement { no, deadline }))
            }
        }
    }
}
