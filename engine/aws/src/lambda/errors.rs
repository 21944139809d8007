//! What error codes of Lambda mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, NOT_YET, THROTTLED};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("InvalidParameterValueException", "cannot be assumed", NOT_YET),
    ("InvalidParameterValueException", "createGrant", NOT_YET),
    ("InvalidParameterValueException", "execution role does not have permissions", NOT_YET),
    ("InvalidParameterValueException", "please ensure the role can perform", NOT_YET),
    ("InvalidParameterValueException", "principal was invalid", NOT_YET),
    ("InvalidParameterValueException", "throttled by ec2", THROTTLED),
    ("KMSAccessDeniedException", "", NOT_YET),
    ("KMSNotFoundException", "", NOT_YET),
    ("PreconditionFailedException", "", CONFLICT),
    ("ProvisionedConcurrencyConfigNotFoundException", "", ABSENT),
    ("ResourceConflictException", "already exist", EXISTS),
    ("ResourceConflictException", "", CONFLICT),
    ("ResourceNotReadyException", "", CONFLICT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Exists, Gone, NotYetConsistent};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                (
                    "lambda:CreateFunction",
                    Make,
                    400,
                    "InvalidParameterValueException",
                    "The role defined for the function cannot be assumed by Lambda.",
                    NotYetConsistent,
                ),
                (
                    "lambda:CreateFunction",
                    Make,
                    400,
                    "InvalidParameterValueException",
                    "Lambda was unable to configure access because the KMS key is invalid for CreateGrant",
                    NotYetConsistent,
                ),
                (
                    "lambda:AddPermission",
                    Make,
                    400,
                    "InvalidParameterValueException",
                    "The provided principal was invalid. Please check the principal and try again.",
                    NotYetConsistent,
                ),
                (
                    "lambda:CreateEventSourceMapping",
                    Make,
                    400,
                    "InvalidParameterValueException",
                    "Cannot access stream s. Please ensure the role can perform the GetRecords action in IAM.",
                    NotYetConsistent,
                ),
                ("lambda:UpdateFunctionCode", Make, 409, "ResourceConflictException", "update in progress", Conflict),
                ("lambda:CreateFunction", Make, 409, "ResourceConflictException", "Function already exist: f", Exists),
                (
                    "lambda:GetProvisionedConcurrencyConfig",
                    Look,
                    404,
                    "ProvisionedConcurrencyConfigNotFoundException",
                    "",
                    Gone,
                ),
            ],
        );
    }
}
