//! The work itself, file by file, through the functions that the product uses.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use kaibiao_ceremony::{Partial, combine_any};
use kaibiao_crypto::{Entropy, SUITE_1, SecureEntropy};
use kaibiao_opening::PriceSheet;
use kaibiao_pki::{Identity, cms};
use kaibiao_replay::{BidMaterial, VerifiedBid, VerifiedTender};
use kaibiao_seal::{
    BidContext, Client, Context, Header, LockSecrets, Manifest, ManifestBody, ManifestKind,
    ManifestPart, ObjectDigest, ObjectSummary, Padding, SealPlan, ceremony_secret, open_on,
    seal_on,
};
use kaibiao_types::{BidSeq, Digest, Money, Part, Party, Stage};
use ring::rand::SystemRandom;

use crate::error::BenchError;
use crate::lot::{self, Loaded};
use crate::machine;

/// Files of a bid folder.
pub(crate) const MANIFEST: &str = "manifest.json";
const CMS: &str = "manifest.p7s";
const PRICE: &str = "price.kbf";
/// The sealed documents.
pub(crate) const DOCUMENTS: &str = "documents.kbf";

/// Stage 1, the only one of this version.
pub(crate) fn stage() -> Result<Stage, BenchError> {
    Stage::new(1).map_err(BenchError::product)
}

/// One bidder with one version of its bid.
pub(crate) struct Bidder<'a> {
    pub(crate) tender: &'a VerifiedTender,
    pub(crate) identity: &'a Identity,
    pub(crate) party: &'a Party,
    pub(crate) seq: BidSeq,
    pub(crate) supersedes: Digest,
}

impl Bidder<'_> {
    /// Seals one part on all cores.
    pub(crate) fn seal_part(
        &self,
        part: Part,
        plaintext_len: u64,
        plaintext: &mut (dyn Read + Send),
        out: &mut (dyn Write + Send),
        entropy: &mut dyn Entropy,
    ) -> Result<(Header, ManifestPart), BenchError> {
        let stage = stage()?;
        let context = Context::of_bid(&BidContext {
            suite: &SUITE_1,
            ceremony_id: self.tender.record().ceremony_id,
            lot: &self.tender.file().lot_key(),
            stage,
            part,
            bidder: &self.party.code,
            signer_spki: self.identity.certificate().spki_sha256(),
            seq: self.seq,
            supersedes: self.supersedes,
        });
        let plan = SealPlan {
            context: &context,
            bases: self.tender.bases(),
            padding: Padding::of(part),
            plaintext_len,
            bidder_lock: None,
        };
        let sealed = seal_on(machine::threads(), &plan, plaintext, out, entropy)
            .map_err(BenchError::product)?;
        let entry = ManifestPart::new(stage, part, &sealed.object);
        Ok((sealed.header, entry))
    }

    /// The manifest of the parts and the bidder's signature over it.
    pub(crate) fn sign(&self, parts: Vec<ManifestPart>) -> Result<(Manifest, Vec<u8>), BenchError> {
        let terms = self.tender.file().terms();
        let at = lot::before(terms.deadline);
        let manifest = Manifest::build(ManifestBody {
            v: 1,
            kind: ManifestKind::Submit,
            suite: SUITE_1.id(),
            tender: terms.tender.clone(),
            lot: terms.lot.clone(),
            bidder: self.party.clone(),
            signer_spki_sha256: self.identity.certificate().spki_sha256(),
            seq: self.seq,
            supersedes: self.supersedes,
            ceremony_id: self.tender.record().ceremony_id,
            deadline: terms.deadline,
            client: Client::Cli,
            sealed_at: at,
            parts,
        })
        .map_err(BenchError::product)?;
        let cms = cms::sign_detached(self.identity, manifest.bytes(), at, &SystemRandom::new())
            .map_err(BenchError::product)?;
        Ok((manifest, cms))
    }

    /// The sheet of a price.
    pub(crate) fn sheet(
        &self,
        total: Money,
        fields: std::collections::BTreeMap<String, String>,
    ) -> Result<Vec<u8>, BenchError> {
        let rules = self.tender.file().sheet_rules(Stage::FIRST);
        let sheet = PriceSheet::build(&rules, &self.party.code, total, fields);
        Ok(sheet.map_err(BenchError::product)?.to_bytes())
    }
}

