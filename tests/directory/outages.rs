//! What is remembered of people's groups, with a clock that is set by hand.
