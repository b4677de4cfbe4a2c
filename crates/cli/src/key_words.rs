//! Why nobody signs, in words a bidder understands: which file or token, what is wrong, what to do.

use std::path::Path;

use kaibiao_pki::Pkcs12Error;
use kaibiao_token::TokenError;
use kaibiao_wire::Label;

use crate::cert_words::Words;
use crate::failure::Failure;

/// What is wrong, and what to do.
type Advice = (Words, Words);

/// About a PKCS#12 file.
pub(crate) fn p12(path: &Path, error: Pkcs12Error) -> Failure {
    let file = path.display().to_string();
    let error = match error {
        Pkcs12Error::Certificate(error) => {
            let words = crate::cert_words::cert(&error);
            return Failure::from(error).said(words).at(&file);
        }
        Pkcs12Error::Sign(error) => return Failure::from(error).at(&file),
        error => error,
    };
    let label = match error {
        Pkcs12Error::Password | Pkcs12Error::OtherPassword(_) => Label::WrongPassword,
        Pkcs12Error::NoCertificate => Label::KeyMismatch,
        Pkcs12Error::TooLarge(_) | Pkcs12Error::TooMany | Pkcs12Error::Rounds => Label::TooLarge,
        _ => Label::BadInput,
    };
    let (what, todo) = about_p12(&file, &error);
    Failure::coded(label, error.label(), &error).said(what).advised(todo).at(&file)
}

/// About a token that is to sign.
pub(crate) fn token(error: &TokenError) -> Failure {
    let failure = |label| Failure::coded(label, error.label(), error);
    if error.is_pin() {
        return failure(Label::TokenPin);
    }
    let (what, todo) = about_token(error);
    failure(Label::SignerUnavailable).said(what).advised(todo)
}

fn both(zh: impl Into<String>, en: impl Into<String>) -> Words {
    (zh.into(), en.into())
}

#[allow(clippy::too_many_lines)] // two sentences for each error
fn about_p12(file: &str, error: &Pkcs12Error) -> Advice {
    let again = || {
        both(
            "请用证书机构的工具重新导出（含私钥，设置密码），再试一次。",
            "export it again with the tool of the authority (with the private key, under a password), \
             and try once more",
        )
    };
    match error {
        Pkcs12Error::Password => (
            both(
                format!("密码打不开证书文件 {file}。若密码确实无误，则文件已损坏。"),
                format!(
                    "the password does not open the certificate file {file}; if it is surely right, \
                     the file is damaged"
                ),
            ),
            both(
                "请重新输入，注意大小写和输入法；密码只在本机使用，可以再试。忘记密码时请向发证机构重新申请。",
                "type it again, with care for capitals and the input method; it is used on this machine \
                 only and may be tried again; if it is forgotten, ask the authority",
            ),
        ),
        Pkcs12Error::Damaged => (
            both(
                format!("密码正确，但证书文件 {file} 已损坏。"),
                format!("the password is right, but the certificate file {file} is damaged"),
            ),
            again(),
        ),
        Pkcs12Error::OtherPassword(_) => (
            both(
                format!("证书文件 {file} 的密码正确，但其中的私钥或证书使用了另一个密码。"),
                format!(
                    "the password opens the certificate file {file}, but key or certificates in it are \
                     under another one"
                ),
            ),
            both(
                "请重新导出，全部内容使用同一个密码。",
                "export it again under one password for everything in it",
            ),
        ),
        Pkcs12Error::Format { .. } => (
            both(
                format!("{file} 不是完整的 PKCS#12 证书文件（.p12、.pfx）。"),
                format!("{file} is not a whole PKCS#12 file (.p12, .pfx)"),
            ),
            both(
                "请核对是否选错文件，或复制、下载时被截断；必要时重新导出。",
                "see whether it is another file, or was cut while it was copied or downloaded; export it \
                 again if need be",
            ),
        ),
        Pkcs12Error::NoIntegrity => (
            both(
                format!("证书文件 {file} 没有完整性保护，任何人都可能改动过它。"),
                format!("the certificate file {file} has no protection of its integrity"),
            ),
            again(),
        ),
        Pkcs12Error::NoKey => (
            both(
                format!("证书文件 {file} 中只有证书，没有私钥。"),
                format!("the certificate file {file} has certificates only, no private key"),
            ),
            both(
                "请重新导出，并选择“导出私钥”。",
                "export it again, together with the private key",
            ),
        ),
        Pkcs12Error::NoCertificate => (
            both(
                format!("证书文件 {file} 中没有与私钥对应的证书。"),
                format!("the certificate file {file} has no certificate for its private key"),
            ),
            again(),
        ),
        Pkcs12Error::Several(_) | Pkcs12Error::NotFound(_) => (
            both(
                format!("证书文件 {file} 中可签名的证书不止一张，或没有所给尾号的证书。"),
                format!(
                    "the certificate file {file} has several certificates that sign, or none of this 尾号"
                ),
            ),
            by_tail(),
        ),
        Pkcs12Error::Rounds | Pkcs12Error::TooLarge(_) | Pkcs12Error::TooMany => (
            both(
                format!("证书文件 {file} 过大，或要求的计算量过大，未予打开。"),
                format!(
                    "the certificate file {file} is too large, or asks for too much computation"
                ),
            ),
            both(
                "来历不明的文件请勿使用；自己的证书请重新导出。",
                "do not use a file from an unknown source; export your own certificate again",
            ),
        ),
        other => (
            both(
                format!("证书文件 {file} 使用了本程序不读取的格式：{other}。"),
                format!("the certificate file {file} has a form that is not read: {other}"),
            ),
            both(
                "请转换：openssl pkcs12 -legacy -in 旧.p12 -out 全部.pem，再 openssl pkcs12 -export -in 全部.pem -out 新.p12，之后删除 全部.pem。",
                "convert it: openssl pkcs12 -legacy -in OLD.p12 -out all.pem, then openssl pkcs12 -export \
                 -in all.pem -out NEW.p12, and remove all.pem",
            ),
        ),
    }
}

