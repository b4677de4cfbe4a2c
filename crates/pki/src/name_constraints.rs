//! Name constraints along a path (RFC 5280, 4.2.1.10 and 6.1.3 b and c).

use crate::cert::Certificate;
use crate::der::{self, DerError, Reader, Tlv};
use crate::general_name::GeneralName;
use crate::limits::NAME_CONSTRAINT_WORK_MAX;
use crate::oid;

/// Why names do not pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NameFault {
    /// An extension is malformed.
    Malformed(&'static [u8]),
    /// A name outside what is permitted, inside what is excluded, or not to be judged; or more
    /// comparisons than are made.
    Outside,
}

/// The limits that the CAs so far have set.
#[derive(Default)]
pub(crate) struct Constraints<'a> {
    /// For each CA that permits something: its subtrees. A name must be within one of its form in
    /// each of these lists that has any of its form.
    permitted: Vec<Vec<GeneralName<'a>>>,
    excluded: Vec<GeneralName<'a>>,
    work: usize,
}

impl<'a> Constraints<'a> {
    /// Adds the limits of one more CA.
    pub(crate) fn narrow(&mut self, ca: &'a Certificate) -> Result<(), NameFault> {
        let Some(extension) = ca.extensions.get(oid::NAME_CONSTRAINTS) else { return Ok(()) };
        // RFC 5280, 4.2.1.10: it must be critical.
        let both =
            if extension.critical { subtrees(&extension.value) } else { Err(DerError::Value) };
        let (permitted, excluded) =
            both.map_err(|_| NameFault::Malformed(oid::NAME_CONSTRAINTS))?;
        if !permitted.is_empty() {
            self.permitted.push(permitted);
        }
        self.excluded.extend(excluded);
        Ok(())
    }

    /// Judges every name of one certificate.
    pub(crate) fn judge(&mut self, certificate: &Certificate) -> Result<(), NameFault> {
        let alternatives = match certificate.extensions.get(oid::SUBJECT_ALT_NAME) {
            None => Vec::new(),
            Some(extension) => GeneralName::alternatives(&extension.value)
                .map_err(|_| NameFault::Malformed(oid::SUBJECT_ALT_NAME))?,
        };
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return Ok(());
        }
        let subject = &certificate.subject_name;
        if !subject.is_empty() {
            self.one(&GeneralName::Directory(subject.clone()))?;
        }
        if !alternatives.iter().any(|name| matches!(name, GeneralName::Email(_))) {
            for (kind, text) in &certificate.attributes {
                if kind == oid::EMAIL_ADDRESS {
                    let mailbox = text.as_deref().ok_or(NameFault::Outside)?;
                    self.one(&GeneralName::Email(mailbox))?;
                }
            }
        }
        alternatives.iter().try_for_each(|name| self.one(name))
    }

    fn one(&mut self, name: &GeneralName<'_>) -> Result<(), NameFault> {
        self.work += self.excluded.len() + self.permitted.iter().map(Vec::len).sum::<usize>();
        if self.work > NAME_CONSTRAINT_WORK_MAX {
            return Err(NameFault::Outside);
        }
        let inside = |base: &&GeneralName<'_>| name.within(base) == Some(true);
        let free = |base: &GeneralName<'_>| {
            name.within(base) == Some(false) && !name.wildcard_reaches(base)
        };
        let permitted = self.permitted.iter().all(|list| {
            let mut of_form = list.iter().filter(|base| base.same_form(name)).peekable();
            of_form.peek().is_none() || of_form.any(|base| inside(&base))
        });
        let excluded = self.excluded.iter().any(|base| base.same_form(name) && !free(base));
        if permitted && !excluded { Ok(()) } else { Err(NameFault::Outside) }
    }
}

pub(crate) type Subtrees<'a> = Vec<GeneralName<'a>>;

/// Permitted and excluded subtrees; at least one of them.
pub(crate) fn subtrees(value: &[u8]) -> Result<(Subtrees<'_>, Subtrees<'_>), DerError> {
    der::check(value, der::SEQUENCE)?;
    let mut fields = Tlv::only(value, der::SEQUENCE)?.reader();
    if fields.is_empty() {
        return Err(DerError::Truncated);
    }
    let permitted =
        fields.optional(der::CONTEXT_0)?.map(|list| bases(list.reader())).transpose()?;
    let excluded = fields.optional(der::CONTEXT_1)?.map(|list| bases(list.reader())).transpose()?;
    fields.finish()?;
    Ok((permitted.unwrap_or_default(), excluded.unwrap_or_default()))
}

/// `GeneralSubtree`s without `minimum` and `maximum`, as RFC 5280 asks.
fn bases(mut list: Reader<'_>) -> Result<Subtrees<'_>, DerError> {
    let mut out = Vec::new();
    while !list.is_empty() {
        let mut subtree = list.inside(der::SEQUENCE)?;
        let base = GeneralName::read(&subtree.any()?)?;
        subtree.finish()?;
        if !base.well_formed_base() {
            return Err(DerError::Value);
        }
        out.push(base);
    }
    if out.is_empty() { Err(DerError::Truncated) } else { Ok(out) }
}
