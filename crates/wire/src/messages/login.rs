//! Login by a signed challenge.

use kaibiao_types::{LotId, OrgCode, Role, TenderId, UtcMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{B64, Origin, RandomId, schema};

/// What is signed to log in. It is good once, at one hall, for one lot, until it expires.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginStatement {
    /// Version of this format, 1.
    pub v: u8,
    /// Always `login`: no command has this kind, and a login never acts.
    pub kind: LoginKind,
    /// The hall. Whoever signs compares it with the address that was dialled.
    #[schema(value_type = schema::Origin)]
    pub origin: Origin,
    /// The tender.
    #[schema(value_type = schema::TenderId)]
    pub tender: TenderId,
    /// The lot.
    #[schema(value_type = schema::LotId)]
    pub lot: LotId,
    /// Random, for this statement alone.
    #[schema(value_type = schema::RandomId)]
    pub nonce: RandomId,
    /// When the hall made it.
    #[schema(value_type = schema::UtcMillis)]
    pub at: UtcMillis,
    /// From then on it is void.
    #[schema(value_type = schema::UtcMillis)]
    pub expires: UtcMillis,
}

/// The word in [`LoginStatement`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoginKind {
    /// `login`.
    Login,
}

/// Answer of `POST /lots/{t}/{l}/login/challenge`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswer {
    /// Exact bytes of a [`LoginStatement`].
    #[schema(value_type = schema::B64)]
    pub statement_b64: B64,
    /// By it the hall knows its own statements; it keeps none of them.
    #[schema(value_type = schema::B64)]
    pub ticket_b64: B64,
}

/// Body of `POST /lots/{t}/{l}/login`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginPost {
    /// The statement, as it came.
    #[schema(value_type = schema::B64)]
    pub statement_b64: B64,
    /// The ticket, as it came.
    #[schema(value_type = schema::B64)]
    pub ticket_b64: B64,
    /// Detached CMS over the statement, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
    /// How the session is carried.
    pub carry: Carry,
}

/// How a session is carried.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// In a cookie that no script can read; for browsers.
    Cookie,
    /// In `Authorization: Bearer`; for programs.
    Bearer,
}

/// Who somebody is in a lot: answer of `POST …/login` and `GET …/me`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionAnswer {
    /// The role, from the tender file.
    #[schema(value_type = schema::Role)]
    pub role: Role,
    /// The organisation.
    #[schema(value_type = schema::OrgCode)]
    pub code: OrgCode,
    /// Its name, from the certificate.
    pub name: String,
    /// When the session ends if it is not used before.
    #[schema(value_type = schema::UtcMillis)]
    pub idle_until: UtcMillis,
    /// When it ends in any case.
    #[schema(value_type = schema::UtcMillis)]
    pub expires: UtcMillis,
    /// The secret, once, to whoever logs in with [`Carry::Bearer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
