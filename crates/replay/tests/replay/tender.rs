//! [`VerifiedTender`]: the host's signatures, the draft, the ceremony, the rehearsal, the log's keys.

use kaibiao_ceremony::{Bytes, CeremonyBundle};
use kaibiao_journal::{LogOrigin, LogSigner, SignatureAlgorithm, VerifierKey};
use kaibiao_pki::TrustList;
use kaibiao_replay::{TenderMaterial, VerifiedTender};
use kaibiao_types::{Millis, UtcMillis};

use super::common::{flipped, foreign, other, rich, sign, trust};

#[derive(Clone)]
struct Files {
    tender: Vec<u8>,
    tender_cms: Vec<u8>,
    draft: Vec<u8>,
    draft_cms: Vec<u8>,
    ceremony: Vec<u8>,
}

fn at() -> UtcMillis {
    rich().verified.file().terms().deadline.minus(Millis::from_secs(80_000))
}

fn good() -> Files {
    let rich = rich();
    Files {
        tender: rich.tender.clone(),
        tender_cms: rich.tender_cms.clone(),
        draft: rich.draft.clone(),
        draft_cms: rich.draft_cms.clone(),
        ceremony: rich.ceremony.clone(),
    }
}

impl Files {
    fn material(&self) -> TenderMaterial<'_> {
        TenderMaterial {
            tender: &self.tender,
            tender_cms: &self.tender_cms,
            draft: &self.draft,
            draft_cms: &self.draft_cms,
            ceremony: &self.ceremony,
        }
    }

    fn verify(&self, trust: &TrustList, at: UtcMillis) -> Result<(), &'static str> {
        let tender = VerifiedTender::verify(&self.material(), trust, at);
        tender.map(drop).map_err(|fault| fault.label())
    }
}

/// One change and its label.
fn refused(label: &str, change: impl FnOnce(&mut Files)) {
    let mut tender = good();
    change(&mut tender);
    assert_eq!(tender.verify(trust(), at()), Err(label));
}

