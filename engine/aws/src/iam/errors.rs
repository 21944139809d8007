//! What error codes of IAM mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("DeleteConflict", "", CONFLICT),
    ("EntityAlreadyExists", "", EXISTS),
    ("EntityTemporarilyUnmodifiable", "", CONFLICT),
    ("NoSuchEntity", "", ABSENT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Gone, Invalid, NotYetConsistent};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("iam:GetRole", Look, 404, "NoSuchEntity", "", Gone),
                ("iam:GetRole", Look, 404, "NoSuchEntityException", "", Gone),
                ("iam:AttachRolePolicy", Make, 404, "NoSuchEntity", "", NotYetConsistent),
                (
                    "iam:CreateRole",
                    Make,
                    400,
                    "MalformedPolicyDocument",
                    "Invalid principal in policy",
                    NotYetConsistent,
                ),
                ("iam:CreateRole", Make, 400, "MalformedPolicyDocument", "Syntax errors in policy.", Invalid),
                ("iam:DeleteRole", Look, 409, "DeleteConflict", "must detach all policies first", Conflict),
            ],
        );
    }
}
