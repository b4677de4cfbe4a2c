//! [`CeremonyBoard`]: a ceremony over a relay that nobody trusts.

use kaibiao_ceremony::{KeyShare, Partial, StaticKey, raise, rehearsal_context};
use kaibiao_crypto::{Hex, SUITE_1, tdh2};
use kaibiao_journal::{Cosigner, LogOrigin, SignatureAlgorithm, VerifierKey};
use kaibiao_opening::TenderDraft;
use kaibiao_replay::{
    Announcement, BoardFault, BoardItem, BoardKind, BoardSender, CeremonyBoard,
    RehearsalNo::{self, First, Second, Third},
    board_statement, open_test_object, seal_test_object,
};
use kaibiao_seal::{Context, Padding, SealPlan, seal};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{CustodianIndex, Millis, UtcMillis};

use super::common::{flipped, rich, sign, trust};

const SESSION: Hex<32> = Hex([9; 32]);

fn at() -> UtcMillis {
    rich().verified.file().terms().deadline.minus(Millis::from_secs(80_000))
}

fn draft() -> TenderDraft {
    TenderDraft::parse(&rich().draft).unwrap()
}

fn origin() -> LogOrigin {
    LogOrigin::parse(&draft().terms().log_origin()).unwrap()
}

fn index(number: u16) -> CustodianIndex {
    CustodianIndex::new(number).unwrap()
}

fn item(number: u16, kind: BoardKind, body: Vec<u8>) -> BoardItem {
    let signer = &rich().people.custodians[usize::from(number) - 1].0;
    let cms = sign(signer, board_statement(&origin(), kind, &body).as_bytes(), at());
    BoardItem { from: BoardSender::Custodian(index(number)), kind, body, cms }
}

fn read(items: &[BoardItem]) -> Result<CeremonyBoard, BoardFault> {
    CeremonyBoard::read(&draft(), &rich().draft, SESSION, items, trust(), at())
}

fn announcement(number: u16, key: &StaticKey, seed: u8) -> Announcement {
    let cosigner = Cosigner::from_seed(origin(), index(number), &[seed; 32]).unwrap();
    Announcement {
        v: 1,
        kind: "announce".to_owned(),
        session: SESSION,
        index: index(number),
        static_key: key.public().hex(),
        cosign_vkey: cosigner.vkey().to_string(),
    }
}

fn announce(number: u16, change: impl FnOnce(&mut Announcement)) -> BoardItem {
    let mut entropy = SeededEntropy::new(format!("static {number}"));
    let key = StaticKey::generate(&mut entropy).unwrap();
    let mut body = announcement(number, &key, u8::try_from(number).unwrap());
    change(&mut body);
    item(number, BoardKind::Announce, serde_json::to_vec(&body).unwrap())
}

/// A ceremony that went well, message by message, in the order of the kinds.
struct Run {
    items: Vec<BoardItem>,
    shares: Vec<KeyShare>,
}

impl Run {
    fn new() -> Self {
        let mut entropy = SeededEntropy::new("board");
        let mut items: Vec<BoardItem> = (1..=3).map(|n| announce(n, |_| {})).collect();
        let session = read(&items).unwrap().session().unwrap().unwrap();
        let mut statics = Vec::new();
        for number in 1..=3_u16 {
            let mut own = SeededEntropy::new(format!("static {number}"));
            statics.push((number, StaticKey::generate(&mut own).unwrap()));
        }
        let mut round1 = Vec::new();
        for (number, key) in &statics {
            round1.push(session.round1(index(*number), key, &mut entropy).unwrap());
            let body = round1.last().unwrap().clone();
            items.push(item(*number, BoardKind::Round1, body));
        }
        let mut shares = Vec::new();
        for (number, key) in &statics {
            let outcome = session.round2(index(*number), key, &round1).unwrap();
            items.push(item(*number, BoardKind::CertifyDkg, outcome.signature.0.to_vec()));
            shares.push(outcome.share);
        }
        let mut run = Self { items, shares: Vec::new() };
        run.finish(&shares, &mut entropy);
        run.shares = shares;
        run
    }

