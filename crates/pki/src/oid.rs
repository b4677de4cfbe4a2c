//! Object identifiers: the content octets of those we know, and the dotted text of any.

use crate::der::{self, Reader};

/// `commonName`.
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `organizationName`.
pub(crate) const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// `subjectKeyIdentifier`.
pub(crate) const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
/// `authorityKeyIdentifier`.
pub(crate) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
/// `keyUsage`.
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// `basicConstraints`.
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// `nameConstraints`.
pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
/// `subjectAltName`.
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// `cRLNumber`.
pub(crate) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
/// `reasonCode`.
pub(crate) const REASON_CODE: &[u8] = &[0x55, 0x1d, 0x15];
/// `invalidityDate`.
pub(crate) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];
/// `deltaCRLIndicator`.
pub(crate) const DELTA_CRL: &[u8] = &[0x55, 0x1d, 0x1b];
/// `issuingDistributionPoint`.
pub(crate) const ISSUING_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
/// `cRLDistributionPoints`.
pub(crate) const CRL_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
/// `certificatePolicies`.
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 0x20];
/// `anyPolicy`.
pub(crate) const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];
/// `policyMappings`.
pub(crate) const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 0x21];
/// `policyConstraints`.
pub(crate) const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x24];
/// `freshestCRL`.
pub(crate) const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 0x2e];
/// `inhibitAnyPolicy`.
pub(crate) const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x36];
/// `expiredCertsOnCRL` (X.509, 9.5.2.8).
pub(crate) const EXPIRED_ON_CRL: &[u8] = &[0x55, 0x1d, 0x3c];
/// `emailAddress`.
pub(crate) const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
/// `extKeyUsage`.
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];

/// `anyExtendedKeyUsage`.
pub(crate) const EKU_ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
/// `id-kp-clientAuth`.
pub(crate) const EKU_CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
/// `id-kp-emailProtection`.
pub(crate) const EKU_EMAIL: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];
/// `id-kp-timeStamping`.
pub(crate) const EKU_TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
/// `id-kp-OCSPSigning`.
pub(crate) const EKU_OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];
/// `id-pkix-ocsp-basic`.
pub(crate) const OCSP_BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
/// `id-pkix-ocsp-nocheck`.
pub(crate) const OCSP_NOCHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5];
/// `id-pkix-ocsp-archive-cutoff`.
pub(crate) const OCSP_ARCHIVE_CUTOFF: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 6];
/// `id-kp-documentSigning` (RFC 9336).
pub(crate) const EKU_DOCUMENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 36];

/// `id-data`.
pub(crate) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// `id-signedData`.
pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// `id-contentType`.
pub(crate) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
/// `id-messageDigest`.
pub(crate) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
/// `id-signingTime`.
pub(crate) const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
/// `id-aa-signingCertificateV2` (RFC 5035).
pub(crate) const SIGNING_CERTIFICATE_V2: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];

/// `id-aa-signingCertificate` (RFC 2634, 5.4), whose digest is SHA-1.
pub(crate) const SIGNING_CERTIFICATE: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 12];
/// `id-ct-TSTInfo` (RFC 3161, 2.4.2).
pub(crate) const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];

/// `id-aa-signatureTimeStampToken` (RFC 3161, appendix A).
pub(crate) const SIGNATURE_TIME_STAMP: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];

