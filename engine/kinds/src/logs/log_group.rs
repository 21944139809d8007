//! `logs.log_group`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A log group.
///
/// One that services make by themselves is never deleted and keeps its entries for ever: declare it, and let what logs
/// to it depend on it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "logs.log_group",
    outputs = LogGroupOut,
    id = "{name}",
    unique = "region: name",
    data("its log events", "what was exported or sent on before"),
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct LogGroup {
    /// Group name, e.g. `/aws/lambda/` and the name of a function. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 512, chars = "A-Za-z0-9_/.#-"))]
    pub name: String,
    /// Days that entries are kept.
    #[arg(
        guards,
        default = 30,
        one_of_int(
            1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288,
            3_653
        )
    )]
    pub retention_in_days: i64,
    /// ARN of the key that encrypts entries; its policy must allow the region's log service.
    #[arg(guards, refers("kms.key.arn"), length = 1..=256, grammar(Arn(&arns::KEY)))]
    pub kms_key_id: Option<String>,
    /// Whether entries are for searching, for storing, or for delivery elsewhere.
    #[arg(replace, default = "STANDARD", one_of("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"))]
    pub log_group_class: String,
    /// Whether the group refuses to be deleted.
    #[arg(protects, default = false, refuse("D13", only = false, why = "a protected log group cannot be deleted"))]
    pub deletion_protection_enabled: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a log group.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LogGroupOut {
    /// ARN, without the `:*` at its end that stands for the streams.
    #[out(like = "arn:aws:logs:{region}:{account}:log-group:{name}")]
    pub arn: String,
}
