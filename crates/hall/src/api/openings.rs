//! 今日开标: the openings of a day, for boards on walls and phones that ask again every second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use kaibiao_opening::Phase;
use kaibiao_room::{LotBook, LotOverview};
use kaibiao_wire::{Label, OfDay, OpeningsAnswer, paths};
use tokio::sync::Mutex;

use super::lots::status_of;
use super::{Answer, Problems, blocking, json};
use crate::problem::Failure;

/// What was read of all lots serves everybody for so long.
const FRESH: Duration = Duration::from_secs(1);

/// All lots as they were a moment ago.
pub(super) struct Days {
    book: Arc<LotBook>,
    read: Mutex<Option<(Instant, Arc<[LotOverview]>)>>,
}

impl Days {
    pub(super) fn new(book: Arc<LotBook>) -> Self {
        Self { book, read: Mutex::default() }
    }

    /// One request reads for all that come meanwhile.
    async fn lots(&self) -> Result<Arc<[LotOverview]>, Failure> {
        let mut read = self.read.lock().await;
        if let Some((at, lots)) = &*read
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(lots));
        }
        let book = Arc::clone(&self.book);
        let lots: Arc<[LotOverview]> = blocking(move || book.overview()).await?.into();
        *read = Some((Instant::now(), Arc::clone(&lots)));
        Ok(lots)
    }
}

/// The openings of a day, the earliest first.
#[utoipa::path(
    get,
    path = paths::OPENINGS,
    params(("day" = Option<String>, Query, description = "day in Beijing time, `2026-07-05`")),
    responses((status = 200, description = "done", body = OpeningsAnswer), Problems)
)]
pub(super) async fn openings(
    State(days): State<Arc<Days>>,
    query: Result<Query<OfDay>, QueryRejection>,
) -> Answer {
    let Query(OfDay { day }) =
        query.map_err(|error| Failure::detailed(Label::BadInput, &error.body_text()))?;
    let now = days.book.hall().now();
    let day = match day {
        Some(day) if is_day(&day) => day,
        Some(_) => return Err(Failure::detailed(Label::BadInput, "a day is written 2026-07-05")),
        None => date(&now.beijing()).to_owned(),
    };
    let lots = days.lots().await?;
    let of_day = |lot: &&LotOverview| {
        lot.phase != Phase::Unpublished && date(&lot.deadline.beijing()) == day
    };
    let mut lots: Vec<&LotOverview> = lots.iter().filter(of_day).collect();
    lots.sort_by_key(|lot| (lot.deadline, &lot.lot));
    let lots = lots.into_iter().map(status_of).collect();
    let mut answer = json(StatusCode::OK, &OpeningsAnswer { day, now, lots })?;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=1"));
    Ok(answer)
}

/// The date of an instant in words.
fn date(instant: &str) -> &str {
    instant.split(' ').next().unwrap_or_default()
}

/// Four, two and two digits; whether the calendar has the day does not matter for a comparison.
fn is_day(text: &str) -> bool {
    let fits = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}
