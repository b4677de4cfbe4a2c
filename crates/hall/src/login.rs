//! Sessions: who signed a statement of this hall, for one lot, for a short while.
//!
//! A session only reads. Whatever changes something is a signed command, with or without a session.
//! All is in memory: after a restart everybody logs in again, and before the deadline neither log,
//! store nor numbers tell who did (ruling 25).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaibiao_room::Member;
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::{
    B64, ChallengeAnswer, Label, LoginKind, LoginPost, LoginStatement, Origin, RandomId,
    SessionAnswer, from_json, to_json,
};
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::SecureRandom;

use crate::problem::Failure;

/// A statement is good for so long, in milliseconds.
const STATEMENT: u64 = 2 * 60 * 1_000;
/// A session that is not used for so long has ended.
const IDLE: u64 = 30 * 60 * 1_000;
/// No session lasts longer.
const LONGEST: u64 = 12 * 60 * 60 * 1_000;
/// Sessions of one organisation in one lot; one more ends the one that was idle longest.
const OF_ONE: usize = 8;
/// Sessions of all.
const OF_ALL: usize = 10_000;

/// The statements that this hall makes, and the sessions that follow from them.
pub(crate) struct Sessions {
    /// Its statements are known by it. It is gone with the process.
    key: hmac::Key,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the SHA-256 of the secret.
    open: BTreeMap<[u8; 32], Session>,
    /// Statements that were used, until they expire.
    used: BTreeMap<RandomId, UtcMillis>,
}

struct Session {
    lot: LotKey,
    member: Member,
    seen: UtcMillis,
    expires: UtcMillis,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Session {
    fn idle_until(&self) -> UtcMillis {
        later(self.seen, IDLE).min(self.expires)
    }

    fn is_over(&self, now: UtcMillis) -> bool {
        now >= self.idle_until()
    }

    fn answer(&self, token: Option<String>) -> SessionAnswer {
        SessionAnswer {
            role: self.member.role,
            code: self.member.party.code.clone(),
            name: self.member.party.name.clone(),
            idle_until: self.idle_until(),
            expires: self.expires,
            token,
        }
    }
}

impl Sessions {
    pub(crate) fn new(random: &dyn SecureRandom) -> Result<Self, Failure> {
        let key: [u8; 32] = drawn(random)?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), state: Mutex::default() })
    }

    /// A fresh statement to sign. Nothing is kept of it.
    pub(crate) fn challenge(
        &self,
        origin: &Origin,
        lot: &LotKey,
        random: &dyn SecureRandom,
        now: UtcMillis,
    ) -> Result<ChallengeAnswer, Failure> {
        let statement = to_json(&LoginStatement {
            v: 1,
            kind: LoginKind::Login,
            origin: origin.clone(),
            tender: lot.tender.clone(),
            lot: lot.lot.clone(),
            nonce: RandomId::new(drawn(random)?),
            at: now,
            expires: later(now, STATEMENT),
        })?;
        let ticket = hmac::sign(&self.key, &statement).as_ref().to_vec();
        Ok(ChallengeAnswer { statement_b64: B64(statement), ticket_b64: B64(ticket) })
    }

    /// Whether a statement is one of this process, for this lot, and still good.
    pub(crate) fn check(
        &self,
        post: &LoginPost,
        lot: &LotKey,
        now: UtcMillis,
    ) -> Result<LoginStatement, Failure> {
        let bytes = post.statement_b64.as_slice();
        hmac::verify(&self.key, bytes, post.ticket_b64.as_slice())
            .map_err(|_| stale("[E_LOGIN_TICKET] it is not a statement of this hall"))?;
        let statement: LoginStatement = from_json(bytes)?;
        if statement.tender != lot.tender || statement.lot != lot.lot {
            return Err(stale("[E_LOGIN_LOT] it is for another lot"));
        }
        if now >= statement.expires {
            return Err(stale("[E_LOGIN_EXPIRED] it has expired"));
        }
        self.state(now).unused(statement.nonce)?;
        Ok(statement)
    }

    /// Begins the session of whoever signed a statement, which is used up by it. Gives the secret too.
    pub(crate) fn open(
        &self,
        statement: &LoginStatement,
        member: Member,
        random: &dyn SecureRandom,
        now: UtcMillis,
    ) -> Result<SessionAnswer, Failure> {
        let secret: [u8; 32] = drawn(random)?;
        let token = URL_SAFE_NO_PAD.encode(secret);
        let lot = LotKey { tender: statement.tender.clone(), lot: statement.lot.clone() };
        let session = Session { lot, member, seen: now, expires: later(now, LONGEST) };
        let answer = session.answer(Some(token.clone()));
        let mut state = self.state(now);
        state.unused(statement.nonce)?;
        state.make_room(&session)?;
        state.used.insert(statement.nonce, statement.expires);
        state.open.insert(hash(&token), session);
        Ok(answer)
    }

    /// Whose a secret is in a lot; it counts as a use.
    pub(crate) fn of(&self, token: &str, lot: &LotKey, now: UtcMillis) -> Option<SessionAnswer> {
        let mut state = self.state(now);
        let session = state.open.get_mut(&hash(token)).filter(|session| session.lot == *lot)?;
        session.seen = session.seen.max(now);
        Some(session.answer(None))
    }

    /// Ends a session.
    pub(crate) fn close(&self, token: &str) {
        self.lock().open.remove(&hash(token));
    }

    /// What is still good at an instant; the rest is forgotten.
    fn state(&self, now: UtcMillis) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.open.retain(|_, session| !session.is_over(now));
        state.used.retain(|_, expires| *expires > now);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn unused(&self, nonce: RandomId) -> Result<(), Failure> {
        if self.used.contains_key(&nonce) {
            return Err(stale("[E_LOGIN_USED] it was used already"));
        }
        Ok(())
    }

    fn make_room(&mut self, new: &Session) -> Result<(), Failure> {
        let same = |session: &Session| {
            session.lot == new.lot && session.member.party.code == new.member.party.code
        };
        let own = || self.open.iter().filter(|(_, session)| same(session));
        if own().count() >= OF_ONE {
            let idlest = own().min_by_key(|(_, session)| session.seen).map(|(hash, _)| *hash);
            idlest.and_then(|hash| self.open.remove(&hash));
        } else if self.open.len() >= OF_ALL {
            return Err(Failure::new(Label::Busy));
        }
        Ok(())
    }
}

