//! Physical names: what resources are called in the cloud.
//!
//! A name is made of the resource's name and the environment's suffix, within what the service takes ([`NameRule`]):
//! `{prefix}{name}-{suffix}{ending}`. Prefix, suffix and ending are always whole. What is too long is shortened in the
//! resource's own name, and told apart by a few characters of a hash. A name that a program gives is held against the
//! same rule.

use sha2::Digest as _;

use crate::schema::NameRule;
use crate::value::quoted;

/// The characters of a hash that tell shortened names apart.
const HASH: usize = 6;
/// The fewest characters that a resource's own name is shortened to.
const LEAST: usize = 4;
/// What stands between the parts of a name: the first of these that the service takes.
const BETWEEN: [char; 3] = ['-', '_', '.'];

/// Why a name cannot be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRefusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// That what a resource is called comes from a secret.
pub fn secret(argument: &str) -> NameRefusal {
    NameRefusal {
        message: format!("`{argument}` cannot come from a secret: what a resource is called is shown to all"),
        help: "use `random::id` for a name that nobody else has".to_owned(),
    }
}

/// The physical name of a resource that was given none. Characters that the service does not take are replaced.
///
/// # Errors
/// When what every name of the environment carries leaves no room for the resource's own.
pub fn physical_name(rule: &NameRule, name: &str, suffix: &str, ending: &str) -> Result<String, NameRefusal> {
    let between = BETWEEN.into_iter().find(|c| allows(rule.chars, *c));
    let fit = |text: &str| -> String {
        let text = if rule.lower { text.to_lowercase() } else { text.to_owned() };
        text.chars().filter_map(|c| if allows(rule.chars, c) { Some(c) } else { between }).collect()
    };
    let name = name.strip_suffix(ending).filter(|bare| !bare.is_empty()).unwrap_or(name);
    let mut tail = fit(suffix);
    if let (Some(between), false) = (between, suffix.is_empty()) {
        tail.insert(0, between);
    }
    let taken = [rule.prefix, &tail, ending].iter().map(|part| part.chars().count()).sum();
    let (stem, room) = (fit(name), rule.max.saturating_sub(taken));
    let stem = if stem.chars().count() <= room {
        stem
    } else if room >= LEAST {
        shortened(&stem, name, between, room)
    } else {
        return Err(NameRefusal {
            message: format!(
                "a name of at most {} characters has no room for {} beside the suffix {}",
                rule.max,
                quoted(name),
                quoted(suffix)
            ),
            help: "give the environment a shorter suffix".to_owned(),
        });
    };
    Ok(format!("{}{stem}{tail}{ending}", rule.prefix))
}

/// A name that is too long: its beginning, and a hash of the whole. It begins with a letter where it is all hash.
fn shortened(stem: &str, whole: &str, between: Option<char>, room: usize) -> String {
    let hash = hex::encode(sha2::Sha256::digest(whole));
    let short = between.into_iter().collect::<String>() + &hash[..HASH];
    let kept: String = stem.chars().take(room.saturating_sub(short.len())).collect();
    match kept.trim_end_matches(|c: char| !c.is_alphanumeric()) {
        "" => format!("x{}", &hash[..(room - 1).min(hash.len())]),
        kept => format!("{kept}{short}"),
    }
}

/// What is wrong with a name that a program gives. `ended` says whether it must have the rule's ending; none where that
/// is not known.
pub fn refused(rule: &NameRule, text: &str, ended: Option<bool>) -> Option<NameRefusal> {
    let refused = |message: String, help: String| Some(NameRefusal { message, help });
    let length = text.chars().count();
    let characters = || format!("names of this kind hold characters of {} only", rule.chars);
    if length > rule.max {
        let message = format!("the name {} has {length} characters; at most {} are possible", quoted(text), rule.max);
        return refused(message, format!("make it shorter by {} characters", length - rule.max));
    }
    let Some(mut rest) = text.strip_prefix(rule.prefix) else {
        let message = format!("the name {} must start with {}", quoted(text), quoted(rule.prefix));
        return refused(message, format!("call it {}", quoted(&format!("{}{text}", rule.prefix))));
    };
    if let Some(ending) = rule.ending {
        match (rest.strip_suffix(ending.text), ended) {
            (None, Some(true)) => {
                let message = format!(
                    "the name {} must end with {}, since `{}` is true",
                    quoted(text),
                    quoted(ending.text),
                    ending.when
                );
                return refused(message, format!("call it {}", quoted(&format!("{text}{}", ending.text))));
            }
            (Some(bare), Some(false)) => {
                let message = format!(
                    "the name {} ends with {}, which says that `{}` is true",
                    quoted(text),
                    quoted(ending.text),
                    ending.when
                );
                let bare = quoted(&format!("{}{bare}", rule.prefix));
                return refused(message, format!("call it {bare}, or set `{}: true`", ending.when));
            }
            (Some(bare), _) => rest = bare,
            (None, _) => {}
        }
    }
    if rest.is_empty() {
        return refused("the name is empty".to_owned(), characters());
    }
    let bad = rest.chars().find(|c| !allows(rule.chars, *c))?;
    let message = format!("the name {} holds {}, which is not possible here", quoted(text), quoted(&bad.to_string()));
    refused(message, characters())
}

