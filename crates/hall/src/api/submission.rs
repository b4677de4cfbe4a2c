//! Intake: a bid in parts, then one atomic completion.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kaibiao_room::{NewSubmission, RoomError, SubmissionHeader};
use kaibiao_store::{PartName, UploadId};
use kaibiao_types::BidPart;
use kaibiao_wire::{
    B64, JSON_TYPE, Label, PartMissing, RandomId, ReceiptAnswer, SLICE_LEN, SLICE_TYPE,
    SubmissionPost, UploadAnswer, from_json, paths, schema,
};

use super::{Answer, Book, Problems, blocking, bytes, json, key, lot_of};
use crate::problem::Failure;

/// Begins to hand in a bid, or hands in a withdrawal.
#[utoipa::path(
    post,
    path = paths::SUBMISSIONS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = SubmissionPost,
    responses((status = 201, description = "made", body = UploadAnswer), Problems)
)]
pub(super) async fn begin(State(book): Book, path: Path<(String, String)>, body: Bytes) -> Answer {
    let lot = lot_of(path)?;
    let post: SubmissionPost = from_json(&body)?;
    let headers = post.headers.into_iter().map(|header| SubmissionHeader {
        stage: header.stage,
        part: header.part,
        header: header.header_b64.0,
    });
    let submission = NewSubmission {
        manifest: post.manifest_b64.0,
        cms: post.cms_b64.0,
        headers: headers.collect(),
    };
    let answer = blocking(move || {
        let upload = book.begin(&lot, submission)?;
        book.hall().store.upload_state(upload).map_err(RoomError::from)
    });
    json(StatusCode::CREATED, &answer_of(&answer.await?)?)
}

/// How far an upload is.
#[utoipa::path(
    get,
    path = paths::UPLOAD,
    params(("upload" = schema::RandomId, Path)),
    responses((status = 200, description = "done", body = UploadAnswer), Problems)
)]
pub(super) async fn state(State(book): Book, Path(upload): Path<String>) -> Answer {
    let upload = upload_id(&upload)?;
    let state =
        blocking(move || book.hall().store.upload_state(upload).map_err(RoomError::from)).await?;
    json(StatusCode::OK, &answer_of(&state)?)
}

/// A slice of a sealed object, raw bytes.
#[utoipa::path(
    put,
    path = paths::SLICE,
    params(("upload" = schema::RandomId, Path), ("part" = schema::BidPart, Path), ("n" = u32, Path)),
    request_body(content = Vec<u8>, content_type = SLICE_TYPE),
    responses((status = 200, description = "done", body = UploadAnswer), Problems)
)]
pub(super) async fn slice(
    State(book): Book,
    Path((upload, part, n)): Path<(String, String, String)>,
    body: Bytes,
) -> Answer {
    let upload = upload_id(&upload)?;
    let part = part_of(&part)?;
    let n: u32 = n.parse().map_err(|_| Failure::new(Label::BadSlice))?;
    let state = blocking(move || {
        let store = &book.hall().store;
        store.write_slice(upload, &PartName::from(part), n, &body)?;
        store.upload_state(upload).map_err(RoomError::from)
    });
    json(StatusCode::OK, &answer_of(&state.await?)?)
}

/// Completes an upload; the answer is the receipt.
#[utoipa::path(
    post,
    path = paths::COMMIT,
    params(("upload" = schema::RandomId, Path)),
    responses((status = 200, description = "done", body = ReceiptAnswer), Problems)
)]
pub(super) async fn commit(State(book): Book, Path(upload): Path<String>) -> Answer {
    let upload = upload_id(&upload)?;
    let checked = {
        let book = std::sync::Arc::clone(&book);
        blocking(move || {
            let room = book.room_of(upload)?;
            let done = book.hall().store.submission_by_upload(upload)?.is_some();
            // A repeated commit gets its receipt again without reading the files again.
            let checked = if done { (0, Vec::new()) } else { book.check_upload(upload)? };
            Ok((room, checked))
        })
        .await?
    };
    let (room, (revision, digests)) = checked;
    let completed = room.complete(upload, revision, digests).await?;
    let answer = ReceiptAnswer { receipt_b64: B64(completed.receipt), cms_b64: B64(completed.cms) };
    json(StatusCode::OK, &answer)
}

/// Step two of a receipt, exact bytes.
#[utoipa::path(
    get,
    path = paths::RECEIPT,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path), ("number" = schema::RandomId, Path)),
    responses((status = 200, description = "done", body = Object, content_type = JSON_TYPE), Problems)
)]
pub(super) async fn receipt(
    State(book): Book,
    Path((tender, lot, number)): Path<(String, String, String)>,
) -> Answer {
    let lot = key(&tender, &lot)?;
    RandomId::parse(&number).map_err(|_| Failure::new(Label::UnknownReceipt))?;
    let proof = blocking(move || book.receipt_proof(&lot, &number)).await?;
    proof.map(|proof| bytes(JSON_TYPE, proof)).ok_or_else(|| Failure::new(Label::UnknownReceipt))
}

fn upload_id(text: &str) -> Result<UploadId, Failure> {
    UploadId::parse(text).map_err(|_| Failure::new(Label::UnknownUpload))
}

fn part_of(text: &str) -> Result<BidPart, Failure> {
    BidPart::parse(text).map_err(|_| Failure::new(Label::UnknownUpload))
}

fn answer_of(state: &kaibiao_store::UploadState) -> Result<UploadAnswer, Failure> {
    let mut parts = Vec::new();
    for part in &state.parts {
        parts.push(PartMissing {
            part: part_of(part.part.as_str())?,
            file_len: part.file_len,
            missing: part.missing.clone(),
        });
    }
    let upload = RandomId::new(*state.upload.bytes());
    Ok(UploadAnswer { upload, slice_len: SLICE_LEN, parts, completed: state.completed })
}
