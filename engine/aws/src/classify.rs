//! What error codes mean, as data: one table that holds for every service, and one per service that comes before it.
//!
//! A rule names a code and, where a code has several meanings, some words of the message. The first rule that fits
//! counts. Only codes decide, never the HTTP status alone: a proxy's or an emulator's 404 says nothing about a resource.
//! The status is asked only when no rule knows the code, and then only for "try again".

use dr_core::cloud::ErrorClass;

use crate::cx::Phase;
use Means::{Absent, Is};

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    /// This class.
    Is(ErrorClass),
    /// Something is not there: not visible yet while something is made, otherwise gone.
    Absent,
}

/// A code (`*` at its start stands for anything), words of the message in lower case (empty: any), and the meaning.
type Rule = (&'static str, &'static str, Means);

const THROTTLED: Means = Is(ErrorClass::Throttled);
const TRANSIENT: Means = Is(ErrorClass::Transient);
const NOT_YET: Means = Is(ErrorClass::NotYetConsistent);
const CONFLICT: Means = Is(ErrorClass::Conflict);
const DENIED: Means = Is(ErrorClass::Denied);
const INVALID: Means = Is(ErrorClass::Invalid);
const GONE: Means = Is(ErrorClass::Gone);
const EXISTS: Means = Is(ErrorClass::Exists);

/// What holds for every service.
const COMMON: &[Rule] = &[
    ("Throttling", "", THROTTLED),
    ("ThrottlingException", "", THROTTLED),
    ("ThrottledException", "", THROTTLED),
    ("Throttled", "", THROTTLED),
    ("RequestThrottled", "", THROTTLED),
    ("RequestThrottledException", "", THROTTLED),
    ("TooManyRequestsException", "", THROTTLED),
    ("RequestLimitExceeded", "", THROTTLED),
    ("EC2ThrottledException", "", THROTTLED),
    ("BandwidthLimitExceeded", "", THROTTLED),
    ("SlowDown", "", THROTTLED),
    ("InternalError", "", TRANSIENT),
    ("InternalFailure", "", TRANSIENT),
    ("InternalServerError", "", TRANSIENT),
    ("InternalServerException", "", TRANSIENT),
    ("InternalServiceError", "", TRANSIENT),
    ("InternalServiceErrorException", "", TRANSIENT),
    ("InternalServiceException", "", TRANSIENT),
    ("InternalServiceFault", "", TRANSIENT),
    ("ServiceException", "", TRANSIENT),
    ("ServiceFailure", "", TRANSIENT),
    ("ServiceUnavailable", "", TRANSIENT),
    ("ServiceUnavailableException", "", TRANSIENT),
    ("Unavailable", "", TRANSIENT),
    ("RequestTimeout", "", TRANSIENT),
    ("RequestTimeoutException", "", TRANSIENT),
    ("AccessDenied", "", DENIED),
    ("AccessDeniedException", "", DENIED),
    ("AuthFailure", "", DENIED),
    ("AuthorizationError", "", DENIED),
    ("AuthorizationErrorException", "", DENIED),
    ("ExpiredToken", "", DENIED),
    ("ExpiredTokenException", "", DENIED),
    ("IncompleteSignature", "", DENIED),
    ("InvalidAccessKeyId", "", DENIED),
    ("InvalidClientTokenId", "", DENIED),
    ("InvalidSignatureException", "", DENIED),
    ("MissingAuthenticationToken", "", DENIED),
    ("OptInRequired", "", DENIED),
    ("RequestExpired", "", DENIED),
    ("RequestTimeTooSkewed", "", DENIED),
    ("SignatureDoesNotMatch", "", DENIED),
    ("UnauthorizedOperation", "", DENIED),
    ("UnrecognizedClientException", "", DENIED),
    ("MalformedPolicyDocument", "invalid principal", NOT_YET),
    ("MalformedPolicyDocumentException", "invalid principal", NOT_YET),
    ("NotFound", "", Absent),
    ("NotFoundException", "", Absent),
    ("ResourceNotFound", "", Absent),
    ("ResourceNotFoundException", "", Absent),
    ("AlreadyExistsException", "", EXISTS),
    ("ResourceAlreadyExistsException", "", EXISTS),
    ("ResourceExistsException", "", EXISTS),
    ("ConcurrentModification", "", CONFLICT),
    ("ConcurrentModificationException", "", CONFLICT),
    ("OperationAborted", "", CONFLICT),
    ("OperationAbortedException", "", CONFLICT),
    ("ResourceInUseException", "", CONFLICT),
];

