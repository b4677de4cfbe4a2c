//! Whole ceremonies over a relay that drops, repeats and reorders messages.

use std::collections::BTreeMap;

use kaibiao_crypto::{Hex, SUITE_1, SUITE_SM, SecretScalar, Suite};
use kaibiao_types::{CustodianIndex, Digest};
use proptest::prelude::*;

use super::config;
use crate::testing::{Ceremony, Seeded, index, run_in, three_of_five, two_of_three};
use crate::{CombineError, DkgError, Outcome, Partial, StaticKey, combine_any, raise};

/// What a relay makes of the messages of n senders: which one it hands on, in which order.
fn relayed(n: usize) -> impl Strategy<Value = Vec<usize>> {
    let any = proptest::collection::vec(0..n, 0..2 * n + 2);
    let all = Just((0..n).collect::<Vec<_>>());
    prop_oneof![
        any,
        all.clone().prop_shuffle(),
        // Everything arrives, some of it again, in any order.
        (all.clone(), proptest::collection::vec(0..n, 0..n))
            .prop_map(|(all, more)| [all, more].concat())
            .prop_shuffle(),
        all,
    ]
}

fn messages(ceremony: &Ceremony) -> Vec<Vec<u8>> {
    ceremony.transcript.messages.iter().map(|message| message.0.clone()).collect()
}

/// A custodian as the specification describes it: of each sender the first message counts.
struct Node<'a> {
    ceremony: &'a Ceremony,
    index: CustodianIndex,
    key: &'a StaticKey,
    round1: BTreeMap<usize, Vec<u8>>,
    certificate: BTreeMap<usize, Hex<65>>,
    outcome: Option<Outcome>,
}

impl<'a> Node<'a> {
    fn all(ceremony: &'a Ceremony) -> Vec<Self> {
        (1..)
            .zip(&ceremony.statics)
            .map(|(i, key)| Self {
                ceremony,
                index: index(i),
                key,
                round1: BTreeMap::new(),
                certificate: BTreeMap::new(),
                outcome: None,
            })
            .collect()
    }

    /// Goes on as soon as the message of every custodian is there, and only once.
    fn hear_round1(&mut self, from: usize, message: &[u8]) -> Option<Result<Hex<65>, DkgError>> {
        self.round1.entry(from).or_insert_with(|| message.to_vec());
        if self.outcome.is_some() || self.round1.len() < self.ceremony.statics.len() {
            return None;
        }
        let list: Vec<Vec<u8>> = self.round1.values().cloned().collect();
        let outcome = self.ceremony.session.round2(self.index, self.key, &list);
        Some(outcome.map(|outcome| self.outcome.insert(outcome).signature))
    }

    /// Whether the ceremony is ready for this custodian.
    fn hear_signature(&mut self, from: usize, signature: Hex<65>) -> bool {
        self.certificate.entry(from).or_insert(signature);
        let list: Vec<Hex<65>> = self.certificate.values().copied().collect();
        self.outcome.as_ref().is_some_and(|outcome| {
            self.ceremony.session.check_certificate(&outcome.transcript, &list).is_ok()
        })
    }
}

/// Each custodian gets its own order, repetitions and gaps. Whoever becomes ready holds its share of
/// the one key; whoever lacks a message does not become ready; nobody is blamed.
fn whole_ceremony(ceremony: &Ceremony, first: &[Vec<usize>], second: &[Vec<usize>]) {
    let n = ceremony.statics.len();
    let sent = messages(ceremony);
    let complete = |order: &Vec<usize>| (0..n).all(|sender| order.contains(&sender));
    let mut nodes = Node::all(ceremony);
    let mut signatures = BTreeMap::new();
    for (number, (node, order)) in nodes.iter_mut().zip(first).enumerate() {
        for sender in order {
            if let Some(result) = node.hear_round1(*sender, &sent[*sender]) {
                signatures.insert(number, result.expect("honest messages give a result"));
            }
        }
        assert_eq!(node.outcome.is_some(), complete(order));
    }
    for (number, (node, order)) in nodes.iter_mut().zip(second).enumerate() {
        let mut ready = false;
        for sender in order {
            if let Some(signature) = signatures.get(sender) {
                ready = node.hear_signature(*sender, *signature);
            }
        }
        let everybody = signatures.len() == n && complete(order);
        assert_eq!(ready, everybody, "ready if and only if all n certified and all arrived");
        if let Some(outcome) = &node.outcome {
            assert_eq!(outcome.key.hex(), ceremony.record.y);
            assert_eq!(*outcome.share.danger_bytes(), *ceremony.shares[number].danger_bytes());
        }
    }
}

