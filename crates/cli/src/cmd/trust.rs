//! `kaibiao trust`.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::cms::Pin;
use kaibiao_pki::{
    Anchor, CaDuty, Certificate, DigestAlgorithm, OrgCodePlace, SignatureAlgorithm,
    SignedTrustList, TrustList,
};
use kaibiao_wire::{Exit, Label};
use serde_json::{Value, json};

use super::signing::certificate_facts;
use crate::args::{TrustAddArgs, TrustCmd, TrustSignArgs, TrustVerifyArgs};
use crate::failure::Failure;
use crate::identity::{self, Signer, Trust};
use crate::output::{Facts, Ui};
use crate::{cert_words, files, signed_list};

pub(super) fn run(command: &TrustCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        TrustCmd::Show { list } => {
            let trust = Trust::load(list)?;
            let mut facts = Facts::default();
            facts.add("name", trust.list.name()).text("sha256", trust.list.sha256());
            for digest in DigestAlgorithm::ALL {
                if let Some(end) = trust.list.digest_end(digest) {
                    facts.text(&format!("{digest}_until"), end);
                }
            }
            ui.facts(&facts);
            for anchor in trust.list.anchors() {
                ui.facts(&anchor_facts(anchor));
            }
        }
        TrustCmd::Add(args) => add(args, ui)?,
        TrustCmd::Sign(args) => sign(args, ui)?,
        TrustCmd::Verify(args) => verify(args, ui)?,
    }
    Ok(Exit::Ok)
}

fn anchor_facts(anchor: &Anchor) -> Facts {
    let (from, until) = anchor.period();
    let mut facts = Facts::default();
    facts
        .add("name_zh", anchor.name_zh())
        .add("name_en", anchor.name_en())
        .add(
            "org_code",
            format!("{}:{}", place(anchor.org_code().place()), anchor.org_code().oid()),
        )
        .add("signatures", json!(allowed(anchor)))
        .add("excused", json!(anchor.excused()))
        .text("from", from)
        .text("until", until)
        .text("serial_tail", anchor.certificate().serial_tail())
        .text("certificate_sha256", anchor.certificate().sha256());
    facts
}

const fn place(place: OrgCodePlace) -> &'static str {
    match place {
        OrgCodePlace::Extension => "extension",
        OrgCodePlace::Subject => "subject",
    }
}

fn allowed(anchor: &Anchor) -> Vec<&'static str> {
    let all = SignatureAlgorithm::ALL.into_iter();
    all.filter(|one| anchor.allows(*one)).map(SignatureAlgorithm::name).collect()
}

/// Writes the longer list, which must read as a trust list before it gets its name.
fn add(args: &TrustAddArgs, ui: Ui) -> Result<(), Failure> {
    files::expect_absent(&args.out)?;
    let (ca, others) = identity::certificates(&args.ca)?;
    if !others.is_empty() {
        let detail = format!("{}: give one certificate, that of the authority", args.ca.display());
        return Err(Failure::new(Label::BadInput, detail));
    }
    let old = args.list.as_deref().map(Trust::load).transpose()?;
    let name = old.as_ref().map_or(args.name.as_deref().unwrap_or_default(), |old| old.list.name());
    let mut anchors: Vec<Value> =
        old.iter().flat_map(|old| old.list.anchors()).map(anchor_json).collect();
    anchors.push(new_anchor(args, &ca, ui)?);
    let mut json = json!({ "v": 1, "name": name, "anchors": anchors });
    let digests: Vec<Value> = old.iter().flat_map(|old| digest_ends(&old.list)).collect();
    if let (Some(list), false) = (json.as_object_mut(), digests.is_empty()) {
        list.insert("digests".to_owned(), digests.into());
    }
    let mut bytes =
        serde_json::to_vec(&json).map_err(|error| Failure::internal(error.to_string()))?;
    bytes.push(b'\n');
    let list = Trust::parse(bytes)?;
    files::write_new(&args.out, &list.bytes)?;
    ui.facts(&certificate_facts(&ca));
    if let Some(anchor) = list.list.anchors().last() {
        ui.facts(&anchor_facts(anchor));
    }
    let mut facts = Facts::default();
    facts.add("list", args.out.display().to_string()).text("list_sha256", list.list.sha256());
    ui.facts(&facts);
    ui.note(
        "请将上面的证书摘要（sha256）与发证机构公布的值核对无误后，再使用这份信任名单。",
        "compare the digest of the certificate (sha256) with what the authority publishes before you \
         use this list",
    );
    Ok(())
}

/// How long the list believes digests, where it gives an end.
fn digest_ends(list: &TrustList) -> Vec<Value> {
    let end = |digest: DigestAlgorithm| {
        let not_after = list.digest_end(digest)?;
        Some(json!({ "name": digest.name(), "not_after": not_after }))
    };
    DigestAlgorithm::ALL.into_iter().filter_map(end).collect()
}

