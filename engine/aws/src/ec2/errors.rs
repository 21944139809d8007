//! What error codes of EC2 mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, GONE, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("AuthFailure", "do not have permission to access the specified resource", CONFLICT),
    ("DependencyViolation", "", CONFLICT),
    ("FlowLogAlreadyExists", "", EXISTS),
    ("Gateway.NotAttached", "", GONE),
    ("IncorrectState", "", CONFLICT),
    ("InvalidParameter", "conflicting dns domain", CONFLICT),
    ("InvalidParameter", "enabling private dns requires", NOT_YET),
    ("InvalidParameter", "unable to assume given iam role", NOT_YET),
    ("InvalidParameterValue", "belong to different networks", NOT_YET),
    ("InvalidPermission.NotFound", "", GONE),
    ("InvalidStateTransition", "to delet", GONE),
    ("InvalidStateTransition", "", CONFLICT),
    ("InvalidSubnet.Conflict", "", EXISTS),
    ("LogDestinationPermissionIssueException", "", NOT_YET),
    ("NatGatewayNotFound", "", ABSENT),
    ("OperationNotPermitted", "existing", EXISTS),
    ("Resource.AlreadyAssociated", "", EXISTS),
    ("RouteAlreadyExists", "", EXISTS),
    ("VpcPeeringConnectionAlreadyExists", "", EXISTS),
    ("*.Duplicate", "", EXISTS),
    ("*.InUse", "", CONFLICT),
    ("*.NotFound", "", ABSENT),
    ("*.NotReady", "", NOT_YET),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Exists, Gone, Invalid, NotYetConsistent, Throttled};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("ec2:CreateSubnet", Make, 400, "InvalidVpcID.NotFound", "", NotYetConsistent),
                ("ec2:DescribeVpcs", Look, 400, "InvalidVpcID.NotFound", "", Gone),
                ("ec2:DeleteVpc", Look, 400, "DependencyViolation", "", Conflict),
                (
                    "ec2:CreateRoute",
                    Make,
                    400,
                    "InvalidParameterValue",
                    "belong to different networks",
                    NotYetConsistent,
                ),
                ("ec2:CreateRoute", Make, 400, "InvalidParameterValue", "is invalid", Invalid),
                ("ec2:RevokeSecurityGroupEgress", Make, 400, "InvalidPermission.NotFound", "", Gone),
                ("ec2:AuthorizeSecurityGroupIngress", Make, 400, "InvalidPermission.Duplicate", "", Exists),
                (
                    "ec2:DeleteVpcPeeringConnection",
                    Look,
                    400,
                    "InvalidStateTransition",
                    "Invalid state transition for pcx-1, attempted to transition from failed to deleting",
                    Gone,
                ),
                ("ec2:AcceptVpcPeeringConnection", Make, 400, "InvalidStateTransition", "not in the state", Conflict),
                (
                    "ec2:CreateVpcEndpoint",
                    Make,
                    400,
                    "InvalidParameter",
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for s in the VPC v",
                    Conflict,
                ),
                (
                    "ec2:CreateFlowLogs",
                    Make,
                    400,
                    "InvalidParameter",
                    "Unable to assume given IAM role",
                    NotYetConsistent,
                ),
                ("ec2:RunInstances", Make, 503, "RequestLimitExceeded", "", Throttled),
            ],
        );
    }
}
