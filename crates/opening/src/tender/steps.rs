//! The steps of an opening between the complete freeze and the record: a list, data of the tender
//! file (ADR-0017). The law's guards are not in it and no list can switch one off.

use serde::{Deserialize, Serialize};

use super::{Envelope, Template};
use crate::strict;

/// One step that a list may name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// 公布投标人名单.
    PublishBidders,
    /// 投标人身份和保证金检查: the host states what it found about each bidder.
    CheckBidders,
    /// 密封性检查.
    CheckSeals,
    /// 投标人解密: bidders unlock their own bids, where the custody policy asks for it (ADR-0020).
    BidderWindow,
    /// 公布最高投标限价, as the tender file has it.
    AnnounceCeiling,
    /// 解密, to the published prices.
    UnsealPrices,
    /// 唱标.
    ReadPrices,
    /// 开标记录.
    Record,
}

/// One entry of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedStep {
    /// The step.
    pub step: Step,
    /// Whether the host may leave it out.
    pub optional: bool,
}

/// The rule that a list of steps breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StepsError {
    /// Bidders are announced before their prices are unsealed.
    #[error("the bidders must be announced before the prices are unsealed")]
    Bidders,
    /// Without a ceiling price there is nothing to announce.
    #[error("the ceiling must be announced, and the tender has none")]
    Ceiling,
    /// Bidders are checked after they are announced and by people who do not know the prices yet.
    #[error("bidders are checked after they are announced and before the prices are unsealed")]
    Check,
    /// A step that the law asks for is not in the list.
    #[error("the step {0} is missing")]
    Missing(Step),
    /// A step that the law asks for may not be left out.
    #[error("the step {0} cannot be optional")]
    Optional(Step),
    /// Prices are read after they are unsealed.
    #[error("prices can be read only after they are unsealed")]
    Reading,
    /// The record is made of everything before it.
    #[error("the record must be the last step")]
    Record,
    /// Seals are checked before anything is opened (招标投标法 art. 36 ¶1).
    #[error("the seals must be checked before the prices are unsealed")]
    Seals,
    /// A step is listed twice.
    #[error("the step {0} is listed twice")]
    Twice(Step),
    /// Bidders unlock what was found sealed, before custodians open it; and only where the custody
    /// policy asks them to.
    #[error(
        "the step bidder-window belongs between check-seals and unseal-prices, and only to the policy \
         bidder-then-ceremony"
    )]
    Window,
}

impl StepsError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bidders => "E_TENDER_STEPS_BIDDERS",
            Self::Ceiling => "E_TENDER_STEPS_CEILING",
            Self::Check => "E_TENDER_STEPS_CHECK",
            Self::Missing(_) => "E_TENDER_STEPS_MISSING",
            Self::Optional(_) => "E_TENDER_STEPS_OPTIONAL",
            Self::Reading => "E_TENDER_STEPS_READING",
            Self::Record => "E_TENDER_STEPS_RECORD",
            Self::Seals => "E_TENDER_STEPS_SEALS",
            Self::Twice(_) => "E_TENDER_STEPS_TWICE",
            Self::Window => "E_TENDER_STEPS_WINDOW",
        }
    }
}

impl Step {
    /// All steps, in the order that is most common.
    pub const ALL: &'static [Self] = &[
        Self::PublishBidders,
        Self::CheckBidders,
        Self::CheckSeals,
        Self::BidderWindow,
        Self::AnnounceCeiling,
        Self::UnsealPrices,
        Self::ReadPrices,
        Self::Record,
    ];

    /// The name in a list.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublishBidders => "publish-bidders",
            Self::CheckBidders => "check-bidders",
            Self::CheckSeals => "check-seals",
            Self::BidderWindow => "bidder-window",
            Self::AnnounceCeiling => "announce-ceiling",
            Self::UnsealPrices => "unseal-prices",
            Self::ReadPrices => "read-prices",
            Self::Record => "record",
        }
    }

    /// The name in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::PublishBidders => ("公布投标人名单", "announce the bidders"),
            Self::CheckBidders => ("检查投标人身份和保证金", "check the bidders"),
            Self::CheckSeals => ("检查密封情况", "check the seals"),
            Self::BidderWindow => ("投标人解密", "bidders unlock their bids"),
            Self::AnnounceCeiling => ("公布最高投标限价", "announce the ceiling price"),
            Self::UnsealPrices => ("解密报价", "unseal the prices"),
            Self::ReadPrices => ("唱标", "read the prices"),
            Self::Record => ("生成开标记录", "make the opening record"),
        }
    }

    /// Whether every opening has this step: 招标投标法 art. 36 (seals, opening, reading, record).
    const fn is_duty(self) -> bool {
        !matches!(self, Self::BidderWindow | Self::CheckBidders | Self::AnnounceCeiling)
    }
}

