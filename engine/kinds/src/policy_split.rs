//! Splitting: one policy as several that together allow the same, since AWS takes none that is longer than
//! [`LONGEST_POLICY`](crate::permissions::LONGEST_POLICY).
//!
//! A statement allows each of its actions on each of its resources, so either list can be divided over two statements.

use std::collections::BTreeSet;

use crate::permissions::{PermitPolicy, PermitStatement};

/// Room for the number behind the name of a statement that is divided.
const NUMBER: usize = 6;

/// Policies of at most so many characters, as `size` counts them. One action on one resource is never divided.
pub fn split(policy: PermitPolicy, most: usize, size: &dyn Fn(&PermitPolicy) -> usize) -> Vec<PermitPolicy> {
    let fits_alone = |statement: &PermitStatement| size(&PermitPolicy::of(vec![statement.clone()])) + NUMBER <= most;
    let mut policies: Vec<PermitPolicy> = Vec::new();
    for statement in policy.statement {
        for part in named(parts(statement, &fits_alone)) {
            let fits = |one: &&mut PermitPolicy| {
                size(&PermitPolicy::of(one.statement.iter().chain([&part]).cloned().collect())) <= most
            };
            match policies.iter_mut().find(fits) {
                Some(policy) => policy.statement.push(part),
                None => policies.push(PermitPolicy::of(vec![part])),
            }
        }
    }
    policies
}

/// A statement as several that are short enough by themselves.
fn parts(statement: PermitStatement, fits: &dyn Fn(&PermitStatement) -> bool) -> Vec<PermitStatement> {
    match halves(&statement).filter(|_| !fits(&statement)) {
        Some(halves) => halves.into_iter().flat_map(|half| parts(half, fits)).collect(),
        None => vec![statement],
    }
}

/// A statement as two; none for one action on one resource.
fn halves(statement: &PermitStatement) -> Option<[PermitStatement; 2]> {
    let whole = || statement.clone();
    let resources = halved(&statement.resource).map(|two| two.map(|resource| PermitStatement { resource, ..whole() }));
    resources.or_else(|| Some(halved(&statement.action)?.map(|action| PermitStatement { action, ..whole() })))
}

fn halved(all: &BTreeSet<String>) -> Option<[BTreeSet<String>; 2]> {
    let middle = all.len() / 2;
    (middle > 0).then(|| [all.iter().take(middle).cloned().collect(), all.iter().skip(middle).cloned().collect()])
}

/// The parts of a statement, numbered where there are several: in one policy, no two statements have one name.
fn named(mut parts: Vec<PermitStatement>) -> Vec<PermitStatement> {
    if parts.len() > 1 {
        parts.iter_mut().zip(1..).for_each(|(part, number)| part.sid.push_str(&format!("{number}")));
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Near enough to what AWS counts.
    fn size(policy: &PermitPolicy) -> usize {
        let of = |statement: &PermitStatement| {
            let texts = statement.action.iter().chain(&statement.resource).map(|text| text.len() + 3);
            texts.sum::<usize>() + statement.sid.len() + 60
        };
        policy.statement.iter().map(of).sum::<usize>() + 40
    }

    fn statement(sid: &str, actions: usize, resources: usize) -> PermitStatement {
        PermitStatement {
            sid: sid.into(),
            effect: "Allow",
            action: (0..actions).map(|i| format!("{sid}:Action{i}")).collect(),
            resource: (0..resources).map(|i| format!("arn:aws:{sid}:::thing-{i}")).collect(),
            condition: BTreeMap::new(),
        }
    }

    /// Every action with every resource that policies allow it on.
    fn allowed(policies: &[PermitPolicy]) -> BTreeSet<(String, String)> {
        let statements = policies.iter().flat_map(|policy| &policy.statement);
        let pairs = |statement: &PermitStatement| -> Vec<(String, String)> {
            let on =
                |action: &String| statement.resource.iter().map(|r| (action.clone(), r.clone())).collect::<Vec<_>>();
            statement.action.iter().flat_map(on).collect()
        };
        statements.flat_map(pairs).collect()
    }

    #[test]
    fn together_they_allow_the_same_and_none_is_too_long() {
        for shape in [
            &[("a", 1, 1)][..],
            &[("a", 3, 2), ("b", 2, 2)],
            &[("a", 200, 1)],
            &[("a", 1, 200)],
            &[("a", 90, 90), ("b", 1, 1), ("c", 40, 3)],
            &[("a", 10, 10), ("b", 10, 10), ("c", 10, 10), ("d", 10, 10), ("e", 10, 10), ("f", 1, 1)],
        ] {
            let whole = PermitPolicy::of(shape.iter().map(|(sid, a, r)| statement(sid, *a, *r)).collect());
            for most in [400, 1_000, 100_000] {
                let policies = split(whole.clone(), most, &size);
                assert_eq!(allowed(&policies), allowed(std::slice::from_ref(&whole)), "{shape:?} {most}");
                for policy in &policies {
                    assert!(size(policy) <= most, "{shape:?} {most}: {}", size(policy));
                    let names: BTreeSet<&str> = policy.statement.iter().map(|one| one.sid.as_str()).collect();
                    assert_eq!(names.len(), policy.statement.len(), "{shape:?} {most}: {names:?}");
                }
                if size(&whole) <= most {
                    assert_eq!(policies, std::slice::from_ref(&whole), "{shape:?} {most}");
                }
            }
        }
        // What cannot be divided stays as it is.
        let one = PermitPolicy::of(vec![statement("a", 1, 1)]);
        assert_eq!(split(one.clone(), 10, &size), [one]);
    }
}
