"""Is the program `payment_rest` there, as it was asked for?

    {"endpoints": {…}, "suffix": "pr-7", "primary_region": "us-east-1", "secondary_region": "us-east-2",
     "base_domain": "", "fast_health_checks": false}  →  {"ok": true, "findings": []}
"""

import json

import common
from rows import Rows

FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def look(arguments):
    """Compares every setting of the program with what is there."""
    rows = Rows(arguments)
    suffix, domain = arguments["suffix"], arguments.get("base_domain", "")
    first = arguments.get("primary_region", "us-east-1")
    second = arguments.get("secondary_region", "us-east-2")
    return rows.check([
        *region(rows, "primary", first, "10.0", suffix),
        *region(rows, "dr", second, "10.1", suffix),
        *stores(rows, first, second, suffix),
        *watching(rows, first, second, suffix, 10 if arguments.get("fast_health_checks") else 30),
        *names(rows, first, second, suffix, domain),
    ])


def region(rows, role, place, net, s):
    """What stands in each of the two regions."""
    vpc = rows.part("ec2", place, "describe_vpcs", {"Filters": named(f"vpc-{role}-{s}")}, "Vpcs[0].VpcId")
    inside = {"Filters": [{"Name": "vpc-id", "Values": [vpc or "none"]}]}
    function = f"payment-processor-{role}-{s}"
    api = rows.part("apigateway", place, "get_rest_apis", {}, f"items[?name=='payment-api-{role}-{s}'].id | [0]") or "none"
    resources = {"restApiId": api}
    payment = rows.part("apigateway", place, "get_resources", resources, "items[?path=='/payment'].id | [0]") or "none"
    cluster = {"DBClusterIdentifier": f"aurora-{role}-{s}"}
    instance = {"DBInstanceIdentifier": f"aurora-{role}-1-{s}"}
    log_group = f"/aws/lambda/{function}"
    yield ("ec2", place, "describe_vpcs", {"Filters": named(f"vpc-{role}-{s}")}, "Vpcs[].CidrBlock", [f"{net}.0.0/16"])
    for flag in ("enableDnsSupport", "enableDnsHostnames"):
        path = f"{flag[0].upper()}{flag[1:]}.Value"
        yield ("ec2", place, "describe_vpc_attribute", {"VpcId": vpc, "Attribute": flag}, path, True)
    cidrs = sorted(f"{net}.{number}.0/24" for number in (1, 2, 3, 10))
    yield ("ec2", place, "describe_subnets", inside, "sort(Subnets[].CidrBlock)", cidrs)
    zones = "length(Subnets[?!ends_with(CidrBlock, '.10.0/24')].AvailabilityZone)"
    yield ("ec2", place, "describe_subnets", inside, zones, 3)
    yield ("ec2", place, "describe_internet_gateways", attached(vpc), "length(InternetGateways)", 1)
    yield ("ec2", place, "describe_nat_gateways", inside, "NatGateways[?State!='deleted'].State", ["available"])
    ways = "RouteTables[].Routes[?DestinationCidrBlock=='0.0.0.0/0'][]"
    yield ("ec2", place, "describe_route_tables", inside, f"length({ways})", 2)
    allowed = f"SecurityGroups[?GroupName=='aurora-sg-{role}-{s}'].IpPermissions[].[FromPort, ToPort, IpRanges[0].CidrIp]"
    yield ("ec2", place, "describe_security_groups", inside, allowed, [[5432, 5432, f"{net}.0.0/16"]])
    leaves = f"SecurityGroups[?GroupName=='lambda-sg-{role}-{s}'].IpPermissionsEgress[].[IpProtocol, IpRanges[0].CidrIp]"
    yield ("ec2", place, "describe_security_groups", inside, leaves, [["-1", "0.0.0.0/0"]])

    settings = "DBClusters[0].[Engine, EngineVersion, StorageEncrypted, BackupRetentionPeriod, DeletionProtection]"
    yield ("rds", place, "describe_db_clusters", cluster, settings, ["aurora-postgresql", "14.6", True, 1, False])
    yield ("rds", place, "describe_db_instances", instance, "DBInstances[0].DBInstanceClass", "db.r5.large")
    yield ("rds", place, "describe_db_instances", instance, "DBInstances[0].PubliclyAccessible", False)

    configuration = {"FunctionName": function}
    basics = "Configuration.[Runtime, Handler, State, length(VpcConfig.SubnetIds)]"
    yield ("lambda", place, "get_function", configuration, basics, ["python3.11", "index.handler", "Active", 3])
    variables = "sort(keys(Configuration.Environment.Variables))"
    wanted = ["DB_SECRET_ARN", "DEPLOY_REGION", "DR_ROLE", "TABLE_NAME"]
    yield ("lambda", place, "get_function", configuration, variables, wanted)
    where = "Configuration.Environment.Variables.[DEPLOY_REGION, DR_ROLE, TABLE_NAME]"
    yield ("lambda", place, "get_function", configuration, where, [place, role, f"payment-transactions-{s}"])
    yield ("lambda", place, "get_function", configuration, "Configuration.CodeSize > `1000`", True)
    groups = {"logGroupNamePrefix": log_group}
    yield ("logs", place, "describe_log_groups", groups, "logGroups[].[logGroupName, retentionInDays]", [[log_group, 14]])

    yield ("apigateway", place, "get_rest_apis", {}, f"items[?id=='{api}'].endpointConfiguration.types[]", ["REGIONAL"])
    yield ("apigateway", place, "get_stages", resources, "item[].[stageName, tracingEnabled]", [["prod", True]])
    limits = 'item[].methodSettings."*/*".[throttlingRateLimit, throttlingBurstLimit]'
    yield ("apigateway", place, "get_stages", resources, limits, [[100.0, 200]])
    for method, signed in (("GET", "NONE"), ("POST", "AWS_IAM")):
        asked = {"restApiId": api, "resourceId": payment, "httpMethod": method}
        yield ("apigateway", place, "get_method", asked, "authorizationType", signed)
        yield ("apigateway", place, "get_integration", asked, "[type, httpMethod]", ["AWS_PROXY", "POST"])
        yield ("apigateway", place, "get_integration", asked, f"contains(uri, 'function:{function}/invocations')", True)
    policy = json.loads((rows.ask("lambda", place, "get_policy", configuration) or {}).get("Policy", '{"Statement": []}'))
    invokers = [row["Principal"]["Service"] for row in policy["Statement"]]
    rows.equal(f"who may invoke {function}", invokers, ["apigateway.amazonaws.com"])
    sources = [row["Condition"]["ArnLike"]["AWS:SourceArn"] for row in policy["Statement"]]
    rows.true(f"{function}: called for other paths, {sources}", all(f":{api}/*/*/payment" in arn for arn in sources))
    topics = f"length(Topics[?ends_with(TopicArn, ':alerts-{role}-{s}')])"
    yield ("sns", place, "list_topics", {}, topics, 1)


