//! When the hall ticks: instants fixed by the tender file, so that they tell nothing (ruling 7).

use kaibiao_types::{Millis, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::limits::SCHEDULE_RULES_MAX;

/// One rule: how often the hall ticks while at most `within_ms` remain until the deadline.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TickRule {
    /// The longest time left for which the rule holds; `null` is any time.
    #[serde(deserialize_with = "Option::deserialize")]
    pub within_ms: Option<Millis>,
    /// Milliseconds from tick to tick, counted back from the deadline.
    pub every_ms: Millis,
}

/// The rules of a tender, narrowest first; the last one holds at any time.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TickRule>", into = "Vec<TickRule>")]
pub struct TickSchedule(Vec<TickRule>);

/// Why rules are not a schedule.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// The last rule, and only the last, has no `within_ms`.
    #[error("the last rule of a tick schedule, and no other, holds at any time")]
    Last,
    /// `within_ms` does not grow from rule to rule.
    #[error("the spans of a tick schedule grow from rule to rule")]
    Order,
    /// `every_ms` is zero.
    #[error("a tick schedule with ticks zero milliseconds apart")]
    Zero,
    /// More than [`SCHEDULE_RULES_MAX`] rules.
    #[error("a tick schedule of {0} rules is too long")]
    TooMany(usize),
}

impl ScheduleError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Last => "schedule-last",
            Self::Order => "schedule-order",
            Self::Zero => "schedule-zero",
            Self::TooMany(_) => "schedule-too-many",
        }
    }
}

impl TickSchedule {
    /// Checks rules.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`].
    pub fn new(rules: Vec<TickRule>) -> Result<Self, ScheduleError> {
        if rules.len() > SCHEDULE_RULES_MAX {
            return Err(ScheduleError::TooMany(rules.len()));
        }
        let Some((last, others)) = rules.split_last() else {
            return Err(ScheduleError::Last);
        };
        if last.within_ms.is_some() || others.iter().any(|rule| rule.within_ms.is_none()) {
            return Err(ScheduleError::Last);
        }
        if !others.iter().map(|rule| rule.within_ms).is_sorted_by(|a, b| a < b) {
            return Err(ScheduleError::Order);
        }
        if rules.iter().any(|rule| rule.every_ms == Millis::ZERO) {
            return Err(ScheduleError::Zero);
        }
        Ok(Self(rules))
    }

    /// Hourly; every minute in the last day; every second in the last ten minutes (ruling 7).
    pub fn standard() -> Self {
        let rule = |within: Option<u32>, every| TickRule {
            within_ms: within.map(Millis::from_secs),
            every_ms: Millis::from_secs(every),
        };
        Self(vec![rule(Some(600), 1), rule(Some(86_400), 60), rule(None, 3_600)])
    }

    /// The rules, narrowest first.
    pub fn rules(&self) -> &[TickRule] {
        &self.0
    }

    /// The first tick instant strictly after `now`; `None` from the deadline on.
    ///
    /// An instant is a tick instant if the time it leaves until the deadline is a multiple of
    /// `every_ms` of the first rule whose `within_ms` is not below that time. The deadline itself
    /// always is one: the last.
    pub fn next(&self, now: UtcMillis, deadline: UtcMillis) -> Option<UtcMillis> {
        // The most time the next instant may leave.
        let most = deadline.since(now)?.get().checked_sub(1)?;
        let mut upper: Vec<u64> =
            self.0.iter().map(|rule| rule.within_ms.map_or(u64::MAX, Millis::get)).collect();
        let mut left = 0;
        while let Some(high) = upper.pop() {
            // The rule holds while `low <= left <= high`.
            let low = upper.last().map_or(0, |narrower| narrower.saturating_add(1));
            let every = self.0.get(upper.len())?.every_ms.get();
            let top = most.min(high);
            let found = top - top.checked_rem(every)?;
            if found >= low {
                left = found;
                break;
            }
        }
        Some(deadline.minus(Millis::new(left).ok()?))
    }
}

impl TryFrom<Vec<TickRule>> for TickSchedule {
    type Error = ScheduleError;
    fn try_from(rules: Vec<TickRule>) -> Result<Self, ScheduleError> {
        Self::new(rules)
    }
}

