//! `kms.alias`: facts.

use dr_macros::{Block, Kind};

/// A name for a key. It can be turned to another key without its users noticing.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "kms.alias",
    outputs = AliasOut,
    id = "{name}",
    unique = "region: name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Alias {
    /// Alias name, which starts with `alias/`. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 256, chars = "A-Za-z0-9/_-", prefix = "alias/"))]
    pub name: String,
    /// Id of the key, not its ARN.
    #[arg(refers("kms.key.key_id"), length = 1..=256, pattern = "[A-Za-z0-9-]+")]
    pub target_key_id: String,
}

/// Computed attributes of an alias.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AliasOut {
    /// ARN.
    #[out(like = "arn:aws:kms:{region}:{account}:{name}")]
    pub arn: String,
    /// ARN of the key that it stands for.
    #[out(volatile, like = "arn:aws:kms:{region}:{account}:key/{target_key_id}")]
    pub target_key_arn: String,
}
