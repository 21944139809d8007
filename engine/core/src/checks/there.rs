//! The checks as a cloud asks them before a call: about a resource whose arguments are values, beside what is there.
//!
//! One rule serves the plan and the rehearsal of the cloud. Which checks no service asks is a table of its own
//! ([`super::taken`]): what they find is taken and fails later, or harms somebody else.

use super::check::{Check, LooksBy};
use super::findings::Findings;
use super::planned::Planned;
use super::resource::{Resource, There};
use crate::address::Address;
use crate::diagnostic::Diagnostic;

/// Everything of an environment that is there.
pub(crate) fn all_there<'a>(environment: &'a str, all: &'a [There<'a>]) -> Planned<'a> {
    Planned::whole(environment, false, all.iter().map(Resource::there).collect())
}

/// Whether some of these checks ask for more than what a resource refers to.
pub fn look_around(checks: &[&Check]) -> bool {
    checks.iter().any(|check| !matches!(check.look, LooksBy::Each(_)))
}

/// What these checks refuse about a resource, beside others that are there. Of a change counts what was not so before, and
/// only in itself; of a check that looks at what is around too, what was not so without the resource.
pub fn refusals<'a>(
    checks: &[&Check],
    environment: &'a str,
    of: &'a There<'a>,
    before: Option<&'a There<'a>>,
    others: &'a [There<'a>],
) -> Vec<Diagnostic> {
    let planned = |first: Option<&'a There<'a>>| {
        let all = first.into_iter().chain(others).map(Resource::there).collect();
        match look_around(checks) {
            true => Planned::whole(environment, false, all),
            false => Planned::part(environment, false, all),
        }
    };
    let with = planned(Some(of));
    let mut without = None;
    let mut found = Vec::new();
    // On the way from one state to another, changes of several resources do not fit to each other until the last is made.
    let is_asked = |check: &&&Check| before.is_none() || matches!(check.look, LooksBy::Each(_));
    for check in checks.iter().filter(is_asked) {
        let mut all = look_at(check, &of.address, &with);
        if !all.is_empty() && (before.is_some() || !matches!(check.look, LooksBy::Each(_))) {
            let without = without.get_or_insert_with(|| planned(before));
            let known = look_at(check, &of.address, without);
            all.retain(|new| !known.iter().any(|known| known.message == new.message));
        }
        found.extend(all);
    }
    found
}

/// What a check refuses about a resource, or about everything where it looks at what is around too.
fn look_at(check: &Check, address: &Address, planned: &Planned<'_>) -> Vec<Diagnostic> {
    let mut found = Findings::at_once(check.id);
    match check.look {
        LooksBy::Elsewhere => {}
        LooksBy::Each(look) => planned.get(address).into_iter().for_each(|one| look(one, planned, &mut found)),
        LooksBy::All(look) => look(planned, &mut found),
        LooksBy::Around(look) => {
            check.kinds().for_each(|kind| planned.of(kind).for_each(|one| look(one, planned, &mut found)));
        }
    }
    let mut found = found.into_list();
    found.retain(Diagnostic::is_error);
    found
}
