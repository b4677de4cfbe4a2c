//! The development certificates are what `keys-dev/README.md` says, seen through `openssl`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kaibiao_testkit::{Authority, Identity, Roster, fixtures, keys_dev};
use kaibiao_types::{OrgCode, Role};
use serde_json::Value;

fn run<const N: usize>(arguments: [&str; N]) -> Output {
    Command::new("openssl").args(arguments).output().expect("openssl is needed for this test")
}

/// Standard output of an `openssl` command that must succeed.
fn openssl<const N: usize>(arguments: [&str; N]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn utf8(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn all(roster: &Roster) -> impl Iterator<Item = &Identity> {
    roster.identities.iter().chain(&roster.negative)
}

/// The value after `KEY=` on a line of the subject.
fn attribute(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}=")));
    line.map(str::to_owned)
}

fn subject(certificate: &Path) -> String {
    openssl([
        "x509",
        "-in",
        utf8(certificate),
        "-noout",
        "-subject",
        "-nameopt",
        "utf8,sep_multiline",
    ])
}

/// `openssl verify` of a signing leaf at a time (seconds) under a root; the reason if it fails.
fn verify(identity: &Identity, root: Authority, at: u64, purpose: &str) -> Result<(), String> {
    let (chain, root) = (identity.chain(), root.folder().join("root.cert.pem"));
    let issuing = identity.ca.folder().join("issuing.cert.pem");
    let output = run([
        "verify",
        "-x509_strict",
        "-purpose",
        purpose,
        "-attime",
        &at.to_string(),
        "-CAfile",
        utf8(&root),
        "-no-CApath",
        "-no-CAstore",
        "-untrusted",
        utf8(&issuing),
        utf8(&chain),
    ]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(errors) }
}

const FEBRUARY_2024: u64 = 1_706_745_600;
const APRIL_2024: u64 = 1_711_929_600;
const YEAR_2030: u64 = 1_893_456_000;
const YEAR_2046: u64 = 2_398_377_600;

#[test]
fn the_roster_is_complete() {
    let roster = Roster::load().unwrap();
    let count = |role| roster.identities.iter().filter(|identity| identity.role == role).count();
    assert_eq!((roster.v, count(Role::Hall), roster.custodians().len()), (1, 1, 5));
    assert_eq!((count(Role::Host), count(Role::Supervisor)), (3, 3));
    for (fixture, bidders) in [("indot-b40891", 7), ("works-12", 12), ("zhuzhou-2022", 4)] {
        let listed = roster.bidders(fixture);
        assert_eq!(listed.len(), bidders, "{fixture}");
        for (identity, no) in listed.iter().zip(1..) {
            let ca = if no % 2 == 1 { Authority::Rsa } else { Authority::P256 };
            assert_eq!(identity.name, format!("bidder-{fixture}-{no:02}"));
            assert_eq!((identity.role, identity.ca), (Role::Bidder, ca), "{}", identity.name);
        }
        for role in ["host", "supervisor", "tenderee"] {
            assert!(roster.party(&format!("{role}-{fixture}")).is_some(), "{role}-{fixture}");
        }
    }
    assert!(roster.identity("bidder-works-12-13").is_none());
    assert!(roster.party("host-no-such-tender").is_none());
}

#[test]
fn codes_are_different_and_belong_to_nobody() {
    let roster = Roster::load().unwrap();
    let parties = all(&roster).map(|identity| &identity.party);
    let parties: Vec<_> = parties.chain(roster.parties.iter().map(|row| &row.party)).collect();
    let codes: BTreeSet<&OrgCode> = parties.iter().map(|party| &party.code).collect();
    let names: BTreeSet<&str> = parties.iter().map(|party| party.name.as_str()).collect();
    assert_eq!((codes.len(), names.len()), (parties.len(), parties.len()));
    for code in codes {
        assert_eq!(code.as_str().get(2..8), Some("990000"), "{code}");
        // GB 11714: the check character inside the organisation code.
        let value = |c: char| u64::from(c.to_digit(36).unwrap());
        let body = code.as_str().get(8..16).unwrap().chars().map(value);
        let sum: u64 = body.zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(v, w)| v * w).sum();
        let check = match 11 - sum % 11 {
            10 => 'X',
            11 => '0',
            digit => char::from_digit(u32::try_from(digit).unwrap(), 10).unwrap(),
        };
        assert_eq!(code.as_str().chars().nth(16), Some(check), "{code}");
    }
}

