//! What an administrator may set.

pub mod directory;
