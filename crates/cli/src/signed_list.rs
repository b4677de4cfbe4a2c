//! Trust lists that a command was given, with the signature of the supervising body beside them where
//! one is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kaibiao_pki::cms::Pin;
use kaibiao_pki::{SignedTrustList, limits};
use kaibiao_wire::Label;

use crate::args::{ByTrust, MayTrust};
use crate::failure::Failure;
use crate::files;
use crate::identity::{self, Trust};

impl ByTrust {
    /// Loads the trust list; where the supervising body is named, the list must be signed by it.
    pub(crate) fn load(&self) -> Result<Trust, Failure> {
        match &self.trust_signed_by {
            None => Trust::load(&self.trust),
            Some(by) => Ok(load(&self.trust, &beside(&self.trust), by)?.0),
        }
    }
}

impl MayTrust {
    /// Loads the trust list, if there is one, as [`ByTrust::load`] does.
    pub(crate) fn load(&self) -> Result<Option<Trust>, Failure> {
        let Some(trust) = self.trust.clone() else { return Ok(None) };
        ByTrust { trust, trust_signed_by: self.trust_signed_by.clone() }.load().map(Some)
    }
}

/// Where the signature of a list is: its name with `.p7s` behind it.
pub(crate) fn beside(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_owned();
    name.push(".p7s");
    PathBuf::from(name)
}

/// Loads a list whose signature must be by the first certificate in the file `by`.
pub(crate) fn load(
    list: &Path,
    signature: &Path,
    by: &Path,
) -> Result<(Trust, SignedTrustList), Failure> {
    let (body, _) = identity::certificates(by)?;
    let bytes = files::read(list, limits::TRUST_LIST_BYTES_MAX)?;
    if !signature.exists() {
        let detail = format!("{}: no such file", signature.display());
        return Err(Failure::new(Label::UnsignedTrustList, detail));
    }
    let cms = files::read(signature, limits::CMS_BYTES_MAX)?;
    let signed = SignedTrustList::verify(&bytes, &cms, Pin::Certificate(body.sha256()))
        .map_err(|error| Failure::from(error).at(&list.display().to_string()))?;
    Ok((Trust { bytes, list: Arc::new(signed.list().clone()) }, signed))
}
