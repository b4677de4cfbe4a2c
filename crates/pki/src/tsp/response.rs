//! `TimeStampResp` (RFC 3161, 2.4.2).

use super::error::{Failure, TimeStampError, part};
use crate::cert::presentable_part;
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::TIME_STAMP_BYTES_MAX;

const RESPONSE: &str = "TimeStampResp";

/// `granted` and `grantedWithMods`.
const GRANTED: [&[u8]; 2] = [&[0], &[1]];

/// Takes the token out of an authority's answer, the exact bytes of it. Nothing of the token is
/// judged.
///
/// # Errors
///
/// [`TimeStampError::Refused`] if the authority did not stamp; [`TimeStampError::Format`],
/// [`TimeStampError::TooLarge`].
///
/// # Source
///
/// RFC 3161, 2.4.2.
pub fn read_response(response: &[u8]) -> Result<&[u8], TimeStampError> {
    if response.len() > TIME_STAMP_BYTES_MAX {
        return Err(TimeStampError::TooLarge(response.len()));
    }
    part(RESPONSE, der::check(response, der::SEQUENCE))?;
    let mut fields = part(RESPONSE, Tlv::only(response, der::SEQUENCE))?.reader();
    let status = part("status", fields.inside(der::SEQUENCE).and_then(status))?;
    let token = part(RESPONSE, fields.optional(der::SEQUENCE))?;
    part(RESPONSE, fields.finish())?;
    match (status, token) {
        (None, Some(token)) => Ok(token.raw),
        (Some(refused), None) => Err(refused),
        // A token beside a refusal, or none beside a grant.
        (Some(_), Some(_)) => part(RESPONSE, Err(DerError::Trailing)),
        (None, None) => part(RESPONSE, Err(DerError::Truncated)),
    }
}

/// `PKIStatusInfo`: nothing if granted, else why not.
fn status(mut fields: Reader<'_>) -> Result<Option<TimeStampError>, DerError> {
    let status = fields.expect(der::INTEGER)?.value;
    let mut text = String::new();
    if let Some(lines) = fields.optional(der::SEQUENCE)? {
        let mut lines = lines.reader();
        while !lines.is_empty() {
            let line = lines.expect(der::UTF8_STRING)?.value;
            let line = core::str::from_utf8(line).map_err(|_| DerError::Value)?;
            text.push_str(if text.is_empty() { "" } else { "; " });
            text.push_str(line);
        }
    }
    let bits = fields.optional(der::BIT_STRING)?;
    fields.finish()?;
    if GRANTED.contains(&status) {
        return if bits.is_some() { Err(DerError::Value) } else { Ok(None) };
    }
    let &[status @ 2..=5] = status else {
        return Err(DerError::Value);
    };
    let octets = bits.and_then(|bits| bits.value.get(1..)).unwrap_or_default();
    let (failure, text) = (Failure::of_bits(octets), presentable_part(&text));
    Ok(Some(TimeStampError::Refused { status, failure, text }))
}
