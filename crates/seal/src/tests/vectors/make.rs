//! The objects of the vectors.

use kaibiao_crypto::{SUITE_1, hpke};
use kaibiao_types::{Digest, Part};

use super::super::files::hex;
use super::model::{Ceremony, ContextVector, ObjectVector, Objects, Plaintext, Trace, World};
use crate::Sealed;
use crate::limits::{CHUNK_LEN, SEALED_CHUNK_LEN};

const SHEET: &str = r#"{"v":1,"kind":"price-sheet","tender":"ZZ-2022-0705","lot":"01","bidder":"91440300MA5EXAMPLA","total":{"minor":118000000,"currency":"CNY"},"fields":{"duration":"365"}}"#;

/// Whole files up to this length stand in the vectors.
const WHOLE_FILE_MAX: usize = 1_024;

const ABOUT: [&str; 6] = [
    "Sealed objects of docs/spec/seal.md, suite 1. Bytes are hexadecimal.",
    "A stream of seed S is SHA-256(S || u64 0) || SHA-256(S || u64 1) || ..., S as its ASCII bytes.",
    "plaintext: hex, or the first len bytes of the stream of its own seed.",
    "seed: the randomness. Drawn in this order: salt (32 bytes), r (48 bytes, reduced modulo q), of a P-256 bidder lock its r (48), of an RSA one its secret (32) and the seed of its OAEP padding (32), then the fresh bytes of the proof's nonce (32).",
    "r gives U = r*G; the proof's nonce is H2S(\"tdh2-nonce\", r || ceremony_id || U || label || fresh). A reader needs neither: every value but the proof follows from Z.",
    "trace: what lies between; z is the combined point, key and nonce are those of the payload. file: only where it is small.",
];

pub(super) fn objects() -> Objects {
    let world = World::new();
    let stream = |len| Plaintext::Stream { seed: "plaintext".to_owned(), len };
    let text = |text: &str| Plaintext::Hex { hex: hex(text.as_bytes()) };
    let one = |name, part, pad, plaintext, bidder_key| {
        make(&world, name, bid(part), pad, plaintext, bidder_key)
    };
    let documents = |name, len| one(name, Part::Documents, 1, stream(len), None);
    let rehearsal = ContextVector::Rehearsal { index: 0, ceremony_id: None };
    let objects = vec![
        documents("empty", 0),
        documents("one-byte", 1),
        documents("small", 100),
        one("price-sheet", Part::Price, 2, text(SHEET), None),
        one("signals", Part::Signals, 2, stream(200), None),
        documents("one-full-chunk", CHUNK_LEN - 8),
        documents("one-byte-into-the-second-chunk", CHUNK_LEN - 7),
        documents("chunk-and-one", CHUNK_LEN + 1),
        documents("three-full-chunks", 3 * CHUNK_LEN - 8),
        make(&world, "rehearsal", rehearsal, 1, stream(32), None),
        one("bidder-lock-rsa", Part::Documents, 1, stream(40), Some("rsa-2048")),
        one("bidder-lock-p256", Part::Documents, 1, stream(40), Some("p256")),
    ];
    let ceremony = Ceremony {
        secret: hex(&*world.lot.secret.danger_bytes()),
        key: world.lot.bases.key().to_string(),
        ceremony_id: world.lot.ceremony_id,
    };
    Objects { about: ABOUT.map(str::to_owned).to_vec(), ceremony, objects }
}

/// The bid that all vectors are parts of.
pub(super) fn bid(part: Part) -> ContextVector {
    ContextVector::Bid {
        tender: "ZZ-2022-0705".to_owned(),
        lot: "01".to_owned(),
        stage: 1,
        part,
        bidder: "91440300MA5EXAMPLA".to_owned(),
        signer_spki_sha256: SUITE_1.hash(b"signer"),
        seq: 1,
        supersedes: Digest::ZERO,
    }
}

fn make(
    world: &World,
    name: &str,
    context: ContextVector,
    pad: u8,
    plaintext: Plaintext,
    bidder_key: Option<&str>,
) -> ObjectVector {
    let mut vector = ObjectVector {
        name: name.to_owned(),
        bidctx: *context.context(&world.lot).bidctx(),
        context,
        pad,
        plaintext,
        seed: format!("randomness of {name}"),
        bidder_key: bidder_key.map(str::to_owned),
        trace: None,
        header: String::new(),
        header_sha256: Digest::ZERO,
        chunks: Vec::new(),
        file_len: 0,
        ct_root: Digest::ZERO,
        file_sha256: String::new(),
        file: None,
    };
    let (sealed, file) = world.seal(&vector);
    if bidder_key.is_none() {
        vector.trace = Some(trace(world, &sealed));
    }
    vector.header = hex(sealed.header.bytes());
    vector.header_sha256 = sealed.object.header_sha256;
    let chunks = file[sealed.header.bytes().len()..].chunks(SEALED_CHUNK_LEN);
    vector.chunks = chunks.map(|chunk| SUITE_1.hash(chunk).to_string()).collect();
    vector.file_len = sealed.object.file_len;
    vector.ct_root = sealed.object.ct_root;
    vector.file_sha256 = SUITE_1.hash(&file).to_string();
    vector.file = (file.len() <= WHOLE_FILE_MAX).then(|| hex(&file));
    vector
}

fn trace(world: &World, sealed: &Sealed) -> Trace {
    let header = &sealed.header;
    let z = world.lot.secret.mul_point(header.u()).unwrap();
    let fields: [&[u8]; 3] = [header.ceremony_id.bytes(), header.bidctx.bytes(), &header.salt];
    let info = SUITE_1.th("hpke-info", &fields);
    let export = b"kaibiao/v1/ceremony-lock";
    let ss_1 =
        hpke::export_from_dh(&SUITE_1, &z, header.u(), world.lot.bases.key(), info.bytes(), export);
    let prk = SUITE_1.hkdf_extract(&header.salt, &[&[1], ss_1.expose()]);
    let mut okm = [0; 44];
    SUITE_1.hkdf_expand(&prk, &[b"kaibiao/v1/payload", &[0, 1], header.hh.bytes()], &mut okm);
    Trace {
        z: z.to_string(),
        hpke_info: info.to_string(),
        ss_1: hex(ss_1.expose()),
        hh: header.hh.to_string(),
        prk: hex(prk.expose()),
        key: hex(&okm[..32]),
        nonce: hex(&okm[32..]),
    }
}
