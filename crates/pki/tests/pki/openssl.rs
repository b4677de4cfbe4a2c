//! `openssl` makes certificates and signatures for us, and verifies ours.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::{Identity, TrustList, cms};
use kaibiao_types::UtcMillis;
use ring::rand::SystemRandom;

use crate::forge::{RULE_EXTENSION, RULE_SUBJECT, code, trust};
use crate::peers::beside;

const CONFIG: &str = "
[req]
distinguished_name = dn
string_mask = utf8only
utf8 = yes
prompt = no
[dn]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
extendedKeyUsage = emailProtection, clientAuth, 1.3.6.1.5.5.7.3.36
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

/// The clock of this machine: certificates from `openssl req` and `openssl x509` begin now.
pub(crate) fn clock() -> UtcMillis {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    UtcMillis::new(millis as u64).unwrap()
}

/// Runs `openssl`; the words are split at blanks. Gives standard error if it fails.
pub(crate) fn try_run(dir: &Path, words: &str, more: &[&str]) -> Result<String, String> {
    let out = Command::new("openssl")
        .args(words.split_whitespace())
        .args(more)
        .current_dir(dir)
        .env_remove("OPENSSL_CONF")
        .output()
        .expect("the program openssl is needed for these tests");
    let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).into_owned() + &stderr)
    } else {
        Err(stderr)
    }
}

fn run(dir: &Path, words: &str, more: &[&str]) {
    try_run(dir, words, more).unwrap_or_else(|error| panic!("openssl {words}: {error}"));
}

/// The bytes of a PEM text with one block.
pub(crate) fn unpem(text: &str) -> Vec<u8> {
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

/// An RSA key of 2,048 bits in PKCS#8 (DER).
pub(crate) fn rsa_key() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k", &[]);
    unpem(&fs::read_to_string(dir.path().join("k")).unwrap())
}

/// A self-signed certificate of any kind of key, in PEM.
pub(crate) fn self_signed(key: &str, digest: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("c.cnf"), CONFIG).unwrap();
    let key = match key {
        "ed25519" => "-newkey ed25519".to_owned(),
        rsa if rsa.starts_with("rsa") => format!("-newkey {rsa}"),
        curve => format!("-newkey ec -pkeyopt ec_paramgen_curve:{curve}"),
    };
    let words = format!(
        "req -x509 {key} -nodes -keyout k -out c -days 9 -config c.cnf -{digest} -extensions leaf -subj /O=x"
    );
    run(dir.path(), &words, &[]);
    fs::read_to_string(dir.path().join("c")).unwrap()
}

/// `openssl cms -verify` as the evidence package tells auditors to run it. Gives what it printed,
/// or the error it printed.
pub(crate) fn verify(
    roots_pem: &str,
    chain_pem: &str,
    p7s: &[u8],
    content: &[u8],
    at: Option<UtcMillis>,
) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("F"), content).unwrap();
    fs::write(dir.path().join("F.p7s"), p7s).unwrap();
    fs::write(dir.path().join("root.pem"), roots_pem).unwrap();
    fs::write(dir.path().join("chain.pem"), chain_pem).unwrap();
    let chain = if chain_pem.is_empty() { "" } else { "-certfile chain.pem" };
    let time = at.map(|at| format!("-attime {}", at.get() / 1_000)).unwrap_or_default();
    let words = format!(
        "cms -verify -binary -inform DER -in F.p7s -content F -CAfile root.pem {chain} \
         -purpose any -cades {time} -out out"
    );
    let result = try_run(dir.path(), &words, &[]);
    if result.is_ok() {
        assert_eq!(fs::read(dir.path().join("out")).unwrap(), content);
    }
    result
}

/// Root, issuing CA and signer made by `openssl`, in the shape of `keys-dev`.
pub(crate) struct Made {
    pub(crate) root_pem: String,
    pub(crate) chain_pem: String,
    pub(crate) key_pem: String,
    rule: &'static str,
}

impl Made {
    pub(crate) fn rsa() -> &'static Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        let subject = format!("/C=CN/O=甲建设有限公司/organizationIdentifier={}/CN=甲", code());
        MADE.get_or_init(|| Self::new("-newkey rsa:2048", &subject, "", RULE_SUBJECT))
    }

    pub(crate) fn p256() -> &'static Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        let extension = format!("1.2.156.10260.4.1.3 = ASN1:UTF8String:{}\n", code());
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
        MADE.get_or_init(|| Self::new(key, "/C=CN/O=乙工程有限公司", &extension, RULE_EXTENSION))
    }

    fn new(key: &str, subject: &str, extension: &str, rule: &'static str) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        fs::write(dir.join("c.cnf"), format!("{CONFIG}{extension}")).unwrap();
        let issue = |name: &str, by: &str, serial: &str, subject: &str| {
            let request = format!(
                "req -new {key} -nodes -config c.cnf -utf8 -keyout {name}.key -out {name}.csr"
            );
            run(dir, &request, &["-subj", subject]);
            let sign = format!(
                "x509 -req -in {name}.csr {by} -extfile c.cnf -extensions {name} -sha256 -days 3650 -set_serial {serial} -out {name}.pem"
            );
            run(dir, &sign, &[]);
        };
        issue("root", "-signkey root.key", "0x1001", "/C=CN/O=开标开发根/CN=Root");
        issue("issuing", "-CA root.pem -CAkey root.key", "0x1002", "/C=CN/O=开标开发/CN=Issuing");
        issue("leaf", "-CA issuing.pem -CAkey issuing.key", "0x5001e7a9", subject);
        let text = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        let chain_pem = text("leaf.pem") + &text("issuing.pem");
        Self { root_pem: text("root.pem"), chain_pem, key_pem: text("leaf.key"), rule }
    }

    pub(crate) fn trust(&self) -> TrustList {
        trust(&unpem(&self.root_pem), self.rule)
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(&self.chain_pem, &self.key_pem, &SystemRandom::new()).unwrap()
    }

    /// [`verify`] with the root and chain of this signer, at the clock of this machine.
    pub(crate) fn openssl_verifies(&self, p7s: &[u8], content: &[u8]) -> Result<String, String> {
        verify(&self.root_pem, &self.chain_pem, p7s, content, None)
    }

    /// A signature by `openssl cms -sign`.
    pub(crate) fn openssl_signs(&self, content: &[u8], options: &str) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let (leaf, issuing) = self.chain_pem.split_at(self.chain_pem.rfind("-----BEGIN").unwrap());
        for (name, bytes) in [
            ("F", content),
            ("leaf.pem", leaf.as_bytes()),
            ("issuing.pem", issuing.as_bytes()),
            ("key.pem", self.key_pem.as_bytes()),
        ] {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let words = format!(
            "cms -sign -binary -in F -signer leaf.pem -inkey key.pem -certfile issuing.pem -outform DER -out out {options}"
        );
        run(dir.path(), &words, &[]);
        fs::read(dir.path().join("out")).unwrap()
    }
}

