//! Tests over whole packages.

mod common;
mod container;
mod files;
mod good;
mod journals;
mod logs;
mod property;
mod table;
mod trust;
