//! What keeps the package provable for the years: an evidence record over it.

use std::path::{Path, PathBuf};

use kaibiao_pki::{DigestAlgorithm, TrustList};

use crate::failure::Failure;
use crate::output::Ui;
use crate::renewal::Renewal;
use crate::stamping::{explained_record, stamped_by};
use crate::{files, machine};

use super::folders::Folders;
use super::steps::Steps;

/// Begins an evidence record (RFC 4998) over the package and says by when it is to be renewed.
pub(super) async fn begin(
    tsa: &str,
    package: &Path,
    trust: &TrustList,
    steps: &Steps,
    folders: &Folders,
    ui: Ui,
) -> Result<(), Failure> {
    let failed = |error| explained_record(error, ui);
    let renewal = Renewal::begin(&[PathBuf::from(package)], DigestAlgorithm::Sha256)?;
    let stamped = stamped_by(tsa, renewal.imprint().map_err(failed)?, trust, ui).await?;
    // The clock of the authority may be ahead of this one.
    let at = machine::now()?.max(stamped.stamp.gen_time());
    let (record, verified) = renewal.complete(&stamped.token, trust, at).map_err(failed)?;
    files::write_new(&folders.result("evidence.ers")?, &record)?;
    let due = verified.due().beijing();
    steps.step(
        &format!("证据包已加盖时间戳（RFC 3161），证据记录须在 {due} 之前续期"),
        &format!("The package is time-stamped (RFC 3161); its evidence record is to be renewed before {due}"),
    );
    Ok(())
}
