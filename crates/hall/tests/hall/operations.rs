//! What whoever runs a hall asks of it: is it ready, what are its numbers, does it stop when told.

use crate::support::{Running, config, prepare};
use kaibiao_hall::HallConfig;
use kaibiao_testkit::{Scenario, ScenarioOptions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_seal::{Manifest, ObjectDigest};
use serde_json::{Value, json};

struct Hall {
    address: SocketAddr,
    metrics: SocketAddr,
    running: Running,
}

impl Hall {
    async fn start(data: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let metrics = listener.local_addr().unwrap();
        let config = HallConfig { metrics: Some(listener), ..config(data) };
        let running = Running::start(config).await;
        Self { address: running.address, metrics, running }
    }

    async fn end(self) {
        self.running.end().await;
    }

    fn get(&self, path: &str) -> (u16, String) {
        ask(self.address, "GET", path, b"")
    }

    fn json(&self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let (status, answer) = ask(self.address, method, path, body);
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// The numbers in order, without those that tell of time.
    fn numbers(&self) -> Vec<String> {
        let (status, text) = ask(self.metrics, "GET", "/metrics", b"");
        assert_eq!(status, 200, "{text}");
        let of_time = |line: &&str| {
            !line.contains("_seconds_sum")
                && !line.contains("_seconds_bucket")
                && !line.starts_with("process_start_time_seconds ")
        };
        let lines = text.split_once("\r\n\r\n").unwrap().1.lines().filter(of_time);
        let mut lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    }
}

/// One request: the status, and the whole answer.
fn ask(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let mut stream = begin(address, method, path, body.len(), "");
    stream.write_all(body).unwrap();
    answer(stream)
}

/// The head of a request.
fn begin(address: SocketAddr, method: &str, path: &str, length: usize, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: hall\r\nconnection: close\r\n{more}");
    stream.write_all(format!("{head}content-length: {length}\r\n\r\n").as_bytes()).unwrap();
    stream
}

/// A request for whose two bytes of body the hall waits.
fn under_way(address: SocketAddr) -> TcpStream {
    let mut stream = begin(address, "POST", "/api/v1/lots", 2, "expect: 100-continue\r\n");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).expect("a status line").parse().unwrap(), answer)
}

/// Hands all bids of a scenario in, asks for their receipts, and sends what is refused.
fn hand_in(hall: &Hall, scenario: &Scenario, base: &str) {
    for bid in &scenario.bids {
        let manifest = Manifest::parse(&bid.manifest).unwrap();
        let parts = &manifest.body().parts;
        let headers: Vec<Value> = parts
            .iter()
            .zip(bid.headers.iter().zip(&bid.objects))
            .map(|(part, (header, object))| {
                let mut digest = ObjectDigest::new();
                digest.update(object).unwrap();
                let (_, roots) = digest.finish_with_slices().unwrap();
                let roots: Vec<u8> = roots.iter().flat_map(|root| *root.bytes()).collect();
                json!({"stage": part.stage, "part": part.part,
                    "header_b64": STANDARD.encode(header), "slices_b64": STANDARD.encode(roots)})
            })
            .collect();
        let post = json!({
            "manifest_b64": STANDARD.encode(&bid.manifest),
            "cms_b64": STANDARD.encode(&bid.cms),
            "headers": headers,
        });
        let submissions = format!("{base}/submissions");
        let (status, upload) = hall.json("POST", &submissions, post.to_string().as_bytes());
        // The scenario's deadline is a fixed day: from then on its bids are late.
        assert!(status == 201 || upload["label"] == "late", "{status}: {upload}");
        let id = upload["upload"].as_str().unwrap_or("00000000000000000000000000000000");
        for (part, object) in parts.iter().zip(&bid.objects) {
            hall.json("PUT", &format!("/api/v1/uploads/{id}/{}/0", part.name()), object);
        }
        hall.json("GET", &format!("/api/v1/uploads/{id}"), b"");
        let (committed, receipt) = hall.json("POST", &format!("/api/v1/uploads/{id}/commit"), b"");
        assert_eq!(committed == 200, status == 201, "{receipt}");
    }
    for path in ["submissions", "commands"] {
        assert!(hall.json("POST", &format!("{base}/{path}"), b"{}").0 >= 400);
    }
    assert!(hall.get(&format!("{base}/receipts/{}", "0".repeat(32))).0 >= 400);
    assert_eq!(hall.get(&format!("{base}/tender")).0, 200);
}