const ACM: &[Rule] = &[
    ("ConflictException", "", CONFLICT),
    ("LimitExceededException", "", INVALID),
    ("RequestInProgressException", "", CONFLICT),
];

/// Both services of API Gateway.
const APIGATEWAY: &[Rule] = &[
    ("BadRequestException", "active stages", CONFLICT),
    ("BadRequestException", "already exist", EXISTS),
    ("BadRequestException", "base path mapping", CONFLICT),
    ("BadRequestException", "invalid stage identifier", NOT_YET),
    ("ConflictException", "already exist", EXISTS),
    ("ConflictException", "already has this name", EXISTS),
    ("ConflictException", "", CONFLICT),
];

const CLOUDWATCH: &[Rule] = &[
    ("DashboardNotFoundError", "", Absent),
    ("InvalidParameterValue", "does not exist", Absent),
    ("LimitExceededFault", "", INVALID),
];

const DYNAMODB: &[Rule] = &[
    ("ContinuousBackupsUnavailableException", "", CONFLICT),
    ("LimitExceededException", "", THROTTLED),
    ("ReplicaAlreadyExistsException", "", EXISTS),
    ("ReplicaNotFoundException", "", Absent),
    ("ResourceInUseException", "already exists", EXISTS),
    ("TableAlreadyExistsException", "", EXISTS),
    ("TableInUseException", "", CONFLICT),
    ("TableNotFoundException", "", Absent),
    ("ValidationException", "acted as a source region", CONFLICT),
    ("ValidationException", "already exist", EXISTS),
    ("ValidationException", "kmsmasterkeyid", NOT_YET),
    ("ValidationException", "modified multiple times", CONFLICT),
    ("ValidationException", "not found", Absent),
];

const EC2: &[Rule] = &[
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
    ("NatGatewayNotFound", "", Absent),
    ("OperationNotPermitted", "existing", EXISTS),
    ("Resource.AlreadyAssociated", "", EXISTS),
    ("RouteAlreadyExists", "", EXISTS),
    ("VpcPeeringConnectionAlreadyExists", "", EXISTS),
    ("*.Duplicate", "", EXISTS),
    ("*.InUse", "", CONFLICT),
    ("*.NotFound", "", Absent),
    ("*.NotReady", "", NOT_YET),
];

const ELB: &[Rule] = &[
    ("CertificateNotFound", "", Absent),
    ("DuplicateListener", "", EXISTS),
    ("DuplicateLoadBalancerName", "", EXISTS),
    ("DuplicateTargetGroupName", "", EXISTS),
    ("HealthUnavailable", "", TRANSIENT),
    ("InvalidConfigurationRequest", "access denied for bucket", NOT_YET),
    ("InvalidSecurityGroup", "", NOT_YET),
    ("InvalidSubnet", "no internet gateway", NOT_YET),
    ("InvalidTarget", "permission", NOT_YET),
    ("ListenerNotFound", "", Absent),
    ("LoadBalancerNotFound", "", Absent),
    ("PriorRequestNotComplete", "", CONFLICT),
    ("ResourceInUse", "", CONFLICT),
    ("SubnetNotFound", "", Absent),
    ("TargetGroupNotFound", "", Absent),
    ("UnsupportedCertificate", "", NOT_YET),
];

const EVENTS: &[Rule] = &[
    ("InternalException", "", TRANSIENT),
    ("InvalidStateException", "", CONFLICT),
    ("LimitExceededException", "", INVALID),
    ("ManagedRuleException", "", INVALID),
    ("ValidationException", "can't be deleted since it has", CONFLICT),
    ("ValidationException", "cannot be assumed by principal", NOT_YET),
];

const IAM: &[Rule] = &[
    ("DeleteConflict", "", CONFLICT),
    ("EntityAlreadyExists", "", EXISTS),
    ("EntityTemporarilyUnmodifiable", "", CONFLICT),
    ("NoSuchEntity", "", Absent),
];

const KMS: &[Rule] = &[
    ("DependencyTimeoutException", "", TRANSIENT),
    ("KMSInternalException", "", TRANSIENT),
    ("KMSInvalidStateException", "pending deletion", GONE),
    ("KMSInvalidStateException", "pending replica deletion", GONE),
    ("KMSInvalidStateException", "", CONFLICT),
];

