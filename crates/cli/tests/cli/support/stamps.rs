//! Time-stamping authorities for tests: the program's own, OpenSSL's, and servers that do it wrong.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kaibiao_testkit::{Running, keys_dev};

use crate::support::{KAIBIAO, kaibiao, text};

pub(crate) const QUERY: &str = "application/timestamp-query";
pub(crate) const REPLY: &str = "application/timestamp-reply";

/// The development authority as a process.
pub(crate) struct Tsa {
    pub(crate) process: Running,
    pub(crate) url: String,
}

impl Tsa {
    /// With the development certificate.
    pub(crate) fn start(data: &Path) -> Self {
        let tsa = keys_dev().join("tsa");
        Self::of(&tsa.join("tsa.chain.pem"), &tsa.join("tsa.key.pem"), data)
    }

    pub(crate) fn of(chain: &Path, key: &Path, data: &Path) -> Self {
        let mut command = Command::new(KAIBIAO);
        command.args(["tsa", "--lang", "en", "--listen", "127.0.0.1:0", "--cert"]);
        command.arg(chain).arg("--key").arg(key).arg("--data").arg(data);
        let mut process = Running::start(command, Duration::from_secs(58)).unwrap();
        let line = process.wait_for("listening: ").unwrap_or_else(|error| panic!("{error}"));
        let url = line.split("listening: ").nth(1).unwrap().to_owned();
        Self { process, url }
    }
}

/// One request by hand: status and body; status 0 if the server hangs up.
pub(crate) fn post(url: &str, kind: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut answer = Vec::new();
    let sent = stream.write_all(&[head.as_bytes(), body].concat());
    if sent.and_then(|()| stream.read_to_end(&mut answer)).is_err() {
        return (0, Vec::new());
    }
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
    (status, answer[end..].to_vec())
}

/// A server on this machine that answers each request by a function of its body, for the length of
/// the test: status line, media type, body.
pub(crate) fn server(
    answer: impl Fn(&[u8]) -> (&'static str, &'static str, Vec<u8>) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let (status, kind, body) = answer(&request(&mut stream));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // A client that had enough hangs up.
            drop(stream.write_all(&[head.as_bytes(), &body].concat()));
        }
    });
    url
}

/// The body of a request that says its length, and that it is a query.
fn request(stream: &mut TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            assert!(head.contains(&format!("content-type: {QUERY}")), "{head}");
            assert!(head.contains(&format!("accept: {REPLY}")), "{head}");
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return bytes[end + 4..].to_vec();
            }
        }
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "the request ends too early");
        bytes.extend_from_slice(&piece[..count]);
    }
}

/// Runs `openssl` in a folder.
pub(crate) fn openssl(dir: &Path, line: &str) -> Result<String, String> {
    let done = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(dir)
        .env("KAIBIAO_TSA", keys_dev().join("tsa"))
        .env("KAIBIAO_TSA_STATE", dir)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if done.status.success() { Ok(said) } else { Err(said) }
}

/// What `openssl ts -reply` answers to a request.
pub(crate) fn openssl_replies(dir: &Path, request: &[u8]) -> Vec<u8> {
    fs::write(dir.join("q.tsq"), request).unwrap();
    if !dir.join("serial").exists() {
        fs::write(dir.join("serial"), "01\n").unwrap();
    }
    let config = text(&keys_dev().join("tsa/tsa.cnf"));
    openssl(dir, &format!("ts -reply -config {config} -queryfile q.tsq -out r.tsr")).unwrap();
    fs::read(dir.join("r.tsr")).unwrap()
}

/// `-CAfile … -untrusted …` for the development authority.
pub(crate) fn ca_words() -> String {
    let rsa = keys_dev().join("ca-rsa");
    let (root, issuing) = (rsa.join("root.cert.pem"), rsa.join("issuing.cert.pem"));
    format!("-CAfile {} -untrusted {}", root.display(), issuing.display())
}

/// An authority of its own, whose certificate lasts so many days, and a trust list with it and the
/// development ones.
pub(crate) fn short_authority(dir: &Path, days: u32) -> (PathBuf, PathBuf, PathBuf) {
    let ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
              subjectKeyIdentifier=hash\n";
    let tsa = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
               extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\n\
               authorityKeyIdentifier=keyid\n";
    fs::write(dir.join("ca.ext"), ca).unwrap();
    fs::write(dir.join("tsa.ext"), tsa).unwrap();
    for line in [
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Short-Root \
         -keyout ca.key -out ca.csr",
        "x509 -req -in ca.csr -signkey ca.key -days 7000 -sha256 -extfile ca.ext -out ca.pem",
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Short-Stamps \
         -keyout tsa.key -out tsa.csr",
    ] {
        openssl(dir, line).unwrap();
    }
    let line = format!(
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial 77777 -days {days} -sha256 \
         -extfile tsa.ext -out tsa.pem"
    );
    openssl(dir, &line).unwrap();
    let list = dir.join("trust.json");
    let root = text(&dir.join("ca.pem"));
    let old = text(&keys_dev().join("trust.json"));
    let place = "subject:2.5.4.97";
    let out = text(&list);
    kaibiao(["trust", "add", &root, "--list", &old, "--org-code", place, "--out", &out]).ok();
    (dir.join("tsa.pem"), dir.join("tsa.key"), list)
}
