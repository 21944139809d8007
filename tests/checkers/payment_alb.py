"""Is the program `payment_alb` there, as it was asked for?

    {"endpoints": {…}, "suffix": "pr-7", "primary_region": "us-east-1", "secondary_region": "us-west-2",
     "base_domain": "", "email": "", "reserved": 10, "rotation_days": 30, "health_interval": 30}
    →  {"ok": true, "findings": []}
"""

import json

import common
import payments
from rows import Rows

SHORT = {"primary": "pri", "secondary": "sec"}


def look(arguments):
    """Compares every setting of the program with what is there."""
    rows = Rows(arguments)
    suffix, domain, email = arguments["suffix"], arguments.get("base_domain", ""), arguments.get("email", "")
    first = arguments.get("primary_region", "us-east-1")
    second = arguments.get("secondary_region", "us-west-2")
    return rows.check([
        *region(rows, "primary", first, "10.10", suffix, domain, email, arguments.get("reserved", 10)),
        *region(rows, "secondary", second, "10.20", suffix, domain, email, arguments.get("reserved", 10)),
        *payments.database(rows, first, second, suffix, "payment-db-credentials", "15.15"),
        *payments.rotation(rows, first, suffix, "payment-db-credentials", 2, arguments.get("rotation_days", 30)),
        *buckets(rows, first, second, suffix),
        *watching(rows, first, second, suffix, arguments.get("health_interval", 30)),
        *names(rows, first, second, suffix, domain),
    ])


def region(rows, role, place, net, s, domain, email, reserved):
    """What stands in each of the two regions."""
    vpc = rows.part("ec2", place, "describe_vpcs", payments.tagged(f"payment-vpc-{role}-{s}"), "Vpcs[0].VpcId")
    inside = payments.inside(vpc)
    cidrs = [f"{net}.{number}.0/24" for number in (1, 2, 11, 12)]
    yield from payments.network(rows, place, vpc, f"{net}.0.0/16", cidrs)
    yield ("ec2", place, "describe_nat_gateways", inside, "NatGateways[?State!='deleted']", [])
    ways = sorted(payments.way_out(table)[:3] for table in payments.tables(rows, place, vpc))
    rows.equal(f"ways out of subnets in {place}", ways, ["", "igw"])
    groups = {part: f"payment-{part}-sg-{role}-{s}" for part in ("alb", "lambda", "aurora", "vpce")}
    id = {part: payments.group_id(rows, place, vpc, name) for part, name in groups.items()}
    anywhere, functions = ["tcp", 443, "0.0.0.0/0", None], id["lambda"]
    yield from payments.group(place, vpc, groups["alb"], [anywhere], [])
    yield from payments.group(place, vpc, groups["aurora"], [["tcp", 5432, None, functions]], [])
    yield from payments.group(place, vpc, groups["vpce"], [["tcp", 443, None, functions]], [])
    out = f"sort_by(SecurityGroups[?GroupName=='{groups['lambda']}'].IpPermissionsEgress[], &FromPort)[]"
    wanted = [[443, ["0.0.0.0/0"], []], [5432, [], [id["aurora"]]]]
    out = f"{out}.[FromPort, IpRanges[].CidrIp, UserIdGroupPairs[].GroupId]"
    yield ("ec2", place, "describe_security_groups", inside, out, wanted)
    yield from payments.endpoints(place, vpc, ["s3", "rds", "rds-data", "secretsmanager", "sns"])
    yield from payments.key(rows, place, f"alias/payment-{role}-{s}")
    key = payments.key_arn(rows, place, f"alias/payment-{role}-{s}")

    name = f"payment-processor-{role}-{s}"
    yield from payments.function(rows, place, name, "python3.12", 512, 30, 2, 30, "Active")
    concurrency = {"FunctionName": name}
    yield ("lambda", place, "get_function_concurrency", concurrency, "ReservedConcurrentExecutions", reserved or None)
    variables = rows.part("lambda", place, "get_function", concurrency, "Configuration.Environment.Variables") or {}
    wanted = ["ALERT_TOPIC_ARN", "DB_CLUSTER_ENDPOINT", "DB_SECRET_ARN", "ENVIRONMENT", "GLOBAL_CLUSTER_ID", "LOG_BUCKET"]
    rows.equal(f"variables of {name}", sorted(variables), wanted)
    rows.equal(f"{name}: ENVIRONMENT", variables.get("ENVIRONMENT"), s)
    rows.true(f"{name}: the bucket is of another region", f"-{place}-" in variables.get("LOG_BUCKET", ""))
    rows.true(f"{name}: the secret is of another region", f":{place}:" in variables.get("DB_SECRET_ARN", ""))
    topic = f"arn:aws:sns:{place}:{common.ACCOUNT}:payment-alerts-{role}-{s}"
    rows.equal(f"{name}: ALERT_TOPIC_ARN", variables.get("ALERT_TOPIC_ARN"), topic)
    allowed = [row for row in payments.rights(rows, place, name) if row["Effect"] == "Allow"]
    actions = {action for row in allowed for action in as_list(row["Action"])}
    needed = {"rds-data:ExecuteStatement", "secretsmanager:GetSecretValue", "kms:Decrypt", "sqs:SendMessage", "s3:PutObject", "sns:Publish"}
    rows.equal(f"rights that {name} lacks", sorted(needed - actions), [])
    everything = [row for row in allowed if "*" in as_list(row["Resource"])]
    rows.equal(f"rights of {name} on everything", everything, [])

    queue = {"QueueUrl": rows.part("sqs", place, "get_queue_url", {"QueueName": f"payment-dlq-{role}-{s}"}, "QueueUrl")}
    rows.true(f"queue payment-dlq-{role}-{s} is missing", queue["QueueUrl"])
    if queue["QueueUrl"]:
        asked = {**queue, "AttributeNames": ["All"]}
        kept = "Attributes.[MessageRetentionPeriod, KmsMasterKeyId]"
        yield ("sqs", place, "get_queue_attributes", asked, kept, ["1209600", key])
    yield from payments.topic(place, f"payment-alerts-{role}-{s}", email)
    policy = rows.part("sns", place, "get_topic_attributes", {"TopicArn": topic}, "Attributes.Policy")
    rows.true(f"alarms of {place} may not publish", "cloudwatch.amazonaws.com" in (policy or ""))
    yield from balancer(rows, role, place, s, domain)


