//! C73: VPC endpoints that have what their type needs.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "an endpoint has subnets or route tables as its type needs, is of its region, and has a private name only where the \
           network resolves it",
    why: "EC2 refuses subnets at a gateway endpoint and route tables at an interface endpoint, a service of another region, and \
          a private name in a network without DNS.",
    mend: "Give `subnet_ids` to an interface endpoint and `route_table_ids` to a gateway endpoint; set `enable_dns_support` and \
           `enable_dns_hostnames` of the VPC.",
    source: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    ..Check::each("C73", "vpc-endpoint", &["ec2.vpc_endpoint"], look)
};

fn look(endpoint: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(sort) = endpoint.text("vpc_endpoint_type") else { return };
    let service = endpoint.text("service_name");
    let has = |path: &str| endpoint.count(path) > 0 || endpoint.value(path).is_none() && endpoint.is_given(path);
    let of_gateway = service.is_none_or(|name| name.ends_with(".s3") || name.ends_with(".dynamodb"));
    match sort {
        "Gateway" => {
            if !of_gateway {
                let message =
                    format!("`{}` is a gateway endpoint, of which there are S3 and DynamoDB", endpoint.address);
                found.add(
                    endpoint,
                    Finding::new("service_name", message).help("set `vpc_endpoint_type: \"Interface\"`"),
                );
            }
            for path in ["subnet_ids", "security_group_ids"] {
                if has(path) && !endpoint.is_left_to_service(path) {
                    let message = format!("`{}` is a gateway endpoint, which takes no `{path}`", endpoint.address);
                    found.add(
                        endpoint,
                        Finding::new(path, message).help("give `route_table_ids`, or make it an interface endpoint"),
                    );
                }
            }
            if endpoint.is_true("private_dns_enabled") {
                let message = format!("`{}` is a gateway endpoint, which has no private name", endpoint.address);
                found.add(endpoint, Finding::new("private_dns_enabled", message).help("leave it out"));
            }
        }
        _ => {
            if has("route_table_ids") {
                let message = format!(
                    "`{}` is an {} endpoint, which takes no route tables",
                    endpoint.address,
                    sort.to_lowercase()
                );
                found.add(endpoint, Finding::new("route_table_ids", message).help("give `subnet_ids`"));
            }
            if !has("subnet_ids") {
                let message =
                    format!("`{}` is an {} endpoint and stands in no subnet", endpoint.address, sort.to_lowercase());
                found.add(
                    endpoint,
                    Finding::new("vpc_endpoint_type", message).help("give `subnet_ids`, one of each zone"),
                );
            }
        }
    }
    if let (Some(name), Some(region)) = (service, endpoint.region)
        && let Some(rest) = name.strip_prefix("com.amazonaws.")
        && let Some(of) = rest.split('.').next().filter(|of| is_region(of))
        && of != region
    {
        let message = format!("`{}` is in {region} and leads to a service of {of}", endpoint.address);
        let help = format!("say \"{}\"", name.replacen(of, region, 1));
        found.add(endpoint, Finding::new("service_name", message).help(help));
    }
    if endpoint.is_true("private_dns_enabled")
        && sort != "Gateway"
        && let Some(vpc) = planned.target(endpoint, "vpc_id")
    {
        for path in ["enable_dns_support", "enable_dns_hostnames"] {
            if vpc.is_false(path) {
                let message =
                    format!("`{}` has a private name, which `{}` does not resolve", endpoint.address, vpc.address);
                let finding = Finding::new("private_dns_enabled", message).also(vpc, path, format!("`{path}` is off"));
                found.add(endpoint, finding.help(format!("set `{path}: true` on the VPC")));
            }
        }
    }
}

fn is_region(text: &str) -> bool {
    text.matches('-').count() >= 2 && text.ends_with(|c: char| c.is_ascii_digit())
}
