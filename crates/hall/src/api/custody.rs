//! What custodians ask and post. They dial out; the hall calls nobody.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kaibiao_pki::cms;
use kaibiao_room::{DrawAnswer, HandedJournal, PartialSet};
use kaibiao_wire::{
    Accepted, B64, CosignaturePost, DestructionPost, FreezeSignaturePost, FrozenAnswer, FrozenItem,
    HeaderItem, JournalPost, Label, PathItem, RefusalBody, SignedBody, from_json,
};

use super::{Answer, Book, blocking, json, lot_of};
use crate::problem::Failure;

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

pub(super) async fn cosign(State(book): Book, path: Path<(String, String)>, body: Bytes) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let post: CosignaturePost = from_json(&body)?;
    room.cosign(post.size, post.cosignature).await?;
    json(StatusCode::OK, &Accepted { head: room.log().head() })
}

pub(super) async fn sign_freeze(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let post: FreezeSignaturePost = from_json(&body)?;
    let head =
        room.sign_freeze(post.custodian, post.freeze_id, post.cms_b64.as_slice().to_vec()).await?;
    json(StatusCode::OK, &Accepted { head })
}

pub(super) async fn partials(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let post: SignedBody = from_json(&body)?;
    let read: kaibiao_wire::PartialsBody = from_json(post.body.as_slice())?;
    if (read.tender, read.lot) != (lot.tender, lot.lot) {
        return Err(Failure::new(Label::WrongLot));
    }
    let set = PartialSet::parse(post.body.as_slice())?;
    let head = room.partials(set, post.cms.as_slice().to_vec()).await?;
    json(StatusCode::OK, &Accepted { head })
}

pub(super) async fn draw_partial(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let post: SignedBody = from_json(&body)?;
    let read: kaibiao_wire::DrawPartialBody = from_json(post.body.as_slice())?;
    if (read.tender, read.lot) != (lot.tender, lot.lot) {
        return Err(Failure::new(Label::WrongLot));
    }
    let answer = DrawAnswer::parse(post.body.as_slice())?;
    let head = room.draw_partial(answer, post.cms.as_slice().to_vec()).await?;
    json(StatusCode::OK, &Accepted { head })
}

pub(super) async fn journal(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let post: JournalPost = from_json(&body)?;
    let journal = HandedJournal {
        custodian: post.custodian,
        moment: post.moment,
        bytes: post.journal_b64.0,
        cms: post.cms_b64.0,
    };
    let head = room.journal(journal).await?;
    json(StatusCode::OK, &Accepted { head })
}

pub(super) async fn destroyed(
    State(book): Book,
    path: Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let room = book.room(&lot_of(path)?)?;
    let post: DestructionPost = from_json(&body)?;
    let head = room.destroyed(post.custodian, post.cms_b64.as_slice().to_vec()).await?;
    json(StatusCode::OK, &Accepted { head })
}

pub(super) async fn refuse(State(book): Book, path: Path<(String, String)>, body: Bytes) -> Answer {
    let lot = lot_of(path)?;
    let room = book.room(&lot)?;
    let post: SignedBody = from_json(&body)?;
    let refusal: RefusalBody = from_json(post.body.as_slice())?;
    if (&refusal.tender, &refusal.lot) != (&lot.tender, &lot.lot) {
        return Err(Failure::new(Label::WrongLot));
    }
    let custodian = refusal.custodian;
    let seat = blocking(move || {
        let (hall, now) = (book.hall(), book.hall().now());
        let signature =
            cms::verify_detached(post.cms.as_slice(), post.body.as_slice(), &hall.trust, now)?;
        Ok(book.seat_of(&lot, custodian)? == Some(signature.signer().certificate().sha256()))
    });
    if !seat.await? {
        return Err(Failure::new(Label::WrongRole));
    }
    let head = room.refusal(refusal.custodian, refusal.label, refusal.detail).await?;
    json(StatusCode::OK, &Accepted { head })
}
