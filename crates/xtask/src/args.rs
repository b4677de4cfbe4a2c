//! The command line.

use crate::bench::Program;
use crate::error::TaskError;
use crate::fuzz::Soak;
use crate::games::{self, Game};
use crate::test::{Options, Step};

/// What `cargo xtask --help` prints.
pub(crate) const HELP: &str = "\
usage: cargo xtask <task>

  layers   check that dependencies of our crates point strictly down, and that the
           pure crates use no file, socket, clock or system randomness
  shape    check file sizes, unfinished work and inherited lints
  deps     check licences, sources, bans and duplicates against deps.toml
  traces   check that every attack, negative test and ruling in docs/spec/threats.md
           names tests that exist
  law-report   list the duties of docs/law with their code and tests, and check that
           they exist and that no duty and no article of a refusal is missing
  test     do every set-up step, then run every check and every test
             --no-install   only name missing Debian packages, install nothing (nor pyHanko)
             --only STEP    run one step: set-up, fmt, layers, shape, deps,
                            traces, law, clippy, test, web or doc
  bench seal   seal and open one file beside age, rage, openssl cms and gpg where installed
             --size N       bytes of the file, such as 4M (default 1G)
             --runs N       runs of every tool (default 5)
             --dir DIR      where the files go (default: memory if it has room)
             --no-peers     measure no other tool
             --json         print JSON instead of a table
  bench open   from the first partial decryption to the last price sheet
             --bids N       so many bids (default: 100 and 500)
             --runs N       runs (default 5)
             --json         print JSON instead of a table
  bench record       page, PDF/A and OCDS from opening records of 12 and 4,279 bidders
  bench signatures   verify the signatures of many bids, with chains and CRLs
             --bids N       so many bids (default 1000)
             --lines N      lines on each CRL (default 10000)
             --runs N       runs (default 5)
             --json         print JSON instead of a table
  bench room   readers of a live room, beside uWebSockets, nchan and ws where installed
             --readers N    so many readers (default: 1000, 5000 and 10000)
             --runs N       runs of every server (default 3)
             --seconds N    length of the part with much to say (default 6)
             --no-peers     measure no other server
             --json         print JSON instead of a table
  bench rush   bids sealed beforehand, submitted in the last seconds before the deadline
             --bids N       so many bidders (default 500)
             --size N       bytes of each bid's documents (default 20M)
             --seconds N    they begin so long before the deadline (default 60)
             --dir DIR      where the files go (default: the disk)
             --json         print JSON instead of a table
  bench procedure   decide and apply in an opening of many bidders, and its record
             --bids N       so many bidders (default 4279)
             --runs N       runs (default 5)
             --json         print JSON instead of a table
  bench append   durable appends to the store, beside the time of one sync
             --producers N  so many at a time (default: 1, 8 and 64)
             --runs N       runs (default 3)
             --seconds N    length of a run (default 5)
             --dir DIR      where the files go (default: the disk)
             --json         print JSON instead of a table
  soak seal    seal, check and open one file in at most 32 MiB of memory
             --size N       bytes of the file (default 5G)
             --dir DIR      where the files go (default: under target)
  soak opening   play random openings of each template; a failing one leaves its log
             --sequences N  so many of each template (default 100000)
  soak append    kill -9 a process that writes to the store, and look for what it acknowledged
             --rounds N     kills (default 500)
  soak world   play whole openings over real rooms and stores, with faults; a failing
               seed prints how to play it again
             --seeds N      so many seeds, from 0 on (default 10000)
  soak fuzz    feed every reader of outside bytes with libFuzzer
             --minutes N    minutes for each target (default 10)
             --target NAME  one target of crates/fuzz

environment of `test`:
  KAIBIAO_SHARED   folder of foreign test suites and data (default: ../shared beside
                   the repository); where it is absent, their tests are listed as skipped
  CI               when `true`, an absent KAIBIAO_SHARED or a skipped test is a failure

exit status: 0 passed, 1 something failed, 2 the machine lacks something, 64 wrong usage";

