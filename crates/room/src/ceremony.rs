//! The hall's part in a ceremony: relay messages, post the test object, assemble the bundle.

use kaibiao_ceremony::CeremonyRecord;
use kaibiao_crypto::Hex;
use kaibiao_journal::{LogOrigin, LogSigner};
use kaibiao_opening::TenderDraft;
use kaibiao_pki::cms;
use kaibiao_replay::{
    BoardFault, BoardItem, BoardKind, BoardSender, CeremonyBoard, RehearsalNo, board_statement,
    open_test_object, seal_test_object,
};
use kaibiao_store::{Batch, BoardMessage};
use kaibiao_types::LotKey;
use serde::{Deserialize, Serialize};

use crate::{BoardLine, HallContext, RoomError};

/// A message of a custodian or the host as it is posted.
#[derive(Clone, Debug)]
pub struct BoardPosting {
    /// Who posts it.
    pub from: BoardSender,
    /// What it is.
    pub kind: BoardKind,
    /// Its bytes.
    pub body: Vec<u8>,
    /// The CMS over the board statement.
    pub cms: Vec<u8>,
}

/// A lot before its tender file is published.
#[derive(Debug)]
pub struct LotCeremony {
    pub(crate) draft: TenderDraft,
    pub(crate) draft_bytes: Vec<u8>,
    pub(crate) session: Hex<32>,
}

/// How a message is kept: body and signature together.
#[derive(Serialize, Deserialize)]
struct Kept {
    body: Vec<u8>,
    cms: Vec<u8>,
}

pub(crate) const BUNDLE_DOC: &str = "ceremony.bundle";
const SEED_KEY: &str = "log-seed";
const SESSION_KEY: &str = "session";
const REHEARSAL_KEY: &str = "rehearsal-plain";

impl LotCeremony {
    /// Starts a ceremony: checks the host's signature and keeps draft, session and log key.
    pub(crate) fn create(
        hall: &HallContext,
        draft_bytes: &[u8],
        cms: &[u8],
    ) -> Result<(LotKey, Self), RoomError> {
        let draft = TenderDraft::parse(draft_bytes)?;
        let now = hall.now();
        let signature = cms::verify_detached(cms, draft_bytes, &hall.trust, now)?;
        let terms = draft.terms();
        if signature.signer().party().code != terms.host.code {
            return Err(RoomError::Seat);
        }
        if let Some(late) = now.since(terms.deadline) {
            return Err(RoomError::Late(late));
        }
        let lot = terms.lot_key();
        let (mut session, mut seed) = ([0; 32], zeroize::Zeroizing::new([0; 32]));
        for bytes in [&mut session, &mut *seed] {
            hall.random
                .fill(bytes)
                .map_err(|_| RoomError::internal("the source of randomness failed"))?;
        }
        let batch = Batch::new()
            .put_new_doc("draft.json", draft_bytes)
            .put_new_doc("draft.p7s", cms)
            .kv_put(SESSION_KEY, &session)
            .kv_put(SEED_KEY, &*seed);
        match hall.store.doc(&lot, "draft.json") {
            Ok(Some(known)) if known == draft_bytes => {}
            Ok(Some(_)) => return Err(RoomError::Exists(lot)),
            _ => hall.store.create_lot_with(&lot, now, &batch)?,
        }
        let ceremony = Self::load(hall, &lot)?;
        Ok((lot, ceremony))
    }

    /// A ceremony as it was kept.
    pub(crate) fn load(hall: &HallContext, lot: &LotKey) -> Result<Self, RoomError> {
        let draft_bytes =
            hall.store.doc(lot, "draft.json")?.ok_or_else(|| RoomError::UnknownLot(lot.clone()))?;
        let session = hall.store.kv_get(lot, SESSION_KEY)?.unwrap_or_default();
        let session =
            session.try_into().map_err(|_| RoomError::internal("the session is damaged"))?;
        Ok(Self { draft: TenderDraft::parse(&draft_bytes)?, draft_bytes, session: Hex(session) })
    }

    /// The signer of the lot's log.
    pub(crate) fn log_signer(&self, hall: &HallContext) -> Result<LogSigner, RoomError> {
        let seed = hall.store.kv_get(&self.draft.terms().lot_key(), SEED_KEY)?.unwrap_or_default();
        let seed: [u8; 32] =
            seed.try_into().map_err(|_| RoomError::internal("the log key is damaged"))?;
        let seed = zeroize::Zeroizing::new(seed);
        LogSigner::from_seed(self.origin()?, &seed).map_err(RoomError::internal)
    }

    pub(crate) fn origin(&self) -> Result<LogOrigin, RoomError> {
        LogOrigin::parse(&self.draft.terms().log_origin()).map_err(RoomError::internal)
    }

    /// Takes a message in and does what is due after it. Gives its number.
    pub(crate) fn post(
        &self,
        hall: &HallContext,
        posting: &BoardPosting,
    ) -> Result<u64, RoomError> {
        let lot = self.draft.terms().lot_key();
        let item = BoardItem {
            from: posting.from,
            kind: posting.kind,
            body: posting.body.clone(),
            cms: posting.cms.clone(),
        };
        // Alone first: a message that is not its sender's must not take the sender's place.
        CeremonyBoard::read(
            &self.draft,
            &self.draft_bytes,
            self.session,
            &[item],
            &hall.trust,
            hall.now(),
        )
        .map_err(|fault| match (posting.from, fault) {
            (BoardSender::Host, BoardFault::Signature(None)) => RoomError::Seat,
            (_, fault) => fault.into(),
        })?;
        self.check_rehearsal(hall, posting)?;
        let kept = keep(&posting.body, &posting.cms)?;
        let n =
            hall.store.board_post(&lot, &posting.from.to_string(), posting.kind.name(), &kept)?;
        self.advance(hall)?;
        Ok(n)
    }

