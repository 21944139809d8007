//! Counters: the largest numbers that a state can have counted to. What says more was written by somebody else.

use dr_core::history::PastRun;
use dr_core::lifetime::Lifetime;

use crate::contents::Head;

/// The largest count of changes, groups and runs: up to here, every reader of JSON keeps a whole number exactly.
pub(crate) const MOST: u64 = 1 << 53;
/// The last second that can be written with four digits of a year, counted from 1970.
const LATEST: u64 = 253_402_300_799;

/// What is wrong with the numbers of a head.
pub(crate) fn of_head(head: &Head) -> Option<&'static str> {
    let is_late = |lifetime: &Lifetime| {
        [Some(lifetime.created), Some(lifetime.applied), lifetime.extended].into_iter().flatten().any(|at| at > LATEST)
    };
    match head {
        Head { position, .. } if *position > MOST => Some("its position is larger than anything can have counted"),
        Head { group, .. } if *group > MOST => Some("its group is larger than anything can have counted"),
        Head { lifetime: Some(lifetime), .. } if is_late(lifetime) => Some("a time in it is after the year 9999"),
        _ => None,
    }
}

/// What is wrong with the numbers of a run.
pub(crate) fn of_run(number: u64, run: &PastRun) -> Option<&'static str> {
    match () {
        () if number == 0 || number > MOST => Some("its number is none that a run can have"),
        () if run.began > LATEST => Some("it began after the year 9999"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_can_have_counted_is_noticed() {
        let head = |position, group, applied| Head {
            position,
            group,
            lifetime: Some(Lifetime { created: 1, applied, by: "anna".into(), extended: None }),
            ..Head::default()
        };
        assert_eq!(of_head(&head(MOST, MOST, LATEST)), None);
        for (wrong, why) in [
            (head(u64::MAX, 1, 1), "position"),
            (head(1, MOST + 1, 1), "group"),
            (head(1, 1, LATEST + 1), "after the year 9999"),
        ] {
            assert!(of_head(&wrong).is_some_and(|said| said.contains(why)), "{why}");
        }
    }
}
