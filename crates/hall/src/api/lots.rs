//! Lots: ceremony, tender file, log, commands, record and package.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse as _;
use kaibiao_replay::{BoardKind, BoardSender};
use kaibiao_room::{BoardPosting, LotBook, LotOverview, RoomError};
use kaibiao_types::LotKey;
use kaibiao_wire::{
    Accepted, B64, BoardAnswer, BoardMessage, BoardPost, CeremonyState, CommandPost, DraftAnswer,
    JSON_TYPE, LINES_TYPE, Label, LotCreated, LotList, LotStatus, LotsPost, PublishPost, RawJson,
    RehearsalPost, Since, TEXT_TYPE, TenderAnswer, TimeAnswer, Words, from_json, paths, schema,
};

use super::{Answer, Book, Problems, beside, blocking, bytes, json, lot_of, since};
use crate::front::too_many;
use crate::problem::Failure;

/// Media type of an evidence package (ETSI EN 319 162-1, annex A).
const ZIP_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// The clock of the hall.
#[utoipa::path(
    get,
    path = paths::TIME,
    responses((status = 200, description = "done", body = TimeAnswer), Problems)
)]
pub(super) async fn time(State(book): Book) -> Answer {
    json(StatusCode::OK, &TimeAnswer { now: book.hall().now() })
}

/// All lots and where they are.
#[utoipa::path(
    get,
    path = paths::LOTS,
    responses((status = 200, description = "done", body = LotList), Problems)
)]
pub(super) async fn list(State(book): Book) -> Answer {
    let lots = blocking(move || book.overview()).await?;
    json(StatusCode::OK, &LotList { lots: lots.iter().map(status_of).collect() })
}

/// A signed draft, which starts the key ceremony of its lot.
#[utoipa::path(
    post,
    path = paths::LOTS,
    request_body = LotsPost,
    responses((status = 201, description = "made", body = LotCreated), Problems)
)]
pub(super) async fn create(State(book): Book, body: Bytes) -> Answer {
    let post: LotsPost = from_json(&body)?;
    let lot =
        blocking(move || book.create(post.draft_b64.as_slice(), post.cms_b64.as_slice())).await?;
    json(StatusCode::CREATED, &LotCreated { lot })
}

/// Where a lot is.
#[utoipa::path(
    get,
    path = paths::LOT,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = LotStatus), Problems)
)]
pub(super) async fn status(State(book): Book, path: Path<(String, String)>) -> Answer {
    let lot = lot_of(path)?;
    let overview = blocking(move || book.overview_of(&lot)).await?;
    json(StatusCode::OK, &status_of(&overview))
}

pub(super) fn status_of(lot: &LotOverview) -> LotStatus {
    let terms = lot.draft.terms();
    let words =
        |text: &kaibiao_opening::Bilingual| Words { zh: text.zh.clone(), en: text.en.clone() };
    let ceremony = match (lot.ceremony_ready, lot.ceremony_running) {
        (true, _) => CeremonyState::Ready,
        (false, true) => CeremonyState::Running,
        (false, false) => CeremonyState::Waiting,
    };
    LotStatus {
        lot: lot.lot.clone(),
        title: words(&terms.title),
        lot_title: words(&terms.lot_title),
        tenderee: terms.tenderee.name.clone(),
        phase: lot.phase.name().to_owned(),
        deadline: lot.deadline,
        entries: lot.entries,
        ceremony,
        fictional: terms.fictional,
    }
}

/// The signed draft, with what the ceremony needs.
#[utoipa::path(
    get,
    path = paths::DRAFT,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = DraftAnswer), Problems)
)]
pub(super) async fn draft(State(book): Book, path: Path<(String, String)>) -> Answer {
    let lot = lot_of(path)?;
    let answer = blocking(move || {
        let facts = book.draft(&lot)?;
        let hall = book.party()?;
        Ok(DraftAnswer {
            draft_b64: B64(facts.draft),
            cms_b64: B64(facts.cms),
            session: facts.session,
            log_origin: facts.origin,
            log_vkey: facts.vkey,
            hall: hall.0,
            hall_cert_pem: hall.1,
        })
    });
    json(StatusCode::OK, &answer.await?)
}

/// The bulletin board of the ceremony.
#[utoipa::path(
    get,
    path = paths::BOARD,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path), ("since" = Option<u64>, Query)),
    responses((status = 200, description = "done", body = BoardAnswer), Problems)
)]
pub(super) async fn board(
    State(book): Book,
    path: Path<(String, String)>,
    query: Result<Query<Since>, QueryRejection>,
) -> Answer {
    let (lot, since) = (lot_of(path)?, since(query)?);
    let lines = blocking(move || book.board(&lot, since)).await?;
    let messages = lines.into_iter().map(|line| BoardMessage {
        n: line.n,
        from: line.from,
        kind: line.kind,
        body_b64: B64(line.body),
        cms_b64: B64(line.cms),
    });
    json(StatusCode::OK, &BoardAnswer { messages: messages.collect() })
}

/// A message of a custodian for the board.
#[utoipa::path(
    post,
    path = paths::BOARD,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = BoardPost,
    responses((status = 201, description = "made", body = BoardMessage), Problems)
)]
pub(super) async fn post_board(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let post: BoardPost = from_json(&body)?;
    let from = BoardSender::Custodian(post.from);
    put_on_board(book, lot, from, post.kind, post.body_b64, post.cms_b64).await
}

/// The host's test object for a rehearsal.
#[utoipa::path(
    post,
    path = paths::REHEARSALS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = RehearsalPost,
    responses((status = 201, description = "made", body = BoardMessage), Problems)
)]
pub(super) async fn rehearse(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let post: RehearsalPost = from_json(&body)?;
    put_on_board(book, lot, BoardSender::Host, post.kind, post.body_b64, post.cms_b64).await
}

