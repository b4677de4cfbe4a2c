//! CRLs and OCSP responses: what no CA said decides nothing.

use kaibiao_pki::revocation::{Evidence, Freshness, Revocation, judge_revocation};

use crate::world::{Bytes, Kind, PATHS, WORLD, signed_part, split};

/// A CRL, alone as evidence on the path of every kind.
pub(crate) fn crl(data: &[u8]) {
    judge(Evidence::Crl(data), signed_part(data), |kind| &kind.crls, signed_part);
}

/// An OCSP response.
pub(crate) fn ocsp(data: &[u8]) {
    judge(Evidence::Ocsp(data), response_data(data), |kind| &kind.responses, response_data);
}

/// Whoever is good or revoked by the evidence is so by the words of a CA.
fn judge(
    evidence: Evidence<'_>,
    said: Option<&[u8]>,
    known: impl Fn(&Kind) -> &[Bytes],
    part: impl Fn(&[u8]) -> Option<&[u8]>,
) {
    let mut all = WORLD.kinds.iter().flat_map(|kind| known(kind).iter());
    let ours = all.any(|known| part(&known.0) == said && said.is_some());
    for path in PATHS.iter() {
        for freshness in [Freshness::Current, Freshness::Later { now: WORLD.now }] {
            let verdict = judge_revocation(path, &[], &[evidence], freshness);
            let decided = |found: &Revocation| !matches!(found, Revocation::Unknown(_));
            let decides = verdict.certificates().iter().any(|(_, found)| decided(found));
            assert!(ours || !decides, "evidence that nobody signed: {verdict:?}");
            assert!(verdict.revocation() != Revocation::Good, "one piece speaks for two CAs");
        }
    }
}

/// What was signed of a response: `SEQUENCE { status, [0] { SEQUENCE { type, OCTET STRING } } }`,
/// and the basic response in it.
fn response_data(der: &[u8]) -> Option<&[u8]> {
    let (_, response, _) = split(der)?;
    let (_, _, after) = split(response)?;
    let (_, wrapped, _) = split(after)?;
    let (_, typed, _) = split(wrapped)?;
    let (_, _, after) = split(typed)?;
    let (_, basic, _) = split(after)?;
    signed_part(basic)
}

pub(crate) fn crl_seeds() -> Vec<Vec<u8>> {
    WORLD.kinds.iter().flat_map(|kind| kind.crls.iter().map(|der| der.0.clone())).collect()
}

pub(crate) fn ocsp_seeds() -> Vec<Vec<u8>> {
    WORLD.kinds.iter().flat_map(|kind| kind.responses.iter().map(|der| der.0.clone())).collect()
}
