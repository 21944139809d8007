"""Is the program `trading` there, as it was asked for?

    {"endpoints": {…}, "suffix": "pr-7", "primary_region": "us-east-1", "secondary_region": "us-east-2",
     "base_domain": ""}  →  {"ok": true, "findings": []}
"""

import json

import common
from rows import Rows


def look(arguments):
    """Compares every setting of the program with what is there."""
    rows = Rows(arguments)
    suffix, domain = arguments["suffix"], arguments.get("base_domain", "")
    first = arguments.get("primary_region", "us-east-1")
    second = arguments.get("secondary_region", "us-east-2")
    return rows.check([
        *network(rows, "primary", first, "10.0", suffix),
        *network(rows, "secondary", second, "10.1", suffix),
        *region(rows, "primary", first, "writer", suffix),
        *region(rows, "secondary", second, "reader", suffix),
        *stores(rows, first, second, suffix),
        *events(rows, first, second, suffix),
        *failover(rows, first, second, suffix, domain),
        *watching(first, second, suffix),
        *names(rows, first, second, suffix, domain),
    ])


def network(rows, role, place, net, s):
    """The network of a region."""
    name = {"Filters": [{"Name": "tag:Name", "Values": [f"trading-vpc-{role}-{s}"]}]}
    vpc = rows.part("ec2", place, "describe_vpcs", name, "Vpcs[0].VpcId") or "none"
    inside = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    yield ("ec2", place, "describe_vpcs", name, "Vpcs[].CidrBlock", [f"{net}.0.0/16"])
    cidrs = [f"{net}.{number}.0/24" for number in range(9)]
    yield ("ec2", place, "describe_subnets", inside, "sort(Subnets[].CidrBlock)", cidrs)
    yield ("ec2", place, "describe_nat_gateways", inside, "NatGateways[?State!='deleted'].State", ["available"])
    endpoints = "sort(VpcEndpoints[].join(' ', [VpcEndpointType, ServiceName]))"
    services = [("Gateway", "dynamodb"), ("Gateway", "s3")]
    services += [("Interface", name) for name in ("logs", "rds", "secretsmanager", "sqs")]
    wanted = sorted(f"{kind} com.amazonaws.{place}.{service}" for kind, service in services)
    yield ("ec2", place, "describe_vpc_endpoints", inside, endpoints, wanted)
    shared = "VpcEndpoints[?VpcEndpointType=='Interface'].[PrivateDnsEnabled, length(SubnetIds)]"
    yield ("ec2", place, "describe_vpc_endpoints", inside, shared, [[True, 3]] * 4)
    routed = "VpcEndpoints[?VpcEndpointType=='Gateway'].length(RouteTableIds)"
    yield ("ec2", place, "describe_vpc_endpoints", inside, routed, [2, 2])
    group = "SecurityGroups[?GroupName=='{}'] | [0]"
    lets_in = "IpPermissions[].[FromPort, ToPort, IpRanges[0].CidrIp, length(UserIdGroupPairs)]"
    for name, wanted in (
        (f"trading-db-sg-{role}-{s}", [[5432, 5432, None, 1]]),
        (f"trading-vpce-sg-{role}-{s}", [[443, 443, f"{net}.0.0/16", 0]]),
        (f"trading-lambda-sg-{role}-{s}", []),
    ):
        yield ("ec2", place, "describe_security_groups", inside, f"{group.format(name)}.{lets_in}", wanted)


