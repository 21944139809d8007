//! `lambda.alias`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// A name for a version of a function, or for two of which one gets a share of the invocations. It ends with the
/// function.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "lambda.alias",
    outputs = FunctionAliasOut,
    id = "{function_name}/{name}",
    unique = "region: function_name, name",
    deleted_with = "function_name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct FunctionAlias {
    /// Name of the function.
    #[arg(replace, refers("lambda.function.function_name"))]
    pub function_name: String,
    /// Alias name, the only one of the function, with a letter in it. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 128, chars = "A-Za-z0-9_-"), pattern = "[0-9]*[A-Za-z_-].*")]
    pub name: String,
    /// The version that it stands for: the `version` of a function with `publish`, or `$LATEST`.
    #[arg(length = 1..=1_024, pattern = "\\$LATEST(\\.PUBLISHED)?|[0-9]+")]
    pub function_version: String,
    /// What the alias is for.
    #[arg(default = "", length = 0..=256)]
    pub description: String,
    /// A second version, and the share of invocations that it gets: `#{ "7": 0.1 }`.
    #[arg(default = {}, length = 0..=1)]
    pub additional_version_weights: BTreeMap<String, f64>,
}

/// Computed attributes of an alias.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct FunctionAliasOut {
    /// ARN.
    #[out(like = "arn:aws:lambda:{region}:{account}:function:{function_name}:{name}")]
    pub arn: String,
    /// ARN that API Gateway calls the alias by.
    #[out(like = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations")]
    pub invoke_arn: String,
}
