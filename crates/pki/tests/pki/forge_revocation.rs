//! Makes CRLs and OCSP responses with any fault one may want, independently of the crate.

use crate::forge::*;

pub(crate) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
pub(crate) const REASON: &[u8] = &[0x55, 0x1d, 21];
pub(crate) const INVALIDITY: &[u8] = &[0x55, 0x1d, 24];
pub(crate) const DELTA: &[u8] = &[0x55, 0x1d, 27];
pub(crate) const ISSUING_POINT: &[u8] = &[0x55, 0x1d, 28];
pub(crate) const FRESHEST: &[u8] = &[0x55, 0x1d, 46];
pub(crate) const EXPIRED_ON_CRL: &[u8] = &[0x55, 0x1d, 60];
pub(crate) const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];
pub(crate) const NO_CHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5];

/// `YYYYMMDDHHMMSSZ`.
pub(crate) fn long_time(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

/// One line of a CRL: serial number, `YYMMDDHHMMSSZ`, extensions.
#[derive(Clone)]
pub(crate) struct Line(pub(crate) Vec<u8>, pub(crate) &'static str, pub(crate) Vec<Extension>);

pub(crate) fn reason(code: u8) -> Extension {
    extension(REASON, false, vec![10, 1, code])
}

pub(crate) fn invalidity(time: &str) -> Extension {
    extension(INVALIDITY, false, long_time(time))
}

/// Everything in a CRL, ready to be changed.
#[derive(Clone)]
pub(crate) struct CrlSpec {
    pub(crate) version: Option<u8>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) this_update: &'static str,
    pub(crate) next_update: Option<&'static str>,
    pub(crate) lines: Vec<Line>,
    pub(crate) extensions: Vec<Extension>,
}

impl CrlSpec {
    /// Of 2 July 2026, a day after the certificates are judged; nothing on it.
    pub(crate) fn new(issuer: &str, key: &Key) -> Self {
        Self {
            version: Some(1),
            algorithm: key.algorithm(),
            issuer: common_name(issuer),
            this_update: "260702000000Z",
            next_update: Some("260709000000Z"),
            lines: vec![],
            extensions: vec![extension(CRL_NUMBER, false, vec![2, 1, 7])],
        }
    }

    pub(crate) fn der(&self, key: &Key) -> Vec<u8> {
        let lines: Vec<_> = self
            .lines
            .iter()
            .map(|Line(serial, time, extensions)| {
                let list = if extensions.is_empty() { vec![] } else { list(extensions) };
                seq(&[tlv(2, serial), tlv(0x17, time.as_bytes()), list])
            })
            .collect();
        let tbs = seq(&[
            self.version.map(|version| tlv(2, &[version])).unwrap_or_default(),
            self.algorithm.clone(),
            self.issuer.clone(),
            tlv(0x17, self.this_update.as_bytes()),
            self.next_update.map(|next| tlv(0x17, next.as_bytes())).unwrap_or_default(),
            if lines.is_empty() { vec![] } else { seq(&lines) },
            if self.extensions.is_empty() { vec![] } else { tlv(0xa0, &list(&self.extensions)) },
        ]);
        let bits = [vec![0], key.sign(&tbs)].concat();
        seq(&[tbs, self.algorithm.clone(), tlv(3, &bits)])
    }
}

fn list(extensions: &[Extension]) -> Vec<u8> {
    let parts: Vec<_> = extensions
        .iter()
        .map(|e| {
            let critical = if e.critical { vec![1, 1, 0xff] } else { vec![] };
            seq(&[oid(&e.oid), critical, tlv(4, &e.value)])
        })
        .collect();
    seq(&parts)
}

/// The octets of the key itself in a `SubjectPublicKeyInfo`.
fn key_bits(spki: &[u8]) -> &[u8] {
    let header = |tlv: &[u8]| 2 + if tlv[1] < 0x80 { 0 } else { usize::from(tlv[1] & 0x7f) };
    let algorithm = &spki[header(spki)..];
    let bits = &algorithm[2 + usize::from(algorithm[1])..];
    &bits[header(bits) + 1..]
}

/// Everything in an OCSP response, ready to be changed.
#[derive(Clone)]
pub(crate) struct OcspSpec {
    pub(crate) response_status: u8,
    pub(crate) algorithm: Vec<u8>,
    /// The CHOICE `ResponderID`.
    pub(crate) responder: Vec<u8>,
    pub(crate) produced_at: &'static str,
    pub(crate) issuer_name: Vec<u8>,
    /// The issuer's key.
    pub(crate) issuer_spki: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    /// The CHOICE `CertStatus`.
    pub(crate) status: Vec<u8>,
    pub(crate) this_update: &'static str,
    pub(crate) next_update: Option<&'static str>,
    pub(crate) single_extensions: Vec<Extension>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) certificates: Vec<Vec<u8>>,
}

impl OcspSpec {
    /// The issuing CA of the world answers on the signer: good, on 2 July 2026.
    pub(crate) fn new(world: &World) -> Self {
        Self {
            response_status: 0,
            algorithm: world.issuing_key.algorithm(),
            responder: tlv(0xa1, &common_name("Issuing")),
            produced_at: "20260702000000Z",
            issuer_name: common_name("Issuing"),
            issuer_spki: world.issuing_key.spki(),
            serial: world.leaf.serial.clone(),
            status: vec![0x80, 0],
            this_update: "20260702000000Z",
            next_update: Some("20260703000000Z"),
            single_extensions: vec![],
            extensions: vec![],
            certificates: vec![],
        }
    }

    pub(crate) fn der(&self, key: &Key) -> Vec<u8> {
        let id = seq(&[
            SHA256.to_vec(),
            tlv(4, &sha256(&self.issuer_name)),
            tlv(4, &sha256(key_bits(&self.issuer_spki))),
            tlv(2, &self.serial),
        ]);
        let wrapped = |extensions: &[Extension]| {
            if extensions.is_empty() { vec![] } else { tlv(0xa1, &list(extensions)) }
        };
        let single = seq(&[
            id,
            self.status.clone(),
            long_time(self.this_update),
            self.next_update.map(|next| tlv(0xa0, &long_time(next))).unwrap_or_default(),
            wrapped(&self.single_extensions),
        ]);
        let tbs = seq(&[
            self.responder.clone(),
            long_time(self.produced_at),
            seq(&[single]),
            wrapped(&self.extensions),
        ]);
        let bits = tlv(3, &[vec![0], key.sign(&tbs)].concat());
        let certificates =
            if self.certificates.is_empty() { vec![] } else { tlv(0xa0, &seq(&self.certificates)) };
        let basic = seq(&[tbs, self.algorithm.clone(), bits, certificates]);
        let kind = oid(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]);
        seq(&[vec![10, 1, self.response_status], tlv(0xa0, &seq(&[kind, tlv(4, &basic)]))])
    }
}
