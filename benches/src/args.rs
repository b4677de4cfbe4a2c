//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::BenchError;
use crate::room::{LoadOptions, RoomOptions};
use crate::rush::RushOptions;
use crate::step::Step;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
usage: kaibiao-bench <command>

  seal   seal and open one file, beside age, rage, openssl cms and gpg where installed
           --size N     bytes of the file; K, M and G are powers of 1024 (default 1G)
           --runs N     runs of every tool (default 5)
           --dir DIR    where the files go (default: memory if it has room, else the disk)
           --no-peers   measure no other tool
           --json       print JSON instead of a table
  open   from the first partial decryption to the last price sheet, 5 custodians, k = 3
           --bids N     so many bids (default: 100 and 500)
           --runs N     runs (default 5)
           --json       print JSON instead of a table
  record page, PDF/A and OCDS from an opening record
           --bids N     so many bidders (default: 12 and 4279)
           --runs N     runs (default 5)
           --json       print JSON instead of a table
  signatures
         verify the signatures of bids: chain of three, CRLs of root and issuing CA
           --bids N     so many bids (default 1000)
           --lines N    lines on each CRL (default 10000)
           --runs N     runs (default 5)
           --json       print JSON instead of a table
  procedure
         decide and apply in an opening of generated bidders, and its record
           --bids N     so many bidders (default 4279)
           --runs N     runs (default 5)
           --json       print JSON instead of a table
  room   the readers of a live room, beside uWebSockets, nchan and ws where installed
           --readers N  so many readers (default: 1000, 5000 and 10000)
           --runs N     runs of every server (default 3)
           --seconds N  length of the part with much to say (default 6)
           --no-peers   measure no other server
           --json       print JSON instead of a table
  append durable appends to the store, beside the time of one sync
           --producers N  so many at a time (default: 1, 8 and 64)
           --runs N     runs (default 3)
           --seconds N  length of a run (default 5)
           --dir DIR    where the files go (default: the disk)
           --json       print JSON instead of a table
  rush   bids sealed beforehand, submitted in the last seconds before the deadline
           --bids N     so many bidders (default 500)
           --size N     bytes of each bid's documents (default 20M)
           --seconds N  they begin so long before the deadline (default 60)
           --dir DIR    where the files go (default: the disk)
           --json       print JSON instead of a table
  soak   seal, check and open one file in little memory
           --size N     bytes of the file (default 5G)
           --dir DIR    where the files go (default: the disk)

exit status: 0 measured, 1 something failed, 64 wrong usage";

/// One command with its options.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Command {
    /// Print [`HELP`].
    Help,
    /// `seal`.
    Seal(SealOptions),
    /// `open`.
    Open(OpenOptions),
    /// `record`.
    Record(OpenOptions),
    /// `signatures`.
    Signatures(SignatureOptions),
    /// `procedure`.
    Procedure(ProcedureOptions),
    /// `room`.
    Room(RoomOptions),
    /// `room-load`.
    RoomLoad(LoadOptions),
    /// `room-serve`.
    RoomServe {
        /// Port on loopback.
        port: u16,
        /// Entries that are there.
        entries: u32,
        /// Bytes of each.
        length: usize,
    },
    /// `append`.
    Append(AppendOptions),
    /// `rush`.
    Rush(RushOptions),
    /// `rush-hall`, with its data folder.
    RushHall(PathBuf),
    /// `soak`.
    Soak(SoakOptions),
    /// `step`.
    Step(Step),
}

/// Options of `seal`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SealOptions {
    /// Bytes of the file.
    pub(crate) size: u64,
    /// Runs of every tool.
    pub(crate) runs: usize,
    /// Where the files go.
    pub(crate) dir: Option<PathBuf>,
    /// Whether other tools are measured.
    pub(crate) peers: bool,
    /// Whether JSON is printed.
    pub(crate) json: bool,
}

/// Options of `open` and of `record`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OpenOptions {
    /// Numbers of bids or bidders, one measurement for each.
    pub(crate) bids: Vec<usize>,
    /// Runs.
    pub(crate) runs: usize,
    /// Whether JSON is printed.
    pub(crate) json: bool,
}

