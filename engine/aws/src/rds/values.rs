//! Arguments, as they are told of what is there and as they are sent when they change.

/// Whether a version is the wanted one, or starts with it: `15` stands for `15.15`.
pub(super) fn stands_for(wanted: &str, version: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A version as it is told: as it was given, while that stands for what runs.
pub(super) fn told(given: Option<&String>, runs: Option<String>) -> Option<String> {
    match (given, runs) {
        (Some(given), Some(runs)) if stands_for(given, &runs) => Some(given.clone()),
        (given, runs) => runs.or_else(|| given.cloned()),
    }
}

/// A key as it is told. RDS answers with the ARN; what was given as an id or alias stays so.
pub(super) fn key(given: Option<&String>, used: Option<String>) -> Option<String> {
    match given {
        Some(given) if !given.starts_with("arn:") && used.is_some() => Some(given.clone()),
        _ => used,
    }
}

/// What shall be set, where it is given and was not so before. What is left out stays as it is.
pub(super) fn changed<T: Clone + PartialEq>(old: &Option<T>, new: &Option<T>) -> Option<T> {
    new.clone().filter(|new| old.as_ref() != Some(new))
}

/// What shall be set where it was not so before.
pub(super) fn differing<T: Clone + PartialEq>(old: &T, new: &T) -> Option<T> {
    (old != new).then(|| new.clone())
}
