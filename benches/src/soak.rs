//! `soak`: one large file sealed, checked and opened in little memory.

use kaibiao_testkit::SeededEntropy;

use crate::args::SoakOptions;
use crate::error::BenchError;
use crate::lot::Lot;
use crate::machine::{self, Folder};
use crate::measure::Stopwatch;
use crate::step::Step;
use crate::{line, seal, work};

/// Peak memory that no step may exceed, in MiB.
const PEAK_MAX: u64 = 32;

/// Measures, prints, and fails if a step took too much memory.
pub(crate) fn run(options: &SoakOptions) -> Result<(), BenchError> {
    let room = options.size.saturating_mul(3).saturating_add(options.size / 8 + (64 << 20));
    let folder = Folder::create(options.dir.as_deref(), false, room)?;
    let lot = Lot::publish(3, 2)?;
    let [saved, input, bid, partials, out] =
        ["lot", "input", "bid", "partials.json", "opened"].map(|name| folder.join(name));
    lot.save(&saved)?;
    work::write_random(&input, options.size)?;
    line(&format!(
        "{} bytes\nmachine: {}\nfiles: {}",
        options.size,
        machine::describe(),
        folder.describe()
    ));
    let watch = Stopwatch { cores: None, note: folder.join("note"), variables: Vec::new() };
    let measure = |name: &str, step: &Step, output: &std::path::Path| {
        let taken = watch.step(step, output)?;
        let unknown = || BenchError::Result("the peak memory is unknown".to_owned());
        let peak = taken.peak_kib.ok_or_else(unknown)?.div_ceil(1024);
        line(&format!("{name:<8} {:>8.2} s   peak {peak} MiB", taken.wall.as_secs_f64()));
        if peak > PEAK_MAX {
            let detail = format!("{name} took {peak} MiB, at most {PEAK_MAX} are allowed");
            return Err(BenchError::Result(detail));
        }
        Ok(())
    };
    let document = input.clone();
    let step = Step::Seal { lot: saved.clone(), document, out: bid.clone() };
    let sealed = bid.join(work::DOCUMENTS);
    measure("seal", &step, &sealed)?;
    measure("check", &Step::Check { lot: saved.clone(), bid: bid.clone() }, &sealed)?;
    seal::raise(&lot, &bid, &partials, &mut SeededEntropy::new("soak"))?;
    measure("open", &Step::Open { lot: saved, bid, partials, out: out.clone() }, &out)?;
    work::expect_same(&input, &out)?;
    line("the opened file is the one that was sealed");
    Ok(())
}
