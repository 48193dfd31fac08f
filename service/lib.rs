pub mod catalogue;
pub mod groups;