/// One task with its options.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Task {
    /// `bench` and `soak`: a program that measures, and its options.
    Bench(Program, Vec<String>),
    /// `soak fuzz`.
    Fuzz(Soak),
    /// `soak opening`, `soak append` and `soak world`: a test, and how often it plays.
    Play(&'static Game, u64),
    /// Print [`HELP`].
    Help,
    /// `layers`.
    Layers,
    /// `shape`.
    Shape,
    /// `deps`.
    Deps,
    /// `traces`.
    Traces,
    /// `law-report`.
    Law,
    /// `test`.
    Test(Options),
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
///
/// [`TaskError::Usage`] for anything the help text does not name; nothing is ignored.
pub(crate) fn parse(words: &[String]) -> Result<Task, TaskError> {
    let mut words = words.iter().map(String::as_str);
    let task = match words.next() {
        None => return Err(TaskError::Usage("no task named".to_owned())),
        Some("help" | "--help" | "-h") => Task::Help,
        Some("layers") => Task::Layers,
        Some("shape") => Task::Shape,
        Some("deps") => Task::Deps,
        Some("traces") => Task::Traces,
        Some("law-report") => Task::Law,
        Some("test") => return parse_test(words).map(Task::Test),
        Some(kind @ ("bench" | "soak")) => {
            let name = words.next().unwrap_or_default();
            match (kind, name) {
                ("soak", "fuzz") => return parse_fuzz(words).map(Task::Fuzz),
                ("soak", "opening") => return parse_game(words, &games::OPENING),
                ("soak", "append") => return parse_game(words, &games::APPEND),
                ("soak", "world") => return parse_game(words, &games::WORLD),
                _ => {}
            }
            let program = Program::by_words(kind, name)
                .ok_or_else(|| TaskError::Usage(format!("`{kind}` cannot measure `{name}`")))?;
            let options = parse_options(words, program.options())?;
            return Ok(Task::Bench(program, options));
        }
        Some(other) => return Err(TaskError::Usage(format!("no task is called `{other}`"))),
    };
    match words.next() {
        None => Ok(task),
        Some(extra) => Err(TaskError::Usage(format!("unexpected word `{extra}`"))),
    }
}

fn parse_fuzz<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Soak, TaskError> {
    let mut soak = Soak::default();
    while let Some(word) = words.next() {
        let value = words.next();
        match (word, value) {
            ("--minutes", Some(value)) => {
                soak.minutes = value
                    .parse()
                    .map_err(|_| TaskError::Usage(format!("`{value}` is no number of minutes")))?;
            }
            ("--target", Some(value)) => soak.target = Some(value.to_owned()),
            (other, _) => return Err(TaskError::Usage(format!("unexpected word `{other}`"))),
        }
    }
    Ok(soak)
}

fn parse_game<'a>(
    words: impl Iterator<Item = &'a str>,
    game: &'static Game,
) -> Result<Task, TaskError> {
    let options = parse_options(words, &[game.option])?;
    let Some(text) = options.get(1) else { return Ok(Task::Play(game, game.default)) };
    let count = text.parse().ok().filter(|count| *count > 0);
    let wrong = || TaskError::Usage(format!("`{text}` is no value of {}", game.option));
    let count = count.ok_or_else(wrong)?;
    Ok(Task::Play(game, count))
}

/// Options of a program that measures, of those it knows; it reads their values itself.
fn parse_options<'a>(
    mut words: impl Iterator<Item = &'a str>,
    allowed: &[&str],
) -> Result<Vec<String>, TaskError> {
    let mut options: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        if !allowed.contains(&word) {
            return Err(TaskError::Usage(format!("unexpected word `{word}`")));
        }
        if options.iter().any(|option| option == word) {
            return Err(TaskError::Usage(format!("{word} is given twice")));
        }
        options.push(word.to_owned());
        if !matches!(word, "--json" | "--no-peers") {
            let value = words.next().filter(|value| !value.starts_with('-'));
            let value = value.ok_or_else(|| TaskError::Usage(format!("{word} needs a value")))?;
            options.push(value.to_owned());
        }
    }
    Ok(options)
}

