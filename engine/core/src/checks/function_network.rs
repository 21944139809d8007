//! C08: the ways that a function in a network has to what it calls.

use std::collections::BTreeSet;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use super::policies::{Grant, rights_of};

/// Services by the first part of their actions, and by the last part of the names of their endpoints. What KMS does for
/// other services, and logs and traces, which Lambda itself sends, need no way out of the function's network.
const SERVICES: &[(&str, &str)] = &[
    ("secretsmanager", "secretsmanager"),
    ("sqs", "sqs"),
    ("sns", "sns"),
    ("dynamodb", "dynamodb"),
    ("s3", "s3"),
    ("rds", "rds"),
    ("rds-data", "rds-data"),
    ("events", "events"),
    ("states", "states"),
    ("ssm", "ssm"),
    ("lambda", "lambda"),
    ("cloudwatch", "monitoring"),
    ("kinesis", "kinesis-streams"),
    ("firehose", "kinesis-firehose"),
    ("execute-api", "execute-api"),
];

/// What Lambda calls itself when it reads queues and streams for the function.
const OF_LAMBDA: &[&str] = &[
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
];

const SUBNETS: &str = "vpc_config.subnet_ids";

pub(super) const CHECK: Check = Check {
    asks: "a function in a network has a way to each service that its role may use: a NAT gateway or an endpoint",
    why: "The network interface of a function has no public address. An internet gateway is of no use to it, and without a NAT \
          gateway or an endpoint its calls to AWS wait until they time out.",
    mend: "Put it into subnets that are routed to a NAT gateway, or declare a `ec2.vpc_endpoint` for each service.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
    ..Check::all("C08", "function-network", &["lambda.function.vpc_config"], look)
};

/// Where everything goes that leaves a subnet and has no route of its own.
enum Way<'p, 'a> {
    /// To an internet gateway, by this route.
    Internet(&'p Resource<'a>),
    /// Nowhere; this is the subnet's table, where it is of this program.
    Nowhere(Option<&'p Resource<'a>>),
    /// To the internet by something else, or to another network; or it is not known.
    Elsewhere,
}

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for function in planned.of("lambda.function").filter(|function| function.is_given("vpc_config")) {
        for item in function.each(SUBNETS) {
            let Some(subnet) = planned.target(function, &item).filter(|subnet| subnet.kind.name == "ec2.subnet") else {
                continue;
            };
            match way(planned, subnet) {
                Way::Elsewhere => {}
                Way::Internet(_) if function.is_true("vpc_config.ipv6_allowed_for_dual_stack") => {}
                Way::Internet(route) => {
                    let message = format!(
                        "`{}` is in `{}`, a public subnet, where it does not reach the internet",
                        function.address, subnet.address
                    );
                    let finding = Finding::new(&item, message).label("a public subnet").also(
                        route,
                        "gateway_id",
                        "to an internet gateway",
                    );
                    let help = "take private subnets: functions have no public address, with which alone an internet gateway works";
                    found.add(function, finding.help(help));
                    break;
                }
                Way::Nowhere(table) => {
                    let lacking = lacking(planned, function, subnet, table);
                    if !lacking.is_empty() {
                        no_way(function, &item, subnet, &lacking, found);
                        break;
                    }
                }
            }
        }
    }
}

fn no_way(function: &Resource<'_>, item: &str, subnet: &Resource<'_>, services: &BTreeSet<&str>, found: &mut Findings) {
    let list = services.iter().map(|service| format!("`{service}`")).collect::<Vec<_>>().join(", ");
    let message = format!("`{}` may use {list}, and has no way there from `{}`", function.address, subnet.address);
    let region = function.region.unwrap_or_default();
    let names =
        services.iter().map(|service| format!("`com.amazonaws.{region}.{service}`")).collect::<Vec<_>>().join(", ");
    let finding = Finding::new(item, message).label("no NAT gateway, no endpoint").also(subnet, "", "the subnet");
    found.add(
        function,
        finding.help(format!("route the subnet to a NAT gateway, or declare an `ec2.vpc_endpoint` for {names}")),
    );
}

