//! The document of a demonstration bid: its bill of quantities, and lines up to the wanted size.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use kaibiao_crypto::SUITE_1;
use kaibiao_types::Digest;

use crate::failure::Failure;

use super::cast::Bidder;

/// Writes the document of a bidder with exactly `len` bytes, or more if its bill of quantities is
/// longer; gives its SHA-256.
pub(super) fn write(bidder: &Bidder, path: &Path, len: u64) -> Result<Digest, Failure> {
    let unwritable = |error: std::io::Error| Failure::write(path, &error);
    let mut file = BufWriter::new(File::create_new(path).map_err(unwritable)?);
    let mut hasher = SUITE_1.hasher();
    let mut left = len;
    let mut put = |text: &str| {
        hasher.update(text.as_bytes());
        left = left.saturating_sub(u64::try_from(text.len()).unwrap_or(u64::MAX));
        file.write_all(text.as_bytes()).map(|()| left)
    };
    let mut left = put(&bill(bidder)).map_err(unwritable)?;
    let mut number = 0_u64;
    while left > 0 {
        number += 1;
        let line = format!("{number:012} 演示用填充行 demonstration filler\n");
        let whole = usize::try_from(left).is_ok_and(|left| line.len() <= left);
        // The last bytes are dots, so that no character is cut.
        let line = if whole { line } else { ".".repeat(usize::try_from(left).unwrap_or(1)) };
        left = put(&line).map_err(unwritable)?;
    }
    file.flush().map_err(unwritable)?;
    Ok(hasher.finish())
}

fn bill(bidder: &Bidder) -> String {
    let mut text = format!(
        "投标文件（演示） Bid document (demonstration)\n投标人 Bidder: {}（{}）\n投标报价 Total: {}\n\n",
        bidder.party.name,
        bidder.party.code,
        bidder.total()
    );
    text.push_str("no\tcode\tdescription\tquantity\tunit\tunit price\tamount\n");
    for item in &bidder.example.items {
        let (whole, part) = (item.quantity_milli / 1_000, item.quantity_milli % 1_000);
        let price = format!("{}\t{}", item.unit_price, item.amount);
        let amount = format!("{whole}.{part:03}\t{}", item.unit);
        let line = [&*item.no.to_string(), &*item.code, &*item.description, &*amount, &*price];
        text.push_str(&line.join("\t"));
        text.push('\n');
    }
    text.push('\n');
    text
}