fn stale(detail: &str) -> Failure {
    Failure::detailed(Label::StaleChallenge, detail)
}

fn hash(token: &str) -> [u8; 32] {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap_or_default()
}

fn drawn<const N: usize>(random: &dyn SecureRandom) -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).map_err(|_| Failure::new(Label::Internal))?;
    Ok(bytes)
}

fn later(at: UtcMillis, millis: u64) -> UtcMillis {
    UtcMillis::new(at.get().saturating_add(millis)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use kaibiao_types::{LotId, OrgCode, Party, Role, TenderId};
    use kaibiao_wire::Carry;
    use ring::rand::SystemRandom;

    use super::*;

    const START: u64 = 1_700_000_000_000;

    fn at(millis: u64) -> UtcMillis {
        UtcMillis::new(START + millis).unwrap()
    }

    fn lot(name: &str) -> LotKey {
        LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse(name).unwrap() }
    }

    fn member(code: &str) -> Member {
        let party = Party { code: OrgCode::parse(code).unwrap(), name: "甲".to_owned() };
        Member { role: Role::Bidder, party }
    }

    const ONE: &str = "914403001922038216";

    fn sessions() -> Sessions {
        Sessions::new(&SystemRandom::new()).unwrap()
    }

    fn post(sessions: &Sessions, millis: u64) -> LoginPost {
        let origin = Origin::parse("https://hall.example").unwrap();
        let made =
            sessions.challenge(&origin, &lot("1"), &SystemRandom::new(), at(millis)).unwrap();
        LoginPost {
            statement_b64: made.statement_b64,
            ticket_b64: made.ticket_b64,
            cms_b64: B64(Vec::new()),
            carry: Carry::Bearer,
        }
    }

    fn enter(sessions: &Sessions, millis: u64) -> String {
        let post = post(sessions, millis);
        let statement = sessions.check(&post, &lot("1"), at(millis)).unwrap();
        let opened = sessions.open(&statement, member(ONE), &SystemRandom::new(), at(millis));
        opened.unwrap().token.unwrap()
    }

    fn why<T>(result: Result<T, Failure>) -> String {
        match result {
            Ok(_) => "accepted".to_owned(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    #[test]
    fn a_statement_is_good_once_for_its_lot_and_its_time() {
        let (sessions, random) = (sessions(), SystemRandom::new());
        let first = post(&sessions, 0);
        let statement = sessions.check(&first, &lot("1"), at(STATEMENT - 1)).unwrap();
        assert_eq!(statement.origin.as_str(), "https://hall.example");
        assert!(why(sessions.check(&first, &lot("1"), at(STATEMENT))).contains("E_LOGIN_EXPIRED"));
        assert!(why(sessions.check(&first, &lot("2"), at(0))).contains("E_LOGIN_LOT"));

        // Two that hand in the same statement at once: one session.
        let opened = sessions.open(&statement, member(ONE), &random, at(5));
        assert!(opened.is_ok());
        let again = sessions.open(&statement, member(ONE), &random, at(5));
        assert!(why(again).contains("E_LOGIN_USED"));
        assert!(why(sessions.check(&first, &lot("1"), at(6))).contains("E_LOGIN_USED"));
        // What has expired is not kept.
        assert_eq!(sessions.state(at(STATEMENT)).used.len(), 0);
    }

    #[test]
    fn statements_of_another_hall_or_hand_are_not_ours() {
        let (one, other) = (sessions(), sessions());
        let foreign = post(&other, 0);
        assert!(why(one.check(&foreign, &lot("1"), at(0))).contains("E_LOGIN_TICKET"));
        let good = post(&one, 0);
        let text = String::from_utf8(good.statement_b64.as_slice().to_vec()).unwrap();
        for (from, to) in [
            ("hall.example", "evil.example"),
            (r#""lot":"1""#, r#""lot":"2""#),
            ("{", "{ "),
            ("}", r#","x":1}"#),
        ] {
            let altered = B64(text.replacen(from, to, 1).into_bytes());
            assert_ne!(altered, good.statement_b64);
            let altered = LoginPost { statement_b64: altered, ..good.clone() };
            assert!(why(one.check(&altered, &lot("1"), at(0))).contains("E_LOGIN_TICKET"));
        }
        for ticket in [Vec::new(), vec![0; 32], good.ticket_b64.as_slice()[..31].to_vec()] {
            let altered = LoginPost { ticket_b64: B64(ticket), ..good.clone() };
            assert!(why(one.check(&altered, &lot("1"), at(0))).contains("E_LOGIN_TICKET"));
        }
        assert!(one.check(&good, &lot("1"), at(0)).is_ok());
    }

    #[test]
    fn a_session_is_of_its_lot_and_ends() {
        let sessions = sessions();
        let token = enter(&sessions, 0);
        let found = sessions.of(&token, &lot("1"), at(IDLE - 1)).unwrap();
        assert_eq!((found.role, found.code.as_str(), &found.token), (Role::Bidder, ONE, &None));
        assert_eq!(found.idle_until, at(2 * IDLE - 1));
        for wrong in ["", "x", &token.replacen(char::is_alphanumeric, "", 1), &format!("{token}=")]
        {
            assert!(sessions.of(wrong, &lot("1"), at(IDLE)).is_none(), "{wrong}");
        }
        assert!(sessions.of(&token, &lot("2"), at(IDLE)).is_none(), "another lot");
        // That nobody could use it for another lot was no use of it.
        assert!(sessions.of(&token, &lot("1"), at(2 * IDLE - 1)).is_none(), "idle");

        let token = enter(&sessions, 0);
        sessions.close(&token);
        assert!(sessions.of(&token, &lot("1"), at(1)).is_none(), "ended");

        // Used all the time, it ends all the same.
        let token = enter(&sessions, 0);
        let uses = (0..LONGEST).step_by(usize::try_from(IDLE / 2).unwrap());
        for millis in uses {
            assert!(sessions.of(&token, &lot("1"), at(millis)).is_some(), "{millis}");
        }
        assert!(sessions.of(&token, &lot("1"), at(LONGEST)).is_none());
    }

    #[test]
    fn who_logs_in_often_loses_the_session_idle_longest() {
        let sessions = sessions();
        let tokens: Vec<_> =
            (0..u64::try_from(OF_ONE).unwrap()).map(|n| enter(&sessions, n)).collect();
        assert!(sessions.of(&tokens[0], &lot("1"), at(100)).is_some());
        enter(&sessions, 101);
        assert!(sessions.of(&tokens[1], &lot("1"), at(102)).is_none());
        assert!(sessions.of(&tokens[0], &lot("1"), at(102)).is_some());
        assert_eq!(sessions.lock().open.len(), OF_ONE);
        // Only a hash of the secret is kept.
        assert!(!sessions.lock().open.keys().any(|kept| URL_SAFE_NO_PAD.encode(kept) == tokens[0]));
    }
}
