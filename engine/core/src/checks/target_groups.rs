//! C82: target groups that have what their type of target needs.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a target group has a protocol, a port and a network, unless its target is a function",
    why: "Elastic Load Balancing refuses a port at a group of functions, and a group of anything else without one. A health check \
          that waits longer than its interval is refused too.",
    mend: "Leave `port`, `protocol` and `vpc_id` out for functions; give them otherwise.",
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html",
    ..Check::each("C82", "target-group", &["elbv2.target_group"], look)
};

fn look(group: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let Some(sort) = group.text("target_type") else { return };
    for path in ["protocol", "port", "vpc_id"] {
        if sort == "lambda" && group.is_given(path) {
            let message = format!("`{}` is a group of functions, which takes no `{path}`", group.address);
            found.add(group, Finding::new(path, message).help("leave it out"));
        }
        if sort != "lambda" && group.is_absent(path) {
            let message = format!("`{}` is a group of targets of type {sort} and has no `{path}`", group.address);
            let help = format!("give `{path}`, or set `target_type: \"lambda\"`");
            found.add(group, Finding::new("", message).help(help));
        }
    }
    let (interval, timeout) = (group.int("health_check.interval"), group.int("health_check.timeout"));
    if let (Some(interval), Some(timeout)) = (interval, timeout)
        && timeout >= interval
    {
        let message =
            format!("the health check of `{}` waits {timeout} s and is made every {interval} s", group.address);
        found.add(group, Finding::new("health_check.timeout", message).help(format!("say less than {interval}")));
    }
    if sort != "lambda" && group.is_true("lambda_multi_value_headers_enabled") {
        let message = format!("`{}` is no group of functions", group.address);
        found.add(group, Finding::new("lambda_multi_value_headers_enabled", message).help("leave it out"));
    }
}
