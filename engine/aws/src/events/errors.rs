//! What error codes of EventBridge mean.

use crate::connect::errors::{CONFLICT, ErrorRule, INVALID, NOT_YET, TRANSIENT};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("InternalException", "", TRANSIENT),
    ("InvalidStateException", "", CONFLICT),
    ("LimitExceededException", "", INVALID),
    ("ManagedRuleException", "", INVALID),
    ("ValidationException", "can't be deleted since it has", CONFLICT),
    ("ValidationException", "cannot be assumed by principal", NOT_YET),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Gone, Invalid};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("events:DescribeRule", Look, 400, "ResourceNotFoundException", "ErrorRule r does not exist.", Gone),
                ("events:PutRule", Make, 400, "LimitExceededException", "", Invalid),
                (
                    "events:DeleteEventBus",
                    Look,
                    400,
                    "ValidationException",
                    "EventBus can't be deleted since it has rules.",
                    Conflict,
                ),
            ],
        );
    }
}