/// Whole `AlgorithmIdentifier`s, compared byte by byte: an algorithm has one encoding here, or two
/// where its standard allows absent and NULL parameters alike.
pub(crate) mod algorithm {
    /// SHA-256, parameters absent (RFC 5754, 2: to be written).
    pub(crate) const SHA256: &[u8] = &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    /// SHA-256, parameters NULL (RFC 5754, 2: to be accepted).
    pub(crate) const SHA256_NULL: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    /// SHA-384, parameters absent.
    pub(crate) const SHA384: &[u8] = &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
    /// SHA-384, parameters NULL.
    pub(crate) const SHA384_NULL: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0];
    /// SHA-512, parameters absent.
    pub(crate) const SHA512: &[u8] = &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
    /// SHA-512, parameters NULL.
    pub(crate) const SHA512_NULL: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0];
    /// `rsaEncryption`: the key, and as a signature algorithm PKCS#1 v1.5 with the digest named
    /// beside it (RFC 3370, 3.2).
    pub(crate) const RSA: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    /// `sha256WithRSAEncryption` (RFC 4055, 5).
    pub(crate) const RSA_SHA256: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
    /// `sha384WithRSAEncryption` (RFC 4055, 5).
    pub(crate) const RSA_SHA384: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12, 5, 0];
    /// `sha512WithRSAEncryption` (RFC 4055, 5).
    pub(crate) const RSA_SHA512: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13, 5, 0];
    /// `ecdsa-with-SHA256` (RFC 5758, 3.2: parameters absent).
    pub(crate) const ECDSA_SHA256: &[u8] =
        &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// `ecdsa-with-SHA384` (RFC 5758, 3.2: parameters absent).
    pub(crate) const ECDSA_SHA384: &[u8] =
        &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    /// `id-RSASSA-PSS` with SHA-256, MGF1 with SHA-256 and 32 octets of salt, the digests with
    /// parameters NULL (RFC 4055, 3.1: to be written).
    pub(crate) const RSA_PSS_SHA256: &[u8] = &[
        0x30, 0x41, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0x34, 0xa0, 0x0f,
        0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 0xa1, 0x1c, 0x30, 0x1a, 6,
        9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1,
        0x65, 3, 4, 2, 1, 5, 0, 0xa2, 3, 2, 1, 32,
    ];
    /// The same, the digests with parameters absent (RFC 4055, 2.1: to be accepted).
    pub(crate) const RSA_PSS_SHA256_ABSENT: &[u8] = &[
        0x30, 0x3d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0x30, 0xa0, 0x0d,
        0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 0xa1, 0x1a, 0x30, 0x18, 6, 9,
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65,
        3, 4, 2, 1, 0xa2, 3, 2, 1, 32,
    ];
    /// SHA-1, as OCSP names issuers by it (RFC 6960, 4.1.1).
    pub(crate) const SHA1: &[u8] = &[0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a];
    /// The same, parameters NULL.
    pub(crate) const SHA1_NULL: &[u8] = &[0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
    /// SM3, parameters absent (GB/T 33560): written.
    pub(crate) const SM3: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11];
    /// SM3, parameters NULL, as some tools write it.
    pub(crate) const SM3_NULL: &[u8] =
        &[0x30, 0x0c, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11, 5, 0];
    /// `sm2sign-with-sm3` (GB/T 33560; GM/T 0006), parameters absent: written.
    pub(crate) const SM2_SM3: &[u8] =
        &[0x30, 0x0a, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75];
    /// The same, parameters NULL, as some authorities write it.
    pub(crate) const SM2_SM3_NULL: &[u8] =
        &[0x30, 0x0c, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75, 5, 0];
    /// `SM2-1` (GB/T 33560; GM/T 0006): the digital signature algorithm, as containers of GB/T 35275
    /// name it.
    pub(crate) const SM2_SIGN: &[u8] =
        &[0x30, 0x0b, 6, 9, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 1];
    /// The same, parameters NULL.
    pub(crate) const SM2_SIGN_NULL: &[u8] =
        &[0x30, 0x0d, 6, 9, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 1, 5, 0];
    /// `id-ecPublicKey` on the curve of SM2 (GB/T 32918.5; GM/T 0006).
    pub(crate) const EC_SM2: &[u8] = &[
        0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55,
        1, 0x82, 0x2d,
    ];
    /// The same as OpenSSL 1.1.1 and 3.0 write it: the curve as the algorithm too.
    pub(crate) const SM2_SM2: &[u8] = &[
        0x30, 0x14, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 6, 8, 0x2a, 0x81, 0x1c,
        0xcf, 0x55, 1, 0x82, 0x2d,
    ];
    /// `id-ecPublicKey` on `prime256v1` (RFC 5480, 2.1.1).
    pub(crate) const EC_P256: &[u8] = &[
        0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        3, 1, 7,
    ];
    /// `id-ecPublicKey` on `secp384r1` (RFC 5480, 2.1.1).
    pub(crate) const EC_P384: &[u8] =
        &[0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22];
}

/// The content types of GB/T 35275-2017 (GM/T 0010).
pub(crate) mod gm {
    /// What all of them begin with.
    pub(crate) const CONTENT: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2];
    /// `data`.
    pub(crate) const DATA: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 1];
    /// `signedData`.
    pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 2];
}

