//! What lies on a token: X.509 certificates, and private keys that sign.

use cryptoki::object::{
    Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::Session;
use kaibiao_pki::{Certificate, KeyAlgorithm};

use crate::TokenError;

/// Most objects of one kind that are looked at.
const OBJECTS_MAX: usize = 64;

/// A certificate and the identifier (`CKA_ID`) that ties it to its key.
pub(crate) struct CertificateObject {
    pub(crate) certificate: Certificate,
    pub(crate) id: Vec<u8>,
}

/// The certificates that are accepted as such; others are passed over.
pub(crate) fn certificates(session: &Session) -> Result<Vec<CertificateObject>, TokenError> {
    let template = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
    ];
    let mut found = Vec::new();
    for handle in
        session.find_objects(&template).map_err(TokenError::Fault)?.iter().take(OBJECTS_MAX)
    {
        let kinds = [AttributeType::Value, AttributeType::Id];
        let (mut der, mut id) = (Vec::new(), Vec::new());
        for attribute in session.get_attributes(*handle, &kinds).map_err(TokenError::Fault)? {
            match attribute {
                Attribute::Value(value) => der = value,
                Attribute::Id(value) => id = value,
                _ => {}
            }
        }
        if let Ok(certificate) = Certificate::from_der(&der) {
            found.push(CertificateObject { certificate, id });
        }
    }
    Ok(found)
}

/// The private keys of a kind that sign; those with an identifier, if one is given.
pub(crate) fn keys(
    session: &Session,
    kind: KeyType,
    id: Option<&[u8]>,
) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut template = vec![
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(kind),
        Attribute::Token(true),
        Attribute::Sign(true),
    ];
    template.extend(id.map(|id| Attribute::Id(id.to_vec())));
    session.find_objects(&template).map_err(TokenError::Fault)
}

/// The identifier of a key.
pub(crate) fn id_of(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, TokenError> {
    let shown = session.get_attributes(key, &[AttributeType::Id]).map_err(TokenError::Fault)?;
    let id = shown.into_iter().find_map(|attribute| match attribute {
        Attribute::Id(id) => Some(id),
        _ => None,
    });
    Ok(id.unwrap_or_default())
}

/// The kind of key on a token that signs for such a certificate; `None` if there is no standard
/// mechanism for it.
pub(crate) const fn kind_of(algorithm: KeyAlgorithm) -> Option<KeyType> {
    match algorithm {
        KeyAlgorithm::EcP256 => Some(KeyType::EC),
        KeyAlgorithm::Rsa { .. } => Some(KeyType::RSA),
        _ => None,
    }
}
