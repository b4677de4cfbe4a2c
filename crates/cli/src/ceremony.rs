//! Checking a ceremony bundle on its own, before there is a tender file.

use kaibiao_ceremony::{CeremonyBundle, CeremonyRecord, rehearsal_context};
use kaibiao_crypto::tdh2;
use kaibiao_pki::cms;
use kaibiao_seal::{Context, Header};
use kaibiao_types::UtcMillis;
use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::identity::Trust;

/// Checks record, transcript, the custodians' signatures and the rehearsal of a ceremony.
pub(crate) fn check(
    bundle: &[u8],
    trust: &Trust,
    at: UtcMillis,
) -> Result<CeremonyRecord, Failure> {
    let (bundle, record) = CeremonyBundle::parse(bundle)?;
    check_signatures(&bundle, &record, trust, at)?;
    check_rehearsal(&bundle, &record)?;
    Ok(record)
}

fn check_signatures(
    bundle: &CeremonyBundle,
    record: &CeremonyRecord,
    trust: &Trust,
    at: UtcMillis,
) -> Result<(), Failure> {
    let signed: Vec<_> = bundle.signatures.iter().map(|signature| signature.index).collect();
    let seats: Vec<_> = record.custodians.iter().map(|custodian| custodian.index).collect();
    if signed != seats {
        let detail = "not every custodian has signed the ceremony exactly once";
        return Err(Failure::new(Label::BrokenSignature, detail));
    }
    for (signature, seat) in bundle.signatures.iter().zip(&record.custodians) {
        let place = format!("custodian {}", seat.index);
        let verified =
            cms::verify_detached(&signature.cms_b64.0, &bundle.ceremony_b64.0, &trust.list, at)
                .map_err(|error| Failure::from(error).at(&place))?;
        let signer = verified.signer();
        if *signer.party() != seat.party || signer.certificate().sha256() != seat.cert_sha256 {
            let detail = format!("{place}: signed by another certificate than the record names");
            return Err(Failure::new(Label::BrokenSignature, detail));
        }
    }
    Ok(())
}

/// Every rehearsal opened with the proven partial decryptions of all custodians.
fn check_rehearsal(bundle: &CeremonyBundle, record: &CeremonyRecord) -> Result<(), Failure> {
    let bad = |what: &str| Failure::new(Label::BadProof, format!("rehearsal: {what}"));
    let key = record.key()?;
    let bases = tdh2::Bases::new(record.suite(), *record.ceremony_id.bytes(), key)
        .map_err(|error| bad(&error.to_string()))?;
    if bundle.rehearsal.is_empty() {
        return Err(bad("there was none"));
    }
    for rehearsal in &bundle.rehearsal {
        let header = Header::parse(&rehearsal.header_b64.0)?;
        let context = Context::of_rehearsal(record.suite(), record.ceremony_id, rehearsal.i);
        header.expect_context(&context).map_err(|error| bad(&error.to_string()))?;
        header.verify_proof(&bases).map_err(|error| bad(&error.to_string()))?;
        let bound = rehearsal_context(record.suite(), &record.ceremony_id, rehearsal.i);
        let indexes: Vec<_> = rehearsal.partials.iter().map(|partial| partial.index).collect();
        let seats: Vec<_> = record.custodians.iter().map(|custodian| custodian.index).collect();
        if indexes != seats {
            return Err(bad("not all custodians took part"));
        }
        for partial in &rehearsal.partials {
            partial
                .verify(record, &bound, header.u())
                .map_err(|error| bad(&format!("{}: {error}", error.label())))?;
        }
    }
    Ok(())
}
