//! Downloading an evidence package.

use std::path::Path;

use kaibiao_types::LotKey;
use kaibiao_wire::{Label, paths};
use tokio::io::AsyncWriteExt;

use crate::client::Hall;
use crate::failure::Failure;
use crate::files;

/// Downloads the evidence package of a closed lot to a new file, which appears when it is whole.
pub(crate) async fn evidence(hall: &Hall, lot: &LotKey, path: &Path) -> Result<(), Failure> {
    files::expect_absent(path)?;
    let mut answer = hall.get_stream(&paths::evidence(lot)).await?;
    let temp = files::TempFile::beside(path)?;
    let unwritable = |error: std::io::Error| Failure::write(path, &error);
    let mut file = tokio::fs::File::create_new(temp.path()).await.map_err(unwritable)?;
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| Failure::caused(Label::HallUnreachable, &error))?
    {
        file.write_all(&chunk).await.map_err(unwritable)?;
    }
    file.sync_all().await.map_err(unwritable)?;
    temp.name(path)
}
