//! Certificates and paths: nothing that no CA issued is ever accepted.

use kaibiao_pki::{Certificate, TrustList, Usage, limits, read_certificates, verify_chain};
use kaibiao_types::UtcMillis;

use crate::scene::SCENE;
use crate::world::{TRUST, WORLD, signed_part, split};

/// A certificate, DER or PEM; only those of the trust lists' CAs lead to them.
pub(crate) fn certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.der(), data);
        let pool: Vec<Certificate> = cas().collect();
        judge(&certificate, &pool, &TRUST, WORLD.at);
        judge(&certificate, &[], &SCENE.trust, SCENE.scenario.verified.file().terms().deadline);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        drop(read_certificates(text));
    }
}

/// Certificates one after another: a path is looked for from the first over the others.
pub(crate) fn path(data: &[u8]) {
    let mut all = Vec::new();
    let mut rest = data;
    while let Some((whole, _, after)) = split(rest).filter(|_| all.len() <= limits::POOL_MAX + 1) {
        all.extend(Certificate::from_der(whole).ok());
        rest = after;
    }
    if let Some((first, pool)) = all.split_first() {
        judge(first, pool, &TRUST, WORLD.at);
    }
}

/// Every certificate on a path that is found was issued by one of our CAs, and none is used for what
/// it is not made for.
fn judge(certificate: &Certificate, pool: &[Certificate], trust: &TrustList, at: UtcMillis) {
    for usage in [Usage::Sign, Usage::TimeStamp] {
        match verify_chain(certificate, pool, trust, at, usage) {
            Ok(path) => {
                assert!(usage == Usage::Sign && path.between().len() + 2 <= limits::CHAIN_MAX);
                let all = path.between().iter().chain([certificate]);
                all.for_each(|one| assert!(issued(one), "a certificate that no CA issued"));
            }
            Err(error) => assert!(!error.label().is_empty()),
        }
    }
}

fn issued(certificate: &Certificate) -> bool {
    let people = &SCENE.scenario.people;
    let custodians = people.custodians.iter().map(|(identity, _)| identity);
    let bidders = people.bidders.iter().map(|(identity, _)| identity);
    let others = [&people.hall, &people.host, &people.supervisor];
    let mut identities = custodians.chain(bidders).chain(others);
    WORLD.issued(certificate.der())
        || identities.any(|identity| {
            let chain = identity.chain();
            let mut all = chain.above().iter().chain([chain.signer()]);
            all.any(|known| signed_part(known.der()) == signed_part(certificate.der()))
        })
}

/// The CAs of the world between roots and signers.
fn cas() -> impl Iterator<Item = Certificate> {
    WORLD.kinds.iter().filter_map(|kind| Certificate::from_der(&kind.issuing.0).ok())
}

pub(crate) fn certificate_seeds() -> Vec<Vec<u8>> {
    let people = &SCENE.scenario.people;
    let identities = people.bidders.iter().take(2).map(|(identity, _)| identity);
    let identities = identities.chain([&people.hall, &people.host]);
    let ours = identities.flat_map(|identity| {
        let chain = identity.chain();
        let above = chain.above().iter().map(|certificate| certificate.der().to_vec());
        above.chain([chain.signer().der().to_vec()]).collect::<Vec<_>>()
    });
    let kinds = WORLD.kinds.iter().flat_map(|kind| [&kind.root, &kind.issuing, &kind.signer]);
    ours.chain(kinds.map(|der| der.0.clone())).collect()
}

pub(crate) fn path_seeds() -> Vec<Vec<u8>> {
    WORLD.pools.iter().map(|pool| pool.0.clone()).collect()
}
