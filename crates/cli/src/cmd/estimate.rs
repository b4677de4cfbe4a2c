//! `kaibiao host seal-estimate`: the base estimate (标底) is sealed on the host's machine to the
//! ceremony key of the verified tender; only the sealed object leaves it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::{SUITE_1, SecureEntropy, scrub_stack};
use kaibiao_opening::{BaseEstimate, Command, EstimateRules, Event};
use kaibiao_replay::{VerifiedEstimate, VerifiedTender, context_of_estimate};
use kaibiao_seal::{Padding, SealPlan, seal};
use kaibiao_types::{Digest, Money};
use kaibiao_wire::{Exit, Label};

use crate::args::EstimateArgs;
use crate::client::Hall;
use crate::failure::Failure;
use crate::folder::TenderBytes;
use crate::follow::Follower;
use crate::identity::Signer;
use crate::output::{Facts, Ui};
use crate::{acts, files, machine};

/// Bytes of the longest file with an amount.
const AMOUNT_MAX: usize = 64;

pub(super) async fn seal_estimate(args: &EstimateArgs, ui: Ui) -> Result<Exit, Failure> {
    let (trust, now) = (args.trust.load()?, machine::now()?);
    let signer = Signer::load(&args.act.signer)?;
    let (hall, lot) = (Hall::at(&args.act.at.at)?, &args.act.at.lot);
    let tender = TenderBytes::fetch(&hall, lot, &trust).await?.verify(&trust, now)?;
    let tender = Arc::new(tender);
    let terms = tender.file().terms();
    if tender.file().lot_key() != *lot {
        return Err(Failure::new(Label::WrongLot, "the hall gives the tender of another lot"));
    }
    if !terms.base_estimate {
        return Err(Failure::new(Label::OutOfOrder, "the tender file has no base estimate"));
    }
    if signer.party(&trust.list, now)?.code != terms.host.code {
        return Err(Failure::new(Label::WrongRole, "only the host seals the base estimate"));
    }
    let plain = plaintext(args, &tender)?;

    let mut log = Follower::verified(Arc::clone(&tender), Arc::clone(&trust.list));
    log.catch_up(&hall, lot).await?;
    let no = log.state().next_estimate();
    let spki = signer.certificate().spki_sha256();
    let object = seal_object(&tender, spki, no, &plain)?;
    let sha256 = SUITE_1.hash(&object);
    let command = Command::SealEstimate { sha256, object_b64: STANDARD.encode(&object) };
    let head = acts::send(&hall, lot, &signer, command).await?;
    // What counts is what the log has.
    let new = log.catch_up(&hall, lot).await?;
    let own =
        |event: &Event| matches!(event, Event::EstimateSealed(sealed) if sealed.sha256 == sha256);
    if !new.iter().any(|(_, event)| own(event)) {
        return Err(Failure::new(Label::AlteredObject, "the log does not have the base estimate"));
    }
    let mut facts = Facts::default();
    facts.text("no", no).text("sha256", sha256).add("entries", head);
    ui.facts(&facts);
    Ok(Exit::Ok)
}

/// The amount comes from a file: what stands on a command line every user of the machine can read.
fn plaintext(args: &EstimateArgs, tender: &VerifiedTender) -> Result<Vec<u8>, Failure> {
    let bytes = files::read(&args.amount_file, AMOUNT_MAX)?;
    let bad = |what: &str| {
        let file = args.amount_file.display();
        Failure::new(Label::BadInput, format!("{file}: {what}; write an amount as in 1431388.90"))
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| bad("not a text"))?;
    let currency = tender.file().terms().currency;
    // The cause would repeat the amount.
    let amount = Money::parse_major(text.trim(), currency).map_err(|_| bad("not an amount"))?;
    let lot = tender.file().lot_key();
    let estimate = BaseEstimate::new(&EstimateRules { lot: &lot, currency }, amount);
    Ok(estimate.map_err(|error| bad(&error.to_string()))?.to_bytes())
}

fn seal_object(
    tender: &VerifiedTender,
    spki: Digest,
    no: u32,
    plain: &[u8],
) -> Result<Vec<u8>, Failure> {
    let context = context_of_estimate(tender, spki, no);
    let plan = SealPlan {
        context: &context,
        bases: tender.bases(),
        padding: Padding::Padme,
        plaintext_len: u64::try_from(plain.len()).unwrap_or(u64::MAX),
        bidder_lock: None,
    };
    let mut object = Vec::new();
    let mut entropy = SecureEntropy(machine::random());
    let sealed = seal(&plan, &mut &*plain, &mut object, &mut entropy);
    scrub_stack(); // the content key was there
    sealed?;
    // What no reader would believe is not sent.
    let (sha256, object_b64) = (SUITE_1.hash(&object), STANDARD.encode(&object));
    let entry = kaibiao_opening::EstimateSealed { no, sha256, object_b64 };
    VerifiedEstimate::verify(tender, &entry, spki)
        .map_err(|error| Failure::new(Label::Internal, format!("{}: {error}", error.label())))?;
    Ok(object)
}
