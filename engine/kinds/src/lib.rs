//! What the resources are: one folder per service, one file per kind, no SDK.
//!
//! A file holds a kind's arguments, its computed attributes and its facts, as a struct with the derives of
//! `dr-macros`; its doc comments are the reference. How AWS does it is in the file of the same name in `engine/aws`.

use dr_core::registry::Registry;
use dr_core::schema::Kind;

/// Declares the kinds of a service: `file::Struct, …`. Each file becomes a module whose items are the service's.
macro_rules! service {
    ($($file:ident :: $kind:ident),* $(,)?) => {
        $(mod $file; pub use $file::*;)*

        /// The service's kinds.
        pub const KINDS: &[&dr_core::schema::Kind] = &[$(<$kind as dr_core::convert::KindArgs>::KIND),*];
    };
}

pub mod acm;
pub mod actions;
pub mod apigateway;
pub mod apigatewayv2;
pub mod archive;
pub mod calls;
pub mod cloudwatch;
pub mod console;
pub mod dynamodb;
pub mod ec2;
pub mod elbv2;
pub mod events;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod permissions;
pub mod policy_split;
pub mod random;
pub mod rds;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod stepfunctions;
pub mod sts;

/// The kinds of every service.
const SERVICES: &[&[&Kind]] = &[
    acm::KINDS,
    apigateway::KINDS,
    apigatewayv2::KINDS,
    archive::KINDS,
    cloudwatch::KINDS,
    dynamodb::KINDS,
    ec2::KINDS,
    elbv2::KINDS,
    events::KINDS,
    iam::KINDS,
    kms::KINDS,
    lambda::KINDS,
    logs::KINDS,
    random::KINDS,
    rds::KINDS,
    route53::KINDS,
    s3::KINDS,
    secretsmanager::KINDS,
    sns::KINDS,
    sqs::KINDS,
    ssm::KINDS,
    stepfunctions::KINDS,
    sts::KINDS,
];

/// Every kind there is.
pub fn registry() -> Registry {
    Registry::new(SERVICES.iter().flat_map(|service| service.iter().copied()))
}

#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;
