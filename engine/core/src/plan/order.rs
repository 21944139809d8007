//! The order of steps.
