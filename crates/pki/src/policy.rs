//! Certificate policies along a path: RFC 5280, 6.1, with the graph of RFC 9618.

use std::collections::{BTreeMap, BTreeSet};

use crate::cert::Certificate;
use crate::der::{self, DerError, Tlv};
use crate::limits::POLICY_NODES_MAX;
use crate::oid;

/// What a verifier asks of certificate policies (RFC 5280, 6.1.1 c and e to g). The default accepts
/// every policy and none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicySettings {
    /// Policies that are accepted; empty for any.
    accepted: BTreeSet<Vec<u8>>,
    explicit: bool,
    no_mapping: bool,
    no_any: bool,
}

impl PolicySettings {
    /// Accepts this policy, an object identifier such as `1.2.156.1`; once one is named, only those
    /// that are named. `None` if the text is no object identifier, or that of `anyPolicy`: whoever
    /// accepts any policy names none.
    pub fn accept(mut self, policy: &str) -> Option<Self> {
        let policy = oid::from_dotted(policy).filter(|policy| policy != oid::ANY_POLICY)?;
        self.accepted.insert(policy);
        Some(self)
    }

    /// The path must be valid for a policy that is accepted.
    #[must_use]
    pub const fn require_explicit(mut self) -> Self {
        self.explicit = true;
        self
    }

    /// No CA of the path may map one policy to another.
    #[must_use]
    pub const fn inhibit_mapping(mut self) -> Self {
        self.no_mapping = true;
        self
    }

    /// `anyPolicy` stands for no policy.
    #[must_use]
    pub const fn inhibit_any_policy(mut self) -> Self {
        self.no_any = true;
        self
    }

    /// These settings, narrowed by the extensions of a trust anchor (RFC 5937, 3.2).
    fn under(&self, anchor: &Certificate) -> Result<Self, PolicyFault> {
        let said = Said::of(anchor)?;
        let mut out = self.clone();
        out.explicit |= said.require_explicit.is_some();
        out.no_mapping |= said.inhibit_mapping.is_some();
        out.no_any |= said.inhibit_any.is_some();
        if let Some(policies) = said.policies.filter(|list| !list.contains(oid::ANY_POLICY)) {
            if out.accepted.is_empty() {
                out.accepted = policies;
            } else {
                out.accepted.retain(|policy| policies.contains(policy));
                if out.accepted.is_empty() {
                    return Err(PolicyFault::None);
                }
            }
        }
        Ok(out)
    }
}

/// Why policies do not pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PolicyFault {
    /// An extension is malformed.
    Malformed(&'static [u8]),
    /// An explicit policy is asked for and the path has none that is accepted; or there are more
    /// policies than are looked at.
    None,
}

/// A policy of the issuer and one of the subject that stands for it.
pub(crate) type Mapping = (Vec<u8>, Vec<u8>);

/// What one certificate says on policies.
#[derive(Default)]
struct Said {
    policies: Option<BTreeSet<Vec<u8>>>,
    mappings: Vec<Mapping>,
    require_explicit: Option<usize>,
    inhibit_mapping: Option<usize>,
    inhibit_any: Option<usize>,
}

impl Said {
    fn of(certificate: &Certificate) -> Result<Self, PolicyFault> {
        let get = |wanted: &[u8]| certificate.extensions.get(wanted);
        let wrong = |which: &'static [u8]| move |_: DerError| PolicyFault::Malformed(which);
        let mut said = Self::default();
        if let Some(extension) = get(oid::CERTIFICATE_POLICIES) {
            let read = policies(&extension.value).map_err(wrong(oid::CERTIFICATE_POLICIES))?;
            said.policies = Some(read);
        }
        if let Some(extension) = get(oid::POLICY_MAPPINGS) {
            said.mappings = mappings(&extension.value).map_err(wrong(oid::POLICY_MAPPINGS))?;
        }
        if let Some(extension) = get(oid::POLICY_CONSTRAINTS) {
            // RFC 5280 wants it critical, RFC 3280 did not; it limits in both.
            let read = constraints(&extension.value).map_err(wrong(oid::POLICY_CONSTRAINTS))?;
            (said.require_explicit, said.inhibit_mapping) = read;
        }
        if let Some(extension) = get(oid::INHIBIT_ANY_POLICY) {
            let number = skip_certificates(&extension.value);
            said.inhibit_any = Some(number.map_err(wrong(oid::INHIBIT_ANY_POLICY))?);
        }
        Ok(said)
    }
}