def region(rows, role, place, part, s):
    """The functions of a region, their API and queue, and the region's share of the database."""
    cluster = {"DBClusterIdentifier": f"trading-db-{role}-{s}"}
    capacity = "DBClusters[0].ServerlessV2ScalingConfiguration.[MinCapacity, MaxCapacity]"
    yield ("rds", place, "describe_db_clusters", cluster, capacity, [0.5, 4.0])
    yield ("rds", place, "describe_db_clusters", cluster, "DBClusters[0].[StorageEncrypted, DeletionProtection]", [True, False])
    if role == "primary":
        yield ("rds", place, "describe_db_clusters", cluster, "DBClusters[0].[MasterUsername, HttpEndpointEnabled]", ["dbadmin", True])
    instance = {"DBInstanceIdentifier": f"trading-db-{role}-{part}-{s}"}
    yield ("rds", place, "describe_db_instances", instance, "DBInstances[0].DBInstanceClass", "db.serverless")

    url = rows.part("sqs", place, "get_queue_url", {"QueueName": f"trade-orders-{place}-{s}"}, "QueueUrl")
    queue = {"QueueUrl": url or "none", "AttributeNames": ["All"]}
    yield ("sqs", place, "get_queue_attributes", queue, "Attributes.VisibilityTimeout", "180")
    redrive = json.loads(rows.part("sqs", place, "get_queue_attributes", queue, "Attributes.RedrivePolicy") or "{}")
    dead = f"arn:aws:sqs:{place}:{common.ACCOUNT}:trade-orders-dlq-{place}-{s}"
    rows.equal(f"redrive of orders in {place}", redrive, {"deadLetterTargetArn": dead, "maxReceiveCount": 20})
    group = {"logGroupNamePrefix": f"/vpc/trading-flow-logs-{role}-{s}"}
    yield ("logs", place, "describe_log_groups", group, "logGroups[].retentionInDays", [365])
    flows = {"Filters": [{"Name": "log-group-name", "Values": [f"/vpc/trading-flow-logs-{role}-{s}"]}]}
    yield ("ec2", place, "describe_flow_logs", flows, "FlowLogs[].[TrafficType, FlowLogStatus]", [["ALL", "ACTIVE"]])
    arn = f"arn:aws:sqs:{place}:{common.ACCOUNT}:trade-orders-{place}-{s}"
    mapping = {"FunctionName": f"trade-processor-{place}-{s}"}
    read = "EventSourceMappings[].[EventSourceArn, BatchSize]"
    yield ("lambda", place, "list_event_source_mappings", mapping, read, [[arn, 10]])
    functions = {
        "trade-processor": (
            30,
            ["AUDIT_BUCKET", "DB_CLUSTER_ARN", "DB_SECRET_ARN", "DEAD_LETTER_QUEUE_URL", "EVENT_BUS", "REGION", "SESSION_TABLE_NAME"],
        ),
        "health-check": (10, ["DB_CLUSTER_ID", "QUEUE_URL", "SESSION_TABLE_NAME"]),
    }
    for name, (timeout, variables) in functions.items():
        asked = {"FunctionName": f"{name}-{place}-{s}"}
        basics = "Configuration.[Runtime, Handler, Timeout, length(VpcConfig.SubnetIds)]"
        yield ("lambda", place, "get_function", asked, basics, ["nodejs18.x", "index.handler", timeout, 3])
        yield ("lambda", place, "get_function", asked, "sort(keys(Configuration.Environment.Variables))", variables)
        yield ("lambda", place, "get_function", asked, "Configuration.CodeSize > `500`", True)
        group = {"logGroupNamePrefix": f"/aws/lambda/{name}-{place}-{s}"}
        yield ("logs", place, "describe_log_groups", group, "logGroups[].retentionInDays", [30])

    api = rows.part("apigateway", place, "get_rest_apis", {}, f"items[?name=='trading-api-{place}-{s}'].id | [0]") or "none"
    yield ("apigateway", place, "get_stages", {"restApiId": api}, "item[].stageName", ["prod"])
    for path, method, name in (("/health", "GET", "health-check"), ("/trades", "POST", "trade-processor")):
        found = rows.part("apigateway", place, "get_resources", {"restApiId": api}, f"items[?path=='{path}'].id | [0]")
        asked = {"restApiId": api, "resourceId": found or "none", "httpMethod": method}
        leads = f"contains(uri, 'function:{name}-{place}-{s}/invocations')"
        yield ("apigateway", place, "get_integration", asked, f"[type, {leads}]", ["AWS_PROXY", True])
        policy = (rows.ask("lambda", place, "get_policy", {"FunctionName": f"{name}-{place}-{s}"}) or {}).get("Policy", "{}")
        rows.true(f"{name} in {place} may not be called for {path}", f":{api}/*/*{path}" in policy)


def stores(rows, first, second, s):
    """What both regions share."""
    everything = f"GlobalClusters[?GlobalClusterIdentifier=='trading-global-db-{s}'] | [0]"
    members = rows.part("rds", first, "describe_global_clusters", {}, f"{everything}.GlobalClusterMembers[].[DBClusterArn, IsWriter]")
    rows.equal(
        "members of the global cluster",
        sorted([arn.split(":")[3], writes] for arn, writes in members or []),
        sorted([[first, True], [second, False]]),
    )
    secret = {"SecretId": f"trading-db-credentials-{s}"}
    held = json.loads(rows.part("secretsmanager", first, "get_secret_value", secret, "SecretString") or "{}")
    rows.equal("user in the secret", held.get("username"), "dbadmin")
    rows.true("the password in the secret is short", len(held.get("password", "")) >= 32)
    table = {"TableName": f"trading-sessions-{s}"}
    for place in (first, second):
        yield ("dynamodb", place, "describe_table", table, "Table.KeySchema", [{"AttributeName": "sessionId", "KeyType": "HASH"}])
        yield ("dynamodb", place, "describe_table", table, "Table.StreamSpecification.StreamViewType", "NEW_AND_OLD_IMAGES")
        yield ("dynamodb", place, "describe_table", table, "Table.BillingModeSummary.BillingMode", "PAY_PER_REQUEST")
    for what, rule in (("config", "ConfigReplication"), ("audit-logs", "AuditReplication")):
        source, target = (f"trading-{what}-{place}-{s}" for place in (first, second))
        for place, bucket in ((first, source), (second, target)):
            yield ("s3", place, "get_bucket_versioning", {"Bucket": bucket}, "Status", "Enabled")
        path = "ReplicationConfiguration.Rules[].[ID, Priority, Status, Destination.Bucket, Destination.ReplicationTime.Time.Minutes, Destination.Metrics.EventThreshold.Minutes, DeleteMarkerReplication.Status]"
        wanted = [[f"{rule}-{s}", 1, "Enabled", f"arn:aws:s3:::{target}", 15, 15, "Enabled"]]
        yield ("s3", first, "get_bucket_replication", {"Bucket": source}, path, wanted)
    parameter = {"Name": f"/trading/secondary-cluster-id/{s}"}
    yield ("ssm", second, "get_parameter", parameter, "Parameter.[Type, Value]", ["String", f"trading-db-secondary-{s}"])


