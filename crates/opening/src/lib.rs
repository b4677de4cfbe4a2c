//! The procedure of an opening by law: decide and apply, templates, the opening record.
