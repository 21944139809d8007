//! What error codes mean: how rules are read, and those that hold for every service. Each service's own come before
//! them and are in its folder.
//!
//! A rule names a code and, where a code has several meanings, some words of the message. The first rule that fits
//! counts. Only codes decide, never the HTTP status alone: a proxy's or an emulator's 404 says nothing about a resource.
//! The status is asked only when no rule knows the code, and then only for "try again".

use std::collections::BTreeMap;

use dr_core::cloud::ErrorClass;

use Means::{Absent, Is};

/// What a lifecycle function is there for. It decides what "not found" means: while something is made, that a new
/// resource is not visible yet; otherwise, that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallPhase {
    /// Create, configure, settle, update.
    Make,
    /// Find, read, delete, deleted, look up.
    Look,
    /// Objections: a plan can do without.
    Ask,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// This class.
    Is(ErrorClass),
    /// Something is not there: not visible yet while something is made, otherwise gone.
    Absent,
}

/// A code (`*` at its start stands for anything), words of the message in lower case (empty: any), and the meaning.
pub(crate) type ErrorRule = (&'static str, &'static str, Means);

pub(crate) const THROTTLED: Means = Is(ErrorClass::Throttled);
pub(crate) const TRANSIENT: Means = Is(ErrorClass::Transient);
pub(crate) const NOT_YET: Means = Is(ErrorClass::NotYetConsistent);
pub(crate) const CONFLICT: Means = Is(ErrorClass::Conflict);
pub(crate) const DENIED: Means = Is(ErrorClass::Denied);
pub(crate) const INVALID: Means = Is(ErrorClass::Invalid);
pub(crate) const GONE: Means = Is(ErrorClass::Gone);
pub(crate) const EXISTS: Means = Is(ErrorClass::Exists);
pub(crate) const ABSENT: Means = Absent;

/// What holds for every service.
pub(crate) const COMMON: &[ErrorRule] = &[
    ("Throttling", "", THROTTLED),
    ("ThrottlingException", "", THROTTLED),
    ("ThrottledException", "", THROTTLED),
    ("Throttled", "", THROTTLED),
    ("RequestThrottled", "", THROTTLED),
    ("RequestThrottledException", "", THROTTLED),
    ("TooManyRequestsException", "", THROTTLED),
    ("RequestLimitExceeded", "", THROTTLED),
    ("EC2ThrottledException", "", THROTTLED),
    ("BandwidthLimitExceeded", "", THROTTLED),
    ("SlowDown", "", THROTTLED),
    ("InternalError", "", TRANSIENT),
    ("InternalFailure", "", TRANSIENT),
    ("InternalServerError", "", TRANSIENT),
    ("InternalServerException", "", TRANSIENT),
    ("InternalServiceError", "", TRANSIENT),
    ("InternalServiceErrorException", "", TRANSIENT),
    ("InternalServiceException", "", TRANSIENT),
    ("InternalServiceFault", "", TRANSIENT),
    ("ServiceException", "", TRANSIENT),
    ("ServiceFailure", "", TRANSIENT),
    ("ServiceUnavailable", "", TRANSIENT),
    ("ServiceUnavailableException", "", TRANSIENT),
    ("Unavailable", "", TRANSIENT),
    ("RequestTimeout", "", TRANSIENT),
    ("RequestTimeoutException", "", TRANSIENT),
    ("AccessDenied", "", DENIED),
    ("AccessDeniedException", "", DENIED),
    ("AuthFailure", "", DENIED),
    ("AuthorizationError", "", DENIED),
    ("AuthorizationErrorException", "", DENIED),
    ("ExpiredToken", "", DENIED),
    ("ExpiredTokenException", "", DENIED),
    ("IncompleteSignature", "", DENIED),
    ("InvalidAccessKeyId", "", DENIED),
    ("InvalidClientTokenId", "", DENIED),
    ("InvalidSignatureException", "", DENIED),
    ("MissingAuthenticationToken", "", DENIED),
    ("OptInRequired", "", DENIED),
    ("RequestExpired", "", DENIED),
    ("RequestTimeTooSkewed", "", DENIED),
    ("SignatureDoesNotMatch", "", DENIED),
    ("UnauthorizedOperation", "", DENIED),
    ("UnrecognizedClientException", "", DENIED),
    ("MalformedPolicyDocument", "invalid principal", NOT_YET),
    ("MalformedPolicyDocumentException", "invalid principal", NOT_YET),
    ("NotFound", "", ABSENT),
    ("NotFoundException", "", ABSENT),
    ("ResourceNotFound", "", ABSENT),
    ("ResourceNotFoundException", "", ABSENT),
    ("AlreadyExistsException", "", EXISTS),
    ("ResourceAlreadyExistsException", "", EXISTS),
    ("ResourceExistsException", "", EXISTS),
    ("ConcurrentModification", "", CONFLICT),
    ("ConcurrentModificationException", "", CONFLICT),
    ("OperationAborted", "", CONFLICT),
    ("OperationAbortedException", "", CONFLICT),
    ("ResourceInUseException", "", CONFLICT),
];

