//! What both services of API Gateway share: their error codes, how they write what is not there, and the mark in
//! descriptions of what has no tags.

use std::collections::BTreeMap;

use crate::connect::errors::{CONFLICT, EXISTS, ErrorRule, NOT_YET};

/// The rules.
pub(crate) const ERRORS: &[ErrorRule] = &[
    ("BadRequestException", "active stages", CONFLICT),
    ("BadRequestException", "already exist", EXISTS),
    ("BadRequestException", "base path mapping", CONFLICT),
    ("BadRequestException", "invalid stage identifier", NOT_YET),
    ("ConflictException", "already exist", EXISTS),
    ("ConflictException", "already has this name", EXISTS),
    ("ConflictException", "", CONFLICT),
];

/// What the mark of an operation starts with, at the end of a description.
const MARK: &str = "[dr:op ";

/// A description with the mark of the operation that creates the resource, for what has no tags.
pub(crate) fn marked(description: &str, op: &str) -> String {
    let space = if description.is_empty() { "" } else { " " };
    format!("{description}{space}{MARK}{op}]")
}

/// A description without the mark, and the operation that it names.
pub(crate) fn unmarked(text: &str) -> (&str, Option<&str>) {
    match text.strip_suffix(']').and_then(|text| text.rsplit_once(MARK)) {
        Some((description, op)) => (description.strip_suffix(' ').unwrap_or(description), Some(op)),
        None => (text, None),
    }
}

/// Text, unless there is none of it.
pub(crate) fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A map of the SDK as arguments hold it.
pub(crate) fn sorted<'m, V: Clone + 'm>(
    map: Option<impl IntoIterator<Item = (&'m String, &'m V)>>,
) -> BTreeMap<String, V> {
    map.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Exists, Throttled};

    use super::{marked, unmarked};
    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_services_mean() {
        assert_classes(
            super::ERRORS,
            &[
                ("apigateway:DeleteRestApi", Look, 429, "TooManyRequestsException", "Too Many Requests", Throttled),
                (
                    "apigateway:DeleteDeployment",
                    Look,
                    400,
                    "BadRequestException",
                    "Active stages pointing to this deployment must be moved or deleted",
                    Conflict,
                ),
                (
                    "apigateway:CreateResource",
                    Make,
                    409,
                    "ConflictException",
                    "Another resource with the same parent already has this name: payment",
                    Exists,
                ),
                ("apigateway:UpdateStage", Make, 409, "ConflictException", "due to concurrent modification", Conflict),
                (
                    "apigatewayv2:CreateRoute",
                    Make,
                    409,
                    "ConflictException",
                    "Route with key $default already exists",
                    Exists,
                ),
            ],
        );
    }

    #[test]
    fn marks_are_taken_off_again() {
        for description in ["", "two words", "ends with ] ", "[dr:op mine] too"] {
            assert_eq!(unmarked(&marked(description, "op-1")), (description, Some("op-1")));
        }
        assert_eq!(unmarked("made by hand"), ("made by hand", None));
    }
}
