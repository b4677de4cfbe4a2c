//! The bids of the rush: sealed and signed before anybody begins to send.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::{SUITE_1, SecureEntropy};
use kaibiao_pki::{Certificate, Chain, TrustList, Usage, cms, verify_chain};
use kaibiao_seal::{
    BidContext, Client, Context, Manifest, ManifestBody, ManifestKind, ManifestPart, ObjectDigest,
    Padding, SealPlan, SliceCut, seal,
};
use kaibiao_types::{BidPart, BidSeq, Digest, Part, Stage};
use ring::rand::SystemRandom;
use serde_json::json;

use super::world::{World, now};
use crate::error::BenchError;
use crate::issue::Ca;

/// One bid, ready to be sent.
pub(super) struct SealedBid {
    pub(super) manifest_sha256: Digest,
    /// The body of the first call.
    pub(super) post: Vec<u8>,
    pub(super) objects: Vec<SealedObject>,
}

/// One sealed file.
pub(super) struct SealedObject {
    pub(super) part: BidPart,
    pub(super) path: PathBuf,
    pub(super) cut: SliceCut,
    pub(super) sha256: Digest,
}

impl SealedBid {
    /// Bytes of all its files.
    pub(super) fn bytes(&self) -> u64 {
        let last = |object: &SealedObject| {
            (0..).map_while(|n| object.cut.range(n)).last().map_or(0, |range| range.end)
        };
        self.objects.iter().map(last).sum()
    }

    /// Slices of all its files.
    pub(super) fn slices(&self) -> u64 {
        self.objects.iter().map(|object| object.cut.count()).sum()
    }
}

/// Seals so many bids with documents of `size` bytes into files of `folder`, in two threads.
pub(super) fn seal_all(
    world: &World,
    ca: &Ca,
    folder: &Path,
    bids: usize,
    size: u64,
) -> Result<Vec<SealedBid>, BenchError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= bids {
                return Ok::<_, BenchError>(made);
            }
            made.push(one(world, ca, folder, number, size)?);
        }
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        let mut all = Vec::new();
        for thread in threads {
            let made = thread.join().map_err(|_| BenchError::product("a thread that seals"))?;
            all.extend(made?);
        }
        Ok(all)
    })
}

fn one(
    world: &World,
    ca: &Ca,
    folder: &Path,
    number: usize,
    size: u64,
) -> Result<SealedBid, BenchError> {
    let (key, der) = ca.bidder(number, false)?;
    let read = |der: &[u8]| Certificate::from_der(der).map_err(BenchError::product);
    let chain = Chain::new(vec![read(&der)?, read(&ca.issuing)?]).map_err(BenchError::product)?;
    let bidder = party(ca, &chain)?;
    let terms = world.tender.file().terms();
    let ceremony_id = world.tender.record().ceremony_id;
    let signer_spki = chain.signer().spki_sha256();
    let seq = BidSeq::new(1).map_err(BenchError::product)?;
    let (mut parts, mut objects, mut headers) = (Vec::new(), Vec::new(), Vec::new());
    for (part, length) in [(Part::Price, 4), (Part::Documents, size)] {
        let context = Context::of_bid(&BidContext {
            suite: &SUITE_1,
            ceremony_id,
            lot: &world.tender.file().lot_key(),
            stage: Stage::FIRST,
            part,
            bidder: &bidder.code,
            signer_spki,
            seq,
            supersedes: Digest::ZERO,
        });
        let plan = SealPlan {
            context: &context,
            bases: world.tender.bases(),
            padding: Padding::of(part),
            plaintext_len: length,
            bidder_lock: None,
        };
        let mut file = Vec::new();
        let mut text = std::io::Read::take(std::io::repeat(7), length);
        let random = SystemRandom::new();
        let sealed = seal(&plan, &mut text, &mut file, &mut SecureEntropy(&random))
            .map_err(BenchError::product)?;
        let mut digest = ObjectDigest::new();
        digest.update(&file).map_err(BenchError::product)?;
        let (_, roots) = digest.finish_with_slices().map_err(BenchError::product)?;
        let roots: Vec<u8> = roots.iter().flat_map(|root| *root.bytes()).collect();
        let entry = ManifestPart::new(Stage::FIRST, part, &sealed.object);
        headers.push(json!({
            "stage": 1, "part": part, "header_b64": STANDARD.encode(sealed.header.bytes()),
            "slices_b64": STANDARD.encode(roots),
        }));
        let path = folder.join(format!("{number}-{}.kbf", entry.name()));
        fs::write(&path, &file).map_err(BenchError::file(&path))?;
        let (cut, sha256) = (SliceCut::of(&sealed.header), SUITE_1.hash(&file));
        objects.push(SealedObject { part: entry.name(), path, cut, sha256 });
        parts.push(entry);
    }
    let manifest = Manifest::build(ManifestBody {
        v: 1,
        kind: ManifestKind::Submit,
        suite: SUITE_1.id(),
        tender: terms.tender.clone(),
        lot: terms.lot.clone(),
        bidder,
        signer_spki_sha256: signer_spki,
        seq,
        supersedes: Digest::ZERO,
        ceremony_id,
        deadline: terms.deadline,
        client: Client::Cli,
        sealed_at: now()?,
        parts,
    })
    .map_err(BenchError::product)?;
    let attributes =
        cms::signed_attrs(chain.signer(), manifest.bytes(), now()?).map_err(BenchError::product)?;
    let value = key.sign(attributes.to_sign())?;
    let cms = cms::assemble(&attributes, &chain, &value).map_err(BenchError::product)?;
    let post = json!({
        "manifest_b64": STANDARD.encode(manifest.bytes()),
        "cms_b64": STANDARD.encode(cms),
        "headers": headers,
    });
    let post = post.to_string().into_bytes();
    Ok(SealedBid { manifest_sha256: manifest.sha256(), post, objects })
}

/// The organisation in a bidder's certificate, as the hall will read it.
fn party(ca: &Ca, chain: &Chain) -> Result<kaibiao_types::Party, BenchError> {
    let trust = super::world::trust_with(ca)?;
    let trust = TrustList::parse(&trust).map_err(BenchError::product)?;
    let signer = verify_chain(chain.signer(), chain.above(), &trust, now()?, Usage::Sign);
    Ok(signer.map_err(BenchError::product)?.party().clone())
}
