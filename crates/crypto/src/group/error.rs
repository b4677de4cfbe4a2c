//! Why bytes are no value of a group, and why an operation with secrets gave nothing.

use crate::EntropyError;

/// Why bytes are not a point or scalar of the group.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PointError {
    /// Not 33 bytes starting with 02 or 03.
    #[error("a point is 33 bytes in compressed form")]
    Encoding,
    /// The identity, which no honest party sends.
    #[error("the point is the identity")]
    Identity,
    /// No such point on the curve of this suite.
    #[error("the point is not on the curve")]
    NotOnCurve,
    /// Not 32 bytes below the group order.
    #[error("a scalar is 32 bytes below the group order")]
    Scalar,
}

impl PointError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Encoding | Self::Identity | Self::NotOnCurve => "E_POINT",
            Self::Scalar => "E_SCALAR",
        }
    }
}

/// Why an operation with a secret gave nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OperationError {
    /// Key, point and suite are not all of one curve.
    #[error("values of different curves")]
    Curve,
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl OperationError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Curve => "E_SUITE",
            Self::Entropy(_) => "E_ENTROPY",
        }
    }
}