def events(rows, first, second, s):
    """Events of the platform cross over to the other region's bus."""
    source, target = f"trading-events-{first}-{s}", f"trading-events-{second}-{s}"
    bus = f"arn:aws:events:{second}:{common.ACCOUNT}:event-bus/{target}"
    rule = f"cross-region-forwarding-{s}"
    asked = {"Name": rule, "EventBusName": source}
    yield ("events", first, "describe_rule", asked, "State", "ENABLED")
    pattern = json.loads(rows.part("events", first, "describe_rule", asked, "EventPattern") or "{}")
    rows.equal("the rule's pattern", pattern, {
        "source": ["trading.platform"],
        "detail-type": ["Order Processed", "Session Created", "Critical Alert", "Failover Event"],
    })
    letters = f"arn:aws:sqs:{first}:{common.ACCOUNT}:events-dlq-{s}"
    sent = {"Rule": rule, "EventBusName": source}
    path = "Targets[].[Arn, DeadLetterConfig.Arn, RoleArn != `null`]"
    yield ("events", first, "list_targets_by_rule", sent, path, [[bus, letters, True]])
    policy = json.loads(rows.part("events", second, "describe_event_bus", {"Name": target}, "Policy") or '{"Statement": []}')
    entries = [row for row in policy["Statement"] if "PutEvents" in str(row["Action"])]
    rows.equal("who may put events on the other bus", [row["Principal"] for row in entries], [{"Service": "events.amazonaws.com"}])
    rows.true("the other bus takes events of other accounts", all(common.ACCOUNT in str(row.get("Condition")) for row in entries))
    url = rows.part("sqs", first, "get_queue_url", {"QueueName": f"events-dlq-{s}"}, "QueueUrl")
    held = rows.part("sqs", first, "get_queue_attributes", {"QueueUrl": url or "none", "AttributeNames": ["All"]}, "Attributes.Policy")
    rows.true("the queue of undelivered events takes none of the rule's", f"rule/{source}/{rule}" in (held or ""))


def failover(rows, first, second, s, domain):
    """The state machine, in the region that takes over."""
    arn = f"arn:aws:states:{second}:{common.ACCOUNT}:stateMachine:failover-orchestration-{s}"
    machine = {"stateMachineArn": arn}
    yield ("stepfunctions", second, "describe_state_machine", machine, "[status, type]", ["ACTIVE", "STANDARD"])
    yield ("stepfunctions", second, "describe_state_machine", machine, "loggingConfiguration.level", "ALL")
    definition = json.loads(rows.part("stepfunctions", second, "describe_state_machine", machine, "definition") or '{"States": {}}')
    states = definition["States"]
    rows.equal("time-out of the failover", definition.get("TimeoutSeconds"), 900)
    order, at = [], definition.get("StartAt")
    while at:
        order.append(at)
        at = states[at].get("Next")
    rows.equal("steps of the failover", order, ["PromoteDB", "WaitForPromotion", *(["UpdateRoute53"] if domain else []), "ValidateFailover"])
    promotion = states.get("PromoteDB", {}).get("Parameters", {})
    rows.equal("what is promoted", promotion, {
        "GlobalClusterIdentifier": f"trading-global-db-{s}",
        "TargetDbClusterIdentifier": f"arn:aws:rds:{second}:{common.ACCOUNT}:cluster:trading-db-secondary-{s}",
        "AllowDataLoss": True,
    })
    rows.equal("wait before DNS", states.get("WaitForPromotion", {}).get("Seconds"), 60)
    if domain:
        batch = states.get("UpdateRoute53", {}).get("Parameters", {}).get("ChangeBatch", {}).get("Changes", [])
        swapped = [(change["ResourceRecordSet"]["SetIdentifier"], change["ResourceRecordSet"]["Failover"]) for change in batch]
        rows.equal("records after the failover", swapped, [("Primary", "SECONDARY"), ("Secondary", "PRIMARY")])
    told = states.get("NotifyFailure", {}).get("Parameters", {})
    topic = f"arn:aws:sns:{second}:{common.ACCOUNT}:trading-alerts-{second}-{s}"
    rows.equal("who is told of a failure", (told.get("TopicArn"), told.get("Message")), (topic, "Failover process failed"))
    group = {"logGroupNamePrefix": f"/aws/vendedlogs/states/failover-orchestration-{s}"}
    yield ("logs", second, "describe_log_groups", group, "logGroups[].retentionInDays", [30])
    validate = {"FunctionName": f"failover-validate-{second}-{s}"}
    yield ("lambda", second, "get_function", validate, "Configuration.Environment.Variables.REGION", second)


