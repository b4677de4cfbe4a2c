//! Whole ceremonies for the tests, made once from a seed.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::{Entropy, EntropyError, Hex, Point, SUITE_1, SUITE_SM, SecretScalar, Suite};
use kaibiao_types::{CustodianIndex, Digest, LotId, LotKey, OrgCode, Party, TenderId, Threshold};

use crate::*;

/// Repeatable bytes.
pub(crate) struct Seeded(pub(crate) u64);

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in out.chunks_mut(32) {
            self.0 += 1;
            let block = SUITE_1.hash(&self.0.to_be_bytes());
            chunk.copy_from_slice(&block.bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A source that fails.
pub(crate) struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap();
    bytes.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    assert!(text.len().is_multiple_of(2));
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

pub(crate) fn index(i: u16) -> CustodianIndex {
    CustodianIndex::new(i).unwrap()
}

const CODES: [&str; 5] = [
    "91000000MA0000001R",
    "91000000MA0000002W",
    "91000000MA00000030",
    "91000000MA00000043",
    "91000000MA00000056",
];

/// One finished ceremony with everything that its custodians and the hall hold.
pub(crate) struct Ceremony {
    pub(crate) session: Session,
    pub(crate) statics: Vec<StaticKey>,
    pub(crate) shares: Vec<KeyShare>,
    pub(crate) record: CeremonyRecord,
    pub(crate) transcript: Transcript,
    pub(crate) bundle: CeremonyBundle,
}

impl Ceremony {
    /// The exact bytes of `ceremony.json`.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.record.to_bytes().unwrap()
    }

    /// The partials of some custodians for a point.
    pub(crate) fn raise(&self, context: &Digest, u: &Point, indexes: &[u16]) -> Vec<Partial> {
        indexes
            .iter()
            .map(|i| {
                let share = &self.shares[usize::from(*i) - 1];
                let id = &self.record.ceremony_id;
                raise(self.record.suite(), share, id, context, u, &mut Seeded(u64::from(*i)))
                    .unwrap()
            })
            .collect()
    }
}

/// A C2SP verifier key of type cosignature/v1.
pub(crate) fn vkey(name: &str, key: &[u8; 32]) -> String {
    let typed = [&[4][..], key].concat();
    let id = SUITE_1.hash(&[name.as_bytes(), b"\n", &typed].concat());
    format!("{name}+{}+{}", hex(&id.bytes()[..4]), STANDARD.encode(typed))
}

pub(crate) fn agreed(threshold: Threshold, statics: &[StaticKey], seed: u64) -> Agreed {
    let entry = |(i, key): (u16, &StaticKey)| CustodianEntry {
        index: index(i),
        party: Party {
            code: OrgCode::parse(CODES[usize::from(i) - 1]).unwrap(),
            name: format!("开标见证单位{i}（虚构）"),
        },
        cert_sha256: SUITE_1.hash(format!("certificate {i}").as_bytes()),
        static_key: key.public().hex(),
        cosign_vkey: vkey(
            &format!("kaibiao.example/lot/ZZ-2022-0705/1/custodian/{i}"),
            SUITE_1.hash(format!("cosigning key {i}").as_bytes()).bytes(),
        ),
    };
    Agreed {
        lot: LotKey {
            tender: TenderId::parse("ZZ-2022-0705").unwrap(),
            lot: LotId::parse("1").unwrap(),
        },
        threshold,
        session: Hex(*SUITE_1.hash(&seed.to_be_bytes()).bytes()),
        custodians: (1..).zip(statics).map(entry).collect(),
        policy_sha256: SUITE_1.hash(b"draft.json"),
    }
}

/// Runs a whole ceremony of suite 1.
pub(crate) fn run(n: u16, k: u16, seed: u64) -> Ceremony {
    run_in(&SUITE_1, n, k, seed)
}

/// Runs a whole ceremony of a suite.
pub(crate) fn run_in(suite: &'static Suite, n: u16, k: u16, seed: u64) -> Ceremony {
    let mut entropy = Seeded(seed * 1_000_000);
    let threshold = Threshold::new(n, k).unwrap();
    let statics: Vec<StaticKey> =
        (0..n).map(|_| StaticKey::generate_in(suite, &mut entropy).unwrap()).collect();
    let agreed = agreed(threshold, &statics, seed);
    let session = agreed.session(suite).unwrap();
    let messages: Vec<Vec<u8>> = (1..)
        .zip(&statics)
        .map(|(i, key)| session.round1(index(i), key, &mut entropy).unwrap())
        .collect();
    let outcomes: Vec<Outcome> = (1..)
        .zip(&statics)
        .map(|(i, key)| session.round2(index(i), key, &messages).unwrap())
        .collect();
    let certificate: Vec<Hex<65>> = outcomes.iter().map(|outcome| outcome.signature).collect();
    let first = &outcomes[0];
    session.check_certificate(&first.transcript, &certificate).unwrap();
    let record = agreed.record(suite, &first.key, &first.public_shares, &first.transcript).unwrap();
    let transcript =
        Transcript { messages: messages.into_iter().map(Bytes).collect(), certificate };
    let shares: Vec<KeyShare> = outcomes.into_iter().map(|outcome| outcome.share).collect();

    let u = SecretScalar::random(suite, &mut entropy).unwrap().base_mul();
    let context = rehearsal_context(suite, &record.ceremony_id, 0);
    let partials = shares
        .iter()
        .map(|s| raise(suite, s, &record.ceremony_id, &context, &u, &mut entropy).unwrap())
        .collect();
    let bundle = CeremonyBundle {
        ceremony_b64: Bytes(record.to_bytes().unwrap()),
        signatures: (1..=n)
            .map(|i| CustodianSignature { index: index(i), cms_b64: Bytes(vec![0x30, 0]) })
            .collect(),
        transcript: transcript.clone(),
        rehearsal: vec![Rehearsal { i: 0, header_b64: Bytes(u.bytes().to_vec()), partials }],
    };
    Ceremony { session, statics, shares, record, transcript, bundle }
}

/// One custodian alone.
pub(crate) fn one_of_one() -> &'static Ceremony {
    static MADE: OnceLock<Ceremony> = OnceLock::new();
    MADE.get_or_init(|| run(1, 1, 1))
}

/// The demonstration's threshold.
pub(crate) fn two_of_three() -> &'static Ceremony {
    static MADE: OnceLock<Ceremony> = OnceLock::new();
    MADE.get_or_init(|| run(3, 2, 2))
}

/// The default for real lots.
pub(crate) fn three_of_five() -> &'static Ceremony {
    static MADE: OnceLock<Ceremony> = OnceLock::new();
    MADE.get_or_init(|| run(5, 3, 3))
}

/// The demonstration's threshold in suite 0x0101.
pub(crate) fn two_of_three_sm() -> &'static Ceremony {
    static MADE: OnceLock<Ceremony> = OnceLock::new();
    MADE.get_or_init(|| run_in(&SUITE_SM, 3, 2, 4))
}

/// The default for real lots in suite 0x0101.
pub(crate) fn three_of_five_sm() -> &'static Ceremony {
    static MADE: OnceLock<Ceremony> = OnceLock::new();
    MADE.get_or_init(|| run_in(&SUITE_SM, 5, 3, 5))
}
