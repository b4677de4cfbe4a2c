//! Tests of certificates, paths, trust lists and signatures, from outside the crate.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::as_conversions,
    clippy::cast_possible_truncation
)]

mod bouncy_castle;
mod certificates;
mod containers;
mod evidence_records;
mod evidence_renewals;
mod evidence_store;
mod evidence_trees;
mod forge;
mod forge_cms;
mod forge_pkcs12;
mod forge_revocation;
mod identities;
mod imported;
mod keys_dev;
mod known_world;
mod limbo;
mod n_cases;
mod openssl;
mod paths;
mod peers;
mod pkcs12;
mod pkits;
mod profile;
mod pyhanko;
mod revocation;
mod roughtime;
mod scene;
mod signatures;
mod signed_lists;
mod sm2_and_pss;
mod stamped_signatures;
mod sweeps;
mod time_stamps;
// The test server of `testkit`, which is built from layers above this crate.
#[allow(dead_code, unreachable_pub)]
#[path = "../../../testkit/src/time_server.rs"]
mod time_server;
mod trust_lists;
mod validation;
mod vectors;
mod vectors_time;
