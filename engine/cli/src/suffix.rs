//! What may name an environment: suffixes, and the patterns that stand for many of them.

/// The longest suffix, in characters.
const LONGEST: usize = 12;

/// What a suffix looks like, for people.
pub(crate) const FORM: &str = "2 to 12 lower-case letters, digits and single dashes, a letter first: `pr-42`";

/// Why a text cannot be a suffix, if it cannot.
pub(crate) fn problem(suffix: &str) -> Option<&'static str> {
    if suffix.len() < 2 {
        return Some(if holds_others(suffix) { OTHERS } else { "it is too short" });
    }
    beginning(suffix).or_else(|| suffix.ends_with('-').then_some(DASH))
}

const OTHERS: &str = "it holds something else than lower-case letters, digits and dashes";
const DASH: &str = "a dash must stand between two others";

fn holds_others(text: &str) -> bool {
    !text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Why no suffix can begin with a text, if none can.
fn beginning(text: &str) -> Option<&'static str> {
    if holds_others(text) {
        return Some(OTHERS);
    }
    if text.len() > LONGEST {
        return Some("it is longer than 12 characters");
    }
    if text.starts_with(|c: char| !c.is_ascii_lowercase()) {
        return Some("it does not start with a letter");
    }
    text.contains("--").then_some(DASH)
}

/// A name of an environment, or how many names begin: `pr-*`. Ordered by how much it says: a pattern before a longer
/// one, and all of them before a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern<'a> {
    is_name: bool,
    length: usize,
    start: &'a str,
}

impl<'a> Pattern<'a> {
    /// Reads a name or a pattern.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn parse(text: &'a str) -> Result<Pattern<'a>, String> {
        let (start, is_name) = match text.strip_suffix('*') {
            Some(start) => (start, false),
            None => (text, true),
        };
        if start.contains('*') {
            return Err(if is_name || start.ends_with('*') {
                "a pattern has one `*`, at its end: `pr-*`".into()
            } else {
                format!("a pattern has one `*`, at its end, and `{start}*` has another before that")
            });
        }
        match if is_name { problem(start) } else { beginning(start) } {
            Some(why) => Err(why.into()),
            None => Ok(Pattern { is_name, length: start.len(), start }),
        }
    }

    /// Whether it stands for an environment.
    pub(crate) fn matches(&self, suffix: &str) -> bool {
        if self.is_name { self.start == suffix } else { suffix.starts_with(self.start) }
    }

    /// The environment with such a name that ends as this one's does, if there can be one: `qa-x1`, where this is `x1`.
    pub(crate) fn namesake(&self, suffix: &str) -> Option<String> {
        let name = match self.is_name {
            true => self.start.to_owned(),
            false => format!("{}{suffix}", self.start.strip_suffix('-').map(|start| format!("{start}-"))?),
        };
        (name.ends_with(&format!("-{suffix}")) && problem(&name).is_none()).then_some(name)
    }

    /// Names that it stands for and that somebody may have meant who wrote this.
    pub(crate) fn meant(&self, suffix: &str) -> Vec<String> {
        if self.is_name {
            return vec![self.start.to_owned()];
        }
        let after_dash = suffix.find('-').map(|at| at + 1);
        let near = self.length.saturating_sub(1)..=self.length + 1;
        let rests = near.chain(after_dash).filter_map(|at| suffix.get(at..));
        rests.map(|rest| format!("{}{rest}", self.start)).filter(|name| problem(name).is_none()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_keep_the_rule() {
        for good in ["dev", "pr-42", "a1", "a-b-c", "abcdefghijkl"] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in ["", "a", "1a", "-a", "a-", "a--b", "Pr", "pr_4", "abcdefghijklm", "prä", "a b", "../x", "*", "pr-*"]
        {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn patterns_end_with_their_star() {
        for good in ["dev", "pr-*", "*", "p*", "pr-4*", "abcdefghijkl*"] {
            assert!(Pattern::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "pr-", "*-eu", "pr-*-x", "pr-**", "**", "PR-*", "1*", "a--*", "pr?", "pr-[0-9]", "abcdefghijklm*"]
        {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_says_more_than_a_pattern_and_a_long_one_more_than_a_short_one() {
        let mut all: Vec<Pattern<'_>> =
            ["pr-1", "pr-*", "*", "p*", "pr-1*"].iter().map(|text| Pattern::parse(text).unwrap()).collect();
        all.sort();
        let order: Vec<&str> = all.iter().map(|pattern| pattern.start).collect();
        assert_eq!(order, ["", "p", "pr-", "pr-1", "pr-1"]);
        assert!(all[4].is_name);
        let matching = |suffix: &str| all.iter().filter(|p| p.matches(suffix)).count();
        assert_eq!([matching("pr-1"), matching("pr-12"), matching("pr-2"), matching("dev")], [5, 4, 3, 1]);
    }

    #[test]
    fn namesakes_end_as_the_environment_does() {
        for (pattern, suffix, expected) in [
            ("qa-*", "x1", Some("qa-x1")),
            ("qa-x1", "x1", Some("qa-x1")),
            ("x1", "x1", None),
            ("qa*", "x1", None),
            ("*", "x1", None),
            ("long-names-*", "x1", None),
            ("long-name-*", "x1", Some("long-name-x1")),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().namesake(suffix).as_deref(), expected, "{pattern} {suffix}");
        }
    }

    #[test]
    fn what_was_meant_is_near() {
        for (pattern, written, expected) in [
            ("pr-*", "pt-42", "pr-42"),
            ("pr-*", "pr42", "pr-42"),
            ("pr-*", "prr-42", "pr-42"),
            ("prod", "prd", "prod"),
        ] {
            let meant = Pattern::parse(pattern).unwrap().meant(written);
            assert!(meant.iter().any(|name| name == expected), "{pattern} {written}: {meant:?}");
        }
    }
}
