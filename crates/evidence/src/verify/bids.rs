//! SIG-01, SEA-01 and SEA-02: the frozen bids; then receipts and prices of each.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_journal::PlacePath;
use kaibiao_opening::{BidStatus, FrozenBid, SetFrozen};
use kaibiao_pki::cms;
use kaibiao_replay::{BidFault, BidMaterial, FreezeFault, FrozenBids, FrozenMaterial, VerifiedBid};
use kaibiao_seal::ManifestError;
use kaibiao_types::Digest;

use super::Run;
use super::files::Files;
use super::findings::{Why, chain};
use super::log::{LogFiles, Replayed};
use crate::layout::{self, BidFolder};
use crate::report::{BidLine, Verdict};
use crate::{CheckId, Outcome};

/// One bid of the freeze list, with its name in the package.
pub(super) struct Listed<'a> {
    pub(super) name: String,
    pub(super) folder: BidFolder,
    pub(super) entry: &'a FrozenBid,
    material: Option<BidMaterial>,
}

/// The bids that hold.
#[derive(Default)]
pub(super) struct Holding {
    together: Option<FrozenBids>,
    singly: BTreeMap<Digest, VerifiedBid>,
}

impl Holding {
    pub(super) fn get(&self, manifest: &Digest) -> Option<&VerifiedBid> {
        let together = self.together.as_ref().and_then(|frozen| frozen.bid(manifest));
        together.or_else(|| self.singly.get(manifest))
    }
}

impl Run {
    /// Everything about the bids of the freeze list.
    pub(super) fn bids(&mut self, files: &mut Files<'_>, replayed: &Replayed, log: &LogFiles) {
        let state = replayed.replay.state();
        let Some(set) = state.frozen() else { return };
        let listed: Vec<Listed<'_>> = set.bids.iter().map(|bid| read(files, bid)).collect();
        for bid in &listed {
            let published = state.prices().and_then(|prices| {
                prices.bids.iter().find(|b| b.manifest_sha256 == bid.entry.manifest_sha256)
            });
            self.findings.bids.push(BidLine {
                name: bid.name.clone(),
                bidder: bid.entry.bidder.clone(),
                status: status(bid.entry.status),
                opened: published.map(|published| super::prices::word(published.verdict)),
                verdict: Verdict::of(Outcome::Unknown), // judged at the end
            });
        }
        self.folders(files, &listed);
        let holding = self.freeze_list(files, replayed, set, &listed);
        self.receipts(files, replayed, log, &listed);
        self.prices(files, replayed, &listed, &holding);
        self.journals(files, replayed, &holding);
        self.shared_keys(&listed, &holding);
    }

