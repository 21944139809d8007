//! Promises of recovery: what the program says it promises, against what is computed (check C36).

use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::RecoveryPromise;
use crate::recovery::figure::{Figure, seconds};
use crate::recovery::report::{Recovery, RecoveryPart};

/// One finding for each promise that does not hold.
pub(super) fn look(promise: &RecoveryPromise, recovery: Option<&Recovery>) -> Vec<Diagnostic> {
    let Some(recovery) = recovery else {
        let message = "a recovery is promised, and everything is in one region: nothing takes over when that is lost";
        return vec![finding(promise, message.to_owned()).help("make in a second region what has to work there")];
    };
    let mut found = Vec::new();
    // Without a name that leads to either region, nothing is said of requests, unless the plan is to be refused then.
    if recovery.traffic.is_none() && promise.traffic.is_some() && promise.refuses {
        let message = "how soon requests reach the other region is promised, and no name leads to either region";
        found.push(finding(promise, message.to_owned()).help("make records that fail over, or leave `traffic` out"));
    }
    if let Some((traffic, promised)) = recovery.traffic.as_ref().zip(promise.traffic) {
        let said = |most: Option<String>| match most {
            Some(most) => format!("it takes up to {most} until requests reach the other region"),
            None => "nothing says when requests reach the other region".to_owned(),
        };
        found.extend(broken(promise, traffic.time, promised, said, Some(traffic)));
    }
    if let Some(promised) = promise.time {
        let said = |most: Option<String>| match most {
            Some(most) => format!("it takes up to {most} until everything works in the other region"),
            None => "nothing says when everything works in the other region".to_owned(),
        };
        let slow = broken(promise, recovery.time(), promised, said, recovery.slowest());
        found.extend(slow.map(|slow| match recovery.lacks.first() {
            Some(lack) => Diagnostic { help: vec![lack.clone()], ..slow },
            None => slow,
        }));
    }
    if let Some(promised) = promise.loss {
        let said = |most: Option<String>| match most {
            Some(most) => format!("up to {most} of what was written last may be missing in the other region"),
            None => "nothing bounds what may be missing in the other region".to_owned(),
        };
        found.extend(broken(promise, recovery.loss(), promised, said, recovery.loosest()));
    }
    found
}

/// The finding that a figure is more than was promised. `said` says the figure in words.
fn broken(
    promise: &RecoveryPromise,
    computed: Figure,
    promised: u32,
    said: impl Fn(Option<String>) -> String,
    worst: Option<&RecoveryPart>,
) -> Option<Diagnostic> {
    if computed.most.is_some_and(|most| most <= promised) {
        return None;
    }
    let mut found =
        finding(promise, format!("{}; the promise is {}", said(computed.most.map(seconds)), seconds(promised)));
    if let Some(worst) = worst {
        found = found.help(format!("`{}`: {}", worst.address, worst.how));
        if let Some(shorten) = &worst.shorten {
            found = found.help(shorten.clone());
        }
    }
    Some(found)
}

fn finding(promise: &RecoveryPromise, message: String) -> Diagnostic {
    let severity = if promise.refuses { Severity::Error } else { Severity::Warning };
    Diagnostic { severity, ..Diagnostic::error(message) }.code("C36").at(promise.span.clone(), "this promise")
}
