//! Lock secrets, their commitments, and the payload key that needs all of them.

use kaibiao_crypto::{AeadKey, ExpandedKey, Hex, LockKey, Point, Secret32, Suite};
use kaibiao_types::Digest;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{Context, Header};

/// HPKE exporter context of the ceremony lock.
pub(crate) const CEREMONY_EXPORT: &[u8] = b"kaibiao/v1/ceremony-lock";

/// The types of lock.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LockKind {
    /// 1: the ceremony key, in the hands of the custodians.
    Ceremony,
    /// 2: the bidder's own certificate key.
    Bidder,
}

impl LockKind {
    /// The byte in the header.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ceremony => 1,
            Self::Bidder => 2,
        }
    }

    pub(crate) const fn by_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Ceremony),
            2 => Some(Self::Bidder),
            _ => None,
        }
    }
}

/// The secrets of an object's locks. All locks are needed; none can be stripped.
#[derive(Debug)]
pub struct LockSecrets {
    /// Of lock 1, from [`ceremony_secret`].
    pub ceremony: Secret32,
    /// Of lock 2, if there is one: from the bidder, or from [`escrow_secret`](crate::escrow_secret).
    pub bidder: Option<Secret32>,
}

/// A secret is not the one that the lock was made with.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the secret of lock {} does not fit its commitment", .0.code())]
pub struct LockCommitError(pub LockKind);

impl LockCommitError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self.0 {
            LockKind::Ceremony => "LOCK_COMMIT(1)",
            LockKind::Bidder => "LOCK_COMMIT(2)",
        }
    }
}

/// The secret of lock 1, from the combined point `Z = s * U` and the ceremony key `Y = s * G`.
///
/// In suite 1 any point gives some secret, and only [`check_ceremony_lock`] tells whether it is the
/// right one; the lock of suite 0x0101 has a check value of its own. If Z was proven by the custodians'
/// proofs and there is no secret, or it does not fit, the bidder sealed it wrongly.
///
/// # Errors
///
/// [`LockCommitError`] if the point does not open the lock.
pub fn ceremony_secret(
    header: &Header,
    z: &Point,
    key: &Point,
) -> Result<Secret32, LockCommitError> {
    let info = hpke_info(header.suite, &header.ceremony_id, &header.bidctx, &header.salt);
    let to = lock_key(header.suite, key, &info);
    to.open(&header.ceremony.body, z).map_err(|_| LockCommitError(LockKind::Ceremony))
}

/// To whom the ceremony lock is made.
pub(crate) fn lock_key<'a>(suite: &'static Suite, key: &'a Point, info: &'a Digest) -> LockKey<'a> {
    LockKey { suite, key, info: info.bytes(), export_context: CEREMONY_EXPORT }
}

/// Checks the secret of lock 1 against its commitment, in constant time.
///
/// # Errors
///
/// [`LockCommitError`].
pub fn check_ceremony_lock(header: &Header, secret: &Secret32) -> Result<(), LockCommitError> {
    check(header, LockKind::Ceremony, &header.ceremony.commit, secret)
}

/// Checks the secret of lock 2 against its commitment, in constant time. `None` if the object has
/// no bidder lock.
///
/// # Errors
///
/// [`LockCommitError`].
pub fn check_bidder_lock(
    header: &Header,
    secret: &Secret32,
) -> Option<Result<(), LockCommitError>> {
    let lock = header.bidder.as_ref()?;
    Some(check(header, LockKind::Bidder, &lock.commit, secret))
}

/// The secret of a bidder lock from its 64 hexadecimal digits, as its bidder has made it public.
pub fn released_secret(hex: &str) -> Option<Secret32> {
    Some(Secret32::new(Zeroizing::new(Hex::<32>::parse(hex).ok()?.0)))
}

fn check(
    header: &Header,
    kind: LockKind,
    commit: &Digest,
    secret: &Secret32,
) -> Result<(), LockCommitError> {
    let found = lock_commit(header.suite, &header.bidctx, &header.salt, kind, secret);
    if same(&found, commit) { Ok(()) } else { Err(LockCommitError(kind)) }
}

/// Compares in constant time.
pub(crate) fn same(one: &Digest, other: &Digest) -> bool {
    one.bytes().ct_eq(other.bytes()).into()
}

/// `TH("hpke-info", ceremony_id, bidctx, salt)`.
pub(crate) fn hpke_info(
    suite: &Suite,
    ceremony_id: &Digest,
    bidctx: &Digest,
    salt: &[u8; 32],
) -> Digest {
    suite.th("hpke-info", &[ceremony_id.bytes(), bidctx.bytes(), salt])
}

/// `TH("lock-commit", bidctx, salt, u8 type, secret)`.
pub(crate) fn lock_commit(
    suite: &Suite,
    bidctx: &Digest,
    salt: &[u8; 32],
    kind: LockKind,
    secret: &Secret32,
) -> Digest {
    suite.th("lock-commit", &[bidctx.bytes(), salt, &[kind.code()], secret.expose()])
}

/// What the lock secrets and the header give: the payload key and its commitment.
pub(crate) struct PayloadKey {
    pub(crate) aead: AeadKey,
    nonce: [u8; 12],
    pub(crate) commit: Digest,
}

impl PayloadKey {
    /// `prk = HKDF-Extract(salt, u8 t1 || ss_1 || ..)`, then
    /// `key || nonce || commit = HKDF-Expand(prk, "kaibiao/v1/payload" || u16 suite || hh)`.
    pub(crate) fn derive(
        suite: &Suite,
        salt: &[u8; 32],
        ceremony: &Secret32,
        bidder: Option<&Secret32>,
        hh: &Digest,
    ) -> Self {
        let types = [LockKind::Ceremony, LockKind::Bidder].map(|kind| [kind.code()]);
        let secrets = [Some(ceremony), bidder];
        let parts: Vec<&[u8]> = types
            .iter()
            .zip(secrets)
            .filter_map(|(kind, secret)| Some([kind.as_slice(), secret?.expose()]))
            .flatten()
            .collect();
        let prk = suite.hkdf_extract(salt, &parts);
        let info: [&[u8]; 3] = [b"kaibiao/v1/payload", &suite.id().to_be_bytes(), hh.bytes()];
        let ExpandedKey { aead, nonce, commit } = suite.expand_key(&prk, &info);
        Self { aead, nonce, commit }
    }

    /// `nonce XOR (0^4 || u64(index | final << 63))`: position and end are authenticated.
    pub(crate) fn nonce(&self, index: u64, last: bool) -> [u8; 12] {
        let counter = index | u64::from(last) << 63;
        let mut nonce = self.nonce;
        for (to, from) in nonce.iter_mut().skip(4).zip(counter.to_be_bytes()) {
            *to ^= from;
        }
        nonce
    }
}

/// The info of the ceremony lock in a context.
pub(crate) fn context_info(context: &Context, salt: &[u8; 32]) -> Digest {
    hpke_info(context.suite(), context.ceremony_id(), context.bidctx(), salt)
}
