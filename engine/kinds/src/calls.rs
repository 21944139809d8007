//! What each kind asks of AWS: the calls that its lifecycle makes, and on which resources.
//!
//! Tests compare it with what the lifecycles do. A call is named as AWS names it. One that takes part
//! in a deletion although its name does not say so has a `-` before it. Where no ARNs are given, they are those of the
//! kind's own attribute, or of what it belongs to.

/// The calls of a kind.
#[derive(Debug, Clone, Copy)]
pub struct KindCalls {
    /// The kind.
    pub kind: &'static str,
    /// The ARNs of what the calls are about, in the notation of [`dr_core::template`]; `*` stands for anything.
    pub on: &'static [&'static str],
    /// The service, as calls are named.
    pub service: &'static str,
    calls: &'static str,
}

impl KindCalls {
    /// The names of the calls, each with whether a deletion needs it.
    pub fn calls(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.calls.split_whitespace().map(|call| match call.strip_prefix('-') {
            Some(call) => (call, true),
            None => (call, only_looks(call) || ends(call)),
        })
    }
}

/// Whether a call changes nothing.
pub fn only_looks(call: &str) -> bool {
    ["Describe", "Get", "List", "Head"].iter().any(|verb| call.starts_with(verb))
}

fn ends(call: &str) -> bool {
    const VERBS: [&str; 14] = [
        "Delete",
        "Deregister",
        "Release",
        "Detach",
        "Disassociate",
        "Revoke",
        "Remove",
        "Unsubscribe",
        "Schedule",
        "Cancel",
        "Abort",
        "Stop",
        "Disable",
        "Untag",
    ];
    VERBS.iter().any(|verb| call.starts_with(verb))
}

/// The calls of a kind; none where no cloud is asked.
pub fn calls_of(kind: &str) -> Option<&'static KindCalls> {
    CALLS.iter().find(|calls| calls.kind == kind)
}

