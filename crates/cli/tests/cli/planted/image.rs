//! Memory images of running processes.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::needles::Needles;
use crate::support::eventually;

/// What a pipe of Linux holds (pipe(7)).
const PIPE_BYTES: usize = 65_536;

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
        if images.len() > 3 {
            images.remove(2);
        }
        std::thread::sleep(Duration::from_millis(15));
    }
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    (text, images)
}

/// Runs a command that writes to its standard output last; its output, and its memory when it had done
/// everything else: its output is a pipe without room, at which it waits.
pub(crate) fn at_the_end_of(command: &Command) -> (String, Image) {
    let (mut reader, mut full) = std::io::pipe().unwrap();
    full.write_all(&vec![b'.'; PIPE_BYTES]).unwrap();
    let mut started = Command::new(command.get_program());
    started.args(command.get_args()).stdin(Stdio::null());
    let mut child = started.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    drop(started); // and with it this side's end for writing
    eventually("the command writes its output", Duration::from_mins(1), || {
        assert_eq!(child.try_wait().unwrap(), None, "it ended without output");
        fs::read_to_string(format!("/proc/{}/wchan", child.id())).unwrap().contains("pipe_write")
    });
    let image = of(child.id());
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let mut text = text.split_off(PIPE_BYTES);
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    (text, image)
}

/// Asserts that nothing was found in any image of a command, of which there was at least one.
pub(crate) fn assert_free_of(images: &[Image], needles: &Needles, who: &str) {
    assert!(images.iter().any(|image| !image.regions.is_empty()), "{who} was too quick to look at");
    for image in images {
        assert_eq!(needles.found_in_image(image), Vec::<String>::new(), "in {who}");
    }
}
