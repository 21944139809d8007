//! How AWS does it: the cloud `aws`, through the official SDK.
//!
//! One folder per service and one file per kind, named like those of `dr-kinds`. A kind's file holds its [`Lifecycle`]
//! and nothing else; what all kinds share is here:
//!
//! - [`lifecycle`]: the contract of a kind, and how a typed kind becomes one that the engine can call;
//! - [`cx`]: what a lifecycle may use: clients, its region and account, `call`, which turns SDK errors into ours;
//! - [`classify`]: what each service's error codes mean, as data;
//! - [`tags`]: identity and user tags, in every service's own types;
//! - [`clients`]: one SDK client per service and region, all over one connection pool;
//! - [`sweep`]: everything that carries an environment's tags.
//!
//! Invariants. The SDK retries nothing: a lost reply is the engine's to resolve, with `find`. No function waits: what
//! takes time is looked at again by the engine. A token that a service takes for repeating a call is the operation's
//! id, never left for the SDK to make up.

mod classify;
mod clients;
mod cx;
mod lifecycle;
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

use std::collections::BTreeMap;
use std::error::Error;
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use dr_core::cloud::{Cloud, CloudError, CloudResult, ErrorClass, Found, Identity, Intent, Live, Settled, Target};
use dr_core::schema::Place;
use dr_core::value::{Map, Str, Value};

use crate::clients::Clients;
use crate::cx::{Cx, Phase, cloud_error};
use crate::lifecycle::{Erased, ErasedLookUp, Service};

/// What every service offers. One line per service.
const SERVICES: &[&Service] = &[
    #[cfg(feature = "acm")]
    &acm::SERVICE,
    #[cfg(feature = "apigateway")]
    &apigateway::SERVICE,
    #[cfg(feature = "apigatewayv2")]
    &apigatewayv2::SERVICE,
    #[cfg(feature = "cloudwatch")]
    &cloudwatch::SERVICE,
    #[cfg(feature = "dynamodb")]
    &dynamodb::SERVICE,
    #[cfg(feature = "ec2")]
    &ec2::SERVICE,
    #[cfg(feature = "elbv2")]
    &elbv2::SERVICE,
    #[cfg(feature = "events")]
    &events::SERVICE,
    #[cfg(feature = "iam")]
    &iam::SERVICE,
    #[cfg(feature = "kms")]
    &kms::SERVICE,
    #[cfg(feature = "lambda")]
    &lambda::SERVICE,
    #[cfg(feature = "logs")]
    &logs::SERVICE,
    #[cfg(feature = "rds")]
    &rds::SERVICE,
    #[cfg(feature = "route53")]
    &route53::SERVICE,
    #[cfg(feature = "s3")]
    &s3::SERVICE,
    #[cfg(feature = "secretsmanager")]
    &secretsmanager::SERVICE,
    #[cfg(feature = "sns")]
    &sns::SERVICE,
    #[cfg(feature = "sqs")]
    &sqs::SERVICE,
    #[cfg(feature = "ssm")]
    &ssm::SERVICE,
    #[cfg(feature = "stepfunctions")]
    &stepfunctions::SERVICE,
    &sts::SERVICE,
];

/// Reads the bytes of a package by its SHA-256, in lower-case hexadecimal.
pub type Packages = Arc<dyn Fn(&str) -> std::io::Result<Vec<u8>> + Send + Sync>;

/// The cloud `aws`.
pub struct Aws {
    clients: Clients,
    identity: Identity,
    /// `aws`, `aws-cn` or `aws-us-gov`: the second part of every ARN.
    partition: String,
    packages: Packages,
    kinds: BTreeMap<&'static str, &'static dyn Erased>,
    look_ups: BTreeMap<&'static str, &'static dyn ErasedLookUp>,
    calls: Mutex<BTreeMap<&'static str, u64>>,
}

impl Aws {
    /// Connects with the standard credential chain, configuration files and `AWS_…` variables, `AWS_ENDPOINT_URL`
    /// among them, and asks who the caller is.
    ///
    /// # Errors
    /// When there are no credentials, or AWS does not take them or cannot be reached.
    pub async fn connect(packages: Packages) -> Result<Aws, CloudError> {
        Aws::with_config(clients::load().await, packages).await
    }