/// Options of `signatures`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SignatureOptions {
    /// Number of bids.
    pub(crate) bids: usize,
    /// Lines on each CRL.
    pub(crate) lines: u32,
    /// Runs.
    pub(crate) runs: usize,
    /// Whether JSON is printed.
    pub(crate) json: bool,
}

/// Options of `procedure`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ProcedureOptions {
    /// Number of bidders.
    pub(crate) bidders: usize,
    /// Runs.
    pub(crate) runs: usize,
    /// Whether JSON is printed.
    pub(crate) json: bool,
}

/// Options of `append`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AppendOptions {
    /// Numbers of producers, one measurement for each.
    pub(crate) producers: Vec<usize>,
    /// Runs.
    pub(crate) runs: usize,
    /// Length of a run.
    pub(crate) seconds: u32,
    /// Where the files go.
    pub(crate) dir: Option<PathBuf>,
    /// Whether JSON is printed.
    pub(crate) json: bool,
}

/// Options of `soak`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SoakOptions {
    /// Bytes of the file.
    pub(crate) size: u64,
    /// Where the files go.
    pub(crate) dir: Option<PathBuf>,
}

/// Reads the command line.
///
/// # Errors
///
/// [`BenchError::Usage`] for anything the help text does not name; nothing is ignored.
pub(crate) fn parse(words: &[OsString]) -> Result<Command, BenchError> {
    let Some((command, rest)) = words.split_first() else {
        return Err(BenchError::Usage("no command named".to_owned()));
    };
    let allowed: &[&str] = match command.to_str() {
        Some("help" | "--help" | "-h") => &[],
        Some("seal") => &["--size", "--runs", "--dir", "--no-peers", "--json"],
        Some("open" | "procedure" | "record") => &["--bids", "--runs", "--json"],
        Some("signatures") => &["--bids", "--lines", "--runs", "--json"],
        Some("room") => &["--readers", "--runs", "--seconds", "--no-peers", "--json"],
        Some("append") => &["--producers", "--runs", "--seconds", "--dir", "--json"],
        Some("rush") => &["--bids", "--size", "--seconds", "--dir", "--json"],
        Some("rush-hall") => return rush_hall(rest),
        Some("soak") => &["--size", "--dir"],
        Some("room-load") => return LoadOptions::parse(rest).map(Command::RoomLoad),
        Some("room-serve") => return room_serve(rest),
        Some("step") => return Step::parse(rest).map(Command::Step),
        _ => return Err(BenchError::Usage(format!("no command is called {}", command.display()))),
    };
    let read = Read::parse(rest, allowed)?;
    Ok(match command.to_str() {
        Some("seal") => Command::Seal(SealOptions {
            size: read.size.unwrap_or(1 << 30),
            runs: read.runs.unwrap_or(5),
            dir: read.dir,
            peers: !read.no_peers,
            json: read.json,
        }),
        Some("open") => Command::Open(OpenOptions {
            bids: read.bids.map_or_else(|| vec![100, 500], |bids| vec![bids]),
            runs: read.runs.unwrap_or(5),
            json: read.json,
        }),
        Some("record") => Command::Record(OpenOptions {
            bids: read.bids.map_or_else(|| vec![12, 4_279], |bids| vec![bids]),
            runs: read.runs.unwrap_or(5),
            json: read.json,
        }),
        Some("signatures") => Command::Signatures(SignatureOptions {
            bids: read.bids.unwrap_or(1_000),
            lines: read.lines.unwrap_or(10_000),
            runs: read.runs.unwrap_or(5),
            json: read.json,
        }),
        Some("procedure") => Command::Procedure(ProcedureOptions {
            bidders: read.bids.unwrap_or(4_279),
            runs: read.runs.unwrap_or(5),
            json: read.json,
        }),
        Some("room") => Command::Room(RoomOptions {
            readers: read.readers.map_or_else(|| vec![1_000, 5_000, 10_000], |one| vec![one]),
            runs: read.runs.unwrap_or(3),
            seconds: read.seconds.unwrap_or(6),
            peers: !read.no_peers,
            json: read.json,
        }),
        Some("append") => Command::Append(AppendOptions {
            producers: read.producers.map_or_else(|| vec![1, 8, 64], |one| vec![one]),
            runs: read.runs.unwrap_or(3),
            seconds: read.seconds.unwrap_or(5),
            dir: read.dir,
            json: read.json,
        }),
        Some("rush") => Command::Rush(RushOptions {
            bids: read.bids.unwrap_or(500),
            size: read.size.unwrap_or(20 << 20),
            seconds: read.seconds.unwrap_or(60),
            dir: read.dir,
            json: read.json,
        }),
        Some("soak") => {
            Command::Soak(SoakOptions { size: read.size.unwrap_or(5 << 30), dir: read.dir })
        }
        _ => Command::Help,
    })
}

