//! Manifests of the vectors.

use kaibiao_types::{Digest, Part, Stage};
use serde::{Deserialize, Serialize};

use super::super::files::{check, read};
use super::make;
use crate::{Client, Manifest, ManifestBody, ManifestKind, ManifestPart};

#[derive(Serialize, Deserialize)]
struct Manifests {
    about: Vec<String>,
    accepted: Vec<Accepted>,
    refused: Vec<Refused>,
}

#[derive(Serialize, Deserialize)]
struct Accepted {
    name: String,
    /// The exact bytes, as text.
    text: String,
    sha256: Digest,
    contexts: Vec<Binding>,
}

#[derive(Serialize, Deserialize)]
struct Binding {
    stage: Stage,
    part: Part,
    bidctx: Digest,
}

#[derive(Serialize, Deserialize)]
struct Refused {
    name: String,
    text: String,
    expect: String,
}

fn body() -> ManifestBody {
    let objects = make::objects();
    let part = |name: &str, part| {
        let object = objects.objects.iter().find(|vector| vector.name == name).unwrap();
        ManifestPart::new(Stage::new(1).unwrap(), part, &object.summary())
    };
    let parts = vec![
        part("price-sheet", Part::Price),
        part("small", Part::Documents),
        part("signals", Part::Signals),
    ];
    ManifestBody {
        signer_spki_sha256: kaibiao_crypto::SUITE_1.hash(b"signer"),
        ceremony_id: objects.ceremony.ceremony_id,
        ..super::super::manifests::body(parts)
    }
}

fn manifests() -> Manifests {
    let first = Manifest::build(body()).unwrap();
    let withdrawal = Manifest::build(ManifestBody {
        kind: ManifestKind::Withdraw,
        seq: kaibiao_types::BidSeq::new(2).unwrap(),
        supersedes: first.sha256(),
        client: Client::File,
        parts: Vec::new(),
        ..body()
    });
    let spaced = Manifest::parse(&serde_json::to_vec_pretty(first.body()).unwrap()).unwrap();
    let mut committed = body();
    committed.parts = committed
        .parts
        .iter()
        .map(|part| part.with_pt_commit(kaibiao_crypto::SUITE_1.hash(&[part.part.code()])))
        .collect();
    let committed = Manifest::build(committed).unwrap();
    let accepted = vec![
        accept("submit", &first),
        accept("withdraw", &withdrawal.unwrap()),
        accept("other white space is another manifest", &spaced),
        accept("every part with a commitment to its plaintext", &committed),
    ];
    let good = String::from_utf8(first.bytes().to_vec()).unwrap();
    Manifests {
        about: vec![
            "Manifests of docs/spec/seal.md as exact bytes; sha256 is over them. The parts are objects of objects.json.".to_owned(),
            "refused: one fault each, and the label.".to_owned(),
        ],
        accepted,
        refused: refused(&good),
    }
}

fn accept(name: &str, manifest: &Manifest) -> Accepted {
    let binding = |part: &ManifestPart| Binding {
        stage: part.stage,
        part: part.part,
        bidctx: *manifest.context_for(part.stage, part.part).bidctx(),
    };
    Accepted {
        name: name.to_owned(),
        text: String::from_utf8(manifest.bytes().to_vec()).unwrap(),
        sha256: manifest.sha256(),
        contexts: manifest.body().parts.iter().map(binding).collect(),
    }
}

fn refused(good: &str) -> Vec<Refused> {
    let zeros = "0".repeat(64);
    let supersedes = format!("\"supersedes\":\"{zeros}\"");
    let replaced = supersedes.replace('0', "1");
    let (_, parts) = good.split_once("\"parts\":[").unwrap();
    let (price, _) = parts.split_once(",{").unwrap();
    let cases = [
        ("unknown key", good.replacen('{', "{\"x\":1,", 1), "E_MANIFEST"),
        ("duplicate key", good.replacen('{', "{\"v\":1,", 1), "E_MANIFEST"),
        ("byte order mark", format!("\u{feff}{good}"), "E_MANIFEST"),
        ("trailing bytes", format!("{good}{{}}"), "E_MANIFEST"),
        ("number with a fraction", good.replace("\"seq\":1", "\"seq\":1.0"), "E_MANIFEST"),
        ("number as text", good.replace("\"seq\":1", "\"seq\":\"1\""), "E_MANIFEST"),
        ("seq 0", good.replace("\"seq\":1", "\"seq\":0"), "E_MANIFEST"),
        ("upper-case digest", good.replace(&zeros, &"A".repeat(64)), "E_MANIFEST"),
        (
            "wrong check character",
            good.replace("91440300MA5EXAMPLA", "91440300MA5EXAMPLB"),
            "E_MANIFEST",
        ),
        ("pt_commit null", good.replacen("\"}]", "\",\"pt_commit\":null}]", 1), "E_MANIFEST"),
        (
            "pt_commit too short",
            good.replacen("\"}]", "\",\"pt_commit\":\"00\"}]", 1),
            "E_MANIFEST",
        ),
        ("version 2", good.replace("\"v\":1", "\"v\":2"), "E_VERSION"),
        ("unknown suite", good.replace("\"suite\":1", "\"suite\":2"), "E_SUITE"),
        ("first version replaces", good.replace(&supersedes, &replaced), "E_SEQ"),
        ("second version replaces nothing", good.replace("\"seq\":1", "\"seq\":2"), "E_SEQ"),
        ("withdraws nothing", good.replace("submit", "withdraw"), "E_SEQ"),
        (
            "withdrawal with parts",
            good.replace("submit", "withdraw")
                .replace("\"seq\":1", "\"seq\":2")
                .replace(&supersedes, &replaced),
            "E_PARTS",
        ),
        ("no price part", good.replace(&format!("{price},"), ""), "E_PARTS"),
        ("price part twice", good.replace(price, &format!("{price},{price}")), "E_PARTS"),
        (
            "parts out of order",
            good.replace(&format!("{price},"), "").replace("]}", &format!(",{price}]}}")),
            "E_PARTS",
        ),
        (
            "length 2^53",
            good.replace("\"file_len\":65874", "\"file_len\":9007199254740992"),
            "E_LEN",
        ),
    ];
    cases
        .into_iter()
        .map(|(name, text, expect)| {
            assert_ne!(text, good, "{name} changes nothing");
            Refused { name: name.to_owned(), text, expect: expect.to_owned() }
        })
        .collect()
}

#[test]
fn manifests_are_made_as_committed() {
    check("manifests.json", &manifests());
}

#[test]
fn committed_manifests_are_judged_as_stated() {
    let all: Manifests = read("manifests.json");
    assert!(all.accepted.len() >= 3 && all.refused.len() >= 15);
    for vector in &all.accepted {
        let manifest = Manifest::parse(vector.text.as_bytes()).unwrap();
        assert_eq!(manifest.sha256(), vector.sha256, "{}", vector.name);
        for binding in &vector.contexts {
            assert_eq!(*manifest.context_for(binding.stage, binding.part).bidctx(), binding.bidctx);
        }
    }
    for vector in &all.refused {
        let error = Manifest::parse(vector.text.as_bytes()).unwrap_err();
        assert_eq!(error.label(), vector.expect, "{}", vector.name);
    }
    let first = Manifest::parse(all.accepted[0].text.as_bytes()).unwrap();
    let second = Manifest::parse(all.accepted[1].text.as_bytes()).unwrap();
    assert_eq!(second.expect_replaces(&first), Ok(()));
}
