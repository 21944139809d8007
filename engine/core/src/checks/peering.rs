//! C07: peerings between regions, complete on both sides.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::Planned;

pub(super) const CHECK: Check = Check {
    asks: "a peering is accepted in the peer's region and has routes on both sides",
    why: "A peering to another region waits until somebody accepts it there, and carries nothing without a route in each of \
          the networks.",
    mend: "Declare an `ec2.vpc_peering_accepter` in the peer's region, and an `ec2.route` on each side.",
    source: "https://docs.aws.amazon.com/vpc/latest/peering/create-vpc-peering-connection.html",
    ..Check::all("C07", "peering-complete", &["ec2.vpc_peering"], look)
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for peering in planned.of("ec2.vpc_peering") {
        let ends = [planned.target(peering, "vpc_id"), planned.target(peering, "peer_vpc_id")];
        let peer = ends[1];
        let path = "vpc_peering_connection_id";
        let region = peering.text("peer_region").or(peer.and_then(|vpc| vpc.region));
        if let (Some(vpc), Some(said)) = (peer, peering.text("peer_region"))
            && vpc.region.is_some_and(|region| region != said)
        {
            let message = format!("`{}` looks for `{}` in {said}", peering.address, vpc.address);
            let there = vpc.region.unwrap_or_default();
            let finding = Finding::new("peer_region", message).also(vpc, "", format!("it is in {there}"));
            found.add(peering, finding.help(format!("say `peer_region: \"{there}\"`")));
            continue;
        }
        let accepted = planned.users(peering, "ec2.vpc_peering_accepter", path).next();
        match (accepted, region) {
            (None, Some(region)) if Some(region) != peering.region => {
                let message = format!("nobody accepts `{}` in {region}", peering.address);
                let help = format!("declare an `ec2::vpc_peering_accepter` with the region \"{region}\"");
                found.add(peering, Finding::new("", message).help(help));
            }
            (Some(accepter), Some(region)) if accepter.region.is_some_and(|there| there != region) => {
                let message = format!("`{}` accepts a peering whose peer is in {region}", accepter.address);
                let finding = Finding::new("", message).also(peering, "", "the peering");
                found.add(accepter, finding.help(format!("set its region to \"{region}\"")));
            }
            _ => {}
        }
        for vpc in ends.into_iter().flatten() {
            let has_route = planned.users(peering, "ec2.route", path).any(|route| {
                let table = planned.target(route, "route_table_id");
                let of = table.and_then(|table| planned.target(table, "vpc_id"));
                // A route in a table that is not of this program may be the one.
                of.is_none_or(|of| of.address == vpc.address)
            });
            if !has_route {
                let message = format!("no route of `{}` leads through `{}`", vpc.address, peering.address);
                let finding = Finding::new("", message).warning().also(vpc, "", "this side");
                found.add(
                    peering,
                    finding.help("declare an `ec2::route` with `vpc_peering_connection_id` in its tables"),
                );
            }
        }
    }
}
