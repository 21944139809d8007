//! Times to live: how long an environment stays, and when it expires.

use std::ops::Range;
use std::time::Duration;

use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::lifetime::Lifetime;
use dr_core::schema::closest;
use toml::Spanned;

/// How a length of time is written, for people.
pub(crate) const FORM: &str = "write a number and a unit: `3d`, `12h`, `90m`, `2weeks`";
/// That an environment never expires.
const NEVER: &str = "never";
/// What a time to live can be counted from.
const STARTS: &[&str] = &["apply", "creation"];
/// The longest one: a century.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// `ttl` and `ttl_from` of a table of `dr.toml`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TtlKeys<'c> {
    /// How long: `3d`, or `never`.
    pub ttl: Option<&'c Spanned<String>>,
    /// From when on: `apply` or `creation`.
    pub from: Option<&'c Spanned<String>>,
}

/// How long an environment stays.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ttl {
    /// For how long; `None`: for ever.
    pub length: Option<Duration>,
    /// Whether it is counted from the first apply instead of the last one.
    pub from_creation: bool,
}

/// Reads a length of time.
///
/// # Errors
/// Why it is none.
pub(crate) fn length(text: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(text).map_err(|_| format!("`{text}` is not a length of time"))?;
    match read.as_secs() {
        0 => Err(format!("`{text}` is shorter than a second")),
        _ if read > LONGEST => Err(format!("`{text}` is longer than a century")),
        _ => Ok(read),
    }
}

impl TtlKeys<'_> {
    /// What is wrong although it has the right type.
    pub(crate) fn problems(&self, place: &dyn Fn(Range<usize>) -> Span) -> Vec<Diagnostic> {
        let mut wrong = Vec::new();
        if let Some(ttl) = self.ttl.filter(|ttl| ttl.get_ref() != NEVER)
            && let Err(why) = length(ttl.get_ref())
        {
            let help = format!("{FORM}; or `{NEVER}`");
            wrong.push(Diagnostic::error(why).at(place(ttl.span()), "").help(help));
        }
        if let Some(from) = self.from.filter(|from| !STARTS.contains(&from.get_ref().as_str())) {
            let message = format!("a time to live cannot be counted from `{}`", from.get_ref());
            let d = Diagnostic::error(message).at(place(from.span()), "");
            wrong.push(match closest(from.get_ref(), STARTS.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.help("it is counted from the last `apply`, or from the `creation`"),
            });
        }
        wrong
    }

    /// This, where a more specific table says nothing else. What is wrong is told when the file is read.
    pub(crate) fn over(&self, general: Ttl) -> Ttl {
        let ttl = self.ttl.map(|ttl| length(ttl.get_ref()).ok());
        let from = self.from.map(|from| from.get_ref() == "creation");
        Ttl { length: ttl.unwrap_or(general.length), from_creation: from.unwrap_or(general.from_creation) }
    }
}

impl Ttl {
    /// When an environment expires whose programs have these lifetimes. One that somebody works on stays as a whole, so
    /// the last apply of any program counts. `None`: never, or nothing is known of when it was applied.
    pub(crate) fn expiry<'l>(&self, lifetimes: impl Iterator<Item = &'l Lifetime> + Clone) -> Option<u64> {
        let length = self.length?.as_secs();
        let start = match self.from_creation {
            true => lifetimes.clone().map(|lifetime| lifetime.created).min()?,
            false => lifetimes.clone().map(|lifetime| lifetime.applied).max()?,
        };
        let extended = lifetimes.filter_map(|lifetime| lifetime.extended).max();
        Some(start.saturating_add(length).max(extended.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::environments::EnvironmentRules;

    #[test]
    fn a_ttl_is_checked_and_the_most_specific_table_counts() {
        for (text, why) in [
            ("ttl = \"3 dayz\"", "dr.toml:2:7: `3 dayz` is not a length of time write a number and a unit"),
            ("ttl = \"3\"", "is not a length of time"),
            ("ttl = \"-3d\"", "is not a length of time"),
            ("ttl = \"0d\"", "is shorter than a second"),
            ("ttl = \"900y\"", "is longer than a century"),
            ("ttl = 3", "put it in quotes"),
            ("ttl_from = \"aply\"", "did you mean `apply`?"),
            ("ttl_from = \"birth\"", "from the `creation`"),
            ("ttl_form = \"apply\"", "did you mean `ttl_from`?"),
        ] {
            let found = Config::parse(&format!("[environments.\"pr-*\"]\n{text}\n")).unwrap_err();
            let found: String = found.iter().map(|d| format!("{d} {}\n", d.help.join(" "))).collect();
            assert!(found.contains(why), "{text}: {found}");
        }
        let config = Config::parse(
            "[environments.\"*\"]\nttl = \"2weeks\"\n[environments.\"pr-*\"]\nttl = \"3d\"\nttl_from = \"creation\"\n\
             [environments.pr-7]\nttl = \"never\"\n",
        )
        .unwrap();
        let day = Duration::from_secs(86_400);
        for (suffix, length, from_creation) in
            [("qa", Some(day * 14), false), ("pr-1", Some(day * 3), true), ("pr-7", None, true)]
        {
            assert_eq!(EnvironmentRules::of(&config, suffix).ttl, Ttl { length, from_creation }, "{suffix}");
        }
        assert_eq!(EnvironmentRules::of(&Config::default(), "pr-1").ttl, Ttl::default(), "nothing expires by itself");
    }

    #[test]
    fn an_environment_expires_as_a_whole() {
        let of = |created, applied, extended| Lifetime { created, applied, by: "anna".into(), extended };
        let hour = |from_creation| Ttl { length: Some(Duration::from_secs(3_600)), from_creation };
        let both = [of(1_000, 9_000, None), of(5_000, 5_000, None)];
        assert_eq!(hour(false).expiry(both.iter()), Some(12_600));
        assert_eq!(hour(true).expiry(both.iter()), Some(4_600));
        assert_eq!(hour(true).expiry([of(1_000, 9_000, Some(7_000))].iter()), Some(7_000));
        assert_eq!(hour(false).expiry([of(1_000, 9_000, Some(7_000))].iter()), Some(12_600), "it is extended, not cut");
        assert_eq!(hour(false).expiry([].iter()), None);
        assert_eq!(Ttl::default().expiry(both.iter()), None);
    }
}
