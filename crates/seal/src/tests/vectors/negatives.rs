//! The refusals of the vectors: one fault each.

use kaibiao_types::{Digest, Fault, Part};

use super::super::files::hex;
use super::super::forge::{Forgery, flip, padded, proof_in};
use super::super::{Lot, Stream};
use super::make::{bid, estimate};
use super::model::{ContextVector, Edit, Refusal, Refusals, World};
use crate::escrow::MadeLock;
use crate::header::DraftLock;
use crate::limits::SEALED_CHUNK_LEN;
use crate::{BidderLockPlan, Header};

const ABOUT: [&str; 4] = [
    "Changes of the objects in objects.json, one fault each, and the label that the named check must give.",
    "Checks in their order: header (parse), context (expected: the base's, or the one given), proof (all proofs, of the ceremony in objects.json), object (length rule and digest against the base's), unwrap (by the base's bidder key), escrow (with Z' of the ceremony's secret), open. All checks before the named one pass, except that open may be given a file that is not the signed one.",
    "signed: true if the manifest was made for the changed file, else it names the base. The ceremony secret is the one of Z unless given; the bidder secret is absent unless given.",
    "chunk: counted from 0.",
];

/// Offsets in a header with one lock.
const TAIL: usize = 322 - 129;
const PROOF: usize = 322 - 97;

pub(super) fn refusals() -> Refusals {
    let all =
        [header(), locks(), points(), bindings(), objects(), opening(), forgeries(), escrows()];
    let refused = all.into_iter().flatten().collect();
    Refusals { about: ABOUT.map(str::to_owned).to_vec(), refused }
}

fn refusal(name: &str, layer: &str, edits: Vec<Edit>, expect: &str) -> Refusal {
    Refusal {
        name: name.to_owned(),
        base: "small".to_owned(),
        edits,
        layer: layer.to_owned(),
        expect: expect.to_owned(),
        chunk: None,
        context: None,
        signed: None,
        ceremony_secret: None,
        bidder_secret: None,
        verdict: None,
        fault: None,
    }
}

fn set(at: usize, bytes: &[u8]) -> Vec<Edit> {
    vec![Edit::Set { at, hex: hex(bytes) }]
}

fn xor(at: usize) -> Vec<Edit> {
    vec![Edit::Xor { at, hex: "01".to_owned() }]
}

fn header() -> Vec<Refusal> {
    let world = World::new();
    let small = world.file(&super::make::objects().objects[2]);
    let (magic, rest) = small.split_at(8);
    let converted = |bytes: &[u8]| vec![Edit::File { hex: hex(&[bytes, rest].concat()) }];
    let utf16: Vec<u8> = small[..64].iter().flat_map(|byte| [*byte, 0]).collect();
    assert_eq!(magic, b"\x89KBF\r\n\x1a\n");
    let case = |name, edits, expect| refusal(name, "header", edits, expect);
    let cut = |length| vec![Edit::Cut { length }];
    vec![
        case("first byte changed", xor(0), "E_MAGIC"),
        case("CRLF converted to LF", converted(b"\x89KBF\n\x1a\n"), "E_MAGIC"),
        case("LF converted to CRLF", converted(b"\x89KBF\r\r\n\x1a\r\n"), "E_MAGIC"),
        case("re-encoded as UTF-16", vec![Edit::File { hex: hex(&utf16) }], "E_MAGIC"),
        case("empty file", cut(0), "E_MAGIC"),
        case("version 2", set(8, &[0, 2]), "E_VERSION"),
        case("suite 0x0002", set(10, &[0, 2]), "E_SUITE"),
        case("header_len 0", set(12, &[0; 4]), "E_LEN"),
        case("header_len above 64 KiB", set(12, &65_537_u32.to_be_bytes()), "E_LEN"),
        case("header_len 2^32 - 1", set(12, &[0xff; 4]), "E_LEN"),
        case("header_len beyond the file", set(12, &65_536_u32.to_be_bytes()), "E_LEN"),
        case("cut inside the prefix", cut(15), "E_LEN"),
        case("cut inside the header", cut(321), "E_LEN"),
        case("chunk_log2 30", set(16, &[30]), "E_LEN"),
        case("chunk_log2 16", set(16, &[16]), "E_LEN"),
        case("padding mode 0", set(17, &[0]), "E_PAD"),
        case("padding mode 3", set(17, &[3]), "E_PAD"),
        case("padded_len is not a PADMÉ length", set(20, &109_u64.to_be_bytes()), "E_PAD"),
        case("padded_len is not the bucket", set(17, &[2]), "E_PAD"),
        case("padded_len below 8", set(20, &7_u64.to_be_bytes()), "E_LEN"),
        case("padded_len 2^63", set(20, &(1_u64 << 63).to_be_bytes()), "E_LEN"),
        case("padded_len above 1 TiB", set(20, &(1_u64 << 41).to_be_bytes()), "E_LEN"),
    ]
}

