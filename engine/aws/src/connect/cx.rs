//! What a lifecycle may use: clients, where it is, and `call`, which turns an SDK's error into the engine's.

use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass, Target};

use super::clients::every_client;
use super::connection::Connection;
use super::errors::CallPhase;

/// The surroundings of one lifecycle call. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    connection: &'a Connection,
    region: &'a str,
    at: Target<'a>,
    phase: CallPhase,
    /// Set when a call is made.
    called: Option<&'a AtomicBool>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(connection: &'a Connection, region: &'a str, at: Target<'a>, phase: CallPhase) -> Cx<'a> {
        Cx { connection, region, at, phase, called: None }
    }

    /// The same in another region.
    pub(crate) fn at(&self, region: &'a str) -> Cx<'a> {
        Cx { region, ..*self }
    }

    /// The same, where something that is not found is gone or was never there. For questions asked while something is
    /// made: "is this name taken?".
    pub(crate) fn looking(&self) -> Cx<'a> {
        Cx { phase: CallPhase::Look, ..*self }
    }

    /// The same, which takes note there that a call was made.
    pub(crate) fn noting<'b>(&self, called: &'b AtomicBool) -> Cx<'b>
    where
        'a: 'b,
    {
        Cx { connection: self.connection, region: self.region, at: self.at, phase: self.phase, called: Some(called) }
    }

    /// The region that calls go to. For kinds that are global, the partition's region for global services.
    pub(crate) fn region(&self) -> &'a str {
        self.region
    }

    /// The account's number.
    pub(crate) fn account(&self) -> &'a str {
        &self.connection.account.number
    }

    /// The resource's address.
    pub(crate) fn address(&self) -> &'a Address {
        self.at.address
    }

    /// An ARN in this region and account.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        self.connection.account.arn(service, self.region, resource)
    }

    #[cfg_attr(not(feature = "lambda"), expect(dead_code, reason = "only functions have packages"))]
    /// The bytes of a package that an argument names as `sha256:<hex>`.
    ///
    /// # Errors
    /// When it is named otherwise or cannot be read.
    pub(crate) fn package(&self, name: &str) -> Result<Vec<u8>, CloudError> {
        let why = match name.strip_prefix("sha256:") {
            None => format!("{}: `{name}` is no package; make one with `package(folder)`", self.at.address),
            Some(sha256) => match (self.connection.packages)(sha256) {
                Ok(bytes) => return Ok(bytes),
                Err(error) => format!("{}: cannot read package {name}: {error}", self.at.address),
            },
        };
        Err(CloudError::new(ErrorClass::Invalid, "package", "NoPackage", why))
    }

    /// The client that finds resources of all services by their tags.
    #[cfg_attr(not(feature = "kms"), expect(dead_code, reason = "only keys are found by their tags alone"))]
    pub(crate) fn tagging(&self) -> aws_sdk_resourcegroupstagging::Client {
        self.connection.clients.tagging(self.region)
    }

    /// The client that says who the caller is.
    pub(crate) fn sts(&self) -> aws_sdk_sts::Client {
        self.connection.clients.sts(self.region)
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
        if let Some(called) = self.called {
            called.store(true, Ordering::Relaxed);
        }
        self.connection.call_about(Some(self.at), name, self.phase, call).await
    }

    /// The error of a reply that lacks what it must have.
    pub(crate) fn incomplete(&self, call: &str, lacks: &str) -> CloudError {
        let why = format!("{}: the reply has no {lacks}", self.at.address);
        // The call itself was answered: whatever it was to do is done.
        CloudError { maybe_done: true, ..CloudError::new(ErrorClass::Transient, call, "IncompleteReply", why) }
    }

    #[cfg_attr(not(any(feature = "ec2", feature = "events")), expect(dead_code, reason = "few refuse inside a reply"))]
    /// The error that a reply holds about one of several things it is about.
    pub(crate) fn refused(&self, call: &str, code: &str, message: &str) -> CloudError {
        CloudError::new(self.class(call, 400, code, message), call, code, message)
    }

    /// The class of an error that a reply holds, where its status is not the reply's.
    pub(crate) fn class(&self, call: &str, status: u16, code: &str, message: &str) -> ErrorClass {
        self.connection.classes.classify(call, self.phase, status, code, message)
    }

    /// The error of something that exists and belongs to somebody else.
    pub(crate) fn not_ours(&self, call: &str, what: &str) -> CloudError {
        let why = format!("{what} exists already and was not made by this operation ({})", self.at.address);
        CloudError::new(ErrorClass::Exists, call, "NotOurs", why)
    }
}

/// Declares the clients of a context.
macro_rules! clients_here {
    ($($feature:literal $name:ident $sdk:ident $(, $tune:ident)?;)+) => {
        impl Cx<'_> {
            $(
                /// The service's client, in the region of this context.
                #[cfg(feature = $feature)]
                #[allow(dead_code, reason = "a client may be there before the first kind that uses it")]
                pub(crate) fn $name(&self) -> $sdk::Client {
                    self.connection.clients.$name(self.region)
                }
            )+
        }
    };
}

every_client!(clients_here);

/// A number as the SDKs take it. The schemas keep all of them within 32 bits.
#[allow(dead_code, reason = "not every service has such numbers")]
pub(crate) fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
