//! Which crate stands on which layer. This is the one place that says so.

/// Where a crate stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Part of the product; it sees only layers below its own.
    Layer(u8),
    /// A helper of development; no part of the product is built from it.
    Dev,
}

/// Every crate of the workspace, lowest layer first.
pub(crate) const CRATES: &[(&str, Place)] = &[
    ("kaibiao-types", Place::Layer(0)),
    ("kaibiao-crypto", Place::Layer(1)),
    ("kaibiao-merkle", Place::Layer(1)),
    ("kaibiao-seal", Place::Layer(2)),
    ("kaibiao-ceremony", Place::Layer(2)),
    ("kaibiao-pki", Place::Layer(2)),
    ("kaibiao-opening", Place::Layer(2)),
    ("kaibiao-journal", Place::Layer(2)),
    ("kaibiao-replay", Place::Layer(3)),
    ("kaibiao-record", Place::Layer(3)),
    ("kaibiao-evidence", Place::Layer(4)),
    ("kaibiao-custody", Place::Layer(4)),
    ("kaibiao-store", Place::Layer(4)),
    ("kaibiao-token", Place::Layer(4)),
    ("kaibiao-wire", Place::Layer(4)),
    ("kaibiao-fanout", Place::Layer(4)),
    ("kaibiao-room", Place::Layer(5)),
    ("kaibiao-hall", Place::Layer(6)),
    ("kaibiao-custodian", Place::Layer(6)),
    ("kaibiao", Place::Layer(6)),
    (TESTKIT, Place::Dev),
    ("kaibiao-fuzz", Place::Dev),
    ("kaibiao-bench", Place::Dev),
    (XTASK, Place::Dev),
];

/// The library of the tests.
pub(crate) const TESTKIT: &str = "kaibiao-testkit";

/// This program.
pub(crate) const XTASK: &str = "xtask";

/// The only dependencies that may stay on their layer: the command starts its roles.
pub(crate) const SIDEWAYS: &[(&str, &str)] =
    &[("kaibiao", "kaibiao-hall"), ("kaibiao", "kaibiao-custodian")];

/// The verifier, and the crates of a running platform that it must never need: an auditor trusts
/// nothing of ours but the verifier.
pub(crate) const VERIFIER: &str = "kaibiao-evidence";

/// See [`VERIFIER`].
pub(crate) const SERVERS: &[&str] = &[
    "kaibiao-store",
    "kaibiao-token",
    "kaibiao-wire",
    "kaibiao-fanout",
    "kaibiao-room",
    "kaibiao-hall",
    "kaibiao-custodian",
];

/// The highest layer whose crates are all pure: values in, values out.
const PURE_UP_TO: u8 = 2;

/// Crates above it that are pure too.
const PURE_ABOVE: &[&str] = &["kaibiao-record"];

/// Crates above it that are held to the same rules, except that they may read and write files.
const PURE_WITH_FILES: &[&str] = &["kaibiao-replay", "kaibiao-custody", "kaibiao-evidence"];

/// The files that may say `unsafe`, and how often: each by a decision in `docs/adr`, and with tests.
pub(crate) const UNSAFE: &[(&str, usize)] =
    // ADR-0011: calls a function that is compiled for instructions, after it detected them.
    &[("crates/crypto/src/hash/sha256_pair.rs", 1)];

/// Foreign crates that bring a runtime, a socket, a database or the randomness of the system, which
/// a pure crate must not have.
pub(crate) const IMPURE_CRATES: &[&str] = &[
    "axum",
    "axum-server",
    "getrandom",
    "hyper",
    "object_store",
    "rand",
    "reqwest",
    "rusqlite",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "tokio-tungstenite",
    "tower-http",
    "tungstenite",
];

/// Paths that a pure crate must not name, each with what to do instead.
pub(crate) const IMPURE_PATHS: &[(&str, &str)] = &[
    ("std::*", NO_GLOB),
    ("std::env", HAND_IN),
    (FILES, HAND_IN),
    ("std::net", HAND_IN),
    ("std::process", HAND_IN),
    ("std::time::*", NO_GLOB),
    ("std::time::Instant", TIME),
    ("Instant::now", TIME),
    ("SystemTime", TIME),
    ("Timestamp::now", TIME),
    ("Zoned::now", TIME),
    ("OsRng", ENTROPY),
    ("SystemRandom::new", ENTROPY),
    ("thread_rng", ENTROPY),
];

/// The one path that [`Purity::WithFiles`] permits.
pub(crate) const FILES: &str = "std::fs";

const HAND_IN: &str = "take the value as an argument; the outside world is for the layers above";
const TIME: &str = "take the instant as an argument of type UtcMillis";
const ENTROPY: &str = "take the randomness as a parameter of type `impl Entropy`";
const NO_GLOB: &str = "import the names one by one, so that they can be checked";

/// How much of the outside world a crate may touch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purity {
    /// Anything.
    Free,
    /// Nothing.
    Pure,
    /// Files only.
    WithFiles,
}

/// How much of the outside world the crate `name` may touch.
pub(crate) fn purity(name: &str) -> Purity {
    match place(name) {
        Some(Place::Layer(layer)) if layer <= PURE_UP_TO => Purity::Pure,
        Some(_) if PURE_ABOVE.contains(&name) => Purity::Pure,
        Some(_) if PURE_WITH_FILES.contains(&name) => Purity::WithFiles,
        _ => Purity::Free,
    }
}

/// Where the crate `name` stands; `None` if the table does not know it.
pub(crate) fn place(name: &str) -> Option<Place> {
    CRATES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
}
