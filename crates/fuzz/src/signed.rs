//! What people sign: signatures, commands, tender files, price sheets, trust lists.

use kaibiao_opening::{
    BaseEstimate, EstimateRules, Event, PriceSheet, PublishedBid, SignedCommandBody, TenderDraft,
    TenderFile,
};
use kaibiao_pki::cms::Pin;
use kaibiao_pki::{TrustList, cms as p7s, limits};
use kaibiao_types::{Stage, UtcMillis};

use crate::scene::SCENE;
use crate::world::{PATHS, TRUST, WORLD};

fn at() -> UtcMillis {
    SCENE.scenario.verified.file().terms().deadline
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
    let content = &WORLD.content.0;
    if let Ok(verified) = p7s::verify_detached(data, content, &TRUST, WORLD.at) {
        assert!(WORLD.issued(verified.signer().certificate().der()));
        assert_eq!(verified.signing_time(), WORLD.at, "a forged signature");
        let stamped = verified.time_stamp().is_none_or(|stamp| stamp.gen_time() == WORLD.at);
        assert!(stamped, "a forged time stamp");
    }
    for path in PATHS.iter() {
        let key = Pin::Key(path.certificate().spki_sha256());
        if let Ok(intact) = p7s::verify_pinned(data, content, key) {
            assert_eq!(intact.signing_time(), WORLD.at, "a forged signature");
        }
    }
}

pub(crate) fn cms_seeds() -> Vec<Vec<u8>> {
    let scenario = &SCENE.scenario;
    let bids = scenario.bids.iter().take(2).map(|bid| bid.cms.clone());
    let kinds = WORLD.kinds.iter().flat_map(|kind| kind.signatures.iter().map(|cms| cms.0.clone()));
    let own = [scenario.tender_cms.clone(), scenario.draft_cms.clone()];
    own.into_iter().chain(bids).chain(kinds).collect()
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

/// The plaintext of a price part, as a bidder sealed it, and of a base estimate.
pub(crate) fn sheet(data: &[u8]) {
    let file = SCENE.scenario.verified.file();
    let (lot, currency) = (file.lot_key(), file.terms().currency);
    if let Ok(estimate) = BaseEstimate::parse(&EstimateRules { lot: &lot, currency }, data) {
        assert_eq!(estimate.to_bytes(), data, "an estimate has one form");
    }
    let rules = SCENE.scenario.verified.file().sheet_rules(Stage::FIRST);
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
    match TrustList::parse(data) {
        Ok(list) => {
            let anchors = list.anchors();
            assert!((1..=limits::ANCHORS_MAX).contains(&anchors.len()));
            assert!(anchors.iter().all(|anchor| anchor.certificate().is_ca()));
        }
        Err(error) => assert!(!error.label().is_empty()),
    }
}

pub(crate) fn trust_seeds() -> Vec<Vec<u8>> {
    vec![SCENE.scenario.trust.clone(), WORLD.trust.0.clone()]
}