/// What PKCS#12 and PKCS#5 name (RFC 7292; RFC 8018).
pub(crate) mod pkcs {
    /// `id-encryptedData`.
    pub(crate) const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
    /// `localKeyId`.
    pub(crate) const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 21];
    /// `x509Certificate`.
    pub(crate) const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1];

    /// `keyBag`.
    pub(crate) const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 1];
    /// `pkcs8ShroudedKeyBag`.
    pub(crate) const SHROUDED_KEY_BAG: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
    /// `certBag`.
    pub(crate) const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 3];
    /// `safeContentsBag`.
    pub(crate) const SAFE_CONTENTS_BAG: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 6];

    /// `PBES2`.
    pub(crate) const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
    /// `PBMAC1` (RFC 9579).
    pub(crate) const PBMAC1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 14];
    /// `PBKDF2`.
    pub(crate) const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
    /// `pbeWithSHAAnd3-KeyTripleDES-CBC`.
    pub(crate) const PBE_SHA1_DES3: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
    /// `pbeWithSHAAnd128BitRC2-CBC`.
    pub(crate) const PBE_SHA1_RC2_128: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 5];
    /// `pbeWithSHAAnd40BitRC2-CBC`.
    pub(crate) const PBE_SHA1_RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6];

    /// `aes128-CBC-PAD`.
    pub(crate) const AES128_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2];
    /// `aes192-CBC-PAD`.
    pub(crate) const AES192_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22];
    /// `aes256-CBC-PAD`.
    pub(crate) const AES256_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];
    /// `des-EDE3-CBC`.
    pub(crate) const DES3_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];
    /// SM4-CBC (GB/T 33560).
    pub(crate) const SM4_CBC: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 2];

    /// SHA-1.
    pub(crate) const SHA1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];
    /// SHA-224.
    pub(crate) const SHA224: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4];
    /// SHA-256.
    pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    /// SHA-384.
    pub(crate) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
    /// SHA-512.
    pub(crate) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
    /// SM3.
    pub(crate) const SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11];
    /// `hmacWithSHA1`.
    pub(crate) const HMAC_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 7];
    /// `hmacWithSHA224`.
    pub(crate) const HMAC_SHA224: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 8];
    /// `hmacWithSHA256`.
    pub(crate) const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9];
    /// `hmacWithSHA384`.
    pub(crate) const HMAC_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 10];
    /// `hmacWithSHA512`.
    pub(crate) const HMAC_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 11];
    /// HMAC with SM3 (GM/T 0006).
    pub(crate) const HMAC_SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11, 2];
}

/// The dotted text of content octets, for people; arcs beyond 2^64 show as `?`.
pub(crate) fn dotted(octets: &[u8]) -> String {
    let mut arcs: Vec<String> = Vec::new();
    let mut arc: Option<u64> = Some(0);
    for octet in octets {
        arc = arc.and_then(|arc| arc.checked_mul(128)).map(|arc| arc | u64::from(octet & 0x7f));
        if octet & 0x80 == 0 {
            if let (true, Some(both)) = (arcs.is_empty(), arc) {
                let first = (both / 40).min(2);
                arcs.push(first.to_string());
                arc = Some(both - first * 40);
            }
            arcs.push(arc.map_or_else(|| "?".to_owned(), |arc| arc.to_string()));
            arc = Some(0);
        }
    }
    arcs.join(".")
}

/// The object identifier of an `AlgorithmIdentifier`, for people.
pub(crate) fn of_algorithm(raw: &[u8]) -> String {
    let read = Reader::new(raw).inside(der::SEQUENCE).and_then(|mut inner| inner.expect(der::OID));
    read.map_or_else(|_| "?".to_owned(), |oid| dotted(oid.value))
}

/// The content octets of a dotted text such as `2.5.4.97`; `None` if it is not one.
pub(crate) fn from_dotted(text: &str) -> Option<Vec<u8>> {
    let arcs = text.split('.').map(arc).collect::<Option<Vec<u64>>>()?;
    let (&[first, second], rest) = arcs.split_first_chunk::<2>()?;
    if first > 2 || (first < 2 && second > 39) || second > 1 << 32 {
        return None;
    }
    let mut out = Vec::new();
    push_arc(&mut out, first * 40 + second);
    for arc in rest {
        push_arc(&mut out, *arc);
    }
    Some(out)
}

/// A decimal number without leading zero, at most 10^15.
fn arc(text: &str) -> Option<u64> {
    let plain = !text.is_empty()
        && text.len() <= 15
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn push_arc(out: &mut Vec<u8>, arc: u64) {
    let mut groups = vec![arc.to_le_bytes().first().copied().unwrap_or(0) & 0x7f];
    let mut rest = arc >> 7;
    while rest > 0 {
        groups.push(0x80 | (rest.to_le_bytes().first().copied().unwrap_or(0) & 0x7f));
        rest >>= 7;
    }
    out.extend(groups.iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_octets() {
        for (text, octets) in [
            ("2.5.4.97", &[0x55, 0x04, 0x61][..]),
            ("1.2.840.113549.1.7.2", SIGNED_DATA),
            ("1.3.6.1.5.5.7.3.36", EKU_DOCUMENT),
            ("1.2.156.10260.4.1.3", &[0x2a, 0x81, 0x1c, 0xd0, 0x14, 4, 1, 3]),
            ("2.999", &[0x88, 0x37]),
            ("0.0", &[0x00]),
        ] {
            assert_eq!(from_dotted(text).as_deref(), Some(octets), "{text}");
            assert_eq!(dotted(octets), text);
        }
        assert_eq!(
            dotted(&[0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            "1.2.?"
        );
    }

    #[test]
    fn refused_texts() {
        for text in
            ["", "1", "3.1", "1.40", "1.02", "1..2", "1.2.", ".1.2", "1.2.x", "1.-2", "1.2 "]
        {
            assert_eq!(from_dotted(text), None, "{text}");
        }
    }
}
