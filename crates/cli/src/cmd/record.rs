//! `kaibiao record`.

use std::path::{Path, PathBuf};

use kaibiao_record::{Fonts, OcdsError, Publication, VerificationCode, document, ocds, page};
use kaibiao_wire::{Exit, Label};

use crate::args::{OcdsArgs, PrintArgs, RecordCmd};
use crate::failure::Failure;
use crate::files;
use crate::output::{Facts, Ui};
use crate::printing;

/// A font file: bytes. The largest collections have twenty million.
const FONT_MAX: usize = 64 << 20;

pub(super) fn run(command: &RecordCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        RecordCmd::Page(args) => print_page(args, ui),
        RecordCmd::Pdf { print, font } => print_pdf(print, font, ui),
        RecordCmd::Ocds(args) => export(args, ui),
    }
}

fn print_page(args: &PrintArgs, ui: Ui) -> Result<Exit, Failure> {
    files::expect_absent(&args.out)?;
    let file = printing::signed_record(&args.record, args.log.as_deref())?;
    files::write_new(&args.out, page(&document(&file)).as_bytes())?;
    ui.facts(&facts(&file, &args.out));
    Ok(Exit::Ok)
}

fn print_pdf(args: &PrintArgs, fonts: &[PathBuf], ui: Ui) -> Result<Exit, Failure> {
    files::expect_absent(&args.out)?;
    let file = printing::signed_record(&args.record, args.log.as_deref())?;
    let pdf = printing::pdf(&file, &with_fonts(fonts)?)?;
    files::write_new(&args.out, &pdf.bytes)?;
    let mut facts = facts(&file, &args.out);
    facts.add("pages", pdf.pages);
    let codes: Vec<String> =
        pdf.missing.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    if !codes.is_empty() {
        let codes = codes.join(" ");
        facts.add("without_glyph", codes.as_str());
        ui.note(
            &format!("字体缺少 {codes}，文件中以码位表示；可用 --font 另加字体。"),
            &format!("no font has {codes}; the file shows code points. Add a font with --font"),
        );
    }
    ui.facts(&facts);
    Ok(Exit::Ok)
}

fn with_fonts(paths: &[PathBuf]) -> Result<Fonts, Failure> {
    paths.iter().try_fold(printing::fonts()?, |fonts, path| {
        fonts.and(files::read(path, FONT_MAX)?).map_err(|error| {
            let place = path.display().to_string();
            Failure::coded(Label::BadInput, error.label(), &error).at(&place)
        })
    })
}

fn export(args: &OcdsArgs, ui: Ui) -> Result<Exit, Failure> {
    files::expect_absent(&args.out)?;
    let file = printing::record(&args.record)?;
    let publication = Publication {
        prefix: args.ocid_prefix.clone(),
        publisher: args.publisher.clone(),
        uri: args.uri.clone(),
    };
    let usage = |error: OcdsError| Failure::coded(Label::Usage, error.label(), &error);
    files::write_new(&args.out, &ocds(&file, &publication).map_err(usage)?)?;
    ui.facts(&facts(&file, &args.out));
    Ok(Exit::Ok)
}

fn facts(file: &kaibiao_record::RecordFile, out: &Path) -> Facts {
    let mut facts = Facts::default();
    facts
        .text("record_sha256", file.sha256())
        .text("code", VerificationCode::new(file.sha256()))
        .add("out", out.display().to_string());
    if let Some(signatures) = file.signatures() {
        facts.add("signatures", signatures.len());
    }
    facts
}
