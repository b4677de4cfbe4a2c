//! The custodian's part in a key generation: read the whole board, post what is due.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaibiao_ceremony::{
    CeremonyRecord, KeyShare, Outcome, Partial, Session, StaticKey, raise, rehearsal_context,
};
use kaibiao_crypto::{Hex, Secret32};
use kaibiao_custody::Holding;
use kaibiao_journal::{Cosigner, SignatureAlgorithm, VerifierKey};
use kaibiao_replay::{
    Announcement, BoardFault, BoardItem, BoardKind, BoardSender, CeremonyBoard, RehearsalNo,
    board_statement,
};
use kaibiao_types::Digest;
use kaibiao_wire::{B64, BoardAnswer, BoardPost, DraftAnswer};

use super::{Lot, LotError, by_rule, refused};
use crate::keys::{Aside, LotFolder, Text};
use crate::shared::CheckedDraft;

/// What is due in a ceremony.
#[derive(Debug)]
pub(crate) enum CeremonyStep {
    /// Everything is there: the key is generated, signed and rehearsed. The host may rehearse again.
    Complete,
    /// This message is due.
    Post(Box<BoardPost>),
    /// Others are due.
    Wait,
}

/// Rehearsals of one ceremony at most (ruling 15).
const REHEARSALS_MAX: usize = 3;

const REQUEST: &str = "ceremony";

/// The secrets of one key generation, read once: every key file costs a tenth of a second.
pub(super) struct Keys {
    session: Hex<32>,
    fixed: StaticKey,
    cosigner: Cosigner,
    share: Option<KeyShare>,
}

/// A board with what is needed to go on from it.
struct Seat<'a> {
    folder: &'a LotFolder<'a>,
    checked: &'a CheckedDraft,
    keys: &'a mut Keys,
    board: &'a CeremonyBoard,
}

impl Lot {
    /// Reads the board and gives the one message that is due, if any.
    ///
    /// After a restart the same messages come out: the secrets and the first-round message are
    /// stored before they are sent.
    ///
    /// # Errors
    ///
    /// [`LotError`].
    pub(crate) fn ceremony(
        &mut self,
        answer: &DraftAnswer,
        board: &BoardAnswer,
    ) -> Result<CeremonyStep, LotError> {
        if self.journal.memory().holding() > Holding::Share {
            // Without this a hall could start the lot anew and have its log opened by another key.
            return Err(by_rule(REQUEST)(kaibiao_custody::Refusal::Destroyed));
        }
        let checked = self.shared.check_draft(&self.key, &self.trust, answer)?;
        let checked =
            checked.ok_or_else(|| wrong("this custodian's certificate has no seat any more"))?;
        self.seat = Some(checked.index);
        let shared = Arc::clone(&self.shared);
        let folder = shared.store.folder(&self.key)?;
        agree(&folder, &checked)?;
        let items = items(board)?;
        let read = CeremonyBoard::read(
            &checked.draft,
            &checked.bytes,
            checked.session,
            &items,
            &self.trust,
            self.shared.now().now,
        );
        let board = read.map_err(|error| fault(&error))?;
        let mut keys = match self.keys.take().filter(|keys| keys.session == checked.session) {
            Some(keys) => keys,
            None => self.read_keys(&folder, &checked)?,
        };
        let mut seat = Seat { folder: &folder, checked: &checked, keys: &mut keys, board: &board };
        let step = self.due(&mut seat);
        self.keys = Some(keys);
        step
    }

    /// The order of a ceremony.
    fn due(&self, seat: &mut Seat<'_>) -> Result<CeremonyStep, LotError> {
        let announcement = seat.announcement()?;
        let Some(posted) = seat.own(BoardKind::Announce) else {
            return self.post(seat, BoardKind::Announce, announcement);
        };
        same(posted, &announcement, "announcement")?;
        let Some(session) = seat.board.session().map_err(|error| fault(&error))? else {
            return Ok(CeremonyStep::Wait);
        };
        let round1 = self.round1(seat, &session)?;
        let Some(posted) = seat.own(BoardKind::Round1) else {
            return self.post(seat, BoardKind::Round1, round1);
        };
        same(posted, &round1, "first-round message")?;
        let Some(messages) = seat.board.all(BoardKind::Round1) else {
            return Ok(CeremonyStep::Wait);
        };
        let outcome = session
            .round2(seat.checked.index, &seat.keys.fixed, &messages)
            .map_err(|error| refused(REQUEST, error.label(), &error))?;
        let Some(posted) = seat.own(BoardKind::CertifyDkg) else {
            return self.post(seat, BoardKind::CertifyDkg, outcome.signature.0.to_vec());
        };
        same(posted, &outcome.signature.0, "certificate")?;
        let Some((record, _)) = seat.board.record().map_err(|error| fault(&error))? else {
            return Ok(CeremonyStep::Wait);
        };
        self.keep_share(seat, outcome, &record)?;
        if seat.own(BoardKind::SignRecord).is_none() {
            let bytes = record.to_bytes().map_err(|error| fault(&error.into()))?;
            let signature = self.shared.sign(&bytes)?;
            return self.post(seat, BoardKind::SignRecord, signature);
        }
        for number in RehearsalNo::ALL {
            let kind = BoardKind::RehearsalPartial(number);
            if seat.own(kind).is_some() {
                continue;
            }
            if let Some(body) = self.rehearse(seat, &record, number)? {
                return self.post(seat, kind, body);
            }
        }
        let bundle = seat.board.bundle(&self.trust, self.shared.now().now);
        if bundle.map_err(|error| fault(&error))?.is_none() {
            return Ok(CeremonyStep::Wait);
        }
        Ok(CeremonyStep::Complete)
    }

