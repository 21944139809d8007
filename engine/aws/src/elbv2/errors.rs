//! What error codes of Elastic Load Balancing mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, NOT_YET, TRANSIENT};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("CertificateNotFound", "", ABSENT),
    ("DuplicateListener", "", EXISTS),
    ("DuplicateLoadBalancerName", "", EXISTS),
    ("DuplicateTargetGroupName", "", EXISTS),
    ("HealthUnavailable", "", TRANSIENT),
    ("InvalidConfigurationRequest", "access denied for bucket", NOT_YET),
    ("InvalidSecurityGroup", "", NOT_YET),
    ("InvalidSubnet", "no internet gateway", NOT_YET),
    ("InvalidTarget", "permission", NOT_YET),
    ("ListenerNotFound", "", ABSENT),
    ("LoadBalancerNotFound", "", ABSENT),
    ("PriorRequestNotComplete", "", CONFLICT),
    ("ResourceInUse", "", CONFLICT),
    ("SubnetNotFound", "", ABSENT),
    ("TargetGroupNotFound", "", ABSENT),
    ("UnsupportedCertificate", "", NOT_YET),
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
                ("elasticloadbalancing:CreateListener", Make, 400, "TargetGroupNotFound", "", NotYetConsistent),
                ("elasticloadbalancing:DescribeListeners", Look, 400, "LoadBalancerNotFound", "", Gone),
                ("elasticloadbalancing:DeleteTargetGroup", Look, 400, "ResourceInUse", "", Conflict),
                (
                    "elasticloadbalancing:RegisterTargets",
                    Make,
                    400,
                    "InvalidTarget",
                    "elasticloadbalancing principal does not have permission to invoke arn:f from target group arn:t",
                    NotYetConsistent,
                ),
                ("elasticloadbalancing:RegisterTargets", Make, 400, "InvalidTarget", "not in the same VPC", Invalid),
                (
                    "elasticloadbalancing:ModifyLoadBalancerAttributes",
                    Make,
                    400,
                    "InvalidConfigurationRequest",
                    "Access Denied for bucket: b. Please check S3bucket permission",
                    NotYetConsistent,
                ),
            ],
        );
    }
}