/// What `room-serve` was given by `room`.
fn room_serve(words: &[OsString]) -> Result<Command, BenchError> {
    let [port, entries, length] = words else {
        return Err(BenchError::Usage("room-serve takes port, entries and length".to_owned()));
    };
    Ok(Command::RoomServe {
        port: number(port)?,
        entries: number(entries)?,
        length: number(length)?,
    })
}

/// What `rush-hall` was given by `rush`.
fn rush_hall(words: &[OsString]) -> Result<Command, BenchError> {
    let [data] = words else {
        return Err(BenchError::Usage("rush-hall takes a folder".to_owned()));
    };
    Ok(Command::RushHall(data.into()))
}

/// A number in a word of our own making.
pub(crate) fn number<T: std::str::FromStr>(word: &OsString) -> Result<T, BenchError> {
    let wrong = || BenchError::Usage(format!("{} is no number here", word.display()));
    word.to_str().and_then(|word| word.parse().ok()).ok_or_else(wrong)
}

/// The options that were given.
#[derive(Debug, Default)]
struct Read {
    size: Option<u64>,
    runs: Option<usize>,
    bids: Option<usize>,
    lines: Option<u32>,
    readers: Option<u32>,
    producers: Option<usize>,
    seconds: Option<u32>,
    dir: Option<PathBuf>,
    no_peers: bool,
    json: bool,
}

impl Read {
    fn parse(words: &[OsString], allowed: &[&str]) -> Result<Self, BenchError> {
        let mut read = Self::default();
        let mut seen = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let option = word.to_str().filter(|option| allowed.contains(option));
            let Some(option) = option else {
                return Err(BenchError::Usage(format!("unexpected word {}", word.display())));
            };
            if seen.contains(&option) {
                return Err(BenchError::Usage(format!("{option} is given twice")));
            }
            seen.push(option);
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| BenchError::Usage(format!("{option} needs a value")))
            };
            match option {
                "--size" => read.size = Some(bytes(value()?)?),
                "--runs" => read.runs = Some(count(value()?, 1_000)?),
                "--bids" => read.bids = Some(count(value()?, 10_000)?),
                "--lines" => read.lines = Some(count(value()?, 1_000_000)?),
                "--readers" => read.readers = Some(count(value()?, 10_000)?),
                "--producers" => read.producers = Some(count(value()?, 1_000)?),
                "--seconds" => read.seconds = Some(count(value()?, 60)?),
                "--dir" => read.dir = Some(value()?.into()),
                "--no-peers" => read.no_peers = true,
                _ => read.json = true,
            }
        }
        Ok(read)
    }
}

/// A number of bytes, at most 1 TiB less some padding.
fn bytes(word: &OsString) -> Result<u64, BenchError> {
    let wrong = || BenchError::Usage(format!("{} is no size such as 4M or 1G", word.display()));
    let text = word.to_str().ok_or_else(wrong)?;
    let (digits, shift) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(digits) if text.ends_with('K') => (digits, 10),
        Some(digits) if text.ends_with('M') => (digits, 20),
        Some(digits) => (digits, 30),
        None => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(1 << shift);
    bytes.filter(|bytes| (1..=1 << 39).contains(bytes)).ok_or_else(wrong)
}

