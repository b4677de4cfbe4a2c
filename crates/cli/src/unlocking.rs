//! Unlocking the own bid (投标人解密): from the sealed files and the certificate's key to what is handed
//! over. The key stays here.

use std::fs::File;
use std::path::Path;

use kaibiao_crypto::{Hex, SecureEntropy, scrub_stack};
use kaibiao_opening::{BidUnsealing, BidderWindow, State, UnlockSecret, UnlockedPart};
use kaibiao_pki::Certificate;
use kaibiao_seal::{BidderSecret, Header, LockMode, UnwrapError};
use kaibiao_types::{LotKey, Stage};
use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::identity::Signer;
use crate::sealing::{self, CERTIFICATE, object_name};
use crate::{files, machine};

/// Bytes of the longest certificate.
const CERTIFICATE_MAX: usize = 1 << 16;

/// What the key of `signer` gives of the locks of the bid in `folder`, checked against what the bid
/// commits to: what is sent fits.
pub(crate) fn unlock(
    folder: &Path,
    lot: &LotKey,
    signer: &Signer,
) -> Result<BidUnsealing, Failure> {
    let manifest = sealing::load_manifest(folder)?;
    if manifest.lot() != lot {
        let detail = format!("the bid is for {}, asked for is {lot}", manifest.lot());
        return Err(Failure::new(Label::WrongLot, detail));
    }
    let Signer::Here(identity) = signer else {
        let detail = "this version unlocks a bid with a key file only: --cert and --key, or --p12";
        return Err(Failure::new(Label::Usage, detail));
    };
    let stage = Stage::new(1).map_err(|error| Failure::internal(error.to_string()))?;
    let mut key = None;
    let mut secrets = Vec::new();
    for part in manifest.body().parts.iter().filter(|part| part.stage == stage) {
        let path = folder.join(object_name(part.name()));
        let header = read_header(&path)?;
        if header.digest() != part.header_sha256 {
            let detail = format!("{}: not the file that the manifest names", path.display());
            return Err(Failure::new(Label::AlteredObject, detail));
        }
        let Some(lock) = header.bidder_lock().filter(|_| header.lock_mode() != LockMode::None)
        else {
            let detail =
                "this bid has no bidder lock: the custodians open it, nothing is to be done";
            return Err(Failure::new(Label::BadInput, detail));
        };
        if signer.certificate().sha256() != lock.cert_sha256 {
            return Err(wrong_certificate(
                folder,
                signer.certificate(),
                &lock.cert_sha256.to_string(),
            ));
        }
        let key = if let Some(key) = &key {
            key
        } else {
            let read = identity.danger_with_pkcs8(BidderSecret::from_pkcs8);
            let read = read.map_err(|e| Failure::coded(Label::BadInput, e.label(), &e))?;
            &*key.insert(read)
        };
        let mut entropy = SecureEntropy(machine::random());
        let secret = key.unwrap_lock(&header, &mut entropy);
        scrub_stack();
        let secret = secret.map_err(unwrapped)?;
        let secret = UnlockSecret::new(Hex(*secret.expose()).to_string());
        secrets.push(UnlockedPart { part: part.part, secret });
    }
    Ok(BidUnsealing { stage, manifest_sha256: manifest.sha256(), secrets })
}

/// Whether the log has just this; another bid of the bidder in the log is no repeat.
pub(crate) fn is_done(state: &State, own: &BidUnsealing) -> Result<bool, Failure> {
    let current = state.current_bids().any(|bid| bid.manifest_sha256 == own.manifest_sha256);
    if state.frozen().is_some() && !current {
        let detail = "this folder is not the bid that counts: it was replaced or withdrawn, or never \
                      received; take the folder of the last version";
        return Err(Failure::new(Label::BadInput, detail));
    }
    let all = state.bidder_window().map(BidderWindow::unsealed);
    let mut logged = all.into_iter().flat_map(|all| all.values());
    Ok(logged.any(|(unsealed, _)| unsealed.manifest_sha256 == own.manifest_sha256))
}

/// 非正确的加密锁: names the certificate that is needed, as its owner sees it.
fn wrong_certificate(folder: &Path, used: &Certificate, needed: &str) -> Failure {
    let kept = files::read(&folder.join(CERTIFICATE), CERTIFICATE_MAX).ok();
    let kept = kept.and_then(|bytes| Certificate::from_der(&bytes).ok());
    let serial = kept.filter(|certificate| certificate.sha256().to_string() == *needed);
    let needed = serial.map_or_else(
        || format!("the certificate with SHA-256 {needed}"),
        |certificate| {
            format!(
                "the certificate of {} with serial number {}",
                certificate.display_name(),
                certificate.serial_hex()
            )
        },
    );
    let detail = format!(
        "this bid is unlocked with {needed}; the one used has serial number {}",
        used.serial_hex()
    );
    Failure::new(Label::BadInput, format!("E_UNWRAP: {detail}"))
}

fn unwrapped(error: UnwrapError) -> Failure {
    Failure::coded(Label::BadInput, error.label(), &error)
}

fn read_header(path: &Path) -> Result<Header, Failure> {
    let mut file = File::open(path).map_err(|error| Failure::read(path, &error))?;
    Header::read(&mut file)
        .map_err(|error| Failure::caused(Label::BadInput, &error).at(&path.display().to_string()))
}