fn locks() -> Vec<Refusal> {
    let case = |name, edits| refusal(name, "header", edits, "E_LOCK");
    let two = |name, edits| Refusal { base: "bidder-lock-p256".to_owned(), ..case(name, edits) };
    let (second, body) = (124 + 69, 124 + 69 + 36);
    vec![
        case("no locks", set(18, &[0, 0])),
        case("more locks than types", set(18, &[0, 3])),
        case("second lock missing", set(18, &[0, 2])),
        case("unknown lock type 9", set(124, &[9])),
        case("reserved lock type 3", set(124, &[3])),
        case("lock type 0", set(124, &[0])),
        case("reserved byte set", set(125, &[1])),
        case("lock body past the header", set(126, &[0xff, 0xff])),
        case("lock body too short", set(126, &[0, 32])),
        two("locks out of order", [set(124, &[2]), set(second, &[1])].concat()),
        two("same lock twice", set(second, &[1])),
        two("second lock not counted", set(18, &[0, 1])),
        two("bidder lock of unknown algorithm", set(body, &[3])),
        two("escrow announced and absent", set(body + 1, &[1])),
        two("unknown escrow mode 2", set(body + 1, &[2])),
        two("bidder lock with a wrong inner length", set(body + 34, &[0, 32])),
        refusal_without_ceremony_lock(),
    ]
}

/// The only lock is a bidder lock.
fn refusal_without_ceremony_lock() -> Refusal {
    let world = World::new();
    let objects = super::make::objects().objects;
    let base = objects.iter().find(|vector| vector.name == "bidder-lock-p256").unwrap();
    let mut file = world.file(base);
    file.drain(124..124 + 69);
    let header_len = u32::from_be_bytes(file[12..16].try_into().unwrap()) - 69;
    file[12..16].copy_from_slice(&header_len.to_be_bytes());
    file[19] = 1;
    let edits = vec![Edit::File { hex: hex(&file) }];
    Refusal { base: base.name.clone(), ..refusal("no ceremony lock", "header", edits, "E_LOCK") }
}

fn points() -> Vec<Refusal> {
    let mut cases = Vec::new();
    let mut beyond_p = vec![2];
    beyond_p.extend([0xff; 32]);
    let mut off_curve = vec![2];
    off_curve.extend([0; 31]);
    off_curve.push(1);
    for (at, what) in [(160, "U"), (PROOF, "Ubar")] {
        for (name, bytes) in [
            ("33 zero bytes", vec![0; 33]),
            ("prefix 04", vec![4]),
            ("prefix 00 (identity)", vec![0]),
            ("x not below p", beyond_p.clone()),
            ("not on the curve", off_curve.clone()),
        ] {
            cases.push(refusal(&format!("{what}: {name}"), "header", set(at, &bytes), "E_POINT"));
        }
    }
    cases.push(refusal("e not below q", "header", set(PROOF + 33, &[0xff; 32]), "E_TDH2"));
    cases.push(refusal("f not below q", "header", set(PROOF + 65, &[0xff; 32]), "E_TDH2"));
    cases
}

