//! `seal`: one file sealed and opened, beside other tools, on one core and on two.

use std::fs;
use std::path::{Path, PathBuf};

use kaibiao_seal::Header;
use kaibiao_testkit::SeededEntropy;

use crate::args::SealOptions;
use crate::error::BenchError;
use crate::lot::{self, Lot};
use crate::machine::{self, Folder};
use crate::measure::{Stopwatch, Taken};
use crate::peers::{self, Peer};
use crate::step::Step;
use crate::table::{Direction, Report, Row, Section};
use crate::work;

/// Cores in the words of `taskset`, and how the table calls them.
const CORES: [(&str, &str); 2] = [("0", "one core"), ("0,1", "two cores")];

/// What one round needs.
struct Round<'a> {
    folder: &'a Folder,
    lot: &'a Lot,
    input: PathBuf,
    entropy: SeededEntropy,
}

/// Measures and prints.
pub(crate) fn run(options: &SealOptions) -> Result<(), BenchError> {
    // Input, one sealed file and one opened file lie there at a time.
    let room = options.size.saturating_mul(4).saturating_add(64 << 20);
    let folder = Folder::create(options.dir.as_deref(), true, room)?;
    let lot = Lot::publish(3, 2)?;
    lot.save(&folder.join("lot"))?;
    let input = folder.join("input");
    work::write_random(&input, options.size)?;
    let peers = if options.peers { peers::find(&folder)? } else { Vec::new() };
    let entropy = SeededEntropy::new("bench seal");
    let mut round = Round { folder: &folder, lot: &lot, input, entropy };
    let measured = round.measure(options.runs, &peers);
    peers::end(&peers);
    let report = Report {
        title: "sealing and opening one file",
        machine: machine::describe(),
        place: folder.describe(),
        size: options.size,
        runs: options.runs,
        sections: measured?,
    };
    crate::line(&if options.json { report.json() } else { report.text() });
    Ok(())
}

impl Round<'_> {
    /// All sections; in each, the tools take turns, so that all see the same load of the machine.
    fn measure(&mut self, runs: usize, peers: &[Peer]) -> Result<Vec<Section>, BenchError> {
        let mut sections = Vec::new();
        for (cores, name) in CORES {
            if cores != "0" && machine::threads().get() < 2 {
                continue;
            }
            let mut seal = Section::new(Direction::Seal, name, peers);
            let mut open = Section::new(Direction::Open, name, peers);
            for _ in 0..runs {
                let (sealed, opened) = self.ours(cores)?;
                seal.add(0, sealed);
                open.add(0, opened);
                for (index, peer) in (1..).zip(peers) {
                    if peer.version.is_some() {
                        let (sealed, opened) = self.peer(cores, peer)?;
                        seal.add(index, sealed);
                        open.add(index, opened);
                    }
                }
            }
            sections.extend([seal, open]);
        }
        Ok(sections)
    }

    fn stopwatch(&self, cores: &'static str, peer: Option<&Peer>) -> Stopwatch {
        let variables = peer.map(|peer| peer.variables.clone()).unwrap_or_default();
        Stopwatch { cores: Some(cores), note: self.folder.join("note"), variables }
    }

    fn ours(&mut self, cores: &'static str) -> Result<(Taken, Taken), BenchError> {
        let (lot, bid) = (self.folder.join("lot"), self.folder.join("bid"));
        let (partials, out) = (self.folder.join("partials.json"), self.folder.join("opened"));
        let watch = self.stopwatch(cores, None);
        let document = self.input.clone();
        let step = Step::Seal { lot: lot.clone(), document, out: bid.clone() };
        let sealed = watch.step(&step, &bid.join(work::DOCUMENTS))?;
        raise(self.lot, &bid, &partials, &mut self.entropy)?;
        let step = Step::Open { lot, bid: bid.clone(), partials, out: out.clone() };
        let opened = watch.step(&step, &out)?;
        work::expect_same(&self.input, &out)?;
        fs::remove_dir_all(&bid).map_err(BenchError::file(&bid))?;
        remove(&out)?;
        Ok((sealed, opened))
    }

    fn peer(&self, cores: &'static str, peer: &Peer) -> Result<(Taken, Taken), BenchError> {
        let watch = self.stopwatch(cores, Some(peer));
        let sealed = self.folder.join(&peers::sealed_name(peer).to_string_lossy());
        let out = self.folder.join("opened");
        let seal = watch.run(&peer.seal_words(&self.input, &sealed), &sealed)?;
        let open = watch.run(&peer.open_words(&sealed, &out), &out)?;
        work::expect_same(&self.input, &out)?;
        remove(&sealed)?;
        remove(&out)?;
        Ok((seal, open))
    }
}

/// Writes what the custodians release for the documents of a bid.
pub(crate) fn raise(
    lot: &Lot,
    bid: &Path,
    partials: &Path,
    entropy: &mut SeededEntropy,
) -> Result<(), BenchError> {
    let path = bid.join(work::DOCUMENTS);
    let mut file = fs::File::open(&path).map_err(BenchError::file(&path))?;
    let header = Header::read(&mut file).map_err(BenchError::product)?;
    let (tender, freeze) = (&lot.published.verified, lot::freeze_id());
    let shares = lot.published.shares.iter();
    let all = shares.map(|share| Lot::raise(tender, share, &freeze, &header, entropy));
    let all = all.collect::<Result<Vec<_>, _>>()?;
    let bytes = serde_json::to_vec(&all).map_err(BenchError::product)?;
    fs::write(partials, bytes).map_err(BenchError::file(partials))
}

fn remove(path: &Path) -> Result<(), BenchError> {
    fs::remove_file(path).map_err(BenchError::file(path))
}

impl Section {
    fn new(direction: Direction, cores: &'static str, peers: &[Peer]) -> Self {
        let own = Row::new("kaibiao", Some(env!("CARGO_PKG_VERSION").to_owned()));
        let others = peers.iter().map(|peer| Row::new(peer.name, peer.version.clone()));
        Self { direction, cores, rows: [own].into_iter().chain(others).collect() }
    }

    fn add(&mut self, row: usize, taken: Taken) {
        if let Some(row) = self.rows.get_mut(row) {
            row.taken.push(taken);
        }
    }
}