#[test]
fn certificates_carry_the_party_where_the_trust_list_says() {
    let roster = Roster::load().unwrap();
    for identity in all(&roster) {
        let (name, party, chain) = (&identity.name, &identity.party, identity.chain());
        let subject = subject(&chain);
        assert_eq!(attribute(&subject, "O").as_ref(), Some(&party.name), "{name}");
        assert_eq!(attribute(&subject, "OU").as_deref(), Some("KAIBIAO DEVELOPMENT ONLY"));
        let structure = openssl(["asn1parse", "-in", utf8(&chain)]);
        // UTF8String (0x0c) of 18 bytes (0x12), in hexadecimal as the octets of the extension.
        let mut octets = "0C12".to_owned();
        for byte in party.code.as_str().bytes() {
            write!(octets, "{byte:02X}").unwrap();
        }
        let in_extension = structure.contains("1.2.156.10260.4.1.3")
            && structure.contains(&format!("[HEX DUMP]:{octets}"));
        let in_subject = attribute(&subject, "organizationIdentifier");
        match identity.ca {
            Authority::Rsa => {
                assert_eq!(in_subject.as_deref(), Some(party.code.as_str()), "{name}");
                assert!(!structure.contains("1.2.156.10260"), "{name}");
            }
            Authority::P256 | Authority::Other => {
                assert_eq!(in_subject, None, "{name}");
                assert!(in_extension, "{name}");
            }
        }
        assert!(structure.contains(&format!("UTF8STRING        :{}", party.name)), "{name}");
    }
}

#[test]
fn keys_fit_their_certificates_and_are_all_different() {
    let roster = Roster::load().unwrap();
    let (mut keys, mut serials) = (BTreeSet::new(), BTreeSet::new());
    for identity in all(&roster) {
        let (chain, key) = (identity.chain(), identity.key());
        let public = openssl(["x509", "-in", utf8(&chain), "-noout", "-pubkey"]);
        assert_eq!(public, openssl(["pkey", "-in", utf8(&key), "-pubout"]), "{}", identity.name);
        let serial = openssl(["x509", "-in", utf8(&chain), "-noout", "-serial"]);
        assert_eq!(serial.trim().len(), "serial=".len() + 32, "{serial}");
        assert!(keys.insert(public) && serials.insert(serial), "{}", identity.name);
        // The chain ends with the issuing certificate, byte for byte.
        let issuing =
            std::fs::read_to_string(identity.ca.folder().join("issuing.cert.pem")).unwrap();
        let text = std::fs::read_to_string(&chain).unwrap();
        assert!(text.ends_with(&issuing), "{}", identity.name);
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2, "{}", identity.name);
    }
}

#[test]
fn private_keys_are_plain_pkcs8() {
    let keys: Vec<_> =
        files(&keys_dev()).into_iter().filter(|path| utf8(path).ends_with(".key.pem")).collect();
    // 38 identities, three authorities of two levels, one time-stamping authority.
    assert_eq!(keys.len(), 38 + 6 + 1);
    for path in keys {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", path.display());
    }
}

#[test]
fn signing_certificates_have_the_profile() {
    let roster = Roster::load().unwrap();
    for identity in &roster.identities {
        let text = openssl(["x509", "-in", utf8(&identity.chain()), "-noout", "-text"]);
        let after = |heading: &str| {
            let mut lines = text.lines().skip_while(|line| line.trim() != heading);
            lines.nth(1).expect(heading).trim()
        };
        assert_eq!(after("X509v3 Key Usage: critical"), "Digital Signature, Non Repudiation");
        assert_eq!(after("X509v3 Basic Constraints: critical"), "CA:FALSE");
        let purposes = after("X509v3 Extended Key Usage:");
        assert_eq!(purposes, "TLS Web Client Authentication, E-mail Protection");
        assert!(!after("X509v3 Subject Key Identifier:").is_empty());
        assert!(!after("X509v3 Authority Key Identifier:").is_empty());
        assert!(text.contains("Not Before: Jan  1 00:00:00 2024 GMT"), "{}", identity.name);
        assert!(text.contains("Not After : Dec 31 23:59:59 2045 GMT"), "{}", identity.name);
    }
}

