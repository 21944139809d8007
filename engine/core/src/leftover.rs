//! Leftovers: what of an environment may be in the account although all that was recorded is deleted, and how it is told.
//!
//! Deletions leave things behind (a key that waits for its end, a last backup), services make things by themselves (log
//! groups, network interfaces), and people make things by hand. Few of these bear tags. They are told by the tags of the
//! environment, by the names of what was deleted, or by names that end with the environment's suffix.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::money::Dollars;
use crate::sought::Sought;
use crate::value::Str;

/// The shortest name by which something is told.
pub(crate) const SHORTEST: usize = 4;

/// How it is told that something is the environment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftoverSign {
    /// It is recorded and still there.
    Record,
    /// It bears the environment's tags.
    Tags,
    /// It belongs to what was deleted, by that one's name.
    Former,
    /// Its name, or that of what it was made of, ends with the environment's suffix.
    Suffix,
}

/// Whether a leftover goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftoverDeparture {
    /// No: somebody has to delete it.
    Stays,
    /// At a time, in seconds since 1970.
    At(u64),
    /// Within so many seconds, as a rule.
    Within(u64),
}

/// Something that is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// What it is, as a person calls it: `log group`.
    pub what: Str,
    /// Its region; `None` for what belongs to none.
    pub region: Option<Str>,
    /// Its id, or its name.
    pub id: Str,
    /// The address of the resource that it is, or that it is left of, where that is known.
    pub address: Option<Str>,
    /// How it is told.
    pub sign: LeftoverSign,
    /// Whether it goes by itself.
    pub departure: LeftoverDeparture,
    /// What it costs in a month, where that is known.
    pub monthly: Option<Dollars>,
}

/// What could not be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnseenPart {
    /// What: `final snapshots of databases`.
    pub what: Str,
    /// Why.
    pub why: String,
    /// Whether another try may go well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_pass: bool,
}

/// What a search for leftovers in one place came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlaceSearch {
    /// What was looked for.
    pub looked: Vec<Str>,
    /// What was found.
    pub found: Vec<Leftover>,
    /// What could not be looked for.
    pub unseen: Vec<UnseenPart>,
}

/// A resource that was deleted, as far as it tells what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerResource {
    /// Its address.
    pub address: Str,
    /// Its kind.
    pub kind: &'static str,
    /// Its id.
    pub id: Str,
    /// Its region.
    pub region: Option<Str>,
    /// What it was called: its id, and the arguments that name it.
    pub names: Vec<Str>,
    /// The log groups that it wrote to.
    pub groups: Vec<Str>,
}

/// By what leftovers are told.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'a> {
    /// Whose they are.
    pub sought: Sought<'a>,
    /// What was deleted; nothing where no state tells.
    pub former: &'a [FormerResource],
    /// Whether nobody else has anything in the environment, so that a suffix alone tells.
    pub is_alone: bool,
    /// Suffixes of other environments that end as this one's does: what they call their own.
    pub others: &'a [String],
}

impl<'a> Trail<'a> {
    /// How it is told that something in a region is the environment's, by what it is called or what it was made of; with
    /// the address of the former resource. `None` when nothing says so.
    pub fn of_name(&self, region: Option<&str>, name: &str) -> Option<(LeftoverSign, Option<&'a Str>)> {
        let is = |former: &&FormerResource| former.names.iter().chain(&former.groups).any(|own| **own == *name);
        self.told(region, is, || self.ends(name))
    }

    /// The same by a text that mentions a name somewhere: `AWS Lambda VPC ENI-worker-pr-7-…`.
    pub fn of_text(&self, region: Option<&str>, text: &str) -> Option<(LeftoverSign, Option<&'a Str>)> {
        let mentions = |own: &Str| own.len() >= SHORTEST && stands_in(own, text);
        let is = |former: &&FormerResource| former.names.iter().any(mentions);
        let suffix = self.sought.environment;
        self.told(region, is, || stands_in(suffix, text) && !self.others.iter().any(|other| stands_in(other, text)))
    }

    /// The former resources of a kind in a region.
    pub fn former_of(&self, kind: &'a str, region: Option<&'a str>) -> impl Iterator<Item = &'a FormerResource> {
        self.former.iter().filter(move |former| former.kind == kind && former.region.as_deref() == region)
    }

    fn told(
        &self,
        region: Option<&str>,
        is: impl FnMut(&&'a FormerResource) -> bool,
        by_suffix: impl FnOnce() -> bool,
    ) -> Option<(LeftoverSign, Option<&'a Str>)> {
        let near = |former: &&FormerResource| former.region.is_none() || former.region.as_deref() == region;
        match self.former.iter().filter(near).find(is) {
            Some(former) => Some((LeftoverSign::Former, Some(&former.address))),
            None => (self.is_alone && by_suffix()).then_some((LeftoverSign::Suffix, None)),
        }
    }

    fn ends(&self, name: &str) -> bool {
        bears(name, self.sought.environment) && !self.others.iter().any(|other| bears(name, other))
    }
}

