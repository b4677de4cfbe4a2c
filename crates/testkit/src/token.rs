//! Tokens of `SoftHSM` in a folder of their own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::paths::skip;
use crate::require_tool;

/// A set of software tokens. Only processes that are started with [`SoftTokens::VARIABLE`] see them.
#[derive(Clone, Debug)]
pub struct SoftTokens {
    folder: PathBuf,
    module: PathBuf,
}

/// Where Debian and others put the module.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

impl SoftTokens {
    /// The variable of the environment that names the configuration.
    pub const VARIABLE: &str = "SOFTHSM2_CONF";

    /// A set without tokens in `folder`, or the one that is there. `None`, after a line
    /// `SKIPPED: …`, where `SoftHSM` is not installed.
    ///
    /// # Panics
    ///
    /// With `CI=true`, if `SoftHSM` is not installed.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written.
    pub fn in_folder(folder: &Path) -> io::Result<Option<Self>> {
        if !require_tool("softhsm2-util") {
            return Ok(None);
        }
        let Some(module) = MODULES.iter().map(Path::new).find(|path| path.is_file()) else {
            skip("the module libsofthsm2.so is not where it is expected");
            return Ok(None);
        };
        let tokens = folder.join("tokens");
        fs::create_dir_all(&tokens)?;
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(folder.join("softhsm2.conf"), conf)?;
        Ok(Some(Self { folder: folder.to_owned(), module: module.to_owned() }))
    }

    /// Makes a token.
    ///
    /// # Errors
    ///
    /// If the tool of `SoftHSM` does not make it.
    pub fn add(&self, label: &str, pin: &str) -> io::Result<()> {
        let mut command = Command::new("softhsm2-util");
        command.args(["--init-token", "--free", "--label", label, "--pin", pin]);
        command.args(["--so-pin", "87654321"]).env(Self::VARIABLE, self.conf());
        let output = command.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// The value of [`SoftTokens::VARIABLE`].
    pub fn conf(&self) -> OsString {
        self.folder.join("softhsm2.conf").into_os_string()
    }

    /// The module.
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// The files of all keys on all tokens.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn keys(&self) -> io::Result<Vec<PathBuf>> {
        let mut keys = Vec::new();
        for token in fs::read_dir(self.folder.join("tokens"))? {
            for file in fs::read_dir(token?.path())? {
                let path = file?.path();
                let is_object = path.extension().is_some_and(|extension| extension == "object");
                if is_object && path.file_stem().is_some_and(|stem| stem != "token") {
                    keys.push(path);
                }
            }
        }
        keys.sort();
        Ok(keys)
    }
}
