//! Arguments that say who signs, and where the key is.

use std::path::PathBuf;

use clap::Args;

/// Who signs: with a key in files, or on a token.
#[derive(Args, Debug)]
pub(crate) struct As {
    #[command(flatten)]
    pub(crate) files: KeyFiles,
    /// Instead of a key in a file: the label of the token that holds it. The certificate is on the
    /// token too, or in --cert.
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["key", "p12"], requires = "token_module")]
    pub(crate) token: Option<String>,
    /// The PKCS#11 module of the token, an absolute path.
    #[arg(long, value_name = "FILE", requires = "token")]
    pub(crate) token_module: Option<PathBuf>,
}

/// Who signs, with a key in files: --cert and --key, or --p12.
#[derive(Args, Debug)]
pub(crate) struct KeyFiles {
    /// Certificate chain, PEM, the signer's certificate first.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// Private key, PEM, PKCS#8; it may be encrypted under a password.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Instead of both: a PKCS#12 file with certificate and key (`.p12`, `.pfx`).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cert", "key"])]
    pub(crate) p12: Option<PathBuf>,
    /// 尾号 of the certificate that signs, where there are several.
    #[arg(long, value_name = "XXXX", conflicts_with = "cert")]
    pub(crate) serial_tail: Option<String>,
    /// File whose first line is the password of the key, or the PIN of the token; `-` is standard
    /// input. Else it is asked for at the terminal.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}
