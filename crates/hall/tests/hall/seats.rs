//! TLS, pages of other sites, limits and logins, through real sockets.

use crate::support::{AT_MOST, Running, config, identity, prepare, scenario};
use kaibiao_hall::{Front, HallConfig, Tls, trial_folder};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use kaibiao_pki::{Identity, cms};
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::Origin;
use ring::rand::SystemRandom;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

struct Hall {
    address: SocketAddr,
    lot: LotKey,
    running: Running,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Hall {
    async fn start(data: &Path, front: Front) -> Self {
        let lot = prepare(data, scenario());
        let running = Running::start(HallConfig { front, ..config(data) }).await;
        Self { address: running.address, lot, running }
    }

    async fn end(self) {
        self.running.end().await;
    }

    fn path(&self, tail: &str) -> String {
        format!("/api/v1/lots/{}/{}{tail}", self.lot.tender, self.lot.lot)
    }

    /// Asks over plain HTTP; `headers` end with line ends.
    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut tcp = TcpStream::connect(self.address).await.unwrap();
        ask(&mut tcp, &request(method, path, self.address, headers, body)).await
    }

    async fn post(&self, tail: &str, headers: &str, body: &Value) -> (u16, String) {
        self.ask("POST", &self.path(tail), headers, &body.to_string()).await
    }

    async fn challenge(&self) -> Value {
        let (status, text) = self.post("/login/challenge", "", &json!({})).await;
        assert_eq!(status, 200, "{text}");
        body(&text)
    }

    async fn log_in(&self, who: &Identity) -> (u16, String) {
        let post = signed(&self.challenge().await, who);
        self.post("/login", "", &post).await
    }
}

#[allow(clippy::needless_pass_by_value)]
fn request(
    method: &str,
    path: &str,
    host: impl std::fmt::Display,
    headers: &str,
    body: &str,
) -> String {
    let host = if headers.to_lowercase().contains("host: ") {
        String::new()
    } else {
        format!("host: {host}\r\n")
    };
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\n{host}{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

async fn ask(wire: &mut dyn Wire, request: &str) -> (u16, String) {
    wire.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Who is cut while it reads has read what there was.
    drop(tokio::time::timeout(AT_MOST, wire.read_to_end(&mut answer)).await.expect("an end"));
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).unwrap_or("0").parse().unwrap();
    (status, text)
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or(Value::Null)
}

/// The value of a header of an answer.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn signed(challenge: &Value, who: &Identity) -> Value {
    let statement = STANDARD.decode(challenge["statement_b64"].as_str().unwrap()).unwrap();
    sign(challenge, &statement, who)
}

fn sign(challenge: &Value, content: &[u8], who: &Identity) -> Value {
    let now = UtcMillis::new(1_790_000_000_000).unwrap();
    let cms = cms::sign_detached(who, content, now, &SystemRandom::new()).unwrap();
    json!({
        "statement_b64": challenge["statement_b64"],
        "ticket_b64": challenge["ticket_b64"],
        "cms_b64": STANDARD.encode(cms),
        "carry": "bearer",
    })
}

fn connector(data: &Path) -> TlsConnector {
    let pem = std::fs::read(trial_folder(data).join("cert.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.unwrap()).unwrap();
    }
    connector_of(roots)
}

fn connector_of(roots: RootCertStore) -> TlsConnector {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config).into()
}

fn local() -> ServerName<'static> {
    ServerName::try_from("127.0.0.1").unwrap()
}

