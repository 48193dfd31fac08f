pub mod catalogue;
pub mod clock;
pub mod config;
pub mod effective;
pub mod groups;
pub mod presets;
pub mod resolve;
pub mod trims;
