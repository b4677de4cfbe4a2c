//! SIG-05, LOG-04 and WIT-03: the receipts, and the heads that were signed for them.

use std::collections::BTreeMap;

use kaibiao_journal::{OpeningLog, Receipt, ReceiptProof, TreeHead};
use kaibiao_opening::FrozenBid;
use kaibiao_pki::cms;
use kaibiao_types::Digest;

use super::Run;
use super::bids::Listed;
use super::files::Files;
use super::findings::{Why, chain};
use super::log::{LogFiles, Replayed};
use crate::CheckId;

impl Run {
    pub(super) fn receipts(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        log: &LogFiles,
        listed: &[Listed<'_>],
    ) {
        let mut heads = BTreeMap::new();
        if let (Some(state_head), Some(line)) =
            (replayed.replay.state().intake(), replayed.replay.frozen_entry())
        {
            let head = TreeHead { size: state_head.size, root: state_head.root };
            heads.insert(
                (head.size, head.root),
                format!("{}#{}", crate::layout::ENTRIES, line.index()),
            );
        }
        for bid in listed {
            if let Some((head, file)) = self.receipt(files, replayed, bid) {
                heads.entry((head.size, head.root)).or_insert(file);
            }
        }
        if let Some(log) = &log.log {
            self.signed_heads(log, &heads);
        }
    }

    /// One receipt; the head that was signed for it.
    fn receipt(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        bid: &Listed<'_>,
    ) -> Option<(TreeHead, String)> {
        let name = Some(bid.name.as_str());
        let (file, cms_file) = (bid.folder.receipt(), bid.folder.receipt_cms());
        let proof_file = bid.folder.receipt_proof();
        let Some(bytes) = files.read(&file) else {
            self.findings.unknown(CheckId::Sig05, name, Why::missing(&file));
            self.findings.unknown(CheckId::Log04, name, Why::missing(&file));
            return None;
        };
        match files.read(&cms_file) {
            Some(cms) => self.receipt_signature(replayed, bid, &bytes, &cms, &cms_file),
            None => self.findings.unknown(CheckId::Sig05, name, Why::missing(&cms_file)),
        }
        let receipt = match Receipt::parse(&bytes) {
            Ok(receipt) => receipt,
            Err(error) => {
                self.findings.fail(CheckId::Log04, name, Why::format(&error).at(&file));
                return None;
            }
        };
        if !describes(&receipt, bid.entry) {
            let why = Why::hash("the receipt is of another bid than the freeze list's").at(&file);
            self.findings.fail(CheckId::Log04, name, why);
        }
        let Some(proof) = files.read(&proof_file) else {
            self.findings.unknown(CheckId::Log04, name, Why::missing(&proof_file));
            return None;
        };
        let tender = replayed.replay.tender();
        let verified = ReceiptProof::parse(&proof).and_then(|proof| {
            proof.verify(
                tender.record().suite(),
                &receipt,
                tender.file().terms().places,
                tender.log_key(),
                tender.cosign_keys(),
                0,
            )
        });
        match verified {
            Ok(verified) => {
                self.findings.pass(CheckId::Log04, name);
                Some((verified.checkpoint().checkpoint().head, proof_file))
            }
            Err(error) => {
                let why = Why::text(format!("{}: {}", error.label(), chain(&error)));
                self.findings.fail(CheckId::Log04, name, why.at(&proof_file));
                None
            }
        }
    }

    fn receipt_signature(
        &mut self,
        replayed: &Replayed,
        bid: &Listed<'_>,
        receipt: &[u8],
        cms: &[u8],
        file: &str,
    ) {
        let name = Some(bid.name.as_str());
        match cms::verify_detached(cms, receipt, &self.trust, bid.entry.completed_at) {
            Err(error) => self.findings.signature(CheckId::Sig05, name, &error, file),
            Ok(signature) => {
                let hall = replayed.replay.tender().file().announced().hall.cert_sha256;
                let same = signature.signer().certificate().sha256() == hall;
                self.findings.judge(CheckId::Sig05, name, same, || {
                    Why::text("signed by somebody else than the hall")
                        .indication("SIG_CONSTRAINTS_FAILURE")
                        .at(file)
                });
            }
        }
    }

    /// Every head that the log key signed must be a head of this log: two heads of one size with
    /// different roots prove that the hall showed different logs to different people.
    fn signed_heads(&mut self, log: &OpeningLog, heads: &BTreeMap<(u64, Digest), String>) {
        for ((size, root), file) in heads {
            let own = log.root_at(*size);
            self.findings.judge(CheckId::Wit03, None, own == Some(*root), || {
                let own = own.map_or_else(|| "no such head".to_owned(), |own| own.to_string());
                Why::hash(format!("signed head of {size} entries: {root}; this log: {own}"))
                    .at(file)
            });
        }
    }
}

/// Whether a receipt says of the bid what the freeze list says.
fn describes(receipt: &Receipt, entry: &FrozenBid) -> bool {
    receipt.bidder == entry.bidder.code
        && receipt.seq == entry.seq
        && receipt.manifest_sha256 == entry.manifest_sha256
        && receipt.cms_sha256 == entry.cms_sha256
        && receipt.completed_at == entry.completed_at
        && receipt.place.tick == entry.place.tick
        && receipt.place.no == entry.place.no
        && receipt.place.salt.bytes() == entry.place.salt.bytes()
}