    fn finish(&mut self, shares: &[KeyShare], entropy: &mut SeededEntropy) {
        let (record, _) = read(&self.items).unwrap().record().unwrap().unwrap();
        let bytes = record.to_bytes().unwrap();
        for number in 1..=3_u16 {
            let signer = &rich().people.custodians[usize::from(number) - 1].0;
            let cms = sign(signer, &bytes, at());
            self.items.push(item(number, BoardKind::SignRecord, cms));
        }
        let id = record.ceremony_id;
        let bases = tdh2::Bases::new(&SUITE_1, *id.bytes(), record.key().unwrap()).unwrap();
        let context = Context::of_rehearsal(&SUITE_1, id, 0);
        let plan = SealPlan {
            context: &context,
            bases: &bases,
            padding: Padding::Bucket,
            plaintext_len: 4,
            bidder_lock: None,
        };
        let mut body = Vec::new();
        let sealed = seal(&plan, &mut b"test".as_slice(), &mut body, entropy).unwrap();
        let kind = BoardKind::RehearsalObject(First);
        self.items.push(BoardItem { from: BoardSender::Hall, kind, body, cms: Vec::new() });
        let bound = rehearsal_context(&SUITE_1, &id, 0);
        for (number, share) in (1..).zip(shares) {
            let u = sealed.header.u();
            let partial = raise(&SUITE_1, share, &id, &bound, u, entropy).unwrap();
            let body = serde_json::to_vec(&partial).unwrap();
            self.items.push(item(number, BoardKind::RehearsalPartial(First), body));
        }
    }

    fn place(&self, number: u16, kind: BoardKind) -> usize {
        let from = match number {
            0 => BoardSender::Hall,
            _ => BoardSender::Custodian(index(number)),
        };
        self.items.iter().position(|item| item.from == from && item.kind == kind).unwrap()
    }

    /// The ceremony with the body of one message changed, rightly signed by its sender.
    fn changed(&self, number: u16, kind: BoardKind, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let (mut items, at) = (self.items.clone(), self.place(number, kind));
        let mut body = items[at].body.clone();
        change(&mut body);
        items[at] = match number {
            0 => BoardItem { body, ..items[at].clone() },
            _ => item(number, kind, body),
        };
        Self { items, shares: Vec::new() }
    }

    /// The label of whatever goes wrong on the way to the bundle; `None` if it is only waited for.
    fn outcome(&self) -> Result<bool, &'static str> {
        let bundle = read(&self.items).and_then(|board| board.bundle(trust(), at()));
        bundle.map(|bundle| bundle.is_some()).map_err(|fault| fault.label())
    }
}

#[test]
fn a_ceremony_gives_a_bundle_once_every_message_is_there() {
    let run = Run::new();
    assert_eq!(run.outcome(), Ok(true));
    let board = read(&run.items).unwrap();
    let bundle = board.bundle(trust(), at()).unwrap().unwrap();
    let bytes = serde_json::to_vec(&bundle).unwrap();
    kaibiao_ceremony::CeremonyBundle::parse(&bytes).unwrap();
    assert!(board.rehearsal_bytes(First).is_some());
    for left_out in 0..run.items.len() {
        let mut items = run.items.clone();
        items.remove(left_out);
        assert_eq!(
            Run { items, shares: Vec::new() }.outcome(),
            Ok(false),
            "without message {left_out}"
        );
    }
}

#[test]
fn the_first_message_of_a_kind_counts() {
    let mut run = Run::new();
    let before = read(&run.items).unwrap().record().unwrap().unwrap().0;
    run.items.push(announce(1, |a| a.static_key = Hex([0; 33])));
    run.items.push(item(2, BoardKind::Round1, b"second thoughts".to_vec()));
    let hall = BoardItem {
        from: BoardSender::Hall,
        body: vec![1],
        ..run.items[run.place(0, BoardKind::RehearsalObject(First))].clone()
    };
    run.items.push(hall);
    assert_eq!(run.outcome(), Ok(true));
    assert_eq!(read(&run.items).unwrap().record().unwrap().unwrap().0, before);
}

