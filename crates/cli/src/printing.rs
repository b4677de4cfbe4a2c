//! The opening record on paper: one way for the command and for the demonstration.

use std::path::Path;

use kaibiao_opening::{Event, RecordError, limits};
use kaibiao_record::{Fonts, Pdf, RecordFile, Signature, document};
use kaibiao_types::LotKey;
use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::files;
use crate::follow::{Follower, LOG_MAX};

/// Reads a record from a file.
pub(crate) fn record(path: &Path) -> Result<RecordFile, Failure> {
    let bytes = files::read(path, limits::RECORD_BYTES)?;
    read(&bytes).map_err(|failure| failure.at(&path.display().to_string()))
}

/// Reads a record from its exact bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<RecordFile, Failure> {
    RecordFile::read(bytes).map_err(|error| {
        let label = match error {
            RecordError::TooLong { .. } => Label::TooLarge,
            _ => Label::BadJson,
        };
        Failure::coded(label, error.label(), &error)
    })
}

/// Reads a record, and from a log who signed it.
pub(crate) fn signed_record(path: &Path, log: Option<&Path>) -> Result<RecordFile, Failure> {
    let file = record(path)?;
    let Some(log) = log else { return Ok(file) };
    let place = log.display().to_string();
    signed(file, &files::read(log, LOG_MAX)?).map_err(|failure| failure.at(&place))
}

/// The record with those who signed it by the log of its lot. The log is checked for the procedure;
/// its signatures are for `kaibiao verify`.
pub(crate) fn signed(file: RecordFile, log: &[u8]) -> Result<RecordFile, Failure> {
    let lot = LotKey { tender: file.record().tender.clone(), lot: file.record().lot.clone() };
    let mut follower = Follower::of_procedure(lot);
    let mut signatures = Vec::new();
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let (entry, event) = follower.take(line)?;
        if let Event::RecordSigned(signed) = event {
            let party = signed.party.code;
            signatures.push(Signature { role: signed.role, party, at: entry.at() });
        }
    }
    match follower.state().record() {
        Some(named) if named.sha256 == *file.sha256() => Ok(file.signed_by(signatures)),
        Some(_) => Err(Failure::new(Label::AlteredObject, "the log names another record")
            .said((
                "开标日志所记的不是这份开标记录。".to_owned(),
                "The opening log does not name this opening record.".to_owned(),
            ))
            .advised((
                "请使用同一次开标的记录和日志，例如同一证据包中的两个文件。".to_owned(),
                "Take record and log of the same opening, such as both from one package."
                    .to_owned(),
            ))),
        None => Err(Failure::new(Label::NotReady, "the log has no opening record yet")),
    }
}

/// The font of the program.
pub(crate) fn fonts() -> Result<Fonts, Failure> {
    Fonts::built_in().map_err(|error| Failure::caused(Label::Internal, &error))
}

/// Prints a record as PDF/A.
pub(crate) fn pdf(file: &RecordFile, fonts: &Fonts) -> Result<Pdf, Failure> {
    kaibiao_record::pdf(&document(file), fonts)
        .map_err(|error| Failure::coded(Label::BadInput, error.label(), &error))
}
