//! Arguments of `host`, `supervisor` and `bidder`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kaibiao_opening::{BondState, HoldReason, IdentityState, Measure, NotPassed};
use kaibiao_types::{Fault, OrgCode, Part, UtcMillis};

use super::{As, AtLot, ByTrust, MayTrust};
use crate::instant::{self, Instant};

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
    #[command(flatten)]
    pub(crate) trust: MayTrust,
}

/// Sealing the base estimate.
#[derive(Args, Debug)]
pub(crate) struct EstimateArgs {
    /// File with the amount, such as 1431388.90, and nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) amount_file: PathBuf,
    #[command(flatten)]
    pub(crate) act: Act,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
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

/// Who acts for a bidder.
#[derive(Args, Debug)]
pub(crate) struct AgentArgs {
    /// Name of the authorised agent (授权委托人), for everybody to see.
    #[arg(long, value_name = "NAME", requires = "letter")]
    pub(crate) agent: Option<String>,
    /// The authorisation letter (授权委托书): only its SHA-256 leaves this machine.
    #[arg(long, value_name = "FILE", requires = "agent")]
    pub(crate) letter: Option<PathBuf>,
    /// Data of the person, such as the number of an id card: only a salted SHA-256 of the file leaves
    /// this machine.
    #[arg(long, value_name = "FILE", requires_all = ["agent", "salt_out"])]
    pub(crate) person: Option<PathBuf>,
    /// New file for the salt, 32 hexadecimal digits; keep it with the file of the person.
    #[arg(long, value_name = "FILE", requires = "person")]
    pub(crate) salt_out: Option<PathBuf>,
}

/// 身份检查.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Identity {
    /// 符合: those who act for the bidder are who the bid says.
    Fits,
    /// 不符合: they are not; needs a reason.
    DoesNotFit,
}

impl From<Identity> for IdentityState {
    fn from(found: Identity) -> Self {
        match found {
            Identity::Fits => Self::Fits,
            Identity::DoesNotFit => Self::DoesNotFit,
        }
    }
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum DecidedFault {
    /// The bidder's: the bid counts as revoked.
    Bidder,
    /// Not the bidder's: the bid counts as withdrawn.
    NotBidder,
    /// It is left open.
    Undetermined,
}

impl From<DecidedFault> for Fault {
    fn from(fault: DecidedFault) -> Self {
        match fault {
            DecidedFault::Bidder => Self::Bidder,
            DecidedFault::NotBidder => Self::NotBidder,
            DecidedFault::Undetermined => Self::Undetermined,
        }
    }
}

/// 保证金.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Bond {
    /// 已缴纳.
    Paid,
    /// 保函.
    Guarantee,
    /// 未缴纳; needs a reason.
    Unpaid,
    /// 未能核实; needs a reason.
    Unknown,
    /// 不要求.
    NotRequired,
}

impl From<Bond> for BondState {
    fn from(found: Bond) -> Self {
        match found {
            Bond::Paid => Self::Paid,
            Bond::Guarantee => Self::Guarantee,
            Bond::Unpaid => Self::Unpaid,
            Bond::Unknown => Self::Unknown,
            Bond::NotRequired => Self::NotRequired,
        }
    }
}

pub(super) fn org_code(text: &str) -> Result<OrgCode, String> {
    OrgCode::parse(text).map_err(|error| error.to_string())
}

/// Why an opening is held or ended.
#[derive(Args, Debug)]
pub(crate) struct Why {
    /// One of: system, network, power, attack, leak-risk, authority-order, data-dispute,
    /// too-few-valid, unlawful-acts, over-budget, cancelled, other.
    #[arg(long, value_name = "REASON", value_parser = hold_reason)]
    pub(crate) reason: HoldReason,
    /// Why, for everybody to read.
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
}

fn hold_reason(text: &str) -> Result<HoldReason, String> {
    let names =
        || HoldReason::ALL.iter().map(|reason| reason.name()).collect::<Vec<_>>().join(", ");
    HoldReason::parse(text).ok_or_else(|| format!("one of: {}", names()))
}

fn measure(text: &str) -> Result<Measure, String> {
    let names = || Measure::ALL.iter().map(|measure| measure.name()).collect::<Vec<_>>().join(", ");
    Measure::parse(text).ok_or_else(|| format!("one of: {}", names()))
}

