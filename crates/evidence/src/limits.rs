//! Limits on packages from outside. Whatever is larger is refused before it is read.

/// Entries of one package; 65,535 would mark the larger form of ZIP, which is not read.
pub const ENTRIES_MAX: usize = 65_534;
/// Bytes of one entry; 4 GiB less one would mark the larger form of ZIP, which is not read.
pub const ENTRY_MAX: u64 = 0xffff_fffe;
/// Bytes of one file name.
pub const NAME_MAX: usize = 255;
/// Bytes of the directory of a package: every entry with its longest name.
pub const DIRECTORY_MAX: u64 = 20 << 20;
/// Bytes of one file that is read into memory. The log is the longest one.
pub const FILE_MAX: u64 = 512 << 20;
/// Bytes of the manifest of the package.
pub const MANIFEST_MAX: usize = 32 << 20;
