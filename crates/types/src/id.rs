//! Ids and small numbers that must not be mixed up.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Why a text or number is not an id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdError {
    /// Not 1 to 64 letters, digits, `.`, `_`, `-`, starting with a letter or digit.
    #[error(
        "an id has 1 to 64 letters, digits, '.', '_' or '-', and starts with a letter or digit"
    )]
    Syntax,
    /// Outside its range.
    #[error("number outside its range")]
    Range,
}

fn check(text: &str) -> Result<(), IdError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if starts && text.len() <= 64 && text.bytes().all(allowed) {
        Ok(())
    } else {
        Err(IdError::Syntax)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an id: 1 to 64 letters, digits, `.`, `_`, `-`, starting with a letter or digit.
            ///
            /// # Errors
            ///
            /// [`IdError::Syntax`] on any other text.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text).map(|()| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

text_id! {
    /// 招标项目编号: the tender project, unique on a platform.
    TenderId
}
text_id! {
    /// 标段(包)编号: the lot, unique within its tender.
    LotId
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $min:literal ..= $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name($inner);

        impl $name {
            /// Checks the range.
            ///
            /// # Errors
            ///
            /// [`IdError::Range`].
            pub fn new(number: $inner) -> Result<Self, IdError> {
                if ($min..=$max).contains(&number) { Ok(Self(number)) } else { Err(IdError::Range) }
            }

            /// The number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<u64> for $name {
            type Error = IdError;
            fn try_from(number: u64) -> Result<Self, IdError> {
                <$inner>::try_from(number).map_err(|_| IdError::Range).and_then(Self::new)
            }
        }

        impl From<$name> for u64 {
            fn from(number: $name) -> Self {
                u64::from(number.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number! {
    /// A custodian's number in its ceremony, from 1.
    CustodianIndex, u16, 1..=super::Threshold::N_MAX
}
number! {
    /// The envelope a part belongs to, from 1 (two-envelope tenders have stages 1 and 2).
    Stage, u8, 1..=9
}

impl Stage {
    /// The first envelope, and the only one of most tenders.
    pub const FIRST: Self = Self(1);
}
number! {
    /// A bidder's own version count for one lot, from 1; greater replaces smaller.
    BidSeq, u32, 1..=u32::MAX
}
number! {
    /// A tick of an opening log, from 0.
    TickNo, u32, 0..=u32::MAX
}
number! {
    /// A place in a tick, from 0 to 65,535.
    PlaceNo, u32, 0..=65_535
}

/// What one sealed object of a bid holds (ruling 1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// 开标一览表: the read-out fields only, fixed size.
    Price,
    /// The bid documents.
    Documents,
    /// Machine codes and personal ids: for host and supervisor only.
    Signals,
}

impl Part {
    /// The byte that stands for the part in hashes and file names of the format.
    pub const fn code(self) -> u8 {
        match self {
            Self::Price => 1,
            Self::Documents => 2,
            Self::Signals => 3,
        }
    }

    /// The word used in JSON and file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Documents => "documents",
            Self::Signals => "signals",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One part of one envelope: the unit that is sealed, sent and stored.
///
/// Its text is the word of the part, and from the second envelope on the number behind it: `price`,
/// `documents`, `price-2`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BidPart {
    /// The envelope.
    pub stage: Stage,
    /// Which part of it.
    pub part: Part,
}

impl BidPart {
    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`IdError::Syntax`] on any other text, `price-1` among them.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (word, number) = text.split_once('-').map_or((text, None), |(w, n)| (w, Some(n)));
        let part = [Part::Price, Part::Documents, Part::Signals];
        let part = part.into_iter().find(|part| part.name() == word);
        let stage = match number {
            None => Some(Stage::FIRST),
            Some(number) => number.parse().ok().and_then(|number| Stage::new(number).ok()),
        };
        let read = part.zip(stage).map(|(part, stage)| Self { stage, part });
        // `price-1`, `price-02` and `price-+2` have another text than they are written with.
        read.filter(|read| read.to_string() == text).ok_or(IdError::Syntax)
    }
}

impl fmt::Display for BidPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.stage == Stage::FIRST {
            write!(f, "{}", self.part)
        } else {
            write!(f, "{}-{}", self.part, self.stage)
        }
    }
}

impl TryFrom<String> for BidPart {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<BidPart> for String {
    fn from(part: BidPart) -> Self {
        part.to_string()
    }
}

/// One lot of one tender: the unit that has a ceremony, a log, a room and a package.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotKey {
    /// The tender project.
    pub tender: TenderId,
    /// The lot in it.
    pub lot: LotId,
}

impl fmt::Display for LotKey {
    /// `TENDER/LOT`, as in paths and log origins.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tender, self.lot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_in_paths_and_hashes() {
        assert!(TenderId::parse("ZZ-2022.0705_a").is_ok());
        for bad in ["", ".", "..", "-a", "a/b", "a b", "株洲", "a\n", &"a".repeat(65)] {
            assert_eq!(LotId::parse(bad), Err(IdError::Syntax), "{bad:?}");
        }
        assert!(serde_json::from_str::<LotId>(r#""../x""#).is_err());
    }

    #[test]
    fn numbers_keep_their_ranges() {
        assert_eq!(CustodianIndex::new(0), Err(IdError::Range));
        assert_eq!(CustodianIndex::new(33), Err(IdError::Range));
        assert!(serde_json::from_str::<Stage>("0").is_err());
        let second = BidPart { stage: Stage::new(2).unwrap(), part: Part::Documents };
        assert_eq!(serde_json::to_string(&second).unwrap(), "\"documents-2\"");
        assert_eq!(BidPart::parse("documents-2"), Ok(second));
        assert_eq!(BidPart::parse("price").unwrap().stage, Stage::FIRST);
        for bad in ["", "price-", "price-0", "price-1", "price-02", "price-+2", "price-10", "Price"]
        {
            assert!(BidPart::parse(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Stage>("256").is_err());
        assert!(serde_json::from_str::<BidSeq>("4294967296").is_err());
        assert_eq!(serde_json::from_str::<BidSeq>("7").unwrap().get(), 7);
    }
}
