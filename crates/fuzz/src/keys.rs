//! Key files of bidders: whoever has not the password gets nothing of them past their integrity.

use std::sync::LazyLock;

use kaibiao_pki::{Certificate, Password, Pkcs12};
use kaibiao_testkit::{fixtures, keys_dev};
use ring::rand::SystemRandom;

/// Made by OpenSSL with the password `fuzz` and one round, from identities of `keys-dev`: P-256 in the
/// form of today and in the old one (RC2, 3DES, SHA-1), and RSA.
const FILES: [&str; 3] = ["p256.p12", "p256-old.p12", "rsa.p12"];

/// Whose keys they are.
#[expect(clippy::expect_used, reason = "without them no target can judge anything")]
static OWNERS: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let owner = |name: &str| {
        let path = keys_dev().join(format!("id/{name}.chain.pem"));
        let pem = std::fs::read_to_string(path).expect("the chain is read");
        let chain = kaibiao_pki::read_certificates(&pem).expect("it is one");
        chain.into_iter().next().expect("it is not empty")
    };
    vec![owner("bidder-works-12-01"), owner("bidder-works-12-02")]
});

/// A PKCS#12 file: one that opens is one that somebody with the password made.
pub(crate) fn pkcs12(data: &[u8]) {
    let Ok(password) = Password::new(b"fuzz".to_vec().into()) else { return };
    let Ok(opened) = Pkcs12::open(data, &password) else { return };
    assert!(Pkcs12::seems(data));
    if let Ok(identity) = opened.into_identity(None, &SystemRandom::new()) {
        assert!(OWNERS.contains(identity.certificate()), "a key that nobody put there");
    }
}

#[expect(clippy::expect_used, reason = "as above")]
pub(crate) fn pkcs12_seeds() -> Vec<Vec<u8>> {
    let read = |name: &str| std::fs::read(fixtures().join("fuzz").join(name));
    FILES.into_iter().map(|name| read(name).expect("the file is read")).collect()
}
