//! What a call gives: an SDK's error in the engine's words.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use dr_core::cloud::{CloudError, ErrorClass};

use super::errors::{CallPhase, Classes, by_status};

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
pub(crate) fn cloud_error<E>(
    classes: &Classes,
    call: &str,
    phase: CallPhase,
    error: SdkError<E, HttpResponse>,
) -> CloudError
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
            if (200..300).contains(&status) && service.err().code().is_none() {
                // It was taken, and what came of it cannot be read.
                return lost("UnreadableReply", chain(&error));
            }
            let message = service.err().message().map_or_else(|| chain(&error), str::to_owned);
            let code = service.err().code().map_or_else(|| format!("HTTP{status}"), str::to_owned);
            let class = classes.classify(call, phase, status, &code, &message);
            // A service that says by its own code that it is not there has done nothing. Any other failure may be a late one.
            let refused = status == 503 && service.err().code().is_some();
            CloudError {
                retry_after: retry_after(service.raw()),
                maybe_done: !(400..500).contains(&status) && class == ErrorClass::Transient && !refused,
                ..CloudError::new(class, call, &code, message)
            }
        }
        other => CloudError::new(ErrorClass::Invalid, call, "Unknown", chain(other)),
    }
}

/// How long the service asks to wait: whole seconds, or milliseconds in Amazon's own header.
pub(super) fn retry_after(response: &HttpResponse) -> Option<Duration> {
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
