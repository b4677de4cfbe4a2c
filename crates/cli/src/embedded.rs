//! Development keys and example tenders inside the binary, for the demonstration.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kaibiao_types::{Digest, Money, Party};
use rust_embed::RustEmbed;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// `keys-dev/id`: certificate chains and keys that everybody has.
#[derive(RustEmbed)]
#[folder = "../../keys-dev/id"]
struct DevIdentities;

const TRUST: &[u8] = include_bytes!("../../../keys-dev/trust.json");
const ROOTS: &str = include_str!("../../../keys-dev/roots.sha256");
const TSA_CHAIN: &str = include_str!("../../../keys-dev/tsa/tsa.chain.pem");
const TSA_KEY: &str = include_str!("../../../keys-dev/tsa/tsa.key.pem");
const ZHUZHOU: &[u8] = include_bytes!("../../../fixtures/tenders/zhuzhou-2022.json");
const WORKS: &[u8] = include_bytes!("../../../fixtures/tenders/works-12.json");
const INDOT: &[u8] = include_bytes!("../../../fixtures/tenders/indot-b40891.json");

/// The trust list of the development authorities.
pub(crate) const fn dev_trust() -> &'static [u8] {
    TRUST
}

/// Digests of all certificates of the development authorities: refused without `--dev`.
pub(crate) fn dev_roots() -> &'static [Digest] {
    static PARSED: LazyLock<Vec<Digest>> = LazyLock::new(|| {
        let digests = ROOTS.lines().filter_map(|line| line.split_whitespace().next());
        digests.filter_map(|digest| Digest::parse(digest).ok()).collect()
    });
    &PARSED
}

/// Certificate chain and key of a development identity, PEM.
pub(crate) fn dev_identity(name: &str) -> Result<(String, Zeroizing<String>), Failure> {
    let file = |kind: &str| {
        let path = format!("{name}.{kind}.pem");
        let missing = || Failure::internal(format!("{path} is not in this program"));
        let file = DevIdentities::get(&path).ok_or_else(missing)?;
        String::from_utf8(file.data.into_owned()).map_err(|_| missing())
    };
    Ok((file("chain")?, Zeroizing::new(file("key")?)))
}

/// Certificate chain and key of the development time-stamping authority, PEM.
pub(crate) fn dev_tsa() -> (String, Zeroizing<String>) {
    (TSA_CHAIN.to_owned(), Zeroizing::new(TSA_KEY.to_owned()))
}

/// An example tender with its bidders.
#[derive(Debug, Deserialize)]
pub(crate) struct Example {
    /// Its bidders.
    pub(crate) bidders: Vec<ExampleBidder>,
}

/// A bidder of an example.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExampleBidder {
    /// Its development identity.
    pub(crate) identity: String,
    /// Its organisation.
    pub(crate) party: Party,
    /// Its price sheet.
    pub(crate) sheet: ExampleSheet,
    /// Its bill of quantities.
    pub(crate) items: Vec<ExampleItem>,
}

/// A price sheet of an example.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExampleSheet {
    /// The total.
    pub(crate) total: Money,
    /// The other read-out fields.
    pub(crate) fields: BTreeMap<String, String>,
}

/// A line of a bill of quantities.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExampleItem {
    /// Its number.
    pub(crate) no: u32,
    /// Its code.
    pub(crate) code: String,
    /// What it is.
    pub(crate) description: String,
    /// Its quantity in thousandths.
    pub(crate) quantity_milli: u64,
    /// The unit of the quantity.
    pub(crate) unit: String,
    /// Price of a unit.
    pub(crate) unit_price: Money,
    /// The line's amount.
    pub(crate) amount: Money,
}

/// The exact bytes of an example tender: the form of its draft, and its bidders.
pub(crate) fn example(name: &str) -> Result<(&'static [u8], Example), Failure> {
    let bytes = match name {
        "zhuzhou-2022" => ZHUZHOU,
        "works-12" => WORKS,
        "indot-b40891" => INDOT,
        _ => return Err(Failure::internal(format!("no example {name}"))),
    };
    let example =
        serde_json::from_slice(bytes).map_err(|error| Failure::internal(error.to_string()))?;
    Ok((bytes, example))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Signer;

    #[test]
    fn everything_a_demonstration_needs_is_here() {
        assert_eq!(dev_roots().len(), ROOTS.lines().count());
        let mut names: Vec<String> = vec!["hall".to_owned()];
        names.extend((1..=5).map(|number| format!("custodian-{number}")));
        for tender in crate::demo::TENDERS {
            let (_, example) = example(tender).unwrap();
            assert!(example.bidders.len() >= 4, "{tender}");
            names.extend(example.bidders.into_iter().map(|bidder| bidder.identity));
            names.extend(["host", "supervisor"].map(|role| format!("{role}-{tender}")));
        }
        for name in names {
            let (chain, key) = dev_identity(&name).unwrap();
            assert!(Signer::from_pem(&chain, &key).is_ok(), "{name}");
        }
        assert!(dev_identity("nobody").is_err());
        assert!(example("nothing").is_err());
    }
}