def watching(first, second, s):
    """Alarms and health checks."""
    fields = "[Namespace, MetricName, Statistic, Threshold, Period, EvaluationPeriods, ComparisonOperator]"
    at_least, above = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold"
    letters = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 1.0, 60, 1, at_least]
    for place, name, wanted in (
        (first, "ddb-replication-latency", ["AWS/DynamoDB", "ReplicationLatency", "Average", 1000.0, 300, 2, at_least]),
        (first, "lambda-errors", ["AWS/Lambda", "Errors", "Sum", 5.0, 300, 2, at_least]),
        (first, "api-latency", ["AWS/ApiGateway", "Latency", "Average", 1000.0, 300, 3, at_least]),
        (first, "rds-cpu", ["AWS/RDS", "CPUUtilization", "Average", 80.0, 300, 2, at_least]),
        (second, "aurora-replication-lag", ["AWS/RDS", "AuroraGlobalDBReplicationLag", "Maximum", 1000.0, 60, 3, above]),
        (first, "aurora-return-lag", ["AWS/RDS", "AuroraGlobalDBReplicationLag", "Maximum", 1000.0, 60, 3, above]),
        (first, "events-dlq", letters),
        *((place, f"trade-orders-dlq-{place}", letters) for place in (first, second)),
        *((place, f"trade-orders-age-{place}", ["AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", 300.0, 60, 3, at_least]) for place in (first, second)),
        *((place, "api-errors", ["AWS/ApiGateway", "5XXError", "Sum", 5.0, 300, 1, at_least]) for place in (first, second)),
        *((place, "sessions-read-throttle", ["AWS/DynamoDB", "ReadThrottleEvents", "Sum", 1.0, 300, 1, at_least]) for place in (first, second)),
        *((second, f"{what}-replication", ["AWS/S3", "ReplicationLatency", "Maximum", 900.0, 300, 1, above]) for what in ("config", "audit")),
    ):
        alarm = {"AlarmNames": [f"{name}-{s}"]}
        arn = f"arn:aws:sns:{place}:{common.ACCOUNT}:trading-alerts-{place}-{s}"
        yield ("cloudwatch", place, "describe_alarms", alarm, f"MetricAlarms[0].{fields}", wanted)
        yield ("cloudwatch", place, "describe_alarms", alarm, "MetricAlarms[0].[AlarmActions, OKActions]", [[arn], [arn]])
    checks = "HealthChecks[].HealthCheckConfig.[Type, ResourcePath, RequestInterval, FailureThreshold, Port]"
    yield ("route53", "us-east-1", "list_health_checks", {}, checks, [["HTTPS", "/prod/health", 30, 3, 443]] * 2)


def names(rows, first, second, s, domain):
    """Zone, records and domain names: all of them with a domain, none without."""
    zones = rows.part("route53", "us-east-1", "list_hosted_zones", {}, "HostedZones[].[Name, Id]")
    if not domain:
        rows.equal("zones", zones, [])
        return
    own = f"trading-{s}.{domain}"
    rows.equal("zones", [name for name, _ in zones], [f"{own}."])
    for _, zone in zones[:1]:
        path = "sort_by(ResourceRecordSets[?Failover], &Failover)[].[Name, Type, SetIdentifier, Failover, AliasTarget.EvaluateTargetHealth, HealthCheckId != `null`]"
        wanted = [[f"api-{s}.{own}.", "A", role.capitalize(), role, True, True] for role in ("PRIMARY", "SECONDARY")]
        yield ("route53", "us-east-1", "list_resource_record_sets", {"HostedZoneId": zone}, path, wanted)
    for place in (first, second):
        asked = {"domainName": f"api-{s}.{own}"}
        yield ("apigateway", place, "get_base_path_mappings", asked, "items[].stage", ["prod"])


if __name__ == "__main__":
    common.answer(look)