fn bindings() -> Vec<Refusal> {
    let world = World::new();
    let small = world.file(&super::make::objects().objects[2]);
    let u = kaibiao_crypto::SUITE_1.point(&small[160..193]).unwrap();
    let shifted = u.add(&kaibiao_crypto::SUITE_1.generator()).unwrap();
    let other_bidder = changed(|bidder, _, _, _| *bidder = "91440300MA5EXAMPQN".to_owned());
    let other_digest = *other_bidder.context(&world.lot).bidctx();
    let proof = |name, edits| refusal(name, "proof", edits, "E_TDH2");
    let context = |name, context, expect| Refusal {
        context: Some(context),
        ..refusal(name, "context", Vec::new(), expect)
    };
    let sealed_estimate =
        |name, of| Refusal { base: "base-estimate".to_owned(), ..context(name, of, "E_CTX") };
    let rehearsed = ContextVector::Rehearsal { index: 1, ceremony_id: None };
    let replayed = ContextVector::Rehearsal { index: 0, ceremony_id: Some(Digest::new([4; 32])) };
    vec![
        proof_of_another_ceremony(),
        proof("U shifted by G under the old proof", set(160, &shifted.bytes())),
        proof("salt changed", xor(28)),
        proof("lock commitment changed", xor(128)),
        proof("key commitment changed", xor(TAIL)),
        proof("e changed", xor(PROOF + 64)),
        proof("f changed", xor(PROOF + 96)),
        proof("Ubar replaced by U", set(PROOF, &u.bytes())),
        Refusal {
            context: Some(other_bidder.clone()),
            ..proof("U and proof copied into another bid", set(60, other_digest.bytes()))
        },
        context("a competitor's file", other_bidder, "E_CTX"),
        context("another part", bid(Part::Price), "E_CTX"),
        context("another stage", changed(|_, stage, _, _| *stage = 2), "E_CTX"),
        context("another version", changed(|_, _, seq, _| *seq = 2), "E_CTX"),
        context("another signing key", changed(|_, _, _, spki| *spki = Digest::ZERO), "E_CTX"),
        context(
            "a bid as a rehearsal",
            ContextVector::Rehearsal { index: 0, ceremony_id: None },
            "E_CTX",
        ),
        context("a bid as a base estimate", estimate(1), "E_CTX"),
        sealed_estimate("a base estimate as a bid", bid(Part::Price)),
        sealed_estimate("the base estimate before", estimate(2)),
        sealed_estimate("a base estimate as a rehearsal", rehearsed),
        context("replayed in another ceremony", replayed, "E_CEREMONY"),
    ]
}

/// The bidder's own proof, made with its r in another ceremony of the same key.
fn proof_of_another_ceremony() -> Refusal {
    let (world, other) = (World::new(), Lot::new("another ceremony of the same key"));
    let context = bid(Part::Documents).context(&world.lot);
    let mut forged = Forgery::new(&world.lot, &context, padded(0, &[], 8)).make();
    let header = Header::read(&mut &*forged.file).unwrap();
    let proof = proof_in(&other, &header, &forged.r).bytes();
    forged.file[PROOF..PROOF + 97].copy_from_slice(&proof);
    let edits = vec![Edit::File { hex: hex(&forged.file) }];
    refusal("proof of another ceremony of the same key", "proof", edits, "E_TDH2")
}

/// The bid of the vectors with one field changed.
fn changed(change: fn(&mut String, &mut u8, &mut u32, &mut Digest)) -> ContextVector {
    let mut context = bid(Part::Documents);
    if let ContextVector::Bid { bidder, stage, seq, signer_spki_sha256, .. } = &mut context {
        change(bidder, stage, seq, signer_spki_sha256);
    }
    context
}

fn objects() -> Vec<Refusal> {
    let case = |name, edits, expect| Refusal {
        base: "three-full-chunks".to_owned(),
        ..refusal(name, "object", edits, expect)
    };
    let cut = |length| vec![Edit::Cut { length }];
    let append = |hex: &str| vec![Edit::Append { hex: hex.to_owned() }];
    let one_chunk = 322 + SEALED_CHUNK_LEN;
    vec![
        case("one byte after a full last chunk", append("00"), "E_LEN"),
        case("no payload", cut(322), "E_LEN"),
        case("cut after the first chunk", cut(one_chunk), "E_LEN"),
        case("cut after the second chunk", cut(one_chunk + SEALED_CHUNK_LEN), "E_LEN"),
        case("cut inside a tag", cut(one_chunk - 5), "E_LEN"),
        case("cut inside the last tag", cut(322 + 3 * SEALED_CHUNK_LEN - 1), "E_LEN"),
        case("chunks swapped", vec![Edit::SwapChunks { one: 0, other: 1 }], "E_ROOT"),
        case("one bit of a chunk", xor(one_chunk + 9), "E_ROOT"),
        case("one bit of a tag", xor(one_chunk - 1), "E_ROOT"),
    ]
}

