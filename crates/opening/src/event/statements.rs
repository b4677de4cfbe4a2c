//! The data of who signs in, and of what the host states about bidders and ceiling, keys in the order in which they are
//! written.

use kaibiao_types::{Digest, Money, OrgCode, Party};
use serde::{Deserialize, Serialize};

data! {
    /// Who acts for a bidder (授权委托人), as the bidder says when it signs in.
    Agent {
        /// The name, for everybody to see.
        name: String,
        /// SHA-256 of the authorisation letter (授权委托书); the letter stays with the bidder.
        letter_sha256: Digest,
        /// Salted digest of what tells more of the person (numbers of ids and phones), which nobody
        /// can guess back (ruling 24); `null` if the bidder gives none.
        person: Option<Digest>,
    }

    /// `emergency-signed-in`: 紧急签到, by the host for a bidder whose device fails.
    EmergencySignedIn {
        /// The bidder.
        bidder: Party,
        /// Why it did not sign in itself.
        reason: String,
    }

    /// `bidder-checked`: what the host found about one bidder. It stops nobody.
    BidderChecked {
        /// The bidder.
        bidder: OrgCode,
        /// Whether those who act for the bidder are who the bid says.
        identity: IdentityState,
        /// The bid bond (投标保证金).
        bond: BondState,
        /// Why, where the finding is not plain; `null` only with `fits` and a bond that is `paid`,
        /// `guarantee` or `not-required`.
        reason: Option<String>,
    }

    /// `ceiling-announced`: the ceiling of the signed tender file, said again in the room.
    CeilingAnnounced {
        /// 最高投标限价.
        ceiling: Money,
        /// 大写.
        capital: String,
    }
}

/// 身份检查.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityState {
    /// 符合.
    Fits,
    /// 不符合.
    DoesNotFit,
}

/// 保证金.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BondState {
    /// 已缴纳.
    Paid,
    /// 保函.
    Guarantee,
    /// 未缴纳.
    Unpaid,
    /// 未能核实: allowed, and nobody is kept out for it.
    Unknown,
    /// 不要求.
    NotRequired,
}

impl BidderChecked {
    /// A finding against a bidder, or an open one, says why: never a silent refusal.
    pub fn is_explained(&self) -> bool {
        let plain = self.identity == IdentityState::Fits
            && !matches!(self.bond, BondState::Unpaid | BondState::Unknown);
        plain || self.reason.is_some()
    }
}

impl IdentityState {
    /// The state in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Fits => ("符合", "fits"),
            Self::DoesNotFit => ("不符合", "does not fit"),
        }
    }
}

impl BondState {
    /// The state in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Paid => ("已缴纳", "paid"),
            Self::Guarantee => ("保函", "guarantee"),
            Self::Unpaid => ("未缴纳", "unpaid"),
            Self::Unknown => ("未能核实", "unknown"),
            Self::NotRequired => ("不要求", "not required"),
        }
    }
}
