//! Changes of single files, each sealed by the hall as if it were right.

use kaibiao_ceremony::Rehearsal;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{PlacePath, Receipt, ReceiptProof, TreeHead};
use kaibiao_merkle::{Tree, leaf_hash};
use kaibiao_pki::{Identity, cms};
use kaibiao_types::{Digest, Stage};

use super::common::{Case, bid_name, files, rich_scenario, sealed, sealed_at};
use crate::CheckId::{
    Cer01, Cer02, Cer03, Log02, Log03, Log04, Rec01, Rec02, Rec03, Sea01, Sea02, Sea03, Sig01,
    Sig05, Tru01, Tru02, Tru03, Wit02, Wit03,
};
use crate::Outcome;
use crate::layout;
use crate::package::Files;

/// The package after a change of its files.
fn changed(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let mut changed = files(rich_scenario());
    let before = changed.clone();
    change(&mut changed);
    assert_ne!(changed, before);
    sealed(rich_scenario(), &changed)
}

/// One file with a text replaced.
fn replaced(name: &str, from: &str, to: &str) -> Vec<u8> {
    changed(|files| {
        let text = String::from_utf8(files[name].clone()).unwrap();
        assert!(text.contains(from), "{from}");
        files.insert(name.to_owned(), text.replacen(from, to, 1).into_bytes());
    })
}

/// One file with a bit of one byte flipped; counted from the end.
fn flipped(name: &str, from_end: usize) -> Vec<u8> {
    changed(|files| {
        let file = files.get_mut(name).unwrap();
        let at = file.len() - from_end;
        file[at] ^= 1;
    })
}

/// One file put in the place of another.
fn copied(from: &str, to: &str) -> Vec<u8> {
    changed(|files| drop(files.insert(to.to_owned(), files[from].clone())))
}

fn removed(name: &str) -> Vec<u8> {
    changed(|files| drop(files.remove(name).unwrap()))
}

fn signed(identity: &Identity, content: &[u8]) -> Vec<u8> {
    let rng = ring::rand::SystemRandom::new();
    cms::sign_detached(identity, content, sealed_at(), &rng).unwrap()
}

/// A file of the bid of one bidder, first version.
fn of(bidder: usize, file: &str) -> String {
    format!("bids/{}/{file}", bid_name(rich_scenario(), bidder, 1))
}

fn tender_cases() -> Vec<Case> {
    let terms = ("\"min_bidders\":3", "\"min_bidders\":4");
    let other_custodian = layout::custodian_cms(kaibiao_types::CustodianIndex::new(2).unwrap());
    let own_custodian = layout::custodian_cms(kaibiao_types::CustodianIndex::new(1).unwrap());
    let both_terms = changed(|files| {
        for name in [layout::TENDER, layout::DRAFT] {
            let text = String::from_utf8(files[name].clone()).unwrap();
            files.insert(name.to_owned(), text.replacen(terms.0, terms.1, 1).into_bytes());
        }
    });
    let no_rehearsal = changed(|files| {
        files.insert(layout::REHEARSAL.to_owned(), b"[]".to_vec());
    });
    let other_rehearsal = changed(|files| {
        let mut list: Vec<Rehearsal> = serde_json::from_slice(&files[layout::REHEARSAL]).unwrap();
        list[0].partials.swap(0, 1);
        files.insert(layout::REHEARSAL.to_owned(), serde_json::to_vec(&list).unwrap());
    });
    let by_supervisor = changed(|files| {
        let cms = signed(&rich_scenario().people.supervisor, &files[layout::TENDER]);
        files.insert(layout::TENDER_CMS.to_owned(), cms);
    });
    vec![
        Case::fails("terms differ", replaced(layout::DRAFT, terms.0, terms.1), Tru01),
        Case::fails("both terms changed", both_terms, Tru02).with("HASH_FAILURE"),
        Case::fails("tender not JSON", replaced(layout::TENDER, "{\"v\":1,", "{\"v\":1,,"), Tru01),
        Case::opens("newer tender", replaced(layout::TENDER, "{\"v\":1,", "{\"v\":2,"), Tru01),
        Case::fails("tender signature", flipped(layout::TENDER_CMS, 1), Tru02)
            .with("SIG_CRYPTO_FAILURE"),
        Case::fails("tender signed by another", by_supervisor, Tru02),
        Case::opens("tender unsigned", removed(layout::TENDER_CMS), Tru02),
        Case::fails("other trust list inside", replaced(layout::TRUST, "{\"v\"", " {\"v\""), Tru03),
        Case::fails(
            "ceremony altered",
            replaced(layout::CEREMONY, "\"y\":\"0", "\"y\":\"1"),
            Cer01,
        ),
        Case::opens("newer ceremony", replaced(layout::CEREMONY, "{\"v\":1,", "{\"v\":2,"), Cer01),
        Case::fails("transcript altered", replaced(layout::TRANSCRIPT, "\",\"", "\",\"AA"), Cer01),
        Case::opens("no transcript", removed(layout::TRANSCRIPT), Cer01),
        Case::fails("custodian's signature", copied(&other_custodian, &own_custodian), Cer02),
        Case::fails("custodian's signature cut", flipped(&own_custodian, 1), Cer02),
        Case::opens("custodian unsigned", removed(&own_custodian), Cer02),
        Case::fails("no rehearsal", no_rehearsal, Cer03),
        Case::fails("rehearsal of others", other_rehearsal, Cer03),
    ]
}

