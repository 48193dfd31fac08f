//! What people see in a browser: their front page, sign-in and sign-out, and what went wrong.

pub mod next;
