//! What arrives signed: judged beside the room, taken once, and only for what it says.

use crate::support::{Hall, wait};
use kaibiao_journal::{freeze_statement, journal_statement};
use kaibiao_opening::{Announced, Command, HallRef, TenderDraft, TenderFile};
use kaibiao_pki::Identity;
use kaibiao_room::{
    Destroyed, FreezeSignature, FromSeat, HandedJournal, HandedRefusal, LotBook, LotHandle,
    RoomError,
};
use kaibiao_types::{CustodianIndex, Digest, JournalMoment, Millis, OrgCode, UtcMillis};
use kaibiao_wire::{RefusalBody, RefusalKind, to_json};

fn index(number: u16) -> CustodianIndex {
    CustodianIndex::new(number).unwrap()
}

impl Hall {
    fn custodian(&self, number: usize) -> &Identity {
        &self.scenario.people.custodians[number - 1].0
    }

    fn refusal(&self, book: &LotBook, at: u64) -> FromSeat<HandedRefusal> {
        let read = RefusalBody {
            v: 1,
            kind: RefusalKind::CustodianRefusal,
            tender: self.lot.tender.clone(),
            lot: self.lot.lot.clone(),
            custodian: index(2),
            label: "E_NOT_YET".to_owned(),
            detail: "too early".to_owned(),
            at: UtcMillis::new(at).unwrap(),
            draw: None,
        };
        let body = to_json(&read).unwrap();
        let cms = self.sign(self.custodian(2), &body);
        book.from_seat(&self.lot, HandedRefusal::new(read, body), cms).unwrap()
    }
}

fn kinds(room: &LotHandle) -> Vec<String> {
    let kind = |at: u64| {
        let line = room.log().lines(at, 1).remove(0);
        kaibiao_journal::EntryLine::parse(&line).unwrap().kind().to_owned()
    };
    (0..room.log().head().entries).map(kind).collect()
}

#[test]
fn a_refused_command_is_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let people = &hall.scenario.people;
    let book = hall.open(&data);
    let room = book.room(&hall.lot).unwrap();
    let replayed = |answer: Result<u64, RoomError>| matches!(answer, Err(RoomError::Replayed));
    let refused = |answer: Result<u64, RoomError>| match answer {
        Err(RoomError::Refused(refusal)) => refusal.label(),
        other => panic!("{other:?}"),
    };
    let early = hall.command(&people.host, Command::PublishBidders, 1);
    assert_eq!(refused(hall.send(&book, &early)), "too-early");
    assert_eq!(kinds(&room).last().map(String::as_str), Some("refused"));
    let head = room.log().head().entries;
    assert!(replayed(hall.send(&book, &early)));
    // A refusal that no entry may tell of leaves nothing behind.
    let bidder = hall.command(&people.bidders[0].0, Command::SignIn(None), 2);
    for _ in 0..2 {
        assert_eq!(refused(hall.send(&book, &bidder)), "too-early");
    }
    assert_eq!(room.log().head().entries, head);
    // An approval that came before what it approves is not carried out once that is there.
    let deadline = hall.scenario.verified.file().terms().deadline.plus(Millis::from_secs(60));
    let approve = Command::ApprovePostponement { no: 1, deadline };
    let approve = hall.command(&people.supervisor, approve, 3);
    assert_eq!(refused(hall.send(&book, &approve)), "no-such-postponement");
    let reason = "power cut".to_owned();
    let ask = hall.command(&people.host, Command::AskPostponement { deadline, reason }, 4);
    hall.send(&book, &ask).unwrap();
    assert!(replayed(hall.send(&book, &approve)));
    assert_eq!(room.log().head().entries, head + 2, "one refusal and one request more");
    book.stop();
    drop(book);

    // A restart forgets none of them.
    let book = hall.open(&data);
    for command in [&early, &approve, &ask] {
        assert!(replayed(hall.send(&book, command)));
    }
    let again = Command::ApprovePostponement { no: 1, deadline };
    hall.send(&book, &hall.command(&people.supervisor, again, 5)).unwrap();
    book.stop();
}

#[test]
fn a_command_is_judged_only_with_its_signature() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let people = &hall.scenario.people;
    let (body, cms) = hall.command(&people.host, Command::PublishBidders, 1);
    let (other, _) = hall.command(&people.host, Command::PublishBidders, 2);
    assert!(matches!(hall.send(&book, &(other, cms)), Err(RoomError::Signature(_))));
    assert!(matches!(hall.send(&book, &(b"{}".to_vec(), body)), Err(RoomError::Command(_))));
    assert_eq!(book.room(&hall.lot).unwrap().log().head().entries, 2);
    book.stop();
}

