//! Help for tests: seeded randomness, shared-data paths, process harness.
