//! What error codes of Step Functions mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, NOT_YET, THROTTLED};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("AccessDeniedException", "authorized to access the log destination", NOT_YET),
    ("AccessDeniedException", "authorized to assume the provided role", NOT_YET),
    ("ConflictException", "", CONFLICT),
    ("ExecutionDoesNotExist", "", ABSENT),
    ("InvalidLoggingConfiguration", "", NOT_YET),
    ("KmsThrottlingException", "", THROTTLED),
    ("StateMachineAlreadyExists", "", EXISTS),
    ("StateMachineDeleting", "", CONFLICT),
    ("StateMachineDoesNotExist", "", ABSENT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Gone};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("states:CreateStateMachine", Make, 400, "StateMachineDeleting", "", Conflict),
                ("states:DescribeStateMachine", Look, 400, "StateMachineDoesNotExist", "", Gone),
            ],
        );
    }
}