fn by_tail() -> Words {
    both(
        "请用 --serial-tail 指明证书尾号；kaibiao cert inspect 可列出全部证书。",
        "name the certificate by --serial-tail; kaibiao cert inspect lists them",
    )
}

fn about_token(error: &TokenError) -> Advice {
    match error {
        TokenError::Missing(label) => (
            both(
                format!("没有找到名称为 {label} 的密码设备。"),
                format!("there is no token with the label {label}"),
            ),
            both(
                "请插好设备，核对 --token 的名称（区分大小写）后重试。",
                "insert it and check the label in --token, capitals included",
            ),
        ),
        TokenError::Ambiguous(label) => (
            both(
                format!("有多个密码设备的名称都是 {label}，程序不作猜测。"),
                format!("more than one token has the label {label}; the program does not guess"),
            ),
            both("请只插一个设备。", "leave one of them inserted"),
        ),
        TokenError::Module { path, .. } | TokenError::ModulePath(path) => (
            both(
                format!("密码设备的驱动模块 {} 不能使用。", path.display()),
                format!("the module {} of the token cannot be used", path.display()),
            ),
            both(
                "请安装设备厂商的 PKCS#11 驱动，并用绝对路径填写 --token-module。",
                "install the maker's PKCS#11 module and name it in --token-module by its absolute path",
            ),
        ),
        TokenError::CertificateMissing(_) => (
            both(
                "密码设备中没有可签名的证书（或没有与密钥对应的证书，或尾号不符）。",
                "the token has no certificate that signs with a key on it, or none of this 尾号",
            ),
            both(
                "请用 --cert 给出签名证书链（PEM）；成对证书请选签名证书。",
                "give the chain of the signing certificate (PEM) by --cert; of a pair, the one for \
                 signatures",
            ),
        ),
        TokenError::CertificateSeveral(_) => (
            both(
                "密码设备中可签名的证书不止一张。",
                "the token has several certificates that sign",
            ),
            by_tail(),
        ),
        TokenError::SignKeyMissing(tail) | TokenError::SignKeySeveral(tail) => (
            both(
                format!("密码设备中没有证书（尾号 {tail}）的签名密钥，或无法确定是哪一个。"),
                format!(
                    "the token has no key for certificate 尾号 {tail}, or does not say which it is"
                ),
            ),
            both(
                "请插入该证书所在的设备；若证书未写入设备，请先写入。",
                "insert the token of this certificate; if the certificate is not on it, put it there",
            ),
        ),
        TokenError::Algorithm(tail) => (
            both(
                format!(
                    "证书（尾号 {tail}）是国密 SM2 证书：PKCS#11 没有通用的 SM2 签名接口，本程序不通过密码设备使用它。"
                ),
                format!(
                    "certificate 尾号 {tail} is of SM2, for which PKCS#11 has no standard mechanism"
                ),
            ),
            both(
                "请使用 PKCS#12 文件，或 RSA、P-256 证书。",
                "use a PKCS#12 file, or a certificate of RSA or P-256",
            ),
        ),
        other => (
            both(
                format!("密码设备不能签名：{other}。"),
                format!("the token does not sign: {other}"),
            ),
            both(
                "请重新插拔设备后再试。",
                "take the token out, insert it again, and try once more",
            ),
        ),
    }
}
