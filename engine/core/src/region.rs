//! Regions: the names that there are, and the places that calls go to.
//!
//! A place is a region, or [`GLOBAL`] for services that belong to no region. What lives in the state alone has none.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::schema::{Kind, Place, closest};
use crate::text::shortened;
use crate::value::Str;

/// The place of services that belong to no region, such as IAM and Route 53.
pub const GLOBAL: &str = "global";

/// The day of [`KNOWN`].
const KNOWN_ON: &str = "2026-05-19";

/// The regions of AWS in all its partitions, as the endpoints of botocore 1.43.11 list them.
const KNOWN: &[&str] = &[
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
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
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

/// The region that a host's name tells, as in `queue.us-east-1.amazonaws.com`; quotes around it do not matter.
pub fn named_in(text: &str) -> Option<&'static str> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    parts.filter_map(|part| KNOWN.binary_search(&part).ok()).map(|found| KNOWN[found]).next()
}

/// That there is no region of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRegion {
    name: String,
    nearest: Option<&'static str>,
}

impl fmt::Display for NoRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no region `{}`", shortened(&self.name, 40))
    }
}

impl NoRegion {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self.nearest {
            Some(near) => format!("did you mean `{near}`? The regions of AWS as of {KNOWN_ON} are known"),
            None => format!("name one of AWS as of {KNOWN_ON}, such as `us-east-1`"),
        }
    }
}

/// What the names of regions start with, outside of the standard partition `aws`.
const PARTITIONS: &[(&str, &str)] = &[
    ("aws-cn", "cn-"),
    ("aws-eusc", "eusc-"),
    ("aws-iso", "us-iso-"),
    ("aws-iso-b", "us-isob-"),
    ("aws-iso-e", "eu-isoe-"),
    ("aws-iso-f", "us-isof-"),
    ("aws-us-gov", "us-gov-"),
];

/// The regions of a partition of AWS, sorted by name. An account need not have enabled all of them.
pub fn of_partition(partition: &str) -> Vec<Str> {
    let is_in = |region: &&&str| {
        let own = PARTITIONS.iter().find(|(_, start)| region.starts_with(start)).map_or("aws", |(name, _)| name);
        own == partition
    };
    KNOWN.iter().filter(is_in).map(|region| Str::from(*region)).collect()
}

/// Makes sure that a region has this name.
///
/// # Errors
/// When none has.
pub fn check_name(name: &str) -> Result<(), NoRegion> {
    match KNOWN.contains(&name) {
        true => Ok(()),
        false => Err(NoRegion { name: name.to_owned(), nearest: closest(name, KNOWN.iter().copied()) }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // A test that cannot go on says so.

    use super::*;

    #[test]
    fn a_mistyped_region_is_refused_with_the_nearest() {
        for name in KNOWN {
            assert_eq!(check_name(name), Ok(()));
        }
        for (name, near) in [
            ("us-wets-2", Some("us-west-2")),
            ("us-east-11", Some("us-east-1")),
            ("US-East-1", Some("us-east-1")),
            ("eu-west-1a", Some("eu-west-1")),
            ("eu_central_1", Some("eu-central-1")),
            (" us-east-1", Some("us-east-1")),
            ("", None),
            ("zzz", None),
            (GLOBAL, None),
        ] {
            assert_eq!(check_name(name).unwrap_err().nearest, near, "{name}");
        }
        let refused = check_name("us-wets-2").unwrap_err();
        assert_eq!(refused.to_string(), "there is no region `us-wets-2`");
        assert_eq!(refused.help(), format!("did you mean `us-west-2`? The regions of AWS as of {KNOWN_ON} are known"));
        assert!(check_name(&"é\u{1b}[31m".repeat(1000)).unwrap_err().to_string().len() < 300);
    }

    #[test]
    fn a_host_may_tell_its_region() {
        for (text, region) in [
            ("pay-0123.us-east-2.elb.amazonaws.com", Some("us-east-2")),
            ("d-abc.execute-api.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("\"us-west-2\"", Some("us-west-2")),
            ("us-east-1-logs.example.com", None),
            ("api.example.com", None),
            ("", None),
        ] {
            assert_eq!(named_in(text), region, "{text}");
        }
    }

    #[test]
    fn every_region_is_in_one_partition() {
        let mut all: Vec<Str> = of_partition("aws");
        assert!(all.contains(&"ap-southeast-7".into()) && !all.iter().any(|region| region.contains("gov")), "{all:?}");
        for (partition, _) in PARTITIONS {
            let regions = of_partition(partition);
            assert!(!regions.is_empty(), "{partition}");
            all.extend(regions);
        }
        all.sort();
        assert_eq!(all, KNOWN.iter().map(|region| Str::from(*region)).collect::<Vec<_>>());
        assert_eq!(of_partition("aws-us-gov"), ["us-gov-east-1", "us-gov-west-1"].map(Str::from));
        assert!(of_partition("no-such").is_empty());
    }

    #[test]
    fn what_lives_in_the_state_alone_has_no_place() {
        let kind = |place| Kind { place, ..Kind::new("t.x", "", &[], &[]) };
        assert_eq!(place(&kind(Place::Regional), Some("r1")), Some("r1"));
        assert_eq!(place(&kind(Place::Global), None), Some(GLOBAL));
        assert_eq!(place(&kind(Place::Local), None), None);
    }
}
