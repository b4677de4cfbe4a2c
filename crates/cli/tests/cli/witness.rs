//! A witness beside halls that tell the truth, and beside such as do not.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::{World, eventually, hall};
use kaibiao_journal::{CosignedCheckpoint, LogOrigin, LogSigner, TreeHead, VerifierKey};
use kaibiao_merkle::{leaf_hash, root_of};
use kaibiao_testkit::Running;

/// What the hall of a test shows, whatever it showed before.
#[derive(Clone)]
struct Hall {
    address: String,
    shown: Arc<Mutex<(Vec<String>, String)>>,
}

fn signer(seed: u8) -> LogSigner {
    let origin = LogOrigin::parse("hall.example/lot/T/1").unwrap();
    LogSigner::from_seed(origin, &[seed; 32]).unwrap()
}

fn note(seed: u8, lines: &[&str]) -> String {
    let leaves: Vec<_> = lines.iter().map(|line| leaf_hash(line.as_bytes())).collect();
    signer(seed).sign(TreeHead { size: lines.len().try_into().unwrap(), root: root_of(&leaves) })
}

impl Hall {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let hall = Self { address, shown: Arc::default() };
        let shown = Arc::clone(&hall.shown);
        // It ends with the test program.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = String::new();
                BufReader::new(&stream).read_line(&mut request).unwrap();
                let (lines, note) = shown.lock().unwrap().clone();
                let body = match request.split_once("/log?since=") {
                    Some((_, rest)) => {
                        let since: usize = rest.split(' ').next().unwrap().parse().unwrap();
                        let from = lines.iter().skip(since);
                        from.flat_map(|line| [line.as_str(), "\n"]).collect()
                    }
                    None => note,
                };
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n");
                drop(write!(stream, "{head}connection: close\r\n\r\n{body}"));
                drop(stream.shutdown(std::net::Shutdown::Write));
                drop(stream.read_to_end(&mut Vec::new()));
            }
        });
        hall
    }

    fn shows(&self, lines: &[&str], note: String) {
        *self.shown.lock().unwrap() = (lines.iter().map(|&line| line.to_owned()).collect(), note);
    }

    /// One look of the witness, with the key that the tender notice prints.
    fn look(&self, store: &Path, log_key: &VerifierKey) -> Output {
        witness()
            .args(["run", "--once", "--lot", "T/1", "--hall", &self.address])
            .args(["--log-key", &log_key.to_string()])
            .arg("--store")
            .arg(store)
            .output()
            .unwrap()
    }
}

fn witness() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaibiao"));
    command.args(["--lang", "en", "witness"]);
    command
}