/// Ruling 25: two halls with the same other traffic, one of them with bids, tell the same numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_numbers_of_a_hall_with_bids_are_those_of_one_without() {
    let options = ScenarioOptions { bidders: Some(3), ..ScenarioOptions::default() };
    let scenario = Scenario::build(&options).unwrap();
    let lot = scenario.verified.file().lot_key();
    let base = format!("/api/v1/lots/{}/{}", lot.tender, lot.lot);
    let folder = tempfile::tempdir().unwrap();
    let mut halls = Vec::new();
    for name in ["with", "without"] {
        let data = folder.path().join(name);
        prepare(&data, &scenario);
        let hall = Hall::start(&data).await;
        for path in ["/", "/api/v1/lots", &format!("{base}/log"), &format!("{base}/frozen"), "/x"] {
            hall.get(path);
        }
        halls.push(hall);
    }
    hand_in(&halls[0], &scenario, &base);

    // A tick may come between the two readings.
    let until = Instant::now() + Duration::from_secs(30);
    let (with, without) = loop {
        let both = (halls[0].numbers(), halls[1].numbers());
        if both.0 == both.1 || Instant::now() > until {
            break both;
        }
    };
    assert_eq!(with, without);
    let log = r#"method="GET",route="/api/v1/lots/{tender}/{lot}/log",status="2xx""#;
    assert!(with.contains(&format!("kaibiao_http_requests_total{{{log}}} 1")), "{with:#?}");
    let text = with.join("\n");
    for word in [lot.tender.as_str(), "uploads", "submissions", "receipts", "commands"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    for bid in &scenario.bids {
        assert!(!text.contains(bid.bidder.code.as_str()) && !text.contains(&bid.bidder.name));
    }
    for hall in halls {
        hall.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_and_pages_stay_on_their_own_listeners() {
    let folder = tempfile::tempdir().unwrap();
    let hall = Hall::start(&folder.path().join("hall")).await;
    let (status, page) = hall.get("/metrics");
    assert!(status == 404 && page.contains("unknown-path"), "{page}");
    for path in ["/", "/api/v1/lots", "/healthz"] {
        assert_eq!(ask(hall.metrics, "GET", path, b"").0, 404, "{path}");
    }
    assert_eq!(ask(hall.metrics, "POST", "/metrics", b"").0, 405);
    let (_, text) = ask(hall.metrics, "GET", "/metrics", b"");
    assert!(text.contains("content-type: application/openmetrics-text; version=1.0.0"), "{text}");
    hall.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_is_ready_while_its_disk_takes_writes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::start(&data).await;
    let eventually = |wanted: u16| {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let (status, answer) = hall.get("/readyz");
            if status == wanted {
                return answer;
            }
            assert!(Instant::now() < until, "{answer}");
        }
    };
    assert!(eventually(200).ends_with("\r\n\r\nready\n"));
    let kept: Vec<_> = std::fs::read_dir(&data).unwrap().map(|item| item.unwrap().path()).collect();
    assert!(!kept.contains(&data.join("probe")), "{kept:?}");

    // Where the probe is written, nothing can be written any more.
    std::fs::create_dir(data.join("probe")).unwrap();
    let problem = eventually(503);
    assert!(problem.contains("application/problem+json"), "{problem}");
    assert!(problem.contains(r#""label":"state-unknown""#), "{problem}");
    assert_eq!(hall.get("/healthz").0, 200, "the process is alive");
    std::fs::remove_dir(data.join("probe")).unwrap();
    eventually(200);
    hall.end().await;
}

/// Who never ends a request does not keep the hall from stopping; who ends it in time is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_that_is_told_to_stop_waits_for_requests_but_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let hall = Hall::start(&folder.path().join("hall")).await;
    let unfinished = under_way(hall.address);
    let mut finishing = under_way(hall.address);
    hall.running.stop.send(()).unwrap();
    let refused = || TcpStream::connect(hall.address).is_err();
    let until = Instant::now() + Duration::from_secs(5);
    while !refused() {
        assert!(Instant::now() < until, "new connections are still taken");
    }
    finishing.write_all(b"{}").unwrap();
    let (status, text) = answer(finishing);
    assert!(status == 400 && text.contains("bad-json"), "{text}");
    let ended = tokio::time::timeout(Duration::from_secs(30), hall.running.task).await;
    ended.expect("the hall stops").unwrap().unwrap();
    drop(unfinished);
}
