//! Arguments of `tender`, `ceremony`, `seal`, `submit` and `withdraw`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_types::{LotKey, Millis, OrgCode, UtcMillis};

use super::{As, AtHall, AtLot, ByTrust, MayTrust, StoreArgs};
use crate::instant::{self, Instant};
use crate::lots;

#[derive(Debug, Subcommand)]
pub(crate) enum TenderCmd {
    /// Make a draft out of a form (JSON).
    Draft(DraftArgs),
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
    /// A round of sealed prices: the opening record of the lot that it goes on from. All bidders in it
    /// are invited.
    #[arg(long, value_name = "FILE")]
    pub(crate) round_of: Option<PathBuf>,
    /// A bidder of that record that is not invited; once for each.
    #[arg(long, value_name = "CODE", requires = "round_of", value_parser = super::people::org_code)]
    pub(crate) not_invited: Vec<OrgCode>,
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
    /// Sign a draft, announce it to the hall, start its key ceremony; as its host.
    New {
        #[command(flatten)]
        at: AtHall,
        /// The draft.
        #[arg(long, value_name = "FILE")]
        draft: PathBuf,
        #[command(flatten)]
        signer: As,
    },
    /// Have the custodians open a fresh test object, before the tender is published; as its host.
    /// Ends with 0 if all of them answered and it opened, with 2 if some did not answer in time.
    Rehearse {
        #[command(flatten)]
        at: AtLot,
        #[command(flatten)]
        signer: As,
        #[command(flatten)]
        trust: ByTrust,
        /// The longest wait for the custodians, such as 2m.
        #[arg(long, value_name = "SPAN", default_value = "2m", value_parser = instant::parse_span)]
        wait: Millis,
    },
    /// How far the ceremony of a lot is, who has posted what, and who is waited for.
    Status {
        #[command(flatten)]
        at: AtLot,
        #[command(flatten)]
        trust: MayTrust,
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
    /// Write a custodian's lost share anew, from its static key and the published bundle; without
    /// network. Stop the custodian first.
    Recover {
        /// The bundle, as in a tender folder.
        file: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SealArgs {
    /// Folder of `tender fetch`.
    #[arg(long, value_name = "DIR")]
    pub(crate) tender: PathBuf,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    /// Price sheet as JSON: `{"total":{"minor":…,"currency":"CNY"},"fields":{…}}`, without `total` where
    /// no price is named. In a tender of several envelopes one for each, as `1=FILE`.
    #[arg(long = "sheet", value_name = "[ENVELOPE=]FILE", required_unless_present = "price")]
    pub(crate) sheets: Vec<String>,
    /// Total price, such as 123456.78.
    #[arg(long, value_name = "AMOUNT", conflicts_with = "sheets")]
    pub(crate) price: Option<String>,
    /// Another read-out field of the tender; once for each.
    #[arg(long = "field", value_name = "KEY=VALUE", conflicts_with = "sheets")]
    pub(crate) fields: Vec<String>,
    /// Another member of the consortium (联合体), for whom this bidder signs too; once for each.
    #[arg(long = "member", value_name = "CODE=NAME", conflicts_with = "sheets")]
    pub(crate) members: Vec<String>,
    /// The document of the bid: exactly one file. In a tender of several envelopes at most one for each,
    /// as `1=FILE`.
    #[arg(long = "document", value_name = "[ENVELOPE=]FILE", num_args = 1..)]
    pub(crate) documents: Vec<String>,
    #[command(flatten)]
    pub(crate) signer: As,
    /// Folder of an earlier bid that this one replaces, or of its withdrawal that this one follows.
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

#[derive(Args, Debug)]
pub(crate) struct WithdrawArgs {
    /// Folder of the bid that was submitted last; the withdrawal and its receipt go into it.
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) at: AtHall,
    #[command(flatten)]
    pub(crate) trust: ByTrust,
    #[command(flatten)]
    pub(crate) signer: As,
    /// Say that this bid is to be withdrawn. Only a new bid before the deadline makes up for it.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Do not wait for the receipt's proof in the log.
    #[arg(long)]
    pub(crate) no_wait: bool,
}