/// Changes the tender file and has the host sign it again.
fn retender(tender: &mut Files, from: &str, to: &str) {
    let text = String::from_utf8(tender.tender.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    tender.tender = text.replacen(from, to, 1).into_bytes();
    tender.tender_cms = sign(&rich().people.host, &tender.tender, at());
}

fn bundle(tender: &mut Files, change: impl FnOnce(&mut CeremonyBundle)) {
    let mut bundle: CeremonyBundle = serde_json::from_slice(&tender.ceremony).unwrap();
    change(&mut bundle);
    tender.ceremony = serde_json::to_vec(&bundle).unwrap();
}

#[test]
fn the_good_tender_holds() {
    assert_eq!(good().verify(trust(), at()), Ok(()));
}

#[test]
fn another_trust_list_is_named() {
    let mut bytes = rich().trust.clone();
    let from = b"development trust list".as_slice();
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[place] = b'D';
    let list = TrustList::parse(&bytes).unwrap();
    assert_eq!(good().verify(&list, at()), Err("E_TRUST"));
}

/// A seat that ends too soon is found before anybody relies on it; a tender that was published holds.
#[test]
fn a_custodians_certificate_outlasts_the_deadline_by_a_day() {
    let deadline = rich().verified.file().terms().deadline;
    let day = 86_400_000;
    for (ends, expected) in [
        (deadline.get() + day, Ok(())),
        (deadline.get() + day - 1, Err("E_SEAT_ENDS")),
        (deadline.get() - 1, Err("E_SEAT_ENDS")),
    ] {
        let bytes = String::from_utf8(rich().trust.clone()).unwrap();
        let shorter =
            bytes.replace("\"not_after\":2524607999000", &format!("\"not_after\":{ends}"));
        assert_ne!(shorter, bytes);
        let list = TrustList::parse(shorter.as_bytes()).unwrap();
        let named =
            serde_json::to_string(&rich().verified.file().announced().trust_sha256).unwrap();
        let other = serde_json::to_string(&list.sha256()).unwrap();
        let mut tender = good();
        let text = String::from_utf8(tender.tender.clone()).unwrap();
        tender.tender = text.replace(&named, &other).into_bytes();
        tender.tender_cms = sign(&rich().people.host, &tender.tender, at());
        let verified = VerifiedTender::verify(&tender.material(), &list, at()).unwrap();
        let lasts = |deadline| verified.seats_last(deadline).map_err(|fault| fault.label());
        assert_eq!(lasts(deadline), expected, "{ends}");
        // A deadline that moves is asked about anew.
        assert_eq!(lasts(deadline.plus(Millis::new(1).unwrap())), Err("E_SEAT_ENDS"));
    }
}

#[test]
fn the_host_signs_tender_and_draft() {
    refused("E_SIG_CRYPTO", |t| t.tender_cms = flipped(&t.tender_cms));
    refused("E_SIG_CRYPTO", |t| t.draft_cms = flipped(&t.draft_cms));
    refused("E_SIG_FORMAT", |t| t.tender_cms.clear());
    refused("E_SIG_HASH", |t| t.tender_cms = t.draft_cms.clone());
    let other = &rich().people.supervisor;
    refused("E_SIG", |t| t.tender_cms = sign(other, &t.tender, at()));
    refused("E_SIG", |t| t.draft_cms = sign(other, &t.draft, at()));
    let late = UtcMillis::new(4_000_000_000_000).unwrap();
    assert_eq!(good().verify(trust(), late), Err("E_CERT_EXPIRED"));
}

#[test]
fn the_tender_is_the_draft_with_the_ceremony() {
    let text = |t: &Files| String::from_utf8(t.draft.clone()).unwrap();
    refused("E_TENDER_DRAFT", |t| {
        t.draft = text(t).replacen("\"min_bidders\":3", "\"min_bidders\":4", 1).into_bytes();
        t.draft_cms = sign(&rich().people.host, &t.draft, at());
    });
    refused("E_TENDER_DRAFT", |t| retender(t, "\"min_bidders\":3", "\"min_bidders\":4"));
    // The same terms in other bytes: the custodians agreed on the digest of the draft.
    refused("E_CEREMONY", |t| {
        t.draft.push(b'\n');
        t.draft_cms = sign(&rich().people.host, &t.draft, at());
    });
}

#[test]
fn the_ceremony_is_the_one_named() {
    refused("E_CEREMONY", |t| t.ceremony.clone_from(&other().ceremony));
    refused("E_CEREMONY", |t| t.ceremony.clone_from(&foreign().ceremony));
    refused("E_CEREMONY", |t| t.ceremony.clear());
    let ceremony = &rich().verified.file().announced().ceremony;
    let wrong = "0".repeat(64);
    refused("E_CEREMONY", |t| retender(t, &ceremony.id.to_string(), &wrong));
    refused("E_CEREMONY", |t| retender(t, &ceremony.sha256.to_string(), &wrong));
}

#[test]
fn every_custodian_signs_the_ceremony() {
    refused("E_CEREMONY", |t| bundle(t, |b| drop(b.signatures.pop())));
    refused("E_CEREMONY", |t| bundle(t, |b| b.signatures.swap(0, 1)));
    refused("E_SIG_CRYPTO", |t| {
        bundle(t, |b| b.signatures[1].cms_b64 = Bytes(flipped(&b.signatures[1].cms_b64.0)));
    });
    // Custodian 2 signs in the place of custodian 1.
    refused("E_SIG", |t| {
        bundle(t, |b| b.signatures[0].cms_b64 = b.signatures[1].cms_b64.clone());
    });
    let host = &rich().people.host;
    refused("E_SIG", |t| {
        bundle(t, |b| b.signatures[2].cms_b64 = Bytes(sign(host, &b.ceremony_b64.0, at())));
    });
}

#[test]
fn the_rehearsal_opened_with_all_custodians() {
    let refused = |change: fn(&mut CeremonyBundle)| refused("E_CEREMONY", |t| bundle(t, change));
    refused(|b| b.rehearsal.clear());
    refused(|b| b.rehearsal[0].partials.truncate(2));
    refused(|b| b.rehearsal[0].partials.swap(0, 1));
    refused(|b| b.rehearsal[0].partials[2] = b.rehearsal[0].partials[1]);
    refused(|b| b.rehearsal[0].partials[1].z.0[31] ^= 1);
    refused(|b| b.rehearsal[0].partials[1].d = b.rehearsal[0].partials[0].d);
    refused(|b| b.rehearsal[0].i = 1);
    refused(|b| {
        let twice = b.rehearsal[0].clone();
        b.rehearsal.push(twice);
    });
    refused(|b| b.rehearsal[0].header_b64 = Bytes(flipped(&b.rehearsal[0].header_b64.0)));
    refused(|b| {
        let other: CeremonyBundle = serde_json::from_slice(&other().ceremony).unwrap();
        b.rehearsal = other.rehearsal;
    });
    // A bid is no test object.
    refused(|b| b.rehearsal[0].header_b64 = Bytes(rich().bids[0].headers[0].clone()));
}

#[test]
fn the_log_key_is_of_this_log_and_kind() {
    let vkey = &rich().verified.file().announced().log.vkey;
    let seed = [7; 32];
    let elsewhere = LogOrigin::parse("kaibiao.example/lot/other/1").unwrap();
    let renamed = LogSigner::from_seed(elsewhere, &seed).unwrap().vkey().to_string();
    refused("E_TENDER_LOG", |t| retender(t, vkey, &renamed));
    let key = rich().verified.log_key();
    let kind = SignatureAlgorithm::CosignatureV1;
    let other_kind = VerifierKey::new(key.name(), kind, *key.public_key()).unwrap().to_string();
    refused("E_TENDER_LOG", |t| retender(t, vkey, &other_kind));
    refused("E_TENDER_LOG", |t| retender(t, vkey, "a+00000000+AQ=="));
    let origin = rich().verified.origin().to_string();
    refused("E_TENDER_ORIGIN", |t| {
        retender(t, &format!("\"origin\":\"{origin}\""), "\"origin\":\"kaibiao.example/lot/x/1\"");
    });
}
