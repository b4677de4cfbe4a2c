//! Login by a signed challenge.

use kaibiao_types::{LotId, OrgCode, Role, TenderId, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::{B64, Origin, RandomId};

/// What is signed to log in. It is good once, at one hall, for one lot, until it expires.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginStatement {
    /// Version of this format, 1.
    pub v: u8,
    /// Always `login`: no command has this kind, and a login never acts.
    pub kind: LoginKind,
    /// The hall. Whoever signs compares it with the address that was dialled.
    pub origin: Origin,
    /// The tender.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotId,
    /// Random, for this statement alone.
    pub nonce: RandomId,
    /// When the hall made it.
    pub at: UtcMillis,
    /// From then on it is void.
    pub expires: UtcMillis,
}

/// The word in [`LoginStatement`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginKind {
    /// `login`.
    Login,
}

/// Answer of `POST /lots/{t}/{l}/login/challenge`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswer {
    /// Exact bytes of a [`LoginStatement`].
    pub statement_b64: B64,
    /// By it the hall knows its own statements; it keeps none of them.
    pub ticket_b64: B64,
}

/// Body of `POST /lots/{t}/{l}/login`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginPost {
    /// The statement, as it came.
    pub statement_b64: B64,
    /// The ticket, as it came.
    pub ticket_b64: B64,
    /// Detached CMS over the statement, DER.
    pub cms_b64: B64,
    /// How the session is carried.
    pub carry: Carry,
}

/// How a session is carried.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// In a cookie that no script can read; for browsers.
    Cookie,
    /// In `Authorization: Bearer`; for programs.
    Bearer,
}

/// Who somebody is in a lot: answer of `POST …/login` and `GET …/me`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionAnswer {
    /// The role, from the tender file.
    pub role: Role,
    /// The organisation.
    pub code: OrgCode,
    /// Its name, from the certificate.
    pub name: String,
    /// When the session ends if it is not used before.
    pub idle_until: UtcMillis,
    /// When it ends in any case.
    pub expires: UtcMillis,
    /// The secret, once, to whoever logs in with [`Carry::Bearer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
