//! `kaibiao custodian`.

use std::path::Path;
use std::time::Duration;

use kaibiao_crypto::SecureEntropy;
use kaibiao_custodian::{
    Config, Custodian, CustodianError, HardeningError, KeyStore, KeyStoreError, MemoryLock, Pace,
    Passphrase, Protection, RecoverShareError, harden, open_token,
};
use kaibiao_token::{TokenConfig, TokenError, TokenPin};
use kaibiao_types::{CustodianIndex, LotKey};
use kaibiao_wire::{Accepted, Exit, JsonError, Label, PartialsBody, SignedBody, from_json, paths};

use crate::args::{CustodianCmd, StoreArgs};
use crate::client::Hall;
use crate::failure::Failure;
use crate::identity;
use crate::line::ROOTS_MAX;
use crate::output::{Facts, Ui};
use crate::{files, machine, process, secrets};

/// Bytes of the longest file of partial decryptions that is read.
const RELEASED_MAX: usize = 64 << 20;

pub(super) async fn run(command: CustodianCmd, ui: Ui) -> Result<Exit, Failure> {
    if let CustodianCmd::Carry { file, at } = &command {
        return carry(file, &Hall::at(at)?, ui).await;
    }
    harden_process(ui)?;
    match command {
        CustodianCmd::Carry { .. } => {}
        CustodianCmd::Init { store } => {
            let made = KeyStore::init(&store.dir, protection(&store)?, machine::random())?;
            let mut facts = Facts::default();
            facts.add("key_store", made.root().display().to_string());
            ui.facts(&facts);
        }
        CustodianCmd::Run { at, store, signer, trust, poll_ms, log, lot, while_stdin } => {
            process::log_to_stderr(log.log_format);
            let pace = poll_ms
                .map_or_else(Pace::default, |span| Pace::steady(Duration::from_millis(span)));
            let root =
                at.tls_root.as_deref().map(|path| files::read(path, ROOTS_MAX)).transpose()?;
            let config = Config {
                hall: at.hall,
                tls_root: root,
                store: KeyStore::open_or_init(&store.dir, protection(&store)?, machine::random())?,
                identity: identity::load_identity(&signer)?,
                trust: trust.load()?.bytes,
                lot,
                pace,
            };
            let custodian = Custodian::new(config)?;
            let mut facts = Facts::default();
            facts.add("custodian", "running");
            ui.facts(&facts);
            custodian.run(process::stopped(while_stdin)).await?;
        }
    }
    Ok(Exit::Ok)
}

/// Before any secret is read.
fn harden_process(ui: Ui) -> Result<(), Failure> {
    if let MemoryLock::Unlocked(why) = harden()? {
        ui.note(
            &format!("warning: 内存未锁定，密钥可能被换页到磁盘: {why}"),
            &format!("warning: memory is not locked, so keys may reach a swap disk: {why}"),
        );
    }
    Ok(())
}

/// Writes the lost share of a key store anew from a published ceremony bundle.
pub(super) fn recover_share(
    bundle: &[u8],
    store: &StoreArgs,
    ui: Ui,
) -> Result<(LotKey, CustodianIndex), Failure> {
    harden_process(ui)?;
    let keys = KeyStore::open(&store.dir, protection(store)?)?;
    Ok(keys.recover_share(bundle, &mut SecureEntropy(machine::random()))?)
}

/// Posts a custodian's signed partial decryptions as they are: whoever carries them can neither
/// change them nor learn a key, and the hall checks the signature as if the custodian had come.
async fn carry(file: &Path, hall: &Hall, ui: Ui) -> Result<Exit, Failure> {
    let bytes = files::read(file, RELEASED_MAX)?;
    let malformed =
        |error: JsonError| Failure::caused(Label::BadInput, &error).at(&file.display().to_string());
    let signed: SignedBody = from_json(&bytes).map_err(malformed)?;
    let body: PartialsBody = from_json(signed.body.as_slice()).map_err(malformed)?;
    let lot = LotKey { tender: body.tender, lot: body.lot };
    let accepted: Accepted = hall.post(&paths::partials(&lot), &signed).await?;
    let mut facts = Facts::default();
    facts
        .text("lot", &lot)
        .text("custodian", body.custodian)
        .text("part", body.part)
        .add("entries", accepted.head);
    ui.facts(&facts);
    Ok(Exit::Ok)
}

