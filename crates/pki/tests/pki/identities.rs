//! Loading an identity: chain, key, and that they belong together.

use kaibiao_pki::{Chain, Identity, SignError};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::openssl::Made;

fn chain() -> String {
    let world = World::get();
    let leaf = pem("CERTIFICATE", &world.leaf.der(&world.issuing_key));
    leaf + &pem("CERTIFICATE", &world.issuing.der(&world.root_key))
}

fn load(chain: &str, key: &str) -> Result<Identity, SignError> {
    Identity::from_pem(chain, key, &SystemRandom::new())
}

fn refused(chain: &str, key: &str) -> &'static str {
    load(chain, key).map(|_| ()).unwrap_err().label()
}

#[test]
fn a_good_identity_shows_no_secret() {
    let world = World::get();
    let identity = load(&chain(), &world.leaf_key.pem()).unwrap();
    assert_eq!(identity.certificate().serial_tail().to_string(), "3F2A");
    assert_eq!(identity.chain().above().len(), 1);
    let shown = format!("{identity:?}");
    assert_eq!(shown, "Identity { certificate: Certificate(甲建设有限公司, 尾号 3F2A), .. }");
}

#[test]
fn keys_that_do_not_fit() {
    let world = World::get();
    assert_eq!(refused(&chain(), &Key::new().pem()), "E_ID_KEY_MISMATCH");
    assert_eq!(refused(&chain(), &world.issuing_key.pem()), "E_ID_KEY_MISMATCH");
    assert_eq!(refused(&chain(), &Made::rsa().key_pem), "E_ID_KEY");
    assert_eq!(refused(&Made::rsa().chain_pem, &world.leaf_key.pem()), "E_ID_KEY");
    assert_eq!(refused(&chain(), &pem("PRIVATE KEY", &[0x30, 0])), "E_ID_KEY");
    assert_eq!(
        refused(&chain(), &pem("ENCRYPTED PRIVATE KEY", &world.leaf_key.pkcs8)),
        "E_PEM_LABEL"
    );
    assert_eq!(refused(&chain(), &pem("EC PRIVATE KEY", &world.leaf_key.pkcs8)), "E_PEM_LABEL");
    assert_eq!(refused(&chain(), ""), "E_PEM_FORMAT");
}

#[test]
fn chains_that_do_not_follow() {
    let world = World::get();
    let (leaf, issuing) = (world.leaf(), world.issuing());
    let root = world.root.certificate(&world.root_key);
    let label = |chain: &[&kaibiao_pki::Certificate]| {
        Chain::new(chain.iter().copied().cloned().collect()).map_err(|error| error.label()).err()
    };
    assert_eq!(label(&[&leaf]), None);
    assert_eq!(label(&[&leaf, &issuing, &root]), None);
    assert_eq!(label(&[]), Some("E_ID_CHAIN"));
    assert_eq!(label(&[&issuing, &leaf]), Some("E_ID_CHAIN"));
    assert_eq!(label(&[&leaf, &root]), Some("E_ID_CHAIN"));
    assert_eq!(label(&[&leaf, &issuing, &issuing]), Some("E_ID_CHAIN"));
    assert_eq!(label(&[&leaf; 7]), Some("E_ID_CHAIN"));
    // Names chain here as on a path (N60).
    let mut other_form = world.leaf.clone();
    other_form.issuer = name(&[(CN, tlv(0x13, b"ISSUING "))]);
    let other_form = other_form.certificate(&world.issuing_key);
    assert_eq!(label(&[&other_form, &issuing]), None);
    let mut other_name = world.leaf.clone();
    other_name.issuer = common_name("Issuing 2");
    let other_name = other_name.certificate(&world.issuing_key);
    assert_eq!(label(&[&other_name, &issuing]), Some("E_ID_CHAIN"));
    let stranger = Key::new();
    let same_name = Spec { spki: stranger.spki(), ..world.issuing.clone() };
    let same_name = same_name.certificate(&world.root_key);
    assert_eq!(label(&[&leaf, &same_name]), Some("E_ID_CHAIN"));
}
