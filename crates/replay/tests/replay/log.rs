//! [`Replay`]: every entry of a good log left out, repeated or moved; and what entries say.

use kaibiao_journal::EntryLine;
use kaibiao_opening::{EventKind, IntakeClosed, PricesPublished, RecordGenerated};
use kaibiao_types::{Digest, Millis, UtcMillis};

use super::common::{empty, entry, first, foreign, line, lines, other, prefix, refuse, rich};

#[test]
fn a_good_log_gives_its_state_and_record() {
    let replay = prefix(lines().len());
    assert_eq!(*replay.state(), rich().state);
    assert_eq!(replay.log().head(), rich().log.head());
    let line = &lines()[first(EventKind::RecordGenerated)];
    let generated: RecordGenerated = entry(line).data_as().unwrap();
    let record = replay.record().unwrap();
    assert_eq!(kaibiao_crypto::SUITE_1.hash(record), generated.sha256);
    let nonce = super::common::body(&lines()[first(EventKind::SignedIn)]).nonce;
    assert!(replay.knows_nonce(&nonce) && !replay.knows_nonce("0"));
}

#[test]
fn no_entry_is_left_out_repeated_or_moved() {
    let lines = lines();
    let mut replay = empty();
    for at in 0..lines.len() {
        for (other, line) in lines.iter().enumerate().filter(|(other, _)| *other != at) {
            // Near ones all, far ones some: each costs a signature.
            if other.abs_diff(at) < 3 || (other + at) % 7 == 0 {
                refuse(&mut replay, line);
            }
        }
        replay.ingest(&lines[at]).unwrap();
        refuse(&mut replay, &lines[at]);
    }
    assert_eq!(*replay.state(), rich().state);
}

/// The line as the entry with this number.
fn numbered(line: &[u8], number: usize) -> Vec<u8> {
    let text = std::str::from_utf8(line).unwrap();
    format!("{{\"i\":{number},{}", text.split_once(',').unwrap().1).into_bytes()
}

#[test]
fn gaps_and_repeats_are_found_by_their_number() {
    let lines = lines();
    let at = first(EventKind::Refused); // alone in that anything may stand around it
    let mut replay = prefix(at);
    assert_eq!(refuse(&mut replay, &numbered(&lines[at], at + 1)), "log-gap");
    replay.ingest(&lines[at]).unwrap();
    assert_eq!(refuse(&mut replay, &lines[at]), "log-gap");
    let entry = entry(&lines[at]);
    let before = entry.at().minus(Millis::from_secs(3_600));
    let (by, kind, data) = (entry.by(), entry.kind(), &entry.data());
    let back = EntryLine::build(entry.index() + 1, before, by, kind, data, None).unwrap();
    assert_eq!(refuse(&mut replay, back.line()), "clock-backwards");
}

#[test]
fn a_log_numbered_anew_without_an_entry_that_counts_is_refused() {
    // What is left: a refusal, a sign-in, a confirmation, a destruction, a journal are on record, but
    // no gate. That they
    // are missing shows in the root, which the custodians cosigned.
    let free = [
        EventKind::Refused,
        EventKind::SignedIn,
        EventKind::PriceConfirmed,
        EventKind::RecordSigned,
        EventKind::OpeningClosed,
        EventKind::JournalSigned,
        EventKind::KeyDestroyed,
    ];
    let lines = lines();
    for left_out in 0..lines.len() {
        let kind = entry(&lines[left_out]).kind().to_owned();
        if free.iter().any(|kind_| kind_.name() == kind) {
            continue;
        }
        let mut replay = prefix(left_out);
        let mut rest = lines.iter().skip(left_out + 1).enumerate();
        let fault = rest.find_map(|(n, line)| replay.ingest(&numbered(line, left_out + n)).err());
        assert!(fault.is_some(), "entry {left_out} ({kind}) may be left out");
    }
}

#[test]
fn the_log_begins_with_this_tender() {
    let mut replay = empty();
    for scenario in [other(), foreign()] {
        assert_eq!(refuse(&mut replay, scenario.log.entries()[0].line()), "E_TENDER");
    }
    let good = &lines()[0];
    let text = std::str::from_utf8(good).unwrap();
    let fewer = text.replacen("\"min_bidders\":3", "\"min_bidders\":4", 1);
    assert_eq!(refuse(&mut replay, fewer.as_bytes()), "E_TENDER");
    // A command beside it would be carried along and read by nobody.
    let command = entry(&lines()[first(EventKind::BiddersPublished)]).command().cloned();
    let data = entry(good).data().to_owned();
    assert_eq!(refuse(&mut replay, &line(good, &data, command.as_ref())), "E_COMMAND");
    assert_eq!(refuse(&mut replay, &numbered(&lines()[1], 0)), "out-of-order");
}

fn closing(change: impl FnOnce(&mut IntakeClosed)) -> Vec<u8> {
    let good = &lines()[first(EventKind::IntakeClosed)];
    let mut closed: IntakeClosed = entry(good).data_as().unwrap();
    change(&mut closed);
    line(good, &closed, None)
}

/// Cosignatures of the closing head by the first custodians at the given times.
fn cosigned(at: &[UtcMillis]) -> Vec<String> {
    let closed: IntakeClosed = entry(&lines()[first(EventKind::IntakeClosed)]).data_as().unwrap();
    let checkpoint = rich().log.checkpoint_at(closed.size).unwrap();
    let pairs = rich().cosigners.iter().zip(at);
    pairs.map(|(cosigner, at)| cosigner.cosign(&checkpoint, *at).unwrap()).collect()
}