#[test]
fn a_message_is_signed_by_its_seat_for_this_lot_and_kind() {
    let label = |item: BoardItem| read(&[item]).map(drop).map_err(|fault| fault.label());
    let good = announce(1, |_| {});
    assert_eq!(label(good.clone()), Ok(()));
    let changed = |change: &dyn Fn(&mut BoardItem)| {
        let mut item = good.clone();
        change(&mut item);
        label(item)
    };
    assert_eq!(changed(&|i| i.cms = flipped(&i.cms)), Err("E_SIG_CRYPTO"));
    assert_eq!(changed(&|i| i.cms.clear()), Err("E_SIG_FORMAT"));
    assert_eq!(changed(&|i| i.body.push(b' ')), Err("E_SIG_HASH"));
    assert_eq!(changed(&|i| i.kind = BoardKind::Round1), Err("E_SIG_HASH"));
    assert_eq!(changed(&|i| i.from = BoardSender::Custodian(index(2))), Err("E_SIG_SIGNER"));
    let text = board_statement(&origin(), good.kind, &good.body);
    let host = &rich().people.host;
    assert_eq!(changed(&|i| i.cms = sign(host, text.as_bytes(), at())), Err("E_SIG_SIGNER"));
    let own = &rich().people.custodians[0].0;
    let elsewhere = LogOrigin::parse("kaibiao.example/lot/other/1").unwrap();
    let foreign = board_statement(&elsewhere, good.kind, &good.body);
    assert_eq!(changed(&|i| i.cms = sign(own, foreign.as_bytes(), at())), Err("E_SIG_HASH"));
    assert_eq!(changed(&|i| i.from = BoardSender::Custodian(index(4))), Err("E_CEREMONY"));
}

#[test]
fn the_hall_posts_the_test_object_and_nothing_else() {
    for kind in [
        BoardKind::Announce,
        BoardKind::Round1,
        BoardKind::CertifyDkg,
        BoardKind::SignRecord,
        BoardKind::RehearsalPartial(First),
    ] {
        let posted = BoardItem { from: BoardSender::Hall, kind, body: Vec::new(), cms: Vec::new() };
        assert_eq!(read(&[posted]).unwrap_err().label(), "E_CEREMONY", "{}", kind.name());
        assert_eq!(BoardKind::parse(kind.name()), Some(kind));
    }
    let object = item(1, BoardKind::RehearsalObject(First), vec![1]);
    assert_eq!(read(&[object]).unwrap_err().label(), "E_CEREMONY");
    assert_eq!(BoardKind::parse("anything"), None);
}

#[test]
fn an_announcement_is_of_this_session_seat_and_log() {
    let label = |change: &dyn Fn(&mut Announcement)| {
        read(&[announce(1, |a| change(a))]).unwrap_err().label()
    };
    assert_eq!(label(&|a| a.v = 2), "E_CEREMONY");
    assert_eq!(label(&|a| a.kind = "round1".to_owned()), "E_CEREMONY");
    assert_eq!(label(&|a| a.session = Hex([8; 32])), "E_CEREMONY");
    assert_eq!(label(&|a| a.index = index(2)), "E_CEREMONY");
    assert_eq!(label(&|a| a.static_key = Hex([0; 33])), "E_CEREMONY");
    assert_eq!(label(&|a| a.cosign_vkey.clear()), "E_CEREMONY");
    let second = Cosigner::from_seed(origin(), index(2), &[2; 32]).unwrap().vkey().to_string();
    assert_eq!(label(&|a| a.cosign_vkey.clone_from(&second)), "E_CEREMONY");
    let name = origin().custodian_name(index(1));
    let plain = VerifierKey::new(&name, SignatureAlgorithm::Ed25519, [3; 32]).unwrap().to_string();
    assert_eq!(label(&|a| a.cosign_vkey.clone_from(&plain)), "E_CEREMONY");
    let garbage = item(1, BoardKind::Announce, b"{}".to_vec());
    assert_eq!(read(&[garbage]).unwrap_err().label(), "E_CEREMONY");
    // Two with one key.
    let first: Announcement = serde_json::from_slice(&announce(1, |_| {}).body).unwrap();
    let twice = announce(2, |a| a.static_key = first.static_key);
    let board = read(&[announce(1, |_| {}), twice, announce(3, |_| {})]).unwrap();
    assert_eq!(board.session().unwrap_err().label(), "E_CEREMONY");
}

