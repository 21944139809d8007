//! What error codes of Route 53 mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, GONE, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("HealthCheckAlreadyExists", "", EXISTS),
    ("HealthCheckInUse", "", CONFLICT),
    ("HostedZoneAlreadyExists", "", EXISTS),
    ("HostedZoneNotEmpty", "", CONFLICT),
    ("InvalidChangeBatch", "already exists", EXISTS),
    ("InvalidChangeBatch", "but it was not found", GONE),
    ("InvalidChangeBatch", "do not match the current values", CONFLICT),
    ("InvalidVPCId", "", NOT_YET),
    ("NoSuchHealthCheck", "", ABSENT),
    ("NoSuchHostedZone", "", ABSENT),
    ("PriorRequestNotComplete", "", CONFLICT),
    ("VPCAssociationNotFound", "", GONE),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Exists, Gone, Invalid};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("route53:ChangeResourceRecordSets", Make, 400, "PriorRequestNotComplete", "", Conflict),
                (
                    "route53:ChangeResourceRecordSets",
                    Make,
                    400,
                    "InvalidChangeBatch",
                    "[Tried to create resource record set [name='a.b.', type='A'] but it already exists]",
                    Exists,
                ),
                (
                    "route53:ChangeResourceRecordSets",
                    Look,
                    400,
                    "InvalidChangeBatch",
                    "[Tried to delete resource record set [name='a.b.', type='A'] but it was not found]",
                    Gone,
                ),
                (
                    "route53:ChangeResourceRecordSets",
                    Look,
                    400,
                    "InvalidChangeBatch",
                    "but the values provided do not match the current values",
                    Conflict,
                ),
                ("route53:ChangeResourceRecordSets", Make, 400, "InvalidChangeBatch", "RRSet of type CNAME", Invalid),
                ("route53:CreateHostedZone", Make, 409, "HostedZoneAlreadyExists", "", Exists),
                ("route53:GetHostedZone", Look, 404, "NoSuchHostedZone", "", Gone),
            ],
        );
    }
}