#[test]
fn the_closing_head_is_cosigned_by_enough() {
    let mut replay = prefix(first(EventKind::IntakeClosed));
    let mut refused = |label: &str, change: &dyn Fn(&mut IntakeClosed)| {
        assert_eq!(refuse(&mut replay, &closing(|closed| change(closed))), label);
    };
    let terms = rich().verified.file().terms();
    refused("E_CLOSING_HEAD", &|c| c.cosignatures.clear());
    refused("E_CLOSING_HEAD", &|c| c.cosignatures.truncate(1));
    refused("E_CLOSING_HEAD", &|c| c.cosignatures = vec![c.cosignatures[0].clone(); 2]);
    // Keys of another ceremony under the same names are nobody's.
    refused("E_CLOSING_HEAD", &|c| {
        let checkpoint = rich().log.checkpoint_at(c.size).unwrap();
        let keys = other().cosigners.iter();
        c.cosignatures =
            keys.map(|signer| signer.cosign(&checkpoint, terms.deadline).unwrap()).collect();
    });
    refused("checkpoint-cosignature", &|c| {
        let checkpoint = rich().log.checkpoint_at(c.size - 1).unwrap();
        c.cosignatures[0] = rich().cosigners[0].cosign(&checkpoint, terms.deadline).unwrap();
    });
    refused("checkpoint-cosignature-line", &|c| c.cosignatures[0].push('!'));
    refused("E_CLOSING_HEAD", &|c| c.root = Digest::ZERO);
    refused("E_CLOSING_HEAD", &|c| c.size += 1);
    // A true head, cosigned, that does not cover the last tick.
    refused("bad-data", &|c| {
        let checkpoint = rich().log.checkpoint_at(c.size - 1).unwrap();
        (c.size, c.root) = (checkpoint.head.size, checkpoint.head.root);
        let cosign =
            |signer: &kaibiao_journal::Cosigner| signer.cosign(&checkpoint, terms.deadline);
        c.cosignatures = rich().cosigners.iter().map(|signer| cosign(signer).unwrap()).collect();
    });
}

/// Ruling 9: no bid is late because the custodians were; how late they were is known.
#[test]
fn the_kth_cosignature_says_when_the_closing_head_was_witnessed() {
    let terms = rich().verified.file().terms();
    assert_eq!(terms.custody.threshold.k(), 2);
    let limit = terms.deadline.plus(terms.grace_ms);
    let late = limit.plus(Millis::from_secs(1));
    let day = limit.plus(Millis::from_secs(86_400));
    for (times, witnessed) in [
        ([limit, limit, late], limit),
        ([late, limit, limit], limit),
        ([limit, late, day], late),
        ([day, day, late], day),
        (
            [UtcMillis::new(0).unwrap(), UtcMillis::new(0).unwrap(), late],
            UtcMillis::new(0).unwrap(),
        ),
    ] {
        let mut replay = prefix(first(EventKind::IntakeClosed));
        assert_eq!(replay.witnessed(), None);
        replay.ingest(&closing(|c| c.cosignatures = cosigned(&times))).unwrap();
        assert_eq!(replay.witnessed(), Some(witnessed), "{times:?}");
    }
    // Of one custodian the first cosignature counts, once.
    let mut replay = prefix(first(EventKind::IntakeClosed));
    let one_twice = closing(|c| {
        c.cosignatures = cosigned(&[day, late]);
        c.cosignatures.extend(cosigned(&[limit]));
    });
    replay.ingest(&one_twice).unwrap();
    assert_eq!(replay.witnessed(), Some(late));
}

#[test]
fn nothing_of_the_opening_stands_before_the_deadline() {
    let at = first(EventKind::IntakeClosed);
    let good = &lines()[at];
    let mut replay = prefix(at);
    let entry = entry(good);
    let early = rich().verified.file().terms().deadline.minus(Millis::from_secs(1));
    // The tick before it is of the deadline itself, so an earlier entry also goes back in time.
    let early =
        EntryLine::build(entry.index(), early, entry.by(), entry.kind(), &entry.data(), None);
    assert_eq!(refuse(&mut replay, early.unwrap().line()), "clock-backwards");
    let at = first(EventKind::Tick) + 1;
    let mut replay = prefix(at);
    assert_eq!(
        refuse(&mut replay, &numbered(&lines()[first(EventKind::SetFrozen)], at)),
        "out-of-order"
    );
}

#[test]
fn a_published_sheet_is_the_one_that_its_digest_names() {
    let at = first(EventKind::PricesPublished);
    let mut replay = prefix(at);
    let mut prices: PricesPublished = entry(&lines()[at]).data_as().unwrap();
    let bid = prices.bids.iter_mut().find(|bid| bid.sheet_sha256.is_some()).unwrap();
    bid.sheet_sha256 = Some(Digest::ZERO);
    assert_eq!(refuse(&mut replay, &line(&lines()[at], &prices, None)), "E_SHEET");
    let mut prices: PricesPublished = entry(&lines()[at]).data_as().unwrap();
    prices.bids.pop();
    assert_eq!(refuse(&mut replay, &line(&lines()[at], &prices, None)), "bad-data");
}
