//! Wiping what opening leaves on the stack.

use core::hint::black_box;

/// Bytes below the caller that are overwritten: more than the deepest call with a key uses.
const DEPTH: usize = 256 << 10;

/// Overwrites the part of this thread's stack that earlier, deeper calls have used.
///
/// A prepared payload key is not wiped when it is dropped (ring), and what was moved leaves its
/// bytes behind; a thread keeps its stack, and the system keeps the stacks of threads that ended.
/// Called after every piece of work that opened something, on the thread that did it.
#[inline(never)]
#[allow(clippy::large_stack_arrays)] // that is its purpose
pub(crate) fn scrub_stack() {
    let mut below = [0_u8; DEPTH];
    // Without this the compiler would see that nobody reads the bytes, and would not write them.
    black_box(&mut below);
}
