//! The phases of an opening.

/// Where an opening stands. The price track only; documents are unsealed beside it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Phase {
    /// The log is empty.
    Unpublished,
    /// Bids are taken in.
    Receiving,
    /// The deadline has passed and the closing head is cosigned.
    IntakeClosed,
    /// The set is frozen and custodians sign it.
    Freezing,
    /// Fewer than the quorum signed: public notice and two approvals (ruling 11).
    DegradedNotice,
    /// The freeze is complete and has too few bidders: only the failure may follow.
    TooFew,
    /// 流标: too few bidders, or so decided by host and supervisor; only signed journals and the
    /// destruction of shares follow. What is sealed stays sealed.
    Failed,
    /// The freeze is complete.
    Ready,
    /// The bidders are announced.
    BiddersPublished,
    /// The seals are checked.
    SealsChecked,
    /// Custodians release the partials of the price part.
    UnsealingPrices,
    /// All prices are published, none is read.
    Published,
    /// Prices are being read.
    Reading,
    /// All prices are read.
    Read,
    /// The opening record exists.
    RecordGenerated,
    /// The opening of one envelope is over and evaluated; another envelope follows.
    Adjourned,
    /// The opening is over; only signed journals, the destruction of shares and, where the tender file
    /// has such a session, the result of the evaluation follow.
    Closed,
    /// 终止: ended before its time by host and supervisor, as final as [`Phase::Failed`].
    Terminated,
}

impl Phase {
    /// All phases.
    pub const ALL: &'static [Self] = &[
        Self::Unpublished,
        Self::Receiving,
        Self::IntakeClosed,
        Self::Freezing,
        Self::DegradedNotice,
        Self::TooFew,
        Self::Failed,
        Self::Ready,
        Self::BiddersPublished,
        Self::SealsChecked,
        Self::UnsealingPrices,
        Self::Published,
        Self::Reading,
        Self::Read,
        Self::RecordGenerated,
        Self::Adjourned,
        Self::Closed,
        Self::Terminated,
    ];

    /// The stable name, as in the lot's status.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unpublished => "unpublished",
            Self::Receiving => "receiving",
            Self::IntakeClosed => "intake-closed",
            Self::Freezing => "freezing",
            Self::DegradedNotice => "degraded-notice",
            Self::TooFew => "too-few",
            Self::Failed => "failed",
            Self::Ready => "ready",
            Self::BiddersPublished => "bidders-published",
            Self::SealsChecked => "seals-checked",
            Self::UnsealingPrices => "unsealing-prices",
            Self::Published => "published",
            Self::Reading => "reading",
            Self::Read => "read",
            Self::RecordGenerated => "record-generated",
            Self::Adjourned => "adjourned",
            Self::Closed => "closed",
            Self::Terminated => "terminated",
        }
    }

    /// The name in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unpublished => ("未发布", "not published"),
            Self::Receiving => ("接收投标文件", "receiving bids"),
            Self::IntakeClosed => ("投标截止", "intake closed"),
            Self::Freezing => ("密钥分持人签署封存清单", "custodians sign the frozen set"),
            Self::DegradedNotice => ("降级封存公示", "notice of a degraded freeze"),
            Self::TooFew => ("投标人不足，待终止", "too few bidders, about to fail"),
            Self::Failed => ("流标", "failed"),
            Self::Ready => ("封存完成", "frozen set complete"),
            Self::BiddersPublished => ("投标人名单已公布", "bidders announced"),
            Self::SealsChecked => ("密封性已检查", "seals checked"),
            Self::UnsealingPrices => ("报价解密", "unsealing prices"),
            Self::Published => ("报价已公布", "prices published"),
            Self::Reading => ("唱标", "reading prices"),
            Self::Read => ("唱标结束", "all prices read"),
            Self::RecordGenerated => ("开标记录已生成", "record made"),
            Self::Adjourned => ("本信封开标结束，待复会", "adjourned to the next envelope"),
            Self::Closed => ("开标结束", "closed"),
            Self::Terminated => ("终止", "terminated"),
        }
    }

    /// Whether the opening is over: no step of it may follow.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Closed | Self::Terminated)
    }

    /// Whether the freeze is complete and no price is being unsealed yet.
    pub(crate) const fn before_prices(self) -> bool {
        matches!(self, Self::Ready | Self::BiddersPublished | Self::SealsChecked)
    }

    /// Whether the freeze is complete and there is no record yet.
    pub(crate) const fn is_opening(self) -> bool {
        self.before_prices()
            || matches!(self, Self::UnsealingPrices | Self::Published | Self::Reading | Self::Read)
    }

    /// Whether prices are public and the opening is not over.
    pub const fn prices_public(self) -> bool {
        matches!(self, Self::Published | Self::Reading | Self::Read | Self::RecordGenerated)
    }
}

impl core::fmt::Display for Phase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
