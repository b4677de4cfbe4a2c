//! Intake: a bid in parts, then one atomic completion.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kaibiao_room::{Completed, LotBook, NewSubmission, RefusedCall, Signed, SubmissionHeader};
use kaibiao_store::{UploadId, UploadState};
use kaibiao_types::BidPart;
use kaibiao_wire::{
    B64, JSON_TYPE, Label, PartMissing, RandomId, ReceiptAnswer, SLICE_LEN, SLICE_TYPE,
    SubmissionPost, UploadAnswer, from_json, paths, schema,
};

use super::{Answer, Book, Problems, blocking, bytes, json, key, lot_of};
use crate::admission::{Admission, drain, read_exactly};
use crate::problem::{Failure, statement};

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
        slice_roots: header.slices_b64.0,
    });
    let submission = NewSubmission {
        manifest: post.manifest_b64.0,
        cms: post.cms_b64.0,
        headers: headers.collect(),
    };
    let (manifest, cms) = (submission.manifest.clone(), submission.cms.clone());
    let call = RefusedCall::Begin { lot: lot.clone(), manifest, cms };
    let asked = Arc::clone(&book);
    let answer = blocking(move || {
        let upload = asked.begin(&lot, submission)?;
        let state = asked.hall().store.upload_state(upload)?;
        Ok((asked.progress(&state)?, state))
    });
    match answer.await {
        Ok((progress, state)) => json(StatusCode::CREATED, &answer_of(&state, progress)?),
        Err(failure) => Err(signed(&book, call, failure).await),
    }
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
    let (progress, state) = blocking(move || {
        let state = book.hall().store.upload_state(upload)?;
        Ok((book.progress(&state)?, state))
    })
    .await?;
    json(StatusCode::OK, &answer_of(&state, progress)?)
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
    Extension(admission): Extension<Arc<Admission>>,
    Path((upload, part, n)): Path<(String, String, String)>,
    body: Body,
) -> Answer {
    let upload = upload_id(&upload)?;
    let part = part_of(&part)?;
    let n: u32 = n.parse().map_err(|_| Failure::new(Label::BadSlice))?;
    match take(&book, &admission, (upload, part, n), body).await {
        Ok((progress, state)) => json(StatusCode::OK, &answer_of(&state, progress)?),
        Err(failure) => Err(signed(&book, RefusedCall::Slice(upload, part, n), failure).await),
    }
}

/// What can be refused is refused before the bytes are read; they are read when it is their turn.
async fn take(
    book: &Arc<LotBook>,
    admission: &Admission,
    (upload, part, n): (UploadId, BidPart, u32),
    body: Body,
) -> Result<(Signed, UploadState), Failure> {
    let asked = Arc::clone(book);
    let admitted = async {
        let slice = blocking(move || asked.await_slice(upload, part, n)).await?;
        let turn = admission.turn(slice.bidder()).await?;
        Ok((slice, turn))
    };
    let (slice, turn) = match admitted.await {
        Ok(admitted) => admitted,
        Err(failure) => {
            drain(body).await;
            return Err(failure);
        }
    };
    let bytes = read_exactly(body, slice.len()).await?;
    let book = Arc::clone(book);
    blocking(move || {
        let _turn = turn; // held as long as the bytes, also if the asker goes
        let state = book.take_slice(&slice, &bytes)?;
        Ok((book.progress(&state)?, state))
    })
    .await
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
    match complete(&book, upload).await {
        Ok(done) => {
            let (receipt_b64, cms_b64) = (B64(done.receipt), B64(done.cms));
            json(StatusCode::OK, &ReceiptAnswer { receipt_b64, cms_b64 })
        }
        Err(failure) => Err(signed(&book, RefusedCall::Commit(upload), failure).await),
    }
}

async fn complete(book: &Arc<LotBook>, upload: UploadId) -> Result<Completed, Failure> {
    let asked = Arc::clone(book);
    let (room, (revision, digests)) = blocking(move || {
        let room = asked.room_of(upload)?;
        let done = asked.hall().store.submission_by_upload(upload)?.is_some();
        let checked = if done { (0, Vec::new()) } else { asked.check_upload(upload)? };
        Ok((room, checked))
    })
    .await?;
    let completed = room.complete(upload, revision, digests).await?;
    book.forget_upload(upload);
    Ok(completed)
}

/// The reason with the hall's signature, if the bidder is known.
async fn signed(book: &Arc<LotBook>, call: RefusedCall, failure: Failure) -> Failure {
    let (book, label) = (Arc::clone(book), failure.label().as_str());
    let refusal = blocking(move || Ok(book.sign_refusal(&call, label))).await;
    failure.signed(refusal.ok().flatten())
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

fn answer_of(state: &UploadState, progress: Signed) -> Result<UploadAnswer, Failure> {
    let mut parts = Vec::new();
    for part in &state.parts {
        parts.push(PartMissing {
            part: part_of(part.part.as_str())?,
            file_len: part.file_len,
            missing: part.missing.clone(),
        });
    }
    let upload = RandomId::new(*state.upload.bytes());
    let (completed, progress) = (state.completed, statement(progress));
    Ok(UploadAnswer { upload, slice_len: SLICE_LEN, parts, completed, progress })
}
