//! How AWS does it: the cloud `aws`, through the official SDK.
//!
//! One folder per service and one file per kind, named like those of `dr-kinds`. A kind's file holds its `Lifecycle`
//! and what only that kind needs; what several kinds of a service share has files of its own beside them, and `errors`
//! says what the service's error codes mean. The rest, from the bottom up:
//!
//! - `connect`: clients, account, calls, and `Cx`, what a lifecycle may use;
//! - `lifecycle`: the contract of a kind, and how a typed kind becomes one that the engine can call;
//! - `tags`: identity and user tags, in every service's own types;
//! - `sweep`: everything that carries an environment's tags; `residue`: what of it is still there; `regions`: where to look; `leftovers`: what
//!   else is left;
//! - `services`: all of them, gathered; `cloud`: the engine's calls, handed over to them;
//! - `state_table`: the log of a shared state in a table of DynamoDB; `state_init`: making that table.
//!
//! Invariants. The SDK retries nothing: a lost reply is the engine's to resolve, with `find`. No function waits: what
//! takes time is looked at again by the engine. A token that a service takes for repeating a call is the operation's
//! id, never left for the SDK to make up.

mod cloud;
mod connect;
#[cfg(any(feature = "apigateway", feature = "apigatewayv2"))]
mod gateway;
mod lag;
mod leftover_look;
mod leftovers;
mod lifecycle;
mod owner;
mod regions;
mod residue;
mod services;
#[cfg(feature = "dynamodb")]
mod state_init;
#[cfg(feature = "dynamodb")]
mod state_table;
mod sweep;
mod tags;

#[cfg(feature = "acm")]
mod acm;
#[cfg(feature = "apigateway")]
mod apigateway;
#[cfg(feature = "apigatewayv2")]
mod apigatewayv2;
#[cfg(feature = "cloudwatch")]
mod cloudwatch;
#[cfg(feature = "dynamodb")]
mod dynamodb;
#[cfg(feature = "ec2")]
mod ec2;
#[cfg(feature = "elbv2")]
mod elbv2;
#[cfg(feature = "events")]
mod events;
#[cfg(feature = "iam")]
mod iam;
#[cfg(feature = "kms")]
mod kms;
#[cfg(feature = "lambda")]
mod lambda;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "rds")]
mod rds;
#[cfg(feature = "route53")]
mod route53;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "secretsmanager")]
mod secretsmanager;
#[cfg(feature = "sns")]
mod sns;
#[cfg(feature = "sqs")]
mod sqs;
#[cfg(feature = "ssm")]
mod ssm;
#[cfg(feature = "stepfunctions")]
mod stepfunctions;
mod sts;

#[cfg(test)]
mod replay;
#[cfg(test)]
mod tests;

pub use cloud::Aws;
pub use connect::Packages;
#[cfg(feature = "dynamodb")]
pub use state_init::TableStep;
#[cfg(feature = "dynamodb")]
pub use state_table::StateTable;