#[test]
fn chains_verify_in_their_time_and_under_their_root_only() {
    let roster = Roster::load().unwrap();
    for identity in &roster.identities {
        assert_eq!(verify(identity, identity.ca, YEAR_2030, "smimesign"), Ok(()));
    }
    for identity in [&roster.identities[0], &roster.identities[1]] {
        let late = verify(identity, identity.ca, YEAR_2046, "smimesign").unwrap_err();
        assert!(late.contains("certificate has expired"), "{late}");
        let wrong = if identity.ca == Authority::Rsa { Authority::P256 } else { Authority::Rsa };
        let foreign = verify(identity, wrong, YEAR_2030, "smimesign").unwrap_err();
        assert!(foreign.contains("unable to get"), "{foreign}");
    }
}

#[test]
fn each_negative_identity_fails_for_its_own_reason() {
    let roster = Roster::load().unwrap();
    let [expired, no_sign, other] = &roster.negative[..] else { panic!("three negatives") };
    assert_eq!(
        [&expired.name, &no_sign.name, &other.name],
        ["expired", "no-sign-usage", "other-root"]
    );
    assert_eq!(verify(expired, Authority::Rsa, FEBRUARY_2024, "smimesign"), Ok(()));
    let error = verify(expired, Authority::Rsa, APRIL_2024, "smimesign").unwrap_err();
    assert!(error.contains("certificate has expired"), "{error}");
    assert_eq!(verify(no_sign, Authority::Rsa, YEAR_2030, "any"), Ok(()));
    let error = verify(no_sign, Authority::Rsa, YEAR_2030, "smimesign").unwrap_err();
    assert!(error.contains("nsuitable certificate purpose"), "{error}");
    let text = openssl(["x509", "-in", utf8(&no_sign.chain()), "-noout", "-ext", "keyUsage"]);
    assert!(text.trim().ends_with("Key Encipherment"), "{text}");
    assert_eq!(verify(other, Authority::Other, YEAR_2030, "smimesign"), Ok(()));
    for root in [Authority::Rsa, Authority::P256] {
        let error = verify(other, root, YEAR_2030, "smimesign").unwrap_err();
        assert!(error.contains("unable to get"), "{error}");
    }
}

#[test]
fn the_trust_list_holds_the_two_roots_and_not_the_third() {
    let bytes = std::fs::read(keys_dev().join("trust.json")).unwrap();
    let trust: Value = serde_json::from_slice(&bytes).unwrap();
    let anchors = trust["anchors"].as_array().unwrap();
    let listed: Vec<&str> =
        anchors.iter().map(|anchor| anchor["cert_b64"].as_str().unwrap()).collect();
    let base64 = |authority: Authority| {
        let pem = std::fs::read_to_string(authority.folder().join("root.cert.pem")).unwrap();
        pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>()
    };
    assert_eq!(listed, [base64(Authority::Rsa), base64(Authority::P256)]);
    assert!(!listed.contains(&base64(Authority::Other).as_str()));
    let place = |no: usize| {
        let code = &anchors[no]["org_code"];
        (code["in"].as_str().unwrap(), code["oid"].as_str().unwrap())
    };
    assert_eq!(place(0), ("subject", "2.5.4.97"));
    assert_eq!(place(1), ("extension", "1.2.156.10260.4.1.3"));
    for anchor in anchors {
        assert_eq!(anchor["not_before"].as_u64(), Some(1_704_067_200_000));
        assert_eq!(anchor["not_after"].as_u64(), Some(2_524_607_999_000));
    }
}

#[test]
fn the_list_of_refused_roots_names_every_authority() {
    let text = std::fs::read_to_string(keys_dev().join("roots.sha256")).unwrap();
    let listed: BTreeMap<&str, &str> =
        text.lines().map(|line| line.split_once("  ").unwrap()).map(|(d, n)| (n, d)).collect();
    let mut seen = 0;
    for path in files(&keys_dev()).iter().filter(|path| utf8(path).contains("/ca-")) {
        let Some(name) = utf8(path).strip_suffix(".cert.pem") else { continue };
        let name = name.strip_prefix(utf8(&keys_dev())).unwrap().trim_start_matches('/');
        let print = openssl(["x509", "-in", utf8(path), "-noout", "-fingerprint", "-sha256"]);
        let digest = print.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
        assert_eq!(listed.get(name), Some(&digest.as_str()), "{name}");
        seen += 1;
    }
    assert_eq!((seen, listed.len()), (6, 6));
}

