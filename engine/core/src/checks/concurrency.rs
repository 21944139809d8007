//! C05: how many invocations of an account functions may keep for themselves.

use std::collections::BTreeMap;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::diagnostic::Severity;

/// Invocations at once that an account has in a region, unless it asked for more; a new account has fewer.
const ACCOUNT: i64 = 1_000;
/// How many of them must stay free for functions that reserve none.
const FREE: i64 = 100;
const PATH: &str = "reserved_concurrent_executions";

pub(super) const CHECK: Check = Check {
    severity: Some(Severity::Warning),
    asks: "the functions of a region do not reserve more invocations than an account usually has",
    why: "Lambda keeps 100 invocations of an account free and refuses a reservation that would leave fewer. An account has \
          1,000 in each region, unless it asked for more; a new account has fewer.",
    mend: "Reserve fewer, leave `reserved_concurrent_executions` out, or ask for a higher quota.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    ..Check::all("C05", "reserved-concurrency", &["lambda.function.reserved_concurrent_executions"], look)
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    let mut by_region: BTreeMap<&str, Vec<(i64, &Resource<'_>)>> = BTreeMap::new();
    for function in planned.of("lambda.function") {
        if let (Some(region), Some(reserved)) = (function.region, function.int(PATH)) {
            by_region.entry(region).or_default().push((reserved, function));
        }
    }
    for (region, functions) in by_region {
        let sum = functions.iter().fold(0_i64, |sum, (reserved, _)| sum.saturating_add(*reserved));
        let Some((most, function)) = functions.iter().max_by_key(|(reserved, _)| *reserved) else { continue };
        if sum <= ACCOUNT - FREE {
            continue;
        }
        let message = format!(
            "the functions of {region} reserve {sum} invocations at once; an account usually has {ACCOUNT}, and {FREE} of \
             them must stay free"
        );
        let finding = Finding::new(PATH, message).label(format!("`{}` reserves {most}", function.address));
        found.add(
            function,
            finding.help(format!("reserve at most {} in all, or ask AWS for a higher quota", ACCOUNT - FREE)),
        );
    }
}