    /// REC-01.
    fn folders(&mut self, files: &Files<'_>, listed: &[Listed<'_>]) {
        let expected: BTreeSet<&str> = listed.iter().map(|bid| bid.name.as_str()).collect();
        let in_bids = files.names().iter().filter_map(|name| name.strip_prefix(layout::BIDS));
        let found: BTreeSet<&str> =
            in_bids.filter_map(|rest| rest.split_once('/')).map(|(folder, _)| folder).collect();
        let differing = expected.symmetric_difference(&found).next();
        self.findings.judge(CheckId::Rec01, None, differing.is_none(), || {
            let name = differing.copied().unwrap_or_default();
            let what = if expected.contains(name) { "has no folder" } else { "is not in the log" };
            Why::text(format!("bid {name} {what}")).at(&format!("{}{name}", layout::BIDS))
        });
    }

    fn freeze_list(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        set: &SetFrozen,
        listed: &[Listed<'_>],
    ) -> Holding {
        let replay = &replayed.replay;
        let paths = self.places(files);
        let bids: Option<Vec<BidMaterial>> =
            listed.iter().map(|bid| bid.material.clone()).collect();
        let (Some(bids), Some(paths), Some(line)) = (bids, paths, replay.frozen_entry()) else {
            return self.bids_singly(replayed, listed);
        };
        let material = FrozenMaterial { bids, paths };
        let data = line.data().get();
        let (tender, log, deadline) = (replay.tender(), replay.log(), replay.deadline());
        match FrozenBids::check(tender, log, set, data, deadline, &material, &self.trust) {
            Ok(frozen) => {
                self.findings.pass(CheckId::Sea01, None);
                for bid in listed {
                    self.findings.pass(CheckId::Sig01, Some(&bid.name));
                    self.findings.pass(CheckId::Sea02, Some(&bid.name));
                }
                Holding { together: Some(frozen), singly: BTreeMap::new() }
            }
            Err(fault) => {
                let why = Why::text(format!("{}: {}", fault.label(), chain(&fault)));
                let why = why.entry(line.index());
                match fault {
                    // The list and its places were found right before the first bid was looked at;
                    // whether a lock was copied is open.
                    FreezeFault::Bid { .. } => self.findings.unknown(CheckId::Sea01, None, why),
                    _ => self.findings.fail(CheckId::Sea01, None, why),
                }
                self.bids_singly(replayed, listed)
            }
        }
    }

    fn places(&mut self, files: &mut Files<'_>) -> Option<Vec<PlacePath>> {
        let Some(bytes) = files.read(layout::PLACES) else {
            self.findings.unknown(CheckId::Sea01, None, Why::missing(layout::PLACES));
            return None;
        };
        let read = serde_json::from_slice(&bytes);
        read.map_err(|error| {
            self.findings.fail(CheckId::Sea01, None, Why::format(&error).at(layout::PLACES));
        })
        .ok()
    }

    /// Where something does not hold: each bid by itself, so that the culprit is named.
    fn bids_singly(&mut self, replayed: &Replayed, listed: &[Listed<'_>]) -> Holding {
        let mut holding = Holding::default();
        for bid in listed {
            let name = Some(bid.name.as_str());
            let Some(material) = &bid.material else {
                let why = Why::missing(&bid.folder.manifest());
                self.findings.unknown(CheckId::Sea02, name, why);
                continue;
            };
            let tender = replayed.replay.tender();
            let (file, at) = (bid.folder.manifest_cms(), bid.entry.completed_at);
            let signed = cms::verify_detached(&material.cms, &material.manifest, &self.trust, at);
            match &signed {
                Ok(_) => self.findings.pass(CheckId::Sig01, name), // a wrong signer replaces it
                Err(error) => self.findings.signature(CheckId::Sig01, name, error, &file),
            }
            let verified = VerifiedBid::verify(tender, material, &self.trust, at)
                .and_then(|verified| verified.expect_frozen(bid.entry).map(|()| verified));
            match verified {
                Ok(verified) => {
                    self.findings.pass(CheckId::Sea02, name);
                    holding.singly.insert(bid.entry.manifest_sha256, verified);
                }
                Err(fault) => self.bid_fault(bid, &fault),
            }
        }
        holding
    }

    fn bid_fault(&mut self, bid: &Listed<'_>, fault: &BidFault) {
        let name = Some(bid.name.as_str());
        let why = Why::text(format!("{}: {}", fault.label(), chain(fault)));
        match fault {
            BidFault::Signature(_) => {} // SIG-01 has it already
            BidFault::Signer => {
                let why = why.indication("SIG_CONSTRAINTS_FAILURE").at(&bid.folder.manifest_cms());
                self.findings.fail(CheckId::Sig01, name, why);
            }
            // A newer program may read it.
            BidFault::Manifest(ManifestError::Version(_) | ManifestError::Suite(_)) => {
                self.findings.unknown(CheckId::Sea02, name, why.at(&bid.folder.manifest()));
            }
            BidFault::Manifest(_) | BidFault::Header(_) => {
                let why = why.indication("FORMAT_FAILURE").at(&bid.folder.manifest());
                self.findings.fail(CheckId::Sea02, name, why);
            }
            _ => {
                let why = why.indication("HASH_FAILURE").at(&bid.folder.manifest());
                self.findings.fail(CheckId::Sea02, name, why);
            }
        }
    }

    /// Ruling 22: two bidders with one key are a note and a signal of collusion, no failure.
    fn shared_keys(&mut self, listed: &[Listed<'_>], holding: &Holding) {
        let mut owners: BTreeMap<Digest, &str> = BTreeMap::new();
        for bid in listed {
            let Some(verified) = holding.get(&bid.entry.manifest_sha256) else { continue };
            let key = verified.manifest().body().signer_spki_sha256;
            let code = bid.entry.bidder.code.as_str();
            if owners.insert(key, code).is_some_and(|other| other != code) {
                self.findings.note(
                    "shared-key",
                    Some(&bid.name),
                    "与另一投标人使用同一密钥签名",
                    "signed with the same key as another bidder",
                );
            }
        }
    }
}

fn read<'a>(files: &mut Files<'_>, entry: &'a FrozenBid) -> Listed<'a> {
    let name = layout::bid_name(&entry.bidder.code, entry.seq);
    let folder = BidFolder::new(&name);
    let manifest = files.read(&folder.manifest());
    let cms = files.read(&folder.manifest_cms());
    let headers: Option<Vec<Vec<u8>>> = entry
        .objects
        .iter()
        .map(|object| files.read(&folder.header(object.stage, object.part)))
        .collect();
    let material = match (manifest, cms, headers) {
        (Some(manifest), Some(cms), Some(headers)) => Some(BidMaterial { manifest, cms, headers }),
        _ => None,
    };
    Listed { name, folder, entry, material }
}

const fn status(status: BidStatus) -> &'static str {
    match status {
        BidStatus::Current => "current",
        BidStatus::Superseded => "superseded",
        BidStatus::Withdrawn => "withdrawn",
    }
}
