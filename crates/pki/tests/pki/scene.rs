//! One signature with everything a verdict on it rests on, by three algorithms, ready to be spoilt.

use std::sync::OnceLock;

use kaibiao_pki::cms::{add_time_stamp, time_stamp_imprint};
use kaibiao_pki::revocation::Evidence;
use kaibiao_pki::validation::{Input, Proof, RevocationRule, Validation, validate};
use kaibiao_pki::{Certificate, TrustList, ers};
use kaibiao_types::{OrgCode, UtcMillis};

use crate::forge::*;
use crate::forge_revocation::*;
use crate::time_stamps::{of, stamp};

pub(crate) const BID: &[u8] = br#"{"v":1,"kind":"submit"}"#;
/// 2026-08-01T00:00:00Z.
pub(crate) const PRESENT: u64 = NOW + 31 * 86_400_000;
/// 2041-01-01T00:00:00Z.
pub(crate) const IN_2041: u64 = 2_240_611_200_000;
/// 2030-06-01T00:00:00Z.
pub(crate) const IN_2030: u64 = 1_906_502_400_000;

const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];

/// The algorithm of the signer and of the CAs above.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    P256,
    Rsa,
    Sm2,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::P256, Self::Rsa, Self::Sm2];

    pub(crate) fn key(self) -> Key {
        match self {
            Self::P256 => Key::new(),
            Self::Rsa => Key::rsa(),
            Self::Sm2 => Key::sm2("1234567812345678"),
        }
    }
}

pub(crate) struct Scene {
    pub(crate) kind: Kind,
    pub(crate) world: World,
    /// A time-stamping authority whose certificates end in 2030, and one that lasts until 2045.
    pub(crate) tsa: World,
    pub(crate) long_tsa: World,
    good: OnceLock<Given>,
}

/// The certificates under which the signature is made.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Specs {
    pub(crate) root: Spec,
    pub(crate) issuing: Spec,
    pub(crate) leaf: Spec,
}

/// What is handed to the validation.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) cms: Vec<u8>,
    pub(crate) content: Vec<u8>,
    /// Entries of the trust list.
    pub(crate) anchors: Vec<String>,
    pub(crate) certificates: Vec<Certificate>,
    /// The first is about the signer, the second about its CA; the others are about authorities.
    pub(crate) evidence: Vec<Vec<u8>>,
    pub(crate) known: Option<UtcMillis>,
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) signer: Option<OrgCode>,
    pub(crate) revocation: RevocationRule,
    pub(crate) now: UtcMillis,
}

impl Given {
    pub(crate) fn trust(&self) -> TrustList {
        TrustList::parse(list_json(&self.anchors).as_bytes()).unwrap()
    }

    /// With a time stamp of five seconds later, which alone shows that it existed.
    pub(crate) fn stamped(self, by: &World) -> Self {
        let token = stamp(by, time_stamp_imprint(&self.cms).unwrap(), NOW + 5_000);
        let cms = add_time_stamp(&self.cms, &token).unwrap();
        Self { cms, known: None, ..self }
    }

    pub(crate) fn validate(&self) -> Validation {
        let trust = self.trust();
        let evidence: Vec<_> = self.evidence.iter().map(|one| Evidence::guess(one)).collect();
        let known = self.known.map(Proof::Known);
        let proofs: Vec<_> =
            self.record.as_deref().map(Proof::Record).into_iter().chain(known).collect();
        let input = Input {
            certificates: &self.certificates,
            evidence: &evidence,
            proofs: &proofs,
            signer: self.signer.as_ref(),
            revocation: self.revocation,
            ..Input::new(&self.cms, &self.content, &trust)
        };
        validate(&input, self.now)
    }
}

/// An authority under CAs of its own names.
fn authority(kind: Kind, tag: &str, not_after: &str) -> World {
    let mut world = of(Key::new(), Key::new(), kind.key());
    let (root, issuing) =
        (common_name(&format!("{tag} Root")), common_name(&format!("{tag} Issuing")));
    (world.root.issuer, world.root.subject) = (root.clone(), root.clone());
    (world.issuing.issuer, world.issuing.subject) = (root, issuing.clone());
    world.leaf.issuer = issuing;
    for spec in [&mut world.root, &mut world.issuing, &mut world.leaf] {
        not_after.clone_into(&mut spec.not_after);
    }
    identified(world)
}

/// Gives every certificate of a world the identifiers of its key and of its issuer's.
pub(crate) fn identified(mut world: World) -> World {
    let id = |key: &Key| sha256(&key.spki())[..20].to_vec();
    let World { root_key, issuing_key, leaf_key, .. } = &world;
    let (root, issuing, leaf) = (id(root_key), id(issuing_key), id(leaf_key));
    for (spec, own, above) in [
        (&mut world.root, &root, &root),
        (&mut world.issuing, &issuing, &root),
        (&mut world.leaf, &leaf, &issuing),
    ] {
        spec.replace(extension(SKI, false, tlv(4, own)));
        spec.replace(extension(AUTHORITY_KEY_ID, false, seq(&[tlv(0x80, above)])));
    }
    world
}

