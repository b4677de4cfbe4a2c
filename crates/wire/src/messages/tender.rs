//! Drafts and tender files.

use kaibiao_types::{Digest, Party};
use serde::{Deserialize, Serialize};

use crate::{B64, RawJson};

/// `POST /lots`: the host's signed draft starts the ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotsPost {
    /// The exact draft.
    pub draft_b64: B64,
    /// The host's CMS over it, DER.
    pub cms_b64: B64,
}

/// `GET /lots/{t}/{l}/draft`: what custodians need for the ceremony, and the host for the tender file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftAnswer {
    /// The exact draft.
    pub draft_b64: B64,
    /// The host's CMS over it, DER.
    pub cms_b64: B64,
    /// 32 random bytes of the hall that make the ceremony's session unique, 64 hexadecimal digits.
    pub session: Digest,
    /// Origin line of the opening log.
    pub log_origin: String,
    /// C2SP verifier key of the opening log.
    pub log_vkey: String,
    /// The organisation of the hall.
    pub hall: Party,
    /// Certificates of the hall, leaf first, PEM.
    pub hall_cert_pem: String,
}

/// `POST /lots/{t}/{l}/publish`: the host's signed tender file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishPost {
    /// The exact tender file.
    pub tender_b64: B64,
    /// The host's CMS over it, DER.
    pub cms_b64: B64,
}

/// `GET /lots/{t}/{l}/tender`: all that sealing and verifying needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenderAnswer {
    /// The exact tender file.
    pub tender_b64: B64,
    /// The host's CMS over it, DER.
    pub cms_b64: B64,
    /// The exact draft.
    pub draft_b64: B64,
    /// The host's CMS over the draft, DER.
    pub draft_cms_b64: B64,
    /// The bundle of `GET /lots/{t}/{l}/ceremony`, for `CeremonyBundle::parse` of crate `ceremony`.
    pub ceremony: RawJson,
    /// The exact trust list; a client compares it with its own.
    pub trust_b64: B64,
}