/// Whether a set of characters such as `A-Za-z0-9_-` has this one. A dash between two others means all between them.
pub(crate) fn allows(set: &str, wanted: char) -> bool {
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

/// Whether a name has the suffix as a whole word.
pub fn carries(name: &str, suffix: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let has = |name: &str| {
        name.match_indices(suffix).any(|(at, found)| {
            is_edge(name[..at].chars().next_back()) && is_edge(name[at + found.len()..].chars().next())
        })
    };
    // Suffixes are in lower case; names need not be.
    has(name) || has(&name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::NameEnding;

    const FIFO: NameEnding = NameEnding { text: ".fifo", when: "fifo_queue" };
    const QUEUE: NameRule = NameRule { max: 80, chars: "A-Za-z0-9_-", prefix: "", lower: false, ending: Some(FIFO) };
    const SHORT: NameRule = NameRule { max: 32, chars: "a-z0-9-", prefix: "", lower: true, ending: None };
    const ALIAS: NameRule = NameRule { max: 40, chars: "A-Za-z0-9/_-", prefix: "alias/", lower: false, ending: None };

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
    fn the_suffix_stays_whole_and_the_name_is_shortened() {
        let long = "a".repeat(70);
        for (rule, name, ending, wanted) in [
            (&QUEUE, "orders", "", "orders-abcdefghijkl"),
            (&QUEUE, "orders", ".fifo", "orders-abcdefghijkl.fifo"),
            (&QUEUE, "orders.fifo", ".fifo", "orders-abcdefghijkl.fifo"),
            (&QUEUE, &*long, "", "*-abcdefghijkl"),
            (&QUEUE, &*long, ".fifo", "*-abcdefghijkl.fifo"),
            (&SHORT, "Größe/x", "", "gr--e-x-abcdefghijkl"),
            (&SHORT, &*long, "", "*-abcdefghijkl"),
            (&SHORT, "abcdefgh----------------------", "", "*-abcdefghijkl"),
            (&ALIAS, &*long, "", "alias/*-abcdefghijkl"),
        ] {
            let made = physical_name(rule, name, "abcdefghijkl", ending).unwrap();
            let (before, after) = wanted.split_once('*').unwrap_or((wanted, ""));
            assert!(made.starts_with(before) && made.ends_with(after), "{made} is not {wanted}");
            assert!(made.len() <= rule.max && !made.contains("--a"), "{made}");
            assert_eq!(refused(rule, &made, Some(!ending.is_empty())), None, "{made}");
            assert!(wanted.contains('*') || made == wanted, "{made} is not {wanted}");
        }
    }

    #[test]
    fn shortened_names_are_told_apart_even_where_little_room_is_left() {
        for max in [17, 18, 19, 20, 21, 24, 32] {
            let rule = NameRule { max, ..SHORT };
            let names = ["a-very-long-name-one", "a-very-long-name-two", "a-very-long-name-One"];
            let made: Vec<String> =
                names.iter().map(|name| physical_name(&rule, name, "abcdefghijkl", "").unwrap()).collect();
            assert!(made[0] != made[1] && made[0] != made[2], "{made:?}");
            assert!(made.iter().all(|name| name.starts_with(|c: char| c.is_ascii_lowercase())), "{made:?}");
        }
        let error = physical_name(&NameRule { max: 16, ..SHORT }, "orders", "abcdefghijkl", "").unwrap_err();
        assert!(error.message.contains("no room") && error.help.contains("shorter suffix"), "{error:?}");
        assert!(physical_name(&NameRule { max: 16, ..SHORT }, "abc", "abcdefghijkl", "").is_ok());
    }

    #[test]
    fn given_names_are_refused_with_the_right_one() {
        for (rule, name, ended, message, help) in [
            (&QUEUE, "q-pr-7", Some(true), "must end with \".fifo\"", "call it \"q-pr-7.fifo\""),
            (&QUEUE, "q-pr-7.fifo", Some(false), "says that `fifo_queue` is true", "call it \"q-pr-7\", or set"),
            (&QUEUE, "q.pr", Some(false), "holds \".\"", "characters of"),
            (&QUEUE, "q.pr.fifo", Some(true), "holds \".\"", "characters of"),
            (&QUEUE, ".fifo", Some(true), "is empty", ""),
            (&QUEUE, "", Some(false), "is empty", ""),
            (&ALIAS, "main", None, "must start with \"alias/\"", "call it \"alias/main\""),
            (&SHORT, "Ab", None, "holds \"A\"", ""),
            (&SHORT, "abcdefghijklmnopqrstuvwxyz0123456", None, "has 33 characters", "shorter by 1 "),
        ] {
            let refused = refused(rule, name, ended).unwrap_or_else(|| panic!("{name} is taken"));
            assert!(refused.message.contains(message), "{}", refused.message);
            assert!(refused.help.contains(help), "{}", refused.help);
        }
        for ended in [Some(true), None] {
            assert_eq!(refused(&QUEUE, "q-pr-7.fifo", ended), None);
        }
    }

    #[test]
    fn a_suffix_counts_as_a_whole_word() {
        for (name, expected) in [
            ("orders-pr-7", true),
            ("pr-7", true),
            ("/a/pr-7/b", true),
            ("orders-pr-7.fifo", true),
            ("orders-PR-7", true),
            ("orders-pr-77", false),
            ("orders-xpr-7", false),
            ("orders-pr-77-pr-7", true),
            ("orders", false),
        ] {
            assert_eq!(carries(name, "pr-7"), expected, "{name}");
        }
    }
}
