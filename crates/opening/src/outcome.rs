//! From a plaintext to a published price: one rule for the hall that publishes and for everybody
//! who checks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_types::Money;

use crate::event::{FrozenBid, PublishedBid, Verdict};
use crate::input::{PriceOutcome, UnsealedSheet};
use crate::sheet::{PriceSheet, SheetRules};

impl PublishedBid {
    /// Judges one bid's price part.
    ///
    /// A plaintext that is not a price sheet of this lot is shown as opened, flagged with its
    /// `BIDDER_FORMAT` label and no fault: it is not revoked (ruling 21). A price or a rate above its
    /// ceiling is flagged and nothing more; rejecting it is the evaluation's task.
    pub fn judge(
        rules: &SheetRules<'_>,
        ceiling: Option<Money>,
        bid: &FrozenBid,
        sheet: &UnsealedSheet,
    ) -> Self {
        let bare = Self {
            bidder: bid.bidder.clone(),
            manifest_sha256: bid.manifest_sha256,
            verdict: Verdict::NotOpened,
            label: None,
            fault: None,
            sheet_sha256: None,
            sheet_b64: None,
            total: None,
            fields: None,
            over_ceiling: false,
            rates_over_ceiling: Vec::new(),
            consortium: Vec::new(),
        };
        match sheet {
            UnsealedSheet::NotOpened { label, fault } => {
                Self { label: Some(label.clone()), fault: Some(*fault), ..bare }
            }
            UnsealedSheet::Opened { sha256, bytes } => {
                let opened = Self {
                    sheet_sha256: Some(*sha256),
                    sheet_b64: Some(STANDARD.encode(bytes)),
                    ..bare
                };
                match PriceSheet::parse(rules, &bid.bidder.code, bytes) {
                    Err(error) => Self {
                        verdict: Verdict::BadFormat,
                        label: Some(error.label().to_owned()),
                        ..opened
                    },
                    Ok(sheet) => Self {
                        verdict: Verdict::Opened,
                        total: sheet.total(),
                        rates_over_ceiling: rules.over_ceiling(sheet.fields()),
                        fields: Some(sheet.fields().clone()),
                        consortium: sheet.consortium().to_vec(),
                        over_ceiling: is_above(sheet.total(), ceiling),
                        ..opened
                    },
                }
            }
        }
    }

    /// Whether this is what [`PublishedBid::judge`] says of its own plaintext and `bid`.
    ///
    /// That `sheet_sha256` is the digest of `sheet_b64` is checked by whoever has the hash function.
    pub fn is_judged_rightly(
        &self,
        rules: &SheetRules<'_>,
        ceiling: Option<Money>,
        bid: &FrozenBid,
    ) -> bool {
        self.outcome()
            .is_some_and(|outcome| *self == Self::judge(rules, ceiling, bid, &outcome.sheet))
    }

    /// The exact bytes of the sheet, if there are any.
    pub fn sheet_bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.sheet_b64.as_ref()?).ok()
    }

    /// The outcome that this entry states; `None` if it contradicts itself.
    fn outcome(&self) -> Option<PriceOutcome> {
        let sheet = match (self.verdict, self.sheet_sha256, &self.label, self.fault) {
            (Verdict::NotOpened, None, Some(label), Some(fault)) => {
                UnsealedSheet::NotOpened { label: label.clone(), fault }
            }
            (Verdict::Opened | Verdict::BadFormat, Some(sha256), _, None) => {
                UnsealedSheet::Opened { sha256, bytes: self.sheet_bytes()? }
            }
            _ => return None,
        };
        Some(PriceOutcome { manifest_sha256: self.manifest_sha256, sheet })
    }
}

fn is_above(total: Option<Money>, ceiling: Option<Money>) -> bool {
    total.zip(ceiling).is_some_and(|(total, ceiling)| total.minor() > ceiling.minor())
}
