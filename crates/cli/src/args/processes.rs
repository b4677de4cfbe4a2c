//! Arguments of `serve` and `custodian`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kaibiao_journal::VerifierKey;
use kaibiao_types::LotKey;
use kaibiao_wire::Origin;

use super::{AtHall, ByTrust, KeyFiles};
use crate::lots;

#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Folder for everything the hall keeps.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// File of the intake key, without which nobody can tell who has handed in a bid; made if there is
    /// none. Keep it apart from backups of --data [default: DIR.key beside --data]
    #[arg(long, value_name = "FILE")]
    pub(crate) intake_key: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Tell numbers for monitoring (`GET /metrics`) on an address of its own, such as 127.0.0.1:9464.
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Show the cosignatures of this witness, by the key that `witness init` prints; once for each.
    #[arg(long = "witness", value_name = "KEY")]
    pub(crate) witnesses: Vec<VerifierKey>,
    #[command(flatten)]
    pub(crate) front: FrontArgs,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(flatten)]
    pub(crate) signer: KeyFiles,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// Accept the published development certificates; for trials only.
    #[arg(long)]
    pub(crate) dev: bool,
    /// Also run a custodian of this identity as a child process; once for each. The custody is then
    /// `self`: one operator holds the key.
    #[arg(long = "custodian-identity", value_name = "CHAIN.pem:KEY.pem")]
    pub(crate) custodians: Vec<String>,
    /// End when standard input is closed; for a parent process.
    #[arg(long, hide = true)]
    pub(crate) while_stdin: bool,
}

/// How the hall meets the network.
#[derive(Args, Clone, Debug)]
pub(crate) struct FrontArgs {
    /// Serve TLS under this certificate chain, PEM; it is not the certificate that signs receipts.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, PEM, not encrypted.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// For trials: serve TLS under a certificate that is made once and kept in DIR.tls beside --data.
    #[arg(long, conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: bool,
    /// With --tls-cert and --custodian-identity: the certificates by which those custodians know the
    /// hall, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_root: Option<PathBuf>,
    /// Address by which people reach the hall, such as `https://hall.example`; once for each. Logins
    /// are bound to it. Else the address that it listens on.
    #[arg(long = "origin", value_name = "URL", value_parser = origin)]
    pub(crate) origins: Vec<Origin>,
    /// Believe `X-Forwarded-For` of the proxy at this address, and of nobody else.
    #[arg(long, value_name = "IP")]
    pub(crate) behind_proxy: Option<IpAddr>,
    /// Live rooms that one address may have open.
    #[arg(long, value_name = "N", default_value_t = kaibiao_hall::SOCKETS_PER_ADDRESS)]
    pub(crate) sockets_per_address: u32,
}

fn origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).map_err(|error| error.to_string())
}

/// How a long-running command says on standard error what it does.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LogArgs {
    /// Lines of text, or one JSON object for each.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CustodianCmd {
    /// Make an empty key store, protected by a passphrase or by a token.
    Init {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Post partial decryptions that a custodian released (`released-*.json` in its key store) to a
    /// hall that has the log of the lot; needs no key.
    Carry {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        at: AtHall,
    },
    /// Take part in ceremonies and openings until stopped; opens no port.
    Run {
        #[command(flatten)]
        at: AtHall,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        signer: Box<KeyFiles>,
        #[command(flatten)]
        trust: ByTrust,
        /// Ask the hall at one steady pace, in milliseconds; else faster near a deadline.
        #[arg(long, value_name = "N")]
        poll_ms: Option<u64>,
        #[command(flatten)]
        log: LogArgs,
        /// Serve this lot only; else every lot in which the certificate has a seat.
        #[arg(long, value_name = "TENDER/LOT", value_parser = lots::parse)]
        lot: Option<LotKey>,
        /// End when standard input is closed; for a parent process.
        #[arg(long, hide = true)]
        while_stdin: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct StoreArgs {
    /// Folder of the key store.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) protection: ProtectionArgs,
}

/// What protects the key store: a passphrase, or a token with all three of its options.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub(crate) struct ProtectionArgs {
    /// File whose first line is the passphrase.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["token_module", "token_label", "token_pin_file"])]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Instead of a passphrase: the PKCS#11 module of a token, an absolute path.
    #[arg(long, value_name = "FILE", requires_all = ["token_label", "token_pin_file"])]
    pub(crate) token_module: Option<PathBuf>,
    /// The token's label.
    #[arg(long, value_name = "LABEL", requires = "token_module")]
    pub(crate) token_label: Option<String>,
    /// File whose first line is the PIN of the token's user.
    #[arg(long, value_name = "FILE", requires = "token_module")]
    pub(crate) token_pin_file: Option<PathBuf>,
}
