//! Arguments of `login`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{As, AtLot};

#[derive(Debug, Subcommand)]
pub(crate) enum LoginCmd {
    /// Sign a statement of the hall with the certificate; the session goes into a new file.
    Start {
        #[command(flatten)]
        at: AtLot,
        #[command(flatten)]
        signer: As,
        /// New file for the session; whoever has it is taken for you until it ends.
        #[arg(long, value_name = "FILE")]
        session: PathBuf,
    },
    /// Say whose session it is and when it ends.
    Show(SessionArgs),
    /// End the session.
    End(SessionArgs),
}

/// A session that was begun.
#[derive(Args, Debug)]
pub(crate) struct SessionArgs {
    #[command(flatten)]
    pub(crate) at: AtLot,
    /// The file of the session.
    #[arg(long, value_name = "FILE")]
    pub(crate) session: PathBuf,
}
