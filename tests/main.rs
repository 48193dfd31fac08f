//! Tests that need more than one room; one binary, linked once.

#[macro_use]
mod scratch;

mod directory;
mod store;