fn opening() -> Vec<Refusal> {
    let stored = |name, edits, expect: &str| Refusal {
        base: "three-full-chunks".to_owned(),
        signed: Some(false),
        verdict: Some("SERVER_CORRUPT".to_owned()),
        fault: Some(Fault::NotBidder),
        ..refusal(name, "open", edits, expect)
    };
    let sealed = |name, edits, chunk| Refusal {
        signed: Some(true),
        chunk: Some(chunk),
        verdict: Some("BIDDER_GARBAGE".to_owned()),
        fault: Some(Fault::Bidder),
        ..stored(name, edits, "E_CHUNK")
    };
    let unlock = |name, expect: &str, base: &str| Refusal {
        base: base.to_owned(),
        signed: Some(true),
        verdict: Some("BIDDER_NOT_UNLOCKED".to_owned()),
        fault: Some(Fault::Bidder),
        ..refusal(name, "open", Vec::new(), expect)
    };
    let swap = |one, other| vec![Edit::SwapChunks { one, other }];
    let one_chunk = 322 + SEALED_CHUNK_LEN;
    vec![
        stored("stored: one bit of chunk 1", xor(one_chunk + 9), "E_ROOT"),
        stored(
            "stored: cut after chunk 1",
            vec![Edit::Cut { length: one_chunk + SEALED_CHUNK_LEN }],
            "E_LEN",
        ),
        stored("stored: one byte too many", vec![Edit::Append { hex: "00".to_owned() }], "E_LEN"),
        sealed("signed: one bit of chunk 1", xor(one_chunk + 9), 1),
        sealed("signed: one bit of the last tag", xor(322 + 3 * SEALED_CHUNK_LEN - 1), 2),
        sealed("signed: chunks 0 and 1 swapped", swap(0, 1), 0),
        sealed("signed: last chunk not last", swap(1, 2), 1),
        Refusal {
            ceremony_secret: Some("05".repeat(32)),
            verdict: Some("BIDDER_GARBAGE".to_owned()),
            ..unlock("another ceremony secret", "LOCK_COMMIT(1)", "small")
        },
        Refusal {
            bidder_secret: Some("05".repeat(32)),
            ..unlock("another bidder secret", "LOCK_COMMIT(2)", "bidder-lock-p256")
        },
        Refusal {
            fault: Some(Fault::Undetermined),
            ..unlock("no bidder secret", "E_LOCK_SECRET", "bidder-lock-rsa")
        },
    ]
}

/// Objects that a dishonest bidder sealed, with proofs that hold.
fn forgeries() -> Vec<Refusal> {
    let world = World::new();
    let context = bid(Part::Documents).context(&world.lot);
    let honest = || Forgery::new(&world.lot, &context, padded(100, &[7; 100], 112));
    let case = |name, forgery: Forgery<'_>, expect| Refusal {
        signed: Some(true),
        verdict: Some("BIDDER_GARBAGE".to_owned()),
        fault: Some(Fault::Bidder),
        ..refusal(name, "open", vec![Edit::File { hex: hex(&forgery.make().file) }], expect)
    };
    let moved = |name, position| {
        let forgery = Forgery { position, ..honest() };
        Refusal { chunk: Some(0), ..case(name, forgery, "E_CHUNK") }
    };
    let pad = |name, length, content: &[u8]| {
        case(name, Forgery { padded: padded(length, content, 112), ..honest() }, "E_PAD")
    };
    let lock = Forgery { lock_commit: flip, ..honest() };
    let key = Forgery { key_commit: flip, ..honest() };
    vec![
        case("sealed: lock commitment of another secret", lock, "LOCK_COMMIT(1)"),
        case("sealed: key commitment of another key", key, "E_COMMIT"),
        moved("sealed: end flag missing", |index, _| (index, false)),
        moved("sealed: chunk under index 1", |index, last| (index + 1, last)),
        pad("sealed: padding not zero", 97, &[7; 98]),
        pad("sealed: inner length one too long", 105, &[7; 104]),
        pad("sealed: inner length 2^64 - 1", u64::MAX, &[7; 104]),
        pad("sealed: inner length of a shorter object", 90, &[7; 90]),
    ]
}

/// Offset of U' in an object with an escrow and a P-256 bidder lock.
const ESCROW: usize = 124 + 69 + 36 + 36 + 33;
const ESCROW_PROOF: usize = ESCROW + 33;
const MASKED: usize = ESCROW_PROOF + 97;