pub(crate) fn policies(value: &[u8]) -> Result<BTreeSet<Vec<u8>>, DerError> {
    der::check(value, der::SEQUENCE)?;
    let mut list = Tlv::only(value, der::SEQUENCE)?.reader();
    let mut out = BTreeSet::new();
    while !list.is_empty() {
        let mut information = list.inside(der::SEQUENCE)?;
        let policy = information.expect(der::OID)?.value.to_vec();
        information.optional(der::SEQUENCE)?; // qualifiers are for people
        information.finish()?;
        if !out.insert(policy) {
            return Err(DerError::Order); // RFC 5280, 4.2.1.4: none more than once
        }
    }
    if out.is_empty() { Err(DerError::Truncated) } else { Ok(out) }
}

pub(crate) fn mappings(value: &[u8]) -> Result<Vec<Mapping>, DerError> {
    der::check(value, der::SEQUENCE)?;
    let mut list = Tlv::only(value, der::SEQUENCE)?.reader();
    let mut out = Vec::new();
    while !list.is_empty() {
        let mut pair = list.inside(der::SEQUENCE)?;
        let (from, to) = (pair.expect(der::OID)?.value, pair.expect(der::OID)?.value);
        pair.finish()?;
        if from == oid::ANY_POLICY || to == oid::ANY_POLICY {
            return Err(DerError::Value); // RFC 5280, 6.1.4 a
        }
        out.push((from.to_vec(), to.to_vec()));
    }
    if out.is_empty() { Err(DerError::Truncated) } else { Ok(out) }
}

pub(crate) fn constraints(value: &[u8]) -> Result<(Option<usize>, Option<usize>), DerError> {
    der::check(value, der::SEQUENCE)?;
    let mut fields = Tlv::only(value, der::SEQUENCE)?.reader();
    if fields.is_empty() {
        return Err(DerError::Truncated);
    }
    let mut number = |tag| {
        let field = fields.optional(tag)?;
        field.map(|field| count(field.value)).transpose()
    };
    let both = (number(der::CONTEXT_0_PRIMITIVE)?, number(der::CONTEXT_1_PRIMITIVE)?);
    fields.finish()?;
    Ok(both)
}

/// The content of `inhibitAnyPolicy`.
pub(crate) fn skip_certificates(value: &[u8]) -> Result<usize, DerError> {
    Tlv::only(value, der::INTEGER).and_then(|number| count(number.value))
}

/// A number of certificates; every number beyond 255 means the same here.
fn count(integer: &[u8]) -> Result<usize, DerError> {
    match integer {
        [] | [0x80..=0xff, ..] => Err(DerError::Value),
        [0, second, ..] if *second < 0x80 => Err(DerError::Value),
        [only] | [0, only] => Ok(usize::from(*only)),
        _ => Ok(usize::from(u8::MAX)),
    }
}

/// One policy at one depth.
#[derive(Clone, Debug, Default)]
struct Node {
    expected: BTreeSet<Vec<u8>>,
    /// Policies of the depth above.
    parents: BTreeSet<Vec<u8>>,
}

type Depth = BTreeMap<Vec<u8>, Node>;

/// The state of RFC 5280, 6.1.2, as far as it concerns policies.
struct Policies {
    /// The graph, depth 0 first; empty once nothing is valid (NULL in the standard).
    graph: Vec<Depth>,
    explicit: usize,
    mapping: usize,
    any: usize,
    nodes: usize,
}

