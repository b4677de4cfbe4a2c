//! Makes signature containers with any fault one may want.

use sm3::Digest as _;

use crate::forge::{ECDSA_SHA256, Key, SHA256, SM2_SM3, SM3, World, oid, seq, set, sha256, tlv};

pub(crate) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
pub(crate) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
pub(crate) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
pub(crate) const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
pub(crate) const CAPABILITIES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 15];
pub(crate) const SIGNING_CERT_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];

/// One attribute: type and values.
pub(crate) type Attribute = (Vec<u8>, Vec<Vec<u8>>);

/// Everything in a container, ready to be changed; encoding and signing come last.
#[derive(Clone)]
pub(crate) struct Container {
    pub(crate) version: u8,
    pub(crate) digests: Vec<Vec<u8>>,
    pub(crate) encapsulated: Vec<Vec<u8>>,
    pub(crate) certificates: Option<Vec<Vec<u8>>>,
    pub(crate) revocation: Vec<u8>,
    pub(crate) signer_version: u8,
    pub(crate) signer_id: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) attributes: Option<Vec<Attribute>>,
    pub(crate) sorted: bool,
    pub(crate) certificates_sorted: bool,
    pub(crate) signature_algorithm: Vec<u8>,
    pub(crate) unsigned: Vec<u8>,
    /// How often the signer appears.
    pub(crate) signers: usize,
    /// Signed instead of the attributes.
    pub(crate) message: Option<Vec<u8>>,
    pub(crate) signature: Option<Vec<u8>>,
}

impl Container {
    /// A good container over `content` by the signer of the [`World`].
    pub(crate) fn good(content: &[u8]) -> Self {
        Self::good_in(World::get(), content)
    }

    /// The same with SM2 and SM3.
    pub(crate) fn good_sm2(content: &[u8]) -> Self {
        let world = World::sm2();
        let leaf = world.leaf.der(&world.issuing_key);
        let mut container = Self::good_in(world, content);
        container.digests = vec![SM3.to_vec()];
        container.digest = SM3.to_vec();
        container.signature_algorithm = SM2_SM3.to_vec();
        container.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(content))]);
        container.set(SIGNING_CERT_V2, vec![ess(&[SM3.to_vec(), tlv(4, &sm3(&leaf))])]);
        container
    }

    pub(crate) fn good_in(world: &World, content: &[u8]) -> Self {
        let (leaf, issuing) =
            (world.leaf.der(&world.issuing_key), world.issuing.der(&world.root_key));
        Self {
            version: 1,
            digests: vec![SHA256.to_vec()],
            encapsulated: vec![oid(DATA)],
            signer_version: 1,
            signer_id: seq(&[world.leaf.issuer.clone(), tlv(2, &world.leaf.serial)]),
            digest: SHA256.to_vec(),
            attributes: Some(vec![
                (CONTENT_TYPE.to_vec(), vec![oid(DATA)]),
                (MESSAGE_DIGEST.to_vec(), vec![tlv(4, &sha256(content))]),
                (SIGNING_TIME.to_vec(), vec![tlv(0x17, b"260701000000Z")]),
                (SIGNING_CERT_V2.to_vec(), vec![ess(&[tlv(4, &sha256(&leaf))])]),
            ]),
            certificates: Some(vec![leaf, issuing]),
            revocation: vec![],
            sorted: true,
            certificates_sorted: true,
            signature_algorithm: ECDSA_SHA256.to_vec(),
            unsigned: vec![],
            signers: 1,
            message: None,
            signature: None,
        }
    }

    pub(crate) fn set(&mut self, kind: &[u8], values: Vec<Vec<u8>>) {
        let attributes = self.attributes.as_mut().unwrap();
        attributes.iter_mut().find(|(oid, _)| oid == kind).unwrap().1 = values;
    }

    pub(crate) fn remove(&mut self, kind: &[u8]) {
        self.attributes.as_mut().unwrap().retain(|(oid, _)| oid != kind);
    }

    pub(crate) fn add(&mut self, kind: &[u8], values: Vec<Vec<u8>>) {
        self.attributes.as_mut().unwrap().push((kind.to_vec(), values));
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.signed_by(&World::get().leaf_key)
    }

    /// What the signer's key signs.
    pub(crate) fn to_sign(&self) -> Vec<u8> {
        let message = self.message.clone();
        message.unwrap_or_else(|| tlv(0x31, &self.list().expect("message or attributes")))
    }

    /// The signed attributes, one after another.
    fn list(&self) -> Option<Vec<u8>> {
        let attributes = self.attributes.as_ref()?;
        let mut list: Vec<_> =
            attributes.iter().map(|(kind, values)| seq(&[oid(kind), set(values)])).collect();
        if self.sorted {
            list.sort();
        }
        Some(list.concat())
    }

    pub(crate) fn signed_by(&self, key: &Key) -> Vec<u8> {
        let signature = self.signature.clone().unwrap_or_else(|| key.sign(&self.to_sign()));
        let info = seq(&[
            tlv(2, &[self.signer_version]),
            self.signer_id.clone(),
            self.digest.clone(),
            self.list().map(|list| tlv(0xa0, &list)).unwrap_or_default(),
            self.signature_algorithm.clone(),
            tlv(4, &signature),
            self.unsigned.clone(),
        ]);
        let certificates = self.certificates.clone().map(|mut list| {
            if self.certificates_sorted {
                list.sort();
            }
            tlv(0xa0, &list.concat())
        });
        let signed_data = seq(&[
            tlv(2, &[self.version]),
            set(&self.digests),
            seq(&self.encapsulated),
            certificates.unwrap_or_default(),
            self.revocation.clone(),
            set(&vec![info; self.signers]),
        ]);
        seq(&[oid(SIGNED_DATA), tlv(0xa0, &signed_data)])
    }
}

/// `SigningCertificateV2` of one identifier with these fields.
pub(crate) fn ess(fields: &[Vec<u8>]) -> Vec<u8> {
    seq(&[seq(&[seq(fields)])])
}

pub(crate) fn sm3(bytes: &[u8]) -> Vec<u8> {
    sm3::Sm3::digest(bytes).to_vec()
}
