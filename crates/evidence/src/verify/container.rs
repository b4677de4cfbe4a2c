//! PKG: the container, its manifest and its seal.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_opening::TenderFile;
use kaibiao_pki::cms;
use kaibiao_types::{Digest, UtcMillis};

use super::Run;
use super::files::Files;
use super::findings::Why;
use super::log::Replayed;
use crate::layout::{self, BidFolder};
use crate::{CheckId, asic};

/// The manifest and the hall's signature over it, not judged yet.
pub(super) struct Seal {
    manifest: Vec<u8>,
    cms: Vec<u8>,
}

impl Run {
    /// PKG-02 to PKG-05.
    pub(super) fn container(&mut self, files: &mut Files<'_>) -> Option<Seal> {
        let first = files.names().first().is_some_and(|name| name == layout::MIMETYPE);
        match files.read(layout::MIMETYPE) {
            // One that is there and could not be read is PKG-05's, or the machine's.
            None if first => {
                let why = Why::text("the mimetype could not be read").at(layout::MIMETYPE);
                self.findings.unknown(CheckId::Pkg02, None, why);
            }
            kind => {
                let right = first && kind.as_deref() == Some(layout::MIMETYPE_TEXT.as_bytes());
                self.findings.judge(CheckId::Pkg02, None, right, || {
                    Why::text("the first file is not the mimetype of this format")
                        .indication("FORMAT_FAILURE")
                        .at(layout::MIMETYPE)
                });
            }
        }
        let Some(manifest) = files.read(layout::MANIFEST) else {
            self.findings.unknown(CheckId::Pkg03, None, Why::missing(layout::MANIFEST));
            return None;
        };
        match asic::parse(&manifest) {
            Ok(listed) => {
                self.findings.pass(CheckId::Pkg03, None);
                self.listed_files(files, &listed);
            }
            Err(fault) => {
                let why = Why::format(&fault).at(layout::MANIFEST);
                self.findings.fail(CheckId::Pkg03, None, why);
                return None;
            }
        }
        let seal = files.read(layout::SIGNATURE).map(|cms| Seal { manifest, cms });
        if seal.is_none() {
            self.findings.unknown(CheckId::Pkg06, None, Why::missing(layout::SIGNATURE));
        }
        seal
    }

    fn listed_files(&mut self, files: &mut Files<'_>, listed: &BTreeMap<String, Digest>) {
        let present = files.names().iter().filter(|name| !layout::is_container_file(name));
        let present: BTreeSet<String> = present.cloned().collect();
        let unlisted = present.iter().find(|name| !listed.contains_key(*name));
        let absent = listed.keys().find(|name| !present.contains(*name));
        let why = match (unlisted, absent) {
            (Some(name), _) => Some(Why::text(format!("{name} is not in the manifest")).at(name)),
            (None, Some(name)) => Some(Why::missing(name)),
            (None, None) => None,
        };
        match why {
            Some(why) => self.findings.fail(CheckId::Pkg04, None, why),
            None => self.findings.pass(CheckId::Pkg04, None),
        }
        self.findings.pass(CheckId::Pkg05, None); // whatever is worse replaces it
        for (name, digest) in listed.iter().filter(|(name, _)| present.contains(*name)) {
            if files.digest(name).is_some_and(|found| found != *digest) {
                let why = Why::hash(format!("{name} does not have its digest")).at(name);
                self.findings.fail(CheckId::Pkg05, None, why);
            }
        }
    }

    /// PKG-06 and PKG-07. The seal is judged at the time of the last log entry.
    pub(super) fn seal(
        &mut self,
        seal: Option<&Seal>,
        tender: Option<&TenderFile>,
        at: Option<UtcMillis>,
    ) {
        let (Some(seal), Some(at)) = (seal, at) else { return };
        match cms::verify_detached(&seal.cms, &seal.manifest, &self.trust, at) {
            Err(error) => {
                self.findings.signature(CheckId::Pkg06, None, &error, layout::SIGNATURE);
            }
            Ok(signature) => {
                self.findings.pass(CheckId::Pkg06, None);
                let Some(tender) = tender else { return };
                let (certificate, hall) =
                    (signature.signer().certificate(), &tender.announced().hall);
                let (found, party) = (certificate.sha256(), signature.signer().party());
                // What the tender file says of independence rests on whose the hall is.
                let named = found == hall.cert_sha256 && *party == hall.party;
                self.findings.judge(CheckId::Pkg07, None, named, || {
                    let what = format!(
                        "sealed with certificate {found} of {}, not {} of {}",
                        party.code, hall.cert_sha256, hall.party.code
                    );
                    Why::text(what).indication("SIG_CONSTRAINTS_FAILURE").at(layout::SIGNATURE)
                });
            }
        }
    }

    /// PKG-08: no file of another kind, and none missing.
    pub(super) fn layout(&mut self, files: &Files<'_>, replayed: Option<&Replayed>) {
        // Without the whole log nobody can say which files there must be.
        let Some(replayed) = replayed.filter(|replayed| replayed.complete) else { return };
        let expected = expected_files(replayed);
        if let Some(name) = files.names().iter().find(|name| !expected.contains(*name)) {
            let why = Why::text(format!("{name} has no place in this kind of package")).at(name);
            self.findings.fail(CheckId::Pkg08, None, why);
        } else if let Some(name) = expected.iter().find(|name| !files.has(name)) {
            self.findings.unknown(CheckId::Pkg08, None, Why::missing(name));
        } else {
            self.findings.pass(CheckId::Pkg08, None);
        }
    }
}

/// Every file that a package of this opening has.
fn expected_files(replayed: &Replayed) -> BTreeSet<String> {
    let state = replayed.replay.state();
    let custodians = &replayed.replay.tender().record().custodians;
    let mut out: BTreeSet<String> = layout::ALWAYS.iter().map(|&name| name.to_owned()).collect();
    out.extend(custodians.iter().map(|custodian| layout::custodian_cms(custodian.index)));
    for stage in state.all_stages().filter(|stage| stage.record().is_some()) {
        out.extend([layout::record(stage.stage()), layout::record_text(stage.stage())]);
    }
    out.extend(state.journals().keys().map(|(index, _)| layout::journal(*index)));
    let Some(frozen) = state.frozen() else { return out };
    out.insert(layout::PLACES.to_owned());
    for bid in &frozen.bids {
        let folder = BidFolder::new(&layout::bid_name(&bid.bidder.code, bid.seq));
        out.extend([folder.manifest(), folder.manifest_cms()]);
        out.extend([folder.receipt(), folder.receipt_cms(), folder.receipt_proof()]);
        out.extend(bid.objects.iter().map(|object| folder.header(object.stage, object.part)));
        let opened = crate::package::opened(state, &bid.manifest_sha256);
        out.extend(opened.into_iter().map(|stage| folder.price(stage)));
    }
    out.extend(crate::package::sheets(state).into_keys());
    out
}
