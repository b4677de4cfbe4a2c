//! The outage rule (ruling 12, ADR-0019): what follows when the hall was away before the deadline.

use kaibiao_types::Millis;
use serde::{Deserialize, Serialize};

use super::{TenderError, TickRule, span_is_valid};

/// When a deadline is postponed by itself: custodians were without a new head of the log for
/// `silent_ms`, all of it within the last `within_ms` before the deadline.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageRule {
    /// Only silence within this span before the deadline counts.
    pub within_ms: Millis,
    /// The silence that k custodians have to attest together.
    pub silent_ms: Millis,
    /// The new deadline is this much after the present one, or after the hall is back if that is later.
    pub postpone_by_ms: Millis,
}

impl OutageRule {
    /// Whether the spans keep their limits, also for readers of the log who have no tender file.
    pub(crate) fn is_valid(&self) -> bool {
        let spans = [self.within_ms, self.silent_ms, self.postpone_by_ms];
        spans.into_iter().all(span_is_valid) && self.silent_ms <= self.within_ms
    }
}

/// A hall that ticks as its schedule says must not look like one that is away: the silence is at least
/// two spans of every tick rule that applies within the rule's reach.
pub(super) fn check(rule: &OutageRule, ticks: &[TickRule]) -> Result<(), TenderError> {
    if !rule.is_valid() {
        return Err(TenderError::Span("outage"));
    }
    let nearer = |tick: &&TickRule| tick.within_ms.is_some_and(|within| within < rule.within_ms);
    let count = ticks.iter().take_while(nearer).count().saturating_add(1);
    let seen = |tick: &TickRule| tick.every_ms.get().saturating_mul(2) <= rule.silent_ms.get();
    if ticks.iter().take(count).all(seen) { Ok(()) } else { Err(TenderError::OutageTicks) }
}
