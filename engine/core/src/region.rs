//! Regions: the places that calls go to, and which of them a plan does without.
//!
//! A place is a region, or [`GLOBAL`] for services that belong to no region. What lives in the state alone has none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::{Kind, Place, closest};
use crate::value::Str;

/// The place of services that belong to no region, such as IAM and Route 53.
pub const GLOBAL: &str = "global";

/// The regions of AWS in all its partitions, from the tables of regions in the "AWS Regions" guide.
const KNOWN: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

/// Why a plan does without a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Away {
    /// It does not answer.
    Silent,
    /// The plan is limited to others.
    LeftOut,
}

/// The places that a plan does without.
pub type Aways = BTreeMap<Str, Away>;

/// The place that calls about a resource go to; `None` for what lives in the state alone.
pub fn place<'a>(kind: &Kind, region: Option<&'a str>) -> Option<&'a str> {
    match kind.place {
        Place::Local => None,
        Place::Regional | Place::Global => Some(region.unwrap_or(GLOBAL)),
    }
}

/// Whether a region has this name. Names that are in use (`used`) are taken as they are.
///
/// # Errors
/// When no region has it: the nearest name that one has, if there is one.
pub fn check_name(name: &str, used: impl Fn(&str) -> bool) -> Result<(), Option<&'static str>> {
    if KNOWN.contains(&name) || used(name) { Ok(()) } else { Err(closest(name, KNOWN.iter().copied())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_region_is_refused_with_the_nearest() {
        let used = |name: &str| name == "mars-1";
        assert_eq!(check_name("us-west-2", used), Ok(()));
        assert_eq!(check_name("mars-1", used), Ok(()));
        assert_eq!(check_name("us-wets-2", used), Err(Some("us-west-2")));
        assert_eq!(check_name("", used), Err(None));
        assert_eq!(check_name("zzz", used), Err(None));
    }

    #[test]
    fn what_lives_in_the_state_alone_has_no_place() {
        let kind = |place| Kind { place, ..Kind::new("t.x", "", &[], &[]) };
        assert_eq!(place(&kind(Place::Regional), Some("r1")), Some("r1"));
        assert_eq!(place(&kind(Place::Global), None), Some(GLOBAL));
        assert_eq!(place(&kind(Place::Local), None), None);
    }
}
