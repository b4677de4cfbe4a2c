//! Texts that lie in every package.

/// What is in the package, in Chinese.
pub(crate) const README_ZH: &str = include_str!("text/README.zh.txt");
/// What is in the package, in English.
pub(crate) const README_EN: &str = include_str!("text/README.en.txt");
/// Checks without this program: POSIX shell, OpenSSL 3 and standard tools.
pub(crate) const SCRIPT: &str = include_str!("text/verify-openssl.sh");
