//! 签署: who confirms the record.

use kaibiao_types::{OrgCode, Party, Role};

use super::{party, table};
use crate::file::RecordFile;
use crate::model::{Body, Cell, RowHeight, Section, Start, faint, pair, plain, strong};

/// A party that confirms the record.
struct Signer<'a> {
    role: (&'static str, &'static str),
    party: &'a Party,
    /// The role in which it signs by certificate; the tenderee is represented by the host.
    signs_as: Option<Role>,
}

/// Tenderee, host and supervisor; the bidders sign in their rows.
///
/// # Source
///
/// 电子招标投标办法 art. 32; ruling 28: absence or refusal is recorded and does not block closing.
pub(super) fn section(file: &RecordFile) -> Section {
    let record = file.record();
    let signers = [
        Signer { role: ("招标人", "Tenderee"), party: &record.tenderee, signs_as: None },
        Signer {
            role: ("招标代理（主持人）", "Host"),
            party: &record.host,
            signs_as: Some(Role::Host),
        },
        Signer {
            role: ("监标人", "Supervisor"),
            party: &record.supervisor,
            signs_as: Some(Role::Supervisor),
        },
    ];
    let shown = vec![
        table::left(("身份", "Role"), 50, |signer: &Signer<'_>| {
            pair(signer.role.0, signer.role.1)
        }),
        table::left(("单位", "Organisation"), 87, |signer: &Signer<'_>| party(signer.party)),
        table::left(("电子签名", "Signed by certificate"), 60, |signer: &Signer<'_>| {
            signer.signs_as.map_or_else(Vec::new, |role| state(file, role, &signer.party.code))
        }),
        table::left(("签字及日期", "Signature by hand, date"), 70, |_: &Signer<'_>| {
            Vec::new()
        }),
    ];
    let body = Body::Table(table::rows(shown, &signers, RowHeight::Signature));
    super::section(("签署", "Signatures"), Start::Here, body)
}

fn state(file: &RecordFile, role: Role, code: &OrgCode) -> Cell {
    let Some(signatures) = file.signatures() else {
        return pair("见开标日志", "see the opening log");
    };
    let mut own = signatures.iter().filter(|one| one.role == role && one.party == *code);
    own.next().map_or_else(
        || pair("未签名（缺席或未签）", "not signed (absent or declined)"),
        |one| vec![strong("已签名 signed"), plain(&one.at.beijing()), faint("CAdES, SHA-256")],
    )
}
