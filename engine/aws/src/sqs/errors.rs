//! What error codes of SQS mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("*NonExistentQueue", "", ABSENT),
    ("*QueueDeletedRecently", "", CONFLICT),
    ("*QueueDoesNotExist", "", ABSENT),
    ("*QueueNameExists", "", EXISTS),
    ("*QueueAlreadyExists", "", EXISTS),
    ("InvalidAttributeValue", "policy", NOT_YET),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Gone, NotYetConsistent, Throttled};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("sqs:GetQueueAttributes", Look, 400, "AWS.SimpleQueueService.NonExistentQueue", "", Gone),
                ("sqs:SetQueueAttributes", Make, 400, "QueueDoesNotExist", "", NotYetConsistent),
                (
                    "sqs:CreateQueue",
                    Make,
                    400,
                    "AWS.SimpleQueueService.QueueDeletedRecently",
                    "wait 60 seconds",
                    Conflict,
                ),
                ("sqs:CreateQueue", Make, 403, "RequestThrottled", "", Throttled),
            ],
        );
    }
}