impl From<TickSchedule> for Vec<TickRule> {
    fn from(schedule: TickSchedule) -> Self {
        schedule.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_800_000_000_000;

    fn at(millis: u64) -> UtcMillis {
        UtcMillis::new(millis).unwrap()
    }

    fn next(schedule: &TickSchedule, left: u64) -> Option<u64> {
        schedule.next(at(T - left), at(T)).map(|tick| T - tick.get())
    }

    #[test]
    fn the_standard_schedule() {
        let schedule = TickSchedule::standard();
        let (day, hour, minute) = (86_400_000, 3_600_000, 60_000);
        assert_eq!(next(&schedule, 30 * day), Some(30 * day - hour));
        assert_eq!(next(&schedule, 30 * day + 1), Some(30 * day));
        assert_eq!(next(&schedule, day + 1), Some(day));
        assert_eq!(next(&schedule, day), Some(day - minute));
        assert_eq!(next(&schedule, 10 * minute + 1), Some(10 * minute));
        assert_eq!(next(&schedule, 10 * minute), Some(10 * minute - 1_000));
        assert_eq!(next(&schedule, 1_000), Some(0));
        assert_eq!(next(&schedule, 1), Some(0));
    }

    #[test]
    fn no_tick_from_the_deadline_on() {
        let schedule = TickSchedule::standard();
        assert_eq!(next(&schedule, 0), None);
        assert_eq!(schedule.next(at(T + 1), at(T)), None);
    }

    /// The definition, tried instant by instant.
    fn by_definition(schedule: &TickSchedule, left: u64) -> Option<u64> {
        let is_tick = |left: u64| {
            let holds = |rule: &&TickRule| rule.within_ms.is_none_or(|within| left <= within.get());
            schedule
                .rules()
                .iter()
                .find(holds)
                .is_some_and(|rule| left.is_multiple_of(rule.every_ms.get()))
        };
        (0..left).rev().find(|left| is_tick(*left))
    }

    #[test]
    fn agrees_with_its_definition() {
        let rule = |within: Option<u64>, every| TickRule {
            within_ms: within.map(|within| Millis::new(within).unwrap()),
            every_ms: Millis::new(every).unwrap(),
        };
        for rules in [
            vec![rule(None, 7)],
            vec![rule(Some(10), 3), rule(None, 7)],
            vec![rule(Some(0), 1), rule(Some(1), 50), rule(Some(11), 20), rule(None, 9)],
            vec![rule(Some(5), 100), rule(Some(6), 100), rule(Some(40), 4), rule(None, 64)],
        ] {
            let schedule = TickSchedule::new(rules).unwrap();
            for left in 0..300 {
                assert_eq!(next(&schedule, left), by_definition(&schedule, left), "{left}");
            }
        }
    }

    #[test]
    fn refuses_rules_that_are_no_schedule() {
        let refused = |json: &str| serde_json::from_str::<TickSchedule>(json).unwrap_err();
        for (json, why) in [
            ("[]", "no other"),
            (r#"[{"within_ms":5,"every_ms":1}]"#, "no other"),
            (r#"[{"within_ms":null,"every_ms":1},{"within_ms":null,"every_ms":1}]"#, "no other"),
            (
                r#"[{"within_ms":5,"every_ms":1},{"within_ms":5,"every_ms":1},{"within_ms":null,"every_ms":1}]"#,
                "grow",
            ),
            (
                r#"[{"within_ms":6,"every_ms":1},{"within_ms":5,"every_ms":1},{"within_ms":null,"every_ms":1}]"#,
                "grow",
            ),
            (r#"[{"within_ms":null,"every_ms":0}]"#, "zero"),
            (r#"[{"every_ms":1}]"#, "missing field"),
            (r#"[{"within_ms":null,"every_ms":1,"x":1}]"#, "unknown field"),
            (r#"[{"within_ms":null,"every_ms":1,"every_ms":1}]"#, "duplicate field"),
            (r#"[{"within_ms":null,"every_ms":1.5}]"#, "invalid"),
        ] {
            assert!(refused(json).to_string().contains(why), "{json}: {}", refused(json));
        }
        let many = vec![TickSchedule::standard().0[2]; SCHEDULE_RULES_MAX + 1];
        assert_eq!(TickSchedule::new(many).unwrap_err().label(), "schedule-too-many");
    }

    #[test]
    fn writes_null_for_any_time() {
        let json = serde_json::to_string(&TickSchedule::standard()).unwrap();
        assert!(json.ends_with(r#"{"within_ms":null,"every_ms":3600000}]"#), "{json}");
        assert_eq!(serde_json::from_str::<TickSchedule>(&json).unwrap(), TickSchedule::standard());
    }
}
