//! The time-locked decryption service: key store, clock discipline, intent journal.
