//! Arguments of what is about certificates, signatures and trust lists.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_types::UtcMillis;

use super::{As, ByTrust};
use crate::instant;

#[derive(Debug, Subcommand)]
pub(crate) enum CertCmd {
    /// Say what the certificates of a file are, without judging them.
    Inspect {
        /// Certificates: PEM, one in DER, or a PKCS#12 file.
        file: PathBuf,
        /// File whose first line is the password of a PKCS#12 file; `-` is standard input. Else it is
        /// asked for at the terminal.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Say whether a certificate may sign bids and records, and whose it is (证书检查).
    Check {
        /// Certificate chain, PEM, the signer's certificate first; or a PKCS#12 file.
        file: PathBuf,
        #[command(flatten)]
        trust: ByTrust,
        /// The private key too: whether it belongs to the certificate. That in a PKCS#12 file always
        /// does.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// File whose first line is the password of the key or of a PKCS#12 file; `-` is standard
        /// input. Else it is asked for at the terminal.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// 尾号 of the certificate that signs, where a PKCS#12 file has several.
        #[arg(long, value_name = "XXXX")]
        serial_tail: Option<String>,
        /// At which instant; else now.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        at: Option<UtcMillis>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// The file to sign; it stays as it is.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) signer: As,
    /// New file for the signature (`.p7s`).
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// With an RSA key: RSASSA-PSS instead of PKCS#1 v1.5.
    #[arg(long)]
    pub(crate) pss: bool,
}

#[derive(Args, Debug)]
pub(crate) struct VerifySignatureArgs {
    /// The signature (`.p7s`).
    pub(crate) signature: PathBuf,
    /// The file that was signed.
    #[arg(long, value_name = "FILE")]
    pub(crate) content: PathBuf,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// Also judge a container of GB/T 35275, which Chinese signing tools write. It is never one of
    /// ours: bids and acts signed this way are refused. Revocation is not judged.
    #[arg(long, requires = "no_revocation", conflicts_with_all = ["record", "certificates"])]
    pub(crate) import: bool,
    /// An instant at which exactly this signature file is known to have existed, time stamp included: by
    /// its receipt, or the log.
    #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
    pub(crate) at: Option<UtcMillis>,
    /// An evidence record (RFC 4998) over the signature file.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The present; else by the clock of this machine.
    #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
    pub(crate) now: Option<UtcMillis>,
    /// Revocation lists and OCSP responses, DER.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) revocation: Vec<PathBuf>,
    /// Do not ask whether certificates were revoked; the result says so.
    #[arg(long, conflicts_with = "revocation")]
    pub(crate) no_revocation: bool,
    /// Certificates that the signature file lacks, PEM.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) certificates: Vec<PathBuf>,
    /// The unified social credit code (统一社会信用代码) of whom the signature must be.
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCmd {
    /// Say which certification authorities a trust list believes, and for what.
    Show {
        /// Trust list.
        list: PathBuf,
    },
    /// Add a certification authority from its certificate; shows what it found.
    Add(TrustAddArgs),
    /// Sign a trust list, as the supervising body that answers for it.
    Sign(TrustSignArgs),
    /// Say whether the supervising body signed a trust list.
    Verify(TrustVerifyArgs),
}

#[derive(Args, Debug)]
pub(crate) struct TrustAddArgs {
    /// Certificate of the authority, PEM.
    pub(crate) ca: PathBuf,
    /// Trust list to add to; without one a new list begins.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Name of a new list.
    #[arg(long, value_name = "TEXT", required_unless_present = "list", conflicts_with = "list")]
    pub(crate) name: Option<String>,
    /// New file for the longer list.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Chinese name of the authority; else as its certificate says.
    #[arg(long, value_name = "TEXT")]
    pub(crate) name_zh: Option<String>,
    /// English name of the authority; else as its certificate says.
    #[arg(long, value_name = "TEXT")]
    pub(crate) name_en: Option<String>,
    /// Where it puts the unified social credit code: `subject:2.5.4.97` or `extension:OID`.
    #[arg(long, value_name = "PLACE:OID")]
    pub(crate) org_code: String,
    /// Signature algorithms that are believed under it; else that of its own key.
    #[arg(long, value_name = "NAME")]
    pub(crate) signature: Vec<String>,
    /// What it is excused from, though RFC 5280 asks it of every authority: `authority-key-id`,
    /// `critical-basic-constraints`, `critical-policy-constraints`, `subject-key-id`.
    #[arg(long, value_name = "NAME")]
    pub(crate) excuse: Vec<String>,
    /// First instant at which it is believed; else the beginning of its certificate.
    #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
    pub(crate) from: Option<UtcMillis>,
    /// Last instant at which it is believed; else the end of its certificate.
    #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
    pub(crate) until: Option<UtcMillis>,
}

#[derive(Args, Debug)]
pub(crate) struct TrustSignArgs {
    /// Trust list; it stays as it is.
    pub(crate) list: PathBuf,
    #[command(flatten)]
    pub(crate) signer: As,
    /// New file for the signature; else LIST.p7s, where the programs look for it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct TrustVerifyArgs {
    /// Trust list.
    pub(crate) list: PathBuf,
    /// The signature; else LIST.p7s.
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// Certificate of the supervising body, PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) by: PathBuf,
}
