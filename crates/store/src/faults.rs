//! The write points of the store. In tests of this crate each can be broken in two ways; in a build
//! of the product [`Faults`] is empty and [`Faults::around`] is a plain call.

use crate::error::BoxError;

/// A point at which something reaches the disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Point {
    /// A blob file is created, still empty.
    BlobCreate,
    /// The directory of blobs is synced.
    BlobDirSync,
    /// The bytes of a slice are written.
    BlobWrite,
    /// The bytes of a slice are synced.
    BlobSync,
    /// A transaction is committed.
    Commit,
    /// The write-ahead log is copied back into the database.
    Checkpoint,
}

#[cfg(not(test))]
#[derive(Debug)]
pub(crate) struct Faults;

#[cfg(not(test))]
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

#[cfg(test)]
pub(crate) use breaking::{Faults, Way};

#[cfg(test)]
mod breaking {
    use std::sync::Mutex;

    use super::{BoxError, Point};

    /// How a write point breaks.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub(crate) enum Way {
        /// Nothing is written, an error is reported.
        NotWritten,
        /// Everything is written, an error is reported all the same.
        WrittenButFailed,
        /// Half of a slice is written, an error is reported. Only for [`Point::BlobWrite`].
        Torn,
    }

    /// The plan: which point breaks how, at which visit (0 is the next one).
    #[derive(Debug, Default)]
    pub(crate) struct Faults(Mutex<Option<(Point, Way, u32)>>);

    impl Faults {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        /// What of a slice reaches the disk: all, or the first half of it.
        pub(crate) fn reaching_disk<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
            match *self.0.lock().unwrap() {
                Some((Point::BlobWrite, Way::Torn, 0)) => &bytes[..bytes.len().div_ceil(2)],
                _ => bytes,
            }
        }

        pub(crate) fn plan(&self, point: Point, way: Way, visit: u32) {
            *self.0.lock().unwrap() = Some((point, way, visit));
        }

        /// Whether the planned fault has happened.
        pub(crate) fn spent(&self) -> bool {
            self.0.lock().unwrap().is_none()
        }

        pub(crate) fn around<T>(
            &self,
            point: Point,
            act: impl FnOnce() -> Result<T, BoxError>,
        ) -> Result<T, BoxError> {
            let way = {
                let mut plan = self.0.lock().unwrap();
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
