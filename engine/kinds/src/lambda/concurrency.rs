//! `lambda.concurrency`: facts.

use dr_macros::Kind;

/// Provisioned concurrency: instances of a function's version or alias that are always warm, at a price. It ends with
/// the function.
///
/// Invocations that are reserved for a function, and limit it, are its own `reserved_concurrent_executions`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "lambda.concurrency",
    id = "{function_name}/{qualifier}",
    unique = "region: function_name, qualifier",
    deleted_with = "function_name",
    create = "2m",
    update = "2m",
    delete = "1s",
    pace = "5s"
)]
pub struct Concurrency {
    /// Name of the function.
    #[arg(replace, refers("lambda.function.function_name"))]
    pub function_name: String,
    /// Name of the alias, or number of the version; not `$LATEST`.
    #[arg(replace, length = 1..=128, pattern = "[A-Za-z0-9_-]+", refers("*"))]
    pub qualifier: String,
    /// How many instances.
    #[arg(range = 1..=2_147_483_647)]
    pub provisioned_concurrent_executions: i64,
}
