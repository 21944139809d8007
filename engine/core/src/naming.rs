//! Physical names: what resources are called in the cloud.
//!
//! A name is made of the resource's name and the environment's suffix, within what the service takes ([`NameRule`]).
//! One that a program gives is held against the same rule.

use crate::schema::NameRule;
use crate::value::quoted;

/// The physical name of a resource that was given none: `name-suffix` within the limits of its kind. What is too long
/// is cut and made unique by a few characters of a hash.
pub fn physical_name(rule: &NameRule, name: &str, suffix: &str) -> String {
    let mut text = if suffix.is_empty() { name.to_owned() } else { format!("{name}-{suffix}") };
    if rule.lower {
        text = text.to_lowercase();
    }
    text = text.chars().map(|c| if allows(rule.chars, c) { c } else { '-' }).collect();
    let room = rule.max.saturating_sub(rule.prefix.chars().count());
    if text.chars().count() > room {
        use sha2::Digest as _;
        let hash = hex::encode(sha2::Sha256::digest(&text));
        let keep = room.saturating_sub(7);
        text = format!("{}-{}", text.chars().take(keep).collect::<String>(), &hash[..6]);
    }
    format!("{}{text}", rule.prefix)
}

/// Why a name cannot be one: what is wrong with it, and what to do about it.
pub fn refused(rule: &NameRule, text: &str) -> Option<(String, String)> {
    let length = text.chars().count();
    let rest = text.strip_prefix(rule.prefix);
    let message = if length > rule.max {
        format!("the name {} has {length} characters; at most {} are possible", quoted(text), rule.max)
    } else if rest.is_none() {
        format!("the name {} must start with {}", quoted(text), quoted(rule.prefix))
    } else if rest == Some("") {
        "the name is empty".to_owned()
    } else {
        let bad = rest.and_then(|rest| rest.chars().find(|c| !allows(rule.chars, *c)))?;
        format!("the name {} holds {}, which is not possible here", quoted(text), quoted(&bad.to_string()))
    };
    Some((message, format!("names of this kind hold characters of {} only", rule.chars)))
}

/// Whether a set of characters such as `A-Za-z0-9_-` has this one. A dash between two others means all between them.
fn allows(set: &str, wanted: char) -> bool {
    let mut rest = set;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let last = after.strip_prefix('-').and_then(|a| a.chars().next());
        if (first..=last.unwrap_or(first)).contains(&wanted) {
            return true;
        }
        rest = last.map_or(after, |last| &after['-'.len_utf8() + last.len_utf8()..]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: NameRule = NameRule { max: 12, chars: "a-z0-9-", prefix: "", lower: true };

    #[test]
    fn sets_of_characters_are_read_as_in_brackets() {
        for (set, yes, no) in
            [("A-Za-z0-9_-", "AzZ09_-", "./é "), ("a-z0-9.-", "a.-", "A_"), ("+=,.@-", "+=,.@-", "/<")]
        {
            assert!(yes.chars().all(|c| allows(set, c)), "{set}");
            assert!(!no.chars().any(|c| allows(set, c)), "{set}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let a = physical_name(&RULE, "a-very-long-name-one", "pr-7");
        let b = physical_name(&RULE, "a-very-long-name-two", "pr-7");
        assert_eq!((a.len(), b.len()), (12, 12));
        assert_ne!(a, b);
    }
}
