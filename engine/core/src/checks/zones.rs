//! C93: availability zones.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "an availability zone is one of the resource's region",
    why: "EC2 and RDS refuse a zone that their region does not have.",
    mend: "Write the region and a letter, such as `us-east-1a`, or take the name from `ec2.availability_zones`.",
    source: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html",
    ..Check::each(
        "C93",
        "availability-zone",
        &["ec2.subnet.availability_zone", "rds.cluster.availability_zones", "rds.cluster_instance.availability_zone"],
        look,
    )
};

fn look(resource: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let Some(region) = resource.region else { return };
    let is_subnet = resource.kind.name == "ec2.subnet";
    let paths = std::iter::once("availability_zone".to_owned()).chain(resource.each("availability_zones"));
    for path in paths {
        let Some(zone) = resource.text(&path) else { continue };
        let is_one = match zone.strip_prefix(region) {
            Some(rest) => is_letter(rest) || is_subnet && is_local(rest),
            None => false,
        };
        if !is_one {
            let message = format!("`{}` is in {region}, which has no availability zone `{zone}`", resource.address);
            let letter = zone.chars().next_back().filter(char::is_ascii_lowercase).unwrap_or('a');
            let help = format!("write `{region}{letter}`, or take a name from `ec2.availability_zones`");
            found.add(resource, Finding::new(&path, message).help(help));
        }
    }
}

fn is_letter(rest: &str) -> bool {
    rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `-bos-1a` of a local zone, `-wl1-bos-wlz-1` of one at a carrier.
fn is_local(rest: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    rest.strip_prefix('-').is_some_and(|rest| rest.split('-').count() > 1 && rest.split('-').all(is_word))
}
