//! Arguments of `chat`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_types::OrgCode;

use super::people::org_code;
use super::{Act, AtLot};

#[derive(Debug, Subcommand)]
pub(crate) enum ChatCmd {
    /// Say something in the room, for everybody to read and for good: it is in the log.
    Say {
        /// The message, at most 1,000 characters.
        text: String,
        /// Only host and supervisor may read it; the log has a salted digest.
        #[arg(long)]
        private: bool,
        #[command(flatten)]
        act: Act,
    },
    /// Read a private message: as host, as supervisor, or as its author.
    Read {
        /// Its index in the log.
        index: u64,
        #[command(flatten)]
        at: AtLot,
        /// The file of the session, from `kaibiao login start`.
        #[arg(long, value_name = "FILE")]
        session: PathBuf,
    },
    /// Let a bidder, or all of them, send no messages (禁言). Objecting stays open, and ends it.
    Mute(MuteArgs),
    /// Let them send messages again.
    Unmute(MuteArgs),
    /// Remove a bidder from the talk in the room (踢出). It may sign in, unlock, confirm and object.
    Remove(RemoveArgs),
    /// Let a removed bidder in again.
    Readmit(RemoveArgs),
}

/// Whom, and why.
#[derive(Args, Debug)]
pub(crate) struct MuteArgs {
    #[command(flatten)]
    pub(crate) whom: Whom,
    /// Why, for everybody to read.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) act: Act,
}

/// One bidder, or every bidder of the lot.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Whom {
    /// The bidder's organisation code.
    #[arg(long, value_name = "CODE", value_parser = org_code)]
    pub(crate) bidder: Option<OrgCode>,
    /// Every bidder of the lot.
    #[arg(long)]
    pub(crate) all: bool,
}

/// Whom, and why.
#[derive(Args, Debug)]
pub(crate) struct RemoveArgs {
    /// The bidder's organisation code.
    #[arg(long, value_name = "CODE", value_parser = org_code)]
    pub(crate) bidder: OrgCode,
    /// Why, for everybody to read.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) act: Act,
}
