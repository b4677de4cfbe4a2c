//! The remedy with a backup file: sealing with a commitment, and checking a file against it later.

use std::io::Read;

use kaibiao_crypto::{Entropy as _, SUITE_1, SUITE_SM, Secret32};
use kaibiao_types::{Part, Stage};
use proptest::prelude::*;

use super::{Lot, Stream, sealed, summary, text};
use crate::limits::CHUNK_LEN;
use crate::{
    BackupError, CommittingReader, Manifest, ManifestPart, PlaintextDigest, PlaintextSalt, seal,
};

fn salt(seed: &str) -> PlaintextSalt {
    PlaintextSalt::random(&mut Stream::new(seed)).unwrap()
}

fn stage() -> Stage {
    Stage::new(1).unwrap()
}

/// A signed bid whose price part commits to its plaintext.
fn committed(plaintext: &[u8], salt: &PlaintextSalt) -> Manifest {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Price);
    let plan = lot.plan(&context, plaintext.len());
    let mut reader = CommittingReader::new(&SUITE_1, plaintext);
    let mut file = Vec::new();
    let object = seal(&plan, &mut reader, &mut file, &mut Stream::new("sealed")).unwrap().object;
    assert_eq!(object, summary(&file));
    let commitment = salt.commit(&SUITE_1, &reader.finish());
    let price = ManifestPart::new(stage(), Part::Price, &object).with_pt_commit(commitment);
    let documents = ManifestPart::new(stage(), Part::Documents, &object);
    let built = Manifest::build(super::manifests::body(vec![price, documents])).unwrap();
    Manifest::parse(built.bytes()).unwrap()
}

#[test]
fn the_sealed_plaintext_is_recognised_and_no_other() {
    let plaintext = text("backup", 2 * CHUNK_LEN + 5);
    let manifest = committed(&plaintext, &salt("kept"));
    let check = |salt: &PlaintextSalt, mut file: &[u8]| {
        manifest.check_backup(stage(), Part::Price, salt, &mut file)
    };
    assert!(check(&salt("kept"), &plaintext).is_ok());
    assert!(matches!(check(&salt("other"), &plaintext), Err(BackupError::Mismatch)));
    for at in [0, CHUNK_LEN - 1, CHUNK_LEN, plaintext.len() - 1] {
        let mut changed = plaintext.clone();
        changed[at] ^= 1;
        assert!(matches!(check(&salt("kept"), &changed), Err(BackupError::Mismatch)), "{at}");
    }
    let longer = [plaintext.as_slice(), &[0]].concat();
    for file in [&plaintext[..plaintext.len() - 1], &longer, &[]] {
        assert_eq!(check(&salt("kept"), file).unwrap_err().label(), "E_PT_COMMIT");
    }
    let swapped = [
        &plaintext[CHUNK_LEN..2 * CHUNK_LEN],
        &plaintext[..CHUNK_LEN],
        &plaintext[2 * CHUNK_LEN..],
    ];
    assert!(check(&salt("kept"), &swapped.concat()).is_err(), "pieces have their order");
}

#[test]
fn without_a_commitment_nothing_is_compared() {
    struct Unreadable;
    impl Read for Unreadable {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("bad sector"))
        }
    }
    let manifest = committed(b"sheet", &salt("kept"));
    let check = |part, file: &mut dyn Read| {
        manifest.check_backup(stage(), part, &salt("kept"), file).unwrap_err().label()
    };
    assert_eq!(check(Part::Documents, &mut b"sheet".as_slice()), "E_PT_ABSENT");
    assert_eq!(check(Part::Signals, &mut b"sheet".as_slice()), "E_PARTS");
    assert_eq!(check(Part::Price, &mut Unreadable), "E_READ");
}

/// A file cannot be longer than its sealed object, so nobody reads on without end.
#[test]
fn an_endless_file_is_read_only_as_far_as_the_object_goes() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            out.fill(0);
            self.0 += u64::try_from(out.len()).unwrap();
            Ok(out.len())
        }
    }
    let manifest = committed(b"sheet", &salt("kept"));
    let mut endless = Endless(0);
    let error = manifest.check_backup(stage(), Part::Price, &salt("kept"), &mut endless);
    assert_eq!(error.unwrap_err().label(), "E_PT_COMMIT");
    assert_eq!(endless.0, manifest.part(stage(), Part::Price).unwrap().file_len + 1);
}

#[test]
fn a_commitment_changes_the_manifest_and_nothing_of_the_object() {
    let with = committed(b"sheet", &salt("kept"));
    let price = *with.part(stage(), Part::Price).unwrap();
    let documents = *with.part(stage(), Part::Documents).unwrap();
    assert_eq!(price.object(), documents.object());
    let plain = ManifestPart::new(stage(), Part::Price, &price.object());
    let without = Manifest::build(super::manifests::body(vec![plain, documents])).unwrap();
    assert_ne!(with.sha256(), without.sha256());
    assert_eq!(with.body().parts[0].pt_commit, price.pt_commit);
    assert!(!String::from_utf8(without.bytes().to_vec()).unwrap().contains("pt_commit"));
    // The default of an object is the same file, byte for byte.
    assert_eq!(sealed(&Lot::new("lot"), b"sheet").1, sealed(&Lot::new("lot"), b"sheet").1);
}

#[test]
fn the_salt_hides_and_is_not_printed() {
    let mut digest = PlaintextDigest::new(&SUITE_1);
    digest.update(b"118000000");
    let root = digest.finish();
    let (one, other) = (salt("one"), salt("other"));
    assert_ne!(one.commit(&SUITE_1, &root), other.commit(&SUITE_1, &root));
    assert_eq!(format!("{one:?}"), "PlaintextSalt(Secret32(..))");
    let mut bytes = [0; 32];
    Stream::new("one").fill(&mut bytes).unwrap();
    assert_eq!(PlaintextSalt::new(Secret32::new(bytes.into())).expose(), one.expose());
}

/// In suite 0x0101 pieces and tree are over SM3: nothing of suite 1 is left in the commitment.
#[test]
fn the_root_is_over_the_hash_of_the_suite() {
    let plaintext = text("plaintext", 600_000);
    for suite in [&SUITE_1, &SUITE_SM] {
        let hash =
            |prefix: &[u8], parts: [&[u8]; 2]| suite.hash(&[prefix, parts[0], parts[1]].concat());
        let pieces: Vec<_> = plaintext
            .chunks(1 << 18)
            .map(|piece| hash(&[0], [suite.hash(piece).bytes(), &[]]))
            .collect();
        let left = hash(&[1], [pieces[0].bytes(), pieces[1].bytes()]);
        let wanted = hash(&[1], [left.bytes(), pieces[2].bytes()]);
        let mut digest = PlaintextDigest::new(suite);
        digest.update(&plaintext);
        assert_eq!(digest.finish(), wanted, "{suite:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_slicing_gives_the_same_root(
        length in prop_oneof![0_usize..100, 262_100_usize..262_200, 524_200_usize..524_400],
        cuts in proptest::collection::vec(0_usize..524_400, 0..6),
    ) {
        let plaintext = text("plaintext", length);
        let mut whole = PlaintextDigest::new(&SUITE_1);
        whole.update(&plaintext);
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(length)).collect();
        cuts.extend([0, length]);
        cuts.sort_unstable();
        let mut sliced = PlaintextDigest::new(&SUITE_1);
        for pair in cuts.windows(2) {
            sliced.update(&plaintext[pair[0]..pair[1]]);
        }
        prop_assert_eq!(sliced.finish(), whole.finish());
    }
}
