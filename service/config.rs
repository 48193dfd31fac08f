//! The service's configuration.

pub mod yaml;
