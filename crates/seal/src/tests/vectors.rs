//! Known answers, shared with every other implementation: `fixtures/vectors/seal/`.

mod make;
mod manifest;
mod model;
mod negatives;
mod plaintext;

use kaibiao_crypto::{SUITE_1, Suite, hpke, tdh2};
use kaibiao_merkle::{leaf_hash, root_of};
use kaibiao_types::Digest;

use super::files::{check, hex, key, read, unhex};
use super::{Stream, text};
use crate::limits::{CHUNK_LEN, SEALED_CHUNK_LEN};
use crate::{
    BidderSecret, Header, LockSecrets, ObjectDigest, ObjectSummary, escrow_secret, open, padme,
};
use model::{EscrowTrace, ObjectVector, Objects, Refusal, Refusals, World};

#[test]
fn objects_are_made_as_committed() {
    check("objects.json", &make::objects());
}

#[test]
fn refusals_are_made_as_committed() {
    check("refused.json", &negatives::refusals());
}

#[test]
fn padme_values_are_as_committed() {
    let lengths = (0..70).chain([100, 1_000, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_000]);
    let lengths =
        lengths.chain((20..41).flat_map(|bits| [(1_u64 << bits) - 1, 1 << bits, (1 << bits) + 1]));
    let values: Vec<[u64; 2]> = lengths.map(|length| [length, padme(length)]).collect();
    check("padme.json", &values);
}

#[test]
fn committed_objects_open() {
    let world = World::new();
    let objects: Objects = read("objects.json");
    assert!(objects.objects.len() >= 10);
    for vector in &objects.objects {
        let file = world.file(vector);
        assert_eq!(hex(SUITE_1.hash(&file).bytes()), vector.file_sha256, "{}", vector.name);
        if let Some(whole) = &vector.file {
            assert_eq!(unhex(whole), file, "{}", vector.name);
        }
        let header = Header::read(&mut &*file).unwrap();
        assert_eq!(hex(header.bytes()), vector.header);
        assert_eq!(header.verify_proof(&world.lot.bases), Ok(()));
        assert_eq!(header.expect_context(&vector.context.context(&world.lot)), Ok(()));
        assert_eq!(header.lock_mode().as_str(), vector.lock_mode, "{}", vector.name);
        let own = vector.bidder_key.as_ref().map(|name| model::ss_2(name, &header));
        let escrow = header.escrow().map(|escrow| {
            let z = world.lot.secret.mul_point(&escrow.u).unwrap();
            escrow_secret(&header, &z, world.lot.bases.key()).unwrap()
        });
        for bidder in
            [own, escrow].into_iter().filter(|way| way.is_some() || vector.bidder_key.is_none())
        {
            let secrets = LockSecrets { bidder, ..world.lot.secrets(&header) };
            let mut payload = &file[header.bytes().len()..];
            let opened =
                open(&header, &secrets, &vector.summary(), &mut payload, Vec::new()).unwrap();
            assert_eq!(opened.out, vector.plaintext.bytes(), "{}", vector.name);
        }
    }
}

/// Every value again, from `docs/spec/seal.md` and the primitives only.
#[test]
fn the_values_follow_from_the_text() {
    let world = World::new();
    let objects: Objects = read("objects.json");
    for vector in &objects.objects {
        follow(&world, vector);
    }
}

