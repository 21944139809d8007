//! `rds.engine_version`: look-up.

use aws_sdk_rds::types::DbEngineVersion;
use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::rds::{EngineVersion, EngineVersionOut};

use super::upgrade::major;
use super::values::stands_for;
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result};

const CALL: &str = "rds:DescribeDBEngineVersions";

impl LookUp for EngineVersion {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<EngineVersionOut> {
        // Without `include_all`, only versions are listed that clusters can be created with.
        let pages = cx.rds().describe_db_engine_versions().engine(&args.engine).into_paginator().items().send();
        let all: Vec<DbEngineVersion> = cx.call(CALL, pages.try_collect()).await?;
        let mut all: Vec<(Vec<u64>, String, DbEngineVersion)> = all
            .into_iter()
            .filter(|version| !args.supports_global_databases || version.supports_global_databases == Some(true))
            .filter_map(|version| version.engine_version.clone().map(|text| (numbers(&text), text, version)))
            .collect();
        all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let fits = all.iter().rposition(|(_, text, _)| stands_for(&args.version, text));
        let same_major = |text: &str| major(&args.engine, text) == major(&args.engine, &args.version);
        let wanted = numbers(&args.version);
        let next = all.iter().position(|(numbers, text, _)| *numbers > wanted && same_major(text));
        match fits.or(next.filter(|_| args.or_next)) {
            Some(at) => Ok(answer(all.swap_remove(at))),
            None => {
                let others: Vec<&str> =
                    all.iter().map(|(_, text, _)| &**text).filter(|text| same_major(text)).collect();
                Err(none(cx, args, next.map(|at| &*all[at].1), &others))
            }
        }
    }
}

fn answer((_, engine_version, version): (Vec<u64>, String, DbEngineVersion)) -> EngineVersionOut {
    let targets = version.valid_upgrade_target.unwrap_or_default();
    EngineVersionOut {
        engine_version,
        family: version.db_parameter_group_family.unwrap_or_default(),
        upgrade_targets: targets.into_iter().filter_map(|target| target.engine_version).collect(),
        log_types: version.exportable_log_types.unwrap_or_default(),
    }
}

/// That nothing fits, and what could be taken instead.
fn none(cx: &Cx<'_>, args: &EngineVersion, next: Option<&str>, others: &[&str]) -> CloudError {
    let global = if args.supports_global_databases { " that global clusters take" } else { "" };
    let instead = match (next, others) {
        (Some(next), _) => {
            format!("the next is {next} (`or_next: true` takes it); of that major version: {}", others.join(", "))
        }
        (None, []) => "nor can any other of that major version".to_owned(),
        (None, others) => format!("of that major version: {}", others.join(", ")),
    };
    let why = format!(
        "{}: no version {} of {}{global} can be created in {}; {instead}",
        cx.address(),
        args.version,
        args.engine,
        cx.region()
    );
    CloudError::new(ErrorClass::Invalid, CALL, "NoVersion", why)
}

/// The numbers in a version, by which versions are ordered: `15.15` comes after `15.4`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}