const CONTENT: &[u8] = "{\"v\":1,\"kind\":\"submit\",\"标段\":1}\r\n\n".as_bytes();
const CADES: &str = "-cades -nosmimecap -md sha256";

#[test]
fn openssl_accepts_what_we_sign() {
    for made in [Made::rsa(), Made::p256()] {
        for content in [CONTENT, b"", &[0, 0xff, b'\n'].repeat(50_000)] {
            let p7s = cms::sign_detached(&made.identity(), content, clock(), &SystemRandom::new())
                .unwrap();
            let told = made.openssl_verifies(&p7s, content).unwrap();
            assert!(told.contains("CAdES Verification successful"), "{told}");
            cms::verify_detached(&p7s, content, &made.trust(), clock()).unwrap();
        }
        let p7s =
            cms::sign_detached(&made.identity(), CONTENT, clock(), &SystemRandom::new()).unwrap();
        made.openssl_verifies(&p7s, b"another").unwrap_err();
    }
}

#[test]
fn we_accept_what_openssl_signs() {
    for made in [Made::rsa(), Made::p256()] {
        for options in [CADES, "-cades -nosmimecap -md sha256 -keyid"] {
            let p7s = made.openssl_signs(CONTENT, options);
            let verified = cms::verify_detached(&p7s, CONTENT, &made.trust(), clock()).unwrap();
            assert_eq!(verified.signer().party().code.as_str(), code());
            assert_eq!(verified.signer().certificate().serial_tail().to_string(), "E7A9");
            let changed = cms::verify_detached(&p7s, b"another", &made.trust(), clock());
            assert_eq!(changed.unwrap_err().label(), "E_SIG_HASH");
        }
    }
}

#[test]
fn other_options_of_openssl_are_outside_the_profile() {
    for made in [Made::rsa(), Made::p256()] {
        for (options, label) in [
            ("-nosmimecap -md sha256", "E_SIG_ATTRIBUTE"), // no signingCertificateV2
            ("-cades -md sha256", "E_SIG_ATTRIBUTE"),      // S/MIME capabilities
            ("-cades -nosmimecap -md sha1", "E_SIG_ALGORITHM"),
            ("-cades -nosmimecap -md sha512", "E_SIG_ALGORITHM"),
            ("-cades -nosmimecap -md sha256 -nocerts", "E_SIG_NO_CERTIFICATE"),
            ("-cades -nosmimecap -md sha256 -nodetach", "E_SIG_EMBEDDED"),
            ("-cades -nosmimecap -md sha256 -stream -nodetach", "E_SIG_FORMAT"), // BER
            ("-noattr -md sha256", "E_SIG_ATTRIBUTE"),
        ] {
            let p7s = made.openssl_signs(CONTENT, options);
            let result = cms::verify_detached(&p7s, CONTENT, &made.trust(), clock());
            assert_eq!(result.unwrap_err().label(), label, "{options}");
        }
    }
    let pss = Made::rsa().openssl_signs(CONTENT, &format!("{CADES} -keyopt rsa_padding_mode:pss"));
    let result = cms::verify_detached(&pss, CONTENT, &Made::rsa().trust(), clock());
    assert_eq!(result.unwrap_err().label(), "E_SIG_ALGORITHM");
}

/// A signature by SM2 as an auditor checks it with OpenSSL 3.0, by the script beside these tests: the
/// digest of the content, the signature over the signed attributes, and each link of the chain.
pub(crate) fn verify_sm2(
    cas_pem: &[String],
    p7s: &[u8],
    content: &[u8],
    at: UtcMillis,
) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("F", content);
    write("F.p7s", p7s);
    let cas: Vec<_> = (0..cas_pem.len()).map(|place| format!("{place}.pem")).collect();
    cas.iter().zip(cas_pem).for_each(|(name, pem)| write(name, pem.as_bytes()));
    let seconds = (at.get() / 1_000).to_string();
    let out = Command::new("sh")
        .arg(beside("verify-sm2.sh"))
        .args([&seconds, "F.p7s", "F"])
        .args(&cas)
        .current_dir(dir.path())
        .env_remove("OPENSSL_CONF")
        .output()
        .unwrap();
    let told = [out.stdout, out.stderr].concat();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&told).into_owned()) }
}
