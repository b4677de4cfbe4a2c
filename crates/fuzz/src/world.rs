//! CAs and signers with keys of all algorithms, made once: what certificates, signatures, CRLs, OCSP
//! responses, time stamps and evidence records are judged against. The tests of `kaibiao-pki` make
//! `fixtures/fuzz/pki.json` and check that all of it is good.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::tsp::Request;
use kaibiao_pki::{Certificate, TrustList, Usage, VerifiedCert, verify_chain};
use kaibiao_types::UtcMillis;
use serde::Deserialize;

/// Octets, as base64 in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

/// One chain of three with what its keys signed.
#[derive(Debug, Deserialize)]
pub(crate) struct Kind {
    pub(crate) root: Bytes,
    pub(crate) issuing: Bytes,
    pub(crate) signer: Bytes,
    /// Signatures over [`World::content`], without and with a time stamp.
    pub(crate) signatures: Vec<Bytes>,
    /// Of the root and of the issuing CA, without and with the signer.
    pub(crate) crls: Vec<Bytes>,
    /// By the issuing CA and by a responder of its.
    pub(crate) responses: Vec<Bytes>,
}

/// `fixtures/fuzz/pki.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct World {
    /// When everything was signed.
    pub(crate) at: UtcMillis,
    /// When it is judged.
    pub(crate) now: UtcMillis,
    pub(crate) trust: Bytes,
    pub(crate) content: Bytes,
    pub(crate) kinds: Vec<Kind>,
    /// A request of a time stamp and the answer to it.
    pub(crate) request: Bytes,
    pub(crate) response: Bytes,
    /// Digests of objects, and evidence records over them: new, and renewed.
    pub(crate) digests: Vec<Bytes>,
    pub(crate) records: Vec<Bytes>,
    /// Certificates one after another: the one a path is looked for, then the others.
    pub(crate) pools: Vec<Bytes>,
}

/// The file, read.
#[expect(clippy::expect_used, reason = "without its world no target can judge anything")]
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| {
    let path = kaibiao_testkit::fixtures().join("fuzz/pki.json");
    let bytes = std::fs::read(path).expect("the file of the world is read");
    serde_json::from_slice(&bytes).expect("it is of its form")
});

/// Its trust list.
#[expect(clippy::expect_used, reason = "as above")]
pub(crate) static TRUST: LazyLock<TrustList> =
    LazyLock::new(|| TrustList::parse(&WORLD.trust.0).expect("its trust list is read"));

/// The verified path of each kind.
#[expect(clippy::expect_used, reason = "as above")]
pub(crate) static PATHS: LazyLock<Vec<VerifiedCert>> = LazyLock::new(|| {
    let path = |kind: &Kind| {
        let read = |der: &Bytes| Certificate::from_der(&der.0).expect("its certificates are read");
        let pool = [read(&kind.issuing)];
        verify_chain(&read(&kind.signer), &pool, &TRUST, WORLD.at, Usage::Sign)
            .expect("its paths are valid")
    };
    WORLD.kinds.iter().map(path).collect()
});

/// Its request.
#[expect(clippy::expect_used, reason = "as above")]
pub(crate) static REQUEST: LazyLock<Request> =
    LazyLock::new(|| Request::from_der(&WORLD.request.0).expect("its request is read"));

impl World {
    /// Whether some certificate of the world has the signed part of this one.
    pub(crate) fn issued(&self, certificate: &[u8]) -> bool {
        let all = self.kinds.iter().flat_map(|kind| [&kind.root, &kind.issuing, &kind.signer]);
        all.into_iter().any(|known| signed_part(&known.0) == signed_part(certificate))
    }
}

/// The first value in a SEQUENCE: of a certificate, a CRL or a basic OCSP response, what was signed.
pub(crate) fn signed_part(der: &[u8]) -> Option<&[u8]> {
    let (_, inside, _) = split(der)?;
    let (first, _, _) = split(inside)?;
    Some(first)
}

/// The first value as a whole, its content, and what follows.
pub(crate) fn split(der: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let [_, first, rest @ ..] = der else { return None };
    let (octets, rest) = match first {
        0..=0x7f => (std::slice::from_ref(first), rest),
        0x81..=0x84 => rest.split_at_checked(usize::from(first & 0x7f))?,
        _ => return None,
    };
    let length = octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    let (content, after) = rest.split_at_checked(length)?;
    let whole = der.get(..der.len() - after.len())?;
    Some((whole, content, after))
}
