//! Talk in the room (ADR-0031): private texts beside the log, how fast people talk, and what a restart
//! forgets.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Hall, wait};
use kaibiao_journal::{Checkpoint, EntryLine, OpeningLog};
use kaibiao_opening::Command;
use kaibiao_pki::Identity;
use kaibiao_replay::{PrivateFault, Replay, private_digest};
use kaibiao_room::{LotBook, Member, RoomError};
use kaibiao_types::{Digest, Millis, Role, UtcMillis};
use kaibiao_wire::PrivateText;

const SECRET: &str = "我方授权委托人电话 13800000000\n请勿公开";

fn text(words: &str) -> PrivateText {
    PrivateText { salt: Digest::new([9; 32]), text: words.to_owned() }
}

/// The command that names a private text.
fn whisper(private: &PrivateText) -> Command {
    Command::ChatPrivately { text_sha256: private_digest(&private.salt, &private.text) }
}

/// The sixth message within a second is one too many.
fn too_fast(answer: &Result<u64, RoomError>) -> bool {
    matches!(answer, Err(RoomError::TooFast(_)))
}

struct Talk {
    hall: Hall,
    book: LotBook,
    nonce: std::cell::Cell<u128>,
}

impl Talk {
    /// Three bidders, of whom two handed a bid in, and the set is frozen.
    fn frozen(data: &Path) -> Self {
        let hall = Hall::prepare(data);
        let book = hall.open(data);
        for (bidder, seeds) in [(0, ["a", "b"]), (1, ["c", "d"])] {
            hall.submit(&book, bidder, seeds).unwrap();
        }
        let talk = Self { hall, book, nonce: std::cell::Cell::new(1) };
        talk.close_intake();
        talk
    }

    fn deadline(&self) -> UtcMillis {
        self.hall.scenario.verified.file().terms().deadline
    }

    fn close_intake(&self) {
        let room = self.book.room(&self.hall.lot).unwrap();
        self.hall.clock.set(self.deadline());
        let closing: Checkpoint = self.log_with("tick").checkpoint();
        for cosigner in &self.hall.scenario.cosigners {
            let line = cosigner.cosign(&closing, self.deadline()).unwrap();
            wait(room.cosign(closing.head.size, line)).unwrap();
        }
        self.log_with("set-frozen");
    }

    fn log_with(&self, kind: &str) -> OpeningLog {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let mut log = OpeningLog::new(self.hall.scenario.verified.origin().clone());
            for line in self.lines() {
                log.append(&line).unwrap();
            }
            let late = |at: UtcMillis| at >= self.deadline();
            if log.entries().iter().any(|entry| entry.kind() == kind && late(entry.at())) {
                return log;
            }
            assert!(Instant::now() < until, "still no {kind}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        let room = self.book.room(&self.hall.lot).unwrap();
        room.log().lines(0, 1_000).iter().map(|line| line.to_vec()).collect()
    }

    fn head(&self) -> u64 {
        self.book.room(&self.hall.lot).unwrap().log().head().entries
    }

    fn bidder(&self, number: usize) -> &Identity {
        &self.hall.scenario.people.bidders[number].0
    }

    fn host(&self) -> &Identity {
        &self.hall.scenario.people.host
    }

    fn supervisor(&self) -> &Identity {
        &self.hall.scenario.people.supervisor
    }

    fn send(
        &self,
        who: &Identity,
        command: Command,
        private: Option<PrivateText>,
    ) -> Result<u64, RoomError> {
        self.nonce.set(self.nonce.get() + 1);
        let (body, cms) = self.hall.command(who, command, self.nonce.get());
        let command = self.book.signed_command(&self.hall.lot, body, cms)?;
        let room = self.book.room(&self.hall.lot).unwrap();
        wait(room.command(command.with_private(private)))
    }

    fn say(&self, who: &Identity, words: &str) -> Result<u64, RoomError> {
        self.send(who, Command::Chat(words.to_owned()), None)
    }

    fn pass(&self, millis: u64) {
        let now = self.deadline().plus(Millis::new(millis).unwrap());
        self.hall.clock.set(now);
    }

    fn reader(&self, role: Role, who: &Identity) -> Member {
        let people = &self.hall.scenario.people;
        let all = people
            .bidders
            .iter()
            .find(|(identity, _)| identity.certificate().sha256() == who.certificate().sha256());
        let party = all.map_or_else(
            || self.hall.scenario.verified.file().terms().host.clone(),
            |(_, party)| party.clone(),
        );
        Member { role, party }
    }

    fn read(&self, index: u64, reader: &Member) -> Result<PrivateText, RoomError> {
        self.book.private_text(&self.hall.lot, index, reader)
    }
}

#[test]
fn a_private_text_is_beside_the_log_and_for_three_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let talk = Talk::frozen(&data);
    let private = text(SECRET);
    let before = talk.head();
    talk.send(talk.bidder(0), whisper(&private), Some(private.clone())).unwrap();
    assert_eq!(talk.head(), before + 1);