const fn row(kind: &'static str, on: &'static [&'static str], service: &'static str, calls: &'static str) -> KindCalls {
    KindCalls { kind, on, service, calls }
}

/// Every kind that asks AWS, sorted.
#[rustfmt::skip]
pub const CALLS: &[KindCalls] = &[
    row("acm.certificate", &["arn:aws:acm:{region}:{account}:certificate/*"], "acm",
        "AddTagsToCertificate DeleteCertificate DescribeCertificate ListCertificates ListTagsForCertificate \
         RemoveTagsFromCertificate RequestCertificate"),
    row("acm.certificate_by_domain", &[], "acm",
        "ListCertificates"),
    row("acm.certificate_validation", &[], "acm",
        "DescribeCertificate"),
    row("apigateway.deployment", &[
        "arn:aws:apigateway:{region}::/restapis",
        "arn:aws:apigateway:{region}::/restapis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "CreateDeployment DeleteDeployment GetDeployment GetDeployments UpdateDeployment"),
    row("apigateway.domain_name", &[
        "arn:aws:apigateway:{region}::/domainnames",
        "arn:aws:apigateway:{region}::/domainnames/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "CreateDomainName DeleteDomainName GetDomainName TagResource UntagResource UpdateDomainName"),
    row("apigateway.integration", &[
        "arn:aws:apigateway:{region}::/restapis",
        "arn:aws:apigateway:{region}::/restapis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "DeleteIntegration DeleteIntegrationResponse GetIntegration PutIntegration PutIntegrationResponse \
         UpdateIntegration"),
    row("apigateway.mapping", &[
        "arn:aws:apigateway:{region}::/domainnames",
        "arn:aws:apigateway:{region}::/domainnames/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "CreateBasePathMapping DeleteBasePathMapping GetBasePathMapping UpdateBasePathMapping"),
    row("apigateway.method", &[
        "arn:aws:apigateway:{region}::/restapis",
        "arn:aws:apigateway:{region}::/restapis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "DeleteMethod DeleteMethodResponse GetMethod PutMethod PutMethodResponse UpdateMethod"),
    row("apigateway.resource", &[
        "arn:aws:apigateway:{region}::/restapis",
        "arn:aws:apigateway:{region}::/restapis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "CreateResource DeleteResource GetResource GetResources"),
    row("apigateway.rest_api", &[
        "arn:aws:apigateway:{region}::/restapis",
        "arn:aws:apigateway:{region}::/restapis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "CreateRestApi DeleteRestApi GetRestApi GetRestApis TagResource UntagResource UpdateRestApi"),
    row("apigateway.stage", &[
        "arn:aws:apigateway:{region}::/restapis",
        "arn:aws:apigateway:{region}::/restapis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigateway",
        "CreateStage DeleteStage GetStage TagResource UntagResource UpdateStage"),
    row("apigatewayv2.api", &[
        "arn:aws:apigateway:{region}::/apis",
        "arn:aws:apigateway:{region}::/apis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigatewayv2",
        "CreateApi DeleteApi DeleteCorsConfiguration GetApi GetApis TagResource UntagResource UpdateApi"),
    row("apigatewayv2.domain_name", &[
        "arn:aws:apigateway:{region}::/domainnames",
        "arn:aws:apigateway:{region}::/domainnames/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigatewayv2",
        "CreateDomainName DeleteDomainName GetDomainName TagResource UntagResource UpdateDomainName"),
    row("apigatewayv2.integration", &[
        "arn:aws:apigateway:{region}::/apis",
        "arn:aws:apigateway:{region}::/apis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigatewayv2",
        "CreateIntegration DeleteIntegration GetIntegration GetIntegrations UpdateIntegration"),
    row("apigatewayv2.mapping", &[
        "arn:aws:apigateway:{region}::/domainnames",
        "arn:aws:apigateway:{region}::/domainnames/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigatewayv2",
        "CreateApiMapping DeleteApiMapping GetApiMapping GetApiMappings UpdateApiMapping"),
    row("apigatewayv2.route", &[
        "arn:aws:apigateway:{region}::/apis",
        "arn:aws:apigateway:{region}::/apis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigatewayv2",
        "CreateRoute DeleteRoute GetRoute GetRoutes UpdateRoute"),
    row("apigatewayv2.stage", &[
        "arn:aws:apigateway:{region}::/apis",
        "arn:aws:apigateway:{region}::/apis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ], "apigatewayv2",
        "CreateStage DeleteAccessLogSettings DeleteRouteSettings DeleteStage GetStage TagResource UntagResource \
         UpdateStage"),
    row("cloudwatch.composite_alarm", &[], "cloudwatch",
        "DeleteAlarms DescribeAlarms ListTagsForResource PutCompositeAlarm TagResource UntagResource"),
    row("cloudwatch.dashboard", &[], "cloudwatch",
        "DeleteDashboards GetDashboard PutDashboard"),
    row("cloudwatch.metric_alarm", &[], "cloudwatch",
        "DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource"),
    row("dynamodb.table", &["arn:aws:dynamodb:{region}:{account}:table/{name}"], "dynamodb",
        "CreateTable DeleteTable DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource \
         TagResource UntagResource UpdateContinuousBackups -UpdateTable UpdateTimeToLive"),
    row("dynamodb.table_replica", &["arn:aws:dynamodb:*:{account}:table/{table_name}"], "dynamodb",
        "DescribeContinuousBackups DescribeTable ListTagsOfResource TagResource UntagResource \
         UpdateContinuousBackups -UpdateTable"),
    row("ec2.availability_zones", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "DescribeAvailabilityZones"),
    row("ec2.eip", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "AllocateAddress CreateTags DeleteTags DescribeAccountAttributes DescribeAddresses ReleaseAddress"),
    row("ec2.existing_subnets", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "DescribeSubnets"),
    row("ec2.existing_vpc", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "DescribeVpcs"),
    row("ec2.flow_log", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateFlowLogs CreateTags DeleteFlowLogs DeleteTags DescribeFlowLogs"),
    row("ec2.internet_gateway", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "AttachInternetGateway CreateInternetGateway CreateTags DeleteInternetGateway DeleteTags \
         DescribeInternetGateways DetachInternetGateway"),
    row("ec2.nat_gateway", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateNatGateway CreateTags DeleteNatGateway DeleteTags DescribeNatGateways"),
    row("ec2.region", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "DescribeRegions"),
    row("ec2.route", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateRoute DeleteRoute DescribeRouteTables ReplaceRoute"),
    row("ec2.route_table", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateRouteTable CreateTags DeleteRouteTable DeleteTags DescribeRouteTables"),
    row("ec2.route_table_association", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "AssociateRouteTable DescribeRouteTables DisassociateRouteTable ReplaceRouteTableAssociation"),
    row("ec2.security_group", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateSecurityGroup CreateTags DeleteNetworkInterface DeleteSecurityGroup DeleteTags \
         DescribeNetworkInterfaces DescribeSecurityGroupRules DescribeSecurityGroups RevokeSecurityGroupEgress"),
    row("ec2.security_group_rule", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateTags DeleteTags \
         DescribeSecurityGroupRules ModifySecurityGroupRules RevokeSecurityGroupEgress RevokeSecurityGroupIngress"),
    row("ec2.subnet", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateSubnet CreateTags DeleteNetworkInterface DeleteSubnet DeleteTags DescribeNetworkInterfaces \
         DescribeSubnets ModifySubnetAttribute"),
    row("ec2.vpc", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "AssociateVpcCidrBlock CreateTags CreateVpc DeleteNetworkInterface DeleteTags DeleteVpc \
         DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroups DescribeVpcAttribute DescribeVpcs \
         DisassociateVpcCidrBlock ModifyVpcAttribute"),
    row("ec2.vpc_endpoint", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateTags CreateVpcEndpoint DeleteTags DeleteVpcEndpoints DescribePrefixLists DescribeVpcEndpoints \
         ModifyVpcEndpoint"),
    row("ec2.vpc_peering", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "CreateTags CreateVpcPeeringConnection DeleteTags DeleteVpcPeeringConnection DescribeVpcPeeringConnections"),
    row("ec2.vpc_peering_accepter", &["arn:aws:ec2:{region}:{account}:*"], "ec2",
        "AcceptVpcPeeringConnection CreateTags DeleteTags DescribeVpcPeeringConnections \
         ModifyVpcPeeringConnectionOptions"),
    row("elbv2.listener", &[
        "arn:aws:elasticloadbalancing:{region}:{account}:listener/app/*",
        "arn:aws:elasticloadbalancing:{region}:{account}:listener-rule/app/*",
    ], "elasticloadbalancing",
        "AddListenerCertificates AddTags CreateListener DeleteListener DescribeListenerCertificates \
         DescribeListeners DescribeTags ModifyListener RemoveListenerCertificates RemoveTags"),
    row("elbv2.load_balancer", &[
        "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/*",
    ], "elasticloadbalancing",
        "AddTags CreateLoadBalancer DeleteLoadBalancer DescribeAccountLimits DescribeLoadBalancerAttributes \
         DescribeLoadBalancers DescribeTags -ModifyLoadBalancerAttributes RemoveTags SetIpAddressType \
         SetSecurityGroups SetSubnets"),
    row("elbv2.target_attachment", &[], "elasticloadbalancing",
        "DeregisterTargets DescribeTargetHealth RegisterTargets"),
    row("elbv2.target_group", &[
        "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/*",
    ], "elasticloadbalancing",
        "AddTags CreateTargetGroup DeleteTargetGroup DescribeTags DescribeTargetGroupAttributes \
         DescribeTargetGroups ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags"),
    row("events.bus", &[], "events",
        "CreateEventBus DeleteEventBus DescribeEventBus ListTagsForResource ListTargetsByRule RemoveTargets \
         TagResource UntagResource UpdateEventBus"),
    row("events.bus_policy", &[], "events",
        "DescribeEventBus PutPermission RemovePermission"),
    row("events.rule", &[
        "arn:aws:events:{region}:{account}:rule/{name}",
        "arn:aws:events:{region}:{account}:rule/{event_bus_name}/{name}",
    ], "events",
        "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule RemoveTargets TagResource \
         UntagResource"),
    row("events.target", &[], "events",
        "ListTargetsByRule PutTargets RemoveTargets"),
    row("iam.policy", &["arn:aws:iam::{account}:policy{path}{name}"], "iam",
        "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion DetachGroupPolicy DetachRolePolicy \
         DetachUserPolicy GetPolicy GetPolicyVersion ListEntitiesForPolicy ListPolicyVersions TagPolicy UntagPolicy"),
    row("iam.role", &[], "iam",
        "CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole \
         ListAttachedRolePolicies ListRolePolicies PutRolePermissionsBoundary TagRole UntagRole \
         UpdateAssumeRolePolicy UpdateRole"),
    row("iam.role_policy", &[], "iam",
        "DeleteRolePolicy GetRolePolicy PutRolePolicy"),
    row("iam.role_policy_attachment", &[], "iam",
        "AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies"),
    row("kms.alias", &["arn:aws:kms:{region}:{account}:{name}", "arn:aws:kms:{region}:{account}:key/*"], "kms",
        "CreateAlias DeleteAlias DescribeKey UpdateAlias"),
    row("kms.key", &["arn:aws:kms:{region}:{account}:key/*"], "kms",
        "CreateKey DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation GetKeyPolicy \
         GetKeyRotationStatus ListKeys ListResourceTags PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource \
         UpdateKeyDescription"),
    row("kms.replica_key", &["arn:aws:kms:*:{account}:key/*"], "kms",
        "CancelKeyDeletion DescribeKey DisableKey EnableKey GetKeyPolicy ListResourceTags PutKeyPolicy ReplicateKey \
         ScheduleKeyDeletion TagResource UntagResource UpdateKeyDescription"),
    row("lambda.alias", &[], "lambda",
        "CreateAlias DeleteAlias GetAlias UpdateAlias"),
    row("lambda.concurrency", &[], "lambda",
        "DeleteProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig PutProvisionedConcurrencyConfig"),
    row("lambda.event_source_mapping", &["arn:aws:lambda:{region}:{account}:event-source-mapping:*"], "lambda",
        "CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping ListEventSourceMappings ListTags \
         TagResource UntagResource UpdateEventSourceMapping"),
    row("lambda.function", &[
        "arn:aws:lambda:{region}:{account}:function:{function_name}",
        "arn:aws:lambda:{region}:{account}:function:{function_name}:*",
    ], "lambda",
        "CreateFunction DeleteFunction DeleteFunctionConcurrency GetAccountSettings GetFunction ListTags \
         ListVersionsByFunction PublishVersion PutFunctionConcurrency TagResource UntagResource UpdateFunctionCode \
         UpdateFunctionConfiguration"),
    row("lambda.permission", &[], "lambda",
        "AddPermission GetPolicy RemovePermission"),
    row("logs.log_group", &[
        "arn:aws:logs:{region}:{account}:log-group:{name}",
        "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    ], "logs",
        "AssociateKmsKey CreateLogGroup DeleteLogGroup DescribeLogGroups DisassociateKmsKey ListTagsForResource \
         PutLogGroupDeletionProtection PutRetentionPolicy TagResource UntagResource"),
    row("rds.cluster", &[
        "arn:aws:rds:{region}:{account}:cluster:{cluster_identifier}",
        "arn:aws:rds:{region}:{account}:cluster-pg:default.*",
        "arn:aws:rds:{region}:{account}:cluster-snapshot:*",
        "arn:aws:rds:{region}:{account}:og:default:*",
    ], "rds",
        "AddTagsToResource CreateDBCluster DeleteDBCluster DeleteDBInstance DescribeAccountAttributes \
         DescribeDBClusters DescribeDBEngineVersions DescribeDBInstances DescribeGlobalClusters \
         DescribeOrderableDBInstanceOptions DisableHttpEndpoint EnableHttpEndpoint ListTagsForResource \
         -ModifyDBCluster ModifyGlobalCluster RemoveFromGlobalCluster RemoveTagsFromResource"),
    row("rds.cluster_instance", &[
        "arn:aws:rds:{region}:{account}:db:{identifier}",
        "arn:aws:rds:{region}:{account}:pg:default.*",
    ], "rds",
        "AddTagsToResource CreateDBInstance DeleteDBInstance DescribeAccountAttributes DescribeDBClusters \
         DescribeDBEngineVersions DescribeDBInstances DescribeGlobalClusters DescribeOrderableDBInstanceOptions \
         ListTagsForResource ModifyDBCluster -ModifyDBInstance ModifyGlobalCluster RemoveFromGlobalCluster \
         RemoveTagsFromResource"),
    row("rds.cluster_parameter_group", &["arn:aws:rds:{region}:{account}:cluster-pg:{name}"], "rds",
        "AddTagsToResource CreateDBClusterParameterGroup DeleteDBClusterParameterGroup \
         DescribeDBClusterParameterGroups DescribeDBClusterParameters ListTagsForResource \
         ModifyDBClusterParameterGroup RemoveTagsFromResource ResetDBClusterParameterGroup"),
    row("rds.engine_version", &[], "rds",
        "DescribeDBEngineVersions"),
    row("rds.global_cluster", &["arn:aws:rds::{account}:global-cluster:{global_cluster_identifier}"], "rds",
        "AddTagsToResource CreateGlobalCluster DeleteGlobalCluster DescribeDBClusters DescribeGlobalClusters \
         FailoverGlobalCluster ListTagsForResource ModifyDBCluster -ModifyGlobalCluster RemoveFromGlobalCluster \
         RemoveTagsFromResource SwitchoverGlobalCluster"),
    row("rds.subnet_group", &["arn:aws:rds:{region}:{account}:subgrp:{name}"], "rds",
        "AddTagsToResource CreateDBSubnetGroup DeleteDBSubnetGroup DescribeDBSubnetGroups ListTagsForResource \
         ModifyDBSubnetGroup RemoveTagsFromResource"),
    row("route53.health_check", &["arn:aws:route53:::healthcheck/*"], "route53",
        "ChangeTagsForResource CreateHealthCheck DeleteHealthCheck GetAccountLimit GetHealthCheck \
         GetHealthCheckStatus ListHealthChecks ListTagsForResource UpdateHealthCheck"),
    row("route53.record", &["arn:aws:route53:::hostedzone/*"], "route53",
        "-ChangeResourceRecordSets ListResourceRecordSets"),
    row("route53.zone", &["arn:aws:route53:::hostedzone/*"], "route53",
        "AssociateVPCWithHostedZone ChangeResourceRecordSets ChangeTagsForResource CreateHostedZone \
         DeleteHostedZone DisassociateVPCFromHostedZone GetAccountLimit GetHostedZone ListHostedZonesByName \
         ListResourceRecordSets ListTagsForResource UpdateHostedZoneComment"),
    row("route53.zone_by_name", &[], "route53",
        "GetHostedZone ListHostedZonesByName"),
    row("s3.bucket", &["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"], "s3",
        "AbortMultipartUpload CreateBucket DeleteBucket DeleteBucketCors DeleteBucketLifecycle DeleteObjects \
         GetBucketCors GetBucketEncryption GetBucketLifecycleConfiguration GetBucketLogging \
         GetBucketOwnershipControls GetBucketTagging GetBucketVersioning GetPublicAccessBlock HeadBucket \
         ListMultipartUploads ListObjectVersions PutBucketCors PutBucketEncryption PutBucketLifecycleConfiguration \
         PutBucketLogging PutBucketOwnershipControls PutBucketTagging PutBucketVersioning PutPublicAccessBlock"),
    row("s3.bucket_policy", &[], "s3",
        "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy"),
    row("s3.bucket_replication", &[], "s3",
        "DeleteBucketReplication GetBucketReplication PutBucketReplication"),
    row("secretsmanager.existing_secret", &["arn:aws:secretsmanager:{region}:{account}:secret:{name}-*"], "secretsmanager",
        "DescribeSecret"),
    row("secretsmanager.replica", &["arn:aws:secretsmanager:{region}:{account}:secret:*"], "secretsmanager",
        "DescribeSecret RemoveRegionsFromReplication ReplicateSecretToRegions"),
    row("secretsmanager.rotation", &[], "secretsmanager",
        "CancelRotateSecret DescribeSecret RotateSecret"),
    row("secretsmanager.secret", &["arn:aws:secretsmanager:{region}:{account}:secret:{name}-*"], "secretsmanager",
        "CreateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy PutResourcePolicy \
         RemoveRegionsFromReplication TagResource UntagResource UpdateSecret"),
    row("secretsmanager.secret_version", &[], "secretsmanager",
        "DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage"),
    row("sns.existing_topic", &["arn:aws:sns:{region}:{account}:{name}"], "sns",
        "GetTopicAttributes"),
    row("sns.subscription", &["arn:aws:sns:{region}:{account}:*:*"], "sns",
        "GetSubscriptionAttributes ListSubscriptionsByTopic SetSubscriptionAttributes Subscribe Unsubscribe"),
    row("sns.topic", &["arn:aws:sns:{region}:{account}:{name}"], "sns",
        "CreateTopic DeleteTopic GetTopicAttributes ListTagsForResource SetTopicAttributes TagResource \
         UntagResource"),
    row("sns.topic_policy", &[], "sns",
        "GetTopicAttributes -SetTopicAttributes"),
    row("sqs.queue", &[], "sqs",
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue \
         UntagQueue"),
    row("sqs.queue_policy", &[], "sqs",
        "GetQueueAttributes -SetQueueAttributes"),
    row("ssm.parameter", &[], "ssm",
        "AddTagsToResource DeleteParameter DescribeParameters GetParameter ListTagsForResource PutParameter \
         RemoveTagsFromResource"),
    row("stepfunctions.state_machine", &[
        "arn:aws:states:{region}:{account}:stateMachine:{name}",
        "arn:aws:states:{region}:{account}:execution:{name}:*",
    ], "states",
        "CreateStateMachine DeleteStateMachine DescribeStateMachine ListExecutions ListTagsForResource \
         StopExecution TagResource UntagResource UpdateStateMachine"),
];
