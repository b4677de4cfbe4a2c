//! Writes a package of the public kind.

use std::collections::BTreeMap;
use std::io::Write;

use kaibiao_ceremony::CeremonyBundle;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{LogError, LogOrigin, OpeningLog, OriginError};
use kaibiao_opening::{
    Actor, ActorError, Event, EventError, FrozenBid, OpeningRecord, State, TenderError, TenderFile,
};
use kaibiao_pki::cms;
use kaibiao_pki::{Identity, SignError};
use kaibiao_types::{Digest, Stage, UtcMillis};
use ring::rand::SecureRandom;

use crate::contents::{BidContents, PackageContents};
use crate::layout::{self, BidFolder};
use crate::zip::{self, ZipWriteError};
use crate::{asic, texts};

/// The files of a package by name, the container's own files not among them.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Why no package was written. What was written to the output must be thrown away.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The bids handed in are not those of the freeze list.
    #[error("the bids handed in are not the {frozen} bids of the freeze list, in its order")]
    Bids {
        /// Bids of the freeze list.
        frozen: usize,
    },
    /// The ceremony bundle is not readable.
    #[error("the ceremony bundle is not readable")]
    Ceremony(#[source] serde_json::Error),
    /// An entry of the log is no event of an opening.
    #[error("entry {entry} of the log is no event of an opening")]
    Event {
        /// Index of the entry.
        entry: u64,
        /// Why.
        source: EventError,
    },
    /// The author of an entry is not one of an opening.
    #[error("an entry of the log has no author")]
    Author(#[from] ActorError),
    /// A list of the package could not be written as JSON.
    #[error("a list of the package could not be written")]
    Json(#[source] serde_json::Error),
    /// The log is not a log of this tender file.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tender file names no log.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A current bid came without its sealed price object, though prices were published.
    #[error("the sealed price object of bid {0} is missing")]
    PriceMissing(String),
    /// The hall could not sign the package.
    #[error("the package could not be sealed")]
    Seal(#[from] SignError),
    /// The tender file is not readable.
    #[error(transparent)]
    Tender(#[from] TenderError),
    /// The container could not be written.
    #[error(transparent)]
    Zip(#[from] ZipWriteError),
}

impl WriteError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Bids { .. } => "E_PACKAGE_BIDS",
            Self::Ceremony(_) => "E_PACKAGE_CEREMONY",
            Self::Event { source, .. } => source.label(),
            Self::Author(_) => "E_PACKAGE_AUTHOR",
            Self::Json(_) => "E_PACKAGE_JSON",
            Self::Log(error) => error.label(),
            Self::Origin(error) => error.label(),
            Self::PriceMissing(_) => "E_PACKAGE_PRICE",
            Self::Seal(error) => error.label(),
            Self::Tender(error) => error.label(),
            Self::Zip(error) => error.label(),
        }
    }
}

/// Writes the package of one lot, sealed by the hall.
///
/// The same contents give the same bytes but for the seal, which holds `at` (the hall's clock, cut
/// to whole seconds) and, with an EC key, randomness from `rng`. Give `out` a temporary file and
/// name it only after `Ok`. Nothing is verified beyond what the layout needs: that is
/// [`verify`](crate::verify())'s work, and a package that states a platform's fault must be writable
/// too.
///
/// # Errors
///
/// [`WriteError`].
pub fn write(
    contents: &PackageContents,
    seal: &Identity,
    at: UtcMillis,
    rng: &dyn SecureRandom,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    seal_files(&collect(contents)?, seal, at, rng, out)
}

/// Seals files and writes the container around them.
pub(crate) fn seal_files(
    files: &Files,
    seal: &Identity,
    at: UtcMillis,
    rng: &dyn SecureRandom,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let digests: BTreeMap<String, Digest> =
        files.iter().map(|(name, bytes)| (name.clone(), SUITE_1.hash(bytes))).collect();
    let manifest = asic::write(&digests);
    let signature = cms::sign_detached(seal, manifest.as_bytes(), at, rng)?;
    write_container(files, manifest.as_bytes(), &signature, out)
}

/// Writes the container: mimetype first, then all files by name, then manifest and seal.
pub(crate) fn write_container(
    files: &Files,
    manifest: &[u8],
    signature: &[u8],
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let mut list: Vec<(&str, &[u8])> = vec![(layout::MIMETYPE, layout::MIMETYPE_TEXT.as_bytes())];
    list.extend(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    list.push((layout::MANIFEST, manifest));
    list.push((layout::SIGNATURE, signature));
    Ok(zip::write(&list, out)?)
}

/// Every file of the package but the container's own.
pub(crate) fn collect(contents: &PackageContents) -> Result<Files, WriteError> {
    let mut files = Files::new();
    let mut put = |name: &str, bytes: &[u8]| drop(files.insert(name.to_owned(), bytes.to_vec()));
    put(layout::README_ZH, texts::README_ZH.as_bytes());
    put(layout::README_EN, texts::README_EN.as_bytes());
    put(layout::SCRIPT, texts::SCRIPT.as_bytes());
    put(layout::TENDER, &contents.tender.bytes);
    put(layout::TENDER_CMS, &contents.tender.cms);
    put(layout::DRAFT, &contents.draft.bytes);
    put(layout::DRAFT_CMS, &contents.draft.cms);
    put(layout::TRUST, &contents.trust);
    put(layout::ENTRIES, &contents.log);
    put(layout::CHECKPOINT, contents.checkpoint.as_bytes());
    for (index, journal) in &contents.journals {
        put(&layout::journal(*index), journal);
    }

    let bundle: CeremonyBundle =
        serde_json::from_slice(&contents.ceremony).map_err(WriteError::Ceremony)?;
    put(layout::CEREMONY, &bundle.ceremony_b64.0);
    put(layout::TRANSCRIPT, &serde_json::to_vec(&bundle.transcript).map_err(WriteError::Json)?);
    put(layout::REHEARSAL, &serde_json::to_vec(&bundle.rehearsal).map_err(WriteError::Json)?);
    for signature in &bundle.signatures {
        put(&layout::custodian_cms(signature.index), &signature.cms_b64.0);
    }

    let tender = TenderFile::parse(&contents.tender.bytes)?;
    put(layout::LOG_KEY, format!("{}\n", tender.announced().log.vkey).as_bytes());
    let state = fold(&tender, &contents.log)?;
    put_opening(&state, &mut put);
    put_bids(&state, contents, &mut put)?;
    Ok(files)
}

/// The state that the log gives. It was checked entry by entry when it was written.
fn fold(tender: &TenderFile, log: &[u8]) -> Result<State, WriteError> {
    let origin = LogOrigin::parse(&tender.announced().log.origin)?;
    let mut state = State::new(tender.lot_key());
    for entry in OpeningLog::replay(origin, log)?.entries() {
        let event = Event::from_parts(entry.kind(), entry.data().get())
            .map_err(|source| WriteError::Event { entry: entry.index(), source })?;
        state.apply(&Actor::parse(&entry.by().to_string())?, entry.at(), &event);
    }
    Ok(state)
}

/// The record and the opened sheets, as they follow from the log.
fn put_opening(state: &State, put: &mut impl FnMut(&str, &[u8])) {
    for (stage, record) in records(state) {
        put(&layout::record(stage), &record.to_bytes());
        put(&layout::record_text(stage), record.to_text().as_bytes());
    }
    for (name, sheet) in sheets(state) {
        put(&name, &sheet);
    }
}

/// The record of each envelope that has one.
pub(crate) fn records(state: &State) -> Vec<(Stage, OpeningRecord)> {
    let made = state.all_stages().filter(|stage| stage.record().is_some());
    made.filter_map(|state| Some((state.stage(), OpeningRecord::new(state)?))).collect()
}

/// The opened sheets by their place in the package.
pub(crate) fn sheets(state: &State) -> BTreeMap<String, Vec<u8>> {
    state.all_stages().flat_map(sheets_of).collect()
}

fn sheets_of(state: &State) -> Vec<(String, Vec<u8>)> {
    let published = state.prices().map_or(&[][..], |prices| prices.bids.as_slice());
    let sheet = |(bid, published): (&FrozenBid, &kaibiao_opening::PublishedBid)| {
        let name = layout::bid_name(&bid.bidder.code, bid.seq);
        Some((layout::sheet(&name, state.stage()), published.sheet_bytes()?))
    };
    state.current_bids().zip(published).filter_map(sheet).collect()
}

/// The envelopes of each bid whose prices were published.
pub(crate) fn opened(state: &State, manifest_sha256: &Digest) -> Vec<Stage> {
    let published = state.all_stages().filter(|stage| stage.prices().is_some());
    let of =
        |stage: &&State| stage.current_bids().any(|bid| bid.manifest_sha256 == *manifest_sha256);
    published.filter(of).map(State::stage).collect()
}

fn put_bids(
    state: &State,
    contents: &PackageContents,
    put: &mut impl FnMut(&str, &[u8]),
) -> Result<(), WriteError> {
    let frozen = state.frozen().map_or(&[][..], |set| set.bids.as_slice());
    if state.frozen().is_some() {
        put(layout::PLACES, &serde_json::to_vec(&contents.places).map_err(WriteError::Json)?);
    }
    let fits = |(entry, bid): (&FrozenBid, &BidContents)| {
        entry.manifest_sha256 == SUITE_1.hash(&bid.manifest.bytes)
            && entry.objects.len() == bid.headers.len()
    };
    if frozen.len() != contents.bids.len() || !frozen.iter().zip(&contents.bids).all(fits) {
        return Err(WriteError::Bids { frozen: frozen.len() });
    }
    for (entry, bid) in frozen.iter().zip(&contents.bids) {
        let name = layout::bid_name(&entry.bidder.code, entry.seq);
        let folder = BidFolder::new(&name);
        put(&folder.manifest(), &bid.manifest.bytes);
        put(&folder.manifest_cms(), &bid.manifest.cms);
        for (object, header) in entry.objects.iter().zip(&bid.headers) {
            put(&folder.header(object.stage, object.part), header);
        }
        for stage in opened(state, &entry.manifest_sha256) {
            let price = bid.prices.get(&stage);
            let price = price.ok_or_else(|| WriteError::PriceMissing(name.clone()))?;
            put(&folder.price(stage), price);
        }
        put(&folder.receipt(), &bid.receipt.bytes);
        put(&folder.receipt_cms(), &bid.receipt.cms);
        put(&folder.receipt_proof(), &bid.receipt_proof);
    }
    Ok(())
}
