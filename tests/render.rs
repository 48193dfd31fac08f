//! The fragment in each of its states, from real sites and real forms.

mod fields;
mod hostile;
mod page;
mod reference;
mod ruled;
mod shelf;
mod sites;
mod states;
mod switcher;