    /// A rehearsal begins once the one before is complete, and what is posted for it holds: the
    /// first message counts, so a wrong one would be in the way of the right one for good.
    fn check_rehearsal(&self, hall: &HallContext, posting: &BoardPosting) -> Result<(), RoomError> {
        let (BoardKind::RehearsalObject(number) | BoardKind::RehearsalPartial(number)) =
            posting.kind
        else {
            return Ok(());
        };
        let board = self.read(hall)?;
        let Some((record, _)) = board.record()? else {
            return Err(RoomError::NotReady("the key generation goes on"));
        };
        if let Some(from) = posting.from.custodian() {
            board.test_partial(&record, number, from, &posting.body)?;
            return Ok(());
        }
        let complete = board.bundle(&hall.trust, hall.now())?.map_or(0, |b| b.rehearsal.len());
        let before = RehearsalNo::ALL.into_iter().filter(|before| *before < number).count();
        if complete < before {
            return Err(RoomError::NotReady("the rehearsal before this one is not complete"));
        }
        board.test_object(&record, number, &posting.body)?;
        Ok(())
    }

    /// The board so far, with bodies and signatures apart.
    pub(crate) fn board(
        &self,
        hall: &HallContext,
        since: u64,
    ) -> Result<Vec<BoardLine>, RoomError> {
        let messages = hall.store.board(&self.draft.terms().lot_key(), since)?;
        let apart = messages.into_iter().map(|message| {
            let kept: Kept = serde_json::from_slice(&message.body).map_err(RoomError::internal)?;
            let BoardMessage { n, from, kind, .. } = message;
            Ok(BoardLine { n, from, kind, body: kept.body, cms: kept.cms })
        });
        apart.collect()
    }

    fn read(&self, hall: &HallContext) -> Result<CeremonyBoard, RoomError> {
        let mut items = Vec::new();
        for message in self.board(hall, 0)? {
            let from = BoardSender::parse(&message.from)
                .ok_or_else(|| RoomError::internal("board sender"))?;
            let kind =
                BoardKind::parse(&message.kind).ok_or_else(|| RoomError::internal("board kind"))?;
            items.push(BoardItem { from, kind, body: message.body, cms: message.cms });
        }
        Ok(CeremonyBoard::read(
            &self.draft,
            &self.draft_bytes,
            self.session,
            &items,
            &hall.trust,
            hall.now(),
        )?)
    }

    /// Posts the test object once the record exists; keeps the bundle once the rehearsal opened it,
    /// and a greater one once the custodians answered the host's.
    fn advance(&self, hall: &HallContext) -> Result<(), RoomError> {
        let lot = self.draft.terms().lot_key();
        let board = self.read(hall)?;
        let Some((record, _)) = board.record()? else { return Ok(()) };
        if board.all(BoardKind::SignRecord).is_none() {
            return Ok(());
        }
        if board.rehearsal(&record, RehearsalNo::First)?.is_none() {
            return self.post_test_object(hall, &record);
        }
        let Some(bundle) = board.bundle(&hall.trust, hall.now())? else { return Ok(()) };
        let bytes = serde_json::to_vec(&bundle).map_err(RoomError::internal)?;
        match hall.store.doc(&lot, BUNDLE_DOC)? {
            Some(kept) if kept == bytes => return Ok(()),
            Some(_) => return Ok(hall.store.put_doc(&lot, BUNDLE_DOC, &bytes)?),
            None => {}
        }
        let object = board.rehearsal_bytes(RehearsalNo::First).ok_or(BoardFault::Rehearsal)?;
        let rehearsal = bundle.rehearsal.first().ok_or(BoardFault::Rehearsal)?;
        let opened = open_test_object(&record, RehearsalNo::First, object, &rehearsal.partials)?;
        if hall.store.kv_get(&lot, REHEARSAL_KEY)? != Some(opened) {
            return Err(BoardFault::Rehearsal.into());
        }
        Ok(hall.store.put_new_doc(&lot, BUNDLE_DOC, &bytes)?)
    }

    /// Seals random bytes to the new key (ruling 15).
    fn post_test_object(
        &self,
        hall: &HallContext,
        record: &CeremonyRecord,
    ) -> Result<(), RoomError> {
        let lot = self.draft.terms().lot_key();
        let mut plain = [0; 64];
        hall.random
            .fill(&mut plain)
            .map_err(|_| RoomError::internal("the source of randomness failed"))?;
        let object = seal_test_object(record, RehearsalNo::First, &plain, &mut hall.entropy())
            .map_err(RoomError::internal)?;
        let kind = BoardKind::RehearsalObject(RehearsalNo::First);
        let statement = board_statement(&self.origin()?, kind, &object);
        let cms = cms::sign_detached(
            &hall.identity,
            statement.as_bytes(),
            hall.now(),
            hall.random.for_signatures(),
        )
        .map_err(RoomError::internal)?;
        hall.store.kv_put(&lot, REHEARSAL_KEY, &plain)?;
        let kept = keep(&object, &cms)?;
        hall.store.board_post(&lot, &BoardSender::Hall.to_string(), kind.name(), &kept)?;
        Ok(())
    }
}

fn keep(body: &[u8], cms: &[u8]) -> Result<Vec<u8>, RoomError> {
    serde_json::to_vec(&Kept { body: body.to_vec(), cms: cms.to_vec() })
        .map_err(RoomError::internal)
}
