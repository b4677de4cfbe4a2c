//! The manifest: exact bytes, strict rules.

use kaibiao_crypto::SUITE_1;
use kaibiao_types::{BidSeq, Digest, LotId, OrgCode, Part, Party, Stage, TenderId, UtcMillis};

use super::{Lot, Stream, sealed};
use crate::{
    Client, Manifest, ManifestBody, ManifestError, ManifestKind, ManifestPart, ObjectSummary,
    Padding, SealPlan, seal,
};

fn stage(number: u8) -> Stage {
    Stage::new(number).unwrap()
}

fn part(number: u8, part: Part) -> ManifestPart {
    let object = ObjectSummary {
        header_sha256: SUITE_1.hash(&[1, number, part.code()]),
        file_len: 65_874,
        ct_root: SUITE_1.hash(&[2, number, part.code()]),
    };
    ManifestPart::new(stage(number), part, &object)
}

pub(crate) fn body(parts: Vec<ManifestPart>) -> ManifestBody {
    ManifestBody {
        v: 1,
        kind: ManifestKind::Submit,
        suite: 1,
        tender: TenderId::parse("ZZ-2022-0705").unwrap(),
        lot: LotId::parse("01").unwrap(),
        bidder: Party {
            code: OrgCode::parse("91440300MA5EXAMPLA").unwrap(),
            name: "深圳示例照明有限公司".to_owned(),
        },
        signer_spki_sha256: Digest::new([7; 32]),
        seq: BidSeq::new(1).unwrap(),
        supersedes: Digest::ZERO,
        ceremony_id: Lot::new("lot").ceremony_id,
        deadline: UtcMillis::new(1_656_982_800_000).unwrap(),
        client: Client::Cli,
        sealed_at: UtcMillis::new(1_656_900_000_000).unwrap(),
        parts,
    }
}

fn both() -> Vec<ManifestPart> {
    vec![part(1, Part::Price), part(1, Part::Documents)]
}

fn refused(change: impl FnOnce(&mut ManifestBody)) -> ManifestError {
    let mut body = body(both());
    change(&mut body);
    let received = Manifest::parse(&serde_json::to_vec(&body).unwrap()).unwrap_err();
    let built = Manifest::build(body).map_or_else(|error| error.label(), |_| "built: put in order");
    assert!(built == received.label() || built.starts_with("built"));
    received
}

#[test]
fn the_received_bytes_are_kept() {
    let compact = Manifest::build(body(both())).unwrap();
    let spaced = serde_json::to_vec_pretty(compact.body()).unwrap();
    let read = Manifest::parse(&spaced).unwrap();
    assert_eq!(read.bytes(), spaced);
    assert_eq!(read.body(), compact.body());
    assert_ne!(read.sha256(), compact.sha256());
    assert_eq!(read.sha256(), SUITE_1.hash(&spaced));
}

#[test]
fn a_built_manifest_reads_back_and_its_parts_are_in_order() {
    let mut parts = vec![part(2, Part::Price), part(1, Part::Signals)];
    parts.extend(both().into_iter().rev());
    let built = Manifest::build(body(parts)).unwrap();
    let keys: Vec<_> =
        built.body().parts.iter().map(|part| (part.stage.get(), part.part)).collect();
    assert_eq!(
        keys,
        [(1, Part::Price), (1, Part::Documents), (1, Part::Signals), (2, Part::Price)]
    );
    assert_eq!(Manifest::parse(built.bytes()).unwrap().body(), built.body());
    assert_eq!(built.part(stage(2), Part::Price), Some(&part(2, Part::Price)));
    assert_eq!(built.part(stage(2), Part::Documents), None);
}

