//! The objects of the vectors.

use kaibiao_crypto::{SUITE_1, hpke};
use kaibiao_types::{Digest, Part};

use super::super::files::hex;
use super::model::{
    Ceremony, ContextVector, EscrowTrace, ObjectVector, Objects, Plaintext, Trace, World, ss_2,
};
use crate::limits::{CHUNK_LEN, SEALED_CHUNK_LEN};
use crate::{Escrow, Header, Sealed};

const SHEET: &str = r#"{"v":1,"kind":"price-sheet","tender":"ZZ-2022-0705","lot":"01","bidder":"91440300MA5EXAMPLA","total":{"minor":118000000,"currency":"CNY"},"fields":{"duration":"365"}}"#;

const ESTIMATE: &str = r#"{"v":1,"kind":"base-estimate","tender":"ZZ-2022-0705","lot":"01","amount":{"minor":143000000,"currency":"CNY"}}"#;

/// Whole files up to this length stand in the vectors.
const WHOLE_FILE_MAX: usize = 1_024;

const ABOUT: [&str; 6] = [
    "Sealed objects of docs/spec/seal.md, suite 1. Bytes are hexadecimal.",
    "A stream of seed S is SHA-256(S || u64 0) || SHA-256(S || u64 1) || ..., S as its ASCII bytes.",
    "plaintext: hex, or the first len bytes of the stream of its own seed.",
    "seed: the randomness. Drawn in this order: salt (32 bytes), r (48 bytes, reduced modulo q), of a P-256 bidder lock its r (48), of an RSA one its secret (32) and the seed of its OAEP padding (32), of an escrow r' (48) and the fresh bytes of its proof's nonce (32), then the fresh bytes of the proof's nonce (32).",
    "r gives U = r*G; the proof's nonce is H2S(\"tdh2-nonce\", r || ceremony_id || Y || U || L || fresh), that of an escrow the same with r', U' and its own L. The OAEP seed of a lock is the first 32 bytes of TH(\"rsa-randomness\", drawn, u64 0). A reader needs none of this: every value but the proofs and the RSA ciphertext follows from Z, Z' and the bidder's key.",
    "trace: what lies between; z is the combined point, key and nonce are those of the payload, ss_2 is the bidder's secret. escrow: z is the combined point of U', mask the exported secret, label the L of its proof. file: only where it is small.",
];

pub(super) fn objects() -> Objects {
    let world = World::new();
    let stream = |len| Plaintext::Stream { seed: "plaintext".to_owned(), len };
    let text = |text: &str| Plaintext::Hex { hex: hex(text.as_bytes()) };
    let one = |name, part, pad, plaintext, bidder_key| {
        make(&world, name, bid(part), pad, plaintext, bidder_key)
    };
    let documents = |name, len| one(name, Part::Documents, 1, stream(len), None);
    let strict = |name, key| one(name, Part::Documents, 1, stream(40), Some((key, "strict")));
    let escrow = |name, key| one(name, Part::Documents, 1, stream(40), Some((key, "escrow")));
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
        strict("bidder-lock-rsa", "rsa-2048"),
        strict("bidder-lock-p256", "p256"),
        escrow("escrow-rsa", "rsa-2048"),
        escrow("escrow-p256", "p256"),
        make(&world, "base-estimate", estimate(1), 1, estimate_text(), None),
    ];
    let ceremony = Ceremony {
        secret: hex(&*world.lot.secret.danger_bytes()),
        key: world.lot.bases.key().to_string(),
        ceremony_id: world.lot.ceremony_id,
    };
    Objects { about: ABOUT.map(str::to_owned).to_vec(), ceremony, objects }
}

/// The base estimate of the same lot, by the host.
pub(super) fn estimate(no: u32) -> ContextVector {
    ContextVector::Estimate {
        tender: "ZZ-2022-0705".to_owned(),
        lot: "01".to_owned(),
        host: "91440300MA5EXAMPLA".to_owned(),
        signer_spki_sha256: SUITE_1.hash(b"signer"),
        no,
    }
}

/// 1,016 bytes, as every base estimate has.
fn estimate_text() -> Plaintext {
    Plaintext::Hex { hex: hex(format!("{ESTIMATE:<1016}").as_bytes()) }
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
    bidder_lock: Option<(&str, &str)>,
) -> ObjectVector {
    let mut vector = ObjectVector {
        name: name.to_owned(),
        bidctx: *context.context(&world.lot).bidctx(),
        context,
        pad,
        plaintext,
        seed: format!("randomness of {name}"),
        bidder_key: bidder_lock.map(|(key, _)| key.to_owned()),
        lock_mode: bidder_lock.map_or("none", |(_, mode)| mode).to_owned(),
        trace: Trace::default(),
        header: String::new(),
        header_sha256: Digest::ZERO,
        chunks: Vec::new(),
        file_len: 0,
        ct_root: Digest::ZERO,
        file_sha256: String::new(),
        file: None,
    };
    let (sealed, file) = world.seal(&vector);
    vector.trace = trace(world, &sealed, vector.bidder_key.as_deref());
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

fn trace(world: &World, sealed: &Sealed, bidder_key: Option<&str>) -> Trace {
    let header = &sealed.header;
    let ss_2 = bidder_key.map(|name| ss_2(name, header));
    let z = world.lot.secret.mul_point(header.u()).unwrap();
    let fields: [&[u8]; 3] = [header.ceremony_id.bytes(), header.bidctx.bytes(), &header.salt];
    let info = SUITE_1.th("hpke-info", &fields);
    let export = b"kaibiao/v1/ceremony-lock";
    let ss_1 =
        hpke::export_from_dh(&SUITE_1, &z, header.u(), world.lot.bases.key(), info.bytes(), export);
    let mut secrets: Vec<&[u8]> = vec![&[1], ss_1.expose()];
    if let Some(ss_2) = &ss_2 {
        secrets.extend([[2].as_slice(), ss_2.expose()]);
    }
    let prk = SUITE_1.hkdf_extract(&header.salt, &secrets);
    let mut okm = [0; 44];
    SUITE_1.hkdf_expand(&prk, &[b"kaibiao/v1/payload", &[0, 1], header.hh.bytes()], &mut okm);
    Trace {
        z: z.to_string(),
        hpke_info: info.to_string(),
        ss_1: hex(ss_1.expose()),
        ss_2: ss_2.as_ref().map(|secret| hex(secret.expose())),
        escrow: header.escrow().map(|escrow| escrow_trace(world, header, escrow)),
        hh: header.hh.to_string(),
        prk: hex(prk.expose()),
        key: hex(&okm[..32]),
        nonce: hex(&okm[32..]),
    }
}

fn escrow_trace(world: &World, header: &Header, escrow: &Escrow) -> EscrowTrace {
    let z = world.lot.secret.mul_point(&escrow.u).unwrap();
    let fields: [&[u8]; 3] = [header.ceremony_id.bytes(), header.bidctx.bytes(), &header.salt];
    let info = SUITE_1.th("escrow-info", &fields);
    let (key, export) = (world.lot.bases.key(), b"kaibiao/v1/escrow");
    let mask = hpke::export_from_dh(&SUITE_1, &z, &escrow.u, key, info.bytes(), export);
    EscrowTrace {
        z: z.to_string(),
        info: info.to_string(),
        mask: hex(mask.expose()),
        label: escrow.label.to_string(),
    }
}
