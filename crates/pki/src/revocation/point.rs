//! Issuing distribution points of CRLs (RFC 5280, 5.2.5) and distribution points of certificates
//! (4.2.1.13).

use super::EvidenceFault;
use crate::cert::Certificate;
use crate::der::{self, DerError, Reader, Tlv};
use crate::general_name::GeneralName;
use crate::name::ComparableName;
use crate::oid;

/// Which certificates of its issuer a CRL covers; by default all.
#[derive(Default)]
pub(super) struct Scope<'a> {
    only_users: bool,
    only_cas: bool,
    /// The CRL covers certificates that name one of these points.
    points: Option<Vec<GeneralName<'a>>>,
}

impl<'a> Scope<'a> {
    /// Reads an `IssuingDistributionPoint` of a CRL of this issuer.
    pub(super) fn read(value: &'a [u8], issuer: &ComparableName) -> Result<Self, EvidenceFault> {
        der::check(value, der::SEQUENCE)?;
        let mut fields = Tlv::only(value, der::SEQUENCE)?.reader();
        let points = match fields.optional(der::CONTEXT_0)? {
            Some(point) => Some(point_names(point.reader(), issuer)?),
            None => None,
        };
        let only_users = flag(&mut fields, 0x81)?;
        let only_cas = flag(&mut fields, 0x82)?;
        let some_reasons = fields.optional(0x83)?.is_some();
        let indirect = flag(&mut fields, 0x84)?;
        let only_attributes = flag(&mut fields, 0x85)?;
        fields.finish()?;
        if indirect {
            return Err(EvidenceFault::Indirect);
        }
        if some_reasons || only_attributes {
            return Err(EvidenceFault::Scope);
        }
        Ok(Self { only_users, only_cas, points })
    }

    /// Whether a certificate of the issuer is covered.
    pub(super) fn covers(&self, certificate: &Certificate) -> Result<bool, EvidenceFault> {
        if (self.only_users && certificate.is_ca()) || (self.only_cas && !certificate.is_ca()) {
            return Ok(false);
        }
        let Some(points) = &self.points else { return Ok(true) };
        let named = certificate_points(certificate)?;
        Ok(named.iter().any(|name| !matches!(name, GeneralName::Other(_)) && points.contains(name)))
    }
}

/// A BOOLEAN DEFAULT FALSE under this tag.
fn flag(fields: &mut Reader<'_>, tag: u8) -> Result<bool, DerError> {
    match fields.optional(tag)? {
        None => Ok(false),
        Some(flag) if flag.value == [0xff] => Ok(true),
        Some(_) => Err(DerError::Value),
    }
}

/// `DistributionPointName`: full names, or one relative to the issuer of the CRL.
fn point_names<'a>(
    mut point: Reader<'a>,
    issuer: &ComparableName,
) -> Result<Vec<GeneralName<'a>>, DerError> {
    let choice = point.any()?;
    point.finish()?;
    match choice.tag {
        der::CONTEXT_0 => GeneralName::all(choice.reader()),
        der::CONTEXT_1 => Ok(vec![GeneralName::Directory(issuer.and(choice.reader())?)]),
        tag => Err(DerError::Tag(tag)),
    }
}

/// The points at which the certificate's own issuer publishes its CRLs; those of other CRL issuers
/// are left out.
fn certificate_points(certificate: &Certificate) -> Result<Vec<GeneralName<'_>>, EvidenceFault> {
    let Some(extension) = certificate.extensions.get(oid::CRL_POINTS) else {
        return Ok(Vec::new());
    };
    der::check(&extension.value, der::SEQUENCE)?;
    let mut list = Tlv::only(&extension.value, der::SEQUENCE)?.reader();
    let mut out = Vec::new();
    while !list.is_empty() {
        let mut fields = list.inside(der::SEQUENCE)?;
        let point = fields.optional(der::CONTEXT_0)?;
        fields.optional(der::CONTEXT_1_PRIMITIVE)?;
        let other_issuer = fields.optional(der::CONTEXT_2)?.is_some();
        fields.finish()?;
        if let (Some(point), false) = (point, other_issuer) {
            out.extend(point_names(point.reader(), &certificate.issuer_name)?);
        }
    }
    Ok(out)
}