#[test]
fn syntax_is_strict() {
    let good = String::from_utf8(Manifest::build(body(both())).unwrap().bytes().to_vec()).unwrap();
    let inner = good.trim_matches(['{', '}']);
    let array = serde_json::from_str::<serde_json::Value>(&good).unwrap();
    let bad = [
        good.replace("{\"v\":1,", "{\"v\":1,\"w\":1,"),
        good.replace("{\"v\":1,", "{\"v\":1,\"v\":1,"),
        good.replace("{\"v\":1,", "{"),
        good.replace("\"stage\":1", "\"stage\":1,\"stage\":1"),
        good.replace("\"stage\":1", "\"stage\":1,\"pt_commit\":null"),
        good.replace("\"name\":", "\"extra\":1,\"name\":"),
        good.replace("\"seq\":1", "\"seq\":1.0"),
        good.replace("\"seq\":1", "\"seq\":\"1\""),
        good.replace("\"seq\":1", "\"seq\":0"),
        good.replace("\"seq\":1", "\"seq\":-1"),
        good.replace("\"seq\":1", "\"seq\":4294967296"),
        good.replace("\"kind\":\"submit\"", "\"kind\":\"replace\""),
        good.replace("\"client\":\"cli\"", "\"client\":\"CLI\""),
        good.replace("\"part\":\"price\"", "\"part\":\"prices\""),
        good.replace("\"stage\":1", "\"stage\":0"),
        good.replace("91440300MA5EXAMPLA", "91440300MA5EXAMPLB"),
        good.replace("0707", "070G"),
        good.replace("deadline\":1", "deadline\":9007199254740993e0,\"x\":1"),
        format!("\u{feff}{good}"),
        format!("{good}x"),
        format!("{good}{good}"),
        format!("[{inner}]"),
        String::new(),
        "null".to_owned(),
        // A structure written as the array of its fields.
        serde_json::to_string(&array.as_object().unwrap().values().collect::<Vec<_>>()).unwrap(),
    ];
    for text in bad {
        let error = Manifest::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_MANIFEST", "{text}");
    }
    assert_eq!(Manifest::parse(&vec![b' '; 65_537]).unwrap_err().label(), "E_MANIFEST");
}

#[test]
fn fields_need_names_at_every_level() {
    let good = Manifest::build(body(both())).unwrap();
    let text = String::from_utf8(good.bytes().to_vec()).unwrap();
    let bidder = "{\"code\":\"91440300MA5EXAMPLA\",\"name\":\"深圳示例照明有限公司\"}";
    assert!(text.contains(bidder));
    let as_array = bidder.replace("{\"code\":", "[").replace("\"name\":", "").replace('}', "]");
    let error = Manifest::parse(text.replace(bidder, &as_array).as_bytes()).unwrap_err();
    assert!(matches!(error, ManifestError::NotObject), "{error:?}");
    let entry = serde_json::to_string(&both()[0]).unwrap();
    let as_array =
        format!("[1,\"price\",\"{}\",65874,\"{}\"]", both()[0].header_sha256, both()[0].ct_root);
    let error = Manifest::parse(text.replace(&entry, &as_array).as_bytes()).unwrap_err();
    assert!(matches!(error, ManifestError::NotObject), "{error:?}");
}

#[test]
fn rules_on_parts() {
    let label = |change: fn(&mut ManifestBody)| refused(change).label();
    assert_eq!(label(|body| body.parts.clear()), "E_PARTS");
    assert_eq!(label(|body| body.parts.remove(0).part = Part::Price), "E_PARTS");
    assert_eq!(label(|body| body.parts.reverse()), "E_PARTS");
    assert_eq!(label(|body| body.parts.push(part(1, Part::Documents))), "E_PARTS");
    assert_eq!(label(|body| body.parts = vec![part(1, Part::Price); 28]), "E_PARTS");
    assert_eq!(label(|body| body.parts[0].file_len = 0), "E_LEN");
    assert_eq!(label(|body| body.parts[1].file_len = 1 << 53), "E_LEN");
    assert_eq!(label(|body| body.v = 2), "E_VERSION");
    assert_eq!(label(|body| body.suite = 2), "E_SUITE");
    assert_eq!(label(|body| body.bidder.name = "x".repeat(65_536)), "E_MANIFEST");
}

#[test]
fn a_withdrawal_has_no_parts_and_something_to_withdraw() {
    let withdrawal = |seq, supersedes, parts| {
        let seq = BidSeq::new(seq).unwrap();
        Manifest::build(ManifestBody {
            kind: ManifestKind::Withdraw,
            seq,
            supersedes,
            ..body(parts)
        })
    };
    let first = Manifest::build(body(both())).unwrap();
    let good = withdrawal(2, first.sha256(), Vec::new()).unwrap();
    assert_eq!(good.expect_replaces(&first), Ok(()));
    assert_eq!(withdrawal(1, Digest::ZERO, Vec::new()).unwrap_err().label(), "E_SEQ");
    assert_eq!(withdrawal(2, first.sha256(), both()).unwrap_err().label(), "E_PARTS");
}

