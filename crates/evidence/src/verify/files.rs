//! The files of a package, read one at a time.

use std::collections::BTreeMap;

use kaibiao_crypto::SUITE_1;
use kaibiao_types::Digest;

use super::Source;
use super::findings::{Findings, Why, chain};
use crate::CheckId;
use crate::limits::FILE_MAX;
use crate::zip::{Archive, ReadFault};

/// The files; what could not be read is remembered.
pub(super) struct Files<'a> {
    archive: Archive<&'a mut dyn Source>,
    faults: BTreeMap<String, (bool, String)>,
}

impl<'a> Files<'a> {
    pub(super) const fn new(archive: Archive<&'a mut dyn Source>) -> Self {
        Self { archive, faults: BTreeMap::new() }
    }

    /// All names in the order of the container.
    pub(super) fn names(&self) -> &[String] {
        self.archive.names()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.archive.size(name).is_some()
    }

    /// The content of a file; `None` if it is absent or could not be read.
    pub(super) fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        let size = self.archive.size(name)?;
        if size > FILE_MAX {
            self.faults.insert(name.to_owned(), (false, format!("{size} bytes are not read")));
            return None;
        }
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        let result = self.archive.each(name, |piece| content.extend_from_slice(piece));
        self.keep(name, result).then_some(content)
    }

    /// The digest of a file, in constant memory.
    pub(super) fn digest(&mut self, name: &str) -> Option<Digest> {
        let mut hasher = SUITE_1.hasher();
        let result = self.archive.each(name, |piece| hasher.update(piece));
        self.keep(name, result).then(|| hasher.finish())
    }

    fn keep(&mut self, name: &str, result: Result<bool, ReadFault>) -> bool {
        match result {
            Ok(found) => found,
            Err(error) => {
                let damaged = matches!(error, ReadFault::Fault(_));
                self.faults.insert(name.to_owned(), (damaged, chain(&error)));
                false
            }
        }
    }

    /// Files that could not be read: damaged ones fail, ones that the machine did not give are open.
    pub(super) fn report(&self, findings: &mut Findings) {
        for (name, (damaged, detail)) in &self.faults {
            if *damaged {
                findings.fail(CheckId::Pkg05, None, Why::hash(detail.clone()).at(name));
            } else {
                findings.unknown(CheckId::Pkg05, None, Why::text(detail.clone()).at(name));
            }
        }
    }
}