fn follow(world: &World, vector: &ObjectVector) {
    let suite: &Suite = &SUITE_1;
    let file = world.file(vector);
    let header = unhex(&vector.header);
    let (hdr0, tail) = header.split_at(header.len() - 129);
    let ceremony_id = world.lot.ceremony_id;
    let bidctx = vector.context.by_hand(suite, &ceremony_id);
    let salt: [u8; 32] = header[28..60].try_into().unwrap();
    assert_eq!(header[60..92], bidctx.bytes()[..]);
    assert_eq!(header[92..124], ceremony_id.bytes()[..]);

    let u = suite.point(&header[160..193]).unwrap();
    let info = suite.th("hpke-info", &[ceremony_id.bytes(), bidctx.bytes(), &salt]);
    let z = world.lot.secret.mul_point(&u).unwrap();
    let y = world.lot.secret.base_mul();
    let export = b"kaibiao/v1/ceremony-lock";
    let ss_1 = hpke::export_from_dh(suite, &z, &u, &y, info.bytes(), export);
    let lock_commit = suite.th("lock-commit", &[bidctx.bytes(), &salt, &[1], ss_1.expose()]);
    assert_eq!(header[128..160], lock_commit.bytes()[..]);

    let ss_2 = follow_bidder_lock(world, vector, hdr0);
    let hh = suite.hash(hdr0);
    let mut secrets: Vec<&[u8]> = vec![&[1], ss_1.expose()];
    if let Some(ss_2) = &ss_2 {
        secrets.extend([[2].as_slice(), ss_2.as_slice()]);
    }
    let prk = suite.hkdf_extract(&salt, &secrets);
    let mut okm = [0; 76];
    suite.hkdf_expand(&prk, &[b"kaibiao/v1/payload", &[0, 1], hh.bytes()], &mut okm);
    assert_eq!(tail[..32], okm[44..]);
    let trace = &vector.trace;
    let values = [
        (z.bytes().to_vec(), &trace.z),
        (info.bytes().to_vec(), &trace.hpke_info),
        (ss_1.expose().to_vec(), &trace.ss_1),
        (hh.bytes().to_vec(), &trace.hh),
        (prk.expose().to_vec(), &trace.prk),
        (okm[..32].to_vec(), &trace.key),
        (okm[32..44].to_vec(), &trace.nonce),
    ];
    for (value, committed) in values {
        assert_eq!(hex(&value), *committed, "{}", vector.name);
    }

    let aead = suite.aead(okm[..32].try_into().unwrap());
    let chunks: Vec<&[u8]> = file[header.len()..].chunks(SEALED_CHUNK_LEN).collect();
    let mut padded = Vec::new();
    for (index, chunk) in chunks.iter().enumerate() {
        let last = u64::from(index + 1 == chunks.len());
        let counter = u64::try_from(index).unwrap() + (last << 63);
        let mut nonce: [u8; 12] = okm[32..44].try_into().unwrap();
        nonce[4..].iter_mut().zip(counter.to_be_bytes()).for_each(|(to, from)| *to ^= from);
        padded.extend_from_slice(aead.open_in_place(nonce, &mut chunk.to_vec()).unwrap());
    }
    let plaintext = vector.plaintext.bytes();
    let length = u64::try_from(plaintext.len()).unwrap();
    assert_eq!(padded[..8], length.to_be_bytes());
    assert_eq!(padded[8..8 + plaintext.len()], plaintext);
    assert!(padded[8 + plaintext.len()..].iter().all(|byte| *byte == 0));

    let leaves: Vec<Digest> = chunks.iter().map(|chunk| suite.hash(chunk)).collect();
    assert_eq!(leaves.iter().map(Digest::to_string).collect::<Vec<_>>(), vector.chunks);
    let hashes: Vec<Digest> = leaves.iter().map(|leaf| leaf_hash(leaf.bytes())).collect();
    let file_len = u64::try_from(file.len()).unwrap().to_be_bytes();
    let (header_sha256, root) = (suite.hash(&header), root_of(&hashes));
    let fields = [header_sha256.bytes(), &file_len[..], root.bytes()];
    assert_eq!(suite.th("object", &fields), vector.ct_root);
}