#[test]
fn the_key_generation_and_its_certificate_hold() {
    let run = Run::new();
    let label = |run: Run| run.outcome().unwrap_err();
    assert_eq!(label(run.changed(1, BoardKind::Round1, Vec::clear)), "E_DKG_PARSE");
    let shorter = run.changed(2, BoardKind::CertifyDkg, |body| body.truncate(64));
    assert_eq!(label(shorter), "E_DKG_CERTIFICATE");
    let broken = run.changed(2, BoardKind::CertifyDkg, |body| body[64] ^= 1);
    assert_eq!(label(broken), "E_DKG_CERTIFICATE");
    let first = run.items[run.place(1, BoardKind::CertifyDkg)].body.clone();
    let copied = run.changed(2, BoardKind::CertifyDkg, |body| *body = first);
    assert_eq!(label(copied), "E_DKG_CERTIFICATE");
}

#[test]
fn the_record_is_signed_by_every_seat_over_the_same_bytes() {
    let run = Run::new();
    let label = |change: &dyn Fn(&mut Vec<u8>)| {
        run.changed(2, BoardKind::SignRecord, |body| change(body)).outcome().unwrap_err()
    };
    let own = &rich().people.custodians[1].0;
    assert_eq!(label(&|body| *body = sign(own, b"another record", at())), "E_SIG_HASH");
    assert_eq!(label(&|body| *body = flipped(body)), "E_SIG_CRYPTO");
    let third = run.items[run.place(3, BoardKind::SignRecord)].body.clone();
    assert_eq!(label(&|body| body.clone_from(&third)), "E_SIG_SIGNER");
}

#[test]
fn the_rehearsal_shows_every_share() {
    let run = Run::new();
    let object = |change: &dyn Fn(&mut Vec<u8>)| {
        run.changed(0, BoardKind::RehearsalObject(First), |body| change(body))
            .outcome()
            .unwrap_err()
    };
    assert_eq!(object(&|body| body.clear()), "E_CEREMONY");
    // A bid that the hall would like to have opened before the deadline.
    assert_eq!(object(&|body| body.clone_from(&rich().bids[0].objects[0])), "E_CEREMONY");
    let partial = |change: &dyn Fn(&mut Partial)| {
        let changed = run.changed(2, BoardKind::RehearsalPartial(First), |body| {
            let mut partial: Partial = serde_json::from_slice(body).unwrap();
            change(&mut partial);
            *body = serde_json::to_vec(&partial).unwrap();
        });
        changed.outcome().unwrap_err()
    };
    assert_eq!(partial(&|p| p.z.0[31] ^= 1), "E_CEREMONY");
    assert_eq!(partial(&|p| p.index = index(1)), "E_CEREMONY");
    // The partial of another, copied from the board: true, but it shows no share of one's own.
    let first = run.items[run.place(1, BoardKind::RehearsalPartial(First))].body.clone();
    let copied = run.changed(2, BoardKind::RehearsalPartial(First), |body| *body = first);
    assert_eq!(copied.outcome(), Err("E_CEREMONY"));
    let garbage = run.changed(2, BoardKind::RehearsalPartial(First), |body| body.push(b'x'));
    assert_eq!(garbage.outcome(), Err("E_CEREMONY"));
}

/// What was sealed in the rehearsals of the host.
const PLAIN: &[u8] = b"the day before the opening";

impl Run {
    fn record(&self) -> kaibiao_ceremony::CeremonyRecord {
        read(&self.items).unwrap().record().unwrap().unwrap().0
    }

    fn object(&self, number: RehearsalNo, seed: &str) -> Vec<u8> {
        let mut entropy = SeededEntropy::new(seed);
        seal_test_object(&self.record(), number, PLAIN, &mut entropy).unwrap()
    }

    fn partial(&self, number: RehearsalNo, custodian: u16) -> Vec<u8> {
        let (record, board) = (self.record(), read(&self.items).unwrap());
        let header = board.rehearsal(&record, number).unwrap().unwrap();
        let context = rehearsal_context(&SUITE_1, &record.ceremony_id, number.index());
        let share = &self.shares[usize::from(custodian) - 1];
        let mut entropy = SeededEntropy::new(format!("raise {custodian}"));
        let id = &record.ceremony_id;
        let partial = raise(&SUITE_1, share, id, &context, header.u(), &mut entropy).unwrap();
        serde_json::to_vec(&partial).unwrap()
    }

