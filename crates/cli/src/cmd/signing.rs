//! `kaibiao cert`, `sign` and `trust`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::{
    Anchor, Certificate, KeyAlgorithm, OrgCodePlace, SignatureAlgorithm, Usage, verify_chain,
};
use kaibiao_types::UtcMillis;
use kaibiao_wire::{Exit, Label};
use serde_json::{Value, json};

use crate::args::{CertCmd, SignArgs, TrustAddArgs, TrustCmd};
use crate::failure::Failure;
use crate::identity::{self, Signer, Trust};
use crate::output::{Facts, Ui};
use crate::{cert_words, files, machine};

/// Bytes of the longest file that is signed here: it is held in memory.
pub(super) const CONTENT_MAX: usize = 64 << 20;

pub(super) fn cert(command: &CertCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        CertCmd::Inspect { file } => {
            let (first, above) = identity::certificates(file)?;
            for certificate in [&first].into_iter().chain(&above) {
                ui.facts(&certificate_facts(certificate));
            }
        }
        CertCmd::Check { file, trust, key, at } => {
            let at = at.map_or_else(machine::now, Ok)?;
            check(file, &Trust::load(&trust.trust)?, key.as_deref(), at, ui)?;
        }
    }
    Ok(Exit::Ok)
}

fn certificate_facts(certificate: &Certificate) -> Facts {
    let key = match certificate.key_algorithm() {
        KeyAlgorithm::EcP256 => "P-256".to_owned(),
        KeyAlgorithm::Rsa { bits } => format!("RSA-{bits}"),
        KeyAlgorithm::Sm2 => "SM2".to_owned(),
        _ => "?".to_owned(),
    };
    let mut facts = Facts::default();
    facts
        .add("name", certificate.display_name())
        .text("serial_tail", certificate.serial_tail())
        .add("key", key)
        .add("ca", certificate.is_ca())
        .add("key_usage", certificate.key_usage().map_or(Value::Null, |all| json!(all)))
        .add(
            "extended_key_usage",
            certificate.extended_key_usage().map_or(Value::Null, |all| json!(all)),
        )
        .text("not_before", certificate.not_before())
        .text("not_after", certificate.not_after())
        .text("sha256", certificate.sha256())
        .text("spki_sha256", certificate.spki_sha256());
    facts
}

/// Judges a chain and says in a sentence what came of it.
fn check(
    file: &Path,
    trust: &Trust,
    key: Option<&Path>,
    at: UtcMillis,
    ui: Ui,
) -> Result<(), Failure> {
    let (certificate, above) = identity::certificates(file)?;
    let verified = verify_chain(&certificate, &above, &trust.list, at, Usage::Sign);
    let verified = verified.map_err(|error| {
        let (zh, en) = cert_words::cert(&error);
        ui.note(&zh, &en);
        Failure::from(error)
    })?;
    if let Some(key) = key {
        Signer::load(file, key)?;
    }
    let party = verified.party();
    let mut facts = certificate_facts(&certificate);
    facts
        .add("organisation", party.name.clone())
        .text("code", &party.code)
        .text("anchor_sha256", verified.anchor_sha256())
        .text("at", at)
        .add("key_fits", key.map_or(Value::Null, |_| true.into()));
    ui.facts(&facts);
    let (tail, until) = (certificate.serial_tail(), certificate.not_after().beijing());
    ui.note(
        &format!("证书（尾号 {tail}）可用于签署投标文件和开标记录；有效期至 {until}（北京时间）。"),
        &format!("certificate 尾号 {tail} may sign bids and records; it is valid until {until} Beijing time"),
    );
    Ok(())
}

pub(super) fn sign(args: &SignArgs, ui: Ui) -> Result<Exit, Failure> {
    files::expect_absent(&args.out)?;
    let content = files::read(&args.file, CONTENT_MAX)?;
    let signer = Signer::load(&args.signer.cert, &args.signer.key)?;
    let usual = signer.certificate().key_algorithm().signature();
    let algorithm = if args.pss { SignatureAlgorithm::RsaPssSha256 } else { usual };
    let cms = signer.sign_by(algorithm, &content)?;
    files::write_new(&args.out, &cms)?;
    let mut facts = Facts::default();
    facts
        .add("signature", args.out.display().to_string())
        .text("algorithm", algorithm)
        .add("name", signer.certificate().display_name())
        .text("serial_tail", signer.certificate().serial_tail());
    ui.facts(&facts);
    Ok(Exit::Ok)
}

pub(super) fn trust(command: &TrustCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        TrustCmd::Show { list } => {
            let trust = Trust::load(list)?;
            let mut facts = Facts::default();
            facts.add("name", trust.list.name()).text("sha256", trust.list.sha256());
            ui.facts(&facts);
            for anchor in trust.list.anchors() {
                ui.facts(&anchor_facts(anchor));
            }
        }
        TrustCmd::Add(args) => add(args, ui)?,
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
    anchors.push(new_anchor(args, &ca)?);
    let json = json!({ "v": 1, "name": name, "anchors": anchors });
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

fn anchor_json(anchor: &Anchor) -> Value {
    let (from, until) = anchor.period();
    json!({
        "name": { "zh": anchor.name_zh(), "en": anchor.name_en() },
        "cert_b64": STANDARD.encode(anchor.certificate().der()),
        "org_code": { "in": place(anchor.org_code().place()), "oid": anchor.org_code().oid() },
        "signatures": allowed(anchor),
        "not_before": from,
        "not_after": until,
    })
}

fn new_anchor(args: &TrustAddArgs, ca: &Certificate) -> Result<Value, Failure> {
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
    let shown = ca.display_name();
    Ok(json!({
        "name": {
            "zh": args.name_zh.as_ref().unwrap_or(&shown),
            "en": args.name_en.as_ref().unwrap_or(&shown),
        },
        "cert_b64": STANDARD.encode(ca.der()),
        "org_code": { "in": place, "oid": oid },
        "signatures": signatures,
        "not_before": args.from.unwrap_or_else(|| ca.not_before()),
        "not_after": args.until.unwrap_or_else(|| ca.not_after()),
    }))
}