fn bid_cases() -> Vec<Case> {
    let (manifest, p7s) = (of(3, "manifest.json"), of(3, "manifest.p7s"));
    let client = ("\"client\":\"cli\"", "\"client\":\"file\"");
    // N04: the content is changed and the digest in the container with it.
    let redigested = changed(|files| {
        let before = SUITE_1.hash(&files[&manifest]);
        let text = String::from_utf8(files[&manifest].clone()).unwrap();
        let after = text.replacen(client.0, client.1, 1).into_bytes();
        let digest = SUITE_1.hash(&after);
        let cms = files.get_mut(&p7s).unwrap();
        let at = cms.windows(32).position(|window| window == before.bytes()).unwrap();
        cms[at..at + 32].copy_from_slice(digest.bytes());
        files.insert(manifest.clone(), after);
    });
    // N05: bidder 5 signs the manifest of bidder 3.
    let usurped = changed(|files| {
        let cms = signed(&rich_scenario().people.bidders[5].0, &files[&manifest]);
        files.insert(p7s.clone(), cms);
    });
    let again = changed(|files| {
        let cms = signed(&rich_scenario().people.bidders[3].0, &files[&manifest]);
        files.insert(p7s.clone(), cms);
    });
    let mut cases = vec![
        Case::fails("N01 sealed price", flipped(&of(3, "price.sealed"), 100), Sea03)
            .with("HASH_FAILURE"),
        Case::fails(
            "sealed price cut",
            changed(|files| {
                files.get_mut(&of(3, "price.sealed")).unwrap().pop();
            }),
            Sea03,
        ),
        Case::fails(
            "sealed price of another",
            copied(&of(5, "price.sealed"), &of(3, "price.sealed")),
            Sea03,
        ),
        Case::opens("N50 no sealed price", removed(&of(3, "price.sealed")), Sea03),
        Case::fails("N02 manifest", replaced(&manifest, client.0, client.1), Sig01)
            .with("HASH_FAILURE"),
        Case::fails("N04 digest in the container", redigested, Sig01).with("SIG_CRYPTO_FAILURE"),
        Case::fails("N05 other signer", usurped, Sig01).with("SIG_CONSTRAINTS_FAILURE"),
        Case::fails("N05 other container", copied(&of(5, "manifest.p7s"), &p7s), Sig01)
            .with("HASH_FAILURE"),
        Case::fails("signed again", again, Sea02).with("HASH_FAILURE"),
        Case::fails("header", flipped(&of(3, "header-1-price.bin"), 1), Sea02),
        Case::fails("header of documents", flipped(&of(3, "header-1-documents.bin"), 60), Sea02),
        Case::fails(
            "header of another",
            copied(&of(5, "header-1-price.bin"), &of(3, "header-1-price.bin")),
            Sea02,
        ),
        Case::opens("no manifest", removed(&manifest), Sea02),
        Case::fails("places", changed(swap_paths), Sea01),
        Case::fails("places not JSON", replaced(layout::PLACES, "[", "[["), Sea01),
        Case::opens("no places", removed(layout::PLACES), Sea01),
        Case::fails(
            "N41 stray folder",
            changed(|files| {
                files.insert("bids/91990000KB0001113T-9/manifest.json".to_owned(), b"{}".to_vec());
            }),
            Rec01,
        ),
        Case::fails(
            "N41 folder absent",
            changed(|files| {
                let folder = of(3, "");
                files.retain(|name, _| !name.starts_with(&folder));
            }),
            Rec01,
        ),
    ];
    // N03: every bidder, so that both kinds of key are met.
    cases.extend((2..6).map(|bidder| {
        let package = flipped(&of(bidder, "manifest.p7s"), 1);
        Case::fails("N03 signature value", package, Sig01).with("SIG_CRYPTO_FAILURE")
    }));
    cases
}

