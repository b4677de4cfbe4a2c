//! Arguments of what is made from an opening record.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCmd {
    /// A page to print, in one HTML file without script.
    Page(PrintArgs),
    /// A PDF/A-2b file, with its fonts inside.
    Pdf {
        #[command(flatten)]
        print: PrintArgs,
        /// Another font (OpenType), for characters that the built-in one lacks; can be repeated.
        #[arg(long, value_name = "FILE")]
        font: Vec<PathBuf>,
    },
    /// The public facts as an OCDS 1.1 release package.
    Ocds(OcdsArgs),
}

/// What is printed, and to where.
#[derive(Args, Debug)]
pub(crate) struct PrintArgs {
    /// `record.json`: its exact bytes, as in a package at opening/record.json.
    pub(crate) record: PathBuf,
    /// The opening log of the lot (log/entries.jsonl of a package): print who signed the record.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// New file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct OcdsArgs {
    /// `record.json`: its exact bytes.
    pub(crate) record: PathBuf,
    /// The registered prefix of the publisher, such as `ocds-213czf`.
    #[arg(long, value_name = "PREFIX")]
    pub(crate) ocid_prefix: String,
    /// Name of the publisher.
    #[arg(long, value_name = "NAME")]
    pub(crate) publisher: String,
    /// Where the package will be read, such as `https://hall.example/ocds/1.json`.
    #[arg(long, value_name = "URL")]
    pub(crate) uri: String,
    /// New file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
