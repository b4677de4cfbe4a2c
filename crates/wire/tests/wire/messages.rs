//! Bodies have the fields of `docs/spec/http.md`, and nothing else is read.

use core::fmt::Debug;

use kaibiao_wire::{
    Accepted, BoardAnswer, BoardPost, CommandPost, CosignaturePost, DraftAnswer,
    FreezeSignaturePost, FrozenAnswer, LotCreated, LotList, LotsPost, PartialsBody, PrivateText,
    PublishPost, ReceiptAnswer, RefusalBody, RehearsalPost, SignedBody, Since, SubmissionPost,
    TenderAnswer, TimeAnswer, UploadAnswer, WitnessPost, from_json, to_json,
};
use serde::{Serialize, de::DeserializeOwned};

const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const BUNDLE: &str =
    r#"{"ceremony_b64":"e30=","signatures":[{"index":1,"cms_b64":"MAA="}],"rehearsal":["e30="]}"#;

/// Same bytes out as in; one more field, a repeated field, a missing field and a tail are refused.
fn strict<T: Serialize + DeserializeOwned + Debug>(text: &str) {
    let value: T = from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(String::from_utf8(to_json(&value).unwrap()).unwrap(), text);
    let first = &text[1..text.find(':').unwrap()];
    let more = format!("{},\"more\":1}}", &text[..text.len() - 1]);
    let repeated = format!("{},{first}:null}}", &text[..text.len() - 1]);
    let renamed = text.replacen(first, "\"another\"", 1);
    for bad in [more, repeated, renamed, format!("{text}x"), format!("\u{feff}{text}")] {
        assert!(from_json::<T>(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn lots() {
    strict::<TimeAnswer>(r#"{"now":1690000000000}"#);
    strict::<LotList>(
        r#"{"lots":[{"lot":{"tender":"T1","lot":"L1"},"title":{"zh":"标","en":"t"},"lot_title":{"zh":"段","en":"l"},"tenderee":"某招标人","phase":"receiving","deadline":1690000000000,"entries":12,"ceremony":"ready","fictional":true}]}"#,
    );
    strict::<LotCreated>(r#"{"lot":{"tender":"T1","lot":"L1"}}"#);
    strict::<LotsPost>(r#"{"draft_b64":"e30=","cms_b64":"MAA="}"#);
    strict::<PublishPost>(r#"{"tender_b64":"e30=","cms_b64":"MAA="}"#);
    strict::<DraftAnswer>(&format!(
        r#"{{"draft_b64":"e30=","cms_b64":"MAA=","session":"{DIGEST}","log_origin":"kaibiao.example/lot/T1/L1","log_vkey":"k+0+A","hall":{{"code":"914403001922038216","name":"某公司"}},"hall_cert_pem":"-"}}"#
    ));
    strict::<TenderAnswer>(&format!(
        r#"{{"tender_b64":"e30=","cms_b64":"MAA=","draft_b64":"e30=","draft_cms_b64":"MAA=","ceremony":{BUNDLE},"trust_b64":"e30="}}"#
    ));
}

#[test]
fn custodians() {
    strict::<BoardAnswer>(
        r#"{"messages":[{"n":0,"from":"1","kind":"commit","body_b64":"e30=","cms_b64":"MAA="}]}"#,
    );
    strict::<RehearsalPost>(r#"{"kind":"rehearsal-object-2","body_b64":"e30=","cms_b64":"MAA="}"#);
    strict::<BoardPost>(r#"{"from":32,"kind":"commit","body_b64":"e30=","cms_b64":"MAA="}"#);
    strict::<CosignaturePost>(&format!(
        r#"{{"custodian":1,"size":3,"root":"{DIGEST}","cosignature":"- k AAA="}}"#
    ));
    strict::<WitnessPost>(r#"{"size":3,"cosignature":"- k AAA="}"#);
    strict::<FreezeSignaturePost>(&format!(
        r#"{{"custodian":1,"freeze_id":"{DIGEST}","cms_b64":"MAA="}}"#
    ));
    strict::<FrozenAnswer>(
        r#"{"bids":[{"manifest_b64":"e30=","cms_b64":"MAA=","headers":[{"stage":1,"part":"price","header_b64":"e30="}]}],"paths":[]}"#,
    );
    strict::<PartialsBody>(&format!(
        r#"{{"v":1,"kind":"partials","tender":"T1","lot":"L1","custodian":2,"stage":1,"part":"price","freeze_id":"{DIGEST}","partials":[{{"manifest_sha256":"{DIGEST}","d":"02","c":"00","z":"00"}}]}}"#
    ));
    strict::<RefusalBody>(
        r#"{"v":1,"kind":"custodian-refusal","tender":"T1","lot":"L1","custodian":2,"label":"too-early","detail":"","at":5,"draw":1}"#,
    );
    strict::<SignedBody>(r#"{"body":"e30=","cms":"MAA="}"#);
    strict::<CommandPost>(r#"{"body":"e30=","cms":"MAA="}"#);
    strict::<CommandPost>(&format!(
        r#"{{"body":"e30=","cms":"MAA=","private":{{"salt":"{DIGEST}","text":"甲"}}}}"#
    ));
    strict::<PrivateText>(&format!(r#"{{"salt":"{DIGEST}","text":"甲"}}"#));
    strict::<Accepted>(r#"{"head":13}"#);
}

#[test]
fn submissions() {
    strict::<SubmissionPost>(
        r#"{"manifest_b64":"e30=","cms_b64":"MAA=","headers":[{"stage":1,"part":"documents","header_b64":"e30=","slices_b64":"e30="}]}"#,
    );
    strict::<UploadAnswer>(
        r#"{"upload":"000102030405060708090a0b0c0d0e0f","slice_len":8389120,"parts":[{"part":"price","file_len":70000,"missing":[0]}],"completed":false,"progress":{"statement_b64":"e30=","cms_b64":"MAA="}}"#,
    );
    strict::<ReceiptAnswer>(r#"{"receipt_b64":"e30=","cms_b64":"MAA="}"#);
}

#[test]
fn values_outside_their_range_are_refused() {
    for bad in [
        r#"{"from":0,"kind":"commit","body_b64":"e30=","cms_b64":"MAA="}"#,
        r#"{"from":33,"kind":"commit","body_b64":"e30=","cms_b64":"MAA="}"#,
        r#"{"from":1,"kind":"commit","body_b64":"e30","cms_b64":"MAA="}"#,
        r#"{"from":1.0,"kind":"commit","body_b64":"e30=","cms_b64":"MAA="}"#,
        r#"{"from":1,"kind":null,"body_b64":"e30=","cms_b64":"MAA="}"#,
        r#"[1,"commit","e30=","MAA="]"#,
    ] {
        assert!(from_json::<BoardPost>(bad.as_bytes()).is_err(), "{bad}");
    }
    let good = r#"{"from":1,"kind":"commit","body_b64":"e30=","cms_b64":"MAA="}"#;
    assert!(from_json::<BoardPost>(good.as_bytes()).is_ok());
    let refusal = r#"{"v":1,"kind":"partials","tender":"T1","lot":"L1","custodian":2,"label":"too-early","detail":"","at":5}"#;
    assert!(from_json::<RefusalBody>(refusal.as_bytes()).is_err());
    let upper = DIGEST.to_uppercase();
    for bad in [
        format!(r#"{{"custodian":1,"freeze_id":"{upper}","cms_b64":"MAA="}}"#),
        format!(r#"{{"custodian":1,"freeze_id":"{}","cms_b64":"MAA="}}"#, &DIGEST[2..]),
    ] {
        assert!(from_json::<FreezeSignaturePost>(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(from_json::<TimeAnswer>(br#"{"now":9007199254740992}"#).is_err());
    assert!(from_json::<TimeAnswer>(br#"{"now":-1}"#).is_err());
}

#[test]
fn since_is_zero_by_default() {
    assert_eq!(from_json::<Since>(b"{}").unwrap().since, 0);
    assert_eq!(from_json::<Since>(br#"{"since":7}"#).unwrap().since, 7);
    assert!(from_json::<Since>(br#"{"since":-1}"#).is_err());
    assert!(from_json::<Since>(br#"{"sine":7}"#).is_err());
}
