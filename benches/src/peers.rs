//! Other tools that encrypt a file to a public key.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::BenchError;
use crate::machine::{Folder, output};

/// A tool and how it is called. None of them signs here; ours does.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its version; `None` if it is not installed.
    pub(crate) version: Option<String>,
    /// Words before the input file when it encrypts, and what follows; see [`Peer::seal_words`].
    seal: Vec<OsString>,
    open: Vec<OsString>,
    /// Variables of the environment that it needs.
    pub(crate) variables: Vec<(&'static str, OsString)>,
}

/// Stands for the input and output file in the words of a peer.
const IN: &str = "\u{1}in";
const OUT: &str = "\u{1}out";

impl Peer {
    /// The command line that encrypts a file.
    pub(crate) fn seal_words(&self, input: &Path, out: &Path) -> Vec<OsString> {
        filled(&self.seal, input, out)
    }

    /// The command line that decrypts it.
    pub(crate) fn open_words(&self, input: &Path, out: &Path) -> Vec<OsString> {
        filled(&self.open, input, out)
    }

    fn absent(name: &'static str) -> Self {
        let (seal, open) = (Vec::new(), Vec::new());
        Self { name, version: None, seal, open, variables: Vec::new() }
    }
}

fn filled(words: &[OsString], input: &Path, out: &Path) -> Vec<OsString> {
    let fill = |word: &OsString| match word.to_str() {
        Some(IN) => input.as_os_str().to_owned(),
        Some(OUT) => out.as_os_str().to_owned(),
        _ => word.clone(),
    };
    words.iter().map(fill).collect()
}

fn words(line: &[&str]) -> Vec<OsString> {
    line.iter().map(OsString::from).collect()
}

/// All tools, each with a fresh key in `folder`.
pub(crate) fn find(folder: &Folder) -> Result<Vec<Peer>, BenchError> {
    Ok(vec![
        age("age", "age-keygen", &folder.join("age.key"))?,
        age("rage", "rage-keygen", &folder.join("rage.key"))?,
        openssl(&folder.join("cms.key"), &folder.join("cms.pem"))?,
        gpg(&folder.join("gnupg"))?,
    ])
}

/// The first word with a digit of what the program says about itself.
fn version(program: &str) -> Option<String> {
    let word = if program == "openssl" { "version" } else { "--version" };
    let text = output(program, &[word])?;
    let mut found = text.split_whitespace().filter(|word| word.contains(char::is_numeric));
    found.next().map(|word| word.trim_start_matches('v').to_owned())
}

/// age and its port to Rust have one command line.
fn age(name: &'static str, keygen: &str, key: &Path) -> Result<Peer, BenchError> {
    let Some(version) = version(name) else { return Ok(Peer::absent(name)) };
    let key = key.to_string_lossy();
    run(Command::new(keygen).args(["-o", &key]))?;
    let public = output(keygen, &["-y", &key]).unwrap_or_default();
    Ok(Peer {
        name,
        version: Some(version),
        seal: words(&[name, "-r", public.trim(), "-o", OUT, IN]),
        open: words(&[name, "-d", "-i", &key, "-o", OUT, IN]),
        variables: Vec::new(),
    })
}

/// Streaming and with AES-256-GCM, its fastest safe way.
fn openssl(key: &Path, certificate: &Path) -> Result<Peer, BenchError> {
    let name = "openssl cms";
    let Some(version) = version("openssl") else { return Ok(Peer::absent(name)) };
    let (key, cert) = (key.to_string_lossy(), certificate.to_string_lossy());
    let subject = ["-subj", "/CN=bench", "-days", "2", "-keyout", &key, "-out", &cert];
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-batch"];
    run(Command::new("openssl").args(request).args(subject))?;
    let seal = ["openssl", "cms", "-encrypt", "-binary", "-stream", "-aes-256-gcm"];
    let open = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", &key];
    Ok(Peer {
        name,
        version: Some(version),
        seal: words(&[&seal[..], &["-outform", "DER", "-in", IN, "-out", OUT, &cert]].concat()),
        open: words(&[&open[..], &["-in", IN, "-out", OUT]].concat()),
        variables: Vec::new(),
    })
}

/// Without compression, which would cost more than the encryption.
fn gpg(home: &Path) -> Result<Peer, BenchError> {
    let Some(version) = version("gpg") else { return Ok(Peer::absent("gpg")) };
    fs::create_dir(home).map_err(BenchError::file(home))?;
    fs::set_permissions(home, Permissions::from_mode(0o700)).map_err(BenchError::file(home))?;
    let variables = vec![("GNUPGHOME", home.as_os_str().to_owned())];
    let make = ["--batch", "--passphrase", "", "--quick-gen-key", "bench", "default", "default"];
    run(Command::new("gpg").args(make).arg("never").envs(variables.clone()))?;
    let seal = ["gpg", "--batch", "--quiet", "--trust-model", "always", "-z", "0", "-r", "bench"];
    Ok(Peer {
        name: "gpg",
        version: Some(version),
        seal: words(&[&seal[..], &["-o", OUT, "--encrypt", IN]].concat()),
        open: words(&["gpg", "--batch", "--quiet", "-o", OUT, "--decrypt", IN]),
        variables,
    })
}

/// Ends the agent that gpg starts in the background for a home of its own.
pub(crate) fn end(peers: &[Peer]) {
    for peer in peers.iter().filter(|peer| peer.name == "gpg" && peer.version.is_some()) {
        let mut command = Command::new("gpgconf");
        command.args(["--kill", "gpg-agent"]).envs(peer.variables.clone());
        // Without it the agent ends itself when its home is gone.
        drop(command.stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

fn run(command: &mut Command) -> Result<(), BenchError> {
    let line = format!("{command:?}");
    let done = command.stdin(Stdio::null()).output();
    let failed = |detail| BenchError::Command { line: line.clone(), detail };
    let done = done.map_err(|error| failed(error.to_string()))?;
    if done.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&done.stderr).trim_end().to_owned()))
}

/// The name of the output of a tool.
pub(crate) fn sealed_name(peer: &Peer) -> PathBuf {
    PathBuf::from(format!("{}.sealed", peer.name.replace(' ', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_put_into_the_words_and_nothing_else() {
        let peer = Peer {
            seal: words(&["tool", "-o", OUT, IN, "in"]),
            open: words(&["tool", IN]),
            ..Peer::absent("tool")
        };
        let (input, out) = (Path::new("a"), Path::new("b c"));
        assert_eq!(peer.seal_words(input, out), words(&["tool", "-o", "b c", "a", "in"]));
        assert_eq!(peer.open_words(input, out), words(&["tool", "a"]));
        assert_eq!(sealed_name(&Peer::absent("openssl cms")), Path::new("openssl-cms.sealed"));
    }

    #[test]
    fn a_tool_that_is_not_installed_is_absent() {
        assert_eq!(version("kaibiao-no-such-tool"), None);
        let peer = age("kaibiao-no-such-tool", "kaibiao-no-such-keygen", Path::new("key"));
        assert_eq!(peer.unwrap().version, None);
    }
}
