//! Patterns of both sides: texts that match ours, and how theirs are read.
//!
//! Ours match a text as a whole. Theirs are JSON's, which match anywhere; but many are written without anchors and yet
//! meant for the whole of a text, and they are read so.

use dr_core::schema::NameRule;
use fancy_regex::Regex;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// How many texts are tried against a pattern.
const SAMPLES: usize = 300;

/// A pattern of theirs.
pub(crate) fn theirs(pattern: &str) -> Result<Regex, Box<fancy_regex::Error>> {
    let anchored = pattern.starts_with('^') || pattern.ends_with('$');
    let pattern = ascii(&plain(pattern));
    Ok(Regex::new(&if anchored { pattern } else { format!("^(?:{pattern})$") })?)
}

/// Texts that ours take: those that match a pattern, those that are a name, or those that are both.
pub(crate) fn texts(pattern: Option<&str>, rule: Option<NameRule>) -> Vec<String> {
    match (pattern, rule) {
        (None, None) => Vec::new(),
        (None, Some(rule)) => samples(&name_pattern(rule)),
        (Some(pattern), None) => samples(pattern),
        (Some(pattern), Some(rule)) => {
            let whole = Regex::new(&format!("^(?:{})$", ascii(pattern))).unwrap();
            let names = samples(&name_pattern(rule)).into_iter();
            names.filter(|name| whole.is_match(name).unwrap_or(false)).collect()
        }
    }
}

fn name_pattern(rule: NameRule) -> String {
    let prefix: String =
        rule.prefix.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect();
    format!("{prefix}[{}]{{1,8}}", rule.chars)
}

/// `\d` and the like, which mean ASCII in the patterns of either side.
fn ascii(pattern: &str) -> String {
    pattern.replace(r"\d", "[0-9]").replace(r"\w", "[A-Za-z0-9_]")
}

/// A bracket within brackets, which is a bracket in the patterns of JSON and the start of another class in ours.
fn plain(pattern: &str) -> String {
    let (mut plain, mut in_class) = (String::new(), false);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                plain.push(c);
                plain.extend(chars.next());
                continue;
            }
            '[' if in_class => plain.push('\\'),
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        plain.push(c);
    }
    plain
}

/// Texts that match a pattern as a whole, the same ones every time.
fn samples(pattern: &str) -> Vec<String> {
    let strategy = proptest::string::string_regex(&ascii(pattern)).unwrap();
    let mut runner = TestRunner::deterministic();
    (0..SAMPLES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Whether a pattern has no longest text.
pub(crate) fn repeats_without_end(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '+' | '*' if !in_class => return true,
            _ => {}
        }
    }
    pattern.contains(",}")
}
