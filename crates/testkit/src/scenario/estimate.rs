//! The base estimate: sealed by the host, and what a wrong one or a lying hall makes of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_ceremony::Partial;
use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{BaseEstimate, Command, EstimateRules, PriceOutcome, UnsealedSheet};
use kaibiao_replay::{VerifiedEstimate, VerifiedTender, context_of_estimate};
use kaibiao_seal::{Padding, SealPlan, seal};
use kaibiao_types::{Digest, Money};

use super::ScenarioError;
use super::steps::Stage;
use crate::SeededEntropy;

/// How the base estimate goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EstimatePlay {
    /// Sealed, replaced by another one, and opened with the prices.
    Fair,
    /// The host sealed something that nobody can open.
    Garbage,
    /// The host sealed a text that is no base estimate.
    BadFormat,
    /// The tender provides for one, and none is handed in.
    Missing,
    /// The hall publishes another amount than the sealed one.
    Steered,
}

/// The amount of every estimate that counts: minor units.
pub const ESTIMATE: u64 = 143_000_000;

/// Seals a plaintext as the base estimate number `no` of a lot; gives the exact sealed object.
///
/// # Errors
///
/// [`ScenarioError`] if it cannot be sealed.
pub fn seal_estimate(
    tender: &VerifiedTender,
    signer_spki: Digest,
    no: u32,
    plain: &[u8],
    entropy: &mut SeededEntropy,
) -> Result<Vec<u8>, ScenarioError> {
    let context = context_of_estimate(tender, signer_spki, no);
    let plan = SealPlan {
        context: &context,
        bases: tender.bases(),
        padding: Padding::Padme,
        plaintext_len: u64::try_from(plain.len())?,
        bidder_lock: None,
    };
    let mut object = Vec::new();
    seal(&plan, &mut &*plain, &mut object, entropy)?;
    Ok(object)
}

/// The command that hands a sealed object in.
pub fn estimate_command(object: &[u8]) -> Command {
    Command::SealEstimate { sha256: SUITE_1.hash(object), object_b64: STANDARD.encode(object) }
}

/// The plaintext of an estimate of so many minor units.
///
/// # Errors
///
/// [`ScenarioError`] if there is no such amount.
pub fn estimate_plain(tender: &VerifiedTender, minor: u64) -> Result<Vec<u8>, ScenarioError> {
    let (lot, currency) = (tender.file().lot_key(), tender.file().terms().currency);
    let rules = EstimateRules { lot: &lot, currency };
    Ok(BaseEstimate::new(&rules, Money::new(minor, currency)?)?.to_bytes())
}

impl Stage<'_> {
    /// Between two ticks, before the deadline.
    pub(super) fn seal_estimates(&mut self) -> Result<(), ScenarioError> {
        let Some(play) = self.options.estimate else { return Ok(()) };
        let tender = &self.published.verified;
        let plains = match play {
            EstimatePlay::Missing => Vec::new(),
            EstimatePlay::BadFormat => vec![vec![b'x'; 1_016]],
            EstimatePlay::Garbage => vec![estimate_plain(tender, ESTIMATE)?],
            EstimatePlay::Fair | EstimatePlay::Steered => {
                vec![estimate_plain(tender, 1)?, estimate_plain(tender, ESTIMATE)?]
            }
        };
        let spki = self.people.host.certificate().spki_sha256();
        for (no, plain) in (1..).zip(plains) {
            self.room.wait(1_000)?;
            let mut object = seal_estimate(tender, spki, no, &plain, self.entropy)?;
            if play == EstimatePlay::Garbage {
                let last = object.last_mut().ok_or("a sealed object has bytes")?;
                *last ^= 1;
            }
            self.by_host(&estimate_command(&object))?;
        }
        Ok(())
    }

    /// The estimate that counts, verified as every reader does.
    pub(super) fn estimate(&self) -> Result<Option<VerifiedEstimate>, ScenarioError> {
        if self.room.state.estimate_here().is_none() {
            return Ok(None);
        }
        let entry = self.room.log.entries().iter().rfind(|entry| entry.kind() == "estimate-sealed");
        let sealed: kaibiao_opening::EstimateSealed =
            entry.ok_or("the estimate is in the log")?.data_as()?;
        let spki = self.people.host.certificate().spki_sha256();
        Ok(Some(VerifiedEstimate::verify(&self.published.verified, &sealed, spki)?))
    }

    /// What it opens to, or what a lying hall says of it.
    pub(super) fn open_estimate(
        &self,
        released: &[(Digest, Partial)],
    ) -> Result<Option<PriceOutcome>, ScenarioError> {
        let Some(estimate) = self.estimate()? else { return Ok(None) };
        let manifest_sha256 = estimate.sha256();
        let freeze_id = self.room.state.frozen().ok_or("the set is frozen")?.freeze_id;
        let own = released.iter().filter(|(of, _)| *of == manifest_sha256);
        let partials: Vec<Partial> = own.map(|(_, partial)| *partial).collect();
        let tender = &self.published.verified;
        let sheet = if self.options.estimate == Some(EstimatePlay::Steered) {
            let bytes = estimate_plain(tender, ESTIMATE + 1)?;
            UnsealedSheet::Opened { sha256: SUITE_1.hash(&bytes), bytes }
        } else {
            estimate.open(tender, &freeze_id, &partials)
        };
        Ok(Some(PriceOutcome { manifest_sha256, sheet }))
    }
}
