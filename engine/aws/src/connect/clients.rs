//! SDK clients: one per service and region, made when first used, all from one configuration.
//!
//! They share one connection pool and one cache of credentials. The SDK's retries are limited to what does no harm: a
//! creation whose reply was lost must be looked for, not repeated. Time-outs are on, so that no call hangs for ever.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
#[cfg(feature = "dynamodb")]
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use dr_core::value::Str;

use super::again::{Decide, retries};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole call may take. Long enough for the upload of a package.
const CALL: Duration = Duration::from_secs(60);

/// The configuration of the environment: variables, profiles, instance metadata.
pub(crate) async fn load() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}

/// The time-outs of every call.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build()
}

/// How long a small call may take that others wait for.
#[cfg(feature = "dynamodb")]
const SMALL_CALL: Duration = Duration::from_secs(10);

/// A configuration for small calls, which are not repeated by the SDK.
#[cfg(feature = "dynamodb")]
pub(crate) fn quick(config: SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(SMALL_CALL).build();
    config.into_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build()
}

/// Every service with clients of its own: feature, name, crate, and, where it needs one, a function that changes its
/// configuration. Hands all of them to a macro.
macro_rules! every_client {
    ($then:ident) => {
        $then! {
            "acm" acm aws_sdk_acm;
            "apigateway" apigateway aws_sdk_apigateway;
            "apigatewayv2" apigatewayv2 aws_sdk_apigatewayv2;
            "cloudwatch" cloudwatch aws_sdk_cloudwatch;
            "dynamodb" dynamodb aws_sdk_dynamodb;
            "ec2" ec2 aws_sdk_ec2;
            "elbv2" elbv2 aws_sdk_elasticloadbalancingv2;
            "events" events aws_sdk_eventbridge;
            "iam" iam aws_sdk_iam;
            "kms" kms aws_sdk_kms;
            "lambda" lambda aws_sdk_lambda;
            "logs" logs aws_sdk_cloudwatchlogs;
            "rds" rds aws_sdk_rds;
            "route53" route53 aws_sdk_route53;
            "s3" s3 aws_sdk_s3, path_style;
            "secretsmanager" secretsmanager aws_sdk_secretsmanager;
            "sns" sns aws_sdk_sns;
            "sqs" sqs aws_sdk_sqs;
            "ssm" ssm aws_sdk_ssm;
            "stepfunctions" stepfunctions aws_sdk_sfn;
        }
    };
}
pub(super) use every_client;

/// Declares the services' clients.
macro_rules! clients {
    ($($feature:literal $name:ident $sdk:ident $(, $tune:ident)?;)+) => {
        /// The clients that exist already, by region.
        #[derive(Default)]
        struct Made {
            $(#[cfg(feature = $feature)] $name: BTreeMap<Str, $sdk::Client>,)+
        }

        impl Clients {
            $(
                /// The service's client for a region.
                #[cfg(feature = $feature)]
                #[allow(dead_code, reason = "a client may be there before the first kind that uses it")]
                pub(crate) fn $name(&self, region: &str) -> $sdk::Client {
                    let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(client) = made.$name.get(region) {
                        return client.clone();
                    }
                    let builder = $sdk::config::Builder::from(&self.config).region(Region::new(region.to_owned()));
                    let builder = builder.interceptor(Decide::default());
                    $(let builder = $tune(builder, &self.config);)?
                    let client = $sdk::Client::from_conf(builder.build());
                    made.$name.insert(region.into(), client.clone());
                    client
                }
            )+
        }
    };
}

/// Every client, for every region.
pub(crate) struct Clients {
    config: SdkConfig,
    made: Mutex<Made>,
}

impl Clients {
    /// Takes the configuration over, with retries of ours alone.
    pub(crate) fn new(config: SdkConfig) -> Clients {
        let config = config.into_builder().retry_config(retries()).timeout_config(timeouts()).build();
        Clients { config, made: Mutex::default() }
    }

    /// The client that finds resources of all services by their tags.
    pub(crate) fn tagging(&self, region: &str) -> aws_sdk_resourcegroupstagging::Client {
        let builder = aws_sdk_resourcegroupstagging::config::Builder::from(&self.config);
        let builder = builder.interceptor(Decide::default()).region(Region::new(region.to_owned()));
        aws_sdk_resourcegroupstagging::Client::from_conf(builder.build())
    }

    /// The client that says who the caller is.
    pub(crate) fn sts(&self, region: &str) -> aws_sdk_sts::Client {
        let builder = aws_sdk_sts::config::Builder::from(&self.config);
        let builder = builder.interceptor(Decide::default()).region(Region::new(region.to_owned()));
        aws_sdk_sts::Client::from_conf(builder.build())
    }
}

every_client!(clients);

/// At an endpoint of its own, a bucket's name cannot be part of the host name.
#[cfg(feature = "s3")]
fn path_style(builder: aws_sdk_s3::config::Builder, config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    use aws_types::service_config::ServiceConfigKey;
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_s3 = key.ok().and_then(|key| config.service_config()?.load_config(key));
    builder.force_path_style(of_s3.is_some() || config.endpoint_url().is_some())
}
