//! Wiring: which way requests and writes go by what is there: names with their answers, stores with their copies.
//!
//! It says nothing of sums. Whoever lets time pass over a wiring measures how soon the other region works and what is
//! missing there; that is what the computed figures are held against.

use std::collections::{BTreeMap, BTreeSet};

use super::compute::{serves, sides};
use super::detect::{self, DECISION, OPERATOR};
use super::figure::Figure;
use super::{stores, traffic};
use crate::address::Address;
use crate::checks::{Planned, Resource, There, all_there};
use crate::region;
use crate::value::Str;

/// What requests and writes of a program go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wiring {
    /// The primary region and the secondary one; `None` where everything is in one region.
    pub sides: Option<(Str, Str)>,
    /// What each health check looks at.
    pub checks: BTreeMap<Address, HealthWatch>,
    /// The names that fail over.
    pub names: Vec<NameWiring>,
    /// The stores.
    pub stores: Vec<StoreWiring>,
    /// The regions where a function does the application's work; `None` where no function does it anywhere.
    pub workers: Option<BTreeSet<Str>>,
}

/// A name that leads to one region or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameWiring {
    /// The name.
    pub name: Str,
    /// Its answers, that of the first choice first.
    pub answers: Vec<NameAnswer>,
}

/// One of the answers that a name can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAnswer {
    /// The record.
    pub address: Address,
    /// The region that it leads to; `None` where it does not tell.
    pub region: Option<Str>,
    /// Seconds that the answer is kept.
    pub kept: u32,
    /// What decides whether it is an answer.
    pub watch: HealthWatch,
}

/// What decides whether an answer is healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthWatch {
    /// Nothing: it is always so.
    Fixed(bool),
    /// Requests from many places of the world to an endpoint.
    Endpoint {
        /// The health check; `None` where a load balancer says itself how it is.
        check: Option<Address>,
        /// Where the endpoint is; `None` where it does not tell.
        region: Option<Str>,
        /// Seconds between two requests of one place.
        interval: u32,
        /// How many answers in a row must be bad, or good again.
        failures: u32,
        /// Whether healthy counts as unhealthy and the other way round.
        inverted: bool,
    },
    /// An alarm in this region, and how soon it goes off.
    Alarm(Str, Figure),
    /// Other checks, of which so many must be healthy.
    Count(Vec<HealthWatch>, usize),
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreWiring {
    /// Its resource: the global database, the table, the bucket that is copied.
    pub address: Address,
    /// The resources that follow it: members, replicas, and what says that objects are copied.
    pub followers: BTreeSet<Address>,
    /// How writes get to the other region.
    pub flow: StoreFlow,
    /// Seconds that a write takes to the other region.
    pub lag: Figure,
}

/// How what is written in one region gets to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFlow {
    /// One member takes writes, the others follow it. Which one does, the members themselves tell.
    Led {
        /// The members with their regions.
        members: Vec<(Address, Str)>,
        /// How soon somebody lets another member write, after the one that does is lost.
        noticed: Figure,
    },
    /// Each of these regions takes writes, and passes them on to the others.
    Shared(Vec<Str>),
    /// What is written in one region is copied to others.
    Copied {
        /// The region that is copied.
        from: Str,
        /// Where it is copied to.
        to: Vec<Str>,
        /// Whether what is written there is copied back.
        is_mutual: bool,
    },
    /// It is in one region alone.
    Alone(Str),
}

impl StoreFlow {
    /// The regions that have the store.
    pub fn regions(&self) -> Vec<Str> {
        match self {
            StoreFlow::Led { members, .. } => members.iter().map(|(_, region)| region.clone()).collect(),
            StoreFlow::Shared(regions) => regions.clone(),
            StoreFlow::Copied { from, to, .. } => std::iter::once(from).chain(to).cloned().collect(),
            StoreFlow::Alone(region) => vec![region.clone()],
        }
    }
}

impl Wiring {
    /// How soon somebody begins to fail over. Where something starts that for one of the databases, it starts all of it.
    pub fn noticed(&self) -> Figure {
        let noticed = self.stores.iter().filter_map(|store| match store.flow {
            StoreFlow::Led { noticed, .. } => Some(noticed),
            _ => None,
        });
        noticed.reduce(Figure::or_sooner).unwrap_or(OPERATOR.then(DECISION))
    }
}

