//! Event store and blob store: SQLite and files.
