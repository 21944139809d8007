//! `archive`: folders as one file.

pub(crate) mod zip;
