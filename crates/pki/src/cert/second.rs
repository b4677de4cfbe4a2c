//! The second opinion on the extensions about names and policies.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName as TheirName, GeneralSubtree, ParsedExtension};

use super::Certificate;
use crate::general_name::GeneralName;
use crate::name::ComparableName;
use crate::{name_constraints, oid, policy};

/// Whether `x509-parser` reads from these extensions what we do. One that we refuse needs no second
/// opinion: a path with it does not pass.
pub(super) fn same_names_and_policies(ours: &Certificate, theirs: &X509Certificate<'_>) -> bool {
    theirs.extensions().iter().all(|theirs| {
        let ours = ours.extensions.get(theirs.oid.as_bytes());
        let value = ours.map(|extension| extension.value.as_slice()).unwrap_or_default();
        same(theirs.oid.as_bytes(), value, theirs.parsed_extension()).unwrap_or(true)
    })
}

/// `None` if we refuse the value.
fn same(kind: &[u8], value: &[u8], theirs: &ParsedExtension<'_>) -> Option<bool> {
    use ParsedExtension as Their;
    Some(match (kind, theirs) {
        (oid::SUBJECT_ALT_NAME, theirs) => {
            let ours = GeneralName::alternatives(value).ok()?;
            matches!(theirs, Their::SubjectAlternativeName(names)
                if same_names(&ours, names.general_names.iter()))
        }
        (oid::NAME_CONSTRAINTS, theirs) => {
            let (permitted, excluded) = name_constraints::subtrees(value).ok()?;
            let list = |ours: &[GeneralName<'_>], theirs: Option<&Vec<GeneralSubtree<'_>>>| {
                let theirs = theirs.map(Vec::as_slice).unwrap_or_default();
                same_names(ours, theirs.iter().map(|subtree| &subtree.base))
            };
            matches!(theirs, Their::NameConstraints(names)
                if list(&permitted, names.permitted_subtrees.as_ref())
                && list(&excluded, names.excluded_subtrees.as_ref()))
        }
        (oid::CERTIFICATE_POLICIES, theirs) => {
            let ours = policy::policies(value).ok()?;
            matches!(theirs, Their::CertificatePolicies(list) if list.len() == ours.len()
                && list.iter().all(|one| ours.contains(one.policy_id.as_bytes())))
        }
        (oid::POLICY_MAPPINGS, theirs) => {
            let ours = policy::mappings(value).ok()?;
            matches!(theirs, Their::PolicyMappings(list) if list.mappings.len() == ours.len()
            && list.mappings.iter().zip(&ours).all(|(theirs, (from, to))| {
                theirs.issuer_domain_policy.as_bytes() == from
                    && theirs.subject_domain_policy.as_bytes() == to
            }))
        }
        (oid::POLICY_CONSTRAINTS, theirs) => {
            let (explicit, mapping) = policy::constraints(value).ok()?;
            matches!(theirs, Their::PolicyConstraints(list)
                if same_count(explicit, list.require_explicit_policy)
                && same_count(mapping, list.inhibit_policy_mapping))
        }
        (oid::INHIBIT_ANY_POLICY, theirs) => {
            let ours = policy::skip_certificates(value).ok()?;
            matches!(theirs, Their::InhibitAnyPolicy(any)
                if same_count(Some(ours), Some(any.skip_certs)))
        }
        _ => true,
    })
}

/// Every number beyond 255 is read as that.
fn same_count(ours: Option<usize>, theirs: Option<u32>) -> bool {
    let theirs = theirs.map(|count| usize::try_from(count).unwrap_or(usize::MAX).min(255));
    ours == theirs
}

fn same_names<'a, 'b: 'a>(
    ours: &[GeneralName<'_>],
    theirs: impl Iterator<Item = &'a TheirName<'b>> + Clone,
) -> bool {
    theirs.clone().count() == ours.len()
        && ours.iter().zip(theirs).all(|(ours, theirs)| match (ours, theirs) {
            (GeneralName::Dns(ours), TheirName::DNSName(theirs))
            | (GeneralName::Email(ours), TheirName::RFC822Name(theirs))
            | (GeneralName::Uri(ours), TheirName::URI(theirs)) => ours == theirs,
            (GeneralName::Ip(ours), TheirName::IPAddress(theirs)) => ours == theirs,
            (GeneralName::Directory(ours), TheirName::DirectoryName(theirs)) => {
                ComparableName::of(theirs.as_raw()).is_ok_and(|theirs| theirs == *ours)
            }
            (GeneralName::Other(_), theirs) => !matches!(
                theirs,
                TheirName::DNSName(_)
                    | TheirName::RFC822Name(_)
                    | TheirName::URI(_)
                    | TheirName::IPAddress(_)
                    | TheirName::DirectoryName(_)
            ),
            _ => false,
        })
}
