//! Limits on what comes from outside, and the layout of slices.

/// Bytes of a whole upload slice: 32 chunks of the sealed object with their tags (ruling 3). Slice 0 is
/// longer by the header of the file, the last one is shorter; `kaibiao_seal::SliceCut` says how.
#[allow(clippy::as_conversions)] // widening; `u64::try_from` is not usable in a constant
pub const SLICE_LEN: u64 = kaibiao_seal::limits::UPLOAD_PART_LEN as u64;

/// The most bytes one sealed object may have: 64 GiB.
pub const OBJECT_LEN_MAX: u64 = 64 << 30;

/// The most objects one upload may have: three parts in each of nine stages.
pub const OBJECTS_MAX: usize = 27;

/// The most bytes one line of an opening log may have: 64 MiB.
///
/// All prices stand in one line (promise 6), so the limit leaves room for thousands of bidders.
pub const LINE_LEN_MAX: usize = 64 << 20;
