//! The key generation with its rehearsal, all custodians in one process.

use kaibiao_ceremony::{
    Agreed, Bytes, CeremonyBundle, CeremonyRecord, CustodianEntry, CustodianSignature, KeyShare,
    Outcome, Rehearsal, StaticKey, Transcript, raise, rehearsal_context,
};
use kaibiao_crypto::{Hex, SUITE_1, tdh2};
use kaibiao_journal::{Cosigner, LogOrigin};
use kaibiao_opening::TenderDraft;
use kaibiao_pki::cms;
use kaibiao_seal::{Context, Padding, SealPlan, seal};
use kaibiao_types::{CustodianIndex, Digest, UtcMillis};

use super::{People, ScenarioError};
use crate::SeededEntropy;

/// What a ceremony leaves behind.
pub(super) struct Made {
    pub(super) bundle: Vec<u8>,
    pub(super) ceremony_id: Digest,
    pub(super) ceremony_sha256: Digest,
    pub(super) shares: Vec<KeyShare>,
    pub(super) cosigners: Vec<Cosigner>,
}

pub(super) fn run(
    draft: &TenderDraft,
    draft_bytes: &[u8],
    origin: &LogOrigin,
    people: &People,
    at: UtcMillis,
    entropy: &mut SeededEntropy,
) -> Result<Made, ScenarioError> {
    let custody = &draft.terms().custody;
    let (mut statics, mut cosigners, mut custodians) = (Vec::new(), Vec::new(), Vec::new());
    for seat in &custody.custodians {
        let key = StaticKey::generate(entropy)?;
        let cosigner = Cosigner::from_seed(origin.clone(), seat.index, &super::seed(entropy)?)?;
        custodians.push(CustodianEntry {
            index: seat.index,
            party: seat.party.clone(),
            cert_sha256: seat.cert_sha256,
            static_key: key.public().hex(),
            cosign_vkey: cosigner.vkey().to_string(),
        });
        statics.push(key);
        cosigners.push(cosigner);
    }
    let agreed = Agreed {
        lot: draft.terms().lot_key(),
        threshold: custody.threshold,
        session: Hex(super::seed(entropy)?),
        custodians,
        policy_sha256: SUITE_1.hash(draft_bytes),
    };
    let (outcomes, messages) = generate(&agreed, &statics, entropy)?;
    let first = outcomes.first().ok_or("a ceremony has custodians")?;
    let record = agreed.record(&SUITE_1, &first.key, &first.public_shares, &first.transcript)?;
    let certificate = outcomes.iter().map(|outcome| outcome.signature).collect();
    let shares: Vec<KeyShare> = outcomes.into_iter().map(|outcome| outcome.share).collect();

    let bytes = record.to_bytes()?;
    let rng = ring::rand::SystemRandom::new();
    let mut signatures = Vec::new();
    for (entry, (identity, _)) in record.custodians.iter().zip(&people.custodians) {
        let cms_b64 = Bytes(cms::sign_detached(identity, &bytes, at, &rng)?);
        signatures.push(CustodianSignature { index: entry.index, cms_b64 });
    }
    let bundle = CeremonyBundle {
        ceremony_b64: Bytes(bytes.clone()),
        signatures,
        transcript: Transcript { messages: messages.into_iter().map(Bytes).collect(), certificate },
        rehearsal: vec![rehearse(&record, &shares, entropy)?],
    };
    Ok(Made {
        bundle: serde_json::to_vec(&bundle)?,
        ceremony_id: record.ceremony_id,
        ceremony_sha256: SUITE_1.hash(&bytes),
        shares,
        cosigners,
    })
}

type Generated = (Vec<Outcome>, Vec<Vec<u8>>);

fn generate(
    agreed: &Agreed,
    statics: &[StaticKey],
    entropy: &mut SeededEntropy,
) -> Result<Generated, ScenarioError> {
    let session = agreed.session(&SUITE_1)?;
    let indexes: Vec<CustodianIndex> = agreed.custodians.iter().map(|c| c.index).collect();
    let mut messages = Vec::new();
    for (index, key) in indexes.iter().zip(statics) {
        messages.push(session.round1(*index, key, entropy)?);
    }
    let mut outcomes = Vec::new();
    for (index, key) in indexes.iter().zip(statics) {
        outcomes.push(session.round2(*index, key, &messages)?);
    }
    Ok((outcomes, messages))
}

/// One test object, opened by all custodians.
fn rehearse(
    record: &CeremonyRecord,
    shares: &[KeyShare],
    entropy: &mut SeededEntropy,
) -> Result<Rehearsal, ScenarioError> {
    let bases = tdh2::Bases::new(&SUITE_1, *record.ceremony_id.bytes(), record.key()?)?;
    let context = Context::of_rehearsal(&SUITE_1, record.ceremony_id, 0);
    let text = b"rehearsal";
    let plan = SealPlan {
        context: &context,
        bases: &bases,
        padding: Padding::Bucket,
        plaintext_len: u64::try_from(text.len())?,
        bidder_lock: None,
    };
    let mut file = Vec::new();
    let sealed = seal(&plan, &mut text.as_slice(), &mut file, entropy)?;
    let bound = rehearsal_context(&SUITE_1, &record.ceremony_id, 0);
    let mut partials = Vec::new();
    for share in shares {
        let u = sealed.header.u();
        partials.push(raise(&SUITE_1, share, &record.ceremony_id, &bound, u, entropy)?);
    }
    Ok(Rehearsal { i: 0, header_b64: Bytes(sealed.header.bytes().to_vec()), partials })
}
