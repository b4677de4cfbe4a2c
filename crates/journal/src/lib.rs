//! The opening log of a lot: entry bytes, ticks, checkpoints, cosignatures, receipts, freeze record.
