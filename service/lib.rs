//! Spawn presets per person, group and training event, beside a JupyterHub.
//!
//! The house, in the order data flows; each room reaches only for those above it:
//!
//! | floor  | rooms |
//! |--------|-------|
//! | ground | [`clock`], [`config`] |
//! | core   | [`groups`], [`catalogue`], [`trims`], [`rules`], [`presets`], [`events`], [`effective`], [`resolve`]: values in, values out |
//! | shore  | [`directory`] (LDAP, file), [`store`] (SQLite, PostgreSQL), [`hub`] (who is calling, signing in), [`render`] (HTML): never each other |
//! | middle | [`site`] (what is published, in memory), [`desk`] (the use cases) |
//! | roof   | [`api`] (HTTP), and above it [`pages`] (what people see in a browser) |
//! | door   | `main` (command line) |
//!
//! One start: [`api::hub`] checks the caller, [`desk`] asks [`directory`] for the membership and
//! [`site`] for the content, [`effective`] makes the form and [`resolve`] reads what was asked
//! within it; [`store`] keeps the decision before it is told.

pub mod api;
pub mod catalogue;
pub mod clock;
pub mod config;
pub mod desk;
pub mod directory;
pub mod effective;
pub mod events;
pub mod groups;
pub mod hub;
pub mod pages;
pub mod presets;
pub mod render;
pub mod resolve;
pub mod rules;
pub mod site;
pub mod store;
pub mod trims;