/// Judges the policies of a path, the certificate below the anchor first, the signer's last.
pub(crate) fn judge(
    settings: &PolicySettings,
    anchor: &Certificate,
    path: &[&Certificate],
) -> Result<(), PolicyFault> {
    let settings = settings.under(anchor)?;
    let from = |inhibited: bool| if inhibited { 0 } else { path.len() + 1 };
    let any = [oid::ANY_POLICY.to_vec()].into_iter().collect();
    let root = Node { expected: any, parents: BTreeSet::new() };
    let mut state = Policies {
        graph: vec![[(oid::ANY_POLICY.to_vec(), root)].into_iter().collect()],
        explicit: from(settings.explicit),
        mapping: from(settings.no_mapping),
        any: from(settings.no_any),
        nodes: 0,
    };
    let Some((last, cas)) = path.split_last() else { return Ok(()) };
    for ca in cas {
        let said = Said::of(ca)?;
        state.descend(&said, ca.is_self_issued())?;
        state.prepare(&said, ca.is_self_issued())?;
    }
    let said = Said::of(last)?;
    state.descend(&said, false)?;
    state.explicit = state.explicit.saturating_sub(1);
    if said.require_explicit == Some(0) {
        state.explicit = 0;
    }
    if state.explicit > 0 || state.accepts(&settings.accepted) {
        Ok(())
    } else {
        Err(PolicyFault::None)
    }
}

impl Policies {
    /// RFC 5280, 6.1.3 d to f: one certificate further down.
    fn descend(&mut self, said: &Said, self_issued_ca: bool) -> Result<(), PolicyFault> {
        match (&said.policies, self.graph.last()) {
            (Some(policies), Some(above)) => {
                let any = self.any > 0 || self_issued_ca;
                let depth = next_depth(above, policies, any);
                self.nodes += depth.values().map(|node| 1 + node.parents.len()).sum::<usize>();
                self.graph.push(depth);
                self.prune();
            }
            _ => self.graph.clear(),
        }
        let too_many = self.nodes > POLICY_NODES_MAX;
        if too_many || (self.explicit == 0 && self.graph.is_empty()) {
            return Err(PolicyFault::None);
        }
        Ok(())
    }

    /// RFC 5280, 6.1.4 a, b and h to j: mappings and limits for the certificates below.
    fn prepare(&mut self, said: &Said, self_issued: bool) -> Result<(), PolicyFault> {
        let mut mapped: BTreeMap<&[u8], BTreeSet<Vec<u8>>> = BTreeMap::new();
        for (from, to) in &said.mappings {
            mapped.entry(from).or_default().insert(to.clone());
        }
        self.nodes += said.mappings.len();
        if self.nodes > POLICY_NODES_MAX {
            return Err(PolicyFault::None);
        }
        if let Some(depth) = self.graph.last_mut() {
            let any = depth.get(oid::ANY_POLICY).cloned();
            for (from, to) in mapped {
                if self.mapping == 0 {
                    depth.remove(from);
                } else if let Some(node) = depth.get_mut(from) {
                    node.expected = to;
                } else if let Some(any) = &any {
                    let node = Node { expected: to, parents: any.parents.clone() };
                    depth.insert(from.to_vec(), node);
                }
            }
            self.prune();
        }
        if !self_issued {
            for counter in [&mut self.explicit, &mut self.mapping, &mut self.any] {
                *counter = counter.saturating_sub(1);
            }
        }
        let lower = |counter: &mut usize, limit: Option<usize>| {
            *counter = limit.map_or(*counter, |limit| limit.min(*counter));
        };
        lower(&mut self.explicit, said.require_explicit);
        lower(&mut self.mapping, said.inhibit_mapping);
        lower(&mut self.any, said.inhibit_any);
        Ok(())
    }

    /// Takes away what leads to no policy of the lowest depth.
    fn prune(&mut self) {
        let mut needed: Option<BTreeSet<Vec<u8>>> = None;
        for depth in self.graph.iter_mut().rev() {
            if let Some(needed) = &needed {
                depth.retain(|policy, _| needed.contains(policy));
            }
            needed = Some(depth.values().flat_map(|node| node.parents.iter().cloned()).collect());
        }
        if self.graph.last().is_some_and(Depth::is_empty) {
            self.graph.clear();
        }
    }

