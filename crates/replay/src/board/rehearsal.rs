//! The rehearsals on a board: test objects, and the custodians' answers to them (ruling 15).

use kaibiao_ceremony::{Bytes, CeremonyRecord, Partial, Rehearsal, combine_any, rehearsal_context};
use kaibiao_crypto::{Entropy, tdh2};
use kaibiao_seal::{
    Context, Header, LockSecrets, ObjectDigest, Padding, SealPlan, ceremony_secret, open, seal,
};
use kaibiao_types::CustodianIndex;

use super::{BoardFault, BoardKind, BoardSender, CeremonyBoard, RehearsalNo};

/// The longest test object, in bytes: those of this program have less than a thousand.
const OBJECT_MAX: usize = 128 * 1024;

impl CeremonyBoard {
    /// The bytes of a rehearsal's test object as they were posted.
    pub fn rehearsal_bytes(&self, number: RehearsalNo) -> Option<&[u8]> {
        let place = (BoardKind::RehearsalObject(number), number.sealed_by());
        self.messages.get(&place).map(Vec::as_slice)
    }

    /// A rehearsal's test object, bound to this ceremony and number and proven well formed.
    ///
    /// # Errors
    ///
    /// [`BoardFault::Rehearsal`] if it is not, or if its point is that of an earlier one.
    pub fn rehearsal(
        &self,
        record: &CeremonyRecord,
        number: RehearsalNo,
    ) -> Result<Option<Header>, BoardFault> {
        let object = self.rehearsal_bytes(number);
        object.map(|object| self.test_object(record, number, object)).transpose()
    }

    /// Checks a test object that is on the board, or that somebody would like to post.
    ///
    /// # Errors
    ///
    /// As [`Self::rehearsal`].
    pub fn test_object(
        &self,
        record: &CeremonyRecord,
        number: RehearsalNo,
        object: &[u8],
    ) -> Result<Header, BoardFault> {
        if object.len() > OBJECT_MAX {
            return Err(BoardFault::Rehearsal);
        }
        let header = Header::read(&mut &*object).map_err(|_| BoardFault::Rehearsal)?;
        let context = Context::of_rehearsal(record.suite(), record.ceremony_id, number.index());
        header.expect_context(&context).map_err(|_| BoardFault::Rehearsal)?;
        header.verify_proof(&bases(record)?).map_err(|_| BoardFault::Rehearsal)?;
        let earlier = RehearsalNo::ALL.into_iter().filter(|earlier| *earlier < number);
        for earlier in earlier.filter_map(|earlier| self.rehearsal_bytes(earlier)) {
            let earlier = Header::read(&mut &*earlier).map_err(|_| BoardFault::Rehearsal)?;
            if earlier.u() == header.u() {
                return Err(BoardFault::Rehearsal);
            }
        }
        Ok(header)
    }

    /// A custodian's proven partial decryption of a rehearsal's test object.
    ///
    /// # Errors
    ///
    /// [`BoardFault::Rehearsal`] if object or partial does not hold.
    pub fn rehearsal_partial(
        &self,
        record: &CeremonyRecord,
        number: RehearsalNo,
        from: CustodianIndex,
    ) -> Result<Option<Partial>, BoardFault> {
        let partial = self.message(BoardKind::RehearsalPartial(number), from);
        partial.map(|body| self.test_partial(record, number, from, body)).transpose()
    }

    /// Checks a partial decryption that is on the board, or that a custodian would like to post.
    ///
    /// # Errors
    ///
    /// As [`Self::rehearsal_partial`].
    pub fn test_partial(
        &self,
        record: &CeremonyRecord,
        number: RehearsalNo,
        from: CustodianIndex,
        body: &[u8],
    ) -> Result<Partial, BoardFault> {
        let header = self.rehearsal(record, number)?.ok_or(BoardFault::Rehearsal)?;
        let partial: Partial = serde_json::from_slice(body).map_err(|_| BoardFault::Rehearsal)?;
        // A custodian shows its own share: another's partial, copied, proves nothing.
        if partial.index != from {
            return Err(BoardFault::Rehearsal);
        }
        let context = rehearsal_context(record.suite(), &record.ceremony_id, number.index());
        partial.verify(record, &context, header.u()).map_err(|_| BoardFault::Rehearsal)?;
        Ok(partial)
    }

