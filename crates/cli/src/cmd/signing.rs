//! `kaibiao cert`, `sign` and `verify-signature`.

use std::path::Path;

use kaibiao_pki::cms::{self, SignatureError};
use kaibiao_pki::{
    AlternativeName, Certificate, KeyAlgorithm, SignatureAlgorithm, Usage, limits, verify_chain,
};
use kaibiao_types::UtcMillis;
use kaibiao_wire::Exit;
use serde_json::{Value, json};

use crate::args::{CertCmd, SignArgs, VerifySignatureArgs};
use crate::failure::Failure;
use crate::identity::{self, Signer, Trust};
use crate::output::{Facts, Ui};
use crate::{cert_words, files, machine};

/// Bytes of the longest file that is signed here: it is held in memory.
const CONTENT_MAX: usize = 64 << 20;

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
            check(file, &trust.load()?, key.as_deref(), at, ui)?;
        }
    }
    Ok(Exit::Ok)
}

pub(super) fn certificate_facts(certificate: &Certificate) -> Facts {
    let key = match certificate.key_algorithm() {
        KeyAlgorithm::EcP256 => "P-256".to_owned(),
        KeyAlgorithm::EcP384 => "P-384".to_owned(),
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
        .add("alternative_names", alternative_names(certificate))
        .text("not_before", certificate.not_before())
        .text("not_after", certificate.not_after())
        .text("sha256", certificate.sha256())
        .text("spki_sha256", certificate.spki_sha256());
    facts
}

/// The alternative names in words; `null` if they cannot be read.
fn alternative_names(certificate: &Certificate) -> Value {
    certificate.alternative_names().map_or(Value::Null, |all| {
        all.iter().map(AlternativeName::to_string).map(Value::from).collect()
    })
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

pub(super) fn verify_signature(args: &VerifySignatureArgs, ui: Ui) -> Result<Exit, Failure> {
    let trust = args.trust.load()?;
    let cms = files::read(&args.signature, limits::CMS_BYTES_MAX)?;
    let content = files::read(&args.content, CONTENT_MAX)?;
    let at = args.at.map_or_else(machine::now, Ok)?;
    let verified = cms::verify_detached(&cms, &content, &trust.list, at).map_err(|error| {
        let (zh, en) = cert_words::signature(&error);
        ui.note(&zh, &en);
        match error {
            SignatureError::Certificate(error) => Failure::from(error),
            error => Failure::from(error),
        }
    })?;
    let (signer, party) = (verified.signer().certificate(), verified.signer().party());
    let mut facts = Facts::default();
    facts
        .add("organisation", party.name.clone())
        .text("code", &party.code)
        .text("serial_tail", signer.serial_tail())
        .text("signing_time", verified.signing_time())
        .text("cms_sha256", verified.cms_sha256())
        .text("at", at);
    ui.facts(&facts);
    Ok(Exit::Ok)
}