fn parse_test<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Options, TaskError> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        match word {
            "--no-install" => options.no_install = true,
            "--only" if options.only.is_some() => {
                return Err(TaskError::Usage("--only is given twice".to_owned()));
            }
            "--only" => {
                let name = words.next().ok_or_else(|| {
                    TaskError::Usage("--only needs the name of a step".to_owned())
                })?;
                let step = Step::by_name(name)
                    .ok_or_else(|| TaskError::Usage(format!("no step is called `{name}`")))?;
                options.only = Some(step);
            }
            other => return Err(TaskError::Usage(format!("unexpected word `{other}`"))),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, TaskError> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn every_task_of_the_help_text_is_understood() {
        assert_eq!(parsed("layers").unwrap(), Task::Layers);
        assert_eq!(parsed("shape").unwrap(), Task::Shape);
        assert_eq!(parsed("deps").unwrap(), Task::Deps);
        assert_eq!(parsed("law-report").unwrap(), Task::Law);
        assert_eq!(parsed("--help").unwrap(), Task::Help);
        let options = Options { no_install: true, only: Some(Step::Clippy) };
        assert_eq!(parsed("test --only clippy --no-install").unwrap(), Task::Test(options));
    }

    #[test]
    fn every_option_of_a_measurement_is_understood_and_named_in_the_help_text() {
        for (line, program) in [
            ("bench seal", Program::Seal),
            ("bench open", Program::Open),
            ("bench procedure", Program::Procedure),
            ("bench room", Program::Room),
            ("bench append", Program::Append),
            ("bench rush", Program::Rush),
            ("soak seal", Program::Soak),
        ] {
            assert!(HELP.contains(&format!("\n  {line} ")), "{line} is missing");
            assert_eq!(parsed(line).unwrap(), Task::Bench(program, Vec::new()));
            for option in program.options() {
                assert!(HELP.contains(&format!("             {option} ")), "{option} is missing");
                let value = if matches!(*option, "--json" | "--no-peers") { "" } else { "4M" };
                let task = parsed(&format!("{line} {option} {value}")).unwrap();
                let words = [*option, value].into_iter().filter(|word| !word.is_empty());
                assert_eq!(task, Task::Bench(program, words.map(str::to_owned).collect()));
            }
        }
    }

    #[test]
    fn every_step_is_named_in_the_help_text() {
        for step in Step::ALL {
            assert!(HELP.contains(step.name()), "{} is missing", step.name());
        }
    }

    #[test]
    fn fuzzing_takes_minutes_and_a_target() {
        assert_eq!(parsed("soak fuzz").unwrap(), Task::Fuzz(Soak::default()));
        let one = Soak { minutes: 2, target: Some("cms".to_owned()) };
        assert_eq!(parsed("soak fuzz --target cms --minutes 2").unwrap(), Task::Fuzz(one));
        for line in ["soak fuzz --minutes", "soak fuzz --minutes x", "soak fuzz cms"] {
            assert!(matches!(parsed(line), Err(TaskError::Usage(_))), "`{line}` was accepted");
        }
    }

    #[test]
    fn games_take_their_number() {
        let play = |game, count| Task::Play(game, count);
        assert_eq!(parsed("soak opening").unwrap(), play(&games::OPENING, 100_000));
        assert_eq!(parsed("soak opening --sequences 7").unwrap(), play(&games::OPENING, 7));
        assert_eq!(parsed("soak append").unwrap(), play(&games::APPEND, 500));
        assert_eq!(parsed("soak append --rounds 7").unwrap(), play(&games::APPEND, 7));
        assert_eq!(parsed("soak world").unwrap(), play(&games::WORLD, 10_000));
        assert_eq!(parsed("soak world --seeds 7").unwrap(), play(&games::WORLD, 7));
        for line in [
            "soak opening 7",
            "soak opening --sequences",
            "soak opening --sequences 0",
            "soak opening --rounds 7",
            "soak append --rounds -1",
            "soak append --sequences 7",
            "soak opening --seeds 7",
            "soak world 7",
            "soak world --seeds -1",
            "soak world --sequences 7",
        ] {
            assert!(matches!(parsed(line), Err(TaskError::Usage(_))), "`{line}` was accepted");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for line in [
            "",
            "bench",
            "bench soak",
            "bench seal 4M",
            "bench seal --size",
            "bench seal --size --json",
            "bench seal --bids 3",
            "bench seal --json --json",
            "bench open --no-peers",
            "bench step seal a b c",
            "soak",
            "soak open",
            "soak seal --runs 2",
            "Layers",
            "layers deps",
            "deps --fix",
            "law",
            "law-report all",
            "test clippy",
            "test --only",
            "test --only everything",
            "test --only fmt --only doc",
            "test --no-install=1",
        ] {
            assert!(matches!(parsed(line), Err(TaskError::Usage(_))), "`{line}` was accepted");
        }
    }
}
