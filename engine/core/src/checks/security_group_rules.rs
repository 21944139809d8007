//! C72: rules of security groups that say from where and on which ports, once.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a rule of a security group names exactly one source, and ports that its protocol has",
    why: "EC2 refuses a rule without a source or with two, TCP and UDP without ports, and a range that ends before it begins.",
    mend: "Give one of `cidr_ipv4`, `cidr_ipv6`, `prefix_list_id` and `referenced_security_group_id`, and `from_port` with \
           `to_port`.",
    source: "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html",
    ..Check::each("C72", "security-group-rule", &["ec2.security_group_rule"], look)
};

const SOURCES: &[&str] = &["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];

fn look(rule: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let given: Vec<&&str> = SOURCES.iter().filter(|path| rule.is_given(path)).collect();
    let side = if rule.text("type") == Some("egress") { "where to" } else { "where from" };
    if given.is_empty() {
        let message = format!("`{}` does not say {side}", rule.address);
        found.add(rule, Finding::new("", message).help(format!("give one of {}", SOURCES.join(", "))));
    } else if let Some(second) = given.get(1) {
        let message = format!("`{}` says {side} twice: `{}` and `{second}`", rule.address, given[0]);
        found.add(rule, Finding::new(second, message).help("declare a rule for each"));
    }
    let ports = ["from_port", "to_port"];
    match rule.text("ip_protocol") {
        Some("tcp" | "udp" | "6" | "17") => {
            for path in ports.iter().filter(|path| rule.is_absent(path)) {
                let message = format!("`{}` has no `{path}`", rule.address);
                found.add(rule, Finding::new("ip_protocol", message).help(format!("give `{path}`")));
            }
            for path in ports {
                if let Some(port) = rule.int(path).filter(|port| *port < 0) {
                    let message = format!("`{path}` of `{}` is {port}; ports are 0 to 65535", rule.address);
                    found.add(rule, Finding::new(path, message).help("for all ports say 0 and 65535"));
                }
            }
            if let (Some(from), Some(to)) = (rule.int("from_port"), rule.int("to_port"))
                && from > to
            {
                let message = format!("the ports of `{}` end at {to}, before they begin at {from}", rule.address);
                found.add(rule, Finding::new("to_port", message).help("exchange the two"));
            }
        }
        Some("-1") => {
            for path in ports.iter().filter(|path| rule.int(path).is_some_and(|port| port != -1)) {
                let message = format!("`{}` is for every protocol, which has no ports", rule.address);
                found.add(rule, Finding::new(path, message).help("leave it out, or name the protocol"));
            }
        }
        _ => {}
    }
}