fn orders(n: usize) -> impl Strategy<Value = Vec<Vec<usize>>> {
    proptest::collection::vec(relayed(n), n)
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn a_relay_can_delay_a_ceremony_and_nothing_else(first in orders(3), second in orders(3)) {
        whole_ceremony(two_of_three(), &first, &second);
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn nor_with_five_custodians(first in orders(5), second in orders(5)) {
        whole_ceremony(three_of_five(), &first, &second);
    }
}

proptest! {
    #![proptest_config(config(100))]

    /// The lists as the relay hands them over, without the custodian's own bookkeeping: only the
    /// complete list in order is accepted, by every step that takes one.
    #[test]
    fn only_the_complete_ordered_list_is_accepted(order in relayed(3), reader in 0..3_usize) {
        let ceremony = two_of_three();
        let sent = messages(ceremony);
        let list: Vec<Vec<u8>> = order.iter().map(|sender| sent[*sender].clone()).collect();
        let exact = order == [0, 1, 2];
        let number = index(u16::try_from(reader + 1).unwrap());
        let result = ceremony.session.round2(number, &ceremony.statics[reader], &list);
        prop_assert_eq!(result.is_ok(), exact);
        let certificate: Vec<Hex<65>> =
            order.iter().map(|sender| ceremony.transcript.certificate[*sender]).collect();
        let (_, _, bytes) = ceremony.session.public_outcome(&sent).unwrap();
        let held = ceremony.session.check_certificate(&bytes, &certificate);
        prop_assert_eq!(held.is_ok(), exact);
    }

    /// Partials arrive as they like: k different ones open, fewer do not, and nobody is named.
    #[test]
    fn partials_open_if_and_only_if_k_arrive(order in relayed(5), seed in 0..4_u64) {
        let ceremony = three_of_five();
        let freeze = Digest::new([7; 32]);
        let r = SecretScalar::random(&SUITE_1, &mut Seeded(seed)).unwrap();
        let u = r.base_mul();
        let numbers: Vec<u16> = order.iter().map(|i| u16::try_from(i + 1).unwrap()).collect();
        let partials = ceremony.raise(&freeze, &u, &numbers);
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        match combine_any(&ceremony.record, &freeze, &u, &partials) {
            Ok(combined) => {
                prop_assert!(distinct.len() >= 3);
                prop_assert_eq!(combined.point, r.mul_point(&ceremony.record.key().unwrap()).unwrap());
                prop_assert!(combined.dropped.is_empty());
            }
            Err((error, dropped)) => {
                let have = distinct.len();
                prop_assert_eq!(error, CombineError::NotEnough { have, need: 3 });
                prop_assert!(have < 3 && dropped.is_empty());
            }
        }
    }
}

/// Negative test 24 for every threshold of up to five custodians: each k of n give the same secret,
/// and with one bad partial among all n they still do, the liar named.
#[test]
fn every_subset_of_every_threshold_gives_one_secret() {
    every_subset_gives_one_secret(&SUITE_1);
}

#[test]
fn every_subset_of_every_threshold_gives_one_secret_in_suite_0x0101() {
    every_subset_gives_one_secret(&SUITE_SM);
}

fn every_subset_gives_one_secret(suite: &'static Suite) {
    let freeze = Digest::new([7; 32]);
    let mut thresholds = 0;
    for (n, k) in (1..=5_u16).flat_map(|n| (n / 2 + 1..=n).map(move |k| (n, k))) {
        thresholds += 1;
        let ceremony = run_in(suite, n, k, 500 + u64::from(10 * n + k));
        let (record, need) = (&ceremony.record, usize::from(k));
        let r = SecretScalar::random(suite, &mut Seeded(u64::from(n))).unwrap();
        let (u, z) = (r.base_mul(), r.mul_point(&record.key().unwrap()).unwrap());
        let raised = |share| {
            let id = &record.ceremony_id;
            raise(suite, share, id, &freeze, &u, &mut Seeded(3)).unwrap()
        };
        let all: Vec<Partial> = ceremony.shares.iter().map(raised).collect();
        for set in 0_u32..1 << n {
            let chosen: Vec<Partial> = (0..usize::from(n))
                .filter(|place| set >> place & 1 == 1)
                .map(|place| all[place])
                .collect();
            let have = chosen.len();
            match combine_any(record, &freeze, &u, &chosen) {
                Ok(combined) => assert!(have >= need && combined.point == z, "{k} of {n}"),
                Err((error, _)) => assert_eq!(error, CombineError::NotEnough { have, need }),
            }
        }
        for liar in 0..usize::from(n) {
            let mut partials = all.clone();
            partials[liar].z = partials[liar].c;
            let named = |dropped: &[crate::PartialError]| {
                dropped.iter().map(crate::PartialError::custodian).collect::<Vec<_>>()
            };
            match combine_any(record, &freeze, &u, &partials) {
                Ok(combined) => {
                    assert!(n > k && combined.point == z, "{k} of {n}");
                    assert_eq!(named(&combined.dropped), [all[liar].index]);
                }
                Err((error, dropped)) => {
                    assert_eq!((n, error.label()), (k, "UNOPENED_CUSTODY"));
                    assert_eq!(named(&dropped), [all[liar].index]);
                }
            }
        }
    }
    assert_eq!(thresholds, 9);
}