#[test]
fn versions_follow_each_other() {
    let make = |seq, supersedes| {
        Manifest::build(ManifestBody { seq: BidSeq::new(seq).unwrap(), supersedes, ..body(both()) })
    };
    let first = make(1, Digest::ZERO).unwrap();
    assert_eq!(make(1, first.sha256()).unwrap_err().label(), "E_SEQ");
    assert_eq!(make(2, Digest::ZERO).unwrap_err().label(), "E_SEQ");
    let second = make(2, first.sha256()).unwrap();
    assert_eq!(second.expect_replaces(&first), Ok(()));
    // An upload that never became complete leaves a gap.
    assert_eq!(make(4, second.sha256()).unwrap().expect_replaces(&second), Ok(()));

    assert_eq!(second.expect_replaces(&second).unwrap_err().label(), "E_SEQ");
    assert_eq!(first.expect_replaces(&second).unwrap_err().label(), "E_SEQ");
    let skips = make(3, first.sha256()).unwrap();
    assert_eq!(skips.expect_replaces(&second).unwrap_err().label(), "E_SEQ");
    let mut other = body(both());
    (other.seq, other.supersedes) = (BidSeq::new(2).unwrap(), first.sha256());
    other.lot = LotId::parse("02").unwrap();
    let other_lot = Manifest::build(other.clone()).unwrap();
    assert_eq!(other_lot.expect_replaces(&first).unwrap_err().label(), "E_SEQ");
    other.lot = LotId::parse("01").unwrap();
    other.bidder.code = OrgCode::parse("91440300MA5EXAMPQN").unwrap();
    let other_bidder = Manifest::build(other).unwrap();
    assert_eq!(other_bidder.expect_replaces(&first).unwrap_err().label(), "E_SEQ");
}

#[test]
fn a_header_must_be_the_one_of_its_entry() {
    let lot = Lot::new("lot");
    let (object, _) = sealed(&lot, b"documents");
    let context = lot.context(Part::Price);
    let bucket = SealPlan { padding: Padding::Bucket, ..lot.plan(&context, 5) };
    let price =
        seal(&bucket, &mut &b"price"[..], &mut Vec::new(), &mut Stream::new("price")).unwrap();
    let one = stage(1);
    let parts = vec![
        ManifestPart::new(one, Part::Price, &price.object),
        ManifestPart::new(one, Part::Documents, &object.object),
    ];
    let manifest = Manifest::build(body(parts.clone())).unwrap();
    assert_eq!(parts[1].object(), object.object);
    assert_eq!(manifest.expect_header(one, Part::Documents, &object.header), Ok(()));
    assert_eq!(manifest.expect_header(one, Part::Price, &price.header), Ok(()));

    let label = |manifest: &Manifest, at, part, header| {
        manifest.expect_header(at, part, header).unwrap_err().label()
    };
    assert_eq!(label(&manifest, one, Part::Price, &object.header), "E_CTX");
    assert_eq!(label(&manifest, one, Part::Documents, &price.header), "E_CTX");
    assert_eq!(label(&manifest, stage(2), Part::Price, &price.header), "E_PARTS");
    let edited = |change: fn(&mut ManifestBody)| {
        let mut body = body(parts.clone());
        change(&mut body);
        let manifest = Manifest::build(body).unwrap();
        label(&manifest, one, Part::Documents, &object.header)
    };
    assert_eq!(edited(|body| body.ceremony_id = Digest::ZERO), "E_CEREMONY");
    assert_eq!(edited(|body| body.lot = LotId::parse("02").unwrap()), "E_CTX");
    assert_eq!(edited(|body| body.signer_spki_sha256 = Digest::ZERO), "E_CTX");
    let next = |body: &mut ManifestBody| {
        (body.seq, body.supersedes) = (BidSeq::new(2).unwrap(), Digest::new([1; 32]));
    };
    assert_eq!(edited(next), "E_CTX");
    assert_eq!(edited(|body| body.parts[1].header_sha256 = Digest::ZERO), "E_HEADER");
    assert_eq!(edited(|body| body.parts[1].file_len += 1), "E_LEN");

    // A price sheet in a PADMÉ object would show its length.
    let padme = lot.plan(&context, 5);
    let padme = seal(&padme, &mut &b"price"[..], &mut Vec::new(), &mut Stream::new("p")).unwrap();
    let manifest =
        Manifest::build(body(vec![ManifestPart::new(one, Part::Price, &padme.object)])).unwrap();
    assert_eq!(label(&manifest, one, Part::Price, &padme.header), "E_PAD");
}
