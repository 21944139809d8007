//! The services, gathered.

use crate::lifecycle::Service;

/// What every service offers. One line per service.
pub(crate) const SERVICES: &[&Service] = &[
    #[cfg(feature = "acm")]
    &crate::acm::SERVICE,
    #[cfg(feature = "apigateway")]
    &crate::apigateway::SERVICE,
    #[cfg(feature = "apigatewayv2")]
    &crate::apigatewayv2::SERVICE,
    #[cfg(feature = "cloudwatch")]
    &crate::cloudwatch::SERVICE,
    #[cfg(feature = "dynamodb")]
    &crate::dynamodb::SERVICE,
    #[cfg(feature = "ec2")]
    &crate::ec2::SERVICE,
    #[cfg(feature = "elbv2")]
    &crate::elbv2::SERVICE,
    #[cfg(feature = "events")]
    &crate::events::SERVICE,
    #[cfg(feature = "iam")]
    &crate::iam::SERVICE,
    #[cfg(feature = "kms")]
    &crate::kms::SERVICE,
    #[cfg(feature = "lambda")]
    &crate::lambda::SERVICE,
    #[cfg(feature = "logs")]
    &crate::logs::SERVICE,
    #[cfg(feature = "rds")]
    &crate::rds::SERVICE,
    #[cfg(feature = "route53")]
    &crate::route53::SERVICE,
    #[cfg(feature = "s3")]
    &crate::s3::SERVICE,
    #[cfg(feature = "secretsmanager")]
    &crate::secretsmanager::SERVICE,
    #[cfg(feature = "sns")]
    &crate::sns::SERVICE,
    #[cfg(feature = "sqs")]
    &crate::sqs::SERVICE,
    #[cfg(feature = "ssm")]
    &crate::ssm::SERVICE,
    #[cfg(feature = "stepfunctions")]
    &crate::stepfunctions::SERVICE,
    &crate::sts::SERVICE,
];
