//! Differences of one resource.