    /// A rehearsal with the proven partials of all custodians, once they are all there.
    ///
    /// # Errors
    ///
    /// [`BoardFault::Rehearsal`] if the object or one of the partials does not hold.
    pub fn rehearsed(
        &self,
        record: &CeremonyRecord,
        number: RehearsalNo,
    ) -> Result<Option<Rehearsal>, BoardFault> {
        let Some(header) = self.rehearsal(record, number)? else { return Ok(None) };
        if self.all(BoardKind::RehearsalPartial(number)).is_none() {
            return Ok(None);
        }
        let mut partials = Vec::new();
        for entry in &record.custodians {
            let partial = self.rehearsal_partial(record, number, entry.index)?;
            partials.push(partial.ok_or(BoardFault::Rehearsal)?);
        }
        let header_b64 = Bytes(header.bytes().to_vec());
        Ok(Some(Rehearsal { i: number.index(), header_b64, partials }))
    }

    /// The rehearsals for the bundle: the first, which must be complete and hold, and those of the
    /// host after it as far as they are. What goes wrong with a later one takes nothing from the
    /// ceremony, whose key opened once.
    pub(super) fn all_rehearsed(
        &self,
        record: &CeremonyRecord,
    ) -> Result<Option<Vec<Rehearsal>>, BoardFault> {
        let Some(first) = self.rehearsed(record, RehearsalNo::First)? else { return Ok(None) };
        let mut all = vec![first];
        for number in [RehearsalNo::Second, RehearsalNo::Third] {
            let Ok(Some(rehearsal)) = self.rehearsed(record, number) else { break };
            all.push(rehearsal);
        }
        Ok(Some(all))
    }
}

/// Seals a text to the key of a ceremony as the test object of a rehearsal.
///
/// # Errors
///
/// [`BoardFault`] if the record's key is not usable or the randomness fails.
pub fn seal_test_object(
    record: &CeremonyRecord,
    number: RehearsalNo,
    plain: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, BoardFault> {
    let context = Context::of_rehearsal(record.suite(), record.ceremony_id, number.index());
    let plan = SealPlan {
        context: &context,
        bases: &bases(record)?,
        padding: Padding::Padme,
        plaintext_len: u64::try_from(plain.len()).map_err(|_| BoardFault::Rehearsal)?,
        bidder_lock: None,
    };
    let (mut input, mut object) = (plain, Vec::new());
    seal(&plan, &mut input, &mut object, entropy).map_err(|_| BoardFault::Rehearsal)?;
    Ok(object)
}

/// Opens a test object with the partials of k custodians or more, whose proofs are checked again.
///
/// # Errors
///
/// [`BoardFault::Rehearsal`] if fewer than k hold, or the object does not open with them.
pub fn open_test_object(
    record: &CeremonyRecord,
    number: RehearsalNo,
    object: &[u8],
    partials: &[Partial],
) -> Result<Vec<u8>, BoardFault> {
    let mut digest = ObjectDigest::new();
    digest.update(object).map_err(|_| BoardFault::Rehearsal)?;
    let summary = digest.finish().map_err(|_| BoardFault::Rehearsal)?;
    let mut payload = object;
    let header = Header::read(&mut payload).map_err(|_| BoardFault::Rehearsal)?;
    let context = rehearsal_context(record.suite(), &record.ceremony_id, number.index());
    let combined =
        combine_any(record, &context, header.u(), partials).map_err(|_| BoardFault::Rehearsal)?;
    let secret = ceremony_secret(&header, &combined.point, &record.key()?)
        .map_err(|_| BoardFault::Rehearsal)?;
    let secrets = LockSecrets { ceremony: secret, bidder: None };
    let opened = open(&header, &secrets, &summary, &mut payload, Vec::new())
        .map_err(|_| BoardFault::Rehearsal)?;
    Ok(opened.out)
}

fn bases(record: &CeremonyRecord) -> Result<tdh2::Bases, BoardFault> {
    tdh2::Bases::new(record.suite(), *record.ceremony_id.bytes(), record.key()?)
        .map_err(|_| BoardFault::Rehearsal)
}

/// Whether a sender may post a kind: test objects whoever seals them, custodians everything else.
pub(super) fn is_its_to_send(kind: BoardKind, from: BoardSender) -> bool {
    match kind {
        BoardKind::RehearsalObject(number) => from == number.sealed_by(),
        _ => from.custodian().is_some(),
    }
}