def balancer(rows, role, place, s, domain):
    """The load balancer in front of the function."""
    name, target = f"payment-alb-{SHORT[role]}-{s}", f"payment-tg-{SHORT[role]}-{s}"
    asked = {"Names": [name]}
    settings = "LoadBalancers[0].[Type, Scheme, length(AvailabilityZones), length(SecurityGroups)]"
    yield ("elbv2", place, "describe_load_balancers", asked, settings, ["application", "internet-facing", 2, 1])
    arn = rows.part("elbv2", place, "describe_load_balancers", asked, "LoadBalancers[0].LoadBalancerArn")
    group = rows.part("elbv2", place, "describe_target_groups", {"Names": [target]}, "TargetGroups[0].TargetGroupArn")
    if not arn or not group:
        return
    attributes = rows.part("elbv2", place, "describe_load_balancer_attributes", {"LoadBalancerArn": arn}, "Attributes")
    attributes = {row["Key"]: row["Value"] for row in attributes}
    rows.equal(f"{name}: access logs", attributes.get("access_logs.s3.enabled"), "true")
    bucket = attributes.get("access_logs.s3.bucket", "")
    rows.true(f"{name}: access logs go to {bucket}", bucket.startswith(f"payment-alb-logs-{place}-{s}-"))
    rows.equal(f"{name}: protection", attributes.get("deletion_protection.enabled", "false"), "false")
    yield ("elbv2", place, "describe_target_groups", {"Names": [target]}, "TargetGroups[0].TargetType", "lambda")
    function = f"arn:aws:lambda:{place}:{common.ACCOUNT}:function:payment-processor-{role}-{s}"
    targets = "TargetHealthDescriptions[].Target.Id"
    yield ("elbv2", place, "describe_target_health", {"TargetGroupArn": group}, targets, [function])
    end = group.rsplit(":", 1)[-1]
    payments.invokers(rows, place, f"payment-processor-{role}-{s}", [("elasticloadbalancing.amazonaws.com", end)])
    listeners = "Listeners[].[Port, Protocol, SslPolicy, DefaultActions[0].Type, DefaultActions[0].TargetGroupArn]"
    wanted = [[443, "HTTPS", "ELBSecurityPolicy-TLS13-1-2-2021-06", "forward", group]] if domain else []
    yield ("elbv2", place, "describe_listeners", {"LoadBalancerArn": arn}, listeners, wanted)


