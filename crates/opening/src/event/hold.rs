//! The data of the events that hold an opening or end it before its time, keys in the order in which
//! they are written.

use kaibiao_types::Role;
use serde::{Deserialize, Serialize};

data! {
    /// `opening-paused`.
    OpeningPaused {
        /// Why, by the closed list.
        reason: HoldReason,
        /// Why, in the words of whoever paused.
        text: String,
    }

    /// `measure-asked`.
    MeasureAsked {
        /// Number of the measure, gapless from 1.
        no: u32,
        /// What the host asks for.
        measure: Measure,
        /// Why, by the closed list.
        reason: HoldReason,
        /// Why, in the host's words.
        text: String,
    }

    /// `measure-taken`.
    MeasureTaken {
        /// The measure that was asked for.
        no: u32,
        /// What it is, repeated.
        measure: Measure,
    }
}

/// What host and supervisor only decide together.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// 中止: the opening is held until both resume or end it.
    Suspend,
    /// 恢复: a suspended opening goes on.
    Resume,
    /// 终止: the opening ends; what is sealed stays sealed.
    Terminate,
    /// 流标: the lot has failed; what is sealed stays sealed.
    Fail,
}

impl Measure {
    /// All measures.
    pub const ALL: &'static [Self] = &[Self::Suspend, Self::Resume, Self::Terminate, Self::Fail];

    /// The stable name, as in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Terminate => "terminate",
            Self::Fail => "fail",
        }
    }

    /// The measure of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|measure| measure.name() == name)
    }

    /// The name in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Suspend => ("中止", "suspension"),
            Self::Resume => ("恢复", "resumption"),
            Self::Terminate => ("终止", "termination"),
            Self::Fail => ("流标", "failed lot"),
        }
    }

    /// Whether it ends the opening.
    pub const fn ends(self) -> bool {
        matches!(self, Self::Terminate | Self::Fail)
    }
}

/// Why an opening is held, or ends before its time: a closed list.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// A program of the platform fails.
    System,
    /// The network fails.
    Network,
    /// The power fails.
    Power,
    /// The platform is attacked.
    Attack,
    /// What is sealed might leak.
    LeakRisk,
    /// A supervising authority orders it.
    AuthorityOrder,
    /// What is shown is not what a bidder says it sealed.
    DataDispute,
    /// Too few bids that can be considered.
    TooFewValid,
    /// Unlawful acts that touch the fairness of the tender.
    UnlawfulActs,
    /// Every price is above what can be paid.
    OverBudget,
    /// What is to be bought is not needed any more.
    Cancelled,
    /// Another reason, which the text tells.
    Other,
}

impl HoldReason {
    /// All reasons.
    pub const ALL: &'static [Self] = &[
        Self::System,
        Self::Network,
        Self::Power,
        Self::Attack,
        Self::LeakRisk,
        Self::AuthorityOrder,
        Self::DataDispute,
        Self::TooFewValid,
        Self::UnlawfulActs,
        Self::OverBudget,
        Self::Cancelled,
        Self::Other,
    ];

    /// The stable name, as in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Network => "network",
            Self::Power => "power",
            Self::Attack => "attack",
            Self::LeakRisk => "leak-risk",
            Self::AuthorityOrder => "authority-order",
            Self::DataDispute => "data-dispute",
            Self::TooFewValid => "too-few-valid",
            Self::UnlawfulActs => "unlawful-acts",
            Self::OverBudget => "over-budget",
            Self::Cancelled => "cancelled",
            Self::Other => "other",
        }
    }

    /// The reason of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }

    /// The reason in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::System => ("系统故障", "system failure"),
            Self::Network => ("网络故障", "network failure"),
            Self::Power => ("停电", "power failure"),
            Self::Attack => ("遭受攻击", "attack"),
            Self::LeakRisk => ("泄密风险", "risk of a leak"),
            Self::AuthorityOrder => ("主管部门要求", "order of an authority"),
            Self::DataDispute => ("数据争议", "dispute about the data shown"),
            Self::TooFewValid => ("有效投标不足", "too few valid bids"),
            Self::UnlawfulActs => ("影响公正的违法行为", "unlawful acts that touch fairness"),
            Self::OverBudget => ("报价均超预算", "every price above the budget"),
            Self::Cancelled => ("采购任务取消", "procurement cancelled"),
            Self::Other => ("其他", "other"),
        }
    }

    /// The article that names the case; `None` where a site's own emergency rules do.
    pub const fn article(self) -> Option<&'static str> {
        match self {
            Self::AuthorityOrder => Some("招标投标法实施条例 art. 62"),
            Self::TooFewValid | Self::UnlawfulActs | Self::OverBudget | Self::Cancelled => {
                Some("政府采购法 art. 36")
            }
            Self::System
            | Self::Network
            | Self::Power
            | Self::Attack
            | Self::LeakRisk
            | Self::DataDispute
            | Self::Other => None,
        }
    }
}

/// Whose word ends a hold.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// 暂停 by the host.
    Host,
    /// 暂停 by the supervisor, who may order a stop (条例 art. 62).
    Supervisor,
    /// 中止 by host and supervisor together.
    Both,
}

impl Holder {
    /// Who pauses in this role.
    pub(crate) const fn of(role: Role) -> Self {
        if matches!(role, Role::Supervisor) { Self::Supervisor } else { Self::Host }
    }

    /// What the hold is called and whose it is, in Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Host => ("主持人暂停", "paused by the host"),
            Self::Supervisor => ("监督人暂停", "paused by the supervisor"),
            Self::Both => ("主持人和监督人中止", "suspended by host and supervisor"),
        }
    }
}
