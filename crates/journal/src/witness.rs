//! A witness of a log: one that holds no share and decides nothing, but remembers every line, so that
//! the hall cannot show it another past (C2SP tlog-cosignature).

use core::fmt;

use kaibiao_merkle::{Tree, leaf_hash};
use kaibiao_types::UtcMillis;
use ring::signature::Ed25519KeyPair;

use crate::signer::{cosigned_line, ed25519_from_seed, public_key};
use crate::{
    Checkpoint, CheckpointError, CosignedCheckpoint, LogOrigin, SignatureAlgorithm, SignerError,
    TreeHead, VerifierKey, VkeyError,
};

/// The key of a witness: it cosigns checkpoints of any log.
pub struct WitnessKey {
    pair: Ed25519KeyPair,
    vkey: VerifierKey,
}

/// Why there is no such key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WitnessKeyError {
    /// The name is no key name.
    #[error(transparent)]
    Name(#[from] VkeyError),
    /// The bytes are no seed.
    #[error(transparent)]
    Seed(#[from] SignerError),
}

impl WitnessKey {
    /// A key from its name and its 32-byte seed (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    ///
    /// [`WitnessKeyError`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, WitnessKeyError> {
        let pair = ed25519_from_seed(seed)?;
        let vkey = VerifierKey::new(name, SignatureAlgorithm::CosignatureV1, public_key(&pair))?;
        Ok(Self { pair, vkey })
    }

    /// The public key.
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The signature line (without line feed) under a head that the witness has seen to hold.
    pub fn cosign(&self, head: &WitnessedHead, at: UtcMillis) -> String {
        cosigned_line(&self.pair, &self.vkey, &head.0, at)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({})", self.vkey)
    }
}

/// What a witness remembers of one log.
#[derive(Clone, Debug)]
pub struct Witnessed {
    log_key: VerifierKey,
    origin: LogOrigin,
    lines: Tree,
}

/// A head that the log has signed and that the remembered lines give.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WitnessedHead(Checkpoint);

impl WitnessedHead {
    /// Size and root.
    pub const fn head(&self) -> TreeHead {
        self.0.head
    }
}

/// What came of a checkpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Judged {
    /// It holds.
    Holds(WitnessedHead),
    /// It is of so many lines; fewer are known yet.
    Ahead(u64),
    /// The log has signed another past than the one that it gave.
    Contradiction {
        /// The head that it signed.
        signed: TreeHead,
        /// What the lines give at this size.
        seen: TreeHead,
    },
}

impl Witnessed {
    /// A log of which nothing is known yet but its key.
    pub fn new(origin: LogOrigin, log_key: VerifierKey) -> Self {
        Self { log_key, origin, lines: Tree::new() }
    }

    /// How many lines are known.
    pub fn len(&self) -> u64 {
        self.lines.len()
    }

    /// Whether no line is known yet.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Takes in the next line, without line feed. It can never be taken back.
    pub fn take(&mut self, line: &[u8]) {
        self.lines.push(leaf_hash(line));
    }

