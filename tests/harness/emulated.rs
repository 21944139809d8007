//! AWS as the emulators give it, for the harness: which emulator is asked for which kind, what it cannot show, and a
//! cloud that notes which calls each of the engine's calls makes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use dr_aws::Aws;
use dr_core::cloud::{
    BatchItem, Cloud, CloudResult, Identity, Intent, Live, Owner, Settled, Sought, TaggedResource, Target,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::value::{Map, Str, Value};
use dr_tests_support::{ACCOUNT, Mode};

use crate::life::Part;
use crate::room::Failure;

/// Kinds whose examples need our patches of moto, and what stock moto lacks. What is shown here is shown by patches.
const PATCHED: &[(&str, &str)] = &[
    ("apigateway.deployment", "stock moto fails when asked for a deployment that is gone, and changes none"),
    ("apigateway.domain_name", "stock moto does not change or tag domain names, and makes a second one of a name"),
    ("apigateway.integration", "stock moto does not change integrations"),
    ("apigateway.mapping", "stock moto fails when asked for the mapping of a domain name that has none"),
    ("apigateway.method", "stock moto does not change methods"),
    ("apigateway.rest_api", "stock moto drops media types, does not tag APIs, and changes few of their settings"),
    ("apigateway.stage", "stock moto does not take settings of methods away"),
    ("apigatewayv2.domain_name", "stock moto gives domain names nothing to point to, and does not change them"),
    ("apigatewayv2.mapping", "stock moto gives domain names nothing to point to, and does not change mappings"),
    ("apigatewayv2.stage", "stock moto does not change stages"),
    ("ec2.nat_gateway", "stock moto does not free the address of a gateway that is deleted, nor its interface"),
    ("ec2.route", "stock moto leaves the interface of a NAT gateway behind"),
    ("ec2.route_table_association", "stock moto does not know tables by their gateways"),
    ("ec2.flow_log", S3),
    ("ec2.vpc_endpoint", "stock moto fails to delete a gateway endpoint whose route tables were changed"),
    ("ec2.vpc_peering_accepter", "stock moto has one set of tags for both sides of a peering"),
    ("dynamodb.table_replica", "stock moto takes the creation of a replica and does nothing"),
    ("elbv2.load_balancer", S3),
    ("events.bus", "stock moto does not change buses"),
    ("kms.replica_key", "stock moto drops what a replica is given"),
    ("lambda.concurrency", "stock moto provisions no instances"),
    ("rds.cluster", "stock moto knows a global cluster in one region only, and drops some settings of a cluster"),
    ("rds.cluster_instance", "stock moto does not say whether an instance records its load"),
    ("rds.cluster_parameter_group", "stock moto does not reset parameters"),
    ("rds.engine_version", "stock moto lists no versions"),
    ("rds.global_cluster", "stock moto does not tag global clusters or change them"),
    ("rds.subnet_group", "stock moto loses a group that is changed"),
    ("route53.record", "stock moto deletes every record set of the same set identifier"),
    ("s3.bucket", S3),
    ("s3.bucket_policy", S3),
    ("s3.bucket_replication", S3),
    ("secretsmanager.rotation", "stock moto calls the function, which takes Docker"),
];
const S3: &str = "stock moto names the outermost elements of its answers so that the SDK for Rust cannot read them";

/// What an emulator cannot show, and why. Everything else must hold.
const CANNOT: &[(&str, Part, &str)] = &[
    ("acm.certificate_validation", Part::Deletion, "not the emulator: there is nothing but the certificate"),
    (
        "ec2.vpc_peering_accepter",
        Part::Deletion,
        "not the emulator: what was accepted is not taken back, and ends with the peering",
    ),
    (
        "lambda.event_source_mapping",
        Part::Foreign,
        "moto makes a second mapping of the same source to the same function, which Lambda refuses",
    ),
    (
        "secretsmanager.secret_version",
        Part::Deletion,
        "not the emulator: a version goes with its secret, and keeps its label until then",
    ),
];

/// Kinds whose tags moto's Resource Groups Tagging API does not tell, so that nobody is their owner there.
const UNTOLD: &[&str] = &[
    "apigateway.domain_name",
    "apigateway.rest_api",
    "apigateway.stage",
    "apigatewayv2.api",
    "apigatewayv2.domain_name",
    "apigatewayv2.stage",
    "cloudwatch.composite_alarm",
    "cloudwatch.metric_alarm",
    "elbv2.listener",
    "events.rule",
    "iam.policy",
    "lambda.event_source_mapping",
    "rds.cluster_parameter_group",
    "rds.global_cluster",
    "rds.subnet_group",
    "route53.health_check",
    "route53.zone",
];

/// Which moto leads the example of a kind through its life.
pub(crate) fn mode(kind: &str) -> Mode {
    if PATCHED.iter().any(|(patched, _)| *patched == kind) { Mode::Patched } else { Mode::Stock }
}

/// The parts of the life that the emulators cannot show for a kind.
pub(crate) fn cannot(kind: &str) -> Vec<Part> {
    let untold = UNTOLD.iter().filter(|name| **name == kind).map(|_| Part::Owner);
    CANNOT.iter().filter(|(name, ..)| *name == kind).map(|(_, part, _)| *part).chain(untold).collect()
}

/// Calls of AWS that one call of the engine made: how often each.
type Made = BTreeMap<&'static str, u64>;

/// AWS's calls by kind and operation; of each the time that took the most.
pub(crate) type Noted = BTreeMap<(&'static str, &'static str), Made>;

/// AWS, and what it is asked. Exact only while one call at a time is made.
pub(crate) struct Noting {
    aws: Aws,
    noted: Mutex<Noted>,
}

impl Noting {
    /// AWS at an endpoint, with the account that the emulators speak of; nothing of the process's environment counts.
    pub(crate) async fn connect(endpoint: &str, state_dir: &Path) -> Result<Noting, Failure> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(ACCOUNT, "none", None, None, "test"))
            .region("us-east-1")
            .endpoint_url(endpoint)
            .load()
            .await;
        let state_dir = state_dir.to_owned();
        let packages = move |sha256: &str| dr_local::read_package(&state_dir, sha256);
        let aws = Aws::with_config(config, Arc::new(packages)).await?;
        Ok(Noting { aws, noted: Mutex::default() })
    }

    /// What was noted.
    pub(crate) fn noted(&self) -> Noted {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn note<T>(
        &self,
        at: Target<'_>,
        op: &'static str,
        call: CloudResult<'_, T>,
    ) -> Result<T, dr_core::cloud::CloudError> {
        let before = self.aws.calls();
        let result = call.await;
        let since = |(name, count): (&'static str, u64)| {
            let more = count - before.get(name).copied().unwrap_or_default();
            (more > 0).then_some((name, more))
        };
        let made: Made = self.aws.calls().into_iter().filter_map(since).collect();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let most = noted.entry((at.kind.name, op)).or_default();
        if made.values().sum::<u64>() > most.values().sum() {
            *most = made;
        }
        result
    }
}

