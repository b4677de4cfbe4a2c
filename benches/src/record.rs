//! `record`: what is made from an opening record, and how long it takes.

use std::time::{Duration, Instant};

use kaibiao_record::{Fonts, Publication, RecordFile, document, ocds, page, pdf};
use serde_json::json;

use crate::args::OpenOptions;
use crate::error::BenchError;
use crate::table::median;
use crate::{line, machine};

/// The record of the vectors; its first row is repeated.
const RECORD: &str = include_str!("../../fixtures/vectors/opening/record-normal.json");

/// What is made: its name, the time of every run, bytes, pages.
struct Made {
    what: &'static str,
    walls: Vec<Duration>,
    bytes: usize,
    pages: Option<usize>,
}

/// Measures and prints.
pub(crate) fn run(options: &OpenOptions) -> Result<(), BenchError> {
    let mut results = Vec::new();
    for count in &options.bids {
        for made in measure(*count, options.runs)? {
            results.push((*count, made));
        }
    }
    if options.json {
        print_json(&results);
    } else {
        print_table(&results, options.runs);
    }
    Ok(())
}

fn measure(count: usize, runs: usize) -> Result<Vec<Made>, BenchError> {
    let bytes = record(count)?;
    let mut all = make(&bytes)?;
    for _ in 1..runs {
        for (all, made) in all.iter_mut().zip(make(&bytes)?) {
            all.walls.extend(made.walls);
        }
    }
    for made in &mut all {
        made.walls.sort();
    }
    Ok(all)
}

fn print_json(results: &[(usize, Made)]) {
    let rows = results.iter().map(|(bids, made)| {
        let seconds: Vec<f64> = made.walls.iter().map(Duration::as_secs_f64).collect();
        json!({
            "bids": bids, "what": made.what, "seconds": seconds, "median_s": median(&seconds),
            "bytes": made.bytes, "pages": made.pages,
        })
    });
    let rows: Vec<_> = rows.collect();
    line(&json!({ "machine": machine::describe(), "rows": rows }).to_string());
}

fn print_table(results: &[(usize, Made)], runs: usize) {
    line(&format!(
        "what is made from an opening record; median of {runs}\nmachine: {}",
        machine::describe()
    ));
    line(&format!("{:>5} {:<6} {:>9} {:>10} {:>6}", "bids", "what", "median s", "bytes", "pages"));
    for (bids, made) in results {
        let middle = median(&made.walls).as_ref().map_or(0.0, Duration::as_secs_f64);
        let pages = made.pages.map_or_else(String::new, |pages| pages.to_string());
        line(&format!("{bids:>5} {:<6} {middle:>9.4} {:>10} {pages:>6}", made.what, made.bytes));
    }
}

/// A record of so many bidders.
fn record(count: usize) -> Result<Vec<u8>, BenchError> {
    let other = || BenchError::product("the record of the vectors has another form");
    let (before, rest) = RECORD.trim_end().split_once("\"rows\":[").ok_or_else(other)?;
    let (rows, after) = rest.split_once("],\"objections\":").ok_or_else(other)?;
    let (first, _) = rows.split_once(",{\"position\":2,").ok_or_else(other)?;
    let row = |position: usize| {
        let name = format!("\"name\":\"示例第{position}建设工程集团有限公司\"");
        let numbered = first.replacen("\"position\":1", &format!("\"position\":{position}"), 1);
        numbered.replacen("\"name\":\"示例投标人1\"", &name, 1)
    };
    let rows: Vec<String> = (1..=count).map(row).collect();
    Ok(format!("{before}\"rows\":[{}],\"objections\":{after}", rows.join(",")).into_bytes())
}

fn make(bytes: &[u8]) -> Result<Vec<Made>, BenchError> {
    let publication = Publication {
        prefix: "ocds-213czf".to_owned(),
        publisher: "Kaibiao".to_owned(),
        uri: "https://hall.example/ocds.json".to_owned(),
    };
    let begin = Instant::now();
    let file = RecordFile::read(bytes).map_err(BenchError::product)?;
    let read = begin.elapsed();
    let begin = Instant::now();
    let html = page(&document(&file));
    let paged = begin.elapsed();
    let begin = Instant::now();
    let fonts = Fonts::built_in().map_err(BenchError::product)?;
    let opened = begin.elapsed();
    let begin = Instant::now();
    let file_pdf = pdf(&document(&file), &fonts).map_err(BenchError::product)?;
    let printed = begin.elapsed();
    let begin = Instant::now();
    let package = ocds(&file, &publication).map_err(BenchError::product)?;
    let exported = begin.elapsed();
    let made = |what, wall, bytes, pages| Made { what, walls: vec![wall], bytes, pages };
    Ok(vec![
        made("read", read, bytes.len(), None),
        made("page", paged, html.len(), None),
        made("font", opened, 0, None),
        made("pdf", printed, file_pdf.bytes.len(), Some(file_pdf.pages)),
        made("ocds", exported, package.len(), None),
    ])
}
