//! Actions of IAM: which ones a call needs. Mostly an action is called as the call is; this file lists where it is not, and
//! which actions are about no resource in particular.
//!
//! Source: the service authorization reference of AWS
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/>).

/// The actions that a call needs, e.g. `s3:PutEncryptionConfiguration` for `s3` and `PutBucketEncryption`.
pub fn actions_of(service: &str, call: &str) -> Vec<String> {
    let named = |service: &str, names: &[&str]| names.iter().map(|name| format!("{service}:{name}")).collect();
    match (service, call) {
        ("s3", "ListBuckets") => named("s3", &["ListAllMyBuckets"]),
        ("s3", "HeadBucket") => named("s3", &["ListBucket"]),
        ("s3", "ListObjectVersions") => named("s3", &["ListBucketVersions"]),
        ("s3", "ListMultipartUploads") => named("s3", &["ListBucketMultipartUploads"]),
        ("s3", "DeleteObjects") => named("s3", &["DeleteObject", "DeleteObjectVersion"]),
        ("s3", "GetBucketCors") => named("s3", &["GetBucketCORS"]),
        ("s3", "PutBucketCors" | "DeleteBucketCors") => named("s3", &["PutBucketCORS"]),
        ("s3", "GetBucketEncryption") => named("s3", &["GetEncryptionConfiguration"]),
        ("s3", "PutBucketEncryption") => named("s3", &["PutEncryptionConfiguration"]),
        ("s3", "GetBucketLifecycleConfiguration") => named("s3", &["GetLifecycleConfiguration"]),
        ("s3", "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle") => {
            named("s3", &["PutLifecycleConfiguration"])
        }
        ("s3", "GetPublicAccessBlock") => named("s3", &["GetBucketPublicAccessBlock"]),
        ("s3", "PutPublicAccessBlock") => named("s3", &["PutBucketPublicAccessBlock"]),
        ("s3", "GetBucketReplication") => named("s3", &["GetReplicationConfiguration"]),
        ("s3", "PutBucketReplication" | "DeleteBucketReplication") => named("s3", &["PutReplicationConfiguration"]),
        ("apigateway" | "apigatewayv2", call) => named("apigateway", &[verb(service, call)]),
        ("events", "PutPermission" | "RemovePermission") => named("events", &[call]),
        _ => named(service, &[call]),
    }
}

/// API Gateway's actions are the methods of HTTP.
fn verb(service: &str, call: &str) -> &'static str {
    let starts = |verb: &str| call.starts_with(verb);
    match service {
        _ if starts("Get") => "GET",
        _ if starts("Delete") || starts("Untag") => "DELETE",
        _ if starts("Update") => "PATCH",
        // The first version puts what it is told the path of, the second one posts.
        "apigateway" if starts("Put") || starts("Tag") => "PUT",
        _ => "POST",
    }
}

/// Whether an action is about no resource in particular, so that only `*` allows it.
pub fn is_about_everything(action: &str) -> bool {
    const OTHERS: [&str; 24] = [
        "acm:ListCertificates",
        "acm:RequestCertificate",
        "cloudwatch:DescribeAlarms",
        "dynamodb:ListTables",
        "iam:GetAccountAuthorizationDetails",
        "kms:CreateKey",
        "kms:ListKeys",
        "lambda:CreateEventSourceMapping",
        "lambda:GetAccountSettings",
        "lambda:GetEventSourceMapping",
        "lambda:ListEventSourceMappings",
        "logs:DescribeLogGroups",
        "rds:DescribeAccountAttributes",
        "rds:DescribeDBEngineVersions",
        "rds:DescribeOrderableDBInstanceOptions",
        "route53:CreateHealthCheck",
        "route53:CreateHostedZone",
        "route53:GetAccountLimit",
        "route53:ListHealthChecks",
        "route53:ListHostedZones",
        "route53:ListHostedZonesByName",
        "secretsmanager:ListSecrets",
        "sns:ListTopics",
        "tag:GetResources",
    ];
    ["ec2:Describe", "elasticloadbalancing:Describe"].iter().any(|start| action.starts_with(start))
        || OTHERS.contains(&action)
}

/// What whoever destroys must be allowed besides: to look in the whole account for what is left.
pub const LOOKING_FOR_LEFTOVERS: &[&str] = &[
    "dynamodb:ListBackups",
    "ec2:DescribeNetworkInterfaces",
    "iam:GetAccountAuthorizationDetails",
    "iam:ListRoles",
    "kms:DescribeKey",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "lambda:ListLayers",
    "logs:DescribeLogGroups",
    "rds:DescribeDBClusterAutomatedBackups",
    "rds:DescribeDBClusterSnapshots",
    "route53:ListHostedZones",
    "route53:ListResourceRecordSets",
    "s3:ListAllMyBuckets",
    "secretsmanager:ListSecrets",
];

/// The service that takes over a role that a kind is given, as conditions name it.
pub fn takes_roles(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "lambda.function" => "lambda.amazonaws.com",
        "stepfunctions.state_machine" => "states.amazonaws.com",
        "events.rule" | "events.target" => "events.amazonaws.com",
        "ec2.flow_log" => "vpc-flow-logs.amazonaws.com",
        "rds.cluster_instance" => "monitoring.rds.amazonaws.com",
        "s3.bucket_replication" => "s3.amazonaws.com",
        "sns.subscription" => "sns.amazonaws.com",
        "apigateway.integration" | "apigatewayv2.integration" => "apigateway.amazonaws.com",
        _ => return None,
    })
}

/// What services ask of the caller besides, when they make something of a kind: action, and the ARNs of what it is about.
pub fn besides(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "rds.cluster" | "dynamodb.table" => &[
            ("kms:CreateGrant", "arn:aws:kms:{region}:{account}:key/*"),
            ("kms:DescribeKey", "arn:aws:kms:{region}:{account}:key/*"),
        ],
        "secretsmanager.secret" | "secretsmanager.secret_version" => &[
            ("kms:Decrypt", "arn:aws:kms:{region}:{account}:key/*"),
            ("kms:GenerateDataKey", "arn:aws:kms:{region}:{account}:key/*"),
        ],
        _ => &[],
    }
}