fn anchor_json(anchor: &Anchor) -> Value {
    let (from, until) = anchor.period();
    let json = json!({
        "name": { "zh": anchor.name_zh(), "en": anchor.name_en() },
        "cert_b64": STANDARD.encode(anchor.certificate().der()),
        "org_code": { "in": place(anchor.org_code().place()), "oid": anchor.org_code().oid() },
        "signatures": allowed(anchor),
        "not_before": from,
        "not_after": until,
    });
    with_excuses(json, anchor.excused())
}

/// An entry with what its CA is excused from; without, the entry has no such key.
fn with_excuses(mut anchor: Value, excused: &BTreeSet<CaDuty>) -> Value {
    if !excused.is_empty()
        && let Some(entry) = anchor.as_object_mut()
    {
        entry.insert("excused".to_owned(), json!(excused));
    }
    anchor
}

/// What the authority is excused from: at least what its own certificate misses.
fn excuses(args: &TrustAddArgs, ca: &Certificate, ui: Ui) -> Result<BTreeSet<CaDuty>, Failure> {
    let named = |name: &String| CaDuty::ALL.into_iter().find(|duty| duty.name() == name);
    if let Some(unknown) = args.excuse.iter().find(|name| named(name).is_none()) {
        let names = CaDuty::ALL.map(CaDuty::name).join(", ");
        let detail = format!("--excuse {unknown}: one of {names}");
        return Err(Failure::new(Label::BadInput, detail));
    }
    let given: BTreeSet<CaDuty> = args.excuse.iter().filter_map(named).collect();
    let missing: BTreeSet<CaDuty> = ca.missed_duties().difference(&given).copied().collect();
    let Some(first) = missing.first() else { return Ok(given) };
    let (zh, en) = cert_words::duty(ca.serial_tail(), *first);
    ui.note(&zh, &en);
    let options: Vec<String> = missing.iter().map(|duty| format!("--excuse {duty}")).collect();
    let detail = format!("{}: it needs {}", args.ca.display(), options.join(" "));
    Err(Failure::new(Label::BadInput, detail))
}

fn new_anchor(args: &TrustAddArgs, ca: &Certificate, ui: Ui) -> Result<Value, Failure> {
    let wrong = |what: String| Failure::new(Label::BadInput, what);
    let (place, oid) = args
        .org_code
        .split_once(':')
        .filter(|(place, _)| ["extension", "subject"].contains(place))
        .ok_or_else(|| {
            wrong(format!("--org-code {}: subject:OID or extension:OID", args.org_code))
        })?;
    let own = [ca.key_algorithm().signature().name().to_owned()];
    let signatures = if args.signature.is_empty() { &own[..] } else { &args.signature };
    let known = |name: &String| SignatureAlgorithm::ALL.iter().any(|one| one.name() == name);
    if let Some(unknown) = signatures.iter().find(|name| !known(name)) {
        return Err(wrong(format!("--signature {unknown}: not an algorithm of a trust list")));
    }
    let excused = excuses(args, ca, ui)?;
    let shown = ca.display_name();
    let json = json!({
        "name": {
            "zh": args.name_zh.as_ref().unwrap_or(&shown),
            "en": args.name_en.as_ref().unwrap_or(&shown),
        },
        "cert_b64": STANDARD.encode(ca.der()),
        "org_code": { "in": place, "oid": oid },
        "signatures": signatures,
        "not_before": args.from.unwrap_or_else(|| ca.not_before()),
        "not_after": args.until.unwrap_or_else(|| ca.not_after()),
    });
    Ok(with_excuses(json, &excused))
}

/// Signs the exact bytes of a list, which must verify as a signed list before it is written.
fn sign(args: &TrustSignArgs, ui: Ui) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| signed_list::beside(&args.list));
    files::expect_absent(&out)?;
    let trust = Trust::load(&args.list)?;
    let signer = Signer::load(&args.signer)?;
    let cms = signer.sign(&trust.bytes)?;
    let by = Pin::Certificate(signer.certificate().sha256());
    let signed = SignedTrustList::verify(&trust.bytes, &cms, by)?;
    files::write_new(&out, &cms)?;
    let mut facts = signed_facts(&signed);
    facts.add("signature", out.display().to_string());
    ui.facts(&facts);
    Ok(())
}

fn verify(args: &TrustVerifyArgs, ui: Ui) -> Result<(), Failure> {
    let signature = args.signature.clone().unwrap_or_else(|| signed_list::beside(&args.list));
    let (_, signed) = signed_list::load(&args.list, &signature, &args.by)?;
    ui.facts(&signed_facts(&signed));
    let signer = signed.signature().certificate().serial_tail();
    ui.note(
        &format!("这份信任名单由监管机构的证书（尾号 {signer}）签名，内容未被改动。"),
        &format!("the list is as the supervising body signed it with certificate 尾号 {signer}"),
    );
    Ok(())
}

fn signed_facts(signed: &SignedTrustList) -> Facts {
    let (list, signature) = (signed.list(), signed.signature());
    let mut facts = Facts::default();
    facts
        .add("name", list.name())
        .text("list_sha256", list.sha256())
        .add("signed_by", signature.certificate().display_name())
        .text("serial_tail", signature.certificate().serial_tail())
        .text("certificate_sha256", signature.certificate().sha256())
        .text("signing_time", signature.signing_time());
    facts
}
