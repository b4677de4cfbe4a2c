//! The lock of the log. In the tests of this crate it is one whose every order of turns can be tried
//! (`schedules`); everywhere else it is the one of the standard library.

#[cfg(test)]
pub(crate) use shuttle::sync::{RwLock, RwLockReadGuard};
#[cfg(not(test))]
pub(crate) use std::sync::{RwLock, RwLockReadGuard};
