//! The certificate of a destroy: where was looked for what, what was found, and what that means.

use std::collections::BTreeMap;

use dr_core::leftover::{Leftover, UnseenPart};
use dr_core::value::Str;
use dr_run::{Searches, stays};

/// What somebody looked for after a destroy, and what came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DestroyCertificate {
    /// The environment's suffix.
    pub environment: String,
    /// The only program that is meant.
    pub program: Option<String>,
    /// The cloud and account.
    pub cloud: String,
    /// When the last look was, in seconds since 1970.
    pub at: u64,
    /// How often was looked; twice where services may show late what they make.
    pub looks: u32,
    /// Whether the second look was left out.
    pub is_early: bool,
    /// Places that were left out on purpose.
    pub left_out: Vec<Str>,
    /// What was looked for and found, by place.
    pub searches: Searches,
}

/// What a certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateVerdict {
    /// Nothing is left.
    Clean,
    /// What is left goes by itself.
    Fading,
    /// Nothing was found that stays, but not everything could be looked at.
    Unsure,
    /// Something is left.
    Left,
}

impl DestroyCertificate {
    /// Everything that was found.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Leftover> {
        self.searches.values().flat_map(|search| &search.found)
    }

    /// What was found and does not go by itself.
    pub(crate) fn staying(&self) -> impl Iterator<Item = &Leftover> {
        self.found().filter(|one| stays(one))
    }

    /// What could not be looked at, by place.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = (&Str, &UnseenPart)> {
        self.searches.iter().flat_map(|(place, search)| search.unseen.iter().map(move |part| (place, part)))
    }

    /// Why places could not be looked at as a whole or in part, one reason each.
    pub(crate) fn reasons(&self) -> BTreeMap<Str, String> {
        let first = |(place, search): (&Str, &dr_core::leftover::PlaceSearch)| {
            Some((place.clone(), search.unseen.first()?.why.clone()))
        };
        self.searches.iter().filter_map(first).collect()
    }

    /// Leaves out what the state knows to be there still.
    pub(crate) fn without(&mut self, is_known: impl Fn(&Leftover) -> bool) {
        for search in self.searches.values_mut() {
            search.found.retain(|one| !is_known(one));
        }
    }

    /// What it says.
    pub(crate) fn verdict(&self) -> CertificateVerdict {
        match (self.staying().next(), self.unseen().next(), self.found().next()) {
            (Some(_), ..) => CertificateVerdict::Left,
            (None, Some(_), _) => CertificateVerdict::Unsure,
            (None, None, _) if !self.left_out.is_empty() => CertificateVerdict::Unsure,
            (None, None, Some(_)) => CertificateVerdict::Fading,
            (None, None, None) => CertificateVerdict::Clean,
        }
    }
}

#[cfg(test)]
mod tests {
    use dr_core::leftover::{LeftoverDeparture, LeftoverSign, PlaceSearch};

    use super::*;

    #[test]
    fn nothing_is_left_only_where_everything_was_looked_at() {
        let log = Leftover::new("log group", Some("r1"), "g", (LeftoverSign::Suffix, None));
        let key = Leftover::new("key", Some("r1"), "k", (LeftoverSign::Tags, None)).going(LeftoverDeparture::At(9));
        let hidden = UnseenPart { what: "keys".into(), why: "denied".into(), may_pass: false };
        let of = |found: &[&Leftover], unseen: &[&UnseenPart]| {
            let search = PlaceSearch {
                looked: vec!["all".into()],
                found: found.iter().map(|one| (*one).clone()).collect(),
                unseen: unseen.iter().map(|one| (*one).clone()).collect(),
            };
            DestroyCertificate { searches: Searches::from([("r1".into(), search)]), ..DestroyCertificate::default() }
        };
        for (found, unseen, verdict) in [
            (&[][..], &[][..], CertificateVerdict::Clean),
            (&[&key], &[], CertificateVerdict::Fading),
            (&[&key, &log], &[], CertificateVerdict::Left),
            (&[], &[&hidden], CertificateVerdict::Unsure),
            (&[&key], &[&hidden], CertificateVerdict::Unsure),
            (&[&log], &[&hidden], CertificateVerdict::Left),
        ] {
            assert_eq!(of(found, unseen).verdict(), verdict, "{found:?} {unseen:?}");
        }
        let partial = DestroyCertificate { left_out: vec!["r2".into()], ..of(&[], &[]) };
        assert_eq!(partial.verdict(), CertificateVerdict::Unsure);
        let mut known = of(&[&log, &key], &[]);
        known.without(|one| &*one.id == "g");
        assert_eq!(known.verdict(), CertificateVerdict::Fading);
    }
}
