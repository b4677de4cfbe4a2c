//! What fuzzing feeds: one function per kind of bytes that an outsider can send.
//!
//! Each [`Target`] takes any bytes, hands them to the very reader that the product uses, and asserts
//! what must hold whatever they are: no panic, no other text for one meaning, no proof that holds
//! for something that was never proven. The committed corpora in `fixtures/corpus/<target>/` are
//! replayed by the tests of this crate; `driver/` links the same functions to libFuzzer, and
//! `cargo xtask soak fuzz` runs them there.
//!
//! For development only; nothing of the product is built from it.

mod ceremony;
mod certificates;
mod der;
mod keys;
mod log;
mod package;
mod record;
mod revocation;
mod scene;
mod sealed;
mod signed;
mod stamps;
mod time;
mod wire;
mod world;

pub use der::mutate_der;

/// One kind of outside input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and the name of its corpus.
    pub name: &'static str,
    /// Reads the bytes; panics if something does not hold that must.
    pub run: fn(&[u8]),
    /// Good inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets, in the order of their names.
pub const TARGETS: &[Target] = &[
    Target { name: "bid-manifest", run: sealed::manifest, seeds: sealed::manifest_seeds },
    Target { name: "bundle", run: ceremony::bundle, seeds: ceremony::bundle_seeds },
    Target {
        name: "certificate",
        run: certificates::certificate,
        seeds: certificates::certificate_seeds,
    },
    Target { name: "cms", run: signed::cms, seeds: signed::cms_seeds },
    Target { name: "command", run: signed::command, seeds: signed::command_seeds },
    Target { name: "crl", run: revocation::crl, seeds: revocation::crl_seeds },
    Target { name: "custodian-journal", run: log::journal, seeds: log::journal_seeds },
    Target { name: "dkg-message", run: ceremony::dkg_message, seeds: ceremony::dkg_seeds },
    Target { name: "evidence-record", run: stamps::record, seeds: stamps::record_seeds },
    Target { name: "freeze", run: log::freeze, seeds: log::freeze_seeds },
    Target { name: "header", run: sealed::header, seeds: sealed::header_seeds },
    Target { name: "locks", run: sealed::locks, seeds: sealed::locks_seeds },
    Target { name: "log-entry", run: log::entry, seeds: log::entry_seeds },
    Target { name: "note", run: log::note, seeds: log::note_seeds },
    Target { name: "object", run: sealed::object, seeds: sealed::object_seeds },
    Target { name: "ocsp", run: revocation::ocsp, seeds: revocation::ocsp_seeds },
    Target { name: "opening-record", run: record::opening, seeds: record::opening_seeds },
    Target { name: "package", run: package::package, seeds: package::seeds },
    Target { name: "partial", run: ceremony::partial, seeds: ceremony::partial_seeds },
    Target { name: "path", run: certificates::path, seeds: certificates::path_seeds },
    Target { name: "pkcs12", run: keys::pkcs12, seeds: keys::pkcs12_seeds },
    Target { name: "price-sheet", run: signed::sheet, seeds: signed::sheet_seeds },
    Target { name: "proof", run: sealed::proof, seeds: sealed::proof_seeds },
    Target { name: "receipt", run: log::receipt, seeds: log::receipt_seeds },
    Target { name: "tender", run: signed::tender, seeds: signed::tender_seeds },
    Target { name: "time-response", run: time::response, seeds: time::response_seeds },
    Target { name: "time-stamp", run: stamps::time_stamp, seeds: stamps::time_stamp_seeds },
    Target { name: "trust-list", run: signed::trust, seeds: signed::trust_seeds },
    Target { name: "wire", run: wire::message, seeds: wire::seeds },
];

/// The target with a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