/// CRLs of both CAs of a world, of this date, with nothing on them.
pub(crate) fn crls(world: &World, this_update: &'static str) -> [Vec<u8>; 2] {
    [(&world.issuing, &world.issuing_key), (&world.root, &world.root_key)].map(|(ca, key)| {
        let mut crl = CrlSpec::new("", key);
        crl.issuer.clone_from(&ca.subject);
        (crl.this_update, crl.next_update) = (this_update, None);
        crl.der(key)
    })
}

impl Scene {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            world: identified(World::of(kind.key(), kind.key(), kind.key())),
            tsa: authority(kind, "Time", "301231235959Z"),
            long_tsa: authority(kind, "Long", "450101000000Z"),
            good: OnceLock::new(),
        }
    }

    /// A signature under changed certificates, in a changed container, known to have existed on
    /// 1 July 2026 and judged a month later by CRLs of 2 July.
    pub(crate) fn make(
        &self,
        specs: impl FnOnce(&mut Specs),
        change: impl FnOnce(&mut Container),
    ) -> Given {
        let World { root_key, issuing_key, leaf_key, root, issuing, leaf } = &self.world;
        let usual = Specs { root: root.clone(), issuing: issuing.clone(), leaf: leaf.clone() };
        let mut made = usual.clone();
        specs(&mut made);
        let leaf = made.leaf.der(issuing_key);
        let mut container = self.container(BID);
        container.signer_id = seq(&[made.leaf.issuer.clone(), tlv(2, &made.leaf.serial)]);
        container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sha256(&leaf))])]);
        container.certificates = Some(vec![leaf, made.issuing.der(root_key)]);
        change(&mut container);
        if let Some(list) = &mut container.certificates {
            list.sort(); // a SET OF
        }
        let cms = container.signed_by(leaf_key);
        let known = Some(now());
        if let Some(good) = self.good.get().filter(|_| made == usual) {
            return Given { cms, known, ..good.clone() };
        }
        let mut crl = CrlSpec::new("", issuing_key);
        crl.issuer.clone_from(&made.issuing.subject);
        let [_, root_crl] = crls(&self.world, "260702000000Z");
        let own = [crl.der(issuing_key), root_crl];
        let others = [&self.tsa, &self.long_tsa].map(|world| crls(world, "260702000000Z"));
        let roots = [made.root.der(root_key), self.tsa.root_der(), self.long_tsa.root_der()];
        Given {
            cms,
            content: BID.to_vec(),
            anchors: roots.map(|der| anchor_json(&der, RULE_SUBJECT)).to_vec(),
            certificates: vec![],
            evidence: own.into_iter().chain(others.into_iter().flatten()).collect(),
            known,
            record: None,
            signer: None,
            revocation: RevocationRule::Required,
            now: at(PRESENT),
        }
    }

    /// A good container, not yet signed.
    pub(crate) fn container(&self, content: &[u8]) -> Container {
        let mut container = Container::good_in(&self.world, content);
        match self.kind {
            Kind::P256 => {}
            Kind::Rsa => container.signature_algorithm = RSA_SHA256.to_vec(),
            Kind::Sm2 => {
                container.digests = vec![SM3.to_vec()];
                container.digest = SM3.to_vec();
                container.signature_algorithm = SM2_SM3.to_vec();
                container.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(content))]);
            }
        }
        container
    }

    /// The same every time, to the octet.
    pub(crate) fn good(&self) -> Given {
        self.good.get_or_init(|| self.make(|_| {}, |_| {})).clone()
    }

    pub(crate) fn with(&self, change: impl FnOnce(&mut Container)) -> Given {
        self.make(|_| {}, change)
    }

    pub(crate) fn under(&self, specs: impl FnOnce(&mut Specs)) -> Given {
        self.make(specs, |_| {})
    }

    /// The same, with a CRL on the signer that is changed.
    pub(crate) fn by_crl(&self, change: impl FnOnce(&mut CrlSpec)) -> Given {
        let mut given = self.good();
        let mut crl = CrlSpec::new("Issuing", &self.world.issuing_key);
        change(&mut crl);
        given.evidence[0] = crl.der(&self.world.issuing_key);
        given
    }

    /// The same, with an OCSP response on the signer that is changed.
    pub(crate) fn by_ocsp(&self, change: impl FnOnce(&mut OcspSpec)) -> Given {
        let mut given = self.good();
        let mut response = OcspSpec::new(&self.world);
        change(&mut response);
        given.evidence[0] = response.der(&self.world.issuing_key);
        given
    }

    /// A line on the signer.
    pub(crate) fn line(&self, time: &'static str, extensions: Vec<Extension>) -> Line {
        Line(self.world.leaf.serial.clone(), time, extensions)
    }

    /// An evidence record over a container, renewed in 2030, with CRLs on the second authority.
    pub(crate) fn recorded(&self, given: Given, container: &[u8]) -> Given {
        let (algorithm, digests) = (kaibiao_pki::DigestAlgorithm::Sha256, [sha256(container)]);
        let first = stamp(&self.tsa, ers::imprint(algorithm, &digests).unwrap(), NOW + 9_000);
        let record = ers::begin(algorithm, &digests, &first).unwrap();
        let second = stamp(&self.long_tsa, ers::renewal_imprint(&record).unwrap(), IN_2030);
        let record = Some(ers::renew(&record, &second).unwrap());
        let mut evidence = given.evidence;
        evidence.extend(crls(&self.long_tsa, "300602000000Z"));
        Given { evidence, record, known: None, ..given }
    }
}
