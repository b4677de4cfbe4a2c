//! The true secrets of an opening, read out of the custodians' key stores, are looked for in
//! everything that the processes of the opening say, keep and hold in memory.

#![cfg(target_os = "linux")]

mod image;
mod needles;
mod secrets;
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{KAIBIAO, World, eventually, kaibiao, text, trust, words};
use kaibiao_testkit::Running;
use needles::Needles;

/// Whether memory of other processes can be read here. A custodian's can be read by root alone: for
/// anybody else that is what `hardening.rs` shows.
fn may_read_memory() -> bool {
    let own = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap());
    let mut sleeping = Command::new("sleep");
    sleeping.arg("30");
    let other = Running::start(sleeping, Duration::from_secs(40)).unwrap();
    let readable = own == 0 && fs::read(format!("/proc/{}/maps", other.pid())).is_ok();
    readable && fs::File::open(format!("/proc/{}/mem", other.pid())).is_ok()
}

/// Everything that was said or kept, by where it was found.
#[derive(Default)]
struct Said(BTreeMap<String, Vec<u8>>);

impl Said {
    fn add(&mut self, place: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(place.to_owned(), bytes.into());
    }

    /// All files below a folder.
    fn add_folder(&mut self, name: &str, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{name}/{}", path.file_name().unwrap().to_string_lossy());
            if path.is_dir() {
                self.add_folder(&name, &path);
            } else {
                self.add(&name, fs::read(&path).unwrap());
            }
        }
    }

    fn assert_free_of(&self, needles: &Needles) {
        for (place, bytes) in &self.0 {
            assert_eq!(needles.found_in(bytes), Vec::<String>::new(), "in {place}");
        }
    }
}

/// From the frozen set to the record; the price and the documents are unsealed.
fn open(world: &World) {
    world.wait_for_phase("ready", 20);
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 15);
    world.host("unseal documents").ok();
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    eventually("documents", Duration::from_secs(15), || {
        world.log().contains(r#""kind":"documents-opened""#)
    });
    world.host("generate-record").ok();
}

#[test]
fn planted_secrets_are_found_nowhere_but_where_they_belong() {
    if !may_read_memory() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI reads memory images as root");
        eprintln!("SKIPPED: only root reads the memory of a custodian, see hardening.rs");
        return;
    }
    let mut said = Said::default();
    let mut world = World::open("zhuzhou-2022", 18);
    let room = wire::Room::listen(&world.url, &world.lot);
    let mut spectator = world.watch_until("closed");

    // The shares as the custodians have them on their disks.
    let keys: Vec<secrets::Keys> = (1..=3).map(|n| secrets::Keys::read(&world, n)).collect();
    let shares = Needles::of(keys.iter().flat_map(secrets::Keys::scalars));
    let own = |n: usize| Needles::of(keys[n - 1].scalars().into_iter());

    // Looked through at the end: the deadline does not wait.
    let mut clients = Vec::new();
    for number in 1..=3 {
        let (sealed, image) =
            image::at_the_end_of(&world.seal_command(number, &format!("bid-{number}")));
        assert!(sealed.contains("manifest"), "{sealed}");
        said.add(&format!("seal {number}"), sealed);
        clients.push(("seal", vec![image]));
        let folder = world.path(&format!("bid-{number}"));
        let mut submit = Command::new(KAIBIAO);
        submit.arg("submit").arg(&folder).args(["--hall", &world.url]).args(trust());
        if number > 1 {
            submit.arg("--no-wait"); // one waits for the proof of its receipt, and is looked at
        }
        let (sent, images) = image::of_command(&submit);
        assert!(sent.contains("receipt: "), "{sent}");
        said.add(&format!("submit {number}"), sent);
        clients.push(("submit", images));
    }
    world.wait_for_deadline();
    open(&world);

    // A custodian that has released holds its share: what is looked for is what would be there.
    for number in 1..=3 {
        let image = image::of(world.custodians[number - 1].pid());
        let found = own(number).found_in_image(&image);
        assert!(found.iter().any(|name| name.contains("share")), "custodian {number}: {found:?}");
        let others: Vec<_> = (1..=3).filter(|n| *n != number).collect();
        for other in others {
            assert_eq!(own(other).found_in_image(&image), Vec::<String>::new(), "in {number}");
        }
    }
    let bids = secrets::of_bids(&world, &keys);
    assert_eq!(bids.len(), 3 * 2 * 4, "price and documents of three bids, four secrets each");
    let bids = Needles::of(bids.into_iter());
    // A client has sealed, and forgotten the keys before it says so.
    for (who, images) in clients {
        image::assert_free_of(&images, &shares, who);
        image::assert_free_of(&images, &bids, who);
    }
    let image = image::of(spectator.pid()); // it ends with the opening
    assert_eq!(shares.found_in_image(&image), Vec::<String>::new(), "spectator");
    assert_eq!(bids.found_in_image(&image), Vec::<String>::new(), "spectator");

    world.host("sign-record").ok();
    world.host("close").ok();
    let package = world.path("evidence.asice");
    let mut download = words("evidence");
    download.extend(world.at_lot());
    download.extend(["--out".to_owned(), text(&package)]);
    eventually("the package", Duration::from_secs(15), || kaibiao(&download).code == 0);
    let log = world.log();
    assert_eq!(log.matches(r#""kind":"key-destroyed""#).count(), 3, "{log}");
    eventually("the custodians hold nothing", Duration::from_secs(10), || {
        (1..=3).all(|n| secrets::key_files(&world, n).is_empty())
    });

    // Destroyed: not in the memory of the custodian that goes on running, nor anywhere else.
    for number in 1..=3 {
        let image = image::of(world.custodians[number - 1].pid());
        assert_eq!(shares.found_in_image(&image), Vec::<String>::new(), "custodian {number}");
        said.add_folder(
            &format!("custodian-{number}"),
            &world.path(&format!("custodian-{number}")),
        );
    }
    let hall = image::of(world.hall.pid());
    assert_eq!(shares.found_in_image(&hall), Vec::<String>::new(), "hall");
    assert_eq!(bids.found_in_image(&hall), Vec::<String>::new(), "hall");
    let mut verify = Command::new(KAIBIAO);
    verify.args(["verify", "--lang", "en"]).arg(&package).args(trust());
    let (verdict, image) = image::at_the_end_of(&verify);
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert!(!verdict.contains("share-not-destroyed"), "{verdict}");
    said.add("verify", verdict);
    assert_eq!(shares.found_in_image(&image), Vec::<String>::new(), "auditor");
    assert_eq!(bids.found_in_image(&image), Vec::<String>::new(), "auditor");

    said.add("package", fs::read(&package).unwrap());
    said.add("room", room.frames());
    for (path, answer) in wire::public_answers(&world) {
        said.add(&path, answer);
    }
    said.add("log of the hall", world.hall.output());
    said.add("log of the spectator", spectator.output());
    for custodian in &mut world.custodians {
        said.add(&format!("log of process {}", custodian.pid()), custodian.output());
    }
    said.add_folder("hall", &world.path("hall"));
    let frames = String::from_utf8_lossy(&said.0["room"]);
    assert!(frames.contains("key-destroyed"), "the room was followed to its end");
    said.assert_free_of(&shares);
    said.assert_free_of(&bids);
}