    // The log has the digest and not a word; everybody can replay it.
    let lines = talk.lines();
    let entry = EntryLine::parse(&lines[usize::try_from(before).unwrap()]).unwrap();
    assert_eq!(entry.kind(), "chat-private");
    let digest = private_digest(&private.salt, SECRET);
    assert_eq!(entry.data().get(), format!(r#"{{"text_sha256":"{digest}"}}"#));
    let all: Vec<u8> = lines.concat();
    for secret in ["13800000000", "请勿公开"] {
        assert!(!all.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
    }
    let scenario = &talk.hall.scenario;
    let trust = kaibiao_pki::TrustList::parse(&scenario.trust).unwrap();
    let mut replay = Replay::new(std::sync::Arc::clone(&scenario.verified), trust.into());
    for line in &lines {
        replay.ingest(line).unwrap();
    }

    // Host, supervisor and its author read it; another bidder does not, nor anybody another entry.
    let author = talk.reader(Role::Bidder, talk.bidder(0));
    let other = talk.reader(Role::Bidder, talk.bidder(1));
    let host = talk.reader(Role::Host, talk.host());
    let supervisor = Member { role: Role::Supervisor, ..host.clone() };
    for reader in [&author, &host, &supervisor] {
        assert_eq!(talk.read(before, reader).unwrap(), private);
    }
    assert!(matches!(talk.read(before, &other), Err(RoomError::NotForYou)));
    let spectator = Member { role: Role::Spectator, ..other };
    assert!(matches!(talk.read(before, &spectator), Err(RoomError::NotForYou)));
    for index in [0, before - 1, before + 1, u64::MAX] {
        assert!(matches!(talk.read(index, &host), Err(RoomError::NoPrivateText)), "{index}");
    }
    talk.book.stop();
    let Talk { hall, book, .. } = talk;
    drop(book);

    // A restart forgets none of it.
    let book = hall.open(&data);
    assert_eq!(book.private_text(&hall.lot, before, &author).unwrap(), private);
    book.stop();
}

#[test]
fn a_private_text_that_does_not_fit_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let talk = Talk::frozen(&folder.path().join("hall"));
    let (head, private) = (talk.head(), text(SECRET));
    let other = PrivateText { salt: Digest::new([8; 32]), ..private.clone() };
    let steering = text("甲\u{202e}乙");
    for (command, given, fault) in [
        (whisper(&private), None, PrivateFault::Missing),
        (whisper(&private), Some(other), PrivateFault::Digest),
        (whisper(&private), Some(text("别的话")), PrivateFault::Digest),
        (whisper(&steering), Some(steering), PrivateFault::Text),
        (Command::Chat("公开的话".to_owned()), Some(private.clone()), PrivateFault::Unasked),
    ] {
        let answer = talk.send(talk.bidder(0), command, given);
        assert!(matches!(&answer, Err(RoomError::Private(found)) if *found == fault), "{answer:?}");
    }
    let answer = talk.send(talk.host(), Command::PublishBidders, Some(private.clone()));
    assert!(matches!(answer, Err(RoomError::Private(PrivateFault::Unasked))), "{answer:?}");
    assert_eq!(talk.head(), head, "nothing of it is on record");

    // What the procedure refuses is on record, and its text is kept nowhere.
    talk.pass(10_000);
    let mute = Command::Mute { bidder: None, reason: "请安静".to_owned() };
    talk.send(talk.host(), mute, None).unwrap();
    let refused = talk.send(talk.bidder(0), whisper(&private), Some(private));
    assert!(
        matches!(&refused, Err(RoomError::Refused(refusal)) if refusal.label() == "chat-muted")
    );
    assert_eq!(talk.head(), head + 2);
    let document = |index: u64| {
        talk.book.hall().store.doc(&talk.hall.lot, &format!("private/{index}")).unwrap()
    };
    assert!((0..=head + 2).all(|index| document(index).is_none()));
    talk.book.stop();
}

#[test]
fn who_talks_too_fast_fills_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let talk = Talk::frozen(&folder.path().join("hall"));
    let head = talk.head();
    for number in 0..5 {
        talk.say(talk.bidder(0), &format!("第 {number} 句")).unwrap();
    }
    for _ in 0..20 {
        assert!(too_fast(&talk.say(talk.bidder(0), "还有")));
    }
    let private = text("私下还有");
    assert!(too_fast(&talk.send(talk.bidder(0), whisper(&private), Some(private))));
    assert_eq!(talk.head(), head + 5, "not even a refusal");
    // It is the pace of one organisation and of talk: nobody else and no act waits for it.
    talk.say(talk.bidder(1), "我方有一个问题").unwrap();
    talk.send(talk.bidder(0), Command::SignIn(None), None).unwrap();
    talk.pass(1_000);
    talk.say(talk.bidder(0), "一秒之后").unwrap();
    assert!(too_fast(&talk.say(talk.bidder(0), "又太快了")));
    // A muted bidder has the same pace, so that refusals of its messages flood no log either.
    talk.pass(60_000);
    let mute = Command::Mute { bidder: None, reason: "请安静".to_owned() };
    talk.send(talk.host(), mute, None).unwrap();
    let before = talk.head();
    let answers: Vec<_> = (0..30).map(|_| talk.say(talk.bidder(0), "喂")).collect();
    assert_eq!(answers.iter().filter(|answer| too_fast(answer)).count(), 25);
    assert_eq!(talk.head(), before + 5);
    talk.book.stop();
}

/// A message that came too fast is not used up: the same signed bytes are good a second later, once.
#[test]
fn what_came_too_fast_may_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let talk = Talk::frozen(&folder.path().join("hall"));
    for number in 0..5 {
        talk.say(talk.supervisor(), &format!("第 {number} 句")).unwrap();
    }
    let sixth = talk.hall.command(talk.supervisor(), Command::Chat("第六句".to_owned()), 900);
    assert!(too_fast(&talk.hall.send(&talk.book, &sixth)));
    talk.pass(1_000);
    talk.hall.send(&talk.book, &sixth).unwrap();
    assert!(matches!(talk.hall.send(&talk.book, &sixth), Err(RoomError::Replayed)));
    talk.book.stop();
}

#[test]
fn before_the_deadline_nobody_talks_and_no_entry_tells_who_tried() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let (bidder, head) = (&hall.scenario.people.bidders[0].0, 2);
    let say = hall.command(bidder, Command::Chat("有人吗".to_owned()), 1);
    let refused = hall.send(&book, &say);
    assert!(matches!(&refused, Err(RoomError::Refused(refusal)) if refusal.label() == "too-early"));
    assert_eq!(book.room(&hall.lot).unwrap().log().head().entries, head);
    book.stop();
}
