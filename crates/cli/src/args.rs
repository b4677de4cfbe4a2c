//! The command line.

mod chat;
mod login;
mod people;
mod processes;
mod record;
mod signer;
mod signing;
mod stamping;
mod tender;
mod witness;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kaibiao_types::{LotKey, Millis, UtcMillis};

use crate::instant;
use crate::lots;
use crate::output::Lang;

pub(crate) use chat::{ChatCmd, MuteArgs, RemoveArgs};
pub(crate) use login::{LoginCmd, SessionArgs};
pub(crate) use people::{
    Act, AgentArgs, BidderCmd, EstimateArgs, HostCmd, SignAct, SupervisorCmd, Why,
};
pub(crate) use processes::{CustodianCmd, FrontArgs, LogArgs, LogFormat, ServeArgs, StoreArgs};
pub(crate) use record::{OcdsArgs, PrintArgs, RecordCmd};
pub(crate) use signer::{As, KeyFiles};
pub(crate) use signing::{
    CertCmd, SignArgs, TrustAddArgs, TrustCmd, TrustSignArgs, TrustVerifyArgs, VerifySignatureArgs,
};
pub(crate) use stamping::{
    AskArgs, EvidenceArgs, EvidenceCmd, JudgeRecordArgs, RenewArgs, TimestampCmd, TsaArgs,
};
pub(crate) use tender::{CeremonyCmd, DraftArgs, SealArgs, SubmitArgs, TenderCmd, WithdrawArgs};
pub(crate) use witness::{WitnessCmd, WitnessRun};

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
    /// 招标文件: draft, publish, fetch or check a tender.
    #[command(subcommand)]
    Tender(TenderCmd),
    /// 密钥仪式: start the key ceremony of a lot, look at it, get a lost share back.
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
    /// 撤回: withdraw a submitted bid before the deadline; can be repeated after an interruption.
    Withdraw(WithdrawArgs),
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
    /// 聊天: talk in the room, and mute or remove who disturbs it.
    #[command(subcommand)]
    Chat(ChatCmd),
    /// 登录: a session for reading what is for one seat; acts stay signed.
    #[command(subcommand)]
    Login(LoginCmd),
    /// 旁观: follow the live room in a terminal.
    Watch(WatchArgs),
    /// 见证: remember every line of a log and cosign its heads, so that nobody is shown another past.
    #[command(subcommand)]
    Witness(WitnessCmd),
    /// 开标记录: print it, or publish its facts.
    #[command(subcommand)]
    Record(RecordCmd),
    /// 证据包: download the evidence package of a closed lot, or keep its evidence alive.
    Evidence(EvidenceArgs),
    /// 验证: verify an evidence package, without network.
    Verify(VerifyArgs),
    /// 证书: say what a certificate is, and whether it may sign.
    #[command(subcommand)]
    Cert(CertCmd),
    /// 签名: sign any file, detached (CAdES).
    Sign(SignArgs),
    /// 验签: verify a detached signature.
    VerifySignature(VerifySignatureArgs),
    /// 信任名单: show, extend, sign or verify a list of certification authorities.
    #[command(subcommand)]
    Trust(TrustCmd),
    /// 时间戳: have files and signatures stamped, and verify stamps (RFC 3161).
    #[command(subcommand)]
    Timestamp(TimestampCmd),
    /// 时间戳机构（仅供开发）: run a time-stamping authority for tests and demonstrations.
    Tsa(TsaArgs),
    /// 演示: a whole opening on this machine.
    Demo(DemoArgs),
}

/// Where the hall is.
#[derive(Args, Debug)]
pub(crate) struct AtHall {
    /// Address of the hall, such as `https://hall.example`.
    #[arg(long, value_name = "URL")]
    pub(crate) hall: String,
    /// For https: PEM file of the certificates that may vouch for the hall. Those of this machine are
    /// not believed unless their file is named.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_root: Option<PathBuf>,
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

/// Whose certificates are believed.
#[derive(Args, Clone, Debug)]
pub(crate) struct ByTrust {
    /// Trust list.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: PathBuf,
    /// Certificate of the supervising body, PEM: the list must be signed by it, in FILE.p7s beside.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_signed_by: Option<PathBuf>,
}

/// Whose certificates are believed, if signatures are to be verified at all.
#[derive(Args, Debug)]
pub(crate) struct MayTrust {
    /// Trust list: verify every signature; else nothing is verified but the procedure.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Certificate of the supervising body, PEM: the list must be signed by it, in FILE.p7s beside.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) trust_signed_by: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) at: AtLot,
    #[command(flatten)]
    pub(crate) trust: MayTrust,
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
    /// Certificate of the supervising body, PEM: the list must be signed by it, in FILE.p7s beside.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) trust_signed_by: Option<PathBuf>,
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

    /// How many commands take a trust list; each takes the certificate of who signed it too.
    fn take_trust(command: &clap::Command) -> usize {
        let has = |id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
        assert_eq!(has("trust"), has("trust_signed_by"), "{}", command.get_name());
        usize::from(has("trust")) + command.get_subcommands().map(take_trust).sum::<usize>()
    }

    #[test]
    fn every_trust_list_can_be_asked_for_its_signature() {
        assert!(take_trust(&Cli::command()) > 10);
    }
}
