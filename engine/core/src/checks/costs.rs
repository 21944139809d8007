//! What an environment costs while nobody uses it: what AWS asks for each hour that something is there.
//!
//! Requests, traffic and storage depend on use and are not counted; kinds that cost nothing else are not counted at all.
//! The prices are a table with its date ([`super::prices`]).

use std::collections::BTreeMap;

use super::prices;
use super::resource::Resource;
use crate::money::Dollars;
use crate::value::Value;

/// What is there costs in a month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cost {
    /// All together.
    pub monthly: Dollars,
    /// By what is paid for, the dearest first: its words, how many, and what all of them cost.
    pub items: Vec<CostItem>,
    /// What has a price that the table does not have: classes of instances.
    pub unpriced: Vec<String>,
}

/// What is paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostItem {
    /// In words: `NAT gateways`.
    pub what: String,
    /// How many.
    pub count: i64,
    /// What all of them cost in a month.
    pub monthly: Dollars,
}

impl Cost {
    /// What an hour costs.
    pub fn hourly(&self) -> Dollars {
        Dollars(self.monthly.0 / prices::HOURS)
    }
}

/// What these resources cost.
pub fn cost<'r, 'a: 'r>(resources: impl Iterator<Item = &'r Resource<'a>>) -> Cost {
    let resources: Vec<&Resource<'_>> = resources.collect();
    let clusters = resources.iter().copied().filter(|resource| resource.kind.name == "rds.cluster");
    let clusters =
        clusters.filter_map(|cluster| Some(((cluster.region, cluster.text("cluster_identifier")?), cluster)));
    let clusters: Clusters<'_> = clusters.collect();
    let mut bill = Bill::default();
    for resource in &resources {
        bill.add(resource, &clusters);
    }
    let mut items: Vec<CostItem> = bill
        .items
        .into_iter()
        .map(|(what, (count, monthly))| CostItem { what, count, monthly: Dollars(monthly) })
        .collect();
    items.sort_by(|a, b| (b.monthly, &a.what).cmp(&(a.monthly, &b.what)));
    let monthly = items.iter().fold(Dollars::default(), |sum, item| sum + item.monthly);
    bill.unpriced.sort();
    bill.unpriced.dedup();
    Cost { monthly, items, unpriced: bill.unpriced }
}

/// Clusters by region and identifier.
type Clusters<'r> = BTreeMap<(Option<&'r str>, &'r str), &'r Resource<'r>>;

#[derive(Default)]
struct Bill {
    items: BTreeMap<String, (i64, i64)>,
    unpriced: Vec<String>,
}

impl Bill {
    /// So many of something, at a price each.
    fn put(&mut self, what: &str, count: usize, each: i64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let (all, sum) = self.items.entry(what.to_owned()).or_default();
        *all = all.saturating_add(count);
        *sum = sum.saturating_add(count.saturating_mul(each));
    }

    fn add(&mut self, resource: &Resource<'_>, clusters: &Clusters<'_>) {
        // What is not known is at least there once.
        let some = |argument: &str| resource.count(argument).max(1);
        match resource.kind.name {
            "ec2.nat_gateway" => self.put("NAT gateways", 1, prices::NAT_GATEWAY),
            "ec2.eip" => self.put("public addresses", 1, prices::ADDRESS),
            "ec2.vpc_endpoint" if resource.text("vpc_endpoint_type") == Some("Interface") => {
                self.put("interfaces of endpoints", some("subnet_ids"), prices::ENDPOINT);
            }
            "elbv2.load_balancer" => {
                self.put("load balancers", 1, prices::LOAD_BALANCER);
                if resource.text("scheme") != Some("internal") {
                    self.put("public addresses", some("subnets"), prices::ADDRESS);
                }
            }
            "kms.key" | "kms.replica_key" => self.put("keys", 1, prices::KEY),
            "secretsmanager.secret" | "secretsmanager.replica" => self.put("secrets", 1, prices::SECRET),
            "route53.zone" => self.put("zones", 1, prices::ZONE),
            "route53.health_check" => self.put("health checks", 1, health_check(resource)),
            "cloudwatch.metric_alarm" => {
                let is_fast = resource.int("period").is_some_and(|seconds| seconds < 60);
                self.put("alarms", 1, if is_fast { prices::FAST_ALARM } else { prices::ALARM });
            }
            "cloudwatch.composite_alarm" => self.put("alarms", 1, prices::COMPOSITE_ALARM),
            "cloudwatch.dashboard" => self.put("dashboards", 1, prices::DASHBOARD),
            "dynamodb.table" => self.capacity(resource),
            "rds.cluster_instance" => self.instance(resource, clusters),
            _ => {}
        }
    }

    fn capacity(&mut self, table: &Resource<'_>) {
        for (argument, what, each) in [
            ("write_capacity", "units of capacity to write", prices::WRITE_UNIT),
            ("read_capacity", "units of capacity to read", prices::READ_UNIT),
        ] {
            if let Some(units) = table.int(argument).and_then(|units| usize::try_from(units).ok()).filter(|n| *n > 0) {
                self.put(what, units, each * prices::HOURS / 100);
            }
        }
    }

    fn instance(&mut self, instance: &Resource<'_>, clusters: &Clusters<'_>) {
        let name = instance.text("cluster_identifier").unwrap_or_default();
        let cluster = clusters.get(&(instance.region, name));
        let is_optimized = cluster.and_then(|cluster| cluster.text("storage_type")) == Some("aurora-iopt1");
        let share = if is_optimized { prices::OPTIMIZED } else { 100 };
        let Some(class) = instance.text("instance_class") else { return };
        if class == "db.serverless" {
            let least = cluster.and_then(|c| c.number("serverlessv2_scaling_configuration.min_capacity"));
            // In halves of a unit, as the service takes them.
            let halves = least.map_or(1, |least| (least * 2.0).round() as i64);
            self.put(
                "serverless database instances at their least",
                1,
                prices::CAPACITY_UNIT * halves / 2 * share / 100,
            );
            return;
        }
        match prices::instance(class) {
            Some(month) => self.put(&format!("database instances {class}"), 1, month * share / 100),
            None => self.unpriced.push(class.to_owned()),
        }
    }
}

/// What a health check costs: more with each of its options.
fn health_check(check: &Resource<'_>) -> i64 {
    let kind = check.text("type").unwrap_or_default();
    let options = [
        kind.starts_with("HTTPS"),
        kind.ends_with("STR_MATCH"),
        check.int("request_interval") == Some(10),
        check.value("measure_latency").and_then(Value::as_bool) == Some(true),
    ];
    let options = options.iter().filter(|is_on| **is_on).count();
    prices::HEALTH_CHECK + prices::HEALTH_CHECK_OPTION * i64::try_from(options).unwrap_or_default()
}
