//! Puts a time stamp on a signature that is there already (CAdES-T).

use super::error::SignatureError;
use super::read::Container;
use super::sign::attribute;
use crate::cert::DigestAlgorithm;
use crate::der::{self, DerError, Tlv};
use crate::limits::CMS_BYTES_MAX;
use crate::oid;
use crate::tsp::{Imprint, intact_over};

/// What to have stamped: SHA-256 of the signature value in a container.
///
/// # Errors
///
/// [`SignatureError`]: the container is not in the profile.
///
/// # Source
///
/// ETSI EN 319 122-1, 5.3; RFC 3161, appendix A.
pub fn time_stamp_imprint(cms: &[u8]) -> Result<Imprint, SignatureError> {
    let container = unstamped(cms)?;
    Ok(Imprint::of(DigestAlgorithm::Sha256, container.signature))
}

/// The same container with a token on its signature. But for the five lengths around it, no octet
/// that was there is touched.
///
/// The token must be intact and of this signature; whether its authority is trusted is judged where
/// the signature is.
///
/// # Errors
///
/// [`SignatureError::TimeStamp`] if the token is not of this signature;
/// [`SignatureError::OutOfProfile`] if there is one already; [`SignatureError::TooLarge`].
pub fn add_time_stamp(cms: &[u8], token: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let container = unstamped(cms)?;
    intact_over(token, container.signature)?;
    let stamped = with_unsigned(cms, &attribute(oid::SIGNATURE_TIME_STAMP, token))
        .map_err(|source| SignatureError::Format { part: "container", source })?;
    if stamped.len() > CMS_BYTES_MAX {
        return Err(SignatureError::TooLarge(stamped.len()));
    }
    Ok(stamped)
}

fn unstamped(cms: &[u8]) -> Result<Container<'_>, SignatureError> {
    let container = Container::read(cms)?;
    if container.time_stamp.is_some() {
        return Err(SignatureError::OutOfProfile("a time stamp already"));
    }
    Ok(container)
}

/// Writes `unsignedAttrs` at the end of the only signer, where it belongs.
fn with_unsigned(cms: &[u8], attribute: &[u8]) -> Result<Vec<u8>, DerError> {
    let mut outer = Tlv::only(cms, der::SEQUENCE)?.reader();
    let kind = outer.expect(der::OID)?.raw;
    let wrapper = outer.expect(der::CONTEXT_0)?;
    let data = Tlv::only(wrapper.value, der::SEQUENCE)?;
    let mut fields = data.reader();
    let mut last = fields.any()?;
    while !fields.is_empty() {
        last = fields.any()?;
    }
    let before = data.value.strip_suffix(last.raw).ok_or(DerError::Truncated)?;
    let info = Tlv::only(last.value, der::SEQUENCE)?;
    let info = der::sequence(&[info.value, &der::tlv(der::CONTEXT_1, &[attribute])]);
    let data = der::sequence(&[before, &der::tlv(der::SET, &[&info])]);
    Ok(der::sequence(&[kind, &der::tlv(der::CONTEXT_0, &[&data])]))
}
