"""Is the account empty?

    {"endpoints": {…}, "regions": ["us-east-1", "us-west-2"]}  →  {"ok": true, "findings": [], "pending_keys": 2}

Every listing of every service that has kinds is read in every region; what is left is a finding. Apart are what an
account has by itself (default VPCs with their parts, AWS's own policies, keys and buses), and keys that wait for their
deletion, which are counted.
"""

import common

# Service, listing, key of the listing, name of an item, and what does not count.
GLOBAL = [
    ("s3", "list_buckets", "Buckets", "Name", None),
    ("iam", "list_roles", "Roles", "RoleName", lambda role: role["Path"].startswith("/aws-service-role/")),
    ("iam", "list_users", "Users", "UserName", None),
    ("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName", None),
    ("route53", "list_hosted_zones", "HostedZones", "Name", None),
    ("route53", "list_health_checks", "HealthChecks", "Id", None),
]

REGIONAL = [
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn", None),
    ("apigateway", "get_rest_apis", "items", "name", None),
    ("apigateway", "get_domain_names", "items", "domainName", None),
    ("apigatewayv2", "get_apis", "Items", "Name", None),
    ("apigatewayv2", "get_domain_names", "Items", "DomainName", None),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", None),
    ("cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName", None),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", None),
    ("dynamodb", "list_tables", "TableNames", None, None),
    ("dynamodb", "list_backups", "BackupSummaries", "BackupName", None),
    ("ec2", "describe_addresses", "Addresses", "AllocationId", None),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId", None),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", lambda nat: nat["State"] == "deleted"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", None),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId", lambda group: group["GroupName"] == "default"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", lambda e: e["State"].lower() == "deleted"),
    (
        "ec2",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        lambda peering: peering["Status"]["Code"] in ("deleted", "rejected", "expired", "failed"),
    ),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId", lambda vpc: vpc["IsDefault"]),
    ("ec2", "describe_subnets", "Subnets", "SubnetId", lambda subnet: subnet["DefaultForAz"]),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName", None),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName", None),
    ("events", "list_event_buses", "EventBuses", "Name", lambda bus: bus["Name"] == "default"),
    ("events", "list_rules", "Rules", "Name", None),
    ("kms", "list_aliases", "Aliases", "AliasName", lambda alias: alias["AliasName"].startswith("alias/aws/")),
    ("lambda", "list_functions", "Functions", "FunctionName", None),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID", None),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", None),
    ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier", None),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier", None),
    ("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier", None),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", None),
    (
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
        lambda group: group["DBClusterParameterGroupName"].startswith("default."),
    ),
    ("rds", "describe_global_clusters", "GlobalClusters", "GlobalClusterIdentifier", None),
    ("secretsmanager", "list_secrets", "SecretList", "Name", None),
    ("sns", "list_topics", "Topics", "TopicArn", None),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn", None),
    ("sqs", "list_queues", "QueueUrls", None, None),
    ("ssm", "describe_parameters", "Parameters", "Name", None),
    ("stepfunctions", "list_state_machines", "stateMachines", "name", None),
]

ARGUMENTS = {("secretsmanager", "list_secrets"): {"IncludePlannedDeletion": True}}


def check(arguments):
    """Reads every listing in every region."""
    cloud = common.Cloud(arguments["endpoints"])
    regions = arguments["regions"]
    findings = common.Findings()
    pending = 0

    def read(region, service, operation, key, name, apart):
        more = ARGUMENTS.get((service, operation), {})
        for item in cloud.all(service, region, operation, key, **more):
            if not (apart and apart(item)):
                findings.add(f"{service} in {region}: {key} {item[name] if name else item}")

    for row in GLOBAL:
        read(regions[0], *row)
    for policy in cloud.all("iam", regions[0], "list_policies", "Policies", Scope="Local"):
        findings.add(f"iam: policy {policy['PolicyName']}")
    for region in regions:
        for row in REGIONAL:
            read(region, *row)
        # moto calls the keys that AWS makes for its own services customer keys; their aliases tell the truth.
        aliases = cloud.all("kms", region, "list_aliases", "Aliases")
        of_aws = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"].startswith("alias/aws/")}
        for key in cloud.all("kms", region, "list_keys", "Keys"):
            metadata = cloud.client("kms", region).describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if metadata["KeyManager"] == "CUSTOMER" and key["KeyId"] not in of_aws:
                if metadata["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
                    pending += 1
                else:
                    findings.add(f"kms in {region}: key {key['KeyId']} is {metadata['KeyState']}")
    return findings.report(pending_keys=pending)


if __name__ == "__main__":
    common.answer(check)
