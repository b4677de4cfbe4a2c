//! The roles of an opening as processes of the built binary.

pub(crate) mod stamps;

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_seal::ObjectDigest;
use kaibiao_testkit::{Fixture, Running, SoftTokens, fixtures, keys_dev};
use serde_json::{Value, json};
use tempfile::TempDir;

/// No command of a test runs longer.
const COMMAND: Duration = Duration::from_mins(2);
/// No hall or custodian of a test lives longer.
const LIFE: Duration = Duration::from_mins(6);

/// The binary under test.
pub(crate) const KAIBIAO: &str = env!("CARGO_BIN_EXE_kaibiao");

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl Done {
    /// The command succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.text);
        self.text
    }

    /// The command was refused with this exit code and label, in words a person understands.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, label: &str) -> String {
        assert_eq!(self.code, code, "{}", self.text);
        assert!(self.text.contains(&format!("[{label}]")), "{label}: {}", self.text);
        for word in ["kaibiao: error: ", "kaibiao: safe: ", "kaibiao: hint: "] {
            assert!(self.text.contains(word), "{word}: {}", self.text);
        }
        self.text
    }
}

/// Runs one command to its end.
pub(crate) fn kaibiao<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Done {
    let mut command = Command::new(KAIBIAO);
    command.args(arguments);
    run(command)
}

