//! One connection: clients, account, classes of errors, and how often each call was made.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use dr_core::cloud::{CloudError, RequestWatch, Target};
use dr_core::region::GLOBAL;

use super::account::{Account, caller};
use super::again::{Repeats, only_looks, repeating};
use super::call::cloud_error;
use super::clients::Clients;
use super::errors::{CallPhase, Classes};

/// Reads the bytes of a package by its SHA-256, in lower-case hexadecimal.
pub type Packages = Arc<dyn Fn(&str) -> std::io::Result<Vec<u8>> + Send + Sync>;

/// What every call goes through.
pub(crate) struct Connection {
    pub(crate) clients: Clients,
    pub(crate) account: Account,
    pub(crate) classes: Classes,
    pub(crate) packages: Packages,
    calls: Mutex<BTreeMap<&'static str, u64>>,
    watch: Mutex<Option<Arc<dyn RequestWatch>>>,
}

impl Connection {
    /// Asks who the caller is. The configuration's retries and time-outs are replaced.
    ///
    /// # Errors
    /// When AWS does not take the credentials or cannot be reached.
    pub(crate) async fn new(config: SdkConfig, classes: Classes, packages: Packages) -> Result<Connection, CloudError> {
        let account = caller(&classes, &config).await?;
        Ok(Connection {
            clients: Clients::new(config),
            account,
            classes,
            packages,
            calls: Mutex::default(),
            watch: Mutex::default(),
        })
    }

    /// How often each call was made, e.g. `sqs:CreateQueue`. Pages of one list count once.
    pub(crate) fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks in a place for a sign of life. Who the caller is, every caller may ask.
    ///
    /// # Errors
    /// When there is none, or no good one.
    pub(crate) async fn reach(&self, place: &str) -> Result<(), CloudError> {
        let region = if place == GLOBAL { self.account.global_region() } else { place };
        let asked = self.clients.sts(region).get_caller_identity().send();
        self.call("sts:GetCallerIdentity", CallPhase::Look, asked).await.map(drop)
    }

    /// From now on this is asked and told about single requests.
    pub(crate) fn watched_by(&self, watch: Arc<dyn RequestWatch>) {
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    fn watch(&self) -> Option<Arc<dyn RequestWatch>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a call that is about no resource.
    ///
    /// # Errors
    /// What the service or the way to it answered, classified.
    pub(crate) async fn call<T, E>(
        &self,
        name: &'static str,
        phase: CallPhase,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        self.call_about(None, name, phase, call).await
    }

    /// Makes a call, counts it and classifies its error. One that changes something is made only while it may be.
    ///
    /// # Errors
    /// What the service or the way to it answered, classified.
    pub(crate) async fn call_about<T, E>(
        &self,
        at: Option<Target<'_>>,
        name: &'static str,
        phase: CallPhase,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        let watch = self.watch();
        let mut repeats = Repeats::of(name, phase);
        if let Some(watch) = watch.as_ref().filter(|_| !only_looks(name)) {
            watch.may_change().await?;
            if watch.can_be_taken_over() {
                repeats = Repeats::Never;
            }
        }
        let (result, again) = repeating(repeats, call).await;
        if let Some(watch) = watch {
            for one in again {
                watch.again(at, one.class, one.waited);
            }
        }
        result.map_err(|error| cloud_error(&self.classes, name, phase, error))
    }
}
