//! [`Replay`]: attestations of an outage are the custodian's own, about just this silence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_journal::{EntryLine, destroyed_statement, outage_statement};
use kaibiao_opening::{EventKind, OutageAttested};
use kaibiao_pki::Identity;
use kaibiao_types::{CustodianIndex, Digest, UtcMillis};

use super::common::{first, flipped, foreign, prefix, refuse, rich, sign};

/// While bids are received; the rule of the tender file is asked only after the signature.
fn at() -> UtcMillis {
    rich().log.entries()[first(EventKind::IntakeClosed) - 1].at()
}

fn said() -> OutageAttested {
    let deadline = rich().verified.file().terms().deadline;
    let (from, to) = (deadline.minus(minutes(8)), deadline.minus(minutes(4)));
    let custodian = CustodianIndex::new(1).unwrap();
    let mut said = OutageAttested { custodian, deadline, from, to, cms: String::new() };
    said.cms = signed(&rich().people.custodians[0].0, &statement(&said));
    said
}

fn minutes(count: u64) -> kaibiao_types::Millis {
    kaibiao_types::Millis::new(count * 60_000).unwrap()
}

fn statement(said: &OutageAttested) -> String {
    let OutageAttested { custodian, deadline, from, to, .. } = said;
    outage_statement(rich().verified.origin(), *custodian, *deadline, *from, *to)
}

fn signed(who: &Identity, text: &str) -> String {
    STANDARD.encode(sign(who, text.as_bytes(), at()))
}

fn refused(by: &str, said: &OutageAttested) -> &'static str {
    // A few entries are enough: the log begins, and bids are received.
    let mut replay = prefix(2);
    let kind = EventKind::OutageAttested.name();
    let by = by.parse().unwrap();
    let line = EntryLine::build(replay.log().len(), at(), &by, kind, said, None).unwrap();
    refuse(&mut replay, line.line())
}

#[test]
fn an_attestation_is_signed_by_the_custodian_over_just_this_silence() {
    let good = said();
    // Truly signed, it is judged by the procedure: this tender file has no such rule.
    assert_eq!(refused("custodian:1", &good), "no-outage-rule");
    assert_eq!(refused("hall", &good), "wrong-role");
    assert_eq!(refused("custodian:2", &good), "wrong-role");
    let with = |change: &dyn Fn(&mut OutageAttested)| {
        let mut said = good.clone();
        change(&mut said);
        refused(&format!("custodian:{}", said.custodian), &said)
    };
    let one = minutes(1);
    assert_eq!(with(&|s| s.from = s.from.minus(one)), "E_SIG_HASH");
    assert_eq!(with(&|s| s.to = s.to.plus(one)), "E_SIG_HASH");
    assert_eq!(with(&|s| s.deadline = s.deadline.plus(one)), "E_SIG_HASH");
    assert_eq!(with(&|s| s.custodian = CustodianIndex::new(2).unwrap()), "E_SIG_HASH");
    let broken = STANDARD.encode(flipped(&STANDARD.decode(&good.cms).unwrap()));
    assert_eq!(with(&|s| s.cms.clone_from(&broken)), "E_SIG_CRYPTO");
    assert_eq!(with(&|s| s.cms = "***".to_owned()), "E_EVENT_SHAPE");
    let people = &rich().people;
    for other in [&people.custodians[1].0, &people.host, &people.hall] {
        assert_eq!(with(&|s| s.cms = signed(other, &statement(s))), "E_SIG_SIGNER");
    }
}

#[test]
fn another_statement_of_the_custodian_is_no_attestation() {
    let good = said();
    let own = &rich().people.custodians[0].0;
    let OutageAttested { custodian, deadline, from, to, .. } = good;
    let ceremony = rich().verified.record().ceremony_id;
    for wrong in [
        outage_statement(foreign().verified.origin(), custodian, deadline, from, to),
        outage_statement(rich().verified.origin(), custodian, deadline, to, from),
        destroyed_statement(rich().verified.origin(), &ceremony, None),
        kaibiao_journal::freeze_statement(rich().verified.origin(), &Digest::ZERO),
        statement(&good).trim_end().to_owned(),
    ] {
        let forged = OutageAttested { cms: signed(own, &wrong), ..said() };
        assert_eq!(refused("custodian:1", &forged), "E_SIG_HASH", "{wrong}");
    }
}
