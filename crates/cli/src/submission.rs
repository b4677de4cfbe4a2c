//! Handing a sealed bid or a withdrawal in: resumable upload, receipt, and the receipt's proof in the
//! log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::limits::{RECEIPT_MAX, RECEIPT_PROOF_MAX};
use kaibiao_journal::{Receipt, ReceiptProof, ReceiptProofError, VerifiedReceipt};
use kaibiao_pki::cms::{self, Pin};
use kaibiao_replay::{BidMaterial, VerifiedBid, VerifiedTender};
use kaibiao_seal::{Header, Manifest, ManifestKind, ObjectDigest, ObjectSummary, SliceCut};
use kaibiao_types::{BidPart, Digest, LotKey};
use kaibiao_wire::{
    B64, Label, PartMissing, RandomId, ReceiptAnswer, SealedItem, SubmissionPost, UploadAnswer,
    paths,
};

use crate::client::{Hall, retry};
use crate::failure::Failure;
use crate::follow::Follower;
use crate::identity::Trust;
use crate::intake_evidence::Evidence;
use crate::sealing::{MANIFEST, MANIFEST_CMS, object_name};
use crate::{files, machine};

/// The receipt in a bid folder.
pub(crate) const RECEIPT: &str = "receipt.json";
/// The hall's signature over it.
pub(crate) const RECEIPT_CMS: &str = "receipt.p7s";
/// The proof that the receipt's place is in the log.
pub(crate) const RECEIPT_PROOF: &str = "receipt-proof.json";

/// Slices on their way at the same time.
const IN_FLIGHT: usize = 3;
/// How often a slice is sent before the upload gives up.
const TRIES: u32 = 6;
/// Bytes read at once while digesting.
const BUFFER: usize = 1 << 20;

/// A folder that holds what its manifest says, ready to be sent; that of a withdrawal has no sealed
/// files.
#[derive(Debug)]
pub(crate) struct ReadyBid {
    folder: PathBuf,
    material: BidMaterial,
    manifest: Manifest,
    /// The cut and the slice roots of the sealed files, in the order of the manifest.
    slices: Vec<(SliceCut, Vec<u8>)>,
    /// Linear digests of the sealed files, in the order of the manifest.
    linear: Vec<(BidPart, Digest)>,
}

impl ReadyBid {
    /// Checks a bid folder against its tender before a byte is sent: signature, context, proofs,
    /// and every byte of the sealed files.
    pub(crate) fn check(
        folder: &Path,
        tender: &VerifiedTender,
        trust: &Trust,
    ) -> Result<Self, Failure> {
        let manifest_bytes =
            files::read(&folder.join(MANIFEST), kaibiao_seal::limits::MANIFEST_MAX)?;
        let cms = files::read(&folder.join(MANIFEST_CMS), 1 << 20)?;
        let manifest = Manifest::parse(&manifest_bytes)?;
        let (mut headers, mut slices, mut linear) = (Vec::new(), Vec::new(), Vec::new());
        for part in &manifest.body().parts {
            let name = object_name(part.name());
            let path = folder.join(&name);
            let file = digest(&path).map_err(|failure| failure.at(&name))?;
            file.summary.expect(&part.object()).map_err(|error| Failure::from(error).at(&name))?;
            let roots = file.slice_roots.iter().flat_map(|root| *root.bytes()).collect();
            slices.push((SliceCut::of(&file.header), roots));
            headers.push(file.header.bytes().to_vec());
            linear.push((part.name(), file.sha256));
        }
        let material = BidMaterial { manifest: manifest_bytes, cms, headers };
        VerifiedBid::verify(tender, &material, &trust.list, machine::now()?)?;
        Ok(Self { folder: folder.to_owned(), material, manifest, slices, linear })
    }

    /// Whether this is the withdrawal of that very bid.
    pub(crate) fn withdraws(&self, bid: &Manifest) -> bool {
        let body = self.manifest.body();
        body.kind == ManifestKind::Withdraw && body.supersedes == bid.sha256()
    }

