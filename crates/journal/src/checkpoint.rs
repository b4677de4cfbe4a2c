//! The text that the log signs: origin, size, root (C2SP tlog-checkpoint).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_merkle::empty_root;
use kaibiao_types::Digest;

use crate::limits::INTEGER_MAX;
use crate::{LogOrigin, OriginError};

/// Size and root of a log at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TreeHead {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
}

/// The head of a named log: the body that the log signs and custodians cosign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// The log.
    pub origin: LogOrigin,
    /// Its head.
    pub head: TreeHead,
}

/// Why a text is not the body of a checkpoint of ours.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CheckpointTextError {
    /// Size 0 with another root than SHA-256 of nothing.
    #[error("an empty log has another root")]
    EmptyRoot,
    /// Not exactly three lines, each with a line feed (this log writes no extension lines).
    #[error("a checkpoint body has exactly three lines")]
    Lines,
    /// The first line is no origin of a lot's log.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The third line is not the base64 of 32 bytes.
    #[error("the root is not the base64 of 32 bytes")]
    Root,
    /// The second line is not a decimal below 2^53 without leading zeros.
    #[error("the size is not a decimal below 2^53 without leading zeros")]
    Size,
}

impl CheckpointTextError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::EmptyRoot => "checkpoint-empty-root",
            Self::Lines => "checkpoint-lines",
            Self::Origin(origin) => origin.label(),
            Self::Root => "checkpoint-root",
            Self::Size => "checkpoint-size",
        }
    }
}

impl Checkpoint {
    /// The signed text: three lines, each with its line feed.
    pub fn body(&self) -> String {
        let root = STANDARD.encode(self.head.root.bytes());
        format!("{}\n{}\n{root}\n", self.origin, self.head.size)
    }

    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`CheckpointTextError`].
    pub fn parse(body: &str) -> Result<Self, CheckpointTextError> {
        let body = body.strip_suffix('\n').ok_or(CheckpointTextError::Lines)?;
        let mut lines = body.split('\n');
        let lines = (lines.next(), lines.next(), lines.next(), lines.next());
        let (Some(origin), Some(size), Some(root), None) = lines else {
            return Err(CheckpointTextError::Lines);
        };
        let origin = LogOrigin::parse(origin)?;
        let size = decimal(size).ok_or(CheckpointTextError::Size)?;
        let root = STANDARD.decode(root).ok().and_then(|root| Digest::from_slice(&root).ok());
        let root = root.ok_or(CheckpointTextError::Root)?;
        if size == 0 && root != empty_root() {
            return Err(CheckpointTextError::EmptyRoot);
        }
        Ok(Self { origin, head: TreeHead { size, root } })
    }
}

/// A decimal without sign or leading zeros, below 2^53.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number <= INTEGER_MAX && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    #[test]
    fn reads_back_what_it_writes() {
        let body = format!("kaibiao.example/lot/T/1\n20852163\n{ROOT}\n");
        let checkpoint = Checkpoint::parse(&body).unwrap();
        assert_eq!(checkpoint.head.size, 20_852_163);
        assert_eq!(checkpoint.body(), body);
    }

    #[test]
    fn refuses_other_bodies() {
        let refused = |body: &str| Checkpoint::parse(body).unwrap_err().label();
        let origin = "kaibiao.example/lot/T/1";
        for size in ["00", "01", "+1", "-1", "", " 1", "1 ", "0x1", "9007199254740992", "1e3"] {
            assert_eq!(refused(&format!("{origin}\n{size}\n{ROOT}\n")), "checkpoint-size");
        }
        for root in [
            "",
            "AAAA",
            ROOT.trim_start_matches('C'),
            ROOT.trim_end_matches('='),
            &format!("{ROOT}="),
            &ROOT.replace("2I=", "2J="),
        ] {
            assert_eq!(refused(&format!("{origin}\n1\n{root}\n")), "checkpoint-root");
        }
        for body in [
            String::new(),
            "\n".to_owned(),
            format!("{origin}\n1\n{ROOT}"),
            format!("{origin}\n1\n"),
            format!("{origin}\n1\n{ROOT}\n\n"),
            format!("{origin}\n1\n{ROOT}\nextension\n"),
        ] {
            assert_eq!(refused(&body), "checkpoint-lines", "{body:?}");
        }
        assert_eq!(refused(&format!("example.com/log\n1\n{ROOT}\n")), "origin-form");
        assert_eq!(refused(&format!("{origin}\r\n1\n{ROOT}\n")), "origin-form");
        assert_eq!(refused(&format!("{origin}\n0\n{ROOT}\n")), "checkpoint-empty-root");
    }

    #[test]
    fn the_empty_log_has_its_one_root() {
        let head = TreeHead { size: 0, root: empty_root() };
        let origin = LogOrigin::parse("kaibiao.example/lot/T/1").unwrap();
        let body = Checkpoint { origin, head }.body();
        assert_eq!(Checkpoint::parse(&body).unwrap().head, head);
    }
}
