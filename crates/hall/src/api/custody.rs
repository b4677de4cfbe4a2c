//! What custodians ask and post. They dial out; the hall calls nobody.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kaibiao_room::{
    Destroyed, DrawAnswer, FreezeSignature, HandedJournal, HandedRefusal, Outage, PartialSet,
    RoomError,
};
use kaibiao_types::{LotId, LotKey, TenderId};
use kaibiao_wire::{
    Accepted, B64, CosignaturePost, DestructionPost, DrawPartialBody, FreezeSignaturePost,
    FrozenAnswer, FrozenItem, HeaderItem, JournalPost, Label, OutagePost, PartialsBody, PathItem,
    RefusalBody, SignedBody, WitnessPost, from_json, paths, schema,
};
use serde::de::DeserializeOwned;

use super::{Answer, Book, Problems, beside, json, lot_of};
use crate::problem::Failure;

/// Manifests, signatures and headers of the frozen bids.
#[utoipa::path(
    get,
    path = paths::FROZEN,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = FrozenAnswer), Problems)
)]
pub(super) async fn frozen(State(book): Book, path: Path<(String, String)>) -> Answer {
    let material = book.frozen(&lot_of(path)?)?;
    let mut bids = Vec::new();
    for bid in material.bids {
        let manifest = kaibiao_seal::Manifest::parse(&bid.manifest)
            .map_err(|_| Failure::new(Label::Internal))?;
        let parts = manifest.body().parts.iter().zip(bid.headers);
        let headers = parts.map(|(part, header)| HeaderItem {
            stage: part.stage,
            part: part.part,
            header_b64: B64(header),
        });
        let headers = headers.collect();
        bids.push(FrozenItem { manifest_b64: B64(bid.manifest), cms_b64: B64(bid.cms), headers });
    }
    let paths =
        material.paths.into_iter().map(|p| PathItem { tick: p.tick, no: p.no, path: p.path });
    json(StatusCode::OK, &FrozenAnswer { bids, paths: paths.collect() })
}

/// A custodian's cosignature of a head.
#[utoipa::path(
    post,
    path = paths::COSIGNATURES,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = CosignaturePost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn cosign(State(book): Book, path: Path<(String, String)>, body: Bytes) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let post: CosignaturePost = from_json(&body)?;
    room.cosign(post.size, post.cosignature).await?;
    json(StatusCode::OK, &Accepted { head: room.log().head().entries })
}

/// A witness's cosignature of a head, shown if the hall knows the witness.
#[utoipa::path(
    post,
    path = paths::WITNESS_COSIGNATURES,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = WitnessPost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn witness(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let post: WitnessPost = from_json(&body)?;
    room.cosign(post.size, post.cosignature).await?;
    json(StatusCode::OK, &Accepted { head: room.log().head().entries })
}

/// A custodian's attestation of an outage.
#[utoipa::path(
    post,
    path = paths::OUTAGES,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = OutagePost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn outage(State(book): Book, path: Path<(String, String)>, body: Bytes) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let attested = beside(move || {
        let OutagePost { custodian, deadline, from, to, cms_b64 } = from_json(&body)?;
        let outage = Outage { custodian, deadline, from, to };
        Ok(book.from_seat(&lot, outage, cms_b64.0)?)
    });
    let head = room.outage(attested.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A custodian's signature under the freeze.
#[utoipa::path(
    post,
    path = paths::FREEZE_SIGNATURES,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = FreezeSignaturePost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn sign_freeze(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let signed = beside(move || {
        let FreezeSignaturePost { custodian, freeze_id, cms_b64 } = from_json(&body)?;
        let signature = FreezeSignature { custodian, freeze_id };
        Ok(book.from_seat(&lot, signature, cms_b64.0)?)
    });
    let head = room.sign_freeze(signed.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A custodian's partial decryptions.
#[utoipa::path(
    post,
    path = paths::PARTIALS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = SignedBody,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn partials(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let partials = beside(move || {
        let of = |read: &PartialsBody| (read.tender.clone(), read.lot.clone());
        let (read, post) = signed_for(&lot, &body, of)?;
        Ok(book.from_seat(&lot, PartialSet::new(read, post.body.0), post.cms.0)?)
    });
    let head = room.partials(partials.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A custodian's answer to a draw.
#[utoipa::path(
    post,
    path = paths::DRAW_PARTIALS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = SignedBody,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn draw_partial(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let answer = beside(move || {
        let of = |read: &DrawPartialBody| (read.tender.clone(), read.lot.clone());
        let (read, post) = signed_for(&lot, &body, of)?;
        Ok(book.from_seat(&lot, DrawAnswer::new(read, post.body.0), post.cms.0)?)
    });
    let head = room.draw_partial(answer.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A custodian's signed journal.
#[utoipa::path(
    post,
    path = paths::JOURNALS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = JournalPost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn journal(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    // While bids come in nobody makes the hall read a journal: there is none.
    room.freeze_id().ok_or(RoomError::NotReady("freeze"))?;
    let journal = beside(move || {
        let JournalPost { custodian, moment, journal_b64, cms_b64 } = from_json(&body)?;
        let journal = HandedJournal::new(custodian, moment, journal_b64.0)?;
        Ok(book.from_seat(&lot, journal, cms_b64.0)?)
    });
    let head = room.journal(journal.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A custodian's statement that its share is destroyed.
#[utoipa::path(
    post,
    path = paths::DESTRUCTIONS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = DestructionPost,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn destroyed(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let statement = beside(move || {
        let DestructionPost { custodian, cms_b64 } = from_json(&body)?;
        Ok(book.from_seat(&lot, Destroyed(custodian), cms_b64.0)?)
    });
    let head = room.destroyed(statement.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A custodian's refusal.
#[utoipa::path(
    post,
    path = paths::REFUSALS,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = SignedBody,
    responses((status = 200, description = "done", body = Accepted), Problems)
)]
pub(super) async fn refuse(State(book): Book, path: Path<(String, String)>, body: Bytes) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let refusal = beside(move || {
        let of = |read: &RefusalBody| (read.tender.clone(), read.lot.clone());
        let (read, post) = signed_for(&lot, &body, of)?;
        Ok(book.from_seat(&lot, HandedRefusal::new(read, post.body.0), post.cms.0)?)
    });
    let head = room.refusal(refusal.await?).await?;
    json(StatusCode::OK, &Accepted { head })
}

/// A signed body with what it says, which is about this lot.
fn signed_for<B: DeserializeOwned>(
    lot: &LotKey,
    body: &[u8],
    of: impl Fn(&B) -> (TenderId, LotId),
) -> Result<(B, SignedBody), Failure> {
    let post: SignedBody = from_json(body)?;
    let read: B = from_json(post.body.as_slice())?;
    let (tender, named) = of(&read);
    if (&tender, &named) == (&lot.tender, &lot.lot) {
        Ok((read, post))
    } else {
        Err(Failure::new(Label::WrongLot))
    }
}
