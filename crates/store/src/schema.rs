//! The tables. A change of a table is a new schema number and a migration with an old-data test.

/// The schema this program reads and writes.
pub(crate) const VERSION: i64 = 3;

/// Makes the tables of [`VERSION`] in an empty database.
pub(crate) const CREATE: &str = "
CREATE TABLE schema (version INTEGER NOT NULL) STRICT;

CREATE TABLE lot (
    id         INTEGER PRIMARY KEY,
    tender     TEXT NOT NULL,
    lot        TEXT NOT NULL,
    created_at INTEGER NOT NULL,           -- milliseconds since the Unix epoch, UTC
    UNIQUE (tender, lot)
) STRICT;

-- Named documents of a lot, exact bytes.
CREATE TABLE doc (
    lot   INTEGER NOT NULL REFERENCES lot (id),
    name  TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (lot, name)
) STRICT;

-- The opening log: one row per line, gapless from 0, never changed.
CREATE TABLE entry (
    lot  INTEGER NOT NULL REFERENCES lot (id),
    i    INTEGER NOT NULL CHECK (i >= 0),
    line BLOB NOT NULL,
    PRIMARY KEY (lot, i)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_is_final BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'a log entry is final'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'a log entry stays'); END;

-- The bulletin board of the ceremony: one message per sender and kind.
CREATE TABLE board (
    lot    INTEGER NOT NULL REFERENCES lot (id),
    n      INTEGER NOT NULL CHECK (n >= 0),
    sender TEXT NOT NULL,
    kind   TEXT NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (lot, n),
    UNIQUE (lot, sender, kind)
) STRICT;

CREATE TABLE nonce (
    lot   INTEGER NOT NULL REFERENCES lot (id),
    nonce BLOB NOT NULL,
    PRIMARY KEY (lot, nonce)
) STRICT, WITHOUT ROWID;

-- State for recovery after a crash, owned by the room.
CREATE TABLE kv (
    lot   INTEGER NOT NULL REFERENCES lot (id),
    key   TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (lot, key)
) STRICT;

-- One row: what tells the intake key from any other, and how many slots the pool had when it was opened.
CREATE TABLE pool (mark BLOB NOT NULL, slots INTEGER NOT NULL) STRICT;
";

/// The tables of the intake. They are in memory only: the pool keeps what they say, and they are made
/// from it at each opening (ADR-0030).
pub(crate) const INTAKE: &str = "
ATTACH DATABASE ':memory:' AS intake;

CREATE TABLE intake.upload (
    id              BLOB PRIMARY KEY NOT NULL,
    lot             INTEGER NOT NULL,
    manifest_sha256 BLOB NOT NULL,
    manifest        BLOB NOT NULL,
    cms             BLOB NOT NULL,
    revision        INTEGER NOT NULL DEFAULT 0, -- grows with every slice written
    UNIQUE (lot, manifest_sha256)
) STRICT;

CREATE TABLE intake.object (
    upload   BLOB NOT NULL REFERENCES upload (id),
    no       INTEGER NOT NULL,             -- the order given by the manifest, from 0
    part     TEXT NOT NULL,
    file_len INTEGER NOT NULL CHECK (file_len > 0),
    header_len  INTEGER NOT NULL,          -- bytes before the first chunk
    slice_roots BLOB NOT NULL,             -- 32 bytes for each slice, judged when the upload began
    PRIMARY KEY (upload, part)
) STRICT;

-- A row says: these bytes are in the pool, durable. The last pieces count.
CREATE TABLE intake.slice (
    upload BLOB NOT NULL,
    part   TEXT NOT NULL,
    n      INTEGER NOT NULL CHECK (n >= 0),
    places BLOB NOT NULL,                  -- of its pieces: slot and offset, 8 bytes each
    PRIMARY KEY (upload, part, n),
    FOREIGN KEY (upload, part) REFERENCES object (upload, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE intake.completion (
    upload       BLOB PRIMARY KEY NOT NULL REFERENCES upload (id),
    lot          INTEGER NOT NULL,
    no           INTEGER NOT NULL CHECK (no >= 0), -- completion order in the lot, from 0
    completed_at INTEGER NOT NULL,         -- milliseconds since the Unix epoch, UTC
    receipt      BLOB NOT NULL,
    receipt_cms  BLOB NOT NULL,
    place        BLOB NOT NULL,            -- JSON: tick and place number
    salt         BLOB NOT NULL CHECK (length(salt) = 32),
    UNIQUE (lot, no)
) STRICT;

CREATE TABLE intake.note (
    lot   INTEGER NOT NULL,
    name  TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (lot, name)
) STRICT;
";
