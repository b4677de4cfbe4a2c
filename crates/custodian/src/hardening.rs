//! What the operating system is asked for before any secret is read: no core dumps, no tracing by
//! other processes, no pages on a swap disk.

use std::io;

/// Whether the pages of this process can reach a swap disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MemoryLock {
    /// No: every page that is touched, now or later, stays in memory.
    Locked,
    /// Yes. The text says why, and what to do about it.
    Unlocked(String),
}

/// Why a custodian does not start: its memory would be open to others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HardeningError {
    /// Core dumps could not be switched off.
    #[error("core dumps could not be switched off")]
    CoreDumps(#[source] io::Error),
    /// Tracing by other processes could not be forbidden.
    #[error("tracing by other processes could not be forbidden")]
    Tracing(#[source] io::Error),
}

impl HardeningError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::CoreDumps(_) => "E_CORE_DUMPS",
            Self::Tracing(_) => "E_TRACING",
        }
    }
}

/// Closes this process to others, as far as the system allows; called before any secret is read.
///
/// Core dumps are switched off for good (both limits 0) and the process is made undumpable, so that
/// other processes of the same user can neither trace it nor read its memory; root still can. Then
/// its memory is locked, if that can be done without a limit: with a limit, an allocation beyond it
/// would fail in the middle of an opening, which is worse than a page on a swap disk.
///
/// # Errors
///
/// [`HardeningError`] if core dumps or tracing could not be forbidden. Memory that is not locked is
/// no error: the answer says what to do.
///
/// # Source
///
/// setrlimit(2), prctl(2) `PR_SET_DUMPABLE`, mlockall(2).
pub fn harden() -> Result<MemoryLock, HardeningError> {
    system::harden()
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;

    use rustix::mm::{MlockAllFlags, mlockall};
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
    };
    use rustix::thread::{CapabilitySet, capabilities};

    use super::{HardeningError, MemoryLock};

    pub(super) fn harden() -> Result<MemoryLock, HardeningError> {
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        setrlimit(Resource::Core, none)
            .map_err(|error| HardeningError::CoreDumps(io::Error::from(error)))?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .map_err(|error| HardeningError::Tracing(io::Error::from(error)))?;
        Ok(lock_memory())
    }

    fn lock_memory() -> MemoryLock {
        if !is_unlimited() {
            return MemoryLock::Unlocked(
                "this user may lock only a part of its memory; allow all of it (systemd: \
                 LimitMEMLOCK=infinity, shell: ulimit -l unlimited), or switch swap off"
                    .to_owned(),
            );
        }
        // Pages are locked when they are first touched, so that reserved stacks cost nothing.
        let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
        match mlockall(all) {
            Ok(()) => MemoryLock::Locked,
            Err(error) => MemoryLock::Unlocked(format!(
                "the system does not lock memory ({error}); switch swap off, or encrypt it"
            )),
        }
    }

    /// Whether memory may be locked without end: by the limit, or because the limit does not count.
    fn is_unlimited() -> bool {
        let limit = getrlimit(Resource::Memlock);
        if limit.maximum.is_none() {
            let endless = Rlimit { current: None, maximum: None };
            return limit.current.is_none() || setrlimit(Resource::Memlock, endless).is_ok();
        }
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{HardeningError, MemoryLock};

    #[allow(clippy::unnecessary_wraps)] // the same face as on Linux
    pub(super) fn harden() -> Result<MemoryLock, HardeningError> {
        Ok(MemoryLock::Unlocked(
            "on this system the program forbids neither core dumps nor tracing and locks no memory; \
             run custodians on Linux"
                .to_owned(),
        ))
    }
}
