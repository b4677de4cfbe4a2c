//! Drafts and tender files.

use kaibiao_types::{Digest, Party};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{B64, RawJson, schema};

/// `POST /lots`: the host's signed draft starts the ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotsPost {
    /// The exact draft.
    #[schema(value_type = schema::B64)]
    pub draft_b64: B64,
    /// The host's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `GET /lots/{t}/{l}/draft`: what custodians need for the ceremony, and the host for the tender file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftAnswer {
    /// The exact draft.
    #[schema(value_type = schema::B64)]
    pub draft_b64: B64,
    /// The host's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
    /// 32 random bytes of the hall that make the ceremony's session unique, 64 hexadecimal digits.
    #[schema(value_type = schema::Digest)]
    pub session: Digest,
    /// Origin line of the opening log.
    pub log_origin: String,
    /// C2SP verifier key of the opening log.
    pub log_vkey: String,
    /// The organisation of the hall.
    #[schema(value_type = schema::Party)]
    pub hall: Party,
    /// Certificates of the hall, leaf first, PEM.
    pub hall_cert_pem: String,
}

/// `POST /lots/{t}/{l}/publish`: the host's signed tender file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishPost {
    /// The exact tender file.
    #[schema(value_type = schema::B64)]
    pub tender_b64: B64,
    /// The host's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `GET /lots/{t}/{l}/tender`: all that sealing and verifying needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderAnswer {
    /// The exact tender file.
    #[schema(value_type = schema::B64)]
    pub tender_b64: B64,
    /// The host's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
    /// The exact draft.
    #[schema(value_type = schema::B64)]
    pub draft_b64: B64,
    /// The host's CMS over the draft, DER.
    #[schema(value_type = schema::B64)]
    pub draft_cms_b64: B64,
    /// The bundle of `GET /lots/{t}/{l}/ceremony`, for `CeremonyBundle::parse` of crate `ceremony`.
    #[schema(value_type = schema::RawJson)]
    pub ceremony: RawJson,
    /// The exact trust list; a client compares it with its own.
    #[schema(value_type = schema::B64)]
    pub trust_b64: B64,
}