/// What the key store is made or opened with; a token is logged in to.
fn protection(store: &StoreArgs) -> Result<Protection, Failure> {
    let args = &store.protection;
    if let Some(path) = &args.passphrase_file {
        let passphrase = Passphrase::new(secrets::first_line(path)?).map_err(|error| {
            Failure::coded(Label::BadInput, error.label(), &error).at(&path.display().to_string())
        })?;
        return Ok(passphrase.into());
    }
    let (Some(module), Some(label), Some(path)) =
        (&args.token_module, &args.token_label, &args.token_pin_file)
    else {
        let detail = "a token needs --token-module, --token-label and --token-pin-file";
        return Err(Failure::new(Label::Usage, detail));
    };
    let pin = TokenPin::new(&secrets::first_line(path)?).map_err(|error| {
        Failure::coded(Label::BadInput, error.label(), &error).at(&path.display().to_string())
    })?;
    let config = TokenConfig { module: module.clone(), label: label.clone(), pin };
    Ok(open_token(config).map_err(KeyStoreError::from)?.into())
}

impl From<HardeningError> for Failure {
    fn from(error: HardeningError) -> Self {
        Self::coded(Label::Internal, error.label(), &error)
    }
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        let label = match &error {
            KeyStoreError::Missing(_) | KeyStoreError::Read { .. } => Label::CannotRead,
            KeyStoreError::Exists(_) => Label::CannotWrite,
            KeyStoreError::Passphrase(_) => Label::KeyStorePassphrase,
            KeyStoreError::OpenToOthers(_) => Label::KeyStoreExposed,
            KeyStoreError::Write { .. } => Label::KeyStoreWrite,
            KeyStoreError::Entropy(_) => Label::Internal,
            KeyStoreError::Locked(_) => Label::KeyStoreLocked,
            KeyStoreError::Protection { .. } => Label::Usage,
            KeyStoreError::Token(error) => token(error),
            _ => Label::BadInput,
        };
        Self::coded(label, error.label(), &error)
    }
}

/// Whether the token is not there, does not take the PIN, or may not be relied on.
const fn token(error: &TokenError) -> Label {
    match error {
        TokenError::Pin | TokenError::PinLastTry | TokenError::PinLocked => Label::TokenPin,
        TokenError::Ambiguous(_)
        | TokenError::Exposed(_)
        | TokenError::KeyTwice(_)
        | TokenError::Mechanism { .. } => Label::TokenUnfit,
        _ => Label::TokenUnavailable,
    }
}

impl From<RecoverShareError> for Failure {
    fn from(error: RecoverShareError) -> Self {
        let label = match error {
            RecoverShareError::Store(error) => return error.into(),
            RecoverShareError::Present(_) | RecoverShareError::Destroyed(_) => Label::OutOfOrder,
            RecoverShareError::OtherCeremony(_) => Label::UnknownCeremony,
            _ => Label::BadInput,
        };
        Self::coded(label, error.label(), &error)
    }
}

impl From<CustodianError> for Failure {
    fn from(error: CustodianError) -> Self {
        let label = match error {
            CustodianError::Store(error) => return error.into(),
            CustodianError::Trust(error) => return error.into(),
            CustodianError::Identity(error) => return error.into(),
            CustodianError::Certificate(error) => return error.into(),
            CustodianError::Hall(_) | CustodianError::TlsRoot => Label::Usage,
            CustodianError::IdentityFile { .. } => Label::CannotRead,
            _ => Label::Internal,
        };
        Self::coded(label, error.label(), &error)
    }
}
