pub mod catalogue;
pub mod effective;
pub mod groups;
pub mod presets;
pub mod resolve;
pub mod trims;
