//! The words of the record for what is coded in it.

use kaibiao_opening::{Consequence, CustodyKind, Verdict};
use kaibiao_types::{Currency, Fault, Part};

/// Chinese, English.
pub(crate) type Pair = (&'static str, &'static str);

pub(crate) const fn custody(custody: CustodyKind) -> Pair {
    match custody {
        CustodyKind::Independent => ("各分持人相互独立", "custody = independent"),
        CustodyKind::SelfHeld => ("未声明相互独立", "custody = self"),
    }
}

pub(crate) const fn currency(currency: Currency) -> Pair {
    match currency {
        Currency::Cny => ("人民币元", "CNY"),
        Currency::Usd => ("美元", "USD"),
    }
}

pub(crate) const fn part(part: Part) -> Pair {
    match part {
        Part::Documents => ("文件", "documents"),
        Part::Price => ("报价", "price"),
        Part::Signals => ("信息", "signals"),
    }
}

pub(crate) const fn verdict(verdict: Verdict) -> Pair {
    match verdict {
        Verdict::BadFormat => ("已解密，格式不符", "unsealed, not of the form"),
        Verdict::NotOpened => ("解密失败", "not unsealed"),
        Verdict::Opened => ("解密成功", "unsealed"),
    }
}

pub(crate) const fn fault(fault: Fault) -> Pair {
    match fault {
        Fault::Bidder => ("投标人原因（撤销）", "caused by the bidder"),
        Fault::NotBidder => ("非投标人原因（撤回）", "not caused by the bidder"),
        Fault::Undetermined => ("原因待认定", "cause undetermined"),
    }
}

pub(crate) const fn consequence(decided: Option<Consequence>) -> Pair {
    match decided {
        None => ("经认定：暂不认定", "decided: left open"),
        Some(Consequence::Revoked) => ("经认定：投标人原因，视为撤销", "decided: revoked"),
        Some(Consequence::Withdrawn) => ("经认定：非投标人原因，视为撤回", "decided: withdrawn"),
    }
}
