//! Whatever bytes change: never a pass, never a panic.

use std::io::Cursor;

use kaibiao_crypto::Entropy as _;
use kaibiao_testkit::SeededEntropy;

use super::common::{bid_name, failed_lot, files, report, rich_scenario, sealed, trust};
use crate::package::write_container;
use crate::{Verdict, layout, verify};

fn number(entropy: &mut SeededEntropy, below: usize) -> usize {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes).unwrap();
    usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(below).unwrap()).unwrap()
}

#[test]
fn a_cut_package_never_passes() {
    let good = sealed(rich_scenario(), &files(rich_scenario()));
    let list = trust(rich_scenario());
    for length in (0..good.len()).step_by(4096).chain(good.len() - 40..good.len()) {
        let report = verify(&mut Cursor::new(&good[..length]), &list, None);
        assert_eq!(report.verdict(), Verdict::Failed, "{length}");
    }
}

#[test]
fn a_flipped_bit_never_passes() {
    let good = sealed(failed_lot(), &files(failed_lot()));
    let mut entropy = SeededEntropy::new("flips");
    for _ in 0..300 {
        let (at, bit) = (number(&mut entropy, good.len()), number(&mut entropy, 8));
        let mut bad = good.clone();
        bad[at] ^= 1 << bit;
        assert_ne!(report(failed_lot(), &bad).verdict(), Verdict::Passed, "byte {at}, bit {bit}");
    }
}

/// The checksums of the container find accidents only, so here they are right again.
#[test]
fn every_file_is_covered_by_the_seal() {
    let good = files(rich_scenario());
    let package = sealed(rich_scenario(), &good);
    let mut archive = crate::zip::Archive::open(Cursor::new(&package)).unwrap();
    let mut take = |name: &str| {
        let mut out = Vec::new();
        assert!(archive.each(name, |piece| out.extend_from_slice(piece)).unwrap());
        out
    };
    let (manifest, seal) = (take(layout::MANIFEST), take(layout::SIGNATURE));
    let mut entropy = SeededEntropy::new("files");
    let verdict = |files: &crate::package::Files, manifest: &[u8], seal: &[u8]| {
        let mut out = Vec::new();
        write_container(files, manifest, seal, &mut out).unwrap();
        report(rich_scenario(), &out).verdict()
    };
    assert_eq!(verdict(&good, &manifest, &seal), Verdict::Passed);
    // One bid stands for all: their folders are alike.
    let folder = format!("bids/{}/", bid_name(rich_scenario(), 3, 1));
    let sample = |name: &&String| !name.starts_with("bids/") || name.starts_with(&folder);
    for name in good.keys().filter(sample) {
        let mut bad = good.clone();
        let file = bad.get_mut(name).unwrap();
        let at = number(&mut entropy, file.len());
        file[at] ^= 1;
        assert_eq!(verdict(&bad, &manifest, &seal), Verdict::Failed, "{name}, byte {at}");
    }
    for at in (0..seal.len()).step_by(101) {
        let mut bad = seal.clone();
        bad[at] ^= 1;
        assert_ne!(verdict(&good, &manifest, &bad), Verdict::Passed, "seal, byte {at}");
    }
}

/// Even if the hall seals it anew: a package with a file less is never whole.
#[test]
fn no_file_can_be_left_out() {
    let good = files(failed_lot());
    for name in good.keys() {
        let mut bad = good.clone();
        bad.remove(name);
        let verdict = report(failed_lot(), &sealed(failed_lot(), &bad)).verdict();
        assert_ne!(verdict, Verdict::Passed, "{name}");
    }
}

/// A reader that fails, as a broken disk does.
struct Broken(Cursor<Vec<u8>>, u64);

impl std::io::Read for Broken {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1.checked_sub(1).ok_or_else(|| std::io::Error::other("broken disk"))?;
        self.0.read(out)
    }
}

impl std::io::Seek for Broken {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_broken_disk_decides_nothing() {
    let good = sealed(failed_lot(), &files(failed_lot()));
    for reads in [0, 5, 40, 100] {
        let mut input = Broken(Cursor::new(good.clone()), reads);
        let report = verify(&mut input, &trust(failed_lot()), None);
        assert_eq!(report.verdict(), Verdict::Indeterminate, "{reads}");
        assert_eq!(report.exit_code(), 2);
    }
}