/// What `kaibiao seal` does: price sheet and document sealed into a new folder, each file on the
/// disk before the folder gets its name, the manifest signed.
pub(crate) fn seal(lot: &Path, document: &Path, out: &Path) -> Result<(), BenchError> {
    let Loaded { tender, .. } = Loaded::read(lot)?;
    let (identity, party) = lot::bidder()?;
    let fixture = kaibiao_testkit::Fixture::load("works-12").map_err(BenchError::product)?;
    let own = fixture.bidders.into_iter().find(|bidder| bidder.party == party);
    let sheet = own.ok_or_else(|| BenchError::product("the bidder is in the fixture"))?.sheet;
    let bidder = Bidder {
        tender: &tender,
        identity: &identity,
        party: &party,
        seq: BidSeq::new(1).map_err(BenchError::product)?,
        supersedes: Digest::ZERO,
    };
    let (random, temporary) = (SystemRandom::new(), out.with_extension("tmp"));
    let mut entropy = SecureEntropy(&random);
    fs::create_dir(&temporary).map_err(BenchError::file(&temporary))?;
    let sheet = bidder.sheet(sheet.total, sheet.fields)?;
    let mut input = File::open(document).map_err(BenchError::file(document))?;
    let length = input.metadata().map_err(BenchError::file(document))?.len();
    let mut parts = Vec::new();
    for (part, name) in [(Part::Price, PRICE), (Part::Documents, DOCUMENTS)] {
        let path = temporary.join(name);
        let mut file = File::create_new(&path).map_err(BenchError::file(&path))?;
        let (length, plaintext): (u64, &mut (dyn Read + Send)) = if part == Part::Price {
            (u64::try_from(sheet.len()).unwrap_or(u64::MAX), &mut &*sheet)
        } else {
            (length, &mut input)
        };
        parts.push(bidder.seal_part(part, length, plaintext, &mut file, &mut entropy)?.1);
        file.sync_all().map_err(BenchError::file(&path))?;
    }
    let (manifest, cms) = bidder.sign(parts)?;
    for (name, bytes) in [(MANIFEST, manifest.bytes()), (CMS, cms.as_slice())] {
        let path = temporary.join(name);
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(BenchError::file(&path))?;
    }
    fs::rename(&temporary, out).map_err(BenchError::file(out))
}

/// A bid folder, its signature and headers verified.
fn verified(loaded: &Loaded, bid: &Path) -> Result<VerifiedBid, BenchError> {
    let read = |name: &str| {
        let path = bid.join(name);
        fs::read(&path).map_err(BenchError::file(&path))
    };
    let header = |name: &str| {
        let path = bid.join(name);
        let mut file = File::open(&path).map_err(BenchError::file(&path))?;
        Ok::<_, BenchError>(Header::read(&mut file).map_err(BenchError::product)?.bytes().to_vec())
    };
    let material = BidMaterial {
        manifest: read(MANIFEST)?,
        cms: read(CMS)?,
        headers: vec![header(PRICE)?, header(DOCUMENTS)?],
    };
    let at = lot::before(loaded.tender.file().terms().deadline);
    VerifiedBid::verify(&loaded.tender, &material, &loaded.trust, at).map_err(BenchError::product)
}

/// What the manifest of a verified bid says about the documents.
fn documents(bid: &VerifiedBid) -> Result<(&Header, ObjectSummary), BenchError> {
    let stage = stage()?;
    let signed = bid.manifest().part(stage, Part::Documents);
    let header = bid.header(stage, Part::Documents);
    let none = || BenchError::product("the bid has documents");
    Ok((header.ok_or_else(none)?, signed.ok_or_else(none)?.object()))
}

