//! Memory images of running processes.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};

use crate::needles::Needles;

/// All memory that a process can write, by region.
pub(crate) struct Image {
    pub(crate) regions: Vec<(String, Vec<u8>)>,
}

/// The memory of a process now.
pub(crate) fn of(pid: u32) -> Image {
    let image = try_of(pid).unwrap();
    let bytes: usize = image.regions.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes > 1 << 20, "{bytes} bytes are no image of a process");
    assert!(image.regions.iter().any(|(place, _)| place.contains("[stack]")));
    image
}

fn try_of(pid: u32) -> std::io::Result<Image> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut regions = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (range, mode) = (fields.next().unwrap(), fields.next().unwrap());
        // What cannot be written never held a secret of this run.
        if !mode.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let address = |hex: &str| u64::from_str_radix(hex, 16).unwrap();
        let (from, to) = (address(from), address(to));
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A region that went away while it was read is no memory of the process any more.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            let name = fields.nth(3).unwrap_or("anonymous");
            regions.push((format!("{range} {name}"), bytes));
        }
    }
    Ok(Image { regions })
}

/// Runs a command to its end; its output, and images taken again and again while it ran.
pub(crate) fn of_command(command: &Command) -> (String, Vec<Image>) {
    let mut started = Command::new(command.get_program());
    started.args(command.get_args()).stdin(Stdio::null());
    let mut child = started.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut images = Vec::new();
    while child.try_wait().unwrap().is_none() {
        images.extend(try_of(child.id()));
        // Some of the first, and the newest: each has tens of megabytes.
        if images.len() > 4 {
            images.remove(3);
        }
        std::thread::sleep(std::time::Duration::from_millis(15));
    }
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    (text, images)
}

/// Asserts that nothing was found in any image of a command, of which there was at least one.
pub(crate) fn assert_free_of(images: &[Image], needles: &Needles, who: &str) {
    assert!(images.iter().any(|image| !image.regions.is_empty()), "{who} was too quick to look at");
    for image in images {
        assert_eq!(needles.found_in_image(image), Vec::<String>::new(), "in {who}");
    }
}