/// Lock 2 from its bytes. The secret is the bidder's own, and that of the escrow if there is one.
fn follow_bidder_lock(world: &World, vector: &ObjectVector, hdr0: &[u8]) -> Option<Vec<u8>> {
    let suite: &Suite = &SUITE_1;
    let name = vector.bidder_key.as_ref()?;
    let ceremony_id = world.lot.ceremony_id;
    let (salt, bidctx) = (&hdr0[28..60], vector.bidctx);
    let lock = &hdr0[124 + 69..];
    let (commit, body) = lock[4..].split_at(32);
    let wrapped_len = if name == "p256" { 33 } else { 256 };
    assert_eq!(lock[..2], [2, 0]);
    assert_eq!(body[2..34], suite.hash(name.as_bytes()).bytes()[..]);
    assert_eq!(usize::from(body[34]) << 8 | usize::from(body[35]), wrapped_len);
    let header = Header::parse(&unhex(&vector.header)).unwrap();
    let ss_2 = model::ss_2(name, &header).expose().to_vec();
    assert_eq!(vector.trace.ss_2, Some(hex(&ss_2)));
    let expected = suite.th("lock-commit", &[bidctx.bytes(), salt, &[2], &ss_2]);
    assert_eq!(commit, expected.bytes());

    let escrow = &body[36 + wrapped_len..];
    let Some(trace) = &vector.trace.escrow else {
        assert_eq!((body[1], escrow.len()), (0, 0));
        return Some(ss_2);
    };
    assert_eq!((body[1], escrow.len()), (1, 162));
    let u = suite.point(&escrow[..33]).unwrap();
    let z = world.lot.secret.mul_point(&u).unwrap();
    let info = suite.th("escrow-info", &[ceremony_id.bytes(), bidctx.bytes(), salt]);
    let y = world.lot.secret.base_mul();
    let mask = hpke::export_from_dh(suite, &z, &u, &y, info.bytes(), b"kaibiao/v1/escrow");
    let unmasked: Vec<u8> =
        escrow[130..].iter().zip(mask.expose()).map(|(one, other)| one ^ other).collect();
    assert_eq!(unmasked, ss_2, "{}", vector.name);
    let (before, after) = (&hdr0[..hdr0.len() - 129], &hdr0[hdr0.len() - 32..]);
    let label = suite.th("tdh2-escrow", &[before, after]);
    let proof = tdh2::Proof::read(suite, escrow[33..130].try_into().unwrap()).unwrap();
    assert_eq!(world.lot.bases.verify(&u, label.bytes(), &proof), Ok(()));
    let values = [z.to_string(), info.to_string(), hex(mask.expose()), label.to_string()];
    let EscrowTrace { z, info, mask, label } = trace;
    assert_eq!(values.each_ref(), [z, info, mask, label]);
    Some(ss_2)
}

#[test]
fn committed_refusals_are_refused_for_the_named_reason() {
    let world = World::new();
    let objects: Objects = read("objects.json");
    let refusals: Refusals = read("refused.json");
    assert!(refusals.refused.len() >= 40);
    for refusal in &refusals.refused {
        let base = objects.objects.iter().find(|vector| vector.name == refusal.base).unwrap();
        refuse(&world, base, refusal);
    }
}

fn refuse(world: &World, base: &ObjectVector, refusal: &Refusal) {
    let name = &refusal.name;
    let file = refusal.apply(&world.file(base));
    let header = match (Header::read(&mut &*file), refusal.layer.as_str()) {
        (Err(error), "header") => return assert_eq!(error.label(), refusal.expect, "{name}"),
        (header, layer) => {
            assert_ne!(layer, "header", "{name} was not refused");
            header.unwrap()
        }
    };
    let context = refusal.context.as_ref().unwrap_or(&base.context).context(&world.lot);
    let found = header.expect_context(&context);
    if refusal.layer == "context" {
        return assert_eq!(found.unwrap_err().label(), refusal.expect, "{name}");
    }
    assert_eq!(found, Ok(()), "{name}");
    let found = header.verify_proof(&world.lot.bases);
    if refusal.layer == "proof" {
        return assert_eq!(found.unwrap_err().label(), refusal.expect, "{name}");
    }
    assert_eq!(found, Ok(()), "{name}");
    let mut digest = ObjectDigest::new();
    let found = digest.update(&file).and_then(|()| digest.finish());
    if refusal.layer == "object" {
        let label = match found {
            Err(error) => error.label(),
            Ok(summary) => summary.expect(&base.summary()).unwrap_err().label(),
        };
        return assert_eq!(label, refusal.expect, "{name}");
    }
    if refusal.layer == "unwrap" {
        let key =
            BidderSecret::from_pkcs8(&key(base.bidder_key.as_ref().unwrap()).pkcs8()).unwrap();
        let error = key.unwrap_lock(&header, &mut Stream::new("blinding")).unwrap_err();
        return assert_eq!(error.label(), refusal.expect, "{name}");
    }
    if refusal.layer == "escrow" {
        let z = header
            .escrow()
            .map_or(*header.u(), |escrow| world.lot.secret.mul_point(&escrow.u).unwrap());
        let error = escrow_secret(&header, &z, world.lot.bases.key()).unwrap_err();
        let verdict = error.verdict().map(|verdict| verdict.label().to_owned());
        assert_eq!((error.label(), verdict), (refusal.expect.as_str(), refusal.verdict.clone()));
        return assert_eq!(Some(error.fault()), refusal.fault, "{name}");
    }
    assert_eq!(refusal.layer, "open", "{name}");
    let signed = if refusal.signed == Some(true) { found.unwrap() } else { base.summary() };
    refuse_to_open(world, &header, &file, &signed, refusal);
}