/// A bidder that did not pass, and why.
fn not_passed(text: &str) -> Result<NotPassed, String> {
    let (code, reason) = text.split_once('=').ok_or("write CODE=REASON")?;
    Ok(NotPassed { bidder: org_code(code)?, reason: reason.to_owned() })
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostCmd {
    /// Announce the bidders (公布投标人名单).
    PublishBidders(Act),
    /// State what was found about one bidder (身份检查、保证金): on record, and stopping nobody.
    CheckBidder {
        /// The bidder's organisation code.
        #[arg(long, value_name = "CODE", value_parser = org_code)]
        bidder: OrgCode,
        /// Whether those who act for the bidder are who the bid says.
        #[arg(long, value_enum)]
        identity: Identity,
        /// The bid bond.
        #[arg(long, value_enum)]
        bond: Bond,
        /// Why, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        act: Act,
    },
    /// Announce the ceiling price of the tender file (公布最高投标限价).
    AnnounceCeiling(Act),
    /// Check the seals in public (密封性检查).
    CheckSeals(Act),
    /// Open the window in which bidders unlock their bids (投标人解密), where the tender file has one.
    OpenBidderWindow(Act),
    /// Give bidders more time to unlock (延长), while the window is open.
    ExtendBidderWindow {
        /// By how many seconds.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=86_400))]
        seconds: u32,
        /// Why, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        act: Act,
    },
    /// Open the window again (重启解密), after it was over.
    ReopenBidderWindow {
        /// For how many seconds.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=86_400))]
        seconds: u32,
        /// Why, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        act: Act,
    },
    /// Start unsealing one part (解密).
    Unseal {
        /// Which part.
        part: UnsealPart,
        #[command(flatten)]
        act: Act,
    },
    /// Confirm that the opening time has come, for custodians whose clocks have lost their sources;
    /// it counts once the supervisor confirms it too.
    ConfirmTime {
        /// The opening time as the log has it: RFC 3339 with an offset.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        deadline: UtcMillis,
        #[command(flatten)]
        act: Act,
    },
    /// Ask for a later deadline (延期); it counts once the supervisor approves.
    Postpone {
        /// The new deadline: RFC 3339 with an offset, or +30s, +5m, +2h, +7d from now.
        #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
        to: Instant,
        /// Why, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        act: Act,
    },
    /// Sign a bidder in whose device fails (紧急签到).
    EmergencySignIn {
        /// The bidder's organisation code.
        #[arg(long, value_name = "CODE", value_parser = org_code)]
        bidder: OrgCode,
        /// Why it does not sign in itself, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        reason: String,
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
    /// Start a draw of the tender file (抽取); custodians answer, and the value follows.
    Draw {
        /// Its number in the tender file.
        no: u32,
        #[command(flatten)]
        act: Act,
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
    /// Give more time for objections, from the end of the window.
    ExtendObjections {
        /// By how many seconds.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=86_400))]
        seconds: u32,
        #[command(flatten)]
        act: Act,
    },
    /// Decide whose fault it is that a bid did not open, where the evidence is silent (撤销、撤回).
    DecideFault {
        /// The bidder's organisation code.
        #[arg(value_parser = org_code)]
        bidder: OrgCode,
        /// Which part did not open.
        #[arg(long)]
        part: UnsealPart,
        /// What is decided: bidder (撤销), not-bidder (撤回), or undetermined (left open).
        #[arg(long)]
        fault: DecidedFault,
        /// Why, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        act: Act,
    },
    /// Pause the opening (暂停): no step is taken, and its clocks stand.
    Pause {
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        act: Act,
    },
    /// End the host's own pause (恢复).
    Resume(Act),
    /// Ask for what takes two persons (中止、恢复、终止、流标); it counts once the supervisor approves.
    Ask {
        /// suspend, resume (of a suspension), terminate, or fail.
        #[arg(value_parser = measure)]
        measure: Measure,
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        act: Act,
    },
    /// Make the opening record (开标记录).
    GenerateRecord(Act),
    /// Make a new version of the opening record from the log (更正); it is signed anew.
    CorrectRecord {
        /// Why, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        act: Act,
    },
    /// Sign the opening record.
    SignRecord(SignAct),
    /// Approve a degraded freeze.
    ApproveDegraded(Act),
    /// End the opening of this envelope; another follows after its evaluation (休会).
    CloseEnvelope(Act),
    /// List who passed with the opened envelope: every bidder that is not named as not passed. It
    /// counts once the supervisor approves.
    ListPassed {
        /// A bidder that did not pass, and why; once for each. Its next envelope stays sealed for good.
        #[arg(long = "not-passed", value_name = "CODE=REASON", value_parser = not_passed)]
        failed: Vec<NotPassed>,
        /// When the opening goes on (复会): RFC 3339 with an offset, or +30s, +5m, +2h, +7d from now.
        #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
        reconvene_at: Instant,
        /// Why it goes on with fewer than three.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        act: Act,
    },
    /// Begin the opening of the next envelope (复会).
    Reconvene(Act),
    /// Seal the base estimate (标底) and hand it in before the deadline; a new one takes the place of the
    /// last. It is opened with the prices.
    SealEstimate(EstimateArgs),
    /// End the opening.
    Close(Act),
    /// Tell the result of the evaluation after the close (复会), where the tender file has a session for
    /// it. A correction has the next number and says why.
    AnnounceResult {
        /// File with the result: {"no":1,"ranked":[CODE,...],"rejected":[{"bidder":CODE,"reason":TEXT},...],
        /// "text":TEXT}; everybody with a current bid stands in one of the lists.
        #[arg(long, value_name = "RESULT.json")]
        file: PathBuf,
        #[command(flatten)]
        act: Act,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SupervisorCmd {
    /// Approve a degraded freeze.
    ApproveDegraded(Act),
    /// Confirm that the opening time has come, as the host did.
    ApproveTime {
        /// The opening time as the log has it: RFC 3339 with an offset.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        deadline: UtcMillis,
        #[command(flatten)]
        act: Act,
    },
    /// Approve the postponement that the host asked for.
    ApprovePostponement {
        /// Its number in the log.
        no: u32,
        /// The new deadline as the log has it: RFC 3339 with an offset.
        #[arg(long, value_name = "TIME", value_parser = instant::parse_instant)]
        to: UtcMillis,
        #[command(flatten)]
        act: Act,
    },
    /// Order a stop (暂停), also of an opening that the host paused.
    Pause {
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        act: Act,
    },
    /// End the supervisor's own stop (恢复).
    Resume(Act),
    /// Approve what the host asked for: suspend, resume, terminate or fail.
    Approve {
        /// Its number in the log.
        no: u32,
        /// What it is, as the log has it.
        #[arg(value_parser = measure)]
        measure: Measure,
        #[command(flatten)]
        act: Act,
    },
    /// Approve who is invited to a round of sealed prices.
    ApproveRound {
        /// Its number.
        no: u32,
        /// Somebody who is invited, as you read it; once for each. Another list is not approved.
        #[arg(long = "invited", value_name = "CODE", value_parser = org_code, required = true)]
        invited: Vec<OrgCode>,
        #[command(flatten)]
        act: Act,
    },
    /// Approve the host's list of who passed with the opened envelope.
    ApprovePassed {
        /// Its number.
        no: u32,
        /// A bidder that did not pass, as you read it; once for each. Another list is not approved.
        #[arg(long = "not-passed", value_name = "CODE", value_parser = org_code)]
        failed: Vec<OrgCode>,
        #[command(flatten)]
        act: Act,
    },
    /// Sign the opening record.
    SignRecord(SignAct),
}

#[derive(Debug, Subcommand)]
pub(crate) enum BidderCmd {
    /// Sign in (签到); with the authorised agent where one acts for the bidder.
    SignIn {
        #[command(flatten)]
        agent: AgentArgs,
        #[command(flatten)]
        act: Act,
    },
    /// Unlock the own bid (投标人解密), while its window is open: hands over what the certificate's key
    /// gives of its locks, and nothing else. It may be repeated.
    Unseal {
        /// The folder that `kaibiao seal` wrote.
        folder: PathBuf,
        #[command(flatten)]
        act: Act,
    },
    /// Confirm the price as read (报价确认).
    Confirm(Act),
    /// Say whether the newest result that the host told is objected to. Without an objection: it is not.
    AnswerResult {
        /// The objection, for everybody to read.
        #[arg(long, value_name = "TEXT")]
        objection: Option<String>,
        #[command(flatten)]
        act: Act,
    },
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