#[test]
fn a_custodians_refusal_is_on_record_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let (first, later) = (hall.refusal(&book, 1), hall.refusal(&book, 2));
    let room = book.room(&hall.lot).unwrap();
    assert_eq!(wait(room.refusal(first.clone())).unwrap(), 3);
    assert_eq!(wait(room.refusal(first.clone())).unwrap(), 3, "a repeat is answered, no entry");
    assert_eq!(wait(room.refusal(later.clone())).unwrap(), 4, "it refuses still");
    book.stop();
    drop((room, book));

    let book = hall.open(&data);
    let room = book.room(&hall.lot).unwrap();
    for repeat in [first, later] {
        assert_eq!(wait(room.refusal(repeat)).unwrap(), 4);
    }
    assert_eq!(kinds(&room)[2..], ["custodian-refused", "custodian-refused"]);
    book.stop();
}

#[test]
fn what_a_custodian_did_not_sign_never_reaches_the_room() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let origin = hall.scenario.verified.origin();
    let moment = JournalMoment::Freeze;
    let bytes = hall.scenario.journals[&index(1)].clone();
    let statement = |bytes: &[u8]| {
        let (length, sha256) =
            (u64::try_from(bytes.len()).unwrap(), kaibiao_crypto::SUITE_1.hash(bytes));
        journal_statement(origin, index(1), moment, length, &sha256)
    };
    let hand = |bytes: &[u8], signer: &Identity, text: &str| {
        let journal = HandedJournal::new(index(1), moment, bytes.to_vec())?;
        book.from_seat(&hall.lot, journal, hall.sign(signer, text.as_bytes()))
    };
    let own = hall.custodian(1);
    // Longer than any journal: nobody looks further.
    let long = vec![b'\n'; (8 << 20) + 1];
    assert!(matches!(hand(&long, own, &statement(&long)), Err(RoomError::Proof(_))));
    let other = hand(&bytes, hall.custodian(2), &statement(&bytes));
    assert!(matches!(other, Err(RoomError::Seat)));
    let about_another = hand(&bytes, own, &statement(b"{}\n"));
    assert!(matches!(about_another, Err(RoomError::Signature(_))));
    let no_journal = hand(b"{}\n", own, &statement(b"{}\n"));
    assert!(matches!(no_journal, Err(RoomError::Proof(_))));
    let nobody = HandedJournal::new(index(9), moment, bytes.clone()).unwrap();
    assert!(matches!(book.from_seat(&hall.lot, nobody, Vec::new()), Err(RoomError::Seat)));
    // A true one comes to the room, which asks the procedure first.
    let room = book.room(&hall.lot).unwrap();
    let journal = hand(&bytes, own, &statement(&bytes)).unwrap();
    let early = wait(room.journal(journal)).unwrap_err();
    assert!(matches!(&early, RoomError::Refused(refusal) if refusal.label() == "too-early"));

    let freeze = FreezeSignature { custodian: index(1), freeze_id: Digest::ZERO };
    let text = freeze_statement(origin, &Digest::new([1; 32]));
    let cms = hall.sign(own, text.as_bytes());
    let unsigned = book.from_seat(&hall.lot, freeze, cms);
    assert!(matches!(unsigned, Err(RoomError::Signature(_))));
    let destroyed = book.from_seat(&hall.lot, Destroyed(index(1)), hall.sign(own, b"gone"));
    assert!(matches!(destroyed, Err(RoomError::Signature(_))));
    let long = wait(room.cosign(2, "x".repeat(1_025))).unwrap_err();
    assert!(matches!(long, RoomError::Proof(_)));
    assert_eq!(room.log().head().entries, 2);
    book.stop();
}

/// Rules of independence look at the organisation that the tender file names for the hall.
#[test]
fn a_tender_file_that_names_another_organisation_for_this_hall_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::at(&data, 0);
    let book = hall.open(&data);
    let draft = TenderDraft::parse(&hall.scenario.draft).unwrap();
    let mut announced: Announced = hall.scenario.verified.file().announced().clone();
    announced.log.vkey = book.draft(&hall.lot).unwrap().vkey;
    let tender = |party: kaibiao_types::Party| {
        let hall = HallRef { party, ..announced.hall.clone() };
        TenderFile::new(&draft, Announced { hall, ..announced.clone() }).unwrap().to_bytes()
    };
    let publish = |bytes: &[u8]| {
        book.publish(&hall.lot, bytes, &hall.sign(&hall.scenario.people.host, bytes))
    };
    let mut other = announced.hall.party.clone();
    other.code = OrgCode::parse("91990000KB9000011F").unwrap();
    assert!(matches!(publish(&tender(other)), Err(RoomError::NotReady(_))));
    assert!(book.room(&hall.lot).is_err());
    publish(&tender(announced.hall.party.clone())).unwrap();
    book.stop();
}