def stores(rows, first, second, s):
    """What both regions share."""
    everything = f"GlobalClusters[?GlobalClusterIdentifier=='aurora-global-{s}'] | [0]"
    members = f"{everything}.sort_by(GlobalClusterMembers, &DBClusterArn)[].[DBClusterArn, IsWriter]"
    found = rows.part("rds", first, "describe_global_clusters", {}, members) or []
    rows.equal(
        "members of the global cluster",
        sorted([arn.split(":")[3], writes] for arn, writes in found),
        sorted([[first, True], [second, False]]),
    )
    yield ("rds", first, "describe_global_clusters", {}, f"{everything}.DeletionProtection", False)
    secret = {"SecretId": f"payment-db-{s}"}
    yield ("secretsmanager", first, "describe_secret", secret, "ReplicationStatus[].Region", [second])
    held = rows.part("secretsmanager", first, "get_secret_value", secret, "SecretString")
    rows.equal("fields of the secret", sorted(json.loads(held or "{}")), ["dbname", "engine", "host", "password", "port", "username"])
    table = {"TableName": f"payment-transactions-{s}"}
    for place in (first, second):
        yield ("dynamodb", place, "describe_table", table, "Table.KeySchema", [{"AttributeName": "transaction_id", "KeyType": "HASH"}])
        yield ("dynamodb", place, "describe_table", table, "Table.StreamSpecification.StreamViewType", "NEW_AND_OLD_IMAGES")
        yield ("dynamodb", place, "describe_table", table, "Table.BillingModeSummary.BillingMode", "PAY_PER_REQUEST")
        status = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
        yield ("dynamodb", place, "describe_continuous_backups", table, status, "ENABLED")
    for place, name in ((first, f"dr-primary-bucket-{s}"), (second, f"dr-secondary-bucket-{s}")):
        bucket = {"Bucket": name}
        yield ("s3", place, "get_bucket_versioning", bucket, "Status", "Enabled")
        by_default = "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm"
        yield ("s3", place, "get_bucket_encryption", bucket, by_default, "AES256")
        block = f"PublicAccessBlockConfiguration.[{', '.join(FLAGS)}]"
        yield ("s3", place, "get_public_access_block", bucket, block, [True] * 4)
    replication = {"Bucket": f"dr-primary-bucket-{s}"}
    rule = "ReplicationConfiguration.Rules[0]"
    target = f"{rule}.Destination.[Bucket, ReplicationTime.Time.Minutes, Metrics.Status]"
    wanted = [f"arn:aws:s3:::dr-secondary-bucket-{s}", 15, "Enabled"]
    yield ("s3", first, "get_bucket_replication", replication, target, wanted)
    yield ("s3", first, "get_bucket_replication", replication, f"{rule}.DeleteMarkerReplication.Status", "Enabled")