    /// Sends what the hall does not have yet, completes the upload, checks and keeps the receipt.
    /// A bid folder that has its receipt already sends nothing.
    pub(crate) async fn submit(
        &self,
        hall: &Hall,
        tender: &VerifiedTender,
    ) -> Result<Receipt, Failure> {
        if self.folder.join(RECEIPT).exists() {
            let receipt = files::read(&self.folder.join(RECEIPT), RECEIPT_MAX)?;
            let cms = files::read(&self.folder.join(RECEIPT_CMS), 1 << 20)?;
            return self.judge(tender, &receipt, &cms);
        }
        let lot = tender.file().lot_key();
        let evidence = Evidence::of(&self.folder, tender, self.manifest.sha256());
        let upload = self.begin(hall, &lot, &evidence).await?;
        for part in &upload.parts {
            self.send(hall, upload.upload, part, &evidence).await?;
        }
        let commit = paths::commit(upload.upload);
        let commit = async || evidence.heard(hall.post_empty(&commit).await);
        let answer: ReceiptAnswer = retry(TRIES, commit).await?;
        let receipt = self.judge(tender, &answer.receipt_b64.0, &answer.cms_b64.0)?;
        in_time(hall, tender, &receipt).await?;
        // The signature first: a receipt without one would be taken for complete.
        files::write_same(&self.folder.join(RECEIPT_CMS), &answer.cms_b64.0)?;
        files::write_new(&self.folder.join(RECEIPT), &answer.receipt_b64.0)?;
        Ok(receipt)
    }

    async fn begin(
        &self,
        hall: &Hall,
        lot: &LotKey,
        evidence: &Evidence<'_>,
    ) -> Result<UploadAnswer, Failure> {
        let sent = self.material.headers.iter().zip(&self.slices);
        let parts = self.manifest.body().parts.iter().zip(sent);
        let post = SubmissionPost {
            manifest_b64: B64::from(&*self.material.manifest),
            cms_b64: B64::from(&*self.material.cms),
            headers: parts
                .map(|(part, (header, (_, roots)))| SealedItem {
                    stage: part.stage,
                    part: part.part,
                    header_b64: B64::from(&**header),
                    slices_b64: B64::from(&**roots),
                })
                .collect(),
        };
        let path = paths::submissions(lot);
        let begin = async || evidence.heard(hall.post(&path, &post).await);
        let answer = retry(TRIES, begin).await?;
        evidence.progress(&answer)?;
        Ok(answer)
    }