impl core::fmt::Display for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl Template {
    /// All kinds of tender.
    pub const ALL: &'static [Self] = &[
        Self::CompetitiveConsultation,
        Self::GoodsServices,
        Self::GovernmentProcurement,
        Self::Prequalification,
        Self::ThreeEnvelope,
        Self::TwoEnvelope,
        Self::Works,
    ];

    /// The name in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::CompetitiveConsultation => ("竞争性磋商", "competitive consultation"),
            Self::GoodsServices => ("货物与服务", "goods and services"),
            Self::GovernmentProcurement => ("政府采购", "government procurement"),
            Self::Prequalification => ("资格预审", "prequalification"),
            Self::ThreeEnvelope => ("三信封", "three envelopes"),
            Self::TwoEnvelope => ("双信封", "two envelopes"),
            Self::Works => ("工程", "works"),
        }
    }

    /// The list that a draft of this kind of tender begins with. What counts is the list in the
    /// signed tender file.
    ///
    /// The committed files are read and checked by a test; an empty list would stand for the order of
    /// the first version.
    pub fn steps(self) -> Vec<ListedStep> {
        self.file().map_or_else(Vec::new, |file| file.steps)
    }

    /// The same list with the step in which bidders unlock their bids, after the seals were checked.
    pub fn steps_with_window(self) -> Vec<ListedStep> {
        let mut list = self.steps();
        let seals = list.iter().position(|listed| listed.step == Step::CheckSeals);
        if let Some(seals) = seals {
            list.insert(seals.saturating_add(1), duty(Step::BidderWindow));
        }
        list
    }

    /// The envelopes before the last that such a draft begins with.
    pub fn envelopes(self) -> Vec<Envelope> {
        self.file().map_or_else(Vec::new, |file| file.envelopes)
    }

    /// How many envelopes a bid has before the one with the prices.
    pub const fn earlier_envelopes(self) -> usize {
        match self {
            Self::CompetitiveConsultation
            | Self::GoodsServices
            | Self::GovernmentProcurement
            | Self::Prequalification
            | Self::Works => 0,
            Self::TwoEnvelope => 1,
            Self::ThreeEnvelope => 2,
        }
    }

    /// Whether bids of this kind name prices: applications do not, and of a consultation only its
    /// rounds.
    pub const fn names_prices(self, round: bool) -> bool {
        match self {
            Self::CompetitiveConsultation => round,
            Self::Prequalification => false,
            Self::GoodsServices
            | Self::GovernmentProcurement
            | Self::ThreeEnvelope
            | Self::TwoEnvelope
            | Self::Works => true,
        }
    }

    fn file(self) -> Option<TemplateFile> {
        let file = match self {
            Self::CompetitiveConsultation => {
                include_str!("../../templates/competitive-consultation.json")
            }
            Self::GoodsServices => include_str!("../../templates/goods-services.json"),
            Self::GovernmentProcurement => {
                include_str!("../../templates/government-procurement.json")
            }
            Self::Prequalification => include_str!("../../templates/prequalification.json"),
            Self::ThreeEnvelope => include_str!("../../templates/three-envelope.json"),
            Self::TwoEnvelope => include_str!("../../templates/two-envelope.json"),
            Self::Works => include_str!("../../templates/works.json"),
        };
        let read = strict::value(file.as_bytes(), file.len());
        let form: Option<TemplateFile> = read.and_then(strict::typed).ok();
        form.filter(|form| form.v == 1 && form.template == self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    v: u8,
    template: Template,
    steps: Vec<ListedStep>,
    #[serde(default)]
    envelopes: Vec<Envelope>,
}

/// The order of a tender file, or of a log, that names no steps.
pub(crate) const ORIGINAL_STEPS: &[ListedStep] = &[
    duty(Step::PublishBidders),
    duty(Step::CheckSeals),
    duty(Step::UnsealPrices),
    duty(Step::ReadPrices),
    duty(Step::Record),
];

const fn duty(step: Step) -> ListedStep {
    ListedStep { step, optional: false }
}

/// Checks a list, for readers of the tender file and of the log alike. None is fine.
///
/// `ceiling` and `window`: whether the tender has a ceiling price, and a bidder window.
pub(crate) fn check(list: &[ListedStep], ceiling: bool, window: bool) -> Result<(), StepsError> {
    if list.is_empty() {
        // The order of the first version has no bidder window.
        return if window { Err(StepsError::Missing(Step::BidderWindow)) } else { Ok(()) };
    }
    let place = |step: Step| list.iter().position(|listed| listed.step == step);
    for (index, listed) in list.iter().enumerate() {
        if place(listed.step) != Some(index) {
            return Err(StepsError::Twice(listed.step));
        }
        if listed.optional && (listed.step.is_duty() || listed.step == Step::BidderWindow) {
            return Err(StepsError::Optional(listed.step));
        }
        if listed.step == Step::AnnounceCeiling && !listed.optional && !ceiling {
            return Err(StepsError::Ceiling);
        }
    }
    if let Some(step) = Step::ALL.iter().find(|step| step.is_duty() && place(**step).is_none()) {
        return Err(StepsError::Missing(*step));
    }
    if window && place(Step::BidderWindow).is_none() {
        return Err(StepsError::Missing(Step::BidderWindow));
    }
    // All duties have a place by now; a place that is missing is before every other.
    let before = |one: Step, other: Step| place(one) < place(other);
    let checked = place(Step::CheckBidders).is_none()
        || (before(Step::PublishBidders, Step::CheckBidders)
            && before(Step::CheckBidders, Step::UnsealPrices));
    let windowed = place(Step::BidderWindow).is_none()
        || (window
            && before(Step::CheckSeals, Step::BidderWindow)
            && before(Step::BidderWindow, Step::UnsealPrices));
    // 招标投标法 art. 36 ¶1: seals are checked in public before anything is opened.
    let rules = [
        (before(Step::CheckSeals, Step::UnsealPrices), StepsError::Seals),
        (before(Step::PublishBidders, Step::UnsealPrices), StepsError::Bidders),
        (checked, StepsError::Check),
        (windowed, StepsError::Window),
        (before(Step::UnsealPrices, Step::ReadPrices), StepsError::Reading),
        (place(Step::Record) == Some(list.len().saturating_sub(1)), StepsError::Record),
    ];
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, error)| Err(error))
}
