//! Puts the recovery of a program together: its two regions, its traffic, its stores.

use std::collections::BTreeMap;

use super::figure::Figure;
use super::report::{Recovery, RecoveryPart};
use super::{stores, traffic};
use crate::checks::{Planned, Resource};
use crate::graph::RecoveryPromise;
use crate::value::Str;

/// What a program does when its primary region is lost. `None` where all of it is in one region, and where nothing says
/// that another one takes over: no store is followed there, no name leads there, and nothing is promised.
pub fn recovery(planned: &Planned<'_>, promise: Option<&RecoveryPromise>) -> Option<Recovery> {
    let traffic = traffic::look(planned);
    let followed = stores::followers(planned);
    if followed.is_empty() && traffic.is_none() && promise.is_none() {
        return None;
    }
    let (primary, secondary) = sides(planned, followed)?;
    let tolerated = promise.map_or(&[][..], |promise| &promise.tolerated);
    let mut stores = stores::look(planned, &primary, tolerated);
    stores.sort_by(|one, other| {
        let key = |part: &RecoveryPart| (part.loss.unwrap_or(Figure::ZERO), part.time);
        let ((one_loss, one_time), (other_loss, other_time)) = (key(one), key(other));
        (other_loss.exceeds(one_loss), other_time.exceeds(one_time), &one.address).cmp(&(
            one_loss.exceeds(other_loss),
            one_time.exceeds(other_time),
            &other.address,
        ))
    });
    let lacks = lacks(planned, &primary, &secondary);
    Some(Recovery { primary, secondary, traffic, stores, lacks })
}

/// The primary region is the one where the stores are written that others follow, and the secondary one is where they are
/// followed; without such stores, the regions that most is in.
pub(super) fn sides(planned: &Planned<'_>, followed: Vec<(&str, &str)>) -> Option<(Str, Str)> {
    let mut sides: BTreeMap<(Str, Str), usize> = BTreeMap::new();
    for (from, to) in followed {
        *sides.entry((from.into(), to.into())).or_default() += 1;
    }
    if let Some((sides, _)) = sides.iter().max_by_key(|(_, count)| **count) {
        return Some(sides.clone());
    }
    let mut regions: BTreeMap<&str, usize> = BTreeMap::new();
    for region in planned.all().filter(|resource| !resource.kind.lookup).filter_map(|resource| resource.region) {
        *regions.entry(region).or_default() += 1;
    }
    let mut regions: Vec<(&str, usize)> = regions.into_iter().collect();
    regions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match &regions[..] {
        [(primary, _), (secondary, _), ..] => Some(((*primary).into(), (*secondary).into())),
        _ => None,
    }
}

/// What does the work in the primary region and has nothing like it in the secondary one.
fn lacks(planned: &Planned<'_>, primary: &str, secondary: &str) -> Vec<String> {
    let is_in = |resource: &Resource<'_>, region: &str| resource.region == Some(region);
    let mut of = planned.of("lambda.function").filter(|function| serves(planned, function));
    let works = of.any(|function| is_in(function, primary));
    let stands_by =
        planned.of("lambda.function").any(|function| is_in(function, secondary) && serves(planned, function));
    match works && !stands_by {
        true => vec![format!("no function does the work in {secondary}: until one is made there, nothing takes over")],
        false => Vec::new(),
    }
}

/// Whether a function does the application's work: one that only renews a secret does not.
pub(super) fn serves(planned: &Planned<'_>, function: &Resource<'_>) -> bool {
    planned.users(function, "secretsmanager.rotation", "rotation_lambda_arn").next().is_none()
}
