//! Tests of the service, linked once.

mod directory;
mod scratch;
mod store;