fn init(store: &Path, name: &str) -> Output {
    witness().args(["init", "--name", name, "--store"]).arg(store).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

struct Seen {
    _dir: tempfile::TempDir,
    store: PathBuf,
    key: VerifierKey,
    hall: Hall,
}

impl Seen {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("witness");
        let made = init(&store, "witness.example");
        assert!(made.status.success(), "{}", said(&made));
        let text = said(&made);
        let key = text.trim().strip_prefix("witness: ").unwrap().parse().unwrap();
        Self { _dir: dir, store, key, hall: Hall::start() }
    }

    fn look(&self) -> Output {
        self.hall.look(&self.store, signer(1).vkey())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.store.join("T/1").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// The size of the newest head, whose cosignature anybody can verify.
    fn cosigned(&self) -> usize {
        let keys = std::slice::from_ref(&self.key);
        let head = CosignedCheckpoint::verify(&self.read("head.note"), signer(1).vkey(), keys);
        let head = head.unwrap();
        assert_eq!(head.cosignatures().len(), 1);
        head.checkpoint().head.size.try_into().unwrap()
    }
}

#[test]
fn heads_that_extend_each_other_are_cosigned() {
    let seen = Seen::new();
    for (lines, again) in [(&["a"][..], false), (&["a", "b", "c"], false), (&["a", "b", "c"], true)]
    {
        seen.hall.shows(lines, note(1, lines));
        let look = seen.look();
        assert!(look.status.success(), "{}", said(&look));
        assert_eq!(said(&look).is_empty(), again, "{}", said(&look));
        assert_eq!(seen.cosigned(), lines.len());
        assert_eq!(seen.read("log.jsonl"), lines.join("\n") + "\n");
    }
    // An older head is no contradiction, and no news.
    seen.hall.shows(&["a", "b", "c"], note(1, &["a"]));
    assert!(seen.look().status.success());
    assert_eq!(seen.cosigned(), 3);
    // A head of lines that are still on their way waits.
    seen.hall.shows(&["a", "b", "c"], note(1, &["a", "b", "c", "d"]));
    assert!(seen.look().status.success());
    assert_eq!(seen.cosigned(), 3);
}

#[test]
fn another_past_is_kept_as_proof() {
    for other in [&["a", "B", "c"][..], &["a", "B"], &["a", "B", "c", "d"]] {
        let seen = Seen::new();
        seen.hall.shows(&["a", "b", "c"], note(1, &["a", "b", "c"]));
        assert!(seen.look().status.success());
        let before = seen.read("head.note");
        seen.hall.shows(other, note(1, other));
        let look = seen.look();
        assert_eq!(look.status.code(), Some(1), "{}", said(&look));
        assert!(said(&look).contains("split-view"), "{}", said(&look));
        // Both are signed by the log, and they contradict each other.
        let proof = seen.read(&format!("other-{}.note", other.len()));
        assert_eq!(proof, note(1, other));
        assert_eq!(seen.read("head.note"), before);
        assert!(seen.read("log.jsonl").starts_with("a\nb\nc\n"));
        assert_eq!(seen.look().status.code(), Some(1), "as long as the hall shows it");
    }
}

#[test]
fn what_the_log_has_not_signed_is_refused() {
    let seen = Seen::new();
    seen.hall.shows(&["a"], note(2, &["a"]));
    let look = seen.look();
    assert_eq!(look.status.code(), Some(1), "{}", said(&look));
    assert!(said(&look).contains("broken-signature"), "{}", said(&look));
    assert!(!seen.file("head.note").exists());

    seen.hall.shows(&["a"], note(1, &["a"]));
    assert!(seen.look().status.success());
    let look = seen.hall.look(&seen.store, signer(2).vkey());
    assert_eq!(look.status.code(), Some(1), "{}", said(&look));
    assert!(said(&look).contains("another one than in"), "{}", said(&look));
    assert_eq!(seen.cosigned(), 1);
}

#[test]
fn a_power_cut_in_the_middle_of_a_line_loses_nothing() {
    let seen = Seen::new();
    seen.hall.shows(&["first", "second"], note(1, &["first", "second"]));
    assert!(seen.look().status.success());
    fs::write(seen.file("log.jsonl"), "first\nsecond\nthi").unwrap();
    let lines = ["first", "second", "third"];
    seen.hall.shows(&lines, note(1, &lines));
    let look = seen.look();
    assert!(look.status.success(), "{}", said(&look));
    assert_eq!((seen.cosigned(), seen.read("log.jsonl")), (3, "first\nsecond\nthird\n".to_owned()));

    // Lines that somebody changed do not fit the head that was cosigned.
    fs::write(seen.file("log.jsonl"), "first\nother\nthird\n").unwrap();
    let look = seen.look();
    assert_eq!(look.status.code(), Some(65), "{}", said(&look));
    assert_eq!(seen.cosigned(), 3);
}

#[test]
fn keys_are_made_once_and_have_names() {
    let seen = Seen::new();
    let again = init(&seen.store, "witness.example");
    assert_eq!(again.status.code(), Some(73), "{}", said(&again));
    let dir = tempfile::tempdir().unwrap();
    for name in ["", "a b", "a+b"] {
        let made = init(dir.path(), name);
        assert_eq!(made.status.code(), Some(64), "{name}: {}", said(&made));
    }
    assert!(!dir.path().join("witness.key").exists());
    for key in ["", "witness.example\n", "witness.example\n00\n", "no name and no seed"] {
        fs::write(seen.store.join("witness.key"), key).unwrap();
        let look = seen.look();
        assert_eq!(look.status.code(), Some(65), "{key:?}: {}", said(&look));
    }
    // Nobody listens there.
    let gone = Hall { address: "http://127.0.0.1:9".to_owned(), shown: Arc::default() };
    let fresh = Seen::new();
    let look = gone.look(&fresh.store, signer(1).vkey());
    assert_eq!(look.status.code(), Some(4), "{}", said(&look));
}

/// The note that the hall shows.
fn shown(world: &World) -> String {
    let path = format!("/api/v1/lots/{}/checkpoint", world.lot);
    world.http_text("GET", &path, b"").1
}

#[test]
fn the_hall_shows_a_witness_that_it_knows_and_goes_on_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let (known, other) = (dir.path().join("known"), dir.path().join("other"));
    let key = said(&init(&known, "witness.example"));
    let key = key.trim().strip_prefix("witness: ").unwrap().to_owned();
    assert!(init(&other, "other.example").status.success());
    let serve = |dir: &tempfile::TempDir| {
        let mut serve = hall(dir);
        serve.args(["--witness", &key]);
        serve
    };
    let world = World::open_at_ease_by(serve, "works-12", 30);
    let run = |store: &Path, more: &[&str]| {
        let mut command = witness();
        command.arg("run").args(world.at_lot()).arg("--store").arg(store).args(more);
        command
    };
    let mut beside = Running::start(run(&known, &["--hand-in"]), Duration::from_mins(2)).unwrap();
    eventually("the witness is shown", Duration::from_secs(20), || {
        shown(&world).contains("\n\u{2014} witness.example ")
    });
    // The auditor of the note believes no name, only the key.
    let note = shown(&world);
    let keys = [key.parse::<VerifierKey>().unwrap()];
    let log_key = fs::read_to_string(known.join(&world.lot).join("log.vkey")).unwrap();
    let log_key = log_key.trim().parse().unwrap();
    let held = CosignedCheckpoint::verify(&note, &log_key, &keys).unwrap();
    assert_eq!(held.cosignatures()[0].name, "witness.example");

    // One that the hall was not told of is not shown, and is told so.
    let refused = run(&other, &["--once", "--hand-in"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("wrong-role"), "{}", said(&refused));
    assert!(!shown(&world).contains("other.example"));

    // Nobody waits for a witness: without it bids are received and proven as before.
    beside.kill();
    world.seal(1, "bid-1").ok();
    assert!(world.submit("bid-1", &[]).ok().contains("proof: verified"));
    assert!(!shown(&world).contains("witness.example"), "a line under an older head");
}