/// What the hall does at an opening: the bidder's signature, the custodians' proofs, every chunk and
/// the signed root are verified; the file has its name only when all of it holds.
pub(crate) fn open(lot: &Path, bid: &Path, partials: &Path, out: &Path) -> Result<(), BenchError> {
    let loaded = Loaded::read(lot)?;
    let verified = verified(&loaded, bid)?;
    let (header, signed) = documents(&verified)?;
    let bytes = fs::read(partials).map_err(BenchError::file(partials))?;
    let partials: Vec<Partial> = serde_json::from_slice(&bytes).map_err(BenchError::product)?;
    let combined = combine_any(loaded.tender.record(), &lot::freeze_id(), header.u(), &partials)
        .map_err(|(error, _)| BenchError::product(error))?;
    let ceremony = ceremony_secret(header, &combined.point, loaded.tender.bases().key())
        .map_err(BenchError::product)?;
    let secrets = LockSecrets { ceremony, bidder: None };

    let path = bid.join(DOCUMENTS);
    let mut payload = File::open(&path).map_err(BenchError::file(&path))?;
    Header::read(&mut payload).map_err(BenchError::product)?;
    let temporary = out.with_extension("tmp");
    let file = File::create_new(&temporary).map_err(BenchError::file(&temporary))?;
    let opened = open_on(machine::threads(), header, &secrets, &signed, &mut payload, file)
        .map_err(BenchError::product)?;
    opened.out.sync_all().map_err(BenchError::file(&temporary))?;
    fs::rename(&temporary, out).map_err(BenchError::file(out))
}

/// What the hall does when an upload is complete: the file has the signed digest; nothing is
/// decrypted.
pub(crate) fn check(lot: &Path, bid: &Path) -> Result<(), BenchError> {
    let loaded = Loaded::read(lot)?;
    let verified = verified(&loaded, bid)?;
    let (_, signed) = documents(&verified)?;
    let path = bid.join(DOCUMENTS);
    let mut file = File::open(&path).map_err(BenchError::file(&path))?;
    let mut digest = ObjectDigest::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).map_err(BenchError::file(&path))?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        digest.update(bytes).map_err(BenchError::product)?;
    }
    let found = digest.finish().map_err(BenchError::product)?;
    found.expect(&signed).map_err(BenchError::product)
}

/// Writes a file of bytes that do not compress: the key stream of an AEAD.
pub(crate) fn write_random(path: &Path, length: u64) -> Result<(), BenchError> {
    let write = || -> io::Result<()> {
        let mut file = File::create_new(path)?;
        let key = SUITE_1.aead(&[7; 32]);
        let mut nonce = [0; 12];
        let mut left = length;
        for number in 0_u64.. {
            let mut block = vec![0; usize::try_from(left.min(1 << 20)).unwrap_or(0)];
            if block.is_empty() {
                break;
            }
            if let Some(tail) = nonce.last_chunk_mut() {
                *tail = number.to_be_bytes();
            }
            key.seal_in_place(nonce, &mut block).map_err(io::Error::other)?;
            file.write_all(&block)?;
            left -= u64::try_from(block.len()).unwrap_or(left);
        }
        file.sync_all()
    };
    write().map_err(BenchError::file(path))
}

/// Whether two files have the same bytes.
pub(crate) fn expect_same(one: &Path, other: &Path) -> Result<(), BenchError> {
    let open = |path: &Path| File::open(path).map_err(BenchError::file(path));
    let (mut first, mut second) = (open(one)?, open(other)?);
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let a = fill(&mut first, &mut left).map_err(BenchError::file(one))?;
        let b = fill(&mut second, &mut right).map_err(BenchError::file(other))?;
        if a != b || left.get(..a) != right.get(..b) {
            let detail = format!("{} is not {}", other.display(), one.display());
            return Err(BenchError::Result(detail));
        }
        if a == 0 {
            return Ok(());
        }
    }
}

fn fill(input: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Folder;

    #[test]
    fn a_random_file_has_its_length_and_another_byte_is_found() {
        let folder = Folder::create(None, true, 1 << 24).unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.join(name));
        write_random(&one, (2 << 20) + 5).unwrap();
        let mut bytes = fs::read(&one).unwrap();
        assert_eq!(bytes.len(), (2 << 20) + 5);
        assert_ne!(bytes[..1 << 20], bytes[1 << 20..2 << 20]);
        fs::write(&other, &bytes).unwrap();
        expect_same(&one, &other).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&other, &bytes).unwrap();
        assert!(matches!(expect_same(&one, &other), Err(BenchError::Result(_))));
        fs::write(&other, &bytes[..2 << 20]).unwrap();
        assert!(matches!(expect_same(&one, &other), Err(BenchError::Result(_))));
    }
}
