//! The host's way from a draft to a published tender.

use kaibiao_ceremony::CeremonyBundle;
use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{Announced, CeremonyRef, HallRef, LogRef, TenderDraft, TenderFile};
use kaibiao_pki::cms::{self, Pin};
use kaibiao_replay::VerifiedTender;
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::{Accepted, B64, DraftAnswer, Label, LotCreated, LotsPost, PublishPost, paths};

use crate::client::Hall;
use crate::failure::Failure;
use crate::folder::TenderBytes;
use crate::identity::{self, Signer, Trust};
use crate::machine;

/// Bytes of the longest ceremony bundle that is read.
const BUNDLE_MAX: usize = 32 << 20;

/// Signs the exact bytes of a draft and starts its ceremony at a hall.
pub(crate) async fn create(hall: &Hall, draft: &[u8], signer: &Signer) -> Result<LotKey, Failure> {
    TenderDraft::parse(draft)?;
    let post = LotsPost { draft_b64: B64::from(draft), cms_b64: B64(signer.sign(draft)?) };
    let created: LotCreated = hall.post(paths::LOTS, &post).await?;
    Ok(created.lot)
}

/// Makes the tender file of a finished ceremony, checks it as a bidder will, signs and publishes
/// it, and checks what the hall then shows.
pub(crate) async fn publish(
    hall: &Hall,
    lot: &LotKey,
    signer: &Signer,
    trust: &Trust,
) -> Result<(TenderBytes, VerifiedTender), Failure> {
    let draft: DraftAnswer = hall.get(&paths::draft(lot)).await?;
    let ceremony = hall.get_bytes(&paths::ceremony(lot), BUNDLE_MAX).await?;
    let now = machine::now()?;
    let tender = build(lot, &draft, &ceremony, signer, trust, now)?;
    let tender_cms = signer.sign(&tender)?;
    let bytes = TenderBytes {
        tender,
        tender_cms,
        draft: draft.draft_b64.0,
        draft_cms: draft.cms_b64.0,
        ceremony,
    };
    let verified = bytes.verify(trust, now)?;
    let post = PublishPost {
        tender_b64: B64(bytes.tender.clone()),
        cms_b64: B64(bytes.tender_cms.clone()),
    };
    let _accepted: Accepted = hall.post(&paths::publish(lot), &post).await?;
    let shown = TenderBytes::fetch(hall, lot, trust).await?;
    if shown.tender != bytes.tender || shown.draft != bytes.draft {
        let detail = "the hall shows another tender file than the one that was signed";
        return Err(Failure::new(Label::BrokenSignature, detail));
    }
    shown.verify(trust, machine::now()?)?;
    Ok((shown, verified))
}

/// The tender file of a draft that this host signed, with what hall and ceremony add to it.
fn build(
    lot: &LotKey,
    answer: &DraftAnswer,
    ceremony: &[u8],
    signer: &Signer,
    trust: &Trust,
    now: UtcMillis,
) -> Result<Vec<u8>, Failure> {
    // Only a draft that this very certificate signed is published with it.
    let own = Pin::Certificate(signer.certificate().sha256());
    cms::verify_pinned(&answer.cms_b64.0, &answer.draft_b64.0, own)?;
    let draft = TenderDraft::parse(&answer.draft_b64.0)?;
    if draft.terms().lot_key() != *lot {
        return Err(Failure::new(Label::WrongLot, "the hall gives the draft of another lot"));
    }
    let (bundle, record) = CeremonyBundle::parse(ceremony)?;
    let (certificate, above) = identity::first(&answer.hall_cert_pem)?;
    let party = identity::party(&certificate, &above, &trust.list, now)
        .map_err(|failure| failure.at("the hall's certificate"))?;
    let announced = Announced {
        ceremony: CeremonyRef {
            id: record.ceremony_id,
            sha256: SUITE_1.hash(&bundle.ceremony_b64.0),
        },
        log: LogRef { origin: answer.log_origin.clone(), vkey: answer.log_vkey.clone() },
        hall: HallRef { party, cert_sha256: certificate.sha256() },
        trust_sha256: trust.list.sha256(),
    };
    Ok(TenderFile::new(&draft, announced)?.to_bytes())
}
