//! The ceremony: key generation messages, the published bundle, partial decryptions.

use std::sync::LazyLock;

use kaibiao_ceremony::{
    CeremonyBundle, CeremonyRecord, DkgError, Outcome, Partial, Session, StaticKey,
};
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_opening::{Event, PartialsReceived};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{CustodianIndex, Threshold};

use crate::scene::SCENE;

/// A key generation of three, two of whom are needed, up to the first-round messages.
struct Run {
    session: Session,
    statics: Vec<StaticKey>,
    messages: Vec<Vec<u8>>,
    certificate: Vec<Hex<65>>,
}

static RUN: LazyLock<Option<Run>> = LazyLock::new(|| {
    let mut entropy = SeededEntropy::new("fuzz key generation");
    let statics = (0..3).map(|_| StaticKey::generate(&mut entropy).ok());
    let statics: Vec<StaticKey> = statics.collect::<Option<_>>()?;
    let keys = statics.iter().map(StaticKey::public).collect();
    let threshold = Threshold::new(3, 2).ok()?;
    let session = Session::new(&SUITE_1, b"fuzz", threshold, keys, Vec::new()).ok()?;
    let message =
        |(index, key): (u16, &StaticKey)| session.round1(seat(index)?, key, &mut entropy).ok();
    let messages: Vec<Vec<u8>> = (1..).zip(&statics).map(message).collect::<Option<_>>()?;
    let sign = |(index, key): (u16, &StaticKey)| session.round2(seat(index)?, key, &messages).ok();
    let outcomes: Vec<Outcome> = (1..).zip(&statics).map(sign).collect::<Option<_>>()?;
    let certificate = outcomes.iter().map(|outcome| outcome.signature).collect();
    Some(Run { session, statics, messages, certificate })
});

fn seat(index: u16) -> Option<CustodianIndex> {
    CustodianIndex::new(index).ok()
}

/// A message of one custodian, read by the next. The first byte says whose it is. What passes is
/// what was certified, but for parts that are for somebody else; what fails names its sender.
pub(crate) fn dkg_message(data: &[u8]) {
    let Some((run, (first, message))) = RUN.as_ref().zip(data.split_first()) else { return };
    let sender = usize::from(first % 3);
    let reader = (sender + 1) % 3;
    let mut messages = run.messages.clone();
    let Some(place) = messages.get_mut(sender) else { return };
    *place = message.to_vec();
    let number = |place: usize| u16::try_from(place + 1).ok().and_then(seat);
    let Some(((from, to), key)) = number(sender).zip(number(reader)).zip(run.statics.get(reader))
    else {
        return;
    };
    let alone = run.session.read_round1(from, message);
    match run.session.round2(to, key, &messages) {
        Ok(outcome) => {
            assert!(alone.is_ok());
            let certified = run.session.check_certificate(&outcome.transcript, &run.certificate);
            assert_eq!(certified, Ok(()), "another transcript under the same certificate");
        }
        Err(error) => {
            let blamed: Option<CustodianIndex> = DkgError::custodian(&error);
            assert_eq!(blamed, Some(from), "{error}");
        }
    }
}

pub(crate) fn dkg_seeds() -> Vec<Vec<u8>> {
    let Some(run) = RUN.as_ref() else { return Vec::new() };
    (0_u8..).zip(&run.messages).map(|(n, message)| [&[n], message.as_slice()].concat()).collect()
}

/// A bundle that passes holds the record that its messages give: the one of the opening.
pub(crate) fn bundle(data: &[u8]) {
    let known = SCENE.scenario.verified.record();
    match CeremonyBundle::parse(data) {
        Ok((_, record)) => assert_eq!(&record, known),
        Err(error) => assert!(!error.label().is_empty()),
    }
    if let Ok(record) = CeremonyRecord::parse(data) {
        assert_eq!(&record, known, "another record with a valid id");
    }
}

pub(crate) fn bundle_seeds() -> Vec<Vec<u8>> {
    let scenario = &SCENE.scenario;
    let record = scenario.verified.record().to_bytes().ok();
    record.into_iter().chain([scenario.ceremony.clone()]).collect()
}

/// A partial decryption holds for what it was raised for, and cannot be made up.
pub(crate) fn partial(data: &[u8]) {
    let Ok(partial) = serde_json::from_slice::<Partial>(data) else { return };
    let known: Vec<Partial> = known_partials();
    let Some(frozen) = SCENE.scenario.state.frozen() else { return };
    let record = SCENE.scenario.verified.record();
    for header in &SCENE.headers {
        let verified = partial.verify(record, &frozen.freeze_id, header.u());
        assert!(verified.is_err() || known.contains(&partial), "a partial that nobody raised");
    }
}

fn known_partials() -> Vec<Partial> {
    let entries = SCENE.scenario.log.entries().iter();
    let received = entries.filter(|entry| entry.kind() == "partials-received");
    let received =
        received.filter_map(|entry| match Event::from_parts(entry.kind(), entry.data().get()) {
            Ok(Event::PartialsReceived(received)) => Some(received),
            _ => None,
        });
    received.flat_map(|received| partials_of(&received)).collect()
}

fn partials_of(received: &PartialsReceived) -> Vec<Partial> {
    let index = received.custodian;
    let points = received.partials.iter().flatten().map(|point| {
        let (d, c, z) = (Hex::parse(&point.d), Hex::parse(&point.c), Hex::parse(&point.z));
        Some(Partial { index, d: d.ok()?, c: c.ok()?, z: z.ok()? })
    });
    points.flatten().collect()
}

pub(crate) fn partial_seeds() -> Vec<Vec<u8>> {
    known_partials().iter().take(4).filter_map(|partial| serde_json::to_vec(partial).ok()).collect()
}
