//! `random.password`: facts.

use std::collections::BTreeMap;

use dr_core::convert::SecretText;
use dr_macros::{Block, Kind};

/// A random password. It is never shown, and encrypted where it is kept.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "random.password",
    outputs = PasswordOut,
    place = local,
    id = "{uuid}",
    create = "0ms",
    update = "0ms",
    delete = "0ms"
)]
pub struct Password {
    /// How many characters.
    #[arg(replace, default = 32, range = 8..=1_024)]
    pub length: i64,
    /// Whether it may hold small letters.
    #[arg(replace, default = true)]
    pub lower: bool,
    /// Whether it may hold capital letters.
    #[arg(replace, default = true)]
    pub upper: bool,
    /// Whether it may hold digits.
    #[arg(replace, default = true)]
    pub numeric: bool,
    /// Whether it may hold other characters.
    #[arg(replace, default = true)]
    pub special: bool,
    /// Which other characters. There is no `/`, `"`, `@` or space among them: databases refuse those.
    #[arg(replace, default = "!#$%&*()-_=+[]{}<>:?", length = 1..=64)]
    pub override_special: String,
    /// How many small letters at least.
    #[arg(replace, default = 0, range = 0..=1_024)]
    pub min_lower: i64,
    /// How many capital letters at least.
    #[arg(replace, default = 0, range = 0..=1_024)]
    pub min_upper: i64,
    /// How many digits at least.
    #[arg(replace, default = 0, range = 0..=1_024)]
    pub min_numeric: i64,
    /// How many other characters at least.
    #[arg(replace, default = 0, range = 0..=1_024)]
    pub min_special: i64,
    /// Whatever should make a new password when it changes.
    #[arg(replace, default = {})]
    pub keepers: BTreeMap<String, String>,
}

/// Computed attributes of a random password.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct PasswordOut {
    /// The password.
    #[out(sensitive, like = "{alnum:32}")]
    pub result: SecretText,
}
