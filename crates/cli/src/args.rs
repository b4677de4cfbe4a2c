//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kaibiao_types::{LotKey, Millis, Part, UtcMillis};

use crate::instant::{self, Instant};
use crate::lots;
use crate::output::Lang;

/// 开标: sealed bids, opened in public at a fixed time.
#[derive(Debug, Parser)]
#[command(name = "kaibiao", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// Language of sentences for people.
    #[arg(long, global = true, value_enum, default_value_t = Lang::Zh)]
    pub(crate) lang: Lang,
    /// Data as JSON on standard output, failures as JSON on standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Cmd,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cmd {
    /// 招标文件: draft, create, publish, fetch or check a tender.
    #[command(subcommand)]
    Tender(TenderCmd),
    /// 密钥仪式: look at the key ceremony of a lot.
    #[command(subcommand)]
    Ceremony(CeremonyCmd),
    /// 开标大厅: run the hall.
    Serve(ServeArgs),
    /// 密钥分持人: run a custodian.
    #[command(subcommand)]
    Custodian(CustodianCmd),
    /// 密封: seal a bid on the bidder's own machine.
    Seal(SealArgs),
    /// 递交: hand a sealed bid in; can be repeated after an interruption.
    Submit(SubmitArgs),
    /// 查看: say what a file is and whether it is damaged.
    Inspect {
        /// A sealed file, manifest, receipt, tender file or ceremony.
        file: PathBuf,
    },
    /// 主持人: preside over an opening.
    #[command(subcommand)]
    Host(HostCmd),
    /// 监标人: approve and sign as supervisor.
    #[command(subcommand)]
    Supervisor(SupervisorCmd),
    /// 投标人: sign in, confirm, object and sign as bidder.
    #[command(subcommand)]
    Bidder(BidderCmd),
    /// 旁观: follow the live room in a terminal.
    Watch(WatchArgs),
    /// 证据包: download the evidence package of a closed lot.
    Evidence {
        #[command(flatten)]
        at: AtLot,
        /// New file for the package.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 验证: verify an evidence package, without network.
    Verify(VerifyArgs),
    /// 演示: a whole opening on this machine.
    Demo(DemoArgs),
}

/// Where the hall is.
#[derive(Args, Debug)]
pub(crate) struct AtHall {
    /// Address of the hall, such as https://hall.example.
    #[arg(long, value_name = "URL")]
    pub(crate) hall: String,
}

/// Which lot at which hall.
#[derive(Args, Debug)]
pub(crate) struct AtLot {
    #[command(flatten)]
    pub(crate) at: AtHall,
    /// The lot.
    #[arg(long, value_name = "TENDER/LOT", value_parser = lots::parse)]
    pub(crate) lot: LotKey,
}

