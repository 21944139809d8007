//! What error codes of DynamoDB mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, NOT_YET, THROTTLED};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("ContinuousBackupsUnavailableException", "", CONFLICT),
    ("LimitExceededException", "", THROTTLED),
    ("ProvisionedThroughputExceededException", "", THROTTLED),
    ("ReplicaAlreadyExistsException", "", EXISTS),
    ("ReplicaNotFoundException", "", ABSENT),
    ("ReplicatedWriteConflictException", "", CONFLICT),
    ("ResourceInUseException", "already exists", EXISTS),
    ("TableAlreadyExistsException", "", EXISTS),
    ("TableInUseException", "", CONFLICT),
    ("TableNotFoundException", "", ABSENT),
    ("ValidationException", "acted as a source region", CONFLICT),
    ("ValidationException", "already exist", EXISTS),
    ("ValidationException", "kmsmasterkeyid", NOT_YET),
    ("ValidationException", "modified multiple times", CONFLICT),
    ("ValidationException", "not found", ABSENT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Exists, Throttled};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("dynamodb:CreateTable", Make, 400, "ResourceInUseException", "Table already exists: t", Exists),
                ("dynamodb:UpdateTable", Make, 400, "ResourceInUseException", "Table is being updated: t", Conflict),
                ("dynamodb:PutItem", Look, 400, "ProvisionedThroughputExceededException", "The level of", Throttled),
                ("dynamodb:PutItem", Look, 400, "ReplicatedWriteConflictException", "One or more items", Conflict),
                ("dynamodb:DeleteTable", Look, 400, "LimitExceededException", "simultaneously", Throttled),
                (
                    "dynamodb:UpdateTimeToLive",
                    Make,
                    400,
                    "ValidationException",
                    "Time to live has been modified multiple times within a fixed interval",
                    Conflict,
                ),
            ],
        );
    }
}
