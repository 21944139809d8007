//! Properties of made names, over generated rules, names and suffixes.
#![allow(missing_docs)]

use dr_core::naming::{physical_name, refused};
use dr_core::schema::{NameEnding, NameRule};
use proptest::prelude::*;

const FIFO: NameEnding = NameEnding { text: ".fifo", when: "fifo" };

/// A rule, and whether the name shall have its ending.
fn rule() -> impl Strategy<Value = (NameRule, bool)> {
    let sets = prop::sample::select(vec!["a-z0-9-", "A-Za-z0-9_-", "A-Za-z0-9/_+=.@-", " -~", "A-Za-z0-9_", "a-z0-9."]);
    let prefixes = prop::sample::select(vec!["", "alias/", "/"]);
    (1..90usize, sets, prefixes, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(max, chars, prefix, lower, may_end, ends)| {
            let lower = lower || !chars.contains("A-Z") && chars != " -~";
            (NameRule { max, chars, prefix, lower, ending: may_end.then_some(FIFO) }, may_end && ends)
        },
    )
}

fn suffix() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{1,5}(-[a-z0-9]{1,5})?"
}

fn ending(ends: bool) -> &'static str {
    if ends { FIFO.text } else { "" }
}

/// Whether the suffix stands at the end, as words of its own. Where a service does not take dashes, they are replaced.
fn carries(name: &str, suffix: &str) -> bool {
    let plain = |text: &str| text.replace(|c: char| !c.is_alphanumeric(), "-").to_lowercase();
    let (name, suffix) = (plain(name), plain(suffix));
    name.strip_suffix(&*suffix).is_some_and(|before| before.is_empty() || before.ends_with('-'))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_made_name_carries_the_suffix_and_is_taken((rule, ends) in rule(), name in "\\PC{1,100}", suffix in suffix()) {
        match physical_name(&rule, &name, &suffix, ending(ends)) {
            Ok(made) => {
                prop_assert!(made.chars().count() <= rule.max, "{} in {}", made, rule.max);
                prop_assert!(made.starts_with(rule.prefix) && made.ends_with(ending(ends)), "{}", made);
                let bare = &made[rule.prefix.len()..made.len() - ending(ends).len()];
                prop_assert!(carries(bare, &suffix), "{} does not carry {}", made, suffix);
                let refusal = refused(&rule, &made, Some(ends));
                // A name that happens to look like one with the ending is the service's to refuse.
                let lookalike = !ends && rule.ending.is_some() && made.ends_with(FIFO.text);
                prop_assert!(refusal.is_none() || lookalike, "{}: {:?}", made, refusal);
            }
            Err(refusal) => {
                let taken = rule.prefix.len() + 1 + suffix.len() + ending(ends).len();
                prop_assert!(rule.max < taken + 4 && !refusal.help.is_empty(), "{} {:?}", rule.max, refusal);
            }
        }
    }

    #[test]
    fn different_names_stay_different(
        (rule, ends) in rule(),
        common in "[a-z0-9]{0,90}",
        one in "[a-z0-9]{1,8}",
        two in "[a-z0-9]{1,8}",
        suffix in suffix(),
    ) {
        // Three digits of a hash are not enough to tell all names apart.
        let taken = rule.prefix.len() + 1 + suffix.len() + ending(ends).len();
        prop_assume!(one != two && rule.max >= taken + 7);
        let made = |own: &str| physical_name(&rule, &format!("{common}{own}"), &suffix, ending(ends)).ok();
        let (one, two) = (made(&one), made(&two));
        prop_assert!(one.is_some() && one != two, "{:?}", one);
    }
}
