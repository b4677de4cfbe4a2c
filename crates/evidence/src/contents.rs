//! What the hall collected for a package.

use std::collections::BTreeMap;

use kaibiao_journal::PlacePath;
use kaibiao_types::{CustodianIndex, Stage};

/// A file and the detached CMS over its exact bytes (DER).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SignedFile {
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// The signature.
    pub cms: Vec<u8>,
}

/// The evidence of one lot of the public kind. Everything is handed in as it was received or
/// written; record and price sheets follow from the log and are not handed in.
#[derive(Clone, Debug, Default)]
pub struct PackageContents {
    /// `tender.json`, signed by the host.
    pub tender: SignedFile,
    /// `draft.json`, signed by the host.
    pub draft: SignedFile,
    /// The ceremony bundle (JSON) as it was published.
    pub ceremony: Vec<u8>,
    /// The trust list that the tender file names.
    pub trust: Vec<u8>,
    /// All log lines, each with its line feed.
    pub log: Vec<u8>,
    /// The signed checkpoint of the final head, with every cosignature there is.
    pub checkpoint: String,
    /// The paths of the opened places, in the order of the freeze list.
    pub places: Vec<PlacePath>,
    /// The custodians' journals, each as it was signed last: those that the log has statements of.
    pub journals: BTreeMap<CustodianIndex, Vec<u8>>,
    /// The bids of the freeze list, in its order.
    pub bids: Vec<BidContents>,
}

/// One bid of the freeze list, superseded and withdrawn ones included.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BidContents {
    /// The manifest, signed by the bidder.
    pub manifest: SignedFile,
    /// The headers of the sealed objects, in the order of the manifest's parts.
    pub headers: Vec<Vec<u8>>,
    /// The whole sealed price object of each envelope. It goes into the package only if that envelope
    /// of the bid was opened; needed then.
    pub prices: BTreeMap<Stage, Vec<u8>>,
    /// The receipt, signed by the hall.
    pub receipt: SignedFile,
    /// The second half of the receipt (JSON).
    pub receipt_proof: Vec<u8>,
}