fn refuse_to_open(
    world: &World,
    header: &Header,
    file: &[u8],
    signed: &ObjectSummary,
    refusal: &Refusal,
) {
    let mut secrets = world.lot.secrets(header);
    if let Some(bidder) = &refusal.bidder_secret {
        secrets.bidder = Some(model::secret(bidder));
    }
    if let Some(ceremony) = &refusal.ceremony_secret {
        secrets.ceremony = model::secret(ceremony);
    }
    let mut payload = &file[header.bytes().len()..];
    let failure = open(header, &secrets, signed, &mut payload, Vec::new()).unwrap_err();
    let name = &refusal.name;
    assert_eq!(failure.label(), refusal.expect, "{name}");
    assert_eq!(
        failure.verdict().map(|verdict| verdict.label().to_owned()),
        refusal.verdict,
        "{name}"
    );
    assert_eq!(Some(failure.fault()), refusal.fault, "{name}");
    if let Some(chunk) = refusal.chunk {
        assert_eq!(failure.to_string(), format!("chunk {chunk} failed authentication"), "{name}");
    }
}

#[test]
fn the_specification_shows_the_committed_sample() {
    let objects: Objects = read("objects.json");
    let sample = objects.objects.iter().find(|vector| vector.name == "empty").unwrap();
    let spec = std::fs::read_to_string(super::files::path("docs/spec/seal.md")).unwrap();
    let blocks: Vec<String> = spec
        .split("```text\n")
        .skip(1)
        .map(|block| {
            let lines = block.lines().take_while(|line| *line != "```");
            let bytes = lines.filter_map(|line| line.get(6..)?.split("  ").next());
            bytes.flat_map(|bytes| bytes.chars().filter(char::is_ascii_hexdigit)).collect()
        })
        .collect();
    let escrow = objects.objects.iter().find(|vector| vector.name == "escrow-p256").unwrap();
    let bytes = unhex(&escrow.header);
    let lock = hex(&bytes[124 + 69..bytes.len() - 129]);
    assert_eq!(blocks, [sample.file.clone().unwrap(), lock]);
    let (ss_2, z) = (&escrow.trace.ss_2, &escrow.trace.escrow.as_ref().unwrap().z);
    assert!(spec.contains(ss_2.as_ref().unwrap()) && spec.contains(z));
    for value in [&sample.ct_root.to_string(), &sample.file_sha256, &sample.trace.ss_1] {
        assert!(spec.contains(value.as_str()), "{value}");
    }
}

#[test]
fn streams_are_as_documented() {
    let first = SUITE_1.hash(&[b"seed".as_slice(), &[0; 8]].concat());
    let second = SUITE_1.hash(&[b"seed".as_slice(), &[0, 0, 0, 0, 0, 0, 0, 1]].concat());
    let expected = [first.bytes().as_slice(), &second.bytes()[..8]].concat();
    assert_eq!(text("seed", 40), expected);
    assert_eq!(CHUNK_LEN, 262_144);
}
