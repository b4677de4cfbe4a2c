//! Arguments of what is about time stamps and evidence records.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_pki::DigestAlgorithm;
use kaibiao_types::{LotKey, UtcMillis};

use super::{ByTrust, KeyFiles, LogArgs};
use crate::{instant, lots};

/// How a time stamp is asked for: over the network, or in two steps with files.
#[derive(Args, Debug)]
pub(crate) struct AskArgs {
    /// Address of the time-stamping authority, such as `https://tsa.example/`.
    #[arg(long, value_name = "URL", required_unless_present_any = ["request_out", "response"])]
    pub(crate) tsa: Option<String>,
    /// Without network, first step: write the request to this new file (`.tsq`) and stop.
    #[arg(long, value_name = "FILE", conflicts_with = "tsa")]
    pub(crate) request_out: Option<PathBuf>,
    /// Second step: the request of the first step.
    #[arg(long, value_name = "FILE", requires = "response",
        conflicts_with_all = ["tsa", "request_out"])]
    pub(crate) request: Option<PathBuf>,
    /// Second step: what the authority answered (`.tsr`).
    #[arg(long, value_name = "FILE", requires = "request")]
    pub(crate) response: Option<PathBuf>,
    /// Object identifier of the authority's policy; else its usual one.
    #[arg(long, value_name = "OID", conflicts_with = "response")]
    pub(crate) policy: Option<String>,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TimestampCmd {
    /// Have a file stamped; it stays as it is.
    File {
        /// The file.
        file: PathBuf,
        /// New file for the stamp; else the name of the file with `.tst` at its end.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Digest: sha256, sha384, sha512 or sm3.
        #[arg(long, value_name = "NAME", default_value = "sha256", value_parser = digest)]
        digest: DigestAlgorithm,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Have a detached signature stamped: it then proves when it existed (CAdES-T).
    Signature {
        /// The signature (`.p7s`); it stays as it is.
        signature: PathBuf,
        /// New file for the signature with its stamp.
        #[arg(long, value_name = "FILE", required_unless_present = "request_out")]
        out: Option<PathBuf>,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Verify a stamp of a file, without network.
    Verify {
        /// The file.
        file: PathBuf,
        /// The stamp (`.tst`), or an authority's answer (`.tsr`).
        #[arg(long, value_name = "FILE")]
        token: PathBuf,
        #[command(flatten)]
        trust: ByTrust,
        /// The instant at which it is judged; else now.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        at: Option<UtcMillis>,
    },
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct EvidenceArgs {
    #[command(subcommand)]
    pub(crate) command: Option<EvidenceCmd>,
    /// Address of the hall, such as `https://hall.example`.
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) hall: Option<String>,
    /// For https: PEM file of the certificates that may vouch for the hall.
    #[arg(long, value_name = "FILE", requires = "hall")]
    pub(crate) tls_root: Option<PathBuf>,
    /// The lot.
    #[arg(long, value_name = "TENDER/LOT", value_parser = lots::parse, required = true)]
    pub(crate) lot: Option<LotKey>,
    /// New file for the package.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCmd {
    /// 续期: begin an evidence record over files, or renew one before it ends (RFC 4998).
    Renew(RenewArgs),
    /// Say what an evidence record claims, without judging it.
    Show {
        /// The record (`.ers`).
        record: PathBuf,
    },
    /// Verify an evidence record of files: since when they have existed, and until when that is
    /// proven.
    Verify(JudgeRecordArgs),
}

#[derive(Args, Debug)]
pub(crate) struct RenewArgs {
    /// The files: to begin a record or to renew its hash tree all of them; to renew the time stamp
    /// they may be left out.
    pub(crate) files: Vec<PathBuf>,
    /// The record to renew; it stays as it is. Without one a record begins.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// New file for the record (`.ers`).
    #[arg(long, value_name = "FILE", required_unless_present = "request_out")]
    pub(crate) out: Option<PathBuf>,
    /// Digest of a new record (else sha256), or one to change to: sha256, sha384, sha512 or sm3.
    #[arg(long, value_name = "NAME", value_parser = digest)]
    pub(crate) digest: Option<DigestAlgorithm>,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

#[derive(Args, Debug)]
pub(crate) struct JudgeRecordArgs {
    /// The record (`.ers`).
    pub(crate) record: PathBuf,
    /// The files; one of them, or all.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// The instant at which it is judged; else now.
    #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
    pub(crate) at: Option<UtcMillis>,
}

#[derive(Args, Debug)]
pub(crate) struct TsaArgs {
    #[command(flatten)]
    pub(crate) signer: KeyFiles,
    /// Folder of this authority alone: the serial numbers are kept there.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3161")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// End when standard input is closed; for a parent process.
    #[arg(long, hide = true)]
    pub(crate) while_stdin: bool,
}

fn digest(name: &str) -> Result<DigestAlgorithm, String> {
    DigestAlgorithm::by_name(name)
        .ok_or_else(|| format!("{name:?}: write sha256, sha384, sha512 or sm3"))
}
