//! A hall of the tests: it serves what the test puts into it and keeps what custodians send.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kaibiao_types::{Digest, LotKey, UtcMillis};
use kaibiao_wire::{
    Accepted, BoardAnswer, BoardMessage, BoardPost, CeremonyState, CosignaturePost,
    DestructionPost, DraftAnswer, DrawPartialBody, FreezeSignaturePost, FrozenAnswer, JournalPost,
    Label, LotList, LotStatus, OutagePost, PROBLEM_TYPE, PartialsBody, Problem, RefusalBody,
    SignedBody, Since, TenderAnswer, Words, from_json, paths, to_json,
};
use serde::Serialize;

/// What the hall serves and what it received.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // faults of the hall, each by itself
pub struct Served {
    pub lot: Option<LotKey>,
    pub draft: Option<DraftAnswer>,
    pub board: Vec<BoardMessage>,
    pub tender: Option<TenderAnswer>,
    /// Lines with their line feeds.
    pub log: Vec<Vec<u8>>,
    pub checkpoint: Option<String>,
    pub frozen: Option<FrozenAnswer>,
    /// How often the frozen bids were asked for.
    pub frozen_asked: usize,
    /// Every message for the board, taken or not.
    pub offered: Vec<BoardPost>,
    pub cosignatures: Vec<CosignaturePost>,
    /// How often the checkpoint was asked for.
    pub checkpoints_asked: usize,
    /// Attested outages, each with the greatest head that its custodian had cosigned by then.
    pub outages: Vec<(OutagePost, u64)>,
    /// So many attestations arrive and the answer is lost.
    pub outages_down: usize,
    /// Attestations are not wanted.
    pub outages_refused: Option<Label>,
    pub freeze_signatures: Vec<FreezeSignaturePost>,
    pub journals: Vec<JournalPost>,
    /// Journals arrive and the answer is lost.
    pub journals_down: bool,
    /// Journals are not wanted.
    pub journals_refused: Option<Label>,
    pub destructions: Vec<DestructionPost>,
    /// Statements of destruction arrive and the answer is lost.
    pub destructions_down: bool,
    pub partials: Vec<PartialsBody>,
    pub draws: Vec<DrawPartialBody>,
    /// Answers to draws arrive and the answer is lost.
    pub draws_down: bool,
    /// Bodies of partials and refusals with their signatures.
    pub signed: Vec<SignedBody>,
    pub refusals: Vec<RefusalBody>,
    /// Kinds of messages for the board that are lost on the way from custodian 1.
    pub lost: Vec<&'static str>,
    /// Partial decryptions arrive and the answer is lost.
    pub partials_down: bool,
}

/// The hall: shared between the test and its server.
#[derive(Clone)]
pub struct Hall {
    served: Arc<Mutex<Served>>,
    pub address: String,
}

impl Hall {
    /// Starts a hall on loopback.
    pub async fn start() -> Self {
        let served = Arc::new(Mutex::new(Served::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = router(Arc::clone(&served));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { served, address }
    }

    pub fn lock(&self) -> MutexGuard<'_, Served> {
        self.served.lock().unwrap()
    }

    /// Waits until something holds.
    pub async fn until<T>(&self, what: &str, mut holds: impl FnMut(&mut Served) -> Option<T>) -> T {
        for _ in 0..6_000 {
            if let Some(value) = holds(&mut self.lock()) {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never happened: {what}");
    }

    /// Waits long enough for a custodian to ask some times.
    pub async fn rest() {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    }
}

impl Served {
    /// Puts a message on the board, as the first of its kind and sender.
    pub fn pin(&mut self, from: &str, kind: &str, body: &[u8], cms: &[u8]) -> BoardMessage {
        let n = u64::try_from(self.board.len()).unwrap();
        let message = BoardMessage {
            n,
            from: from.to_owned(),
            kind: kind.to_owned(),
            body_b64: body.into(),
            cms_b64: cms.into(),
        };
        let known = self.board.iter().find(|m| m.from == message.from && m.kind == message.kind);
        if let Some(known) = known {
            return known.clone();
        }
        self.board.push(message.clone());
        message
    }

    fn head(&self) -> Accepted {
        Accepted { head: u64::try_from(self.log.len()).unwrap() }
    }
}

type Shared = State<Arc<Mutex<Served>>>;

fn router(served: Arc<Mutex<Served>>) -> Router {
    Router::new()
        .route(paths::LOTS, get(lots))
        .route(
            paths::DRAFT,
            get(|s: Shared| async move { option(s.lock().unwrap().draft.as_ref()) }),
        )
        .route(paths::BOARD, get(board).post(post_board))
        .route(
            paths::TENDER,
            get(|s: Shared| async move { option(s.lock().unwrap().tender.as_ref()) }),
        )
        .route(paths::LOG, get(log))
        .route(paths::CHECKPOINT, get(checkpoint))
        .route(paths::FROZEN, get(frozen))
        .route(paths::COSIGNATURES, post(cosignatures))
        .route(paths::OUTAGES, post(outages))
        .route(paths::FREEZE_SIGNATURES, post(freeze_signatures))
        .route(paths::JOURNALS, post(journals))
        .route(paths::DESTRUCTIONS, post(destructions))
        .route(paths::PARTIALS, post(partials))
        .route(paths::DRAW_PARTIALS, post(draw_partials))
        .route(paths::REFUSALS, post(refusals))
        .with_state(served)
}

fn json(value: &impl Serialize) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], to_json(value).unwrap()).into_response()
}

