//! Signed commands of host, supervisor and bidders: one implementation for all of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{Command, PriceWords, SignedCommandBody, State};
use kaibiao_types::{LotKey, Millis};
use kaibiao_wire::{Accepted, B64, CommandPost, Label, PrivateText, paths};

use crate::client::Hall;
use crate::failure::Failure;
use crate::follow::Follower;
use crate::identity::Signer;
use crate::{lots, machine};

/// Bytes of the longest opening record that is read.
const RECORD_MAX: usize = 256 << 20;

/// Signs a command and sends it; gives the number of entries after it.
pub(crate) async fn send(
    hall: &Hall,
    lot: &LotKey,
    signer: &Signer,
    command: Command,
) -> Result<u64, Failure> {
    send_with(hall, lot, signer, command, None).await
}

/// The same with the private text that the command names a digest of.
pub(crate) async fn send_with(
    hall: &Hall,
    lot: &LotKey,
    signer: &Signer,
    command: Command,
    private: Option<PrivateText>,
) -> Result<u64, Failure> {
    let seen = lots::status(hall, lot).await?.entries;
    let body = SignedCommandBody {
        lot: lot.clone(),
        command,
        nonce: machine::random_id()?.to_string(),
        at: machine::now()?,
        after: seen.saturating_sub(1),
    };
    let body = body.to_bytes();
    let cms = signer.sign(&body)?;
    let post = CommandPost { body: B64(body), cms: B64(cms), private };
    let accepted: Accepted = hall.post(&paths::commands(lot), &post).await?;
    Ok(accepted.head)
}

/// Signs the opening record: only the one that follows from the log, byte for byte.
pub(crate) async fn sign_record(
    hall: &Hall,
    lot: &LotKey,
    signer: &Signer,
    log: &mut Follower,
) -> Result<u64, Failure> {
    log.catch_up(hall, lot).await?;
    let Some(derived) = log.record() else {
        return Err(Failure::new(Label::NotReady, "there is no opening record yet"));
    };
    let shown = hall.get_bytes(&paths::record(lot), RECORD_MAX).await?;
    let named = log.state().record().map(|record| record.sha256);
    if shown != derived || named != Some(SUITE_1.hash(derived)) {
        let detail = "the record that the hall shows does not follow from the log; not signed";
        return Err(Failure::new(Label::AlteredObject, detail));
    }
    let cms = STANDARD.encode(signer.sign(derived)?);
    let command = Command::SignRecord { record_sha256: SUITE_1.hash(derived), cms };
    send(hall, lot, signer, command).await
}

/// How long the reading of the next price takes by the number of its words; `None` if every price
/// is read, or none is published.
pub(crate) fn next_duration(state: &State) -> Option<Millis> {
    let read = usize::try_from(state.prices_read()).ok()?;
    let bid = state.priced_bids().nth(read)?;
    let lot = state.published()?;
    let position = state.prices_read().saturating_add(1);
    let (asked, fields) = (lot.fields_of(state.stage()), bid.fields.as_ref()?);
    let words = PriceWords::new(asked, lot.currency, position, &bid.bidder, bid.total, fields);
    Some(words.duration)
}