    async fn send(
        &self,
        hall: &Hall,
        upload: RandomId,
        part: &PartMissing,
        evidence: &Evidence<'_>,
    ) -> Result<(), Failure> {
        let path = Arc::new(self.folder.join(object_name(part.part)));
        let mut parts = self.manifest.body().parts.iter().zip(&self.slices);
        let own = parts.find(|(own, _)| own.name() == part.part);
        let strange = || Failure::new(Label::BadInput, format!("the hall asks for {}", part.part));
        let cut = own.map(|(_, (cut, _))| *cut).ok_or_else(strange)?;
        let slices = part.missing.iter().map(|&n| {
            let (path, to) = (Arc::clone(&path), paths::slice(upload, part.part, n));
            async move {
                let range = cut.range(n).ok_or_else(strange)?;
                let bytes = read_slice(path, range).await?;
                let put = async || evidence.heard(hall.put(&to, bytes.clone()).await);
                evidence.progress(&retry(TRIES, put).await?)
            }
        });
        stream::iter(slices).buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    /// A receipt is believed if the hall of the tender file signed it and it is about this bid.
    fn judge(
        &self,
        tender: &VerifiedTender,
        receipt: &[u8],
        cms: &[u8],
    ) -> Result<Receipt, Failure> {
        let hall = Pin::Certificate(tender.file().announced().hall.cert_sha256);
        cms::verify_pinned(cms, receipt, hall).map_err(|error| Failure::from(error).at(RECEIPT))?;
        let receipt = Receipt::parse(receipt)?;
        let body = self.manifest.body();
        let objects: Vec<_> = receipt.objects.iter().map(|o| (o.part, o.sha256)).collect();
        let same = receipt.origin == *tender.origin()
            && receipt.bidder == body.bidder.code
            && receipt.seq == body.seq
            && receipt.manifest_sha256 == self.manifest.sha256()
            && receipt.cms_sha256 == SUITE_1.hash(&self.material.cms)
            && objects == self.linear;
        if same {
            Ok(receipt)
        } else {
            let detail = "the receipt is not about this bid as it lies here";
            Err(Failure::new(Label::BrokenSignature, detail))
        }
    }

    /// Waits for the second half of the receipt, checks and keeps it; `None` if it has not come in
    /// time.
    pub(crate) async fn proof(
        &self,
        hall: &Hall,
        tender: &VerifiedTender,
        receipt: &Receipt,
        longest: Duration,
    ) -> Result<Option<VerifiedReceipt>, Failure> {
        let number = RandomId::parse(&receipt.number.to_string())
            .map_err(|error| Failure::internal(error.to_string()))?;
        let path = paths::receipt(&tender.file().lot_key(), number);
        let until = tokio::time::Instant::now() + longest;
        loop {
            let proven = match hall.get_bytes(&path, RECEIPT_PROOF_MAX).await {
                Err(failure) if failure.label() == Label::NotReady => None,
                answer => {
                    let bytes = answer?;
                    judge_proof(tender, receipt, &bytes)?.map(|proof| (bytes, proof))
                }
            };
            if let Some((bytes, proof)) = proven {
                files::write_same(&self.folder.join(RECEIPT_PROOF), &bytes)?;
                return Ok(Some(proof));
            }
            if tokio::time::Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// Checks the proof of a receipt up to a head that k custodians cosigned; `None` if all holds but
/// fewer have cosigned yet.
fn judge_proof(
    tender: &VerifiedTender,
    receipt: &Receipt,
    proof: &[u8],
) -> Result<Option<VerifiedReceipt>, Failure> {
    let terms = tender.file().terms();
    let verified = ReceiptProof::parse(proof)?.verify(
        tender.record().suite(),
        receipt,
        terms.places,
        tender.log_key(),
        tender.cosign_keys(),
        terms.custody.threshold.k(),
    );
    match verified {
        Err(ReceiptProofError::Quorum { .. }) => Ok(None),
        verified => Ok(Some(verified?)),
    }
}

/// What reading a sealed file once tells of it.
#[derive(Debug)]
pub(crate) struct DigestedFile {
    pub(crate) header: Header,
    pub(crate) summary: ObjectSummary,
    /// The roots of its upload slices, in order.
    pub(crate) slice_roots: Vec<Digest>,
    /// Its linear digest.
    pub(crate) sha256: Digest,
}

/// Reads a sealed file once.
pub(crate) fn digest(path: &Path) -> Result<DigestedFile, Failure> {
    let unreadable = |error: std::io::Error| Failure::read(path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut object, mut linear) = (ObjectDigest::new(), SUITE_1.hasher());
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        object.update(bytes)?;
        linear.update(bytes);
    }
    let header = object.header().cloned();
    let (summary, slice_roots) = object.finish_with_slices()?;
    let header = header.ok_or_else(|| Failure::internal("a complete object has no header"))?;
    Ok(DigestedFile { header, summary, slice_roots, sha256: linear.finish() })
}

/// A stamp after the deadline of the tender file is in time only if the log postponed it.
async fn in_time(hall: &Hall, tender: &VerifiedTender, receipt: &Receipt) -> Result<(), Failure> {
    let published = tender.file().terms().deadline;
    if receipt.completed_at < published {
        return Ok(());
    }
    let lot = tender.file().lot_key();
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(hall, &lot).await?;
    if receipt.completed_at < log.state().deadline().unwrap_or(published) {
        return Ok(());
    }
    let detail = "the hall stamped the bid at or after the deadline: it does not count";
    Err(Failure::new(Label::Late, detail))
}

async fn read_slice(path: Arc<PathBuf>, range: Range<u64>) -> Result<Vec<u8>, Failure> {
    let work = move || {
        let mut bytes = Vec::new();
        let read = File::open(&*path).and_then(|mut file| {
            file.seek(SeekFrom::Start(range.start))?;
            file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)
        });
        read.map_err(|error| Failure::read(&path, &error))?;
        Ok(bytes)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::caused(Label::Internal, &error))?
}
