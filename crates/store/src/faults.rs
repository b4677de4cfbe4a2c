//! The write points of the store. In tests, and with the feature `faults`, each can be broken in two
//! ways; in a build of the product [`Faults`] is empty and [`Faults::around`] is a plain call.

use crate::error::BoxError;

/// A point at which something reaches the disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "faults"), allow(unreachable_pub))]
pub enum Point {
    /// A slot of the pool is made.
    SlotCreate,
    /// The directory of slots is synced.
    SlotDirSync,
    /// A frame is written to the pool.
    PoolWrite,
    /// Frames are synced.
    PoolSync,
    /// A transaction is committed.
    Commit,
    /// The write-ahead log is copied back into the database.
    Checkpoint,
}

#[cfg(not(any(test, feature = "faults")))]
#[derive(Debug)]
pub(crate) struct Faults;

#[cfg(not(any(test, feature = "faults")))]
impl Faults {
    pub(crate) const fn new() -> Self {
        Self
    }

    // The receivers and the point are used by the build for tests, which has the same signatures.
    #[allow(clippy::unused_self)]
    pub(crate) const fn reaching_disk<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn around<T>(
        &self,
        _point: Point,
        act: impl FnOnce() -> Result<T, BoxError>,
    ) -> Result<T, BoxError> {
        act()
    }
}

#[cfg(any(test, feature = "faults"))]
pub(crate) use breaking::Faults;
#[cfg(any(test, feature = "faults"))]
#[cfg_attr(not(feature = "faults"), allow(unreachable_pub))]
pub use breaking::Way;

#[cfg(any(test, feature = "faults"))]
mod breaking {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::Duration;

    use super::{BoxError, Point};

    /// How a write point breaks.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    #[cfg_attr(not(feature = "faults"), allow(unreachable_pub))]
    pub enum Way {
        /// Nothing is written, an error is reported.
        NotWritten,
        /// Everything is written, an error is reported all the same.
        WrittenButFailed,
        /// Half of a frame is written, an error is reported. Only for [`Point::PoolWrite`].
        Torn,
    }

    /// The plan: which point breaks how, at which visit (0 is the next one).
    #[derive(Debug, Default)]
    pub(crate) struct Faults {
        plan: Mutex<Option<(Point, Way, u32)>>,
        /// How long each write point takes, in milliseconds.
        slow: AtomicU64,
    }

    impl Faults {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        fn plan_now(&self) -> MutexGuard<'_, Option<(Point, Way, u32)>> {
            self.plan.lock().unwrap_or_else(PoisonError::into_inner)
        }

        #[cfg(feature = "faults")]
        pub(crate) fn slow_down(&self, millis: u64) {
            self.slow.store(millis, Ordering::SeqCst);
        }

        /// What of a frame reaches the disk: all, or the first half of it.
        pub(crate) fn reaching_disk<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
            match *self.plan_now() {
                Some((Point::PoolWrite, Way::Torn, 0)) => {
                    bytes.get(..bytes.len().div_ceil(2)).unwrap_or(bytes)
                }
                _ => bytes,
            }
        }

        pub(crate) fn plan(&self, point: Point, way: Way, visit: u32) {
            *self.plan_now() = Some((point, way, visit));
        }

        /// Whether the planned fault has happened.
        pub(crate) fn spent(&self) -> bool {
            self.plan_now().is_none()
        }

        pub(crate) fn around<T>(
            &self,
            point: Point,
            act: impl FnOnce() -> Result<T, BoxError>,
        ) -> Result<T, BoxError> {
            match self.slow.load(Ordering::SeqCst) {
                0 => {}
                millis => std::thread::sleep(Duration::from_millis(millis)),
            }
            let way = {
                let mut plan = self.plan_now();
                match *plan {
                    Some((at, way, 0)) if at == point => {
                        *plan = None;
                        Some(way)
                    }
                    Some((at, way, visit)) if at == point => {
                        *plan = Some((at, way, visit - 1));
                        None
                    }
                    _ => None,
                }
            };
            match way {
                None => act(),
                Some(Way::NotWritten) => Err("broken on purpose, not written".into()),
                Some(Way::WrittenButFailed | Way::Torn) => {
                    act()?;
                    Err("broken on purpose, written".into())
                }
            }
        }
    }
}