def buckets(rows, first, second, s):
    """What was paid with its copies, and access logs."""
    found = rows.part("s3", first, "list_buckets", {}, "sort(Buckets[?starts_with(Name, 'payment-')].Name)") or []
    ids = {name.rsplit("-", 1)[-1] for name in found}
    rows.equal("number of ids in names of buckets", len(ids), 1)
    id = min(ids, default="none")
    names = {part: [f"payment-{part}-{place}-{s}-{id}" for place in (first, second)] for part in ("txn-logs", "alb-logs")}
    rows.equal("buckets", found, sorted(names["txn-logs"] + names["alb-logs"]))
    if len(found) != 4:
        return
    for place, role, name in zip((first, second), SHORT, names["txn-logs"], strict=True):
        yield from payments.bucket(place, name, payments.key_arn(rows, place, f"alias/payment-{role}-{s}"))
        policy = json.loads(rows.part("s3", place, "get_bucket_policy", {"Bucket": name}, "Policy") or "{}")
        only = [row for row in policy.get("Statement", []) if row.get("Sid") == "OnlyThese"]
        roles = [f"payment-processor-{role}-{s}", f"payment-s3-replication-{s}"]
        roles = [f"arn:aws:iam::{common.ACCOUNT}:role/{role}" for role in roles]
        allowed = [sorted(row["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) for row in only]
        rows.equal(f"who may use {name}", allowed, [sorted(roles)])
    source, copy = names["txn-logs"]
    alias = f"alias/payment-secondary-{s}"
    yield from payments.replication(rows, first, source, copy, alias, second, time_control=False)
    for place, name in zip((first, second), names["alb-logs"], strict=True):
        asked = {"Bucket": name}
        # Load balancers cannot write with a key of KMS. That S3 then encrypts with its own, moto does not say.
        by_default = "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm"
        encryption = rows.part("s3", place, "get_bucket_encryption", asked, by_default)
        rows.true(f"{name} is encrypted with {encryption}", encryption in (None, "AES256"))
        yield from payments.closed(place, name)
        yield ("s3", place, "get_bucket_lifecycle_configuration", asked, "Rules[].Expiration.Days", [365])
        delivery = "contains(Policy, 'logdelivery.elasticloadbalancing.amazonaws.com')"
        yield ("s3", place, "get_bucket_policy", asked, delivery, True)


def watching(rows, first, second, s, interval):
    """Alarms and health checks."""
    as_much = "GreaterThanOrEqualToThreshold"
    alarms = [
        (place, f"payment-{name}-{role}-{s}", f"payment-alerts-{role}-{s}", wanted)
        for place, role in ((first, "primary"), (second, "secondary"))
        for name, wanted in (
            ("alb-unhealthy", ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", 5.0, 60, 3, as_much]),
            ("lambda-errors", ["AWS/Lambda", "Errors", "Sum", 5.0, 300, 1, as_much]),
        )
    ]
    health = ["AWS/Route53", "HealthCheckStatus", "Minimum", 1.0, 60, 2, "LessThanThreshold"]
    behind = ["AWS/RDS", "AuroraGlobalDBReplicationLag", "Maximum", 5000.0, 60, 3, "GreaterThanThreshold"]
    lag = f"payment-replication-lag-{s}"
    alarms += [
        ("us-east-1", f"payment-endpoint-health-{s}", f"payment-alerts-primary-{s}", health),
        (second, lag, f"payment-alerts-secondary-{s}", behind),
    ]
    yield from payments.alarms(alarms)
    asked = {"AlarmNames": [lag]}
    yield ("cloudwatch", second, "describe_alarms", asked, "contains(MetricAlarms[0].AlarmDescription, '5 seconds')", True)
    dimension = [{"Name": "DBClusterIdentifier", "Value": f"payment-aurora-secondary-{s}"}]
    yield ("cloudwatch", second, "describe_alarms", asked, "MetricAlarms[0].Dimensions", dimension)
    hosts = [
        host
        for place, role in ((first, "primary"), (second, "secondary"))
        for host in rows.part(
            "elbv2", place, "describe_load_balancers", {"Names": [f"payment-alb-{SHORT[role]}-{s}"]}, "LoadBalancers[].DNSName"
        )
        or []
    ]
    checks = "HealthChecks[].HealthCheckConfig"
    yield ("route53", "us-east-1", "list_health_checks", {}, f"sort({checks}.FullyQualifiedDomainName)", sorted(hosts))
    asked = "[Type, Port, ResourcePath, RequestInterval, FailureThreshold, MeasureLatency]"
    wanted = [["HTTPS", 443, "/health", interval, 3, True]] * 2
    yield ("route53", "us-east-1", "list_health_checks", {}, f"{checks}.{asked}", wanted)


def names(rows, first, second, s, domain):
    """Zone, records and certificates: all of them with a domain, none without."""
    own = f"payment-dr-{s}.{domain}"
    wanted = [["PRIMARY", True, True], ["SECONDARY", True, True]]
    yield from payments.names(rows, own if domain else None, wanted)
    for place in (first, second):
        certificates = [f"api.{own}"] if domain else []
        yield ("acm", place, "list_certificates", {}, "CertificateSummaryList[].DomainName", certificates)


def as_list(value):
    """A policy writes a list of one as its element."""
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    common.answer(look)