fn swap_paths(files: &mut Files) {
    let mut paths: Vec<PlacePath> = serde_json::from_slice(&files[layout::PLACES]).unwrap();
    let first = paths[0].path.clone();
    paths[0].path = core::mem::replace(&mut paths[1].path, first);
    files.insert(layout::PLACES.to_owned(), serde_json::to_vec(&paths).unwrap());
}

fn receipt_cases() -> Vec<Case> {
    let (receipt, p7s, proof) =
        (of(3, "receipt.json"), of(3, "receipt.p7s"), of(3, "receipt-proof.json"));
    let edited = |edit: fn(&mut ReceiptProof)| {
        changed(|files| {
            let mut value = ReceiptProof::parse(&files[&proof]).unwrap();
            edit(&mut value);
            files.insert(proof.clone(), serde_json::to_vec(&value).unwrap());
        })
    };
    let whole_other = changed(|files| {
        for file in ["receipt.json", "receipt.p7s", "receipt-proof.json"] {
            files.insert(of(3, file), files[&of(5, file)].clone());
        }
    });
    let by_host = changed(|files| {
        let cms = signed(&rich_scenario().people.host, &files[&receipt]);
        files.insert(p7s.clone(), cms);
    });
    let zero = |proof: &mut ReceiptProof| proof.inclusion.push(Digest::ZERO);
    vec![
        Case::fails(
            "N20 proof of another bid",
            copied(&of(5, "receipt-proof.json"), &proof),
            Log04,
        ),
        Case::fails("N20 receipt of another bid", whole_other, Log04),
        Case::fails("N35 index beyond the head", edited(|proof| proof.index += 1000), Log04),
        Case::fails("N35 surplus hash", edited(zero), Log04),
        Case::fails("N35 missing hash", edited(|proof| proof.path.truncate(9)), Log04),
        Case::fails("receipt not JSON", replaced(&receipt, "{", "[{"), Log04),
        Case::opens("no proof", removed(&proof), Log04),
        Case::fails(
            "receipt altered",
            replaced(&receipt, "\"completed_at\":1", "\"completed_at\":2"),
            Sig05,
        )
        .with("HASH_FAILURE"),
        Case::fails("receipt by the host", by_host, Sig05).with("SIG_CONSTRAINTS_FAILURE"),
        Case::opens("receipt unsigned", removed(&p7s), Sig05),
        Case::opens("no receipt", removed(&receipt), Sig05),
        Case::fails("N36 two heads of one size", changed(second_head), Wit03).with("HASH_FAILURE"),
    ]
}

/// A receipt with a valid proof under a head that the log key signed for another log.
fn second_head(files: &mut Files) {
    let name = of(3, "receipt-proof.json");
    let mut proof = ReceiptProof::parse(&files[&name]).unwrap();
    let receipt = Receipt::parse(&files[&of(3, "receipt.json")]).unwrap();
    assert_eq!(receipt.number, proof.number);
    let mut tree = Tree::new();
    tree.push(leaf_hash(b"another first entry"));
    for entry in &rich_scenario().log.entries()[1..=usize::try_from(proof.index).unwrap()] {
        tree.push(entry.leaf_hash());
    }
    let head = TreeHead { size: tree.len(), root: tree.root() };
    proof.inclusion = tree.inclusion_proof(proof.index, head.size).unwrap();
    proof.checkpoint = rich_scenario().sign_head(head, 0, sealed_at()).unwrap();
    files.insert(name, serde_json::to_vec(&proof).unwrap());
}