fn way<'p, 'a>(planned: &'p Planned<'a>, subnet: &Resource<'_>) -> Way<'p, 'a> {
    let association = planned.users(subnet, "ec2.route_table_association", "subnet_id").next();
    let table = association.and_then(|association| planned.target(association, "route_table_id"));
    let vpc = planned.target(subnet, "vpc_id");
    // Without a table of its own a subnet has the main one of its network.
    let home = match (association, table, vpc) {
        (Some(_), Some(table), _) => table.address,
        (None, _, Some(vpc)) => vpc.address,
        _ => return Way::Elsewhere,
    };
    let is_of_table = |route: &&Resource<'_>| route.reads("route_table_id").iter().any(|read| read.address == *home);
    let mut internet = None;
    for route in planned.of("ec2.route").filter(is_of_table) {
        let is_to_all = match route.text("destination_cidr_block") {
            Some(range) => range == "0.0.0.0/0",
            None if route.is_given("destination_cidr_block") => return Way::Elsewhere,
            None => false,
        };
        let is_private = |nat: &Resource<'_>| nat.text("connectivity_type") == Some("private");
        if is_to_all && route.is_given("gateway_id") {
            match planned.target(route, "gateway_id") {
                Some(_) => internet = Some(route),
                None if route.text("gateway_id").is_some_and(|id| id.starts_with("igw-")) => internet = Some(route),
                None => return Way::Elsewhere,
            }
        } else if is_to_all && !planned.target(route, "nat_gateway_id").is_some_and(is_private) {
            return Way::Elsewhere;
        } else if ["transit_gateway_id", "network_interface_id", "vpc_endpoint_id"]
            .iter()
            .any(|path| route.is_given(path))
        {
            // Who is behind it may have ways of its own.
            return Way::Elsewhere;
        }
    }
    internet.map_or(Way::Nowhere(table), Way::Internet)
}

/// The services that a function may use and cannot reach.
fn lacking<'s>(
    planned: &Planned<'_>,
    function: &Resource<'_>,
    subnet: &Resource<'_>,
    table: Option<&Resource<'_>>,
) -> BTreeSet<&'s str> {
    let (Some(role), Some(vpc)) = (planned.target(function, "role"), planned.target(subnet, "vpc_id")) else {
        return BTreeSet::new();
    };
    let rights = rights_of(planned, role);
    let is_own = |grant: &&Grant<'_, '_>| !is_of_lambda(planned, function, grant);
    let used = rights.grants.iter().filter(is_own).filter_map(|grant| grant.action.split_once(':'));
    let services = used.filter_map(|(prefix, _)| SERVICES.iter().find(|(service, _)| *service == prefix));
    services.map(|(_, endpoint)| *endpoint).filter(|name| !has_endpoint(planned, function, vpc, table, name)).collect()
}

/// Whether something is allowed that Lambda does, and not the function: to read for it, and to send what failed.
fn is_of_lambda(planned: &Planned<'_>, function: &Resource<'_>, grant: &Grant<'_, '_>) -> bool {
    let mut mappings = planned.users(function, "lambda.event_source_mapping", "function_name").peekable();
    let reads = mappings.peek().is_some();
    if OF_LAMBDA.contains(&grant.action) {
        return reads;
    }
    let Some((policy, statement)) =
        grant.by.as_ref().filter(|_| ["sqs:SendMessage", "sns:Publish"].contains(&grant.action))
    else {
        return false;
    };
    let mut letters: BTreeSet<_> =
        function.reads("dead_letter_target_arn").into_iter().map(|read| read.address).collect();
    letters.extend(mappings.flat_map(|mapping| mapping.reads("destination_on_failure")).map(|read| read.address));
    let to = policy.reads(&format!("{statement}.Resource"));
    !to.is_empty() && to.iter().all(|read| letters.contains(&read.address))
}

/// Whether a network has an endpoint of a service that a function in it can use, or may have one.
fn has_endpoint(
    planned: &Planned<'_>,
    function: &Resource<'_>,
    vpc: &Resource<'_>,
    table: Option<&Resource<'_>>,
    service: &str,
) -> bool {
    planned.of("ec2.vpc_endpoint").any(|endpoint| {
        let is_here = match planned.target(endpoint, "vpc_id") {
            Some(of) => of.address == vpc.address,
            None => return false,
        };
        let is_it = endpoint.text("service_name").is_none_or(|name| name.ends_with(&format!(".{service}")));
        let is_used = match endpoint.text("vpc_endpoint_type") {
            Some("Gateway") => {
                let tables = endpoint.reads("route_table_ids");
                let home = table.map_or(vpc.address, |table| table.address);
                tables.is_empty() && endpoint.count("route_table_ids") > 0
                    || tables.iter().any(|read| read.address == *home)
            }
            // Without the service's own host name, a function must be told the endpoint's.
            _ => {
                let is_told = function.reads("environment").iter().any(|read| read.address == *endpoint.address);
                !endpoint.is_false("private_dns_enabled") || is_told
            }
        };
        is_here && is_it && is_used
    })
}
