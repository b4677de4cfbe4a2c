//! `kaibiao chat`: talk in the room, and order in it (ADR-0031).

use kaibiao_opening::Command;
use kaibiao_replay::private_digest;
use kaibiao_types::Digest;
use kaibiao_wire::{Exit, Label, PrivateText, paths};

use super::act::{done, load, send};
use crate::args::{Act, ChatCmd, MuteArgs, RemoveArgs};
use crate::client::Hall;
use crate::failure::Failure;
use crate::output::{Facts, Ui};
use crate::{acts, machine, secrets};

pub(super) async fn run(command: ChatCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        ChatCmd::Say { text, private: false, act } => send(&act, Command::Chat(text), ui).await,
        ChatCmd::Say { text, private: true, act } => whisper(&act, text, ui).await,
        ChatCmd::Read { index, at, session } => {
            let hall = Hall::at(&at.at)?.with_session(&secrets::first_line(&session)?)?;
            let private: PrivateText = hall.get(&paths::private(&at.lot, index)).await?;
            let mut facts = Facts::default();
            let digest = private_digest(&private.salt, &private.text);
            facts.add("text", private.text).text("salt", private.salt);
            facts.text("text_sha256", digest);
            ui.facts(&facts);
            Ok(Exit::Ok)
        }
        ChatCmd::Mute(MuteArgs { whom, reason, act }) => {
            send(&act, Command::Mute { bidder: whom.bidder, reason }, ui).await
        }
        ChatCmd::Unmute(MuteArgs { whom, reason, act }) => {
            send(&act, Command::Unmute { bidder: whom.bidder, reason }, ui).await
        }
        ChatCmd::Remove(RemoveArgs { bidder, reason, act }) => {
            send(&act, Command::Remove { bidder, reason }, ui).await
        }
        ChatCmd::Readmit(RemoveArgs { bidder, reason, act }) => {
            send(&act, Command::Readmit { bidder, reason }, ui).await
        }
    }
}

/// Signs the digest of a text under a new salt, and sends the text beside it.
async fn whisper(act: &Act, text: String, ui: Ui) -> Result<Exit, Failure> {
    if !kaibiao_opening::is_message(&text) {
        let detail = "the message is empty, too long or has characters that no screen shows";
        return Err(Failure::new(Label::BadInput, detail));
    }
    let (hall, lot, signer) = load(act)?;
    let salt = Digest::new(machine::random_bytes()?);
    let command = Command::ChatPrivately { text_sha256: private_digest(&salt, &text) };
    let private = Some(PrivateText { salt, text });
    Ok(done(acts::send_with(&hall, lot, &signer, command, private).await?, ui))
}
