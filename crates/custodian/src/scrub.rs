//! Wiping what calls leave on the stack.

use core::hint::black_box;

/// Bytes below the caller that are overwritten: more than the deepest call with a secret uses.
const DEPTH: usize = 256 << 10;

/// Overwrites the part of this thread's stack that earlier, deeper calls have used.
///
/// Secret scalars are copied into registers and temporaries while they are used, and what was moved
/// leaves its bytes behind; a thread of a pool keeps its stack. Called after every piece of work with
/// a share, on the thread that did it.
#[inline(never)]
#[allow(clippy::large_stack_arrays)] // that is its purpose
pub(crate) fn scrub_stack() {
    let mut below = [0_u8; DEPTH];
    // Without this the compiler would see that nobody reads the bytes, and would not write them.
    black_box(&mut below);
}
