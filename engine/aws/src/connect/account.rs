//! Who the caller is: the account, and what its partition means for ARNs and for global services.

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use dr_core::cloud::{CloudError, ErrorClass};

use super::call::cloud_error;
use super::clients::timeouts;
use super::errors::{CallPhase, Classes};

/// Who the caller is.
#[derive(Debug)]
pub(crate) struct Account {
    /// The account's number.
    pub(crate) number: String,
    /// `aws`, `aws-cn` or `aws-us-gov`: the second part of every ARN.
    pub(crate) partition: String,
}

impl Account {
    /// The region that global services are called in.
    pub(crate) fn global_region(&self) -> &'static str {
        match self.partition.as_str() {
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            _ => "us-east-1",
        }
    }

    /// An ARN in a region. Global services leave the region out, S3 also the account, API Gateway only the account.
    pub(crate) fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        let (region, account) = match service {
            "s3" => ("", ""),
            "route53" => ("", ""),
            "apigateway" => (region, ""),
            "iam" | "sts" => ("", &*self.number),
            _ => (region, &*self.number),
        };
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition)
    }
}

/// Asks who the caller is. Asking twice does no harm, so here the SDK may retry.
pub(crate) async fn caller(classes: &Classes, config: &SdkConfig) -> Result<Account, CloudError> {
    const CALL_NAME: &str = "sts:GetCallerIdentity";
    let region = config.region().cloned().unwrap_or(Region::from_static("us-east-1"));
    let config = aws_sdk_sts::config::Builder::from(config)
        .region(region)
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build();
    let reply = aws_sdk_sts::Client::from_conf(config).get_caller_identity().send().await;
    let reply = reply.map_err(|error| cloud_error(classes, CALL_NAME, CallPhase::Look, error))?;
    let partition = reply.arn().and_then(|arn| arn.split(':').nth(1));
    match (reply.account(), partition) {
        (Some(account), Some(partition)) => Ok(Account { number: account.to_owned(), partition: partition.to_owned() }),
        _ => {
            let why = "the reply names no account";
            Err(CloudError::new(ErrorClass::Invalid, CALL_NAME, "IncompleteReply", why))
        }
    }
}
