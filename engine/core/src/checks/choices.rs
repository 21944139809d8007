//! C53: arguments of which one is chosen.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

/// Arguments of which some number is given.
struct Choice {
    kind: &'static str,
    /// What they all say: "a destination".
    what: &'static str,
    among: &'static [&'static str],
    least: usize,
    most: usize,
}

const CHOICES: &[Choice] = &[
    Choice {
        kind: "ec2.route",
        what: "destination",
        among: &["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"],
        least: 1,
        most: 1,
    },
    Choice {
        kind: "ec2.route",
        what: "target",
        among: &[
            "gateway_id",
            "nat_gateway_id",
            "vpc_peering_connection_id",
            "vpc_endpoint_id",
            "transit_gateway_id",
            "network_interface_id",
        ],
        least: 1,
        most: 1,
    },
    Choice {
        kind: "ec2.route_table_association",
        what: "what uses the table",
        among: &["subnet_id", "gateway_id"],
        least: 1,
        most: 1,
    },
    Choice {
        kind: "ec2.subnet",
        what: "zone",
        among: &["availability_zone", "availability_zone_id"],
        least: 0,
        most: 1,
    },
    Choice {
        kind: "events.rule",
        what: "what it is for",
        among: &["event_pattern", "schedule_expression"],
        least: 1,
        most: 2,
    },
    Choice {
        kind: "events.target",
        what: "what is sent",
        among: &["input", "input_path", "input_transformer"],
        least: 0,
        most: 1,
    },
    Choice {
        kind: "secretsmanager.rotation",
        what: "time",
        among: &["rotation_rules.automatically_after_days", "rotation_rules.schedule_expression"],
        least: 1,
        most: 1,
    },
];

pub(super) const CHECK: Check = Check {
    asks: "of arguments that exclude each other, one is given",
    why: "AWS refuses a route without a target or with two, a rule that waits for nothing, and what else says a thing twice or \
          not at all.",
    mend: "Keep one of the arguments that the message names.",
    source: "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html",
    ..Check::each(
        "C53",
        "one-of-several",
        &[
            "ec2.route",
            "ec2.route_table_association",
            "ec2.subnet",
            "events.rule",
            "events.target",
            "secretsmanager.rotation",
        ],
        look,
    )
};

fn look(resource: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    for choice in CHOICES.iter().filter(|choice| choice.kind == resource.kind.name) {
        let is_said = |path: &&str| resource.is_given(path) && !resource.is_left_to_service(path);
        let given: Vec<&str> = choice.among.iter().copied().filter(is_said).collect();
        let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
        let list =
            |paths: &[&'static str]| paths.iter().map(|p| format!("`{}`", last(p))).collect::<Vec<_>>().join(", ");
        if given.len() < choice.least {
            let message = format!("`{}` does not say its {}", resource.address, choice.what);
            let help = format!("give one of {}", list(choice.among));
            // The block that holds them, where there is one.
            let around = choice.among[0].rsplit_once('.').map_or("", |(around, _)| around);
            found.add(resource, Finding::new(around, message).help(help));
        } else if given.len() > choice.most {
            let names = choice.among.iter().copied().filter(|path| given.contains(path)).collect::<Vec<_>>();
            let message = format!("`{}` says its {} more than once: {}", resource.address, choice.what, list(&names));
            let finding = Finding::new(names[names.len() - 1], message).label("one too many");
            found.add(resource, finding.help("keep one of them"));
        }
    }
}
