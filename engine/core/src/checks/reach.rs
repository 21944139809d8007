//! Where a subnet's traffic can go, by the routes of its table.

use super::planned::{Planned, Resource};

/// Whether the table of a subnet leads to an internet gateway; none when that is not known, because the subnet uses the
/// main table of its VPC or one that is not of this program.
pub(super) fn leads_to_internet(planned: &Planned<'_>, subnet: &Resource<'_>) -> Option<bool> {
    Some(default_routes(planned, subnet)?.iter().any(|route| route.is_given("gateway_id")))
}

/// The routes to everywhere of a subnet's table.
pub(super) fn default_routes<'p, 'a>(
    planned: &'p Planned<'a>,
    subnet: &'p Resource<'_>,
) -> Option<Vec<&'p Resource<'a>>> {
    let association = planned.users(subnet, "ec2.route_table_association", "subnet_id").next()?;
    let table = planned.target(association, "route_table_id")?;
    let of_table = planned.users(table, "ec2.route", "route_table_id");
    let all = of_table.filter(|route| route.text("destination_cidr_block") == Some("0.0.0.0/0"));
    Some(all.collect())
}
