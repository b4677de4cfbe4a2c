//! What a message on the board is, and who posts it.

use std::fmt;

use kaibiao_types::CustodianIndex;

/// Which of the rehearsals of a ceremony: there are three at most (ruling 15).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RehearsalNo {
    /// The hall's, which ends the key generation.
    First,
    /// The host's first.
    Second,
    /// The host's second.
    Third,
}

impl RehearsalNo {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];

    /// The number in contexts and in the bundle, from 0.
    pub const fn index(self) -> u32 {
        match self {
            Self::First => 0,
            Self::Second => 1,
            Self::Third => 2,
        }
    }

    /// Who seals and posts the test object.
    pub const fn sealed_by(self) -> BoardSender {
        match self {
            Self::First => BoardSender::Hall,
            Self::Second | Self::Third => BoardSender::Host,
        }
    }
}

/// What a message on the board is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum BoardKind {
    /// A custodian's keys for this ceremony: [`Announcement`](super::Announcement).
    Announce,
    /// Its first-round message of the key generation.
    Round1,
    /// Its 65-byte signature over the transcript.
    CertifyDkg,
    /// Its CMS over the exact bytes of `ceremony.json`.
    SignRecord,
    /// The test object of a rehearsal: of the first the hall's, of the others the host's.
    RehearsalObject(RehearsalNo),
    /// A custodian's partial decryption of that test object, JSON.
    RehearsalPartial(RehearsalNo),
}

impl BoardKind {
    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::Round1 => "round1",
            Self::CertifyDkg => "certify-dkg",
            Self::SignRecord => "sign-record",
            Self::RehearsalObject(RehearsalNo::First) => "rehearsal-object",
            Self::RehearsalObject(RehearsalNo::Second) => "rehearsal-object-2",
            Self::RehearsalObject(RehearsalNo::Third) => "rehearsal-object-3",
            Self::RehearsalPartial(RehearsalNo::First) => "rehearsal-partial",
            Self::RehearsalPartial(RehearsalNo::Second) => "rehearsal-partial-2",
            Self::RehearsalPartial(RehearsalNo::Third) => "rehearsal-partial-3",
        }
    }

    /// The kind with a name.
    pub fn parse(name: &str) -> Option<Self> {
        let fixed = [Self::Announce, Self::Round1, Self::CertifyDkg, Self::SignRecord];
        let objects = RehearsalNo::ALL.map(Self::RehearsalObject);
        let partials = RehearsalNo::ALL.map(Self::RehearsalPartial);
        let mut all = fixed.into_iter().chain(objects).chain(partials);
        all.find(|kind| kind.name() == name)
    }
}

/// Who posts a message.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum BoardSender {
    /// The hall.
    Hall,
    /// The host.
    Host,
    /// A custodian.
    Custodian(CustodianIndex),
}

impl BoardSender {
    /// Reads a sender: `hall`, `host`, or a custodian's number in decimal.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "hall" => Some(Self::Hall),
            "host" => Some(Self::Host),
            number => {
                let index = CustodianIndex::new(number.parse().ok()?).ok()?;
                (index.to_string() == number).then_some(Self::Custodian(index))
            }
        }
    }

    /// The custodian, if it is one.
    pub const fn custodian(self) -> Option<CustodianIndex> {
        match self {
            Self::Custodian(index) => Some(index),
            Self::Hall | Self::Host => None,
        }
    }
}

impl fmt::Display for BoardSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hall => f.write_str("hall"),
            Self::Host => f.write_str("host"),
            Self::Custodian(index) => index.fmt(f),
        }
    }
}
