//! What RDS would refuse before anything is made: over the account's quotas, and not on offer in the region.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::{AccountQuota, DbEngineVersion};
use dr_core::online::{Objection, Quota, Wish, Wishes};

use super::upgrade::major;
use super::values::stands_for;
use crate::connect::Cx;
use crate::lifecycle::Result;

/// Whether a quota of RDS, by the name it has there, leaves room for what a plan makes.
pub(super) async fn quota(cx: &Cx<'_>, wishes: &Wishes, name: &str, what: &str) -> Result<Option<Objection>> {
    let attributes = cx.rds().describe_account_attributes().send();
    let attributes = cx.call("rds:DescribeAccountAttributes", attributes).await?;
    let named = |quota: &&AccountQuota| quota.account_quota_name() == Some(name);
    let Some(quota) = attributes.account_quotas().iter().find(named) else { return Ok(None) };
    let count = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    Ok(wishes.beyond(Quota { most: count(quota.max()), used: count(quota.used()) }, what))
}

/// Objects to engine versions that no cluster can be created with.
pub(super) async fn versions(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
    let asked = |made: &Wish| -> Option<(String, String)> {
        // A secondary cluster has the version of its global cluster, which may not be on offer any more.
        let is_secondary = made.text("replication_source_identifier").is_some();
        let (engine, version) = (made.text("engine")?, made.text("engine_version")?);
        (!is_secondary).then(|| (engine.to_owned(), version.to_owned()))
    };
    let engines: BTreeSet<String> = wishes.made.iter().filter_map(asked).map(|(engine, _)| engine).collect();
    let mut offered = BTreeMap::new();
    for engine in engines {
        let all = all_versions(cx, &engine).await?;
        offered.insert(engine, all);
    }
    let mut found = Vec::new();
    for (wish, made) in wishes.made.iter().enumerate() {
        let Some((engine, version)) = asked(made) else { continue };
        let all = offered.get(&engine).map_or(&[][..], |all| all);
        if all.is_empty() || all.iter().any(|offered| stands_for(&version, offered)) {
            continue;
        }
        let is_of_major = |text: &&str| major(&engine, text) == major(&engine, &version);
        let same_major: Vec<&str> = all.iter().map(|text| &**text).filter(is_of_major).collect();
        found.push(Objection {
            wish,
            check: "O02",
            argument: "engine_version",
            message: format!("version {version} of {engine} cannot be created in {}", cx.region()),
            help: vec![match same_major[..] {
                [] => format!("nor any other of that major version; there are: {}", all.join(", ")),
                _ => format!("of that major version: {}", same_major.join(", ")),
            }],
            may_pass: false,
        });
    }
    Ok(found)
}

async fn all_versions(cx: &Cx<'_>, engine: &str) -> Result<Vec<String>> {
    // Without `include_all`, only versions are listed that clusters can be created with.
    let pages = cx.rds().describe_db_engine_versions().engine(engine).into_paginator().items().send();
    let all: Vec<DbEngineVersion> = cx.call("rds:DescribeDBEngineVersions", pages.try_collect()).await?;
    Ok(all.into_iter().filter_map(|version| version.engine_version).collect())
}

/// Objects to instance classes that RDS does not offer for their engine in this region.
pub(super) async fn classes(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
    let asked = |made: &Wish| -> Option<(String, String)> {
        Some((made.text("engine")?.to_owned(), made.text("instance_class")?.to_owned()))
    };
    let mut missing = BTreeSet::new();
    for (engine, class) in wishes.made.iter().filter_map(asked).collect::<BTreeSet<_>>() {
        let options = cx.rds().describe_orderable_db_instance_options().engine(&engine).db_instance_class(&class);
        let options = cx.call("rds:DescribeOrderableDBInstanceOptions", options.send()).await?;
        if options.orderable_db_instance_options().is_empty() {
            missing.insert((engine, class));
        }
    }
    let is_missing = |made: &Wish| asked(made).filter(|pair| missing.contains(pair));
    let found = wishes.made.iter().enumerate().filter_map(|(wish, made)| {
        let (engine, class) = is_missing(made)?;
        Some(Objection {
            wish,
            check: "O02",
            argument: "instance_class",
            message: format!("{class} is not on offer for {engine} in {}", cx.region()),
            help: vec!["choose another class, or another region".to_owned()],
            may_pass: false,
        })
    });
    Ok(found.collect())
}
