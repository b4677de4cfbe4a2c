//! The sealed object: header, locks, chunked payload, manifest, limits.
