//! Tests that need more than one room; one binary, linked once.
#![expect(clippy::unwrap_used, reason = "a test that finds none has failed")]

#[macro_use]
mod scratch;

mod api;
mod core;
mod directory;
mod house;
mod left_out;
mod pages;
mod peers;
mod render;
mod replicas;
mod running;
mod scripted_hub;
mod store;
