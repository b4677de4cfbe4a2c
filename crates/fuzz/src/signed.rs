//! What people sign: certificates, signatures, commands, tender files, price sheets, trust lists.

use kaibiao_opening::{
    Event, PriceSheet, PublishedBid, SignedCommandBody, TenderDraft, TenderFile,
};
use kaibiao_pki::{Certificate, TrustList, Usage, cms as p7s, read_certificates, verify_chain};
use kaibiao_types::UtcMillis;

use crate::scene::SCENE;

fn at() -> UtcMillis {
    SCENE.scenario.verified.file().terms().deadline
}

/// A certificate, DER or PEM; only those of the trust list's CAs lead to it.
pub(crate) fn certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.der(), data);
        let verified = verify_chain(&certificate, &[], &SCENE.trust, at(), Usage::Sign);
        assert!(verified.is_err() || known(&certificate), "a certificate that no CA issued");
    }
    if let Ok(text) = std::str::from_utf8(data) {
        drop(read_certificates(text));
    }
}

fn known(certificate: &Certificate) -> bool {
    let people = &SCENE.scenario.people;
    let custodians = people.custodians.iter().map(|(identity, _)| identity);
    let bidders = people.bidders.iter().map(|(identity, _)| identity);
    let others = [&people.hall, &people.host, &people.supervisor];
    custodians
        .chain(bidders)
        .chain(others)
        .any(|identity| identity.certificate().der() == certificate.der())
}

pub(crate) fn certificate_seeds() -> Vec<Vec<u8>> {
    let people = &SCENE.scenario.people;
    let identities = people.bidders.iter().take(2).map(|(identity, _)| identity);
    let identities = identities.chain([&people.hall, &people.host]);
    identities
        .flat_map(|identity| {
            let chain = identity.chain();
            let above = chain.above().iter().map(|certificate| certificate.der().to_vec());
            above.chain([chain.signer().der().to_vec()]).collect::<Vec<_>>()
        })
        .collect()
}

/// A signature over the tender file: only its host's holds.
pub(crate) fn cms(data: &[u8]) {
    let scenario = &SCENE.scenario;
    match p7s::verify_detached(data, &scenario.tender, &SCENE.trust, at()) {
        Ok(verified) => {
            assert_eq!(
                *verified.signer().party(),
                scenario.people.host_party,
                "a forged signature"
            );
        }
        Err(error) => assert!(!error.label().is_empty() && !error.indication().is_empty()),
    }
}

pub(crate) fn cms_seeds() -> Vec<Vec<u8>> {
    let scenario = &SCENE.scenario;
    let bids = scenario.bids.iter().take(2).map(|bid| bid.cms.clone());
    [scenario.tender_cms.clone(), scenario.draft_cms.clone()].into_iter().chain(bids).collect()
}

/// The body of a command: what is read writes the same bytes.
pub(crate) fn command(data: &[u8]) {
    if let Ok(body) = SignedCommandBody::parse(data) {
        assert_eq!(SignedCommandBody::parse(&body.to_bytes()).ok(), Some(body));
    }
}

pub(crate) fn command_seeds() -> Vec<Vec<u8>> {
    let entries = SCENE.scenario.log.entries().iter();
    entries.filter_map(|entry| entry.command()).map(|command| command.body.clone()).collect()
}

/// A draft or a tender file: what is read writes a text that reads as the same.
pub(crate) fn tender(data: &[u8]) {
    if let Ok(draft) = TenderDraft::parse(data) {
        let again = TenderDraft::parse(&draft.to_bytes());
        assert!(again.is_ok_and(|again| again.to_bytes() == draft.to_bytes()));
    }
    if let Ok(file) = TenderFile::parse(data) {
        let again = TenderFile::parse(&file.to_bytes());
        assert!(again.is_ok_and(|again| again.to_bytes() == file.to_bytes()));
    }
}

pub(crate) fn tender_seeds() -> Vec<Vec<u8>> {
    vec![SCENE.scenario.draft.clone(), SCENE.scenario.tender.clone()]
}

/// The plaintext of a price part, as a bidder sealed it.
pub(crate) fn sheet(data: &[u8]) {
    let rules = SCENE.scenario.verified.file().sheet_rules();
    for bid in &SCENE.scenario.bids {
        if let Ok(sheet) = PriceSheet::parse(&rules, &bid.bidder.code, data) {
            assert_eq!(*sheet.bidder(), bid.bidder.code);
            let again = PriceSheet::parse(&rules, &bid.bidder.code, &sheet.to_bytes());
            assert!(again.is_ok_and(|again| again.total() == sheet.total()));
        }
    }
}

pub(crate) fn sheet_seeds() -> Vec<Vec<u8>> {
    let entries = SCENE.scenario.log.entries().iter();
    let published = entries.filter(|entry| entry.kind() == "prices-published");
    let sheets =
        published.filter_map(|entry| match Event::from_parts(entry.kind(), entry.data().get()) {
            Ok(Event::PricesPublished(prices)) => Some(prices),
            _ => None,
        });
    sheets
        .flat_map(|prices| {
            prices.bids.iter().filter_map(PublishedBid::sheet_bytes).collect::<Vec<_>>()
        })
        .collect()
}

/// A trust list.
pub(crate) fn trust(data: &[u8]) {
    if let Err(error) = TrustList::parse(data) {
        assert!(!error.label().is_empty());
    }
}

pub(crate) fn trust_seeds() -> Vec<Vec<u8>> {
    vec![SCENE.scenario.trust.clone()]
}
