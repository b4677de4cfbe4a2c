//! Which file stands where in a package of the public kind.

use kaibiao_types::{BidPart, BidSeq, CustodianIndex, OrgCode, Part, Stage};

/// First file; its content names the kind of container.
pub(crate) const MIMETYPE: &str = "mimetype";
/// Content of [`MIMETYPE`].
pub(crate) const MIMETYPE_TEXT: &str = "application/vnd.etsi.asic-e+zip";
/// Lists every other file with its digest.
pub(crate) const MANIFEST: &str = "META-INF/ASiCManifest001.xml";
/// The hall's seal over [`MANIFEST`].
pub(crate) const SIGNATURE: &str = "META-INF/signature001.p7s";
pub(crate) const README_ZH: &str = "README.zh.txt";
pub(crate) const README_EN: &str = "README.en.txt";
pub(crate) const SCRIPT: &str = "verify-openssl.sh";
pub(crate) const TENDER: &str = "tender/tender.json";
pub(crate) const TENDER_CMS: &str = "tender/tender.p7s";
pub(crate) const DRAFT: &str = "tender/draft.json";
pub(crate) const DRAFT_CMS: &str = "tender/draft.p7s";
pub(crate) const CEREMONY: &str = "ceremony/ceremony.json";
pub(crate) const TRANSCRIPT: &str = "ceremony/transcript.json";
pub(crate) const REHEARSAL: &str = "ceremony/rehearsal.json";
pub(crate) const TRUST: &str = "trust/trust.json";
pub(crate) const LOG_KEY: &str = "trust/log.vkey";
pub(crate) const ENTRIES: &str = "log/entries.jsonl";
pub(crate) const CHECKPOINT: &str = "log/checkpoint";
pub(crate) const PLACES: &str = "log/places.json";

/// Files of every package, whatever happened at the opening.
pub(crate) const ALWAYS: [&str; 17] = [
    MIMETYPE, MANIFEST, SIGNATURE, README_ZH, README_EN, SCRIPT, TENDER, TENDER_CMS, DRAFT,
    DRAFT_CMS, CEREMONY, TRANSCRIPT, REHEARSAL, TRUST, LOG_KEY, ENTRIES, CHECKPOINT,
];

/// Whether a file is outside the manifest: the container's own files.
pub(crate) fn is_container_file(name: &str) -> bool {
    matches!(name, MIMETYPE | MANIFEST | SIGNATURE)
}

/// The record of one envelope. The first needs no number.
pub(crate) fn record(stage: Stage) -> String {
    format!("opening/record{}.json", numbered(stage))
}

/// The same for people.
pub(crate) fn record_text(stage: Stage) -> String {
    format!("opening/record{}.txt", numbered(stage))
}

fn numbered(stage: Stage) -> String {
    if stage == Stage::FIRST { String::new() } else { format!("-{stage}") }
}

/// A custodian's signature under the ceremony.
pub(crate) fn custodian_cms(index: CustodianIndex) -> String {
    format!("ceremony/custodian-{index}.p7s")
}

/// The journal of a custodian, as it signed it last.
pub(crate) fn journal(index: CustodianIndex) -> String {
    format!("journals/{index}.jsonl")
}

/// The folder of one bid, and its name in reports: bidder and version.
pub(crate) fn bid_name(bidder: &OrgCode, seq: BidSeq) -> String {
    format!("{bidder}-{seq}")
}

/// The folder of all bids.
pub(crate) const BIDS: &str = "bids/";

/// The files of one bid.
#[derive(Clone, Debug)]
pub(crate) struct BidFolder(String);

impl BidFolder {
    pub(crate) fn new(bid_name: &str) -> Self {
        Self(format!("{BIDS}{bid_name}/"))
    }

    fn file(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }

    pub(crate) fn manifest(&self) -> String {
        self.file("manifest.json")
    }

    pub(crate) fn manifest_cms(&self) -> String {
        self.file("manifest.p7s")
    }

    pub(crate) fn header(&self, stage: Stage, part: Part) -> String {
        self.file(&format!("header-{stage}-{part}.bin"))
    }

    pub(crate) fn price(&self, stage: Stage) -> String {
        self.file(&format!("{}.sealed", BidPart { stage, part: Part::Price }))
    }

    pub(crate) fn receipt(&self) -> String {
        self.file("receipt.json")
    }

    pub(crate) fn receipt_cms(&self) -> String {
        self.file("receipt.p7s")
    }

    pub(crate) fn receipt_proof(&self) -> String {
        self.file("receipt-proof.json")
    }
}

/// The copy of an opened sheet of one envelope.
pub(crate) fn sheet(bid_name: &str, stage: Stage) -> String {
    // A bid's name ends with its version, so the number of the envelope needs another sign.
    let stage = if stage == Stage::FIRST { String::new() } else { format!(".{stage}") };
    format!("opening/sheets/{bid_name}{stage}.json")
}
