//! What a lifecycle may use: clients, where it is, and `call`, which turns an SDK's error into the engine's.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass};

use crate::Aws;
use crate::classify::{by_status, classify};
use crate::clients::Clients;

/// What a lifecycle function is there for. It decides what "not found" means: while something is made, that a new
/// resource is not visible yet; otherwise, that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Create, configure, settle, update.
    Make,
    /// Find, read, delete, deleted, look up.
    Look,
}

/// The surroundings of one lifecycle call. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    aws: &'a Aws,
    region: &'a str,
    address: &'a Address,
    phase: Phase,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(aws: &'a Aws, region: &'a str, address: &'a Address, phase: Phase) -> Cx<'a> {
        Cx { aws, region, address, phase }
    }

    /// The same in another region.
    pub(crate) fn at(&self, region: &'a str) -> Cx<'a> {
        Cx { region, ..*self }
    }

    /// The same, where something that is not found is gone or was never there. For questions asked while something is
    /// made: "is this name taken?".
    pub(crate) fn looking(&self) -> Cx<'a> {
        Cx { phase: Phase::Look, ..*self }
    }

    /// The region that calls go to. For kinds that are global, the partition's region for global services.
    pub(crate) fn region(&self) -> &'a str {
        self.region
    }

    /// The account's number.
    pub(crate) fn account(&self) -> &'a str {
        &self.aws.identity.account
    }

    /// The resource's address.
    pub(crate) fn address(&self) -> &'a Address {
        self.address
    }

    pub(crate) fn clients(&self) -> &'a Clients {
        &self.aws.clients
    }

    /// An ARN in this region and account. Global services leave the region out, S3 also the account, API Gateway only
    /// the account.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let (region, account) = match service {
            "s3" => ("", ""),
            "route53" => ("", ""),
            "apigateway" => (self.region, ""),
            "iam" | "sts" => ("", self.account()),
            _ => (self.region, self.account()),
        };
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.aws.partition)
    }

    #[cfg_attr(not(feature = "lambda"), expect(dead_code, reason = "only functions have packages"))]
    /// The bytes of a package that an argument names as `sha256:<hex>`.
    ///
    /// # Errors
    /// When it is named otherwise or cannot be read.
    pub(crate) fn package(&self, name: &str) -> Result<Vec<u8>, CloudError> {
        let why = match name.strip_prefix("sha256:") {
            None => format!("{}: `{name}` is no package; make one with `package(folder)`", self.address),
            Some(sha256) => match (self.aws.packages)(sha256) {
                Ok(bytes) => return Ok(bytes),
                Err(error) => format!("{}: cannot read package {name}: {error}", self.address),
            },
        };
        Err(CloudError::new(ErrorClass::Invalid, "package", "NoPackage", why))
    }

    /// Makes a call and names it `service:Operation`, as IAM does.
    ///
    /// # Errors
    /// What the service or the way to it answered, classified.
    pub(crate) async fn call<T, E>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        self.aws.call(name, self.phase, call).await
    }

    /// The error of a reply that lacks what it must have.
    pub(crate) fn incomplete(&self, call: &str, lacks: &str) -> CloudError {
        let why = format!("{}: the reply has no {lacks}", self.address);
        // The call itself was answered: whatever it was to do is done.
        CloudError { maybe_done: true, ..CloudError::new(ErrorClass::Transient, call, "IncompleteReply", why) }
    }

    #[cfg_attr(not(any(feature = "ec2", feature = "events")), expect(dead_code, reason = "few refuse inside a reply"))]
    /// The error that a reply holds about one of several things it is about.
    pub(crate) fn refused(&self, call: &str, code: &str, message: &str) -> CloudError {
        CloudError::new(classify(call, self.phase, 400, code, message), call, code, message)
    }

    /// The error of something that exists and belongs to somebody else.
    pub(crate) fn not_ours(&self, call: &str, what: &str) -> CloudError {
        let why = format!("{what} exists already and was not made by this operation ({})", self.address);
        CloudError::new(ErrorClass::Exists, call, "NotOurs", why)
    }
}

/// A number as the SDKs take it. The schemas keep all of them within 32 bits.
#[allow(dead_code, reason = "not every service has such numbers")]
pub(crate) fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What an answer says about something that may be gone.
pub(crate) trait MayBeGone<T> {
    /// `None` when the error means "gone".
    ///
    /// # Errors
    /// Any other error.
    fn found(self) -> Result<Option<T>, CloudError>;
}

impl<T> MayBeGone<T> for Result<T, CloudError> {
    fn found(self) -> Result<Option<T>, CloudError> {
        match self {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.class == ErrorClass::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// An SDK's error in the engine's words.
pub(crate) fn cloud_error<E>(call: &str, phase: Phase, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let lost = |code: &str, message: String| CloudError {
        maybe_done: true,
        ..CloudError::new(ErrorClass::Transient, call, code, message)
    };
    match &error {
        SdkError::TimeoutError(_) => lost("Timeout", chain(&error)),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => lost("Timeout", chain(&error)),
        SdkError::DispatchFailure(failure) if failure.is_io() => lost("ConnectionFailed", chain(&error)),
        SdkError::DispatchFailure(failure) if failure.as_other().is_some() => lost("ConnectionFailed", chain(&error)),
        // Nothing was sent: the credentials, or the request itself.
        SdkError::DispatchFailure(_) => CloudError::new(ErrorClass::Denied, call, "NotSent", chain(&error)),
        SdkError::ConstructionFailure(_) => CloudError::new(ErrorClass::Invalid, call, "NotSent", chain(&error)),
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            let class = by_status(status).unwrap_or(ErrorClass::Transient);
            CloudError {
                maybe_done: !(400..500).contains(&status),
                ..CloudError::new(class, call, &format!("HTTP{status}"), chain(&error))
            }
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let message = service.err().message().map_or_else(|| chain(&error), str::to_owned);
            let code = service.err().code().map_or_else(|| format!("HTTP{status}"), str::to_owned);
            let class = classify(call, phase, status, &code, &message);
            CloudError {
                retry_after: retry_after(service.raw()),
                maybe_done: status >= 500 && class == ErrorClass::Transient,
                ..CloudError::new(class, call, &code, message)
            }
        }
        other => CloudError::new(ErrorClass::Invalid, call, "Unknown", chain(other)),
    }
}

/// How long the service asks to wait: whole seconds, or milliseconds in Amazon's own header.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name| response.headers().get(name)?.trim().parse::<u64>().ok();
    number("x-amz-retry-after").map(Duration::from_millis).or(number("retry-after").map(Duration::from_secs))
}

/// An error with all its causes. SDK errors say nothing useful on their outside.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