    /// A message with the custodian's signature over what it is and for which lot.
    fn post(
        &self,
        seat: &Seat<'_>,
        kind: BoardKind,
        body: Vec<u8>,
    ) -> Result<CeremonyStep, LotError> {
        let statement = board_statement(&seat.checked.origin, kind, &body);
        let cms = self.shared.sign(statement.as_bytes())?;
        Ok(CeremonyStep::Post(Box::new(BoardPost {
            from: seat.checked.index,
            kind: kind.name().to_owned(),
            body_b64: B64(body),
            cms_b64: B64(cms),
        })))
    }

    /// The secrets of this key generation: fresh ones the first time, stored before they are used.
    fn read_keys(
        &self,
        folder: &LotFolder<'_>,
        checked: &CheckedDraft,
    ) -> Result<Box<Keys>, LotError> {
        let mut entropy = self.shared.entropy();
        let share = folder.share()?;
        let begun = folder.text(Text::Round1)?.is_some() || share.is_some();
        let fixed = match folder.static_key()? {
            Some(key) => key,
            None if begun => return Err(wrong("the static key of a begun ceremony is gone")),
            None => {
                let key = StaticKey::generate(&mut entropy)?;
                folder.put_static_key(&key, &mut entropy)?;
                key
            }
        };
        let seed = match folder.cosign_seed()? {
            Some(seed) => seed,
            None if begun => return Err(wrong("the cosigning key of a begun ceremony is gone")),
            None => {
                let seed = Secret32::random(&mut entropy)?;
                folder.put_cosign_seed(&seed, &mut entropy)?;
                seed
            }
        };
        let cosigner = Cosigner::from_seed(checked.origin.clone(), checked.index, seed.expose())
            .map_err(|error| LotError::Unable(error.to_string()))?;
        Ok(Box::new(Keys { session: checked.session, fixed, cosigner, share }))
    }

    /// The one first-round message: stored before it is sent, and never made again.
    fn round1(&self, seat: &Seat<'_>, session: &Session) -> Result<Vec<u8>, LotError> {
        if let Some(message) = seat.folder.text(Text::Round1)? {
            return Ok(message);
        }
        let mut entropy = self.shared.entropy();
        let message = session
            .round1(seat.checked.index, &seat.keys.fixed, &mut entropy)
            .map_err(|error| refused(REQUEST, error.label(), &error))?;
        seat.folder.put(Text::Round1, &message)?;
        Ok(message)
    }

    /// Checks the certified result, stores the share and then the record that is to be signed.
    fn keep_share(
        &self,
        seat: &mut Seat<'_>,
        outcome: Outcome,
        record: &CeremonyRecord,
    ) -> Result<(), LotError> {
        let suite = record.suite();
        if suite.hash(&outcome.transcript) != record.transcript_sha256 {
            return Err(wrong("the record is of another transcript"));
        }
        if record.public_share(seat.checked.index) != Some(&outcome.share.public()) {
            return Err(wrong("the record has another public share for this custodian"));
        }
        check_cosign_keys(record)?;
        let bytes = record.to_bytes().map_err(|error| fault(&error.into()))?;
        match &seat.keys.share {
            Some(stored) if stored.public() != outcome.share.public() => {
                return Err(wrong("another share is stored for this session"));
            }
            Some(_) => {}
            None => {
                seat.folder.put_share(&outcome.share, &mut self.shared.entropy())?;
                seat.keys.share = Some(outcome.share);
            }
        }
        match seat.folder.text(Text::Ceremony)? {
            Some(signed) => same(&signed, &bytes, "signed record"),
            None => Ok(seat.folder.put(Text::Ceremony, &bytes)?),
        }
    }

