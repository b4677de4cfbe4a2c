//! Who may act in an opening.

use serde::{Deserialize, Serialize};

/// The part a person or program plays in one opening (glossary: 主持人, 监标人, 投标人, 密钥分持人, 公众).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 主持人: the tenderee's or its agency's presider.
    Host,
    /// 监标人 / 监督: oversees, approves what needs a second person.
    Supervisor,
    /// 投标人 / 供应商.
    Bidder,
    /// 密钥分持人: holds one share of the ceremony key.
    Custodian,
    /// The program that takes bids in and keeps the log.
    Hall,
    /// 公众 / 游客: sees, never acts.
    Spectator,
}