def watching(rows, first, second, s, interval):
    """Alarms, health checks and dashboards."""
    fields = "[Namespace, MetricName, Statistic, Threshold, Period, EvaluationPeriods, ComparisonOperator]"
    at_least, above = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold"
    sides = ((first, "primary"), (second, "dr"))
    for place, name, topic, wanted in (
        *((place, f"payment-api-errors-{role}", f"alerts-{role}", ["AWS/ApiGateway", "5XXError", "Sum", 5.0, 300, 1, at_least]) for place, role in sides),
        *((place, f"payment-lambda-errors-{role}", f"alerts-{role}", ["AWS/Lambda", "Errors", "Sum", 5.0, 300, 1, at_least]) for place, role in sides),
        *((place, f"payment-read-throttle-{role}", f"alerts-{role}", ["AWS/DynamoDB", "ReadThrottleEvents", "Sum", 1.0, 300, 1, at_least]) for place, role in sides),
        *((place, f"payment-write-throttle-{role}", f"alerts-{role}", ["AWS/DynamoDB", "WriteThrottleEvents", "Sum", 1.0, 300, 1, at_least]) for place, role in sides),
        *((place, f"payment-table-replication-{role}", f"alerts-{role}", ["AWS/DynamoDB", "ReplicationLatency", "Average", 1000.0, 300, 2, above]) for place, role in sides),
        (second, "audit-replication", "alerts-dr", ["AWS/S3", "ReplicationLatency", "Maximum", 900.0, 300, 1, above]),
        (second, "aurora-replication-lag", "alerts-dr",
         ["AWS/RDS", "AuroraGlobalDBReplicationLag", "Average", 1000.0, 60, 3, "GreaterThanThreshold"]),
        ("us-east-1", "health-primary", "alerts-primary",
         ["AWS/Route53", "HealthCheckStatus", "Minimum", 1.0, 60, 2, "LessThanThreshold"]),
        ("us-east-1", "health-dr", "alerts-dr-global",
         ["AWS/Route53", "HealthCheckStatus", "Minimum", 1.0, 60, 2, "LessThanThreshold"]),
    ):
        alarm = {"AlarmNames": [f"{name}-{s}"]}
        yield ("cloudwatch", place, "describe_alarms", alarm, f"MetricAlarms[0].{fields}", wanted)
        arn = f"arn:aws:sns:{place}:{common.ACCOUNT}:{topic}-{s}"
        yield ("cloudwatch", place, "describe_alarms", alarm, "MetricAlarms[0].[AlarmActions, OKActions]", [[arn], [arn]])
    lag = {"AlarmNames": [f"aurora-replication-lag-{s}"]}
    dimension = [{"Name": "DBClusterIdentifier", "Value": f"aurora-dr-{s}"}]
    yield ("cloudwatch", second, "describe_alarms", lag, "MetricAlarms[0].Dimensions", dimension)
    checks = "HealthChecks[].HealthCheckConfig.[Type, ResourcePath, RequestInterval, FailureThreshold, Port]"
    yield ("route53", "us-east-1", "list_health_checks", {}, checks, [["HTTPS", "/prod/payment", interval, 3, 443]] * 2)
    for role, metrics in (
        ("primary", ("AuroraGlobalDBReplicationLag", "ReplicationLatency", "5XXError", "Throttles")),
        ("dr", ("AuroraGlobalDBReplicatedWriteIO", "BytesPendingReplication", "OperationsPendingReplication", "4XXError", "Errors")),
    ):
        dashboard = {"DashboardName": f"payment-{role}-{s}"}
        # Dashboards belong to the account; the emulator keeps them where they were put.
        body = rows.part("cloudwatch", "us-east-1", "get_dashboard", dashboard, "DashboardBody") or ""
        for metric in metrics:
            rows.true(f"the dashboard of {role} does not show {metric}", metric in body)


def names(rows, first, second, s, domain):
    """Zone, records and domain names: all of them with a domain, none without."""
    zones = rows.part("route53", "us-east-1", "list_hosted_zones", {}, "HostedZones[].[Name, Id]")
    if not domain:
        rows.equal("zones", zones, [])
        return
    own = f"payments-{s}.{domain}"
    rows.equal("zones", [name for name, _ in zones], [f"{own}."])
    for _, zone in zones[:1]:
        path = "sort_by(ResourceRecordSets[?Failover], &Failover)[].[Name, Type, Failover, AliasTarget.EvaluateTargetHealth, HealthCheckId != `null`]"
        wanted = [[f"api.{own}.", "A", role, True, True] for role in ("PRIMARY", "SECONDARY")]
        yield ("route53", "us-east-1", "list_resource_record_sets", {"HostedZoneId": zone}, path, wanted)
    for place in (first, second):
        asked = {"domainName": f"api.{own}"}
        yield ("apigateway", place, "get_domain_name", asked, "[securityPolicy, endpointConfiguration.types]", ["TLS_1_2", ["REGIONAL"]])
        yield ("apigateway", place, "get_base_path_mappings", asked, "items[].stage", ["prod"])
        yield ("acm", place, "list_certificates", {}, "CertificateSummaryList[].DomainName", [f"api.{own}"])


def named(name):
    """The filter for a name tag."""
    return [{"Name": "tag:Name", "Values": [name]}]


def attached(vpc):
    """The filter for gateways of a VPC."""
    return {"Filters": [{"Name": "attachment.vpc-id", "Values": [vpc or "none"]}]}


if __name__ == "__main__":
    common.answer(look)
