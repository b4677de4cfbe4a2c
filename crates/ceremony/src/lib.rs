//! The opening ceremony: key generation, shares, partial decryption, combination, blame.
