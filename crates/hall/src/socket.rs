//! The live room: exact log lines over a WebSocket, from any index on, without gaps.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::available_parallelism;
use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use kaibiao_fanout::{Fanout, Notices, Pace};
use kaibiao_room::{LotBook, LotHandle};
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::{
    HEARTBEAT_EVERY, Heartbeat, Hello, Label, Live, ROOM_VERSION, Since, paths, schema,
};

use crate::api::{Answer, Problems, lot_of, since};
use crate::front::{Caller, Guard, too_many};
use crate::problem::Failure;
use crate::upgrade::Upgrade;

/// A reader that takes nothing for this long is cut; it comes back with `since` and loses nothing.
const SLOW_AFTER: Duration = Duration::from_secs(30);

/// The largest message that a reader may send; it has nothing to say but pongs.
const INBOUND_MAX: usize = 1_024;

/// When an address that has too many rooms may ask again.
const FULL: Duration = Duration::from_secs(5);

/// How long readers have to take their last lines when the hall stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// The live rooms of a hall.
pub(crate) struct Rooms {
    book: Arc<LotBook>,
    guard: Arc<Guard>,
    live: Mutex<BTreeMap<LotKey, Arc<Fanout>>>,
}

impl Rooms {
    pub(crate) fn new(book: Arc<LotBook>, guard: Arc<Guard>) -> Self {
        Self { book, guard, live: Mutex::default() }
    }

    /// The readers of a lot; its shards start with the first one.
    fn of(&self, lot: &LotKey, room: &LotHandle) -> Arc<Fanout> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let words = Words { lot: lot.clone(), book: Arc::downgrade(&self.book) };
            let pace = Pace {
                shards: available_parallelism().unwrap_or(NonZeroUsize::MIN),
                heartbeat: Duration::from_millis(HEARTBEAT_EVERY.get()),
                slow_after: SLOW_AFTER,
                inbound_max: INBOUND_MAX,
            };
            Arc::new(Fanout::start(Arc::clone(room.log()), Box::new(words), pace))
        };
        Arc::clone(live.entry(lot.clone()).or_insert_with(start))
    }

    /// Waits until every reader has taken its last lines, or has had its time. The logs are closed.
    pub(crate) async fn farewell(&self) {
        let live: Vec<_> = {
            let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            live.values().cloned().collect()
        };
        let gone = async {
            for fanout in live {
                fanout.empty().await;
            }
        };
        if tokio::time::timeout(FAREWELL, gone).await.is_err() {
            tracing::info!("readers that take nothing were left behind");
        }
    }
}

/// The live room, over WebSocket.
#[utoipa::path(
    get,
    path = paths::ROOM,
    params(
        ("tender" = schema::TenderId, Path),
        ("lot" = schema::LotId, Path),
        ("since" = Option<u64>, Query)
    ),
    responses((status = 101, description = "the frames of the room follow"), Problems)
)]
pub(crate) async fn room(
    State(rooms): State<Arc<Rooms>>,
    Extension(caller): Extension<Caller>,
    path: Path<(String, String)>,
    query: Result<Query<Since>, QueryRejection>,
    request: Request,
) -> Answer {
    let (lot, since) = (lot_of(path)?, since(query)?);
    let room = match rooms.book.room(&lot) {
        Ok(room) => room,
        Err(_) if rooms.book.knows(&lot) => return Err(Failure::new(Label::NotReady)),
        Err(error) => return Err(error.into()),
    };
    let upgrade = Upgrade::of(request)
        .map_err(|error| Failure::detailed(Label::BadInput, &error.to_string()))?;
    let Some(place) = rooms.guard.socket(caller) else { return Ok(too_many(FULL)) };
    let answer = upgrade.answer();
    let readers = rooms.of(&lot, &room);
    tokio::spawn(async move {
        if let Some((stream, early)) = upgrade.connection().await {
            // A task of its own, since it lives long and this one holds what the handshake needed.
            let reading = readers.serve(stream, early, since);
            tokio::spawn(async move {
                reading.await;
                drop(place);
            });
        }
    });
    Ok(answer)
}

/// What the hall says beside the log.
struct Words {
    lot: LotKey,
    /// Not held: a shard may end a moment after the hall, whose store must be free by then.
    book: Weak<LotBook>,
}

impl Words {
    fn now(&self) -> UtcMillis {
        self.book.upgrade().map_or(UtcMillis::EPOCH, |book| book.hall().now())
    }
}

impl Notices for Words {
    fn hello(&self, head: u64) -> Vec<u8> {
        let now = self.now();
        Hello { v: ROOM_VERSION, lot: self.lot.clone(), head, now }.to_frame().unwrap_or_default()
    }

    fn live(&self, head: u64) -> Vec<u8> {
        Live { head }.to_frame().unwrap_or_default()
    }

    fn heartbeat(&self, head: u64) -> Vec<u8> {
        Heartbeat { head, now: self.now() }.to_frame().unwrap_or_default()
    }
}