const LAMBDA: &[Rule] = &[
    ("InvalidParameterValueException", "cannot be assumed", NOT_YET),
    ("InvalidParameterValueException", "createGrant", NOT_YET),
    ("InvalidParameterValueException", "execution role does not have permissions", NOT_YET),
    ("InvalidParameterValueException", "please ensure the role can perform", NOT_YET),
    ("InvalidParameterValueException", "principal was invalid", NOT_YET),
    ("InvalidParameterValueException", "throttled by ec2", THROTTLED),
    ("KMSAccessDeniedException", "", NOT_YET),
    ("KMSNotFoundException", "", NOT_YET),
    ("PreconditionFailedException", "", CONFLICT),
    ("ProvisionedConcurrencyConfigNotFoundException", "", Absent),
    ("ResourceConflictException", "already exist", EXISTS),
    ("ResourceConflictException", "", CONFLICT),
    ("ResourceNotReadyException", "", CONFLICT),
];

const LOGS: &[Rule] = &[("InvalidParameterException", "kms key", NOT_YET)];

const RDS: &[Rule] = &[
    ("DBClusterAlreadyExistsFault", "", EXISTS),
    ("DBInstanceAlreadyExists", "", EXISTS),
    ("DBParameterGroupAlreadyExists", "", EXISTS),
    ("DBSubnetGroupAlreadyExists", "", EXISTS),
    ("GlobalClusterAlreadyExistsFault", "", EXISTS),
    ("CertificateNotFound", "", INVALID),
    ("DBClusterNotFoundFault", "", Absent),
    ("DBClusterParameterGroupNotFound", "", Absent),
    ("DBInstanceNotFound", "", Absent),
    ("DBParameterGroupNotFound", "", Absent),
    ("DBSubnetGroupNotFoundFault", "", Absent),
    ("GlobalClusterNotFoundFault", "", Absent),
    ("ResourceNotFoundFault", "", Absent),
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

const ROUTE53: &[Rule] = &[
    ("HealthCheckAlreadyExists", "", EXISTS),
    ("HealthCheckInUse", "", CONFLICT),
    ("HostedZoneAlreadyExists", "", EXISTS),
    ("HostedZoneNotEmpty", "", CONFLICT),
    ("InvalidChangeBatch", "already exists", EXISTS),
    ("InvalidChangeBatch", "but it was not found", GONE),
    ("InvalidChangeBatch", "do not match the current values", CONFLICT),
    ("InvalidVPCId", "", NOT_YET),
    ("NoSuchHealthCheck", "", Absent),
    ("NoSuchHostedZone", "", Absent),
    ("PriorRequestNotComplete", "", CONFLICT),
    ("VPCAssociationNotFound", "", GONE),
];

const S3: &[Rule] = &[
    ("BucketAlreadyExists", "", EXISTS),
    ("BucketAlreadyOwnedByYou", "", EXISTS),
    ("BucketNotEmpty", "", CONFLICT),
    ("InvalidBucketState", "", CONFLICT),
    ("InvalidRequest", "replication", NOT_YET),
    ("InvalidRequest", "versioning", NOT_YET),
    ("InvalidTargetBucketForLogging", "permissions", NOT_YET),
    ("MalformedPolicy", "invalid principal", NOT_YET),
    ("NoSuchBucket", "", Absent),
    ("NoSuchBucketPolicy", "", GONE),
    ("NoSuchCORSConfiguration", "", GONE),
    ("NoSuchLifecycleConfiguration", "", GONE),
    ("NoSuchPublicAccessBlockConfiguration", "", GONE),
    ("NoSuchTagSet", "", GONE),
    ("NoSuchUpload", "", GONE),
    ("OwnershipControlsNotFoundError", "", GONE),
    ("ReplicationConfigurationNotFoundError", "", GONE),
    ("ServerSideEncryptionConfigurationNotFoundError", "", GONE),
];

const SECRETS: &[Rule] = &[
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

const SNS: &[Rule] = &[
    ("ConcurrentAccess", "", CONFLICT),
    ("ConcurrentAccessException", "", CONFLICT),
    ("InvalidParameter", "already exists", EXISTS),
    ("InvalidParameter", "principal", NOT_YET),
    ("KMSAccessDenied", "", NOT_YET),
    ("KMSNotFound", "", NOT_YET),
    ("StaleTag", "", CONFLICT),
];

const SQS: &[Rule] = &[
    ("*NonExistentQueue", "", Absent),
    ("*QueueDeletedRecently", "", CONFLICT),
    ("*QueueDoesNotExist", "", Absent),
    ("*QueueNameExists", "", EXISTS),
    ("*QueueAlreadyExists", "", EXISTS),
    ("InvalidAttributeValue", "policy", NOT_YET),
];

const SSM: &[Rule] = &[
    ("InvalidKeyId", "", NOT_YET),
    ("InvalidResourceId", "", Absent),
    ("ParameterAlreadyExists", "", EXISTS),
    ("ParameterNotFound", "", Absent),
    ("TooManyUpdates", "", CONFLICT),
];

const STATES: &[Rule] = &[
    ("AccessDeniedException", "authorized to access the log destination", NOT_YET),
    ("AccessDeniedException", "authorized to assume the provided role", NOT_YET),
    ("ConflictException", "", CONFLICT),
    ("ExecutionDoesNotExist", "", Absent),
    ("InvalidLoggingConfiguration", "", NOT_YET),
    ("KmsThrottlingException", "", THROTTLED),
    ("StateMachineAlreadyExists", "", EXISTS),
    ("StateMachineDeleting", "", CONFLICT),
    ("StateMachineDoesNotExist", "", Absent),
];

/// A service's own rules, by the first part of its calls' names.
fn rules(service: &str) -> &'static [Rule] {
    match service {
        "acm" => ACM,
        "apigateway" | "apigatewayv2" => APIGATEWAY,
        "cloudwatch" => CLOUDWATCH,
        "dynamodb" => DYNAMODB,
        "ec2" => EC2,
        "elasticloadbalancing" => ELB,
        "events" => EVENTS,
        "iam" => IAM,
        "kms" => KMS,
        "lambda" => LAMBDA,
        "logs" => LOGS,
        "route53" => ROUTE53,
        "rds" => RDS,
        "s3" => S3,
        "secretsmanager" => SECRETS,
        "sns" => SNS,
        "sqs" => SQS,
        "ssm" => SSM,
        "states" => STATES,
        _ => &[],
    }
}

fn fits(rule: &Rule, code: &str, message: &str) -> bool {
    let code_fits = match rule.0.strip_prefix('*') {
        Some(end) => code.ends_with(end),
        None => code == rule.0,
    };
    code_fits && message.contains(&rule.1.to_lowercase())
}

/// The class of an error that a service answered.
pub(crate) fn classify(call: &str, phase: Phase, status: u16, code: &str, message: &str) -> ErrorClass {
    let service = call.split(':').next().unwrap_or(call);
    // Some services end a code in `Exception` in one protocol and not in another.
    let message = message.to_lowercase();
    let codes = [code, code.strip_suffix("Exception").unwrap_or(code)];
    let rule =
        codes.iter().find_map(|code| rules(service).iter().chain(COMMON).find(|rule| fits(rule, code, &message)));
    match rule {
        Some((_, _, Is(class))) => *class,
        Some((_, _, Absent)) if phase == Phase::Make => ErrorClass::NotYetConsistent,
        Some((_, _, Absent)) => ErrorClass::Gone,
        None => by_status(status).unwrap_or(ErrorClass::Invalid),
    }
}

/// What a status says when nothing else is known.
pub(crate) fn by_status(status: u16) -> Option<ErrorClass> {
    match status {
        429 => Some(ErrorClass::Throttled),
        500 | 502 | 503 | 504 | 509 => Some(ErrorClass::Transient),
        401 | 403 => Some(ErrorClass::Denied),
        400..=599 => Some(ErrorClass::Invalid),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass::*;
    use Phase::{Look, Make};

    #[test]
    fn codes_mean_what_the_services_mean() {
        let cases = [
            ("sqs:GetQueueAttributes", Look, 400, "AWS.SimpleQueueService.NonExistentQueue", "", Gone),
            ("sqs:SetQueueAttributes", Make, 400, "QueueDoesNotExist", "", NotYetConsistent),
            ("sqs:CreateQueue", Make, 400, "AWS.SimpleQueueService.QueueDeletedRecently", "wait 60 seconds", Conflict),
            ("sqs:CreateQueue", Make, 403, "RequestThrottled", "", Throttled),
            ("iam:GetRole", Look, 404, "NoSuchEntity", "", Gone),
            ("iam:GetRole", Look, 404, "NoSuchEntityException", "", Gone),
            ("iam:AttachRolePolicy", Make, 404, "NoSuchEntity", "", NotYetConsistent),
            ("iam:CreateRole", Make, 400, "MalformedPolicyDocument", "Invalid principal in policy", NotYetConsistent),
            ("iam:CreateRole", Make, 400, "MalformedPolicyDocument", "Syntax errors in policy.", Invalid),
            ("iam:DeleteRole", Look, 409, "DeleteConflict", "must detach all policies first", Conflict),
            ("dynamodb:CreateTable", Make, 400, "ResourceInUseException", "Table already exists: t", Exists),
            ("dynamodb:UpdateTable", Make, 400, "ResourceInUseException", "Table is being updated: t", Conflict),
            ("dynamodb:DeleteTable", Look, 400, "LimitExceededException", "simultaneously", Throttled),
            (
                "dynamodb:UpdateTimeToLive",
                Make,
                400,
                "ValidationException",
                "Time to live has been modified multiple times within a fixed interval",
                Conflict,
            ),
            ("apigateway:DeleteRestApi", Look, 429, "TooManyRequestsException", "Too Many Requests", Throttled),
            (
                "apigateway:DeleteDeployment",
                Look,
                400,
                "BadRequestException",
                "Active stages pointing to this deployment must be moved or deleted",
                Conflict,
            ),
            (
                "apigateway:CreateResource",
                Make,
                409,
                "ConflictException",
                "Another resource with the same parent already has this name: payment",
                Exists,
            ),
            ("apigateway:UpdateStage", Make, 409, "ConflictException", "due to concurrent modification", Conflict),
            (
                "apigatewayv2:CreateRoute",
                Make,
                409,
                "ConflictException",
                "Route with key $default already exists",
                Exists,
            ),
            ("cloudwatch:GetDashboard", Look, 404, "DashboardNotFoundError", "", Gone),
            ("ssm:ListTagsForResource", Look, 400, "InvalidResourceId", "", Gone),
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
            ("ec2:CreateSubnet", Make, 400, "InvalidVpcID.NotFound", "", NotYetConsistent),
            ("ec2:DescribeVpcs", Look, 400, "InvalidVpcID.NotFound", "", Gone),
            ("ec2:DeleteVpc", Look, 400, "DependencyViolation", "", Conflict),
            ("ec2:CreateRoute", Make, 400, "InvalidParameterValue", "belong to different networks", NotYetConsistent),
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
            ("ec2:CreateFlowLogs", Make, 400, "InvalidParameter", "Unable to assume given IAM role", NotYetConsistent),
            ("ec2:RunInstances", Make, 503, "RequestLimitExceeded", "", Throttled),
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
            ("acm:DeleteCertificate", Look, 400, "ResourceInUseException", "is in use", Conflict),
            ("rds:DescribeGlobalClusters", Look, 404, "GlobalClusterNotFoundFault", "", Gone),
            ("rds:CreateDBCluster", Make, 404, "DBSubnetGroupNotFoundFault", "", NotYetConsistent),
            ("rds:CreateDBCluster", Make, 400, "DBClusterAlreadyExistsFault", "", Exists),
            ("rds:CreateDBCluster", Make, 400, "InvalidGlobalClusterStateFault", "is not available", Conflict),
            ("rds:DeleteDBCluster", Look, 400, "InvalidDBClusterStateFault", "is a part of a global cluster", Conflict),
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
            ("s3:PutBucketPolicy", Make, 409, "OperationAborted", "", Conflict),
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
            ("events:DescribeRule", Look, 400, "ResourceNotFoundException", "Rule r does not exist.", Gone),
            ("events:PutRule", Make, 400, "LimitExceededException", "", Invalid),
            (
                "events:DeleteEventBus",
                Look,
                400,
                "ValidationException",
                "EventBus can't be deleted since it has rules.",
                Conflict,
            ),
            ("states:CreateStateMachine", Make, 400, "StateMachineDeleting", "", Conflict),
            ("states:DescribeStateMachine", Look, 400, "StateMachineDoesNotExist", "", Gone),
            (
                "lambda:GetProvisionedConcurrencyConfig",
                Look,
                404,
                "ProvisionedConcurrencyConfigNotFoundException",
                "",
                Gone,
            ),
            ("anything:Call", Make, 400, "ValidationError", "no", Invalid),
            ("anything:Call", Make, 500, "Weird", "", Transient),
            ("anything:Call", Make, 403, "AccessDenied", "", Denied),
            // A page that is no reply of the service says nothing about the resource.
            ("anything:Call", Look, 404, "HTTP404", "<html>", Invalid),
        ];
        for (call, phase, status, code, message, expected) in cases {
            assert_eq!(classify(call, phase, status, code, message), expected, "{call} {code} {message}");
        }
    }

    #[test]
    fn no_rule_is_hidden_by_an_earlier_one() {
        for service in [
            COMMON, ACM, APIGATEWAY, CLOUDWATCH, DYNAMODB, EC2, ELB, EVENTS, IAM, KMS, LAMBDA, LOGS, RDS, ROUTE53, S3,
            SECRETS, SNS, SQS, SSM, STATES,
        ] {
            for (at, rule) in service.iter().enumerate() {
                let earlier = service[..at].iter().find(|earlier| fits(earlier, rule.0, &rule.1.to_lowercase()));
                assert_eq!(earlier, None, "{rule:?}");
            }
        }
    }
}