/// Whether a name, or a part of one between slashes, colons or dots, is an environment's suffix or ends with it.
pub fn bears(name: &str, suffix: &str) -> bool {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    let ends = |part: &str| {
        let part = part.to_ascii_lowercase().replace('_', "-");
        part == suffix || part.strip_suffix(suffix).is_some_and(|start| start.ends_with('-'))
    };
    !suffix.is_empty() && parts.into_iter().any(ends)
}

/// Whether a name stands in a text, with neither a letter nor a digit on either side.
fn stands_in(name: &str, text: &str) -> bool {
    let open = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    text.match_indices(name)
        .any(|(at, _)| open(text[..at].chars().next_back()) && open(text[at + name.len()..].chars().next()))
}

impl Leftover {
    /// Something that stays until somebody deletes it.
    pub fn new(what: &str, region: Option<&str>, id: &str, told: (LeftoverSign, Option<&Str>)) -> Leftover {
        Leftover {
            what: what.into(),
            region: region.map(Str::from),
            id: id.into(),
            address: told.1.cloned(),
            sign: told.0,
            departure: LeftoverDeparture::Stays,
            monthly: None,
        }
    }

    /// The same, which goes by itself.
    #[must_use]
    pub fn going(self, departure: LeftoverDeparture) -> Leftover {
        Leftover { departure, ..self }
    }
}

impl LeftoverDeparture {
    /// Within a time.
    pub fn within(time: Duration) -> LeftoverDeparture {
        LeftoverDeparture::Within(time.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn former(region: Option<&str>, names: &[&str], groups: &[&str]) -> FormerResource {
        let all = |texts: &[&str]| texts.iter().map(|text| Str::from(*text)).collect();
        FormerResource {
            address: "x.y:a".into(),
            kind: "x.y",
            id: names[0].into(),
            region: region.map(Str::from),
            names: all(names),
            groups: all(groups),
        }
    }

    #[test]
    fn a_name_bears_the_suffix_that_it_or_a_part_of_it_ends_with() {
        for name in [
            "orders-pr-1",
            "pr-1",
            "/aws/lambda/fn-pr-1",
            "a-pr-1.fifo",
            "api.pr-1.example.org",
            "A_PR_1",
            "x:a-pr-1:y",
        ] {
            assert!(bears(name, "pr-1"), "{name}");
        }
        for name in ["orders-pr-12", "orders-pr-1-5", "xpr-1", "orders-pr", "", "orders-qr-1"] {
            assert!(!bears(name, "pr-1"), "{name}");
        }
        assert!(!bears("orders-", "") && !bears("", ""));
    }

    #[test]
    fn what_is_left_is_told_by_what_was_deleted_or_by_the_suffix_alone() {
        let all =
            [former(Some("r1"), &["api7", "worker-pr-1"], &["API-Logs_api7/live"]), former(None, &["role-pr-1"], &[])];
        let sought = Sought { environment: "pr-1", program: None };
        let others = vec!["qa-pr-1".to_owned()];
        let trail = Trail { sought, former: &all, is_alone: true, others: &others };
        let sign = |trail: &Trail<'_>, region, name| trail.of_name(region, name).map(|(sign, _)| sign);
        let (r1, r2) = (Some("r1"), Some("r2"));
        for (region, name, expected) in [
            (r1, "worker-pr-1", Some(LeftoverSign::Former)),
            (r1, "API-Logs_api7/live", Some(LeftoverSign::Former)),
            (r2, "API-Logs_api7/live", None),
            (r2, "role-pr-1", Some(LeftoverSign::Former)),
            (r2, "worker-pr-1", Some(LeftoverSign::Suffix)),
            (r1, "other-pr-1", Some(LeftoverSign::Suffix)),
            (r1, "other-qa-pr-1", None),
            (r1, "worker-pr-12", None),
        ] {
            assert_eq!(sign(&trail, region, name), expected, "{name}");
        }
        let crowded = Trail { is_alone: false, ..trail };
        assert_eq!(sign(&crowded, r1, "other-pr-1"), None, "it may be another program's");
        assert_eq!(sign(&crowded, r1, "worker-pr-1"), Some(LeftoverSign::Former));
        let text = |trail: &Trail<'_>, text| trail.of_text(r1, text).map(|(sign, _)| sign);
        assert_eq!(text(&trail, "AWS Lambda VPC ENI-worker-pr-1-0a1b"), Some(LeftoverSign::Former));
        assert_eq!(text(&trail, "ENI of other-pr-1-0a1b"), Some(LeftoverSign::Suffix));
        for other in ["ENI of worker-pr-12", "ENI of x-qa-pr-1-0", "ENI of xapi77"] {
            assert_eq!(text(&trail, other), None, "{other}");
        }
    }
}
