//! What is wrong with a certificate or a signature, in words a bidder understands: which
//! certificate (尾号), what is wrong, what to do.

use kaibiao_pki::cms::SignatureError;
use kaibiao_pki::{CaDuty, CertError, SerialTail};

/// A sentence in Chinese and one in English.
pub(crate) type Words = (String, String);

/// About a certificate.
pub(crate) fn cert(error: &CertError) -> Words {
    match error {
        CertError::Expired { cert, not_after, .. } => (
            format!(
                "证书（尾号 {cert}）已于 {} 到期。请向发证机构续期或更换证书后重试。",
                not_after.beijing()
            ),
            format!(
                "certificate 尾号 {cert} expired at {}; renew it at its authority",
                not_after.beijing()
            ),
        ),
        CertError::NotYetValid { cert, not_before, .. } => (
            format!(
                "证书（尾号 {cert}）自 {} 起才有效。请核对本机时间，或届时再试。",
                not_before.beijing()
            ),
            format!(
                "certificate 尾号 {cert} is valid from {} only; check the clock of this machine, or wait",
                not_before.beijing()
            ),
        ),
        CertError::Usage { cert, usage } if usage.contains("extended key usage") => (
            format!(
                "证书（尾号 {cert}）不是为这一用途签发的。请选用发证机构为签名签发的证书，或向发证机构咨询。"
            ),
            format!(
                "certificate 尾号 {cert} was not issued for this use; take the certificate that the \
                 authority issued for signatures, or ask the authority"
            ),
        ),
        CertError::Usage { cert, .. } => (
            format!(
                "证书（尾号 {cert}）不能用于签名。国密证书成对签发：请选用其中的签名证书，而不是加密证书。"
            ),
            format!(
                "certificate 尾号 {cert} may not sign; of a pair of certificates choose the one for \
                 signatures, not the one for encryption"
            ),
        ),
        CertError::Untrusted(cert) => (
            format!(
                "证书（尾号 {cert}）的发证机构不在信任名单中，或证书文件缺少中间证书。请核对招标文件认可的证书机构。"
            ),
            format!(
                "the authority of certificate 尾号 {cert} is not on the trust list, or an intermediate \
                 certificate is missing from the file; see which authorities the tender accepts"
            ),
        ),
        CertError::OrgCodeMissing { cert, .. } | CertError::OrgCode { cert, .. } => (
            format!("证书（尾号 {cert}）中没有正确的统一社会信用代码。请向发证机构换发。"),
            format!(
                "certificate 尾号 {cert} has no right unified social credit code; have it issued again"
            ),
        ),
        CertError::Algorithm { cert, algorithm } => (
            format!("证书（尾号 {cert}）涉及的签名算法 {algorithm} 不被信任名单认可。请更换证书。"),
            format!(
                "the signature algorithm {algorithm} around certificate 尾号 {cert} is not accepted by \
                 the trust list; use another certificate"
            ),
        ),
        CertError::Nonconforming { cert, duty: missed } => duty(*cert, *missed),
        CertError::CaAsSigner(cert) => (
            format!("证书（尾号 {cert}）是机构证书，不能签署文件。请使用本单位的签名证书。"),
            format!(
                "certificate 尾号 {cert} belongs to an authority; use that of your organisation"
            ),
        ),
        CertError::Signature(cert) => (
            format!(
                "证书（尾号 {cert}）的签发签名不成立，证书可能被改动。请重新导出或向发证机构核对。"
            ),
            format!(
                "the signature on certificate 尾号 {cert} does not hold; export it again or ask its \
                 authority"
            ),
        ),
        other => (
            format!("证书不能使用：{other}。请重新导出证书，仍不行请联系发证机构。"),
            format!("{other}; export the certificate again, or ask its authority"),
        ),
    }
}

/// About a certificate that lacks what its CA owes, and what the supervising body can do.
pub(crate) fn duty(cert: SerialTail, duty: CaDuty) -> Words {
    let (zh, en) = match duty {
        CaDuty::AuthorityKeyId => ("没有颁发者密钥标识符", "has no authority key identifier"),
        CaDuty::CriticalBasicConstraints => {
            ("的基本约束未标为关键", "does not mark its basic constraints critical")
        }
        CaDuty::CriticalPolicyConstraints => {
            ("的策略约束未标为关键", "does not mark its policy constraints critical")
        }
        CaDuty::SubjectKeyId => ("没有使用者密钥标识符", "has no subject key identifier"),
        _ => ("不合规范", "breaks RFC 5280"),
    };
    (
        format!(
            "证书（尾号 {cert}）{zh}，不合 RFC 5280。请让发证机构换发；如果该机构的证书一向如此，\
             须由监管机构核实后在信任名单中豁免（{duty}）。"
        ),
        format!(
            "certificate 尾号 {cert} {en}, against RFC 5280; have its authority issue it again, or, \
             where all its certificates are like that, have the supervising body excuse the \
             authority on the trust list ({duty})"
        ),
    )
}

/// About a signature.
pub(crate) fn signature(error: &SignatureError) -> Words {
    match error {
        SignatureError::Certificate(error) => cert(error),
        SignatureError::Digest => (
            "文件与签名时不一致：文件已被改动，或选错了文件。".to_owned(),
            "the file is not the one that was signed: it was changed, or it is another file"
                .to_owned(),
        ),
        SignatureError::Crypto(cert) => (
            format!("签名不是由证书（尾号 {cert}）的密钥作出的，或已被改动。"),
            format!(
                "the signature was not made with the key of certificate 尾号 {cert}, or was changed"
            ),
        ),
        other => (
            format!("签名文件不能接受：{other}。"),
            format!("the signature file is not accepted: {other}"),
        ),
    }
}
