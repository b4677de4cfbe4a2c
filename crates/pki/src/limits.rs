//! The bounds on everything that comes from outside.

use kaibiao_types::Millis;

/// How far a clock of a time-stamping authority and another witness's may be apart before one of
/// them is taken to be wrong: ten times what a badly kept clock gains in a day.
pub const CLOCKS_APART: Millis = Millis::from_secs(60);

/// Greatest size of one certificate, in bytes of DER.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// Most extensions of one certificate or of one CRL.
pub const EXTENSIONS_MAX: usize = 64;

/// Most purposes in one extended key usage.
pub const PURPOSES_MAX: usize = 64;

/// Most certificates on one path, signer and trust anchor included; also the most certificates one
/// signature container or one chain file may carry.
pub const CHAIN_MAX: usize = 6;

/// Greatest size of one signature container (`.p7s`), in bytes of DER.
pub const CMS_BYTES_MAX: usize = 1024 * 1024;

/// Greatest size of a trust list, in bytes of JSON.
pub const TRUST_LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most trust anchors on one trust list.
pub const ANCHORS_MAX: usize = 256;

/// Greatest size of a PEM text (chain or key), in bytes.
pub const PEM_BYTES_MAX: usize = 1024 * 1024;

/// Most certificate signatures that are checked while one path is looked for. A search among
/// certificates that all bear one name ends here instead of trying every order of them.
pub const PATH_SIGNATURES_MAX: usize = 48;

/// Longest organisation name taken from a certificate, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// Deepest nesting of DER values. A signature container of our profile needs 20.
pub const DER_DEPTH_MAX: usize = 32;

/// Greatest size of one time stamp, request or response, in bytes of DER.
pub const TIME_STAMP_BYTES_MAX: usize = 256 * 1024;

/// Most signed attributes of one time stamp, or of one container of GB/T 35275.
pub const ATTRIBUTES_MAX: usize = 32;

/// Greatest size of one evidence record, in bytes of DER.
pub const EVIDENCE_RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most time stamps in one evidence record, the first included.
pub const RENEWALS_MAX: usize = 64;

/// Most lists in the reduced hash tree of one time stamp.
pub const HASH_TREE_LISTS_MAX: usize = 64;

/// Most data objects that are put into one hash tree.
pub const DATA_OBJECTS_MAX: usize = 65_536;

/// Most comparisons of a name with a name constraint along one path.
pub const NAME_CONSTRAINT_WORK_MAX: usize = 65_536;

/// Most certificates among which one path is looked for; the path itself has at most
/// [`CHAIN_MAX`].
pub const POOL_MAX: usize = 16;

/// Most nodes, edges and mappings of certificate policies along one path.
pub const POLICY_NODES_MAX: usize = 4_096;

/// Greatest size of one certificate revocation list, in bytes of DER.
pub const CRL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Greatest size of one certificate revocation list without its lines, in bytes of DER.
pub const CRL_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Greatest size of one line of a certificate revocation list, in bytes of DER.
pub const CRL_LINE_BYTES_MAX: usize = 1024;

/// Greatest size of one OCSP response, in bytes of DER.
pub const OCSP_BYTES_MAX: usize = 1024 * 1024;

/// Most CRLs and OCSP responses that are looked at for one path.
pub const REVOCATION_EVIDENCE_MAX: usize = 64;

/// Greatest size of one PKCS#12 file, in bytes.
pub const PKCS12_BYTES_MAX: usize = 1024 * 1024;

/// Most keys, certificates and other things in one PKCS#12 file.
pub const PKCS12_BAGS_MAX: usize = 64;

/// Longest password of a key file, in bytes of UTF-8.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Longest salt in a key file, in bytes.
pub const SALT_BYTES_MAX: usize = 1024;

/// Most rounds of hashing that are done to open one key file, all its parts together: some seconds.
/// Programs write 1 to 600,000 for each part.
pub const PASSWORD_ROUNDS_MAX: u64 = 10_000_000;
