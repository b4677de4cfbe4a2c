//! Passwords and PINs: from a file, from standard input or from the terminal, never from the command
//! line, where every user of the machine could read them.

use std::io::{self, Read};
use std::path::Path;

use kaibiao_wire::Label;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::files;

/// Bytes of the longest line with a password, a passphrase or a PIN that is read.
const LINE_MAX: usize = 8 << 10;

/// The secret of `what`: the first line of a file, of standard input if the file is `-`, or what a
/// person types at the terminal.
pub(crate) fn ask(file: Option<&Path>, what: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match file {
        Some(path) if path == Path::new("-") => line(&mut io::stdin().lock())
            .map_err(|error| Failure::read(Path::new("standard input"), &error)),
        Some(path) => first_line(path),
        None => terminal::ask(&format!("kaibiao: {what} 的密码 (password): ")).map_err(|error| {
            let detail = format!(
                "no terminal to ask for the password of {what}: {error}; --password-file FILE"
            );
            Failure::new(Label::Usage, detail)
        }),
    }
}

/// The first line of a file with a secret word.
pub(crate) fn first_line(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let text = Zeroizing::new(files::read(path, LINE_MAX)?);
    line(&mut &text[..]).map_err(|error| Failure::read(path, &error))
}

/// Octets up to the end of a line.
fn line(from: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // The capacity is enough, so no copy is left behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_MAX));
    let mut octet = Zeroizing::new([0_u8]);
    while line.len() < LINE_MAX && from.read(&mut *octet)? == 1 {
        let [next] = *octet;
        if matches!(next, b'\n' | b'\r') {
            break;
        }
        line.push(next);
    }
    Ok(line)
}

#[cfg(unix)]
mod terminal {
    use std::fs::File;
    use std::io::{self, Write as _};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use zeroize::Zeroizing;

    /// A terminal that does not show what is typed, until the value is dropped.
    struct Silent {
        terminal: File,
        before: Termios,
    }

    impl Silent {
        fn open() -> io::Result<Self> {
            let terminal = File::options().read(true).write(true).open("/dev/tty")?;
            let before = tcgetattr(&terminal)?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            silent.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON);
            tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
            Ok(Self { terminal, before })
        }
    }

    impl Drop for Silent {
        fn drop(&mut self) {
            // A terminal that is gone needs nothing any more.
            let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
        }
    }

    pub(super) fn ask(prompt: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut silent = Silent::open()?;
        silent.terminal.write_all(prompt.as_bytes())?;
        super::line(&mut silent.terminal)
    }
}

#[cfg(not(unix))]
mod terminal {
    use std::io;

    use zeroize::Zeroizing;

    pub(super) fn ask(_prompt: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_secret() {
        for (text, secret) in [
            ("word", "word"),
            ("word\n", "word"),
            ("word\r\nmore\n", "word"),
            (" 密 码 \n", " 密 码 "),
            ("", ""),
            ("\nword", ""),
        ] {
            assert_eq!(*line(&mut text.as_bytes()).unwrap(), secret.as_bytes(), "{text:?}");
        }
        let long = vec![b'x'; LINE_MAX + 1];
        assert_eq!(line(&mut &long[..]).unwrap().len(), LINE_MAX);
    }
}
