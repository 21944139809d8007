//! Single requests that failed and are made again at once: the rest of a call need not be repeated for one of its requests.
//!
//! The SDK makes them again, as it does for everybody, and this file says which:
//!
//! - one that only looks, and one that sets something to what it is to be: whatever failed;
//! - any other: only when the service said that it did nothing (too many calls, or not there for the moment). A creation
//!   whose reply was lost is a matter of the engine, which looks for it.
//!
//! A region that has never answered is left to the engine, too, which finds out whether it is there; so is a service that
//! says how long to wait. The engine is told
//! what was made again, and after a few times it gets the failure.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry as _, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::{ErrorKind, RetryConfig};
use dr_core::cloud::ErrorClass;

use super::call::retry_after;
use super::errors::CallPhase;

/// How often one request is sent before the engine gets the failure.
const ATTEMPTS: u32 = 5;
/// The longest first delay: each is drawn between nothing and a bound that doubles.
const FIRST: Duration = Duration::from_millis(200);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(2);

/// Which requests of a call may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// Whatever failed.
    Always,
    /// Those that had no effect for certain.
    Refused,
    /// None: the engine waits for an answer only shortly, or has to look first whether the state is still its own.
    Never,
}

impl Repeats {
    /// By a call's name, e.g. `sqs:CreateQueue`, and what it is made for.
    pub(super) fn of(call: &str, phase: CallPhase) -> Repeats {
        if phase == CallPhase::Ask {
            return Repeats::Never;
        }
        let (service, operation) = call.split_once(':').unwrap_or(("", call));
        let starts = |verbs: &[&str]| verbs.iter().any(|verb| operation.starts_with(verb));
        // In API Gateway's first version, what is put must not be there yet.
        let sets = starts(&["Put", "Tag", "AddTags", "CreateTags", "Set", "Enable"]) && service != "apigateway";
        if only_looks(call) || sets { Repeats::Always } else { Repeats::Refused }
    }
}

/// Whether a call changes nothing.
pub(super) fn only_looks(call: &str) -> bool {
    let operation = call.split_once(':').map_or(call, |(_, operation)| operation);
    ["Describe", "Get", "List", "Head", "Lookup"].iter().any(|verb| operation.starts_with(verb))
}

/// A request that failed and was made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Again {
    pub(super) class: ErrorClass,
    /// From its failure to the next attempt.
    pub(super) waited: Duration,
}

/// What is known of the requests of one call while it is under way.
#[derive(Debug)]
pub(super) struct CallRequests {
    repeats: Repeats,
    failed: Option<(ErrorClass, Instant)>,
    again: Vec<Again>,
}

tokio::task_local! {
    /// The call that is under way in this task.
    static CALL: RefCell<CallRequests>;
}

/// Makes a call whose requests may be made again. Gives what was.
pub(super) async fn repeating<T>(repeats: Repeats, call: impl Future<Output = T>) -> (T, Vec<Again>) {
    let requests = RefCell::new(CallRequests { repeats, failed: None, again: Vec::new() });
    let told = async {
        let result = call.await;
        (result, CALL.with(|requests| std::mem::take(&mut requests.borrow_mut().again)))
    };
    CALL.scope(requests, told).await
}

/// The retries of a client, as far as this file allows them.
pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST).with_max_backoff(LONGEST)
}

/// Decides which calls are repeated, for one client: a client belongs to one service in one region.
#[derive(Debug, Default)]
pub(super) struct Decide {
    /// Whether anything ever answered.
    heard: AtomicBool,
}

impl Intercept for Decide {
    fn name(&self) -> &'static str {
        "Decide"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Whatever is called otherwise is not ours to repeat.
        if CALL.try_with(|_| ()).is_err() {
            config.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = CALL.try_with(|requests| {
            let mut requests = requests.borrow_mut();
            if let Some((class, at)) = requests.failed.take() {
                requests.again.push(Again { class, waited: at.elapsed() });
            }
        });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let has_answered = context.response().is_some();
        if has_answered {
            self.heard.store(true, Ordering::Relaxed);
        }
        // The SDK's classifiers say whether a failure may pass. As in the SDK, the last one that says anything counts.
        let says = components.retry_classifiers().map(|classifier| classifier.classify_retry(context.inner()));
        let why = says.filter(|action| *action != RetryAction::NoActionIndicated).last();
        let Some(RetryAction::RetryIndicated(RetryReason::RetryableError { kind, .. })) = why else { return Ok(()) };
        let class = if kind == ErrorKind::ThrottlingError { ErrorClass::Throttled } else { ErrorClass::Transient };
        let _ = CALL.try_with(|requests| {
            let mut requests = requests.borrow_mut();
            let had_no_effect = class == ErrorClass::Throttled || context.response().is_some_and(is_refusal);
            let repeats = match requests.repeats {
                _ if context.response().is_some_and(|response| retry_after(response).is_some()) => false,
                Repeats::Always => self.heard.load(Ordering::Relaxed),
                Repeats::Refused => had_no_effect,
                Repeats::Never => false,
            };
            if repeats {
                requests.failed = Some((class, Instant::now()));
            } else {
                config.interceptor_state().store_put(RetryConfig::disabled());
            }
        });
        Ok(())
    }
}

/// Whether a service says by its own code that it is not there for the moment. Whatever stands before it may say so, too,
/// and know nothing of what became of the request.
fn is_refusal(response: &HttpResponse) -> bool {
    let says =
        |body: &[u8]| ["<Code>", "__type"].iter().any(|mark| body.windows(mark.len()).any(|w| w == mark.as_bytes()));
    response.status().as_u16() == 503
        && (response.headers().contains_key("x-amzn-errortype") || response.body().bytes().is_some_and(says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_or_sets_is_repeated_and_nothing_that_makes_or_deletes() {
        for (call, repeats) in [
            ("ec2:DescribeVpcs", Repeats::Always),
            ("s3:PutBucketVersioning", Repeats::Always),
            ("sqs:TagQueue", Repeats::Always),
            ("apigateway:PutMethod", Repeats::Refused),
            ("apigateway:GetMethod", Repeats::Always),
            ("ec2:CreateVpc", Repeats::Refused),
            ("ec2:CreateTags", Repeats::Always),
            ("iam:DeleteRole", Repeats::Refused),
            ("ec2:RevokeSecurityGroupEgress", Repeats::Refused),
            ("rds:ModifyDBCluster", Repeats::Refused),
        ] {
            assert_eq!(Repeats::of(call, CallPhase::Make), repeats, "{call}");
        }
        assert_eq!(Repeats::of("ec2:DescribeVpcs", CallPhase::Ask), Repeats::Never);
        assert!(only_looks("s3:HeadBucket") && !only_looks("s3:PutBucketTagging"));
    }
}
