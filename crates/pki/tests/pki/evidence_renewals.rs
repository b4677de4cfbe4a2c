//! Renewed hash trees of evidence records: a second chain under a stronger digest, and what must be
//! refused (N49).

use kaibiao_pki::ers::{self, DataObject, EvidenceError, HashTree, VerifiedRecord, stronger};
use kaibiao_pki::tsp::Imprint;
use kaibiao_pki::{DigestAlgorithm, TrustList, TrustListError};
use kaibiao_types::{Millis, UtcMillis};

use crate::evidence_records::{IN_2030, IN_2031, IN_2045, SHA, later, trust_json};
use crate::forge::*;
use crate::time_stamps::{stamp, world};

const LONG: DigestAlgorithm = DigestAlgorithm::Sha512;
const SHA512: &[u8] = &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
const NAMES: [&str; 3] = ["package", "payload 1", "payload 2"];

/// A list that believes SHA-256 until an instant.
fn trust(sha256_ends: Option<u64>) -> TrustList {
    let ends = sha256_ends
        .map(|end| format!(r#","digests":[{{"name":"sha256","not_after":{end}}}]"#))
        .unwrap_or_default();
    let json = trust_json();
    TrustList::parse(format!("{}{ends}}}", json.strip_suffix('}').unwrap()).as_bytes()).unwrap()
}

fn objects(names: &[&str]) -> Vec<DataObject> {
    names.iter().map(|name| DataObject::of(name.as_bytes(), &DigestAlgorithm::ALL)).collect()
}

fn digests(objects: &[DataObject]) -> Vec<Vec<u8>> {
    objects.iter().map(|object| object.digest(SHA).unwrap().to_vec()).collect()
}

fn begun() -> Vec<u8> {
    let digests = digests(&objects(&NAMES));
    let token = stamp(world(), ers::imprint(SHA, &digests).unwrap(), NOW);
    ers::begin(SHA, &digests, &token).unwrap()
}

/// With a chain of its own for these objects.
fn renewed(
    record: &[u8],
    algorithm: DigestAlgorithm,
    names: &[&str],
    by: &World,
    millis: u64,
) -> Vec<u8> {
    let digests = ers::renewed_digests(record, algorithm, &objects(names)).unwrap();
    let tree = HashTree::new(algorithm, &[digests]).unwrap();
    tree.renew(0, record, &stamp(by, tree.imprint().clone(), millis)).unwrap()
}

fn stamped_again(record: &[u8], by: &World, millis: u64) -> Vec<u8> {
    let token = stamp(by, ers::renewal_imprint(record).unwrap(), millis);
    ers::renew(record, &token).unwrap()
}

fn verify(record: &[u8], names: &[&str], millis: u64) -> Result<VerifiedRecord, EvidenceError> {
    ers::verify(record, &objects(names), &trust(Some(IN_2031)), at(millis))
}

fn label(record: &[u8], names: &[&str], millis: u64) -> &'static str {
    verify(record, names, millis).map_or_else(|error| error.label(), |_| "good")
}

/// A certificate holds until its last second is over.
fn last_instant(world: &World) -> UtcMillis {
    world.leaf().not_after().plus(Millis::new(999).unwrap())
}

#[test]
fn a_hash_tree_is_renewed() {
    let record = begun();
    let twice = renewed(&record, LONG, &NAMES, later(), IN_2030);
    let verified = verify(&twice, &NAMES, IN_2031 + 1).unwrap();
    assert_eq!((verified.existed(), verified.stamps().len()), (at(NOW), 2));
    assert_eq!((verified.algorithm(), verified.digest_due()), (LONG, None));
    assert_eq!(verified.due(), last_instant(later()));
    for name in NAMES {
        verify(&twice, &[name], IN_2031).unwrap();
    }
    // The first chain is there as it was; another stamp goes on the second one.
    let inside = |whole: &[u8], part: &[u8]| whole.windows(part.len()).any(|at| at == part);
    assert!(inside(&twice, &record[40..]));
    let thrice = stamped_again(&twice, later(), IN_2031);
    assert!(inside(&thrice, &record[40..]));
    assert_eq!(verify(&thrice, &NAMES, IN_2031 + 1).unwrap().stamps().len(), 3);
    let outline = ers::outline(&thrice).unwrap();
    let chains: Vec<_> =
        outline.iter().map(|one| (one.algorithm, one.objects, one.stamped.len())).collect();
    assert_eq!(chains, [(SHA, 3, 1), (LONG, 3, 2)]);
    assert_eq!(outline[1].stamped, [at(IN_2030), at(IN_2031)]);

    // The imprint is what RFC 4998, 5.2 says: of each digest with that of the sequence so far.
    let sequence = record_sequence(&record);
    let before = LONG.of(&sequence);
    let mut named: Vec<_> =
        NAMES.map(|name| LONG.of(&[LONG.of(name.as_bytes()), before.clone()].concat())).to_vec();
    named.sort();
    let digests = ers::renewed_digests(&record, LONG, &objects(&NAMES)).unwrap();
    let tree = HashTree::new(LONG, &[digests]).unwrap();
    assert_eq!(tree.imprint().digest(), LONG.of(&named.concat()));
}

/// `archiveTimeStampSequence`, the third and last value of a record of long form.
fn record_sequence(record: &[u8]) -> Vec<u8> {
    let fields = &record[4..];
    let algorithms = 3 + usize::from(fields[4]) + 2;
    fields[algorithms..].to_vec()
}

#[test]
fn one_object_of_a_group_is_not_all_of_them() {
    let twice = renewed(&begun(), LONG, &NAMES, later(), IN_2030);
    for wrong in [&["another"][..], &NAMES[1..], &["package", "payload 1", "payload 3"]] {
        assert_eq!(label(&twice, wrong, IN_2031), "E_ERS_NOT_COVERED");
    }
    // All of them are needed to renew; one fewer would lose it for good.
    for wrong in [&NAMES[..1], &NAMES[1..], &["package", "payload 1", "other"], &[]] {
        let error = ers::renewed_digests(&begun(), LONG, &objects(wrong)).unwrap_err();
        assert_eq!(error, EvidenceError::NotCovered, "{wrong:?}");
    }
    let short = [DataObject::of(b"package", &[SHA])];
    let error = ers::renewed_digests(&begun(), LONG, &short).unwrap_err();
    assert_eq!(error.label(), "E_ERS_NOT_COVERED");
    let short: Vec<_> = NAMES.map(|name| DataObject::of(name.as_bytes(), &[SHA])).to_vec();
    let error = ers::renewed_digests(&begun(), LONG, &short).unwrap_err();
    assert_eq!(error, EvidenceError::DigestMissing(LONG));
    let error = ers::verify(&twice, &short, &trust(None), at(IN_2031)).unwrap_err();
    assert_eq!(
        (error.label(), error.indication()),
        ("E_ERS_DIGEST_MISSING", "SIGNED_DATA_NOT_FOUND")
    );
}

#[test]
fn the_new_digest_is_stronger() {
    use DigestAlgorithm::{Sha256, Sha384, Sha512, Sm3};
    for (old, new) in [(Sha256, Sha384), (Sha256, Sm3), (Sm3, Sha256), (Sha384, Sha512)] {
        assert!(stronger(old, new), "{old} {new}");
    }
    for (old, new) in [(Sha256, Sha256), (Sha384, Sha256), (Sha512, Sm3), (Sha512, Sha384)] {
        assert!(!stronger(old, new), "{old} {new}");
    }
    let error = ers::renewed_digests(&begun(), SHA, &objects(&NAMES)).unwrap_err();
    assert_eq!(error, EvidenceError::Digest { old: SHA, new: SHA });
    let twice = renewed(&begun(), LONG, &NAMES, later(), IN_2030);
    for weaker in [SHA, LONG, Sha384] {
        let error = ers::renewed_digests(&twice, weaker, &objects(&NAMES)).unwrap_err();
        assert_eq!(
            (error.label(), error.indication()),
            ("E_ERS_DIGEST", "CRYPTO_CONSTRAINTS_FAILURE")
        );
        let tree = HashTree::new(weaker, &[vec![weaker.of(b"x")]]).unwrap();
        let token = stamp(later(), tree.imprint().clone(), IN_2031);
        assert_eq!(tree.renew(0, &twice, &token).unwrap_err().label(), "E_ERS_DIGEST");
    }
    // SM3 after SHA-256, then SHA-256 again: used before.
    let shangmi = renewed(&begun(), Sm3, &NAMES, later(), IN_2030);
    verify(&shangmi, &NAMES, IN_2030).unwrap();
    let error = ers::renewed_digests(&shangmi, SHA, &objects(&NAMES)).unwrap_err();
    assert_eq!(error, EvidenceError::Digest { old: SHA, new: SHA });
    verify(&renewed(&shangmi, LONG, &NAMES, later(), IN_2031), &NAMES, IN_2031).unwrap();
}

/// N49: what chains must not be to each other.
#[test]
fn broken_sequences() {
    let record = begun();
    // The second chain begins after the first one ended, at the same instant, and before it.
    let late = renewed(&record, LONG, &NAMES, later(), IN_2031);
    let error = ers::verify(&late, &objects(&NAMES), &trust(None), at(IN_2031)).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_ERS_LATE", "TIMESTAMP_ORDER_FAILURE"));
    for early in [NOW, NOW - 1] {
        let early = renewed(&record, LONG, &NAMES, later(), early);
        assert_eq!(verify(&early, &NAMES, IN_2030).unwrap_err(), EvidenceError::Order(2));
    }
    // Of the second chain the stamps are in order too.
    let twice = renewed(&record, LONG, &NAMES, later(), IN_2030);
    let early = stamped_again(&twice, later(), IN_2030 - 1);
    assert_eq!(verify(&early, &NAMES, IN_2031).unwrap_err(), EvidenceError::Order(3));
    let late = stamped_again(&twice, world(), IN_2030 + 1);
    assert_eq!(label(&stamped_again(&late, later(), IN_2031), &NAMES, IN_2031), "E_ERS_LATE");
    assert_eq!(label(&twice, &NAMES, IN_2030 - 1), "E_ERS_ORDER");
    assert_eq!(label(&twice, &NAMES, IN_2045), "E_ERS_OVERDUE");

    // A token of other data, put into the second chain by force.
    let names = ers::renewed_digests(&record, LONG, &objects(&NAMES)).unwrap();
    let tree = HashTree::new(LONG, &[names]).unwrap();
    let stray = stamp(later(), Imprint::of(LONG, b"another"), IN_2030);
    assert_eq!(tree.renew(0, &record, &stray).unwrap_err().label(), "E_TST_IMPRINT");
    assert_eq!(tree.renew(1, &record, &stray).unwrap_err().label(), "E_TST_IMPRINT");
}

/// The second chain is over other objects, or over another sequence.
#[test]
fn chains_over_other_data() {
    let record = begun();
    let over = |digests: Vec<Vec<u8>>| {
        let tree = HashTree::new(LONG, &[digests]).unwrap();
        let token = stamp(later(), tree.imprint().clone(), IN_2030);
        tree.renew(0, &record, &token).unwrap()
    };
    let honest = || ers::renewed_digests(&record, LONG, &objects(&NAMES)).unwrap();
    assert_eq!(label(&over(honest()), &NAMES, IN_2031), "good");
    // Only the digests of the objects, without what was before.
    let bare: Vec<_> = NAMES.map(|name| LONG.of(name.as_bytes())).to_vec();
    assert_eq!(label(&over(bare), &NAMES, IN_2031), "E_ERS_NOT_COVERED");
    // One object more, one fewer, one exchanged.
    let more = [honest(), vec![LONG.of(b"stranger")]].concat();
    assert_eq!(label(&over(more.clone()), &NAMES, IN_2031), "E_ERS_NOT_COVERED");
    assert_eq!(label(&over(more), &NAMES[..1], IN_2031), "good", "of one object it is a proof");
    assert_eq!(label(&over(honest()[1..].to_vec()), &NAMES, IN_2031), "E_ERS_NOT_COVERED");
    // A record of the same objects with another first stamp.
    let other = {
        let digests = digests(&objects(&NAMES));
        let token = stamp(world(), ers::imprint(SHA, &digests).unwrap(), NOW + 5);
        ers::begin(SHA, &digests, &token).unwrap()
    };
    let foreign = ers::renewed_digests(&other, LONG, &objects(&NAMES)).unwrap();
    assert_eq!(label(&over(foreign), &NAMES, IN_2031), "E_ERS_NOT_COVERED");
}

/// A renewed record taken apart and put together in other ways.
#[test]
fn rearranged_sequences() {
    let record = begun();
    let twice = renewed(&record, LONG, &NAMES, later(), IN_2030);
    let first = record_sequence(&record)[4..].to_vec();
    let both = record_sequence_of_two(&twice);
    let second = both[first.len()..].to_vec();
    let together = |chains: &[Vec<u8>]| {
        seq(&[vec![2, 1, 1], seq(&[SHA256.to_vec(), SHA512.to_vec()]), seq(chains)])
    };
    assert_eq!(together(&[first.clone(), second.clone()]), twice);
    let label = |chains: &[Vec<u8>]| label(&together(chains), &NAMES, IN_2031);
    assert_eq!(label(&[second.clone(), first.clone()]), "E_ERS_NOT_COVERED");
    assert_eq!(label(std::slice::from_ref(&second)), "E_ERS_NOT_COVERED");
    assert_eq!(label(&[first.clone(), second.clone(), second.clone()]), "E_ERS_DIGEST");
    assert_eq!(label(&[first.clone(), first.clone(), second.clone()]), "E_ERS_DIGEST");
    let one_chain = seq(&[content(&first), content(&second)]);
    assert_eq!(label(&[one_chain]), "E_ERS_PROFILE");
    let one_digest =
        seq(&[vec![2, 1, 1], seq(&[SHA256.to_vec()]), seq(&[first.clone(), second.clone()])]);
    assert_eq!(self::label(&one_digest, &NAMES, IN_2031), "E_ERS_PROFILE");
    for place in (0..twice.len()).step_by(7) {
        let mut altered = twice.clone();
        altered[place] ^= 1;
        assert_ne!(self::label(&altered, &NAMES, IN_2031), "good", "{place}");
    }
}

/// The content of a value whose length has two octets.
fn content(value: &[u8]) -> Vec<u8> {
    value[4..].to_vec()
}

fn record_sequence_of_two(record: &[u8]) -> Vec<u8> {
    content(&record_sequence(record))
}

#[test]
fn a_digest_ends() {
    let record = begun();
    let end = NOW + 86_400_000;
    let judge = |record: &[u8], millis: u64| {
        ers::verify(record, &objects(&NAMES), &trust(Some(end)), at(millis))
    };
    let verified = judge(&record, end).unwrap();
    assert_eq!((verified.due(), verified.digest_due()), (at(end), Some(at(end))));
    assert_eq!(verified.stamp_due(), last_instant(world()));
    let error = judge(&record, end + 1).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_ERS_OVERDUE", "OUT_OF_BOUNDS_NO_POE"));
    // A new stamp does not help; a new hash tree does, in time.
    let stamped = stamped_again(&record, later(), end - 1);
    assert_eq!(judge(&stamped, end + 1).unwrap_err(), EvidenceError::Overdue { due: at(end) });
    judge(&renewed(&record, LONG, &NAMES, later(), end), IN_2031).unwrap();
    let late = judge(&renewed(&record, LONG, &NAMES, later(), end + 1), IN_2031).unwrap_err();
    let gen_time = at(end + 1);
    assert_eq!(late, EvidenceError::Late { number: 2, due: at(end), gen_time });
}

#[test]
fn ends_of_digests_on_a_list() {
    let list = |digests: &str| {
        let json = trust_json();
        let json = format!(r#"{},"digests":{digests}}}"#, json.strip_suffix('}').unwrap());
        TrustList::parse(json.as_bytes())
    };
    let good = list(r#"[{"name":"sm3","not_after":5},{"name":"sha256","not_after":7}]"#).unwrap();
    assert_eq!(good.digest_end(DigestAlgorithm::Sm3), UtcMillis::new(5).ok());
    assert_eq!(good.digest_end(DigestAlgorithm::Sha384), None);
    assert_eq!(list("[]").unwrap().digest_end(SHA), None);
    let twice = list(r#"[{"name":"sm3","not_after":5},{"name":"sm3","not_after":7}]"#);
    assert!(matches!(twice, Err(TrustListError::Digest(DigestAlgorithm::Sm3))));
    for bad in [
        "null",
        r#"[{"name":"sha1","not_after":5}]"#,
        r#"[{"name":"SHA256","not_after":5}]"#,
        r#"[{"name":"sha256"}]"#,
        r#"[{"name":"sha256","not_after":-1}]"#,
        r#"[{"name":"sha256","not_after":5,"from":1}]"#,
    ] {
        assert_eq!(list(bad).unwrap_err().label(), "E_TRUST_JSON", "{bad}");
    }
}

/// One tree renews the records of many groups.
#[test]
fn many_records_are_renewed_by_one_stamp() {
    let groups = [vec!["a"], vec!["b1", "b2"], vec!["c"]];
    let named: Vec<_> = groups.iter().map(|names| digests(&objects(names))).collect();
    let tree = HashTree::new(SHA, &named).unwrap();
    let token = stamp(world(), tree.imprint().clone(), NOW);
    let records: Vec<_> = (0..3).map(|place| tree.begin(place, &token).unwrap()).collect();
    let renewed: Vec<_> = records
        .iter()
        .zip(&groups)
        .map(|(record, names)| ers::renewed_digests(record, LONG, &objects(names)).unwrap())
        .collect();
    let tree = HashTree::new(LONG, &renewed).unwrap();
    let token = stamp(later(), tree.imprint().clone(), IN_2030);
    for (place, (record, names)) in records.iter().zip(&groups).enumerate() {
        let renewed = tree.renew(place, record, &token).unwrap();
        assert_eq!(label(&renewed, names, IN_2031), "good");
        assert_eq!(label(&renewed, &["a", "b1"], IN_2031), "E_ERS_NOT_COVERED");
        // In the place of another group.
        let exchanged = tree.renew((place + 1) % 3, record, &token).unwrap();
        assert_eq!(label(&exchanged, names, IN_2031), "E_ERS_NOT_COVERED");
    }
}

#[test]
fn stamps_are_verified_without_the_objects() {
    let twice = renewed(&begun(), LONG, &NAMES, later(), IN_2030);
    let judge = |record: &[u8], millis: u64| {
        ers::verify_stamps(record, &trust(None), at(millis)).map_err(|error| error.label())
    };
    assert_eq!(judge(&twice, IN_2031).unwrap().stamps().len(), 2);
    assert_eq!(judge(&twice, IN_2045).unwrap_err(), "E_ERS_OVERDUE");
    let mut altered = twice.clone();
    let tree = twice.windows(2).position(|pair| pair == [4, 32]).unwrap();
    altered[tree + 2] ^= 1; // a digest of the first tree
    assert_eq!(judge(&altered, IN_2031).unwrap_err(), "E_TST_IMPRINT");
}