fn problem(label: Label) -> Response {
    let problem = Problem::new(label);
    let status = StatusCode::from_u16(problem.http_status()).unwrap();
    (status, [(header::CONTENT_TYPE, PROBLEM_TYPE)], to_json(&problem).unwrap()).into_response()
}

fn option(value: Option<&impl Serialize>) -> Response {
    value.map_or_else(|| problem(Label::NotReady), json)
}

async fn lots(State(served): Shared) -> Response {
    let words = || Words { zh: "标题".to_owned(), en: "title".to_owned() };
    let lots = served.lock().unwrap().lot.clone().into_iter().map(|lot| LotStatus {
        lot,
        title: words(),
        lot_title: words(),
        phase: "unpublished".to_owned(),
        tenderee: "招标人".to_owned(),
        deadline: UtcMillis::EPOCH,
        entries: 0,
        ceremony: CeremonyState::Waiting,
        fictional: true,
    });
    json(&LotList { lots: lots.collect() })
}

async fn board(State(served): Shared, query: axum::extract::Query<Since>) -> Response {
    let since = usize::try_from(query.0.since).unwrap();
    let served = served.lock().unwrap();
    json(&BoardAnswer { messages: served.board.iter().skip(since).cloned().collect() })
}

async fn post_board(State(served): Shared, body: axum::body::Bytes) -> Response {
    let post: BoardPost = from_json(&body).unwrap();
    let mut served = served.lock().unwrap();
    served.offered.push(post.clone());
    if post.from.get() == 1 && served.lost.contains(&post.kind.as_str()) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let from = post.from.to_string();
    json(&served.pin(&from, &post.kind, post.body_b64.as_slice(), post.cms_b64.as_slice()))
}

async fn log(State(served): Shared, query: axum::extract::Query<Since>) -> Response {
    let since = usize::try_from(query.0.since).unwrap();
    let served = served.lock().unwrap();
    // Three lines at most: a custodian asks again for the rest.
    served.log.iter().skip(since).take(3).flatten().copied().collect::<Vec<u8>>().into_response()
}

async fn checkpoint(State(served): Shared) -> Response {
    let mut served = served.lock().unwrap();
    served.checkpoints_asked += 1;
    match &served.checkpoint {
        Some(note) => note.clone().into_response(),
        None => problem(Label::NotReady),
    }
}

async fn frozen(State(served): Shared) -> Response {
    let mut served = served.lock().unwrap();
    served.frozen_asked += 1;
    option(served.frozen.as_ref())
}

async fn cosignatures(State(served): Shared, body: axum::body::Bytes) -> Response {
    let mut served = served.lock().unwrap();
    served.cosignatures.push(from_json(&body).unwrap());
    json(&served.head())
}

async fn outages(State(served): Shared, body: axum::body::Bytes) -> Response {
    let mut served = served.lock().unwrap();
    let post: OutagePost = from_json(&body).unwrap();
    let own = served.cosignatures.iter().filter(|c| c.custodian == post.custodian);
    let greatest = own.map(|c| c.size).max().unwrap_or(0);
    served.outages.push((post, greatest));
    if served.outages_down >= served.outages.len() {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    served.outages_refused.map_or_else(|| json(&served.head()), problem)
}

async fn freeze_signatures(State(served): Shared, body: axum::body::Bytes) -> Response {
    let mut served = served.lock().unwrap();
    served.freeze_signatures.push(from_json(&body).unwrap());
    json(&served.head())
}

async fn journals(State(served): Shared, body: axum::body::Bytes) -> Response {
    let mut served = served.lock().unwrap();
    served.journals.push(from_json(&body).unwrap());
    match served.journals_refused {
        Some(label) => problem(label),
        None if served.journals_down => StatusCode::BAD_GATEWAY.into_response(),
        None => json(&served.head()),
    }
}

async fn destructions(State(served): Shared, body: axum::body::Bytes) -> Response {
    let mut served = served.lock().unwrap();
    served.destructions.push(from_json(&body).unwrap());
    if served.destructions_down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    json(&served.head())
}

async fn partials(State(served): Shared, body: axum::body::Bytes) -> Response {
    let signed: SignedBody = from_json(&body).unwrap();
    let mut served = served.lock().unwrap();
    served.partials.push(from_json(signed.body.as_slice()).unwrap());
    served.signed.push(signed);
    if served.partials_down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    json(&served.head())
}

async fn draw_partials(State(served): Shared, body: axum::body::Bytes) -> Response {
    let signed: SignedBody = from_json(&body).unwrap();
    let mut served = served.lock().unwrap();
    served.draws.push(from_json(signed.body.as_slice()).unwrap());
    served.signed.push(signed);
    if served.draws_down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    json(&served.head())
}

async fn refusals(State(served): Shared, body: axum::body::Bytes) -> Response {
    let signed: SignedBody = from_json(&body).unwrap();
    let mut served = served.lock().unwrap();
    served.refusals.push(from_json(signed.body.as_slice()).unwrap());
    served.signed.push(signed);
    json(&served.head())
}

/// A digest of one repeated byte.
pub fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}
