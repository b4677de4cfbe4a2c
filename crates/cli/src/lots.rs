//! Lots on the command line and what every command asks about them.

use std::time::Duration;

use kaibiao_types::{LotId, LotKey, TenderId};
use kaibiao_wire::{CeremonyState, Label, LotStatus, paths};

use crate::client::Hall;
use crate::failure::Failure;

/// Reads `TENDER/LOT`.
pub(crate) fn parse(text: &str) -> Result<LotKey, String> {
    let wrong = || format!("{text:?} is no lot; write TENDER/LOT");
    let (tender, lot) = text.split_once('/').ok_or_else(wrong)?;
    let tender = TenderId::parse(tender).map_err(|_| wrong())?;
    let lot = LotId::parse(lot).map_err(|_| wrong())?;
    Ok(LotKey { tender, lot })
}

/// The status of a lot.
pub(crate) async fn status(hall: &Hall, lot: &LotKey) -> Result<LotStatus, Failure> {
    hall.get(&paths::lot(lot)).await
}

/// Waits until the ceremony of a lot is complete.
pub(crate) async fn ceremony_ready(
    hall: &Hall,
    lot: &LotKey,
    longest: Duration,
) -> Result<(), Failure> {
    let until = tokio::time::Instant::now() + longest;
    loop {
        let state = status(hall, lot).await?.ceremony;
        if state == CeremonyState::Ready {
            return Ok(());
        }
        if tokio::time::Instant::now() >= until {
            let detail = format!("the ceremony is {state:?} after {} s", longest.as_secs());
            return Err(Failure::new(Label::NotReady, detail));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