fn escrows() -> Vec<Refusal> {
    let world = World::new();
    let objects = super::make::objects().objects;
    let base = objects.iter().find(|vector| vector.name == "escrow-p256").unwrap();
    let file = world.file(base);
    let point = |at: usize| kaibiao_crypto::SUITE_1.point(&file[at..at + 33]).unwrap();
    let generator = kaibiao_crypto::SUITE_1.generator();
    let shifted = point(ESCROW).add(&generator).unwrap().bytes();
    let mut one = [0; 32];
    one[31] = 1;
    let case = |name, layer, edits, expect| Refusal {
        base: "escrow-p256".to_owned(),
        ..refusal(name, layer, edits, expect)
    };
    let header = |name, edits, expect| case(name, "header", edits, expect);
    let proof = |name, edits| case(name, "proof", edits, "E_TDH2");
    let mut off_curve = vec![2];
    off_curve.extend([0; 31]);
    off_curve.push(1);
    vec![
        header("escrow present and not announced", set(124 + 69 + 36 + 1, &[0]), "E_LOCK"),
        header("U': prefix 00 (identity)", set(ESCROW, &[0]), "E_POINT"),
        header("U': not on the curve", set(ESCROW, &off_curve), "E_POINT"),
        header("Ubar': prefix 00 (identity)", set(ESCROW_PROOF, &[0]), "E_POINT"),
        header("Ubar': not on the curve", set(ESCROW_PROOF, &off_curve), "E_POINT"),
        header("e' not below q", set(ESCROW_PROOF + 33, &[0xff; 32]), "E_TDH2"),
        header("f' not below q", set(ESCROW_PROOF + 65, &[0xff; 32]), "E_TDH2"),
        header("U' is U", set(ESCROW, &point(160).bytes()), "E_DUP_U"),
        proof("U' shifted by G under the old proof", set(ESCROW, &shifted)),
        proof("Ubar' replaced by U'", set(ESCROW_PROOF, &point(ESCROW).bytes())),
        proof("e' replaced by 1", set(ESCROW_PROOF + 33, &one)),
        proof("f' replaced by 1", set(ESCROW_PROOF + 65, &one)),
        proof("masked secret changed", xor(MASKED)),
        stolen_escrow(&file),
        masked_wrongly(),
        wrapped_elsewhere(),
        Refusal {
            base: "bidder-lock-p256".to_owned(),
            fault: Some(Fault::Undetermined),
            ..case("no escrow to use", "escrow", Vec::new(), "E_LOCK")
        },
    ]
}

/// A second lock copied from another bid under a main proof that holds: only the escrow's own proof
/// shows the theft (attack A2).
fn stolen_escrow(victim: &[u8]) -> Refusal {
    let world = World::new();
    let thief = changed(|bidder, _, _, _| *bidder = "91440300MA5EXAMPQN".to_owned());
    let context = thief.context(&world.lot);
    let lock = &victim[124 + 69..MASKED + 32];
    let (head, body) = lock.split_at(36);
    let commit = Digest::new(head[4..].try_into().unwrap());
    let lock = DraftLock { kind: 2, commit, body: body.to_vec() };
    let forgery = Forgery::new(&world.lot, &context, padded(0, &[], 8));
    let file = Forgery { after: vec![lock], ..forgery }.make().file;
    let edits = vec![Edit::File { hex: hex(&file) }];
    Refusal {
        base: "escrow-p256".to_owned(),
        context: Some(thief),
        ..refusal("U' and its proof copied into another bid", "proof", edits, "E_TDH2")
    }
}

/// The file of a bidder that cheats with its second lock; all proofs hold.
fn cheated(key: &str, change: fn(&mut MadeLock)) -> Vec<Edit> {
    let world = World::new();
    let context = bid(Part::Documents).context(&world.lot);
    let key = super::super::locks::public(key).unwrap();
    let forgery = Forgery {
        bidder: Some((BidderLockPlan::Escrow(&key), change)),
        ..Forgery::new(&world.lot, &context, padded(0, &[], 8))
    };
    vec![Edit::File { hex: hex(&forgery.make().file) }]
}

fn masked_wrongly() -> Refusal {
    let edits = cheated("p256", |made| made.escrow.as_mut().unwrap().masked[31] ^= 1);
    Refusal {
        base: "escrow-p256".to_owned(),
        signed: Some(true),
        verdict: Some("BIDDER_GARBAGE".to_owned()),
        fault: Some(Fault::Bidder),
        ..refusal("sealed: escrow of another secret", "escrow", edits, "E_ESCROW")
    }
}

fn wrapped_elsewhere() -> Refusal {
    let edits = cheated("rsa-2048", |made| {
        let world = World::new();
        let other = bid(Part::Price).context(&world.lot);
        let key = super::super::locks::public("rsa-2048").unwrap();
        made.lock.wrapped = key.wrap(&other, &[0; 32], &mut Stream::new("elsewhere")).unwrap().0;
    });
    Refusal {
        base: "escrow-rsa".to_owned(),
        signed: Some(true),
        ..refusal("sealed: OAEP label of another bid", "unwrap", edits, "E_UNWRAP")
    }
}