    /// RFC 9618, 5.4: whether some policy remains that the authorities and the user accept.
    fn accepts(&self, accepted: &BTreeSet<Vec<u8>>) -> bool {
        let Some(lowest) = self.graph.last() else { return false };
        if accepted.is_empty() || lowest.contains_key(oid::ANY_POLICY) {
            return true;
        }
        // Policies in the terms of the anchor: those that hang on anyPolicy.
        self.graph.iter().flatten().any(|(policy, node)| {
            node.parents.contains(oid::ANY_POLICY) && accepted.contains(policy)
        })
    }
}

/// RFC 9618, 5.2: the nodes of one more depth.
fn next_depth(above: &Depth, policies: &BTreeSet<Vec<u8>>, any_allowed: bool) -> Depth {
    let mut parents: BTreeMap<&[u8], BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (policy, node) in above {
        for expected in &node.expected {
            parents.entry(expected).or_default().insert(policy.clone());
        }
    }
    let mut depth = Depth::new();
    let mut add = |policy: &[u8], parents: BTreeSet<Vec<u8>>| {
        let expected = [policy.to_vec()].into_iter().collect();
        depth.entry(policy.to_vec()).or_insert(Node { expected, parents });
    };
    for policy in policies.iter().filter(|policy| *policy != oid::ANY_POLICY) {
        if let Some(found) = parents.get(policy.as_slice()) {
            add(policy, found.clone());
        } else if above.contains_key(oid::ANY_POLICY) {
            add(policy, [oid::ANY_POLICY.to_vec()].into_iter().collect());
        }
    }
    if any_allowed && policies.contains(oid::ANY_POLICY) {
        for (expected, found) in parents {
            add(expected, found);
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_extensions() {
        assert!(policies(&[0x30, 5, 0x30, 3, 6, 1, 0x2a]).is_ok());
        for bad in [
            &[0x30, 0][..],
            &[0x30, 10, 0x30, 3, 6, 1, 0x2a, 0x30, 3, 6, 1, 0x2a], // twice
            &[0x30, 2, 0x30, 0],
            &[0x30, 7, 0x30, 5, 6, 1, 0x2a, 5, 0],
        ] {
            assert!(policies(bad).is_err(), "{bad:02x?}");
        }
        assert!(mappings(&[0x30, 8, 0x30, 6, 6, 1, 0x2a, 6, 1, 0x2b]).is_ok());
        for bad in [
            &[0x30, 0][..],
            &[0x30, 11, 0x30, 9, 6, 4, 0x55, 0x1d, 0x20, 0, 6, 1, 0x2b], // from anyPolicy
            &[0x30, 11, 0x30, 9, 6, 1, 0x2b, 6, 4, 0x55, 0x1d, 0x20, 0], // to anyPolicy
            &[0x30, 5, 0x30, 3, 6, 1, 0x2a],
        ] {
            assert!(mappings(bad).is_err(), "{bad:02x?}");
        }
        assert_eq!(constraints(&[0x30, 3, 0x80, 1, 0]), Ok((Some(0), None)));
        assert_eq!(constraints(&[0x30, 3, 0x81, 1, 2]), Ok((None, Some(2))));
        assert_eq!(constraints(&[0x30, 4, 0x81, 2, 1, 0]), Ok((None, Some(255))));
        for bad in [
            &[0x30, 0][..],
            &[0x30, 3, 0x80, 1, 0xff],
            &[0x30, 2, 0x80, 0],
            &[0x30, 4, 0x80, 2, 0, 1],
            &[0x30, 6, 0x81, 1, 0, 0x80, 1, 0],
        ] {
            assert!(constraints(bad).is_err(), "{bad:02x?}");
        }
        assert_eq!(skip_certificates(&[2, 1, 3]), Ok(3));
        assert!(skip_certificates(&[2, 1, 0x80]).is_err());
        assert!(skip_certificates(&[2, 1, 0, 0]).is_err());
    }

    #[test]
    fn settings_are_object_identifiers() {
        assert!(PolicySettings::default().accept("1.2.156.1").is_some());
        assert!(PolicySettings::default().accept("policy").is_none());
        assert!(PolicySettings::default().accept("").is_none());
        assert!(PolicySettings::default().accept("2.5.29.32.0").is_none());
    }
}