/// The wiring of what is there, with the stores of the primary region.
pub fn wiring(environment: &str, all: &[There<'_>]) -> Wiring {
    let planned = all_there(environment, all);
    let sides = sides(&planned, stores::followers(&planned));
    let parts = sides.iter().flat_map(|(primary, _)| stores::look(&planned, primary, &[])).collect::<Vec<_>>();
    let checks = planned.of("route53.health_check");
    let checks = checks.map(|check| (check.address.clone(), watch(&planned, check, None, 4))).collect();
    let works: Vec<_> = planned.of("lambda.function").filter(|function| serves(&planned, function)).collect();
    let workers = works.iter().filter_map(|function| function.region).map(Str::from).collect();
    Wiring {
        checks,
        names: names(&planned),
        stores: parts
            .into_iter()
            .filter_map(|part| {
                let store = planned.get(&part.address)?;
                Some(StoreWiring {
                    address: part.address.clone(),
                    followers: followers(&planned, store),
                    flow: flow(&planned, store)?,
                    lag: part.loss.unwrap_or(Figure::ZERO),
                })
            })
            .collect(),
        workers: (!works.is_empty()).then_some(workers),
        sides,
    }
}

/// The resources that follow a store.
fn followers(planned: &Planned<'_>, store: &Resource<'_>) -> BTreeSet<Address> {
    let address = |resource: &Resource<'_>| resource.address.clone();
    match store.kind.name {
        "rds.global_cluster" => stores::members(planned, store).map(address).collect(),
        "dynamodb.table" => planned.users(store, "dynamodb.table_replica", "table_name").map(address).collect(),
        "s3.bucket" => {
            let rules = planned.users(store, "s3.bucket_replication", "bucket").map(address);
            rules.chain(stores::copies_of(planned, store).into_iter().map(address)).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn flow(planned: &Planned<'_>, store: &Resource<'_>) -> Option<StoreFlow> {
    let alone = || Some(StoreFlow::Alone(store.region?.into()));
    match store.kind.name {
        "rds.global_cluster" => {
            let members = stores::members(planned, store);
            let members = members.filter_map(|member| Some((member.address.clone(), member.region?.into()))).collect();
            let noticed = stores::starter(planned).unwrap_or(OPERATOR.then(DECISION));
            Some(StoreFlow::Led { members, noticed })
        }
        "dynamodb.table" => {
            let replicas = planned.users(store, "dynamodb.table_replica", "table_name");
            let mut regions: Vec<Str> = store.region.into_iter().map(Str::from).collect();
            regions.extend(replicas.filter_map(|replica| replica.region).map(Str::from));
            if regions.len() > 1 { Some(StoreFlow::Shared(regions)) } else { alone() }
        }
        "s3.bucket" => {
            let to = stores::copies_of(planned, store);
            if to.is_empty() {
                return alone();
            }
            let is_back = |bucket: &&Resource<'_>| {
                stores::copies_of(planned, bucket).iter().any(|back| back.address == store.address)
            };
            let is_mutual = to.iter().all(is_back);
            let to = to.iter().filter_map(|bucket| bucket.region).map(Str::from).collect();
            Some(StoreFlow::Copied { from: store.region?.into(), to, is_mutual })
        }
        _ => alone(),
    }
}

fn names(planned: &Planned<'_>) -> Vec<NameWiring> {
    let mut names: BTreeMap<(&str, String, &str), Vec<&Resource<'_>>> = BTreeMap::new();
    for record in planned.of("route53.record").filter(|record| record.text("failover").is_some()) {
        let name = record.text("name").unwrap_or_default().trim_end_matches('.').to_lowercase();
        let key = (record.text("zone_id").unwrap_or_default(), name, record.text("type").unwrap_or_default());
        names.entry(key).or_default().push(record);
    }
    let named = names.into_iter().map(|((_, name, _), mut records)| {
        records.sort_by_key(|record| record.text("failover") != Some("PRIMARY"));
        NameWiring { name: name.into(), answers: records.into_iter().map(|record| answer(planned, record)).collect() }
    });
    named.collect()
}

fn answer(planned: &Planned<'_>, record: &Resource<'_>) -> NameAnswer {
    let leads = |path: &str| {
        let target = planned.target(record, path).and_then(|target| target.region);
        target.or_else(|| region::named_in(record.text(path)?)).map(Str::from)
    };
    let region = leads("alias.name").or_else(|| leads("records.0"));
    let watch = match planned.target(record, "health_check_id") {
        Some(check) => watch(planned, check, region.as_ref(), 4),
        None if record.is_true("alias.evaluate_target_health") => HealthWatch::Endpoint {
            check: None,
            region: region.clone(),
            interval: detect::TARGET_INTERVAL,
            failures: detect::TARGET_FAILURES,
            inverted: false,
        },
        None => HealthWatch::Fixed(true),
    };
    let kept = traffic::flip(record.int("ttl"), record.is_given("alias"));
    NameAnswer { address: record.address.clone(), region, kept, watch }
}

/// What a health check looks at. Where its endpoint does not tell its region, it is that of the record.
fn watch(planned: &Planned<'_>, check: &Resource<'_>, of: Option<&Str>, depth: u8) -> HealthWatch {
    if check.is_true("disabled") {
        return HealthWatch::Fixed(!check.is_true("inverted"));
    }
    match check.text("type") {
        Some("CALCULATED") if depth > 0 => {
            let children = planned.targets(check, "child_health_checks");
            let needed = check.int("health_threshold").and_then(|number| usize::try_from(number).ok());
            let needed = needed.unwrap_or(children.len());
            HealthWatch::Count(children.into_iter().map(|child| watch(planned, child, of, depth - 1)).collect(), needed)
        }
        Some("CLOUDWATCH_METRIC") => {
            let alarm = planned.target(check, "alarm_identifier.name");
            let region = check.text("alarm_identifier.region").map(Str::from).or_else(|| of.cloned());
            match (region, alarm) {
                (Some(region), Some(alarm)) => HealthWatch::Alarm(region, detect::alarm(alarm)),
                _ => HealthWatch::Fixed(true),
            }
        }
        _ => {
            let host = check.text("fully_qualified_domain_name").and_then(region::named_in);
            let (interval, failures) = detect::probes(check);
            let inverted = check.is_true("inverted");
            let region = host.map(Str::from).or_else(|| of.cloned());
            HealthWatch::Endpoint { check: Some(check.address.clone()), region, interval, failures, inverted }
        }
    }
}
