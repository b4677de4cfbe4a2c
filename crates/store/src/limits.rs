//! Limits on what comes from outside, and the layout of slices.

/// Bytes of one upload slice: 8 MiB, 32 chunks of the sealed object (ruling 3).
pub const SLICE_LEN: u64 = 8 << 20;

/// The most bytes one sealed object may have: 64 GiB.
pub const OBJECT_LEN_MAX: u64 = 64 << 30;

/// The most objects one upload may have: three parts in each of nine stages.
pub const OBJECTS_MAX: usize = 27;

/// The most bytes one line of an opening log may have: 64 MiB.
///
/// All prices stand in one line (promise 6), so the limit leaves room for thousands of bidders.
pub const LINE_LEN_MAX: usize = 64 << 20;

/// How many slices an object of `file_len` bytes has.
pub const fn slice_count(file_len: u64) -> u64 {
    file_len.div_ceil(SLICE_LEN)
}

/// How many bytes slice `n` (from 0) of an object of `file_len` bytes has: [`SLICE_LEN`], less for
/// the last one; `None` beyond the end.
pub const fn slice_len(file_len: u64, n: u32) -> Option<u64> {
    // A u32 widens to u64 without loss; `u64::from` is not usable in a const function.
    #[allow(clippy::as_conversions, clippy::cast_lossless)]
    let start = n as u64 * SLICE_LEN;
    if start >= file_len {
        return None;
    }
    let rest = file_len - start;
    Some(if rest < SLICE_LEN { rest } else { SLICE_LEN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_at_the_edges() {
        assert_eq!(slice_count(1), 1);
        assert_eq!(slice_count(SLICE_LEN), 1);
        assert_eq!(slice_count(SLICE_LEN + 1), 2);
        assert_eq!(slice_len(SLICE_LEN + 1, 0), Some(SLICE_LEN));
        assert_eq!(slice_len(SLICE_LEN + 1, 1), Some(1));
        assert_eq!(slice_len(SLICE_LEN, 1), None);
        assert_eq!(slice_len(0, 0), None);
        assert_eq!(slice_len(u64::MAX, u32::MAX), Some(SLICE_LEN));
    }
}