    /// Raises a test object, before READY only, for three objects at most, and no point under two
    /// numbers (ruling 15).
    fn rehearse(
        &self,
        seat: &Seat<'_>,
        record: &CeremonyRecord,
        number: RehearsalNo,
    ) -> Result<Option<Vec<u8>>, LotError> {
        let Some(share) = &seat.keys.share else { return Ok(None) };
        let header = seat.board.rehearsal(record, number).map_err(|error| fault(&error))?;
        let Some(header) = header else { return Ok(None) };
        if seat.folder.text(Text::Ready)?.is_some() {
            return Err(wrong("the ceremony is READY: nothing is rehearsed any more"));
        }
        let u = header.u();
        let (mut file, raised) = seat.folder.rehearsals()?;
        let point = u.hex().to_string();
        let line = match number {
            RehearsalNo::First => point.clone(),
            RehearsalNo::Second | RehearsalNo::Third => format!("{point} {}", number.index()),
        };
        if !raised.iter().any(|before| *before == line.as_bytes()) {
            if raised.iter().any(|before| before.starts_with(point.as_bytes())) {
                return Err(wrong("this point was raised in another rehearsal"));
            }
            if raised.len() >= REHEARSALS_MAX {
                return Err(wrong("three test objects were raised already"));
            }
            file.append(&[line.as_bytes()])?;
        }
        let (suite, id) = (record.suite(), &record.ceremony_id);
        let context = rehearsal_context(suite, id, number.index());
        let partial: Partial = raise(suite, share, id, &context, u, &mut self.shared.entropy())?;
        serde_json::to_vec(&partial).map(Some).map_err(|error| LotError::Unable(error.to_string()))
    }
}

impl Seat<'_> {
    fn own(&self, kind: BoardKind) -> Option<&[u8]> {
        self.board.message(kind, self.checked.index)
    }

    fn announcement(&self) -> Result<Vec<u8>, LotError> {
        let announcement = Announcement {
            v: 1,
            kind: "announce".to_owned(),
            session: self.checked.session,
            index: self.checked.index,
            static_key: self.keys.fixed.public().hex(),
            cosign_vkey: self.keys.cosigner.vkey().to_string(),
        };
        serde_json::to_vec(&announcement).map_err(|error| LotError::Unable(error.to_string()))
    }
}

/// Fixes draft and session of the lot. Another session is taken up only while there is no share,
/// never again once it was given up, and with fresh keys.
fn agree(folder: &LotFolder<'_>, checked: &CheckedDraft) -> Result<(), LotError> {
    let session = checked.session.to_string();
    if folder.aside(&session) == Aside::Known {
        return Err(wrong("this session of the key generation was given up before"));
    }
    if let Some(before) = folder.text(Text::Session)? {
        if before == session.as_bytes() {
            let draft = folder.text(Text::Draft)?;
            return if draft.as_deref() == Some(&checked.bytes) {
                Ok(())
            } else {
                Err(wrong("the draft differs from the one that this custodian agreed to"))
            };
        }
        if folder.share()?.is_some() {
            return Err(wrong("there is a share of this lot from another session"));
        }
        let text = String::from_utf8_lossy(&before);
        let before = Digest::parse(&text).map_err(|e| folder.damaged(Text::Session, e))?;
        folder.set_aside(&before.to_string())?;
    }
    folder.put(Text::Draft, &checked.bytes)?;
    folder.put(Text::DraftCms, &checked.cms)?;
    folder.put(Text::Session, session.as_bytes())?;
    Ok(())
}

/// The messages of the board as `replay` reads them.
fn items(board: &BoardAnswer) -> Result<Vec<BoardItem>, LotError> {
    let items = (0_u64..).zip(&board.messages).map(|(number, message)| {
        let kind = BoardKind::parse(&message.kind).filter(|_| message.n == number)?;
        let from = BoardSender::parse(&message.from)?;
        let (body, cms) = (message.body_b64.0.clone(), message.cms_b64.0.clone());
        Some(BoardItem { from, kind, body, cms })
    });
    let items: Option<Vec<BoardItem>> = items.collect();
    items.ok_or_else(|| wrong("the board has a message of unknown kind, sender or number"))
}

/// Cosigning keys must be n different ones of the type that cosigns: with another one the closing
/// head could never be counted, and one key under two names would be two votes.
fn check_cosign_keys(record: &CeremonyRecord) -> Result<(), LotError> {
    let mut seen = BTreeSet::new();
    for custodian in &record.custodians {
        let key: VerifierKey =
            custodian.cosign_vkey.parse().map_err(|e| refused(REQUEST, "E_CEREMONY", &e))?;
        if key.algorithm() != SignatureAlgorithm::CosignatureV1 || !seen.insert(*key.public_key()) {
            let index = custodian.index;
            let detail = format!("the cosigning key of custodian {index} is not one of its own");
            return Err(wrong(&detail));
        }
    }
    Ok(())
}

/// What the board shows of this custodian must be what this key store has made.
fn same(shown: &[u8], own: &[u8], what: &str) -> Result<(), LotError> {
    if shown == own {
        return Ok(());
    }
    let detail =
        format!("another {what} stands under this custodian's name: is its key in use twice?");
    Err(wrong(&detail))
}

fn fault(error: &BoardFault) -> LotError {
    refused(REQUEST, error.label(), error)
}

fn wrong(detail: &str) -> LotError {
    LotError::refused(REQUEST, "E_CEREMONY", detail)
}
