//! DER (X.690): a reader over borrowed slices that never re-encodes, and a small writer.

mod ber;
mod check;
mod read;
mod time;
mod write;

pub use read::DerError;

pub(crate) use ber::{joined, to_der};
pub(crate) use check::{ascending, check};
pub(crate) use read::{Reader, Tlv, unsigned};
pub(crate) use time::{read_gen_time, read_time, write_gen_time, write_time};
pub(crate) use write::{integer_u8, sequence, set_of, tlv};

/// BOOLEAN.
pub(crate) const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(crate) const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// NULL.
pub(crate) const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub(crate) const OID: u8 = 0x06;
/// `UTF8String`.
pub(crate) const UTF8_STRING: u8 = 0x0c;
/// `PrintableString`.
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
/// `IA5String`.
pub(crate) const IA5_STRING: u8 = 0x16;
/// `UTCTime`.
pub(crate) const UTC_TIME: u8 = 0x17;
/// `GeneralizedTime`.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// `BMPString` (UTF-16BE).
pub(crate) const BMP_STRING: u8 = 0x1e;
/// SEQUENCE, SEQUENCE OF.
pub(crate) const SEQUENCE: u8 = 0x30;
/// SET, SET OF.
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed.
pub(crate) const CONTEXT_1: u8 = 0xa1;
/// `[3]`, constructed.
pub(crate) const CONTEXT_3: u8 = 0xa3;
/// `[4]`, constructed.
pub(crate) const CONTEXT_4: u8 = 0xa4;
/// `[0]`, primitive.
pub(crate) const CONTEXT_0_PRIMITIVE: u8 = 0x80;
/// `[1]`, primitive.
pub(crate) const CONTEXT_1_PRIMITIVE: u8 = 0x81;
/// `[2]`, constructed.
pub(crate) const CONTEXT_2: u8 = 0xa2;
/// ENUMERATED.
pub(crate) const ENUMERATED: u8 = 0x0a;