/// The rules of all services, by the first part of their calls' names.
#[derive(Debug, Default)]
pub(crate) struct Classes(BTreeMap<&'static str, &'static [ErrorRule]>);

impl FromIterator<(&'static str, &'static [ErrorRule])> for Classes {
    fn from_iter<I: IntoIterator<Item = (&'static str, &'static [ErrorRule])>>(rules: I) -> Classes {
        Classes(rules.into_iter().collect())
    }
}

impl Classes {
    /// The class of an error that a service answered.
    pub(crate) fn classify(&self, call: &str, phase: CallPhase, status: u16, code: &str, message: &str) -> ErrorClass {
        let service = call.split(':').next().unwrap_or(call);
        let own = self.0.get(service).copied().unwrap_or_default();
        // Some services end a code in `Exception` in one protocol and not in another.
        let message = message.to_lowercase();
        let codes = [code, code.strip_suffix("Exception").unwrap_or(code)];
        let rule = codes.iter().find_map(|code| own.iter().chain(COMMON).find(|rule| fits(rule, code, &message)));
        match rule {
            Some((_, _, Is(class))) => *class,
            Some((_, _, Absent)) if phase == CallPhase::Make => ErrorClass::NotYetConsistent,
            Some((_, _, Absent)) => ErrorClass::Gone,
            None => by_status(status).unwrap_or(ErrorClass::Invalid),
        }
    }
}

fn fits(rule: &ErrorRule, code: &str, message: &str) -> bool {
    let code_fits = match rule.0.strip_prefix('*') {
        Some(end) => code.ends_with(end),
        None => code == rule.0,
    };
    code_fits && message.contains(&rule.1.to_lowercase())
}

/// What a status says when nothing else is known.
pub(crate) fn by_status(status: u16) -> Option<ErrorClass> {
    match status {
        429 => Some(ErrorClass::Throttled),
        500 | 502 | 503 | 504 | 509 => Some(ErrorClass::Transient),
        401 | 403 => Some(ErrorClass::Denied),
        400..=599 => Some(ErrorClass::Invalid),
        _ => None,
    }
}

/// For tests: a call, what for, status, code and message of its error, and the class that it must have.
#[cfg(test)]
pub(crate) type Case = (&'static str, CallPhase, u16, &'static str, &'static str, ErrorClass);

/// For tests: that errors have the classes that they must have, by a service's rules and the common ones, and that no
/// rule is hidden by an earlier one.
#[cfg(test)]
pub(crate) fn assert_classes(rules: &'static [ErrorRule], cases: &[Case]) {
    for (call, phase, status, code, message, expected) in cases {
        let service = call.split(':').next().unwrap_or(call);
        let class = Classes::from_iter([(service, rules)]).classify(call, *phase, *status, code, message);
        assert_eq!(class, *expected, "{call} {code} {message}");
    }
    for (at, rule) in rules.iter().enumerate() {
        let earlier = rules[..at].iter().find(|earlier| fits(earlier, rule.0, &rule.1.to_lowercase()));
        assert_eq!(earlier, None, "{rule:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CallPhase::{Look, Make};
    use ErrorClass::{Denied, Invalid, Transient};

    #[test]
    fn codes_mean_what_all_services_mean() {
        assert_classes(
            COMMON,
            &[
                ("anything:Call", Make, 400, "ValidationError", "no", Invalid),
                ("anything:Call", Make, 500, "Weird", "", Transient),
                ("anything:Call", Make, 403, "AccessDenied", "", Denied),
                // A page that is no reply of the service says nothing about the resource.
                ("anything:Call", Look, 404, "HTTP404", "<html>", Invalid),
            ],
        );
    }
}