fn count<T: TryFrom<u32>>(word: &OsString, max: u32) -> Result<T, BenchError> {
    let number: Option<u32> = word.to_str().and_then(|text| text.parse().ok());
    let wrong = || BenchError::Usage(format!("{} is not between 1 and {max}", word.display()));
    let number = number.filter(|number| (1..=max).contains(number));
    number.and_then(|number| number.try_into().ok()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, BenchError> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_option_of_the_help_text_is_understood() {
        let seal = SealOptions {
            size: 4 << 20,
            runs: 1,
            dir: Some("there".into()),
            peers: false,
            json: true,
        };
        let line = "seal --size 4M --runs 1 --dir there --no-peers --json";
        assert_eq!(parsed(line).unwrap(), Command::Seal(seal));
        let open = OpenOptions { bids: vec![7], runs: 2, json: true };
        assert_eq!(parsed("open --bids 7 --runs 2 --json").unwrap(), Command::Open(open.clone()));
        assert_eq!(parsed("record --bids 7 --runs 2 --json").unwrap(), Command::Record(open));
        let signatures = SignatureOptions { bids: 9, lines: 8, runs: 2, json: true };
        let line = "signatures --bids 9 --lines 8 --runs 2 --json";
        assert_eq!(parsed(line).unwrap(), Command::Signatures(signatures));
        let procedure = ProcedureOptions { bidders: 3, runs: 2, json: true };
        let line = "procedure --bids 3 --runs 2 --json";
        assert_eq!(parsed(line).unwrap(), Command::Procedure(procedure));
        let append = AppendOptions {
            producers: vec![3],
            runs: 2,
            seconds: 1,
            dir: Some("there".into()),
            json: true,
        };
        let line = "append --producers 3 --runs 2 --seconds 1 --dir there --json";
        assert_eq!(parsed(line).unwrap(), Command::Append(append));
        let soak = SoakOptions { size: 3 << 10, dir: Some("there".into()) };
        assert_eq!(parsed("soak --dir there --size 3K").unwrap(), Command::Soak(soak));
        let rush = RushOptions { bids: 9, size: 2 << 20, seconds: 5, dir: None, json: true };
        let line = "rush --bids 9 --size 2M --seconds 5 --json";
        assert_eq!(parsed(line).unwrap(), Command::Rush(rush));
        assert_eq!(parsed("--help").unwrap(), Command::Help);
    }

    #[test]
    fn the_defaults_are_those_of_the_help_text() {
        let seal = SealOptions { size: 1 << 30, runs: 5, dir: None, peers: true, json: false };
        assert_eq!(parsed("seal").unwrap(), Command::Seal(seal));
        let open = OpenOptions { bids: vec![100, 500], runs: 5, json: false };
        assert_eq!(parsed("open").unwrap(), Command::Open(open));
        let record = OpenOptions { bids: vec![12, 4_279], runs: 5, json: false };
        assert_eq!(parsed("record").unwrap(), Command::Record(record));
        let signatures = SignatureOptions { bids: 1_000, lines: 10_000, runs: 5, json: false };
        assert_eq!(parsed("signatures").unwrap(), Command::Signatures(signatures));
        let procedure = ProcedureOptions { bidders: 4_279, runs: 5, json: false };
        assert_eq!(parsed("procedure").unwrap(), Command::Procedure(procedure));
        let append = AppendOptions {
            producers: vec![1, 8, 64],
            runs: 3,
            seconds: 5,
            dir: None,
            json: false,
        };
        assert_eq!(parsed("append").unwrap(), Command::Append(append));
        let soak = SoakOptions { size: 5 << 30, dir: None };
        assert_eq!(parsed("soak").unwrap(), Command::Soak(soak));
    }

    #[test]
    fn anything_else_is_refused() {
        for line in [
            "",
            "bench",
            "seal fast",
            "seal --size",
            "seal --size 0",
            "seal --size 1T",
            "seal --size -1",
            "seal --size 1000G",
            "seal --size 99999999999999999999G",
            "seal --runs 0",
            "seal --runs 1001",
            "seal --runs 1 --runs 2",
            "seal --bids 3",
            "open --bids 0",
            "record --lines 3",
            "open --size 1M",
            "open --no-peers",
            "signatures --lines 0",
            "signatures --size 1M",
            "append --producers 0",
            "append --bids 3",
            "soak --runs 2",
            "soak --json",
            "help me",
            "step",
            "step seal",
            "step dance a b",
        ] {
            assert!(matches!(parsed(line), Err(BenchError::Usage(_))), "`{line}` was accepted");
        }
    }
}
