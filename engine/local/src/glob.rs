//! Patterns of paths: `*` stands for anything but `/`, `**` for anything, `**/` also for no folder at all.
//!
//! They become one regular expression for an engine that never goes back, so that no pattern is slow.

use std::fmt::Write as _;

use dr_core::value::Str;
use dr_core::world::PackError;
use regex_lite::Regex;

/// The bytes that all patterns of an archive may have together.
const LONGEST: usize = 1 << 14;

/// Paths, some of which are meant.
#[derive(Debug)]
pub(crate) struct Globs(Option<Regex>);

impl Globs {
    /// Patterns; one that ends in `/` means the same without.
    ///
    /// # Errors
    /// When they are too long.
    pub(crate) fn new(patterns: &[Str]) -> Result<Globs, PackError> {
        if patterns.is_empty() {
            return Ok(Globs(None));
        }
        let too_long = || PackError::Patterns(LONGEST);
        if patterns.iter().map(|pattern| pattern.len()).sum::<usize>() > LONGEST {
            return Err(too_long());
        }
        let all: Vec<String> = patterns.iter().map(|pattern| expression(pattern.trim_end_matches('/'))).collect();
        let regex = Regex::new(&format!("(?s)^(?:{})$", all.join("|"))).map_err(|_| too_long())?;
        Ok(Globs(Some(regex)))
    }

    /// Whether a path is meant.
    pub(crate) fn mean(&self, path: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(path))
    }
}

fn expression(pattern: &str) -> String {
    let mut regex = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let (skip, means) = match c {
            '*' if rest.starts_with("**/") => (3, "(?:.*/)?"),
            '*' if rest.starts_with("**") => (2, ".*"),
            '*' => (1, "[^/]*"),
            _ => (c.len_utf8(), ""),
        };
        if means.is_empty() {
            // Whatever means something to the engine is written by its number.
            let plain = c.is_alphanumeric() || matches!(c, '/' | '_');
            let _ = if plain { write!(regex, "{c}") } else { write!(regex, "\\x{{{:x}}}", u32::from(c)) };
        }
        regex.push_str(means);
        rest = &rest[skip..];
    }
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_paths_with_stars() {
        for (pattern, path, is) in [
            ("a/b.md", "a/b.md", true),
            ("a/b.md", "a/bxmd", false),
            ("b.md", "a/b.md", false),
            ("*.md", "b.md", true),
            ("*.md", "a/b.md", false),
            ("**.md", "a/b.md", true),
            ("**/b.md", "b.md", true),
            ("a/**/b.md", "a/x/y/b.md", true),
            ("a/**/b.md", "a/b.md", true),
            ("a/**/b.md", "axb.md", false),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c", false),
            ("a/", "a", true),
            ("**", "a/b\nc", true),
            ("***", "a/b", true),
            ("[ab]+(c)|$^.{2}\\d", "[ab]+(c)|$^.{2}\\d", true),
            ("a?", "ab", false),
            ("größe", "größe", true),
            ("", "a", false),
        ] {
            assert_eq!(Globs::new(&[pattern.into()]).unwrap().mean(path), is, "{pattern} {path}");
        }
        let several = Globs::new(&["a|b".into(), "c".into()]).unwrap();
        assert!(several.mean("c") && several.mean("a|b") && !several.mean("a") && !several.mean("b"));
        assert!(!Globs::new(&[]).unwrap().mean(""));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = format!("{}b", "*a".repeat(60));
        let globs = Globs::new(&[pattern.as_str().into(), format!("{}b", "**/".repeat(60)).as_str().into()]).unwrap();
        assert!(!globs.mean(&"a".repeat(4_000)) && !globs.mean(&"a/".repeat(2_000)));
        let long = Globs::new(&["x*".repeat(1_000_000).as_str().into()]);
        assert!(matches!(long, Err(PackError::Patterns(_))));
        let stars = Globs::new(&["*".repeat(LONGEST).as_str().into()]);
        assert!(stars.is_ok_and(|globs| globs.mean("a")));
    }
}