fn trial(data: &Path) -> Front {
    let tls = Tls::self_signed(data, vec!["127.0.0.1".to_owned(), "localhost".to_owned()]);
    Front { tls: Some(tls.unwrap()), ..Front::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_calls_and_rooms_come_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::start(&data, trial(&data)).await;
    let connector = connector(&data);
    let connect = async || {
        let tcp = TcpStream::connect(hall.address).await.unwrap();
        connector.connect(local(), tcp).await.unwrap()
    };
    let page = request("GET", "/", hall.address, "", "");
    let (status, text) = ask(&mut connect().await, &page).await;
    assert_eq!(status, 200, "{text}");
    let policy = header(&text, "content-security-policy").unwrap();
    assert!(policy.contains(&format!("connect-src 'self' wss://{}", hall.address)), "{policy}");
    assert!(!policy.contains(" ws://"), "{policy}");
    assert_eq!(header(&text, "strict-transport-security"), None, "it is for trials");

    let url = format!("wss://{}{}", hall.address, hall.path("/room?since=0"));
    let asked = url.into_client_request().unwrap();
    let (mut room, _) = tokio_tungstenite::client_async(asked, connect().await).await.unwrap();
    let mut lines = Vec::new();
    while lines.len() < 2 {
        let frame = tokio::time::timeout(AT_MOST, room.next()).await.unwrap().unwrap().unwrap();
        let text = frame.into_text().unwrap();
        if !text.starts_with(r#"{"t""#) {
            lines.push(text.to_string());
        }
    }
    let kept: Vec<_> =
        scenario().log.entries().iter().take(2).map(|entry| entry.text().to_owned()).collect();
    assert_eq!(lines, kept);

    // What is not TLS is not served, and a client that pins another certificate does not go on.
    let mut plain = TcpStream::connect(hall.address).await.unwrap();
    let (status, _) = ask(&mut plain, &page).await;
    assert_eq!(status, 0);
    let tcp = TcpStream::connect(hall.address).await.unwrap();
    let other = folder.path().join("other");
    trial(&other);
    assert!(self::connector(&other).connect(local(), tcp).await.is_err());
    let tcp = TcpStream::connect(hall.address).await.unwrap();
    let name = ServerName::try_from("hall.example").unwrap();
    assert!(connector.connect(name, tcp).await.is_err(), "another name");
    let tcp = TcpStream::connect(hall.address).await.unwrap();
    assert!(connector_of(RootCertStore::empty()).connect(local(), tcp).await.is_err());
    drop(room);
    hall.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_was_given_is_insisted_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    drop(trial(&data));
    let pem = |name: &str| std::fs::read(trial_folder(&data).join(name)).unwrap();
    let tls = Tls::from_pem(&pem("cert.pem"), &pem("key.pem")).unwrap();
    let origins = vec![Origin::parse("https://hall.example").unwrap()];
    let hall = Hall::start(&data, Front { tls: Some(tls), origins, ..Front::default() }).await;
    let tcp = TcpStream::connect(hall.address).await.unwrap();
    let mut wire = connector(&data).connect(local(), tcp).await.unwrap();
    let (_, text) = ask(&mut wire, &request("GET", "/", "hall.example", "", "")).await;
    assert_eq!(header(&text, "strict-transport-security"), Some("max-age=31536000"));
    assert!(text.contains("connect-src 'self' wss://hall.example;"), "{text}");
    hall.end().await;
}

/// Handshakes that stand still, and heads that never end, are given up and hold nobody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_is_sent_away() {
    let folder = tempfile::tempdir().unwrap();
    let (secure, plain) = (folder.path().join("secure"), folder.path().join("plain"));
    let (secure, plain) =
        tokio::join!(Hall::start(&secure, trial(&secure)), Hall::start(&plain, Front::default()));
    let mut ends = Vec::new();
    for (address, words) in [
        (secure.address, &b""[..]),
        (secure.address, &[22, 3, 1, 2, 0, 1]),
        (plain.address, b"GET / HTTP/1.1\r\nhost: hall\r\nx-slow: "),
        (plain.address, b""),
    ] {
        let mut wire = TcpStream::connect(address).await.unwrap();
        wire.write_all(words).await.unwrap();
        ends.push(tokio::spawn(async move {
            let mut rest = Vec::new();
            drop(wire.read_to_end(&mut rest).await);
        }));
    }
    // Meanwhile others are served.
    assert_eq!(plain.ask("GET", "/api/v1/time", "", "").await.0, 200);
    for (number, end) in ends.into_iter().enumerate() {
        let end = tokio::time::timeout(AT_MOST, end).await;
        assert!(end.is_ok(), "connection {number} is given up");
    }
    secure.end().await;
    plain.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_sites_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let hall = Hall::start(&folder.path().join("hall"), Front::default()).await;
    let own = format!("origin: http://{}\r\n", hall.address);
    let room = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for origin in
        ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1.evil.example"]
    {
        let foreign = format!("origin: {origin}\r\n");
        for (method, tail, headers) in [
            ("GET", "/room", format!("{room}{foreign}")),
            ("POST", "/login/challenge", foreign.clone()),
            ("POST", "/commands", foreign.clone()),
        ] {
            let (status, text) = hall.ask(method, &hall.path(tail), &headers, "{}").await;
            assert_eq!((status, body(&text)["label"].as_str()), (403, Some("foreign-origin")));
        }
    }
    let port = hall.address.port();
    for own in [own, format!("origin: http://localhost:{port}\r\n"), String::new()] {
        let (status, text) = hall.ask("POST", &hall.path("/login/challenge"), &own, "").await;
        assert_eq!(status, 200, "{text}");
        let headers = format!("{room}{own}");
        let mut tcp = TcpStream::connect(hall.address).await.unwrap();
        let asked = request("GET", &hall.path("/room"), hall.address, &headers, "");
        tcp.write_all(asked.replace("connection: close\r\n", "").as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        tcp.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 101");
    }
    // By a name that is not the hall's nobody gets a statement to sign.
    for host in ["evil.example", "127.0.0.1", &format!("127.0.0.1:{port}.evil.example")] {
        let (status, text) = hall
            .ask("POST", &hall.path("/login/challenge"), &format!("host: {host}\r\n"), "")
            .await;
        assert_eq!(
            (status, body(&text)["label"].as_str()),
            (403, Some("foreign-origin")),
            "{host}"
        );
    }
    hall.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_opens_a_session_for_one_lot() {
    let folder = tempfile::tempdir().unwrap();
    let hall = Hall::start(&folder.path().join("hall"), Front::default()).await;
    let files = ["id/host-zhuzhou-2022", "id/supervisor-zhuzhou-2022", "id/bidder-zhuzhou-2022-01"];
    let mut tokens = Vec::new();
    for (file, role) in files.iter().zip(["host", "supervisor", "bidder"]) {
        let who = identity(file);
        let (status, text) = hall.log_in(&who).await;
        assert_eq!(status, 200, "{file}: {text}");
        assert_eq!(header(&text, "cache-control"), Some("no-store"));
        assert_eq!(header(&text, "set-cookie"), None);
        let session = body(&text);
        assert_eq!(session["role"], role);
        let token = session["token"].as_str().unwrap().to_owned();
        assert_eq!(token.len(), 43, "256 bits");
        let bearer = format!("authorization: Bearer {token}\r\n");
        let (status, text) = hall.ask("GET", &hall.path("/me"), &bearer, "").await;
        assert_eq!((status, &body(&text)["code"]), (200, &session["code"]));
        assert!(!text.contains(&token));
        tokens.push(bearer);
    }
    assert!(tokens[0] != tokens[1]);

    // A session never stands for a signature.
    let (status, text) =
        hall.post("/commands", &tokens[0], &json!({"body": "e30=", "cms": "MAA="})).await;
    assert!(status >= 400, "{text}");
    // It is of this lot.
    let elsewhere = "/api/v1/lots/T/L/me";
    assert_eq!(hall.ask("GET", elsewhere, &tokens[0], "").await.0, 401);
    // One ends, the others do not.
    assert_eq!(hall.ask("POST", &hall.path("/logout"), &tokens[0], "").await.0, 204);
    for (token, status) in [(&tokens[0], 401), (&tokens[1], 200), (&tokens[2], 200)] {
        assert_eq!(hall.ask("GET", &hall.path("/me"), token, "").await.0, status);
    }
    let (status, text) = hall.ask("POST", &hall.path("/logout"), &tokens[0], "").await;
    assert_eq!((status, body(&text)["label"].as_str()), (401, Some("no-session")));
    assert_eq!(header(&text, "www-authenticate"), Some("Bearer"));
    for carried in
        ["", "authorization: Bearer\r\n", "authorization: Basic eDp5\r\n", "cookie: kaibiao=x\r\n"]
    {
        assert_eq!(hall.ask("GET", &hall.path("/me"), carried, "").await.0, 401, "{carried}");
    }
    // Ruling 25: the log tells of no login.
    let (_, log) = hall.ask("GET", &hall.path("/log?since=2"), "", "").await;
    let code = scenario().bids[0].bidder.code.as_str();
    assert!(!log.contains("login") && !log.contains(code), "{log}");
    hall.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_carries_its_session_in_a_cookie() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let (hall, secure) = (
        Hall::start(&data, Front::default()).await,
        Hall::start(&folder.path().join("secure"), trial(&folder.path().join("secure"))).await,
    );
    let mut post = signed(&hall.challenge().await, &identity("id/bidder-zhuzhou-2022-01"));
    post["carry"] = json!("cookie");
    let (status, text) = hall.post("/login", "", &post).await;
    assert_eq!((status, body(&text).get("token")), (200, None));
    let cookie = header(&text, "set-cookie").unwrap();
    assert!(
        cookie.starts_with("kaibiao-") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict")
    );
    let carried = format!("cookie: a=b; {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(hall.ask("GET", &hall.path("/me"), &carried, "").await.0, 200);
    let foreign = format!("{carried}origin: http://evil.example\r\n");
    assert_eq!(hall.ask("POST", &hall.path("/logout"), &foreign, "").await.0, 403);
    let (status, text) = hall.ask("POST", &hall.path("/logout"), &carried, "").await;
    assert!(status == 204 && header(&text, "set-cookie").unwrap().contains("Max-Age=0"), "{text}");
    assert_eq!(hall.ask("GET", &hall.path("/me"), &carried, "").await.0, 401);

    let connector = connector(&folder.path().join("secure"));
    let call = async |method: &str, tail: &str, headers: &str, body: &str| {
        let tcp = TcpStream::connect(secure.address).await.unwrap();
        let mut wire = connector.connect(local(), tcp).await.unwrap();
        ask(&mut wire, &request(method, &secure.path(tail), secure.address, headers, body)).await
    };
    let made = body(&call("POST", "/login/challenge", "", "").await.1);
    let mut post = signed(&made, &identity("id/bidder-zhuzhou-2022-01"));
    post["carry"] = json!("cookie");
    let (status, text) = call("POST", "/login", "", &post.to_string()).await;
    let cookie = header(&text, "set-cookie").unwrap();
    assert!(status == 200 && cookie.starts_with("__Host-kaibiao-"), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    let carried = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(call("GET", "/me", &carried, "").await.0, 200);
    hall.end().await;
    secure.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_the_statement_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (hall, other) = (
        Hall::start(&folder.path().join("hall"), Front::default()).await,
        Hall::start(&folder.path().join("other"), Front::default()).await,
    );
    let bidder = identity("id/bidder-zhuzhou-2022-01");
    let made = hall.challenge().await;
    let good = signed(&made, &bidder);
    let statement = STANDARD.decode(made["statement_b64"].as_str().unwrap()).unwrap();
    let altered = |key: &str, value: Value| {
        let mut post = good.clone();
        post[key] = value;
        post
    };
    let foreign = signed(&other.challenge().await, &bidder);
    let rewritten = String::from_utf8(statement.clone()).unwrap().replace("127.0.0.1", "127.0.0.2");
    for (what, post, status, label) in [
        ("another hall", foreign.clone(), 403, "stale-challenge"),
        (
            "a ticket of another",
            altered("ticket_b64", foreign["ticket_b64"].clone()),
            403,
            "stale-challenge",
        ),
        ("no ticket", altered("ticket_b64", json!("")), 403, "stale-challenge"),
        (
            "a statement that was changed",
            altered("statement_b64", json!(STANDARD.encode(rewritten))),
            403,
            "stale-challenge",
        ),
        ("another content", sign(&made, b"{}", &bidder), 422, "broken-signature"),
        ("no signature", altered("cms_b64", json!("")), 422, "broken-signature"),
        (
            "the signature of another statement",
            altered("cms_b64", foreign["cms_b64"].clone()),
            422,
            "broken-signature",
        ),
        (
            "a certificate that has ended",
            sign(&made, &statement, &identity("id/expired")),
            403,
            "untrusted-certificate",
        ),
        (
            "an authority nobody trusts",
            sign(&made, &statement, &identity("id/other-root")),
            403,
            "untrusted-certificate",
        ),
        (
            "a certificate for time stamps",
            sign(&made, &statement, &identity("tsa/tsa")),
            403,
            "untrusted-certificate",
        ),
        ("another word", altered("carry", json!("header")), 400, "bad-json"),
        ("one field more", altered("role", json!("host")), 400, "bad-json"),
    ] {
        let (found, text) = hall.post("/login", "", &post).await;
        assert_eq!((found, body(&text)["label"].as_str()), (status, Some(label)), "{what}: {text}");
        assert!(!text.contains("token") && header(&text, "set-cookie").is_none());
    }
    // None of this used the statement up; it is good for its lot, and once.
    let (status, text) = hall.ask("POST", "/api/v1/lots/T/L/login", "", &good.to_string()).await;
    assert_eq!((status, body(&text)["label"].as_str()), (403, Some("stale-challenge")), "{text}");
    assert_eq!(hall.post("/login", "", &good).await.0, 200);
    let (status, text) = hall.post("/login", "", &good).await;
    assert!(status == 403 && text.contains("E_LOGIN_USED"), "{text}");
    let (status, text) = hall.ask("POST", "/api/v1/lots/T/L/login/challenge", "", "").await;
    assert_eq!((status, body(&text)["label"].as_str()), (404, Some("unknown-lot")));
    let large = format!("{{\"cms_b64\":\"{}\"}}", "A".repeat(300 * 1_024));
    assert_eq!(hall.ask("POST", &hall.path("/login"), "", &large).await.0, 413);
    hall.end().await;
    other.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_attempts_and_rooms_are_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let front = Front {
        sockets_per_address: 2,
        behind_proxy: Some("127.0.0.1".parse().unwrap()),
        ..Front::default()
    };
    let hall = Hall::start(&folder.path().join("hall"), front).await;
    let by = |address: &str| format!("x-forwarded-for: 198.51.100.1, {address}\r\n");
    let mut refused = None;
    for _ in 0..200 {
        let (status, text) = hall.post("/login", &by("192.0.2.1"), &json!({})).await;
        if status == 429 {
            refused = Some(text);
            break;
        }
        assert_eq!(status, 400);
    }
    let text = refused.expect("a limit");
    assert_eq!(body(&text)["label"], "too-many-requests");
    let wait: u64 = header(&text, "retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    // Others are heard, and the same address for other things.
    assert_eq!(hall.post("/login", &by("192.0.2.2"), &json!({})).await.0, 400);
    assert_eq!(hall.post("/login/challenge", &by("192.0.2.1"), &json!({})).await.0, 200);

    let room = format!("ws://{}{}", hall.address, hall.path("/room"));
    let enter = async |address: &str| {
        let mut asked = room.as_str().into_client_request().unwrap();
        asked.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        tokio_tungstenite::connect_async(asked).await
    };
    let (first, _second) = (enter("192.0.2.9").await.unwrap(), enter("192.0.2.9").await.unwrap());
    let Err(tokio_tungstenite::tungstenite::Error::Http(answer)) = enter("192.0.2.9").await else {
        panic!("a third room");
    };
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(enter("192.0.2.10").await.is_ok());
    drop(first);
    let again = async { while enter("192.0.2.9").await.is_err() {} };
    tokio::time::timeout(AT_MOST, again).await.expect("a place that was given back");
    hall.end().await;
}