/// Who signs.
#[derive(Args, Debug)]
pub(crate) struct As {
    /// Certificate chain, PEM, the signer's certificate first.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: PathBuf,
    /// Private key, PEM, PKCS#8, not encrypted.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

/// Whose certificates are believed.
#[derive(Args, Debug)]
pub(crate) struct ByTrust {
    /// Trust list.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenderCmd {
    /// Make a draft out of a form (JSON).
    Draft(DraftArgs),
    /// Sign a draft, announce it to the hall, start its key ceremony.
    Create {
        #[command(flatten)]
        at: AtHall,
        /// The draft.
        #[arg(long, value_name = "FILE")]
        draft: PathBuf,
        #[command(flatten)]
        signer: As,
    },
    /// Wait for the ceremony, check it, sign and publish the tender file.
    Publish {
        #[command(flatten)]
        at: AtLot,
        #[command(flatten)]
        signer: As,
        #[command(flatten)]
        trust: ByTrust,
        /// New folder for the tender file and all it refers to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The longest wait for the ceremony, such as 10m.
        #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = instant::parse_span)]
        wait: Millis,
    },
    /// Download a published tender and check it.
    Fetch {
        #[command(flatten)]
        at: AtLot,
        #[command(flatten)]
        trust: ByTrust,
        /// New folder for the tender file and all it refers to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Check a tender folder, without network.
    Check {
        /// Folder of `tender publish` or `tender fetch`.
        folder: PathBuf,
        #[command(flatten)]
        trust: ByTrust,
        /// Judge certificates at this instant instead of now.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        at: Option<UtcMillis>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct DraftArgs {
    /// Form of the draft: JSON without deadline, platform and custodians.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Deadline and opening time: RFC 3339 with an offset, or +30s, +5m, +2h, +7d.
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    pub(crate) deadline: Instant,
    /// Certificate of a custodian, PEM; once for each, in order.
    #[arg(long = "custodian", value_name = "FILE", required = true)]
    pub(crate) custodians: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// Host name of the platform, first part of the name of the opening log.
    #[arg(long, value_name = "NAME")]
    pub(crate) platform: Option<String>,
    /// Public notice before a degraded freeze, such as 10m; else as in the form.
    #[arg(long, value_name = "SPAN", value_parser = instant::parse_span)]
    pub(crate) notice: Option<Millis>,
    /// Wait for the freeze quorum, such as 30s; else as in the form.
    #[arg(long, value_name = "SPAN", value_parser = instant::parse_span)]
    pub(crate) freeze_wait: Option<Millis>,
    /// New file for the draft.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CeremonyCmd {
    /// How far the ceremony of a lot is.
    Status {
        #[command(flatten)]
        at: AtLot,
    },
    /// Check a ceremony bundle, without network.
    Check {
        /// The bundle, as in a tender folder.
        file: PathBuf,
        #[command(flatten)]
        trust: ByTrust,
        /// Judge certificates at this instant instead of now.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        at: Option<UtcMillis>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Folder for everything the hall keeps.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) signer: As,
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

#[derive(Debug, Subcommand)]
pub(crate) enum CustodianCmd {
    /// Make an empty key store, protected by a passphrase.
    Init {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Take part in ceremonies and openings until stopped; opens no port.
    Run {
        #[command(flatten)]
        at: AtHall,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        signer: As,
        #[command(flatten)]
        trust: ByTrust,
        /// Ask the hall at one steady pace, in milliseconds; else faster near a deadline.
        #[arg(long, value_name = "N")]
        poll_ms: Option<u64>,
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
    /// File whose first line is the passphrase.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct SealArgs {
    /// Folder of `tender fetch`.
    #[arg(long, value_name = "DIR")]
    pub(crate) tender: PathBuf,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// Price sheet as JSON: `{"total":{"minor":…,"currency":"CNY"},"fields":{…}}`.
    #[arg(long, value_name = "FILE", required_unless_present = "price")]
    pub(crate) sheet: Option<PathBuf>,
    /// Total price, such as 123456.78.
    #[arg(long, value_name = "AMOUNT", conflicts_with = "sheet")]
    pub(crate) price: Option<String>,
    /// Another read-out field of the tender; once for each.
    #[arg(long = "field", value_name = "KEY=VALUE", conflicts_with = "sheet")]
    pub(crate) fields: Vec<String>,
    /// The document of the bid: exactly one file.
    #[arg(long = "document", value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) documents: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signer: As,
    /// Folder of an earlier bid that this one replaces.
    #[arg(long, value_name = "DIR")]
    pub(crate) supersedes: Option<PathBuf>,
    /// New folder for the sealed bid.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    /// Folder of `kaibiao seal`.
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) at: AtHall,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// The lot the bid must be for; else the one in its manifest.
    #[arg(long, value_name = "TENDER/LOT", value_parser = lots::parse)]
    pub(crate) lot: Option<LotKey>,
    /// Do not wait for the receipt's proof in the log.
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// A signed command: where, and who signs.
#[derive(Args, Debug)]
pub(crate) struct Act {
    #[command(flatten)]
    pub(crate) at: AtLot,
    #[command(flatten)]
    pub(crate) signer: As,
}

/// Signing the record: a command, and how its log is read.
#[derive(Args, Debug)]
pub(crate) struct SignAct {
    #[command(flatten)]
    pub(crate) act: Act,
    /// Trust list: verify every signature of the log before signing.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
}

/// The parts that a host unseals.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum UnsealPart {
    /// The price sheets.
    Price,
    /// The documents.
    Documents,
}

impl From<UnsealPart> for Part {
    fn from(part: UnsealPart) -> Self {
        match part {
            UnsealPart::Price => Self::Price,
            UnsealPart::Documents => Self::Documents,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostCmd {
    /// Announce the bidders (公布投标人名单).
    PublishBidders(Act),
    /// Check the seals in public (密封性检查).
    CheckSeals(Act),
    /// Start unsealing one part (解密).
    Unseal {
        /// Which part.
        part: UnsealPart,
        #[command(flatten)]
        act: Act,
    },
    /// Read the next price aloud (唱标).
    ReadNext {
        #[command(flatten)]
        act: Act,
        /// How long the reading takes; else by the number of its words.
        #[arg(long, value_name = "N")]
        duration_ms: Option<u64>,
    },
    /// Read all prices that are left, one after the other.
    ReadAll {
        #[command(flatten)]
        act: Act,
        /// How long each reading takes; else by the number of its words.
        #[arg(long, value_name = "N")]
        interval_ms: Option<u64>,
    },
    /// Answer an objection (答复).
    Answer {
        /// Number of the objection.
        no: u32,
        /// The answer.
        text: String,
        #[command(flatten)]
        act: Act,
    },
    /// Make the opening record (开标记录).
    GenerateRecord(Act),
    /// Sign the opening record.
    SignRecord(SignAct),
    /// Approve a degraded freeze.
    ApproveDegraded(Act),
    /// End the opening.
    Close(Act),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SupervisorCmd {
    /// Approve a degraded freeze.
    ApproveDegraded(Act),
    /// Sign the opening record.
    SignRecord(SignAct),
}

#[derive(Debug, Subcommand)]
pub(crate) enum BidderCmd {
    /// Sign in (签到).
    SignIn(Act),
    /// Confirm the price as read (报价确认).
    Confirm(Act),
    /// Object to the opening (异议).
    Object {
        /// The objection.
        text: String,
        #[command(flatten)]
        act: Act,
    },
    /// Sign the opening record.
    SignRecord(SignAct),
}

#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) at: AtLot,
    /// Trust list: verify every entry and signature while following.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// End when this phase has come, such as `closed`; else never.
    #[arg(long, value_name = "PHASE")]
    pub(crate) until: Option<String>,
    /// Print what the log has now, then end.
    #[arg(long, conflicts_with = "until")]
    pub(crate) once: bool,
    /// Print ticks too.
    #[arg(long)]
    pub(crate) ticks: bool,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The evidence package.
    #[arg(required_unless_present_any = ["list_checks", "explain"])]
    pub(crate) package: Option<PathBuf>,
    /// The auditor's own trust list.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["list_checks", "explain"])]
    pub(crate) trust: Option<PathBuf>,
    /// An instant that the auditor vouches for: what the package dates later does not count.
    #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
    pub(crate) at: Option<UtcMillis>,
    /// List all checks.
    #[arg(long, exclusive = false)]
    pub(crate) list_checks: bool,
    /// Explain one check, and how to do it by hand.
    #[arg(long, value_name = "ID")]
    pub(crate) explain: Option<String>,
}

/// How fast a demonstration goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Pace {
    /// For people: about two minutes.
    Live,
    /// As fast as it can.
    Instant,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Which tender.
    #[arg(long, value_name = "NAME", default_value = "zhuzhou-2022",
        value_parser = crate::demo::TENDERS)]
    pub(crate) tender: String,
    /// New folder for tender file, sealed bids, receipts, record and package.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How fast it goes.
    #[arg(long, value_enum, default_value_t = Pace::Live)]
    pub(crate) pace: Pace,
    /// Address of the hall.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Size of each bidder's document.
    #[arg(long, value_name = "N", default_value_t = 3,
        value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) document_mib: u64,
    /// Time from the draft to the deadline, such as 20s; else by the pace.
    #[arg(long, value_name = "SPAN", value_parser = instant::parse_span)]
    pub(crate) deadline_in: Option<Millis>,
    /// Keep the folders of the processes (keys, data, logs).
    #[arg(long)]
    pub(crate) keep: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
