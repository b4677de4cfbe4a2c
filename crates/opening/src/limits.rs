//! Limits on outside input: tender files, price sheets, commands and log entries.
//!
//! Lengths of text are counted in characters (Unicode scalar values), lengths of files in bytes.

/// A tender file or draft: bytes.
pub const TENDER_BYTES: usize = 262_144;
/// A price sheet: the bucket of 65,536 bytes less the 8-byte length in front (ruling 1).
pub const SHEET_BYTES: usize = 65_536 - 8;
/// The body of a signed command: bytes. The largest is `sign-record`, which carries a CMS.
pub const COMMAND_BYTES: usize = 131_072;
/// A name of an organisation.
pub const NAME_CHARS: usize = 200;
/// A title of a tender or a lot, and the source of a fixture.
pub const TITLE_CHARS: usize = 400;
/// A label of a read-out field or of its unit.
pub const FIELD_LABEL_CHARS: usize = 60;
/// A value of a read-out field of type text.
pub const FIELD_TEXT_CHARS: usize = 500;
/// The digits of a read-out field of type integer.
pub const FIELD_INTEGER_DIGITS: usize = 15;
/// The read-out fields of a tender, the price included.
pub const FIELDS: usize = 40;
/// The members of a consortium beside the bidder.
pub const CONSORTIUM: usize = 20;
/// The draws of a tender.
pub const DRAWS: usize = 16;
/// The values of one draw.
pub const DRAW_VALUES: u64 = 1_000;
/// A value of a draw.
pub const DRAW_VALUE_CHARS: usize = 20;
/// The rules of the tick schedule.
pub const TICK_RULES: usize = 16;
/// The places of one tick: the one number of format version 1 (ruling 7).
pub const PLACES: u32 = 1_024;
/// The shortest span between two ticks: milliseconds.
pub const TICK_EVERY_MIN: u64 = 100;
/// Grace, notice and freeze wait: at most one day, in milliseconds.
pub const SPAN_MAX: u64 = 86_400_000;
/// The fewest bidders whose bids may be opened (招标投标法实施条例 art. 44 ¶2).
pub const BIDDERS_MIN: u32 = 3;
/// The most bidders one lot may have.
pub const BIDDERS_MAX: usize = 100_000;
/// Government procurement keeps its files at least this long: years (政府采购法 art. 42).
pub const PROCUREMENT_RETENTION_YEARS: u32 = 15;
/// The longest retention a tender file may state: years.
pub const RETENTION_YEARS_MAX: u32 = 200;
/// An objection or an answer.
pub const OBJECTION_CHARS: usize = 2_000;
/// A message in the room, public or private.
pub const CHAT_CHARS: usize = 1_000;
/// The messages of one organisation in one lot.
pub const CHAT_MESSAGES: u32 = 5_000;
/// How often somebody may be muted, unmuted, removed or readmitted in one lot.
pub const CHAT_ORDERS: u32 = 10_000;
/// The reason of a finding about a bidder, of an emergency sign-in, and of a mute or a removal.
pub const REASON_CHARS: usize = 400;
/// A sealed base estimate: bytes. That of suite 1 has 1,362.
pub const ESTIMATE_BYTES: usize = 4_096;
/// The plaintext of every base estimate: bytes. With the 8-byte length in front these are 1,024, which
/// is a PADMÉ length, so every sealed one of a suite has the same length.
pub const ESTIMATE_PLAIN_BYTES: usize = 1_016;
/// The base estimates that one lot may have before its deadline, those replaced included.
pub const ESTIMATES: u32 = 20;
/// The postponements of one lot.
pub const POSTPONEMENTS: usize = 100;
/// The postponements of one lot that follow outages.
pub const OUTAGES: usize = 10;
/// The silences that one custodian attests before one deadline.
pub const SILENCES: usize = 8;
/// The pauses and suspensions of one opening.
pub const HOLDS: usize = 1_000;
/// The measures of one opening.
pub const MEASURES: usize = 100;
/// The rounds of sealed prices of one consultation.
pub const ROUNDS: u32 = 20;
/// Whoever may be invited to a round.
pub const INVITED: usize = 1_000;
/// The lists of who passed that one envelope may have before one is approved.
pub const PASSED_LISTS: u32 = 100;
/// The announcements of the result of one lot.
pub const RESULTS: u32 = 20;
/// The extensions of one window for objections.
pub const EXTENSIONS: u32 = 100;
/// The extensions and reopenings of one bidder window.
pub const WINDOW_CHANGES: usize = 100;
/// The objections of one opening.
pub const OBJECTIONS: usize = 10_000;
/// `record.json`: bytes. A row has about 1,200, with forty read-out fields 8,000.
pub const RECORD_BYTES: usize = 256 << 20;

/// The versions of one opening record.
pub const RECORD_VERSIONS: usize = 100;
/// The longest reading of one price: milliseconds.
pub const READ_MAX: u64 = 600_000;
/// A CMS in base64: characters.
pub const CMS_CHARS: usize = 65_536;
/// A C2SP cosignature line.
pub const COSIGNATURE_CHARS: usize = 1_024;
/// A label of an error.
pub const LABEL_CHARS: usize = 64;
/// The detail of a custodian's refusal, and the sentences of a refusal.
pub const DETAIL_CHARS: usize = 1_000;
/// The journal of one custodian that is handed over: bytes.
pub const JOURNAL_BYTES: u64 = 8 << 20;
/// The verifier key line of a log.
pub const VKEY_CHARS: usize = 1_024;
/// The greatest integer that every JSON reader keeps exactly: 2^53 - 1.
pub const SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Most time servers of one tender file.
pub const TIME_SOURCES: usize = 8;

/// Longest address of a time server, in bytes.
pub const TIME_ADDRESS_BYTES: usize = 260;

/// Smallest allowed greatest error of a clock, in milliseconds: servers name the time in seconds.
pub const TIME_ERROR_MIN: u64 = 1_000;

/// Greatest allowed greatest error of a clock, in milliseconds.
pub const TIME_ERROR_MAX: u64 = 60_000;