fn head_cases() -> Vec<Case> {
    let scenario = rich_scenario();
    let head = scenario.log.head();
    let lines: Vec<String> = scenario.checkpoint.lines().map(str::to_owned).collect();
    let with = |text: String| {
        changed(|files| drop(files.insert(layout::CHECKPOINT.to_owned(), text.into_bytes())))
    };
    let size = format!("\n{}\n", head.size);
    let edit = |to: String| with(scenario.checkpoint.replacen(&size, &to, 1));
    let extension = {
        let mut lines = lines.clone();
        lines.insert(3, "extension".to_owned());
        with(format!("{}\n", lines.join("\n")))
    };
    let forged = {
        let mut text = lines.clone();
        let last = text.last_mut().unwrap();
        let at = last.len() - 10;
        let other = if last.as_bytes()[at] == b'A' { "B" } else { "A" };
        last.replace_range(at..=at, other);
        with(format!("{}\n", text.join("\n")))
    };
    let one = scenario.sign_head(head, 1, sealed_at()).unwrap();
    let shorter =
        TreeHead { size: head.size - 1, root: scenario.log.root_at(head.size - 1).unwrap() };
    let shorter = scenario.sign_head(shorter, 3, sealed_at()).unwrap();
    let entries = |edit: fn(&mut Vec<String>)| {
        changed(|files| {
            let text = String::from_utf8(files[layout::ENTRIES].clone()).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            edit(&mut lines);
            files
                .insert(layout::ENTRIES.to_owned(), format!("{}\n", lines.join("\n")).into_bytes());
        })
    };
    vec![
        Case::fails(
            "N30 entry changed",
            entries(|l| l[2] = l[2].replacen("\"at\":17", "\"at\":18", 1)),
            Log03,
        ),
        Case::fails("N30 entry removed", entries(|l| drop(l.remove(20))), Log03)
            .with("HASH_FAILURE"),
        Case::fails("N30 last entry removed", entries(|l| drop(l.pop())), Log03),
        Case::fails("N30 entry inserted", entries(|l| l.insert(9, l[8].clone())), Log03),
        Case::fails("N30 entries swapped", entries(|l| l.swap(4, 5)), Log03),
        Case::fails("N33 size", edit(format!("\n{}\n", head.size + 1)), Log02)
            .with("SIG_CRYPTO_FAILURE"),
        Case::fails("N33 leading zero", edit(format!("\n0{}\n", head.size)), Log02),
        Case::fails("N33 extension line", extension, Log02),
        Case::fails("head of a shorter log", with(shorter), Log03),
        Case::fails("forged cosignature", forged, Wit02).with("SIG_CRYPTO_FAILURE"),
        Case::opens("N34 too few cosignatures", with(one), Wit02),
        Case::opens("no checkpoint", removed(layout::CHECKPOINT), Log02),
        Case::fails("not a note", with("x".to_owned()), Log02).with("FORMAT_FAILURE"),
    ]
}

fn record_cases() -> Vec<Case> {
    let sheet = layout::sheet(&bid_name(rich_scenario(), 3, 1), Stage::FIRST);
    let other = layout::sheet(&bid_name(rich_scenario(), 5, 1), Stage::FIRST);
    vec![
        Case::fails(
            "N42 price in the record",
            replaced(&layout::record(Stage::FIRST), "\"position\":1", "\"position\":2"),
            Rec02,
        ),
        Case::fails(
            "N48 text of the record",
            replaced(&layout::record_text(Stage::FIRST), "B-40891", "B-40892"),
            Rec02,
        ),
        Case::opens("no record", removed(&layout::record(Stage::FIRST)), Rec02),
        Case::fails("N42 sheets swapped", copied(&other, &sheet), Rec03).with("HASH_FAILURE"),
        Case::opens("no sheet", removed(&sheet), Rec03),
        Case::fails("N48 log key", replaced(layout::LOG_KEY, "kaibiao", "kaibiaq"), Rec03),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [tender_cases(), bid_cases(), receipt_cases(), head_cases(), record_cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// What a hall could change of an opening in two envelopes.
#[test]
fn changed_files_of_two_envelopes_are_found() {
    let options = kaibiao_testkit::ScenarioOptions {
        two_envelopes: true,
        ..kaibiao_testkit::ScenarioOptions::default()
    };
    let two = super::common::scenario(&options);
    let good = files(&two);
    let second = Stage::new(2).unwrap();
    let last = two.bids.last().unwrap();
    let failed = layout::BidFolder::new(&layout::bid_name(&last.bidder.code, last.seq));
    let first = two.bids.first().unwrap();
    let passed = layout::BidFolder::new(&layout::bid_name(&first.bidder.code, first.seq));
    let judged = |change: &dyn Fn(&mut Files)| {
        let mut changed = good.clone();
        change(&mut changed);
        super::common::report(&two, &sealed(&two, &changed))
    };
    let swap = |one: String, other: String| {
        judged(&|files| {
            let content = files[&other].clone();
            files.insert(one.clone(), content);
        })
    };
    let outcome = |report: &crate::Report, check| {
        let worst = report.findings().iter().filter(|finding| finding.check == check);
        worst.map(|finding| finding.outcome).max_by_key(|outcome| *outcome == Outcome::Fail)
    };
    let swapped = swap(layout::record(second), layout::record(Stage::FIRST));
    assert_eq!(outcome(&swapped, Rec02), Some(Outcome::Fail));
    let swapped = swap(passed.price(second), passed.price(Stage::FIRST));
    assert_eq!(outcome(&swapped, Sea03), Some(Outcome::Fail));
    // The envelope that stayed sealed has no place in the package.
    let leaked = judged(&|files| {
        files.insert(failed.price(second), two.bids.last().unwrap().objects[2].clone());
    });
    assert_eq!(outcome(&leaked, crate::CheckId::Pkg08), Some(Outcome::Fail));
    let missing = judged(&|files| drop(files.remove(&passed.price(second))));
    assert_eq!(missing.verdict(), crate::Verdict::Indeterminate);
}
