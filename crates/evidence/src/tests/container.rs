//! Changes of the container: PKG (N44 to N47 of the design).

use kaibiao_crypto::SUITE_1;
use kaibiao_pki::cms;

use kaibiao_testkit::ScenarioOptions;

use super::common::{Case, failed_lot, files, scenario, sealed, sealed_at};
use crate::CheckId::{Pkg01, Pkg02, Pkg03, Pkg04, Pkg05, Pkg06, Pkg07, Pkg08};
use crate::package::{Files, seal_files, write_container};
use crate::{asic, layout, zip};

/// The manifest that fits the files, and the hall's signature over it.
fn manifest_and_seal(files: &Files) -> (Vec<u8>, Vec<u8>) {
    let digests = files.iter().map(|(name, bytes)| (name.clone(), SUITE_1.hash(bytes))).collect();
    let manifest = asic::write(&digests).into_bytes();
    let rng = ring::rand::SystemRandom::new();
    let hall = &failed_lot().people.hall;
    let seal = cms::sign_detached(hall, &manifest, sealed_at(), &rng).unwrap();
    (manifest, seal)
}

fn written(files: &Files, manifest: &[u8], seal: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write_container(files, manifest, seal, &mut out).unwrap();
    out
}

/// A manifest that says something else, sealed by the hall all the same.
fn with_manifest(from: &str, to: &str) -> Vec<u8> {
    let files = files(failed_lot());
    let (manifest, _) = manifest_and_seal(&files);
    let changed = String::from_utf8(manifest.clone()).unwrap().replacen(from, to, 1);
    assert_ne!(changed.as_bytes(), manifest, "{from}");
    let rng = ring::rand::SystemRandom::new();
    let hall = &failed_lot().people.hall;
    let seal = cms::sign_detached(hall, changed.as_bytes(), sealed_at(), &rng).unwrap();
    written(&files, changed.as_bytes(), &seal)
}

/// The files in another order or with other bytes, as a ZIP program would write them.
fn zipped(list: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    zip::write(list, &mut out).unwrap();
    out
}

fn mimetype_cases() -> Vec<Case> {
    let files = files(failed_lot());
    let (manifest, seal) = manifest_and_seal(&files);
    let mut list: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    list.push((layout::MANIFEST, &manifest));
    list.push((layout::SIGNATURE, &seal));
    let mut absent = list.clone();
    let mut other = list.clone();
    other.insert(0, (layout::MIMETYPE, b"application/vnd.etsi.asic-s+zip"));
    list.push((layout::MIMETYPE, layout::MIMETYPE_TEXT.as_bytes()));
    absent.retain(|(name, _)| *name != layout::MIMETYPE);
    vec![
        Case::fails("mimetype last", zipped(&list), Pkg02),
        Case::fails("mimetype absent", zipped(&absent), Pkg02),
        Case::fails("another mimetype", zipped(&other), Pkg02),
    ]
}

fn manifest_cases() -> Vec<Case> {
    let good = files(failed_lot());
    let (manifest, seal) = manifest_and_seal(&good);
    let mut added = good.clone();
    added.insert("log/extra.txt".to_owned(), b"x".to_vec());
    let mut absent = good.clone();
    absent.remove(layout::README_EN);
    let mut altered = good.clone();
    altered.get_mut(layout::README_EN).unwrap()[0] ^= 1;
    let other_digest = with_manifest("<ds:DigestValue>", "<ds:DigestValue>AAAA");
    let swapped = {
        let (other, _) = manifest_and_seal(&absent);
        written(&good, &other, &seal)
    };
    vec![
        Case::fails("unlisted file", written(&added, &manifest, &seal), Pkg04),
        Case::fails("listed file absent", written(&absent, &manifest, &seal), Pkg04),
        Case::fails("altered file", written(&altered, &manifest, &seal), Pkg05)
            .with("HASH_FAILURE"),
        Case::fails("digest of another length", other_digest, Pkg03).with("FORMAT_FAILURE"),
        Case::fails("DTD", with_manifest("<asic:ASiC", "<!DOCTYPE a><asic:ASiC"), Pkg03),
        Case::fails("entity", with_manifest("README.en", "README&#46;en"), Pkg03),
        Case::fails("other seal", with_manifest("signature001", "signature002"), Pkg03),
        Case::fails("seal over another manifest", swapped, Pkg06).with("HASH_FAILURE"),
        Case::fails("file of another kind", sealed(failed_lot(), &added), Pkg08),
        Case::opens("file of the kind absent", sealed(failed_lot(), &absent), Pkg08),
    ]
}

