//! Exit codes of the `kaibiao` command: documented, never renumbered.

/// How a command ended, by kind. From 64 on the numbers are those of BSD `sysexits.h`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Exit {
    /// Done; a verification passed.
    Ok = 0,
    /// The verdict is "failed", or the evidence refuses the input: altered, truncated, not signed.
    Failed = 1,
    /// The verdict is "indeterminate": the evidence is not enough for a yes or a no.
    Indeterminate = 2,
    /// A rule or the time refuses: too early, too late, too few bidders, out of order.
    Refused = 3,
    /// The hall was not reached, or was too busy.
    Network = 4,
    /// The command line is wrong.
    Usage = 64,
    /// The input data is wrong.
    DataError = 65,
    /// An input file cannot be read.
    NoInput = 66,
    /// A fault of the program or the machine.
    Internal = 70,
    /// An output file cannot be written.
    CannotCreate = 73,
    /// The identity or the trust is not sufficient: certificate, key, role.
    NoPermission = 77,
}

impl Exit {
    /// All exit codes, ascending.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::Failed,
        Self::Indeterminate,
        Self::Refused,
        Self::Network,
        Self::Usage,
        Self::DataError,
        Self::NoInput,
        Self::Internal,
        Self::CannotCreate,
        Self::NoPermission,
    ];

    /// The number given to the operating system.
    #[must_use]
    pub const fn code(self) -> u8 {
        // A unit-only enum with `repr(u8)` has exactly these values; there is no other const
        // conversion.
        #[allow(clippy::as_conversions)]
        let code = self as u8;
        code
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_change() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 64, 65, 66, 70, 73, 77]);
    }
}
