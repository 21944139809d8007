//! What error codes of RDS mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, GONE, INVALID, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("DBClusterAlreadyExistsFault", "", EXISTS),
    ("DBInstanceAlreadyExists", "", EXISTS),
    ("DBParameterGroupAlreadyExists", "", EXISTS),
    ("DBSubnetGroupAlreadyExists", "", EXISTS),
    ("GlobalClusterAlreadyExistsFault", "", EXISTS),
    ("CertificateNotFound", "", INVALID),
    ("DBClusterNotFoundFault", "", ABSENT),
    ("DBClusterParameterGroupNotFound", "", ABSENT),
    ("DBInstanceNotFound", "", ABSENT),
    ("DBParameterGroupNotFound", "", ABSENT),
    ("DBSubnetGroupNotFoundFault", "", ABSENT),
    ("GlobalClusterNotFoundFault", "", ABSENT),
    ("ResourceNotFoundFault", "", ABSENT),
    ("InvalidDBInstanceState", "already being deleted", GONE),
    ("InvalidDBClusterStateFault", "", CONFLICT),
    ("InvalidDBInstanceState", "", CONFLICT),
    ("InvalidDBInstanceStateFault", "already being deleted", GONE),
    ("InvalidDBInstanceStateFault", "", CONFLICT),
    ("InvalidDBParameterGroupState", "", CONFLICT),
    ("InvalidDBSubnetGroupStateFault", "", CONFLICT),
    ("InvalidDBSubnetStateFault", "", CONFLICT),
    ("InvalidGlobalClusterStateFault", "", CONFLICT),
    ("InvalidResourceStateFault", "", CONFLICT),
    ("InvalidParameterValue", "is not found in global cluster", GONE),
    ("InvalidParameterValue", "iam role arn value is invalid", NOT_YET),
    ("KMSKeyNotAccessibleFault", "", NOT_YET),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::{Conflict, Exists, Gone, Invalid, NotYetConsistent};

    use crate::connect::errors::CallPhase::{Look, Make};
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[
                ("rds:DescribeGlobalClusters", Look, 404, "GlobalClusterNotFoundFault", "", Gone),
                ("rds:CreateDBCluster", Make, 404, "DBSubnetGroupNotFoundFault", "", NotYetConsistent),
                ("rds:CreateDBCluster", Make, 400, "DBClusterAlreadyExistsFault", "", Exists),
                ("rds:CreateDBCluster", Make, 400, "InvalidGlobalClusterStateFault", "is not available", Conflict),
                (
                    "rds:DeleteDBCluster",
                    Look,
                    400,
                    "InvalidDBClusterStateFault",
                    "is a part of a global cluster",
                    Conflict,
                ),
                ("rds:DeleteDBInstance", Look, 400, "InvalidDBInstanceState", "is already being deleted.", Gone),
                ("rds:ModifyDBInstance", Make, 400, "InvalidDBInstanceState", "is not in available state", Conflict),
                (
                    "rds:RemoveFromGlobalCluster",
                    Look,
                    400,
                    "InvalidParameterValue",
                    "DBCluster c is not found in global cluster g",
                    Gone,
                ),
                (
                    "rds:CreateDBInstance",
                    Make,
                    400,
                    "InvalidParameterValue",
                    "IAM role ARN value is invalid or does not include the required permissions",
                    NotYetConsistent,
                ),
                (
                    "rds:CreateDBInstance",
                    Make,
                    400,
                    "InvalidParameterCombination",
                    "not supported by global databases",
                    Invalid,
                ),
            ],
        );
    }
}