impl Cloud for Noting {
    fn identify(&self) -> CloudResult<'_, Identity> {
        self.aws.identify()
    }

    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        Box::pin(self.note(at, "find", self.aws.find(at, args, intent)))
    }

    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        Box::pin(self.note(at, "create", self.aws.create(at, args, intent)))
    }

    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, bool> {
        Box::pin(self.note(at, "configure", self.aws.configure(at, id, args, intent)))
    }

    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(self.note(at, "settle", self.aws.settle(at, id, args)))
    }

    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        Box::pin(self.note(at, "read", self.aws.read(at, id, last)))
    }

    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, live: &'a Live) -> CloudResult<'a, Option<Owner>> {
        self.aws.owner(at, id, live)
    }

    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        Box::pin(self.note(at, "claim", self.aws.claim(at, id, args, intent)))
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        old: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        Box::pin(self.note(at, "update", self.aws.update(at, id, old, new)))
    }

    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()> {
        Box::pin(self.note(at, "delete", self.aws.delete(at, id, last)))
    }

    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(self.note(at, "deleted", self.aws.deleted(at, id, last)))
    }

    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        match items.first() {
            Some(first) => Box::pin(self.note(first.at, "batch", self.aws.batch(items))),
            None => self.aws.batch(items),
        }
    }

    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        Box::pin(self.note(at, "look_up", self.aws.look_up(at, args)))
    }

    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        self.aws.reach(place)
    }

    fn sweep<'a>(&'a self, sought: Sought<'a>, place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        self.aws.sweep(sought, place)
    }
    fn tagged<'a>(&'a self, tag: (&'a str, &'a str), place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        self.aws.tagged(tag, place)
    }
    fn leftovers<'a>(&'a self, trail: &'a Trail<'a>, place: &'a str) -> CloudResult<'a, PlaceSearch> {
        self.aws.leftovers(trail, place)
    }

    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        self.aws.regions()
    }
}
