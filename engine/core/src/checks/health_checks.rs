//! C11: health checks that can be made, and that do not ask for what they decide.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a health check has what its type needs, and asks an endpoint and not the record that it decides",
    why: "Route 53 refuses a check without its target. A check of the failover record's own name follows the failover: it turns \
          healthy when the other side answers, and the name goes back and forth.",
    mend: "Ask the name of the endpoint: the load balancer's `dns_name`, the API's own host.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html",
    ..Check::around("C11", "health-check-target", &["route53.health_check"], look)
};

fn look(check: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(sort) = check.text("type") else { return };
    let mut lacks = |path: &str, what: &str| {
        let message = format!("`{}` is a check of type {sort} and has no {what}", check.address);
        found.add(check, Finding::new("type", message).label(sort).help(format!("give `{path}`")));
    };
    let asks_endpoint = !matches!(sort, "CALCULATED" | "CLOUDWATCH_METRIC");
    let host = "fully_qualified_domain_name";
    if asks_endpoint && check.is_absent(host) && check.is_absent("ip_address") {
        lacks(host, "endpoint");
    }
    if sort == "TCP" && check.is_absent("port") {
        lacks("port", "port");
    }
    if sort.ends_with("STR_MATCH") && check.is_absent("search_string") {
        lacks("search_string", "text to look for");
    }
    if sort == "CLOUDWATCH_METRIC" && check.is_absent("alarm_identifier") {
        lacks("alarm_identifier", "alarm");
    }
    let children = check.is_given("child_health_checks");
    if sort == "CALCULATED"
        && (!children || check.value("child_health_checks").is_some() && check.count("child_health_checks") == 0)
    {
        lacks("child_health_checks", "checks that it sums up");
    }
    if let Some(wanted) = check.int("health_threshold").and_then(|n| usize::try_from(n).ok())
        && sort == "CALCULATED"
        && check.count("child_health_checks") > 0
        && wanted > check.count("child_health_checks")
    {
        let has = check.count("child_health_checks");
        let message = format!("`{}` wants {wanted} of its {has} checks to be healthy: it never is", check.address);
        found.add(check, Finding::new("health_threshold", message).help(format!("say at most {has}")));
    }
    for path in ["search_string", "resource_path"] {
        let fits = if path == "search_string" { sort.ends_with("STR_MATCH") } else { sort.starts_with("HTTP") };
        if !fits && check.is_given(path) {
            let message = format!("`{}` is a check of type {sort}, which takes no `{path}`", check.address);
            found.add(check, Finding::new(path, message).help("leave it out, or choose another `type`"));
        }
    }
    asks_itself(check, planned, found);
}

fn asks_itself(check: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let path = "fully_qualified_domain_name";
    let asked = check.text(path).map(|name| name.trim_end_matches('.').to_lowercase());
    let reads = check.reads(path);
    for record in planned.users(check, "route53.record", "health_check_id") {
        if record.is_absent("failover") {
            continue;
        }
        let name = record.text("name").map(|name| name.trim_end_matches('.').to_lowercase());
        let same = asked.is_some() && asked == name;
        if same || reads.iter().any(|read| read.address == *record.address) {
            let message =
                format!("`{}` asks the name that it decides about, that of `{}`", check.address, record.address);
            let finding = Finding::new(path, message).also(record, "name", "the name");
            found.add(check, finding.help("ask the endpoint of this side by its own name").taken());
        }
    }
}
