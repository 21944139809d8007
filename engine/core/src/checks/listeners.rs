//! C15: listeners that AWS takes, and that keep what they carry to themselves.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a listener speaks a protocol of its load balancer, has certificates where it needs them, and does what its actions say",
    why: "Elastic Load Balancing refuses an HTTPS listener without a certificate, a protocol of the other type of load \
          balancer, and an action without its target. What an HTTP listener forwards goes over the network in clear.",
    mend: "Give `certificates` to HTTPS and TLS; let HTTP only redirect.",
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html",
    ..Check::each("C15", "listener-protocol", &["elbv2.listener"], look)
};

/// Policies that take TLS 1.1 or older.
const OLD: &[&str] = &[
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-TLS-1-0-2015-04",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
];

fn look(listener: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(protocol) = listener.text("protocol") else { return };
    let encrypts = matches!(protocol, "HTTPS" | "TLS");
    let given = listener.is_given("certificates")
        && (listener.value("certificates").is_none() || listener.count("certificates") > 0);
    if encrypts && !given {
        let message = format!("`{}` speaks {protocol} and has no certificate", listener.address);
        found.add(listener, Finding::new("protocol", message).help("give `certificates`, of the same region"));
    }
    if !encrypts && given {
        let message = format!("`{}` speaks {protocol}, which takes no certificate", listener.address);
        found.add(listener, Finding::new("certificates", message).help("leave it out, or speak HTTPS"));
    }
    if !encrypts && listener.is_given("ssl_policy") && !listener.is_left_to_service("ssl_policy") {
        let message = format!("`{}` speaks {protocol}, which has no policy for TLS", listener.address);
        found.add(listener, Finding::new("ssl_policy", message).help("leave it out, or speak HTTPS"));
    }
    if let Some(policy) = listener.text("ssl_policy").filter(|policy| OLD.contains(policy)) {
        let message = format!("`{}` takes TLS older than 1.2 by the policy {policy}", listener.address);
        let help = "use `ELBSecurityPolicy-TLS13-1-2-2021-06`";
        found.add(listener, Finding::new("ssl_policy", message).warning().help(help));
    }
    let balancer = planned.target(listener, "load_balancer_arn");
    if let Some(sort) = balancer.and_then(|balancer| balancer.text("type")) {
        let fits = match sort {
            "application" => protocol.starts_with("HTTP"),
            _ => !protocol.starts_with("HTTP"),
        };
        if !fits {
            let message = format!("`{}` speaks {protocol}, and its load balancer is of type {sort}", listener.address);
            let wanted = if sort == "application" { "HTTP or HTTPS" } else { "TCP, TLS, UDP or TCP_UDP" };
            found.add(listener, Finding::new("protocol", message).help(format!("speak {wanted}")));
        }
    }
    for action in listener.each("default_actions") {
        let at = |part: &str| format!("{action}.{part}");
        let Some(sort) = listener.text(&at("type")) else { continue };
        let wanted: &[&str] = match sort {
            "forward" => &["target_group_arn", "forward"],
            "redirect" => &["redirect"],
            _ => &["fixed_response"],
        };
        if wanted.iter().all(|part| listener.is_absent(&at(part))) {
            let message = format!("an action of `{}` is to {sort} and does not say where or what", listener.address);
            found.add(listener, Finding::new(&action, message).help(format!("give `{}`", wanted[0])));
        }
        for part in ["target_group_arn", "forward", "redirect", "fixed_response"] {
            if !wanted.contains(&part) && listener.is_given(&at(part)) {
                let message = format!("an action of `{}` of type {sort} has a `{part}`", listener.address);
                found.add(listener, Finding::new(&at(part), message).help("leave it out, or choose another `type`"));
            }
        }
        let faces = balancer.and_then(|balancer| balancer.text("scheme"));
        if protocol == "HTTP" && sort == "forward" && faces == Some("internet-facing") {
            let message = format!("`{}` forwards requests from the internet that are not encrypted", listener.address);
            let help = "redirect them to HTTPS";
            found.add(listener, Finding::new(&at("type"), message).warning().help(help));
        }
    }
}
