//! How the values of the vocabulary look in the description of the interface (OpenAPI): each name
//! here stands for the type of the same name, which knows nothing of descriptions.

use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! described {
    ($($(#[doc = $doc:literal])* $name:ident = $schema:expr;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let doc = concat!($($doc),*).trim_start();
                    $schema.description(Some(doc)).build().into()
                }
            }

            impl ToSchema for $name {}
        )*
    };
}

described! {
    /// Exact bytes in standard base64 with padding (RFC 4648 section 4).
    B64 = text("^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$");
    /// Part of a bid, from the second envelope on with its number: `price`, `documents-2`.
    BidPart = text("^(price|documents|signals)(-[1-9][0-9]{0,2})?$");
    /// The seat of a custodian, from 1.
    CustodianIndex = number(1, kaibiao_types::Threshold::N_MAX.into());
    /// 32 bytes, mostly a SHA-256, in lower-case hexadecimal.
    Digest = text("^[0-9a-f]{64}$");
    /// When a custodian hands its journal over.
    JournalMoment = text("^(freeze|close)$");
    /// The stable label of a problem; one file for each in `fixtures/errors/`.
    Label = text("^[a-z][a-z0-9-]*$");
    /// 标段(包)编号: a lot in its tender.
    LotId = text("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$");
    /// A lot of a tender.
    LotKey = object(&[("tender", TenderId::schema()), ("lot", LotId::schema())]);
    /// Scheme, host and port of a hall, as a browser names them (RFC 6454).
    Origin = text("^https?://[^/]+$");
    /// 统一社会信用代码: the unified social credit code of an organisation.
    OrgCode = text("^[0-9A-HJ-NP-RTUW-Y]{18}$");
    /// What an envelope holds.
    Part = text("^(price|documents|signals)$");
    /// An organisation: its code, and its registered name as shown to people.
    Party = object(&[("code", OrgCode::schema()), ("name", String::schema())]);
    /// A place in a tick, from 0.
    PlaceNo = number(0, 65_535);
    /// 16 random bytes in lower-case hexadecimal.
    RandomId = text("^[0-9a-f]{32}$");
    /// A JSON object that is carried as it is.
    RawJson = ObjectBuilder::new().schema_type(Type::Object);
    /// What somebody is in a lot.
    Role = text("^[a-z]+$");
    /// The envelope, from 1.
    Stage = number(1, u8::MAX.into());
    /// 招标项目编号: a tender project.
    TenderId = text("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$");
    /// A tick of an opening log, from 0.
    TickNo = number(0, u32::MAX.into());
    /// Milliseconds since the Unix epoch, UTC.
    UtcMillis = number(0, (1 << 53) - 1);
}

fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

fn number(least: u64, greatest: u64) -> ObjectBuilder {
    let range = ObjectBuilder::new().schema_type(Type::Integer);
    range.minimum(Some(least)).maximum(Some(greatest))
}

/// An object that has exactly these fields.
fn object(fields: &[(&str, RefOr<Schema>)]) -> ObjectBuilder {
    let empty: ObjectBuilder = Object::new().into();
    fields.iter().fold(empty, |object, (name, schema)| {
        object.property(*name, schema.clone()).required(*name)
    })
}
