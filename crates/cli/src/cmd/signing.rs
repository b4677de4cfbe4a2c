//! `kaibiao cert` and `sign`.

use kaibiao_pki::{
    AlternativeName, Certificate, KeyAlgorithm, SignatureAlgorithm, Usage, verify_chain,
};
use kaibiao_types::UtcMillis;
use kaibiao_wire::Exit;
use serde_json::{Value, json};

use crate::args::{CertCmd, SignArgs};
use crate::failure::Failure;
use crate::identity::{self, Held, Signer, Trust};
use crate::output::{Facts, Ui};
use crate::{cert_words, files, machine};

/// Bytes of the longest file that is signed here: it is held in memory.
pub(super) const CONTENT_MAX: usize = 64 << 20;

pub(super) fn cert(command: &CertCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        CertCmd::Inspect { file, password_file } => {
            for certificate in identity::any_certificates(file, password_file.as_deref())? {
                ui.facts(&certificate_facts(&certificate));
            }
        }
        CertCmd::Check { file, trust, key, password_file, serial_tail, at } => {
            let at = at.map_or_else(machine::now, Ok)?;
            let trust = trust.load()?;
            let held = identity::held(
                file,
                key.as_deref(),
                password_file.as_deref(),
                serial_tail.as_deref(),
            )?;
            check(&held, &trust, at, ui)?;
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
fn check(held: &Held, trust: &Trust, at: UtcMillis, ui: Ui) -> Result<(), Failure> {
    let certificate = &held.certificate;
    let verified = verify_chain(certificate, &held.above, &trust.list, at, Usage::Sign);
    let verified = verified.map_err(|error| {
        let (zh, en) = cert_words::cert(&error);
        ui.note(&zh, &en);
        Failure::from(error)
    })?;
    let party = verified.party();
    let mut facts = certificate_facts(certificate);
    facts
        .add("organisation", party.name.clone())
        .text("code", &party.code)
        .text("anchor_sha256", verified.anchor_sha256())
        .text("at", at)
        .add("key_fits", if held.with_key { true.into() } else { Value::Null });
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
    let signer = Signer::load(&args.signer)?;
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