async fn put_on_board(
    book: Arc<LotBook>,
    lot: LotKey,
    from: BoardSender,
    kind: String,
    body_b64: B64,
    cms_b64: B64,
) -> Answer {
    let posting = BoardPosting {
        from,
        kind: BoardKind::parse(&kind).ok_or_else(|| Failure::new(Label::UnknownCommand))?,
        body: body_b64.as_slice().to_vec(),
        cms: cms_b64.as_slice().to_vec(),
    };
    let n = blocking(move || book.post(&lot, &posting)).await?;
    let message = BoardMessage { n, from: from.to_string(), kind, body_b64, cms_b64 };
    json(StatusCode::CREATED, &message)
}

/// Exact bytes of the ceremony bundle.
#[utoipa::path(
    get,
    path = paths::CEREMONY,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = Object, content_type = JSON_TYPE), Problems)
)]
pub(super) async fn ceremony(State(book): Book, path: Path<(String, String)>) -> Answer {
    let lot = lot_of(path)?;
    Ok(bytes(JSON_TYPE, blocking(move || book.bundle(&lot)).await?))
}

/// The signed tender file, which opens the log of the lot.
#[utoipa::path(
    post,
    path = paths::PUBLISH,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = PublishPost,
    responses((status = 201, description = "made", body = Accepted), Problems)
)]
pub(super) async fn publish(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let post: PublishPost = from_json(&body)?;
    let head = blocking(move || {
        book.publish(&lot, post.tender_b64.as_slice(), post.cms_b64.as_slice())?;
        Ok(book.room(&lot)?.log().head().entries)
    });
    json(StatusCode::CREATED, &Accepted { head: head.await? })
}

/// The tender file with all that is needed to seal.
#[utoipa::path(
    get,
    path = paths::TENDER,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = TenderAnswer), Problems)
)]
pub(super) async fn tender(State(book): Book, path: Path<(String, String)>) -> Answer {
    let lot = lot_of(path)?;
    let (documents, trust) =
        blocking(move || Ok((book.tender(&lot)?, book.hall().trust_bytes.clone()))).await?;
    let answer = TenderAnswer {
        tender_b64: B64(documents.tender),
        cms_b64: B64(documents.tender_cms),
        draft_b64: B64(documents.draft),
        draft_cms_b64: B64(documents.draft_cms),
        ceremony: RawJson::new(&documents.ceremony)?,
        trust_b64: B64(trust),
    };
    json(StatusCode::OK, &answer)
}

/// The opening log, exact lines.
#[utoipa::path(
    get,
    path = paths::LOG,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path), ("since" = Option<u64>, Query)),
    responses((status = 200, description = "done", body = String, content_type = LINES_TYPE), Problems)
)]
pub(super) async fn log(
    State(book): Book,
    path: Path<(String, String)>,
    query: Result<Query<Since>, QueryRejection>,
) -> Answer {
    let (lot, since) = (lot_of(path)?, since(query)?);
    let Ok(room) = book.room(&lot) else {
        // A lot before its tender file has an empty log; an unknown lot has none.
        return if book.knows(&lot) {
            Ok(bytes(LINES_TYPE, Bytes::new()))
        } else {
            Err(Failure::new(Label::UnknownLot))
        };
    };
    let (mut next, mut body) = (since, Vec::new());
    loop {
        let lines = room.log().lines(next, 256);
        if lines.is_empty() {
            return Ok(bytes(LINES_TYPE, body));
        }
        for line in lines {
            body.extend_from_slice(&line);
            body.push(b'\n');
            next += 1;
        }
    }
}

/// The newest checkpoint with its cosignatures.
#[utoipa::path(
    get,
    path = paths::CHECKPOINT,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = String, content_type = TEXT_TYPE), Problems)
)]
pub(super) async fn checkpoint(State(book): Book, path: Path<(String, String)>) -> Answer {
    Ok(bytes(TEXT_TYPE, book.room(&lot_of(path)?)?.checkpoint()))
}

/// A signed command of host, supervisor or bidder.
#[utoipa::path(
    post,
    path = paths::COMMANDS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = CommandPost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn command(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let command = beside(move || {
        let post: CommandPost = from_json(&body)?;
        let command = book.signed_command(&lot, post.body.0, post.cms.0)?;
        Ok(command.with_private(post.private))
    });
    match room.command(command.await?).await {
        Ok(head) => json(StatusCode::OK, &Accepted { head }),
        Err(RoomError::TooFast(wait)) => Ok(too_many(Duration::from_millis(wait.get()))),
        Err(error) => Err(error.into()),
    }
}

/// Exact bytes of the opening record.
#[utoipa::path(
    get,
    path = paths::RECORD,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = Object, content_type = JSON_TYPE), Problems)
)]
pub(super) async fn record(State(book): Book, path: Path<(String, String)>) -> Answer {
    Ok(bytes(JSON_TYPE, book.room(&lot_of(path)?)?.record()?))
}

/// The package as a download; it is streamed, since it may be large.
#[utoipa::path(
    get,
    path = paths::EVIDENCE,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = Vec<u8>, content_type = ZIP_TYPE), Problems)
)]
pub(super) async fn evidence(State(book): Book, path: Path<(String, String)>) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let package = room.package()?;
    let name =
        package.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = tokio::fs::File::open(&package).await.map_err(|error| {
        tracing::error!(%error, "the evidence package cannot be read");
        Failure::new(Label::Internal)
    })?;
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|_| Failure::new(Label::Internal))?;
    let kind = HeaderValue::from_static(ZIP_TYPE);
    let body = Body::from_stream(tokio_util::io::ReaderStream::new(file));
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition)], body).into_response())
}
