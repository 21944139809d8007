//! `random.id`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// Random bytes, for names that nobody else has. Not for secrets: they are shown.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "random.id",
    outputs = IdOut,
    place = local,
    id = "{uuid}",
    create = "0ms",
    update = "0ms",
    delete = "0ms"
)]
pub struct Id {
    /// How many bytes.
    #[arg(replace, default = 4, range = 1..=1_024)]
    pub byte_length: i64,
    /// Whatever should make new bytes when it changes.
    #[arg(replace, default = {})]
    pub keepers: BTreeMap<String, String>,
}

/// Computed attributes of random bytes.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct IdOut {
    /// In hexadecimal digits, two for each byte.
    #[out(like = "{hex:8}")]
    pub hex: String,
    /// In base64 with `-` and `_`, without `=` at the end.
    #[out(like = "{alnum:6}")]
    pub b64: String,
    /// As a decimal number.
    #[out(like = "{digits:9}")]
    pub dec: String,
}