#[test]
fn every_folder_warns_and_the_set_is_small() {
    let folders = ["", "ca-rsa", "ca-p256", "ca-other", "id", "tsa"];
    for folder in folders {
        let text = std::fs::read_to_string(keys_dev().join(folder).join("DANGER.txt")).unwrap();
        assert!(text.starts_with("DANGER"), "{folder}");
    }
    let embedded = files(&keys_dev()).into_iter().chain(files(&fixtures().join("tenders")));
    let bytes: u64 = embedded.map(|path| path.metadata().unwrap().len()).sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}

#[test]
fn the_authority_stamps_time_and_an_altered_file_does_not_verify() {
    let state = tempfile::tempdir().unwrap();
    let file = |name: &str| state.path().join(name);
    std::fs::write(file("serial"), "01\n").unwrap();
    std::fs::write(file("data"), "a head of the log").unwrap();
    std::fs::write(file("altered"), "another head of the log").unwrap();
    let (data, query, reply) = (file("data"), file("query"), file("reply"));
    openssl(["ts", "-query", "-data", utf8(&data), "-sha256", "-cert", "-out", utf8(&query)]);
    let made = Command::new("openssl")
        .args(["ts", "-reply", "-config", utf8(&keys_dev().join("tsa/tsa.cnf"))])
        .args(["-queryfile", utf8(&query), "-out", utf8(&reply)])
        .env("KAIBIAO_TSA", keys_dev().join("tsa"))
        .env("KAIBIAO_TSA_STATE", state.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let check = |name: &str, authority: Authority| {
        let (root, issuing) = (
            authority.folder().join("root.cert.pem"),
            Authority::Rsa.folder().join("issuing.cert.pem"),
        );
        let output = run([
            "ts",
            "-verify",
            "-data",
            utf8(&file(name)),
            "-in",
            utf8(&reply),
            "-CAfile",
            utf8(&root),
            "-untrusted",
            utf8(&issuing),
        ]);
        output.status.success()
    };
    assert!(check("data", Authority::Rsa));
    assert!(!check("altered", Authority::Rsa));
    assert!(!check("data", Authority::P256));
    let purposes = openssl([
        "x509",
        "-in",
        utf8(&keys_dev().join("tsa/tsa.cert.pem")),
        "-noout",
        "-ext",
        "extendedKeyUsage",
    ]);
    let purposes: Vec<&str> = purposes.lines().map(str::trim).collect();
    assert_eq!(purposes, ["X509v3 Extended Key Usage: critical", "Time Stamping"]);
}

#[test]
fn the_script_makes_the_same_layout_and_never_overwrites_by_itself() {
    let script = keys_dev().join("make.sh");
    let folder = tempfile::tempdir().unwrap();
    let make = |extra: &[&str]| {
        let mut command = Command::new("sh");
        command.arg(&script).args(["--out", utf8(folder.path())]).args(extra);
        command.output().unwrap()
    };
    let made = make(&[]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let names = |root: &Path| -> BTreeSet<PathBuf> {
        let own = ["make.sh", "README.md"];
        let inside =
            files(root).into_iter().map(|path| path.strip_prefix(root).unwrap().to_owned());
        inside.filter(|path| !own.contains(&utf8(path))).collect()
    };
    assert_eq!(names(folder.path()), names(&keys_dev()));
    let read = |root: &Path, name: &str| std::fs::read(root.join(name)).unwrap();
    assert_eq!(read(folder.path(), "roster.json"), read(&keys_dev(), "roster.json"));
    assert_ne!(read(folder.path(), "roots.sha256"), read(&keys_dev(), "roots.sha256"));

    let key = read(folder.path(), "id/hall.key.pem");
    assert_eq!(make(&[]).status.code(), Some(73));
    assert_eq!(make(&["--unknown"]).status.code(), Some(64));
    assert_eq!(read(folder.path(), "id/hall.key.pem"), key);
}