/// Runs a prepared command to its end.
pub(crate) fn run(command: Command) -> Done {
    let mut running = Running::start(command, COMMAND).unwrap();
    // No line holds this, so it ends when both pipes are closed: every line has arrived.
    drop(running.wait_for("\u{0}"));
    let status = running.wait_exit().unwrap_or_else(|error| panic!("{error}"));
    Done { code: status.code().unwrap_or(-1), text: running.output() }
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn eventually(what: &str, longest: Duration, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + longest;
    while !holds() {
        assert!(Instant::now() < until, "still awaited after {longest:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A hall and its custodians with one published lot.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) fixture: Fixture,
    pub(crate) url: String,
    pub(crate) lot: String,
    pub(crate) hall: Running,
    pub(crate) custodians: Vec<Running>,
    pub(crate) deadline: Instant,
    /// With them custodian 1 and 2 keep their keys under a token of their own each.
    pub(crate) tokens: Option<SoftTokens>,
}

impl World {
    /// Starts the processes and publishes a tender whose bids are taken in for `seconds`.
    pub(crate) fn open(name: &str, seconds: u64) -> Self {
        Self::open_under(tempfile::tempdir().unwrap(), None, name, seconds)
    }

    /// As [`World::open`], with tokens `custodian-1` and `custodian-2` of the PIN `123456`.
    pub(crate) fn open_under(
        dir: TempDir,
        tokens: Option<SoftTokens>,
        name: &str,
        seconds: u64,
    ) -> Self {
        let mut world = Self::start(hall(&dir), dir, name);
        world.tokens = tokens;
        for number in 1..=3 {
            let custodian = world.start_custodian(number);
            world.custodians.push(custodian);
        }
        world.publish(name, seconds);
        world
    }

    /// As [`World::open`] on a machine that may be busy: as long as less than half of `seconds` is left
    /// for bids once the tender is published, it begins anew with twice the time.
    pub(crate) fn open_at_ease(name: &str, seconds: u64) -> Self {
        Self::open_at_ease_by(hall, name, seconds)
    }

    /// As [`World::open_at_ease`], with the command that starts the hall.
    pub(crate) fn open_at_ease_by(
        hall: impl Fn(&TempDir) -> Command,
        name: &str,
        seconds: u64,
    ) -> Self {
        let mut given = seconds;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let mut world = Self::start(hall(&dir), dir, name);
            world.custodians = (1..=3).map(|number| world.start_custodian(number)).collect();
            world.draft(name, given);
            world.deadline = Instant::now() + Duration::from_secs(given);
            world.begin(&format!("host-{name}")).ok();
            let published = world.publication(name);
            let left = world.deadline.saturating_duration_since(Instant::now());
            if published.code == 0 && left >= Duration::from_secs(seconds) / 2 {
                return world;
            }
            assert!(given < 8 * seconds, "{given} s were too short: {}", published.text);
            given *= 2;
        }
    }

    /// A hall without custodians, without a lot.
    pub(crate) fn empty(name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::start(hall(&dir), dir, name)
    }

    /// As [`World::open`], with a hall that runs the custodians itself.
    pub(crate) fn open_with(hall: Command, dir: TempDir, name: &str, seconds: u64) -> Self {
        let mut world = Self::start(hall, dir, name);
        world.publish(name, seconds);
        world
    }

    fn start(command: Command, dir: TempDir, name: &str) -> Self {
        let fixture = Fixture::load(name).unwrap();
        let mut hall = Running::start(command, LIFE).unwrap();
        let line = hall.wait_for("listening: ").unwrap_or_else(|error| panic!("{error}"));
        let url = line.split("listening: ").nth(1).unwrap().to_owned();
        fs::write(dir.path().join("passphrase"), "correct horse battery staple\n").unwrap();
        fs::write(dir.path().join("pin"), "123456\n").unwrap();
        let lot = format!("{}/{}", fixture.draft.tender, fixture.draft.lot);
        Self {
            dir,
            fixture,
            url,
            lot,
            hall,
            custodians: Vec::new(),
            deadline: Instant::now(),
            tokens: None,
        }
    }

    /// Gives a command the key store of a custodian and what opens it.
    pub(crate) fn with_store(&self, command: &mut Command, number: usize) {
        command.arg("--dir").arg(self.path(&format!("custodian-{number}")));
        match self.tokens.as_ref().filter(|_| number < 3) {
            None => {
                command.arg("--passphrase-file").arg(self.path("passphrase"));
            }
            Some(tokens) => {
                command.env(SoftTokens::VARIABLE, tokens.conf());
                command.arg("--token-module").arg(tokens.module());
                command.args(["--token-label", &format!("custodian-{number}")]);
                command.arg("--token-pin-file").arg(self.path("pin"));
            }
        }
    }

    /// Starts a custodian with its own key store; a second time it goes on with the same store.
    pub(crate) fn start_custodian(&self, number: usize) -> Running {
        let mut command = Command::new(KAIBIAO);
        command.args(["custodian", "run", "--poll-ms", "150", "--hall", &self.url]);
        self.with_store(&mut command, number);
        command.args(identity(&format!("custodian-{number}"))).args(trust());
        let mut custodian = Running::start(command, LIFE).unwrap();
        custodian.wait_for("custodian: running").unwrap_or_else(|error| panic!("{error}"));
        custodian
    }

    fn publish(&mut self, name: &str, seconds: u64) {
        self.draft(name, seconds);
        // Never before the deadline in the draft, which counts from the start of that command.
        self.deadline = Instant::now() + Duration::from_secs(seconds);
        self.begin(&format!("host-{name}")).ok();
        self.publish_ready(name);
    }

    /// Makes `draft.json` with a deadline in `seconds`; out of `form.json` of this folder, if it is
    /// there.
    pub(crate) fn draft(&self, name: &str, seconds: u64) {
        self.draft_with(name, seconds, &[]);
    }

    /// As [`World::draft`], with more words.
    pub(crate) fn draft_with(&self, name: &str, seconds: u64, more: &[&str]) {
        let own = self.path("form.json");
        let form = if own.exists() { own } else { fixtures().join(format!("tenders/{name}.json")) };
        let mut draft: Vec<String> = words("tender draft --platform test.kaibiao.example");
        draft.extend(["--from".to_owned(), text(&form), "--deadline".to_owned()]);
        draft.extend([format!("+{seconds}s"), "--out".to_owned(), text(&self.path("draft.json"))]);
        draft.extend(words("--notice 2s --freeze-wait 2s"));
        for number in 1..=3 {
            let chain = keys_dev().join(format!("id/custodian-{number}.chain.pem"));
            draft.extend(["--custodian".to_owned(), text(&chain)]);
        }
        draft.extend(trust());
        draft.extend(more.iter().map(|&word| word.to_owned()));
        kaibiao(draft).ok();
    }

    /// Starts the ceremony of `draft.json` as somebody.
    pub(crate) fn begin(&self, who: &str) -> Done {
        let mut new: Vec<String> = words("--lang en ceremony new");
        new.extend(self.at());
        new.push("--draft".to_owned());
        new.push(text(&self.path("draft.json")));
        new.extend(identity(who));
        kaibiao(new)
    }

    /// Waits for the ceremony and publishes the tender.
    pub(crate) fn publish_ready(&self, name: &str) {
        self.publication(name).ok();
    }

    fn publication(&self, name: &str) -> Done {
        let mut publish = words("tender publish");
        publish.extend(self.at_lot());
        publish.extend(identity(&format!("host-{name}")));
        publish.extend(trust());
        publish.extend(["--out".to_owned(), text(&self.path("tender"))]);
        kaibiao(publish)
    }

    /// A path in the folder of this test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `--hall URL`, and for https who vouches for it.
    pub(crate) fn at(&self) -> Vec<String> {
        let mut at = vec!["--hall".to_owned(), self.url.clone()];
        if self.url.starts_with("https") {
            at.extend(["--tls-root".to_owned(), text(&self.path("hall.tls/cert.pem"))]);
        }
        at
    }

    /// `--hall URL --lot T/L`.
    pub(crate) fn at_lot(&self) -> Vec<String> {
        let mut at = self.at();
        at.extend(["--lot".to_owned(), self.lot.clone()]);
        at
    }

    /// Seals the bid of bidder `number` into `folder`.
    pub(crate) fn seal(&self, number: usize, folder: &str) -> Done {
        self.seal_with(number, folder, |_| {})
    }

    /// As [`World::seal`], with a changed command line.
    pub(crate) fn seal_with(
        &self,
        number: usize,
        folder: &str,
        change: impl FnOnce(&mut Vec<String>),
    ) -> Done {
        let mut command = self.seal_words(number, folder);
        change(&mut command);
        kaibiao(command)
    }

    /// The prepared command that seals the bid of bidder `number` into `folder`.
    pub(crate) fn seal_command(&self, number: usize, folder: &str) -> Command {
        let mut command = Command::new(KAIBIAO);
        command.args(self.seal_words(number, folder));
        command
    }

    fn seal_words(&self, number: usize, folder: &str) -> Vec<String> {
        let bidder = &self.fixture.bidders[number - 1];
        let sheet = self.path(&format!("sheet-{number}.json"));
        let mut json = json!({"total": bidder.sheet.total, "fields": bidder.sheet.fields});
        if number == 1 {
            json["consortium"] = json!([{"code": "914403001922038216", "name": "示例成员"}]);
        }
        fs::write(&sheet, json.to_string()).unwrap();
        let document = self.path("document.pdf");
        fs::write(&document, vec![7; 300_000]).unwrap();
        let mut command = words("seal");
        for (name, path) in [("tender", self.path("tender")), ("sheet", sheet)] {
            command.extend([format!("--{name}"), text(&path)]);
        }
        command.extend(["--document".to_owned(), text(&document)]);
        command.extend(["--out".to_owned(), text(&self.path(folder))]);
        command.extend(identity(&bidder.identity));
        command.extend(trust());
        command
    }

    /// Starts following the log until a phase, every entry and signature verified.
    pub(crate) fn watch_until(&self, phase: &str) -> Running {
        let mut command = Command::new(KAIBIAO);
        command.args(["watch", "--json", "--until", phase]).args(self.at_lot()).args(trust());
        Running::start(command, LIFE).unwrap()
    }

    /// Posts a bid folder as it is, by plain HTTP, past all checks of the command.
    pub(crate) fn post_raw(&self, folder: &str) -> (u16, Value) {
        let file = |name: &str| fs::read(self.path(folder).join(name)).unwrap();
        let header = |part: &str| {
            let object = file(&format!("{part}.kbf"));
            let len = u32::from_be_bytes(object[12..16].try_into().unwrap());
            let header = &object[..usize::try_from(len).unwrap()];
            // Of an object that is none there are no roots.
            let mut digest = ObjectDigest::new();
            let whole = digest.update(&object).and_then(|()| digest.finish_with_slices());
            let roots = whole.map(|(_, roots)| roots).unwrap_or_default();
            let roots: Vec<u8> = roots.iter().flat_map(|root| *root.bytes()).collect();
            json!({"stage": 1, "part": part, "header_b64": STANDARD.encode(header),
                "slices_b64": STANDARD.encode(roots)})
        };
        let body = json!({
            "manifest_b64": STANDARD.encode(file("manifest.json")),
            "cms_b64": STANDARD.encode(file("manifest.p7s")),
            "headers": [header("price"), header("documents")],
        });
        let path = format!("/api/v1/lots/{}/submissions", self.lot);
        self.http("POST", &path, body.to_string().as_bytes())
    }

    /// One call by plain HTTP: status and JSON of the answer.
    pub(crate) fn http(&self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let (status, body) = self.http_text(method, path, body);
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// The same with the exact body of the answer.
    pub(crate) fn http_text(&self, method: &str, path: &str, body: &[u8]) -> (u16, String) {
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let kind = if method == "PUT" { "application/octet-stream" } else { "application/json" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Submits a bid folder.
    pub(crate) fn submit(&self, folder: &str, more: &[&str]) -> Done {
        let mut command = words("submit");
        command.push(text(&self.path(folder)));
        command.extend(self.at());
        command.extend(more.iter().map(|word| (*word).to_owned()));
        command.extend(trust());
        kaibiao(command)
    }

    /// A signed command, such as `host close`.
    pub(crate) fn act(&self, command: &str, name: &str) -> Done {
        let mut all = words(command);
        all.extend(self.at_lot());
        all.extend(identity(name));
        kaibiao(all)
    }

    /// A command of the host.
    pub(crate) fn host(&self, command: &str) -> Done {
        self.act(&format!("host {command}"), &format!("host-{}", self.fixture.name))
    }

    /// The log as `kaibiao watch` shows it now, every entry and signature verified, as JSON lines.
    pub(crate) fn log(&self) -> String {
        let mut command = words("watch --json --once");
        command.extend(self.at_lot());
        command.extend(trust());
        kaibiao(command).ok()
    }

    /// The phase of the lot.
    pub(crate) fn phase(&self) -> String {
        let mut command = words("ceremony status");
        command.extend(self.at_lot());
        let text = kaibiao(command).ok();
        text.lines().find_map(|line| line.strip_prefix("phase: ")).unwrap().to_owned()
    }

    /// Waits for a phase.
    #[track_caller]
    pub(crate) fn wait_for_phase(&self, phase: &str, seconds: u64) {
        eventually(phase, Duration::from_secs(seconds), || self.phase() == phase);
    }

    /// Has the documents opened and waits until they are.
    pub(crate) fn open_documents(&self) {
        self.host("unseal documents").ok();
        eventually("documents", Duration::from_secs(20), || {
            self.log().contains(r#""kind":"documents-opened""#)
        });
    }

    /// Waits until three custodians have signed that their shares are gone.
    pub(crate) fn wait_for_destruction(&self) {
        eventually("every share is destroyed", Duration::from_secs(15), || {
            self.log().matches(r#""kind":"key-destroyed""#).count() == 3
        });
    }

    /// Fetches the package to `evidence.asice`; what the verifier says of it.
    pub(crate) fn verified(&self) -> String {
        let package = self.path("evidence.asice");
        let mut download = words("evidence");
        download.extend(self.at_lot());
        download.extend(["--out".to_owned(), text(&package)]);
        eventually("the package", Duration::from_secs(20), || kaibiao(&download).code == 0);
        let mut verify = words("verify --lang en");
        verify.push(text(&package));
        verify.extend(trust());
        kaibiao(verify).ok()
    }

    /// Starts the hall, which has ended, with the data and the address of before.
    pub(crate) fn start_hall_again(&mut self) {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut command = Command::new(KAIBIAO);
        command.args(["serve", "--dev", "--listen", address, "--data"]);
        command.arg(self.path("hall")).args(identity("hall")).args(trust());
        self.hall = Running::start(command, LIFE).unwrap();
        self.hall.wait_for("listening: ").unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits for the deadline.
    pub(crate) fn wait_for_deadline(&self) {
        std::thread::sleep(self.deadline.saturating_duration_since(Instant::now()));
    }
}

/// The command that starts a hall with its data in `dir`.
pub(crate) fn hall(dir: &TempDir) -> Command {
    let mut command = Command::new(KAIBIAO);
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(dir.path().join("hall")).args(identity("hall")).args(trust());
    command
}

/// The words of a text.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

/// `--cert … --key …` of a development identity.
pub(crate) fn identity(name: &str) -> Vec<String> {
    let path = |kind: &str| text(&keys_dev().join(format!("id/{name}.{kind}.pem")));
    vec!["--cert".to_owned(), path("chain"), "--key".to_owned(), path("key")]
}

/// `--trust` of the development list.
pub(crate) fn trust() -> Vec<String> {
    vec!["--trust".to_owned(), text(&keys_dev().join("trust.json"))]
}
