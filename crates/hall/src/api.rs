//! The HTTP calls. Each is short: read, hand to the room, answer.

mod custody;
mod description;
mod login;
mod lots;
mod openings;
mod submission;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use kaibiao_room::LotBook;
use kaibiao_types::{LotId, LotKey, TenderId};
use kaibiao_wire::{JSON_TYPE, Label, Since, paths, to_json};
use serde::Serialize;

use crate::admission::Admission;
use crate::problem::Failure;
use crate::socket::{self, Rooms};

pub(crate) use description::Problems;
use openings::Days;

/// What every call may use.
pub(crate) type Book = State<Arc<LotBook>>;

/// What a call answers.
pub(crate) type Answer = Result<Response, Failure>;

pub(crate) use login::Login;

pub(crate) fn routes(rooms: Arc<Rooms>, login: &Arc<Login>) -> Router<Arc<LotBook>> {
    let days = Arc::new(Days::new(Arc::clone(&login.book)));
    Router::new()
        .route(paths::DESCRIPTION, get(description::describe))
        .route(paths::TIME, get(lots::time))
        .route(paths::LOTS, get(lots::list).post(lots::create))
        .route(paths::OPENINGS, get(openings::openings).with_state(days))
        .route(paths::LOT, get(lots::status))
        .route(paths::DRAFT, get(lots::draft))
        .route(paths::BOARD, get(lots::board).post(lots::post_board))
        .route(paths::REHEARSALS, post(lots::rehearse))
        .route(paths::CEREMONY, get(lots::ceremony))
        .route(paths::PUBLISH, post(lots::publish))
        .route(paths::TENDER, get(lots::tender))
        .route(paths::SUBMISSIONS, post(submission::begin))
        .route(paths::UPLOAD, get(submission::state))
        .route(paths::SLICE, put(submission::slice).layer(Extension(Arc::new(Admission::new()))))
        .route(paths::COMMIT, post(submission::commit))
        .route(paths::RECEIPT, get(submission::receipt))
        .route(paths::LOG, get(lots::log))
        .route(paths::CHECKPOINT, get(lots::checkpoint))
        .route(paths::ROOM, get(socket::room).with_state(rooms))
        .route(paths::FROZEN, get(custody::frozen))
        .route(paths::COSIGNATURES, post(custody::cosign))
        .route(paths::WITNESS_COSIGNATURES, post(custody::witness))
        .route(paths::OUTAGES, post(custody::outage))
        .route(paths::FREEZE_SIGNATURES, post(custody::sign_freeze))
        .route(paths::PARTIALS, post(custody::partials))
        .route(paths::DRAW_PARTIALS, post(custody::draw_partial))
        .route(paths::JOURNALS, post(custody::journal))
        .route(paths::DESTRUCTIONS, post(custody::destroyed))
        .route(paths::REFUSALS, post(custody::refuse))
        .route(paths::COMMANDS, post(lots::command))
        .route(paths::RECORD, get(lots::record))
        .route(paths::EVIDENCE, get(lots::evidence))
        .merge(login_routes().with_state(Arc::clone(login)))
}

fn login_routes() -> Router<Arc<Login>> {
    Router::new()
        .route(paths::LOGIN_CHALLENGE, post(login::challenge))
        .route(paths::LOGIN, post(login::login))
        .route(paths::ME, get(login::me))
        .route(paths::LOGOUT, post(login::logout))
        .route(paths::PRIVATE, get(login::private))
        .layer(DefaultBodyLimit::max(login::POST_MAX))
}

/// The lot in a path.
pub(crate) fn lot_of(Path((tender, lot)): Path<(String, String)>) -> Result<LotKey, Failure> {
    key(&tender, &lot)
}

pub(crate) fn key(tender: &str, lot: &str) -> Result<LotKey, Failure> {
    match (TenderId::parse(tender), LotId::parse(lot)) {
        (Ok(tender), Ok(lot)) => Ok(LotKey { tender, lot }),
        _ => Err(Failure::new(Label::UnknownLot)),
    }
}

/// The first number wanted, 0 without a query.
pub(crate) fn since(
    query: Result<Query<Since>, axum::extract::rejection::QueryRejection>,
) -> Result<u64, Failure> {
    query
        .map(|query| query.since)
        .map_err(|error| Failure::detailed(Label::BadInput, &error.body_text()))
}

pub(crate) fn json(status: StatusCode, message: &impl Serialize) -> Answer {
    let body = to_json(message)?;
    Ok((status, [(CONTENT_TYPE, HeaderValue::from_static(JSON_TYPE))], body).into_response())
}

pub(crate) fn bytes(kind: &'static str, body: impl Into<Bytes>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], body.into()).into_response()
}

/// Runs what touches the disk or computes for long beside the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, kaibiao_room::RoomError> + Send + 'static,
) -> Result<T, Failure> {
    beside(move || Ok(work()?)).await
}

/// The same for work that reads a body too.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Failure::new(Label::Internal)))
}
