//! What error codes of Secrets Manager mean.

use crate::connect::errors::{CONFLICT, ErrorRule, GONE, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("AccessDeniedException", "cannot invoke the specified lambda function", NOT_YET),
    ("DecryptionFailure", "", NOT_YET),
    ("EncryptionFailure", "", NOT_YET),
    ("InvalidParameterException", "still has replica regions", CONFLICT),
    ("InvalidRequestException", "marked for deletion", GONE),
    ("InvalidRequestException", "previous rotation", CONFLICT),
    ("InvalidRequestException", "scheduled for deletion", CONFLICT),
    ("InvalidRequestException", "was deleted", CONFLICT),
    ("MalformedPolicyDocumentException", "unsupported principal", NOT_YET),
    ("PreconditionNotMetException", "", CONFLICT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::Conflict;

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                (
                    "secretsmanager:CreateSecret",
                    Make,
                    400,
                    "InvalidRequestException",
                    "already scheduled for deletion",
                    Conflict,
                ),
                (
                    "secretsmanager:DeleteSecret",
                    Look,
                    400,
                    "InvalidParameterException",
                    "You can't delete secret s that still has replica regions [us-west-2].",
                    Conflict,
                ),
                (
                    "secretsmanager:RotateSecret",
                    Make,
                    400,
                    "InvalidRequestException",
                    "A previous rotation isn't complete. That rotation will be reattempted.",
                    Conflict,
                ),
            ],
        );
    }
}
