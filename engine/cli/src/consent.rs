//! What somebody has to agree to before data is lost or a protected environment destroyed, and whether they did.

use dr_core::diagnostic::Span;
use dr_core::plan::Plan;

use crate::args::Consent;
use crate::exit::{CommandFailure, Exit};
use crate::render::{count, data};
use crate::session::Session;

/// The option that lifts the protection of an environment.
const UNPROTECT: &str = "--unprotect";

/// The options without which no data is lost here.
pub(crate) fn needed(session: &Session<'_>) -> Vec<String> {
    let protected = session.rules.protected.as_ref().map(|_| format!("{UNPROTECT} {}", session.suffix));
    protected.into_iter().chain((!session.is_ephemeral()).then(|| data::OPTION.to_owned())).collect()
}

/// Makes sure that the environment that is to be unprotected is this one.
///
/// # Errors
/// When it is another one.
pub(crate) fn check_name(session: &Session<'_>, consent: &Consent) -> Result<(), CommandFailure> {
    check_given(session, consent.unprotect.as_deref())
}

fn check_given(session: &Session<'_>, unprotect: Option<&str>) -> Result<(), CommandFailure> {
    match unprotect {
        Some(other) if other != session.suffix => Err(CommandFailure::new(format!(
            "`{UNPROTECT} {other}` names another environment than `{}`, which this is about",
            session.suffix
        ))
        .hint("name the environment whose protection is to be lifted, to show that it is the one that is meant")),
        _ => Ok(()),
    }
}

/// Refuses to destroy an environment that is protected.
///
/// # Errors
/// When it is, and nobody lifts that.
pub(crate) fn refuse_destroy(session: &Session<'_>, consent: &Consent) -> Result<(), CommandFailure> {
    match protection(session, consent) {
        None => Ok(()),
        Some(place) => Err(CommandFailure::new(format!(
            "the environment `{}` is protected and not destroyed; nothing was changed",
            session.suffix
        ))
        .hint(lifting(session, place))
        .exit(Exit::Refused)),
    }
}

/// Refuses a failover that may lose data of an environment that is protected.
///
/// # Errors
/// When it is, and nobody lifts that; and when another environment's protection is lifted.
pub(crate) fn refuse_takeover(session: &Session<'_>, unprotect: Option<&str>) -> Result<(), CommandFailure> {
    check_given(session, unprotect)?;
    match session.rules.protected.as_ref().filter(|_| unprotect.is_none()) {
        None => Ok(()),
        Some(place) => Err(CommandFailure::new(format!(
            "an unplanned failover may lose data, and the environment `{}` is protected; nothing was changed",
            session.suffix
        ))
        .hint(lifting(session, place))
        .exit(Exit::Refused)),
    }
}

/// Refuses plans that take data away which nobody has agreed to lose. What is in an ephemeral environment is meant to
/// go.
///
/// # Errors
/// When they do; nothing was touched then.
pub(crate) fn refuse_loss<'p>(
    session: &Session<'_>,
    plans: impl IntoIterator<Item = &'p Plan>,
    consent: &Consent,
) -> Result<(), CommandFailure> {
    let lost: usize = plans.into_iter().map(|plan| plan.at_risk.len()).sum();
    let protection = protection(session, consent);
    let is_agreed = consent.allow_data_loss || session.is_ephemeral();
    if lost == 0 || (is_agreed && protection.is_none()) {
        return Ok(());
    }
    let why = if protection.is_some() { "protected" } else { "not ephemeral" };
    let mut failure = CommandFailure::new(format!(
        "data of {} would be lost, and the environment `{}` is {why}; nothing was changed",
        count(lost, "resource"),
        session.suffix
    ));
    if let Some(place) = protection {
        failure = failure.hint(lifting(session, place));
    }
    if !is_agreed {
        failure = failure.hint(format!("`{}` agrees to lose what the plan lists as data at risk", data::OPTION));
    }
    Err(failure.exit(Exit::Refused))
}

/// Where it is said that the environment is protected, unless that is lifted.
fn protection<'s>(session: &'s Session<'_>, consent: &Consent) -> Option<&'s Span> {
    session.rules.protected.as_ref().filter(|_| consent.unprotect.is_none())
}

fn lifting(session: &Session<'_>, place: &Span) -> String {
    format!("{place} protects it; `{UNPROTECT} {}` lifts that for one command", session.suffix)
}
