//! Commitments to plaintexts of the vectors.

use kaibiao_crypto::{SUITE_1, Suite};
use kaibiao_merkle::{leaf_hash, root_of};
use kaibiao_types::{Digest, Part, Stage};
use serde::{Deserialize, Serialize};

use super::super::files::{check, hex, read, unhex};
use super::super::manifests;
use super::model::{Plaintext, secret};
use crate::limits::CHUNK_LEN;
use crate::{Manifest, ManifestPart, ObjectSummary, PlaintextDigest, PlaintextSalt};

#[derive(Serialize, Deserialize)]
#[allow(clippy::struct_field_names)] // the keys of the file
struct Commitments {
    about: Vec<String>,
    commitments: Vec<Commitment>,
    refused: Vec<Refused>,
}

#[derive(Serialize, Deserialize)]
struct Commitment {
    name: String,
    plaintext: Plaintext,
    salt: String,
    /// Digests of the pieces.
    pieces: Vec<Digest>,
    root: Digest,
    pt_commit: Digest,
}

/// A file handed in later that is not taken for the one of a commitment.
#[derive(Serialize, Deserialize)]
struct Refused {
    name: String,
    base: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plaintext: Option<Plaintext>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    expect: String,
}

fn salt(hex: &str) -> PlaintextSalt {
    PlaintextSalt::new(secret(hex))
}

fn commitments() -> Commitments {
    let stream = |len| Plaintext::Stream { seed: "plaintext".to_owned(), len };
    let lengths = [
        ("empty", 0),
        ("one byte", 1),
        ("one piece", CHUNK_LEN),
        ("one byte into the second piece", CHUNK_LEN + 1),
        ("three pieces", 3 * CHUNK_LEN - 8),
    ];
    let commitments = lengths.map(|(name, len)| {
        let plaintext = stream(len);
        let bytes = plaintext.bytes();
        let mut digest = PlaintextDigest::new(&SUITE_1);
        digest.update(&bytes);
        let (root, salt_hex) = (digest.finish(), hex(SUITE_1.hash(name.as_bytes()).bytes()));
        Commitment {
            name: name.to_owned(),
            pieces: bytes.chunks(CHUNK_LEN).map(|piece| SUITE_1.hash(piece)).collect(),
            root,
            pt_commit: salt(&salt_hex).commit(&SUITE_1, &root),
            salt: salt_hex,
            plaintext,
        }
    });
    let refuse = |name: &str, base: &str, plaintext, salt| Refused {
        name: name.to_owned(),
        base: base.to_owned(),
        plaintext,
        salt,
        expect: "E_PT_COMMIT".to_owned(),
    };
    let other = Plaintext::Stream { seed: "another plaintext".to_owned(), len: 1 };
    let refused = vec![
        refuse("another file", "one byte", Some(other), None),
        refuse("an empty file", "one byte", Some(stream(0)), None),
        refuse("one byte less", "one piece", Some(stream(CHUNK_LEN - 1)), None),
        refuse("one byte more", "one piece", Some(stream(CHUNK_LEN + 1)), None),
        refuse("a file instead of none", "empty", Some(stream(1)), None),
        refuse("another salt", "three pieces", None, Some("00".repeat(32))),
    ];
    let about = [
        "Commitments to plaintexts of docs/spec/seal.md section 7, suite 1. plaintext: the first len bytes of the stream of its seed, as in objects.json.",
        "pieces: digests of the pieces of 2^18 bytes; root: MTH over them as 32-byte leaves; pt_commit = TH(\"pt\", salt, root).",
        "refused: a file or salt that is shown later for the base's commitment; the other of the two is the base's.",
    ];
    Commitments {
        about: about.map(str::to_owned).to_vec(),
        commitments: commitments.into(),
        refused,
    }
}

#[test]
fn commitments_are_made_as_committed() {
    check("plaintext.json", &commitments());
}

#[test]
fn committed_commitments_follow_from_the_text() {
    let suite: &Suite = &SUITE_1;
    let all: Commitments = read("plaintext.json");
    assert!(all.commitments.len() >= 5 && all.refused.len() >= 6);
    for vector in &all.commitments {
        let hashes: Vec<Digest> =
            vector.pieces.iter().map(|piece| leaf_hash(piece.bytes())).collect();
        assert_eq!(root_of(&hashes), vector.root, "{}", vector.name);
        let commitment = suite.th("pt", &[&unhex(&vector.salt), vector.root.bytes()]);
        assert_eq!(commitment, vector.pt_commit, "{}", vector.name);
    }
    for refusal in &all.refused {
        let base = all.commitments.iter().find(|vector| vector.name == refusal.base).unwrap();
        // A file length far above, so that only the content decides.
        let object =
            ObjectSummary { header_sha256: Digest::ZERO, file_len: 1 << 30, ct_root: Digest::ZERO };
        let stage = Stage::new(1).unwrap();
        let entry = |part| ManifestPart::new(stage, part, &object).with_pt_commit(base.pt_commit);
        let manifest = Manifest::build(manifests::body(vec![entry(Part::Price)])).unwrap();
        let shown = refusal.plaintext.as_ref().unwrap_or(&base.plaintext).bytes();
        let salt = salt(refusal.salt.as_ref().unwrap_or(&base.salt));
        let found = manifest.check_backup(stage, Part::Price, &salt, &mut &*shown);
        assert_eq!(found.unwrap_err().label(), refusal.expect, "{}", refusal.name);
    }
}