    /// The host posts a test object, everybody answers.
    fn rehearse(&mut self, number: RehearsalNo) {
        let object = self.object(number, &format!("fresh {}", number.index()));
        self.items.push(by_host(BoardKind::RehearsalObject(number), object));
        for custodian in 1..=3 {
            let body = self.partial(number, custodian);
            self.items.push(item(custodian, BoardKind::RehearsalPartial(number), body));
        }
    }

    /// How many rehearsals are in the bundle.
    fn rehearsals(&self) -> usize {
        read(&self.items).unwrap().bundle(trust(), at()).unwrap().unwrap().rehearsal.len()
    }
}

fn by_host(kind: BoardKind, body: Vec<u8>) -> BoardItem {
    let statement = board_statement(&origin(), kind, &body);
    let cms = sign(&rich().people.host, statement.as_bytes(), at());
    BoardItem { from: BoardSender::Host, kind, body, cms }
}

#[test]
fn the_host_rehearses_twice_and_every_rehearsal_opens_its_own_object() {
    let mut run = Run::new();
    assert_eq!(run.rehearsals(), 1);
    run.rehearse(Second);
    assert_eq!(run.rehearsals(), 2);
    run.rehearse(Third);
    let (record, board) = (run.record(), read(&run.items).unwrap());
    let bundle = board.bundle(trust(), at()).unwrap().unwrap();
    assert_eq!(bundle.rehearsal.iter().map(|r| r.i).collect::<Vec<_>>(), [0, 1, 2]);
    let bytes = serde_json::to_vec(&bundle).unwrap();
    kaibiao_ceremony::CeremonyBundle::parse(&bytes).unwrap();
    let open = |number: RehearsalNo, object: &[u8], from: &[Partial]| {
        open_test_object(&record, number, object, from).ok()
    };
    let [_, second, third] = [0, 1, 2].map(|i: usize| &bundle.rehearsal[i].partials);
    let object = board.rehearsal_bytes(Second).unwrap();
    assert_eq!(open(Second, object, second).as_deref(), Some(PLAIN));
    assert_eq!(open(Second, object, &second[1..]).as_deref(), Some(PLAIN));
    // Too few, of another rehearsal, under another number, of another object, altered.
    assert_eq!(open(Second, object, &second[..1]), None);
    assert_eq!(open(Second, object, third), None);
    assert_eq!(open(Third, object, second), None);
    assert_eq!(open(Second, board.rehearsal_bytes(Third).unwrap(), second), None);
    assert_eq!(open(Second, &flipped(object), second), None);
    assert_eq!(open(Second, b"", second), None);
}

#[test]
fn a_later_rehearsal_counts_once_it_is_complete_and_takes_nothing_away() {
    let mut run = Run::new();
    run.rehearse(Second);
    run.rehearse(Third);
    let without = |number: u16, kind: BoardKind| {
        let mut items = run.items.clone();
        items.remove(Run { items: run.items.clone(), shares: Vec::new() }.place(number, kind));
        Run { items, shares: Vec::new() }.rehearsals()
    };
    for custodian in 1..=3 {
        assert_eq!(without(custodian, BoardKind::RehearsalPartial(Third)), 2);
        assert_eq!(without(custodian, BoardKind::RehearsalPartial(Second)), 1);
    }
    // Wrong answers to the second: the bundle is that of the first.
    let third = run.partial(Third, 2);
    let wrong = [Vec::new(), b"{}".to_vec(), third, run.partial(Second, 1)];
    for body in wrong {
        let changed = run.changed(2, BoardKind::RehearsalPartial(Second), |old| *old = body);
        assert_eq!(changed.rehearsals(), 1);
        let board = read(&changed.items).unwrap();
        let partial = board.rehearsal_partial(&run.record(), Second, index(2));
        assert_eq!(partial.unwrap_err().label(), "E_CEREMONY");
    }
}