fn seal_cases() -> Vec<Case> {
    let good = files(failed_lot());
    let (manifest, seal) = manifest_and_seal(&good);
    let rng = ring::rand::SystemRandom::new();
    let mut by_host = Vec::new();
    seal_files(&good, &failed_lot().people.host, sealed_at(), &rng, &mut by_host).unwrap();
    let options = ScenarioOptions { bidders: Some(2), foreign_hall: true, ..Default::default() };
    let foreign = scenario(&options);
    let foreign = sealed(&foreign, &files(&foreign));
    let mut broken = seal.clone();
    *broken.last_mut().unwrap() ^= 1;
    let mut list: Vec<(&str, &[u8])> = vec![(layout::MIMETYPE, layout::MIMETYPE_TEXT.as_bytes())];
    list.extend(good.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    let unsealed = {
        let mut list = list.clone();
        list.push((layout::MANIFEST, &manifest));
        zipped(&list)
    };
    vec![
        Case::fails("sealed by another party", by_host, Pkg07).with("SIG_CONSTRAINTS_FAILURE"),
        Case::fails("hall of another organisation than its certificate's", foreign, Pkg07)
            .with("SIG_CONSTRAINTS_FAILURE"),
        Case::fails("seal altered", written(&good, &manifest, &broken), Pkg06)
            .with("SIG_CRYPTO_FAILURE"),
        Case::fails("seal cut", written(&good, &manifest, &seal[..40]), Pkg06)
            .with("FORMAT_FAILURE"),
        Case::opens("no seal", unsealed, Pkg06),
        Case::opens("no manifest", zipped(&list), Pkg03),
    ]
}

/// Bytes of a good package changed in place: offset from the start (or, negative, from the end).
fn patched(at: usize, to: &[u8]) -> Vec<u8> {
    let mut package = sealed(failed_lot(), &files(failed_lot()));
    package[at..at + to.len()].copy_from_slice(to);
    package
}

fn structure_cases() -> Vec<Case> {
    let good = sealed(failed_lot(), &files(failed_lot()));
    let directory = usize::try_from(u32::from_le_bytes(
        good[good.len() - 6..good.len() - 2].try_into().unwrap(),
    ))
    .unwrap();
    let mut suffix = good.clone();
    suffix.push(0);
    let prefix = [b"MZ".as_slice(), &good].concat();
    let mut comment = good.clone();
    let end = comment.len();
    comment[end - 2] = 1;
    comment.push(b'x');
    let list = [
        ("empty file", Vec::new()),
        ("bytes after the end", suffix),
        ("bytes before the start", prefix),
        ("comment", comment),
        ("encrypted entry", patched(6, &[1])),
        ("data descriptor", patched(6, &[8])),
        ("deflated entry", patched(8, &[8])),
        ("other name before the entry", patched(30, b"M")),
        ("other size before the entry", patched(22, &[0xff; 4])),
        ("extra field", patched(28, &[1])),
        ("link", patched(directory + 38, &[0, 0, 0xff, 0xa1])),
        ("made on unix", patched(directory + 5, &[3])),
        ("other offset", patched(directory + 42, &[1])),
        ("huge size in the directory", patched(directory + 20, &[0xff; 8])),
        ("one entry less", patched(good.len() - 12, &[1])),
        ("two disks", patched(good.len() - 18, &[1])),
    ];
    let case = |(name, package)| Case::fails(name, package, Pkg01).with("FORMAT_FAILURE");
    list.into_iter().map(case).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [structure_cases(), mimetype_cases(), manifest_cases(), seal_cases()]
        .into_iter()
        .flatten()
        .collect()
}
