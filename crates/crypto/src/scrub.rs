//! Wiping what calls leave on the stack.

use core::hint::black_box;

/// Bytes below the caller that are overwritten: more than the deepest call with a secret uses.
const DEPTH: usize = 256 << 10;

/// Overwrites the part of this thread's stack that earlier, deeper calls have used.
///
/// Secrets are copied into registers and temporaries while they are used, a prepared key of ring is
/// not wiped when it is dropped, and what was moved leaves its bytes behind; threads of a pool keep
/// their stacks, and the system keeps those of threads that ended. To be called after every piece of
/// work with a secret, on the thread that did it.
#[inline(never)]
#[allow(clippy::large_stack_arrays)] // that is its purpose
pub fn scrub_stack() {
    let mut below = [0_u8; DEPTH];
    // Without this the compiler would see that nobody reads the bytes, and would not write them.
    black_box(&mut below);
}