#[test]
fn only_the_host_has_a_second_and_third_object_and_there_is_no_fourth() {
    let run = Run::new();
    let kind = BoardKind::RehearsalObject(Second);
    let good = by_host(kind, run.object(Second, "fresh"));
    let label = |item: BoardItem| read(&[item]).map(drop).map_err(|fault| fault.label());
    assert_eq!(label(good.clone()), Ok(()));
    let changed = |change: &dyn Fn(&mut BoardItem)| {
        let mut item = good.clone();
        change(&mut item);
        label(item)
    };
    assert_eq!(changed(&|i| i.cms.clear()), Err("E_SIG_FORMAT"));
    assert_eq!(changed(&|i| i.cms = flipped(&i.cms)), Err("E_SIG_CRYPTO"));
    assert_eq!(changed(&|i| i.body.push(0)), Err("E_SIG_HASH"));
    assert_eq!(changed(&|i| i.kind = BoardKind::RehearsalObject(Third)), Err("E_SIG_HASH"));
    // Not even with the right signature: the first is the hall's, answers are the custodians'.
    assert_eq!(label(by_host(BoardKind::RehearsalObject(First), vec![1])), Err("E_CEREMONY"));
    assert_eq!(label(by_host(BoardKind::RehearsalPartial(Second), vec![1])), Err("E_CEREMONY"));
    assert_eq!(label(by_host(BoardKind::Announce, vec![1])), Err("E_CEREMONY"));
    assert_eq!(changed(&|i| i.from = BoardSender::Hall), Err("E_CEREMONY"));
    assert_eq!(label(item(1, kind, good.body.clone())), Err("E_CEREMONY"));
    // A custodian signs, and says that it is the host.
    let own = BoardItem { from: BoardSender::Host, ..item(1, kind, good.body.clone()) };
    assert_eq!(label(own), Err("E_SIG_SIGNER"));
    for name in ["rehearsal-object-1", "rehearsal-object-4", "rehearsal-partial-4", "rehearsal"] {
        assert_eq!(BoardKind::parse(name), None, "{name}");
    }
    for sender in ["", "Host", "0", "01", "+1", "-1", "65536", "supervisor"] {
        assert_eq!(BoardSender::parse(sender), None, "{sender}");
    }
    for sender in [BoardSender::Hall, BoardSender::Host, BoardSender::Custodian(index(3))] {
        assert_eq!(BoardSender::parse(&sender.to_string()), Some(sender));
    }
    for number in RehearsalNo::ALL {
        for kind in [BoardKind::RehearsalObject(number), BoardKind::RehearsalPartial(number)] {
            assert_eq!(BoardKind::parse(kind.name()), Some(kind));
        }
    }
}

#[test]
fn the_hosts_object_is_a_fresh_one_of_this_rehearsal() {
    let run = Run::new();
    let refused = |body: Vec<u8>| {
        let mut items = run.items.clone();
        items.push(by_host(BoardKind::RehearsalObject(Second), body));
        let board = read(&items).unwrap();
        assert_eq!(board.bundle(trust(), at()).unwrap().unwrap().rehearsal.len(), 1);
        board.rehearsal(&run.record(), Second).map(drop).map_err(|fault| fault.label())
    };
    assert_eq!(refused(run.object(Second, "fresh")), Ok(()));
    assert_eq!(refused(Vec::new()), Err("E_CEREMONY"));
    assert_eq!(refused(run.object(Third, "fresh")), Err("E_CEREMONY"));
    assert_eq!(refused(run.object(First, "fresh")), Err("E_CEREMONY"));
    // Real bids, of this very host's tender.
    for object in &rich().bids[0].objects {
        assert_eq!(refused(object.clone()), Err("E_CEREMONY"));
    }
    let mut long = run.object(Second, "fresh");
    long.resize(128 * 1024 + 1, 0);
    assert_eq!(refused(long), Err("E_CEREMONY"));
    // The randomness of an earlier object gives its point again.
    let mut twice = Run::new();
    let object = twice.object(Second, "same");
    twice.items.push(by_host(BoardKind::RehearsalObject(Second), object));
    let object = twice.object(Third, "same");
    twice.items.push(by_host(BoardKind::RehearsalObject(Third), object));
    let board = read(&twice.items).unwrap();
    assert!(board.rehearsal(&twice.record(), Second).is_ok());
    let fault = board.rehearsal(&twice.record(), Third).unwrap_err();
    assert_eq!(fault.label(), "E_CEREMONY");
}