    /// Like [`Aws::connect`], with a configuration of one's own. Its retries and time-outs are replaced.
    ///
    /// # Errors
    /// When AWS does not take the credentials or cannot be reached.
    pub async fn with_config(config: SdkConfig, packages: Packages) -> Result<Aws, CloudError> {
        let caller = clients::caller(&config).await?;
        let identity = Identity {
            cloud: "aws".into(),
            account: caller.account.into(),
            endpoint: config.endpoint_url().map(Str::from),
        };
        Ok(Aws {
            clients: Clients::new(config),
            identity,
            partition: caller.partition,
            packages,
            kinds: SERVICES.iter().flat_map(|s| s.kinds).map(|kind| (kind.kind().name, *kind)).collect(),
            look_ups: SERVICES.iter().flat_map(|s| s.look_ups).map(|l| (l.kind().name, *l)).collect(),
            calls: Mutex::default(),
        })
    }

    /// How often each call was made since [`Aws::connect`], e.g. `sqs:CreateQueue`. Pages of one list count once.
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a call, counts it and classifies its error.
    async fn call<T, E>(
        &self,
        name: &'static str,
        phase: Phase,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        call.await.map_err(|error| cloud_error(name, phase, error))
    }

    /// The region that global services are called in.
    fn global_region(&self) -> &'static str {
        match self.partition.as_str() {
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            _ => "us-east-1",
        }
    }

    fn cx<'a>(&'a self, at: Target<'a>, phase: Phase) -> Result<Cx<'a>, CloudError> {
        let region = match (at.kind.place, at.region) {
            (Place::Global, _) => self.global_region(),
            (_, Some(region)) => region,
            (_, None) => {
                let why = format!("{} has no region; give it one, or its component", at.address);
                return Err(CloudError::new(ErrorClass::Invalid, at.kind.name, "NoRegion", why));
            }
        };
        Ok(Cx::new(self, region, at.address, phase))
    }

    fn kind<'a>(&'a self, at: Target<'a>, phase: Phase) -> Result<(&'static dyn Erased, Cx<'a>), CloudError> {
        let kind = self.kinds.get(at.kind.name).copied().ok_or_else(|| unknown(at))?;
        Ok((kind, self.cx(at, phase)?))
    }
}

fn unknown(at: Target<'_>) -> CloudError {
    let why =
        format!("this build of `dr` does not know how AWS does {}; it was built without its service", at.kind.name);
    CloudError::new(ErrorClass::Invalid, at.kind.name, "UnknownKind", why)
}

/// Hands a call over to the kind, or fails at once.
macro_rules! dispatch {
    ($self:ident, $at:ident, $phase:ident, $function:ident($($arg:expr),*)) => {
        match $self.kind($at, Phase::$phase) {
            Ok((kind, cx)) => kind.$function(cx, $($arg),*),
            Err(error) => Box::pin(ready(Err(error))),
        }
    };
}

impl Cloud for Aws {
    fn identify(&self) -> CloudResult<'_, Identity> {
        Box::pin(ready(Ok(self.identity.clone())))
    }

    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        dispatch!(self, at, Look, find(args, intent))
    }

    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        dispatch!(self, at, Make, create(args, intent))
    }

    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        dispatch!(self, at, Make, configure(id, args, intent))
    }

    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled> {
        dispatch!(self, at, Make, settle(id, args))
    }

    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        dispatch!(self, at, Look, read(id, last))
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        old: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        dispatch!(self, at, Make, update(id, old, new))
    }

    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()> {
        dispatch!(self, at, Look, delete(id, last))
    }

    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled> {
        dispatch!(self, at, Look, deleted(id, last))
    }

    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        let ready_to_ask = self
            .look_ups
            .get(at.kind.name)
            .copied()
            .ok_or_else(|| unknown(at))
            .and_then(|look_up| Ok((look_up, self.cx(at, Phase::Look)?)));
        match ready_to_ask {
            Ok((look_up, cx)) => look_up.look_up(cx, args),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn sweep<'a>(&'a self, program: &'a str, environment: &'a str, regions: &'a [Str]) -> CloudResult<'a, Vec<Found>> {
        Box::pin(sweep::sweep(self, program, environment, regions))
    }
}
