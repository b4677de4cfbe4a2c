//! A folder with everything of a published tender: what a bidder seals by.

use std::path::{Path, PathBuf};

use kaibiao_opening::limits::TENDER_BYTES;
use kaibiao_replay::{TenderMaterial, VerifiedTender};
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::{Label, TenderAnswer, paths};

use crate::client::Hall;
use crate::failure::Failure;
use crate::files::{self, NewFolder};
use crate::identity::Trust;

/// The tender file.
const TENDER: &str = "tender.json";
/// The host's signature over it.
const TENDER_CMS: &str = "tender.p7s";
/// The draft.
const DRAFT: &str = "draft.json";
/// The host's signature over it.
const DRAFT_CMS: &str = "draft.p7s";
/// The ceremony with its signatures, transcript and rehearsal.
const CEREMONY: &str = "ceremony-bundle.json";
/// Bytes of the longest signature that is read.
const CMS_MAX: usize = 1 << 20;
/// Bytes of the longest ceremony bundle that is read.
const CEREMONY_MAX: usize = 32 << 20;

/// Exact bytes of a published tender.
#[derive(Clone, Debug)]
pub(crate) struct TenderBytes {
    /// `tender.json`.
    pub(crate) tender: Vec<u8>,
    /// The host's CMS over it.
    pub(crate) tender_cms: Vec<u8>,
    /// `draft.json`.
    pub(crate) draft: Vec<u8>,
    /// The host's CMS over it.
    pub(crate) draft_cms: Vec<u8>,
    /// The ceremony bundle.
    pub(crate) ceremony: Vec<u8>,
}

impl TenderBytes {
    /// Asks a hall for the tender of a lot. The hall must name the very trust list given here.
    pub(crate) async fn fetch(hall: &Hall, lot: &LotKey, trust: &Trust) -> Result<Self, Failure> {
        let answer: TenderAnswer = hall.get(&paths::tender(lot)).await?;
        if answer.trust_b64.0 != trust.bytes {
            let detail = "the hall uses another trust list than the one of --trust";
            return Err(Failure::new(Label::OtherTrustList, detail));
        }
        Ok(Self {
            tender: answer.tender_b64.0,
            tender_cms: answer.cms_b64.0,
            draft: answer.draft_b64.0,
            draft_cms: answer.draft_cms_b64.0,
            ceremony: answer.ceremony.as_bytes().to_vec(),
        })
    }

    /// Loads a tender folder.
    pub(crate) fn load(folder: &Path) -> Result<Self, Failure> {
        let path = |name: &str| -> PathBuf { folder.join(name) };
        Ok(Self {
            tender: files::read(&path(TENDER), TENDER_BYTES)?,
            tender_cms: files::read(&path(TENDER_CMS), CMS_MAX)?,
            draft: files::read(&path(DRAFT), TENDER_BYTES)?,
            draft_cms: files::read(&path(DRAFT_CMS), CMS_MAX)?,
            ceremony: files::read(&path(CEREMONY), CEREMONY_MAX)?,
        })
    }

    /// Writes a new tender folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let new = NewFolder::begin(folder)?;
        let all = [
            (TENDER, &self.tender),
            (TENDER_CMS, &self.tender_cms),
            (DRAFT, &self.draft),
            (DRAFT_CMS, &self.draft_cms),
            (CEREMONY, &self.ceremony),
        ];
        for (name, bytes) in all {
            new.write(name, bytes)?;
        }
        new.commit()
    }

    /// Checks everything about the tender at an instant.
    pub(crate) fn verify(&self, trust: &Trust, at: UtcMillis) -> Result<VerifiedTender, Failure> {
        let material = TenderMaterial {
            tender: &self.tender,
            tender_cms: &self.tender_cms,
            draft: &self.draft,
            draft_cms: &self.draft_cms,
            ceremony: &self.ceremony,
        };
        Ok(VerifiedTender::verify(&material, &trust.list, at)?)
    }
}