    /// Compares a signed checkpoint with the lines.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] if the log has not signed it.
    pub fn judge(&self, note: &str) -> Result<Judged, CheckpointError> {
        let signed = CosignedCheckpoint::verify(note, &self.log_key, &[])?;
        let checkpoint = signed.checkpoint();
        if checkpoint.origin != self.origin {
            return Err(CheckpointError::Origin(self.origin.to_string()));
        }
        let head = checkpoint.head;
        Ok(match self.lines.root_at(head.size) {
            None => Judged::Ahead(head.size),
            Some(root) if root == head.root => Judged::Holds(WitnessedHead(checkpoint.clone())),
            Some(root) => {
                let seen = TreeHead { size: head.size, root };
                Judged::Contradiction { signed: head, seen }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use kaibiao_merkle::root_of;

    use super::*;
    use crate::{LogSigner, verify_cosignatures};

    fn signer(seed: u8) -> LogSigner {
        LogSigner::from_seed(origin("1"), &[seed; 32]).unwrap()
    }

    fn origin(lot: &str) -> LogOrigin {
        LogOrigin::parse(&format!("kaibiao.example/lot/T/{lot}")).unwrap()
    }

    fn note(signer: &LogSigner, lines: &[&[u8]]) -> String {
        let leaves: Vec<_> = lines.iter().map(|line| leaf_hash(line)).collect();
        signer.sign(TreeHead { size: leaves.len().try_into().unwrap(), root: root_of(&leaves) })
    }

    fn witnessed(lines: &[&[u8]]) -> Witnessed {
        let mut witnessed = Witnessed::new(origin("1"), signer(1).vkey().clone());
        for line in lines {
            witnessed.take(line);
        }
        witnessed
    }

    #[test]
    fn a_head_that_the_lines_give_is_cosigned() {
        let key = WitnessKey::from_seed("witness.example", &[9; 32]).unwrap();
        let at = UtcMillis::new(1_656_982_800_123).unwrap();
        let log = witnessed(&[b"{0}", b"{1}", b"{2}"]);
        for size in 0..=3 {
            let lines: [&[u8]; 3] = [b"{0}", b"{1}", b"{2}"];
            let Judged::Holds(head) = log.judge(&note(&signer(1), &lines[..size])).unwrap() else {
                panic!("{size}")
            };
            let line = key.cosign(&head, at);
            let checkpoint = Checkpoint { origin: origin("1"), head: head.head() };
            let found = verify_cosignatures(&checkpoint, &[line], std::slice::from_ref(key.vkey()));
            let found = found.unwrap();
            assert_eq!(
                (found[0].name.as_str(), found[0].at.get()),
                ("witness.example", 1_656_982_800_000)
            );
        }
    }

    #[test]
    fn another_past_is_a_contradiction() {
        let log = witnessed(&[b"{0}", b"{1}", b"{2}"]);
        let other: [&[u8]; 3] = [b"{0}", b"{other}", b"{2}"];
        for (size, lines) in [(2, &other[..2]), (3, &other)] {
            let judged = log.judge(&note(&signer(1), lines)).unwrap();
            let Judged::Contradiction { signed, seen } = judged else { panic!("{judged:?}") };
            assert_eq!((signed.size, seen.size), (size, size));
            assert_ne!(signed.root, seen.root);
        }
        let ahead: [&[u8]; 4] = [b"{0}", b"{1}", b"{2}", b"{3}"];
        assert_eq!(log.judge(&note(&signer(1), &ahead)).unwrap(), Judged::Ahead(4));
    }

    #[test]
    fn what_the_log_has_not_signed_is_nothing() {
        let log = witnessed(&[b"{0}"]);
        let good = note(&signer(1), &[b"{0}"]);
        assert!(log.judge(&note(&signer(2), &[b"{0}"])).is_err(), "another key");
        assert!(log.judge(&good.replace("\n1\n", "\n2\n")).is_err(), "another size");
        assert!(log.judge(good.split("\n\n").next().unwrap()).is_err(), "no signature");
        let other = LogSigner::from_seed(origin("2"), &[1; 32]).unwrap();
        assert!(log.judge(&note(&other, &[b"{0}"])).is_err(), "the log of another lot");
        let mine = Witnessed::new(origin("2"), signer(1).vkey().clone());
        assert!(mine.judge(&note(&signer(1), &[])).is_err(), "a key of another log");
    }

    #[test]
    fn a_key_has_a_key_name() {
        for name in ["", "a b", "a+b", "a\n"] {
            assert!(matches!(WitnessKey::from_seed(name, &[9; 32]), Err(WitnessKeyError::Name(_))));
        }
        let key = WitnessKey::from_seed("witness.example", &[9; 32]).unwrap();
        let vkey: VerifierKey = key.vkey().to_string().parse().unwrap();
        assert_eq!((&vkey, vkey.algorithm()), (key.vkey(), SignatureAlgorithm::CosignatureV1));
    }
}
