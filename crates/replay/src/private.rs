//! Private text: a salted digest in the log, the text beside it (ruling 24).

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{Command, is_message};
use kaibiao_types::Digest;

/// Why a private text does not go with a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateFault {
    /// Salt and text do not give the digest that was signed.
    #[error("salt and text do not give the digest that was signed")]
    Digest,
    /// The command is a private message, and its text is not with it.
    #[error("the text of the private message is missing")]
    Missing,
    /// The text is empty, too long or has characters that steer.
    #[error("the text is empty, too long or of the wrong alphabet")]
    Text,
    /// A text with a command that has none.
    #[error("the command has no private text")]
    Unasked,
}

impl PrivateFault {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Digest => "E_PRIVATE_DIGEST",
            Self::Missing => "E_PRIVATE_MISSING",
            Self::Text => "E_PRIVATE_TEXT",
            Self::Unasked => "E_PRIVATE_UNASKED",
        }
    }
}

/// What stands in the log for a private text: `TH("private-text", salt, text)`. Without the salt, which
/// is 32 random bytes, nobody finds a text by trying likely ones.
pub fn private_digest(salt: &Digest, text: &str) -> Digest {
    SUITE_1.th("private-text", &[salt.bytes(), text.as_bytes()])
}

/// Checks that a command has its private text, salt first, and that no other command has one.
///
/// # Errors
///
/// [`PrivateFault`].
pub fn check_private(
    command: &Command,
    private: Option<(&Digest, &str)>,
) -> Result<(), PrivateFault> {
    match (command, private) {
        (Command::ChatPrivately { text_sha256 }, Some((salt, text))) => {
            if !is_message(text) {
                return Err(PrivateFault::Text);
            }
            let same = private_digest(salt, text) == *text_sha256;
            if same { Ok(()) } else { Err(PrivateFault::Digest) }
        }
        (Command::ChatPrivately { .. }, None) => Err(PrivateFault::Missing),
        (_, Some(_)) => Err(PrivateFault::Unasked),
        (_, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Digest = Digest::new([7; 32]);

    fn whisper(text_sha256: Digest) -> Command {
        Command::ChatPrivately { text_sha256 }
    }

    /// Whoever has only SHA-256 makes the same: the bytes are written out in the specification.
    #[test]
    fn the_digest_is_that_of_the_specification() {
        let text = "请核对我方报价";
        let mut bytes = b"\x17kaibiao/v1/private-text\x02\x00\x00\x00\x20".to_vec();
        bytes.extend_from_slice(&[7; 32]);
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
        assert_eq!(private_digest(&SALT, text), SUITE_1.hash(&bytes));
    }

    #[test]
    fn a_private_text_goes_with_its_own_command_only() {
        let good = "第一行\n第二行";
        let command = whisper(private_digest(&SALT, good));
        assert_eq!(check_private(&command, Some((&SALT, good))), Ok(()));
        assert_eq!(check_private(&Command::Close, None), Ok(()));
        let salt = Digest::new([8; 32]);
        for (command, private, fault) in [
            (&command, None, PrivateFault::Missing),
            (&command, Some((&salt, good)), PrivateFault::Digest),
            (&command, Some((&SALT, "第一行\n第二行 ")), PrivateFault::Digest),
            (&command, Some((&SALT, "第一行")), PrivateFault::Digest),
            (&command, Some((&SALT, "")), PrivateFault::Text),
            (&Command::Close, Some((&SALT, good)), PrivateFault::Unasked),
            (&Command::Chat(good.to_owned()), Some((&SALT, good)), PrivateFault::Unasked),
        ] {
            assert_eq!(check_private(command, private), Err(fault));
        }
        // A text that no screen may show is refused even with its right digest.
        for bad in ["a\u{202e}b", "a\u{0}", "a\tb", &"长".repeat(1_001)] {
            let command = whisper(private_digest(&SALT, bad));
            assert_eq!(check_private(&command, Some((&SALT, bad))), Err(PrivateFault::Text));
        }
    }
}
